"""The boxes at the left of Particles: what is a particle, and which names are accepted."""
from __future__ import annotations

from AnyQt.QtCore import QObject, Qt, pyqtSignal
from AnyQt.QtWidgets import QCheckBox, QDoubleSpinBox, QGridLayout, QLabel, QPushButton, QWidget
from Orange.widgets import gui

from orangecontrib.microplastics.identification import Rule
from orangecontrib.microplastics.particles.find import SMALLEST

__all__ = ["ParticleBox"]

#: Largest threshold and pixel size that can be typed.
_HIGHEST, _WIDEST = 9999., 9999.


class ParticleBox(QObject):
    """
    Box "Particles" and box "Decision".

    The widget `master` has the settings `automatic`, `threshold`, `smallest`, `by_pixels`,
    `subtract`, `pixel_size`, `accept`, `inspect` and `checks`. Signal `changed`: the user has
    changed one of them.
    """
    changed = pyqtSignal()

    def __init__(self, master):
        super().__init__(master)
        self.master = master
        box = gui.widgetBox(master.controlArea, "Particles", spacing=2)
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        tip = "How far a pixel must differ from the filter to be matter, in multiples of the " \
              "filter's own scatter. The tab Matter shows it. Automatic: Otsu's threshold."
        self.automatic = QCheckBox("Automatic threshold", checked=master.automatic, toolTip=tip)
        self.automatic.toggled.connect(self._toggled)
        grid.addWidget(self.automatic, 0, 0)
        self.threshold = self._spin(.5, _HIGHEST, .5, 1, tip, self._threshold_typed)
        grid.addWidget(self.threshold, 0, 1)
        tip = "Areas of fewer pixels are left out: they have no shape, and are often noise."
        grid.addWidget(QLabel("Smallest:", toolTip=tip), 1, 0)
        self.smallest = self._spin(1, 9999, 1, 0, tip, self._smallest_typed)
        self.smallest.setSuffix(" pixels")
        self.smallest.setValue(master.smallest)
        grid.addWidget(self.smallest, 1, 1)
        tip = "Width of a pixel. That of the data is used if it is known; type it if the file " \
              "does not tell it, or tells it wrongly. Go down to the smallest value to use that " \
              "of the data again."
        grid.addWidget(QLabel("Pixel size:", toolTip=tip), 2, 0)
        self.pixel = self._spin(0, _WIDEST, .5, 3, tip, self._pixel_typed)
        self.pixel.setSuffix(" µm")
        self.pixel.setSpecialValueText("from the data")
        self.pixel.setValue(master.pixel_size or 0)
        grid.addWidget(self.pixel, 2, 1)
        grid.setColumnStretch(0, 1)
        box.layout().addWidget(part)
        self.map_parts = part
        row = gui.hBox(box)
        self.by_pixels = gui.checkBox(
            row, master, "by_pixels", "Name pixels", callback=self.changed.emit,
            tooltip="Name each pixel, which parts touching particles of two polymers, and then "
                    "each particle. Without it, connected matter is one particle, and is named "
                    "by its mean spectrum only, which is faster.")
        self.subtract = gui.checkBox(
            row, master, "subtract", "Subtract filter", callback=self.changed.emit,
            tooltip="Subtract as much of the filter's spectrum as the spectrum holds. Its bands "
                    "would be taken for those of a second material.")
        self.edits = row = gui.hBox(box)
        self.edits_label = QLabel("", toolTip="Corrections by hand: press the right mouse button "
                                              "on a particle. They are kept in the workflow, "
                                              "and said in the report.")
        row.layout().addWidget(self.edits_label, 1)
        self.undo = QPushButton("Undo", autoDefault=False, toolTip="Take the last correction back.")
        self.forget = QPushButton("Forget", autoDefault=False, toolTip="Take all corrections back.")
        for button in (self.undo, self.forget):
            button.setFixedWidth(button.fontMetrics().horizontalAdvance(button.text()) + 24)
            row.layout().addWidget(button)
        box = gui.widgetBox(master.controlArea, "Decision", spacing=2)
        row = gui.hBox(box)
        for name, text, tip in (
                ("accept", "Accept from", "The smallest of the four scores of an accepted "
                                          "particle. 0.7 is common in library search."),
                ("inspect", "inspect from", "Between this and the other limit, look at the "
                                            "particle yourself; below, it is unknown.")):
            row.layout().addWidget(QLabel(text, toolTip=tip))
            spin = self._spin(0, 1, .01, 2, tip, lambda value, name=name: self._set(name, value))
            spin.setFixedWidth(64)
            spin.setValue(getattr(master, name))
            setattr(self, name, spin)
            row.layout().addWidget(spin)
        row = gui.hBox(box)
        self.checks = gui.checkBox(
            row, master, "checks", "Also doubt improbable ones", callback=self.changed.emit,
            tooltip="To be inspected, whatever the scores: the material is less probable than not; "
                    "the most similar reference is of another material; or a model of single "
                    "materials sees a share of a second.")
        rule = Rule()
        button = QPushButton("Defaults", autoDefault=False)
        button.setToolTip(
            f"Automatic threshold, {SMALLEST} pixels, {rule.accept:g} and {rule.inspect:g}.")
        button.setFixedWidth(button.fontMetrics().horizontalAdvance("Defaults") + 24)
        button.clicked.connect(self._defaults)
        row.layout().addWidget(button)
        self.show_threshold(master.threshold)
        self.show_edits(0)

    @staticmethod
    def _spin(low, high, step, decimals, tip, changed):
        spin = QDoubleSpinBox(minimum=low, maximum=high, singleStep=step, decimals=decimals,
                              toolTip=tip, alignment=Qt.AlignRight, keyboardTracking=False)
        spin.setFixedWidth(112)
        spin.valueChanged.connect(changed)
        return spin

    @property
    def rule(self) -> Rule:
        """The rule that is set."""
        master = self.master
        return Rule(accept=master.accept, inspect=min(master.inspect, master.accept),
                    checks=master.checks)

    def show_threshold(self, value: float):
        """Show the threshold in use."""
        self.threshold.blockSignals(True)
        self.threshold.setValue(value)
        self.threshold.blockSignals(False)
        self.threshold.setEnabled(not self.master.automatic)

    def move(self, value: float):
        """Set a threshold by hand, as by dragging its line."""
        self.master.automatic, self.master.threshold = False, round(float(value), 2)
        self.automatic.blockSignals(True)
        self.automatic.setChecked(False)
        self.automatic.blockSignals(False)
        self.show_threshold(self.master.threshold)
        self.changed.emit()

    def show_edits(self, n: int):
        """Say how many corrections there are."""
        self.edits_label.setText(f"{n} {'correction' if n == 1 else 'corrections'} by hand")
        self.edits.setVisible(n > 0)

    def for_map(self, there: bool):
        """Enable what only a map needs."""
        for part in (self.map_parts, self.by_pixels, self.subtract):
            part.setEnabled(there)

    def _toggled(self, on):
        self.master.automatic = on
        self.threshold.setEnabled(not on)
        self.changed.emit()

    def _threshold_typed(self, value):
        if not self.master.automatic:
            self.master.threshold = float(value)
            self.changed.emit()

    def _smallest_typed(self, value):
        self._set("smallest", int(value))

    def _pixel_typed(self, value):
        self._set("pixel_size", float(value))

    def _set(self, name, value):
        setattr(self.master, name, value)
        self.changed.emit()

    def _defaults(self):
        rule = Rule()
        for spin, value in ((self.smallest, SMALLEST), (self.accept, rule.accept),
                            (self.inspect, rule.inspect)):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        master = self.master
        master.smallest, master.accept, master.inspect = SMALLEST, rule.accept, rule.inspect
        master.checks, master.by_pixels, master.subtract = rule.checks, True, True
        self.automatic.blockSignals(True)
        self.automatic.setChecked(True)
        self.automatic.blockSignals(False)
        master.automatic = True
        self.show_threshold(master.threshold)
        self.changed.emit()
