"""Colours of materials, distinguishable for colour-blind people: the same in bars, drawings, maps.
"""
from __future__ import annotations

from collections.abc import Iterable

from AnyQt.QtGui import QColor

__all__ = ["material_colors"]

#: Common materials always have the same colours, the first those that differ most: by Okabe and
#: Ito, then by Tol ("muted"), and darker ones. Other materials get those that are left.
_COMMON = {
    "PE": "#0072B2", "PP": "#D55E00", "PET": "#009E73", "PS": "#CC79A7", "PA": "#E69F00",
    "CE": "#56B4E9", "PVC": "#7B61C9", "PU": "#C9B458", "Protein": "#8C564B", "PMMA": "#332288",
    "PC": "#44AA99", "ABS": "#AA4499", "AC": "#117733", "CA": "#882255", "PEVA": "#999933",
    "PLA": "#EE7788", "R": "#555555"}
_FURTHER = ("#7F7FFF", "#A0522D", "#66AA00", "#B8860B", "#708090")

#: Smallest lightness and largest saturation on a dark background, 0 to 255.
_LIGHT, _SATURATED = 150, 190


def material_colors(materials: Iterable[str], dark: bool = False) -> list[QColor]:
    """Colour of each material; with more than 22 materials some are alike.

    Parameters
    ----------
    materials : iterable of str
    dark : bool
        Whether the background is dark.
    """
    materials = list(materials)
    free = [color for name, color in _COMMON.items() if name not in materials]
    others = [*_FURTHER, *free]
    unnamed = [name for name in materials if name not in _COMMON]
    colors = {**_COMMON, **{name: others[i % len(others)] for i, name in enumerate(unnamed)}}
    return [_lighter(QColor(colors[name])) if dark else QColor(colors[name])
            for name in materials]


def _lighter(color):
    hue, saturation, lightness, _ = color.getHsl()
    return QColor.fromHsl(hue, min(saturation, _SATURATED), max(lightness, _LIGHT))
