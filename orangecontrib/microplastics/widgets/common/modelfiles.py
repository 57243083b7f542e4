"""Dialogues that save a model as a file, and open one."""
from __future__ import annotations

import re
from pathlib import Path

from AnyQt.QtWidgets import QFileDialog
from Orange.widgets.utils.filedialogs import RecentPath

from orangecontrib.microplastics.dcnet.modelfile import SUFFIX

__all__ = ["FILTER", "ask_where_to_save", "ask_what_to_open", "remembered", "found"]

FILTER = f"Model of Dual-Branch CNN (*{SUFFIX})"


def ask_where_to_save(parent, folder: str, name: str) -> str:
    """The file that the user chose for a model of this name, with the suffix; "" if cancelled."""
    # What some system forbids in names of files.
    proposed = re.sub(r'[<>:"/\\|?*]+', " ", name).strip() or "model"
    chosen, _ = QFileDialog.getSaveFileName(
        parent, "Save Model", str(Path(folder or Path.home()) / f"{proposed}{SUFFIX}"), FILTER)
    if chosen and not chosen.lower().endswith(SUFFIX):
        chosen += SUFFIX
    return chosen


def ask_what_to_open(parent, folder: str) -> str:
    """The file of a model that the user chose; "" if cancelled."""
    chosen, _ = QFileDialog.getOpenFileName(parent, "Open Model", folder or str(Path.home()),
                                            FILTER)
    return chosen


def remembered(widget, path: str) -> tuple:
    """A path to keep with the workflow: beside the workflow's file it moves with it.

    A tuple of texts, which a workflow's file holds as text.
    """
    kept = RecentPath.create(path, _search_paths(widget))
    return kept.abspath, kept.prefix, kept.relpath


def found(widget, kept: tuple) -> str:
    """Where a remembered file is now; where it was if it is nowhere."""
    resolved = RecentPath(*kept).resolve(_search_paths(widget))
    return resolved.abspath if resolved is not None else kept[0]


def _search_paths(widget):
    folder = widget.workflowEnv().get("basedir")
    return [("basedir", folder)] if folder else []
