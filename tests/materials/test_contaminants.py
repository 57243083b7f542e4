"""Contaminants that are a class themselves, and additives, by the names that labels have."""
import numpy as np
import pytest

from orangecontrib.microplastics.materials.contaminants import (
    ADDITIVES,
    CONTAMINANT_MATERIALS,
    CONTAMINANTS,
    additive_bands,
    additives_of,
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


def test_the_additives_of_a_label():
    for name in ("PVC film", "PVC (aged)", "polyvinylchloride"):
        assert additives_of(name) == tuple(a for a in ADDITIVES if a.polymer == "PVC"), name
    for name in ("rigid PVC", "PVC/PE", "non-PVC", "polyvinyl chloride acetate"):
        assert additives_of(name) == (), name


#: Bands (cm-1) by which a chemist distinguishes the families of plasticisers.
TELLING = {"phthalate": (743, 1039, 1122, 1273, 1580), "adipate": (1172,),
           "citrate": (1062, 1185, 1370), "trimellitate": (752, 1068, 1114, 1284),
           "cyclohexanoate": (1037, 1180), "epoxidised oil": (823, 845, 1160)}


def test_families_of_plasticisers():
    assert {a.name for a in ADDITIVES} == {f"plasticiser ({family})" for family in TELLING}
    for additive in ADDITIVES:
        centres = [centre for centre, _, _ in additive.bands]
        assert len(centres) == len(set(centres))
        carbonyl = [c for c in centres if 1700 < c < 1760]
        assert len(carbonyl) == 1, additive.name
        # Aromatic esters absorb lower than aliphatic ones.
        aromatic = "phthalate" in additive.name or "trimellitate" in additive.name
        assert (carbonyl[0] < 1730) == aromatic, additive.name
        family = additive.name.removeprefix("plasticiser (").removesuffix(")")
        assert set(TELLING[family]) <= set(centres)
        assert all(2 <= width <= 20 and 0 < weight <= 1 for _, width, weight in additive.bands)


def test_aliphatic_plasticisers_have_no_aromatic_ring():
    """Neither the doublet 1600 and 1580 nor the out-of-plane bend of ortho-substituted rings."""
    axis = np.arange(700, 3901, 4.)
    spectra = dict(zip((a.name for a in ADDITIVES), additive_bands(axis, ADDITIVES), strict=True))
    for family in ("adipate", "citrate", "cyclohexanoate"):
        spectrum = spectra[f"plasticiser ({family})"]
        for place in (743, 1590):
            assert spectrum[np.abs(axis - place) <= 12].max() < .01 * spectrum.max(), family
    assert spectra["plasticiser (phthalate)"][np.abs(axis - 743) < 4].max() > 1


def test_a_polymers_shares_leave_room_for_none():
    shares = [a.share for a in additives_of("PVC")]
    assert sum(shares) == pytest.approx(.5)
    # Phthalates are the most frequent family, over half of all.
    assert shares[0] == max(shares) > sum(shares) / 2
    assert additives_of("PVC")[0].name == "plasticiser (phthalate)"


def test_bands_of_additives_have_rms_1():
    axis = np.arange(600, 4001, 4.)
    inside = (axis >= 700) & (axis <= 3900)
    spectra = additive_bands(axis, ADDITIVES)
    assert spectra.dtype == np.float32 and spectra.shape == (len(ADDITIVES), len(axis))
    np.testing.assert_allclose(np.sqrt((spectra[:, inside] ** 2).mean(axis=1)), 1, rtol=1e-3)
    # Whatever the range of the axis.
    np.testing.assert_allclose(additive_bands(axis[axis > 1500], ADDITIVES),
                               spectra[:, axis > 1500])
    assert additive_bands(axis, ()).shape == (0, len(axis))
