"""Plot of a spectrum over the medians of its own and of the suspected class."""
from __future__ import annotations

from html import escape

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QSize, Qt
from AnyQt.QtGui import QPalette
from AnyQt.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.widgets.common.palette import is_dark

#: Colours of the labelled and the suspected class, by Okabe and Ito, distinguishable for
#: colour-blind people: blue and vermilion on white, sky blue and orange on black.
ON_LIGHT, ON_DARK = ("#0072B2", "#D55E00"), ("#56B4E9", "#E69F00")

#: Over ranges that are not compared: grey that is visible on white and on black.
_SHADE = (128, 128, 128, 45)


def _stretches(wavenumbers, mask):
    """First and last wavenumber of each run of True in a mask."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    return [(wavenumbers[a], wavenumbers[b - 1])
            for a, b in zip(edges[::2], edges[1::2], strict=True)]


class LabelPlot(QWidget):
    """Two panels on one axis: the spectrum over its own class, and over the suspected one."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        self.title = QLabel(textFormat=Qt.RichText)
        self.title.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setBold(True)
        self.title.setFont(font)
        layout.addWidget(self.title)
        self.own_legend, self.own = self._panel(layout)
        self.other_legend, self.other = self._panel(layout)
        self.own.getPlotItem().getAxis("bottom").setStyle(showValues=False)
        self.other.getPlotItem().setLabel("bottom", "Wavenumber (cm<sup>-1</sup>)")
        self.other.setXLink(self.own)
        self.other.setYLink(self.own)
        self.clear()

    def _panel(self, layout):
        legend = QLabel(textFormat=Qt.RichText)
        legend.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        plot = PlotWidget(enableMenu=False)
        item = plot.getPlotItem()
        item.buttonsHidden = True
        item.getViewBox().invertX(True)
        item.getAxis("left").setWidth(48)
        item.showGrid(x=True, y=False, alpha=.2)
        plot.setFocusPolicy(Qt.NoFocus)  # it has no keyboard functions
        plot.setMinimumSize(200, 90)
        plot.setToolTip("Shaded parts are not compared.\n"
                        "Drag to move, turn the mouse wheel to zoom; both panels move together.")
        layout.addWidget(legend)
        layout.addWidget(plot, 1)
        return legend, plot

    def sizeHint(self):
        return QSize(560, 520)

    def clear(self, text="Select a spectrum in the list to see it."):
        """Remove the curves and show `text` instead."""
        for plot in (self.own, self.other):
            plot.clear()
        for legend in (self.own_legend, self.other_legend):
            legend.clear()
        self.title.setText(f'<span style="color:gray">{escape(text)}</span>')

    def show_spectrum(self, name, wavenumbers, spectrum, own, other, part, quantity):
        """
        Draw a spectrum over two medians.

        Parameters
        ----------
        name : str
            Name of the spectrum.
        wavenumbers : ndarray, shape (m,)
            cm-1, ascending.
        spectrum : ndarray, shape (m,)
        own, other : tuple of (class name, correlation, median of shape (m,))
            The labelled and the suspected class; the medians are scaled like the spectrum.
        part : ndarray of bool, shape (m,)
            Points that were compared; the rest is shaded.
        quantity : str
            Label of the vertical axis.
        """
        self.clear("")
        ink = self.palette().color(QPalette.Text).name()
        self.title.setText(f'<span style="color:{ink}">━━</span> {escape(name)}')
        own_color, other_color = ON_DARK if is_dark(self) else ON_LIGHT
        for plot, legend, color, text, (label, r, median) in (
                (self.own, self.own_legend, own_color, "Labelled", own),
                (self.other, self.other_legend, other_color, "Most similar to", other)):
            plot.getPlotItem().setLabel("left", quantity)
            plot.getPlotItem().getAxis("left").setStyle(showValues=False)
            for low, high in _stretches(wavenumbers, ~part):
                shade = pg.LinearRegionItem((low, high), movable=False, brush=_SHADE,
                                            pen=pg.mkPen(None))
                shade.setZValue(-10)
                plot.addItem(shade)
            if np.isfinite(median).any():
                plot.plot(wavenumbers, median, pen=pg.mkPen(color, width=3), connect="finite",
                          antialias=True)
            plot.plot(wavenumbers, spectrum, pen=pg.mkPen(ink, width=1.2), connect="finite",
                      antialias=True)
            best = f"r = {r:.2f}" if np.isfinite(r) else "no match"
            legend.setText(f'<span style="color:{color}">━━</span> {text} '
                           f'<b style="color:{color}">{escape(label or "nothing")}</b>'
                           f", {best}")
            legend.setToolTip(f"The median of {label}. r is the correlation of the first "
                              "derivative with the most similar spectrum of that class.")
        curves = np.concatenate([curve[part] for curve in (spectrum, own[2], other[2])])
        low, high = np.nanmin(curves), np.nanmax(curves)
        self.own.setXRange(wavenumbers[0], wavenumbers[-1], padding=.01)
        self.own.setYRange(float(low), float(high), padding=.05)
