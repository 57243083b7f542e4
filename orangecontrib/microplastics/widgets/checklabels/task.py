"""Background task of Check Labels, and its list of doubtful spectra."""
from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtWidgets import QTableView
from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState
from Orange.widgets.utils.itemmodels import PyTableModel
from orangewidget.utils import enum_as_int

from orangecontrib.microplastics.labels import check as labels
from orangecontrib.microplastics.labels import matching
from orangecontrib.microplastics.spectra import axis
from orangecontrib.microplastics.widgets.common.background import progress_of
from orangecontrib.microplastics.widgets.common.resultwidget import set_up_list


class Comparison(NamedTuple):
    """Result of the comparison, to which thresholds can be applied repeatedly.

    Attributes
    ----------
    check : LabelCheck
    grid : ndarray, shape (m,)
        Common wavenumbers, cm-1.
    part : ndarray of bool, shape (m,)
        Wavenumbers that are compared.
    medians : ndarray, shape (classes, m)
        Median spectrum of each class.
    """

    check: labels.LabelCheck
    grid: np.ndarray
    part: np.ndarray
    medians: np.ndarray


def run(data: Table, references: Table | None, rule, regions, same, state: TaskState):
    """Compare each spectrum with the references, or with the other spectra if there are none."""
    callback = progress_of(state, 0, 95)
    state.set_status("Comparing...")
    callback(0)
    check = labels.check_labels(data, references, rule, regions=regions, same=same,
                                callback=callback)
    callback(1)
    axes = [axis.wavenumbers(t.domain) for t in (data, references) if t is not None]
    grid, part = matching.shared_grid(*axes, regions=regions)
    reference_data = data if references is None else references
    medians = labels.class_medians(reference_data, check.classes, grid, part, same=same)
    if references is not None:
        # Classes without references get the medians of the data.
        absent = ~np.isfinite(medians).all(axis=1)
        medians[absent] = labels.class_medians(data, check.classes, grid, part,
                                               same=same)[absent]
    callback(1)
    return Comparison(check, grid, part, medians)


def fingerprint(data: Table, row: int) -> str:
    """Hash of the label and values of a spectrum, which identifies it in other tables and rows."""
    variable = data.domain.class_var
    value = data.Y[row]
    digest = blake2b(digest_size=8)
    digest.update(str(None if np.isnan(value) else variable.values[int(value)]).encode())
    # In single precision, so that rounding of the values in a file does not change the hash.
    digest.update(np.asarray(data.X[row], np.float32).tobytes())
    return digest.hexdigest()


#: Column of the check box that keeps a label.
KEEP = 5


class DoubtfulModel(PyTableModel):
    """Sortable rows (name, label, suspected class, r own, r other, keep).

    Signal `keep_changed`: labels were ticked or unticked.
    """

    keep_changed = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent=parent, editable=False)
        self.setHorizontalHeaderLabels(
            ["Spectrum", "Label", "Looks like", "r own", "r other", "Keep"])

    def data(self, index, role=Qt.DisplayRole):
        column = index.column()
        if column >= 3 and index.isValid():
            value = self._table[self.mapToSourceRows(index.row())][column]
            if column == KEEP:
                if role == Qt.CheckStateRole:
                    return enum_as_int(Qt.Checked if value else Qt.Unchecked)
                if role == Qt.ToolTipRole:
                    return "Tick to keep this label: the spectrum counts as agreed."
                return None
            if role == Qt.DisplayRole:
                return f"{value:.2f}" if np.isfinite(value) else "?"
            if role == Qt.TextAlignmentRole:
                return Qt.AlignLeft | Qt.AlignVCenter
        return super().data(index, role)

    def flags(self, index):
        flags = super().flags(index)
        return flags | Qt.ItemIsUserCheckable if index.column() == KEEP else flags

    def setData(self, index, value, role=Qt.EditRole):
        if role != Qt.CheckStateRole or index.column() != KEEP:
            return False
        self.keep([index.row()], enum_as_int(value) == enum_as_int(Qt.Checked))
        return True

    def keep(self, rows: list[int], keep: bool):
        """Tick or untick these rows of the list, and emit `keep_changed` once."""
        for row in rows:
            self._table[self.mapToSourceRows(row)][KEEP] = keep
        self.dataChanged.emit(self.index(min(rows), KEEP), self.index(max(rows), KEEP))
        self.keep_changed.emit()


class KeepView(QTableView):
    """List of doubtful spectra; the space bar ticks or unticks all selected rows."""

    def __init__(self, model: DoubtfulModel):
        super().__init__()
        set_up_list(self, model, "Doubtful spectra. Click a column's head to sort; select a row "
                    "to see it. Tick Keep, or press the space bar, where the label is right.")

    def keyPressEvent(self, event):
        rows = [index.row() for index in self.selectionModel().selectedRows()]
        if event.key() == Qt.Key_Space and rows:
            state = self.currentIndex().siblingAtColumn(KEEP).data(Qt.CheckStateRole)
            self.model().keep(rows, state != enum_as_int(Qt.Checked))
        else:
            super().keyPressEvent(event)
