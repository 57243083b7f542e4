"""How many parts of mixtures are overlooked, and a threshold that limits it (numpy only).

A component is named if its presence reaches a threshold. The lower the threshold, the fewer parts
are overlooked, and the more are named that are not there. With mixtures whose composition is
known, conformal risk control (Angelopoulos et al., "Conformal risk control", ICLR 2024,
arXiv:2208.02814) finds the highest threshold at which at most a share is overlooked, on average
over further mixtures like these.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["LARGE", "FEWEST", "PartsAside", "missing_at_most", "overlooked", "false_parts"]

#: Smallest fraction of the parts that count.
LARGE = .1

#: Minimum number of mixtures: with fewer than 20, not even "5 %" can be promised.
FEWEST = 20


class PartsAside(NamedTuple):
    """Mixtures of known composition that took no part in training; arrays of shape (n, m).

    Attributes
    ----------
    fractions : ndarray of float32
        True fraction of each of m materials; 0 for none.
    detected : ndarray of float32
        Probability of its presence (:attr:`.Answer.detected`).
    of_class : ndarray of bool
        Whether the predicted class holds it: then it is named in any case.
    """
    fractions: np.ndarray
    detected: np.ndarray
    of_class: np.ndarray

    @classmethod
    def nothing(cls, materials: int) -> PartsAside:
        """No mixtures."""
        return cls(*np.zeros((2, 0, materials), np.float32), np.zeros((0, materials), bool))


def missing_at_most(parts: PartsAside, share: float) -> float | None:
    """Highest threshold at which at most a share of the parts of 10 % and more is overlooked.

    Parameters
    ----------
    parts : PartsAside
    share : float
        0 to 1.

    Returns
    -------
    float or None
        In expectation, a further mixture like these has at most this share of its parts
        overlooked. None if there are too few mixtures to promise it.
    """
    n = len(parts.fractions)
    if n < FEWEST:
        return None
    # The share that is overlooked changes only at the presence of a part; 0 names everything.
    steps = np.unique(np.append(parts.detected[parts.fractions >= LARGE], 0))[::-1]
    low, high = 0, len(steps)
    # What is overlooked never increases with lower thresholds, so the first that will do is found
    # by halving.
    while low < high:
        middle = (low + high) // 2
        # A further mixture may lose all its parts, at worst.
        if (n * overlooked(parts, steps[middle]) + 1) / (n + 1) <= share:
            high = middle
        else:
            low = middle + 1
    return float(steps[low]) if low < len(steps) else None


def overlooked(parts: PartsAside, threshold: float) -> float:
    """Mean share of the parts of 10 % and more that are not named at a threshold."""
    there = parts.fractions >= LARGE
    missed = there & ~parts.of_class & (parts.detected < threshold)
    return float((missed.sum(axis=1) / np.maximum(there.sum(axis=1), 1)).mean())


def false_parts(parts: PartsAside, threshold: float) -> float:
    """Parts named at a threshold that are not there, per mixture: the price of the promise."""
    named = parts.of_class | (parts.detected >= threshold)
    return float((named & (parts.fractions == 0)).sum(axis=1).mean())
