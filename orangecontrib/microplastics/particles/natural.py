"""Plastics and what lies on them: biofilm, skin, cotton lint."""
from __future__ import annotations

from orangecontrib.microplastics.materials.names import SAME, components_of

__all__ = ["NATURAL", "plastic_of", "is_plastic"]

#: Materials that lie on plastics, and are no plastic.
NATURAL = frozenset({"CE", "Protein"})


def plastic_of(name: str) -> str:
    """The polymer that a particle is counted as: "PE + Protein", PE under a biofilm, as PE.

    Sub-classes count as their polymer (HDPE as PE). Mixtures of several plastics, and natural
    materials alone, are counted as what they are.
    """
    parts = [SAME.get(part, part) for part in components_of(name)]
    plastics = list(dict.fromkeys(part for part in parts if part not in NATURAL))
    return plastics[0] if len(plastics) == 1 else name


def is_plastic(name: str) -> bool:
    """Whether a material is a plastic, or holds one."""
    return not set(components_of(name)) <= NATURAL
