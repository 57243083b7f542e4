"""Which spectra can be learnt from or predicted, and which are kept aside in training."""
from __future__ import annotations

import numpy as np

__all__ = ["has_bands", "tame", "validation_split"]

#: Float32, in which networks count, squares numbers up to here and down to its inverse.
_TAME = 1e15


def has_bands(X: np.ndarray) -> np.ndarray:
    """Spectra that say something: all values there, and not all alike.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)

    Returns
    -------
    ndarray of bool, shape (spectra,)
    """
    if not X.shape[1]:
        return np.zeros(len(X), bool)
    low, high = X.min(axis=1), X.max(axis=1)
    # NaN compares false; rounding of a constant is no band.
    return high - low > 1e-9 * np.maximum(np.abs(low), np.abs(high))


def tame(X: np.ndarray) -> np.ndarray:
    """Spectra scaled where their numbers are too large or small for single precision.

    Networks look at the shape of a spectrum alone, so that the scale is free.
    `X` itself where nothing is to be done.
    """
    with np.errstate(invalid="ignore"):
        largest = np.maximum(X.max(axis=1, initial=0), -X.min(axis=1, initial=0))
        wild = (largest > _TAME) | ((largest > 0) & (largest < 1 / _TAME))
    if not wild.any():
        return X
    X = X.copy()
    X[wild] /= largest[wild, None]
    return X


def validation_split(y: np.ndarray, share: float, groups: np.ndarray | None,
                     seed: int) -> np.ndarray:
    """Choose what is kept aside: whole groups, about `share` of each class.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
    share : float
    groups : ndarray, shape (n,), or None
        Spectra of one group (near-duplicates, one source) stay together; None
        takes each spectrum alone.
    seed : int

    Returns
    -------
    ndarray of bool, shape (n,)
        True for validation. Every class keeps at least one group for training.
    """
    rng = np.random.default_rng(seed)
    groups = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    # A group counts for the class that most of its spectra have.
    counts = np.zeros((groups.max(initial=-1) + 1, y.max(initial=-1) + 1), int)
    np.add.at(counts, (groups, y), 1)
    home = counts.argmax(axis=1)
    chosen = np.zeros(len(counts), bool)
    for cls in np.unique(y):
        own = rng.permutation(np.flatnonzero(home == cls))
        want = share * counts[own].sum()
        taken = np.cumsum(counts[own].sum(axis=1))
        n = min(int(np.searchsorted(taken, want)) + 1, len(own) - 1) if len(own) > 1 else 0
        chosen[own[:n]] = True
    return chosen[groups]
