"""The box "Counts" of Particles: size classes, and what is done to the numbers."""
from __future__ import annotations

from AnyQt.QtCore import QObject, pyqtSignal
from AnyQt.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget
from Orange.widgets import gui

from orangecontrib.microplastics.particles.classes import Classes, load, typed
from orangecontrib.microplastics.particles.mass import ELLIPSOID, FLAT, Masses, masses
from orangecontrib.microplastics.particles.quality import Blanks
from orangecontrib.microplastics.particles.summary import Corrections
from orangecontrib.microplastics.widgets.particles.qualitydialog import QualityDialog

__all__ = ["TYPED", "MASSES", "CountsBox"]

#: Entry for classes that the user types.
TYPED = "Typed limits"

#: Limits until some are typed.
_USUAL = "20, 50, 100, 300, 1000, 5000"

#: How mass is estimated: values of the setting `mass`.
MASSES = ("", FLAT, ELLIPSOID)


class CountsBox(QObject):
    """
    Box "Counts".

    The widget `master` has the settings `size_classes` (a name, or TYPED), `typed_limits`, `mass`,
    and those of :class:`.QualityDialog`. Signals: `changed`: the numbers are others now.
    `reported`: the report is asked for.
    """
    changed = pyqtSignal()
    reported = pyqtSignal()

    def __init__(self, master):
        super().__init__(master)
        self.master = master
        self.problem = self._broken = ""
        try:
            self._known = load()
        except ValueError as ex:
            # A typing error in a file that may be edited; typed limits still work.
            self._known, self._broken = {}, str(ex)
        self._classes: Classes | None = None
        box = gui.widgetBox(master.controlArea, "Counts", spacing=2)
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        tip = "Classes of sizes in which particles are counted. Those of standards are in the " \
              "file particles/size_classes.json, with their sources; its limits were not read in " \
              "the standards' full texts, and can be edited."
        grid.addWidget(QLabel("Size classes:", toolTip=tip), 0, 0)
        self.combo = QComboBox(toolTip=tip)
        self.combo.addItems([*self._known, TYPED])
        self.combo.setMinimumContentsLength(12)
        if master.size_classes not in (*self._known, TYPED):
            master.size_classes = next(iter(self._known), TYPED)
        self.combo.setCurrentText(master.size_classes)
        self.combo.activated.connect(self._chosen)
        grid.addWidget(self.combo, 0, 1)
        self.limits = QLineEdit(master.typed_limits, placeholderText="20, 50, 100, 500 (µm)",
                                toolTip="Limits of the size classes in µm, ascending.")
        self.limits.editingFinished.connect(self._typed)
        grid.addWidget(self.limits, 1, 0, 1, 2)
        tip = "Estimate the mass of each particle from its outline and the density of its polymer."
        grid.addWidget(QLabel("Mass:", toolTip=tip), 2, 0)
        self.mass = QComboBox(toolTip=tip)
        self.mass.addItems(["not estimated", "0.34 × Feret min × area", "as ellipsoids"])
        self.mass.setCurrentIndex(MASSES.index(master.mass) if master.mass in MASSES else 0)
        self.mass.activated.connect(self._mass_chosen)
        grid.addWidget(self.mass, 2, 1)
        grid.setColumnStretch(1, 1)
        box.layout().addWidget(part)
        row = gui.hBox(box)
        self.quality = QPushButton("Blanks, Recovery...", autoDefault=False, toolTip=(
            "Subtract procedural blanks, correct for the recovery and for the share of the filter "
            "that was measured, give numbers per volume."))
        self.report = QPushButton("Save Report...", autoDefault=False)
        self.report.setToolTip("A report to print and sign, with the tables and outlines as files.")
        self.dialog = QualityDialog(master)
        self.dialog.changed.connect(self.changed)
        self.quality.clicked.connect(self._show_dialog)
        self.report.clicked.connect(self.reported)
        row.layout().addWidget(self.quality)
        row.layout().addWidget(self.report)
        self._show()

    def _show_dialog(self):
        self.dialog.show()
        self.dialog.raise_()

    @property
    def classes(self) -> Classes:
        """Size classes in use; while those typed are wrong, the last that were right."""
        master = self.master
        self.problem = self._broken
        if master.size_classes != TYPED:
            self._classes = self._known[master.size_classes]
            return self._classes
        try:
            self._classes = typed(master.typed_limits or _USUAL)
        except ValueError as ex:
            self.problem = str(ex)
        if self._classes is None:
            self._classes = typed(_USUAL)
        return self._classes

    def corrections(self, blanks: Blanks | None) -> Corrections:
        """What is known besides the particles."""
        master = self.master
        recovery = (master.recovered, master.spiked) if master.spiked else None
        return Corrections(blanks, recovery, master.share_measured / 100, master.litres)

    def masses(self, found) -> Masses | None:
        """Estimated masses, if they are asked for."""
        return masses(found.names, found.sizes, self.master.mass) if self.master.mass else None

    def _chosen(self, *_):
        self.master.size_classes = self.combo.currentText()
        if self.master.size_classes == TYPED and not self.limits.text():
            self.limits.setText(_USUAL)
            self.master.typed_limits = _USUAL
        self._show()
        self.changed.emit()

    def _typed(self):
        if self.master.typed_limits != self.limits.text():
            self.master.typed_limits = self.limits.text()
            self.changed.emit()

    def _mass_chosen(self, index):
        self.master.mass = MASSES[index]
        self.changed.emit()

    def _show(self):
        self.limits.setVisible(self.master.size_classes == TYPED)


