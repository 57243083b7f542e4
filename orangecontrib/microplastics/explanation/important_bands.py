"""Importance maps read as a chemist reads a spectrum: as bands with a name.

A map is coarser than a spectrum: its columns stand some 60 cm-1 apart with the usual
network. So a maximum of the map is taken as a region, and it is named by the absorptions
of the spectra that lie within the region.

**One rule for positions**, in pictures, lists, tables and texts: the number in front of a band
is where the spectra absorb (:attr:`ImportantBand.position`), neither the place where the map is
highest nor the one that a table of bands gives.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks

from orangecontrib.microplastics.materials.atmosphere import is_atmosphere
from orangecontrib.microplastics.materials.bands import Band, assignments
from orangecontrib.microplastics.materials.names import material_code

__all__ = ["ImportantBand", "important_bands", "mean_map", "smooth", "normalised"]

#: Atmosphere in the answers: not in its regions; the material absorbs there, too; it does not.
NO_AIR, POSSIBLY_AIR, LIKELY_AIR = "", "possible", "likely"

#: What is said of a region in which the spectra have no maximum.
NO_ABSORPTION = "no absorption: that none is there can decide, too"


class ImportantBand(NamedTuple):
    """A region of the spectrum that decided.

    Attributes
    ----------
    centre : float
        cm-1, where importance is highest.
    low, high : float
        cm-1, where importance has fallen to half of that, or to the valley before the
        next band, or where the seen region ends; wider where an absorption that the band
        stands for lies beside, since a column's place is not known better.
    height : float
        Importance at the centre, as a share of the map's maximum.
    share : float
        Of all importance, that between `low` and `high`.
    absorptions : tuple of float
        cm-1, maxima of the spectrum within the limits, the most telling first. Each belongs to
        one band only. Empty where the spectrum has none: that a band is missing can decide, too.
    names : tuple of (Band or None)
        The known band that each absorption is taken for: one of the materials asked for, else
        of others; None where none is known.
    assignments : tuple of Band
        All known bands near the absorptions: of the materials asked for first, then of others.
    atmosphere : str
        "" outside the regions of water vapour and carbon dioxide; "possible" where the
        material absorbs there as well, "likely" where no band of the material is known.
    materials : tuple of str
        Codes of the materials asked for.
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
        """cm-1: where the spectrum absorbs most tellingly within the limits.

        Where it does not absorb, where importance is highest.
        """
        return self.absorptions[0] if self.absorptions else self.centre

    def describe(self, n: int = 2) -> str:
        """Absorptions in words: "1464 CH2 bend (PE); 1376 ...".

        A "?" behind a material says that it is not the one asked for: a band of it lies there.
        """
        if not self.absorptions:
            return NO_ABSORPTION
        return "; ".join(f"{at:.0f} {self.called(i)}"
                         for i, at in enumerate(self.absorptions[:n]))

    def called(self, i: int = 0, shorten: Callable[[str], str] = str) -> str:
        """Assignment and material of the `i`-th absorption; the text of it can be shortened."""
        band = self.names[i] if i < len(self.names) else None
        if band is None:
            return "not known"
        doubt = "" if band.material in self.materials else "?"
        return f"{shorten(band.assignment)} ({band.material}{doubt})"

    def label(self) -> str:
        """A few words for pictures: "2848 CH2 sym. stretch (PE)"."""
        name = self.called(0, _shorter) if self.absorptions else "no absorption"
        # Where nobody knows the material, the air is as good a guess as any.
        air = self.atmosphere == LIKELY_AIR or (self.atmosphere and not self.materials)
        return f"{self.position:.0f} {name}" + (", air?" if air else "")


def _shorter(assignment):
    name = assignment.split(",")[0].split(" (")[0].split(" and ")[0].strip()
    for long, short in (("asymmetric", "asym."), ("symmetric", "sym."), ("aromatic", "arom."),
                        ("out-of-plane", "o.o.p."), ("in-plane", "i.p.")):
        name = name.replace(long, short)
    # What is left says enough where the whole would fill the picture.
    return name.split(" of ")[0] if len(name) > 20 else name


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
        cm-1 between the columns of the network's map. An absorption up to half a column beside
        all limits belongs to the nearest band: a column's place is not known better.
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
    limits, peaks = [], []
    for region in _runs(seen):
        for peak, low, high in _peaks(values[region], threshold * top, 0.05 * top):
            limits.append((region.start + low, region.start + high))
            peaks.append(region.start + peak)
    absorptions = [()] * len(peaks) if spectrum is None else _absorptions(
        spectrum, values, axis, [(axis[low], axis[high]) for low, high in limits], resolution / 2)
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
    """Indices of the spectrum's maxima for each of the limits, the most telling first.

    A maximum belongs to the limits that it lies in, or else to the nearest within reach. The
    most telling is the one whose prominence times importance is highest.
    """
    finite = np.isfinite(spectrum)
    if not finite.any() or not limits:
        return [()] * len(limits)
    filled = np.where(finite, spectrum, spectrum[finite].min())
    # Peaks are sought in the whole spectrum: an edge of the region is no minimum.
    # Noise has maxima, too; second differences of white noise have sqrt(6) times its deviation.
    noise = np.median(np.abs(np.diff(filled, 2))) / .6745 / np.sqrt(6) if len(filled) > 2 else 0
    peaks, found = find_peaks(filled, prominence=max(0.01 * np.ptp(filled), 8 * noise))
    weight = found["prominences"] * importance[peaks]
    low, high = np.transpose(limits)
    at = axis[peaks][:, None]
    distance = np.maximum(np.maximum(low - at, at - high), 0)
    owner = np.where((distance.min(axis=1, initial=np.inf) <= reach) & (weight > 0),
                     distance.argmin(axis=1), -1)
    order = np.argsort(-weight, kind="stable")
    return [tuple(peaks[order[owner[order] == i][:n]]) for i in range(len(limits))]


def _assign(position, places, known, others):
    """Known bands near the places, those of the known materials first; and is it the air?

    Returns the one name of each place, all bands, and the answer.
    """
    own, other, names = {}, {}, []
    for place, reach in places:
        asked = assignments(place, reach, known) if known else []
        more = assignments(place, reach, others) if others else []
        # A material that nobody asked for explains only what no other does.
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
    # fmax leaves out what is not seen.
    size = np.fmax.reduce(np.abs(importance), axis=1 if by == "spectrum" else None,
                          keepdims=True, initial=0)
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
