"""What fractions are of: the row of controls below the thresholds, and the absorptivities."""
from __future__ import annotations

from AnyQt.QtCore import QObject, Qt, pyqtSignal
from AnyQt.QtWidgets import QPushButton
from Orange.widgets import gui

from orangecontrib.microplastics.widgets.common.answertexts import things
from orangecontrib.microplastics.widgets.identify.blends import Blends, calibrate
from orangecontrib.microplastics.widgets.identify.massdialog import MassDialog
from orangecontrib.microplastics.widgets.identify.texts import of_what

__all__ = ["SIGNAL", "MASS", "AmountsBox"]

#: Values of the setting `fraction_of`.
SIGNAL, MASS = range(2)


class AmountsBox(QObject):
    """
    Row "Fractions of", and the dialog with absorptivities.

    The widget `master` has the settings `fraction_of`, `absorptivities` (by material; of others it
    is 1) and `calibrated` (number of blends that they come from, 0 if they were entered).
    Signal `changed`: fractions must be shown anew.
    """
    changed = pyqtSignal()

    def __init__(self, master, box):
        super().__init__(master)
        self.master = master
        self._materials: tuple[str, ...] = ()
        self._blends: Blends | None = None
        row = gui.hBox(box)
        self.combo = gui.comboBox(
            row, master, "fraction_of", label="Fractions of:", orientation=Qt.Horizontal,
            items=("signal", "mass"), callback=self._choose,
            tooltip="Signal: share of the bands of the spectrum. Mass: the signal divided by what "
                    "as much of the material absorbs, which must be entered or calibrated.")
        self.button = QPushButton("Absorptivities...", autoDefault=False, clicked=self.open_dialog,
                                  toolTip="Absorptivities of the materials: enter them, or "
                                          "calibrate them with blends of known composition.")
        row.layout().addWidget(self.button)
        self.dialog = MassDialog(master)
        self.dialog.edited.connect(self._edited)
        self.dialog.calibrated.connect(self._calibrate)
        self.dialog.reset.connect(self._reset)
        self.show_materials((), None)

    # ---------------------------------------------------------------- state

    @property
    def by_mass(self) -> bool:
        """Whether fractions are of mass."""
        return self.master.fraction_of == MASS

    @property
    def absorptivities(self) -> dict[str, float] | None:
        """Absorptivity of each component of the model; None if fractions are of signal."""
        if not self.by_mass:
            return None
        return {name: self.master.absorptivities.get(name, 1.) for name in self._materials}

    def text(self) -> str:
        """What fractions are of, in words."""
        master = self.master
        return of_what(self.by_mass, master.absorptivities, master.calibrated)

    def not_calibrated(self) -> set[str]:
        """Components whose masses mean nothing, since others are calibrated and they are not."""
        if not self.by_mass or not self.master.calibrated:
            return set()
        return set(self._materials).difference(self.master.absorptivities)

    def show_materials(self, materials: tuple[str, ...], blends: Blends | None):
        """Offer the components of a model, () for none; `blends` are those that are connected."""
        self._materials, self._blends = tuple(materials), blends
        self.button.setVisible(self.by_mass)
        self.button.setEnabled(bool(materials))
        self._fill()

    # -------------------------------------------------------------- actions

    def open_dialog(self):
        """Show the absorptivities."""
        self._fill()
        self.dialog.show()
        self.dialog.raise_()

    def _fill(self):
        master = self.master
        self.dialog.fill(self._materials, master.absorptivities)
        self.dialog.tell(
            f"Calibrated with {things(master.calibrated, 'blend')}." if master.calibrated else "")

    def _choose(self):
        self.button.setVisible(self.by_mass)
        self.changed.emit()

    def _use(self, absorptivities, calibrated):
        master = self.master
        master.absorptivities = absorptivities
        master.calibrated = calibrated
        self._fill()
        self.changed.emit()

    def _edited(self, material, value):
        self._use({**self.master.absorptivities, material: value}, 0)

    def _reset(self):
        self._use({}, 0)

    def _calibrate(self):
        found = calibrate(self._blends, self._materials)
        if found.problem:
            self.dialog.tell(found.problem)
            return
        self._use({name: round(value, 3) for name, value in found.absorptivities.items()},
                  found.blends)
        names = ", ".join(sorted(found.absorptivities))
        left_out = found.of - found.blends
        self.dialog.tell(
            f"Calibrated with {things(found.blends, 'blend')} of {names}"
            + (f"; in {left_out:,} others, two of them were not found" if left_out else "")
            + ". Materials that are not among these have 1, without a meaning.")
