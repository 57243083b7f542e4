"""The boxes "Spectra" and "Maps": what is done with the files."""
from __future__ import annotations

from AnyQt.QtCore import QObject, Qt, pyqtSignal
from AnyQt.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QWidget,
)
from Orange.widgets import gui

from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.particles.classes import load, size_classes

__all__ = ["TYPED", "SettingsBox"]

#: Entry for classes that the user types.
TYPED = "Typed limits"

#: Limits until some are typed.
_USUAL = "20, 50, 100, 300, 1000, 5000"


class SettingsBox(QObject):
    """
    Boxes "Spectra" and "Maps".

    The widget `master` has the settings `convert`, `amounts`, `every_pixel`, `pixel_size`,
    `smallest`, `size_classes` and `typed_limits`. Signal `changed`: the user has changed one.
    """
    changed = pyqtSignal()

    def __init__(self, master):
        super().__init__(master)
        self.master = master
        try:
            self._known = list(load())
        except ValueError:
            # A typing error in a file that may be edited; typed limits still work.
            self._known = []
        self.boxes = []
        self._add_spectra()
        self._add_maps()
        self._show()

    def _add_spectra(self):
        box = gui.widgetBox(self.master.controlArea, "Spectra", spacing=2)
        self.boxes.append(box)
        gui.checkBox(
            box, self.master, "convert", "Convert from transmittance", callback=self.changed.emit,
            tooltip="Treat all spectra as transmittance T, in per cent or not, and convert them "
                    "to A = -log10 T. Spectra in absorbance need no tick.")
        gui.checkBox(
            box, self.master, "amounts", "How much of each", callback=self.changed.emit,
            tooltip="Fractions of the components, with intervals. They take about half of the "
                    "time.")

    def _add_maps(self):
        master = self.master
        box = gui.widgetBox(master.controlArea, "Maps", spacing=2)
        self.boxes.append(box)
        group = QButtonGroup(box)
        for number, (text, tip) in enumerate((
                ("Find particles", "Find the particles of each map, name, measure and count "
                                   "them, and write a report."),
                ("Identify every pixel", "Identify all pixels, also those of the filter, without "
                                         "looking for particles."))):
            button = QRadioButton(text, toolTip=tip, checked=bool(master.every_pixel) == number)
            group.addButton(button, number)
            box.layout().addWidget(button)
        group.buttonToggled.connect(self._maps_chosen)
        self.group = group
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setVerticalSpacing(3)
        tip = "Width of a pixel. That of the file is used if it is known; type it if files do " \
              "not tell it, or tell it wrongly: it is then used for all. Go down to the " \
              "smallest value to use that of the files again."
        grid.addWidget(QLabel("Pixel size:", toolTip=tip), 0, 0)
        self.pixel = self._spin(0, 3, .5, " µm", tip, "pixel_size", float)
        self.pixel.setSpecialValueText("from the file")
        grid.addWidget(self.pixel, 0, 1)
        tip = "Areas of fewer pixels are left out: they have no shape, and are often noise."
        grid.addWidget(QLabel("Smallest:", toolTip=tip), 1, 0)
        self.smallest = self._spin(1, 0, 1, " pixels", tip, "smallest", int)
        grid.addWidget(self.smallest, 1, 1)
        tip = "Classes of sizes in which particles are counted, as in Particles."
        grid.addWidget(QLabel("Size classes:", toolTip=tip), 2, 0)
        self.classes = QComboBox(toolTip=tip)
        self.classes.addItems([*self._known, TYPED])
        self.classes.setMinimumContentsLength(12)
        if master.size_classes not in (*self._known, TYPED):
            master.size_classes = next(iter(self._known), TYPED)
        self.classes.setCurrentText(master.size_classes)
        self.classes.activated.connect(self._classes_chosen)
        grid.addWidget(self.classes, 2, 1)
        self.limits = QLineEdit(master.typed_limits, placeholderText="20, 50, 100, 500 (µm)",
                                toolTip="Limits of the size classes in µm, ascending.")
        self.limits.editingFinished.connect(self._typed)
        grid.addWidget(self.limits, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        box.layout().addWidget(part)
        self.particle_parts = part

    def _spin(self, low, decimals, step, suffix, tip, name, kind):
        spin = QDoubleSpinBox(minimum=low, maximum=9999, decimals=decimals, singleStep=step,
                              suffix=suffix, toolTip=tip, alignment=Qt.AlignRight,
                              keyboardTracking=False)
        spin.setValue(getattr(self.master, name))
        spin.valueChanged.connect(lambda value: self._set(name, kind(value)))
        return spin

    # ---------------------------------------------------------------- state

    @property
    def settings(self) -> Settings:
        """Settings of the run."""
        master = self.master
        return Settings(
            transmittance=bool(master.convert), amounts=bool(master.amounts),
            every_pixel=bool(master.every_pixel), smallest=int(master.smallest),
            pixel_size=float(master.pixel_size) or None, classes=self._classes())

    @property
    def problem(self) -> str:
        """What is wrong with the settings; empty if nothing is."""
        try:
            size_classes(self._classes())
        except ValueError as ex:
            return str(ex)
        return ""

    def _classes(self):
        master = self.master
        if master.size_classes == TYPED:
            return master.typed_limits
        # The command line leaves out the first, too, so that either goes on with the other's runs.
        return "" if master.size_classes == self._known[0] else master.size_classes

    def enable(self, on: bool):
        """Enable or disable all."""
        for box in self.boxes:
            box.setEnabled(on)

    def _set(self, name, value):
        setattr(self.master, name, value)
        self.changed.emit()

    def _maps_chosen(self, button, on):
        if on:
            self._set("every_pixel", bool(self.group.id(button)))
            self._show()

    def _classes_chosen(self, *_):
        if self.classes.currentText() == TYPED and not self.limits.text():
            self.limits.setText(_USUAL)
            self.master.typed_limits = _USUAL
        self._set("size_classes", self.classes.currentText())
        self._show()

    def _typed(self):
        if self.master.typed_limits != self.limits.text():
            self._set("typed_limits", self.limits.text())

    def _show(self):
        self.limits.setVisible(self.master.size_classes == TYPED)
        self.particle_parts.setEnabled(not self.master.every_pixel)
