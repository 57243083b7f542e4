"""List of the sets: contents, size, reference, and whether they are on this computer."""
from __future__ import annotations

from html import escape

from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from orangewidget.utils import enum_as_int

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets.collection import SIMULATED
from orangecontrib.microplastics.widgets.common.palette import show_boxes

_SIMULATED_TEXT = (
    "<b>Simulated polymers</b>: made at once from tables of bands, nothing to download. Good for "
    "lessons and for trying workflows, not for identifying particles from the environment.")


def details(name: str) -> str:
    """Description of a set as rich text with a link to its reference."""
    if name == SIMULATED:
        return _SIMULATED_TEXT
    info = datasets.SETS[name]
    return (f'<b>{escape(info.title)}</b>: <a href="{info.url}">{escape(info.reference)}</a>. '
            f"Published in {escape(info.unit)}, given in absorbance. {escape(info.remarks)}")


class SetList(QWidget):
    """
    Simulated polymers and published sets with check boxes; below, details of the current set.

    Signal `ticked`: emitted when the user ticks or unticks a set.
    """

    ticked = pyqtSignal()

    def __init__(self, sets: list[str]):
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.view = QTreeWidget(
            rootIsDecorated=False, uniformRowHeights=True,
            selectionMode=QAbstractItemView.SingleSelection,
            toolTip="Tick one set or more; several are put on one grid of wavenumbers, and the "
                    "meta 'study' tells them apart.")
        self.view.setHeaderLabels(["Set", "Spectra", "Classes", "cm\u207b\u00b9", "Status"])
        self.view.header().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.view.header().setStretchLastSection(True)
        show_boxes(self.view)
        self.items = {}
        for name in (SIMULATED, *datasets.SETS):
            item = self.items[name] = QTreeWidgetItem(self.view)
            item.setData(0, Qt.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemIsUserCheckable)
            item.setCheckState(0, Qt.Checked if name in sets else Qt.Unchecked)
            for column in (1, 2):
                item.setTextAlignment(column, enum_as_int(Qt.AlignRight | Qt.AlignVCenter))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.view.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        self.view.setCurrentItem(self.items[next(iter(self.sets()), SIMULATED)])
        self.view.itemChanged.connect(self._on_ticked)
        self.view.currentItemChanged.connect(lambda *_: self._show_details())
        layout.addWidget(self.view)
        self.details = QLabel(textFormat=Qt.RichText, wordWrap=True, openExternalLinks=True,
                              alignment=Qt.AlignLeft | Qt.AlignTop)
        self.details.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        font = self.details.font()
        font.setPointSizeF(.9 * font.pointSizeF())
        self.details.setFont(font)
        layout.addWidget(self.details)

    def sets(self) -> list[str]:
        """Names of the ticked sets, in the order of the list."""
        return [name for name, item in self.items.items() if item.checkState(0) == Qt.Checked]

    def refresh(self, n_polymers: int, n_spectra: int):
        """Update the texts, for these numbers of simulated polymers and of all their spectra."""
        self.view.blockSignals(True)
        for name, item in self.items.items():
            if name == SIMULATED:
                texts = ["Simulated polymers", f"{n_spectra:,}", str(n_polymers),
                         "600\u20134000", "ready"]
            else:
                info = datasets.SETS[name]
                low, high = info.range
                texts = [info.title, f"{info.n_spectra:,}", str(info.n_classes or "\u2013"),
                         f"{low:.0f}\u2013{high:.0f}",
                         "ready" if datasets.is_available(name) else "download"]
                for column in range(5):
                    item.setToolTip(column, f"{info.reference}\n{info.remarks}")
            for column, text in enumerate(texts):
                item.setText(column, text)
        self.view.blockSignals(False)
        self._show_details()

    def fit(self):
        """Make the list large enough for all rows and columns, and the details for the longest."""
        view, header = self.view, self.view.header()
        view.ensurePolished()
        frame = 2 * view.frameWidth()
        view.setMinimumWidth(frame + 8 + sum(
            max(view.sizeHintForColumn(c), header.sectionSizeHint(c)) for c in range(4))
            + view.fontMetrics().horizontalAdvance("download") + 16)
        view.setFixedHeight(header.sizeHint().height() + frame + 2
                            + view.topLevelItemCount() * view.sizeHintForRow(0))
        heights = []
        for name in self.items:
            self.details.setText(details(name))
            heights.append(self.details.heightForWidth(view.minimumWidth() - 4))
        self._show_details()
        self.details.setFixedHeight(max(heights))

    def _show_details(self):
        self.details.setText(details(self.view.currentItem().data(0, Qt.UserRole)))

    def _on_ticked(self, item, column):
        if column == 0:
            self.view.setCurrentItem(item)
            self.ticked.emit()
