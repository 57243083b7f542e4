"""Fractions by a fit with references."""
import numpy as np
import pytest
from scipy.optimize import nnls

from orangecontrib.microplastics.fractions import fit as module
from orangecontrib.microplastics.fractions.fit import MOST, FractionFit, _nonnegative, _two
from orangecontrib.microplastics.mixing.pure import TransmittanceError
from orangecontrib.microplastics.simulation import simulate
from tests.fractions.conftest import GRID, MATERIALS, PART, mixtures_of, references_of


@pytest.fixture(scope="module")
def fit(known):
    return FractionFit(known, GRID, PART)


def test_small_problems_are_solved_as_by_scipy():
    rng = np.random.default_rng(0)
    for k in (2, 3, 4):
        A = rng.normal(size=(20, 30, k))
        y = np.einsum("nij,nj->ni", A, rng.uniform(-1, 1, (20, k))) + rng.normal(size=(20, 30))
        gram, target = np.einsum("nij,nik->jkn", A, A), np.einsum("nij,ni->jn", A, y)
        expected = np.array([nnls(a, one)[0] for a, one in zip(A, y, strict=True)]).T
        assert (expected == 0).any() and (expected > 0).any()
        np.testing.assert_allclose(_nonnegative(gram, target, 500), expected, atol=2e-3)
        if k == 2:
            np.testing.assert_allclose(_two(gram, target), expected, atol=1e-8)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_mixtures_of_other_spectra(fit, others, size):
    """Better than the same weights for all, and than a fit of the materials' means."""
    mixed, truth = mixtures_of(others, 120, components=size, pure=False, seed=size)
    found = fit(mixed.X, truth > 0)
    np.testing.assert_allclose(found.fractions.sum(axis=1), 1, atol=1e-6)
    assert (found.fractions[truth == 0] == 0).all() and (found.spread[truth == 0] == 0).all()
    there = truth > 0
    error = np.abs(found.fractions - truth)[there].mean()
    assert error < .05
    assert error < .4 * np.abs(1 / size - truth)[there].mean()
    assert (found.left < .3).all()


def test_means_alone_are_worse(fit, others):
    """What the choice of references is for."""
    mixed, truth = mixtures_of(others, 200, components=2, pure=False)
    every = fit._all
    means = (every.cleaned(fit.products(mixed.X))[0] @ every.mean.T).T
    W = _nonnegative(every.mean_gram[:, :, None], means).T
    W[truth == 0] = 0
    plain = W / W.sum(axis=1, keepdims=True)
    ours = fit(mixed.X, truth > 0).fractions
    assert np.abs(ours - truth).mean() < .9 * np.abs(plain - truth).mean()


def test_the_reference_itself_is_found(known, monkeypatch):
    """A sum of two references without noise: nothing is left, and the fractions are exact if
    only the best choice counts."""
    fit = FractionFit(known, GRID, PART)
    rows = [np.flatnonzero(known.which == m)[0] for m in (0, 3)]
    x = .3 * fit._X[rows[0]] + .7 * fit._X[rows[1]]
    there = np.isin(MATERIALS, ("PE", "PS"))[None]
    found = fit(x[None], there)
    assert found.left[0] < 1e-4
    curves = fit.curves(x, [0, 3])
    np.testing.assert_allclose(curves.components.sum(axis=0) + curves.baseline + curves.residual,
                               x, atol=1e-9)
    monkeypatch.setattr(module, "_INDEPENDENT", 1e4)
    monkeypatch.setattr(module, "_INEXACT", 1e-9)
    exact = fit(x[None], there).fractions[0]
    np.testing.assert_allclose(exact, [.3, 0, 0, .7], atol=1e-3)
    # Averaged over other references, too: uncertain, but not far off.
    np.testing.assert_allclose(found.fractions[0], [.3, 0, 0, .7], atol=.1)
    assert found.spread[0, 0] > 0


def test_scale_and_baseline_do_not_count(fit, others):
    mixed, truth = mixtures_of(others, 20, components=2, pure=False)
    one = fit(mixed.X, truth > 0)
    along = np.linspace(0, 1, len(GRID))
    other = fit(40 * mixed.X + 3, truth > 0)
    np.testing.assert_allclose(one.fractions, other.fractions, atol=1e-3)
    sloped = fit(mixed.X + .5 * along, truth > 0)
    assert np.abs(one.fractions - sloped.fractions).max() < .05


def test_single_materials_and_nothing(fit, others):
    there = np.array([[True, False, False, False], [False] * 4, [True, True, False, False]])
    X = np.array([others.X[0], others.X[1], np.zeros(len(GRID))])
    found = fit(X, there)
    np.testing.assert_array_equal(found.fractions[0], [1, 0, 0, 0])
    assert 0 <= found.left[0] < .3
    # Nothing was asked for; nothing is there to fit.
    assert (found.fractions[1:] == 0).all() and (found.left[1:] == 1).all()


def test_rows_do_not_depend_on_each_other(fit, others):
    mixed, truth = mixtures_of(others, 60, components=(2, 3), pure=True)
    whole = fit(mixed.X, truth > 0)
    for row in (0, 17, 59):
        alone = fit(mixed.X[[row]], truth[[row]] > 0)
        np.testing.assert_allclose(alone.fractions[0], whole.fractions[row], atol=1e-5)


def test_many_at_once_are_as_few(fit, others, monkeypatch):
    mixed, truth = mixtures_of(others, 50, components=2, pure=False)
    whole = fit(mixed.X, truth > 0)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    np.testing.assert_allclose(fit(mixed.X, truth > 0).fractions, whole.fractions, atol=1e-6)


def test_the_strongest_of_the_others(fit, others):
    mixed, truth = mixtures_of(others, 60, components=2, pure=False, smallest=.2)
    largest = truth.argmax(axis=1)
    beside = np.zeros(truth.shape, bool)
    beside[np.arange(len(truth)), largest] = True
    second = fit.strongest(fit.products(mixed.X), beside)
    assert (truth[np.arange(len(truth)), second] > 0).mean() > .9
    assert (fit.strongest(fit.products(mixed.X), np.ones(truth.shape, bool)) == -1).all()
    assert (fit.strongest(fit.products(mixed.X), beside, least=.99) == -1).all()


def test_materials_with_one_reference(pure, others):
    rows = [0, 12, 13, 24, 36]
    few = FractionFit(references_of(pure[rows]), GRID, PART)
    mixed, truth = mixtures_of(others, 40, components=3, pure=False)
    found = few(mixed.X, truth > 0)
    assert np.abs(found.fractions - truth)[truth > 0].mean() < .12


def test_absorbance_is_another_scale(known, others):
    by_absorbance = FractionFit(known, GRID, PART, "absorbance")
    mixed, truth = mixtures_of(others, 100, components=2, pure=False, ratio="absorbance")
    own = np.abs(by_absorbance(mixed.X, truth > 0).fractions - truth).mean()
    other = np.abs(FractionFit(known, GRID, PART)(mixed.X, truth > 0).fractions - truth).mean()
    assert own < other


def test_refused_in_words(known, pure, fit):
    with pytest.raises(ValueError, match=f"at most {MOST}"):
        five = FractionFit(known._replace(materials=(*MATERIALS, "PVC"), which=np.concatenate(
            (known.which[:-1], [4]))), GRID, PART)
        five(pure.X[:1], np.ones((1, 5), bool))
    with pytest.raises(ValueError, match="materials"):
        fit(pure.X[:2], np.ones((1, 4), bool))
    transmittance = simulate(MATERIALS, 12, wavenumbers=GRID)
    with transmittance.unlocked(transmittance.X):
        transmittance.X[:] = 100 * 10 ** -np.abs(transmittance.X)
    with pytest.raises(TransmittanceError):
        FractionFit(references_of(transmittance)._replace(X=transmittance.X.astype(np.float32)),
                    GRID, PART)
