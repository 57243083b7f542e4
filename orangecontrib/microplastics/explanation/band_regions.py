"""Regions of an importance map, and the maxima of the spectrum that belong to them (numpy only).

All functions count in points of an ascending axis, unless they say cm-1.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks, peak_widths, savgol_coeffs, savgol_filter

__all__ = ["Region", "Maxima", "areas", "regions", "maxima", "with_absorptions"]

#: Part of the prominence of a maximum below its top at which its flanks end.
_FLANK = .75

#: A region lies on the flank of a band if the spectrum changes by this part of the band within it,
#: and by this part of the spectrum's range.
_SLOPE, _LEAST = .1, .02

#: Standard deviation (cm-1) of the average before the way up a flank is searched, and how far (in
#: cm-1) it goes: half of the broadest bands, O-H stretches.
_EVEN, _FAR = 6., 250.

#: Length (cm-1) of the polynomials whose curvature shows shoulders.
_CURVED = 20.

#: Smallest prominence of a maximum: part of the spectrum's range, and multiple of its noise.
_PROMINENT, _NOISE = .01, 8


class Region(NamedTuple):
    """Region of a map.

    Attributes
    ----------
    peak, low, high : int
        Where importance is highest, and limits, both included.
    absorptions : tuple of int
        Up to three maxima of the spectrum, the most relevant first.
    cut : bool
        Whether its band is cut by the end of the spectrum: `absorptions` is that end.
    """
    peak: int
    low: int
    high: int
    absorptions: tuple[int, ...] = ()
    cut: bool = False


class Maxima(NamedTuple):
    """Maxima of a spectrum.

    Attributes
    ----------
    at : ndarray of int
    prominence : ndarray
    left, right : ndarray
        From where to where they reach (at a quarter of their prominence).
    width : ndarray
        At half of their prominence.
    shoulders : ndarray of int
        Where the spectrum is most curved, without or with a maximum.
    spectrum, even : ndarray
        The spectrum without gaps, and averaged.
    """
    at: np.ndarray
    prominence: np.ndarray
    left: np.ndarray
    right: np.ndarray
    width: np.ndarray
    shoulders: np.ndarray
    spectrum: np.ndarray
    even: np.ndarray


def areas(axis: np.ndarray) -> np.ndarray:
    """Length of axis that each point represents."""
    return np.abs(np.gradient(axis)) if len(axis) > 1 else np.ones(1)


def regions(values: np.ndarray, seen: np.ndarray, threshold: float) -> list[Region]:
    """Maxima of a map that reach the threshold (a part of the highest), with their limits."""
    top, found = values.max(), []
    for run in _runs(seen):
        for peak, low, high in _peaks(values[run], threshold * top, .05 * top):
            found.append(Region(run.start + peak, run.start + low, run.start + high))
    return found


def _runs(mask) -> list[slice]:
    """Slices of consecutive True values."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(int), 0]))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _peaks(values, height, prominence):
    """Maxima of a curve and their limits: list of indices (peak, low, high), both included."""
    # Padded with zeros, so that maxima at the ends are found, too.
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


def maxima(spectrum: np.ndarray, step: float) -> Maxima:
    """Maxima of a spectrum with points `step` cm-1 apart; NaN where it was not measured."""
    finite = np.isfinite(spectrum)
    if not finite.any():
        nothing = np.zeros(len(spectrum))
        return Maxima(np.empty(0, int), *np.empty((4, 0)), np.empty(0, int), nothing, nothing)
    filled = np.where(finite, spectrum, spectrum[finite].min())
    # The whole spectrum is searched, since the edge of a region is not a minimum. Maxima of noise
    # are excluded: second differences of white noise have sqrt(6) times its standard deviation.
    noise = np.median(np.abs(np.diff(filled, 2))) / .6745 / np.sqrt(6) if len(filled) > 2 else 0
    peaks, found = find_peaks(filled, prominence=max(_PROMINENT * np.ptp(filled), _NOISE * noise))
    known = tuple(found[name] for name in ("prominences", "left_bases", "right_bases"))
    _, _, left, right = peak_widths(filled, peaks, _FLANK, known)
    # Gaps stay NaN: the way up a flank ends there.
    even = np.where(finite, gaussian_filter1d(filled, _EVEN / step, mode="nearest"), np.nan)
    width = peak_widths(filled, peaks, .5, known)[0]
    return Maxima(peaks, found["prominences"], left, right, width,
                  _shoulders(filled, step, noise), filled, even)


def _shoulders(spectrum, step, noise):
    """Where a spectrum is curved downwards more than on both sides."""
    length = max(5, 2 * round(_CURVED / step / 2) + 1)
    if len(spectrum) < length:
        return np.empty(0, int)
    curvature = -savgol_filter(spectrum, length, 3, deriv=2)
    noise *= np.linalg.norm(savgol_coeffs(length, 3, deriv=2))
    return find_peaks(curvature, height=0, prominence=max(
        _PROMINENT * curvature.max(), _NOISE * noise))[0]


def with_absorptions(found: Sequence[Region], of: Maxima, values: np.ndarray, axis: np.ndarray,
                     reach: float, own: Sequence[float] = (), tolerance: float = 10.
                     ) -> list[Region]:
    """Give each region the maxima of the spectrum that it stands for.

    Parameters
    ----------
    found : sequence of Region
    of : Maxima
    values : ndarray, shape (m,)
        The map.
    axis : ndarray, shape (m,)
        cm-1, ascending.
    reach : float
        A maximum outside all regions, but within this distance (cm-1), belongs to the nearest.
    own : sequence of float
        Positions (cm-1) of the material's own bands: a shoulder within `tolerance` (cm-1) of one
        of them is a band, if the region has no maximum.

    Returns
    -------
    list of Region
        Regions on the flank of a band are part of its region.
    """
    found = [region._replace(absorptions=owned) for region, owned in
             zip(found, _within(found, of, values, axis, reach), strict=True)]
    step = np.median(np.diff(axis)) if len(axis) > 1 else 1.
    gone = set()
    # Networks that use derivatives see the flanks of a band, and not its top. If no region has the
    # top, the highest of its flanks gets it.
    for i in sorted(range(len(found)), key=lambda i: -values[found[i].peak]):
        if found[i].absorptions:
            continue
        top, cut = _near_top(found[i], of, reach / step), False
        if top is None:
            top = _shoulder(found[i], of, axis, reach, own, tolerance)
        if top is None:
            top, cut = _way_up(found[i], of, reach / step, step)
        if top is None:
            continue
        owner = next((j for j, region in enumerate(found) if top in region.absorptions), None)
        if owner is None:
            found[i] = found[i]._replace(absorptions=(top,), cut=cut)
            continue
        one, two = found[owner], found[i]
        found[owner] = one._replace(
            peak=max(one.peak, two.peak, key=lambda at: values[at]),
            low=min(one.low, two.low), high=max(one.high, two.high))
        gone.add(i)
    return [region for i, region in enumerate(found) if i not in gone]


def _within(found, of, importance, axis, reach, n=3):
    """Indices of up to `n` maxima of the spectrum for each region, most relevant first.

    A maximum belongs to the region that encloses it, else to the nearest within `reach`.
    Relevance is prominence times importance.
    """
    peaks = of.at
    if not len(peaks) or not found:
        return [()] * len(found)
    weight = of.prominence * importance[peaks]
    low, high = axis[[region.low for region in found]], axis[[region.high for region in found]]
    at = axis[peaks][:, None]
    distance = np.maximum(np.maximum(low - at, at - high), 0)
    owner = np.where((distance.min(axis=1, initial=np.inf) <= reach) & (weight > 0),
                     distance.argmin(axis=1), -1)
    order = np.argsort(-weight, kind="stable")
    return [tuple(map(int, peaks[order[owner[order] == i][:n]])) for i in range(len(found))]


def _near_top(region, of, reach):
    """The most prominent maximum that still has a quarter of its height at the region's peak."""
    around = np.flatnonzero((of.left - reach <= region.peak) & (region.peak <= of.right + reach))
    return int(of.at[around[of.prominence[around].argmax()]]) if len(around) else None


def _shoulder(region, of, axis, reach, own, tolerance):
    """The shoulder nearest to the region's peak at which the material has a band."""
    near = [at for at in of.shoulders
            if axis[region.low] - reach <= axis[at] <= axis[region.high] + reach
            and any(abs(axis[at] - position) <= tolerance for position in own)]
    return int(min(near, key=lambda at: abs(at - region.peak))) if near else None


def _way_up(region, of, reach, step):
    """The maximum on whose flank the region lies, or the end of the spectrum if it still rises.

    Returns (None, False) if the spectrum is flat, and whether the band is cut.
    """
    low = max(int(region.low - reach), 0)
    window = of.even[low:int(region.high + reach) + 1]
    size = np.ptp(of.spectrum)
    if not np.isfinite(window).all() or np.ptp(window) <= _LEAST * size:
        return None, False
    start = at = low + int(window.argmax())
    while abs(at - start) * step < _FAR:
        around = [i for i in (at - 1, at + 1)
                  if 0 <= i < len(of.even) and of.even[i] > of.even[at]]
        if not around:
            break
        at = max(around, key=lambda i: of.even[i])
    if at in (0, len(of.even) - 1) or not np.isfinite(of.even[[at - 1, at + 1]]).all():
        # Cut: how high it is beyond its end is not known.
        return at, True
    tops = [i for i, top in enumerate(of.at) if abs(top - at) * step <= 2 * _EVEN]
    if not tops:
        return None, False
    best = max(tops, key=lambda i: of.prominence[i])
    if np.ptp(window) < _SLOPE * of.prominence[best]:
        return None, False
    return int(of.at[best]), False
