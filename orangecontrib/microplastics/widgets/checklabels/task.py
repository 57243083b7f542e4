"""What Check Labels does in the background, and the list that it fills."""
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
    """What is compared once; thresholds are applied to it afterwards.

    ``medians`` are those of each class on ``grid``, shape (k, m), of which ``part`` is compared.
    """

    check: labels.LabelCheck
    grid: np.ndarray
    part: np.ndarray
    medians: np.ndarray


def run(data: Table, references: Table | None, rule, regions, same, state: TaskState):
    """Compare each spectrum with the references."""
    callback = progress_of(state, 0, 95)
    state.set_status("Comparing...")
    callback(0)
    check = labels.check_labels(data, references, rule, regions=regions, same=same,
                                callback=callback)
    callback(1)
    axes = [axis.wavenumbers(t.domain) for t in (data, references) if t is not None]
    grid, part = matching.shared_grid(*axes, regions=regions)
    witnesses = data if references is None else references
    medians = labels.class_medians(witnesses, check.classes, grid, part, same=same)
    if references is not None:
        # A class that only the data hold is drawn as the data have it.
        absent = ~np.isfinite(medians).all(axis=1)
        medians[absent] = labels.class_medians(data, check.classes, grid, part,
                                               same=same)[absent]
    callback(1)
    return Comparison(check, grid, part, medians)


def fingerprint(data: Table, row: int) -> str:
    """What tells a labelled spectrum again, wherever it stands: of its label and values."""
    variable = data.domain.class_var
    value = data.Y[row]
    digest = blake2b(digest_size=8)
    digest.update(str(None if np.isnan(value) else variable.values[int(value)]).encode())
    # In single precision: what a file rounded is still the same spectrum.
    digest.update(np.asarray(data.X[row], np.float32).tobytes())
    return digest.hexdigest()


#: The column with the tick that keeps a label.
KEEP = 5


class DoubtfulModel(PyTableModel):
    """Rows of (name, label, suspected class, r own, r other, whether to keep), sortable.

    Signal: `keep_changed` when labels were ticked or unticked.
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
        """Tick or untick these rows of the list, and tell once."""
        for row in rows:
            self._table[self.mapToSourceRows(row)][KEEP] = keep
        self.dataChanged.emit(self.index(min(rows), KEEP), self.index(max(rows), KEEP))
        self.keep_changed.emit()


class KeepView(QTableView):
    """The list of doubtful spectra; the space bar ticks all rows that are selected."""

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
