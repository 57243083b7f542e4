"""Grad-CAM: which bands are important for the predictions of a network."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QSize
from AnyQt.QtWidgets import QPushButton
from Orange.base import Model
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets.settings import DomainContextHandler, Setting, SettingProvider
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from orangecontrib.microplastics.dcnet.compatibility import ScaleError, ScaleWarning
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.important_bands import mean_map
from orangecontrib.microplastics.explanation.stability import (
    Stability,
    agreement,
    compare_networks,
)
from orangecontrib.microplastics.explanation.table import (
    PREDICTED,
    bands_table,
    class_views,
    importance_table,
)
from orangecontrib.microplastics.widgets.common.answertexts import upside_down
from orangecontrib.microplastics.widgets.common.background import Cancelled
from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.common.texts import describe_spectra
from orangecontrib.microplastics.widgets.gradcam.controls import (
    COMPONENT_TEXT,
    METHODS,
    PREDICTED_TEXT,
    SCALES,
    WHICH,
    GradCAMControls,
)
from orangecontrib.microplastics.widgets.gradcam.plot import ImportancePlot
from orangecontrib.microplastics.widgets.gradcam.tabs import BandList
from orangecontrib.microplastics.widgets.gradcam.task import (
    AttentionResult,
    FirstSpectra,
    Request,
    measure,
    reference_bands,
    run,
)
from orangecontrib.microplastics.widgets.gradcam.texts import (
    AGREEMENT,
    ONE_NETWORK,
    attention_of,
    data_text,
    drawn_text,
    missing_text,
    networks_text,
)
from orangecontrib.microplastics.widgets.gradcam.views import Views

#: Maximum number of selected spectra whose networks are compared in the window's own thread.
_AT_ONCE = 3


class OWGradCAM(GradCAMControls, ConcurrentWidgetMixin):
    name = "Grad-CAM"
    description = "Show which bands were important for the predictions of a Dual-Branch CNN."
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
        scale = Msg("{}")

    class Warning(OWWidget.Warning):
        answer = Msg("{}")
        scale = Msg("{}")
        no_importance = Msg("Grad-CAM gives no importance for {} of {} spectra: its averaged "
                            "weights are evidence against the class everywhere. Choose Fine.")
        reference = Msg("{}")

    class Information(OWWidget.Information):
        sampled = Msg("{} of {} spectra are explained; the maximum is set under Spectra.")
        cancelled = Msg("Cancelled; press Explain to start again.")
        nothing_shown = Msg("No spectra are left to show: {}.")
        converted = Msg("The spectra were treated as transmittance and converted to absorbance.")

    settingsHandler = DomainContextHandler()
    settings_version = 2

    curveplot = SettingProvider(ImportancePlot)
    graph_name = "curveplot.plotview"
    want_main_area = True

    selection = Setting([], schema_only=True)

    def __init__(self):
        GradCAMControls.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        help_without_browser()
        self.model = self.data = None
        self.reference = []
        self._clear_results()
        self._add_controls()
        self.cancel_button = QPushButton("Explain", autoDefault=False, enabled=False,
                                         toolTip="Stop at once, or start again")
        self.cancel_button.clicked.connect(self._toggle)
        self.buttonsArea.layout().addWidget(self.cancel_button)
        self._add_views()
        self._update_targets(self.model)
        self._tell_state()

    def _add_views(self):
        self.stack = Views(self)
        self.mainArea.layout().addWidget(self.stack)
        self.page, self.tabs, self.band_list = (
            self.stack.page, self.stack.tabs, self.stack.band_list)
        self.curveplot, self.heatmap = self.page.curveplot, self.page.heatmap
        self.attention_view = self.stack.attention_view
        self.faithfulness_view = self.stack.faithfulness_view
        self.page.row_clicked.connect(self._row_clicked)
        self.page.cleared.connect(self.show_another)
        self.faithfulness_view.measure.connect(self._measure)

    def sizeHint(self):
        return QSize(1240, 680)

    @Inputs.model
    def set_model(self, model):
        self.cancel()
        self.Error.other_model.clear()
        self.model = model if isinstance(model, DCNetModel) else None
        if model is not None and self.model is None:
            self.Error.other_model(getattr(model, "name", "") or type(model).__name__)
        self._update_targets(self.model)

    @Inputs.data
    def set_data(self, data):
        self.cancel()
        self.closeContext()
        # A selection stored in a workflow belongs to the first data only.
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
        # The current plots belong to another model or to other data.
        self.stack.tell("")
        self.restart()

    def _clear_results(self):
        self.explained = self.attention = self.stability = None
        self.first_only = False
        self.views = []
        self.used = np.zeros(0, int)
        self._request = None

    def restart(self):
        self.cancel()
        self._clear_results()
        for group in (self.Error.failed, self.Error.scale, self.Warning.answer,
                      self.Warning.scale, self.Warning.no_importance,
                      self.Information.sampled, self.Information.cancelled,
                      self.Information.nothing_shown, self.Information.converted):
            group.clear()
        self.page.key.set_signed(self.signed)
        self.faithfulness_view.clear()
        ready = self.model is not None and self.data is not None and len(self.data) > 0
        if self.data is not None and not len(self.data):
            self.Error.failed("Data hold no spectra.")
        if ready:
            self._request = self._make_request()
            self.Information.converted(shown=self.convert)
            self.start(run, self._request)
        else:
            self.refresh()
        self._update_buttons()
        self._tell_state()

    def _tell_state(self):
        """Show which spectra are explained and how many are recognised, or what is missing."""
        self.data_label.setText(
            f"Explaining {len(self._request.data):,} spectra; some of them are shown."
            if self.first_only else data_text(self.data, self.explained))
        self._show_convert(self.data is not None and (
            self.convert or self.Error.scale.is_shown() or self.Warning.scale.is_shown()))
        if self.explained is None:
            messages = [str(message) for message in (
                self.Error.other_model, self.Error.failed, self.Error.scale,
                self.Information.cancelled)
                if message.is_shown()]
            if self.Error.scale.is_shown():
                messages.append("Or press <i>Convert to Absorbance</i>, under Spectra.")
            missing = missing_text(self.model is not None or self.Error.other_model.is_shown(),
                                   self.data is not None, messages)
            self.stack.tell(missing if self.task is None else "Explaining...",
                            # Existing plots stay visible until the new ones are ready.
                            switch=self.task is None)
        elif self.Information.nothing_shown.is_shown():
            self.stack.tell(str(self.Information.nothing_shown))
        else:
            self.stack.show_tabs()

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
                       self.method, self.branch - 1 if self.branch else None, self.signed,
                       self.convert)

    def _toggle(self):
        if self.task is None:
            self.restart()
        else:
            self.cancel()
            self.Information.cancelled()
            self._update_buttons()
            # Remove plots and outputs that belong to earlier settings.
            if self.explained is None or self.first_only:
                self._clear_results()
                self.refresh()
            self._show_spectra()

    def _measure(self):
        if self.explained is not None and self.task is None:
            self.start(measure, self._request, self.explained)
            self._update_buttons()

    def _update_buttons(self):
        busy = self.task is not None
        self.cancel_button.setText("Cancel" if busy else "Explain")
        self.cancel_button.setEnabled(busy or (self.model is not None and self.data is not None))
        self.faithfulness_view.button.setEnabled(
            not busy and self.explained is not None and bool(self.explained.answered.any()))

    def on_partial_result(self, result):
        if isinstance(result, Stability):
            self.stability = result
            self.refresh_bands()
        elif isinstance(result, FirstSpectra):
            # Without outputs: those of all spectra follow.
            self.explained, self.first_only = result.explained, True
            self._of_all, self.used = self.used, self.used[result.rows]
            self._draw()
        else:
            if self.first_only:
                self.used, self.first_only = self._of_all, False
            self._show_explained(result)

    def _show_explained(self, explained):
        self.explained = explained
        scale = [str(note) for note in explained.notes if isinstance(note, ScaleWarning)]
        other = [str(note) for note in explained.notes if not isinstance(note, ScaleWarning)]
        self.Warning.scale("\n".join(scale), shown=bool(scale))
        self.Warning.answer("\n".join(other), shown=bool(other))
        if self._request.method == "gradcam":
            nothing, known = explained.without_importance()
            if nothing:
                self.Warning.no_importance(f"{nothing:,}", f"{known:,}")
        self.refresh()

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
        if isinstance(ex, ScaleError):
            self.Error.scale(upside_down(ex, self.convert))
        else:
            self.Error.failed(str(ex) or "There is not enough memory; explain fewer spectra.")
        self._clear_results()
        self.refresh()

    def refresh(self):
        """Update all plots and outputs from the explained spectra."""
        self._draw()
        if self.first_only:
            return
        self.Outputs.importance.send(
            None if self.explained is None else importance_table(self.explained, self.maps))
        self._send_selected()

    def _draw(self):
        self.maps = None if self.explained is None else \
            self.explained.shown(SCALES[self.scale][1], self.smoothing)
        self.refresh_bands()
        self._draw_heat_map()
        self._show_attention()

    def refresh_bands(self):
        """Update classes, their bands and the plot of one class; the maps do not change."""
        self.Information.nothing_shown.clear()
        self.views = []
        if self.explained is not None:
            self.views = self._class_views(
                None if not self.which else self.explained.right == (self.which == 1))
            if not self.views:
                self.Information.nothing_shown(
                    f"none is {WHICH[self.which].lower()}, or the true class is not known"
                    if self.which else "the model gives no answer for any of them")
        names = [view.name for view in self.views] or [self.shown_name]
        self.shown_model[:] = names
        if self.shown_name not in names:
            self.shown_name = names[0]
        self.controls.shown_name.setCurrentIndex(names.index(self.shown_name))
        self.controls.shown_name.setEnabled(bool(self.views))
        self.band_list.set_views(self.views, self._n_networks())
        self._show_spectra()
        self._tell_state()
        if not self.first_only:
            self.Outputs.bands.send(bands_table(self.views) if self.views else None)

    def _n_networks(self):
        return 1 if self.model is None else len(self.model.networks)

    def _class_views(self, rows, stability=None):
        return class_views(self.explained, rows, stability=stability or self.stability,
                           smoothing=self.smoothing, threshold=self.threshold / 100,
                           tolerance=self.tolerance)

    def show_another(self):
        """Show the chosen class, and clear the selection."""
        self.selection = []
        self.page.mark([])
        self._show_spectra()
        self._show_attention()
        self._send_selected()

    def _draw_heat_map(self):
        self.page.set_maps(self.explained, self.maps, self.signed, self.views)
        self.page.mark(self._selected_rows())

    def _selected_rows(self):
        """Rows of the explained spectra that are selected."""
        return np.flatnonzero(np.isin(self.used, self.selection))

    def _view(self):
        return next((v for v in self.views if v.name == self.shown_name), None)

    def _show_spectra(self):
        view = self._view()
        if view is None:
            self.page.clear()
            return
        rows, maps = view.rows, view.importance
        selected = self._selected_rows()
        bands, agreed = view.bands, view.agreement
        if len(selected):
            rows, maps = selected, mean_map(self.maps, selected)
            stability = self._stability_of(selected)
            bands = self._class_views(np.isin(np.arange(len(self.used)), selected), stability)
            bands = bands[0].bands if len(bands) == 1 else []
            agreed = np.nan if stability is None else agreement(
                stability.mean_maps(selected, self.explained.axis, self.smoothing))
        n = self._n_networks()
        self.page.set_agreement(networks_text(n, agreed, self.task is not None),
                                AGREEMENT if n > 1 else ONE_NETWORK)
        self.page.show_spectra(
            self.explained, rows, maps, bands[:self.most_labels], self.signed, self.reference,
            drawn_text(self.explained, self.used, view, selected))

    def _stability_of(self, selected):
        """Maps of each network alone, also of a few selected spectra that were not compared."""
        if self.stability is None or self.method == "occlusion":
            return self.stability
        missing = np.setdiff1d(selected, self.stability.rows)
        missing = missing[self.explained.answered[missing]][:_AT_ONCE]
        if len(missing):
            self.stability = self.stability.joined(
                compare_networks(self.model, self.explained, missing))
        return self.stability

    def _show_attention(self):
        view = self._view()
        if self.attention is None or view is None:
            self.attention_view.set_attention(None, np.zeros(0), (), ())
            return
        rows, of = attention_of(self.attention, view, self._selected_rows())
        names = [f"Kernel size {k}" for k in self.model.network.config.kernels]
        self.attention_view.set_attention(self.attention.branches, self.explained.axis, names,
                                          rows, of)

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
        self.page.mark(self._selected_rows())
        self._show_spectra()
        self._show_attention()
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
        self.report_items("Data", describe_spectra(self.data))
        self.report_items("Explanation", (
            ("Why", self.target_text), ("Method", METHODS[self.method]),
            ("Branch", self.branch_combo.currentText()),
            ("Spectra explained", f"{len(self.used):,}"), ("Only", WHICH[self.which]),
            ("Scaled by", SCALES[self.scale][0]),
            ("Smoothing", f"{self.smoothing} 1/cm" if self.smoothing else "none")))
        self.report_plot(f"Importance: {self.shown_name}", self.curveplot.plotview)
        self.report_plot("Importance of all spectra", self.heatmap)
        self.report_table("Important bands", [
            ("Class", *BandList.COLUMNS), *self.band_list.rows()], header_rows=1)
        faithfulness = self.faithfulness_view
        if faithfulness.note.text():
            self.report_raw("Faithfulness", f"<p>{faithfulness.text.text()}</p>"
                                              f"<p>{faithfulness.note.text()}</p>")

    def save_graph(self):
        self.curveplot.save_graph()

    def onDeleteWidget(self):
        self.shutdown()
        self.curveplot.shutdown()
        super().onDeleteWidget()


if __name__ == "__main__":
    from orangecontrib.microplastics.dcnet.learner import DCNetLearner
    from orangecontrib.microplastics.simulation.polymers import simulate
    spectra = simulate(n=40)
    WidgetPreview(OWGradCAM).run(set_model=DCNetLearner(epochs=5)(spectra), set_data=spectra)
