"""What is said of each spectrum of a file, as rows of texts."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification.components import (
    ONE_WITNESS,
    amounts,
    components,
)
from orangecontrib.microplastics.identification.decision import DECISIONS, Rule
from orangecontrib.microplastics.identification.remarks import remarks

__all__ = ["BETWEEN", "COLUMNS", "described"]

#: Columns of the table.
COLUMNS = ("file", "spectrum", "decision", "material", "probability", "components", "fractions",
           "low", "high", "to inspect", "confidence", "correlation", "explained", "complete",
           "library material", "hit name", "hit quality", "remark")

#: Between components, and their numbers. Names may hold " + ".
BETWEEN = "; "


def described(path: Path, names: Sequence[str], model: DCNetModel, answer: Answer,
              decisions: np.ndarray, rule: Rule) -> list[dict[str, str]]:
    """A row for each spectrum of a file, with texts for :data:`COLUMNS`.

    Parameters
    ----------
    path : Path
    names : sequence of str, length n
        Of the spectra.
    model : DCNetModel
    answer : Answer
    decisions : ndarray of int, shape (n,)
    rule : Rule
    """
    classes, references = model.domain.class_var.values, model.references
    probability = answer.probability
    told = remarks(model, answer, rule, range(len(names)))
    found = amounts(answer, model.components)
    simulated = bool(model.training.get("simulated"))
    rows = []
    for i, name in enumerate(names):
        hit = answer.hits[i, 0]
        study = references.studies[hit] if hit >= 0 else ""
        remark = [told[i]] if told[i] else []
        if simulated:
            remark.append("model learnt from simulated spectra")
        rows.append(dict(zip(COLUMNS, (
            str(path), name, DECISIONS[decisions[i]],
            "" if np.isnan(answer.values[i]) else classes[int(answer.values[i])],
            _number(probability[i]), *_parts(model, answer, i, found),
            *(_number(scores[i]) for scores in (
                answer.confidence, answer.correlation, answer.explained, answer.complete)),
            references.materials[references.which[hit]] if hit >= 0 else "",
            (references.names[hit] + (f" ({study})" if study else "")).strip()
            if hit >= 0 else "",
            _number(answer.quality[i, 0]), "; ".join(remark)), strict=True)))
    return rows


def _parts(model, answer, row, found):
    """Texts of the components, their fractions and intervals, and those to inspect."""
    parts = components(answer, row, model.components, found)
    named = [part for part in parts if np.isfinite(part.fraction)]
    return (BETWEEN.join(part.name for part in named),
            *(BETWEEN.join(_number(getattr(part, name)) for part in named)
              for name in ("fraction", "low", "high")),
            BETWEEN.join(part.name for part in parts if part.status == ONE_WITNESS))


def _number(value):
    return "" if np.isnan(value) else f"{value:.3f}"
