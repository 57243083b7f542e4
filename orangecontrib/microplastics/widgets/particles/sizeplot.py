"""Histogram of the sizes of particles, by polymer."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor, QPalette
from Orange.widgets.visualize.owscatterplotgraph import LegendItem
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.particles.find import UNNAMED

__all__ = ["SizePlot"]

#: Bars for each factor of ten.
_BARS = 8


class SizePlot(PlotWidget):
    """Stacked bars over a logarithmic axis; limits of size classes are dotted lines."""

    def __init__(self):
        super().__init__(enableMenu=False)
        self.setLabel("left", "Particles")
        self.getAxis("left").setWidth(50)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setFocusPolicy(Qt.NoFocus)
        self.setMinimumSize(200, 110)
        self.setToolTip("Numbers of particles by size and polymer. Dotted lines are the limits of "
                        "the chosen size classes.")
        self.legend = LegendItem()
        self.legend.setParentItem(self.getViewBox())
        self.legend.anchor((1, 0), (1, 0), offset=(-5, 5))
        self._items = []

    def clear_sizes(self):
        """Show nothing."""
        for item in self._items:
            self.removeItem(item)
        self._items = []
        self.legend.clear()
        self.legend.hide()

    def show_sizes(self, sizes: np.ndarray, names: list[str], colors: dict[str, QColor],
                   limits, title: str):
        """Draw the histogram.

        Parameters
        ----------
        sizes : ndarray, shape (n,)
            Particles without a size are left out.
        names : list of str
        colors : dict of str to QColor
        limits : sequence of float
            Of size classes.
        title : str
            Of the horizontal axis.
        """
        self.clear_sizes()
        self.setLabel("bottom", title)
        there = np.isfinite(sizes) & (sizes > 0)
        if not there.any():
            self.getAxis("bottom").setTicks([[]])
            return
        # Logarithms, since bars cannot be drawn on a logarithmic axis.
        place = np.log10(sizes[there])
        names = np.array(names, object).astype(str)[there]
        low = np.floor(place.min() * _BARS) / _BARS
        n = max(int(np.ceil((place.max() - low) * _BARS + 1e-9)), 1)
        edges = low + np.arange(n + 1) / _BARS
        bottom = np.zeros(n)
        frame = pg.mkPen(self.palette().color(QPalette.Base), width=.5)
        found, counts = np.unique(names, return_counts=True)
        order = sorted(range(len(found)), key=lambda i: (found[i] == UNNAMED, -counts[i]))
        for i in order:
            own = np.histogram(place[names == found[i]], edges)[0]
            bars = pg.BarGraphItem(x0=edges[:-1], width=1 / _BARS, y0=bottom, height=own,
                                   brush=colors[found[i]], pen=frame)
            self._add(bars)
            bottom = bottom + own
            if len(self.legend.items) < 12 or found[i] == UNNAMED:
                self.legend.addItem(pg.ScatterPlotItem(
                    pen=colors[found[i]], brush=colors[found[i]], symbol="s", size=10),
                    f"{found[i]} {counts[i]:,}")
        self.legend.show()
        for limit in limits:
            if edges[0] <= np.log10(limit) <= edges[-1]:
                self._add(pg.InfiniteLine(np.log10(limit), angle=90, pen=pg.mkPen(
                    self.palette().color(QPalette.Text), width=1, style=Qt.DotLine)))
        self.getAxis("bottom").setTicks([_ticks(edges[0], edges[-1])])
        # With room for the legend at the right.
        self.setXRange(edges[0], edges[-1] + .35 * (edges[-1] - edges[0]), padding=.02)
        self.setYRange(0, 1.1 * bottom.max(), padding=0)

    def _add(self, item):
        self.addItem(item)
        self._items.append(item)


def _ticks(low, high):
    """1, 2 and 5 times powers of ten, as (place, text)."""
    values = [m * 10. ** e for e in range(int(np.floor(low)), int(np.ceil(high)) + 1)
              for m in (1, 2, 5)]
    return [(np.log10(v), f"{v:g}") for v in values if low <= np.log10(v) <= high]
