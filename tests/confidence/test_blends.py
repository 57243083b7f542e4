"""Non-negative fits, and whether a second material counts."""
import numpy as np
import pytest
from scipy.optimize import nnls

from orangecontrib.microplastics.confidence.blends import LIMIT, nonnegative, second_share
from orangecontrib.microplastics.spectra.preprocess import standardized


@pytest.mark.parametrize("alike", [0., .9])
def test_as_scipy(alike):
    rng = np.random.default_rng(0)
    M = rng.standard_normal((6, 80)) + alike * 3 * rng.standard_normal(80)
    S = rng.uniform(0, 1, (20, 6)) * (rng.random((20, 6)) < .4) @ M \
        + .1 * rng.standard_normal((20, 80))
    found = nonnegative(S, M)
    expected = np.array([nnls(M.T, s)[0] for s in S])
    assert (found >= 0).all()
    np.testing.assert_allclose(found, expected, atol=.02)


def test_zero_components_get_nothing():
    M = np.vstack((np.random.default_rng(0).standard_normal((2, 30)), np.zeros(30)))
    assert nonnegative(M[:2] + M[1], M)[:, 2].tolist() == [0, 0]


def shape(*places):
    x = np.arange(300)
    return np.gradient(sum(h * np.exp(-.5 * ((x - p) / 4) ** 2) for p, h in places))


PURE = standardized(np.array([
    shape((50, 1), (120, .5), (200, .7)),                # 0
    shape((80, 1), (160, .8)),                           # 1: other bands
    shape((50, 1), (120, .5), (200, .7), (240, .4))]))   # 2: looks like 0
ALL = np.ones(3, bool)


def test_a_second_material_is_found():
    S = standardized(np.array([shape((50, .7), (120, .35), (200, .49), (80, .3), (160, .24)),
                               shape((50, 1), (120, .5), (200, .7))]))
    materials, share = second_share(S, PURE[:2], ALL[:2], np.repeat(PURE[:1], 2, axis=0))
    assert materials[0].tolist() == [0, 1]
    assert share[0] == pytest.approx(.3, abs=.04) and share[1] < LIMIT


def share_of_all(S, means):
    W = nonnegative(S, means)
    return np.sort(W[0])[-2] / W.sum()


def test_a_look_alike_does_not_count():
    """Its share can be large, but it explains hardly more than another specimen of the first."""
    rng = np.random.default_rng(0)

    def specimen():
        """Of material 0, with a little of what tells material 2."""
        return standardized(np.array([shape((50, 1), (120, .5), (200, .7), (240, .15))])
                            + .003 * rng.standard_normal((1, 300)))

    S = specimen()
    assert share_of_all(S, PURE) > 2 * LIMIT
    assert second_share(S, PURE, ALL, specimen())[1][0] == 0
    # It counts beside a reference that lacks it.
    assert second_share(S, PURE, ALL, PURE[:1])[1][0] > LIMIT


def test_a_reference_with_more_of_the_second_is_no_mixture():
    """A negative amount would explain the spectrum, too."""
    S, more = (standardized(np.array([PURE[0] + amount * PURE[1]])) for amount in (.2, .5))
    assert share_of_all(S, PURE[:2]) > LIMIT
    assert second_share(S, PURE[:2], ALL[:2], more)[1][0] == 0
    assert second_share(S, PURE[:2], ALL[:2], PURE[:1])[1][0] > LIMIT


def test_materials_that_do_not_count_take_their_part():
    S = standardized(np.array([shape((50, .7), (120, .35), (200, .49), (80, .3), (160, .24))]))
    materials, share = second_share(S, PURE, np.array([True, False, True]), PURE[:1])
    assert 1 not in materials[0] and share[0] < LIMIT
