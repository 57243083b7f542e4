"""The main area of Identify Spectra: the drawn spectrum, the scores, materials, and the list."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from AnyQt.QtCore import QItemSelection, QItemSelectionModel, Qt, pyqtSignal
from AnyQt.QtWidgets import QSplitter, QTableView, QTabWidget
from Orange.data import Table

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.decomposition import (
    Decomposition,
    decompose,
    importance,
)
from orangecontrib.microplastics.fractions.composition import Composer
from orangecontrib.microplastics.identification import (
    DECISIONS,
    TO_INSPECT,
    Rule,
    reasons,
    remarks,
)
from orangecontrib.microplastics.identification.comparison import compare, only
from orangecontrib.microplastics.identification.components import Amounts
from orangecontrib.microplastics.spectra.names import spectrum_names
from orangecontrib.microplastics.widgets.common.amountbar import BarDelegate, Bars
from orangecontrib.microplastics.widgets.common.answertexts import answer_text, why_not
from orangecontrib.microplastics.widgets.common.fitview import FitView
from orangecontrib.microplastics.widgets.common.materialcolors import material_colors
from orangecontrib.microplastics.widgets.common.palette import is_dark
from orangecontrib.microplastics.widgets.common.resultwidget import set_up_list
from orangecontrib.microplastics.widgets.common.spectrumview import SpectrumView
from orangecontrib.microplastics.widgets.identify.answerlist import (
    DECISION,
    HOW_MUCH,
    NONE,
    AnswerModel,
    fit_columns,
    fit_materials,
)
from orangecontrib.microplastics.widgets.identify.materialtable import MaterialTable, counts
from orangecontrib.microplastics.widgets.identify.scoreplot import ScorePlot

__all__ = ["Shown", "ResultView", "decomposed"]

#: Horizontal axis of the plot of scores.
AXES = ("Smallest of the four scores", "Confidence (energy-based)",
        "Correlation with the class (hit quality)", "Explained bands",
        "Complete (no missing bands)")


class Shown(NamedTuple):
    """What is shown.

    Attributes
    ----------
    data : Table
        n spectra.
    model : DCNetModel
    answer : Answer
    rule : Rule
    decisions : ndarray of int, shape (n,)
    convert : bool
        Whether the data are transmittance.
    found : Amounts
    of_what : str
        What fractions are of.
    not_calibrated : set of str
        Components whose fractions of mass mean nothing.
    composer : Composer or None
        Of the model; None if it does not know fractions.
    """
    data: Table
    model: DCNetModel
    answer: Answer
    rule: Rule
    decisions: np.ndarray
    convert: bool
    found: Amounts
    of_what: str
    not_calibrated: set[str]
    composer: Composer | None


class ResultView(QSplitter):
    """
    Tabs "Spectrum", "How Much" and "Scores", the table of materials, and below them the list of
    spectra.

    Signals: `selected(rows)`: rows of the data that are selected now, ascending.
    `threshold_moved(index, value)`: see :class:`.ScorePlot`.
    """
    selected = pyqtSignal(object)
    threshold_moved = pyqtSignal(int, float)

    def __init__(self, parent=None):
        super().__init__(Qt.Vertical, parent, childrenCollapsible=False)
        self.shown: Shown | None = None
        self.selection: list[int] = []
        # What the drawing of each tab shows.
        self._drawn = {}
        upper = QSplitter(Qt.Horizontal, childrenCollapsible=False)
        self.tabs = QTabWidget(documentMode=True)
        self.drawing, self.fit, self.plot = SpectrumView(), FitView(), ScorePlot(DECISIONS)
        self.tabs.addTab(self.drawing, "Spectrum")
        self.tabs.addTab(self.fit, "How Much")
        self.fit.asked.connect(self._explain)
        self.tabs.addTab(self.plot, "Scores")
        self.plot.threshold_moved.connect(self.threshold_moved)
        upper.addWidget(self.tabs)
        self.materials = MaterialTable()
        self.materials.asked.connect(self._select_count)
        upper.addWidget(self.materials)
        upper.setStretchFactor(0, 1)
        upper.setSizes([670, 370])
        self.list, self.list_view = AnswerModel(self), QTableView()
        set_up_list(
            self.list_view, self.list, "Each spectrum. Click a column's head to sort. Selected "
            "spectra are drawn, marked in the plot of scores, and sent as Selected Data.")
        self.list_view.sortByColumn(DECISION, Qt.DescendingOrder)
        fit_columns(self.list_view)
        self.list_view.setItemDelegateForColumn(HOW_MUCH, BarDelegate(self.list_view))
        # With the list's own selection, heads would ask for each row whether it is selected.
        self.list_view.horizontalHeader().setSelectionModel(QItemSelectionModel(self.list, self))
        self.list_view.selectionModel().selectionChanged.connect(self._on_selection)
        self.list_view.selectionModel().currentRowChanged.connect(self._draw_if_visible)
        self.tabs.currentChanged.connect(self._draw_if_visible)
        self.addWidget(upper)
        self.addWidget(self.list_view)
        self.setSizes([340, 260])

    # ---------------------------------------------------------------- result

    def clear(self, rule: Rule):
        """Show nothing but the thresholds."""
        self.shown, self.selection = None, []
        self.plot.set_thresholds(rule.accept, rule.inspect)
        self.plot.show_scores(np.empty(0), np.empty(0, int), AXES[rule.by])
        self.plot.mark(np.empty(0))
        self.materials.clear()
        self.list.clear()
        self.drawing.clear("")
        self.fit.clear("")
        self._drawn = {}

    def show_result(self, shown: Shown, selection: Sequence[int]):
        """Show an answer, or another rule for the same answer.

        `selection` are the rows to select if it is another answer.
        """
        known = self.shown is not None and self.shown.answer is shown.answer
        self.shown = shown
        rule, answer = shown.rule, shown.answer
        classes = shown.model.domain.class_var.values
        self.plot.set_thresholds(rule.accept, rule.inspect)
        self.plot.show_scores(rule.score(answer), shown.decisions, AXES[rule.by])
        self.materials.show_counts(counts(answer, shown.decisions, classes))
        bars = self._bars()
        self.list_view.setColumnHidden(HOW_MUCH, bars is None)
        if known:
            self.list.show_decisions(shown.decisions, reasons(answer, rule), self._remark, bars)
            self._show_selected()
            return
        self.list.show_answer(
            spectrum_names(shown.data), classes, answer, shown.model.references, shown.decisions,
            reasons(answer, rule), self._remark, bars)
        there = answer.values[np.isfinite(answer.values)]
        fit_materials(self.list_view, [classes[int(value)] for value in np.unique(there)])
        self.select([row for row in selection if row < len(shown.data)])
        self._show_selected()

    def _bars(self):
        """What the bars in the list show; None if fractions are not known."""
        shown = self.shown
        if not np.isfinite(shown.found.fractions).any():
            return None
        return Bars(shown.model.components, shown.found, self._colors())

    def _colors(self):
        return material_colors(self.shown.model.components, is_dark(self))

    def _remark(self, row):
        shown = self.shown
        return remarks(shown.model, only(shown.answer, row), shown.rule, [0])[0]

    # ------------------------------------------------------------- selection

    def select(self, rows: Sequence[int]):
        """Select these rows of the data in the list, and no others."""
        selection = QItemSelection()
        for start, stop in _runs(np.sort(self.list.mapFromSourceRows(np.asarray(rows, int)))):
            selection.select(self.list.index(start, 0), self.list.index(stop, 0))
        model = self.list_view.selectionModel()
        if len(rows):
            first = self.list.index(int(self.list.mapFromSourceRows(rows[0])), 0)
            model.setCurrentIndex(first, QItemSelectionModel.NoUpdate)
            self.list_view.scrollTo(first)
        model.select(selection, QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)

    def _select_count(self, name, decision):
        """Select the spectra of a material with a decision, -1 for all."""
        if self.shown is None:
            return
        values, names = self.shown.answer.values, list(self.shown.model.domain.class_var.values)
        mine = np.isnan(values) if name == NONE else values == names.index(name)
        if decision >= 0:
            mine &= self.shown.decisions == decision
        self.select(np.flatnonzero(mine))

    def _on_selection(self, *_):
        ranges = self.list_view.selectionModel().selection()
        rows = [row for part in ranges for row in range(part.top(), part.bottom() + 1)]
        self.selection = sorted(map(int, self.list.mapToSourceRows(rows)))
        self._show_selected()
        self.selected.emit(self.selection)

    def _show_selected(self):
        if self.shown is not None:
            self.plot.mark(self.shown.rule.score(self.shown.answer)[self.selection])
            self._draw_if_visible()

    # --------------------------------------------------------------- drawing

    def _draw_if_visible(self, *_):
        if self.tabs.currentWidget() in (self.drawing, self.fit):
            self.draw(self.tabs.currentWidget())

    def draw(self, view: SpectrumView | FitView):
        """Draw the current spectrum of the selection, or the least certain one."""
        # The list has no rows while it is filled.
        if self.shown is None or not self.list.rowCount():
            return
        row, why = self.drawn_row()
        now = self.shown, row, why
        before = self._drawn.get(view)
        # A click changes both the selection and the current row.
        if before is not None and before[0] is now[0] and before[1:] == now[1:]:
            return
        self._drawn[view] = now
        if row is None:
            view.clear()
        elif view is self.fit:
            self._draw_fit(row, why)
        else:
            self._draw_spectrum(row, why)

    def _draw_spectrum(self, row, why):
        shown, answer = self.shown, only(self.shown.answer, row)
        self.drawing.show_spectrum(
            self.list.text(row, 0), self._answer_text(row) + why, self._remark(row),
            compare(shown.model, shown.data[[row]], answer, shown.rule, shown.convert))

    def _draw_fit(self, row, why):
        shown, name = self.shown, self.list.text(row, 0)
        fit = decomposed(shown, row)
        if fit is None:
            self.fit.clear(why_not(shown.composer is not None, shown.model.knows_mixtures, name,
                                   int(shown.answer.named[row].sum())))
            return
        colors = dict(zip(shown.model.components, self._colors(), strict=True))
        missing = [part.name for part in fit.drawn if part.name in shown.not_calibrated]
        of_what = shown.of_what + (f", but not {', '.join(missing)}" if missing else "")
        self.fit.show_fit(name, self._answer_text(row) + why, fit, colors, of_what)
        self._explain(self.fit.explain.currentText())

    def _explain(self, component):
        """Show by which wavenumbers the network sees a component of the drawn spectrum."""
        shown, row, _ = self._drawn[self.fit]
        names = shown.model.components
        self.fit.show_map(importance(shown.model, self.fit.shown.grid, only(shown.answer, row),
                                     component), self._colors()[names.index(component)])

    def _answer_text(self, row):
        shown, answer = self.shown, only(self.shown.answer, row)
        name = shown.model.domain.class_var.values[int(answer.values[0])] \
            if np.isfinite(answer.values[0]) else NONE
        return answer_text(name, shown.decisions[row], answer.probability[0])

    def drawn_row(self) -> tuple[int | None, str]:
        """Row of the data to draw, or None, and why this one."""
        if self.selection:
            current = self.list_view.selectionModel().currentIndex()
            row = int(self.list.mapToSourceRows(current.row())) if current.isValid() else -1
            n = len(self.selection)
            return (row if row in self.selection else self.selection[0],
                    f" (one of {n:,} selected)" if n > 1 else "")
        scores = self.shown.rule.score(self.shown.answer)
        doubtful = np.flatnonzero(self.shown.decisions == TO_INSPECT)
        if len(doubtful):
            return int(doubtful[scores[doubtful].argmin()]), " (the least certain one to inspect)"
        known = np.flatnonzero(np.isfinite(scores))
        if not len(known):
            return None, ""
        return int(known[scores[known].argmin()]), \
            " (the least certain one)" if len(scores) > 1 else ""


def decomposed(shown: Shown, row: int) -> Decomposition | None:
    """A row of the data as the sum of its components; None if it cannot be told."""
    found = Amounts(*(part[[row]] for part in shown.found[:3]), shown.found.of_mass)
    return decompose(shown.model, shown.composer, shown.data[[row]], only(shown.answer, row),
                     found, shown.convert)


def _runs(rows):
    """First and last number of each run of consecutive numbers; `rows` ascending."""
    if not len(rows):
        return []
    ends = np.flatnonzero(np.diff(rows) > 1)
    return [(int(a), int(b)) for a, b in zip(rows[np.r_[0, ends + 1]],
                                             rows[np.r_[ends, len(rows) - 1]], strict=True)]
