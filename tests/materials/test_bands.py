import pytest

from orangecontrib.microplastics.materials.atmosphere import is_atmosphere
from orangecontrib.microplastics.materials.band_tables import TABLES
from orangecontrib.microplastics.materials.bands import BANDS, SOURCES, assignments
from orangecontrib.microplastics.materials.names import NAMES, material_code


def test_every_band_can_be_traced_to_a_reference():
    for material, bands in BANDS.items():
        assert len({band.wavenumber for band in bands}) == len(bands), material
        for band in bands:
            assert band.material == material
            assert band.source in SOURCES
            assert 400 < band.wavenumber < 4000
            assert band.height is None or 0 < band.height <= 3
            assert band.assignment
    assert set(SOURCES) == {band.source for bands in BANDS.values() for band in bands}


def test_tables_are_written_as_spectra_are_drawn():
    for material, (_, rows) in TABLES.items():
        places = [wavenumber for wavenumber, *_ in rows]
        assert places == sorted(places, reverse=True), material


def test_polymers_have_bands_and_a_name():
    assert set(NAMES) >= {"PE", "PP", "PS", "PET", "PVC", "PA", "PMMA", "PU", "ABS", "PC", "CE",
                          "Protein", "PEVA", "PLA", "CA", "R", "AC"}
    for code in NAMES:
        assert len(BANDS[code]) >= 8


def test_heights_are_relative_to_a_band_of_height_1():
    for material, bands in BANDS.items():
        if material != "Oxidation":
            assert 1 in [band.height for band in bands], material


def test_natural_materials_have_bands_but_are_no_polymers():
    for code in ("Ester", "Carboxylate", "Carbonate", "Quartz", "Clay", "Chitin", "Humic"):
        assert BANDS[code]
        assert code not in NAMES


@pytest.mark.parametrize("wavenumber, code, assignment", [
    (1738, "PEVA", "C=O stretch (acetate)"), (1239, "PEVA", "C-O stretch (acetate)"),
    (1752, "PLA", "C=O stretch (ester)"), (1232, "CA", "C-O stretch (acetate)"),
    (698, "R", "aromatic C-H out-of-plane bend (styrene)"),
    (2243, "AC", "C#N stretch (nitrile)"), (1745, "Ester", "C=O stretch (ester of glycerol)"),
    (1576, "Carboxylate", "COO- asymmetric stretch (calcium)"),
    (779, "Quartz", "Si-O-Si symmetric stretch (quartz doublet)"),
    (3620, "Clay", "O-H stretch of inner groups (clay)"),
    (1620, "Chitin", "amide I (C=O stretch, hydrogen bonded to NH and CH2OH)"),
    (1710, "Humic", "C=O stretch (acid, ketone)")])
def test_bands_that_chemists_look_for(wavenumber, code, assignment):
    assert assignments(wavenumber, 8, [code])[0].assignment == assignment


def test_the_nearest_band_comes_first():
    found = assignments(1716, tolerance=10)
    assert (found[0].material, found[0].assignment) == ("PET", "C=O stretch (ester)")
    distances = [abs(band.wavenumber - 1716) for band in found]
    assert distances == sorted(distances)
    assert max(distances) <= 10
    assert {"PMMA", "Oxidation"} <= {band.material for band in found}


def test_tolerance_is_included():
    assert [band.wavenumber for band in assignments(2237 + 12, 12, ["ABS"])] == [2237]
    assert assignments(2237 + 12.1, 12, ["ABS"]) == []


def test_materials_by_any_of_their_names():
    polyethylene = assignments(2916, 5, ["PE"])
    assert polyethylene
    assert {band.material for band in polyethylene} == {"PE"}
    for name in ("HDPE", "ldpe", "Polyethylene", " pe "):
        assert assignments(2916, 5, [name]) == polyethylene
    assert assignments(2916, 5, "PE") == polyethylene
    assert material_code("cotton") == "CE"
    assert material_code("oxidation") == "Oxidation"
    assert material_code("kryptonite") is None


def test_bad_questions_are_explained():
    with pytest.raises(ValueError, match="kryptonite.*PE, PP"):
        assignments(1716, materials=["kryptonite"])
    with pytest.raises(ValueError, match="tolerance"):
        assignments(1716, tolerance=-1)
    for wavenumber in (-5, 0, float("nan")):
        with pytest.raises(ValueError, match="positive"):
            assignments(wavenumber)


def test_atmosphere():
    assert all(map(is_atmosphere, (2349, 667, 1558, 3735)))
    # The atmosphere does not absorb in the C-H stretches and most of the fingerprint.
    assert not any(map(is_atmosphere, (2916, 1100, 720, 3300, 2200)))
