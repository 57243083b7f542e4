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

from orangecontrib.microplastics.materials.band_tables import SOURCES, TABLES

__all__ = ["Band", "Region", "NAMES", "ALIASES", "SOURCES", "BANDS", "ATMOSPHERE",
           "material_code", "assignments", "is_atmosphere"]


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
    "hdpe": "PE", "ldpe": "PE", "lldpe": "PE", "pef": "PE", "ppl": "PP",
    "polyethylene terephtalate": "PET", "polyester": "PET", "nylon": "PA", "pa6": "PA",
    "pa66": "PA", "acrylic glass": "PMMA", "pur": "PU", "co": "CE", "cotton": "CE",
    "wool": "Protein", "silk": "Protein",
}

#: Every known band by material, wavenumbers descending as spectra are drawn.
BANDS: dict[str, tuple[Band, ...]] = {
    material: tuple(
        Band(material, float(wavenumber), assignment,
             None if height is None else float(height), *(own or (source,)))
        for wavenumber, height, assignment, *own in sorted(rows, reverse=True,
                                                           key=lambda row: row[0]))
    for material, (source, rows) in TABLES.items()
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
