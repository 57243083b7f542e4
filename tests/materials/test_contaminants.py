"""Contaminants that are a class themselves, and additives, by the names that labels have."""
import pytest

from orangecontrib.microplastics.materials.contaminants import (
    ADDITIVES,
    CONTAMINANT_MATERIALS,
    CONTAMINANTS,
    additive_of,
    contaminants_beside,
)
from orangecontrib.microplastics.materials.names import SYNONYMS, TABLES


def left_out(*classes):
    return set(CONTAMINANTS) - set(contaminants_beside(tuple(CONTAMINANTS), classes))


def test_contaminants_and_additives_refer_to_known_materials():
    assert CONTAMINANT_MATERIALS.keys() == CONTAMINANTS.keys()
    known = {*TABLES, *SYNONYMS}
    assert known.issuperset(code for codes in CONTAMINANT_MATERIALS.values() for code in codes)
    assert known.issuperset(additive.polymer for additive in ADDITIVES)


@pytest.mark.parametrize("name, contaminant", [
    ("AFL", "amide"), ("wool fibre", "amide"), ("Biofilm", "amide"), ("chitin", "amide"),
    ("collagen", "amide"), ("CE (aged)", "cellulose"), ("Cellulose (cotton)", "cellulose"),
    ("regenerated cellulose", "cellulose"), ("cotton fibres", "cellulose"),
    ("PET with cotton", "cellulose"), ("PP + (CE + wax) + rayon", "cellulose"),
    ("sand", "silicate"), ("glass fibre reinforced PA", "silicate"), ("talc filled PP", "silicate"),
    ("calcium carbonate", "carbonate"), ("CaCO3", "carbonate"), ("wax", "ester"),
    ("lipids", "ester"), ("DEHP", "phthalate"), ("zinc stearate", "carboxylate")])
def test_a_contaminant_that_is_a_class(name, contaminant):
    assert left_out("PE", name) == {contaminant}


def test_other_classes_take_all_contaminants():
    assert left_out("PE", "polyester", "PA", "polycarbonate", "CA", "cellulose acetate", "PVC film",
                    "Mixture", "", "PE + PP", "plastic") == set()


def test_the_additive_of_a_label():
    for name in ("PVC film", "PVC (aged)", "polyvinylchloride"):
        assert additive_of(name).name == "plasticiser"
    for name in ("rigid PVC", "PVC/PE", "non-PVC", "polyvinyl chloride acetate"):
        assert additive_of(name) is None, name
