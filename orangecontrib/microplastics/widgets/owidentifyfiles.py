"""Identify Files: spectra and maps of many files, identified into a folder."""
from __future__ import annotations

import os
import threading
from html import escape
from pathlib import Path

import orangecontrib.spectroscopy  # noqa: F401  (the import registers its readers of spectra)
from AnyQt.QtCore import QSize, Qt, QTimer, QUrl
from AnyQt.QtGui import QDesktopServices
from AnyQt.QtWidgets import QFileDialog, QLabel, QPushButton, QSizePolicy
from Orange.base import Model
from Orange.data import Table
from Orange.data.io import FileFormat
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from orangecontrib.microplastics.batch.manifest import DONE, NAME, REFUSED
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.particles.find import SMALLEST
from orangecontrib.microplastics.spectra.files import TEXT
from orangecontrib.microplastics.spectra.stored.kinds import HDF5
from orangecontrib.microplastics.widgets.common.answertexts import things
from orangecontrib.microplastics.widgets.common.background import Cancelled
from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.common.links import InputLinks
from orangecontrib.microplastics.widgets.common.modelbox import PUBLISHED, SIMULATED, ModelBox
from orangecontrib.microplastics.widgets.common.modelfiles import found, remembered
from orangecontrib.microplastics.widgets.identifyfiles.filelist import FileList
from orangecontrib.microplastics.widgets.identifyfiles.look import Earlier, Found, Looker, key_of
from orangecontrib.microplastics.widgets.identifyfiles.report import write_report
from orangecontrib.microplastics.widgets.identifyfiles.settingsbox import SettingsBox
from orangecontrib.microplastics.widgets.identifyfiles.tables import MOST
from orangecontrib.microplastics.widgets.identifyfiles.task import Request, run
from orangecontrib.microplastics.widgets.identifyfiles.texts import (
    details,
    goes_on,
    rich,
    summary,
)


class OWIdentifyFiles(OWWidget, ConcurrentWidgetMixin):
    # Not a ModelWidget, which starts by itself and drops the result when an input changes: here a
    # run takes hours, and its results are files. The box "Model" is the same.
    name = "Identify Files"
    description = "Identify the spectra and maps of many files into a folder, with a trained " \
                  "model; a run that was stopped goes on."
    icon = "icons/IdentifyFiles.svg"
    priority = 47
    keywords = "identify files, batch, many files, folder, large maps, resume, high throughput, " \
               "particles, hyperspectral, parquet, csv, microplastics"

    class Inputs:
        model = Input("Model", Model)

    class Outputs:
        spectra = Output("Spectra", Table, default=True)
        particles = Output("Particles", Table)

    class Error(OWWidget.Error):
        failed = Msg("{}")
        not_written = Msg("{}")
        out_of_memory = Msg("Not enough memory: close other programs, and start again.")
        no_model = Msg("{}")
        not_ours = Msg("{} is not a Dual-Branch CNN model.")

    class Warning(OWWidget.Warning):
        refused = Msg("{} could not be used: the list says why.")
        ready_made = Msg("{}")

    class Information(OWWidget.Information):
        stopped = Msg("Stopped; press Start to go on.")
        more = Msg("The output Spectra holds the first {:,} of {:,} spectra; the folder holds all.")
        not_used = Msg("The connected model is used instead of the opened one.")

    settings_version = 1
    want_main_area = True
    resizing_enabled = True

    #: Files and folders, and the folder for the results or None, as :func:`.modelfiles.remembered`.
    paths = Setting([], schema_only=True)
    output = Setting(None, schema_only=True)
    convert = Setting(False, schema_only=True)
    amounts = Setting(True)
    every_pixel = Setting(False)
    pixel_size = Setting(0., schema_only=True)
    smallest = Setting(SMALLEST)
    size_classes = Setting("")
    typed_limits = Setting("")
    #: Of the box "Model"; see :class:`.ModelBox`.
    model_file = Setting(None, schema_only=True)
    ready_made = Setting(PUBLISHED, schema_only=True)
    ready_low = Setting(0, schema_only=True)
    folder = Setting("")
    #: Folder from which files were last added.
    added_from = Setting("")

    def __init__(self):
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        help_without_browser()
        self.model: Model | None = None
        self.found = Found([], Earlier({}, {}))
        #: Entries of the manifest, by file, and what it says of the run; or of an earlier one.
        self.entries: dict[str, dict] = {}
        self.about: dict = {}
        self._names: list[str] = []  # files and folders
        self._folder = ""  # for the results
        self._request: Request | None = None
        self._wants_start = self._recalled = self._closed = False
        self._links = InputLinks()
        self.looker = Looker(self)
        self.looker.looked.connect(self._on_looked)
        self.models = ModelBox(self)
        self._add_controls()
        self._add_main_area()
        self.models.changed.connect(self._use_model)
        self.models.told.connect(self._show)
        self.settingsAboutToBePacked.connect(self._remember)
        self._show()
        # Postponed until the workflow is loaded and its folder is known.
        QTimer.singleShot(0, self._recall)
        self.resize(self.sizeHint())

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        self.box = SettingsBox(self)
        self.box.changed.connect(self._show)
        box = gui.widgetBox(self.controlArea, "Results", spacing=4)
        self.folder_label, self.missing_label = _label(), _label()
        box.layout().addWidget(self.folder_label)
        row = gui.hBox(box)
        self.choose_button = gui.button(
            row, self, "Choose Folder...", callback=self._choose_folder, autoDefault=False,
            tooltip="A folder for the results, new or empty; or that of a run to go on with.")
        self.open_button = gui.button(
            row, self, "Open Folder", callback=self._open_folder, autoDefault=False,
            tooltip="Show the results in the file manager.")
        box.layout().addWidget(self.missing_label)
        gui.rubber(self.controlArea)
        self.start_button = QPushButton("Start", autoDefault=False)
        font = self.start_button.font()
        font.setBold(True)
        self.start_button.setFont(font)
        self.start_button.clicked.connect(self._toggle)
        self.buttonsArea.layout().addWidget(self.start_button)

    def _add_main_area(self):
        row = gui.hBox(self.mainArea)
        self.edit_buttons = [
            gui.button(row, self, text, callback=callback, autoDefault=False, tooltip=tip)
            for text, callback, tip in (
                ("Add Files...", self._add_files, "Add files of spectra, or maps."),
                ("Add Folder...", self._add_folder,
                 "Add all files of spectra and maps in a folder, but not in folders in it; what "
                 "is added to it later belongs to it, too."),
                ("Remove", self._remove, "Remove the selected files and folders from this list "
                                         "(Delete)."),
                ("Clear", self._clear, "Remove all from this list."))]
        gui.rubber(row)
        self.list = FileList()
        self.list.dropped.connect(self._add)
        self.list.removed.connect(self._remove)
        self.list.currentItemChanged.connect(lambda *_: self._show_details())
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.mainArea.layout().addWidget(self.list, 1)
        self.details_label = _label(Qt.PlainText)
        self.details_label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        # Of two lines, so that the list keeps its height when another file is selected.
        self.details_label.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.report_button = QPushButton(
            "Open Report", autoDefault=False, clicked=self._open_report,
            toolTip="Open the report of the selected map, with its particles and counts.")
        row = gui.hBox(self.mainArea)
        row.layout().addWidget(self.details_label, 1)
        row.layout().addWidget(self.report_button, 0, Qt.AlignTop)
        # One of them is shown; the bar of the progress is that of the window.
        self.result_label, self.progress_label = _label(), _label(Qt.PlainText)
        for label in (self.result_label, self.progress_label):
            self.mainArea.layout().addWidget(label)

    def sizeHint(self):
        # Within a screen of 1366 x 768 with the window's frame.
        return QSize(1000, 640)

    # ---------------------------------------------------------------- model

    @Inputs.model
    def set_model(self, model):
        self.models.connect_model(model)
        self._use_model()

    def event(self, event):
        # Qt sends events before __init__ has finished.
        if "_links" in self.__dict__ and self._links.notice(event):
            QTimer.singleShot(0, self._link_changed)
        return super().event(event)

    def _link_changed(self):
        self.models.linked_to(self._links.source("Model"))

    def handleNewSignals(self):
        # A link may have been switched off without any other sign.
        self._link_changed()

    def _use_model(self):
        self.model = self.models.model
        self._show()

    def onDeleteWidget(self):
        self._closed = True
        self.looker.shutdown()
        self.models.shutdown()
        # Waits for the blocks under way: the folder is then one to go on with.
        self.shutdown()
        super().onDeleteWidget()

    # ---------------------------------------------------------------- files

    def _remember(self):
        """Store paths; again when the workflow is saved, since its folder may be another now."""
        if not self._recalled:
            return
        self.paths = [remembered(self, name) for name in self._names]
        self.output = remembered(self, self._folder) if self._folder else None

    def _recall(self):
        self._recalled = True
        self._names = [found(self, tuple(kept)) for kept in self.paths]
        if self.output is not None:
            self._folder = self._recalled_folder(tuple(self.output))
        self._look()

    def _recalled_folder(self, kept):
        """The folder for results need not exist yet: it moves with the workflow all the same."""
        base, (path, prefix, relative) = self.workflowEnv().get("basedir"), kept
        if prefix == "basedir" and base:
            return os.path.normpath(os.path.join(base, relative))
        return path

    def output_folder(self) -> str:
        """Path of the folder for the results; empty if none is chosen."""
        return self._folder

    def _add_files(self):
        paths, _ = QFileDialog.getOpenFileNames(
            self, "Add Files", self.added_from or str(Path.home()), _filters())
        if paths:
            self.added_from = os.path.dirname(paths[0])
            self._add(paths)

    def _add_folder(self):
        path = QFileDialog.getExistingDirectory(self, "Add Folder",
                                                self.added_from or str(Path.home()))
        if path:
            self.added_from = path
            self._add([path])

    def _add(self, paths):
        """Add files and folders."""
        if self.task is not None:
            return
        there = set(map(key_of, self._names))
        for path in map(os.path.normpath, paths):
            if key_of(path) not in there:
                there.add(key_of(path))
                self._names.append(path)
        self._changed()

    def _remove(self):
        if self.task is not None:
            return
        gone = self.list.selected_places()
        self._names = [name for i, name in enumerate(self._names) if i not in gone]
        self._changed()

    def _clear(self):
        self._names = []
        self._changed()

    def _changed(self):
        """The list or the folder is another now."""
        self._remember()
        self._forget_result()
        self._look()

    def _look(self):
        if self._closed:
            return
        self.looker.start(self._names, self._folder)
        self._show()

    def _on_looked(self, now):
        self.found = now
        if self.task is None:
            self.entries, self.about = dict(now.earlier.files), now.earlier.about
            self.list.show_places(now.places, self.entries)
        self._show()
        if self._wants_start:
            self._wants_start = False
            # An earlier run is gone on with only once that was said.
            if not now.earlier.files:
                QTimer.singleShot(0, self._start)

    # ---------------------------------------------------------------- folder

    def _choose_folder(self):
        path = QFileDialog.getExistingDirectory(
            self, "Folder for the Results",
            self._folder or self.added_from or str(Path.home()))
        if path:
            self._folder = os.path.normpath(path)
            self._changed()
        return bool(path)

    def _open_folder(self):
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))

    def _report_path(self):
        """Report of the selected map; None if there is none."""
        entry = self.list.current_entry() or {}
        for name in entry.get("results", ()):
            path = Path(self._folder, name)
            if name.endswith(".html") and path.is_file():
                return path
        return None

    def _open_report(self):
        path = self._report_path()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # ---------------------------------------------------------------- the run

    def _toggle(self):
        if self.task is None:
            self._start()
        else:
            self._request.stop.set()
            self._show()

    def _start(self):
        if not self._can_start():
            return
        if not self._folder:
            # Starts when it is known what the folder holds.
            self._wants_start = self._choose_folder()
            return
        self._forget_result()
        simulated = None
        if self.ready_made and not self.models.connected:
            simulated = self.ready_made == SIMULATED
        self._request = Request(
            tuple(self._names), self._folder, self.model, str(self.model.name), simulated,
            self.box.settings, threading.Event())
        self.start(run, self._request)
        self._show()

    def _can_start(self):
        return self.task is None and not self._missing()

    def _missing(self):
        """What is needed before a run can be started; empty if nothing is."""
        if not self._names:
            return "Add files or folders."
        if self.model is None:
            return "Waiting for the model ..." if self.models.coming else "Choose a model."
        if not isinstance(self.model, DCNetModel):
            return "Choose another model."
        if self.models.busy or self.looker.task is not None:
            return "Please wait ..."
        if self.found.mixed:
            return "Choose another folder for the results, not one of those in the list: its " \
                   "files would be mixed with yours."
        if not self.found.keys:
            return "There is no file to identify."
        return self.box.problem or self.found.earlier.problem

    def _forget_result(self):
        """Outputs and messages belong to other files, or to an earlier state of the folder."""
        self._wants_start = False
        for message in (self.Error.failed, self.Error.not_written, self.Error.out_of_memory,
                        self.Warning.refused, self.Information.stopped, self.Information.more):
            message.clear()
        self.Outputs.spectra.send(None)
        self.Outputs.particles.send(None)

    def on_partial_result(self, step):
        self.progressBarSet(100 * step.fraction)
        if not self._request.stop.is_set():
            self.progress_label.setText(step.text)
        self.entries.update(step.entries)
        self.list.show_entries(step.entries)
        if self.list.current_key() in step.entries:
            self._show_details()

    def on_done(self, result):
        self.entries, self.about = result.entries, result.about
        self.list.show_entries({key: self.entries.get(key, {"state": "waiting"})
                                for key in self.found.keys})
        self.Outputs.spectra.send(result.spectra)
        self.Outputs.particles.send(result.particles)
        self.Information.stopped(shown=result.stopped)
        self.Information.more(MOST, result.n_spectra, shown=result.n_spectra > MOST)
        refused = sum(self.entries.get(key, {}).get("state") == REFUSED for key in self.found.keys)
        self.Warning.refused(things(refused, "file"), shown=bool(refused))
        self._ended()

    def on_exception(self, ex):
        if isinstance(ex, MemoryError):
            self.Error.out_of_memory()
        elif isinstance(ex, OSError):
            self.Error.not_written(self._not_written(ex))
        elif isinstance(ex, ValueError):
            self.Error.failed(str(ex))
        self._ended()
        if not isinstance(ex, (MemoryError, OSError, ValueError, Cancelled)):
            raise ex

    def _not_written(self, ex):
        text = f"The results cannot be written to {self._folder}: {ex.strerror or ex}."
        if Path(self._folder, NAME).is_file():
            text += " What is done stays there: press Start to go on."
        return text

    def _ended(self):
        # After the mixin, to which a task is still running; a folder may have other files now.
        QTimer.singleShot(0, self._look)

    # ---------------------------------------------------------------- what is shown

    def _show(self):
        """Show what is set, and what is missing."""
        running = self.task is not None
        box, none = self.models, self.model is None
        ours = none or isinstance(self.model, DCNetModel)
        self.Error.no_model(box.failure, shown=bool(box.failure))
        self.Error.not_ours(str(getattr(self.model, "name", "It")).capitalize(), shown=not ours)
        self.Warning.ready_made(box.notice, shown=bool(box.notice) and none
                                and bool(self._names))
        self.Information.not_used(shown=box.both)
        self.box.enable(not running)
        self.choose_button.setEnabled(not running)
        self.folder_label.setText(self._folder_text())
        self.folder_label.setToolTip(escape(self._folder))
        self.missing_label.setText(self._missing_text(running))
        self.missing_label.setVisible(bool(self.missing_label.text()))
        done = not running and any(e.get("state") == DONE for e in self.entries.values())
        self.result_label.setText(rich(summary(self.entries.values())) if done else "")
        self.result_label.setVisible(done)
        self.progress_label.setVisible(running)
        if not running:
            self.progress_label.clear()
        stopping = running and self._request.stop.is_set()
        if stopping:
            self.progress_label.setText("Stopping when the blocks under way are done ...")
        self.start_button.setText("Stopping ..." if stopping else "Stop" if running else "Start")
        self.start_button.setEnabled(running and not stopping or self._can_start())
        self.start_button.setToolTip(
            "Stop when the blocks under way are done. What is done stays, and Start goes on."
            if running else self._missing() or "Identify all files of the list.")
        self._show_buttons()
        self._show_details()

    def _show_buttons(self):
        running = self.task is not None
        for button, on in zip(self.edit_buttons, (
                True, True, bool(self.list.selectedItems()), bool(self._names)), strict=True):
            button.setEnabled(on and not running)

    def _show_details(self):
        self.details_label.setText(self.list.current_text() or self._first_refusal())
        self.report_button.setVisible(self._report_path() is not None)
        self.open_button.setEnabled(bool(self._folder) and os.path.isdir(self._folder))

    def _first_refusal(self):
        """Why the first file that was refused cannot be used."""
        for key in self.found.keys:
            entry = self.entries.get(key, {})
            if entry.get("state") == REFUSED:
                return details(key, entry)
        return ""

    def _folder_text(self):
        if not self._folder:
            return "No folder is chosen yet: Start asks for it."
        # Long paths break after each folder.
        path = escape(self._folder).replace(os.sep, f"{os.sep}\u200b")
        lines = [f"In {path}"]
        earlier, running = self.found.earlier, self.task is not None
        others = len(set(earlier.files) - set(self.found.keys))
        if running:
            return lines[0]
        if earlier.problem:
            lines.append(f"<b>{escape(earlier.problem)}</b>")
        elif self.found.mixed:
            lines.append(f"<b>{escape(self._missing())}</b>")
        elif earlier.files:
            lines.append(goes_on(self.found.count(DONE), self.found.count(REFUSED),
                                 len(self.found.keys), others))
        elif earlier.others:
            lines.append("There are other files in it; results are put beside them.")
        return "<br>".join(lines)

    def _missing_text(self, running):
        missing = "" if running else self._missing()
        # What is wrong with the folder stands beside it.
        return f"<b>{escape(missing)}</b>" if missing and not self.found.mixed \
            and missing != self.found.earlier.problem else ""

    def send_report(self):
        write_report(self)


def _label(kind=Qt.RichText):
    """A label as wide as there is room, with as many lines as it needs."""
    label = QLabel(wordWrap=True, textFormat=kind)
    label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
    label.setAlignment(Qt.AlignTop)
    return label


def _filters():
    """For the dialog: files that can be read, or all."""
    suffixes = sorted({suffix for suffix in (*FileFormat.readers, *TEXT, *HDF5)
                       if not suffix.startswith((".pkl", ".pickle"))})
    return f"Spectra and maps ({' '.join('*' + suffix for suffix in suffixes)});;All files (*)"


if __name__ == "__main__":
    WidgetPreview(OWIdentifyFiles).run()
