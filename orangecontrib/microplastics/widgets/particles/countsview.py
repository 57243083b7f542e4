"""The table of counts: polymers down, size classes across."""
from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

__all__ = ["CountsView"]

_GREY = QColor(128, 128, 128)


class CountsView(QWidget):
    """A table of texts with a line above and notes below."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 2)
        layout.setSpacing(2)
        self.title, self.notes = (QLabel(textFormat=Qt.RichText, wordWrap=True) for _ in range(2))
        for label in (self.title, self.notes):
            label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.NoSelection)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setFocusPolicy(Qt.NoFocus)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.table.setMinimumHeight(60)
        layout.addWidget(self.title)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.notes)

    def clear(self):
        """Show nothing."""
        self.table.setRowCount(0)
        self.table.setColumnCount(0)
        self.title.clear()
        self.notes.clear()

    def show_rows(self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]],
                  notes: Sequence[str] = (), tips: Sequence[str] = ()):
        """Show rows of texts; the first column holds names, others numbers.

        Parameters
        ----------
        title : str
            Rich text above the table.
        header : sequence of str
        rows : sequence of sequences of str
        notes : sequence of str
            Below the table.
        tips : sequence of str
            Tooltips of the columns.
        """
        self.title.setText(title)
        self.notes.setText("<small>" + "<br>".join(notes) + "</small>")
        self.notes.setVisible(bool(notes))
        self.table.setColumnCount(len(header))
        self.table.setHorizontalHeaderLabels(list(header))
        for column, tip in enumerate(tips):
            self.table.horizontalHeaderItem(column).setToolTip(tip)
        self.table.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemIsEnabled)
                if j:
                    item.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
                if text in ("0", "–"):
                    item.setForeground(_GREY)
                self.table.setItem(i, j, item)
