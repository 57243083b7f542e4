import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.signal import savgol_filter

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.simulation.polymers import (
    _MODES,
    _WIDTHS,
    ALL_POLYMERS,
    NATURAL,
    SEVEN,
    peaks,
    simulate,
)
from orangecontrib.microplastics.spectra.axis import uniform_grid, wavenumbers
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix

#: Without distortions by instrument or sample, to test the chemistry.
CLEAN = {"scattering": 0, "baseline": 0, "atmosphere": 0, "noise": 0}


def spectra(data, polymer=None):
    if polymer is None:
        return data.X
    return data.X[data.domain.class_var.values.index(polymer) == data.Y]


def area(data, low, high, base):
    """Band area over a straight line between the means at two anchor wavenumbers."""
    axis = wavenumbers(data.domain)
    left, right = (data.X[:, np.abs(axis - at).argmin()] for at in base)
    line = left[:, None] + (right - left)[:, None] * (axis - base[0]) / (base[1] - base[0])
    inside = (axis >= low) & (axis <= high)
    return trapezoid((data.X - line)[:, inside], axis[inside], axis=1)


def at(data, wavenumber):
    return data.X[:, np.abs(wavenumbers(data.domain) - wavenumber).argmin()]


# --- the table

def test_seven_classes_by_default():
    data = simulate(n=5)
    assert data.domain.class_var.name == "polymer"
    assert data.domain.class_var.values == SEVEN
    assert np.bincount(data.Y.astype(int)).tolist() == [5] * 7
    assert wavenumbers(data.domain)[[0, -1]].tolist() == [600, 4000]
    assert np.isfinite(data.X).all()
    assert data.name


def test_metas_as_published_sets_have_them():
    data = simulate(["PP", "PE"], 3)
    assert [meta.name for meta in data.domain.metas] == [
        "sample", "study", "environmental", "source"]
    assert set(data.get_column("study")) == {0.}
    assert data.domain["study"].values == ("Simulated",)
    assert len(set(data.get_column("source"))) == len(data)
    assert all(str(s).startswith("Simulated/") for s in data.get_column("source"))
    assert set(data.get_column("environmental")) == {0.}
    assert set(simulate(["PE"], 3, biofilm=.1).get_column("environmental")) == {1.}


def test_polymers_and_natural_materials_differ():
    codes = (*ALL_POLYMERS, *NATURAL)
    assert len(ALL_POLYMERS) == 17 and len(set(codes)) == len(codes)
    data = simulate(codes, 10)
    assert data.domain.class_var.values == codes
    means = np.array([spectra(data, code).mean(axis=0) for code in codes])
    correlation = np.corrcoef(savgol_filter(means, 9, 2, deriv=1))
    alike = {frozenset((codes[i], codes[j])) for i in range(len(codes)) for j in range(i)
             if correlation[i, j] > .7}
    # PS and ABS share styrene; PEVA, stearates and waxes are mostly chains of CH2, as PE is.
    assert alike <= {frozenset(pair) for pair in (
        ("PS", "ABS"), ("PE", "PEVA"), ("PE", "Carboxylate"), ("PE", "Ester"),
        ("PEVA", "Carboxylate"), ("PEVA", "Ester"))}
    assert frozenset(("PS", "ABS")) in alike


def test_natural_materials_by_any_of_their_names():
    data = simulate(["kaolin", "fat", "calcium stearate", "peat"], 1)
    assert data.domain.class_var.values == ("Clay", "Ester", "Carboxylate", "Humic")


def test_any_axis():
    axis = np.linspace(700, 1800, 123)
    data = simulate(["PE"], 2, wavenumbers=axis)
    np.testing.assert_allclose(wavenumbers(data.domain), axis, atol=1e-6)
    # Simulation on a part of the axis gives that part of the spectrum.
    fine = uniform_grid(600, 4000, 2)
    inside = (fine >= 900) & (fine <= 1800)
    whole = simulate(["PET"], 4, wavenumbers=fine, noise=0).X[:, inside]
    part = simulate(["PET"], 4, wavenumbers=fine[inside], noise=0).X
    np.testing.assert_allclose(part, whole, atol=1e-9)


def test_seven_hundred_spectra_are_instant():
    from time import process_time
    simulate(n=1)
    start = process_time()
    assert len(simulate(n=100)) == 700
    assert process_time() - start < 1


# --- the seed

def test_a_seed_gives_the_same_spectra_again():
    first = simulate(n=4, seed=3)
    state = np.random.get_state()[1].copy()
    np.testing.assert_array_equal(first.X, simulate(n=4, seed=3).X)
    np.testing.assert_array_equal(state, np.random.get_state()[1])
    assert not np.allclose(first.X, simulate(n=4, seed=4).X)
    assert not np.allclose(first.X[0], first.X[1])


def test_a_polymer_does_not_depend_on_the_others_chosen():
    np.testing.assert_array_equal(spectra(simulate(["PS", "PE"], 3), "PE"),
                                  simulate(["PE"], 3).X)


def test_one_effect_at_a_time():
    """Changing the noise changes nothing but the noise."""
    quiet, loud = (simulate(["PP"], 200, noise=noise).X for noise in (0, .004))
    axis = wavenumbers(simulate(["PP"], 1).domain)
    difference = loud - quiet
    diamond = (axis > 1900) & (axis < 2300)
    assert difference[:, ~diamond].std() == pytest.approx(.004, rel=.02)
    assert difference[:, diamond].std() == pytest.approx(.008, rel=.02)
    assert abs(difference.mean()) < 1e-4


# --- chemistry

@pytest.mark.parametrize("code", (*ALL_POLYMERS, *NATURAL))
def test_the_sum_of_bands_has_the_tabulated_heights(code):
    centres, _, _ = peaks(code)
    data = simulate([code], 1, variation=0, resolution=8, wavenumbers=uniform_grid(600, 4000, 1),
                    **CLEAN)
    tabulated = {band.wavenumber: band.height for band in BANDS[code]}
    # Plasticiser and chalk lie over the bands of some.
    low, high = {"PVC": (2900, 4000), "PEVA": (1500, 4000), "R": (900, 1700)}.get(code, (0, 4000))
    centres = centres[(centres > low) & (centres < high)]
    strong = [c for c in centres if tabulated[c] >= .3 and c >= 600]
    heights = np.array([tabulated[c] for c in strong])
    seen = np.array([at(data, c)[0] for c in strong])
    scale = seen @ heights / (heights @ heights)
    np.testing.assert_allclose(seen / scale, heights, rtol=.25, atol=.05)


def test_widths_and_variation_belong_to_bands():
    for code, widths in _WIDTHS.items():
        bands = {band.wavenumber for band in BANDS[code]}
        assert bands.issuperset(widths), code
        assert bands.issuperset(w for loadings in _MODES.get(code, {}).values() for w in loadings)


def test_every_band_of_what_can_be_simulated_has_a_height():
    for code in (*ALL_POLYMERS, *NATURAL):
        assert all(band.height for band in BANDS[code]), code


def test_composition_varies_between_samples():
    for code, one, other in (("PEVA", 1240, 2916), ("R", 1092, 2916), ("CA", 3468, 1036),
                             ("Carboxylate", 1576, 1540), ("Ester", 1744, 2920),
                             ("Humic", 1036, 1712), ("Clay", 3696, 1032)):
        data = simulate([code], 60, **CLEAN)
        ratio = at(data, one) / at(data, other)
        assert ratio.std() > .08 * ratio.mean(), code


def test_polyethylene_shows_its_crystal_doublet():
    data = simulate(["PE"], 40, resolution=2, wavenumbers=uniform_grid(600, 4000, 1), **CLEAN)
    axis = wavenumbers(data.domain)
    for low, between, high in ((719, 726, 730), (1462, 1468, 1472)):
        mean = data.X.mean(axis=0)
        one, dip, two = (mean[axis == w][0] for w in (low, between, high))
        assert dip < one
        assert dip < two
    # Low-density samples: branched (1377) and less crystalline (730 to 719).
    order = at(data, 730) / at(data, 719)
    branches = (at(data, 1377) - at(data, 1400)) / at(data, 2916)
    assert np.ptp(order) > .3
    assert np.corrcoef(order, branches)[0, 1] < -.4


def test_polyethylene_samples_differ_in_their_amorphous_part():
    data = simulate(["PE"], 60, resolution=2, **CLEAN)
    amorphous = (at(data, 1304) - at(data, 1328)) / at(data, 2916)
    assert np.corrcoef(amorphous, at(data, 730) / at(data, 720))[0, 1] < -.5


def test_transmission_heights_grow_with_the_wavenumber():
    """ATR heights are proportional to the penetration depth, and thus to 1/wavenumber."""
    options = {"variation": 0, "thickness": .01, "wavenumbers": uniform_grid(600, 4000, 1),
               **CLEAN}
    atr = simulate(["PE"], 1, mode="atr", **options)
    transmission = simulate(["PE"], 1, mode="transmission", **options)
    ratio = [(at(data, 2916) / at(data, 719))[0] for data in (atr, transmission)]
    assert ratio[1] / ratio[0] == pytest.approx(2916 / 719, rel=.03)


def test_weathering_grows_the_carbonyl_index():
    """Carbonyl index by SAUB: area 1650-1850 over area 1420-1500 (Almond 2020)."""
    for polymer in ("PE", "PP"):
        index = []
        for degree in (0, .1, .25, .5, .75, 1):
            data = simulate([polymer], 20, weathering=degree, **CLEAN)
            index.append(area(data, 1650, 1850, (1652, 1852))
                         / area(data, 1420, 1500, (1420, 1500)))
        index = np.array(index)
        assert (np.diff(index, axis=0) > 0).all(), polymer  # for each sample
        assert index[0].mean() < .05
        # Brittle debris has an index about 1 and above.
        assert .8 < index[-1].mean() < 3


def test_weathering_grows_hydroxyl_and_vinyl():
    fresh, old = (simulate(["PE"], 20, weathering=w, **CLEAN) for w in (0, 1))
    for wavenumber, beside in ((3400, 3800), (908, 940), (1640, 1600)):
        grown = [(at(d, wavenumber) - at(d, beside)).mean() for d in (fresh, old)]
        assert grown[1] > grown[0] + .005


def test_weathering_leaves_other_polymers_alone():
    np.testing.assert_array_equal(simulate(["PS"], 3).X, simulate(["PS"], 3, weathering=1).X)


def test_biofilm_brings_amides_and_polysaccharides():
    clean, grown = (simulate(["PE"], 20, biofilm=b, **CLEAN) for b in (0, .5))
    for wavenumber in (1644, 1544, 1036, 3288):
        assert at(clean, wavenumber).mean() < .02
        assert at(grown, wavenumber).mean() > .03
    assert at(grown, 2916).mean() < at(clean, 2916).mean()


def test_thickness_scales_until_bands_flatten():
    def top(thickness):
        return at(simulate(["PE"], 1, variation=0, thickness=thickness, **CLEAN), 2916)[0]

    assert top(1) == pytest.approx(.3, rel=.1)
    assert top(2) / top(1) == pytest.approx(2, rel=.02)
    assert top(20) < 2.6


def test_resolution_broadens():
    fine, coarse = (simulate(["PS"], 1, variation=0, resolution=r, **CLEAN) for r in (2, 16))
    assert at(fine, 696)[0] > 1.3 * at(coarse, 696)[0]


def test_air_absorbs_where_carbon_dioxide_and_water_do():
    options = {**CLEAN, "noise": 0}
    dry = simulate(["PE"], 50, **options).X
    options["atmosphere"] = .01
    data = simulate(["PE"], 50, **options)
    air = np.abs(data.X - dry).mean(axis=0)
    axis = wavenumbers(data.domain)
    assert air[np.abs(axis - 2360) < 5].min() > .004
    assert air[np.abs(axis - 1558) < 5].max() > .003
    assert air[(axis > 2600) & (axis < 3200)].max() < 5e-4


def test_no_variation_gives_one_spectrum():
    X = simulate(["PVC"], 3, variation=0, **CLEAN).X
    np.testing.assert_allclose(X, X[:1].repeat(3, axis=0), atol=1e-12)


# --- invalid arguments

@pytest.mark.parametrize("options, text", [
    ({"polymers": ["PE", "Unobtainium"]}, "Unobtainium.*available: PE, PP"),
    ({"polymers": ["Oxidation"]}, "Oxidation.*available"),
    ({"polymers": []}, "at least one"),
    ({"n": 0}, "1 or more"),
    ({"n": 2.5}, "1 or more"),
    ({"mode": "reflection"}, "atr"),
    ({"weathering": 1.2}, "Weathering"),
    ({"biofilm": -.1}, "Biofilm"),
    ({"biofilm": float("nan")}, "Biofilm"),
    ({"noise": -1}, "noise"),
    ({"thickness": 0}, "thickness"),
    ({"resolution": 0}, "resolution"),
    ({"wavenumbers": [1000, 900]}, "ascending"),
    ({"wavenumbers": [1000]}, "two or more"),
])
def test_wrong_questions_are_explained(options, text):
    with pytest.raises(ValueError, match=text):
        simulate(**options)


# --- against real spectra

def derivative(X, axis, grid):
    return savgol_filter(X @ resampling_matrix(axis, grid), 9, 2, deriv=1)


@pytest.mark.skipif(not datasets.is_available("frond_2021"),
                    reason="FLOPP has not been fetched: choose it in Microplastic Spectra")
def test_simulated_means_resemble_real_medians():
    real = datasets.load("frond_2021", merge_pe=True)
    # FLOPP's second PMMA has the nitrile band of acrylic fibre at 2243 cm-1, which PMMA lacks.
    names = np.array([str(s) for s in real.get_column("sample")])
    real = real[names != "FLOPP-e_PMMA_2"]
    grid = uniform_grid(700, 3900, 4)
    axis = wavenumbers(real.domain)
    classes = [c for c in real.domain.class_var.values if len(spectra(real, c))]
    medians = np.array([derivative(np.median(spectra(real, c), axis=0), axis, grid)
                        for c in classes])
    # Cotton is cellulose, cellulose acetate its derivative.
    same = {"CE": {"CE", "CO", "CA"}}
    compared = [c for c in ALL_POLYMERS if c in classes]
    assert {*SEVEN, "PEVA", "PLA", "CA", "R", "AC"} <= set(compared)

    data = simulate(ALL_POLYMERS, 100)
    for code in compared:
        mean = derivative(spectra(data, code).mean(axis=0), wavenumbers(data.domain), grid)
        r = dict(zip(classes, np.corrcoef(mean, medians)[0, 1:], strict=True))
        others = [r[c] for c in classes if c not in same.get(code, {code})]
        assert r[code] > .8, (code, r)
        assert r[code] > max(others), (code, r)


@pytest.mark.skipif(not datasets.is_available("kedzierski_2019"),
                    reason="Kedzierski's set has not been fetched: choose it in Microplastic "
                           "Spectra")
@pytest.mark.parametrize("code, name, least", [
    ("PEVA", "PEVA", .9), ("CA", "CA", .85),
    # Kedzierski's M1 is polyethylene with much calcium stearate, M2 a wax.
    ("Carboxylate", "M1", .9), ("Ester", "M2", .75)])
def test_simulated_means_resemble_medians_of_another_study(code, name, least):
    real = datasets.load("kedzierski_2019", doubtful="drop", merge_pe=True)
    grid = uniform_grid(700, 3900, 4)
    axis = wavenumbers(real.domain)
    median = np.median(fill_missing(spectra(real, name), axis), axis=0)
    data = simulate((*ALL_POLYMERS, *NATURAL), 50)
    codes = data.domain.class_var.values
    means = np.array([spectra(data, c).mean(axis=0) for c in codes])
    r = dict(zip(codes, np.corrcoef(derivative(median, axis, grid),
                                    derivative(means, wavenumbers(data.domain), grid))[0, 1:],
                 strict=True))
    assert r[code] == max(r.values()), r
    assert r[code] > least


@pytest.mark.skipif(not datasets.is_available("jung_2018"),
                    reason="the published sets have not been fetched: choose them in "
                           "Microplastic Spectra")
@pytest.mark.parametrize("name", ["jung_2018", "kedzierski_2019"])
def test_real_spectra_are_nearest_to_their_own_simulated_mean(name):
    """With sets that were not used to make the tables of bands."""
    real = datasets.load(name, merge_pe=True)
    values = real.domain.class_var.values
    labels = np.array([values[int(y)] for y in real.Y])
    known = np.isin(labels, SEVEN)
    grid = uniform_grid(700, 3900, 4)
    axis = wavenumbers(real.domain)
    X = derivative(fill_missing(real.X[known], axis), axis, grid)
    data = simulate()
    means = np.array([derivative(spectra(data, code).mean(axis=0), wavenumbers(data.domain), grid)
                      for code in SEVEN])
    r = np.corrcoef(X, means)[:len(X), len(X):]
    assert len(X) > 480
    assert np.mean(np.array(SEVEN)[r.argmax(axis=1)] == labels[known]) > .98
