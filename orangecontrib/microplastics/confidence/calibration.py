"""Probabilities that mean what they say (numpy and scipy only)."""
from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from orangecontrib.microplastics.confidence.acceptance import softmax

__all__ = ["fit_temperature", "calibration_error", "mean_probabilities"]

#: Fewer spectra than this say nothing of how sure a model may be.
FEWEST = 20

#: A temperature beyond these would say that the validation spectra are all right or all wrong.
_LIMITS = (0.2, 5.0)


def mean_probabilities(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities averaged over networks; scores (networks, n, classes) -> (n, classes)."""
    total = np.zeros(scores.shape[1:])
    for one in scores:
        total += softmax(one, temperature)
    return total / len(scores)


def fit_temperature(scores: np.ndarray, y: np.ndarray, weights=None) -> float:
    """The temperature that makes held-out spectra most likely.

    Scores divided by it keep their order, so no prediction changes, only its certainty
    (Guo et al., "On calibration of modern neural networks", ICML 2017, arXiv:1706.04599).

    Parameters
    ----------
    scores : ndarray, shape (networks, n, classes)
        Of spectra that were not trained on.
    y : ndarray of int, shape (n,)
    weights : ndarray, shape (n,), optional

    Returns
    -------
    float
        0.2 to 5; 1 where there are fewer than 20 spectra.
    """
    if len(y) < FEWEST:
        return 1.0
    rows = np.arange(len(y))

    def unlikely(log_temperature):
        p = mean_probabilities(scores, np.exp(log_temperature))[rows, y]
        return -np.average(np.log(np.maximum(p, 1e-12)), weights=weights)

    found = minimize_scalar(unlikely, bounds=np.log(_LIMITS), method="bounded",
                            options={"xatol": 1e-3})
    return float(np.exp(found.x))


def calibration_error(probabilities: np.ndarray, y: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: how far certainty and accuracy are apart, on average.

    Spectra are sorted into bins of equal width by the probability of the predicted
    class; the mean over the spectra of each bin's |accuracy - mean probability|
    (Naeini et al., AAAI 2015).

    Parameters
    ----------
    probabilities : ndarray, shape (n, classes)
    y : ndarray of int, shape (n,)
    bins : int
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == y
    which = np.minimum((sure * bins).astype(int), bins - 1)
    difference = np.bincount(which, right - sure, bins)
    return float(np.abs(difference).sum() / max(len(y), 1))
