"""The model of a widget: connected, opened from a file, or ready-made."""
from __future__ import annotations

import os
from html import escape

from AnyQt.QtCore import QObject, QTimer, pyqtSignal
from AnyQt.QtWidgets import QLabel, QProgressBar, QPushButton, QSizePolicy
from Orange.widgets import gui

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.common.answertexts import known_names, knows
from orangecontrib.microplastics.widgets.common.modelfiles import (
    ModelLoader,
    ask_what_to_open,
    found,
    remembered,
)
from orangecontrib.microplastics.widgets.common.readymodel import ReadyModelMaker

__all__ = ["PUBLISHED", "SIMULATED", "ModelBox"]

#: Values of the setting `ready_made`: which ready-made model is used; "" for none.
PUBLISHED, SIMULATED = "published", "simulated"


class ModelBox(QObject):
    """
    The box "Model" and what belongs to it.

    The widget `master` has the settings `model_file` (see :func:`.modelfiles.remembered`),
    `ready_made`, `ready_low` (where the range of the ready-made model begins, cm-1; 0 for all of
    it) and `folder`. Signals: `changed`: another model is in use, or none. `told`: the
    texts have changed, or work has begun or ended.
    """
    changed = pyqtSignal()
    told = pyqtSignal()

    def __init__(self, master):
        super().__init__(master)
        self.master = master
        self._connected = self._opened = None
        self._source: str | None = None
        self._making = ""  # the ready-made model that is being loaded or made
        self._expected = master.model_file is not None or bool(master.ready_made)
        #: Why a file could not be opened, or the ready-made model not be made.
        self.failure = ""
        #: What to know about the remembered ready-made model.
        self.notice = ""
        self._loader = ModelLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        self._loader.failed.connect(self._on_failed)
        self._maker = ReadyModelMaker(self)
        self._maker.made.connect(self._on_made)
        self._maker.failed.connect(self._on_not_made)
        self._maker.progressed.connect(self._on_progress)
        self._can_simulate = self._must_make = False
        self._offered = 0
        self._add_controls()
        self._show()
        if self._expected:
            # Postponed until the workflow is loaded and its folder is known.
            QTimer.singleShot(0, self._open_remembered)

    def _add_controls(self):
        master, box = self.master, gui.widgetBox(self.master.controlArea, "Model")
        self.label = QLabel(wordWrap=True)
        self.label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        box.layout().addWidget(self.label)
        self.ready_button = QPushButton("Ready-made Model", autoDefault=False)
        font = self.ready_button.font()
        font.setBold(True)
        self.ready_button.setFont(font)
        self.ready_button.clicked.connect(self._use_ready)
        self.simulated_button = QPushButton(
            "Use Simulated Model", autoDefault=False,
            toolTip="Learn from simulated spectra, which needs no network: for trying things out, "
                    "not for results.")
        self.simulated_button.clicked.connect(lambda: self._make(SIMULATED))
        self.range_button = QPushButton("", autoDefault=False, toolTip=(
            "Make a ready-made model that looks only where these spectra have values. It takes "
            "about two minutes, once."))
        self.range_button.setFont(font)
        self.range_button.clicked.connect(self._make_for_range)
        self.progress = QProgressBar()
        self.cancel_button = QPushButton("Cancel", autoDefault=False,
                                         toolTip="Stop making the model; nothing is changed.")
        self.cancel_button.clicked.connect(self._cancel)
        for part in (self.ready_button, self.simulated_button, self.range_button, self.progress,
                     self.cancel_button):
            box.layout().addWidget(part)
        row = gui.hBox(box)
        self.open_button = gui.button(
            row, master, "Open Model...", callback=self._ask, autoDefault=False,
            tooltip="Use a model that was saved in a file, without training.")
        self.close_button = gui.button(
            row, master, "Close Model", callback=self.close, autoDefault=False,
            tooltip="Stop using this model.")

    # ----------------------------------------------------------------- state

    @property
    def model(self):
        """The model in use: the connected one if there is one."""
        return self._connected if self._connected is not None else self._opened

    @property
    def connected(self) -> bool:
        """Whether the model in use is the connected one."""
        return self._connected is not None

    @property
    def both(self) -> bool:
        """Whether a model was opened that is not used, because another is connected."""
        return self._connected is not None and self._opened is not None

    @property
    def working(self) -> bool:
        """Whether a model is being opened or made."""
        return self._loader.task is not None or self._maker.task is not None

    @property
    def busy(self) -> bool:
        """Whether a model is being opened or made that will be used."""
        return self.working and not self.connected

    @property
    def coming(self) -> bool:
        """Whether a model is expected without further action of the user."""
        return self.working or self._source is not None or self._expected

    def connect_model(self, model):
        """Use the model of the input, or None."""
        self._connected = model
        if model is not None:
            self.failure = ""
        self._show()

    def linked_to(self, source: str | None):
        """Take note of the title of the widget that is connected to the input, None for none."""
        self._source = source
        self._show()

    def offer_range(self, low: int):
        """Offer a ready-made model whose range begins at `low` (cm-1); 0 for none."""
        self._offered = low
        self._show()

    # --------------------------------------------------------------- display

    def _show(self):
        self.label.setText(self._text())
        self.label.setToolTip(self._tip())
        self.progress.setVisible(bool(self._making) and not self.connected)
        self.cancel_button.setVisible(bool(self._making))
        none = self.model is None and not self.coming
        self.ready_button.setVisible(none)
        self.ready_button.setToolTip(ready_tip())
        self.simulated_button.setVisible(none and self._can_simulate)
        # A model of the user's own is not replaced.
        ours = self.model is None or bool(self.master.ready_made) and not self.connected
        self.range_button.setVisible(bool(self._offered) and ours and not self.working)
        self.range_button.setText(f"Make a Model from {self._offered} cm-1 Upwards")
        self.close_button.setVisible(self._opened is not None)
        self.told.emit()

    def _text(self):
        if self._loader.task is not None:
            return f"Opening {escape(os.path.basename(self._loader.path))} ..."
        if self.model is None or self.busy:
            if self._making:
                return "Loading the ready-made model ..."
            if self._source is not None:
                return f"Waiting for the model of <b>{escape(self._source)}</b> ..."
            return "" if self._expected else self._invitation()
        name = escape(str(getattr(self.model, "name", "")))
        if self.connected:
            text = f"<b>{name}</b>, connected"
        elif self.master.ready_made:
            text = f"<b>{name}</b>, ready-made"
        else:
            text = f"<b>{name}</b>, opened from " \
                   f"{escape(os.path.basename(self.master.model_file[0]))}"
        return f"{text}<br>{knows(self.model)}" if isinstance(self.model, DCNetModel) else text

    def _invitation(self):
        if self.failure:
            return f"<b>{escape(self.failure)}</b>"
        if self._must_make or not ready.path().is_file():
            text = "Press <b>Ready-made Model</b>: it is made once, in about two minutes"
            if not all(map(datasets.is_available, ready.SETS_USED)):
                text += f", and downloads {datasets.DOWNLOAD_SIZE / 1e6:.0f}\u00a0MB"
            return text + ". Or connect or open another."
        return "Press <b>Ready-made Model</b>, or connect or open another."

    def _tip(self):
        if not isinstance(self.model, DCNetModel):
            return ""
        single, mixtures = known_names(self.model)
        lines = [self.master.model_file[0]] if self.master.model_file and not self.connected \
            else []
        lines += [f"{len(names)} {what}: {', '.join(names)}" for what, names in (
            ("single materials", single), ("mixtures", mixtures)) if names]
        return "<br>".join(f"<p>{escape(line)}</p>" for line in lines)

    # ------------------------------------------------------------------ file

    def _ask(self):
        path = ask_what_to_open(self.master, self.master.folder)
        if path:
            self.master.folder = os.path.dirname(path)
            self._open(path)

    def _open_remembered(self):
        self._expected = False
        # A model that the user has opened in the meantime takes precedence.
        if self._opened is None and not self.working:
            if self.master.ready_made:
                self._make(self.master.ready_made, only_load=True, low=self.master.ready_low)
            elif self.master.model_file is not None:
                self._open(found(self.master, self.master.model_file))
        self._show()

    def _open(self, path):
        self.failure = ""
        self._forget_making()
        self._loader.open(path)
        self.show_progress()
        self._show()

    def _on_loaded(self, path, model):
        self._opened_now(model, remembered(self.master, path), "")

    def _opened_now(self, model, model_file, ready_made):
        self._done()
        self.failure = self.notice = ""
        self._can_simulate = self._must_make = False
        self.master.model_file, self.master.ready_made = model_file, ready_made
        self._opened = model
        self._show()
        self.changed.emit()

    def _on_failed(self, _path, message):
        self._done()
        self.failure = message
        self._show()

    def close(self):
        """Stop using the opened or ready-made model."""
        self._loader.cancel()
        self._forget_making()
        self._done()
        self.master.model_file, self.master.ready_made, self._opened = None, "", None
        self.failure = self.notice = ""
        self._show()
        self.changed.emit()

    # ------------------------------------------------------------ ready-made

    def _use_ready(self):
        self._make(PUBLISHED)

    def _make_for_range(self):
        self._make(self.master.ready_made or PUBLISHED, low=self._offered)

    def _make(self, which, only_load=False, low=0):
        """Load a ready-made model; make it if necessary."""
        self._loader.cancel()
        self.failure = self.notice = ""
        self._can_simulate = False
        self._making, self._low = which, low
        self._maker.start(simulated=which == SIMULATED, only_load=only_load, low=low)
        self.progress.setRange(0, 0)
        self.show_progress()
        self._show()

    def _on_progress(self, fraction, text):
        self.progress.setRange(0, 100)
        self.progress.setValue(round(100 * fraction))
        if not self.connected:
            self.label.setText(f"Making the ready-made model.<br>{escape(text)} ...")
            self.master.progressBarSet(100 * fraction)
            self.master.setStatusMessage(text)

    def _on_made(self, model):
        which, self._making = self._making, ""
        if model is not None:
            self.master.ready_low, self._offered = self._low, 0
            self._opened_now(model, None, which)
            return
        self._done()
        self._must_make = True
        self.notice = "The ready-made model is not on this computer yet, or is of another " \
                      "version. Press Ready-made Model to make it."
        self._show()

    def _on_not_made(self, message, can_simulate):
        which, self._making = self._making, ""
        self._done()
        self.failure, self._can_simulate = message, can_simulate and which != SIMULATED
        self._show()

    def _cancel(self):
        self._forget_making()
        self._done()
        self._show()

    def _forget_making(self):
        self._maker.cancel()
        self._making = ""

    # ----------------------------------------------------------------- state

    def show_progress(self):
        """Show on the canvas that a model is being opened or made."""
        if self.busy and self.master.task is None:
            self.master.progressBarInit()

    def _done(self):
        if self.master.task is None:
            self.master.progressBarFinished()
            self.master.setStatusMessage("")

    def shutdown(self):
        """Stop the threads, before the widget is deleted."""
        self._loader.shutdown()
        self._maker.shutdown()


def ready_tip() -> str:
    """What the ready-made model is, and how long it takes."""
    text = f"Names {len(ready.MATERIALS)} common materials and mixtures of two, without training " \
           "of your own."
    if ready.path().is_file():
        return text + " It is on this computer; if it is of another version, it is made anew in " \
                      "about two minutes."
    text += " The first time, it is made on this computer from published spectra: about two " \
            "minutes, once."
    if not all(map(datasets.is_available, ready.SETS_USED)):
        text += f" They are downloaded, also once: {datasets.DOWNLOAD_SIZE / 1e6:.0f}\u00a0MB."
    return text
