"""Layout of labels along a line without overlap."""
from __future__ import annotations

import numpy as np
from sklearn.isotonic import isotonic_regression

__all__ = ["spread"]


def spread(wanted: np.ndarray, widths: np.ndarray, low: float, high: float) -> np.ndarray:
    """Shift the centres of labels as little as possible so that they do not overlap.

    Parameters
    ----------
    wanted : ndarray, shape (n,)
        Desired centres, in any order.
    widths : ndarray, shape (n,)
        Widths in the same unit, including the gap between labels.
    low, high : float
        Limits for the labels, unless all labels together are wider.

    Returns
    -------
    ndarray, shape (n,)
        The order of the labels is kept. The sum of squared shifts is minimal: labels that
        would overlap form a group centred on the mean of their desired positions (isotonic
        regression).
    """
    wanted, widths = np.asarray(wanted, float), np.asarray(widths, float)
    if not len(wanted):
        return wanted
    order = np.argsort(wanted, kind="stable")
    before = np.cumsum(widths[order]) - widths[order]
    # Left edges minus the total width of the preceding labels must not decrease.
    left = before + isotonic_regression(wanted[order] - widths[order] / 2 - before,
                                        y_min=low, y_max=max(high - widths.sum(), low))
    result = np.empty(len(wanted))
    result[order] = left + widths[order] / 2
    return result
