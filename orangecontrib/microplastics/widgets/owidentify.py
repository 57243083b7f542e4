"""Identify Spectra: predictions of a trained model, and whether to accept them."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QSize, QTimer
from AnyQt.QtWidgets import QPushButton
from Orange.base import Model
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output

from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.compatibility import ScaleError, ScaleWarning
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import (
    ALL,
    UNKNOWN,
    Rule,
    decide,
)
from orangecontrib.microplastics.widgets.common.resultwidget import ResultWidget
from orangecontrib.microplastics.widgets.identify.decisionbox import PromiseRows, add_score_box
from orangecontrib.microplastics.widgets.identify.links import InputLinks
from orangecontrib.microplastics.widgets.identify.modelbox import ModelBox
from orangecontrib.microplastics.widgets.identify.outputs import TableMaker
from orangecontrib.microplastics.widgets.identify.promises import differs, keep
from orangecontrib.microplastics.widgets.identify.report import write_report
from orangecontrib.microplastics.widgets.identify.resultview import ResultView, Shown
from orangecontrib.microplastics.widgets.identify.task import run
from orangecontrib.microplastics.widgets.identify.texts import share_text, summary, waiting

#: Share of unknown spectra above which unsuitable data are likely, not only unknown materials.
_MANY = .5

#: Milliseconds after which changed thresholds are sent, so that not each step of a drag is.
_PAUSE = 200


class OWIdentify(ResultWidget):
    name = "Identify Spectra"
    description = "Identify the material of each spectrum with a trained model, and sort the " \
                  "identifications into accepted, to inspect and unknown."
    icon = "icons/Identify.svg"
    priority = 40
    keywords = "identify spectra, predict, unknown, acceptance, threshold, hit quality, " \
               "library search, confidence, energy, out of distribution, microplastics, " \
               "ready-made, missing bands, conformal"
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
        model = Output("Model", Model, dynamic=False, explicit=True)

    class Error(ResultWidget.Error):
        no_model = Msg("{}")
        not_ours = Msg("{} is not a Dual-Branch CNN model; connect it to Predictions instead.")
        scale = Msg("{}")

    class Warning(ResultWidget.Warning):
        scale = Msg("{}")
        notes = Msg("{}")
        many = Msg("{} of the spectra are unknown. Check that their materials, unit and "
                   "preprocessing match the training data.")
        ready_made = Msg("{}")
        labelled = Msg("The labelled spectra cannot be used: {}")
        unlike = Msg("The new spectra do not look like the labelled ones: the promise of the "
                     "thresholds may not hold for them.")

    class Information(ResultWidget.Information):
        converted = Msg("The spectra were treated as transmittance and converted to absorbance.")
        not_used = Msg("The connected model is used instead of the opened one.")
        no_model = Msg("There is no model yet: press Ready-made Model to identify common "
                       "plastics, or connect a model.")

    by = Setting(ALL)
    accept = Setting(Rule().accept)
    inspect = Setting(Rule().inspect)
    checks = Setting(Rule().checks)
    #: Promise that sets the thresholds, promises.REFUSED or WRONG; "" for none. Shares in per cent.
    promise = Setting("")
    refused = Setting(5)
    wrong = Setting(1)
    convert = Setting(False, schema_only=True)
    #: Rows of the data that are selected in the list.
    selection = Setting([], schema_only=True)
    #: File of the model that is used while no model is connected, or None;
    #: see :func:`.modelfiles.remembered`.
    model_file = Setting(None, schema_only=True)
    #: Ready-made model that is used while no model is connected, modelbox.PUBLISHED or SIMULATED.
    ready_made = Setting("", schema_only=True)
    #: Folder from which a model was last opened.
    folder = Setting("")
    #: Tab that is shown: the spectrum, or the scores.
    tab = Setting(0)

    settings_version = 1

    def __init__(self):
        super().__init__()
        self.model: DCNetModel | None = None
        self.labelled: Table | None = None
        self.decisions = np.empty(0, int)
        self._links = InputLinks()
        self._kept = False  # whether the thresholds keep the promise
        self._tables = TableMaker(self)
        # Not connected directly, since the button Send replaces `commit`.
        self._tables.made.connect(lambda: self.commit.now())
        self._tables.out_of_memory.connect(self._no_tables)
        self._sent = None  # tables that have been sent
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._later.timeout.connect(self._send_changed)
        self.models = ModelBox(self)
        self._add_controls()
        self._add_main_area()
        self.models.changed.connect(self._model_changed)
        self.models.told.connect(self._show_hints)
        self._keep_promise()
        self._show_result()
        self._show_running(False)
        # Qt would limit the window to two thirds of the screen.
        self.resize(self.sizeHint())

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = self._add_result_box()
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Treat the spectra as transmittance T and convert them to A = -log10 T.")
        box.layout().addWidget(self.convert_button)
        add_score_box(self, self._by_changed)
        box = gui.widgetBox(self.controlArea, "Thresholds")
        self._add_threshold(box, "accept", "Accept from:",
                            "0.7 is a common limit in library search. You can also drag the line "
                            "in the plot of scores.")
        self._add_threshold(box, "inspect", "Inspect from:",
                            "Between this and the other limit, look at the spectrum yourself; "
                            "below, the material is unknown. 0.6 is common.")
        self._add_defaults(box, f"Reset to {Rule().accept:g} and {Rule().inspect:g}.")
        self.promises = PromiseRows(self, box)
        self.promises.asked.connect(self._promised)
        self._add_buttons()

    def _add_main_area(self):
        self.view = ResultView()
        self.view.selected.connect(self._on_selection)
        self.view.threshold_moved.connect(self._line_moved)
        self.view.tabs.setCurrentIndex(self.tab)
        self.view.tabs.currentChanged.connect(lambda index: setattr(self, "tab", index))
        self.mainArea.layout().addWidget(self.view)

    def sizeHint(self):
        # Within a screen of 1366 x 768 with the window's frame.
        return QSize(1340, 680)

    # ---------------------------------------------------------------- inputs

    def event(self, event):
        # Qt sends events before __init__ has finished.
        if "_links" in self.__dict__ and self._links.notice(event):
            QTimer.singleShot(0, self._link_changed)
        return super().event(event)

    def _link_changed(self):
        self.models.linked_to(self._links.source("Model"))
        if self.result is None and self.task is None:
            self.result_label.setText(self._nothing())

    @Inputs.data
    def set_data(self, data):
        if self.data is not None:
            self.selection = []  # a selection stored in a workflow belongs to the first data
        self.data = data if data is not None and len(data) else None

    @Inputs.model
    def set_model(self, model):
        self.models.connect_model(model)
        self._use_model()

    @Inputs.labelled
    def set_labelled(self, labelled):
        self.labelled = labelled if labelled is not None and len(labelled) else None

    def handleNewSignals(self):
        # A link may have been switched off without any other sign.
        self.models.linked_to(self._links.source("Model"))
        super().handleNewSignals()

    def _use_model(self):
        self.model = self.models.model
        self.Outputs.model.send(self.model if isinstance(self.model, DCNetModel) else None)

    def _model_changed(self):
        """Another model has been opened or closed."""
        if self.models.model is not self.model:
            self._use_model()
            self._start()
        self._show_hints()

    def onDeleteWidget(self):
        self._later.stop()
        self._tables.shutdown()
        self.models.shutdown()
        super().onDeleteWidget()

    # -------------------------------------------------------- identification

    def _start(self):
        self.result = None
        # The user's labelled spectra must be scored first.
        if self.labelled is None or not isinstance(self.model, DCNetModel):
            self._keep_promise()
        super()._start()
        self.models.show_progress()
        self._show_hints()

    def _begin(self):
        if self.model is not None and not isinstance(self.model, DCNetModel):
            self.Error.not_ours(getattr(self.model, "name", type(self.model).__name__).capitalize())
        if self._ready():
            if self.convert:
                self.Information.converted()
            self.start(run, self.model, self.data, self.convert, self.labelled)

    def _ready(self):
        return self.data is not None and isinstance(self.model, DCNetModel)

    def _show_hints(self):
        """Say what is known of the model, or what to do if there is none."""
        box, none = self.models, self.model is None
        self.Error.no_model(box.failure, shown=bool(box.failure))
        self.Warning.ready_made(box.notice, shown=bool(box.notice) and none)
        self.Information.not_used(shown=box.both)
        self.Information.no_model(shown=none and self.data is not None and not box.coming
                                  and not box.failure and not box.notice)
        if self.result is None and self.task is None:
            self.result_label.setText(self._nothing())
        self._show_busy()

    def _show_busy(self):
        """Let the widgets that follow wait for a model, an answer or tables that are coming."""
        self.setInvalidated(self.task is not None or self._later.isActive()
                            or self._tables.task is not None or self.models.busy)

    def _toggle_convert(self):
        self.convert = not self.convert
        self._start()

    def _show_running(self, running):
        super()._show_running(running)
        self.convert_button.setText("Do Not Convert" if self.convert
                                    else "Convert to Absorbance")
        self.convert_button.setVisible(
            self._ready() and (self.convert or self.Error.scale.is_shown()
                               or self.Warning.scale.is_shown()))

    def on_done(self, result):
        notes = result.answer.notes
        scale = [str(n) for n in notes if isinstance(n, ScaleWarning)]
        other = [str(n) for n in notes if not isinstance(n, ScaleWarning)]
        if scale:
            self.Warning.scale(scale[0])
        if other:
            self.Warning.notes("\n".join(other))
        if result.problem:
            self.Warning.labelled(result.problem)
        self.result = result
        self._keep_promise()
        super().on_done(result)
        # After the mixin, which takes the widget for idle now.
        QTimer.singleShot(0, self._show_busy)

    def _refused(self, ex):
        if isinstance(ex, ScaleError):
            self.Error.scale(str(ex))
        else:
            super()._refused(ex)

    # ------------------------------------------------------------ thresholds

    def _rule(self):
        return Rule(self.by, self.accept, self.inspect, self.checks)

    def _known(self):
        """Labelled spectra for promises, and whether they are the user's."""
        if self.result is not None and self.result.labelled is not None:
            return self.result.labelled, True
        if isinstance(self.model, DCNetModel):
            return self.model.kept_aside, False
        return KeptAside.nothing(), False

    def _promised(self, promise):
        self.promise = promise
        self._by_changed()

    def _keep_promise(self):
        """Set the thresholds anew, if they are to keep a promise."""
        text, self._kept = "", False
        if self.promise and isinstance(self.model, DCNetModel):
            share = getattr(self, self.promise) / 100
            accept, text = keep(self.promise, share, self._known()[0], self._rule(),
                                self._known()[1])
            self._kept = accept is not None
            if self._kept:
                self.accept, self.inspect = accept, min(self.inspect, accept)
        elif self.promise:
            text = "Set as soon as there is a model."
        self.promises.show_text(text)

    def _by_changed(self):
        self._keep_promise()
        self._rule_changed()

    def _line_moved(self, index, value):
        name = ("accept", "inspect")[index]
        setattr(self, name, value)
        self._threshold_changed(name)

    def _threshold_changed(self, name):
        # Inspect must not exceed accept: the changed threshold moves the other one if necessary.
        if name == "accept":
            self.inspect = min(self.inspect, self.accept)
        else:
            self.accept = max(self.inspect, self.accept)
        self._by_hand()

    def _set_defaults(self):
        self.accept, self.inspect = Rule().accept, Rule().inspect
        self._by_hand()

    def _by_hand(self):
        self.promise = ""
        self._by_changed()

    def _rule_changed(self):
        self._show_result()
        if self.result is not None:
            self.Error.out_of_memory.clear()
            self._later.start()
            self._show_busy()

    def _send_changed(self):
        self.commit.deferred()
        self._show_busy()

    # ---------------------------------------------------------------- result

    def _show_result(self):
        self.Warning.many.clear()
        self.Warning.unlike.clear()
        rule = self._rule()
        if self.result is None:
            self._later.stop()
            self._tables.forget()
            self._sent = None
            self.decisions = np.empty(0, int)
            self.view.clear(rule)
            self.result_label.setText(self._nothing())
            return
        answer = self.result.answer
        self.decisions = decide(answer, rule)
        self.view.show_result(Shown(self.data, self.model, answer, rule, self.decisions,
                                    self.convert), self.selection)
        self.result_label.setText(summary(self.decisions))
        unknown = np.mean(self.decisions == UNKNOWN)
        if unknown > _MANY:
            self.Warning.many(share_text(unknown))
        known, _ = self._known()
        if self._kept and differs(known, rule.score(answer), self.decisions, rule):
            self.Warning.unlike()

    def _on_selection(self, rows):
        # The list is emptied when the result is, but the selection may be needed again.
        if self.result is not None:
            self.selection = rows
            self.commit.deferred()

    def _nothing(self):
        return "" if self._ready() else waiting(
            self.data is not None, self._links.source("Data"), self.model is not None,
            self.models.coming)

    # --------------------------------------------------------------- outputs

    @gui.deferred
    def commit(self):
        outputs = (self.Outputs.annotated, self.Outputs.accepted, self.Outputs.inspect,
                   self.Outputs.unknown)
        if self.result is None:
            for output in (*outputs, self.Outputs.selected):
                output.send(None)
            return
        if not self._tables.make(self.data, self.model, self.result.answer, self._rule()):
            self._show_busy()
            return  # this is called again when they are made
        # A new selection leaves the other outputs as they are.
        if self._sent is not self._tables.tables:
            self._sent = self._tables.tables
            for output, table in zip(outputs, self._sent, strict=True):
                output.send(table)
        self.Outputs.selected.send(self._sent[0][self.selection] if self.selection else None)
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
