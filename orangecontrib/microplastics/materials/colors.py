"""Colours of materials, distinguishable for colour-blind people: the same in bars, drawings, maps.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from orangecontrib.microplastics.materials.names import components_of

if TYPE_CHECKING:
    from Orange.data import DiscreteVariable

__all__ = ["UNKNOWN_COLOR", "color_of", "painted"]

#: Of what has no name; it is hatched besides.
UNKNOWN_COLOR = "#9E9E9E"

#: Common materials always have the same colours, the first those that differ most: by Okabe and
#: Ito, then by Tol ("muted"), and darker ones. Other materials get further ones.
_COMMON = {
    "PE": "#0072B2", "PP": "#D55E00", "PET": "#009E73", "PS": "#CC79A7", "PA": "#E69F00",
    "CE": "#56B4E9", "PVC": "#7B61C9", "PU": "#C9B458", "Protein": "#8C564B", "PMMA": "#332288",
    "PC": "#44AA99", "ABS": "#AA4499", "AC": "#117733", "CA": "#882255", "PEVA": "#999933",
    "PLA": "#EE7788", "R": "#555555",
    # Particles without a name (`particles.find.UNNAMED`).
    "unknown": UNKNOWN_COLOR}
_FURTHER = ("#7F7FFF", "#A0522D", "#66AA00", "#B8860B", "#708090")


def color_of(materials: Iterable[str]) -> dict[str, str]:
    """Colour of each material as "#rrggbb"; that of a mixture lies between those of its materials.

    It does not depend on the others, so that it does not change when one is added. Some of the
    materials that are not common may be alike.
    """
    return {name: _mixed([_single(part) for part in components_of(name)]) for name in materials}


def painted(variable: DiscreteVariable) -> DiscreteVariable:
    """The same variable of materials, whose values have these colours in all of Orange."""
    variable.attributes["colors"] = color_of(variable.values)
    return variable


def _single(name):
    return _COMMON.get(name) or _FURTHER[crc32(name.encode()) % len(_FURTHER)]


def _mixed(colors):
    if len(colors) == 1:
        return colors[0]
    parts = [[int(color[i:i + 2], 16) for i in (1, 3, 5)] for color in colors]
    return "#" + "".join(f"{round(sum(values) / len(values)):02X}"
                         for values in zip(*parts, strict=True))
