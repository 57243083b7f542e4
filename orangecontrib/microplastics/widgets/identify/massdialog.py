"""Dialog with the absorptivities by which fractions of signal become fractions of mass."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from AnyQt.QtCore import QSize, Qt, pyqtSignal
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from orangecontrib.microplastics.widgets.common.absorptivity import AbsorptivityDelegate

__all__ = ["MassDialog"]

_NAME, _VALUE = range(2)

_TIP = "Signal per mass, relative to the other materials: a material with 2 gives twice the " \
       "signal of as much of a material with 1."


class MassDialog(QDialog):
    """A row for each material with its absorptivity, and a button that calibrates them.

    Signals: `edited(material, value)`; `calibrated`: the button was pressed; `reset`: all are to
    be 1.
    """
    edited = pyqtSignal(str, float)
    calibrated = pyqtSignal()
    reset = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setWindowTitle("Absorptivities")
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(
            "Of the same mass, one material gives more signal than another. Enter how much, "
            "relative to the other materials of a sample, or calibrate with blends of known "
            "mass fractions.", wordWrap=True))
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels(["Material", "Absorptivity"])
        self.table.horizontalHeaderItem(_VALUE).setToolTip(_TIP)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.Stretch)
        header.setHighlightSections(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionMode(QAbstractItemView.NoSelection)
        self.table.setEditTriggers(QAbstractItemView.AllEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setItemDelegateForColumn(_VALUE, AbsorptivityDelegate(self.table))
        self.table.itemChanged.connect(self._changed)
        layout.addWidget(self.table, 1)
        row = QHBoxLayout()
        self.calibrate = QPushButton(
            "Calibrate with Labelled Spectra", autoDefault=False,
            toolTip="Compare the fractions of signal of the labelled blends with their known "
                    "mass fractions.")
        self.calibrate.clicked.connect(self.calibrated)
        self.ones = QPushButton("Set All to 1", autoDefault=False)
        self.ones.clicked.connect(self.reset)
        row.addWidget(self.calibrate, 1)
        row.addWidget(self.ones)
        layout.addLayout(row)
        self.told = QLabel(wordWrap=True)
        self.told.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignTop)
        layout.addWidget(self.told)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.rejected.connect(self.close)
        layout.addWidget(buttons)

    def sizeHint(self):
        return QSize(360, 460)

    def fill(self, materials: Sequence[str], absorptivities: Mapping[str, float]):
        """List materials; absorptivities not given are 1."""
        table = self.table
        table.blockSignals(True)
        # The items stay if they can: this is also called while one of them is edited.
        if [table.item(row, _NAME).text() for row in range(table.rowCount())] != list(materials):
            table.setRowCount(len(materials))
            for row, name in enumerate(materials):
                title, value = QTableWidgetItem(name), QTableWidgetItem()
                title.setFlags(Qt.ItemIsEnabled)
                value.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
                value.setFlags(Qt.ItemIsEnabled | Qt.ItemIsEditable)
                value.setToolTip(_TIP)
                table.setItem(row, _NAME, title)
                table.setItem(row, _VALUE, value)
        for row, name in enumerate(materials):
            table.item(row, _VALUE).setData(Qt.EditRole, float(absorptivities.get(name, 1)))
        table.blockSignals(False)
        table.viewport().update()

    def tell(self, text: str):
        """Say where the values come from, or why they could not be calibrated."""
        self.told.setText(text)

    def _changed(self, item):
        if item.column() == _VALUE:
            self.edited.emit(self.table.item(item.row(), _NAME).text(),
                             float(item.data(Qt.EditRole)))
