"""Heat map of the importance of all spectra: one row per spectrum, sorted by class."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from AnyQt.QtGui import QFont, QFontMetricsF, QPalette
from AnyQt.QtWidgets import QFrame, QScrollArea, QToolTip
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.widgets.gradcam.plot import as_levels, lookup_table, on_screen

#: Maximum width of the class names beside the map, pixels.
_WIDEST = 150
#: Height of axis and margins below the rows, pixels.
_BELOW = 22


class _ViewBox(pg.ViewBox):
    """Not zoomed by the mouse: the range follows the plot above, and the wheel scrolls."""

    def __init__(self):
        super().__init__(enableMenu=False)
        self.invertX(True)
        self.invertY(True)
        self.setMouseEnabled(x=False, y=False)


class HeatMap(PlotWidget):
    """Importance maps of all spectra, with enough height per class for its name.

    "Position" is a place in `order`, the rows of the table as they are drawn; "height" is a
    vertical coordinate of the plot, 0 (top) to 1.

    Signals: `row_clicked` with the row of the table and whether to add it to the selection;
    `cleared` when the user removes the selection.
    """

    row_clicked = pyqtSignal(int, bool)
    cleared = pyqtSignal()

    def __init__(self):
        super().__init__(viewBox=_ViewBox(), enableMenu=False)
        self.order = np.zeros(0, int)
        # First position of each class, and the end of the last; and their heights in the plot.
        self.starts, self.edges = np.zeros(1, int), np.zeros(1)
        self.names, self._images, self._marks, self._borders = [], [], [], []
        self._marked = []
        self.getPlotItem().hideButtons()
        # The plot above shows the numbers of the same axis.
        self.getAxis("bottom").setStyle(showValues=False, tickLength=-4)
        self.getAxis("bottom").setHeight(6)
        axis = self.getAxis("left")
        axis.setStyle(tickLength=0)
        self.small = QFont(self.font())
        self.small.setPointSizeF(.85 * max(self.small.pointSizeF(), 8))
        axis.setTickFont(self.small)
        self.setAccessibleName("Importance of all spectra")
        self.setToolTip("Each row is a spectrum, by class and then by probability. Click a row "
                        "to see that spectrum and to send it to Selected Data; with Ctrl, more "
                        "than one. With the keyboard: up and down, Page Up and Page Down for "
                        "the next class, Escape for the mean of the class.")
        self.scene().sigMouseClicked.connect(self._clicked)

    def sizeHint(self):
        return QSize(700, 180)

    def line(self) -> float:
        """Height of a class name in pixels."""
        return QFontMetricsF(self.small).height() + 1

    def clear_maps(self):
        """Remove all maps."""
        self.order = np.zeros(0, int)
        self.starts, self.edges, self.names = np.zeros(1, int), np.zeros(1), []
        self.getAxis("left").setTicks([[]])
        for item in (*self._images, *self._borders, *self._marks):
            self.removeItem(item)
        self._images, self._borders, self._marks, self._marked = [], [], [], []
        self.setMinimumHeight(90)

    def set_maps(self, maps, axis, signed, groups):
        """Draw the maps, grouped by class.

        Parameters
        ----------
        maps : ndarray, shape (n, m)
            Scaled to a maximum of 1; NaN where not seen.
        axis : ndarray, shape (m,)
            cm-1, in any order.
        signed : bool
            Whether the maps have negative values.
        groups : list of (str, ndarray of int)
            Names of the classes and the rows of each, in the order to be drawn.
        """
        self.clear_maps()
        if not sum(len(rows) for _, rows in groups):
            return
        self.order = np.concatenate([rows for _, rows in groups])
        self.names = [name for name, _ in groups]
        self.starts = np.r_[0, np.cumsum([len(rows) for _, rows in groups])]
        columns, self._extent = on_screen(axis)
        table = lookup_table(signed)
        for _, rows in groups:
            image = pg.ImageItem(as_levels(maps[rows][:, columns], signed).T, lut=table,
                                 levels=(0, 256), autoLevels=False, autoDownsample=True)
            self.addItem(image)
            self._images.append(image)
        for _ in groups[1:]:
            border = pg.InfiniteLine(0, 0, pen=pg.mkPen(self.palette().color(QPalette.Text)))
            self.addItem(border)
            self._borders.append(border)
        self.setMinimumHeight(max(90, int(self.line() * len(groups)) + _BELOW))
        self._lay_out()

    def axis_width(self) -> int:
        """Width of the class names in pixels."""
        metrics = QFontMetricsF(self.small)
        return int(min(_WIDEST, max((metrics.horizontalAdvance(n) for n in self.names),
                                    default=0)) + 10)

    def _lay_out(self):
        """Set the height of each class: that of its name, and a share by its number of spectra."""
        counts = np.diff(self.starts)
        if not len(counts):
            return
        height = max(self.height() - _BELOW, 1)
        least = min(self.line() / height, 1 / len(counts))
        self.edges = np.r_[0, np.cumsum(
            least + (1 - least * len(counts)) * counts / counts.sum())]
        for image, low, high in zip(self._images, self.edges[:-1], self.edges[1:], strict=True):
            image.setRect(QRectF(self._extent.left(), low, self._extent.width(), high - low))
        for border, at in zip(self._borders, self.edges[1:-1], strict=True):
            border.setPos(at)
        metrics = QFontMetricsF(self.small)
        middles = (self.edges[1:] + self.edges[:-1]) / 2
        self.getAxis("left").setTicks([[
            (at, metrics.elidedText(name, Qt.ElideMiddle, _WIDEST))
            for at, name in zip(middles, self.names, strict=True)]])
        self.setYRange(0, 1, padding=0)
        self.mark(self._marked)

    def resizeEvent(self, event):
        super().resizeEvent(event)
        if hasattr(self, "edges"):
            self._lay_out()

    def place(self, position: int) -> float:
        """Height of the middle of the row at a position."""
        group = int(np.searchsorted(self.starts, position, side="right")) - 1
        n = self.starts[group + 1] - self.starts[group]
        return float(self.edges[group] + (position - self.starts[group] + .5) / n
                     * (self.edges[group + 1] - self.edges[group]))

    def position(self, place: float) -> int | None:
        """Position of the row at a height; None outside the map."""
        if not len(self.order) or not 0 <= place < self.edges[-1]:
            return None
        group = int(np.searchsorted(self.edges, place, side="right")) - 1
        share = (place - self.edges[group]) / (self.edges[group + 1] - self.edges[group])
        n = self.starts[group + 1] - self.starts[group]
        return int(self.starts[group] + min(int(share * n), n - 1))

    def mark(self, rows):
        """Mark these rows of the table as selected."""
        self._marked = list(rows)
        for item in self._marks:
            self.removeItem(item)
        self._marks = []
        for position in np.flatnonzero(np.isin(self.order, self._marked)):
            line = pg.InfiniteLine(self.place(position), 0, pen=pg.mkPen(
                self.palette().color(QPalette.Text), width=2, style=Qt.DotLine))
            self.addItem(line)
            self._marks.append(line)

    def _clicked(self, event):
        if event.button() != Qt.LeftButton or not len(self.order):
            return
        box = self.getViewBox()
        if not box.sceneBoundingRect().contains(event.scenePos()):
            return
        position = self.position(box.mapSceneToView(event.scenePos()).y())
        if position is not None:
            event.accept()
            self.row_clicked.emit(int(self.order[position]),
                                  bool(event.modifiers() & Qt.ControlModifier))

    def keyPressEvent(self, event):
        """Arrow keys select the next spectrum, page keys the next class; Escape selects none."""
        if event.key() == Qt.Key_Escape and self._marked:
            # Stop the event here: otherwise Escape would close the window.
            event.accept()
            self.cleared.emit()
            return
        target = self._by_key(event.key())
        if target is None:
            super().keyPressEvent(event)
            return
        event.accept()
        row = int(self.order[target])
        if self._marked != [row]:
            self.row_clicked.emit(row, False)

    def _by_key(self, key):
        """Position that a key selects; None for other keys."""
        if not len(self.order):
            return None
        last = len(self.order) - 1
        here = np.flatnonzero(np.isin(self.order, self._marked))
        if key == Qt.Key_Home:
            return 0
        if key == Qt.Key_End:
            return last
        if key in (Qt.Key_Down, Qt.Key_Up):
            step = 1 if key == Qt.Key_Down else -1
            if not len(here):
                return 0 if step > 0 else last
            return int(np.clip(here[-1 if step > 0 else 0] + step, 0, last))
        if key in (Qt.Key_PageDown, Qt.Key_PageUp):
            group = int(np.searchsorted(self.starts, here[0] if len(here) else 0, "right")) - 1
            group += (1 if key == Qt.Key_PageDown else -1) if len(here) else 0
            return int(self.starts[int(np.clip(group, 0, len(self.starts) - 2))])
        return None

    def viewportEvent(self, event):
        if event.type() == QEvent.ToolTip and len(self.order):
            place = self.getViewBox().mapSceneToView(self.mapToScene(event.pos())).y()
            position = self.position(place)
            if position is not None:
                group = int(np.searchsorted(self.starts, position, side="right")) - 1
                n = self.starts[group + 1] - self.starts[group]
                QToolTip.showText(event.globalPos(), f"<b>{self.names[group]}</b>, {n:,} "
                                  f"{'spectrum' if n == 1 else 'spectra'}<br>{self.toolTip()}",
                                  self)
                return True
        return super().viewportEvent(event)


class ScrolledMap(QScrollArea):
    """Scroll area for the heat map, if the names of all classes do not fit into the window."""

    def __init__(self, heatmap: HeatMap):
        super().__init__(widgetResizable=True, frameShape=QFrame.NoFrame,
                         focusPolicy=Qt.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setWidget(heatmap)
        self.heatmap = heatmap
        self.setMinimumHeight(90)

    def show_row(self, position: int):
        """Scroll to the row at a position."""
        if self.heatmap.height() > self.viewport().height():
            self.ensureVisible(0, int(self.heatmap.place(position) * self.heatmap.height()),
                               0, 30)
