"""Companions are told by bands that the other tables have, and never by a class's own."""
import pytest

from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.companions import (
    COMPANION_MATERIALS,
    COMPANIONS,
    NEAR,
    SINGLE,
    TITANIUM_DIOXIDE,
    companion_band,
)
from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS
from orangecontrib.microplastics.materials.names import SYNONYMS, TABLES

ALL = {companion.name: companion for companion in (*COMPANIONS, *SINGLE)}


@pytest.mark.parametrize("companion", ALL.values(), ids=list(ALL))
def test_what_is_needed_is_among_the_bands(companion):
    centres = [centre for centre, _ in companion.bands]
    assert {*sum(companion.needed, ()), *companion.unless_own} <= set(centres)
    assert companion.telling in companion.needed
    for group in companion.needed:
        assert all(companion.reach(position) >= NEAR for position in group)


@pytest.mark.parametrize("companion", COMPANIONS, ids=[one.name for one in COMPANIONS])
def test_one_band_does_not_prove_two(companion):
    """No wavenumber is within reach of two bands that are both needed."""
    assert len(companion.needed) > 1
    spans = [[(p - companion.reach(p), p + companion.reach(p)) for p in group]
             for group in companion.needed]
    for i, group in enumerate(spans):
        for other in spans[i + 1:]:
            assert not any(low <= high2 and low2 <= high
                           for low, high in group for low2, high2 in other)


def test_usual_companions_and_their_bands():
    needed = {name: one.needed for name, one in ALL.items()}
    assert needed["carbonate"] == ((874,), (1420,))
    assert {"phthalate", "silicate", "water", "stearate"} <= set(needed)
    assert len(needed["phthalate"]) >= 3


def test_positions_are_those_of_the_contaminants():
    """Not a second copy: a contaminant that moves takes its companion along."""
    for key, name in (("carbonate", "carbonate"), ("phthalate", "phthalate"),
                      ("silicate", "silicate"), ("amide", "protein or biofilm"),
                      ("carboxylate", "stearate"), ("ester", "ester, as of wax"),
                      ("cellulose", "cellulose")):
        assert {band[:2] for band in CONTAMINANTS[key]} <= set(ALL[name].bands)
        first = {centre for centre, _, _ in CONTAMINANTS[key]}
        assert all(first.intersection(group) for group in ALL[name].needed)


def test_broad_bands_are_found_farther_from_their_position():
    carbonate = ALL["carbonate"]
    assert carbonate.reach(874) == NEAR
    # Calcite absorbs from about 1400, aragonite up to 1450.
    assert 25 <= carbonate.reach(1420) <= 40


def test_codes_are_known():
    known = {*TABLES, *SYNONYMS, "SR"}
    for companion in ALL.values():
        assert known.issuperset(companion.never_in + companion.only_in)
    assert known >= COMPANION_MATERIALS
    # They are named by companions, not as foreign polymers.
    assert {"Protein", "CE", "Carbonate", "Phthalate"} <= COMPANION_MATERIALS


@pytest.mark.parametrize("material", ["PA", "Protein", "CE"])
def test_water_is_not_a_companion_of_what_absorbs_at_its_place(material):
    """Nylon's amide I at 1635 was called water."""
    assert any(abs(band.wavenumber - 1640) <= NEAR for band in BANDS[material])
    assert material in ALL["water"].never_in


@pytest.mark.parametrize("name, at, assignment", [
    ("carbonate", 872, "CO3 out-of-plane bend"), ("phthalate", 1121, "C-O stretch"),
    ("silicate", 1040, "Si-O-Si stretch"), ("silicone", 1262, "Si-CH3 bend"),
    ("water", 1641, "H-O-H bend"), ("protein or biofilm", 1545, "amide II"),
    ("stearate", 1575, "COO- asymmetric stretch"), ("diamond of the ATR", 2160, "")])
def test_bands_of_companions_have_the_vibration_of_the_tables(name, at, assignment):
    band = companion_band(ALL[name], at)
    assert (band.material, band.height) == (name, None)
    assert band.assignment.startswith(assignment) and bool(band.assignment) == bool(assignment)
    assert abs(band.wavenumber - at) <= 2 * NEAR


def test_white_pigment_is_no_companion_with_maxima():
    """It has none above 600 cm-1, so residual bands cannot tell it."""
    assert TITANIUM_DIOXIDE.wavenumber <= 600 and "titanium dioxide" not in ALL
