"""Signal over the filter, its threshold, and spectra without the filter."""
import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.particles.filtered import without_filter
from orangecontrib.microplastics.particles.matter import LOWEST, Spectra, otsu, signal

AXIS = np.arange(1000, 3500, 10.)


def band(centre, width=20., height=1.):
    return height * np.exp(-((AXIS - centre) / width) ** 2)


def table(X, axis=AXIS):
    return Table.from_numpy(Domain([ContinuousVariable(f"{w:g}") for w in axis]), X)


FILTER = band(1650, 30, .5) + band(1280, 25, .4) + band(3300, 200, .2)


@pytest.fixture
def pixels():
    """400 pixels of a filter; the last 40 with particles of decreasing thickness."""
    rng = np.random.default_rng(0)
    X = (1 + .03 * rng.standard_normal((400, 1))) * FILTER + .003 * rng.standard_normal((400, 250))
    X[-40:] += np.linspace(.5, .08, 40)[:, None] * (band(2900) + .4 * band(1460))
    return X


def test_bare_pixels_have_a_signal_of_one_and_particles_more(pixels):
    found = signal(Spectra(table(pixels)))
    bare, matter = found.values[:360], found.values[360:]
    assert np.median(bare) == pytest.approx(1, abs=.15)
    assert bare.max() < LOWEST < matter.min()
    # Thicker is more.
    assert np.corrcoef(matter, np.linspace(.5, .08, 40))[0, 1] > .99
    np.testing.assert_allclose(found.filter, FILTER, atol=.02)
    assert not found.opaque.any()


def test_an_offset_is_no_signal_but_a_slope_is(pixels):
    before = signal(Spectra(table(pixels))).values
    pixels = pixels.copy()
    pixels[:100] -= 1.3
    pixels[100:200] += 1.1
    np.testing.assert_allclose(signal(Spectra(table(pixels))).values, before, rtol=.02)
    pixels = pixels.copy()
    pixels[:5] += np.linspace(0, .3, 250)
    assert signal(Spectra(table(pixels))).values[:5].min() > 5


def test_where_the_filter_is_opaque_noise_is_no_signal(pixels):
    rng = np.random.default_rng(1)
    dark = AXIS < 1250
    pixels[:, dark] = 2.5 + .3 * rng.standard_normal((400, dark.sum()))
    found = signal(Spectra(table(pixels)))
    assert found.values[:360].max() < LOWEST < found.values[360:395].min()
    assert found.opaque[dark].mean() > .95 and not found.opaque[AXIS > 1270].any()


def test_a_few_pixels_or_points_are_not_taken_for_opaque(pixels):
    rng = np.random.default_rng(2)
    pixels = pixels.copy()
    pixels[:, 100:102] += rng.standard_normal((400, 2))
    assert not signal(Spectra(table(pixels))).opaque.any()
    pixels = pixels.copy()
    pixels[:, AXIS < 1250] = 2.5 + .3 * rng.standard_normal((400, (AXIS < 1250).sum()))
    assert not signal(Spectra(table(pixels[::40]))).opaque.any()


def test_steep_bands_of_the_filter_are_not_opaque(pixels):
    # Differences of neighbouring points are large there, too, but alike in all pixels.
    pixels += 5 * band(1650, 8)
    assert not signal(Spectra(table(pixels))).opaque.any()


def test_pixels_without_a_spectrum_have_no_signal(pixels):
    pixels[3] = np.nan
    pixels[4, :100] = np.nan
    found = signal(Spectra(table(pixels))).values
    assert np.isnan(found[3]) and found[4] < LOWEST and np.isfinite(found[5:]).all()
    assert np.isnan(signal(Spectra(table(np.full((5, 250), np.nan)))).values).all()


def test_zeros_outside_a_round_filter_are_no_filter(pixels):
    outside = np.concatenate([np.zeros((900, 250)), pixels])
    found = signal(Spectra(table(outside)))
    assert np.isnan(found.values[:900]).all()
    np.testing.assert_allclose(found.values[900:], signal(Spectra(table(pixels))).values)


def test_columns_in_any_order_and_other_columns_beside(pixels):
    order = np.random.default_rng(2).permutation(250)
    shuffled = table(pixels[:, order], AXIS[order])
    other = Table.from_numpy(
        Domain([*shuffled.domain.attributes, ContinuousVariable("height")]),
        np.column_stack([shuffled.X, np.arange(400.)]))
    spectra = Spectra(other)
    np.testing.assert_array_equal(spectra.wavenumbers, AXIS)
    np.testing.assert_allclose(spectra([1, 7]), pixels[[1, 7]])
    np.testing.assert_allclose(signal(spectra).values, signal(Spectra(table(pixels))).values)


def test_transmittance_is_converted(pixels):
    spectra = Spectra(table(100 * 10 ** -pixels), convert=True)
    np.testing.assert_allclose(spectra(slice(0, 9)), pixels[:9], atol=1e-9)


def test_progress_can_cancel(pixels):
    class Stop(Exception):
        pass

    def stop(_):
        raise Stop
    with pytest.raises(Stop):
        signal(Spectra(table(pixels)), stop)


def test_otsu_parts_two_groups_and_never_falls_into_the_filter():
    rng = np.random.default_rng(0)
    bare, matter = rng.lognormal(0, .1, 5000), rng.lognormal(3, .8, 300)
    found = otsu(np.concatenate([bare, matter, [np.nan, 0]]))
    assert bare.max() < found < np.quantile(matter, .2)
    assert otsu(bare) == LOWEST and otsu(np.ones(9)) == LOWEST and otsu(np.empty(0)) == LOWEST


# ------------------------------------------------------------------------- without the filter

@pytest.mark.parametrize("amount", [0, .3, .7, 1.])
def test_as_much_of_the_filter_is_subtracted_as_there_is(amount):
    particle = band(2900, 15, .3) + band(1720, 15, .4) + band(1600, 20, .2)
    slope = .1 * np.linspace(0, 1, 250)
    X = amount * FILTER + particle + slope + .2
    found, = without_filter(X[None], FILTER, np.zeros(250, bool))
    np.testing.assert_allclose(found, particle + slope + .2, atol=.01)


def test_a_thick_fibre_of_the_filters_material_does_not_vanish():
    found, = without_filter(2 * FILTER[None], FILTER, np.zeros(250, bool))
    assert np.corrcoef(found, FILTER)[0, 1] > .999 and np.ptp(found) > .8 * np.ptp(FILTER)


def test_noise_of_a_filter_without_bands_is_not_subtracted():
    rng = np.random.default_rng(0)
    flat, X = .001 * rng.standard_normal(250), rng.standard_normal((3, 250))
    np.testing.assert_array_equal(without_filter(X, flat, np.zeros(250, bool)), X)


def test_opaque_wavenumbers_have_no_values():
    opaque = AXIS < 1250
    found, = without_filter((FILTER + band(2900))[None], FILTER, opaque)
    assert np.isnan(found[opaque]).all()
    np.testing.assert_allclose(found[~opaque], band(2900)[~opaque], atol=.01)
