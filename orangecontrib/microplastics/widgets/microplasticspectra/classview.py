"""Overview of the classes: number of spectra and median spectrum of each."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QRectF, Qt, pyqtSignal
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from Orange.widgets.visualize.utils.plotutils import PlotWidget
from orangewidget.utils import enum_as_int

from orangecontrib.microplastics.widgets.common.materialcolors import material_colors
from orangecontrib.microplastics.widgets.common.palette import is_dark, show_boxes

_COUNT = Qt.UserRole + 1
_SHARE = Qt.UserRole + 2


def class_color(view: QWidget, name: str) -> QColor:
    """Colour of a class on the background of a list or plot."""
    return material_colors([name], is_dark(view))[0]


class _BarDelegate(QStyledItemDelegate):
    """Number of spectra, followed by a bar of proportional length."""

    def paint(self, painter, option, index):
        super().paint(painter, option, index)
        count, share = index.data(_COUNT), index.data(_SHARE)
        if count is None:
            return
        painter.save()
        rect = QRectF(option.rect).adjusted(2, 3, -4, -3)
        number = option.fontMetrics.horizontalAdvance("00,000")
        bar = QRectF(rect.left() + number + 6, rect.top(),
                     max(1., share * (rect.width() - number - 6)), rect.height())
        ticked = index.sibling(index.row(), 0).data(Qt.CheckStateRole)
        ticked = enum_as_int(ticked) == enum_as_int(Qt.Checked)
        colour = QColor(index.sibling(index.row(), 0).data(Qt.ForegroundRole).color())
        colour.setAlpha(255 if ticked else 50)
        painter.fillRect(bar, colour)
        painter.setPen(option.palette.color(QPalette.Text))
        painter.drawText(QRectF(rect.left(), rect.top() - 3, number, rect.height() + 6),
                         enum_as_int(Qt.AlignRight | Qt.AlignVCenter), f"{count:,}")
        painter.restore()


class ClassBars(QTreeWidget):
    """
    Classes with check boxes, names and bars of their counts.

    Signals: `checked_changed` when the user ticks or unticks a class, `class_chosen` with the
    name of the selected class ("" for none).
    """

    checked_changed = pyqtSignal()
    class_chosen = pyqtSignal(str)

    def __init__(self):
        super().__init__(rootIsDecorated=False, uniformRowHeights=True,
                         selectionMode=QAbstractItemView.SingleSelection)
        show_boxes(self)
        self.setHeaderLabels(["Class", "Name", "Spectra"])
        self.setItemDelegateForColumn(2, _BarDelegate(self))
        self.header().setSectionResizeMode(0, QHeaderView.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.itemChanged.connect(self._on_changed)
        self.itemSelectionChanged.connect(self._on_selected)

    def set_classes(self, counts: dict[str, int], names: dict[str, str], left_out):
        """Show the classes of `counts`; those in `left_out` are not ticked."""
        selected = self.selected()
        self.blockSignals(True)
        self.clear()
        largest = max(counts.values(), default=1)
        for code, count in counts.items():
            item = QTreeWidgetItem(self, [code, names.get(code, ""), ""])
            item.setFlags(item.flags() | Qt.ItemIsUserCheckable)
            item.setCheckState(0, Qt.Unchecked if code in left_out else Qt.Checked)
            item.setForeground(0, class_color(self, code))
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)
            item.setData(2, _COUNT, count)
            item.setData(2, _SHARE, count / largest)
            item.setSelected(code == selected)
            for column in range(3):
                item.setToolTip(column, f"{names.get(code, code)}: {count:,} spectra.\n"
                                        "Untick to leave them out; click to highlight their "
                                        "curve.")
        self.blockSignals(False)
        self._share_width()

    def resizeEvent(self, event):
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self):
        """Limit the width of the names to half of the room left for names and bars."""
        rest = self.viewport().width() - self.columnWidth(0)
        self.setColumnWidth(1, int(min(self.sizeHintForColumn(1) + 6, rest / 2)))

    def codes(self) -> list[str]:
        """All classes shown."""
        return [self.topLevelItem(i).text(0) for i in range(self.topLevelItemCount())]

    def unticked(self) -> list[str]:
        """Classes without a tick."""
        items = [self.topLevelItem(i) for i in range(self.topLevelItemCount())]
        return [item.text(0) for item in items if item.checkState(0) != Qt.Checked]

    def tick(self, wanted: bool):
        """Tick all or none."""
        self.blockSignals(True)
        for i in range(self.topLevelItemCount()):
            self.topLevelItem(i).setCheckState(0, Qt.Checked if wanted else Qt.Unchecked)
        self.blockSignals(False)
        self.viewport().update()
        self.checked_changed.emit()

    def selected(self) -> str:
        """The selected class, or an empty string."""
        items = self.selectedItems()
        return items[0].text(0) if items else ""

    def _on_changed(self, _, column):
        if column == 0:
            self.checked_changed.emit()

    def _on_selected(self):
        self.class_chosen.emit(self.selected())


class MedianPlot(PlotWidget):
    """Stacked median spectra, each scaled to the same height; high wavenumbers on the left."""

    def __init__(self):
        super().__init__(enableMenu=False)
        item = self.getPlotItem()
        item.buttonsHidden = True
        item.getViewBox().invertX(True)
        self.setMouseEnabled(True, False)
        item.setLabel("bottom", "Wavenumber (cm<sup>-1</sup>)")
        item.setLabel("left", "Median absorbance, scaled")
        item.getAxis("left").setStyle(showValues=False)
        item.getAxis("left").setTicks([])
        item.showGrid(x=True, y=False, alpha=.2)
        self.setFocusPolicy(Qt.NoFocus)  # it has no keyboard functions
        self.setMinimumSize(320, 180)
        self._curves = {}
        self.setToolTip("Drag to move, turn the mouse wheel to zoom.")

    def show_medians(self, wavenumbers, medians: dict, chosen: str = ""):
        """
        Draw curves, the first class on top.

        Parameters
        ----------
        wavenumbers : ndarray, shape (p,)
            cm-1, ascending.
        medians : dict of class to ndarray, shape (p,)
        chosen : str
            The class to highlight.
        """
        self.clear()
        self._curves = {}
        for row, (name, median) in enumerate(medians.items()):
            low, high = np.nanmin(median), np.nanmax(median)
            base = len(medians) - 1 - row
            scaled = base + .92 * (median - low) / (high - low or 1.)
            curve = self.plot(wavenumbers, scaled, antialias=True, connect="finite")
            self._curves[name] = curve
            label = pg.TextItem(name, color=class_color(self, name), anchor=(1, .7))
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * (1 if len(medians) < 14 else .8))
            label.setFont(font)
            label.setPos(wavenumbers[-1], base + (scaled[np.isfinite(scaled)][-1] - base) / 2)
            self.addItem(label)
        if medians:
            # Room for the names, left of the curves.
            margin = .11 * (wavenumbers[-1] - wavenumbers[0])
            self.setXRange(wavenumbers[0], wavenumbers[-1] + margin, padding=.01)
            self.setYRange(-.05, len(medians), padding=.01)
        else:
            self.setXRange(600, 4000)
        self.stress(chosen)

    def stress(self, chosen: str):
        """Draw the curve of one class thick; none for an empty string."""
        for name, curve in self._curves.items():
            curve.setPen(pg.mkPen(class_color(self, name), width=3. if name == chosen else 1.3))
