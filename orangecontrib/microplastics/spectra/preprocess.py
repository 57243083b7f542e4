"""What is done to spectra before they are compared or learnt from: arrays in, arrays out.

Missing values, here and everywhere:

1. NaN means "not measured". It is never zero, and no number is invented for a whole spectrum.
2. Who needs whole spectra fills gaps by straight lines, once, when spectra come onto a grid
   (:func:`.resample.fill_missing`, :class:`.resample.Resample`); beyond the ends the last value
   goes on. Functions that take spectra without missing values say so.
3. Before that it is asked what was measured: a model answers for a spectrum that has three
   quarters of the wavenumbers that it needs (:mod:`.compatibility`, ``DCNetModel.answer``).
4. A spectrum without any value, or the same everywhere (:func:`has_bands`), is left out of
   training, and how many were is said. Its answer is NaN: no class, no probability, no decision
   but "unknown".
5. What looks at a table as it came (its unit, its duplicates) passes over missing values.
"""
from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter

__all__ = ["has_bands", "tame", "derivatives", "standardized", "shapes", "snv", "WINDOW"]

#: Points of the derivatives' window.
WINDOW = 9

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


def derivatives(X: np.ndarray, order: int = 1) -> np.ndarray:
    """Derivatives along the grid, float32.

    Savitzky-Golay, :data:`WINDOW` points and order 2 (Anal. Chem. 1964, 36, 1627), as the network's
    front has them. The ends go on as they are; over half a window there, nothing is known.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        At least 9 wavenumbers, no missing values.
    order : {1, 2}
        Which derivative.
    """
    X = np.asarray(X, float)
    # Offsets would cost float32 its digits.
    X = (X - X.mean(axis=1, keepdims=True)).astype(np.float32)
    return savgol_filter(X, WINDOW, 2, deriv=order, mode="nearest", axis=1)


def standardized(X: np.ndarray, dtype=np.float32) -> np.ndarray:
    """Rows centred and scaled to length one, so that ``A @ B.T`` holds Pearson correlations.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
        Without missing values. A row that is constant (or not finite) becomes zeros: it
        correlates with nothing, itself included.

    Returns
    -------
    ndarray of `dtype`, shape (spectra, wavenumbers)
    """
    X = np.asarray(X, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        Z = X - X.mean(axis=1, keepdims=True)
        length = np.sqrt((Z * Z).sum(axis=1, keepdims=True))
        # What rounding leaves of a constant is not a shape.
        level = np.abs(X).max(axis=1, keepdims=True) if X.shape[1] else 0
        flat = ~(length > 1e-9 * np.sqrt(max(X.shape[1], 1)) * level)
        Z = np.where(flat, 0, Z / length)
    return Z.astype(dtype)


def shapes(X: np.ndarray, part: np.ndarray) -> np.ndarray:
    """First derivative of each spectrum over part of the grid, of mean 0 and length 1.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance on a uniform grid, no missing values.
    part : ndarray of bool, shape (wavenumbers,)

    Returns
    -------
    ndarray of float32, shape (n, part.sum())
        The product of two rows is the correlation of their derivatives (Savitzky-Golay,
        9 points, order 2). Rows without any band are zero.
    """
    return standardized(derivatives(X)[:, part])


def snv(X: np.ndarray, part: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Standard normal variate: each spectrum with mean 0 and standard deviation 1.

    Barnes et al., Appl. Spectrosc. 1989, 43, 772. A constant spectrum becomes zeros.

    Parameters
    ----------
    X : ndarray, shape (..., wavenumbers)
    part : ndarray of bool, shape (wavenumbers,), optional
        Where mean and deviation are taken; by default everywhere.
    """
    level = X[..., part].std(axis=-1, keepdims=True)
    return (X - X[..., part].mean(axis=-1, keepdims=True)) / np.where(level > 0, level, 1)
