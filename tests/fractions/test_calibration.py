"""How good fractions are, measured with references that the fit does not know."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.fractions.calibration import (
    COVERAGE,
    Quality,
    gain,
    interval,
    quality_of,
)
from orangecontrib.microplastics.fractions.fit import Fitted, FractionFit
from tests.fractions.conftest import GRID, MATERIALS, PART, mixtures_of


@pytest.fixture(scope="module")
def quality(known):
    return quality_of(known, GRID, PART)


@pytest.fixture(scope="module")
def fit(known):
    return FractionFit(known, GRID, PART)


def test_intervals_hold_what_they_say(fit, quality, others):
    """On new spectra of the same kind as the references of both studies."""
    held, wide = [], []
    for seed in range(3):
        mixed, truth = mixtures_of(others, 150, components=(2, 3), pure=False, seed=seed)
        found = fit(mixed.X, truth > 0)
        low, high = interval(found, truth > 0, quality)
        there = truth > 0
        assert np.isfinite(low[there]).all() and np.isnan(low[~there]).all()
        held.append(((low <= truth) & (truth <= high))[there].mean())
        wide.append((high - low)[there].mean())
    assert COVERAGE - .06 < np.mean(held) <= 1
    # An interval from 0 to 1 would hold everything.
    assert np.mean(wide) < .35


def test_a_study_that_differs_makes_intervals_wide(known, quality):
    """Of one material, study B has other bands: its amount is less certain."""
    odd = (known.which == 3) & (np.array(known.studies) == "B")
    X = known.X.copy()
    X[odd] = X[odd] * np.linspace(.2, 2, X.shape[1])
    other = quality_of(known._replace(X=X), GRID, PART)
    assert other.error[3] > 1.3 * quality.error[3]


def test_ends():
    quality = Quality(np.array([2., 4., np.nan]), np.zeros(3), np.ones(3), 100)
    fractions = np.array([[.5, .5, 0], [.9, .1, 0], [1, 0, 0], [0, .5, .5]])
    spread = np.array([[.07, .07, 0], [.02, .02, 0], [0, 0, 0], [.1, .1, .1]])
    low, high = interval(Fitted(fractions, spread, np.zeros(4)), fractions > 0, quality)
    # The less certain material of a mixture decides: 4 (.07 + .03).
    np.testing.assert_allclose(low[0, :2], [.1, .1])
    np.testing.assert_allclose(high[0, :2], [.9, .9])
    np.testing.assert_allclose(low[1, :2], [.7, 0])
    np.testing.assert_allclose(high[1, :2], [1, .3])
    # A single material; a material of which nothing is known.
    assert (low[2, 0], high[2, 0]) == (1, 1)
    assert np.isnan([low[3], high[3]]).all()


def test_an_absent_material_explains_little(fit, quality, others):
    """About one of twenty by chance, and a material that is there much more often."""
    mixed, truth = mixtures_of(others, 300, components=(1, 2), smallest=.2)
    products, there = fit.products(mixed.X), truth > 0
    fitted = fit.fit(products, there)
    absent = fit.strongest(products, there)
    rows = np.flatnonzero(absent >= 0)
    found = gain(fit, products.at(rows), there[rows], absent[rows], fitted.left[rows])
    assert (found > quality.by_chance[absent[rows]]).mean() < .12
    pairs = np.flatnonzero(there.sum(axis=1) == 2)
    smaller = np.where(there, truth, 2)[pairs].argmin(axis=1)
    without = there[pairs]
    without[np.arange(len(pairs)), smaller] = False
    own = gain(fit, products.at(pairs), without, smaller,
               fit.fit(products.at(pairs), without).left)
    assert (own > quality.by_chance[smaller]).mean() > .8


def test_same_seed_same_quality(known, quality):
    for one, other in zip(quality, quality_of(known, GRID, PART), strict=True):
        np.testing.assert_array_equal(one, other)


def test_too_few_references(known):
    one = known.at(np.flatnonzero(np.r_[True, np.diff(known.which) > 0]))
    nothing = quality_of(one, GRID, PART)
    assert nothing.mixtures == 0 and np.isnan(nothing.factor).all()
    # Enough of two materials only: mixtures with others get no interval.
    rows = np.flatnonzero((known.which < 2) | np.r_[True, np.diff(known.which) > 0])
    some = quality_of(known.at(rows), GRID, PART)
    assert np.isfinite(some.factor[:2]).all() and np.isnan(some.factor[2:]).all()


def test_many_materials_take_no_more_time_than_few(known, monkeypatch):
    """The number of different mixtures is limited."""
    from orangecontrib.microplastics.fractions import calibration
    seen = []

    class Counted(calibration.Mixer):
        def __init__(self, *args):
            super().__init__(*args)
            seen.append(len(self.combinations))

    monkeypatch.setattr(calibration, "Mixer", Counted)
    n = 20
    names = tuple(f"{m} {i}" for i in range(n // 4) for m in MATERIALS)
    many = References(np.tile(known.X, (5, 1)), names, np.concatenate(
        [known.which + 4 * i for i in range(5)]), known.names * 5, known.studies * 5)
    monkeypatch.setattr(calibration, "_DIVISIONS", 1)
    assert quality_of(many, GRID, PART).mixtures > 100
    assert max(seen) <= n + sum(calibration._BLENDS.values())
