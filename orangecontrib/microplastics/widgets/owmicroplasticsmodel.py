"""Microplastics Model: the ready-made model, without training of one's own."""
from __future__ import annotations

from html import escape
from importlib.metadata import version

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtWidgets import (
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QTableView,
)
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.itemmodels import PyTableModel
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.ready import measured
from orangecontrib.microplastics.widgets.common.adapter import Adapter, describe
from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.common.modelfiles import save_model
from orangecontrib.microplastics.widgets.common.readymodel import ReadyModelMaker
from orangecontrib.microplastics.widgets.common.resultwidget import set_up_list
from orangecontrib.microplastics.widgets.microplasticsmodel.contents import (
    materials,
    measured_text,
    mixtures,
    reference_table,
    sources,
    sources_text,
)

#: Columns of the list of materials.
COLUMNS = ("Material", "Name", "Spectra")

#: Width of the texts at the left, pixels.
_WIDTH = 280


class OWMicroplasticsModel(OWWidget):
    name = "Microplastics Model"
    description = "The ready-made model: names common plastics and natural materials, and " \
                  "mixtures of two, without training of your own."
    icon = "icons/MicroplasticsModel.svg"
    priority = 15
    keywords = "ready-made, pretrained, trained, model, identify, recognise, classify, polymer, " \
               "plastics, library, reference spectra, own spectra, flopp"

    class Inputs:
        own = Input("Own Spectra", Table)

    class Outputs:
        model = Output("Model", DCNetModel, default=True)
        # Explicit, so that a link to Identify Spectra connects the model, and not these as data.
        references = Output("Reference Spectra", Table, explicit=True)

    class Error(OWWidget.Error):
        failed = Msg("{}")
        not_saved = Msg("{}")

    class Warning(OWWidget.Warning):
        missing = Msg("There is no model yet: press Make the Model.")
        outdated = Msg("The model on this computer is of another version, or damaged: press Make "
                       "the Model.")
        simulated = Msg("Learnt from simulated spectra only: for trying things out, not for "
                        "results.")
        not_kept = Msg("The model could not be kept for the next time: {}")
        not_adapted = Msg("The model is not adapted to the own spectra: {}")

    class Information(OWWidget.Information):
        cancelled = Msg("Cancelled; nothing was changed.")
        saved = Msg("The model was saved as {}. Open it in Identify Spectra.")
        adapted = Msg("{}")

    #: Use the model learnt from simulated spectra.
    simulated = Setting(False, schema_only=True)
    #: Folder in which a model was last saved.
    folder = Setting("")

    settings_version = 1
    want_main_area = True
    resizing_enabled = True

    def __init__(self):
        super().__init__()
        help_without_browser()
        #: The model that is sent; the ready-made model, which it is unless it was adapted.
        self.model: DCNetModel | None = None
        self._ready: DCNetModel | None = None
        self.own: Table | None = None
        self._working = ""  # or "load", "make", "anew", "adapt"
        self._make_simulated = self.simulated
        self._maker = ReadyModelMaker(self)
        self._maker.made.connect(self._on_made)
        self._maker.failed.connect(self._on_failed)
        self._maker.progressed.connect(self._on_progress)
        self._adapter = Adapter(self)
        self._adapter.adapted.connect(self._on_adapted)
        self._adapter.failed.connect(self._on_not_adapted)
        self._adapter.progressed.connect(
            lambda done: self._on_progress(done / 100, "Adapting to own spectra..."))
        self._add_controls()
        self._add_main_area()
        self.resize(self.sizeHint())
        self._start("load", self.simulated)

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = gui.widgetBox(self.controlArea, "Model")
        self.about_label = QLabel(textFormat=Qt.RichText, wordWrap=True)
        self.about_label.setAlignment(Qt.AlignTop)
        self.about_label.setFixedWidth(_WIDTH)
        box.layout().addWidget(self.about_label)
        self.make_button = QPushButton("Make the Model", autoDefault=False)
        font = self.make_button.font()
        font.setBold(True)
        self.make_button.setFont(font)
        self.make_button.setMinimumHeight(2 * self.fontMetrics().height() + 10)
        self.make_button.clicked.connect(lambda: self._start("make", False))
        box.layout().addWidget(self.make_button)
        self.simulated_button = QPushButton(
            "Use Simulated Spectra Instead", autoDefault=False,
            toolTip="Learn from simulated spectra, which needs no network: for trying things out.")
        self.simulated_button.clicked.connect(lambda: self._start("make", True))
        box.layout().addWidget(self.simulated_button)
        self.progress = QProgressBar(textVisible=True)
        box.layout().addWidget(self.progress)
        self.progress_label = QLabel(wordWrap=True)
        self.progress_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        box.layout().addWidget(self.progress_label)
        self.cancel_button = QPushButton("Cancel", autoDefault=False,
                                         toolTip="Stop; nothing is changed.")
        self.cancel_button.clicked.connect(self._cancel)
        box.layout().addWidget(self.cancel_button)
        self.measured_box = box = gui.widgetBox(self.controlArea, "Measured")
        label = QLabel(textFormat=Qt.RichText, wordWrap=True,
                       textInteractionFlags=Qt.TextSelectableByMouse)
        label.setFixedWidth(_WIDTH)
        box.layout().addWidget(label)
        if measured.MEASURED is not None:
            label.setText(measured_text(measured.MEASURED))
        gui.rubber(self.controlArea)
        self.save_button = QPushButton(
            "Save Model...", autoDefault=False, clicked=self._save,
            toolTip="Keep the model as a file for Identify Spectra on other computers.")
        self.anew_button = QPushButton(
            "Make Anew", autoDefault=False,
            toolTip="Make the model again from the same spectra: about two minutes.")
        self.anew_button.clicked.connect(lambda: self._start("anew", self.simulated))
        for button in (self.save_button, self.anew_button):
            self.buttonsArea.layout().addWidget(button)

    def _add_main_area(self):
        self.table = PyTableModel(parent=self, editable=False)
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.view = QTableView()
        set_up_list(self.view, self.table, "Materials that the model knows, and the number of "
                    "spectra from which it learnt each. Click a column's head to sort.")
        self.view.sortByColumn(0, Qt.AscendingOrder)
        self._show_materials(materials(None, None))
        header = self.view.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.Stretch)
        for column in (0, 2):
            header.resizeSection(
                column, header.fontMetrics().horizontalAdvance(COLUMNS[column]) + 30)
        self.mainArea.layout().addWidget(self.view)
        self.mixtures_label = QLabel(wordWrap=True)
        self.mainArea.layout().addWidget(self.mixtures_label)
        self.sources_box = gui.widgetBox(self.mainArea, "Learnt from")
        self.sources_label = QLabel(
            textFormat=Qt.RichText, wordWrap=True, openExternalLinks=True,
            textInteractionFlags=Qt.TextBrowserInteraction)
        self.sources_box.layout().addWidget(self.sources_label)

    def sizeHint(self):
        return QSize(820, 620)

    # -------------------------------------------------------------- the work

    @Inputs.own
    def set_own(self, own):
        self.own = own if own is not None and len(own) else None
        if self._ready is not None and self._working in ("", "adapt"):
            self._finish()

    def _start(self, kind, simulated):
        """Start to load the model ("load"), to make it if necessary ("make"), or "anew"."""
        self.Error.clear()
        self.Information.clear()
        self._working, self._make_simulated = kind, simulated
        if self.model is None:
            self.setInvalidated(True)  # widgets that follow wait for the model
        self.progressBarInit()
        self._on_progress(0., "Loading..." if kind == "load" else "Starting...")
        self._maker.start(simulated=simulated, only_load=kind == "load", anew=kind == "anew")
        self._show()

    def _on_progress(self, fraction, text):
        self.progressBarSet(100 * fraction)
        self.progress.setValue(round(100 * fraction))
        self.progress_label.setText(text)

    def _on_made(self, model):
        self._stop()
        if model is None:
            self._show()
        else:
            self._ready, self.simulated = model, self._make_simulated
            self._finish()

    def _finish(self):
        """Send the ready-made model, or adapt it to own spectra first."""
        self._adapter.cancel()
        self.Information.adapted.clear()
        self.Warning.not_adapted.clear()
        if self._working == "adapt":
            self._stop()
        if self.own is None:
            self._send(self._ready)
            return
        self._working = "adapt"
        self.setInvalidated(True)
        self.progressBarInit()
        self._on_progress(0., "Adapting to own spectra...")
        self._adapter.start(self._ready, self.own)
        self._show()

    def _on_adapted(self, found, own):
        self._stop()
        found.model.name = f"{self._ready.name}, adapted"
        self.Information.adapted(describe(found, own))
        self._send(found.model)

    def _on_not_adapted(self, why):
        self._stop()
        self._send(self._ready)
        self.Warning.not_adapted(why)

    def _send(self, model):
        self.model = model
        self._show()
        self.Outputs.model.send(model)
        self.Outputs.references.send(reference_table(model))

    def _on_failed(self, message, can_simulate):
        self._stop()
        self._show()
        if can_simulate:
            message += " Without a network, the spectra can be taken from a file: From a File in " \
                       "Microplastic Spectra."
        self.Error.failed(message)
        # The status bar has no room for all of it.
        self._set_about(f"{self.about_label.text()}<p><b>{escape(message)}</b></p>")
        self.simulated_button.setVisible(can_simulate and not self._make_simulated)

    def _cancel(self):
        if self._working == "adapt":
            self._adapter.cancel()
            self._on_not_adapted("cancelled.")
            return
        self._maker.cancel()
        self._stop()
        self._show()
        self.Information.cancelled()

    def _stop(self):
        self._working = ""
        self.progressBarFinished()
        self.setInvalidated(False)

    def onDeleteWidget(self):
        self._maker.shutdown()
        self._adapter.shutdown()
        super().onDeleteWidget()

    # --------------------------------------------------------------- display

    def _show(self):
        model, idle = self.model, not self._working
        is_file = ready.path(self.simulated).is_file()
        self.Warning.missing(shown=model is None and idle and not is_file)
        self.Warning.outdated(shown=model is None and idle and is_file)
        self.Warning.simulated(shown=model is not None and self.simulated)
        kept = "" if model is None else model.training.get("not kept", "")
        self.Warning.not_kept(kept, shown=bool(kept))
        self._set_about(self._intro() if model is None else self._about())
        self.make_button.setText("Make the Model" if model is None
                                 else "Use Published Spectra")
        self.make_button.setVisible(idle and (model is None or self.simulated))
        self.simulated_button.hide()
        for part in (self.progress, self.progress_label):
            part.setVisible(not idle)
        self.cancel_button.setVisible(self._working in ("make", "anew", "adapt"))
        self.measured_box.setVisible(measured.MEASURED is not None and not self.simulated)
        for button in (self.save_button, self.anew_button):
            button.setEnabled(model is not None and idle)
        self._show_contents()

    def _set_about(self, text):
        self.about_label.setText(text)
        # Layouts do not always follow a longer text.
        self.about_label.setMinimumHeight(self.about_label.heightForWidth(_WIDTH))

    def _show_contents(self):
        facts = None if self.model is None else ready.about(self.model)
        self._show_materials(materials(self.model, facts))
        names = mixtures(self.model)
        self.mixtures_label.setText(f"{len(names)} mixtures of two of them." if names
                                    else "No mixtures.")
        self.mixtures_label.setToolTip(", ".join(names))
        self.sources_label.setText(sources_text(facts))

    def _show_materials(self, rows):
        self.table.wrap(rows)
        header = self.view.horizontalHeader()
        self.view.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())

    def _intro(self):
        if self._working == "load":
            return ""
        text = f"Names {len(ready.MATERIALS)} common materials and mixtures of two. It is made " \
               "on this computer from published spectra, once: about <b>two minutes</b>."
        if not all(map(datasets.is_available, ready.SETS_USED)):
            size = f"{datasets.DOWNLOAD_SIZE / 1e6:.0f}\u00a0MB"
            text += f" They are downloaded first, also once: <b>{size}</b>."
        return text

    def _about(self):
        facts = ready.about(self.model)
        kind = "simulated" if facts.simulated else "published"
        low, high = self.model.wavenumbers[[0, -1]]
        return (f"<b>{escape(self.model.name)}</b>, ready to use<br>"
                f"Learnt from {sum(facts.materials.values()):,} {kind} spectra<br>"
                f"{low:.0f}\u2013{high:.0f} cm\u207b\u00b9<br>"
                f"{len(self.model.references.which):,} reference spectra<br>"
                f"Made {facts.made}, version {version('Orange3-Microplastics')}"
                + (f"<p>{escape(str(self.Information.adapted))}</p>"
                   if self.model is not self._ready else ""))

    # -------------------------------------------------------------- the rest

    def _save(self):
        save_model(self, self.model, self.model.name)

    def send_report(self):
        if self.model is None:
            self.report_paragraph("No model.")
            return
        facts, names = ready.about(self.model), mixtures(self.model)
        low, high = self.model.wavenumbers[[0, -1]]
        self.report_items("Model", (
            ("Name", self.model.name), ("Made", facts.made),
            ("Version", version("Orange3-Microplastics")),
            ("Range", f"{low:g} to {high:g} 1/cm"),
            ("Learnt from", f"{sum(facts.materials.values()):,} "
                            f"{'simulated' if facts.simulated else 'published'} spectra"),
            ("Reference spectra", len(self.model.references.which)),
            ("Mixtures", ", ".join(names) or "none")))
        self.report_items("Sets", [(title, reference) for title, reference, _ in sources(facts)])
        if self.simulated:
            self.report_paragraph("Learnt from simulated spectra only: for trying things out, "
                                  "not for results.")
        elif measured.MEASURED is not None:
            self.report_paragraph("Measured", measured_text(measured.MEASURED))
        self.report_table("Materials", self.view)


if __name__ == "__main__":  # pragma: no cover
    WidgetPreview(OWMicroplasticsModel).run()
