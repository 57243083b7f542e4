"""Polystyrene with bands of nitrile and butadiene is found, polystyrene without is not."""
import numpy as np
import pytest

from orangecontrib.microplastics.labels.nitrile import FEWEST, is_abs
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers

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


def abs_like(X, nitrile=2237, height=.15):
    return with_band(with_band(X, nitrile, height), 966, 3 * height)


def test_abs_is_found(references):
    X = styrene(30, 1)
    assert is_abs(X, references, GRID).mean() < .05
    assert is_abs(abs_like(X), references, GRID).mean() > .95
    mixed = X.copy()
    mixed[::2] = abs_like(X[::2], 2240)
    np.testing.assert_array_equal(is_abs(mixed, references, GRID), np.arange(30) % 2 == 0)


def test_one_of_both_bands_is_not_enough(references):
    X = styrene(30, 2)
    for at, height in ((2237, .3), (966, .45)):
        assert is_abs(with_band(X, at, height), references, GRID).mean() < .1, at
    assert is_abs(abs_like(X, 2180), references, GRID).mean() < .1


def test_without_references_or_range_nothing_is_said(references):
    X = abs_like(styrene(10, 3))
    assert not is_abs(X, references[:FEWEST - 1], GRID).any()
    part = GRID < 2000
    assert not is_abs(X[:, part], references[:, part], GRID[part]).any()
    assert is_abs(X[:0], references, GRID).shape == (0,)
