"""Histogram of the signal of pixels, with the threshold of matter as a line to drag."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtGui import QColor, QPalette
from Orange.widgets.visualize.utils.plotutils import PlotWidget

__all__ = ["MatterPlot"]

_BARS = 90


class MatterPlot(PlotWidget):
    """Bars of numbers of pixels over the logarithm of their signal.

    Signal `moved(value)`: the line was dragged to this signal.
    """
    moved = pyqtSignal(float)

    def __init__(self):
        super().__init__(enableMenu=False)
        self.setLabel("left", "Pixels (log)")
        self.setLabel("bottom", "Signal (1: the bare filter)")
        self.getAxis("left").setWidth(50)
        self.getAxis("left").setStyle(showValues=False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setFocusPolicy(Qt.NoFocus)
        self.setMinimumSize(200, 110)
        self.setToolTip("How far pixels differ from the filter, in multiples of its own scatter.\n"
                        "Pixels right of the line are matter. Drag the line to change the "
                        "threshold.")
        self.bars = pg.BarGraphItem(x0=[], width=1, height=[])
        self.addItem(self.bars)
        self.line = pg.InfiniteLine(angle=90, movable=True, label="matter from here",
                                    labelOpts={"position": .92, "anchors": [(-.05, .5)] * 2,
                                               "color": self.palette().color(QPalette.Text)})
        self.line.setPen(pg.mkPen(self.palette().color(QPalette.Text), width=2))
        self.line.setHoverPen(pg.mkPen(QColor("#D55E00"), width=4))
        self.line.setCursor(Qt.SizeHorCursor)
        self.line.sigDragged.connect(lambda line: self.moved.emit(float(10 ** line.value())))
        self.addItem(self.line)
        self._of = None
        self.clear_signal()

    def clear_signal(self):
        """Show nothing."""
        self._of = None
        self.bars.setOpts(x0=[], height=[], width=1)
        self.line.hide()

    def show_signal(self, values: np.ndarray, threshold: float):
        """Draw the signals of pixels, (n,), and the threshold."""
        if values is not self._of:
            self._of = values
            with np.errstate(all="ignore"):
                place = np.log10(values[values > 0].astype(float))
            if not len(place):
                self.clear_signal()
                return
            low, high = place.min(), max(place.max(), place.min() + .1)
            counts, edges = np.histogram(place, _BARS, (low, high))
            self.bars.setOpts(x0=edges[:-1], width=edges[1] - edges[0],
                              height=np.log1p(counts), brush=QColor(150, 150, 150),
                              pen=pg.mkPen(None))
            ticks = [(np.log10(v), f"{v:g}") for e in range(-2, 5) for v in
                     (10. ** e, 2 * 10. ** e, 5 * 10. ** e) if low <= np.log10(v) <= high]
            self.getAxis("bottom").setTicks([ticks])
            self.setXRange(low, high, padding=.02)
            self.setYRange(0, 1.15 * np.log1p(counts.max()), padding=0)
        self.line.show()
        self.line.setValue(np.log10(threshold))
