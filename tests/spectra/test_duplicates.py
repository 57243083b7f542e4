
import numpy as np
import pytest

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.spectra import axis
from orangecontrib.microplastics.spectra.duplicates import exact_duplicates, near_duplicate_groups
from orangecontrib.microplastics.spectra.preprocess import standardized
from orangecontrib.microplastics.spectra.resample import resampling_matrix


def test_exact_duplicates_are_all_but_the_first():
    X = np.array([[1, 2, 3], [4, 5, 6], [1, 2, 3], [1, 2, 3.001], [4, 5, 6], [1, 2, 3]])
    assert exact_duplicates(X).tolist() == [False, False, True, False, True, True]


def test_missing_values_and_signed_zeros_are_equal():
    X = np.array([[0., np.nan], [-0., np.nan], [0., -np.nan], [0., 1.]])
    assert exact_duplicates(X).tolist() == [False, True, True, False]


def test_exact_duplicates_does_not_change_its_input():
    X = np.array([[-0., np.nan]])
    exact_duplicates(X)
    assert np.signbit(X[0, 0])


def test_standardized_rows_give_pearson_correlations():
    X = np.random.default_rng(0).normal(5, 2, (6, 50))
    Z = standardized(X, float)
    np.testing.assert_allclose(Z @ Z.T, np.corrcoef(X), atol=1e-12)


@pytest.mark.parametrize("level", [0, 0.1, 1e6, np.nan])
def test_flat_spectra_correlate_with_nothing(level):
    assert not standardized(np.full((2, 40), level)).any()


def correlated(rng, base, r):
    """A row whose correlation with a standardized `base` is `r`."""
    noise = standardized(rng.normal(size=(1, len(base))), float)[0]
    noise = standardized((noise - (noise @ base) * base)[None], float)[0]
    return r * base + np.sqrt(1 - r * r) * noise


def test_groups_follow_chains_and_the_threshold():
    rng = np.random.default_rng(1)
    a = standardized(rng.normal(size=(1, 300)), float)[0]
    b = correlated(rng, a, .9993)
    c = correlated(rng, b, .9993)  # a and c: about .9986, linked through b only
    d = correlated(rng, a, .9985)
    e = rng.normal(size=300)
    X = np.array([e, a, d, c, b])
    assert np.corrcoef(a, c)[0, 1] < .999
    assert near_duplicate_groups(X).tolist() == [0, 1, 2, 1, 1]
    assert near_duplicate_groups(X, .998).tolist() == [0, 1, 1, 1, 1]
    assert near_duplicate_groups(X, .9999).tolist() == [0, 1, 2, 3, 4]


def test_scale_and_offset_do_not_matter():
    X = np.random.default_rng(2).normal(size=(3, 100))
    assert near_duplicate_groups(np.vstack([X, 7 * X + 3])).tolist() == [0, 1, 2, 0, 1, 2]


def test_blocks_agree_with_all_pairs_at_once():
    """Links within and between blocks of rows, compared with a direct computation."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components
    rng = np.random.default_rng(3)
    bases = rng.normal(size=(200, 60))
    X = bases[rng.integers(0, 200, 1500)] + rng.normal(0, .03, (1500, 60))
    count, expected = connected_components(csr_matrix(np.corrcoef(X) > .999))
    found = near_duplicate_groups(X)
    assert 200 < count < 1400
    assert len(set(zip(found.tolist(), expected.tolist(), strict=True))) == count
    assert found.max() + 1 == count
    # Groups are numbered in the order of their first members.
    firsts = [np.flatnonzero(found == g)[0] for g in range(count)]
    assert firsts == sorted(firsts)


def test_all_alike_needs_no_memory_for_all_pairs():
    import tracemalloc
    X = np.tile(np.random.default_rng(4).normal(size=(1, 50)), (4000, 1))
    tracemalloc.start()
    assert not near_duplicate_groups(X).any()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 16 million pairs as index pairs would be 256 MB.
    assert peak < 150e6


def test_missing_values_are_refused_and_empty_data_are_not():
    with pytest.raises(ValueError, match="missing"):
        near_duplicate_groups(np.array([[1, np.nan], [1, 2]]))
    assert len(near_duplicate_groups(np.empty((0, 5)))) == 0
    assert near_duplicate_groups(np.array([[1., 2, 4]])).tolist() == [0]


@pytest.mark.skipif(not datasets.is_available("villegas_camacho_2024_c8"),
                    reason="the published spectra have not been fetched")
def test_published_set_has_the_known_groups():
    data = datasets.load("villegas_camacho_2024_c8")
    assert len(data) == 2393 and not exact_duplicates(data.X).any()
    grid = axis.uniform_grid(700, 3900, 4)
    X = data.X @ resampling_matrix(axis.wavenumbers(data.domain), grid)
    groups = near_duplicate_groups(X)
    # The prototype counted 568, on a grid with different smoothing.
    assert abs(groups.max() + 1 - 568) <= 5
    sources = data.get_column("source")
    assert len(set(zip(sources, groups, strict=True))) == groups.max() + 1 == len(set(sources))
