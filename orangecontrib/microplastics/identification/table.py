"""Answers as Orange tables: class, scores, decision and reason added to the data."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.data.util import get_unique_names
from Orange.util import dummy_callback

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.identification.components import amounts
from orangecontrib.microplastics.identification.decision import DECISIONS, Rule, decide
from orangecontrib.microplastics.identification.remarks import REASONS, origins, reasons
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import PLUS
from orangecontrib.microplastics.spectra.units import in_absorbance
from orangecontrib.microplastics.utils.memory import require

__all__ = ["annotate", "identify"]


def annotate(data: Table, model: DCNetModel, answer: Answer, rule: Rule,
             absorptivities: Mapping[str, float] | None = None) -> Table:
    """Add class, fractions, scores, library search, decision and its main reason as metas.

    The class is always the most probable one, whatever the decision. Fractions, with the ends of
    their intervals, are given of each material that is a component of some spectrum: 0 in spectra
    without it. They are of signal; with `absorptivities`, of mass.
    """
    bands, texts = origins(model, answer)
    # A text variable would turn all metas into objects, too slow for a map of a million spectra.
    origin, origin_codes = _coded(texts)
    references = model.references
    library = np.full(len(data), np.nan)
    found = answer.hits[:, 0] >= 0
    library[found] = references.which[answer.hits[found, 0]]
    columns = [
        (_materials, "material", model.domain.class_var.values, answer.values),
        (ContinuousVariable, "probability", 3, answer.probability),
        *_fractions(model, answer, absorptivities),
        (ContinuousVariable, "confidence", 3, answer.confidence),
        (ContinuousVariable, "correlation", 3, answer.correlation),
        (ContinuousVariable, "explained", 3, answer.explained),
        (ContinuousVariable, "complete", 3, answer.complete),
        (ContinuousVariable, "unexplained band", 0, bands),
        (DiscreteVariable, "possible origin", origin, origin_codes),
        (ContinuousVariable, "lacking band", 0, answer.lacking[:, 0]),
        (_materials, "library", references.materials, library),
        (ContinuousVariable, "hit quality", 3, answer.quality[:, 0]),
        (ContinuousVariable, "second material", 3, answer.share),
        (DiscreteVariable, "reason", REASONS, reasons(answer, rule)),
        (DiscreteVariable, "decision", DECISIONS, decide(answer, rule).astype(float))]
    names = get_unique_names(data.domain, [name for _, name, _, _ in columns])
    metas = [kind(name, number_of_decimals=about) if kind is ContinuousVariable
             else kind(name, values=tuple(about))
             for name, (kind, _, about, _) in zip(names, columns, strict=True)]
    domain = data.domain
    table = data.transform(Domain(domain.attributes, domain.class_vars, (*domain.metas, *metas)))
    with table.unlocked(table.metas):
        table.metas[:, -len(metas):] = np.column_stack([column for *_, column in columns])
    table.name = data.name
    return table


def _materials(name, values):
    return painted(DiscreteVariable(name, values=values))


def _fractions(model, answer, absorptivities):
    """Columns: components in words, and fraction and interval of each material that is named."""
    if not np.isfinite(answer.fractions).any():
        return
    materials = model.components
    found = amounts(answer, materials, absorptivities)
    patterns, which = np.unique(answer.named, axis=0, return_inverse=True)
    # A single material is the class itself.
    words = np.array([PLUS.join(materials[i] for i in np.flatnonzero(pattern))
                      if pattern.sum() > 1 else "" for pattern in patterns], object)
    names, codes = _coded(words[which.ravel()])
    yield _materials, "components", names, codes
    # Mix Spectra calls the true ones "fraction PE".
    kind = "mass share" if found.of_mass else "share"
    known = np.isfinite(found.fractions).any(axis=1)
    for i in np.flatnonzero(answer.named.any(axis=0)):
        column = np.where(known, np.nan_to_num(found.fractions[:, i]), np.nan)
        for title, values in ((f"{kind} {materials[i]}", column),
                              (f"{kind} {materials[i]}, low", found.low[:, i]),
                              (f"{kind} {materials[i]}, high", found.high[:, i])):
            yield ContinuousVariable, title, 3, values


def _coded(texts):
    """Distinct texts, and the index of each; NaN for an empty one."""
    values, codes = np.unique(texts.astype(str), return_inverse=True)
    codes = codes.astype(float)
    if len(values) and values[0] == "":
        values, codes = values[1:], np.where(codes == 0, np.nan, codes - 1)
    return tuple(map(str, values)), codes


def identify(model: DCNetModel, data: Table, convert: bool = False,
             progress_callback=dummy_callback, detect: float = DETECT) -> Answer:
    """Predict spectra, if there is enough memory for this and for annotated copies of the data.

    Parameters
    ----------
    model : DCNetModel
    data : Table
    convert : bool
        Convert the spectra from transmittance to absorbance first.
    progress_callback : callable, optional
        Called with the fraction done; an exception raised in it cancels.
    detect : float
        Probability from which a component is named that is not one of the class.

    Raises
    ------
    NotEnoughMemory
        (a ValueError) If there is not enough memory.
    DomainTransformationError
        See :meth:`.DCNetModel.answer`.
    """
    # One copy, divided by decision; conversion needs three (measured), of which one is kept.
    require(8 * len(data) * len(data.domain.attributes) * (3 if convert else 1)
            + 8 * len(data) * (len(data.domain.metas) + 15 + 3 * len(model.components)) * 2,
            f"Identifying {len(data):,} spectra of {len(data.domain.attributes):,} points",
            "identify fewer at a time (Data Sampler)")
    return model.answer(in_absorbance(data) if convert else data, progress_callback,
                        detect=detect)
