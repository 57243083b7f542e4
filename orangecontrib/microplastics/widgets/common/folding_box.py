"""A collapsible box for less common settings."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QSizePolicy, QToolButton
from Orange.widgets import gui


def folding_box(parent, master, setting: str, title: str):
    """Add a box that a click on its title shows or hides.

    Parameters
    ----------
    parent : QWidget
        The title button and the box are added to its layout.
    master : OWWidget
    setting : str
        Name of the boolean setting that remembers whether the box is open.
    title : str

    Returns
    -------
    QWidget
        The empty box.
    """
    button = QToolButton(
        text=title, checkable=True, autoRaise=True,
        toolButtonStyle=Qt.ToolButtonTextBesideIcon,
        sizePolicy=QSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed))
    parent.layout().addWidget(button)
    box = gui.widgetBox(parent, box=True)

    def toggle(unfolded):
        setattr(master, setting, bool(unfolded))
        button.setArrowType(Qt.DownArrow if unfolded else Qt.RightArrow)
        box.setVisible(unfolded)

    button.toggled.connect(toggle)
    button.setChecked(getattr(master, setting))
    toggle(getattr(master, setting))
    return box
