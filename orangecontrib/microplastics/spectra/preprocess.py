"""Preprocessing of spectra before comparison or training: arrays in, arrays out.

Rules for missing values in the whole add-on:

1. NaN means "not measured". It is never replaced by zero, and a spectrum without any value is
   never filled. Only where spectra are compared with each other (near-duplicates, labels) do
   zeros stand for a spectrum without any value: such a row correlates with nothing.
2. Code that needs complete spectra fills gaps by linear interpolation, once, when spectra are put
   on a grid (:func:`.resample.fill_missing`, :class:`.resample.Resample`); beyond the ends the
   last value is repeated. Functions that require spectra without missing values say so.
3. Before gaps are filled, coverage is checked: a model predicts a spectrum only if the spectrum
   has three quarters of the wavenumbers that the model needs
   (:mod:`orangecontrib.microplastics.dcnet.compatibility`, ``DCNetModel.answer``).
4. A spectrum without any value, or with a constant one (:func:`has_bands`), is left out of
   training, and the number left out is reported. Its prediction is NaN: no class, no
   probability, no decision but "unknown".
5. Code that inspects a table as loaded (its unit, its duplicates) skips missing values.
"""
from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter

__all__ = ["has_bands", "in_float32_range", "derivatives", "standardized", "shapes", "snv",
           "WINDOW"]

#: Number of points in the window of the derivatives.
WINDOW = 9

#: Values up to this, and down to its inverse, can be squared in float32, as networks do.
_LARGEST = 1e15


def has_bands(X: np.ndarray) -> np.ndarray:
    """Return which spectra are usable: no missing values, and not constant.

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
    # NaN compares false; rounding errors of a constant do not count as a band.
    return high - low > 1e-9 * np.maximum(np.abs(low), np.abs(high))


def in_float32_range(X: np.ndarray) -> np.ndarray:
    """Scale spectra whose values are too large or too small for single precision.

    Networks use only the shape of a spectrum, so the scale is arbitrary.
    Returns `X` itself if no spectrum needs scaling.
    """
    with np.errstate(invalid="ignore"):
        largest = np.maximum(X.max(axis=1, initial=0), -X.min(axis=1, initial=0))
        wild = (largest > _LARGEST) | ((largest > 0) & (largest < 1 / _LARGEST))
    if not wild.any():
        return X
    X = X.copy()
    X[wild] /= largest[wild, None]
    return X


def derivatives(X: np.ndarray, order: int = 1) -> np.ndarray:
    """Savitzky-Golay derivatives along the grid, float32.

    :data:`WINDOW` points and polynomial order 2 (Anal. Chem. 1964, 36, 1627), as in the
    network's ``Front``. Beyond the ends the last value is repeated, so the derivative is
    unreliable over half a window there.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        At least 9 wavenumbers, no missing values.
    order : {1, 2}
        Which derivative.
    """
    # In the order of rows: numpy adds up columns in another order, even for a single spectrum.
    X = np.ascontiguousarray(X, float)
    # A large offset would reduce the precision in float32.
    X = (X - X.mean(axis=1, keepdims=True)).astype(np.float32)
    return savgol_filter(X, WINDOW, 2, deriv=order, mode="nearest", axis=1)


def standardized(X: np.ndarray, dtype=np.float32) -> np.ndarray:
    """Centre rows and scale them to length one, so that ``A @ B.T`` holds Pearson correlations.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
        Without missing values. A row that is constant (or not finite) becomes zeros: it
        correlates with nothing, not even with itself.

    Returns
    -------
    ndarray of `dtype`, shape (spectra, wavenumbers)
    """
    # Part of a grid (X[:, part]) is in the order of columns, which numpy adds up in another order.
    X = np.ascontiguousarray(X, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        Z = X - X.mean(axis=1, keepdims=True)
        length = np.sqrt((Z * Z).sum(axis=1, keepdims=True))
        # Rounding errors of a constant row are not a shape.
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
        Where mean and standard deviation are computed; by default everywhere.
    """
    level = X[..., part].std(axis=-1, keepdims=True)
    return (X - X[..., part].mean(axis=-1, keepdims=True)) / np.where(level > 0, level, 1)
