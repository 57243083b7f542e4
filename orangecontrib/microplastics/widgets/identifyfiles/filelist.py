"""The list of files and folders with the state of each file."""
from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtGui import QBrush, QColor, QPainter, QPalette
from AnyQt.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from orangecontrib.microplastics.batch.manifest import DONE, REFUSED
from orangecontrib.microplastics.widgets.common.palette import is_dark
from orangecontrib.microplastics.widgets.identifyfiles.look import Place
from orangecontrib.microplastics.widgets.identifyfiles.texts import (
    EMPTY,
    IDENTIFYING,
    MISSING,
    details,
    state_text,
)

__all__ = ["FileList"]

_FILE, _STATE = 0, 1

#: Width of the column of states, in widths of "0".
_WIDTH = 24


class FileList(QTreeWidget):
    """
    Files, and folders with their files.

    Signals: `dropped(paths)`: files from the file manager. `removed()`: the selected ones are to
    be removed.
    """
    dropped = pyqtSignal(list)
    removed = pyqtSignal()

    def __init__(self):
        super().__init__()
        self.setHeaderLabels(["File", "State"])
        self.setAccessibleName("Files")
        self.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setTextElideMode(Qt.ElideMiddle)
        self.setAcceptDrops(True)
        self.setToolTip("Files to identify, and how far each is. Drop files or folders here.")
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_FILE, QHeaderView.Stretch)
        header.setSectionResizeMode(_STATE, QHeaderView.Interactive)
        header.resizeSection(_STATE, _WIDTH * self.fontMetrics().horizontalAdvance("0"))
        self._items: dict[str, QTreeWidgetItem] = {}
        self._paths: dict[str, str] = {}
        self._entries: dict[str, dict] = {}

    # ---------------------------------------------------------------- content

    def show_places(self, places: Sequence[Place], entries: dict[str, dict]):
        """Show files and folders, with what is known of each file."""
        folded = {item.text(_FILE) for item in map(self.topLevelItem,
                                                   range(self.topLevelItemCount()))
                  if item.childCount() and not item.isExpanded()}
        current = self.current_key()
        self.clear()
        self._items, self._paths = {}, {}
        self._entries = dict(entries)
        for place in places:
            top = QTreeWidgetItem([place.path, ""])
            if place.problem:
                self._fill(top, place.path, {"state": MISSING, "why": place.problem})
                self.addTopLevelItem(top)
                continue
            for key, path in place.files.items():
                # The folder stands above.
                item = QTreeWidgetItem(top, [_below(path, place.path), ""]) \
                    if place.is_folder else top
                item.setData(_FILE, Qt.UserRole, key)
                self._items[key], self._paths[key] = item, path
            if place.is_folder:
                top.setToolTip(_FILE, place.path)
            self.addTopLevelItem(top)
            top.setExpanded(place.path not in folded)
        self.setRootIsDecorated(any(place.is_folder for place in places))
        for key in self._items:
            self._show(key)
        self._count_folders(range(len(places)))
        if current in self._items:
            self.setCurrentItem(self._items[current])

    def show_entries(self, entries: dict[str, dict]):
        """Show what has changed."""
        folders = set()
        for key, entry in entries.items():
            self._entries[key] = entry
            if key in self._items:
                self._show(key)
                parent = self._items[key].parent()
                if parent is not None:
                    folders.add(self.indexOfTopLevelItem(parent))
                # The user's own place in the list stays.
                if entry["state"] == IDENTIFYING and self.currentItem() is None:
                    self.scrollToItem(self._items[key])
        self._count_folders(folders)

    def _show(self, key):
        self._fill(self._items[key], self._paths[key], self._entries.get(key, {}))

    def _fill(self, item, path, entry):
        state = entry.get("state")
        item.setText(_STATE, state_text(entry))
        text = details(path, entry)
        item.setToolTip(_FILE, text)
        item.setToolTip(_STATE, text)
        colour = QBrush()
        if state in (REFUSED, MISSING):
            colour = QBrush(QColor(255, 130, 130) if is_dark(self) else QColor(176, 0, 0))
        item.setForeground(_STATE, colour)
        if state == MISSING:
            item.setForeground(_FILE, colour)
        font = self.font()
        font.setBold(state == IDENTIFYING)
        item.setFont(_STATE, font)

    def _count_folders(self, numbers):
        for number in numbers:
            top = self.topLevelItem(number)
            n = top.childCount()
            if n:
                keys = (top.child(i).data(_FILE, Qt.UserRole) for i in range(n))
                done = sum(self._entries.get(key, {}).get("state") == DONE for key in keys)
                top.setText(_STATE, f"{done:,} of {n:,} done")

    # ---------------------------------------------------------------- state

    def state(self, key: str) -> str:
        """What the column of states says of a file."""
        return self._items[key].text(_STATE)

    def current_key(self) -> str | None:
        """Of the selected file; None without one, and for a folder."""
        item = self.currentItem()
        return None if item is None else item.data(_FILE, Qt.UserRole)

    def current_entry(self) -> dict | None:
        """What is known of the selected file."""
        return self._entries.get(self.current_key())

    def current_text(self) -> str:
        """All about the selected file or folder."""
        item = self.currentItem()
        return "" if item is None else item.toolTip(_FILE)

    def selected_places(self) -> set[int]:
        """Numbers of the files and folders that are selected, or of which a file is."""
        return {self.indexOfTopLevelItem(item.parent() or item) for item in self.selectedItems()}

    # ---------------------------------------------------------------- events

    def keyPressEvent(self, event):
        if event.key() in (Qt.Key_Delete, Qt.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event):
        if _paths_of(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    dragMoveEvent = dragEnterEvent

    def dropEvent(self, event):
        paths = _paths_of(event.mimeData())
        if paths:
            # Not moved: the file manager would delete them.
            event.setDropAction(Qt.CopyAction)
            event.accept()
            self.dropped.emit(paths)

    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.topLevelItemCount():
            painter = QPainter(self.viewport())
            colour = self.palette().color(QPalette.Text)
            colour.setAlpha(170)
            painter.setPen(colour)
            painter.drawText(self.viewport().rect().adjusted(12, 12, -12, -12),
                             Qt.AlignCenter | Qt.TextWordWrap, EMPTY)


def _below(path, folder):
    return path[len(folder):].lstrip("/\\") if path.startswith(folder) else path


def _paths_of(mime):
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
