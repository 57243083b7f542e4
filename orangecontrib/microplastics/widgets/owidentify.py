"""Identify Spectra: predictions of a trained model, and whether to accept them."""
from __future__ import annotations

import os
from html import escape

import numpy as np
from AnyQt.QtCore import QItemSelection, QItemSelectionModel, QSize, Qt, QTimer
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
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import TaskState
from Orange.widgets.utils.itemmodels import PyTableModel
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output

from orangecontrib.microplastics.dcnet.compatibility import ScaleError, ScaleWarning
from orangecontrib.microplastics.dcnet.model import Answer, DCNetModel
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    ALL,
    DECISIONS,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    annotate,
    decide,
    identify,
    origins,
)
from orangecontrib.microplastics.widgets.common.background import progress_of
from orangecontrib.microplastics.widgets.common.modelfiles import (
    ModelLoader,
    ask_what_to_open,
    found,
    remembered,
)
from orangecontrib.microplastics.widgets.common.resultwidget import (
    ResultWidget,
    set_up_list,
    spectrum_names,
)
from orangecontrib.microplastics.widgets.common.texts import describe_spectra, percent
from orangecontrib.microplastics.widgets.identify.answerlist import (
    COLUMNS,
    DECISION,
    NONE,
    AnswerModel,
)
from orangecontrib.microplastics.widgets.identify.scoreplot import ScorePlot

SCORES = ("All three", "Confidence", "Correlation", "Explained bands")
AXES = ("Smallest of the three scores", "Confidence (energy-based)",
        "Correlation with the class mean (hit quality)", "Explained bands")

#: Share of unknown spectra above which unsuitable data are likely, not only unknown materials.
_MANY = .5

#: Maximum number of selected spectra listed in a report.
_REPORTED = 30


def run(model: DCNetModel, data: Table, convert: bool, state: TaskState) -> Answer:
    """Predict each spectrum."""
    callback = progress_of(state)
    state.set_status("Identifying...")
    callback(0)
    return identify(model, data, convert, callback)


class OWIdentify(ResultWidget):
    name = "Identify Spectra"
    description = "Identify the material of each spectrum with a trained model, and sort the " \
                  "identifications into accepted, to inspect and unknown."
    icon = "icons/Identify.svg"
    priority = 40
    keywords = "identify spectra, predict, unknown, acceptance, threshold, hit quality, " \
               "library search, confidence, energy, out of distribution, microplastics"
    ACTION = "Identify"
    #: Columns of the table of materials.
    TABLE = ("Material", "Accept", "Inspect", "Unknown", "All")

    class Inputs:
        data = Input("Data", Table, default=True)
        model = Input("Model", Model)

    class Outputs:
        annotated = Output("Data", Table, default=True)
        accepted = Output("Accepted", Table)
        inspect = Output("To Inspect", Table)
        unknown = Output("Unknown", Table)
        selected = Output("Selected Data", Table)
        model = Output("Model", Model, dynamic=False, explicit=True)

    class Error(ResultWidget.Error):
        not_opened = Msg("{}")
        not_ours = Msg("{} is not a Dual-Branch CNN model; connect it to Predictions instead.")
        scale = Msg("{}")

    class Warning(ResultWidget.Warning):
        scale = Msg("{}")
        notes = Msg("{}")
        many = Msg("{:.0%} of the spectra are unknown. Check that their materials, unit and "
                   "preprocessing match the training data.")

    class Information(ResultWidget.Information):
        converted = Msg("The spectra were treated as transmittance and converted to absorbance.")
        not_used = Msg("The connected model is used instead of the opened one.")

    by = Setting(ALL)
    accept = Setting(Rule().accept)
    inspect = Setting(Rule().inspect)
    convert = Setting(False, schema_only=True)
    #: Rows of the data that are selected in the list.
    selection = Setting([], schema_only=True)
    #: File of the model that is used while no model is connected, or None;
    #: see :func:`.modelfiles.remembered`.
    model_file = Setting(None, schema_only=True)
    #: Folder from which a model was last opened.
    folder = Setting("")

    settings_version = 1

    def __init__(self):
        super().__init__()
        self.model: DCNetModel | None = None
        self._connected = self._opened = None
        self._failure = ""
        self._loader = ModelLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        self._loader.failed.connect(self._on_not_loaded)
        self.decisions = np.empty(0, int)
        self._add_controls()
        self._add_main_area()
        self._show_result()
        self._show_running(False)
        if self.model_file is not None:
            # Postponed until the workflow is loaded and its folder is known.
            QTimer.singleShot(0, self._open_remembered)
        # Qt would limit the window to two thirds of the screen.
        self.resize(self.sizeHint())

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = gui.widgetBox(self.controlArea, "Model")
        self.model_label = QLabel(wordWrap=True)
        self.model_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        box.layout().addWidget(self.model_label)
        row = gui.hBox(box)
        self.open_button = gui.button(
            row, self, "Open Model...", callback=self._ask_for_model, autoDefault=False,
            tooltip="Use a model saved by Dual-Branch CNN, without training.")
        self.close_button = gui.button(
            row, self, "Close Model", callback=self._close_model, autoDefault=False,
            tooltip="Stop using the opened model.")
        self._show_model()
        box = self._add_result_box()
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Treat the spectra as transmittance T and convert them to A = -log10 T.")
        box.layout().addWidget(self.convert_button)
        gui.radioButtons(
            self.controlArea, self, "by", box="Decide by", callback=self._rule_changed,
            btnLabels=SCORES, tooltips=(
                "All must reach the threshold: fewest mistakes.",
                "How strongly the network favours a class. Of 100 spectra of known materials, "
                "distorted as by another instrument, 95 reach 0.7 and 99 reach 0.6.",
                "Correlation of the first derivative with the mean of the class's training "
                "spectra, as in a library search.",
                "Whether the class explains all bands of the spectrum. 0.7: a band is twice as "
                "high as usual among the class's training spectra. The list names the band."))
        box = gui.widgetBox(self.controlArea, "Thresholds")
        self._add_threshold(box, "accept", "Accept from:",
                            "0.7 is a common limit in library search. You can also drag the line "
                            "in the plot.")
        self._add_threshold(box, "inspect", "Inspect from:",
                            "Between this and the other limit, look at the spectrum yourself; "
                            "below, the material is unknown. 0.6 is common.")
        self._add_defaults(box, f"Reset to {Rule().accept:g} and {Rule().inspect:g}.")
        self._add_buttons()

    def _add_main_area(self):
        upper = QSplitter(Qt.Horizontal, childrenCollapsible=False)
        self.plot = ScorePlot(DECISIONS)
        self.plot.threshold_moved.connect(self._line_moved)
        upper.addWidget(self.plot)
        self.table = PyTableModel(parent=self, editable=False)
        self.table.setHorizontalHeaderLabels(list(self.TABLE))
        self.view = QTableView()
        set_up_list(
            self.view, self.table, "Spectra by most probable material. Click a number to select "
            "those spectra in the list below.")
        self.view.setSelectionBehavior(QAbstractItemView.SelectItems)
        self.view.setSelectionMode(QAbstractItemView.SingleSelection)
        self.view.horizontalHeader().setStretchLastSection(False)
        self.view.setMinimumWidth(200)
        self.view.sortByColumn(4, Qt.DescendingOrder)
        self.view.clicked.connect(self._select_count)
        self.view.activated.connect(self._select_count)
        upper.addWidget(self.view)
        upper.setSizes([430, 330])
        self.list = AnswerModel(self)
        self.list_view = QTableView()
        set_up_list(
            self.list_view, self.list, "Each spectrum. Click a column's head to sort. Selected "
            "spectra are marked in the plot and sent as Selected Data.")
        self.list_view.sortByColumn(DECISION, Qt.DescendingOrder)
        # The last column, the unexplained band, has the longest texts and gets the remaining width.
        header = self.list_view.horizontalHeader()
        for column, width in enumerate((116, 62, 60, 60, 60, 60, 92)):
            title = header.fontMetrics().horizontalAdvance(COLUMNS[column])
            header.resizeSection(column, max(width, title + 10))
        header.setStretchLastSection(True)
        self.list_view.selectionModel().selectionChanged.connect(self._on_selection)
        splitter = QSplitter(Qt.Vertical, childrenCollapsible=False)
        splitter.addWidget(upper)
        splitter.addWidget(self.list_view)
        splitter.setSizes([290, 290])
        self.mainArea.layout().addWidget(splitter)

    def sizeHint(self):
        return QSize(1080, 640)

    # ---------------------------------------------------------------- inputs

    @Inputs.data
    def set_data(self, data):
        if self.data is not None:
            self.selection = []  # a selection stored in a workflow belongs to the first data
        self.data = data if data is not None and len(data) else None

    @Inputs.model
    def set_model(self, model):
        self._connected = model
        self._use_model()

    # ----------------------------------------------------------------- model

    def _use_model(self):
        """Use the connected model if there is one, else the opened model."""
        self.model = self._connected if self._connected is not None else self._opened
        self.Outputs.model.send(self.model if isinstance(self.model, DCNetModel) else None)
        self._show_model()

    def _show_model(self):
        name = escape(str(getattr(self.model, "name", "")))
        if self._loader.task is not None:
            text = f"Opening {escape(os.path.basename(self._loader.path))} ..."
        elif self._connected is not None:
            text = f"<b>{name}</b>, connected"
        elif self._opened is not None:
            path = escape(os.path.basename(self.model_file[0]))
            text = f"<b>{name}</b>, opened from {path}"
        else:
            text = "Connect a model, or open one."
        self.model_label.setText(text)
        self.model_label.setToolTip(
            self.model_file[0] if self._connected is None and self.model_file else "")
        self.close_button.setVisible(self._opened is not None)

    def _ask_for_model(self):
        path = ask_what_to_open(self, self.folder)
        if path:
            self.folder = os.path.dirname(path)
            self._open_model(path)

    def _open_remembered(self):
        # A model that the user has opened in the meantime takes precedence.
        if self._opened is None and self._loader.task is None and self.model_file is not None:
            self._open_model(found(self, self.model_file))

    def _open_model(self, path):
        self._loader.open(path)
        self.setInvalidated(True)  # widgets that follow wait for the model
        self._show_model()

    def _on_loaded(self, path, model):
        self.setInvalidated(self.task is not None)
        self._failure = ""
        self.model_file, self._opened = remembered(self, path), model
        self._model_changed()

    def _on_not_loaded(self, _path, message):
        self.setInvalidated(self.task is not None)
        self._failure = message
        self._show_model()
        self.Error.not_opened(message)

    def _close_model(self):
        self._loader.cancel()
        self.model_file = self._opened = None
        self._failure = ""
        self._model_changed()

    def onDeleteWidget(self):
        self._loader.shutdown()
        super().onDeleteWidget()

    def _model_changed(self):
        self._use_model()
        self._start()
        if self._connected is not None and self._opened is not None:
            self.Information.not_used()

    # -------------------------------------------------------- identification

    def _begin(self):
        if self._failure and self.model is None:
            self.Error.not_opened(self._failure)
        if self.model is not None and not isinstance(self.model, DCNetModel):
            self.Error.not_ours(getattr(self.model, "name", type(self.model).__name__).capitalize())
        if self._ready():
            if self.convert:
                self.Information.converted()
            self.start(run, self.model, self.data, self.convert)

    def _ready(self):
        return self.data is not None and isinstance(self.model, DCNetModel)

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
        scale = [str(n) for n in result.notes if isinstance(n, ScaleWarning)]
        other = [str(n) for n in result.notes if not isinstance(n, ScaleWarning)]
        if scale:
            self.Warning.scale(scale[0])
        if other:
            self.Warning.notes("\n".join(other))
        super().on_done(result)

    def _refused(self, ex):
        if isinstance(ex, ScaleError):
            self.Error.scale(str(ex))
        else:
            super()._refused(ex)

    # ---------------------------------------------------------------- result

    def _rule(self):
        return Rule(self.by, self.accept, self.inspect)

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
        if self.result is None:
            self.decisions = np.empty(0, int)
            self.plot.show_scores(np.empty(0), self.decisions, AXES[self.by])
            self.table.clear()
            self.list.clear()
            self.plot.mark(np.empty(0))
            self.result_label.setText(self._nothing())
            return
        rule = self._rule()
        self.decisions = decide(self.result, rule)
        self.plot.show_scores(rule.score(self.result), self.decisions, AXES[self.by])
        self.table.wrap(self._counts())
        header = self.view.horizontalHeader()
        self.view.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())
        if header.count() and header.sectionResizeMode(0) != QHeaderView.Stretch:
            # Names of mixtures need more room than numbers.
            header.setSectionResizeMode(0, QHeaderView.Stretch)
            for column, title in enumerate(self.TABLE[1:], start=1):
                header.resizeSection(column, header.fontMetrics().horizontalAdvance(title) + 20)
        if self.list.rowCount():
            self.list.show_decisions(self.decisions)
        else:
            self.list.show_answer(spectrum_names(self.data), self.model.domain.class_var.values,
                                  self.result, self.decisions,
                                  *origins(self.model, self.result))
            self.select([row for row in self.selection if row < len(self.data)])
        self._mark_selected()
        self.result_label.setText(self._summary())
        unknown = np.mean(self.decisions == UNKNOWN)
        if unknown > _MANY:
            self.Warning.many(unknown)

    # ------------------------------------------------------------- selection

    def select(self, rows):
        """Select these rows of the data in the list, and no others."""
        selection = QItemSelection()
        for start, stop in _runs(np.sort(self.list.mapFromSourceRows(np.asarray(rows, int)))):
            selection.select(self.list.index(start, 0), self.list.index(stop, 0))
        self.list_view.selectionModel().select(
            selection, QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)
        if len(rows):
            self.list_view.scrollTo(self.list.index(int(self.list.mapFromSourceRows(rows[0])), 0))

    def _on_selection(self, *_):
        ranges = self.list_view.selectionModel().selection()
        rows = [row for part in ranges for row in range(part.top(), part.bottom() + 1)]
        self.selection = sorted(map(int, self.list.mapToSourceRows(rows)))
        self._mark_selected()
        self.commit.deferred()

    def _mark_selected(self):
        if self.result is not None:
            self.plot.mark(self._rule().score(self.result)[self.selection])

    def _select_count(self, index):
        """Select the spectra that are counted in a cell of the table of materials."""
        if self.result is None or not index.isValid():
            return
        name = self.table[self.table.mapToSourceRows(index.row())][0]
        names = list(self.model.domain.class_var.values)
        mine = np.isnan(self.result.values) if name == NONE \
            else self.result.values == names.index(name)
        if 1 <= index.column() <= 3:
            mine = mine & (self.decisions == index.column() - 1)
        self.select(np.flatnonzero(mine))

    def _nothing(self):
        if self._ready():
            return ""
        lacking = [what for what, there in (
            ("connect spectra", self.data is not None),
            ("connect or open a model", self.model is not None)) if not there]
        text = " and ".join(lacking)
        return f"{text[:1].upper()}{text[1:]}." if lacking else ""

    def _counts(self):
        """Rows (class, numbers accepted, to inspect, unknown and all) of classes with spectra."""
        rows = []
        for i, name in enumerate(self.model.domain.class_var.values):
            own = self.decisions[self.result.values == i]
            if len(own):
                rows.append([name, *map(int, np.bincount(own, minlength=3)), len(own)])
        none = int(np.isnan(self.result.values).sum())
        if none:
            rows.append([NONE, 0, 0, none, none])
        return rows

    def _summary(self):
        n = len(self.decisions)
        counts = np.bincount(self.decisions, minlength=3)
        lines = [f"<b>{n:,} spectra</b>"]
        lines += [f"{escape(name)}: {count:,} ({percent(count / n)})"
                  for name, count in zip(DECISIONS, counts, strict=True)]
        return "<br>".join(lines)

    # --------------------------------------------------------------- outputs

    @gui.deferred
    def commit(self):
        annotated, parts = None, [None, None, None]
        selected = None
        if self.result is not None:
            annotated = annotate(self.data, self.model, self.result, self.decisions)
            for kind in (ACCEPTED, TO_INSPECT, UNKNOWN):
                rows = np.flatnonzero(self.decisions == kind)
                if len(rows):
                    parts[kind] = annotated[rows]
                    parts[kind].name = f"{self.data.name}: {DECISIONS[kind].lower()}"
            if self.selection:
                selected = annotated[self.selection]
        self.Outputs.annotated.send(annotated)
        for output, part in zip((self.Outputs.accepted, self.Outputs.inspect,
                                 self.Outputs.unknown), parts, strict=True):
            output.send(part)
        self.Outputs.selected.send(selected)

    # ---------------------------------------------------------------- report

    def send_report(self):
        if self.data is not None:
            self.report_items("Data", describe_spectra(self.data))
        if isinstance(self.model, DCNetModel):
            low, high = self.model.wavenumbers[[0, -1]]
            self.report_items("Model", (
                ("Name", getattr(self.model, "name", "")),
                ("Opened from", self.model_file[0] if self._connected is None else None),
                ("Range", f"{low:g} to {high:g} 1/cm"),
                ("Trained on", f"{self.model.training.get('spectra', '?'):,} spectra"),
                ("Materials", ", ".join(self.model.domain.class_var.values))))
        self.report_items("Decision", (
            ("By", SCORES[self.by]),
            ("Accepted from", f"{self.accept:.2f}"),
            ("To inspect from", f"{self.inspect:.2f}"),
            ("Converted from transmittance", "yes" if self.convert else "no")))
        if self.result is not None:
            self.report_paragraph("Result", self.result_label.text())
            for note in self.result.notes:
                self.report_paragraph(escape(str(note)))
            self.report_table("By most probable material", self.view)
            if self.selection:
                self.report_items("Selected spectra", [
                    (self.list.text(row, 0), ", ".join(
                        f"{name.lower()} {self.list.text(row, column)}"
                        for column, name in enumerate(COLUMNS) if column))
                    for row in self.selection[:_REPORTED]])
            self.report_plot(self.plot)


def _runs(rows):
    """First and last number of each run of consecutive numbers; `rows` ascending."""
    if not len(rows):
        return []
    ends = np.flatnonzero(np.diff(rows) > 1)
    return [(int(a), int(b)) for a, b in zip(rows[np.r_[0, ends + 1]],
                                             rows[np.r_[ends, len(rows) - 1]], strict=True)]


if __name__ == "__main__":
    from orangecontrib.microplastics.dcnet.learner import DCNetLearner
    from orangecontrib.microplastics.simulation.polymers import simulate
    WidgetPreview(OWIdentify).run(
        set_model=DCNetLearner(epochs=5)(simulate(n=300)), set_data=simulate(n=200, seed=1))
