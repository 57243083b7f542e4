"""Bands that a class has and a spectrum lacks."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.missing_bands import lowered, missing, usual_bands

AXIS = np.arange(700., 3901., 4.)
SEEN = (AXIS <= 1850) | ((AXIS >= 2700) & (AXIS <= 3100))
PLACES = (1000., 1240., 1460., 1736., 2848.)


def spectra(n, places=PLACES, heights=None, noise=.002, slope=0., shift=0., seed=0):
    """Spectra with bands at these wavenumbers, each of a random height around 1."""
    rng = np.random.default_rng(seed)
    heights = np.ones(len(places)) if heights is None else np.asarray(heights, float)
    amounts = heights * rng.uniform(.8, 1.2, (n, len(places)))
    bands = np.exp(-.5 * ((AXIS - np.array(places)[:, None] - shift) / 10) ** 2)
    return amounts @ bands + noise * rng.standard_normal((n, len(AXIS))) + slope * AXIS / 1000


def usual(X, **kwargs):
    return usual_bands(X, np.zeros(len(X), int), AXIS, SEEN, **kwargs)


def lacking(X, known):
    return missing(X, np.zeros(len(X), int), AXIS, SEEN, known)


def test_bands_are_found_where_they_are():
    found = AXIS[np.flatnonzero(usual(spectra(30))[0])]
    np.testing.assert_allclose(found, PLACES, atol=4)


def test_a_missing_band_is_named():
    known = usual(spectra(30))
    found = lacking(spectra(5, heights=(1, 1, 1, 0, 1), seed=1), known)
    np.testing.assert_allclose(found.wavenumber[:, 0], 1736, atol=4)
    assert (found.height[:, 0] < .1).all() and (found.height[:, 1] > .5).all()
    found = lacking(spectra(5, heights=(1, 0, 1, 0, 1), seed=1), known)
    assert (found.height[:, :2].mean(axis=1) < .1).all()
    np.testing.assert_allclose(np.sort(found.wavenumber[:, :2], axis=1), [[1240, 1736]] * 5, atol=4)


@pytest.mark.parametrize("change", [{"noise": .01}, {"slope": .5}, {"shift": 4.}])
def test_other_instruments_lack_nothing(change):
    found = lacking(spectra(20, seed=2, **change), usual(spectra(30)))
    assert (found.height[:, :2].mean(axis=1) > .5).all()


def test_each_study_must_have_it():
    """One study's filler is not usual, even if it is in three quarters of all spectra."""
    pure, filled = spectra(6), spectra(60, (*PLACES, 874.), seed=3)
    X = np.vstack((pure, filled))
    studies = np.array(["pure"] * 6 + ["filled"] * 60)
    at = np.argmin(np.abs(AXIS - 874))
    assert usual(X)[0, at - 2:at + 3].any()
    assert not usual(X, studies=studies)[0, at - 2:at + 3].any()
    # Fewer than five spectra do not speak for a study.
    assert usual(X[3:], studies=studies[3:])[0, at - 2:at + 3].any()


def test_only_bands_of_the_table():
    found = usual(spectra(30), known=[[1238., 1736.]])[0]
    np.testing.assert_allclose(AXIS[np.flatnonzero(found)], [1240, 1736], atol=4)
    assert usual(spectra(30), known=[None])[0].astype(bool).sum() == len(PLACES)


def test_where_nothing_was_measured_nothing_is_lacking():
    known = usual(spectra(30))
    X = spectra(2, heights=(1, 1, 1, 0, 1), seed=1)
    measured = np.ones(X.shape, bool)
    measured[1, (AXIS > 1700) & (AXIS < 1800)] = False
    found = missing(X, np.zeros(2, int), AXIS, SEEN, known, measured)
    assert found.height[0, 0] < .1 and found.height[1, 0] > .5
    share = np.where((AXIS > 1700) & (AXIS < 1800), .5, 1.)
    assert not usual(spectra(30), measured=share)[0, np.argmin(np.abs(AXIS - 1736))]


def test_nitrile_counts_beside_the_regions_of_the_network():
    known = usual(spectra(30, (*PLACES, 2237.)))
    found = lacking(spectra(3, seed=4), known)
    np.testing.assert_allclose(found.wavenumber[:, 0], 2237, atol=4)


def test_own_spectra_lower_what_is_asked():
    known = usual(spectra(30))[0]
    own = spectra(8, heights=(1, .01, 1, 1, 1), seed=5)
    lower = lowered(known, own, SEEN)
    at = np.argmin(np.abs(AXIS - 1240))
    assert known[at - 1:at + 2].any() and not lower[at - 1:at + 2].any()
    assert (lower <= known).all() and (lower > 0).sum() == len(PLACES) - 1


def test_a_class_without_bands_asks_nothing():
    found = lacking(spectra(3), np.zeros((1, len(AXIS)), np.float32))
    assert (found.height == 1).all() and np.isnan(found.wavenumber).all()
