"""Copolymers differ from their main polymer by two bands, each too low to count alone."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.acceptance import Acceptance
from orangecontrib.microplastics.confidence.residual_bands import expected
from orangecontrib.microplastics.materials.copolymers import COPOLYMERS, copolymer_of
from orangecontrib.microplastics.materials.names import POLYMERS, material_code
from orangecontrib.microplastics.simulation import simulate

GRID = np.arange(700, 3901, 4.)
SEEN = (GRID <= 1850) | ((GRID >= 2700) & (GRID <= 3100))
NAMES = ["PE", "PP", "PS"]


def on_grid(n, seed):
    data = simulate(NAMES, n, wavenumbers=GRID, seed=seed)
    return data.X, data.Y.astype(int)


@pytest.fixture(scope="module")
def known():
    X, y = on_grid(60, 0)
    none = np.zeros((3, 1))
    return Acceptance(none, *none.T.repeat(3, axis=0), expected(X, y, GRID, SEEN), none)


def with_bands(X, places, height):
    added = sum(np.exp(-.5 * ((GRID - place) / 8) ** 2) for place in places)
    return X + height * np.ptp(X, axis=1)[:, None] * added


def explained(known, X, y, measured=None, copolymers=True):
    return known.explained(X, y, GRID, SEEN, measured,
                           [copolymer_of(name) for name in NAMES] if copolymers else ())


@pytest.mark.parametrize("copolymer", COPOLYMERS, ids=lambda one: one.name)
def test_two_low_bands_tell_a_copolymer_and_one_does_not(known, copolymer):
    X, y = on_grid(30, 1)
    own = y == NAMES.index(copolymer.polymer)
    X, y = X[own], y[own]
    places = [place for place, _ in copolymer.bands]
    # The lowest height, in steps, at which nearly all copolymers are no longer accepted.
    for height in np.arange(.01, .3, .01):
        both, found = explained(known, with_bands(X, places, height), y)
        if (both < .7).mean() >= .9:
            break
    alone = [explained(known, with_bands(X, [place], height), y)[0] for place in places]
    unaware = explained(known, with_bands(X, places, height), y, copolymers=False)[0]
    assert (both < .7).mean() >= .9
    # One alone counts where the spectrum has, by chance, something in the other's place.
    for score in alone:
        assert (score < .7).mean() <= .3
    for score in (unaware, explained(known, X, y)[0]):
        assert (score < .7).mean() <= .1
    # Both bands are named, the first of the copolymer first.
    told = both < .7
    for i, place in enumerate(places):
        assert (np.abs(found.maxima[told, i] - place) <= 12).mean() > .9
        assert (found.multiples[told, i] > 1).mean() > .9


@pytest.mark.parametrize("copolymer", COPOLYMERS, ids=lambda one: one.name)
def test_where_one_band_was_not_measured_nothing_is_told(known, copolymer):
    X, y = on_grid(20, 1)
    own = y == NAMES.index(copolymer.polymer)
    (first, _), (second, _) = copolymer.bands
    X, y = with_bands(X[own], [first, second], .1), y[own]
    measured = np.ones(X.shape, bool)
    measured[:, np.abs(GRID - first) < 60] = False
    seen, unaware = (explained(known, X, y, measured, which)[0] for which in (True, False))
    np.testing.assert_array_equal(seen, unaware)
    assert (explained(known, X, y)[0] < seen).mean() > .9


def test_other_classes_are_asked_nothing(known):
    """Polypropylene is mistaken for none of them; other rows remain as they are."""
    X, y = on_grid(10, 1)
    assert copolymer_of("PP") is None
    bands = [place for one in COPOLYMERS for place, _ in one.bands]
    X = with_bands(X, bands, .06)
    aware, unaware = (explained(known, X, y, copolymers=which) for which in (True, False))
    np.testing.assert_array_equal(aware[0][y == 1], unaware[0][y == 1])
    for one, other in zip(aware[1], unaware[1], strict=True):
        np.testing.assert_array_equal(one[y == 1], other[y == 1])
    assert (aware[0] <= unaware[0] + 1e-12).all() and (aware[0] < unaware[0]).any()
    # In any order of rows.
    turned = explained(known, X[::-1], y[::-1])[0]
    np.testing.assert_allclose(turned[::-1], aware[0], rtol=1e-5)


def test_names():
    for one in COPOLYMERS:
        assert one.name in POLYMERS and one.polymer in POLYMERS
        assert copolymer_of(one.polymer) is one
        assert copolymer_of(one.name) is None, "it is no copolymer of itself"
    assert copolymer_of("polystyrene").name == "ABS"
    assert material_code("HDPE") == "PE" and copolymer_of("HDPE").name == "PEVA"
    assert copolymer_of("PE + PS") is None and copolymer_of("dust") is None
