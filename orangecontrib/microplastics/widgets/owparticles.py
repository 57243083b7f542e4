"""Particles: from the map of a filter to named, measured and counted particles."""
from __future__ import annotations

import os
from html import escape
from pathlib import Path

import numpy as np
from AnyQt.QtCore import QSize, QTimer
from AnyQt.QtWidgets import QFileDialog, QMenu
from Orange.base import Model
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output

from orangecontrib.microplastics.identification import Rule
from orangecontrib.microplastics.particles.contents import PAGES
from orangecontrib.microplastics.particles.counts import count, counts_table
from orangecontrib.microplastics.particles.edits import IS, JOIN, NOT, Edit, restored, stored
from orangecontrib.microplastics.particles.find import CROWDED, SMALLEST, UNNAMED, Choices
from orangecontrib.microplastics.particles.items import item
from orangecontrib.microplastics.particles.pixels import has_map
from orangecontrib.microplastics.particles.quality import Blanks, blanks_from_table, blanks_of
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.summary import Corrections, Summary, summarize
from orangecontrib.microplastics.particles.tables import map_table, particle_table
from orangecontrib.microplastics.widgets.common.answertexts import full_name, share_text
from orangecontrib.microplastics.widgets.common.modelbox import PUBLISHED
from orangecontrib.microplastics.widgets.common.modelwidget import ModelWidget
from orangecontrib.microplastics.widgets.particles.controls import ParticleBox
from orangecontrib.microplastics.widgets.particles.countsbox import CountsBox
from orangecontrib.microplastics.widgets.particles.report import write_report
from orangecontrib.microplastics.widgets.particles.reportdialog import ReportDialog
from orangecontrib.microplastics.widgets.particles.resultview import ResultView, Shown
from orangecontrib.microplastics.widgets.particles.task import Request, Result, is_map, run
from orangecontrib.microplastics.widgets.particles.texts import result_text

#: Milliseconds after which changed choices are applied, so that not each step of a drag is.
_PAUSE = 60

#: Share of unknown particles above which unsuitable data are likely.
_MANY = .5


class OWParticles(ModelWidget):
    name = "Particles"
    description = "From the map of a filter to its particles: what each is, how large, how many, " \
                  "and a report."
    icon = "icons/Particles.svg"
    priority = 45
    keywords = "particles, map, filter, hyperspectral, imaging, image, count, size, feret, area, " \
               "segmentation, fibre, fiber, blank, report, microplastics, iso 16094"
    ACTION = "Find Particles"

    class Inputs:
        data = Input("Data", Table, default=True)
        model = Input("Model", Model)
        blank = Input("Blanks", Table, explicit=True)

    class Outputs:
        particles = Output("Particles", Table, default=True)
        map = Output("Map", Table)
        counts = Output("Counts", Table)
        selected = Output("Selected", Table)

    class Error(ModelWidget.Error):
        not_saved = Msg("The report was not saved: {}")

    class Warning(ModelWidget.Warning):
        no_size = Msg("The size of a pixel is not known: type it, or there are no sizes.")
        crowded = Msg("{} of the map is matter. If the filter is not that full, raise the "
                      "threshold (tab Matter).")
        many = Msg("{} of the particles are unknown. Check that their materials, unit and "
                   "range match the model's.")
        lost = Msg("{}")
        blank = Msg("The blanks cannot be used: {}")
        counts = Msg("{}")

    class Information(ModelWidget.Information):
        saved = Msg("Saved {}.")
        forgotten = Msg("These are other data: {} corrections by hand were forgotten.")
        single = Msg("The data have no map_x and map_y: each spectrum is taken as a particle.")

    #: How particles are found; see :class:`.find.Choices`.
    automatic = Setting(True)
    threshold = Setting(5.)
    smallest = Setting(SMALLEST)
    by_pixels = Setting(True)
    subtract = Setting(True)
    pixel_size = Setting(0., schema_only=True)
    accept = Setting(Rule().accept)
    inspect = Setting(Rule().inspect)
    checks = Setting(Rule().checks)
    #: Corrections by hand; see :mod:`.edits`.
    edits = Setting([], schema_only=True)
    #: Size classes: a name of size_classes.json (empty for the first), or countsbox.TYPED and
    #: limits.
    size_classes = Setting("")
    typed_limits = Setting("")
    #: How mass is estimated, one of countsbox.MASSES.
    mass = Setting("")
    #: What corrects counts: number of blanks, particles added and found again, per cent of the
    #: filter that were measured, volume. They belong to a sample.
    n_blanks = Setting(1, schema_only=True)
    spiked = Setting(0, schema_only=True)
    recovered = Setting(0, schema_only=True)
    share_measured = Setting(100., schema_only=True)
    litres = Setting(0., schema_only=True)
    #: What was typed for the report, by key: of the sample, and of the laboratory.
    items = Setting({}, schema_only=True)
    laboratory = Setting({})
    report_title = Setting("", schema_only=True)
    pages = Setting(PAGES)
    report_folder = Setting("")
    #: Selected particles, from 0.
    selection = Setting([], schema_only=True)
    ready_made = Setting(PUBLISHED, schema_only=True)
    tab = Setting(0)
    behind = Setting(0)

    settings_version = 1

    def __init__(self):
        super().__init__()
        self.blank: Table | None = None
        self.result: Result | None = None
        self._hand = restored(self.edits)
        self._of = None  # model, data, unit and blank of the result
        self.summary: Summary | None = None
        self._corrections = Corrections()  # those that the summary has
        self._signature = None  # of the data that corrections belong to
        self._sent = None  # what was sent, and the table of particles
        self._why_not = ""  # why there is no result
        self._again = QTimer(self, singleShot=True, interval=_PAUSE)
        self._again.timeout.connect(self._find_again)
        self._add_models()
        self._add_controls()
        self._add_main_area()
        self._watch_models()
        self._show_result()
        self._show_running(False)
        self.resize(self.sizeHint())

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = self._add_result_box()
        self._add_convert_button(box)
        self.box = ParticleBox(self)
        self.box.changed.connect(self._changed)
        self.box.undo.clicked.connect(self._undo)
        self.box.forget.clicked.connect(self._forget)
        self.counting = CountsBox(self)
        self.counting.changed.connect(self._count_again)
        self.counting.reported.connect(self._save_report)
        self._add_buttons()

    def _add_main_area(self):
        self.view = ResultView(self.behind)
        self.view.selected.connect(self._on_selection)
        self.view.asked.connect(self._ask)
        self.view.threshold_moved.connect(self.box.move)
        self.view.tabs.setCurrentIndex(self.tab)
        self.view.tabs.currentChanged.connect(lambda index: setattr(self, "tab", index))
        self.view.map.behind.currentIndexChanged.connect(
            lambda index: setattr(self, "behind", index))
        self.mainArea.layout().addWidget(self.view)

    def sizeHint(self):
        # Within a screen of 1366 x 768 with the window's frame.
        return QSize(1290, 650)

    # ---------------------------------------------------------------- inputs

    @Inputs.data
    def set_data(self, data):
        data = data if data is not None and len(data) else None
        # A link may be interrupted: corrections stay until there are other data. Those stored in a
        # workflow belong to the first.
        self.Information.forgotten.clear()
        if data is not None:
            signature = _signature(data)
            if self._signature is not None and signature != self._signature:
                self.Information.forgotten(len(self._hand), shown=bool(self._hand))
                self.selection, self._hand, self.edits = [], [], []
            self._signature = signature
        self.data = data

    @Inputs.model
    def set_model(self, model):
        self._connect(model)

    @Inputs.blank
    def set_blank(self, blank):
        self.blank = blank if blank is not None and len(blank) else None

    def onDeleteWidget(self):
        self._again.stop()
        super().onDeleteWidget()

    # -------------------------------------------------------------- finding

    def _start(self):
        self._again.stop()
        self._why_not = ""
        super()._start()

    def _nothing(self):
        # Not only in the line at the bottom: what to do may be a button in the box above.
        return f"<b>{escape(self._why_not)}</b>" \
            if self._why_not and self._ready() and not self.models.busy \
            else super()._nothing()

    def _begin_with(self, model):
        self.start(run, Request(
            model, self.data, self.convert, self._choices(), list(self._hand),
            self.blank, self._before()))

    def _before(self):
        """The last result, if it is of the same model, data, unit and blank."""
        if self._of is None:
            return None
        same = all(a is b for a, b in zip(self._of[:3], self._inputs()[:3], strict=True))
        return self._of[4] if same and self._of[3] == self.convert else None

    def _inputs(self):
        return self.model, self.data, self.blank, self.convert

    def _choices(self):
        return Choices(None if self.automatic else self.threshold, self.smallest, self.by_pixels,
                       self.subtract, self.pixel_size or None, self.box.rule)

    def _changed(self):
        """A choice has been changed; the result stays until the next is there."""
        if self._ready() and (self.task is not None or self._of is not None):
            self._again.start()
            self._show_busy()

    def _find_again(self):
        self.cancel()
        self.Information.cancelled.clear()
        self.Error.failed.clear()
        self._why_not = ""
        self._begin()
        self._show_running(self.task is not None)
        self._show_busy()

    def on_exception(self, ex):
        super().on_exception(ex)
        QTimer.singleShot(0, self._show_busy)

    def _refused(self, ex):
        self.models.offer_range(getattr(ex, "low", 0))
        super()._refused(ex)
        self._why_not = str(ex)

    def on_done(self, result):
        self._of = (*self._inputs(), result)
        self.models.offer_range(result.found.better_low)
        self._show_notes(result.found.notes)
        super().on_done(result)
        # After the mixin, which takes the widget for idle now.
        QTimer.singleShot(0, self._show_busy)

    def _wants_model(self):
        return self.data is not None

    def _show_busy(self):
        """Let the widgets that follow wait."""
        self.setInvalidated(self.task is not None or self._again.isActive() or self.models.busy)

    # ---------------------------------------------------------------- result

    def _show_result(self):
        for message in (self.Warning.no_size, self.Warning.crowded, self.Warning.many,
                        self.Warning.lost, self.Information.single):
            message.clear()
        self.box.show_edits(len(self._hand))
        self.counting.report.setEnabled(self.result is not None)
        if self.result is None:
            self._of = self.summary = None
            self.view.clear(self._waiting_text())
            self.result_label.setText(self._nothing())
            return
        found = self.result.found
        self.box.for_map(found.map is not None)
        if found.map is not None:
            self.box.show_threshold(found.threshold)
        self.view.show_result(Shown(self.data, self.model, found,
                                    self.result.finder.spectra.attributes, self.box.rule,
                                    self.result.composer),
                              self.selection if self.view.shown is None else ())
        self.result_label.setText(result_text(found))
        self._warn(found)
        self._count()

    def _waiting_text(self):
        if self._why_not:
            return self._why_not
        if self.data is None:
            return "Connect a map of a filter, or spectra of single particles."
        return "" if self.model is not None else "A model is needed: see at the left."

    def _warn(self, found):
        if found.map is None:
            self.Information.single()
        elif found.pixel is None:
            self.Warning.no_size()
        share = (found.labels > 0).sum() / max(found.measured, 1)
        if found.map is not None and share > CROWDED:
            self.Warning.crowded(share_text(share))
        unknown = sum(name == UNNAMED for name in found.names)
        if found.names and unknown / len(found.names) > _MANY:
            self.Warning.many(share_text(unknown / len(found.names)))
        if found.lost:
            n = len(found.lost)
            self.Warning.lost(
                f"{n} {'correction' if n == 1 else 'corrections'} by hand "
                f"{'meets' if n == 1 else 'meet'} no particle now: it is below the threshold, or "
                "too small.")

    # ---------------------------------------------------------------- counts

    def _count(self):
        """Count particles by size class, and show it."""
        found, classes = self.result.found, self.counting.classes
        blanks = self._blanks(classes)
        self._corrections = self.counting.corrections(blanks)
        problem = self.counting.problem
        try:
            self.summary = summarize(found, classes, self.model.components, self._corrections,
                                     self.smallest)
        except ValueError as ex:
            problem = problem or str(ex)
            self._corrections = self._corrections._replace(recovery=None)
            self.summary = summarize(found, classes, self.model.components, self._corrections,
                                     self.smallest)
        self.Warning.counts(problem, shown=bool(problem))
        self.view.show_counts(self.summary, found, classes, self.counting.masses(found))
        self.selection = self.view.selection

    def _count_again(self):
        if self.result is not None:
            self._count()
            self.commit.deferred()

    def _blanks(self, classes) -> Blanks | None:
        """What the connected blanks hold; None if there are none that can be used."""
        self.Warning.blank.clear()
        if self.blank is None:
            self.counting.dialog.tell("No blanks are connected.")
            return None
        try:
            if is_map(self.blank):
                if self.result.blank_problem:
                    raise ValueError(self.result.blank_problem)
                found = self.result.blank
                blanks = blanks_of([count(found.names, found.sizes, classes)])
                blanks = blanks._replace(n=self.n_blanks)
            else:
                blanks = blanks_from_table(self.blank, classes, self.n_blanks)
        except ValueError as ex:
            self.Warning.blank(str(ex))
            self.counting.dialog.tell(f"The blanks cannot be used: {ex}")
            return None
        self.counting.dialog.tell(
            f"{blanks.total:,} particles in {blanks.n} "
            f"{'blank' if blanks.n == 1 else 'blanks'}.")
        return blanks

    # ---------------------------------------------------------------- report

    def sample(self) -> Sample:
        """What the report is about."""
        found = self.result.found
        known = {**self.laboratory, **self.items}
        return Sample(self.data.name, self.result.finder.spectra, self.model, self._choices(),
                      self._hand, found, self.summary, self._corrections,
                      self.counting.masses(found), self.mass, known, self.convert)

    def _save_report(self):
        """Ask for what only the user knows, and for a file; write it."""
        if self.result is None:
            return
        dialog = ReportDialog(self, self.report_title or f"Particles of {self.data.name}",
                              {**self.laboratory, **self.items}, self.pages)
        if dialog.exec() != ReportDialog.Accepted:
            return
        self.report_title, self.pages = dialog.title.text().strip(), dialog.pages.value()
        self._remember(dialog.items)
        proposed = Path(self.report_folder or Path.home()) / f"{self.data.name or 'particles'}.html"
        path, _ = QFileDialog.getSaveFileName(self, "Save Report", str(proposed),
                                              "Report (*.html)")
        if path:
            self.report_folder = os.path.dirname(path)
            self._write(path)

    def _remember(self, items):
        """Keep what was typed: of the laboratory for all workflows, of the sample for this one."""
        laboratory = ("Instrument", "Blanks and controls", "Extraction")
        self.laboratory = {key: text for key, text in items.items()
                           if item(key).group in laboratory}
        self.items = {key: text for key, text in items.items() if key not in self.laboratory}

    def _write(self, path):
        # Imported here: it loads matplotlib.
        from orangecontrib.microplastics.particles.files import write_files
        self.Error.not_saved.clear()
        self.Information.saved.clear()
        self.progressBarInit()
        try:
            written = write_files(self.sample(), path, self.report_title, self.pages,
                                  lambda done: self.progressBarSet(100 * done))
        except OSError as ex:
            self.Error.not_saved(ex.strerror or str(ex))
        else:
            self.Information.saved(", ".join(file.name for file in written))
        finally:
            self.progressBarFinished()

    def send_report(self):
        write_report(self)

    def _on_selection(self, rows):
        # The list is emptied when the result is, but the selection may be needed again.
        if self.result is not None:
            self.selection = rows
            self.commit.deferred()

    # ------------------------------------------------------------ corrections

    def _ask(self, number, position):
        """Show the menu of corrections of the selected particles."""
        menu = self._menu(number)
        if menu is not None:
            menu.exec(position)

    def _menu(self, number):
        if self.result is None:
            return None
        rows = self.view.selection if number else []
        menu = QMenu(self)
        if rows:
            what = f"Particle {rows[0] + 1}" if len(rows) == 1 else f"These {len(rows)} particles"
            names = menu.addMenu(f"{what}: This Is" if len(rows) == 1 else f"{what} Are")
            # The name that it has comes first: to confirm it.
            now = found_name if (found_name := self.result.found.names[rows[0]]) \
                not in self.model.components and found_name != UNNAMED else None
            for name in (*([now] if now else []), *self.model.components, UNNAMED):
                full = full_name(name)
                names.addAction(name if full == name else f"{name}: {full}").triggered.connect(
                    lambda *_, name=name: self._correct(IS, rows, name))
            menu.addAction("Not a Particle" if len(rows) == 1 else "No Particles") \
                .triggered.connect(lambda *_: self._correct(NOT, rows))
            join = menu.addAction("Join to One Particle")
            join.setEnabled(len(rows) > 1 and self.result.found.map is not None)
            join.triggered.connect(lambda *_: self._correct(JOIN, rows))
            menu.addSeparator()
        undo = menu.addAction("Undo Last Correction")
        undo.setEnabled(bool(self._hand))
        undo.triggered.connect(lambda *_: self._undo())
        return menu

    def _correct(self, kind, rows, name=""):
        found = self.result.found
        places = tuple(found.place(row + 1) for row in rows)
        self._set_edits([*self._hand, Edit(kind, places, name)])

    def _undo(self):
        self._set_edits(self._hand[:-1])

    def _forget(self):
        self._set_edits([])

    def _set_edits(self, edits):
        self._hand, self.edits = edits, stored(edits)
        self.box.show_edits(len(edits))
        self._changed()

    # --------------------------------------------------------------- outputs

    @gui.deferred
    def commit(self):
        if self.result is None:
            self._sent = None
            for output in (self.Outputs.particles, self.Outputs.map, self.Outputs.counts,
                           self.Outputs.selected):
                output.send(None)
            return
        found, estimated = self.result.found, self.counting.masses(self.result.found)
        # A new selection leaves the other outputs as they are.
        if self._sent is None or self._sent[0] is not found or self._sent[1] is not self.summary:
            table = particle_table(found, self.model, self.data, self.box.rule,
                                   self.result.finder.spectra.attributes,
                                   None if estimated is None else estimated[:3])
            self._sent = found, self.summary, table
            self.Outputs.particles.send(table)
            self.Outputs.map.send(map_table(found, self.data))
            self.Outputs.counts.send(counts_table(self.summary.counts))
        self.Outputs.selected.send(self._sent[2][self.selection] if self.selection else None)


def _signature(data):
    """What tells data from others: numbers of spectra and wavenumbers, and some values."""
    some = data[:: max(len(data) // 20, 1)]
    some = np.nan_to_num(np.asarray((some.to_dense() if some.is_sparse() else some).X, float))
    return len(data), data.X.shape[1], float(some.sum()), has_map(data)


if __name__ == "__main__":
    from orangecontrib.microplastics.simulation.filter_image import simulate_filter
    WidgetPreview(OWParticles).run(set_data=simulate_filter(size=64))
