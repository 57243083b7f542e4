"""Polymers other than a class's own that residual bands tell (numpy only).

Most strong bands of the polymer must be found, and they must be most of the residual bands. With
tables of seventeen polymers, two bands near two positions would be found by chance otherwise.
"""
from __future__ import annotations

from functools import cache

import numpy as np

from orangecontrib.microplastics.confidence.listed_bands import ListedBands, OwnBands
from orangecontrib.microplastics.confidence.residual_bands import APART
from orangecontrib.microplastics.materials.bands import BANDS, REGIONS, is_added
from orangecontrib.microplastics.materials.companions import COMPANION_MATERIALS, NEAR
from orangecontrib.microplastics.materials.names import NAMES

__all__ = ["by_one_band", "by_many_bands"]

#: Between these wavenumbers (cm-1) no polymer absorbs but those with C#N.
_SILENT = (2000., 2700.)

#: Bands from here on, cm-1, do not tell a polymer: C-H stretches are those of anything organic.
_C_H = REGIONS[1][0]

#: Heights (as in the tables) of bands that a foreign polymer must show, and of those that it may.
_STRONG, _WEAK = .2, .1

#: Minimum share of a foreign polymer's strong bands, by height, that must be found; less is enough
#: if many are found; minimum share of the residual bands, by height, that it must explain. For
#: spectra of materials that a model does not know, 1,387 of 1,398 polymers named are then right; of
#: 3,800 spectra of known materials, 25 get a foreign polymer, most of them PE with PP and the like.
_FOUND, _MANY, _FOUND_OF_MANY, _OF_ALL = .5, 5, .3, .5

#: A second polymer is named if it is nearly as likely as the first.
_AS_LIKELY = .8


def by_one_band(bands: ListedBands, own: OwnBands):
    """Polymers with a band where no others absorb: nitrile. The nearest position decides.

    Returns
    -------
    texts : ndarray of str objects, shape (n,)
        "C#N stretch (nitrile): acrylonitrile butadiene styrene", or empty.
    explained : ndarray of bool, shape (n, bands)
        All bands of the (first) polymer.
    """
    first, there = bands.strongest(
        bands.high & bands.free & (bands.at > _SILENT[0]) & (bands.at < _SILENT[1]))
    if not there.any():
        return _nothing(bands)
    at = bands.at[np.arange(len(first)), first]
    codes = [code for code in _foreign(own) if any(map(_is_silent, _telling(code)))]
    distance = np.array([np.abs(at - [[band.wavenumber] for band in _telling(code)]).min(axis=0)
                         for code in codes]).reshape(len(codes), len(at))
    return _names(bands, codes, [at] * len(codes), np.where(
        there & (distance <= NEAR), 1 - distance / (2 * NEAR), 0))


def by_many_bands(bands: ListedBands, own: OwnBands):
    """Polymers with most of the free bands. Returns the same."""
    free = bands.free & bands.narrow
    if not (free & bands.high).any():
        return _nothing(bands)
    rows = np.arange(len(free))
    # Next to a strong band of the class, only what is higher than usual is another.
    usable = free & (~bands.near(own.hiding, APART) | bands.above)
    size = np.where(free & (bands.at < _C_H), bands.size, 0)
    all_sizes = np.maximum(size.sum(axis=1), 1e-9)
    codes, scores, at = _foreign(own), [], []
    for code in codes:
        known = _telling(code)
        matched = usable & np.array([bands.near([band.wavenumber]) for band in known])
        of_known, of_listed = matched.any(axis=2), matched.any(axis=0)
        heights = np.array([[band.height * (band.wavenumber < _C_H)] for band in known])
        # Weak bands, and those that the class hides, count only if they are found.
        required = np.array([[(_is_silent(band) or band.height >= _STRONG)
                              and bands.measured(band.wavenumber)
                              and not own.hides(band.wavenumber, APART)] for band in known])
        found = (heights * of_known).sum(axis=0) \
            / np.maximum((heights * (of_known | required)).sum(axis=0), 1e-9)
        of_all = (size * of_listed).sum(axis=1) / all_sizes
        count = np.minimum(of_listed.sum(axis=1), of_known.sum(axis=0))
        first, there = bands.strongest(of_listed & bands.high)
        good = there & (count > 1) & (of_all >= _OF_ALL)
        good &= found >= np.where(count >= _MANY, _FOUND_OF_MANY, _FOUND)
        scores.append(np.where(good, found * of_all, 0))
        at.append(bands.at[rows, first])
    return _names(bands, codes, at, np.array(scores).reshape(-1, len(rows)))


def _foreign(own):
    return [code for code in NAMES if code not in own.codes and code not in COMPANION_MATERIALS]


@cache
def _telling(code):
    """Bands that tell a polymer: not the weaker one of two that are not resolved."""
    known = [band for band in BANDS[code] if band.height is not None
             and (band.height >= _WEAK or _is_silent(band))
             and not is_added(band)]
    kept = []
    for band in sorted(known, key=lambda band: -band.height):
        if all(abs(band.wavenumber - other.wavenumber) >= APART for other in kept):
            kept.append(band)
    return tuple(kept)


def _is_silent(band):
    return _SILENT[0] < band.wavenumber < _SILENT[1]


def _nothing(bands):
    return np.full(len(bands.at), "", object), np.zeros(bands.at.shape, bool)


def _names(bands, codes, at, scores):
    """Names of the one or two polymers with the highest scores, shape (polymers, n).

    `at` are the positions of the bands to name the vibration of, of the same shape.
    """
    texts, explained = _nothing(bands)
    order = np.argsort(-scores, axis=0, kind="stable")[:2]
    for row in np.flatnonzero(scores.max(axis=0, initial=0) > 0):
        best = order[0, row]
        chosen = [codes[i] for i in order[:, row]
                  if scores[i, row] >= _AS_LIKELY * scores[best, row]]
        place = at[best][row]
        nearest = min(_telling(chosen[0]), key=lambda band: abs(band.wavenumber - place))
        texts[row] = f"{nearest.assignment}: {' or '.join(NAMES[code] for code in chosen)}"
        places = np.array([band.wavenumber for band in BANDS[chosen[0]]])
        explained[row] = (np.abs(bands.at[row][:, None] - places) <= NEAR).any(axis=1)
    return texts, explained & bands.narrow
