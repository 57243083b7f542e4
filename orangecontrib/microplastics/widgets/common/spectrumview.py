"""Drawing of a spectrum over the reference of its material and the best hits of the library."""
from __future__ import annotations

from html import escape

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QRectF, QSize, Qt
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.identification.comparison import Comparison
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.widgets.common.palette import is_dark

__all__ = ["RANGE", "SpectrumView", "importance_image", "stretches"]

#: Colours of the material's reference, of a hit that contradicts it, and of marks, by Okabe and
#: Ito, distinguishable for colour-blind people; on white and on black.
ON_LIGHT, ON_DARK = ("#0072B2", "#E69F00", "#D55E00"), ("#56B4E9", "#E69F00", "#FF8C42")

#: Hits of the library, and ranges that are not compared: grey on white and on black.
_LIGHT, _SHADE = (128, 128, 128, 110), (128, 128, 128, 40)

#: Limits of the vertical axis; spectra are from 0 to 1 in the compared part.
_LOWEST, _HIGHEST = -.25, 1.4

#: Height of the strip with what the network sees, as a share of the plot.
_STRIP = .09

#: Heights of the texts of neighbouring marks.
_HEIGHTS = (.93, .85, .77, .69)

#: Marks closer than this, cm-1, have their texts on different sides.
_CLOSE = 250.

#: Range of the horizontal axis of an empty plot, cm-1.
RANGE = 700, 4000

HINT = "Select a spectrum in the list to see it."


class SpectrumView(QWidget):
    """A title, remarks, a legend, and the spectrum over its references."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 2)
        layout.setSpacing(1)
        self.title, self.remark, self.legend = (self._label(layout) for _ in range(3))
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self.title.setFont(font)
        self.plot = PlotWidget(enableMenu=False)
        item = self.plot.getPlotItem()
        item.buttonsHidden = True
        item.getViewBox().invertX(True)  # as spectroscopists draw it
        item.getAxis("left").setStyle(showValues=False)
        item.getAxis("left").setWidth(22)
        item.setLabel("left", "Absorbance, scaled")
        item.setLabel("bottom", "Wavenumber (cm<sup>-1</sup>)")
        item.showGrid(x=True, y=False, alpha=.2)
        self.plot.setFocusPolicy(Qt.NoFocus)  # it has no keyboard functions
        self.plot.setMinimumSize(200, 110)
        self.plot.setToolTip("Shaded parts are not compared.\n"
                             "Drag to move, turn the mouse wheel to zoom.")
        layout.addWidget(self.plot, 1)
        self.clear()

    @staticmethod
    def _label(layout):
        label = QLabel(textFormat=Qt.RichText, wordWrap=True)
        label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        layout.addWidget(label)
        return label

    def sizeHint(self):
        return QSize(600, 320)

    def clear(self, text: str = HINT):
        """Remove the curves and show `text` instead."""
        self.plot.clear()
        for label in (self.remark, self.legend):
            label.clear()
            label.hide()
        self.title.setText(f'<span style="color:gray">{escape(text)}</span>')
        self.plot.setXRange(*RANGE, padding=.01)

    def show_spectrum(self, name: str, answer: str, remark: str, shown: Comparison | None):
        """
        Draw a spectrum.

        Parameters
        ----------
        name : str
            Of the spectrum.
        answer : str
            What it is taken for, as rich text.
        remark : str
            What to look at; may be empty.
        shown : Comparison or None
            None for a spectrum that cannot be drawn.
        """
        self.clear("")
        ink = self.palette().color(QPalette.Text).name()
        self.title.setText(f'<b>{escape(name)}</b>: {answer}')
        self.remark.setText(escape(remark))
        self.remark.setVisible(bool(remark))
        if shown is None:
            return
        own_color, other_color, mark_color = ON_DARK if is_dark(self) else ON_LIGHT
        item = self.plot.getPlotItem()
        for low, high in stretches(shown.wavenumbers, ~shown.part):
            shade = pg.LinearRegionItem((low, high), movable=False, brush=_SHADE,
                                        pen=pg.mkPen(None))
            shade.setZValue(-10)
            item.addItem(shade)
        entries = [_entry(ink, "this spectrum")]
        for hit in reversed(shown.hits):
            self._draw(shown.wavenumbers, hit.y, _LIGHT, 1)
        if shown.own is not None:
            self._draw(shown.wavenumbers, shown.own.y, own_color, 3)
            entries.append(_entry(own_color, f"<b>{escape(shown.own.material)}</b> "
                                             f"{shown.own.quality:.2f}"))
        best = shown.hits[0] if shown.hits else None
        if best is not None and _contradicts(best, shown.own):
            self._draw(shown.wavenumbers, best.y, other_color, 1.5)
            entries.append(_entry(other_color, f"<b>{escape(best.material)}</b> "
                                               f"{best.quality:.2f}, best hit"))
        self._draw(shown.wavenumbers, shown.spectrum, ink, 1.2)
        if shown.hits:
            entries.append(_entry("#a0a0a0", "library: " + ", ".join(
                f"{escape(hit.material)}&nbsp;{hit.quality:.2f}" for hit in shown.hits)))
        self.legend.setText("&nbsp; ".join(entries))
        self.legend.setToolTip(_legend_tip(shown))
        self.legend.show()
        self._mark(shown.marks, mark_color)
        curves = [shown.spectrum] + ([shown.own.y] if shown.own is not None else [])
        item.setXRange(shown.wavenumbers[0], shown.wavenumbers[-1], padding=.01)
        item.setYRange(max(_LOWEST, min(float(np.nanmin(y)) for y in curves)),
                       min(_HIGHEST, max(float(np.nanmax(y)) for y in curves))
                       + (.2 if shown.marks else .02), padding=.02)

    def show_importance(self, wavenumbers: np.ndarray, importance: np.ndarray, name: str,
                        color: QColor):
        """Draw a strip below the curves: by which wavenumbers the network sees a material.

        Parameters
        ----------
        wavenumbers : ndarray, shape (m,)
            cm-1, ascending, evenly spaced.
        importance : ndarray, shape (m,)
            0 to 1; NaN where the network does not look.
        name : str
            Of the material.
        color : QColor
        """
        low, high = self.plot.getPlotItem().getViewBox().viewRange()[1]
        height = _STRIP * (high - low)
        image = importance_image(wavenumbers, importance, color, low - height, height)
        self.plot.addItem(image)
        self.plot.getPlotItem().setYRange(low - height, high, padding=0)
        self.legend.setText(self.legend.text() + "&nbsp; " + _entry(
            color.name(), f"strip: bands by which the network sees {escape(name)}"))

    def _draw(self, wavenumbers, y, color, width):
        self.plot.plot(wavenumbers, y, pen=pg.mkPen(color, width=width), connect="finite",
                       antialias=True)

    def _mark(self, marks, color):
        marks = sorted(marks, key=lambda mark: -mark.wavenumber)
        for i, mark in enumerate(marks):
            # The axis descends: the next mark is at the right.
            left = i + 1 < len(marks) and mark.wavenumber - marks[i + 1].wavenumber < _CLOSE
            line = pg.InfiniteLine(
                mark.wavenumber, angle=90, label=mark.text,
                pen=pg.mkPen(color, width=1.5, style=Qt.DashLine if mark.lacks else Qt.DotLine),
                labelOpts={"position": _HEIGHTS[i % len(_HEIGHTS)], "color": color,
                           "anchors": [(1.05 if left else -.05, .5)] * 2})
            line.setZValue(5)
            self.plot.addItem(line)


def importance_image(wavenumbers: np.ndarray, importance: np.ndarray, color: QColor,
                     bottom: float = 0., height: float = 1.) -> pg.ImageItem:
    """A strip: the more important a wavenumber, the more opaque; grey where NaN."""
    pixels = np.zeros((len(wavenumbers), 1, 4), np.uint8)
    pixels[..., :3] = color.red(), color.green(), color.blue()
    seen = np.isfinite(importance)
    # A root makes weaker bands visible beside the strongest.
    pixels[seen, 0, 3] = 255 * importance[seen].clip(0, 1) ** .7
    pixels[~seen, 0] = 128, 128, 128, 40
    image = pg.ImageItem(pixels, axisOrder="col-major")
    half = (wavenumbers[1] - wavenumbers[0]) / 2
    image.setRect(QRectF(wavenumbers[0] - half, bottom, wavenumbers[-1] - wavenumbers[0] + 2 * half,
                         height))
    return image


def _contradicts(hit, own):
    return own is None or hit.material not in components_of(own.material)


def _entry(color, text):
    return f'<span style="color:{color}">━━</span>&nbsp;{text}'


def _legend_tip(shown):
    lines = [f"Reference of the material: {shown.own.title}, {shown.own.quality:.2f}"] \
        if shown.own is not None else []
    lines += [f"Library: {hit.title}, {hit.quality:.2f}" for hit in shown.hits]
    return "\n".join([*lines, "Numbers are correlations of the first derivatives (hit quality)."])


def stretches(wavenumbers, mask):
    """First and last wavenumber of each run of True in a mask."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    return [(wavenumbers[a], wavenumbers[b - 1])
            for a, b in zip(edges[::2], edges[1::2], strict=True)]
