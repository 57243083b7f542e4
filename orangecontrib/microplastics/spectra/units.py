"""Transmittance told from absorbance, and turned into it.

Published spectra come in both units, often unnamed. Absorbances of a mixture's
components add (Beer-Lambert law), transmittances do not, so that a mixture made
from transmittance teaches something that does not exist.
"""
from __future__ import annotations

import numpy as np
from Orange.data import Domain, Table

from orangecontrib.microplastics.spectra.axis import spectral_columns

__all__ = ["some_rows", "looks_like_transmittance", "transmittance_rows", "is_percent",
           "to_absorbance", "in_absorbance"]

#: Transmittance below this is taken as this: absorbance 3, past what an ordinary
#: detector tells from nothing.
FLOOR = 1e-3


def some_rows(n: int, most: int = 200) -> slice:
    """At most so many of `n` rows, evenly spread: enough to see the unit of a table, at once."""
    return slice(None, None, max(1, -(-n // most)))


def transmittance_rows(X: np.ndarray) -> np.ndarray:
    """Rows that look like transmittance.

    Bands are narrow and most of a spectrum is baseline. In absorbance the baseline
    lies low and bands rise from it; in transmittance it lies high (near 1 or 100)
    and bands hang from it. A row counts as transmittance where its median is nearer
    to its top than to its bottom, where it is nowhere much below zero, and where its
    top is what a transmittance's may be: 0.2 to 1.5, or 20 to 150 %.

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
    # Row by row, as NaN needs it, takes ten times as long.
    low, middle, top = np.percentile(X[some], [1, 50, 99], axis=1) if finite.all() else \
        np.nanpercentile(np.where(finite[some], X[some], np.nan), [1, 50, 99], axis=1)
    hangs = (top - middle) < (middle - low)
    plausible = ((top > 0.2) & (top < 1.5)) | ((top > 20) & (top < 150))
    looks[some] = hangs & plausible & (low > -0.05 * top)
    return looks


def looks_like_transmittance(X: np.ndarray) -> bool:
    """Whether more than half of the spectra look like transmittance.

    A rule of thumb (see :func:`transmittance_rows`): it never sees a unit written
    down, and spectra that are mostly one broad band can deceive it.
    """
    rows = transmittance_rows(X)
    return len(rows) > 0 and bool(rows.mean() > 0.5)


def is_percent(X: np.ndarray) -> bool:
    """Whether transmittance is in percent: half of the spectra reach above 5."""
    with np.errstate(invalid="ignore"):
        tops = np.nanpercentile(np.asarray(X, float), 99, axis=1)
    return bool(np.nanmedian(tops) > 5)


def to_absorbance(X: np.ndarray, percent: bool | None = None, floor: float = FLOOR) -> np.ndarray:
    """Absorbance, A = -log10 T, of transmittance.

    Parameters
    ----------
    X : ndarray
        Transmittance; NaN stays NaN.
    percent : bool, optional
        Whether 100 means that all light passes; by default told by :func:`is_percent`.
    floor : float
        Smallest transmittance (of 1), since noise at full absorption falls below zero.

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
    """The spectra of a table, taken for transmittance and turned into absorbance.

    Other columns are left out, classes and metas are kept.

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
