"""Thresholds that keep a promise, from the scores of labelled spectra (numpy and scipy only).

A threshold of 0.7 is a custom. With labelled spectra that took no part in training, a threshold
can be computed from what it is to achieve:

- "at most 5 % of such spectra are refused" (split conformal prediction: Papadopoulos et al.,
  ECML 2002; Angelopoulos and Bates, arXiv:2107.07511): holds on average over draws of the
  labelled spectra, however the scores are distributed;
- "at most 1 % of the accepted are wrong", with 95 % confidence: the upper limit of the binomial
  proportion, thresholds tested from the strictest down (fixed-sequence testing, Angelopoulos et
  al., "Learn then test", arXiv:2110.01052).

Both hold for spectra like the labelled ones (exchangeable with them): :func:`unlike` says whether
others look like them.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

__all__ = ["KeptAside", "refusing_at_most", "wrong_at_most", "unlike", "FEWEST", "CONFIDENCE"]

#: Minimum number of labelled spectra for a threshold: with fewer than 20, "5 % refused" can only
#: be kept by refusing none.
FEWEST = 20

#: Confidence of the promise about wrong names.
CONFIDENCE = .95

#: p-value below which the scores of new spectra are said to differ from the labelled ones'.
_UNLIKE = .001


class KeptAside(NamedTuple):
    """Scores of labelled spectra that took no part in training, as in an Answer.

    Attributes
    ----------
    confidence, correlation, explained, complete, presence, share : ndarray, shape (n,)
    agrees : ndarray of bool, shape (n,)
        See :class:`~orangecontrib.microplastics.dcnet.answer.Answer`.
    right : ndarray of bool, shape (n,)
        Whether the predicted class is the label, or a mixture that holds it.
    """
    confidence: np.ndarray
    correlation: np.ndarray
    explained: np.ndarray
    complete: np.ndarray
    presence: np.ndarray
    share: np.ndarray
    agrees: np.ndarray
    right: np.ndarray

    @classmethod
    def nothing(cls) -> KeptAside:
        """No spectra."""
        return cls(*np.zeros((6, 0)), *np.zeros((2, 0), bool))

    @classmethod
    def of(cls, answer, right: np.ndarray) -> KeptAside:
        """Scores of the spectra of an Answer that have a prediction."""
        rows = np.isfinite(answer.values)
        return cls(*(np.asarray(getattr(answer, name))[rows] for name in cls._fields[:-1]),
                   np.asarray(right, bool)[rows])


def refusing_at_most(scores: np.ndarray, share: float) -> float | None:
    """Highest threshold that refuses at most a share of spectra like those with these scores.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of labelled spectra with the right name; -inf for spectra that are refused whatever their
        score.
    share : float
        0 to 1.

    Returns
    -------
    float or None
        The k-th lowest score, k = floor(share (n + 1)): a further spectrum is below it with
        probability share at most. None if there are fewer than :data:`FEWEST` scores, k is 0, or
        the promise cannot be kept because more are refused anyway.
    """
    n = len(scores)
    k = int(np.floor(share * (n + 1) + 1e-9))
    if n < FEWEST or not k:
        return None
    threshold = np.sort(scores)[min(k, n) - 1]
    return float(threshold) if np.isfinite(threshold) else None


def wrong_at_most(scores: np.ndarray, right: np.ndarray, share: float) -> float | None:
    """Lowest threshold at which at most a share of the accepted spectra has a wrong name.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of labelled spectra; -inf for those that are refused whatever their score.
    right : ndarray of bool, shape (n,)
    share : float
        0 to 1.

    Returns
    -------
    float or None
        None if no threshold keeps the promise with 95 % confidence: for "1 % wrong" this takes
        299 accepted spectra without a mistake.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[np.isfinite(scores[order])]
    if len(scores) < FEWEST or not len(order):
        return None
    ordered = scores[order]
    accepted = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    limit = np.where(wrong < accepted, stats.beta.ppf(
        CONFIDENCE, wrong + 1, np.maximum(accepted - wrong, 1)), 1)
    # Spectra with equal scores are accepted together.
    last = np.append(ordered[1:] != ordered[:-1], True)
    # The first thresholds accept too few spectra to prove anything; testing starts where it can.
    enough = accepted >= np.log(1 - CONFIDENCE) / np.log(1 - share) if 0 < share < 1 \
        else np.ones(len(order), bool)
    threshold = None
    for i in np.flatnonzero(last & enough):
        if limit[i] > share:
            break
        threshold = float(ordered[i])
    return threshold


def unlike(scores: np.ndarray, others: np.ndarray) -> bool:
    """Whether the scores of new spectra are too different for a promise to hold for them.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of the labelled spectra.
    others : ndarray, shape (m,)
        Of new spectra that are accepted or to inspect: unknown materials are expected to differ.
    """
    scores, others = scores[np.isfinite(scores)], others[np.isfinite(others)]
    if len(scores) < FEWEST or len(others) < FEWEST:
        return False
    return bool(stats.ks_2samp(scores, others).pvalue < _UNLIKE)
