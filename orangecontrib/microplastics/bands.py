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
    "Almond 2020": "Almond et al., e-Polymers 2020, 10.1515/epoly-2020-0041",
}

# (wavenumber, height, assignment): a source of its own follows where it differs.
_TABLES = {
    "PE": ("Jung 2018", [
        (2916, 1, "CH2 asymmetric stretch"),
        (2848, .77, "CH2 symmetric stretch"),
        (1472, .20, "CH2 bend, crystal doublet"),
        (1468, .26, "CH2 bend"),
        (1462, .22, "CH2 bend, crystal doublet"),
        (1377, .02, "CH3 umbrella (branches: low-density PE)"),
        (730, .16, "CH2 rock, crystal doublet"),
        (719, .23, "CH2 rock"),
    ]),
    "PP": ("Jung 2018", [
        (2951, .75, "CH3 asymmetric stretch"),
        (2918, 1, "CH2 asymmetric stretch"),
        (2870, .45, "CH3 symmetric stretch"),
        (2839, .44, "CH2 symmetric stretch"),
        (1454, .50, "CH2 bend and CH3 asymmetric bend"),
        (1375, .65, "CH3 umbrella"),
        (1167, .11, "C-C stretch, CH3 rock, C-H wag"),
        (997, .10, "CH3 rock, C-C stretch (helix)"),
        (974, .13, "CH3 rock, C-C stretch"),
        (841, .10, "C-H rock (helix)"),
        (808, .07, "CH2 rock, C-C stretch"),
    ]),
    "PS": ("Jung 2018", [
        (3061, .14, "aromatic C-H stretch"),
        (3026, .27, "aromatic C-H stretch"),
        (2920, .44, "CH2 asymmetric stretch"),
        (2850, .20, "CH2 symmetric stretch"),
        (1601, .26, "aromatic ring stretch"),
        (1493, .61, "aromatic ring stretch"),
        (1450, .70, "CH2 bend, aromatic ring"),
        (1028, .32, "aromatic C-H in-plane bend"),
        (906, .19, "aromatic C-H out-of-plane bend"),
        (754, 1, "aromatic C-H out-of-plane bend"),
        (697, 2.6, "aromatic C-H out-of-plane bend"),
    ]),
    "PET": ("PMC3772790", [
        (2964, .03, "C-H stretch"),
        (1716, .96, "C=O stretch (ester)"),
        (1504, .05, "aromatic ring"),
        (1408, .19, "aromatic ring"),
        (1340, .22, "CH2 wag"),
        (1246, 1, "C-O stretch (ester)"),
        (1099, .80, "O-CH2 stretch"),
        (1018, .39, "aromatic ring"),
        (972, .13, "C-O stretch"),
        (874, .24, "aromatic C-H out-of-plane bend"),
        (725, .84, "COO bend, aromatic C-H out-of-plane bend"),
    ]),
    "PVC": ("Jung 2018", [
        (2914, .38, "CH2 asymmetric stretch"),
        (1728, .53, "C=O stretch of plasticiser (phthalate)"),
        (1427, .65, "CH2 bend"),
        (1333, .49, "C-H bend, CH2 wag"),
        (1254, 1, "C-H bend of CH-Cl"),
        (1099, .39, "C-C stretch"),
        (966, .61, "CH2 rock"),
        (690, None, "C-Cl stretch"),
        (615, None, "C-Cl stretch"),
    ]),
    "PA": ("Jung 2018", [
        (3298, .31, "N-H stretch"),
        (3080, .07, "amide B (overtone of amide II)"),
        (2931, .28, "CH2 asymmetric stretch"),
        (2860, .18, "CH2 symmetric stretch"),
        (1635, 1, "amide I (C=O stretch)"),
        (1537, .73, "amide II (N-H bend, C-N stretch)"),
        (1464, .28, "CH2 bend"),
        (1371, .20, "CH2 wag"),
        (1263, .24, "amide III (C-N stretch, N-H bend)"),
        (1200, .18, "CH2 twist and wag"),
    ]),
    "PMMA": ("Jung 2018", [
        (2995, .11, "C-H stretch"),
        (2951, .17, "C-H stretch"),
        (1722, 1, "C=O stretch (ester)"),
        (1479, .21, "CH2 bend"),
        (1435, .35, "CH3 bend (O-CH3)"),
        (1240, .44, "C-O stretch"),
        (1190, .59, "O-CH3 rock, C-O-C stretch"),
        (1142, 1, "C-O stretch"),
        (988, .29, "O-CH3 rock"),
        (841, .18, "CH2 rock"),
        (750, .23, "C=O bend, CH2 rock"),
    ]),
    "PU": ("PMC6432084", [
        (3315, .12, "N-H stretch"),
        (2872, .22, "CH2 symmetric stretch"),
        (1728, .87, "C=O stretch (urethane)"),
        (1599, .24, "aromatic ring"),
        (1533, .61, "N-H bend, C-N stretch"),
        (1414, .27, "aromatic ring"),
        (1309, .29, "C-N stretch, N-H bend"),
        (1223, .66, "C-N stretch, C-O stretch"),
        (1163, .56, "C-O stretch"),
        (1086, 1, "C-O-C stretch (polyol)"),
        (816, .15, "aromatic C-H out-of-plane bend"),
        (768, .17, "COO out-of-plane bend"),
    ]),
    "ABS": ("Jung 2018", [
        (3028, .20, "aromatic C-H stretch"),
        (2920, .54, "CH2 asymmetric stretch"),
        (2237, .05, "C#N stretch (nitrile)"),
        (1603, .20, "aromatic ring stretch"),
        (1493, .46, "aromatic ring stretch"),
        (1452, .78, "CH2 bend, aromatic ring"),
        (1028, .22, "aromatic C-H in-plane bend"),
        (966, .45, "trans C=C, C-H wag (butadiene)"),
        (910, .26, "vinyl C=C, C-H wag (butadiene)"),
        (760, 1, "aromatic C-H out-of-plane bend"),
        (700, 2.2, "aromatic C-H out-of-plane bend"),
    ]),
    "PC": ("Jung 2018", [
        (2968, .07, "CH3 asymmetric stretch"),
        (1772, .41, "C=O stretch (carbonate ester)"),
        (1504, .31, "aromatic ring"),
        (1365, .05, "CH3 umbrella"),
        (1223, .80, "C-O stretch"),
        (1190, 1, "C-O stretch"),
        (1161, .90, "C-O stretch"),
        (1080, .28, "C-C stretch"),
        (1014, .38, "aromatic C-H in-plane bend"),
        (887, .10, "C-O stretch (carbonate ester)"),
        (829, .27, "aromatic C-H out-of-plane bend"),
        (766, .11, "COO out-of-plane bend"),
    ]),
    "CE": ("Geminiani 2022", [
        (3338, .26, "O-H stretch"),
        (2912, .11, "C-H stretch"),
        (1640, .06, "H-O-H bend of bound water"),
        (1427, .11, "CH2 bend"),
        (1367, .14, "C-H bend"),
        (1315, .18, "CH2 wag"),
        (1161, .26, "C-O-C asymmetric stretch"),
        (1107, .49, "C-O stretch, ring"),
        (1057, .97, "C-O stretch"),
        (1030, 1, "C-O stretch"),
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
    # Not a material but what the weather makes of PE and PP.
    "Oxidation": ("Almond 2020", [
        (3400, None, "O-H stretch (alcohol, hydroperoxide)"),
        (1780, None, "C=O stretch (lactone)"),
        (1735, None, "C=O stretch (ester)"),
        (1713, None, "C=O stretch (ketone, acid)"),
        (1640, None, "C=C stretch (vinyl)"),
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
