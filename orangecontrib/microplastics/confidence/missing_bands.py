"""Missing bands: bands that spectra of a class have, and a spectrum lacks (numpy and scipy only).

The other scores ask what a spectrum has that its class has not. None of them notices what is
absent: polyethylene passes as poly(ethylene vinyl acetate), which has all bands of polyethylene
and two more, and nylon passes as protein. A chemist looks for the bands that must be there:
"no C=O of acetate at 1736 cm-1, so this is no PEVA". This module does the same:

1. The height of a band is the negative second derivative, which is zero for a sloping baseline,
   scaled to rms 1 over the wavenumbers that the network uses.
2. A band is usual in a class if three quarters of its training spectra have it, in each study
   that has some of them.
3. A spectrum lacks bands if the two that are lowest in it have, on average, less than a fifth of
   the height that those three quarters reach. One alone may be hidden by a filler or an additive.

Chosen by leaving out one material of four published studies at a time, and one study at a time
(``benchmarks/NOTES.md``).
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d

from orangecontrib.microplastics.confidence.residual_bands import examined
from orangecontrib.microplastics.spectra.preprocess import derivatives

__all__ = ["Missing", "usual_bands", "lowered", "missing", "SHARE", "LACKING"]

#: Share of a class's spectra that have a usual band.
SHARE = .75

#: Bands are lacking below this fraction of their usual height.
LACKING = .2

#: Smallest usual height, in multiples of the rms: weaker bands are hidden by noise. The second is
#: for a class from one study only: its weak bands may be that study's contaminants.
_LEAST, _LEAST_OF_ONE = .5, .7

#: Bands are searched for within this many points: shifts between instruments and grades.
_NEAR = 2

#: Largest distance of a band from its position in a table, cm-1.
_TABLE = 12.

#: Points at the ends of the grid where the derivative is unreliable.
_END = 5

#: Minimum number of spectra of a study for which a band must be usual separately.
_STUDY = 5

#: Number of bands that are reported, the lowest first.
_REPORTED = 3


class Missing(NamedTuple):
    """The usual bands that each spectrum lacks most.

    Attributes
    ----------
    height : ndarray, shape (n, 3)
        Height of the band as a fraction of its usual height, ascending; 1 for at least that
        height, or if the class has no further usual band.
    wavenumber : ndarray, shape (n, 3)
        Position of the usual band, cm-1.
    """
    height: np.ndarray
    wavenumber: np.ndarray


def _heights(X, seen):
    """Height of a band at each point, and within :data:`_NEAR` points of it."""
    heights = -derivatives(X, 2)
    scale = seen & _reliable(len(seen))
    if not scale.any():
        scale = seen
    squares = np.ascontiguousarray(heights[:, scale]) ** 2
    rms = np.sqrt(np.mean(squares, axis=1, keepdims=True))
    heights /= np.maximum(rms, np.finfo(np.float32).tiny)
    return heights, maximum_filter1d(heights, 2 * _NEAR + 1, axis=1)


def _reliable(n):
    reliable = np.ones(n, bool)
    reliable[:_END] = reliable[-_END:] = False
    return reliable


def usual_bands(X: np.ndarray, y: np.ndarray, wavenumbers: np.ndarray, seen: np.ndarray,
                studies: np.ndarray | None = None, measured: np.ndarray | None = None,
                known: Sequence[Sequence[float] | None] | None = None) -> np.ndarray:
    """Heights of the bands that the spectra of each class usually have.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance on a uniform grid, no missing values.
    y : ndarray of int, shape (n,)
        Class indices; each of 0 ... y.max() must occur.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending.
    seen : ndarray of bool, shape (wavenumbers,)
        Wavenumbers that the network uses. Bands are also looked for beyond them, except where
        only the air absorbs: the nitrile band of ABS at 2237 cm-1 is not among them.
    studies : ndarray, shape (n,), optional
        Where the spectra come from.
    measured : ndarray, shape (wavenumbers,), optional
        Share of the spectra that were measured, not filled, at each wavenumber; a band is usual
        only where nearly all were.
    known : sequence of (sequence of float or None), length classes, optional
        Positions (cm-1) of each class's bands from tables; None if there is no table. Only these
        are usual then: the fillers and artefacts of one study are not.

    Returns
    -------
    ndarray of float32, shape (classes, wavenumbers)
        The height reached by three quarters of the spectra at the position of a usual band;
        elsewhere zero.
    """
    look = _reliable(len(wavenumbers)) & examined(wavenumbers)
    if measured is not None:
        look &= measured > .9
    out = np.zeros((int(y.max()) + 1, X.shape[1]), np.float32)
    for c, row in enumerate(out):
        own = np.flatnonzero(y == c)
        heights, near = _heights(X[own], seen)
        mean = heights.mean(axis=0)
        usual, least = np.quantile(near, 1 - SHARE, axis=0), _LEAST
        if studies is not None:
            _, which, counts = np.unique(np.asarray(studies)[own].astype(str),
                                         return_inverse=True, return_counts=True)
            large = np.flatnonzero(counts >= _STUDY)
            for i in large:
                usual = np.minimum(usual, np.quantile(near[which == i], 1 - SHARE, axis=0))
            least = _LEAST if len(large) > 1 else _LEAST_OF_ONE
        peak = (mean == maximum_filter1d(mean, 2 * _NEAR + 1)) & look & (usual > least)
        if known is not None and known[c] is not None:
            distance = np.abs(wavenumbers[:, None] - np.asarray(known[c], float))
            peak &= distance.min(axis=1, initial=np.inf) <= _TABLE
        row[peak] = usual[peak]
    return out


def lowered(usual: np.ndarray, X: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Usual bands of a class, no higher than three quarters of further spectra have them.

    Parameters
    ----------
    usual : ndarray, shape (wavenumbers,)
        One row of :func:`usual_bands`.
    X : ndarray, shape (n, wavenumbers)
        Spectra of the class from another instrument.
    seen : ndarray of bool, shape (wavenumbers,)
    """
    _, near = _heights(X, seen)
    low = np.minimum(usual, np.quantile(near, 1 - SHARE, axis=0)).astype(np.float32)
    return np.where(low > _LEAST, low, 0).astype(np.float32)


def missing(X: np.ndarray, classes: np.ndarray, wavenumbers: np.ndarray, seen: np.ndarray,
            usual: np.ndarray, measured: np.ndarray | None = None) -> Missing:
    """Find the usual bands of its class that each spectrum lacks most.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance, no missing values.
    classes : ndarray of int, shape (n,)
        Index of each spectrum's class in `usual`.
    wavenumbers, seen : ndarrays, shape (wavenumbers,)
    usual : ndarray, shape (classes, wavenumbers)
        From :func:`usual_bands`.
    measured : ndarray of bool, shape (n, wavenumbers), optional
        Where spectra were measured, not filled; a band elsewhere is not lacking.

    Returns
    -------
    Missing
    """
    n = len(X)
    found = Missing(np.ones((n, _REPORTED)), np.full((n, _REPORTED), np.nan))
    _, near = _heights(X, seen)
    for c in np.unique(classes):
        bands = np.flatnonzero(usual[c])
        if not len(bands):
            continue
        rows = np.flatnonzero(classes == c)
        height = near[np.ix_(rows, bands)] / usual[c, bands]
        if measured is not None:
            height[~measured[np.ix_(rows, bands)]] = 1
        k = min(_REPORTED, len(bands))
        order = np.argsort(height, axis=1)[:, :k]
        found.height[rows, :k] = np.minimum(np.take_along_axis(height, order, axis=1), 1)
        found.wavenumber[rows, :k] = wavenumbers[bands[order]]
    return found
