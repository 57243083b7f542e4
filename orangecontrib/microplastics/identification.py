"""Decide which identifications to accept, to look at, or to leave open."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.data.util import get_unique_names

from orangecontrib.microplastics.acceptance import ACCEPT, INSPECT
from orangecontrib.microplastics.axis import spectral_columns
from orangecontrib.microplastics.bands import NAMES, assignments, material_code
from orangecontrib.microplastics.model import Answer, DCNetModel
from orangecontrib.microplastics.unexplained import LIMIT
from orangecontrib.microplastics.units import to_absorbance

__all__ = ["ACCEPTED", "TO_INSPECT", "UNKNOWN", "DECISIONS", "ALL", "CONFIDENCE", "CORRELATION",
           "EXPLAINED", "Rule", "decide", "annotate", "named_bands", "in_absorbance"]

DECISIONS = ("Accepted", "To inspect", "Unknown")
ACCEPTED, TO_INSPECT, UNKNOWN = range(3)

#: What a decision rests on.
ALL, CONFIDENCE, CORRELATION, EXPLAINED = range(4)
BOTH = ALL

#: Below, the strongest unexplained band is higher than is usual, and worth a name.
_HIGHER = ACCEPT ** (1 / LIMIT)


class Rule(NamedTuple):
    """Thresholds of a decision.

    Attributes
    ----------
    by : int
        ALL (the smallest of the three), CONFIDENCE, CORRELATION or EXPLAINED.
    accept, inspect : float
        Spectra are accepted from the one, and to be inspected from the other on.
    """
    by: int = ALL
    accept: float = ACCEPT
    inspect: float = INSPECT

    def score(self, answer: Answer) -> np.ndarray:
        """What is held against the thresholds; NaN for spectra without an answer."""
        if self.by == CONFIDENCE:
            return answer.confidence
        if self.by == CORRELATION:
            return answer.correlation
        if self.by == EXPLAINED:
            return answer.explained
        return np.minimum(np.minimum(answer.confidence, answer.correlation), answer.explained)


def decide(answer: Answer, rule: Rule) -> np.ndarray:
    """ACCEPTED, TO_INSPECT or UNKNOWN for each spectrum; without an answer, UNKNOWN."""
    score = rule.score(answer)
    with np.errstate(invalid="ignore"):
        return np.where(score >= rule.accept, ACCEPTED,
                        np.where(score >= rule.inspect, TO_INSPECT, UNKNOWN))


def named_bands(model: DCNetModel, answer: Answer) -> np.ndarray:
    """What the unexplained band of each spectrum may be: "2237: C#N stretch (nitrile), ABS".

    Returns
    -------
    ndarray of str objects, shape (n,)
        Wavenumber in cm-1, vibration, and the nearest other materials that are known to have a
        band there, one or two; empty where no band is higher than usual.
    """
    names = np.array([*model.domain.class_var.values, ""], object)
    own = names[np.nan_to_num(answer.values, nan=-1).astype(int)]
    texts = np.full(len(own), "", object)
    for row in np.flatnonzero(answer.explained < _HIGHER):
        code = material_code(own[row])
        found = [b for b in assignments(answer.band[row]) if b.material != code]
        texts[row] = f"{answer.band[row]:.0f}: " + (
            f"{found[0].assignment}, "
            + " or ".join(dict.fromkeys(NAMES.get(b.material, b.material) for b in found[:2]))
            if found else "no known band")
    return texts


def annotate(data: Table, model: DCNetModel, answer: Answer, decisions: np.ndarray) -> Table:
    """The data with class, scores, unexplained band and decision as metas.

    The class is that which is most probable, whatever was decided.
    """
    names = get_unique_names(data.domain, ["material", "probability", "confidence",
                                           "correlation", "explained", "unexplained band",
                                           "decision"])
    metas = [DiscreteVariable(names[0], model.domain.class_var.values),
             *(ContinuousVariable(name, number_of_decimals=3) for name in names[1:5]),
             StringVariable(names[5]), DiscreteVariable(names[6], DECISIONS)]
    domain = data.domain
    table = data.transform(Domain(domain.attributes, domain.class_vars, (*domain.metas, *metas)))
    probability = np.full(len(data), np.nan)
    known = np.isfinite(answer.values)
    probability[known] = answer.probabilities[known].max(axis=1)
    with table.unlocked(table.metas):
        for column, value in enumerate((
                answer.values, probability, answer.confidence, answer.correlation,
                answer.explained, named_bands(model, answer), decisions), start=-len(metas)):
            table.metas[:, column] = value
    table.name = data.name
    return table


def in_absorbance(data: Table) -> Table:
    """The spectra of a table, taken for transmittance and turned into absorbance.

    Other columns are left out, classes and metas are kept.

    Raises
    ------
    ValueError
        If the data have no wavenumbers.
    """
    columns, _ = spectral_columns(data.domain)
    X = data.to_dense().X if data.is_sparse() else data.X
    domain = data.domain
    absorbance = Table.from_numpy(
        Domain([domain.attributes[c] for c in columns], domain.class_vars, domain.metas),
        to_absorbance(X[:, columns]), data.Y, data.metas, data.W if data.has_weights() else None)
    absorbance.name, absorbance.ids = data.name, data.ids
    return absorbance
