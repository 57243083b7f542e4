"""Rows with the same pattern of true and false, such as spectra measured at the same points."""
from __future__ import annotations

import numpy as np

__all__ = ["groups"]


def groups(mask: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Distinct rows of a mask, each with the numbers of the rows that are equal to it.

    Parameters
    ----------
    mask : ndarray of bool, shape (n, m)

    Returns
    -------
    list of (ndarray of bool, shape (m,); ndarray of int)
    """
    if not len(mask):
        return []
    # By far the most common case: all spectra of an instrument.
    if (mask == mask[0]).all():
        return [(mask[0], np.arange(len(mask)))]
    packed = np.packbits(mask, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel()))[:-1]
    return [(mask[i], rows) for i, rows in zip(first, np.split(order, ends), strict=True)]
