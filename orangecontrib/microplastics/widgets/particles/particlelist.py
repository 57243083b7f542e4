"""The list of particles: name, decision, how much of each, sizes and remarks."""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from AnyQt.QtCore import QModelIndex, Qt
from AnyQt.QtGui import QColor, QFont
from AnyQt.QtWidgets import QTableView
from Orange.widgets.utils.itemmodels import AbstractSortTableModel

from orangecontrib.microplastics.identification import DECISIONS, components, text
from orangecontrib.microplastics.particles.find import UNNAMED, Found
from orangecontrib.microplastics.widgets.common.amountbar import Bars, pieces
from orangecontrib.microplastics.widgets.common.answertexts import full_name

__all__ = ["COLUMNS", "Listed", "ParticleModel", "fit_columns"]

COLUMNS = ("No.", "Polymer", "Decision", "How Much", "Length", "Width", "Area", "Shape", "Score",
           "Remarks")
NUMBER, POLYMER, DECISION, HOW_MUCH, LENGTH, WIDTH, AREA, SHAPE, SCORE, REMARKS = \
    range(len(COLUMNS))

_TIPS = (
    "Numbers follow the size: 1 is the largest.",
    "Material of the mean spectrum, or what was said by hand (✎).",
    "Whether the thresholds and checks at the left are passed.",
    "Fraction of each component. Hatched: only the network sees it, the fit does not. Point at a "
    "bar to read it.",
    "Feret maximum: the largest distance of two parallel tangents.",
    "Feret minimum: the smallest distance of two parallel tangents.",
    "Projected area.",
    "Fibre: more than three times as long as wide, straight or curved. |: at the border of the "
    "map, and perhaps larger.",
    "Smallest of the four scores of the mean spectrum.",
    "Why a particle is not accepted, or what to look at.")

_GREY = QColor(128, 128, 128)


class Listed(NamedTuple):
    """What the list shows.

    Attributes
    ----------
    found : Found
    materials : tuple of str
        Components of the model.
    bars : Bars or None
        None if fractions are not known.
    colors : dict of str to QColor
    scores : ndarray, shape (n,)
    remark : function of int
        Remark about a particle (from 0).
    """
    found: Found
    materials: tuple[str, ...]
    bars: Bars | None
    colors: dict[str, QColor]
    scores: np.ndarray
    remark: Callable[[int], str]


class ParticleModel(AbstractSortTableModel):
    """Table model with a row for each particle; reads from the arrays of what was found."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.shown: Listed | None = None
        self._said: dict[int, str] = {}

    def show_particles(self, shown: Listed | None):
        """List particles; None for nothing."""
        column, order = self.sortColumn(), self.sortOrder()
        self.resetSorting()
        self.beginResetModel()
        self.shown, self._said = shown, {}
        self.endResetModel()
        self.sort(column, order)

    # Qt's model interface

    def rowCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() or self.shown is None else len(self.shown.found.names)

    def columnCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section, orientation, role=Qt.DisplayRole):
        if orientation != Qt.Horizontal:
            return None
        if role == Qt.DisplayRole:
            return COLUMNS[section]
        return _TIPS[section] if role == Qt.ToolTipRole else None

    def data(self, index, role=Qt.DisplayRole):
        if not index.isValid() or self.shown is None:
            return None
        row, column = self.mapToSourceRows(index.row()), index.column()
        found = self.shown.found
        if role == Qt.DisplayRole:
            return self.text(row, column)
        if role == Qt.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.TextAlignmentRole and column in (NUMBER, LENGTH, WIDTH, AREA, SCORE):
            return int(Qt.AlignRight | Qt.AlignVCenter)
        if column == POLYMER and role == Qt.DecorationRole:
            return self.shown.colors[found.names[row]]
        if column == POLYMER and role == Qt.ForegroundRole:
            return _GREY if found.names[row] == UNNAMED else None
        if column == POLYMER and role == Qt.FontRole and found.decisions[row] == 0:
            font = QFont()
            font.setBold(True)
            return font
        if column == HOW_MUCH and role == Qt.UserRole and self.shown.bars is not None \
                and not found.by_hand[row]:
            return pieces(self.shown.bars, found.answer, row, found.names[row] == UNNAMED)
        return None

    def text(self, row: int, column: int) -> str:
        """Text of a cell; `row` is a particle, from 0."""
        found, sizes = self.shown.found, self.shown.found.shown
        if column == NUMBER:
            return str(row + 1)
        if column == POLYMER:
            return found.names[row] + (" ✎" if found.by_hand[row] else "")
        if column == DECISION:
            return "by hand" if found.by_hand[row] else DECISIONS[int(found.decisions[row])]
        if column == HOW_MUCH:
            return "" if self.shown.bars is None or found.by_hand[row] else text(components(
                found.answer, row, self.shown.materials, self.shown.bars.found))
        if column in (LENGTH, WIDTH, AREA):
            unit = found.unit + ("²" if column == AREA else "")
            return _size((sizes.feret_max, sizes.feret_min, sizes.area)[column - LENGTH][row],
                         unit)
        if column == SHAPE:
            return ("fibre" if sizes.fibre[row] else "" if np.isnan(sizes.aspect[row])
                    else "fragment") + (" |" if sizes.border[row] else "")
        if column == SCORE:
            return "?" if np.isnan(self.shown.scores[row]) else f"{self.shown.scores[row]:.2f}"
        if row not in self._said:
            self._said[row] = self.shown.remark(row)
        return self._said[row]

    def _tip(self, row, column):
        found = self.shown.found
        if column == POLYMER:
            name = found.names[row]
            if name == UNNAMED and np.isfinite(found.answer.values[row]):
                return "Unknown: none of the model's materials is accepted."
            return name if name == UNNAMED else f"{name}: {full_name(name)}"
        if column == SHAPE and found.shown.border[row]:
            return "At the border of the map: the particle may be larger."
        return self.text(row, column)

    def sortColumnData(self, column):
        if self.shown is None:
            return np.empty(0)
        found, sizes = self.shown.found, self.shown.found.shown
        if column == POLYMER:
            return np.unique(np.array(found.names, object).astype(str),
                             return_inverse=True)[1].astype(float)
        if column == DECISION:
            return 2. * found.decisions - self.shown.scores
        if column == HOW_MUCH:
            return np.fmax.reduce(found.answer.fractions, axis=1) if len(found.names) \
                else np.empty(0)
        if column == REMARKS:
            said = [self.text(row, REMARKS) for row in range(len(found.names))]
            return np.unique(said, return_inverse=True)[1].astype(float)
        return {LENGTH: sizes.feret_max, WIDTH: sizes.feret_min, AREA: sizes.area,
                SHAPE: sizes.aspect, SCORE: self.shown.scores}.get(
                    column, np.arange(len(found.names), dtype=float))

    def _argsortData(self, data, order):
        # Particles with missing values come last in both orders.
        indices = super()._argsortData(data, order)
        missing = np.isnan(data[indices])
        return np.concatenate((indices[~missing], indices[missing]))


def _size(value, unit):
    if np.isnan(value):
        return "?"
    return (f"{value:.1f}" if value < 100 else f"{value:,.0f}") + f"\u2009{unit}"


def fit_columns(view: QTableView):
    """Make the columns as wide as their usual texts; the remarks get the remaining width."""
    header, metrics = view.horizontalHeader(), view.fontMetrics()
    header.setHighlightSections(False)
    for column, sample in enumerate(("0000", "PET + PVC ✎ x", "To inspect", "0" * 8,
                                     "0,000 µm", "0,000 µm", "00,000 µm²", "fragment |", "Score")):
        header.resizeSection(column, metrics.horizontalAdvance(sample) + 12)
    header.setStretchLastSection(True)
