"""Dark themes: detection, and check boxes that Qt would otherwise draw black on black."""
from __future__ import annotations

from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import QWidget


def is_dark(widget: QWidget) -> bool:
    """Whether lists and plots of the widget have a dark background."""
    return widget.palette().color(QPalette.Base).lightness() < 128


def show_boxes(view: QWidget):
    """Make empty check boxes of a list visible on a dark background."""
    if is_dark(view):
        palette = view.palette()
        # The Fusion style draws the frames of the boxes in a darker shade of the window colour.
        palette.setColor(QPalette.Window, QColor(190, 190, 190))
        view.setPalette(palette)
