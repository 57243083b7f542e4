"""Detection of transmittance, and conversion to absorbance.

Published spectra come in both units, often without naming them. Absorbances of a
mixture's components add (Beer-Lambert law), transmittances do not, so a mixture
computed from transmittance is not physical.
"""
from __future__ import annotations

import numpy as np
from Orange.data import Domain, Table

from orangecontrib.microplastics.spectra.axis import spectral_columns

__all__ = ["FLOOR", "some_rows", "looks_like_transmittance", "transmittance_rows", "is_percent",
           "to_absorbance", "in_absorbance"]

#: Lower limit of transmittance; smaller values are replaced by it. It is an absorbance of
#: 3, which an ordinary detector cannot distinguish from total absorption.
FLOOR = 1e-3


def some_rows(n: int, most: int = 200) -> slice:
    """Slice of at most `most` of `n` rows, evenly spaced: enough to detect a table's unit fast."""
    return slice(None, None, max(1, -(-n // most)))


def transmittance_rows(X: np.ndarray) -> np.ndarray:
    """Return which rows look like transmittance.

    Bands are narrow and most of a spectrum is baseline. In absorbance the baseline
    is low and bands point up; in transmittance it is high (near 1 or 100) and bands
    point down. A row counts as transmittance if its median is nearer to its top
    (99th percentile) than to its bottom (1st percentile), its bottom is not far below
    zero, and its top is plausible for transmittance: 0.2 to 1.5, or 20 to 150 %.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
        May hold NaN.

    Returns
    -------
    ndarray of bool, shape (spectra,)
    """
    X = np.asarray(X, float)
    looks = np.zeros(len(X), bool)
    finite = np.isfinite(X)
    some = finite.sum(axis=1) >= 5
    if not some.any():
        return looks
    # nanpercentile works row by row and takes ten times as long.
    low, middle, top = np.percentile(X[some], [1, 50, 99], axis=1) if finite.all() else \
        np.nanpercentile(np.where(finite[some], X[some], np.nan), [1, 50, 99], axis=1)
    hangs = (top - middle) < (middle - low)
    plausible = ((top > 0.2) & (top < 1.5)) | ((top > 20) & (top < 150))
    looks[some] = hangs & plausible & (low > -0.05 * top)
    return looks


def looks_like_transmittance(X: np.ndarray) -> bool:
    """Whether more than half of the spectra look like transmittance.

    A heuristic (see :func:`transmittance_rows`): it does not know the recorded unit,
    and spectra that are mostly one broad band can be misjudged.
    """
    rows = transmittance_rows(X)
    return len(rows) > 0 and bool(rows.mean() > 0.5)


def is_percent(X: np.ndarray) -> bool:
    """Whether transmittance is in percent: half of the spectra exceed 5."""
    with np.errstate(invalid="ignore"):
        tops = np.nanpercentile(np.asarray(X, float), 99, axis=1)
    return bool(np.nanmedian(tops) > 5)


def to_absorbance(X: np.ndarray, percent: bool | None = None, floor: float = FLOOR) -> np.ndarray:
    """Convert transmittance to absorbance, A = -log10 T.

    Parameters
    ----------
    X : ndarray
        Transmittance; NaN stays NaN.
    percent : bool, optional
        Whether 100 is full transmission; by default detected by :func:`is_percent`.
    floor : float
        Lower limit of transmittance (1 is full transmission), since noise at total
        absorption falls below zero.

    Returns
    -------
    ndarray of float, of the same shape

    Raises
    ------
    ValueError
        If `floor` is not positive.
    """
    if not floor > 0:
        raise ValueError("The smallest transmittance must be above zero: "
                         "its logarithm is taken.")
    X = np.asarray(X, float)
    if percent is None:
        percent = X.size > 0 and is_percent(np.atleast_2d(X))
    return -np.log10(np.maximum(X / 100 if percent else X, floor))


def in_absorbance(data: Table) -> Table:
    """Convert the spectra of a table from transmittance to absorbance.

    Attributes that are not wavenumbers are left out, classes and metas are kept.

    Raises
    ------
    ValueError
        If the data have no wavenumbers.
    """
    columns, _ = spectral_columns(data.domain)
    X = data.to_dense().X if data.is_sparse() else data.X
    domain = data.domain
    absorbance = Table.from_numpy(
        Domain([domain.attributes[c] for c in columns], domain.class_vars, domain.metas),
        to_absorbance(X[:, columns]), data.Y, data.metas, data.W if data.has_weights() else None)
    absorbance.name, absorbance.ids = data.name, data.ids
    return absorbance
