"""What Check Labels does in the background, and the list that it fills."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from AnyQt.QtCore import Qt
from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState
from Orange.widgets.utils.itemmodels import PyTableModel

from orangecontrib.microplastics import axis, labels, matching
from orangecontrib.microplastics.widgets.cancelling import progress_of


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


class DoubtfulModel(PyTableModel):
    """Rows of (name, label, suspected class, r own, r other), sortable."""

    def __init__(self, parent=None):
        super().__init__(parent=parent, editable=False)
        self.setHorizontalHeaderLabels(["Spectrum", "Label", "Looks like", "r own", "r other"])

    def data(self, index, role=Qt.DisplayRole):
        column = index.column()
        if column >= 3 and index.isValid():
            value = self._table[self.mapToSourceRows(index.row())][column]
            if role == Qt.DisplayRole:
                return f"{value:.2f}" if np.isfinite(value) else "?"
            if role == Qt.TextAlignmentRole:
                return Qt.AlignLeft | Qt.AlignVCenter
        return super().data(index, role)
