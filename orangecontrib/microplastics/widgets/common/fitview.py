"""How much of each: the drawn spectrum as the sum of its components, and what the network sees."""
from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QSize, Qt, pyqtSignal
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.explanation.decomposition import Decomposition
from orangecontrib.microplastics.widgets.common.answertexts import amount, witnesses
from orangecontrib.microplastics.widgets.common.spectrumview import (
    RANGE,
    importance_image,
    stretches,
)

__all__ = ["FitView", "HINT"]

HINT = "Select a spectrum in the list to see how much of each it holds."

#: Opacity of the filled components, and grey of ranges that are not fitted.
_FILL, _SHADE = 70, (128, 128, 128, 40)

#: Width of the vertical axes: the same, so that the panels are aligned.
_AXIS = 40

#: Height of the strip with Grad-CAM's map, pixels.
_STRIP = 22

_GAP = "&nbsp; "


class FitView(QWidget):
    """A title, what each component rests on, and three panels on one axis.

    Signal `asked(name)`: the user has chosen another component for the map.
    """
    asked = pyqtSignal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 2)
        layout.setSpacing(1)
        head = QHBoxLayout()
        self.title = self._label(head)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self.title.setFont(font)
        self.explain_label = QLabel("Explain:")
        self.explain = QComboBox(toolTip=(
            "The strip below shows by which wavenumbers the network sees this component, given "
            "the others (Grad-CAM); the darker, the more important."))
        self.explain.activated.connect(lambda *_: self.asked.emit(self.explain.currentText()))
        head.addWidget(self.explain_label)
        head.addWidget(self.explain)
        layout.addLayout(head)
        self.witnesses, self.legend = self._label(layout), self._label(layout)
        self.witnesses.setToolTip(
            "Two witnesses: the network, which sees the pattern of each material, and the fit, "
            "which sees whether the other components explain the spectrum without it.\n"
            "97 > 62 %: it explains 97 % of what the others leave; a material that is absent "
            "explains more than 62 % in one of twenty spectra.")
        self.upper, self.lower, self.strip = (self._panel(layout, stretch)
                                              for stretch in (5, 2, 0))
        self.upper.getPlotItem().setLabel("left", "Absorbance")
        self.lower.getPlotItem().setLabel("left", "Rest")
        self.upper.setMinimumHeight(80)
        self.lower.setMinimumHeight(34)
        self.upper.setToolTip(
            "The spectrum minus its baseline, over its components. Shaded parts are not fitted.\n"
            "Drag to move, turn the mouse wheel to zoom.")
        self.lower.setToolTip("What the sum leaves of the spectrum, on the same scale.")
        self.strip.setToolTip("Importance of each wavenumber for the network (Grad-CAM); grey is "
                              "not used.")
        for plot in (self.upper, self.lower):
            plot.getPlotItem().getAxis("bottom").setStyle(showValues=False, tickLength=0)
            plot.getPlotItem().getAxis("bottom").setHeight(3)
        self.strip.getPlotItem().setLabel("bottom", "Wavenumber (cm<sup>-1</sup>)")
        self.strip.setFixedHeight(_STRIP + 36)
        self.strip.getPlotItem().getAxis("left").setStyle(showValues=False, tickLength=0)
        self.strip.getPlotItem().getViewBox().setMouseEnabled(x=True, y=False)
        self.lower.setXLink(self.upper)
        self.strip.setXLink(self.upper)
        self.shown: Decomposition | None = None
        self.clear()

    @staticmethod
    def _label(layout):
        label = QLabel(textFormat=Qt.RichText, wordWrap=True)
        label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        layout.addWidget(label, *((1,) if isinstance(layout, QHBoxLayout) else ()))
        return label

    @staticmethod
    def _panel(layout, stretch):
        plot = PlotWidget(enableMenu=False)
        item = plot.getPlotItem()
        item.buttonsHidden = True
        item.getViewBox().invertX(True)
        item.getAxis("left").setStyle(showValues=False)
        item.getAxis("left").setWidth(_AXIS)
        item.getAxis("left").enableAutoSIPrefix(False)  # no "(x0.001)"
        item.showGrid(x=True, y=False, alpha=.2)
        plot.setFocusPolicy(Qt.NoFocus)  # it has no keyboard functions
        plot.setMinimumWidth(200)
        layout.addWidget(plot, stretch)
        return plot

    def sizeHint(self):
        return QSize(600, 320)

    def clear(self, text: str = HINT):
        """Remove the curves and show `text` instead."""
        self.shown = None
        for plot in (self.upper, self.lower, self.strip):
            plot.clear()
        for label in (self.witnesses, self.legend):
            label.clear()
            label.hide()
        self.explain.clear()
        self.explain.hide()
        self.explain_label.hide()
        self.title.setText(f'<span style="color:gray">{escape(text)}</span>')
        self.upper.setXRange(*RANGE, padding=.01)

    def show_fit(self, name: str, answer: str, shown: Decomposition,
                 colors: Mapping[str, QColor], of_what: str):
        """Draw a spectrum as the sum of its components.

        Parameters
        ----------
        name : str
            Of the spectrum.
        answer : str
            What it is taken for, as rich text.
        shown : Decomposition
        colors : mapping of str to QColor
            Of each component.
        of_what : str
            What fractions are of.
        """
        chosen = self.explain.currentText()
        self.clear("")
        self.shown = shown
        self.title.setText(f"<b>{escape(name)}</b>: {answer} "
                           f'<small style="color:gray">fractions {escape(of_what)}</small>')
        self.witnesses.setText(f";{_GAP}".join(
            f'<span style="color:{colors[part.name].name()}"><b>{escape(part.name)}</b></span>: '
            + escape(witnesses(part, chance, part in shown.drawn, len(shown.parts) == 1))
            for part, chance in zip(shown.parts, shown.by_chance, strict=True)))
        ink = self.palette().color(QPalette.Text).name()
        self._draw(shown, colors, ink)
        entries = [_entry(ink, "spectrum")]
        if len(shown.drawn) > 1:
            entries.append(_entry("#a0a0a0", "sum"))
        entries += [_entry(colors[part.name].name(), amount(part, len(shown.drawn) == 1))
                    for part in shown.drawn]
        self.legend.setText(_GAP.join(entries))
        self.witnesses.show()
        self.legend.show()
        names = [part.name for part in shown.parts]
        self.explain.addItems(names)
        if chosen in names:
            self.explain.setCurrentText(chosen)
        self.explain.show()
        self.explain_label.show()

    def _draw(self, shown, colors, ink):
        x = shown.wavenumbers
        for plot in (self.upper, self.lower):
            for low, high in stretches(x, ~shown.part):
                shade = pg.LinearRegionItem((low, high), movable=False, brush=_SHADE,
                                            pen=pg.mkPen(None))
                shade.setZValue(-10)
                plot.addItem(shade)
        for part, curve in zip(shown.drawn, shown.curves, strict=True):
            fill = QColor(colors[part.name])
            fill.setAlpha(_FILL)
            self.upper.plot(x, curve, pen=pg.mkPen(colors[part.name], width=1.5), fillLevel=0.,
                            brush=fill, antialias=True)
        total = shown.curves.sum(axis=0)
        if len(shown.drawn) > 1:
            self.upper.plot(x, total, pen=pg.mkPen("#a0a0a0", width=2.5), antialias=True)
        self.upper.plot(x, shown.measured, pen=pg.mkPen(ink, width=1.2), connect="finite",
                        antialias=True)
        self.lower.plot(x, np.zeros(len(x)), pen=pg.mkPen("#a0a0a0", width=1))
        self.lower.plot(x, shown.residual, pen=pg.mkPen(ink, width=1.2), connect="finite",
                        antialias=True)
        inside = np.concatenate([total[shown.part], shown.measured[shown.part]])
        low, high = min(np.nanmin(inside), 0), max(np.nanmax(inside), 1e-9)
        self.upper.setXRange(x[0], x[-1], padding=.01)
        self.upper.setYRange(low, high, padding=.04)
        # On the scale of the spectrum, a small residual looks small.
        half = .2 * (high - low)
        self.lower.setYRange(-half, half, padding=0)

    def show_map(self, importance: np.ndarray, color: QColor):
        """Show which wavenumbers a component is seen by, (m,), 0 to 1, in its colour."""
        self.strip.clear()
        if self.shown is None:
            return
        self.strip.addItem(importance_image(self.shown.wavenumbers, importance, color))
        self.strip.setYRange(0, 1, padding=0)


def _entry(color, text):
    # Non-breaking spaces keep the coloured line and its text together.
    return f'<span style="color:{color}">━━</span>&nbsp;' + escape(text).replace(" ", "&nbsp;")
