"""Calibration of probabilities by temperature scaling (numpy and scipy only)."""
from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from orangecontrib.microplastics.confidence.acceptance import softmax

__all__ = ["fit_temperature", "calibration_error", "mean_probabilities"]

#: Minimum number of spectra to fit a temperature.
FEWEST = 20

#: Bounds of the temperature; it would exceed them only if all predictions for the validation
#: spectra were right, or all wrong.
_LIMITS = (0.2, 5.0)


def mean_probabilities(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities averaged over networks; scores (networks, n, classes) -> (n, classes)."""
    total = np.zeros(scores.shape[1:])
    for one in scores:
        total += softmax(one, temperature)
    return total / len(scores)


def fit_temperature(scores: np.ndarray, y: np.ndarray, weights=None) -> float:
    """Fit the temperature that maximises the likelihood of held-out spectra.

    Scores divided by it keep their order: of a single network no prediction changes, only its
    confidence
    (Guo et al., "On calibration of modern neural networks", ICML 2017, arXiv:1706.04599).

    Parameters
    ----------
    scores : ndarray, shape (networks, n, classes)
        Of spectra that were not used for training.
    y : ndarray of int, shape (n,)
    weights : ndarray, shape (n,), optional

    Returns
    -------
    float
        0.2 to 5; 1 if there are fewer than 20 spectra.
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
    """Expected calibration error: mean difference between confidence and accuracy.

    Spectra are sorted into bins of equal width by the probability of the predicted
    class; the result is the mean of |accuracy - mean probability| over the bins,
    weighted by their numbers of spectra (Naeini et al., AAAI 2015).

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
