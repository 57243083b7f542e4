"""Important bands: importance maps interpreted as bands with assignments, as chemists do.

A map is coarser than a spectrum: its columns are about 60 cm-1 apart with the default
network. A maximum of the map is therefore treated as a region, and named by the absorptions
of the spectra within the region.

**One rule for positions** in figures, lists, tables and texts: the number in front of a band
is the wavenumber at which the spectra absorb (:attr:`ImportantBand.position`), neither the
maximum of the map nor the position in a table of bands.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks, peak_widths

from orangecontrib.microplastics.materials.atmosphere import is_atmosphere
from orangecontrib.microplastics.materials.bands import Band, assignments
from orangecontrib.microplastics.materials.names import material_code

__all__ = ["ImportantBand", "important_bands", "mean_map", "smooth", "normalised"]

#: Whether a band may come from the atmosphere: it is not in its regions; it is, and the material
#: absorbs there, too; it is, and the material does not.
NO_AIR, POSSIBLY_AIR, LIKELY_AIR = "", "possible", "likely"

#: Part of the prominence of a maximum below its top at which its flanks end.
_FLANK = .75

#: Description of a region in which the spectra have no maximum.
NO_ABSORPTION = "no absorption: a missing band can be important, too"


class ImportantBand(NamedTuple):
    """A region of the spectrum on which the prediction depends.

    Attributes
    ----------
    centre : float
        cm-1, where importance is highest.
    low, high : float
        cm-1, where importance falls to half of its value at the centre, or to the minimum before
        the next band, or where the seen region ends; extended to absorptions of the band just
        outside, since the position of a column is not known more precisely.
    height : float
        Importance at the centre, as a fraction of the map's maximum.
    share : float
        Fraction of the total importance that lies between `low` and `high`.
    absorptions : tuple of float
        cm-1, up to three maxima of the spectrum within the limits, the most relevant first. Each
        belongs to one band only. Empty if the spectrum has none, or if there is no spectrum: the
        absence of a band can be decisive, too.
    names : tuple of (Band or None)
        The known band assigned to each absorption: of the requested materials if they have one,
        else of others; None if none is known.
    assignments : tuple of Band
        All known bands near the absorptions: of the requested materials first, then of others.
    atmosphere : str
        "" outside the regions of water vapour and carbon dioxide; "possible" if the material
        absorbs there as well, "likely" if no band of the material is known there.
    materials : tuple of str
        Codes of the requested materials.
    """
    centre: float
    low: float
    high: float
    height: float
    share: float
    absorptions: tuple[float, ...]
    names: tuple[Band | None, ...]
    assignments: tuple[Band, ...]
    atmosphere: str
    materials: tuple[str, ...] = ()

    @property
    def position(self) -> float:
        """cm-1: the most relevant absorption; without any, the centre."""
        return self.absorptions[0] if self.absorptions else self.centre

    def describe(self, n: int = 2) -> str:
        """Absorptions as text: "1464 CH2 bend (PE); 1376 ...".

        A "?" after a material means that it was not requested, but has a band there.
        """
        if not self.absorptions:
            return NO_ABSORPTION
        return "; ".join(f"{at:.0f} {self.called(i)}"
                         for i, at in enumerate(self.absorptions[:n]))

    def called(self, i: int = 0, shorten: Callable[[str], str] = str) -> str:
        """Assignment and material of the `i`-th absorption; `shorten` abbreviates the former."""
        band = self.names[i] if i < len(self.names) else None
        if band is None:
            return "not known"
        doubt = "" if band.material in self.materials else "?"
        return f"{shorten(band.assignment)} ({band.material}{doubt})"

    def label(self) -> str:
        """Short text for figures: "2848 CH2 sym. stretch (PE)"."""
        name = self.called(0, _shorter) if self.absorptions else "no absorption"
        # If the material is unknown, the air is as likely as any material.
        air = self.atmosphere == LIKELY_AIR or (self.atmosphere and not self.materials)
        return f"{self.position:.0f} {name}" + (", air?" if air else "")


def _shorter(assignment):
    name = assignment.split(",")[0].split(" (")[0].split(" and ")[0].strip()
    for long, short in (("asymmetric", "asym."), ("symmetric", "sym."), ("aromatic", "arom."),
                        ("out-of-plane", "o.o.p."), ("in-plane", "i.p.")):
        name = name.replace(long, short)
    # Abbreviated further if it is too long for a figure.
    return name.split(" of ")[0] if len(name) > 20 else name


def important_bands(importance: np.ndarray, axis: np.ndarray, *,
                    spectrum: np.ndarray | None = None, materials: Iterable[str] | None = None,
                    others: Iterable[str] = (),
                    threshold: float = 0.1, tolerance: float = 10.0, resolution: float = 0.0,
                    n: int | None = None) -> list[ImportantBand]:
    """Find the bands of a map, the one with the largest share first.

    Parameters
    ----------
    importance : ndarray, shape (m,)
        Of one spectrum, or the mean map of a class; NaN where not seen. Negative values
        (evidence against) are ignored.
    axis : ndarray, shape (m,)
        cm-1, in any order.
    spectrum : ndarray, shape (m,), optional
        Absorbance of the same spectrum or class, to find where the sample absorbs within a
        region. If it does not absorb there, no band is assigned: the absence of a band can be
        decisive, too. Without a spectrum, `assignments` are all known bands within the limits.
    materials : iterable of str, optional
        Codes of :data:`.bands.BANDS`, or names, of materials whose assignments come first.
    others : iterable of str
        Materials that may also be present: the model's other classes. All materials are searched
        if none of these has a band at an absorption, or if `others` is empty.
    threshold : float
        Minimum height of a band as a fraction of the map's maximum, above 0 and at most 1.
    tolerance : float
        Maximum distance in cm-1 between an absorption and the known band assigned to it.
    resolution : float
        Distance in cm-1 between the columns of the network's map. An absorption outside all
        limits, but within half of this distance, belongs to the nearest band, since the position
        of a column is not known more precisely.
    n : int, optional
        Maximum number of bands.

    Returns
    -------
    list of ImportantBand
        Empty for a map without importance.

    Raises
    ------
    ValueError
        If shapes disagree or the threshold is out of range.
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
    limits, peaks = [], []
    for region in _runs(seen):
        for peak, low, high in _peaks(values[region], threshold * top, 0.05 * top):
            limits.append((region.start + low, region.start + high))
            peaks.append(region.start + peak)
    absorptions = [()] * len(peaks)
    if spectrum is not None:
        maxima = _maxima(spectrum)
        absorptions = _absorptions(maxima, values, axis, [(axis[low], axis[high])
                                                          for low, high in limits], resolution / 2)
        peaks, limits, absorptions = _with_flanks(
            maxima, values, peaks, limits, absorptions, resolution / 2 / np.median(np.diff(axis)))
    found = []
    for peak, (low, high), own in zip(peaks, limits, absorptions, strict=True):
        low, high = min(low, *own, high), max(high, *own, low)
        places = [(axis[p], tolerance) for p in own] if spectrum is not None else \
            [((axis[low] + axis[high]) / 2, max(tolerance, (axis[high] - axis[low]) / 2))]
        names, named, atmosphere = _assign(axis[own[0] if own else peak], places, known, others)
        found.append(ImportantBand(
            float(axis[peak]), float(axis[low]), float(axis[high]), float(values[peak] / top),
            float(area[low:high + 1].sum() / area.sum()), tuple(float(axis[p]) for p in own),
            names if own else (), named, atmosphere, tuple(known)))
    found.sort(key=lambda band: -band.share)
    return found[:n]


def _areas(axis):
    """Length of axis that each point represents."""
    return np.abs(np.gradient(axis)) if len(axis) > 1 else np.ones(1)


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


class _Maxima(NamedTuple):
    """Maxima of a spectrum: indices, prominences, and from where to where they reach (at a quarter
    of their prominence), in points."""
    at: np.ndarray
    prominence: np.ndarray
    left: np.ndarray
    right: np.ndarray


def _maxima(spectrum):
    finite = np.isfinite(spectrum)
    if not finite.any():
        return _Maxima(np.empty(0, int), *np.empty((3, 0)))
    filled = np.where(finite, spectrum, spectrum[finite].min())
    # The whole spectrum is searched, since the edge of a region is not a minimum. Maxima of noise
    # are excluded: second differences of white noise have sqrt(6) times its standard deviation.
    noise = np.median(np.abs(np.diff(filled, 2))) / .6745 / np.sqrt(6) if len(filled) > 2 else 0
    peaks, found = find_peaks(filled, prominence=max(0.01 * np.ptp(filled), 8 * noise))
    _, _, left, right = peak_widths(filled, peaks, _FLANK, tuple(
        found[name] for name in ("prominences", "left_bases", "right_bases")))
    return _Maxima(peaks, found["prominences"], left, right)


def _absorptions(maxima, importance, axis, limits, reach, n=3):
    """Indices of up to `n` maxima of the spectrum for each of the limits, most relevant first.

    A maximum belongs to the limits that enclose it, else to the nearest within `reach`.
    Relevance is prominence times importance.
    """
    peaks = maxima.at
    if not len(peaks) or not limits:
        return [()] * len(limits)
    weight = maxima.prominence * importance[peaks]
    low, high = np.transpose(limits)
    at = axis[peaks][:, None]
    distance = np.maximum(np.maximum(low - at, at - high), 0)
    owner = np.where((distance.min(axis=1, initial=np.inf) <= reach) & (weight > 0),
                     distance.argmin(axis=1), -1)
    order = np.argsort(-weight, kind="stable")
    return [tuple(peaks[order[owner[order] == i][:n]]) for i in range(len(limits))]


def _with_flanks(maxima, values, peaks, limits, absorptions, reach):
    """Regions without a maximum of their own that lie on the flank of a band are part of it.

    Networks that use derivatives see the flanks of a band, and not its top. If no region has the
    maximum, the highest of its flanks gets it.
    """
    peaks, limits, absorptions = list(peaks), list(limits), list(absorptions)
    gone = set()
    for i in sorted(range(len(peaks)), key=lambda i: -values[peaks[i]]):
        if absorptions[i]:
            continue
        around = np.flatnonzero((maxima.left - reach <= peaks[i])
                                & (peaks[i] <= maxima.right + reach))
        if not len(around):
            continue
        top = int(maxima.at[around[maxima.prominence[around].argmax()]])
        owner = next((j for j, own in enumerate(absorptions) if top in own), None)
        if owner is None:
            absorptions[i] = (top,)
            continue
        limits[owner] = (min(limits[owner][0], limits[i][0]), max(limits[owner][1], limits[i][1]))
        peaks[owner] = max(peaks[owner], peaks[i], key=lambda at: values[at])
        gone.add(i)
    kept = [i for i in range(len(peaks)) if i not in gone]
    return tuple([of[i] for i in kept] for of in (peaks, limits, absorptions))


def _assign(position, places, known, others):
    """Known bands near the places, those of the requested materials first, and the atmosphere.

    Returns the band (or None) assigned to each place, all bands, and the atmosphere's value.
    """
    own, other, names = {}, {}, []
    for place, reach in places:
        asked = assignments(place, reach, known) if known else []
        more = assignments(place, reach, others) if others else []
        # Search all materials if neither of these has a band here, or if there are no others.
        if not more and not asked or not others:
            more = more + assignments(place, reach)
        own.update(dict.fromkeys(asked))
        other.update(dict.fromkeys(more))
        names.append(next(iter((*asked, *more)), None))
    named = tuple({**own, **other})
    if not is_atmosphere(position):
        air = NO_AIR
    else:
        air = POSSIBLY_AIR if own or (not known and named) else LIKELY_AIR
    return tuple(names), named, air


def mean_map(importance: np.ndarray, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
    """Mean map of some spectra, (n, m) -> (m,), with equal weight of each spectrum.

    Maps are scaled to equal height first, and maps that are NaN everywhere are ignored.
    Wavenumbers that are not seen stay NaN.
    """
    maps = normalised(importance if rows is None else importance[rows])
    maps = maps[np.isfinite(maps).any(axis=1)]
    if not len(maps):
        return np.full(importance.shape[1], np.nan, np.float32)
    return maps.mean(axis=0)


def normalised(importance: np.ndarray, by: str = "spectrum") -> np.ndarray:
    """Scale maps so that the largest absolute value is 1.

    Parameters
    ----------
    importance : ndarray, shape (n, m)
    by : str
        "spectrum": in each map; "set": in all maps together, so that they stay comparable.

    Raises
    ------
    ValueError
        If `by` is neither.
    """
    if by not in ("spectrum", "set"):
        raise ValueError(f"Maps are scaled by 'spectrum' or by 'set', not by '{by}'.")
    # fmax ignores NaN, where maps are not seen.
    size = np.fmax.reduce(np.abs(importance), axis=1 if by == "spectrum" else None,
                          keepdims=True, initial=0)
    return importance / np.where(size > 0, size, 1)


def smooth(importance: np.ndarray, axis: np.ndarray, width: float) -> np.ndarray:
    """Smooth maps with a Gaussian, within the wavenumbers that are seen.

    Parameters
    ----------
    importance : ndarray, shape (n, m)
        NaN where not seen, also in the result.
    axis : ndarray, shape (m,)
        cm-1, in any order and with any spacing.
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
