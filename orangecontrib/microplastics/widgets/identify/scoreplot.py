"""Histogram of a score (at most 1) with two thresholds that can be dragged."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtGui import QColor, QPalette
from Orange.widgets.visualize.owscatterplotgraph import LegendItem
from Orange.widgets.visualize.utils.plotutils import PlotWidget

#: Okabe and Ito's green and orange, and grey; distinguishable for colour-blind readers.
COLORS = (QColor(0, 158, 115), QColor(230, 159, 0), QColor(150, 150, 150))

_WIDTH = .025


class ScorePlot(PlotWidget):
    """Bars of counts, coloured by decision, and a line for each threshold.

    Signal `threshold_moved(index, value)`: the user dragged the line of accept (0) or inspect (1).
    """
    threshold_moved = pyqtSignal(int, float)

    def __init__(self, names):
        super().__init__(enableMenu=False)
        self.names = names
        self.setLabel("left", "Spectra")
        self.getAxis("left").setWidth(55)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setFocusPolicy(Qt.NoFocus)  # thresholds can be typed into spin boxes
        self.setMinimumSize(220, 180)
        self.legend = LegendItem()
        self.legend.setParentItem(self.getViewBox())
        self.legend.anchor((0, 0), (0, 0), offset=(5, 5))
        self.lines = []
        for i, name in enumerate(("accept", "inspect")):
            line = pg.InfiniteLine(
                angle=90, movable=True, bounds=(0, 1), label=name,
                labelOpts={"position": .95, "anchors": [(-.1 + 1.2 * i, .5)] * 2,
                           "color": self.palette().color(QPalette.Text)})
            line.setPen(pg.mkPen(self.palette().color(QPalette.Text), width=2,
                                 style=Qt.SolidLine if i == 0 else Qt.DashLine))
            line.setHoverPen(pg.mkPen(COLORS[i], width=4))
            line.setCursor(Qt.SizeHorCursor)
            line.setToolTip("Drag to change the threshold.")
            line.sigDragged.connect(
                lambda moved, i=i: self.threshold_moved.emit(i, round(moved.value(), 2)))
            self.addItem(line)
            self.lines.append(line)
        self._bars = []
        self._marks = pg.ScatterPlotItem(
            symbol="t1", size=12, brush=self.palette().color(QPalette.Text),
            pen=pg.mkPen(self.palette().color(QPalette.Base)))
        self._marks.setZValue(10)
        self.addItem(self._marks)
        self.show_scores(np.empty(0), np.empty(0, int), "")

    def set_thresholds(self, accept: float, inspect: float):
        """Move the lines without emitting `threshold_moved`."""
        for line, value in zip(self.lines, (accept, inspect), strict=True):
            line.setValue(value)

    def mark(self, scores: np.ndarray):
        """Mark these scores on the horizontal axis; missing scores are skipped."""
        # Marks less than a pixel apart need not be drawn.
        scores = np.unique(np.round(scores[np.isfinite(scores)], 3))
        self._marks.setData(scores, np.zeros(len(scores)))

    def show_scores(self, scores: np.ndarray, decisions: np.ndarray, title: str):
        """Draw the histogram; spectra without a score are skipped."""
        for bars in self._bars:
            self.removeItem(bars)
        self._bars = []
        self.legend.clear()
        there = np.isfinite(scores)
        scores, decisions = scores[there], decisions[there]
        low = np.floor(min(0., scores.min(initial=0.)) / .1) * .1
        edges = np.arange(round((1 - low) / _WIDTH) + 1) * _WIDTH + low
        bottom = np.zeros(len(edges) - 1)
        frame = pg.mkPen(self.palette().color(QPalette.Base), width=.5)
        # Rounding errors must not count a score of 0.7 in the bin below 0.7.
        scores = np.clip(scores + 1e-9, edges[0], edges[-1])
        for kind, (name, colour) in enumerate(zip(self.names, COLORS, strict=True)):
            counts = np.histogram(scores[decisions == kind], edges)[0]
            bars = pg.BarGraphItem(x0=edges[:-1], width=_WIDTH, y0=bottom, height=counts,
                                   brush=colour, pen=frame)
            self.addItem(bars)
            self._bars.append(bars)
            bottom = bottom + counts
            if len(scores):
                self.legend.addItem(
                    pg.ScatterPlotItem(pen=colour, brush=colour, symbol="s", size=10), name)
        self.legend.setVisible(len(scores) > 0)
        self.setLabel("bottom", title)
        self.setXRange(low, 1, padding=.03)
        # Room for the marks below the bars, and for the legend and names of lines above.
        highest = max(bottom.max(initial=0), 1)
        self.setYRange(-.06 * highest, 1.12 * highest, padding=0)
