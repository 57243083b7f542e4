"""The main area of Particles: map, drawn particle, sizes, counts, and the list."""
from __future__ import annotations

from html import escape
from typing import NamedTuple

import numpy as np
from AnyQt.QtCore import QItemSelection, QItemSelectionModel, QRectF, Qt, pyqtSignal
from AnyQt.QtGui import QColor
from AnyQt.QtWidgets import QSplitter, QTableView, QTabWidget
from Orange.data import Table

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.decomposition import decompose, importance
from orangecontrib.microplastics.fractions.composition import Composer
from orangecontrib.microplastics.identification import Rule, amounts, remarks
from orangecontrib.microplastics.identification.comparison import compare, only
from orangecontrib.microplastics.identification.components import Amounts
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.particles.classes import MEASURES, Classes
from orangecontrib.microplastics.particles.find import UNNAMED, Found
from orangecontrib.microplastics.particles.mass import Masses
from orangecontrib.microplastics.particles.naming import table_of
from orangecontrib.microplastics.particles.summary import (
    PLASTICS,
    UNKNOWN_SIGN,
    Summary,
    number,
)
from orangecontrib.microplastics.widgets.common.amountbar import BarDelegate, Bars
from orangecontrib.microplastics.widgets.common.answertexts import answer_text, why_not
from orangecontrib.microplastics.widgets.common.fitview import FitView
from orangecontrib.microplastics.widgets.common.materialcolors import material_colors
from orangecontrib.microplastics.widgets.common.palette import is_dark
from orangecontrib.microplastics.widgets.common.resultwidget import set_up_list
from orangecontrib.microplastics.widgets.common.spectrumview import SpectrumView
from orangecontrib.microplastics.widgets.particles.countsview import CountsView
from orangecontrib.microplastics.widgets.particles.mapview import MapView, Picture
from orangecontrib.microplastics.widgets.particles.matterplot import MatterPlot
from orangecontrib.microplastics.widgets.particles.particlelist import (
    HOW_MUCH,
    LENGTH,
    Listed,
    ParticleModel,
    fit_columns,
)
from orangecontrib.microplastics.widgets.particles.sizeplot import SizePlot
from orangecontrib.microplastics.widgets.particles.texts import size_text, title_of, tooltip

__all__ = ["TABS", "Shown", "ResultView", "remark_of", "spectrum_of"]

TABS = ("Spectrum", "How Much", "Sizes", "Counts", "Matter")
SPECTRUM, FIT, SIZES, COUNTS, MATTER = range(len(TABS))

#: Share of a particle's pixels below which it is said that they are named differently.
_AGREE = .7

HINT = "Click a particle on the map or in the list to see its spectrum."


class Shown(NamedTuple):
    """What is shown.

    Attributes
    ----------
    data : Table
    model : DCNetModel
    found : Found
    attributes : tuple of ContinuousVariable
        Of the particles' spectra.
    rule : Rule
    composer : Composer or None
        Of the model; None if it does not know fractions.
    """
    data: Table
    model: DCNetModel
    found: Found
    attributes: tuple
    rule: Rule
    composer: Composer | None


def spectrum_of(shown: Shown, row: int) -> Table:
    """Mean spectrum of a particle, as a table of one row."""
    return table_of(shown.attributes, shown.found.spectra[[row]])


def remark_of(shown: Shown, row: int) -> str:
    """Why a particle is not accepted, or what to look at."""
    found = shown.found
    if found.by_hand[row]:
        automatic = found.answer.values[row]
        if np.isnan(automatic):
            return "named by hand; the model has no answer"
        says = shown.model.domain.class_var.values[int(automatic)]
        return f"named by hand; the model says {says}"
    said = [remarks(shown.model, only(found.answer, row), shown.rule, [0])[0]]
    if found.agreement[row] < _AGREE and found.names[row] != UNNAMED:
        said.append(f"only {found.agreement[row]:.0%} of its pixels alone are named so")
    return "; ".join(text for text in said if text)


class ResultView(QSplitter):
    """
    The map at the left; tabs and the list at the right.

    Signals: `selected(rows)`: particles that are selected now (from 0), ascending.
    `asked(number, position)`: the right button was pressed on a particle (0: none).
    `threshold_moved(value)`: see :class:`.MatterPlot`.
    """
    selected = pyqtSignal(object)
    asked = pyqtSignal(int, object)
    threshold_moved = pyqtSignal(float)

    def __init__(self, behind: int = 0, parent=None):
        super().__init__(Qt.Horizontal, parent, childrenCollapsible=False)
        self.shown: Shown | None = None
        self.selection: list[int] = []
        self._drawn = {}
        self.map = MapView(behind)
        self.map.picked.connect(self._picked)
        self.map.asked.connect(self._asked)
        self.map.legend_picked.connect(self._select_name)
        self.addWidget(self.map)
        right = QSplitter(Qt.Vertical, childrenCollapsible=False)
        self.tabs = QTabWidget(documentMode=True)
        self.drawing, self.fit, self.sizes = SpectrumView(), FitView(), SizePlot()
        self.counts, self.matter = CountsView(), MatterPlot()
        for title, part in zip(TABS, (self.drawing, self.fit, self.sizes, self.counts,
                                      self.matter), strict=True):
            self.tabs.addTab(part, title)
        self.fit.asked.connect(self._explain)
        self.matter.moved.connect(self.threshold_moved)
        self.tabs.currentChanged.connect(self._draw)
        right.addWidget(self.tabs)
        self.list, self.list_view = ParticleModel(self), QTableView()
        set_up_list(
            self.list_view, self.list, "Each particle. Click a column's head to sort, a particle "
            "to see it; the right button corrects it. Selected particles are outlined on the map, "
            "and sent as Selected.")
        self.list_view.sortByColumn(LENGTH, Qt.DescendingOrder)
        fit_columns(self.list_view)
        self.list_view.setItemDelegateForColumn(HOW_MUCH, BarDelegate(self.list_view))
        self.list_view.horizontalHeader().setSelectionModel(QItemSelectionModel(self.list, self))
        self.list_view.selectionModel().selectionChanged.connect(self._on_selection)
        self.list_view.setContextMenuPolicy(Qt.CustomContextMenu)
        self.list_view.customContextMenuRequested.connect(self._asked_in_list)
        right.addWidget(self.list_view)
        right.setSizes([350, 290])
        self.addWidget(right)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 1)
        self.setSizes([460, 600])
        self._blocked = False
        self.clear()

    # ---------------------------------------------------------------- result

    def clear(self, text: str = ""):
        """Show nothing but a text."""
        self.shown, self.selection, self._drawn = None, [], {}
        self.map.clear(text)
        self._blocked = True
        self.list.show_particles(None)
        self._blocked = False
        self.drawing.clear("")
        self.fit.clear("")
        self.sizes.clear_sizes()
        self.counts.clear()
        self.matter.clear_signal()

    def show_result(self, shown: Shown, selection=()):
        """Show particles; those selected before stay selected by their places."""
        kept = self._places() if self.shown is not None and not len(selection) else []
        self.shown, self._drawn = shown, {}
        found = shown.found
        self.map.setVisible(found.map is not None)
        colors = self.colors()
        if found.map is not None:
            self.map.show_picture(_picture(shown, colors))
            self.matter.show_signal(found.signal.values, found.threshold)
        else:
            self.matter.clear_signal()
        self.tabs.setTabVisible(MATTER, found.map is not None)
        known = np.isfinite(found.answer.fractions).any()
        materials = shown.model.components
        bars = Bars(materials, amounts(found.answer, materials),
                    material_colors(materials, is_dark(self))) if known else None
        self._blocked = True
        self.list.show_particles(Listed(
            found, materials, bars, colors, Rule().score(found.answer),
            lambda row: remark_of(shown, row)))
        self.list_view.setColumnHidden(HOW_MUCH, bars is None)
        self._blocked = False
        rows = [row for row in selection if row < len(found.names)] or sorted(
            {int(found.labels[place]) - 1 for place in kept if found.labels[place]})
        self._blocked = True
        self.select(rows)
        self._blocked = False
        self._take_selection()

    def show_counts(self, summary: Summary, found: Found, classes: Classes,
                    masses: Masses | None):
        """Show counts and sizes; they may change without the particles."""
        title = f"<b>{escape(classes.name)}</b>, {MEASURES[classes.measure]} in µm"
        notes = [escape(note) for note in summary.notes]
        if summary.estimates is not None:
            header, rows = summary.estimates
            unit = next(i for i, text in enumerate(header) if text.startswith(("per", "on ")))
            row = next((row for row in rows if row[0] == PLASTICS), rows[-1])
            title += f": <b>{escape(row[unit])}</b> plastic particles {escape(header[unit])} " \
                     f"(95&nbsp;% interval {escape(row[unit + 1])}), those to be inspected " \
                     "included"
        if masses is not None:
            value, low, high = masses.total
            notes.insert(0, f"<b>Estimated mass: {number(value)} ng ({number(low)} to "
                            f"{number(high)})</b>, without {masses.left_out:,} particles.")
        header, rows = summary.header, summary.rows
        if summary.estimates is not None:
            header, rows = _beside(summary)
        # The unit stands above, so that columns are narrow.
        self.counts.show_rows(title, [text.removesuffix("\u00a0µm") for text in header],
                              rows, notes)
        values = getattr(found.sizes, classes.measure)
        if np.isfinite(values).any():
            self.sizes.show_sizes(values, found.names, self.colors(), classes.all_limits,
                                  f"{MEASURES[classes.measure]} (µm)")
        else:
            self.sizes.show_sizes(getattr(found.shown, classes.measure), found.names,
                                  self.colors(), (), f"{MEASURES[classes.measure]} "
                                                     f"({found.unit})")

    def colors(self) -> dict[str, QColor]:
        """Colour of each name that particles have."""
        names = sorted(set(self.shown.found.names))
        return dict(zip(names, material_colors(names, is_dark(self)), strict=True))

    def _places(self):
        found = self.shown.found
        return [found.place(row + 1) for row in self.selection[:50]]

    # ------------------------------------------------------------- selection

    def select(self, rows):
        """Select these particles (from 0) in the list, and no others."""
        model, selection = self.list_view.selectionModel(), QItemSelection()
        places = self.list.mapFromSourceRows(np.asarray(list(rows), int))
        for place in np.atleast_1d(places) if len(rows) else ():
            selection.select(self.list.index(int(place), 0), self.list.index(int(place), 0))
        if len(rows):
            first = self.list.index(int(np.min(places)), 0)
            model.setCurrentIndex(first, QItemSelectionModel.NoUpdate)
            self.list_view.scrollTo(first)
        model.select(selection, QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)

    def _on_selection(self, *_):
        if not self._blocked and self.shown is not None:
            self._take_selection()
            self.selected.emit(self.selection)

    def _take_selection(self):
        places = [index.row() for index in self.list_view.selectionModel().selectedRows()]
        self.selection = sorted(map(int, np.atleast_1d(self.list.mapToSourceRows(
            np.array(places, int))))) if places else []
        self.map.select([row + 1 for row in self.selection])
        self._draw()

    def _picked(self, number, more):
        if not number:
            rows = self.selection if more else []
        else:
            rows = sorted(set(self.selection) ^ {number - 1}) if more else [number - 1]
        self.select(rows)
        if number and self.tabs.currentIndex() not in (SPECTRUM, FIT):
            self.tabs.setCurrentIndex(SPECTRUM)

    def _asked(self, number, position):
        if number and number - 1 not in self.selection:
            self.select([number - 1])
        self.asked.emit(number, position)

    def _asked_in_list(self, point):
        index = self.list_view.indexAt(point)
        number = int(self.list.mapToSourceRows(index.row())) + 1 if index.isValid() else 0
        self._asked(number, self.list_view.viewport().mapToGlobal(point))

    def _select_name(self, name):
        if self.shown is not None:
            self.select([row for row, other in enumerate(self.shown.found.names)
                         if other == name])

    # --------------------------------------------------------------- drawing

    def drawn_row(self) -> int | None:
        """Particle that is drawn: the current one, else the first selected."""
        if not self.selection:
            return None
        current = self.list_view.selectionModel().currentIndex()
        row = int(self.list.mapToSourceRows(current.row())) if current.isValid() else -1
        return row if row in self.selection else self.selection[0]

    def _draw(self, *_):
        """Draw the particle in the tab that is visible, if it is not there already."""
        if self.shown is None:
            return
        tab, row = self.tabs.currentIndex(), self.drawn_row()
        if tab not in (SPECTRUM, FIT) or self._drawn.get(tab) == (row,):
            return
        self._drawn[tab] = (row,)
        if row is None:
            (self.drawing if tab == SPECTRUM else self.fit).clear(HINT)
        elif tab == SPECTRUM:
            self._draw_spectrum(row)
        else:
            self._draw_fit(row)

    def draw_spectrum(self):
        """Draw the particle's spectrum, also if its tab is hidden."""
        row = self.drawn_row()
        if row is not None and self._drawn.get(SPECTRUM) != (row,):
            self._drawn[SPECTRUM] = (row,)
            self._draw_spectrum(row)

    def _head(self, row):
        found = self.shown.found
        size = size_text(found, row)
        value = found.answer.values[row]
        name = self.shown.model.domain.class_var.values[int(value)] if np.isfinite(value) \
            else "no prediction"
        text = answer_text(name, int(found.decisions[row]), found.answer.probability[row]) \
            if not found.by_hand[row] else f"<b>{found.names[row]}</b>, by hand"
        return text + (f", {size}" if size else "")

    def _draw_spectrum(self, row):
        shown = self.shown
        answer, spectrum = only(shown.found.answer, row), spectrum_of(shown, row)
        drawn = compare(shown.model, spectrum, answer, shown.rule)
        self.drawing.show_spectrum(title_of(shown.found, row), self._head(row),
                                   remark_of(shown, row), drawn)
        if drawn is None or np.isnan(answer.values[0]):
            return
        name = components_of(shown.model.domain.class_var.values[int(answer.values[0])])[0]
        grid = np.asarray(shown.model.grid_spectra(spectrum), float)[0]
        color, = material_colors([name], is_dark(self))
        self.drawing.show_importance(shown.model.wavenumbers,
                                     importance(shown.model, grid, answer, name), name, color)

    def _draw_fit(self, row):
        shown = self.shown
        answer = only(shown.found.answer, row)
        found = amounts(answer, shown.model.components)
        fit = decompose(shown.model, shown.composer, spectrum_of(shown, row), answer,
                        Amounts(*found))
        name = title_of(shown.found, row)
        if fit is None:
            self.fit.clear(why_not(shown.composer is not None, shown.model.knows_mixtures, name,
                                   int(answer.named[0].sum())))
            return
        materials = shown.model.components
        colors = dict(zip(materials, material_colors(materials, is_dark(self)), strict=True))
        self.fit.show_fit(name, self._head(row), fit, colors, "of signal (bands)")
        self._explain(self.fit.explain.currentText())

    def _explain(self, component):
        shown, (row,) = self.shown, self._drawn[FIT]
        color, = material_colors([component], is_dark(self))
        self.fit.show_map(importance(shown.model, self.fit.shown.grid,
                                     only(shown.found.answer, row), component), color)


def _beside(summary):
    """Counts, and the estimate of each polymer beside them."""
    header, rows = summary.estimates
    found = {row[0]: row[2:] for row in rows}
    nothing = [""] * (len(header) - 2)
    return [*summary.header, *header[2:]], [
        [*row, *found.get(row[0].removesuffix(UNKNOWN_SIGN), nothing)] for row in summary.rows]


def _picture(shown, colors):
    found = shown.found
    the_map = found.map
    (dx, dy), rows, columns = the_map.pitch, len(the_map.y), len(the_map.x)
    rect = QRectF(the_map.x[0] - dx / 2, the_map.y[0] - dy / 2, columns * dx, rows * dy)
    return Picture(
        found.labels, found.names, colors, the_map.image(found.signal.values.astype(float)),
        found.threshold, rect, "µm" if the_map.unit_known else "pixels",
        _visible(shown.data), [tooltip(found, row) for row in range(len(found.names))])


def _visible(data):
    """Visible image of the file and its place, or None."""
    for image in data.attributes.get("visible_images", ()):
        try:
            with image.image as picture:
                # Rows of pictures go down, those of maps up.
                pixels = np.asarray(picture.convert("RGB"))[::-1]
        except Exception:
            # Readers of pictures raise many types of exception; the map is drawn without it.
            continue
        return pixels, QRectF(image.pos_x, image.pos_y, image.size_x, image.size_y)
    return None
