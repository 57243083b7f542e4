"""Identify Spectra: what a trained model says, and whether to believe it."""
from __future__ import annotations

from html import escape

import numpy as np
from AnyQt.QtCore import QSize, Qt
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTableView,
)
from Orange.base import Model
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin, TaskState
from Orange.widgets.utils.itemmodels import PyTableModel
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from orangecontrib.microplastics.identification import (
    ACCEPTED,
    BOTH,
    DECISIONS,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    annotate,
    decide,
    in_absorbance,
)
from orangecontrib.microplastics.model import Answer, DCNetModel, ScaleError, ScaleWarning
from orangecontrib.microplastics.widgets.cancelling import progress_of
from orangecontrib.microplastics.widgets.scoreplot import ScorePlot

SCORES = ("Confidence and correlation", "Confidence", "Correlation")
AXES = ("Smaller of confidence and correlation", "Confidence (energy-based)",
        "Correlation with the class mean (hit quality)")

#: Share of unknown spectra above which something else than the material may be wrong.
_MANY = .5


def run(model: DCNetModel, data: Table, convert: bool, state: TaskState) -> Answer:
    """Predict each spectrum."""
    callback = progress_of(state)
    state.set_status("Identifying...")
    callback(0)
    return model.answer(in_absorbance(data) if convert else data, callback)


class OWIdentify(OWWidget, ConcurrentWidgetMixin):
    name = "Identify Spectra"
    description = "Name the material of each spectrum with a trained model, and tell apart " \
                  "which names to accept, which to inspect, and what the model does not know."
    icon = "icons/Identify.svg"
    priority = 40
    keywords = "identify spectra, predict, unknown, acceptance, threshold, hit quality, " \
               "library search, confidence, energy, out of distribution, microplastics"
    settings_version = 1
    want_main_area = True
    resizing_enabled = True

    class Inputs:
        data = Input("Data", Table, default=True)
        model = Input("Model", Model)

    class Outputs:
        annotated = Output("Data", Table, default=True)
        accepted = Output("Accepted", Table)
        inspect = Output("To Inspect", Table)
        unknown = Output("Unknown", Table)

    class Error(OWWidget.Error):
        not_ours = Msg("{} is no model of Dual-Branch CNN; connect it to Predictions instead.")
        scale = Msg("{}")
        failed = Msg("{}")
        out_of_memory = Msg("Not enough memory: identify fewer spectra at a time (Data Sampler).")

    class Warning(OWWidget.Warning):
        scale = Msg("{}")
        notes = Msg("{}")
        many = Msg("{:.0%} of the spectra are unknown: are they of the materials that the model "
                   "was trained on, in the same unit and prepared in the same way?")

    class Information(OWWidget.Information):
        converted = Msg("The spectra were taken for transmittance and converted to absorbance.")
        cancelled = Msg("Cancelled; press Identify to start again.")

    by = Setting(BOTH)
    accept = Setting(Rule().accept)
    inspect = Setting(Rule().inspect)
    convert = Setting(False, schema_only=True)
    auto_commit = Setting(True)

    def __init__(self):
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        self.data: Table | None = None
        self.model: DCNetModel | None = None
        self.answer: Answer | None = None
        self.decisions = np.empty(0, int)
        self._add_controls()
        self._add_main_area()
        self._show_result()
        self._show_running(False)

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = gui.widgetBox(self.controlArea, "Result")
        self.result_label = QLabel(textFormat=Qt.RichText, wordWrap=True)
        self.result_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.result_label.setAlignment(Qt.AlignTop)
        self.result_label.setMinimumHeight(4 * self.fontMetrics().lineSpacing())
        box.layout().addWidget(self.result_label)
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Take the spectra for transmittance, T, and identify A = -log10 T.")
        box.layout().addWidget(self.convert_button)
        box = gui.radioButtons(
            self.controlArea, self, "by", box="Decide by", callback=self._rule_changed,
            btnLabels=SCORES, tooltips=(
                "Both must reach the threshold: fewest mistakes.",
                "How clearly the network speaks for a class, on a scale on which 95 of 100 known "
                "spectra reach 0.7 and 99 reach 0.6.",
                "Correlation of the first derivative with the mean of the class's training "
                "spectra, as in a library search."))
        box = gui.widgetBox(self.controlArea, "Thresholds")
        self._spin(box, "accept", "Accept from:",
                   "0.7 is a common limit of library search. Or drag the line in the picture.")
        self._spin(box, "inspect", "Inspect from:",
                   "Between this and the other limit, look at the spectrum yourself; below, "
                   "the material is unknown. 0.6 is common.")
        gui.button(box, self, "Defaults", callback=self._set_defaults, autoDefault=False,
                   tooltip="Back to 0.7 and 0.6.")
        gui.rubber(self.controlArea)
        self.cancel_button = QPushButton("Cancel", autoDefault=False, enabled=False,
                                         toolTip="Stop, or start again")
        self.cancel_button.clicked.connect(self._toggle)
        self.buttonsArea.layout().addWidget(self.cancel_button)
        gui.auto_send(self.buttonsArea, self, "auto_commit")

    def _spin(self, box, value, label, tooltip):
        spin = gui.doubleSpin(box, self, value, 0., 1., .01, label=label, decimals=2,
                              controlWidth=70, alignment=Qt.AlignRight,
                              callback=lambda: self._threshold_changed(value))
        spin.setToolTip(tooltip)

    def _add_main_area(self):
        splitter = QSplitter(Qt.Vertical)
        self.plot = ScorePlot(DECISIONS)
        self.plot.threshold_moved.connect(self._line_moved)
        splitter.addWidget(self.plot)
        self.table = PyTableModel(parent=self, editable=False)
        self.table.setHorizontalHeaderLabels(["Material", *DECISIONS, "All"])
        self.view = QTableView(
            sortingEnabled=True, alternatingRowColors=True, showGrid=False,
            selectionMode=QAbstractItemView.NoSelection,
            editTriggers=QAbstractItemView.NoEditTriggers,
            toolTip="Spectra by most probable material. Click a column's head to sort.")
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(22)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.Stretch)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self.view.setModel(self.table)
        self.view.sortByColumn(4, Qt.DescendingOrder)
        splitter.addWidget(self.view)
        splitter.setSizes([340, 220])
        self.mainArea.layout().addWidget(splitter)

    def sizeHint(self):
        return QSize(900, 620)

    # ---------------------------------------------------------------- inputs

    @Inputs.data
    def set_data(self, data):
        self.data = data if data is not None and len(data) else None

    @Inputs.model
    def set_model(self, model):
        self.model = model

    def handleNewSignals(self):
        self._start()

    # -------------------------------------------------------- identification

    def _start(self):
        self.cancel()
        self.clear_messages()
        self.answer = None
        self._show_result()
        ready = self._ready()
        if self.model is not None and not isinstance(self.model, DCNetModel):
            self.Error.not_ours(getattr(self.model, "name", type(self.model).__name__).capitalize())
        self._show_running(ready)
        # What was sent before belongs to other data or another model.
        self.commit.now()
        if ready:
            if self.convert:
                self.Information.converted()
            self.start(run, self.model, self.data, self.convert)

    def _ready(self):
        return self.data is not None and isinstance(self.model, DCNetModel)

    def _toggle(self):
        if self.task is None:
            self._start()
        else:
            self.cancel()
            self._show_running(False)
            self.Information.cancelled()

    def _toggle_convert(self):
        self.convert = not self.convert
        self._start()

    def _show_running(self, running):
        self.cancel_button.setText("Identify" if self._ready() and not running else "Cancel")
        self.cancel_button.setEnabled(self._ready())
        self.convert_button.setText("Take as They Are" if self.convert
                                    else "Convert to Absorbance")
        self.convert_button.setVisible(
            self._ready() and (self.convert or self.Error.scale.is_shown()
                               or self.Warning.scale.is_shown()))
        if running:
            self.result_label.setText("Identifying ...")

    def on_done(self, answer):
        self.answer = answer
        scale = [str(n) for n in answer.notes if isinstance(n, ScaleWarning)]
        other = [str(n) for n in answer.notes if not isinstance(n, ScaleWarning)]
        if scale:
            self.Warning.scale(scale[0])
        if other:
            self.Warning.notes("\n".join(other))
        self._show_running(False)
        self._show_result()
        self.commit.now()

    def on_exception(self, ex):
        if isinstance(ex, MemoryError):
            self.Error.out_of_memory()
        elif isinstance(ex, ScaleError):
            self.Error.scale(str(ex))
        elif isinstance(ex, ValueError | DomainTransformationError):
            self.Error.failed(str(ex))
        else:
            raise ex
        self._show_running(False)
        self._show_result()

    # ---------------------------------------------------------------- result

    def _rule(self):
        return Rule(self.by, self.accept, self.inspect)

    def _line_moved(self, index, value):
        name = ("accept", "inspect")[index]
        setattr(self, name, value)
        self._threshold_changed(name)

    def _threshold_changed(self, name):
        # The one that was moved pushes the other before it.
        if name == "accept":
            self.inspect = min(self.inspect, self.accept)
        else:
            self.accept = max(self.inspect, self.accept)
        self._rule_changed()

    def _set_defaults(self):
        _, self.accept, self.inspect = Rule()
        self._rule_changed()

    def _rule_changed(self):
        self._show_result()
        self.commit.deferred()

    def _show_result(self):
        self.Warning.many.clear()
        self.plot.set_thresholds(self.accept, self.inspect)
        if self.answer is None:
            self.decisions = np.empty(0, int)
            self.plot.show_scores(np.empty(0), self.decisions, AXES[self.by])
            self.table.clear()
            self.result_label.setText(self._nothing())
            return
        rule = self._rule()
        self.decisions = decide(self.answer, rule)
        self.plot.show_scores(rule.score(self.answer), self.decisions, AXES[self.by])
        self.table.wrap(self._counts())
        header = self.view.horizontalHeader()
        self.view.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())
        self.result_label.setText(self._summary())
        unknown = np.mean(self.decisions == UNKNOWN)
        if unknown > _MANY:
            self.Warning.many(unknown)

    def _nothing(self):
        if self._ready():
            return ""
        lacking = [what for what, there in (
            ("spectra", self.data is not None), ("a model", self.model is not None)) if not there]
        return f"Connect {' and '.join(lacking)}." if lacking else ""

    def _counts(self):
        """A row for each class: its name and how many of its spectra were decided how."""
        rows = []
        for i, name in enumerate(self.model.domain.class_var.values):
            own = self.decisions[self.answer.values == i]
            if len(own):
                rows.append([name, *map(int, np.bincount(own, minlength=3)), len(own)])
        none = int(np.isnan(self.answer.values).sum())
        if none:
            rows.append(["no prediction", 0, 0, none, none])
        return rows

    def _summary(self):
        n = len(self.decisions)
        counts = np.bincount(self.decisions, minlength=3)
        lines = [f"<b>{n:,} spectra</b>"]
        lines += [f"{escape(name)}: {count:,} ({count / n:.0%})"
                  for name, count in zip(DECISIONS, counts, strict=True)]
        return "<br>".join(lines)

    # --------------------------------------------------------------- outputs

    @gui.deferred
    def commit(self):
        annotated, parts = None, [None, None, None]
        if self.answer is not None:
            annotated = annotate(self.data, self.model, self.answer, self.decisions)
            for kind in (ACCEPTED, TO_INSPECT, UNKNOWN):
                rows = np.flatnonzero(self.decisions == kind)
                if len(rows):
                    parts[kind] = annotated[rows]
                    parts[kind].name = f"{self.data.name}: {DECISIONS[kind].lower()}"
        self.Outputs.annotated.send(annotated)
        for output, part in zip((self.Outputs.accepted, self.Outputs.inspect,
                                 self.Outputs.unknown), parts, strict=True):
            output.send(part)

    # ---------------------------------------------------------------- report

    def send_report(self):
        if self.data is not None:
            self.report_data("Data", self.data)
        if isinstance(self.model, DCNetModel):
            low, high = self.model.wavenumbers[[0, -1]]
            self.report_items("Model", (
                ("Name", getattr(self.model, "name", "")),
                ("Range", f"{low:g} to {high:g} 1/cm"),
                ("Trained on", f"{self.model.training.get('spectra', '?'):,} spectra"),
                ("Materials", ", ".join(self.model.domain.class_var.values))))
        self.report_items("Decision", (
            ("By", SCORES[self.by]),
            ("Accepted from", f"{self.accept:.2f}"),
            ("To inspect from", f"{self.inspect:.2f}"),
            ("Converted from transmittance", "yes" if self.convert else "no")))
        if self.answer is not None:
            self.report_paragraph("Result", self.result_label.text())
            for note in self.answer.notes:
                self.report_paragraph(escape(str(note)))
            self.report_table("By most probable material", self.view)
            self.report_plot(self.plot)

    def onDeleteWidget(self):
        self.shutdown()
        super().onDeleteWidget()


if __name__ == "__main__":
    from orangecontrib.microplastics.dcnet import DCNetLearner
    from orangecontrib.microplastics.simulation import simulate
    WidgetPreview(OWIdentify).run(
        set_model=DCNetLearner(epochs=5)(simulate(n=300)), set_data=simulate(n=200, seed=1))
