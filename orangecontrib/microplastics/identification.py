"""Decide which identifications to accept, to look at, or to leave open."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.data.util import get_unique_names

from orangecontrib.microplastics.acceptance import ACCEPT, INSPECT
from orangecontrib.microplastics.axis import spectral_columns
from orangecontrib.microplastics.model import Answer, DCNetModel
from orangecontrib.microplastics.units import to_absorbance

__all__ = ["ACCEPTED", "TO_INSPECT", "UNKNOWN", "DECISIONS", "BOTH", "CONFIDENCE", "CORRELATION",
           "Rule", "decide", "annotate", "in_absorbance"]

DECISIONS = ("Accepted", "To inspect", "Unknown")
ACCEPTED, TO_INSPECT, UNKNOWN = range(3)

#: What a decision rests on.
BOTH, CONFIDENCE, CORRELATION = range(3)


class Rule(NamedTuple):
    """Thresholds of a decision.

    Attributes
    ----------
    by : int
        BOTH (the smaller of the two), CONFIDENCE or CORRELATION.
    accept, inspect : float
        Spectra are accepted from the one, and to be inspected from the other on.
    """
    by: int = BOTH
    accept: float = ACCEPT
    inspect: float = INSPECT

    def score(self, answer: Answer) -> np.ndarray:
        """What is held against the thresholds; NaN for spectra without an answer."""
        if self.by == CONFIDENCE:
            return answer.confidence
        if self.by == CORRELATION:
            return answer.correlation
        return np.minimum(answer.confidence, answer.correlation)


def decide(answer: Answer, rule: Rule) -> np.ndarray:
    """ACCEPTED, TO_INSPECT or UNKNOWN for each spectrum; without an answer, UNKNOWN."""
    score = rule.score(answer)
    with np.errstate(invalid="ignore"):
        return np.where(score >= rule.accept, ACCEPTED,
                        np.where(score >= rule.inspect, TO_INSPECT, UNKNOWN))


def annotate(data: Table, model: DCNetModel, answer: Answer, decisions: np.ndarray) -> Table:
    """The data with class, probability, confidence, correlation and decision as metas.

    The class is that which is most probable, whatever was decided.
    """
    names = get_unique_names(data.domain, ["material", "probability", "confidence",
                                           "correlation", "decision"])
    metas = [DiscreteVariable(names[0], model.domain.class_var.values),
             *(ContinuousVariable(name, number_of_decimals=3) for name in names[1:4]),
             DiscreteVariable(names[4], DECISIONS)]
    domain = data.domain
    table = data.transform(Domain(domain.attributes, domain.class_vars, (*domain.metas, *metas)))
    probability = np.full(len(data), np.nan)
    known = np.isfinite(answer.values)
    probability[known] = answer.probabilities[known].max(axis=1)
    with table.unlocked(table.metas):
        table.metas[:, -len(metas):] = np.column_stack((
            answer.values, probability, answer.confidence, answer.correlation, decisions))
    table.name = data.name
    return table


def in_absorbance(data: Table) -> Table:
    """Spectra alone, taken for transmittance and turned into absorbance.

    Raises
    ------
    ValueError
        If the data have no wavenumbers.
    """
    columns, _ = spectral_columns(data.domain)
    X = data.to_dense().X if data.is_sparse() else data.X
    return Table.from_numpy(Domain([data.domain.attributes[c] for c in columns]),
                            to_absorbance(X[:, columns]))
