"""Labels beside each other without one upon another."""
from __future__ import annotations

import numpy as np

__all__ = ["spread"]


def spread(wanted: np.ndarray, widths: np.ndarray, low: float, high: float) -> np.ndarray:
    """Centres of labels that do not overlap, as near to where they are wanted as can be.

    Parameters
    ----------
    wanted : ndarray, shape (n,)
        Centres in any order.
    widths : ndarray, shape (n,)
        Widths in the same unit, with the gap that should stay.
    low, high : float
        No label reaches beyond these, unless all together are wider.

    Returns
    -------
    ndarray, shape (n,)
        The order of the labels stays. The sum of squared shifts is the smallest: labels that
        would overlap form a group with its mean where they want it (pool adjacent violators,
        Barlow et al., Statistical Inference under Order Restrictions, 1972).
    """
    wanted, widths = np.asarray(wanted, float), np.asarray(widths, float)
    if not len(wanted):
        return wanted
    order = np.argsort(wanted, kind="stable")
    before = np.cumsum(widths[order]) - widths[order]
    # Left edges less what stands before them may not fall.
    groups: list[list[float]] = []
    for value in wanted[order] - widths[order] / 2 - before:
        groups.append([value, 1])
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            value, n = groups.pop()
            mean, m = groups[-1]
            groups[-1] = [(mean * m + value * n) / (m + n), m + n]
    left = np.concatenate([np.full(int(n), value) for value, n in groups])
    left = left.clip(low, max(high - widths.sum(), low)) + before
    result = np.empty(len(wanted))
    result[order] = left + widths[order] / 2
    return result
