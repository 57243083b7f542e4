"""Texts about answers: probabilities, materials, amounts, and what a model knows."""
from __future__ import annotations

from html import escape

import numpy as np

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.fit import MOST
from orangecontrib.microplastics.identification import DECISIONS, UNKNOWN, Component
from orangecontrib.microplastics.materials.names import (
    PLUS,
    POLYMERS,
    components_of,
    is_combination,
)
from orangecontrib.microplastics.widgets.common.texts import percent

__all__ = ["chance", "share_text", "upside_down", "named", "answer_text", "full_name",
           "known_names", "knows", "things", "waiting", "amount", "witnesses", "why_not"]


def chance(probability: float) -> str:
    """A probability in whole per cent, "97 %"; "> 99 %" and "< 1 %" near the ends."""
    if np.isnan(probability):
        return "?"
    if .995 <= probability < 1:
        return ">\u200999\u00a0%"
    if 0 < probability < .005:
        return "<\u20091\u00a0%"
    return f"{100 * probability:.0f}\u00a0%"


def share_text(share: float) -> str:
    """A share as "97 %", which is 0 or 100 only if it is exactly that."""
    return percent(share).replace("%", "\u00a0%")


def things(n: int, singular: str, plural: str = "") -> str:
    """"1 spectrum", "3,000 spectra"."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def upside_down(error: Exception, converted: bool) -> str:
    """What to press if the bands are upside down; `converted`: by the widget's own button."""
    if converted:
        return "Press Do Not Convert: the spectra were converted from transmittance, and now " \
               "their bands are upside down compared with the training spectra."
    return f"Press Convert to Absorbance, if these are transmittance. {error}"


def named(name: str, decision: int) -> str:
    """Name of a material as an answer; "(PE?)" for an unknown spectrum: there is no answer."""
    return f"({name}?)" if decision == UNKNOWN else name


def answer_text(name: str, decision: int, probability: float) -> str:
    """What a spectrum is taken for, as rich text: "Accepted, <b>PE</b>, 97 %"."""
    if np.isnan(probability):
        return f"{DECISIONS[decision]}, {escape(name)}"
    name = escape(named(name, decision))
    shown = f'<span style="color:gray">{name}</span>' if decision == UNKNOWN else f"<b>{name}</b>"
    return f"{DECISIONS[decision]}, {shown}, {chance(probability)}"


def full_name(name: str) -> str:
    """Full names of the components: "polyethylene + polyamide"."""
    return PLUS.join(POLYMERS.get(part, part) for part in components_of(name))


def known_names(model: DCNetModel) -> tuple[list[str], list[str]]:
    """Single materials and mixtures that a model knows."""
    names = [model.domain.class_var.values[c] for c in model.used]
    return ([name for name in names if not is_combination(name)],
            [name for name in names if is_combination(name)])


def knows(model: DCNetModel) -> str:
    """"Knows 17 materials and 57 mixtures of them."."""
    single, mixtures = known_names(model)
    if not mixtures:
        text = f"Knows {things(len(single), 'single material')} only"
        # Without references there is nothing to compare with.
        return text + ("; spectra that look like mixtures are marked."
                       if len(model.references.materials) > 1 else ".")
    if not single:
        return f"Knows {things(len(mixtures), 'mixture')}."
    return f"Knows {things(len(single), 'material')} and {things(len(mixtures), 'mixture')} of " \
           "them."


def waiting(data: bool, source: str | None, model: bool, coming: bool) -> str:
    """What is missing before anything can be identified.

    Parameters
    ----------
    data : bool
        Whether there are spectra.
    source : str or None
        Title of the widget that is connected as their source.
    model : bool
    coming : bool
        Whether a model will come without further action.
    """
    lines = []
    if not data:
        lines.append("Connect spectra." if source is None else
                     f"Waiting for spectra from <b>{escape(source)}</b> ...")
    if not model:
        lines.append("Waiting for the model ..." if coming else "Choose a model.")
    return "<br>".join(lines)


def amount(part: Component, alone: bool = False) -> str:
    """"62 % PE (55-70)"; the name alone for a single material, or if the fraction is not known."""
    if alone or np.isnan(part.fraction):
        return part.name
    text = f"{100 * part.fraction:.0f}\u2009% {part.name}"
    if np.isfinite(part.low):
        text += f" ({100 * part.low:.0f}\u2011{100 * part.high:.0f})"
    return text


def witnesses(part: Component, by_chance: float, is_named: bool, alone: bool = False) -> str:
    """What network and fit say of a component: "network 99 %, fit sees it (97 > 62 %)".

    Parameters
    ----------
    part : Component
    by_chance : float
        Part of the rest that it would explain, if absent, in one of twenty spectra.
    is_named : bool
        Whether it is named.
    alone : bool
        Whether it is the only one: then the fit has nothing to compare it with.
    """
    text = f"network {chance(part.probability)}"
    if np.isnan(part.evidence):
        return text + ("" if alone else ", fit not tested")
    sees = part.evidence >= 1
    explains = f"{100 * part.evidence * by_chance:.0f}\u00a0{'>' if sees else '<'}" \
               f"\u00a0{100 * by_chance:.0f}\u00a0%"
    text += f", fit {'sees' if sees else 'does not see'} it ({explains})"
    if not is_named:
        return text + ", not named"
    return text + ("" if sees else ": to inspect")


def why_not(known: bool, mixtures: bool, name: str, n: int) -> str:
    """Why it cannot be shown how much of each material a spectrum holds.

    Parameters
    ----------
    known : bool
        Whether fractions can be determined with the model.
    mixtures : bool
        Whether the model knows mixtures.
    name : str
        Of the spectrum.
    n : int
        Number of its components.
    """
    if not mixtures:
        return "The model knows single materials only. One that learnt mixtures tells how much " \
               "of each a spectrum holds."
    if not known:
        return "The model cannot tell how much of each a spectrum holds: it lacks spectra of " \
               "some of its materials, or they are no absorbance."
    if not n:
        return f"{name} has no prediction."
    return f"{name} has {n} components; fractions are determined for at most {MOST}."
