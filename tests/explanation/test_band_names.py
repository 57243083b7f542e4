"""Important bands are named as chemists do: own bands, companions in company, doubtful polymers."""
import numpy as np
import pytest
from scipy.signal import argrelmax

from orangecontrib.microplastics.explanation.important_bands import (
    LIKELY_AIR,
    NO_AIR,
    important_bands,
)
from orangecontrib.microplastics.materials.atmosphere import WATER_VAPOUR, vapour_lines
from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.contaminants import (
    ADDITIVES,
    CONTAMINANTS,
    gaussians,
)
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import spectral_columns

AXIS = np.arange(600, 3902, 2.)
CLASSES = ("PE", "PET", "PP", "PS", "PVC", "PA", "PMMA", "PU", "ABS", "CE", "PEVA", "R", "AC")

#: Width (standard deviation) and resolution of the maps, cm-1.
MAPS = {"fine": (8., 16.), "hirescam": (28., 64.)}
PHTHALATE = next(one.bands for one in ADDITIVES if "phthalate" in one.name)


def spectrum_of(code, *more, axis=AXIS, width=6.):
    """Spectrum of a material's table, with more Gaussians."""
    own = [(band.wavenumber, width, band.height) for band in BANDS[code] if band.height
           and "plasticiser" not in band.assignment]
    return gaussians(axis, [*own, *more])


def times(factor, bands):
    return [(centre, width, factor * height) for centre, width, height in bands]


def bands_at(places, spectrum, own, method, axis=AXIS, others=CLASSES, seen=None, **settings):
    """Important bands of a map that is highest at some places, (height or 1) each."""
    width, resolution = MAPS[method]
    importance = gaussians(axis, [(at, width, 1 - .1 * i) for i, at in enumerate(places)])
    if seen is not None:
        importance = np.where((axis >= seen[0]) & (axis <= seen[1]), importance, np.nan)
    return important_bands(importance, axis, spectrum=spectrum, materials=[own], others=others,
                           resolution=resolution, **settings)


def name_at(at, spectrum, own, method, **settings):
    """Label of the band on which the map is highest."""
    return bands_at([at], spectrum, own, method, **settings)[0].label()


both = pytest.mark.parametrize("method", MAPS)


@both
def test_chalk_in_pvc_is_carbonate(method):
    chalk = times(.8, CONTAMINANTS["carbonate"])
    label = name_at(874, spectrum_of("PVC", *chalk), "PVC", method)
    assert label.endswith("(carbonate)") and "PET" not in label
    # Not without its second band, in a material that does not have one there.
    alone = name_at(874, spectrum_of("PS", (874, 6, .4)), "PS", method)
    assert alone == "874 not known"


@both
@pytest.mark.parametrize("at", [1726, 1280, 1122, 743])
def test_plasticiser_in_soft_pvc(at, method):
    soft = [(1280 if centre == 1273 else centre, *rest) for centre, *rest in PHTHALATE]
    label = name_at(at, spectrum_of("PVC", *soft), "PVC", method)
    assert "phthalate" in label or "(PVC)" in label
    if at == 1122 and method == "fine":
        assert label == "1122 C-O stretch (phthalate)"
    assert "?" not in label


def test_soft_pvc_by_its_own_table():
    """C=O of plasticiser is in the table of PVC; C-O of phthalate is not."""
    spectrum = spectrum_of("PVC", *PHTHALATE)
    assert name_at(1726, spectrum, "PVC", "fine") == "1726 C=O stretch (PVC)"
    shifted = spectrum_of("PVC", *[(c + 8 * (c == 1273), w, h) for c, w, h in PHTHALATE])
    assert name_at(1282, shifted, "PVC", "fine").endswith("C-O stretch (phthalate)")


@both
@pytest.mark.parametrize("matter, word", [
    ([(1040, 35, .4), (798, 12, .15)], "silicate"),
    ([(1040, 25, .4), (1110, 12, .15), (1160, 9, .15)], "cellulose"),
    ([(1040, 20, .3), (1650, 22, .4), (1545, 20, .25)], "protein or biofilm"),
    ([(1044, 12, .1)], "not known")])
def test_bands_near_1040_in_environmental_polyethylene(matter, word, method):
    label = name_at(1042, spectrum_of("PE", *matter), "PE", method)
    assert word in label and "?" not in label


@both
def test_own_bands_that_are_shifted_are_no_foreign_polymer(method):
    """Uncorrected ATR moves strong bands: C=O of cellulose acetate from 1738 to 1728."""
    spectrum = gaussians(AXIS, [(1728, 10, .6), (1221, 15, .8), (1030, 20, 1), (1367, 8, .3)])
    assert name_at(1728, spectrum, "CA", method) == "1728 C=O stretch (CA)"
    wool = gaussians(AXIS, [(1644, 20, 1), (1540, 18, .6), (3280, 60, .3), (2920, 15, .2)])
    assert name_at(1644, wool, "Protein", method) == "1644 amide I (Protein)"
    assert name_at(1540, wool, "Protein", method) == "1540 amide II (Protein)"


@both
def test_a_foreign_polymer_needs_a_second_band(method):
    polyester = spectrum_of("PE") + .5 * spectrum_of("PET")
    assert name_at(1716, polyester, "PE", method) == "1716 C=O stretch (PET?)"
    assert "PET" not in name_at(1246, spectrum_of("PE", (1246, 12, .5)), "PE", method)
    # One that the material itself has is none.
    assert "PET" not in name_at(1408, spectrum_of("PVC", (1408, 4, .6)), "PVC", method,
                                others=("PET", "PVC"))


@both
def test_a_vibration_of_unknown_origin(method):
    label = name_at(1722, spectrum_of("PA", (1722, 9, .6)), "PA", method)
    assert label == "1722 C=O stretch (not known)"


@both
def test_carbon_dioxide(method):
    for centre, width in ((668, 3), (2348, 15)):
        band = bands_at([centre], spectrum_of("PE", (centre, width, .2)), "PE", method)[0]
        assert band.label() == f"{centre} carbon dioxide?"
        assert band.atmosphere == LIKELY_AIR
    # Overcorrected: a band that points down.
    assert name_at(2349, spectrum_of("PE", (2349, 15, -.2)), "PE", method).endswith(
        "carbon dioxide?")


def test_water_vapour_is_narrow_and_on_a_line():
    for width, label in ((4, "1844 water vapour?"), (20, "1844 not known")):
        band = bands_at([1844], spectrum_of("PE", (1844, width, .1)), "PE", "fine")[0]
        assert band.label() == label
    # Not where the material has a band.
    assert bands_at([1716], spectrum_of("PET"), "PET", "fine")[0].atmosphere == "possible"


@pytest.mark.parametrize("sign", (1, -1))
def test_fine_structure_of_water_vapour(sign):
    """Lines that are there together are vapour; alone, the same maxima are what they look like."""
    lines = [(centre, 3., sign * .1 * weight) for centre, weight in WATER_VAPOUR]
    vapour = spectrum_of("PP", *lines)
    assert .03 < vapour_lines(AXIS, vapour) < .1
    assert vapour_lines(AXIS, spectrum_of("PP")) == 0
    # Protein's amides, as high as those lines, are no vapour.
    amides = spectrum_of("PP", (1645, 50., .1), (1543, 45., .08), (1240, 40., .03))
    assert vapour_lines(AXIS, amides) == 0
    tops = AXIS[argrelmax(vapour)[0]]
    tops = tops[(tops > 1500) & (tops < 1700)]
    assert len(tops) > 5
    for at in tops:
        band = bands_at([at], vapour, "PP", "fine")[0]
        assert "water vapour" in band.label() and band.atmosphere == LIKELY_AIR
    # What is much higher than the lines has its own name.
    wax = spectrum_of("PP", *lines, (1736, 20., .9))
    assert "water" not in bands_at([1736], wax, "PP", "fine")[0].label()


@both
def test_no_gap_beside_a_band_that_the_end_cuts(method):
    axis = AXIS[AXIS >= 700]
    for own, band in (("PS", "arom. C-H o.o.p. bend (PS)"), ("PVC", "C-Cl stretch (PVC)")):
        label = name_at(712, spectrum_of(own, axis=axis, width=9.), own, method, axis=axis)
        # A coarse map has the next band in the same region.
        assert label == f"700 {band}" or method == "hirescam" and label == f"754 {band}"
    # The spectra go on, but the network does not look.
    label = name_at(712, spectrum_of("PS", width=9.), "PS", method, seen=(700, 3100))
    assert label[:3] in ("696", "698", "754") and label[3:] == " arom. C-H o.o.p. bend (PS)"


@both
def test_a_broad_rise_to_the_end_is_white_pigment(method):
    axis = AXIS[AXIS >= 650]
    rise = (550, 110, 1.5)
    label = name_at(670, spectrum_of("PP", rise, axis=axis), "PP", method, axis=axis)
    assert label == "650 Ti-O stretch (titanium dioxide?)"
    # Cellulose and nylon rise there themselves.
    assert "titanium" not in name_at(670, spectrum_of("CE", rise, axis=axis), "CE", method,
                                     axis=axis)


@both
def test_the_foot_of_a_band_is_the_band(method):
    """1304 was called "no absorption, air?" at the foot of the ester band of PET."""
    spectrum = gaussians(AXIS, [(1246, 22, 1), (1265, 18, .6), (1716, 10, .9), (1340, 5, .2)])
    band = bands_at([1302], spectrum, "PET", method)[0]
    assert band.absorptions and band.names[0].material == "PET"
    assert "no absorption" not in band.label()


def test_a_shoulder_is_a_band():
    spectrum = gaussians(AXIS, [(1030, 50, 1), (896, 8, .015)])
    assert not ((spectrum[1:-1] > spectrum[:-2]) & (spectrum[1:-1] > spectrum[2:]))[
        np.abs(AXIS[1:-1] - 896) < 20].any()
    assert name_at(896, spectrum, "CE", "fine").endswith("beta-glycosidic link (CE)")


@both
def test_a_missing_band_says_whose(method):
    band = bands_at([1730], spectrum_of("PE"), "PE", method, others=("PEVA", "PMMA", "PE", "PS"))[0]
    assert band.absorptions == () and band.atmosphere != LIKELY_AIR
    assert band.label() == "1730 no C=O stretch (PMMA, PEVA)"
    assert "a missing band can be important" in band.describe()
    silent = bands_at([2150], spectrum_of("PE"), "PE", method)[0]
    assert (silent.label(), silent.atmosphere) == ("2150 no absorption", NO_AIR)


def test_the_darkest_place_is_always_among_the_first():
    """A narrow, dark band has less importance in all than broad ones."""
    importance = gaussians(AXIS, [(1716, 4, 1), (1100, 40, .9), (1450, 40, .8), (800, 40, .7)])
    for n in (1, 2, 3):
        kept = important_bands(importance, AXIS, n=n)
        assert len(kept) == n and kept[0].height == 1
        assert kept == important_bands(importance, AXIS)[:n]
    rest = [band.share for band in kept[1:]]
    assert rest == sorted(rest, reverse=True)


@pytest.mark.parametrize("own", ["PE", "PP", "PS", "PET", "PVC", "PA", "PMMA", "PU"])
def test_simulated_spectra_are_explained_by_the_material(own):
    """The strong bands of twenty varied spectra; chalk and plasticiser are in PVC."""
    data = simulate([own], 20, seed=3)
    axis = spectral_columns(data.domain)[1]
    strong = [band.wavenumber for band in BANDS[own]
              if (band.height or 0) >= .3 and 750 < band.wavenumber < 3000
              and "plasticiser" not in band.assignment]
    for row in data.X:
        for method in MAPS:
            for band in bands_at(strong, row, own, method, axis=axis):
                assert not band.foreign(), band.label()
                assert "no " not in band.label()
