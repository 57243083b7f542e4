"""Similarity of spectra by the shape of their bands, and the rule for doubtful labels.

The computation behind :mod:`~orangecontrib.microplastics.labels.check`: numpy arrays in and out.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.materials.bands import REGIONS
from orangecontrib.microplastics.spectra import axis, preprocess
from orangecontrib.microplastics.spectra.preprocess import WINDOW
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix

__all__ = ["Rule", "Verdict", "class_matches", "judge", "shapes", "shared_grid"]

#: Correlations computed at a time: 16 million float32 are 64 MB.
_BLOCK = 16_000_000


class Rule(NamedTuple):
    """Thresholds of the rule, all Pearson correlations of first derivatives.

    The values were chosen on the published sets, where they mark 288 of the 2,393
    different spectra of Villegas-Camacho (8 cm-1) with Kedzierski and Jung as references.

    Attributes
    ----------
    margin : float
        Margin by which another class must match better than the spectrum's own.
    floor : float
        Minimum correlation of that match.
    own : float
        A spectrum is doubtful if its best match in its own class is below this value
    enough : int
        ... and its class has at least this many references: fewer do not show the variation
        of the class. If the class has no reference, the spectrum is not checked.
    """

    margin: float = 0.05
    floor: float = 0.6
    own: float = 0.7
    enough: int = 3


class Verdict(NamedTuple):
    """Result of the rule, one entry per spectrum.

    Attributes
    ----------
    own, other : ndarray of float, shape (n,)
        Best correlation in the spectrum's own class, and in any other class; NaN if there is
        no reference.
    suspected : ndarray of int, shape (n,)
        The other class that matches best; -1 if there is none.
    doubtful : ndarray of bool, shape (n,)
    checked : ndarray of bool, shape (n,)
        False if the label is missing, its class has no reference or the spectrum is empty.
    """

    own: np.ndarray
    other: np.ndarray
    suspected: np.ndarray
    doubtful: np.ndarray
    checked: np.ndarray


def shared_grid(*axes, step=axis.STEP, regions=REGIONS):
    """Return a uniform grid over the range common to several axes, and its part to compare.

    Parameters
    ----------
    *axes : ndarray
        Wavenumbers (cm-1), ascending.
    step : float
        Spacing of the grid, cm-1.
    regions : sequence of (low, high)
        Regions to compare; the whole range if they contain fewer than 30 grid points.

    Returns
    -------
    grid : ndarray, shape (m,)
    part : ndarray of bool, shape (m,)

    Raises
    ------
    ValueError
        If the axes share fewer than 30 grid points.
    """
    low, high = max(a[0] for a in axes), min(a[-1] for a in axes)
    grid = axis.uniform_grid(low, high, step) if high > low else np.empty(0)
    if len(grid) < 30:
        raise ValueError("The spectra to compare share too little of the axis: "
                         + " and ".join(f"{a[0]:g} to {a[-1]:g}" for a in axes)
                         + f" cm-1, at steps of {step:g} cm-1.")
    part = np.zeros(len(grid), bool)
    for first, last in regions:
        part |= (grid >= first) & (grid <= last)
    # Near-infrared and other axes have their bands elsewhere.
    if part.sum() < 30:
        part[:] = True
    # At the ends the derivative is extrapolated; PS has its strongest band near one of them.
    part[:WINDOW // 2] = part[len(part) - WINDOW // 2:] = False
    return grid, part


def shapes(X, wavenumbers, grid, part):
    """First derivatives on a grid, standardized so that dot products are correlations.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
        Absorbance. Missing values are interpolated.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending.
    grid, part : ndarrays
        From :func:`shared_grid`.

    Returns
    -------
    ndarray of float32, shape (spectra, part.sum())
        Savitzky-Golay derivative (9 points, order 2), each row centred and of length one.
        Spectra without shape (empty or constant) are zeros.
    """
    matrix = resampling_matrix(wavenumbers, grid)
    out = np.empty((len(X), int(part.sum())), np.float32)
    for start in range(0, len(X), 1000):
        rows = slice(start, start + 1000)
        filled = fill_missing(np.asarray(X[rows], float), wavenumbers)
        # Only spectra without any value are still missing.
        filled = np.nan_to_num(filled)
        out[rows] = preprocess.shapes(filled @ matrix, part)
    return out


def class_matches(S, R, classes, n_classes, *, keys=None, reference_keys=None, callback=None):
    """Best correlation of each spectrum with the references of each class.

    Parameters
    ----------
    S : ndarray, shape (n, m)
        Spectra, from :func:`shapes`.
    R : ndarray, shape (r, m)
        References, likewise.
    classes : ndarray of int, shape (r,)
        Class of each reference; negative where unknown.
    n_classes : int
    keys, reference_keys : ndarrays of int, shapes (n,), (r,), optional
        A reference is not compared with a spectrum of the same key (same study, or
        near-duplicate).
    callback : function of the fraction done, optional
        An exception raised in it stops the work.

    Returns
    -------
    best : ndarray of float32, shape (n, n_classes)
        NaN if a class has no reference for the spectrum.
    count : ndarray of int, shape (n, n_classes)
        Number of references compared with the spectrum.
    """
    n = len(S)
    best = np.full((n, n_classes), -np.inf, np.float32)
    count = np.zeros((n, n_classes), int)
    members = [np.flatnonzero(np.asarray(classes) == c) for c in range(n_classes)]
    rows = max(1, min(1024, _BLOCK // max(1, max(map(len, members), default=1))))
    for start in range(0, n, rows):
        block = slice(start, start + rows)
        for c, mine in enumerate(members):
            if not len(mine):
                continue
            r = S[block] @ R[mine].T
            if keys is None:
                count[block, c] = len(mine)
            else:
                same = np.asarray(keys)[block, None] == np.asarray(reference_keys)[None, mine]
                r[same] = -np.inf
                count[block, c] = len(mine) - same.sum(axis=1)
            best[block, c] = r.max(axis=1)
        if callback is not None:
            callback(min(1.0, (start + rows) / n))
    best[count == 0] = np.nan
    return best, count


def judge(best, count, labels, rule=None):
    """Apply the rule for doubtful labels.

    Parameters
    ----------
    best, count : ndarrays, shape (n, n_classes)
        From :func:`class_matches`.
    labels : ndarray of int, shape (n,)
        Class by the label; negative where unknown.
    rule : Rule

    Returns
    -------
    Verdict
    """
    rule = rule or Rule()
    n, k = best.shape
    rows = np.arange(n)
    labels = np.asarray(labels)
    known = labels >= 0
    own = np.full(n, np.nan)
    own[known] = best[rows[known], labels[known]]
    n_own = np.zeros(n, int)
    n_own[known] = count[rows[known], labels[known]]
    others = np.where(np.isnan(best), -np.inf, best).astype(float)
    others[rows[known], labels[known]] = -np.inf
    suspected = others.argmax(axis=1) if k else np.full(n, -1)
    other = others.max(axis=1, initial=-np.inf)
    suspected[np.isinf(other)] = -1
    other[np.isinf(other)] = np.nan
    checked = known & (n_own > 0)
    with np.errstate(invalid="ignore"):
        doubtful = checked & (
            (other > own + rule.margin) & (other > rule.floor)
            | (own < rule.own) & (n_own >= rule.enough))
    return Verdict(own, other, suspected, doubtful, checked)

