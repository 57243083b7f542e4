"""Important bands: importance maps interpreted as bands with assignments, as chemists do.

A map is coarser than a spectrum: with "hirescam" its columns are about 60 cm-1 apart, with "fine"
it resolves 16 cm-1. A maximum of the map is therefore treated as a region (:mod:`.band_regions`),
and named by the absorptions of the spectra within the region (:mod:`.band_names`).

**One rule for positions** in figures, lists, tables and texts: the number in front of a band
is the wavenumber at which the spectra absorb (:attr:`ImportantBand.position`), neither the
maximum of the map nor the position in a table of bands.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.explanation.band_names import (
    AIR,
    LIKELY_AIR,
    NO_AIR,
    POSSIBLY_AIR,
    Names,
    gas_at,
    shorter,
)
from orangecontrib.microplastics.explanation.band_regions import (
    areas,
    maxima,
    regions,
    with_absorptions,
)
from orangecontrib.microplastics.materials.bands import BANDS, Band
from orangecontrib.microplastics.materials.names import material_code

__all__ = ["NO_AIR", "POSSIBLY_AIR", "LIKELY_AIR", "NO_ABSORPTION", "ImportantBand",
           "important_bands", "mean_map", "smooth", "normalised"]

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
        cm-1, up to three maxima of the spectrum within the limits, the most relevant first; for a
        band without a maximum its shoulder, or the end of the spectrum if that cuts it. Each
        belongs to one band only. Empty if the spectrum has none, or if there is no spectrum: the
        absence of a band can be decisive, too.
    names : tuple of (Band or None)
        The known band assigned to each absorption, see :meth:`.Names.name`; None if none is known.
    assignments : tuple of Band
        All known bands near the absorptions: of the requested materials first, then of others.
    atmosphere : str
        "" outside the regions of water vapour and carbon dioxide; "possible" if something else is
        known there as well, or nothing absorbs; "likely" if nothing else is known there.
    materials : tuple of str
        Codes of the requested materials.
    nothing : str
        What to call the band if it has no absorptions: "no absorption", "no C=O stretch (PET)".
    networks, of_networks : int
        In how many networks' own maps the band is, and of how many; 0 if they were not compared,
        see :mod:`.stability`.
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
    nothing: str = "no absorption"
    networks: int = 0
    of_networks: int = 0

    @property
    def weight(self) -> float:
        """Order of bands: first that with the darkest place of the map, which is never without a
        label in a picture, then by share."""
        return self.share + (self.height >= 1)

    @property
    def position(self) -> float:
        """cm-1: the most relevant absorption; without any, the centre."""
        return self.absorptions[0] if self.absorptions else self.centre

    def describe(self, n: int = 2) -> str:
        """Absorptions as text: "1464 CH2 bend (PE); 1376 ...".

        A "?" after a polymer means that it was not requested, but has this band and another one;
        after a gas, that its band is there, and no other is known. "(not known)" after a vibration
        means that many materials have it.
        """
        if not self.absorptions:
            return f"{self.nothing}: a missing band can be important, too" \
                if self.nothing.startswith("no ") else self.nothing
        return "; ".join(f"{at:.0f} {self.called(i)}"
                         for i, at in enumerate(self.absorptions[:n]))

    def called(self, i: int = 0, shorten: Callable[[str], str] = str) -> str:
        """Assignment and material of the `i`-th absorption; `shorten` abbreviates the former."""
        band = self.names[i] if i < len(self.names) else None
        if band is None:
            return "not known"
        if band.material == AIR:
            return f"{band.assignment}?"
        material = f"{band.material}?" if self.foreign(i) else band.material or "not known"
        return f"{shorten(band.assignment)} ({material})" if band.assignment else material

    def foreign(self, i: int = 0) -> str:
        """Code of the polymer of the `i`-th absorption, if it was not requested; else empty."""
        band = self.names[i] if i < len(self.names) else None
        return band.material if band and band.material in BANDS \
            and band.material not in self.materials else ""

    def label(self) -> str:
        """Short text for figures: "2848 CH2 sym. stretch (PE)"."""
        name = self.called(0, shorter) if self.absorptions else self.nothing
        # If the material is unknown, the air is as likely as any material.
        air = ", air?" if self.foreign() and self.atmosphere and not self.materials else ""
        return f"{self.position:.0f} {name}{air}"


def important_bands(importance: np.ndarray, axis: np.ndarray, *,
                    spectrum: np.ndarray | None = None, materials: Iterable[str] | None = None,
                    others: Iterable[str] = (),
                    threshold: float = 0.1, tolerance: float = 10.0, resolution: float = 0.0,
                    n: int | None = None) -> list[ImportantBand]:
    """Find the bands of a map: first the one with its darkest place, then by share.

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
        if none of these explains an absorption.
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
    area = areas(axis) * values
    found = regions(values, seen, threshold)
    step = float(np.median(np.diff(axis))) if len(axis) > 1 else 1.
    if spectrum is None:
        names = Names(axis, np.zeros(0), *np.zeros((3, 0)), known, others, tolerance)
    else:
        tops = maxima(spectrum, step)
        names = Names(axis, tops.spectrum, axis[tops.at], tops.prominence, tops.width * step,
                      known, others, tolerance)
        positions = [band.wavenumber for code in known for band in BANDS[code]]
        found = with_absorptions(found, tops, values, axis, resolution / 2, positions, tolerance)
    bands = []
    for region in found:
        at = tuple(float(axis[p]) for p in region.absorptions)
        low = min(region.low, *region.absorptions, region.high)
        high = max(region.high, *region.absorptions, region.low)
        centre, ends = float(axis[region.peak]), (float(axis[low]), float(axis[high]))
        named, nothing = (), "no absorption"
        if at:
            named = tuple(names.name_cut(p) if region.cut else names.name(p) for p in at)
            listed = _listed(names, at, named)
        elif spectrum is None:
            listed = _listed(names, (sum(ends) / 2,), (),
                             max(tolerance, (ends[1] - ends[0]) / 2))
        else:
            listed = ()
            nothing = _nothing(names, region, centre, seen, resolution / 2)
        bands.append(ImportantBand(
            centre, *ends, float(values[region.peak] / top),
            float(area[low:high + 1].sum() / area.sum()), at, named, listed,
            _atmosphere(at[0] if at else centre, named, listed, known, spectrum is None),
            tuple(known), nothing))
    bands.sort(key=lambda band: -band.weight)
    return bands[:n]


def _listed(names, places, named, reach=None):
    """All known bands near some places: of the requested materials, what they are called, more."""
    both = [names.all_near(place, reach) for place in places]
    own, more = ([band for pair in both for band in pair[i]] for i in (0, 1))
    real = [band for band in named if band and band.source]
    own += [band for band in real if band.material in names.known]
    return tuple(dict.fromkeys((*own, *real, *more)))


def _nothing(names, region, centre, seen, reach):
    """What to call a region where nothing absorbs."""
    if gas_at(centre) == "carbon dioxide":
        return "carbon dioxide?"
    ends = np.flatnonzero(np.diff(np.r_[False, seen, False].astype(int)))
    if any(region.low <= end <= region.high + 1 for end in ends):
        return "end of the range"
    return names.missing(centre, reach)


def _atmosphere(at, named, listed, known, no_spectrum):
    """Value of :attr:`ImportantBand.atmosphere`."""
    if not gas_at(at):
        return NO_AIR
    if no_spectrum:
        own = any(band.material in known for band in listed)
        return POSSIBLY_AIR if own or not known and listed else LIKELY_AIR
    if not named:
        return LIKELY_AIR if gas_at(at) == "carbon dioxide" else POSSIBLY_AIR
    band = named[0]
    return LIKELY_AIR if band is None or band.material in ("", AIR) else POSSIBLY_AIR


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
    result[order] = areas(axis[order])
    return result
