"""Grad-CAM: which bands decided."""
from __future__ import annotations

import warnings

import numpy as np
from AnyQt.QtCore import QSize, Qt
from AnyQt.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from Orange.base import Model
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets import gui
from Orange.widgets.settings import DomainContextHandler, Setting, SettingProvider
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.utils.itemmodels import PyListModel
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from orangecontrib.microplastics.explanation import (
    PREDICTED,
    bands_table,
    class_views,
    components,
    importance_table,
)
from orangecontrib.microplastics.importance import mean_map, normalised
from orangecontrib.microplastics.model import DCNetModel
from orangecontrib.microplastics.widgets.cancelling import Cancelled
from orangecontrib.microplastics.widgets.gradcamtabs import (
    AttentionView,
    BandList,
    FaithfulnessView,
)
from orangecontrib.microplastics.widgets.gradcamtask import (
    AttentionResult,
    Request,
    measure,
    reference_bands,
    run,
    spectra_only,
)
from orangecontrib.microplastics.widgets.gradcamview import ColourKey, ImportancePlot
from orangecontrib.microplastics.widgets.heatmap import HeatMap

METHODS = (("Element-wise (HiResCAM)", "hirescam"), ("Grad-CAM++", "gradcam++"),
           ("Grad-CAM, original", "gradcam"), ("Occlusion (slow)", "occlusion"))
SCALES = (("each spectrum", "spectrum"), ("all spectra together", "set"))
WHICH = ("All", "Rightly predicted", "Wrongly predicted")
PREDICTED_TEXT, COMPONENT_TEXT = "Predicted class", "Component: "


class OWGradCAM(OWWidget, ConcurrentWidgetMixin):
    name = "Grad-CAM"
    description = "See which bands of the spectra decided what a Dual-Branch CNN answered."
    icon = "icons/GradCAM.svg"
    priority = 50
    keywords = "grad-cam, gradcam, explain, explanation, importance, saliency, attention, " \
               "bands, attribution, hirescam, microplastics, spectra"

    class Inputs:
        model = Input("Model", Model, default=True)
        data = Input("Data", Table, default=True)
        reference = Input("Reference Bands", Table)

    class Outputs:
        importance = Output("Importance", Table, default=True)
        bands = Output("Bands", Table)
        selected = Output("Selected Data", Table)

    class Error(OWWidget.Error):
        other_model = Msg("This is a model of {}. Grad-CAM explains networks of Dual-Branch CNN: "
                          "connect its Model, or Load Model with one that was saved from it.")
        failed = Msg("{}")

    class Warning(OWWidget.Warning):
        coverage = Msg("{}")
        no_importance = Msg("For {} of {} spectra the original Grad-CAM finds nothing: averaged "
                            "over the spectrum, its weights speak against the class everywhere. "
                            "Choose the element-wise method.")
        reference = Msg("{}")

    class Information(OWWidget.Information):
        sampled = Msg("{} of {} spectra are explained; set below how many.")
        cancelled = Msg("Cancelled; press Explain to start again.")
        nothing_shown = Msg("No spectra are left to show: {}.")

    settingsHandler = DomainContextHandler()
    settings_version = 1

    curveplot = SettingProvider(ImportancePlot)
    graph_name = "curveplot.plotview"
    want_main_area = True

    target_text = Setting(PREDICTED_TEXT, schema_only=True)
    shown_name = Setting("", schema_only=True)
    selection = Setting([], schema_only=True)
    method = Setting(0)
    branch = Setting(0)
    signed = Setting(False)
    which = Setting(0)
    scale = Setting(0)
    smoothing = Setting(0)
    threshold = Setting(10)
    tolerance = Setting(10)
    most_labels = Setting(6)
    limit = Setting(5000)

    def __init__(self):
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        self.model = self.data = None
        self.reference = []
        self._clear_results()
        self._add_controls()
        self._add_views()
        self._update_targets()

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = gui.widgetBox(self.controlArea, "Explain")
        # What was stored with a workflow waits for its model.
        self.target_model = PyListModel(dict.fromkeys((PREDICTED_TEXT, self.target_text)))
        self.target_combo = gui.comboBox(
            box, self, "target_text", label="Why:", orientation=Qt.Horizontal,
            model=self.target_model, callback=self._restart, searchable=False, tooltip=(
                "What is to be explained for each spectrum: its predicted class, one class, or "
                "one component of the mixtures (what speaks for its presence, whatever else is "
                "there)."))
        gui.comboBox(
            box, self, "method", label="Method:", items=[text for text, _ in METHODS],
            orientation=Qt.Horizontal, callback=self._restart, tooltip=(
                "Element-wise: keeps the place of each feature, and adds up to the score; best "
                "for this network.\nGrad-CAM, original: features are weighed by gradients "
                "averaged over the whole spectrum.\nOcclusion: takes away 32 1/cm at a time and "
                "watches the score. Compare them in Faithfulness."))
        self.branch_combo = gui.comboBox(
            box, self, "branch", label="Branch:", items=["All"], orientation=Qt.Horizontal,
            callback=self._restart,
            tooltip="Both branches together, or what one of them contributes.")
        gui.checkBox(box, self, "signed", "Also what speaks against it",
                     callback=self._restart,
                     tooltip="Blue for wavenumbers that lower the score of the class.")

        box = gui.widgetBox(self.controlArea, "Show")
        self.shown_model = PyListModel([self.shown_name])
        gui.comboBox(
            box, self, "shown_name", label="Spectra of:", orientation=Qt.Horizontal,
            model=self.shown_model, callback=self._show_another,
            tooltip="The class whose spectra are drawn. Its spectra are those that are "
                    "explained as that class.")
        gui.comboBox(box, self, "which", label="Only:", items=WHICH, orientation=Qt.Horizontal,
                     callback=self._refresh,
                     tooltip="Compare why the model was right and why it was wrong. Needs data "
                             "with the true class.")
        gui.comboBox(box, self, "scale", label="Scale by:", items=[t for t, _ in SCALES],
                     orientation=Qt.Horizontal, callback=self._refresh,
                     tooltip="Each spectrum's highest importance is 1, or that of all together.")
        gui.spin(box, self, "smoothing", 0, 100, label="Smoothing [1/cm]:", step=5,
                 alignment=Qt.AlignRight, controlWidth=70, callback=self._refresh,
                 callbackOnReturn=True, spinType=int).setSpecialValueText("none")

        box = gui.widgetBox(self.controlArea, "Bands")
        for value, low, high, label, tooltip in (
                ("threshold", 1, 100, "At least [% of highest]:",
                 "Peaks of the mean map lower than this are not called bands."),
                ("tolerance", 1, 50, "Assignment within [1/cm]:",
                 "Distance between a maximum of the spectrum and a known band."),
                ("most_labels", 0, 20, "Labels:", "At most so many bands are named.")):
            spin = gui.spin(box, self, value, low, high, label=label, alignment=Qt.AlignRight,
                            controlWidth=70, callback=self._refresh, callbackOnReturn=True)
            spin.setToolTip(tooltip)

        box = gui.widgetBox(self.controlArea, "Spectra")
        spin = gui.spin(box, self, "limit", 10, 1_000_000, label="At most:", step=1000,
                        alignment=Qt.AlignRight, controlWidth=90, callback=self._restart,
                        callbackOnReturn=True)
        spin.setToolTip("Of more spectra, so many are chosen at random and explained.")
        gui.rubber(self.controlArea)
        self.cancel_button = QPushButton("Explain", autoDefault=False, enabled=False,
                                         toolTip="Stop at once, or start again")
        self.cancel_button.clicked.connect(self._toggle)
        self.buttonsArea.layout().addWidget(self.cancel_button)

    def _add_views(self):
        self.tabs = QTabWidget()
        self.mainArea.layout().addWidget(self.tabs)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(2, 2, 2, 2)
        self.key = ColourKey()
        layout.addWidget(self.key)
        self.shown_label = QLabel(textFormat=Qt.PlainText)
        self.shown_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        layout.addWidget(self.shown_label)
        splitter = QSplitter(Qt.Vertical, childrenCollapsible=False)
        self.curveplot = ImportancePlot(self)
        self.curveplot.setMinimumHeight(180)
        self.heatmap = HeatMap()
        self.heatmap.setMinimumHeight(90)
        splitter.addWidget(self.curveplot)
        splitter.addWidget(self.heatmap)
        splitter.setSizes([400, 210])
        layout.addWidget(splitter)
        # Wavenumbers of both stand under each other.
        for plot in (self.curveplot.plot, self.heatmap.getPlotItem()):
            plot.getAxis("left").setWidth(62)
        self.heatmap.setXLink(self.curveplot.plot.vb)
        self.heatmap.row_clicked.connect(self._row_clicked)
        self.band_list = BandList()
        self.attention_view = AttentionView()
        self.faithfulness_view = FaithfulnessView()
        self.faithfulness_view.measure.connect(self._measure)
        for widget, title in ((page, "Importance"), (self.band_list, "Bands"),
                              (self.attention_view, "CBAM attention"),
                              (self.faithfulness_view, "Faithfulness")):
            self.tabs.addTab(widget, title)

    def sizeHint(self):
        return QSize(1120, 620)

    # ---------------------------------------------------------------- inputs

    @Inputs.model
    def set_model(self, model):
        self.cancel()
        self.Error.other_model.clear()
        self.model = model if isinstance(model, DCNetModel) else None
        if model is not None and self.model is None:
            self.Error.other_model(getattr(model, "name", "") or type(model).__name__)
        self._update_targets()

    @Inputs.data
    def set_data(self, data):
        self.cancel()
        self.closeContext()
        # A selection that was stored belongs to the first data only.
        if self.data is not None:
            self.selection = []
        self.data = data
        if data is not None:
            self.openContext(data)

    @Inputs.reference
    def set_reference(self, data):
        self.Warning.reference.clear()
        try:
            self.reference = reference_bands(data)
        except ValueError as ex:
            self.reference = []
            self.Warning.reference(str(ex))

    def handleNewSignals(self):
        self._restart()

    def _update_targets(self):
        texts, branches = [PREDICTED_TEXT], ["All"]
        if self.model is not None:
            values = self.model.domain.class_var.values
            texts += [COMPONENT_TEXT + c for c in components(self.model)]
            texts += [values[i] for i in self.model.used]
            branches += [f"Kernel size {k}" for k in self.model.network.config.kernels]
            if self.target_text not in texts:
                self.target_text = PREDICTED_TEXT
        texts = list(dict.fromkeys((*texts, self.target_text)))
        self.target_model[:] = texts
        self.target_combo.setCurrentIndex(texts.index(self.target_text))
        self.branch_combo.clear()
        self.branch_combo.addItems(branches)
        # One branch alone is all of them.
        self.branch_combo.setEnabled(len(branches) > 2)
        if self.model is not None and len(branches) <= max(self.branch, 2):
            self.branch = 0
        self.branch_combo.setCurrentIndex(min(self.branch, len(branches) - 1))

    # ------------------------------------------------------------ explaining

    def _clear_results(self):
        self.explained = self.attention = None
        self.views = []
        self.used = np.zeros(0, int)
        self._request = None

    def _restart(self):
        self.cancel()
        self._clear_results()
        for group in (self.Error.failed, self.Warning.coverage, self.Warning.no_importance,
                      self.Information.sampled, self.Information.cancelled,
                      self.Information.nothing_shown):
            group.clear()
        self.key.set_signed(self.signed)
        ready = self.model is not None and self.data is not None and len(self.data) > 0
        if self.data is not None and not len(self.data):
            self.Error.failed("Data hold no spectra.")
        if ready and self._axis_fits():
            self._request = self._make_request()
            self.start(run, self._request)
        else:
            self._refresh()
        self._update_buttons()

    def _axis_fits(self):
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                self.model.check_axis(self.data)
        except (ValueError, DomainTransformationError) as ex:
            self.Error.failed(str(ex))
            return False
        if caught:
            self.Warning.coverage(str(caught[0].message))
        return True

    def _make_request(self):
        n = len(self.data)
        self.used = np.arange(n)
        if n > self.limit:
            self.used = np.sort(np.random.default_rng(0).choice(n, self.limit, replace=False))
            self.Information.sampled(f"{self.limit:,}", f"{n:,}")
        component = self.target_text.startswith(COMPONENT_TEXT)
        target = self.target_text.removeprefix(COMPONENT_TEXT)
        return Request(self.model, self.data if n == len(self.used) else self.data[self.used],
                       PREDICTED if target == PREDICTED_TEXT else target, component,
                       METHODS[self.method][1], self.branch - 1 if self.branch else None,
                       self.signed)

    def _toggle(self):
        if self.task is None:
            self._restart()
        else:
            self.cancel()
            self.Information.cancelled()
            self._update_buttons()

    def _measure(self):
        if self.explained is not None and self.task is None:
            self.start(measure, self._request, self.explained)
            self._update_buttons()

    def _update_buttons(self):
        busy = self.task is not None
        self.cancel_button.setText("Cancel" if busy else "Explain")
        self.cancel_button.setEnabled(busy or (self.model is not None and self.data is not None))
        self.faithfulness_view.button.setEnabled(not busy and self.explained is not None)

    def on_partial_result(self, explained):
        self.explained = explained
        if self._request.method == "gradcam":
            known = np.isfinite(explained.probabilities).all(axis=1)
            highest = np.nan_to_num(explained.importance).max(axis=1, initial=0)
            nothing = int((known & (highest <= 0)).sum())
            if nothing:
                self.Warning.no_importance(f"{nothing:,}", f"{known.sum():,}")
        self._refresh()

    def on_done(self, result):
        if isinstance(result, AttentionResult):
            self.attention = result
            self._show_attention()
        else:
            self.faithfulness_view.show_result(*result)
        self._update_buttons()

    def on_exception(self, ex):
        self._update_buttons()
        if isinstance(ex, Cancelled):
            return
        if not isinstance(ex, ValueError | DomainTransformationError | MemoryError):
            super().on_exception(ex)
        self.Error.failed(str(ex) or "There is not enough memory; explain fewer spectra.")
        self._clear_results()
        self._refresh()

    # --------------------------------------------------------------- showing

    def _refresh(self):
        """All that is drawn and sent, from what was explained."""
        self.Information.nothing_shown.clear()
        self.maps, self.views = None, []
        self.faithfulness_view.clear()
        if self.explained is not None:
            self.maps = self.explained.shown(SCALES[self.scale][1], self.smoothing)
            rows = None if not self.which else self.explained.right == (self.which == 1)
            self.views = class_views(
                self.explained, rows, smoothing=self.smoothing, threshold=self.threshold / 100,
                tolerance=self.tolerance)
            if not self.views:
                self.Information.nothing_shown(
                    f"none is {WHICH[self.which].lower()}, or the true class is not known"
                    if self.which else "all are without values")
        names = [view.name for view in self.views] or [self.shown_name]
        self.shown_model[:] = names
        if self.shown_name not in names:
            self.shown_name = names[0]
        self.controls.shown_name.setCurrentIndex(names.index(self.shown_name))
        self.band_list.set_views(self.views)
        self._draw_heat_map()
        self._show_spectra()
        self._show_attention()
        self._send()

    def _show_another(self):
        self.selection = []
        self.heatmap.mark([])
        self._show_spectra()
        self._show_attention()
        self._send_selected()

    def _draw_heat_map(self):
        if not self.views:
            self.heatmap.clear_maps()
            return
        probability = self.explained.target_probability
        groups = [(v.name, v.rows[np.argsort(-probability[v.rows], kind="stable")])
                  for v in self.views]
        self.heatmap.set_maps(self.maps, self.explained.axis, self.signed, groups)
        self.heatmap.mark(self._selected_rows())

    def _selected_rows(self):
        """Selected rows of the data among those explained."""
        return np.flatnonzero(np.isin(self.used, self.selection))

    def _view(self):
        return next((v for v in self.views if v.name == self.shown_name), None)

    def _show_spectra(self):
        view = self._view()
        if view is None:
            self.shown_label.setText("")
            self.curveplot.show_spectra(None)
            return
        rows, maps = view.rows, view.importance
        selected = self._selected_rows()
        self.shown_label.setText(self._which_text(view, selected))
        bands = view.bands
        if len(selected):
            rows, maps = selected, mean_map(self.maps, selected)
            bands = class_views(
                self.explained, np.isin(np.arange(len(self.used)), selected),
                smoothing=self.smoothing, threshold=self.threshold / 100,
                tolerance=self.tolerance)
            bands = bands[0].bands if len(bands) == 1 else []
        self.curveplot.show_spectra(
            spectra_only(self.explained.data, rows), normalised(maps[None])[0],
            self.explained.axis, self.signed, bands[:self.most_labels], self.reference)

    def _which_text(self, view, selected):
        """What is drawn: the spectra of a class, or those that were clicked."""
        if not len(selected):
            return f"{view.name}: mean of {len(view.rows)} spectra. Click a row below for one."
        if len(selected) > 1:
            return f"Mean of {len(selected)} selected spectra."
        explained, row = self.explained, selected[0]
        variable = explained.data.domain.class_var
        parts = [f"Spectrum {self.used[row] + 1}"]
        if variable is not None and variable.is_discrete:
            value = explained.data.get_column(variable)[row]
            parts.append("class " + (variable.values[int(value)] if value == value else "unknown"))
        predicted = explained.predicted[row]
        if predicted >= 0:
            parts.append(f"predicted {explained.classes[predicted]} "
                         f"({explained.probabilities[row, predicted]:.0%})")
        return ", ".join(parts) + "."

    def _show_attention(self):
        view = self._view()
        if self.attention is None or view is None:
            self.attention_view.set_attention(None, np.zeros(0), (), ())
            return
        selected = self._selected_rows()
        rows = np.flatnonzero(np.isin(self.attention.rows,
                                      selected if len(selected) else view.rows))
        names = [f"Kernel size {k}" for k in self.model.network.config.kernels]
        self.attention_view.set_attention(self.attention.branches, self.explained.axis, names,
                                          rows)

    def _row_clicked(self, row, add):
        clicked = int(self.used[row])
        if not add:
            self.selection = [] if self.selection == [clicked] else [clicked]
        else:
            self.selection = sorted(set(self.selection) ^ {clicked})
        name = self.explained.targets[self.explained.target[row]]
        if name in self.shown_model:
            self.shown_name = name
            self.controls.shown_name.setCurrentIndex(list(self.shown_model).index(name))
        self.heatmap.mark(self._selected_rows())
        self._show_spectra()
        self._show_attention()
        self._send_selected()

    # --------------------------------------------------------------- outputs

    def _send(self):
        if self.explained is None:
            self.Outputs.importance.send(None)
            self.Outputs.bands.send(None)
        else:
            self.Outputs.importance.send(importance_table(self.explained, self.maps))
            self.Outputs.bands.send(bands_table(self.views) if self.views else None)
        self._send_selected()

    def _send_selected(self):
        rows = [r for r in self.selection if self.data is not None and r < len(self.data)]
        self.Outputs.selected.send(self.data[rows] if rows and self.explained is not None else None)

    def send_report(self):
        if self.explained is None:
            return
        self.report_items("Model", (
            ("Name", getattr(self.model, "name", "")),
            ("Networks averaged", len(self.model.networks))))
        self.report_items("Explanation", (
            ("Why", self.target_text), ("Method", METHODS[self.method][0]),
            ("Branch", self.branch_combo.currentText()),
            ("Spectra explained", f"{len(self.used):,}"), ("Only", WHICH[self.which]),
            ("Scaled by", SCALES[self.scale][0]),
            ("Smoothing", f"{self.smoothing} 1/cm" if self.smoothing else "none")))
        self.report_plot(f"Importance: {self.shown_name}", self.curveplot.plotview)
        self.report_plot("Importance of all spectra", self.heatmap)
        self.report_table("Important bands", [
            ("Class", *BandList.COLUMNS), *self.band_list.rows()], header_rows=1)
        if self.faithfulness_view.note.text():
            self.report_raw("Faithfulness", f"<p>{self.faithfulness_view.text.text()}</p>"
                                            f"<p>{self.faithfulness_view.note.text()}</p>")

    def save_graph(self):
        self.curveplot.save_graph()

    def onDeleteWidget(self):
        self.shutdown()
        self.curveplot.shutdown()
        super().onDeleteWidget()


if __name__ == "__main__":
    from orangecontrib.microplastics.dcnet import DCNetLearner
    from orangecontrib.microplastics.simulation import simulate
    spectra = simulate(n=40)
    WidgetPreview(OWGradCAM).run(set_model=DCNetLearner(epochs=5)(spectra), set_data=spectra)
