"""Dialogs for saving and opening model files, their loading, and paths stored in workflows."""
from __future__ import annotations

import os
import re
from pathlib import Path

from AnyQt.QtCore import QObject, pyqtSignal
from AnyQt.QtWidgets import QFileDialog
from Orange.widgets.utils.concurrent import ConcurrentMixin, TaskState
from Orange.widgets.utils.filedialogs import RecentPath

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.modelfile import SUFFIX, ModelFileError

__all__ = ["FILTER", "ask_where_to_save", "save_model", "ask_what_to_open", "ModelLoader",
           "remembered", "found"]

FILTER = f"Model of Dual-Branch CNN (*{SUFFIX})"


def ask_where_to_save(parent, folder: str, name: str) -> str:
    """Ask for a file to save the model `name` to; returns its path with suffix, "" if cancelled."""
    # Replace characters that some operating systems do not allow in file names.
    proposed = re.sub(r'[<>:"/\\|?*]+', " ", name).strip() or "model"
    chosen, _ = QFileDialog.getSaveFileName(
        parent, "Save Model", str(Path(folder or Path.home()) / f"{proposed}{SUFFIX}"), FILTER)
    if chosen and not chosen.lower().endswith(SUFFIX):
        chosen += SUFFIX
    return chosen


def save_model(widget, model: DCNetModel, name: str):
    """Ask for a file and save a model; the widget has the setting `folder`, and says the result by
    `Error.not_saved` and `Information.saved`."""
    path = ask_where_to_save(widget, widget.folder, name)
    if not path:
        return
    widget.Error.not_saved.clear()
    widget.Information.saved.clear()
    try:
        model.save(path)
    except ModelFileError as ex:
        widget.Error.not_saved(str(ex))
        return
    widget.folder = os.path.dirname(path)
    widget.Information.saved(os.path.basename(path))


def ask_what_to_open(parent, folder: str) -> str:
    """Ask for a model file to open; returns its path, "" if cancelled."""
    chosen, _ = QFileDialog.getOpenFileName(parent, "Open Model", folder or str(Path.home()),
                                            FILTER)
    return chosen


def _load(path: str, _state: TaskState) -> DCNetModel:
    return DCNetModel.load(path)


class ModelLoader(QObject, ConcurrentMixin):
    """Loads a model file in the background: the first model imports torch, which takes a second.

    `loaded(path, model)`: the model of the file. `failed(path, message)`: why there is none.
    """
    loaded = pyqtSignal(str, object)
    failed = pyqtSignal(str, str)

    def __init__(self, parent: QObject):
        QObject.__init__(self, parent)
        ConcurrentMixin.__init__(self)
        self.path = ""

    def open(self, path: str):
        """Start to load a file, instead of one that is being loaded."""
        self.path = path
        self.start(_load, path)

    def on_done(self, result):
        self.loaded.emit(self.path, result)

    def on_exception(self, ex):
        if not isinstance(ex, ValueError):  # ModelFileError, or torch is not installed
            raise ex
        self.failed.emit(self.path, str(ex))


def remembered(widget, path: str) -> tuple:
    """Return a path in the form in which a workflow stores it: (absolute, prefix, relative).

    The last two are strings if the file lies in or below the workflow's folder, and None
    otherwise. The relative path lets :func:`found` find the file after both were moved together.
    """
    kept = RecentPath.create(path, _search_paths(widget))
    return kept.abspath, kept.prefix, kept.relpath


def found(widget, kept: tuple) -> str:
    """Return the current path of a :func:`remembered` file, or its old path if it is not found."""
    resolved = RecentPath(*kept).resolve(_search_paths(widget))
    return resolved.abspath if resolved is not None else kept[0]


def _search_paths(widget):
    folder = widget.workflowEnv().get("basedir")
    return [("basedir", folder)] if folder else []
