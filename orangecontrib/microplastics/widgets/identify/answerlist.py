"""The list of spectra in Identify Spectra: material, scores and decision of each."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QModelIndex, Qt
from Orange.widgets.utils.itemmodels import AbstractSortTableModel

from orangecontrib.microplastics.dcnet.model import Answer
from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.widgets.identify.scoreplot import COLORS

COLUMNS = ("Spectrum", "Material", "Probability", "Confidence", "Correlation", "Explained",
           "Decision", "Unexplained band [1/cm]")
SPECTRUM, MATERIAL, PROBABILITY, CONFIDENCE, CORRELATION, EXPLAINED, DECISION, BAND \
    = range(len(COLUMNS))

#: Shown for spectra without a prediction.
NONE = "no prediction"


class AnswerModel(AbstractSortTableModel):
    """
    Table model with a row for each spectrum.

    Reads from the arrays of an answer, so that 100,000 rows need no objects of their own.
    Rows are in sorted order; `mapToSourceRows` converts them to rows of the data.
    """

    def __init__(self, parent=None):
        super().__init__(parent)
        self.clear()

    def clear(self):
        """Remove all rows."""
        self._show([], [], [np.empty(0)] * (len(COLUMNS) - 1), [])

    def show_answer(self, names: list[str], classes, answer: Answer, decisions: np.ndarray,
                    bands: np.ndarray, origins):
        """
        List the spectra of an answer.

        Parameters
        ----------
        names : list of str, length n
        classes : sequence of str
            Class names, indexed by `answer.values`.
        answer : Answer
            For n spectra.
        decisions : ndarray of int, shape (n,)
        bands, origins : sequences, length n
            See :func:`.identification.origins`.
        """
        probability = np.full(len(names), np.nan)
        known = np.isfinite(answer.values)
        probability[known] = answer.probabilities[known].max(axis=1)
        self._show(names, classes, [answer.values, probability, answer.confidence,
                                    answer.correlation, answer.explained, decisions, bands],
                   origins)

    def show_decisions(self, decisions: np.ndarray):
        """Update the decisions; the spectra stay the same."""
        self._columns[DECISION - 1] = decisions
        if self.sortColumn() == DECISION:
            self.sort(DECISION, self.sortOrder())
        elif len(decisions):
            self.dataChanged.emit(self.index(0, DECISION),
                                  self.index(self.rowCount() - 1, DECISION))

    def _show(self, names, classes, columns, origins):
        column, order = self.sortColumn(), self.sortOrder()
        self.resetSorting()  # the old order is not valid for the new rows
        self.beginResetModel()
        self._names, self._classes, self._columns = names, classes, columns
        self._origins = origins
        self.endResetModel()
        self.sort(column, order)

    # Qt's model interface

    def rowCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section, orientation, role=Qt.DisplayRole):
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index, role=Qt.DisplayRole):
        if not index.isValid():
            return None
        row = self.mapToSourceRows(index.row())
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return self.text(row, index.column())
        if role == Qt.DecorationRole and index.column() == DECISION:
            return COLORS[int(self._columns[DECISION - 1][row])]
        return None

    def text(self, row: int, column: int) -> str:
        """Text of a cell; `row` is a row of the data."""
        if column == SPECTRUM:
            return self._names[row]
        value = self._columns[column - 1][row]
        if column == DECISION:
            return DECISIONS[int(value)]
        if column == BAND:
            return "" if np.isnan(value) else \
                f"{value:.0f}" + (f", {self._origins[row]}" if self._origins[row] else "")
        if np.isnan(value):
            return NONE if column == MATERIAL else "?"
        if column == MATERIAL:
            return self._classes[int(value)]
        return f"{round(value, 2) + 0.:.2f}"  # adding zero turns -0.0 into 0.0

    def sortColumnData(self, column):
        if column == SPECTRUM:
            # Numbers at the end of names are sorted as numbers: "Row 10" comes after "Row 9".
            return np.argsort(np.argsort(np.array(
                [_padded(name) for name in self._names]), kind="stable"), kind="stable")
        if column == MATERIAL:
            order = np.argsort(np.argsort(self._classes)) if len(self._classes) else []
            return np.array([np.nan if np.isnan(v) else order[int(v)]
                             for v in self._columns[0]], float)
        values = np.asarray(self._columns[column - 1], float)
        if column == DECISION:
            # Equal decisions are sorted by the smallest score, so that the least certain spectra
            # are next to each other.
            scores = np.array([self._columns[c - 1] for c in (CONFIDENCE, CORRELATION, EXPLAINED)],
                              float)
            return 2 * values - scores.min(axis=0, initial=1.)
        return values

    def _argsortData(self, data, order):
        # Rows with missing values come last in both orders.
        indices = super()._argsortData(data, order)
        missing = np.isnan(data[indices])
        return np.concatenate((indices[~missing], indices[missing]))


def _padded(name: str) -> str:
    """Pad the number at the end of a name with zeros, so that text order is numeric order."""
    head = name.rstrip("0123456789")
    return head + name[len(head):].zfill(12)
