"""Absorption of the air in the beam: the only table of carbon dioxide and water vapour."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Region", "ATMOSPHERE", "is_atmosphere", "CARBON_DIOXIDE", "CARBON_DIOXIDE_STRETCH",
           "CARBON_DIOXIDE_REGIONS", "OUTSIDE_BANDS", "WATER_VAPOUR", "water_lines",
           "vapour_lines"]


class Region(NamedTuple):
    """A range of wavenumbers, ``low`` to ``high`` in cm-1, ends included."""

    low: float
    high: float
    name: str


#: Carbon dioxide as unresolved branches: centre and standard deviation in cm-1, height relative to
#: the highest. First the antisymmetric stretch, then the bend.
CARBON_DIOXIDE_STRETCH = ((2340, 12, .8), (2362, 9, 1.))
CARBON_DIOXIDE = (*CARBON_DIOXIDE_STRETCH, (668, 2.1, .6), (656, 7.6, .08), (680, 7.6, .08))

#: Lines of water vapour (cm-1, weight) as they appear in real spectra of plastics at 4 cm-1
#: resolution: peaks of the first principal component of the fine structure (spectrum minus
#: its Savitzky-Golay smoothing) of villegas_camacho_2024_c4, 1300-2000 and 3500-3950 cm-1.
WATER_VAPOUR = (
    (1363, .2), (1386, .2), (1397, .2), (1418, .4), (1437, .2), (1459, .7), (1472, 1.), (1488, .5),
    (1507, .7), (1522, .3), (1541, .8), (1558, .8), (1576, .2), (1636, .4), (1653, .4), (1670, .3),
    (1684, .5), (1698, .5), (1717, .6), (1733, .4), (1749, .3), (1771, .3), (1793, .2), (1829, .2),
    (1845, .2), (1868, .3), (3567, .5), (3587, .3), (3619, .2), (3629, .6), (3649, .9), (3676, .6),
    (3689, .7), (3711, .6), (3734, .8), (3751, .5), (3769, .3), (3801, .3), (3820, .4), (3840, .6),
    (3853, 1.), (3871, .3), (3903, .5), (3918, .2), (3932, .2))

#: Regions in which a signal may come from the air.
ATMOSPHERE = (
    Region(2300., 2400., "carbon dioxide"),
    Region(650., 690., "carbon dioxide"),
    Region(1300., 2100., "water vapour"),
    Region(3410., 3900., "water vapour"),
)

#: Regions of carbon dioxide with their flanks, cm-1: where the air was overcorrected, the whole
#: region is wrong.
CARBON_DIOXIDE_REGIONS = ((2250., 2420.), (645., 690.))

#: Regions in which only the air absorbs, cm-1: the stretch of carbon dioxide, and water vapour
#: above all bands of polymers. Signals there say nothing about a material. Narrower than the first
#: of :data:`CARBON_DIOXIDE_REGIONS`: from 2250 on, half of the nitrile band at 2237 would be left
#: out, and one of the 50 ABS spectra labelled polystyrene would be missed (``labels/nitrile.py``).
OUTSIDE_BANDS = ((2270., 2405.), (3450., 3950.))


def water_lines(step: float) -> list[tuple[float, float, float]]:
    """Lines of water vapour as centre and standard deviation in cm-1, and height.

    The standard deviation is 3 cm-1, or 0.6 steps (cm-1) of the axis if that is larger: lines are
    not narrower than the axis resolves.
    """
    return [(centre, max(3., .6 * step), weight) for centre, weight in WATER_VAPOUR]


#: Where the fine structure of water vapour is compared (cm-1), the width of what is not fine, and
#: widths of lines at half height, of instruments from 4 to 16 cm-1. The correlation from which on
#: it is there: simulated spectra without vapour have up to .2, with much .5 to .98; of measured
#: ones, the median is .17 to .2 in three studies, and 1 in 100 of Kedzierski's has more than .7.
_COMPARED, _FINE, _LINES, _THERE = (1480., 1860.), 40., (6., 10., 16.), .6


def vapour_lines(axis: np.ndarray, spectrum: np.ndarray) -> float:
    """
    Height of the fine structure of water vapour in a spectrum; 0 if its lines are not there.

    They are there if the spectrum less its smoothing looks like that of :data:`WATER_VAPOUR`
    between 1480 and 1860 cm-1, upwards or downwards: a background measurement with more water in
    the air leaves its lines the wrong way up.

    Parameters
    ----------
    axis, spectrum : ndarray, shape (m,)
        Wavenumbers in cm-1, ascending; absorbance without gaps.
    """
    low, high = _COMPARED
    part = (low - _FINE <= axis) & (axis <= high + _FINE)
    if not part.any() or axis[0] > low or axis[-1] < high:
        return 0.
    at = axis[part]
    size = int(round(_FINE / np.median(np.diff(at)))) | 1
    if size < 5:
        return 0.
    inner = (low <= at) & (at <= high)
    measured = _fine(spectrum[part], size)[inner]
    best = 0.
    for width in _LINES:
        lines = sum(weight * np.exp(-4 * np.log(2) * ((at - centre) / width) ** 2)
                    for centre, weight in WATER_VAPOUR)
        expected = _fine(lines, size)[inner]
        both = np.sqrt((expected @ expected) * (measured @ measured))
        best = max(best, abs(expected @ measured) / both if both else 0.)
    return float(np.abs(measured).max()) if best >= _THERE else 0.


def _fine(values, size):
    """Values minus their smoothing by a Hann window of `size` points."""
    window = np.hanning(size + 2)[1:-1]
    ends = np.pad(values, size // 2, mode="reflect", reflect_type="odd")
    return values - np.convolve(ends, window / window.sum(), "valid")


def is_atmosphere(wavenumber: float) -> bool:
    """
    Whether carbon dioxide or water vapour of the air absorbs at a wavenumber (cm-1).

    Polymers have bands in these regions, too (C=O in that of water vapour): True means that
    a signal *may* come from the air, and for 2300-2400 cm-1 that it most likely does.
    """
    return any(region.low <= wavenumber <= region.high for region in ATMOSPHERE)
