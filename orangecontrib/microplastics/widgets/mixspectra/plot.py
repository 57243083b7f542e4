"""Plot of one mixture: contribution of each component, their sum, and the distorted spectrum."""
from __future__ import annotations

from html import escape

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QSize, Qt
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.mixing.mixer import Drawn
from orangecontrib.microplastics.widgets.common.materialcolors import material_colors
from orangecontrib.microplastics.widgets.common.palette import is_dark

#: Purple for the spectrum that is sent, drawn over the grey sum: darker on white, lighter on black.
ON_LIGHT, ON_DARK = "#AA3377", "#E68FC0"
UNDER_COLOR = "#A0A0A0"


_GAP = "&nbsp;&nbsp; "


def percents(fractions: np.ndarray) -> list[int]:
    """Round fractions to whole percents that sum to 100 (largest remainders are rounded up)."""
    parts = 100 * np.asarray(fractions, float)
    whole = np.floor(parts + 1e-6).astype(int)
    up = np.argsort(whole - parts, kind="stable")[:100 - whole.sum()]
    whole[up] += 1
    return whole.tolist()


def _mark(color, text):
    # Non-breaking spaces keep the coloured line and its text together.
    return f'<span style="color:{color}">━━</span>&nbsp;' + text.replace(" ", "&nbsp;")


class MixturePlot(QWidget):
    """Two panels on one axis: components and sum above, sum and spectrum sent below."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        head = QHBoxLayout()
        self.title = QLabel(textFormat=Qt.RichText)
        self.title.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.title.setFont(font)
        self.another = QPushButton("Another One", autoDefault=False)
        self.another.setToolTip(
            "Draw another mixture with the same settings: other spectra, other fractions.")
        head.addWidget(self.title, 1)
        head.addWidget(self.another)
        layout.addLayout(head)
        self.upper_legend, self.upper = self._panel(layout)
        self.lower_legend, self.lower = self._panel(layout)
        self.upper.getPlotItem().getAxis("bottom").setStyle(showValues=False)
        self.lower.getPlotItem().setLabel("bottom", "Wavenumber (cm<sup>-1</sup>)")
        self.lower.setXLink(self.upper)
        self.footnote = QLabel(textFormat=Qt.RichText, wordWrap=True)
        self.footnote.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        # Constant room for two lines, so that the panels do not move between mixtures.
        self.footnote.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.footnote.setAlignment(Qt.AlignLeft | Qt.AlignTop)
        layout.addWidget(self.footnote)
        self.drawn = None
        self.clear()

    def _panel(self, layout):
        legend = QLabel(textFormat=Qt.RichText, wordWrap=True)
        legend.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        plot = PlotWidget(enableMenu=False)
        item = plot.getPlotItem()
        item.buttonsHidden = True
        item.getViewBox().invertX(True)
        item.setLabel("left", "Absorbance, scaled")
        # The same width in both panels, so that the axes are aligned.
        item.getAxis("left").setWidth(58)
        item.showGrid(x=True, y=False, alpha=.2)
        plot.setFocusPolicy(Qt.NoFocus)  # it has no keyboard functions
        plot.setMinimumSize(300, 120)
        layout.addWidget(legend)
        layout.addWidget(plot, 1)
        return legend, plot

    def sizeHint(self):
        return QSize(720, 540)

    def clear(self, text="Connect spectra of pure materials to see how they mix."):
        """Remove the curves and show `text` instead."""
        self.drawn = None
        self.upper.clear()
        self.lower.clear()
        for label in (self.upper_legend, self.lower_legend, self.footnote):
            label.clear()
        self.title.setText(f'<span style="color:gray">{escape(text)}</span>')
        self.another.setEnabled(False)

    def show_mixture(self, drawn: Drawn, distortions: str):
        """Draw a mixture; `distortions` describes them in words."""
        self.clear("")
        self.drawn = drawn
        self.another.setEnabled(True)
        x, ink = drawn.wavenumbers, self.palette().color(QPalette.Text).name()
        dark = is_dark(self)
        sent, colors = ON_DARK if dark else ON_LIGHT, material_colors(drawn.names, dark)
        parts, marks = [], []
        by_mass = drawn.fraction_of == "mass"
        for name, percent, signal, curve, color in zip(
                drawn.names, percents(drawn.fractions), percents(drawn.signal), drawn.components,
                (color.name() for color in colors), strict=True):
            fill = QColor(color)
            fill.setAlpha(50)
            self.upper.plot(x, curve.astype(float), pen=pg.mkPen(color, width=2), fillLevel=0.,
                            brush=fill, antialias=True)
            parts.append(f'<span style="color:{color}">{escape(name)} {percent}\u2009%</span>')
            marks.append(_mark(color, f"{signal}\u2009% {escape(name)}"))
        if len(drawn.names) > 1:
            self.upper.plot(x, drawn.total.astype(float), pen=pg.mkPen(ink, width=1.5),
                            antialias=True)
            marks.append(_mark(ink, "sum"))
        self.lower.plot(x, drawn.total.astype(float), pen=pg.mkPen(UNDER_COLOR, width=2.5),
                        antialias=True)
        self.lower.plot(x, drawn.spectrum.astype(float), pen=pg.mkPen(sent, width=1.2),
                        antialias=True)
        self.title.setText(" + ".join(parts) + by_mass * " by mass")
        self.upper_legend.setText(f"<b>Absorbances add{by_mass * ', % of signal'}</b>" + _GAP
                                  + _GAP.join(marks))
        self.lower_legend.setText(
            "<b>What is sent</b>" + _GAP
            + _mark(UNDER_COLOR, "sum") + _GAP
            + _mark(sent, escape(distortions)))
        self.footnote.setText(self._origin(drawn))
        self._fit(drawn)

    @staticmethod
    def _origin(drawn):
        origins = []
        for name, source, contaminant in zip(drawn.names, drawn.sources, drawn.contaminants,
                                             strict=True):
            text = f"{escape(name)}: {escape(source)}"
            if contaminant:
                text += f" (with <b>{escape(contaminant)}</b>)"
            origins.append(text)
        return f'<span style="color:gray">Sources: {"; ".join(origins)}</span>'

    def _fit(self, drawn):
        x = drawn.wavenumbers
        self.upper.setXRange(x[0], x[-1], padding=.01)
        for plot, low, high in (
                (self.upper, min(0, drawn.components.min()), drawn.total.max()),
                (self.lower, min(drawn.spectrum.min(), drawn.total.min()),
                 max(drawn.spectrum.max(), drawn.total.max()))):
            if np.isfinite([low, high]).all():
                plot.setYRange(float(low), float(high), padding=.04)
