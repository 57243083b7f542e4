"""Colours of materials on light and dark backgrounds."""
from __future__ import annotations

from collections.abc import Iterable

from AnyQt.QtGui import QColor

from orangecontrib.microplastics.materials.colors import color_of

__all__ = ["material_colors"]

#: Smallest lightness and largest saturation on a dark background, 0 to 255.
_LIGHT, _SATURATED = 150, 190


def material_colors(materials: Iterable[str], dark: bool = False) -> list[QColor]:
    """Colour of each material (:func:`.colors.color_of`).

    Parameters
    ----------
    materials : iterable of str
    dark : bool
        Whether the background is dark.
    """
    materials = list(materials)
    colors = color_of(materials)
    return [_lighter(QColor(colors[name])) if dark else QColor(colors[name])
            for name in materials]


def _lighter(color):
    hue, saturation, lightness, _ = color.getHsl()
    return QColor.fromHsl(hue, min(saturation, _SATURATED), max(lightness, _LIGHT))
