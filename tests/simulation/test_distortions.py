
import numpy as np
import pytest

from orangecontrib.microplastics.materials.contaminants import (
    ADDITIVES,
    CONTAMINANTS,
    additive_bands,
    additives_of,
    contaminant_bands,
)
from orangecontrib.microplastics.simulation import distortions as vary

AXIS = np.arange(600, 4001, 4.)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def peaks(spectrum):
    """Wavenumbers of local maxima above a tenth of the highest."""
    inner = spectrum[1:-1]
    top = (inner > spectrum[:-2]) & (inner >= spectrum[2:]) & (inner > .1 * spectrum.max())
    return AXIS[1:-1][top]


def test_contaminants_have_their_bands():
    names = list(CONTAMINANTS)
    for name, spectrum in zip(names, contaminant_bands(AXIS, names), strict=True):
        found = peaks(spectrum)
        # The strongest band of each stands alone; weak ones may be shoulders.
        strongest = max(CONTAMINANTS[name], key=lambda band: band[2])[0]
        assert np.abs(found - strongest).min() <= 4, name
        for place in found:
            assert min(abs(place - centre) for centre, *_ in CONTAMINANTS[name]) <= 12, name
        inside = (AXIS >= 700) & (AXIS <= 3900)
        assert np.sqrt(np.mean(spectrum[inside] ** 2)) == pytest.approx(1, rel=1e-3)


def test_contaminants_known_to_chemists():
    carbonate, amide = contaminant_bands(AXIS, ["carbonate", "amide"])
    assert {1420, 876} <= {float(p) for p in peaks(carbonate)} or \
        {1420, 872} <= {float(p) for p in peaks(carbonate)}
    assert len(peaks(amide)) == 3  # amide I, amide II, N-H


def test_contaminant_heights_do_not_depend_on_where_the_axis_ends():
    # Carbonate's tail at 1500 cm-1 must not be amplified on an axis that starts there.
    whole = contaminant_bands(AXIS, ["carbonate"])[0]
    part = contaminant_bands(AXIS[AXIS > 1500], ["carbonate"])[0]
    np.testing.assert_allclose(part, whole[AXIS > 1500])


def test_unknown_contaminant_is_refused():
    with pytest.raises(ValueError, match="'plutonium'.*carbonate"):
        contaminant_bands(AXIS, ["plutonium"])


def test_phthalates_have_their_bands():
    found = peaks(additive_bands(AXIS, ADDITIVES[:1])[0])
    for place in (1726, 1273, 1122, 1072, 743, 2930):  # bis(2-ethylhexyl) phthalate
        assert np.abs(found - place).min() <= 8, place


def test_additives_are_as_frequent_and_as_high_as_their_families(rng):
    kinds = additives_of("PVC")
    amounts = vary.additives(40000, kinds, rng)
    assert amounts.dtype == np.float32 and amounts.shape == (40000, len(kinds))
    assert amounts.min() == 0 and ((amounts > 0).sum(axis=1) <= 1).all()
    np.testing.assert_allclose((amounts > 0).mean(axis=0), [kind.share for kind in kinds],
                               atol=.01)
    assert len({kind.height for kind in kinds}) > 1
    for amount, kind in zip(amounts.T, kinds, strict=True):
        # U(0, height)
        assert .98 * kind.height < amount.max() <= kind.height
        assert amount[amount > 0].mean() == pytest.approx(kind.height / 2, rel=.05)


def test_additives_that_all_or_no_spectra_contain(rng):
    kind = additives_of("PVC")[0]
    always, never = (vary.additives(500, [kind._replace(share=share)], rng) for share in (1, 0))
    assert (always > 0).mean() > .99 and not never.any()
    assert vary.additives(0, [kind], rng).shape == (0, 1)


def test_additives_are_found_by_the_polymer_as_people_write_it():
    for name in ("PVC", "pvc ", "Polyvinyl chloride", "Poly(vinyl chloride)"):
        assert len(additives_of(name)) > 1, name
    for name in ("PE", "PVA", "PVC + PE", ""):
        assert additives_of(name) == (), name


def test_contamination_is_as_frequent_and_as_high_as_asked(rng):
    amounts = vary.contamination(20000, 4, rng, share=.35, height=.25)
    assert ((amounts > 0).sum(axis=1) <= 1).all()
    assert (amounts > 0).any(axis=1).mean() == pytest.approx(.35, abs=.02)
    assert .24 < amounts.max() <= .25
    # All are equally frequent.
    np.testing.assert_allclose((amounts > 0).mean(axis=0), .35 / 4, atol=.01)
    assert not vary.contamination(100, 4, rng, share=0).any()
    assert vary.contamination(100, 4, rng, share=1).any(axis=1).all()


def test_variation_keeps_bands_and_changes_their_ratio(rng):
    spectrum = np.exp(-.5 * ((AXIS - 1000) / 15) ** 2)
    spectrum += .6 * np.exp(-.5 * ((AXIS - 2900) / 15) ** 2)
    logs = np.log(np.maximum(spectrum, 1e-4)).astype(np.float32)
    out = vary.Variation(AXIS)(np.tile(logs, (200, 1)), rng)
    assert out.dtype == np.float32 and (out > 0).all()
    # Gains are smooth over hundreds of wavenumbers: no band moves by more than a few.
    for place in (1000, 2900):
        window = np.abs(AXIS - place) < 100
        assert np.abs(AXIS[window][out[:, window].argmax(axis=1)] - place).max() <= 8
    ratio = np.log(out[:, AXIS == 2900] / out[:, AXIS == 1000])
    assert .2 < ratio.std() < 1


def test_variation_of_strength_zero_changes_nothing(rng):
    logs = rng.normal(size=(5, len(AXIS))).astype(np.float32)
    np.testing.assert_allclose(vary.Variation(AXIS, 0)(logs, rng), np.exp(logs), rtol=1e-6)


def test_baselines_are_polynomials_of_the_amplitude_asked(rng):
    g = vary.position(AXIS)
    assert g[0] == -1 and g[-1] == 1
    curves = vary.baseline(4000, g, rng, (.3, .2, .15)).astype(float)
    coefficients = np.polynomial.polynomial.polyfit(g.astype(float), curves.T, 3)
    np.testing.assert_allclose(coefficients[0], 0, atol=1e-4)
    np.testing.assert_allclose(coefficients[1:].std(axis=1), [.3, .2, .15], rtol=.06)


def test_position_follows_wavenumbers_not_columns():
    np.testing.assert_allclose(vary.position([4000, 400, 2200]), [1, -1, 0], atol=1e-6)
    with pytest.raises(ValueError):
        vary.position([1000, 1000])


def test_atmosphere_stands_where_gases_absorb(rng):
    dioxide = vary.carbon_dioxide(400, AXIS, rng)
    there = np.abs(dioxide).max(axis=1) > 0
    assert .4 < there.mean() < .6
    assert ((AXIS > 2280) & (AXIS < 2420))[np.abs(dioxide).max(axis=0) > 1e-2].all()
    vapour = np.abs(vary.water_vapour(400, AXIS, rng)).max(axis=0)
    for place in (1508, 1540, 1560, 1652, 3648, 3736):
        near = np.abs(AXIS - place) < 5
        assert vapour[near].max() > .3 * vapour.max(), place
    assert vapour[(AXIS < 1300) | ((AXIS > 2000) & (AXIS < 3500))].max() < 1e-3
    hump = vary.adsorbed_water(400, AXIS, rng)
    some = hump.max(axis=1) > 0
    assert .2 < some.mean() < .4 and hump.min() >= 0
    assert np.abs(AXIS[hump[some].argmax(axis=1)] - 3350).max() <= 102


def test_noise_level_differs_between_rows(rng):
    sd = vary.noise(500, 800, rng, .03).std(axis=1)
    assert .2 * .03 * .9 < sd.min() < .3 * .03
    assert 1.9 * .03 < sd.max() < 2 * .03 * 1.1


def test_cut_replaces_one_stretch_by_the_mean(rng):
    spectra = rng.normal(size=(300, len(AXIS))).astype(np.float32)
    cut = vary.cut_stretches(spectra.copy(), rng)
    changed = cut != spectra
    length = changed.sum(axis=1)
    assert length.min() >= 10 and length.max() <= 60 and length.max() > 50
    # The lost points are contiguous.
    assert (np.diff(changed.astype(int), axis=1) == 1).sum(axis=1).max() <= 1
    np.testing.assert_allclose(
        cut[changed], np.repeat(spectra.mean(axis=1), length), atol=1e-5)
    # Spectra shorter than a lost stretch do not become constant.
    assert np.ptp(vary.cut_stretches(rng.normal(size=(20, 8)), rng), axis=1).min() > 0


@pytest.mark.parametrize("draw", [
    lambda rng: vary.baseline(5, vary.position(AXIS), rng),
    lambda rng: vary.broad_hump(5, vary.position(AXIS), rng),
    lambda rng: vary.carbon_dioxide(5, AXIS, rng),
    lambda rng: vary.water_vapour(5, AXIS, rng),
    lambda rng: vary.adsorbed_water(5, AXIS, rng),
    lambda rng: vary.noise(5, len(AXIS), rng),
    lambda rng: vary.Variation(AXIS)(np.zeros((5, len(AXIS)), np.float32), rng),
])
def test_draws_are_float32_and_follow_the_generator(draw):
    first, again, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.float32 and first.shape == (5, len(AXIS))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
