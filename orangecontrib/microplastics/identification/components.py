"""Components of a spectrum: which are named, how sure, and how much of each."""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.fractions.mass import by_mass

__all__ = ["NAMED", "ONE_WITNESS", "Component", "Amounts", "amounts", "components", "text"]

#: Both witnesses, network and fit, see the component; or one of them only: it is to be inspected.
NAMED, ONE_WITNESS = "named", "to inspect"


class Component(NamedTuple):
    """One component of a spectrum.

    Attributes
    ----------
    name : str
    status : str
        NAMED or ONE_WITNESS.
    probability : float
        That it is there, by the network.
    evidence : float
        Above 1 the fit sees it (:class:`.composition.Composition`); NaN for a single material,
        which needs no further witness.
    fraction, low, high : float
        Fraction and its interval, of signal or of mass; NaN if not known.
    """
    name: str
    status: str
    probability: float
    evidence: float
    fraction: float
    low: float
    high: float


class Amounts(NamedTuple):
    """Fractions of n spectra, and the ends of their intervals, shape (n, components); whether
    they are fractions of mass."""
    fractions: np.ndarray
    low: np.ndarray
    high: np.ndarray
    of_mass: bool


def amounts(answer: Answer, materials: tuple[str, ...],
            absorptivities: Mapping[str, float] | None = None) -> Amounts:
    """Fractions of signal; of mass if absorptivities are given.

    Parameters
    ----------
    answer : Answer
    materials : tuple of str
        Components of the model.
    absorptivities : mapping of str to float, optional
        Relative signal per mass; 1 for materials that are not named.
    """
    found = tuple(np.asarray(a, float) for a in (answer.fractions, answer.low, answer.high))
    if absorptivities:
        return Amounts(*by_mass(*found, materials, absorptivities), True)
    return Amounts(*found, False)


def components(answer: Answer, row: int, materials: tuple[str, ...],
               found: Amounts) -> list[Component]:
    """Components of one spectrum, the largest first; those that only the fit sees come last.

    Parameters
    ----------
    answer : Answer
    row : int
    materials : tuple of str
        Components of the model.
    found : Amounts
        From :func:`amounts`.
    """
    named, evidence = answer.named[row], answer.evidence[row]
    with np.errstate(invalid="ignore"):
        seen = evidence >= 1
    single = named.sum() == 1
    out = []
    for i in np.flatnonzero(named | seen):
        both = named[i] and (seen[i] or single or np.isnan(evidence[i]))
        out.append(Component(
            materials[i], NAMED if both else ONE_WITNESS, float(answer.detected[row, i]),
            float(evidence[i]), *(float(a[row, i]) for a in found[:3])))
    return sorted(out, key=lambda c: (np.isnan(c.fraction), -np.nan_to_num(c.fraction), c.name))


def text(parts: list[Component]) -> str:
    """In one line: "PE 62 % (55-70), PP 38 % (30-45)?".

    A question mark follows what one witness sees. Without fractions, names alone.
    """
    return ", ".join(_text(part, len(parts) == 1) for part in parts)


def _text(part, alone):
    out = part.name
    if np.isfinite(part.fraction) and not alone:
        out += f" {100 * part.fraction:.0f} %"
        if np.isfinite(part.low):
            out += f" ({100 * part.low:.0f}-{100 * part.high:.0f})"
    return out + ("?" if part.status == ONE_WITNESS else "")

