"""The boxes of Identify Spectra that set the rule: score, checks, thresholds and a promise."""
from __future__ import annotations

from AnyQt.QtCore import QObject, Qt, pyqtSignal
from AnyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QWidget
from Orange.widgets import gui

from orangecontrib.microplastics.confidence.promise import FEWEST
from orangecontrib.microplastics.widgets.identify.promises import REFUSED, WRONG

__all__ = ["SCORES", "add_score_box", "PromiseRows"]

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


def add_score_box(master, callback):
    """Add the box that chooses the score (setting `by`) and the checks (setting `checks`)."""
    box = gui.widgetBox(master.controlArea, "Decide by")
    combo = gui.comboBox(box, master, "by", items=SCORES, callback=callback)
    for i, tip in enumerate(_SCORE_TIPS):
        combo.setItemData(i, tip, Qt.ToolTipRole)
    combo.setToolTip("The score that is compared with the thresholds. " + _SCORE_TIPS[0])
    gui.checkBox(
        box, master, "checks", "Also doubt: improbable, library\ndisagrees, looks like a mixture",
        callback=callback,
        tooltip="Such spectra are to be inspected, even if their scores are high: the material is "
                "less probable than not; the most similar reference is of another material; or a "
                "model of single materials sees a share of a second.")


class PromiseRows(QObject):
    """
    Rows that set the thresholds by a promise; shares in per cent are settings of `master`.

    Signal `asked(promise)`: the user has pressed Set, or changed the share of the promise that is
    kept now.
    """
    asked = pyqtSignal(str)

    def __init__(self, master, box):
        super().__init__(master)
        self.master = master
        box.layout().addWidget(QLabel("Or set them by a promise:"))
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
                 "more."))):
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
        self.label = QLabel(wordWrap=True)
        self.label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        box.layout().addWidget(self.label)
        self.show_text("")

    def _typed(self, promise, value):
        setattr(self.master, promise, value)
        if self.master.promise == promise:
            self.asked.emit(promise)

    def show_text(self, text: str):
        """Say where the thresholds come from, or why a promise cannot be kept."""
        self.label.setText(text)
        self.label.setVisible(bool(text))
