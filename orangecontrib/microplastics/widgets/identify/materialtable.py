"""The table of materials in Identify Spectra: how many spectra of each are accepted."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableView
from Orange.widgets.utils.itemmodels import PyTableModel

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.widgets.common.resultwidget import set_up_list
from orangecontrib.microplastics.widgets.identify.answerlist import NONE

__all__ = ["HEADER", "MaterialTable", "counts"]

HEADER = ("Material", "Accept", "Inspect", "Unknown", "All")


def counts(answer: Answer, decisions: np.ndarray, classes: Sequence[str]) -> list[list]:
    """Rows (class, numbers accepted, to inspect, unknown and all) of classes with spectra."""
    rows = []
    for i, name in enumerate(classes):
        own = decisions[answer.values == i]
        if len(own):
            rows.append([name, *map(int, np.bincount(own, minlength=3)), len(own)])
    none = int(np.isnan(answer.values).sum())
    if none:
        rows.append([NONE, 0, 0, none, none])
    return rows


class MaterialTable(QTableView):
    """Counts by most probable material.

    Signal `asked(name, decision)`: the user clicked a number; decision is -1 for all.
    """
    asked = pyqtSignal(str, int)

    def __init__(self, parent=None):
        super().__init__(parent)
        self.rows = PyTableModel(parent=self, editable=False)
        self.rows.setHorizontalHeaderLabels(list(HEADER))
        set_up_list(self, self.rows, "Spectra by most probable material. Click a number to select "
                    "those spectra in the list below.")
        self.setSelectionBehavior(QAbstractItemView.SelectItems)
        self.setSelectionMode(QAbstractItemView.SingleSelection)
        self.horizontalHeader().setStretchLastSection(False)
        self.horizontalHeader().setMinimumSectionSize(20)
        self.setMinimumWidth(180)
        self.sortByColumn(len(HEADER) - 1, Qt.DescendingOrder)
        self.clicked.connect(self._ask)
        self.activated.connect(self._ask)

    def clear(self):
        """Remove all rows."""
        self.rows.clear()

    def show_counts(self, rows: list[list]):
        """Show rows from :func:`counts`."""
        self.rows.wrap(rows)
        header = self.horizontalHeader()
        self.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())
        if header.count() and header.sectionResizeMode(0) != QHeaderView.Stretch:
            # Names of mixtures need more room than numbers.
            header.setSectionResizeMode(0, QHeaderView.Stretch)
            for column, title in enumerate(HEADER[1:], start=1):
                header.resizeSection(column, header.fontMetrics().horizontalAdvance(title) + 18)

    def _ask(self, index):
        if index.isValid():
            name = self.rows[self.rows.mapToSourceRows(index.row())][0]
            self.asked.emit(name, index.column() - 1 if 1 <= index.column() <= 3 else -1)
