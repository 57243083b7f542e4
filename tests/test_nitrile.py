"""Polystyrene with a nitrile band is found, polystyrene without is not."""
import numpy as np
import pytest

from orangecontrib.microplastics.axis import wavenumbers
from orangecontrib.microplastics.nitrile import FEWEST, has_nitrile
from orangecontrib.microplastics.simulation import simulate

GRID = np.arange(700, 3901, 4.)


def styrene(n, seed):
    data = simulate(("PS",), n=n, seed=seed)
    return np.array([np.interp(GRID, wavenumbers(data.domain), x) for x in data.X])


def with_band(X, at, height):
    band = np.exp(-.5 * ((GRID - at) / 8) ** 2)
    return X + height * np.ptp(X, axis=1)[:, None] * band


@pytest.fixture(scope="module")
def references():
    return styrene(40, 0)


def test_nitrile_is_found(references):
    X = styrene(30, 1)
    assert has_nitrile(X, references, GRID).mean() < .05
    assert has_nitrile(with_band(X, 2237, .15), references, GRID).mean() > .95
    mixed = X.copy()
    mixed[::2] = with_band(X[::2], 2240, .15)
    np.testing.assert_array_equal(has_nitrile(mixed, references, GRID), np.arange(30) % 2 == 0)


def test_other_bands_are_not_nitrile(references):
    X = styrene(30, 2)
    for at in (2100, 1730, 2180, 2300):
        assert has_nitrile(with_band(X, at, .15), references, GRID).mean() < .1, at


def test_without_references_or_range_nothing_is_said(references):
    X = with_band(styrene(10, 3), 2237, .3)
    assert not has_nitrile(X, references[:FEWEST - 1], GRID).any()
    part = GRID < 2000
    assert not has_nitrile(X[:, part], references[:, part], GRID[part]).any()
    assert has_nitrile(X[:0], references, GRID).shape == (0,)
