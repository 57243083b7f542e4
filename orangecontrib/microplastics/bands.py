"""
Infrared band assignments of common polymers and of what is found with them.

The tables answer the question a chemist asks of a peak, or of a region that a network looked
at: which vibration of which material is known there (:func:`assignments`), and is it the
sample at all or the air in the instrument (:func:`is_atmosphere`).
The simulator builds its spectra from the same tables.

Positions are in cm-1. Heights are those of ATR spectra on a diamond, relative to a strong band
of the same material: measured on the medians of the pristine spectra of FLOPP [De Frond 2021]
where given, ``None`` where the band is known but its height was not measured. The heights of
a transmission spectrum differ, because the depth that ATR looks into grows with 1/wavenumber.
"""
from collections.abc import Iterable
from typing import NamedTuple


class Band(NamedTuple):
    """One infrared band: ``wavenumber`` in cm-1, ``height`` relative to the material's own."""

    material: str
    wavenumber: float
    assignment: str
    height: float | None
    source: str


class Region(NamedTuple):
    """A range of wavenumbers, ``low`` to ``high`` in cm-1, ends included."""

    low: float
    high: float
    name: str


#: Full names of the materials with bands, by the codes that published sets use for classes.
NAMES = {
    "PE": "polyethylene",
    "PP": "polypropylene",
    "PS": "polystyrene",
    "PET": "polyethylene terephthalate",
    "PVC": "polyvinyl chloride",
    "PA": "polyamide",
    "PMMA": "polymethyl methacrylate",
    "PU": "polyurethane",
    "ABS": "acrylonitrile butadiene styrene",
    "PC": "polycarbonate",
    "CE": "cellulose",
    "Protein": "protein",
}

#: Other names under which class labels mean one of these materials (lower case).
ALIASES = {
    "hdpe": "PE", "ldpe": "PE", "lldpe": "PE", "pef": "PE", "pel": "PE", "ppl": "PP",
    "polyethylene terephtalate": "PET", "polyester": "PET", "nylon": "PA", "pa6": "PA",
    "pa66": "PA", "acrylic glass": "PMMA", "pur": "PU", "co": "CE", "cotton": "CE",
    "wool": "Protein", "silk": "Protein",
}

#: The references that the ``source`` of a band names.
SOURCES = {
    "Jung 2018": "Jung et al., Marine Pollution Bulletin 2018, 127, 704",
    "De Frond 2021": "De Frond et al., Applied Spectroscopy 2021, 75, 1319 (FLOPP, FLOPP-e); "
                     "read from the median of its spectra",
    "PMC3772790": "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC3772790/",
    "PMC6432084": "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC6432084/",
    "Geminiani 2022": "Geminiani et al., Heritage 2022, 5, 4114",
    "Peets 2019": "Peets et al., Heritage Science 2019, 7, 93",
    "Gulmine 2002": "Gulmine et al., Polymer Testing 2002, 21, 557",
    "Gulmine 2003": "Gulmine et al., Polymer Degradation and Stability 2003, 79, 385",
    "Andreassen 1999": "Andreassen, in Karger-Kocsis (ed.), Polypropylene: An A-Z Reference, 1999",
    "Liang 1958": "Liang and Krimm, Journal of Polymer Science 1958, 27, 241",
    "Krimm 1956": "Krimm and Liang, Journal of Polymer Science 1956, 22, 95",
    "D'Esposito 1976": "D'Esposito and Koenig, Journal of Polymer Science: Polymer Physics 1976, "
                       "14, 1731",
    "Andersen 1991": "Andersen and Brecevic, Acta Chemica Scandinavica 1991, 45, 1018",
    "Almond 2020": "Almond et al., e-Polymers 2020, 10.1515/epoly-2020-0041",
}

# (wavenumber, height, assignment): a source of its own follows where it differs.
_TABLES = {
    "PE": ("Jung 2018", [
        (2916, 1, "CH2 asymmetric stretch"),
        (2893, .18, "CH2 stretch, Fermi resonance with the bend", "De Frond 2021"),
        (2848, .77, "CH2 symmetric stretch"),
        (1472, .24, "CH2 bend, crystal doublet", "Gulmine 2002"),
        (1468, .26, "CH2 bend (the doublet 1472/1462 unresolved)"),
        (1462, .25, "CH2 bend, crystal doublet", "Gulmine 2002"),
        (1440, .05, "CH2 bend of amorphous chains", "De Frond 2021"),
        (1377, .03, "CH3 umbrella (branches: low-density PE)"),
        (1368, .02, "CH2 wag of amorphous chains", "Gulmine 2002"),
        (1303, .01, "CH2 twist of amorphous chains", "Gulmine 2002"),
        (730, .16, "CH2 rock, crystal doublet", "Gulmine 2002"),
        (719, .23, "CH2 rock"),
    ]),
    "PP": ("Jung 2018", [
        (2960, .50, "CH3 asymmetric stretch", "Andreassen 1999"),
        (2951, .75, "CH3 asymmetric stretch"),
        (2918, 1, "CH2 asymmetric stretch"),
        (2884, .35, "CH stretch", "Andreassen 1999"),
        (2870, .45, "CH3 symmetric stretch"),
        (2839, .44, "CH2 symmetric stretch"),
        (1454, .50, "CH2 bend and CH3 asymmetric bend"),
        (1436, .18, "CH3 asymmetric bend", "Andreassen 1999"),
        (1375, .65, "CH3 umbrella"),
        (1358, .18, "C-H bend, CH2 wag", "Andreassen 1999"),
        (1329, .04, "C-H bend, CH2 twist", "Andreassen 1999"),
        (1304, .04, "CH2 wag and twist", "Andreassen 1999"),
        (1255, .05, "C-H bend, CH2 twist", "Andreassen 1999"),
        (1219, .03, "CH2 twist, C-H bend (helix)", "Andreassen 1999"),
        (1167, .11, "C-C stretch, CH3 rock, C-H wag"),
        (1103, .03, "C-C stretch, CH3 rock", "Andreassen 1999"),
        (1045, .02, "C-CH3 stretch, C-C stretch", "Andreassen 1999"),
        (997, .10, "CH3 rock, C-C stretch (helix)"),
        (974, .13, "CH3 rock, C-C stretch"),
        (941, .02, "CH3 rock, C-C stretch", "Andreassen 1999"),
        (899, .07, "CH3 rock, C-H bend (helix)", "Andreassen 1999"),
        (841, .10, "C-H rock (helix)"),
        (808, .07, "CH2 rock, C-C stretch"),
    ]),
    "PS": ("Jung 2018", [
        (3082, .08, "aromatic C-H stretch", "Liang 1958"),
        (3061, .14, "aromatic C-H stretch"),
        (3026, .27, "aromatic C-H stretch"),
        (3001, .03, "aromatic C-H stretch", "Liang 1958"),
        (2920, .44, "CH2 asymmetric stretch"),
        (2850, .20, "CH2 symmetric stretch"),
        (1942, .02, "overtones of aromatic C-H bends", "Liang 1958"),
        (1870, .02, "overtones of aromatic C-H bends", "Liang 1958"),
        (1803, .02, "overtones of aromatic C-H bends", "Liang 1958"),
        (1601, .26, "aromatic ring stretch"),
        (1583, .10, "aromatic ring stretch", "Liang 1958"),
        (1493, .61, "aromatic ring stretch"),
        (1450, .70, "CH2 bend, aromatic ring"),
        (1372, .09, "C-H bend", "Liang 1958"),
        (1181, .07, "aromatic C-H in-plane bend", "Liang 1958"),
        (1154, .06, "aromatic C-H in-plane bend", "Liang 1958"),
        (1069, .12, "aromatic C-H in-plane bend", "Liang 1958"),
        (1028, .32, "aromatic C-H in-plane bend"),
        (964, .05, "aromatic C-H out-of-plane bend", "Liang 1958"),
        (906, .19, "aromatic C-H out-of-plane bend"),
        (842, .08, "aromatic C-H out-of-plane bend", "Liang 1958"),
        (754, 1, "aromatic C-H out-of-plane bend"),
        (697, 2.6, "aromatic C-H out-of-plane bend"),
    ]),
    "PET": ("PMC3772790", [
        (2964, .03, "C-H stretch"),
        (2908, .02, "CH2 stretch", "De Frond 2021"),
        (1716, .96, "C=O stretch (ester)"),
        (1578, .03, "aromatic ring", "De Frond 2021"),
        (1504, .05, "aromatic ring"),
        (1456, .06, "CH2 bend, gauche", "D'Esposito 1976"),
        (1408, .19, "aromatic ring"),
        (1371, .05, "CH2 wag, gauche (amorphous)", "D'Esposito 1976"),
        (1340, .22, "CH2 wag, trans (crystalline)"),
        (1265, .80, "C-O stretch (ester), aromatic ring", "D'Esposito 1976"),
        (1246, 1, "C-O stretch (ester)"),
        (1174, .06, "aromatic C-H in-plane bend", "De Frond 2021"),
        (1120, .60, "C-O stretch (ester)", "D'Esposito 1976"),
        (1099, .80, "O-CH2 stretch"),
        (1043, .14, "C-O stretch, gauche (amorphous)", "D'Esposito 1976"),
        (1018, .39, "aromatic ring"),
        (972, .13, "C-O stretch, trans (crystalline)"),
        (898, .08, "CH2 rock, gauche (amorphous)", "D'Esposito 1976"),
        (874, .24, "aromatic C-H out-of-plane bend"),
        (846, .13, "CH2 rock, trans (crystalline)", "D'Esposito 1976"),
        (793, .10, "aromatic C-H out-of-plane bend", "De Frond 2021"),
        (725, .84, "COO bend, aromatic C-H out-of-plane bend"),
    ]),
    "PVC": ("Jung 2018", [
        (2970, .15, "C-H stretch of CH-Cl", "Krimm 1956"),
        (2914, .38, "CH2 asymmetric stretch"),
        (2850, .12, "CH2 symmetric stretch", "Krimm 1956"),
        (1728, .53, "C=O stretch of plasticiser (phthalate)"),
        (1436, .60, "CH2 bend, amorphous", "Krimm 1956"),
        (1427, .65, "CH2 bend"),
        (1355, .25, "CH2 wag", "Krimm 1956"),
        (1333, .49, "C-H bend, CH2 wag"),
        (1254, 1, "C-H bend of CH-Cl"),
        (1240, .80, "C-H bend of CH-Cl", "Krimm 1956"),
        (1195, .30, "CH2 twist, C-H bend", "Krimm 1956"),
        (1099, .39, "C-C stretch"),
        (966, .61, "CH2 rock"),
        (833, .25, "CH2 rock", "Krimm 1956"),
        (690, .70, "C-Cl stretch", "De Frond 2021"),
        (637, .60, "C-Cl stretch", "Krimm 1956"),
        (615, .90, "C-Cl stretch"),
    ]),
    "PA": ("Jung 2018", [
        (3298, .31, "N-H stretch"),
        (3080, .07, "amide B (overtone of amide II)"),
        (2931, .28, "CH2 asymmetric stretch"),
        (2860, .18, "CH2 symmetric stretch"),
        (1635, 1, "amide I (C=O stretch)"),
        (1537, .73, "amide II (N-H bend, C-N stretch)"),
        (1464, .28, "CH2 bend"),
        (1437, .20, "CH2 bend next to N-H", "De Frond 2021"),
        (1417, .22, "CH2 bend next to C=O", "De Frond 2021"),
        (1371, .20, "CH2 wag"),
        (1279, .21, "amide III (C-N stretch, N-H bend)", "De Frond 2021"),
        (1263, .24, "amide III (C-N stretch, N-H bend)"),
        (1200, .18, "CH2 twist and wag"),
        (1172, .12, "C-C stretch, CH2 twist", "De Frond 2021"),
        (1120, .08, "C-C stretch", "De Frond 2021"),
        (930, .07, "C-CO stretch (PA 66, PA 6)", "De Frond 2021"),
        (727, .25, "CH2 rock", "De Frond 2021"),
        (690, .33, "amide V (N-H out-of-plane bend)", "De Frond 2021"),
    ]),
    "PMMA": ("Jung 2018", [
        (2995, .11, "C-H stretch"),
        (2951, .17, "C-H stretch"),
        (1722, 1, "C=O stretch (ester)"),
        (1479, .21, "CH2 bend"),
        (1449, .30, "CH3 bend", "Jung 2018"),
        (1435, .35, "CH3 bend (O-CH3)"),
        (1387, .15, "CH3 umbrella"),
        (1270, .30, "C-O stretch", "De Frond 2021"),
        (1240, .44, "C-O stretch"),
        (1190, .59, "O-CH3 rock, C-O-C stretch"),
        (1142, 1, "C-O stretch"),
        (1063, .12, "C-C stretch", "De Frond 2021"),
        (988, .29, "O-CH3 rock"),
        (966, .25, "CH3 rock"),
        (912, .10, "CH3 rock", "De Frond 2021"),
        (841, .18, "CH2 rock"),
        (750, .23, "C=O bend, CH2 rock"),
    ]),
    "PU": ("PMC6432084", [
        (3315, .12, "N-H stretch"),
        (2965, .15, "CH3 asymmetric stretch", "De Frond 2021"),
        (2930, .18, "CH2 asymmetric stretch", "De Frond 2021"),
        (2872, .22, "CH2 symmetric stretch"),
        (1728, .87, "C=O stretch (urethane)"),
        (1704, .60, "C=O stretch (urethane, hydrogen bonded)", "De Frond 2021"),
        (1614, .18, "aromatic ring", "De Frond 2021"),
        (1599, .24, "aromatic ring"),
        (1533, .61, "N-H bend, C-N stretch"),
        (1512, .40, "aromatic ring", "De Frond 2021"),
        (1453, .20, "CH2 bend", "De Frond 2021"),
        (1414, .27, "aromatic ring"),
        (1373, .22, "CH2 wag, CH3 umbrella", "De Frond 2021"),
        (1309, .29, "C-N stretch, N-H bend"),
        (1250, .45, "C-N stretch, C-O stretch", "De Frond 2021"),
        (1223, .66, "C-N stretch, C-O stretch"),
        (1163, .56, "C-O stretch"),
        (1140, .55, "C-O stretch (ester polyol)", "De Frond 2021"),
        (1107, .75, "C-O-C stretch (ether polyol)", "De Frond 2021"),
        (1086, 1, "C-O-C stretch (polyol)"),
        (1070, .95, "C-O stretch", "De Frond 2021"),
        (1018, .38, "aromatic ring, C-O stretch", "De Frond 2021"),
        (816, .15, "aromatic C-H out-of-plane bend"),
        (768, .17, "COO out-of-plane bend"),
    ]),
    "ABS": ("Jung 2018", [
        (3060, .08, "aromatic C-H stretch", "De Frond 2021"),
        (3028, .20, "aromatic C-H stretch"),
        (2920, .54, "CH2 asymmetric stretch"),
        (2850, .24, "CH2 symmetric stretch", "De Frond 2021"),
        (2237, .11, "C#N stretch (nitrile)"),
        (1637, .08, "C=C stretch (butadiene)", "De Frond 2021"),
        (1603, .20, "aromatic ring stretch"),
        (1583, .08, "aromatic ring stretch", "De Frond 2021"),
        (1493, .46, "aromatic ring stretch"),
        (1452, .78, "CH2 bend, aromatic ring"),
        (1360, .12, "C-H bend", "De Frond 2021"),
        (1181, .08, "aromatic C-H in-plane bend", "De Frond 2021"),
        (1156, .08, "aromatic C-H in-plane bend", "De Frond 2021"),
        (1070, .15, "aromatic C-H in-plane bend", "De Frond 2021"),
        (1028, .22, "aromatic C-H in-plane bend"),
        (966, .45, "trans C=C, C-H wag (butadiene)"),
        (910, .26, "vinyl C=C, C-H wag (butadiene)"),
        (760, 1, "aromatic C-H out-of-plane bend"),
        (700, 2.4, "aromatic C-H out-of-plane bend", "De Frond 2021"),
    ]),
    "PC": ("Jung 2018", [
        (2968, .07, "CH3 asymmetric stretch"),
        (1772, .41, "C=O stretch (carbonate ester)"),
        (1504, .31, "aromatic ring"),
        (1464, .06, "CH3 asymmetric bend", "De Frond 2021"),
        (1410, .06, "aromatic ring"),
        (1387, .04, "CH3 umbrella", "De Frond 2021"),
        (1365, .05, "CH3 umbrella"),
        (1290, .07, "C-O stretch", "De Frond 2021"),
        (1247, .45, "C-O stretch", "De Frond 2021"),
        (1223, .80, "C-O stretch"),
        (1190, 1, "C-O stretch"),
        (1161, .90, "C-O stretch"),
        (1103, .18, "aromatic C-H in-plane bend", "De Frond 2021"),
        (1080, .28, "C-C stretch"),
        (1014, .38, "aromatic C-H in-plane bend"),
        (1004, .22, "aromatic C-H in-plane bend", "De Frond 2021"),
        (887, .10, "C-O stretch (carbonate ester)"),
        (829, .27, "aromatic C-H out-of-plane bend"),
        (812, .18, "aromatic C-H out-of-plane bend", "De Frond 2021"),
        (766, .11, "COO out-of-plane bend"),
        (708, .07, "aromatic C-H out-of-plane bend", "De Frond 2021"),
    ]),
    "CE": ("Geminiani 2022", [
        (3338, .26, "O-H stretch"),
        (3270, .23, "O-H stretch", "De Frond 2021"),
        (2912, .11, "C-H stretch"),
        (2860, .07, "CH2 stretch", "De Frond 2021"),
        (1640, .05, "H-O-H bend of bound water"),
        (1427, .11, "CH2 bend"),
        (1367, .14, "C-H bend"),
        (1335, .15, "O-H in-plane bend", "De Frond 2021"),
        (1315, .18, "CH2 wag"),
        (1203, .11, "O-H in-plane bend", "De Frond 2021"),
        (1161, .26, "C-O-C asymmetric stretch"),
        (1107, .49, "C-O stretch, ring"),
        (1057, .97, "C-O stretch"),
        (1030, 1, "C-O stretch"),
        (1000, .75, "C-O stretch", "De Frond 2021"),
        (984, .60, "C-O stretch", "De Frond 2021"),
        (895, .13, "beta-glycosidic link"),
    ]),
    "Protein": ("Peets 2019", [
        (3277, .26, "N-H stretch (amide A)"),
        (2926, .09, "C-H stretch"),
        (1632, 1, "amide I (C=O stretch)"),
        (1518, .85, "amide II (N-H bend, C-N stretch)"),
        (1448, .44, "CH2 and CH3 bend"),
        (1393, .36, "CH3 umbrella, COO- symmetric stretch"),
        (1236, .35, "amide III (C-N stretch, N-H bend)"),
        (1072, .18, "C-O and C-N stretch"),
    ]),
    # No polymers, but what is found in and on them.
    "Phthalate": ("De Frond 2021", [
        (2958, .45, "CH3 asymmetric stretch"),
        (2929, .45, "CH2 asymmetric stretch"),
        (2872, .25, "CH3 symmetric stretch"),
        (2860, .25, "CH2 symmetric stretch"),
        (1726, 1, "C=O stretch (ester)"),
        (1600, .07, "aromatic ring"),
        (1580, .07, "aromatic ring"),
        (1463, .35, "CH2 bend"),
        (1380, .30, "CH3 umbrella"),
        (1273, .80, "C-O stretch (ester)"),
        (1122, .70, "C-O stretch (ester)"),
        (1072, .75, "O-CH2 stretch"),
        (1039, .45, "aromatic C-H in-plane bend"),
        (742, .40, "aromatic C-H out-of-plane bend"),
    ]),
    "Carbonate": ("Andersen 1991", [
        (1420, 1, "CO3 asymmetric stretch (calcium carbonate filler, shell)"),
        (874, .50, "CO3 out-of-plane bend (calcium carbonate)"),
        (712, .10, "CO3 in-plane bend (calcite)"),
    ]),
    "Biofilm": ("Peets 2019", [
        (3290, .50, "N-H and O-H stretch"),
        (2925, .20, "CH2 asymmetric stretch (lipid, protein)"),
        (2855, .12, "CH2 symmetric stretch (lipid, protein)"),
        (1645, 1, "amide I (protein)"),
        (1543, .60, "amide II (protein)"),
        (1450, .20, "CH2 and CH3 bend"),
        (1400, .20, "COO- symmetric stretch"),
        (1240, .20, "amide III (protein), PO2 of nucleic acid"),
        (1150, .30, "C-O-C stretch (polysaccharide)", "Geminiani 2022"),
        (1080, .60, "C-O stretch (polysaccharide)", "Geminiani 2022"),
        (1036, .80, "C-O stretch (polysaccharide)", "Geminiani 2022"),
    ]),
    # What the weather makes of PE and PP.
    "Oxidation": ("Almond 2020", [
        (3400, None, "O-H stretch (alcohol, hydroperoxide)"),
        (1780, None, "C=O stretch (lactone)"),
        (1735, None, "C=O stretch (ester)"),
        (1713, None, "C=O stretch (ketone, acid)"),
        (1640, None, "C=C stretch (vinyl)"),
        (1178, None, "C-O stretch (ester, alcohol)", "Gulmine 2003"),
        (991, None, "vinyl C-H out-of-plane wag", "Gulmine 2003"),
        (909, None, "vinyl CH2 out-of-plane wag", "Gulmine 2003"),
    ]),
}

#: Every known band by material, wavenumbers descending as spectra are drawn.
BANDS: dict[str, tuple[Band, ...]] = {
    material: tuple(
        Band(material, float(wavenumber), assignment,
             None if height is None else float(height), *(own or (source,)))
        for wavenumber, height, assignment, *own in sorted(rows, reverse=True,
                                                           key=lambda row: row[0]))
    for material, (source, rows) in _TABLES.items()
}

#: Where carbon dioxide and water vapour in the beam absorb.
ATMOSPHERE = (
    Region(2300., 2400., "carbon dioxide"),
    Region(650., 690., "carbon dioxide"),
    Region(1300., 2100., "water vapour"),
    Region(3410., 3900., "water vapour"),
)


def material_code(name: str) -> str | None:
    """
    The key of :data:`BANDS` for a class label, or None where no bands are known for it.

    Codes, full names and the usual synonyms are understood, whatever their case: ``HDPE`` and
    ``polyethylene`` are ``PE``, ``cotton`` is ``CE``.
    """
    wanted = str(name).strip().lower()
    for code in BANDS:
        if wanted in (code.lower(), NAMES.get(code, "").lower()):
            return code
    return ALIASES.get(wanted)


def assignments(wavenumber: float, tolerance: float = 10.,
                materials: Iterable[str] | None = None) -> list[Band]:
    """
    Bands known within `tolerance` of a wavenumber, the nearest first.

    Parameters
    ----------
    wavenumber : float
        In cm-1.
    tolerance : float
        Largest distance in cm-1, included.
    materials : iterable of str, optional
        Only bands of these (codes, full names or synonyms, see :func:`material_code`);
        of every material and of oxidation when None.

    Returns
    -------
    list of Band
        Sorted by distance; at equal distance the stronger band comes first.

    Raises
    ------
    ValueError
        For a material without bands, a wavenumber that is no number or a negative tolerance.
    """
    if not float(wavenumber) > 0:
        raise ValueError(f"A wavenumber is a positive number of cm-1, not {wavenumber}.")
    if not float(tolerance) >= 0:
        raise ValueError(f"The tolerance must be zero or more cm-1, not {tolerance}.")
    found = [band for code in _codes(materials) for band in BANDS[code]
             if abs(band.wavenumber - wavenumber) <= tolerance]
    return sorted(found, key=lambda band: (abs(band.wavenumber - wavenumber),
                                           -(band.height or 0.)))


def is_atmosphere(wavenumber: float) -> bool:
    """
    True where carbon dioxide or water vapour of the air absorb.

    Polymers have bands in these regions, too (C=O in that of water vapour): True means that
    a signal *may* stem from the air, and for 2300-2400 cm-1 that it most likely does.
    """
    return any(region.low <= wavenumber <= region.high for region in ATMOSPHERE)


def _codes(materials) -> list[str]:
    if materials is None:
        return list(BANDS)
    if isinstance(materials, str):
        materials = [materials]
    codes = {}
    for name in materials:
        code = material_code(name)
        if code is None:
            raise ValueError(f"No infrared bands are known for '{name}'; "
                             f"available: {', '.join(BANDS)}.")
        codes[code] = True
    return list(codes)
