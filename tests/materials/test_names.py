"""How combinations are named and read again."""
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orangecontrib.microplastics.materials.names import (
    POLYMERS,
    SAME,
    SYNONYMS,
    combination_name,
    components_of,
    is_combination,
    material_code,
    materials_of,
    names_in,
    substances_in,
)


def _closed(name):
    depth = 0
    for letter in name:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


NAMES = st.lists(st.sampled_from(["PE", "b", "(", ")", " + ", "+", " "]), min_size=1,
                 max_size=7).map("".join).filter(_closed)


# No time limits: the machine that runs the tests may be busy.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NAMES, min_size=1, max_size=4))
def test_what_is_written_is_read(names):
    assert components_of(combination_name(names)) == sorted(names)


def test_names_that_hold_a_plus_are_one_component():
    assert combination_name(["PP", "PE + wax"]) == "(PE + wax) + PP"
    assert components_of("(PE + wax) + PP") == ["PE + wax", "PP"]
    assert not is_combination(combination_name(["PE + wax"]))
    assert is_combination("PE + PP")


def test_a_plus_in_brackets_does_not_divide():
    assert components_of("PE (HDPE + LDPE)") == ["PE (HDPE + LDPE)"]
    assert components_of("PE (HDPE + LDPE) + PP") == ["PE (HDPE + LDPE)", "PP"]
    assert not is_combination("PE (HDPE + LDPE)")


def test_single_materials_are_called_as_in_the_data():
    classes = ["(PE + wax)", "PP", "(PE + wax) + PP"]
    assert names_in(["PE + wax", "PP"], classes) == ["PE + wax", "PP", "(PE + wax) + PP"]
    assert names_in(classes, classes) == classes
    # Here it is the combination that is called so.
    assert names_in(["PE + wax"], ["(PE + wax)", "PE + wax"]) == ["(PE + wax)", "PE + wax"]


def test_brackets_of_a_name_stay():
    assert components_of("PE (aged) + Nylon (6)") == ["PE (aged)", "Nylon (6)"]
    assert components_of("(unknown)") == ["(unknown)"]


def test_materials_of_a_combination():
    assert materials_of("HDPE + PP") == ["PE", "PP"]
    assert materials_of("(LDPE + wax) + PS") == ["PS"]


@pytest.mark.parametrize("name, code", [
    ("rayon", "CE"), ("viscose", "CE"), ("CE (aged)", "CE"), ("Cellulose (cotton)", "CE"),
    ("cotton fibres", "CE"), ("regenerated cellulose", "CE"), ("collagen", "Protein"),
    ("Wool fibre", "Protein"), ("AFL", "Protein"), ("AFL, like wool", "Protein"),
    ("PVC film", "PVC"), ("poly(vinyl chloride)", "PVC"), ("Poly(methyl methacrylate) sheet", None),
    ("Poly(methyl methacrylate) foil", "PMMA"), ("Nylon (6)", "PA"), ("PA 66", "PA"),
    ("nylon-6", "PA"), ("high-density polyethylene", "PE"), ("PE (HDPE + LDPE)", "PE"),
    ("glass fibre reinforced PA", "PA"), ("PP with talc", "PP"), ("biofilm", "Biofilm"),
    ("PEVA", "PEVA"), ("EVA foam", "PEVA"), ("poly(ethylene-co-vinyl acetate)", "PEVA"),
    ("ethylene co vinyl acetate", "PEVA"), ("PLA", "PLA"), ("poly(lactic acid)", "PLA"),
    ("cellulose acetate", "CA"), ("acrylic fibres", "AC"), ("polyacrylonitrile", "AC"),
    ("acrylic glass", "PMMA"), ("rubber", "R"), ("tyre wear particles", "R"),
    ("beeswax", None), ("wax", "Ester"), ("zinc stearate", "Carboxylate"), ("kaolin", "Clay"),
    ("clay", "Clay"), ("quartz", "Quartz"), ("chitin", "Chitin"), ("humic acid", "Humic")])
def test_the_material_in_a_label(name, code):
    assert material_code(name) == code


@pytest.mark.parametrize("name", [
    "", " ", "()", "fibre", "6", "cellulose nitrate", "polyethylene glycol",
    "polyethylene furanoate", "polyethylene-co-acrylic acid", "polyvinyl acetate",
    "polyamide-imide", "non-PVC", "PVC-free", "PE without wax", "PEL", "PE + wax",
    "PE/PP", "PE with wax", "glass", "sand", "SR", "silicone rubber", "nitrile rubber",
    "R Kedzierski", "acrylic paint"])
def test_other_materials_and_blends_have_no_code(name):
    assert material_code(name) is None


def test_a_word_in_another_word_is_no_material():
    assert substances_in("polyester") == ["PET"]
    assert substances_in("polycarbonate") == ["PC"]


def test_a_label_may_name_several_materials():
    assert substances_in("glass fibre reinforced PA") == ["Silicate", "PA"]
    assert substances_in("cotton/polyester") == ["CE", "PET"]
    assert materials_of("cotton/polyester + PE") == ["CE", "PET", "PE"]


def test_every_name_means_one_material():
    names = [name for names in SYNONYMS.values() for name in names]
    assert len(set(names)) == len(names)
    for code, names in SYNONYMS.items():
        for name in (code, *names):
            assert substances_in(name) == [code], name
    for name, code in SAME.items():
        assert material_code(name) == material_code(POLYMERS.get(name, name)) == code
