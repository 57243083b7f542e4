"""
Infrared band assignments of common polymers and of materials found with them.

The tables give the known vibrations and materials at a peak, or in a region that a network
used (:func:`assignments`). Whether the signal may come from the air instead is answered by
:func:`~orangecontrib.microplastics.materials.atmosphere.is_atmosphere`.
The simulator builds its spectra from the same tables.

Positions are in cm-1. Heights are those of ATR spectra on a diamond, relative to a strong band
of the same material: measured on the medians of the pristine spectra of FLOPP [De Frond 2021],
or ``None`` if the band is known but its height was not measured. The heights of a transmission
spectrum differ, because the penetration depth of ATR grows with 1/wavenumber.
"""


import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from orangecontrib.microplastics.materials.band_tables import SOURCES, TABLES
from orangecontrib.microplastics.materials.names import material_code

__all__ = ["Band", "SOURCES", "BANDS", "assignments", "common_vibration", "is_added",
           "REGIONS", "LOW", "HIGH"]

#: Regions with polymer bands (cm-1): fingerprint and C-H stretches. Between them are carbon
#: dioxide and the baseline; above them, water.
REGIONS = ((0., 1850.), (2700., 3100.))

#: Range of the project's experiments (cm-1): in it all published sets have values.
LOW, HIGH = 700., 3900.


class Band(NamedTuple):
    """One infrared band; wavenumber in cm-1, height relative to a strong band of the material."""

    material: str
    wavenumber: float
    assignment: str
    height: float | None
    source: str


#: All known bands by material, wavenumbers descending as spectra are drawn.
BANDS: dict[str, tuple[Band, ...]] = {
    material: tuple(
        Band(material, float(wavenumber), assignment,
             None if height is None else float(height), *(own or (source,)))
        for wavenumber, height, assignment, *own in sorted(rows, reverse=True,
                                                           key=lambda row: row[0]))
    for material, (source, rows) in TABLES.items()
}

def assignments(wavenumber: float, tolerance: float = 10.,
                materials: Iterable[str] | None = None) -> list[Band]:
    """
    Return the known bands within `tolerance` of a wavenumber, nearest first.

    Parameters
    ----------
    wavenumber : float
        In cm-1.
    tolerance : float
        Largest distance in cm-1, included.
    materials : iterable of str, optional
        Only bands of these (codes, full names or synonyms, see :func:`material_code`);
        bands of all materials and of oxidation if None.

    Returns
    -------
    list of Band
        Sorted by distance; at equal distance the stronger band comes first.

    Raises
    ------
    ValueError
        For a material without bands, a wavenumber that is not a positive number, or a
        negative tolerance.
    """
    if not float(wavenumber) > 0:
        raise ValueError(f"A wavenumber is a positive number of cm-1, not {wavenumber}.")
    if not float(tolerance) >= 0:
        raise ValueError(f"The tolerance must be zero or more cm-1, not {tolerance}.")
    found = [band for code in _codes(materials) for band in BANDS[code]
             if abs(band.wavenumber - wavenumber) <= tolerance]
    return sorted(found, key=lambda band: (abs(band.wavenumber - wavenumber),
                                           -(band.height or 0.)))


def is_added(band: Band) -> bool:
    """Whether a band of a material's table is that of something added to it, or of water in it."""
    return any(word in band.assignment for word in ("filler", "plasticiser", "bound water"))


def common_vibration(wavenumber: float, tolerance: float = 10., least: float = .05,
                     materials: int = 4, without: Callable[[Band], bool] | None = None) -> str:
    """The vibration that all known bands near a wavenumber (cm-1) have in common; "" if none.

    Of this number of `materials` at least; bands lower than `least` (as in the tables), and those
    of which `without` is true, do not count.
    """
    near = [band for band in assignments(wavenumber, tolerance)
            if (band.height is None or band.height >= least)
            and not (without and without(band))]
    if len({band.material for band in near}) < materials:
        return ""
    terms = [re.sub(r" *\([^)]*\)", "", band.assignment).split(", ") for band in near]
    return ", ".join(term for term in terms[0] if all(
        any(term in other for other in others) for others in terms))


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
