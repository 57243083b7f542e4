"""Decide which identifications to accept, to inspect, or to leave unknown."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence import promise
from orangecontrib.microplastics.confidence.acceptance import ACCEPT, INSPECT
from orangecontrib.microplastics.confidence.blends import LIMIT
from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.answer import Answer

__all__ = ["ACCEPTED", "TO_INSPECT", "UNKNOWN", "DECISIONS", "ALL", "CONFIDENCE", "CORRELATION",
           "EXPLAINED", "COMPLETE", "PROBABILITY", "SURE_HIT", "Rule", "decide",
           "threshold_for_refused", "threshold_for_wrong"]

DECISIONS = ("Accepted", "To inspect", "Unknown")
ACCEPTED, TO_INSPECT, UNKNOWN = range(3)

#: Scores that a decision is based on.
ALL, CONFIDENCE, CORRELATION, EXPLAINED, COMPLETE = range(5)

#: Smallest probability of the materials of an accepted class (`Answer.presence`): below it the
#: network itself thinks that the material is more likely absent. Chosen on studies and materials
#: left out of training (``benchmarks/NOTES.md``).
PROBABILITY = .5


#: Correlation with a reference from which the library has a say: the spectrum looks like that
#: specimen, whatever bands others of its material have besides.
SURE_HIT = .95


class Rule(NamedTuple):
    """Thresholds of a decision.

    Attributes
    ----------
    by : int
        ALL (the smallest of the four), CONFIDENCE, CORRELATION, EXPLAINED or COMPLETE.
    accept, inspect : float
        Minimum scores of accepted spectra, and of spectra to inspect.
    checks : bool
        Whether a spectrum must also pass the checks of :meth:`doubts` to be accepted.
    """
    by: int = ALL
    accept: float = ACCEPT
    inspect: float = INSPECT
    checks: bool = True

    def score(self, answer: Answer | KeptAside) -> np.ndarray:
        """Score to compare with the thresholds; NaN for spectra without a prediction."""
        scores = (answer.confidence, answer.correlation, answer.explained, answer.complete)
        return np.min(scores, axis=0) if self.by == ALL else scores[self.by - 1]

    def doubts(self, answer: Answer | KeptAside) -> dict[str, np.ndarray]:
        """Checks that a spectrum fails, whatever its score: bool arrays, shape (n,).

        "probability": a named material is less likely there than not. "library": the most
        similar reference is another material. "mixture": a second material has a large share of
        the signal, which a model of single materials cannot name.
        """
        if not self.checks:
            return {}
        with np.errstate(invalid="ignore"):
            return {"probability": answer.presence < PROBABILITY,
                    "library": ~answer.agrees, "mixture": answer.share >= LIMIT}

    def limited(self, answer: Answer | KeptAside) -> np.ndarray:
        """Scores, -inf for spectra that fail a check and are not accepted whatever their score."""
        score = self.score(answer)
        doubts = self.doubts(answer)
        return np.where(np.any(list(doubts.values()), axis=0), -np.inf, score) if doubts else score


def decide(answer: Answer | KeptAside, rule: Rule) -> np.ndarray:
    """ACCEPTED, TO_INSPECT or UNKNOWN for each spectrum; UNKNOWN without a prediction.

    If the best hit of the library is very similar (:data:`SURE_HIT`), it has a say: of the named
    material, the spectrum is at least to be inspected; of one that the network cannot name, such
    as quartz, it is unknown.
    """
    with np.errstate(invalid="ignore"):
        inspect, accept = rule.score(answer) >= rule.inspect, rule.limited(answer) >= rule.accept
        # What was kept aside has no hits.
        if rule.by == ALL and isinstance(answer, Answer):
            quality = answer.quality[:, 0]
            # At the limit 1, not even a reference itself is sure.
            sure = (answer.hits[:, 0] >= 0) & (quality >= SURE_HIT) & (quality > rule.inspect)
            inspect |= sure & answer.agrees & (answer.presence >= PROBABILITY)
            if rule.checks:
                inspect &= ~(sure & answer.foreign)
                accept &= ~(sure & answer.foreign)
        return np.where(accept, ACCEPTED, np.where(inspect, TO_INSPECT, UNKNOWN))


def threshold_for_refused(known: KeptAside, rule: Rule, share: float) -> float | None:
    """Highest threshold that refuses at most a share of spectra like the known ones.

    Only spectra with the right name count: a wrong one should be refused.
    See :func:`.promise.refusing_at_most`.
    """
    return promise.refusing_at_most(rule.limited(known)[known.right], share)


def threshold_for_wrong(known: KeptAside, rule: Rule, share: float) -> float | None:
    """Lowest threshold at which at most a share of accepted spectra has a wrong name.

    See :func:`.promise.wrong_at_most`.
    """
    return promise.wrong_at_most(rule.limited(known), known.right, share)
