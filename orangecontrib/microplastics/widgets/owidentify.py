"""Identify Spectra: predictions of a trained model, and whether to accept them."""
from __future__ import annotations

from functools import partial

import numpy as np
from AnyQt.QtCore import QSize, QTimer
from Orange.base import Model
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output
from scipy.sparse import issparse

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.identification import ALL, UNKNOWN, Rule, amounts, decide
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.turned import turned
from orangecontrib.microplastics.widgets.common.answertexts import share_text
from orangecontrib.microplastics.widgets.common.modelwidget import ModelWidget
from orangecontrib.microplastics.widgets.identify.amountsbox import SIGNAL, AmountsBox
from orangecontrib.microplastics.widgets.identify.fitoutput import MOST_FITS, FitMaker
from orangecontrib.microplastics.widgets.identify.outputs import TableMaker
from orangecontrib.microplastics.widgets.identify.promises import differs
from orangecontrib.microplastics.widgets.identify.report import write_report
from orangecontrib.microplastics.widgets.identify.resultview import (
    ResultView,
    Shown,
    decomposed,
)
from orangecontrib.microplastics.widgets.identify.task import Labelled, Request, run
from orangecontrib.microplastics.widgets.identify.texts import summary
from orangecontrib.microplastics.widgets.identify.thresholds import Thresholds

#: Share of unknown spectra above which unsuitable data are likely, not only unknown materials.
_MANY = .5

#: Milliseconds after which changed thresholds are sent, so that not each step of a drag is.
_PAUSE = 200

#: Milliseconds after which spectra are identified anew with another threshold of further parts.
_LONG_PAUSE = 500


class OWIdentify(ModelWidget):
    name = "Identify Spectra"
    description = "Identify the materials of each spectrum with a trained model, and how much of " \
                  "each; sort the identifications into accepted, to inspect and unknown."
    icon = "icons/Identify.svg"
    priority = 40
    keywords = "identify spectra, predict, unknown, acceptance, threshold, hit quality, " \
               "library search, confidence, energy, out of distribution, microplastics, " \
               "ready-made, missing bands, conformal, fractions, composition, how much, mass"
    ACTION = "Identify"

    class Inputs:
        data = Input("Data", Table, default=True)
        model = Input("Model", Model)
        labelled = Input("Labelled Spectra", Table, explicit=True)

    class Outputs:
        annotated = Output("Data", Table, default=True)
        accepted = Output("Accepted", Table)
        inspect = Output("To Inspect", Table)
        unknown = Output("Unknown", Table)
        selected = Output("Selected Data", Table)
        fit = Output("Fit", Table, explicit=True)
        model = Output("Model", Model, dynamic=False, explicit=True)

    class Warning(ModelWidget.Warning):
        many = Msg("{} of the spectra are unknown. Check that their materials, unit and "
                   "preprocessing match the training data.")
        labelled = Msg("The labelled spectra cannot be used: {}")
        unsuitable = Msg("{}")
        zeros = Msg("All values are 0. If the file has decimal commas, choose another file type in "
                    "File, or open it with CSV File Import.")
        unlike = Msg("The new spectra do not look like the labelled ones: the promise of the "
                     "thresholds may not hold for them.")

    class Information(ModelWidget.Information):
        turned = Msg("Wavenumbers stand in a column. Spectra read from the columns beside it: {}.")
        few_fits = Msg("The output Fit holds the first {} of {} selected spectra.")
    by = Setting(ALL)
    accept = Setting(Rule().accept)
    inspect = Setting(Rule().inspect)
    checks = Setting(Rule().checks)
    #: Promise that sets the thresholds, promises.REFUSED or WRONG; "" for none. Shares in per cent.
    promise = Setting("")
    refused = Setting(5)
    wrong = Setting(1)
    #: Probability from which parts are named besides those of the class.
    detect = Setting(DETECT)
    #: Whether this threshold is to keep a promise: at most so many per cent of parts are missed.
    parts_promised = Setting(False)
    missed = Setting(10)
    #: What fractions are of, amountsbox.SIGNAL or MASS; absorptivities, by material (1 for others),
    #: and how many blends they were calibrated with. They belong to a workflow's samples.
    fraction_of = Setting(SIGNAL, schema_only=True)
    absorptivities = Setting({}, schema_only=True)
    calibrated = Setting(0, schema_only=True)
    #: Rows of the data that are selected in the list.
    selection = Setting([], schema_only=True)
    #: Tab that is shown: the spectrum, how much of each, or the scores.
    tab = Setting(0)

    settings_version = 1

    def __init__(self):
        super().__init__()
        self.labelled: Table | None = None
        self._turned = 0  # spectra that were read from columns
        self.decisions = np.empty(0, int)
        self._tables = TableMaker(self)
        # Not connected directly, since the button Send replaces `commit`.
        self._tables.made.connect(lambda: self.commit.now())
        self._tables.out_of_memory.connect(self._no_tables)
        self._fits = FitMaker(self)
        self._fits.made.connect(self._send_fit)
        self._sent = None  # tables that have been sent
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._later.timeout.connect(self._send_changed)
        self._again = QTimer(self, singleShot=True, interval=_LONG_PAUSE)
        self._again.timeout.connect(self._identify_again)
        self._of = None  # model and labelled spectra of the result
        self._add_models()
        self._add_controls()
        self._add_main_area()
        self._watch_models()
        self._show_result()
        self._show_running(False)
        # Qt would limit the window to two thirds of the screen.
        self.resize(self.sizeHint())

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = self._add_result_box()
        self._add_convert_button(box)
        box = gui.widgetBox(self.controlArea, "Decision", spacing=2)
        self.thresholds = Thresholds(self, box)
        self.thresholds.rule_changed.connect(self._rule_changed)
        self.thresholds.detect_changed.connect(self._detect_changed)
        self.amounts = AmountsBox(self, box)
        self.amounts.changed.connect(self._rule_changed)
        self._add_buttons()

    def _add_main_area(self):
        self.view = ResultView()
        self.view.selected.connect(self._on_selection)
        self.view.threshold_moved.connect(self.thresholds.move)
        self.view.tabs.setCurrentIndex(self.tab)
        self.view.tabs.currentChanged.connect(lambda index: setattr(self, "tab", index))
        self.mainArea.layout().addWidget(self.view)

    def sizeHint(self):
        # Orange adds some 60 to the width and 40 to the height; all within 1366 x 768.
        return QSize(1270, 640)

    # ---------------------------------------------------------------- inputs

    @Inputs.data
    def set_data(self, data):
        if self.data is not None:
            self.selection = []  # a selection stored in a workflow belongs to the first data
        rows = turned(data) if data is not None else None
        self._turned = 0 if rows is None else len(rows)
        data = data if rows is None else rows
        self.data = data if data is not None and len(data) else None

    def _tell_of_data(self):
        """Say how the data were read; and what they lack, also before there is a model."""
        self.Information.turned(self._turned, shown=self._turned > 0)
        if self.data is None:
            return
        try:
            columns, _ = spectral_columns(self.data.domain)
        except ValueError as ex:
            # With a model, it is an error.
            self.Warning.unsuitable(str(ex), shown=not self._ready())
        else:
            # A sparse table has no spectra. Row by row, since the first is seldom nothing but zeros
            # and a map is large.
            self.Warning.zeros(shown=not issparse(self.data.X) and not any(
                row[columns].any() for row in self.data.X))

    @Inputs.model
    def set_model(self, model):
        self._connect(model)

    @Inputs.labelled
    def set_labelled(self, labelled):
        self.labelled = labelled if labelled is not None and len(labelled) else None

    def _use_model(self):
        super()._use_model()
        self.Outputs.model.send(self.model if isinstance(self.model, DCNetModel) else None)

    def onDeleteWidget(self):
        self._later.stop()
        self._again.stop()
        self._tables.shutdown()
        self._fits.forget()
        self._fits.shutdown()
        super().onDeleteWidget()

    # -------------------------------------------------------- identification

    def _start(self):
        self.result = None
        # The user's labelled spectra must be scored first.
        ours = isinstance(self.model, DCNetModel)
        if self.labelled is None or not ours:
            self.thresholds.use(self.model if ours else None, Labelled())
        self._again.stop()
        super()._start()
        self._tell_of_data()

    def _identify_again(self):
        """Identify with another threshold of further parts; the result stays until then."""
        self.cancel()
        self.Information.cancelled.clear()
        self._begin()
        self._show_running(self.task is not None)
        self._show_busy()

    def _begin_with(self, model):
        same = self._of is not None and self._of[0] is model \
            and self._of[1] is self.labelled
        self.start(run, Request(
            model, self.data, self.convert, self.labelled, self.detect,
            self.missed / 100 if self.parts_promised else None, self._of[2] if same else None))

    def _show_busy(self):
        """Let the widgets that follow wait for a model, an answer or tables that are coming."""
        self.setInvalidated(self.task is not None or self._later.isActive()
                            or self._again.isActive() or self._tables.task is not None
                            or self._fits.busy or self.models.busy)

    def on_done(self, result):
        self._show_notes(result.answer.notes)
        if result.labelled.problem:
            self.Warning.labelled(result.labelled.problem)
        self.result = result
        # What a later run needs of this one.
        self._of = self.model, self.labelled, result._replace(answer=None)
        self.thresholds.use(self.model, result.labelled)
        super().on_done(result)
        # After the mixin, which takes the widget for idle now.
        QTimer.singleShot(0, self._show_busy)

    def _detect_changed(self):
        """Another threshold of further parts has been set."""
        # A task that has not finished would answer with the old one.
        if self.task is not None or self.result is not None and self.result.detect != self.detect:
            self._again.start()
            self._show_busy()

    # ---------------------------------------------------------------- result

    def _rule_changed(self):
        self._show_result()
        if self.result is not None:
            self.Error.out_of_memory.clear()
            self._later.start()
            self._show_busy()

    def _send_changed(self):
        self.commit.deferred()
        self._show_busy()

    def _show_result(self):
        self.Warning.many.clear()
        self.Warning.unlike.clear()
        rule = self.thresholds.rule
        if self.result is None:
            self._later.stop()
            self._tables.forget()
            self._fits.forget()
            self._sent = None
            self.decisions = np.empty(0, int)
            self.view.clear(rule)
            self._show_components(None)
            self.result_label.setText(self._nothing())
            return
        answer = self.result.answer
        self._show_components(self.result.labelled.blends)
        self.decisions = decide(answer, rule)
        self.view.show_result(Shown(
            self.data, self.model, answer, rule, self.decisions, self.convert,
            amounts(answer, self.model.components, self.amounts.absorptivities),
            self.amounts.text(), self.amounts.not_calibrated(), self.result.composer),
            self.selection)
        self.result_label.setText(summary(self.decisions))
        unknown = np.mean(self.decisions == UNKNOWN)
        if unknown > _MANY:
            self.Warning.many(share_text(unknown))
        known, _ = self.thresholds.known()
        if self.thresholds.kept and differs(known, rule.score(answer), self.decisions, rule):
            self.Warning.unlike()

    def _show_components(self, blends):
        """Offer absorptivities of the model's components."""
        ours = isinstance(self.model, DCNetModel) and self.model.knows_mixtures
        self.amounts.show_materials(self.model.components if ours else (), blends)

    def _on_selection(self, rows):
        # The list is emptied when the result is, but the selection may be needed again.
        if self.result is not None:
            self.selection = rows
            self.commit.deferred()

    # --------------------------------------------------------------- outputs

    @gui.deferred
    def commit(self):
        outputs = (self.Outputs.annotated, self.Outputs.accepted, self.Outputs.inspect,
                   self.Outputs.unknown)
        if self.result is None:
            for output in (*outputs, self.Outputs.selected, self.Outputs.fit):
                output.send(None)
            return
        if not self._tables.make(self.data, self.model, self.result.answer, self.thresholds.rule,
                                 self.amounts.absorptivities):
            self._show_busy()
            return  # this is called again when they are made
        # A new selection leaves the other outputs as they are.
        if self._sent is not self._tables.tables:
            self._sent = self._tables.tables
            for output, table in zip(outputs, self._sent, strict=True):
                output.send(table)
        self.Outputs.selected.send(self._sent[0][self.selection] if self.selection else None)
        self._make_fit()
        self._show_busy()

    def _make_fit(self):
        """Selected spectra, or the drawn one, as sums of their components."""
        drawn, _ = self.view.drawn_row()
        rows = self.selection or ([] if drawn is None else [drawn])
        self.Information.few_fits(MOST_FITS, len(rows), shown=len(rows) > MOST_FITS)
        rows = rows[:MOST_FITS]
        self._fits.make(rows, [self.view.list.text(row, 0) for row in rows],
                        partial(decomposed, self.view.shown), self.amounts.by_mass)

    def _send_fit(self, table):
        self.Outputs.fit.send(table)
        self._show_busy()

    def _no_tables(self):
        self.Error.out_of_memory()
        self._show_busy()

    def send_report(self):
        write_report(self)


if __name__ == "__main__":
    from orangecontrib.microplastics.dcnet.learner import DCNetLearner
    from orangecontrib.microplastics.simulation.polymers import simulate
    WidgetPreview(OWIdentify).run(
        set_model=DCNetLearner(epochs=5)(simulate(n=300)), set_data=simulate(n=200, seed=1))
