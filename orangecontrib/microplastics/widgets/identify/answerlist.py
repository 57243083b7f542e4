"""The list of spectra in Identify Spectra: decision, material, scores and remarks of each."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from AnyQt.QtCore import QModelIndex, Qt
from AnyQt.QtGui import QColor, QFont, QFontMetrics
from AnyQt.QtWidgets import QTableView
from Orange.widgets.utils.itemmodels import AbstractSortTableModel

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    DECISIONS,
    UNKNOWN,
    components,
    text,
)
from orangecontrib.microplastics.widgets.common.amountbar import Bars, pieces
from orangecontrib.microplastics.widgets.common.answertexts import chance, full_name, named
from orangecontrib.microplastics.widgets.identify.scoreplot import COLORS

__all__ = ["COLUMNS", "NONE", "AnswerModel", "fit_columns", "fit_materials"]

COLUMNS = ("Spectrum", "Decision", "Material", "How Much", "Probability", "Library", "Confidence",
           "Correlation", "Explained", "Complete", "Remarks")
SPECTRUM, DECISION, MATERIAL, HOW_MUCH, PROBABILITY, LIBRARY, CONFIDENCE, CORRELATION, EXPLAINED, \
    COMPLETE, REMARKS = range(len(COLUMNS))

#: Shown for spectra without a prediction.
NONE = "no prediction"

_TIPS = (
    "", "Whether the thresholds and checks at the left are passed.",
    "The most probable of the model's materials. In brackets where the spectrum is unknown: then "
    "it is no answer.",
    "Fraction of each component. Hatched: only the network sees it, the fit does not. Point at a "
    "bar to read it.",
    "Share of the probability that the material gets among the materials of the model.",
    "The most similar reference spectrum of the model, and its correlation (hit quality).",
    "How strongly the network favours a material. Most known spectra reach 0.7.",
    "Correlation of the first derivative with the material: its mean or its best reference.",
    "Whether the material explains all bands of the spectrum.",
    "Whether the spectrum has all bands that the material usually has.",
    "Why a spectrum is not accepted, or what to look at.")

#: Room for the arrow that shows the order, pixels.
_ARROW = 12

#: Texts for which columns have room, besides their heads. Longer names are cut, and told in full by
#: the tooltip.
_ROOM = {SPECTRUM: "0" * 12, HOW_MUCH: "0" * 10, LIBRARY: "Protein 0.98"}

#: Widest column of materials, pixels.
_WIDEST = 150

#: Grey that can be read on white and on black.
_GREY = QColor(128, 128, 128)


class AnswerModel(AbstractSortTableModel):
    """
    Table model with a row for each spectrum.

    Reads from the arrays of an answer, so that 100,000 rows need no objects of their own; remarks
    are put into words when they are first shown. Rows are in sorted order; `mapToSourceRows`
    converts them to rows of the data.
    """

    def __init__(self, parent=None):
        super().__init__(parent)
        self.clear()

    def clear(self):
        """Remove all rows."""
        self._show([], (), None, None, np.empty(0, int), np.empty(0), None, None)

    def show_answer(self, names: Sequence[str], classes: Sequence[str], answer: Answer,
                    references: References, decisions: np.ndarray, reasons: np.ndarray,
                    remark: Callable[[int], str], bars: Bars | None = None):
        """
        List the spectra of an answer.

        Parameters
        ----------
        names : list of str, length n
        classes : sequence of str
            Class names, indexed by `answer.values`.
        answer : Answer
            For n spectra.
        references : References
            Of the model, indexed by `answer.hits`.
        decisions : ndarray of int, shape (n,)
        reasons : ndarray, shape (n,)
            See :func:`.identification.reasons`; the remarks are sorted by them.
        remark : function of int
            Remark about a row of the data.
        bars : Bars or None
            None if fractions are not known.
        """
        self._show(names, classes, answer, references, decisions, reasons, remark, bars)

    def show_decisions(self, decisions: np.ndarray, reasons: np.ndarray,
                       remark: Callable[[int], str], bars: Bars | None = None):
        """Update the decisions, remarks and fractions; the spectra stay the same."""
        self._decisions, self._reasons, self._remark = decisions, reasons, remark
        self._bars, self._said = bars, {}
        if self.sortColumn() in (DECISION, HOW_MUCH, REMARKS):
            self.sort(self.sortColumn(), self.sortOrder())
        if len(decisions):
            self.dataChanged.emit(self.index(0, 0),
                                  self.index(self.rowCount() - 1, len(COLUMNS) - 1))

    def _show(self, names, classes, answer, references, decisions, reasons, remark, bars):
        column, order = self.sortColumn(), self.sortOrder()
        self.resetSorting()  # the old order is not valid for the new rows
        self.beginResetModel()
        self._names, self._classes, self._references = names, classes, references
        self._answer, self._decisions, self._reasons = answer, decisions, reasons
        self._remark, self._bars, self._said = remark, bars, {}
        self._probability = np.empty(0) if answer is None else answer.probability
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
        if orientation == Qt.Horizontal and role == Qt.ToolTipRole:
            return _TIPS[section] or None
        return None

    def data(self, index, role=Qt.DisplayRole):
        if not index.isValid():
            return None
        row, column = self.mapToSourceRows(index.row()), index.column()
        if role == Qt.DisplayRole:
            return self.text(row, column)
        if role == Qt.ToolTipRole:
            return self._tip(row, column)
        if column == DECISION and role == Qt.DecorationRole:
            return COLORS[int(self._decisions[row])]
        if column == HOW_MUCH and role == Qt.UserRole and self._bars is not None:
            return pieces(self._bars, self._answer, row, self._decisions[row] == UNKNOWN)
        if column == MATERIAL and role == Qt.ForegroundRole:
            return _GREY if self._decisions[row] == UNKNOWN else None
        if column == MATERIAL and role == Qt.FontRole and self._decisions[row] == ACCEPTED:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def text(self, row: int, column: int) -> str:
        """Text of a cell; `row` is a row of the data."""
        if column == SPECTRUM:
            return self._names[row]
        if column == DECISION:
            return DECISIONS[int(self._decisions[row])]
        if column == MATERIAL:
            return self._material(row)
        if column == HOW_MUCH:
            return self.amounts(row)
        if column == PROBABILITY:
            return chance(self._probability[row])
        if column == LIBRARY:
            hit = self._answer.hits[row, 0]
            return "" if hit < 0 else f"{self._references.materials[self._references.which[hit]]}" \
                                      f" {_number(self._answer.quality[row, 0])}"
        if column == REMARKS:
            if row not in self._said:
                self._said[row] = self._remark(row)
            return self._said[row]
        return _number(self._scores(column)[row])

    def amounts(self, row: int) -> str:
        """Components in words, "PE 62 % (55-70), PP 38 % (30-45)?"; "" if not known."""
        if self._bars is None:
            return ""
        materials, found, _ = self._bars
        return text(components(self._answer, row, materials, found))

    def _material(self, row):
        value = self._answer.values[row]
        return NONE if np.isnan(value) else named(self._classes[int(value)], self._decisions[row])

    def _tip(self, row, column):
        value = self._answer.values[row]
        if column == MATERIAL and np.isfinite(value):
            name = self._classes[int(value)]
            text = full_name(name)
            return f"{name}: {text}" if self._decisions[row] != UNKNOWN else \
                f"Unknown. Of the model's materials, {text} is the most probable."
        if column == HOW_MUCH and self._decisions[row] == UNKNOWN and np.isfinite(value):
            return f"Unknown. Of the model's materials, it would be {self.amounts(row)}."
        if column == LIBRARY:
            return "\n".join(
                f"{_number(quality)}  {self._references.title(hit)}" for hit, quality in
                zip(self._answer.hits[row], self._answer.quality[row], strict=True) if hit >= 0)
        return self.text(row, column)

    def _scores(self, column):
        return (self._answer.confidence, self._answer.correlation, self._answer.explained,
                self._answer.complete)[column - CONFIDENCE]

    def sortColumnData(self, column):
        if self._answer is None:
            return np.empty(0)
        if column == SPECTRUM:
            # Numbers at the end of names are sorted as numbers: "Row 10" comes after "Row 9".
            return np.argsort(np.argsort(np.array(
                [_padded(name) for name in self._names]), kind="stable"), kind="stable")
        if column == MATERIAL:
            order = np.argsort(np.argsort(self._classes)).astype(float)
            known = np.isfinite(self._answer.values)
            out = np.full(len(known), np.nan)
            out[known] = order[self._answer.values[known].astype(int)]
            return out
        if column == HOW_MUCH:
            return np.full(len(self._names), np.nan) if self._bars is None else \
                np.fmax.reduce(self._bars.found.fractions, axis=1)
        if column == PROBABILITY:
            return self._probability
        if column == LIBRARY:
            return self._answer.quality[:, 0]
        if column in (DECISION, REMARKS):
            # Equal decisions are sorted by the smallest score, so that the least certain spectra
            # are next to each other; likewise equal remarks.
            least = np.min([self._scores(c) for c in (CONFIDENCE, CORRELATION, EXPLAINED,
                                                      COMPLETE)], axis=0)
            return 2. * (self._decisions if column == DECISION else self._reasons) - least
        return self._scores(column)

    def _argsortData(self, data, order):
        # Rows with missing values come last in both orders.
        indices = super()._argsortData(data, order)
        missing = np.isnan(data[indices])
        return np.concatenate((indices[~missing], indices[missing]))


def fit_columns(view: QTableView):
    """Make the columns of the list as wide as their heads and usual texts.

    The last column, the remarks, has the longest texts and gets the remaining width.
    """
    header, cells = view.horizontalHeader(), view.fontMetrics()
    header.setHighlightSections(False)  # bold heads would need more room
    for column, title in enumerate(COLUMNS[:-1]):
        wide = header.fontMetrics().horizontalAdvance(title) + _ARROW
        if column == DECISION:
            wide = max(wide, max(map(cells.horizontalAdvance, DECISIONS)) + 30)  # with its colour
        header.resizeSection(column, max(wide, cells.horizontalAdvance(_ROOM.get(column, "")) + 8))
    header.setStretchLastSection(True)


def fit_materials(view: QTableView, names: Iterable[str]):
    """Widen the column of materials, if necessary, so that their names are not cut."""
    font = view.font()
    font.setBold(True)  # as those of accepted spectra
    metrics = QFontMetrics(font)
    wide = max((metrics.horizontalAdvance(f"({name}?)") for name in names), default=0) + 8
    header = view.horizontalHeader()
    header.resizeSection(MATERIAL, max(header.sectionSize(MATERIAL), min(wide, _WIDEST)))


def _number(value):
    # Adding zero turns -0.0 into 0.0.
    return "?" if np.isnan(value) else f"{round(float(value), 2) + 0.:.2f}"


def _padded(name: str) -> str:
    """Pad the number at the end of a name with zeros, so that text order is numeric order."""
    head = name.rstrip("0123456789")
    return head + name[len(head):].zfill(12)
