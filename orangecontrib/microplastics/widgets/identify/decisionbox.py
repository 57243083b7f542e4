"""The box of Identify Spectra that sets the rule: score, checks, thresholds and promises."""
from __future__ import annotations

from AnyQt.QtCore import QObject, Qt, pyqtSignal
from AnyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QWidget
from Orange.widgets import gui

from orangecontrib.microplastics.confidence.promise import FEWEST
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.identification import Rule
from orangecontrib.microplastics.widgets.identify.promises import (
    HIGHEST,
    LOWEST,
    PARTS,
    REFUSED,
    WRONG,
)

__all__ = ["SCORES", "add_scores", "add_thresholds", "PromiseRows"]

SCORES = ("All four", "Confidence", "Correlation", "Explained bands", "Complete (missing bands)")

_SCORE_TIPS = (
    "All must reach the threshold: fewest mistakes.",
    "How strongly the network favours a class. Of 100 spectra of known materials, distorted as by "
    "another instrument, 95 reach 0.7 and 99 reach 0.6.",
    "Correlation of the first derivative with the class, as in a library search.",
    "Whether the class explains all bands of the spectrum. 0.7: a band is twice as high as usual "
    "among the class's training spectra. The remarks name the band.",
    "Whether the spectrum has all bands that the class usually has. The remarks name those that "
    "lack.")


def add_scores(box, master, callback):
    """Add the choice of the score (setting `by`) and of the checks (setting `checks`)."""
    combo = gui.comboBox(box, master, "by", label="Decide by:", orientation=Qt.Horizontal,
                         items=SCORES, callback=callback)
    for i, tip in enumerate(_SCORE_TIPS):
        combo.setItemData(i, tip, Qt.ToolTipRole)
    combo.setToolTip("The score that is compared with the thresholds. " + _SCORE_TIPS[0])
    gui.checkBox(
        box, master, "checks", "Also doubt: improbable, library\ndisagrees, looks like a mixture",
        callback=callback,
        tooltip="Such spectra are to be inspected, even if their scores are high: the material is "
                "less probable than not; the most similar reference is of another material; or a "
                "model of single materials sees a share of a second.")


def add_thresholds(box, master, changed, defaults):
    """Add the rows of thresholds (settings `accept`, `inspect` and `detect`), and "Defaults".

    Parameters
    ----------
    box : QWidget
    master : OWWidget
    changed : callable
        Called with the name of the setting that the user has changed.
    defaults : callable
        Called when "Defaults" is pressed.
    """
    for name, label, low, high, tip in (
            ("accept", "Accept from:", 0., 1.,
             "0.7 is a common limit in library search. You can also drag the line in the plot of "
             "scores."),
            ("inspect", "Inspect from:", 0., 1.,
             "Between this and the other limit, look at the spectrum yourself; below, the material "
             "is unknown. 0.6 is common."),
            ("detect", "Name further parts from:", LOWEST, HIGHEST,
             "Probability of its presence from which a component is named besides those of the "
             "class. Lower: fewer parts are missed, and more are named that are not there. "
             "Spectra are identified anew.")):
        spin = gui.doubleSpin(box, master, name, low, high, .01, label=label, decimals=2,
                              controlWidth=70, alignment=Qt.AlignRight,
                              callback=lambda name=name: changed(name))
        spin.setToolTip(tip)
    row = gui.hBox(box)
    gui.widgetLabel(row, "Or set them by a promise:")
    button = QPushButton(
        "Defaults", autoDefault=False, clicked=lambda *_: defaults(),
        toolTip=f"Reset to {Rule().accept:g}, {Rule().inspect:g} and {DETECT:g}.")
    row.layout().addWidget(button)


class PromiseRows(QObject):
    """
    Rows that set the thresholds by a promise; shares in per cent are settings of `master`.

    Promises about decisions (setting `promise`) exclude each other; that about parts (setting
    `parts_promised`) sets another threshold. Signal `asked(promise)`: the user has pressed Set, or
    changed the share of a promise that is kept now.
    """
    asked = pyqtSignal(str)

    def __init__(self, master, box):
        super().__init__(master)
        self.master = master
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        self.buttons, self.spins = {}, {}
        for row, (promise, text, tip) in enumerate((
                (REFUSED, "Known refused, at most:",
                 "Of spectra like the labelled ones that are named rightly, at most this share is "
                 f"not accepted, on average. This takes {FEWEST} or more labelled spectra."),
                (WRONG, "Accepted wrong, at most:",
                 "Of the accepted spectra, at most this share has a wrong name, with 95 % "
                 "confidence. For 1 % this takes 299 labelled spectra without a mistake, or "
                 "more."),
                (PARTS, "Parts missed, at most:",
                 "Of the parts of 10 % and more in mixtures like the labelled ones, at most this "
                 "share is not named, on average. It sets \"Name further parts from\"; the text "
                 "below says how many parts are named then that are not there."))):
            grid.addWidget(QLabel(text, toolTip=tip), row, 0)
            spin = QSpinBox(minimum=1, maximum=50, suffix=" %", value=getattr(master, promise),
                            toolTip=tip, alignment=Qt.AlignRight)
            spin.valueChanged.connect(lambda value, promise=promise: self._typed(promise, value))
            grid.addWidget(spin, row, 1)
            button = QPushButton("Set", autoDefault=False, toolTip=tip)
            button.setFixedWidth(button.fontMetrics().horizontalAdvance("Set") + 22)
            button.clicked.connect(lambda *_, promise=promise: self.asked.emit(promise))
            grid.addWidget(button, row, 2)
            self.buttons[promise], self.spins[promise] = button, spin
        grid.setColumnStretch(0, 1)
        box.layout().addWidget(part)
        self.label, self.parts_label = QLabel(wordWrap=True), QLabel(wordWrap=True)
        for label in (self.label, self.parts_label):
            label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
            box.layout().addWidget(label)
        self.show_text("")
        self.show_parts_text("")

    def _typed(self, promise, value):
        setattr(self.master, promise, value)
        if self.master.parts_promised if promise == PARTS else self.master.promise == promise:
            self.asked.emit(promise)

    def show_text(self, text: str):
        """Say where the thresholds of decisions come from, or why a promise cannot be kept."""
        _show(self.label, text)

    def show_parts_text(self, text: str):
        """Likewise of the threshold of further parts."""
        _show(self.parts_label, text)


def _show(label, text):
    label.setText(text)
    label.setVisible(bool(text))
