"""Importance of all spectra at once: a row a spectrum, sorted by class."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QRectF, QSize, Qt, pyqtSignal
from AnyQt.QtGui import QPalette
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.widgets.gradcamview import as_levels, lookup_table, on_screen


class _ViewBox(pg.ViewBox):
    """Wavenumbers zoom and move together with the plot above; rows stay."""

    def __init__(self):
        super().__init__(enableMenu=False)
        self.invertX(True)
        self.invertY(True)
        self.setMouseEnabled(x=True, y=False)


class HeatMap(PlotWidget):
    """Maps of all spectra.

    Signals: `row_clicked` with the row of the table and whether to add it to what is
    selected.
    """

    row_clicked = pyqtSignal(int, bool)

    def __init__(self):
        super().__init__(viewBox=_ViewBox(), enableMenu=False)
        self.image = pg.ImageItem()
        self.addItem(self.image)
        self.order = np.zeros(0, int)
        self._marks, self._borders = [], []
        self.getPlotItem().hideButtons()
        self.setLabel("bottom", "Wavenumber [cm<sup>-1</sup>]")
        self.getAxis("left").setStyle(tickLength=0)
        self.setToolTip("Each row is a spectrum, by class and then by probability. Click a row "
                        "to see that spectrum and to send it to Selected Data; with Ctrl, more "
                        "than one.")
        self.scene().sigMouseClicked.connect(self._clicked)

    def sizeHint(self):
        return QSize(700, 180)

    def clear_maps(self):
        """Show nothing."""
        self.image.clear()
        self.order = np.zeros(0, int)
        self.getAxis("left").setTicks([[]])
        for item in self._borders + self._marks:
            self.removeItem(item)
        self._borders, self._marks = [], []

    def set_maps(self, maps, axis, signed, groups):
        """Draw maps.

        Parameters
        ----------
        maps : ndarray, shape (n, m)
            Scaled to 1.
        axis : ndarray, shape (m,)
        signed : bool
        groups : list of (str, ndarray of int)
            Names of the classes and the rows of each, in the order to be drawn.
        """
        self.clear_maps()
        self.order = np.concatenate([rows for _, rows in groups]) if groups else self.order
        if not len(self.order):
            return
        columns, extent = on_screen(axis)
        levels = as_levels(maps[self.order][:, columns], signed)
        self.image.setImage(levels.T, lut=lookup_table(signed), levels=(0, 256), autoLevels=False,
                            autoDownsample=True)
        self.image.setRect(QRectF(extent.left(), 0, extent.width(), len(self.order)))
        ticks, start = [], 0
        for name, rows in groups:
            ticks.append((start + len(rows) / 2, name))
            start += len(rows)
            if start < len(self.order):
                border = pg.InfiniteLine(start, 0, pen=pg.mkPen(
                    self.palette().color(QPalette.Text), width=1))
                self.addItem(border)
                self._borders.append(border)
        self.getAxis("left").setTicks([self._readable(ticks)])
        self.setYRange(0, len(self.order), padding=0)

    def _readable(self, ticks):
        """Leave out names that would stand on another."""
        rows = 1.1 * self.fontMetrics().height() * len(self.order) / max(self.height() - 45, 1)
        result = []
        for at, name in ticks:
            if not result or at - result[-1][0] >= rows:
                result.append((at, name))
        return result

    def mark(self, rows):
        """Show which rows of the table are selected."""
        for item in self._marks:
            self.removeItem(item)
        self._marks = []
        position = {row: i for i, row in enumerate(self.order)}
        for row in rows:
            if row in position:
                line = pg.InfiniteLine(position[row] + .5, 0, pen=pg.mkPen(
                    self.palette().color(QPalette.Text), width=2, style=Qt.DotLine))
                self.addItem(line)
                self._marks.append(line)

    def _clicked(self, event):
        if event.button() != Qt.LeftButton or not len(self.order):
            return
        box = self.getViewBox()
        if not box.sceneBoundingRect().contains(event.scenePos()):
            return
        row = int(np.floor(box.mapSceneToView(event.scenePos()).y()))
        if 0 <= row < len(self.order):
            event.accept()
            self.row_clicked.emit(int(self.order[row]),
                                  bool(event.modifiers() & Qt.ControlModifier))
