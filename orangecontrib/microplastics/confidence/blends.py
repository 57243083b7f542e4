"""Whether a spectrum looks like a mixture of a model's materials (numpy only).

A network trained on single materials accepts a blend as one of them. The fit here does not name
materials, it only counts: the first derivative of a spectrum is written as a sum, with weights
of at least zero, of the means of the materials' first derivatives.
"""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.utils.rowwise import times

__all__ = ["LIMIT", "GAIN", "nonnegative", "second_share"]

#: A second material with this share of the signal flags a spectrum as a possible mixture, if it
#: also explains this part of what the first leaves. Of 72 real cotton and polyester blends that
#: models of 6 and of 12 single materials accept as polyester, 33 to 61 of 100 are flagged, and of
#: pure spectra of a study left out 0 to 13 of 100 (``benchmarks/NOTES.md``). The share alone would
#: flag more: 61 to 83, and 3 to 50.
LIMIT, GAIN = .10, .2

#: Sweeps over all materials; the weights then change by less than 0.001.
_SWEEPS = 60


def nonnegative(S: np.ndarray, M: np.ndarray) -> np.ndarray:
    """Non-negative least squares for many spectra at once, by coordinate descent.

    Parameters
    ----------
    S : ndarray, shape (n, wavenumbers)
    M : ndarray, shape (k, wavenumbers)
        Components; not all zero.

    Returns
    -------
    ndarray, shape (n, k)
        Weights W >= 0 that minimise \\|S - W M\\| (Franc et al., "Sequential coordinate-wise
        algorithm for the non-negative least squares problem", CAIP 2005).
    """
    gram = (M @ M.T).astype(float)
    W = np.zeros((len(S), len(M)))
    # The negative gradient of half the squared error.
    gradient = times(S, M.T).astype(float)
    # A spectrum that is solved is left as it is: another must not decide how well it is solved.
    busy = np.ones(len(S), bool)
    for _ in range(_SWEEPS):
        largest = np.zeros(len(S))
        for i in np.flatnonzero(np.diag(gram) > 0):
            change = np.maximum(W[:, i] + gradient[:, i] / gram[i, i], 0) - W[:, i]
            change[~busy] = 0
            np.maximum(largest, np.abs(change), out=largest)
            W[:, i] += change
            gradient -= change[:, None] * gram[i]
        busy &= largest >= 1e-6
        if not busy.any():
            break
    return W


def second_share(S: np.ndarray, means: np.ndarray, counted: np.ndarray,
                 own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the second strongest material in the signal of each spectrum.

    The share comes from a fit with all materials, which also finds a little of those that look
    like the first (poly(ethylene vinyl acetate) in polyethylene). It therefore counts only if the
    second material, added to the most similar reference of the first, leaves a fifth less.

    Parameters
    ----------
    S, means : ndarrays, shapes (n, wavenumbers), (k, wavenumbers)
        First derivatives of spectra and of the materials' means, each row of length 1
        (:func:`~orangecontrib.microplastics.spectra.preprocess.shapes`).
    counted : ndarray of bool, shape (k,)
        Materials that can be the first or second; at least two. Others only take their part of
        the signal, as chalk and soap on a particle do.
    own : ndarray, shape (n, wavenumbers)
        The most similar reference of each spectrum's class.

    Returns
    -------
    materials : ndarray of int, shape (n, 2)
        The two materials with the largest weights.
    share : ndarray, shape (n,)
        Weight of the second as a fraction of all weights; 0 if it does not count.
    """
    W = nonnegative(S, means)
    order = np.argsort(np.where(counted, -W, np.inf), axis=1)[:, :2]
    total = np.maximum(W.sum(axis=1), np.finfo(float).tiny)
    share = np.take_along_axis(W, order[:, 1:], axis=1)[:, 0] / total
    return order, np.where(_improvement(S, own, means[order[:, 1]]) >= GAIN, share, 0)


def _improvement(S, first, second):
    """Part of what the first leaves of each spectrum that the second explains; all of length 1."""
    a, b, g = ((one * other).sum(axis=1) for one, other in (
        (S, first), (S, second), (first, second)))
    apart = np.maximum(1 - g ** 2, 1e-3)
    together = (a ** 2 + b ** 2 - 2 * g * a * b) / apart
    # A negative weight is no amount.
    together = np.where((b > g * a) & (a > g * b), together, a ** 2)
    return (together - a ** 2) / np.maximum(1 - a ** 2, 1e-9)
