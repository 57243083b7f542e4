"""Importance maps read as a chemist reads a spectrum: as bands with a name.

A map is coarser than a spectrum: its columns stand some 60 cm-1 apart with the usual
network. So a maximum of the map is taken as a region, and it is named by the absorptions
of the spectra that lie within the region.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks

from orangecontrib.microplastics.bands import (
    Band,
    assignments,
    is_atmosphere,
    material_code,
)

__all__ = ["ImportantBand", "important_bands", "mean_map", "smooth", "normalised", "materials_of"]

#: Atmosphere in the answers: not in its regions; the material absorbs there, too; it does not.
NO_AIR, POSSIBLY_AIR, LIKELY_AIR = "", "possible", "likely"


class ImportantBand(NamedTuple):
    """A region of the spectrum that decided.

    Attributes
    ----------
    centre : float
        cm-1, where importance is highest.
    low, high : float
        cm-1, where importance has fallen to half of that, or to the valley before the
        next band, or where the seen region ends.
    height : float
        Importance at the centre, as a share of the map's maximum.
    share : float
        Of all importance, that between `low` and `high`.
    absorptions : tuple of float
        cm-1, maxima of the spectrum within the limits, the most telling first.
    assignments : tuple of Band
        Known bands: of the materials asked for first, then of others.
    atmosphere : str
        "" outside the regions of water vapour and carbon dioxide; "possible" where the
        material absorbs there as well, "likely" where no band of the material is known.
    """
    centre: float
    low: float
    high: float
    height: float
    share: float
    absorptions: tuple[float, ...]
    assignments: tuple[Band, ...]
    atmosphere: str

    def describe(self, n: int = 2) -> str:
        """Assignments in words: "1468 CH2 bend (PE); 1454 ..."."""
        return "; ".join(f"{b.wavenumber:g} {b.assignment} ({b.material})"
                         for b in self.assignments[:n])


def important_bands(importance: np.ndarray, axis: np.ndarray, *,
                    spectrum: np.ndarray | None = None, materials: Iterable[str] | None = None,
                    others: Iterable[str] = (),
                    threshold: float = 0.1, tolerance: float = 10.0, resolution: float = 0.0,
                    n: int | None = None) -> list[ImportantBand]:
    """The bands of a map, the one with the largest share first.

    Parameters
    ----------
    importance : ndarray, shape (m,)
        Of one spectrum, or the mean map of a class; NaN where not seen. Values below zero
        (evidence against) are left out of account.
    axis : ndarray, shape (m,)
        cm-1, in any order.
    spectrum : ndarray, shape (m,), optional
        Absorbance of the same, which tells where within a region the sample absorbs. Where
        it does not, nothing is assigned: that a band is missing can decide, too. Without a
        spectrum, bands are named by what is known within the region's limits.
    materials : iterable of str, optional
        Codes of :data:`bands.BANDS` whose assignments come first.
    others : iterable of str
        Codes of materials that may be there as well: the model's other classes. What neither
        has is looked for in all materials.
    threshold : float
        Lowest height of a band as a share of the map's maximum, 0 to 1.
    tolerance : float
        cm-1 between an absorption and the known band that it is taken for.
    resolution : float
        cm-1 between the columns of the network's map. Absorptions are sought half a column
        beyond the limits: a column's place is not known better.
    n : int, optional
        At most so many bands.

    Returns
    -------
    list of ImportantBand
        Empty for a map without importance.

    Raises
    ------
    ValueError
        If shapes disagree or the threshold is not between 0 and 1.
    """
    importance, axis = np.asarray(importance, float), np.asarray(axis, float)
    if importance.shape != axis.shape or axis.ndim != 1:
        raise ValueError(f"Importance {importance.shape} and wavenumbers {axis.shape} "
                         "do not belong together.")
    if not 0 < threshold <= 1:
        raise ValueError(f"The threshold is a share of the maximum between 0 and 1, "
                         f"not {threshold:g}.")
    order = np.argsort(axis)
    axis, importance = axis[order], importance[order]
    spectrum = None if spectrum is None else np.asarray(spectrum, float)[order]
    known, others = ([code for code in map(material_code, some or ()) if code]
                     for some in (materials, others))
    seen = np.isfinite(importance)
    values = np.where(seen, importance, 0).clip(0)
    top = values.max(initial=0)
    if top <= 0:
        return []
    area = _areas(axis) * values
    found = []
    for region in _runs(seen):
        for peak, low, high in _peaks(values[region], threshold * top, 0.05 * top):
            part = slice(region.start + low, region.start + high + 1)
            peak += region.start
            limits = float(axis[part.start]), float(axis[part.stop - 1])
            absorptions = () if spectrum is None else \
                _absorptions(spectrum, values, axis, limits, resolution / 2)
            places = [(a, tolerance) for a in absorptions] if spectrum is not None else \
                [(sum(limits) / 2, max(tolerance, (limits[1] - limits[0]) / 2))]
            named, atmosphere = _assign(
                absorptions[0] if absorptions else axis[peak], places, known, others)
            found.append(ImportantBand(
                float(axis[peak]), *limits, float(values[peak] / top),
                float(area[part].sum() / area.sum()), absorptions, named, atmosphere))
    found.sort(key=lambda band: -band.share)
    return found[:n]


def _areas(axis):
    """Stretch of the axis that each point stands for."""
    return np.abs(np.gradient(axis)) if len(axis) > 1 else np.ones(1)


def _runs(mask) -> list[slice]:
    """Stretches of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(int), 0]))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _peaks(values, height, prominence):
    """Maxima of a curve and where they end: lists of (peak, low, high), indices included."""
    # Zeros around it make a maximum at an end a maximum like any other.
    padded = np.r_[0, values, 0]
    peaks = find_peaks(padded, height=height, prominence=prominence, plateau_size=1)[0] - 1
    result = []
    for i, peak in enumerate(peaks):
        left = 0 if i == 0 else peaks[i - 1] + np.argmin(values[peaks[i - 1]:peak])
        right = len(values) - 1 if i == len(peaks) - 1 \
            else peak + np.argmin(values[peak:peaks[i + 1]])
        half = values >= values[peak] / 2
        outside = np.flatnonzero(~half)
        low = max(left, outside[outside < peak].max(initial=-1) + 1)
        high = min(right, outside[outside > peak].min(initial=len(values)) - 1)
        result.append((int(peak), int(low), int(high)))
    return result


def _absorptions(spectrum, importance, axis, limits, reach, n=3):
    """Maxima of the spectrum within the limits, by prominence times importance."""
    finite = np.isfinite(spectrum)
    if not finite.any():
        return ()
    filled = np.where(finite, spectrum, spectrum[finite].min())
    # Peaks are sought in the whole spectrum: an edge of the region is no minimum.
    peaks, found = find_peaks(filled, prominence=0.01 * np.ptp(filled))
    inside = (axis[peaks] >= limits[0] - reach) & (axis[peaks] <= limits[1] + reach)
    weight = found["prominences"] * importance[peaks]
    inside &= weight > 0
    best = peaks[inside][np.argsort(-weight[inside])[:n]]
    return tuple(float(axis[p]) for p in best)


def _assign(position, places, known, others):
    """Known bands near the places, those of the known materials first; and is it the air?"""
    named: dict[Band, None] = {}

    def name(materials):
        for place, reach in places:
            named.update(dict.fromkeys(assignments(place, reach, materials)))

    if known:
        name(known)
    own = bool(named)
    if others:
        name(others)
    # A material that nobody asked for explains only what no other does.
    if not named or not others:
        name(None)
    if not is_atmosphere(position):
        return tuple(named), NO_AIR
    return tuple(named), POSSIBLY_AIR if own or (not known and named) else LIKELY_AIR


def materials_of(name: str, separator: str = " + ") -> list[str]:
    """Codes of the materials that a class stands for: "HDPE + PP" is ["PE", "PP"]."""
    codes = (material_code(part) for part in name.split(separator))
    return list(dict.fromkeys(code for code in codes if code))


def mean_map(importance: np.ndarray, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
    """Mean map of some spectra, (n, m) -> (m,), each spectrum counting alike.

    Where nobody's importance is known, it stays NaN.
    """
    maps = normalised(importance if rows is None else importance[rows])
    maps = maps[np.isfinite(maps).any(axis=1)]
    if not len(maps):
        return np.full(importance.shape[1], np.nan, np.float32)
    return maps.mean(axis=0)


def normalised(importance: np.ndarray, by: str = "spectrum") -> np.ndarray:
    """Maps scaled so that the largest absolute value is 1.

    Parameters
    ----------
    importance : ndarray, shape (n, m)
    by : str
        "spectrum": in each map; "set": in all maps together, so that they stay comparable.
    """
    if by not in ("spectrum", "set"):
        raise ValueError(f"Maps are scaled by 'spectrum' or by 'set', not by '{by}'.")
    size = np.nan_to_num(np.abs(importance)).max(
        axis=1 if by == "spectrum" else None, keepdims=True, initial=0)
    return importance / np.where(size > 0, size, 1)


def smooth(importance: np.ndarray, axis: np.ndarray, width: float) -> np.ndarray:
    """Maps smoothed by a Gaussian, within what is seen.

    Parameters
    ----------
    importance : ndarray, shape (n, m)
        NaN where not seen; stays so.
    axis : ndarray, shape (m,)
        cm-1, in any order and unevenly spaced if need be.
    width : float
        Standard deviation in cm-1; 0 leaves the maps as they are.
    """
    if not width:
        return importance
    seen = np.isfinite(importance).any(axis=0)
    at = axis[seen]
    weights = np.exp(-0.5 * ((at[:, None] - at) / width) ** 2) * _spacing(at)[:, None]
    result = np.full_like(importance, np.nan)
    result[:, seen] = importance[:, seen] @ (weights / weights.sum(axis=0)).astype(
        importance.dtype)
    return result


def _spacing(axis):
    order = np.argsort(axis)
    result = np.empty(len(axis))
    result[order] = _areas(axis[order])
    return result
