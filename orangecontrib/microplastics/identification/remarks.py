"""Why a spectrum is not simply accepted, in words."""
from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from orangecontrib.microplastics.confidence.acceptance import USUALLY_EXPLAINED
from orangecontrib.microplastics.confidence.origins import Origins
from orangecontrib.microplastics.confidence.origins import origins as named
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification.decision import (
    ALL,
    COMPLETE,
    CONFIDENCE,
    CORRELATION,
    EXPLAINED,
    Rule,
)
from orangecontrib.microplastics.materials.bands import assignments
from orangecontrib.microplastics.materials.names import materials_of

__all__ = ["REASONS", "origins", "reasons", "remarks"]

#: Main reasons why a spectrum is not accepted.
REASONS = ("no prediction", "lacks bands", "unexplained band", "may be a mixture",
           "library disagrees", "low probability", "low correlation", "low confidence")

#: Materials that together are most often a biofilm, which hides the material beneath it: ATR sees
#: the outer micrometres.
_BIOFILM = {"CE", "Protein"}

#: Largest distance between a usual band and its row in a table, cm-1.
_NEAR = 12.


def origins(model: DCNetModel, answer: Answer) -> Origins:
    """Bands that the class of each spectrum does not explain, and what may absorb there.

    Bands of the class itself are not among them, even where they are higher than usual.

    Returns
    -------
    Origins
        Wavenumber (cm-1) of the strongest such band, NaN for none, and a text:
        "C#N stretch (nitrile): acrylonitrile butadiene styrene", "carbonate (874, 1420)". A band no
        higher than usual is given only with a text.
    """
    names = [*model.domain.class_var.values, ""]
    found = named(answer.maxima, answer.multiples,
                  np.nan_to_num(answer.values, nan=-1).astype(int) % len(names), names,
                  model.wavenumbers, _usual(model))
    with np.errstate(invalid="ignore"):
        said = (answer.explained < USUALLY_EXPLAINED) | (found.texts != "")
    return Origins(np.where(said, found.bands, np.nan), found.texts)


def _usual(model):
    """Positions of the usual bands of each class value."""
    usual = [()] * (len(model.domain.class_var.values) + 1)
    for i, c in enumerate(model.used):
        usual[c] = tuple(model.wavenumbers[model.acceptance.usual[i] > 0])
    return usual


def reasons(answer: Answer, rule: Rule) -> np.ndarray:
    """Main reason why each spectrum is not accepted: index in :data:`REASONS`, NaN if it is."""
    doubts = rule.doubts(answer)
    never = np.zeros(len(answer.values), bool)

    def low(score, by):
        return score < rule.accept if rule.by in (ALL, by) else never

    with np.errstate(invalid="ignore"):
        found = [np.isnan(answer.values), low(answer.complete, COMPLETE),
                 low(answer.explained, EXPLAINED), doubts.get("mixture", never),
                 doubts.get("library", never), doubts.get("probability", never),
                 low(answer.correlation, CORRELATION), low(answer.confidence, CONFIDENCE)]
    return np.select(found, np.arange(len(found), dtype=float), np.nan)


def remarks(model: DCNetModel, answer: Answer, rule: Rule, rows: Iterable[int]) -> list[str]:
    """Reasons why spectra are not accepted, or what to look at, the most telling first.

    Parameters
    ----------
    model : DCNetModel
    answer : Answer
    rule : Rule
    rows : iterable of int
        Spectra to describe.

    Returns
    -------
    list of str
        "lacks 1736 (C=O stretch); library: PE (0.98)"; empty if there is nothing to say.
    """
    doubts = rule.doubts(answer)
    unexplained, texts = origins(model, answer)
    of_class = model.of_class(answer)
    return [_remark(model, answer, rule, {name for name, failed in doubts.items() if failed[row]},
                    unexplained[row], texts[row], of_class, row) for row in rows]


def _remark(model, answer, rule, doubts, unexplained, origin, of_class, row):
    if np.isnan(answer.values[row]):
        return "no prediction: constant, empty or too short"
    name = model.domain.class_var.values[int(answer.values[row])]
    materials = model.references.materials
    parts = []
    lacking = [_band(name, w) for w in answer.lacking[row] if np.isfinite(w)]
    if answer.complete[row] < rule.accept and lacking:
        parts.append("lacks " + ", ".join(lacking))
    elif answer.complete[row] < rule.accept and rule.by in (ALL, COMPLETE):
        parts.append(f"complete {answer.complete[row]:.2f}")
    if np.isfinite(unexplained):
        parts.append(f"has {unexplained:.0f}" + (f" ({origin})" if origin else ""))
    elif answer.explained[row] < rule.accept and rule.by in (ALL, EXPLAINED):
        parts.append(f"band at {answer.band[row]:.0f} higher than usual")
    parts += _further(model, answer, of_class, row)
    if set(materials_of(name)) == _BIOFILM:
        parts.append("may be a biofilm: what is beneath it is not seen")
    if "mixture" in doubts:
        first, second = (materials[i] for i in answer.materials[row])
        # The share is the second's; the first, where it is not the class itself, has a larger one.
        parts.append("may be a mixture: " + (
            f"{100 * answer.share[row]:.0f} % of the signal like {second}" if first == name
            else f"more of the signal like {first}"))
    if "library" in doubts:
        hit = answer.hits[row, 0]
        parts.append(f"library: {materials[model.references.which[hit]]} "
                     f"({answer.quality[row, 0]:.2f})")
    if "probability" in doubts:
        parts.append(f"probability {100 * answer.presence[row]:.0f} %")
    if answer.correlation[row] < rule.accept and rule.by in (ALL, CORRELATION):
        parts.append(f"correlation {answer.correlation[row]:.2f}")
    if answer.confidence[row] < rule.accept and rule.by in (ALL, CONFIDENCE):
        parts.append(f"confidence {answer.confidence[row]:.2f}")
    return "; ".join(parts)


def _further(model, answer, of_class, row):
    """Components besides those of the class: named, or seen by the fit alone."""
    seen = np.nan_to_num(answer.evidence[row]) >= 1
    for i in np.flatnonzero((answer.named[row] & ~of_class[row]) | (seen & ~answer.named[row])):
        chance = f"{100 * answer.detected[row, i]:.0f} %"
        also = "also" if answer.named[row, i] else "perhaps also"
        yield f"{also} {model.components[i]} (network {chance}, " \
              f"the fit {'sees' if seen[i] else 'does not see'} it)"


def _band(name, wavenumber):
    """A band of a class with its vibration: "1736 (C=O stretch)"."""
    codes = materials_of(name)
    found = assignments(wavenumber, _NEAR, codes) if codes else []
    text = f"{wavenumber:.0f}"
    return f"{text} ({found[0].assignment})" if found else text
