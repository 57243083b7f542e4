"""Decide which identifications to accept, to inspect, or to leave unknown."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.data.util import get_unique_names
from Orange.util import dummy_callback

from orangecontrib.microplastics.confidence.acceptance import ACCEPT, INSPECT, USUALLY_EXPLAINED
from orangecontrib.microplastics.dcnet.model import Answer, DCNetModel
from orangecontrib.microplastics.materials.bands import assignments
from orangecontrib.microplastics.materials.names import NAMES, materials_of
from orangecontrib.microplastics.spectra.units import in_absorbance
from orangecontrib.microplastics.utils.memory import require

__all__ = ["ACCEPTED", "TO_INSPECT", "UNKNOWN", "DECISIONS", "ALL", "CONFIDENCE", "CORRELATION",
           "EXPLAINED", "Rule", "decide", "annotate", "origins", "identify"]

DECISIONS = ("Accepted", "To inspect", "Unknown")
ACCEPTED, TO_INSPECT, UNKNOWN = range(3)

#: Scores that a decision is based on.
ALL, CONFIDENCE, CORRELATION, EXPLAINED = range(4)

class Rule(NamedTuple):
    """Thresholds of a decision.

    Attributes
    ----------
    by : int
        ALL (the smallest of the three), CONFIDENCE, CORRELATION or EXPLAINED.
    accept, inspect : float
        Minimum scores of accepted spectra, and of spectra to inspect.
    """
    by: int = ALL
    accept: float = ACCEPT
    inspect: float = INSPECT

    def score(self, answer: Answer) -> np.ndarray:
        """Score to compare with the thresholds; NaN for spectra without a prediction."""
        if self.by == CONFIDENCE:
            return answer.confidence
        if self.by == CORRELATION:
            return answer.correlation
        if self.by == EXPLAINED:
            return answer.explained
        return np.minimum(np.minimum(answer.confidence, answer.correlation), answer.explained)


def decide(answer: Answer, rule: Rule) -> np.ndarray:
    """ACCEPTED, TO_INSPECT or UNKNOWN for each spectrum; UNKNOWN without a prediction."""
    score = rule.score(answer)
    with np.errstate(invalid="ignore"):
        return np.where(score >= rule.accept, ACCEPTED,
                        np.where(score >= rule.inspect, TO_INSPECT, UNKNOWN))


def origins(model: DCNetModel, answer: Answer) -> tuple[np.ndarray, np.ndarray]:
    """Find unexplained bands that are higher than usual, and their possible origin.

    Returns
    -------
    bands : ndarray, shape (n,)
        Wavenumber (cm-1) of each spectrum's strongest unexplained band; NaN if it is not
        higher than usual among the training spectra.
    texts : ndarray of str objects, shape (n,)
        Vibration and one or two materials, other than the spectrum's own, with the nearest known
        bands: "C#N stretch (nitrile): acrylonitrile butadiene styrene". Empty if there is no
        unexplained band, or no known band near it.
    """
    # Only bands higher than usual are reported.
    bands = np.where(answer.explained < USUALLY_EXPLAINED, answer.band, np.nan)
    names = np.array([*model.domain.class_var.values, ""], object)
    own = names[np.nan_to_num(answer.values, nan=-1).astype(int)]
    texts = np.full(len(own), "", object)
    known = {}
    for row in np.flatnonzero(np.isfinite(bands)):
        key = own[row], bands[row]
        if key not in known:
            known[key] = _origin(*key)
        texts[row] = known[key]
    return bands, texts


def _origin(material, wavenumber):
    codes = set(materials_of(material))
    found = [b for b in assignments(wavenumber) if b.material not in codes]
    if not found:
        return ""
    return f"{found[0].assignment}: " + " or ".join(dict.fromkeys(
        NAMES.get(b.material, b.material) for b in found[:2]))


def annotate(data: Table, model: DCNetModel, answer: Answer, decisions: np.ndarray) -> Table:
    """Add class, scores, unexplained band and its origin, and decision to the data as metas.

    The class is always the most probable one, whatever the decision.
    """
    bands, texts = origins(model, answer)
    # A text variable would turn all metas into objects, too slow for a map of a million spectra.
    values, codes = np.unique(texts.astype(str), return_inverse=True)
    codes = codes.astype(float)
    if len(values) and values[0] == "":
        values, codes = values[1:], np.where(codes == 0, np.nan, codes - 1)
    names = get_unique_names(data.domain, [
        "material", "probability", "confidence", "correlation", "explained", "unexplained band",
        "possible origin", "decision"])
    metas = [DiscreteVariable(names[0], model.domain.class_var.values),
             *(ContinuousVariable(name, number_of_decimals=3) for name in names[1:5]),
             ContinuousVariable(names[5], number_of_decimals=0),
             DiscreteVariable(names[6], tuple(map(str, values))),
             DiscreteVariable(names[7], DECISIONS)]
    domain = data.domain
    table = data.transform(Domain(domain.attributes, domain.class_vars, (*domain.metas, *metas)))
    probability = np.full(len(data), np.nan)
    known = np.isfinite(answer.values)
    probability[known] = answer.probabilities[known].max(axis=1)
    with table.unlocked(table.metas):
        table.metas[:, -len(metas):] = np.column_stack((
            answer.values, probability, answer.confidence, answer.correlation, answer.explained,
            bands, codes, decisions))
    table.name = data.name
    return table


def identify(model: DCNetModel, data: Table, convert: bool = False,
             progress_callback=dummy_callback) -> Answer:
    """Predict spectra, if there is enough memory for this and for annotated copies of the data.

    Parameters
    ----------
    model : DCNetModel
    data : Table
    convert : bool
        Convert the spectra from transmittance to absorbance first.
    progress_callback : callable, optional
        Called with the fraction done; an exception raised in it cancels.

    Raises
    ------
    NotEnoughMemory
        (a ValueError) If there is not enough memory.
    DomainTransformationError
        See :meth:`.DCNetModel.answer`.
    """
    # One copy, divided by decision; conversion needs three (measured), of which one is kept.
    require(8 * len(data) * len(data.domain.attributes) * (3 if convert else 1)
            + 8 * len(data) * (len(data.domain.metas) + 8) * 2,
            f"Identifying {len(data):,} spectra of {len(data.domain.attributes):,} points",
            "identify fewer at a time (Data Sampler)")
    return model.answer(in_absorbance(data) if convert else data, progress_callback)

