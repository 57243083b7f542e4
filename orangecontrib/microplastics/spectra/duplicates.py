"""Exact and near-duplicate spectra, which must not be divided between training and test data.

Published sets repeat rows, and hold several spectra of one particle that differ only by noise.
A random split puts them into both training and test data, and any classifier then looks perfect.
Numpy arrays in, numpy arrays out.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from orangecontrib.microplastics.spectra.preprocess import standardized

__all__ = ["NEAR", "exact_duplicates", "near_duplicate_groups"]

#: Correlation above which two spectra count as the same sample (measured on the published
#: sets: repeats of a particle lie above, different particles of one material mostly below).
NEAR = 0.999

#: Rows compared with all others at a time: for 3,000 spectra a block takes 6 MB.
_BLOCK = 512


def exact_duplicates(X: np.ndarray) -> np.ndarray:
    """Return which rows repeat an earlier row, value for value.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
        Missing values compare equal.

    Returns
    -------
    ndarray of bool, shape (spectra,)
        True for every copy except the first.
    """
    X = np.asarray(X)
    repeated = np.zeros(len(X), dtype=bool)
    seen = set()
    for i, row in enumerate(X):
        # Adding zero turns -0.0 into 0.0; all NaN get the same bit pattern.
        row = row + 0.0
        row[np.isnan(row)] = np.nan
        key = row.tobytes()
        repeated[i] = key in seen
        seen.add(key)
    return repeated


def near_duplicate_groups(X: np.ndarray, threshold: float = NEAR,
                          callback: Callable[[float], None] | None = None) -> np.ndarray:
    """Group spectra that are linked by correlations above a threshold.

    Two spectra belong to one group if a chain of spectra connects them in which each
    correlates with the next above `threshold` (connected components).

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
        Absorbance on one axis, without missing values.
    threshold : float
        Pearson correlation, between -1 and 1.
    callback : function of the fraction done, optional
        An exception raised in it stops the work.

    Returns
    -------
    ndarray of int, shape (spectra,)
        Group number, from 0 in order of first appearance.

    Raises
    ------
    ValueError
        If values are missing: fill them first.

    Notes
    -----
    3,000 spectra of 900 points take about 0.2 s. Correlations are computed in blocks of rows
    and links are merged after each block, so that memory grows linearly with the number of
    spectra, not quadratically.
    """
    X = np.asarray(X)
    if not np.isfinite(X).all():
        raise ValueError("Spectra with missing values cannot be compared; fill them first.")
    n = len(X)
    # Float32 products are exact to about 1e-6, the threshold's distance from 1 is 1e-3.
    Z = standardized(X)
    label = np.arange(n)
    for start in range(0, n, _BLOCK):
        row, col = np.nonzero(Z[start:start + _BLOCK] @ Z[start:].T > threshold)
        links = np.unique(label[row + start] * n + label[col + start])
        graph = coo_matrix((np.ones(len(links), bool), (links // n, links % n)), shape=(n, n))
        # `label` holds the components found so far: merge those that this block links.
        label = connected_components(graph, directed=False)[1][label]
        if callback is not None:
            callback(min(1., (start + _BLOCK) / n))
    _, first, label = np.unique(label, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=int)
    order[np.argsort(first)] = np.arange(len(first))
    return order[label]
