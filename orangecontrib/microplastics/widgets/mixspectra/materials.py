"""Table of the materials: which are mixed, and how strongly each of them absorbs."""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from orangecontrib.microplastics.widgets.common.absorptivity import AbsorptivityDelegate
from orangecontrib.microplastics.widgets.common.palette import show_boxes

__all__ = ["MaterialTable"]

_NAME, _ABSORPTIVITY = range(2)
#: Rows that are visible at a time, the header included.
_ROWS = 6


class MaterialTable(QTableWidget):
    """A row for each material: a box to tick, its name, and optionally its absorptivity.

    Signals
    -------
    ticked : ()
        The user ticked or unticked a material.
    absorptivity_edited : (str, float)
        Name of a material and the value that the user gave it.
    """

    ticked = Signal()
    absorptivity_edited = Signal(str, float)

    def __init__(self, parent=None):
        super().__init__(0, 2, parent)
        show_boxes(self)
        self.setHorizontalHeaderLabels(["Material", "Absorptivity"])
        header = self.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.Stretch)
        header.setSectionResizeMode(_ABSORPTIVITY, QHeaderView.ResizeToContents)
        header.setHighlightSections(False)
        self.horizontalHeaderItem(_NAME).setToolTip("Classes to mix; untick those to leave out.")
        self.horizontalHeaderItem(_ABSORPTIVITY).setToolTip(
            "Signal per mass, relative to the other materials: a material with 2 gives twice the "
            "signal of as much of a material with 1. The signal is that by which sources are "
            "scaled.")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().lineSpacing() + 2)
        self.setFixedHeight(_ROWS * self.verticalHeader().defaultSectionSize()
                            + 2 * self.frameWidth())
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.NoSelection)
        self.setEditTriggers(QAbstractItemView.AnyKeyPressed | QAbstractItemView.EditKeyPressed)
        self.clicked.connect(self._clicked)
        self.setTabKeyNavigation(False)  # Tab goes on to the next control
        self.setItemDelegateForColumn(_ABSORPTIVITY, AbsorptivityDelegate(self))
        self.itemChanged.connect(self._item_changed)
        self.show_absorptivities(False)

    def fill(self, counts: Mapping[str, int], excluded: Iterable[str],
             absorptivities: Mapping[str, float]):
        """Show materials with their numbers of spectra; absorptivities not given are 1."""
        self.blockSignals(True)
        self.setRowCount(len(counts))
        for row, (material, number) in enumerate(counts.items()):
            name, value = QTableWidgetItem(f"{material} ({number})"), QTableWidgetItem()
            name.setData(Qt.UserRole, material)
            name.setToolTip(f"{number} spectra of {material}; untick to leave them out")
            name.setFlags(Qt.ItemIsEnabled | Qt.ItemIsUserCheckable)
            name.setCheckState(Qt.Unchecked if material in excluded else Qt.Checked)
            value.setData(Qt.EditRole, float(absorptivities.get(material, 1)))
            value.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
            value.setToolTip(self.horizontalHeaderItem(_ABSORPTIVITY).toolTip())
            value.setFlags(Qt.ItemIsEnabled | Qt.ItemIsEditable)
            self.setItem(row, _NAME, name)
            self.setItem(row, _ABSORPTIVITY, value)
        self.blockSignals(False)

    def show_absorptivities(self, shown: bool):
        self.setColumnHidden(_ABSORPTIVITY, not shown)
        self.horizontalHeader().setVisible(shown)

    def materials(self, ticked: bool | None = None) -> list[str]:
        """Names of the materials that are ticked, not ticked, or (None) of all."""
        return [item.data(Qt.UserRole) for item in self._items()
                if ticked in (None, item.checkState() == Qt.Checked)]

    def untick(self, materials: Iterable[str]):
        """Untick these materials without a signal."""
        self.blockSignals(True)
        for item in self._items():
            if item.data(Qt.UserRole) in materials:
                item.setCheckState(Qt.Unchecked)
        self.blockSignals(False)
        self.viewport().update()

    def _items(self):
        return [self.item(row, _NAME) for row in range(self.rowCount())]

    def _clicked(self, index):
        # As in a form, one click is enough.
        if index.column() == _ABSORPTIVITY:
            self.edit(index)

    def _item_changed(self, item):
        if item.column() == _ABSORPTIVITY:
            self.absorptivity_edited.emit(self.item(item.row(), _NAME).data(Qt.UserRole),
                                          item.data(Qt.EditRole))
        else:
            self.ticked.emit()
