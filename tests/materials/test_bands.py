import pytest

from orangecontrib.microplastics.materials.atmosphere import is_atmosphere
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


def test_twelve_polymers_have_bands_and_a_name():
    assert len(NAMES) == 12
    for code in NAMES:
        assert len(BANDS[code]) >= 8
        # One band has height 1: the others are relative to it.
        assert 1 in [band.height for band in BANDS[code]]


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
