"""Colours of materials, distinguishable for colour-blind people: the same in bars, drawings, maps.
"""
from __future__ import annotations

from collections.abc import Iterable

__all__ = ["UNKNOWN_COLOR", "color_of"]

#: Common materials always have the same colours, the first those that differ most: by Okabe and
#: Ito, then by Tol ("muted"), and darker ones. Other materials get those that are left.
_COMMON = {
    "PE": "#0072B2", "PP": "#D55E00", "PET": "#009E73", "PS": "#CC79A7", "PA": "#E69F00",
    "CE": "#56B4E9", "PVC": "#7B61C9", "PU": "#C9B458", "Protein": "#8C564B", "PMMA": "#332288",
    "PC": "#44AA99", "ABS": "#AA4499", "AC": "#117733", "CA": "#882255", "PEVA": "#999933",
    "PLA": "#EE7788", "R": "#555555"}
_FURTHER = ("#7F7FFF", "#A0522D", "#66AA00", "#B8860B", "#708090")

#: Of what has no name; it is hatched besides.
UNKNOWN_COLOR = "#9E9E9E"


def color_of(materials: Iterable[str]) -> dict[str, str]:
    """Colour of each material as "#rrggbb"; with more than 22 materials some are alike."""
    materials = list(materials)
    others = [*_FURTHER, *(color for name, color in _COMMON.items() if name not in materials)]
    unnamed = [name for name in materials if name not in _COMMON]
    return {name: _COMMON[name] if name in _COMMON else others[unnamed.index(name) % len(others)]
            for name in materials}
