"""Dialogs for saving and opening model files, and paths that are stored in workflows."""
from __future__ import annotations

import re
from pathlib import Path

from AnyQt.QtWidgets import QFileDialog
from Orange.widgets.utils.filedialogs import RecentPath

from orangecontrib.microplastics.dcnet.modelfile import SUFFIX

__all__ = ["FILTER", "ask_where_to_save", "ask_what_to_open", "remembered", "found"]

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


def ask_what_to_open(parent, folder: str) -> str:
    """Ask for a model file to open; returns its path, "" if cancelled."""
    chosen, _ = QFileDialog.getOpenFileName(parent, "Open Model", folder or str(Path.home()),
                                            FILTER)
    return chosen


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
