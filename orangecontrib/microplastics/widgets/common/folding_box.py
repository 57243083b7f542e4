"""A box of less common settings that a click unfolds."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QSizePolicy, QToolButton
from Orange.widgets import gui


def folding_box(parent, master, setting: str, title: str):
    """A titled box that is shown or hidden by a click on its title.

    Parameters
    ----------
    parent : QWidget
        Its layout takes the button and the box.
    master : OWWidget
    setting : str
        Name of the boolean setting that remembers whether the box is open.
    title : str

    Returns
    -------
    QWidget
        The box, to be filled.
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
