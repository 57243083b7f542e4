"""Windows on black: which colours show there, and check boxes that Qt would draw black on black."""
from __future__ import annotations

from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import QWidget


def is_dark(widget: QWidget) -> bool:
    """Whether lists and plots of the widget have a dark ground."""
    return widget.palette().color(QPalette.Base).lightness() < 128


def show_boxes(view: QWidget):
    """Make empty check boxes of a list visible on a dark ground."""
    if is_dark(view):
        palette = view.palette()
        # Fusion frames the boxes in the window's colour, darkened.
        palette.setColor(QPalette.Window, QColor(190, 190, 190))
        view.setPalette(palette)
