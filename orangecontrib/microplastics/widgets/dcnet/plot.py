"""Plot of loss and accuracy, updated during training."""
from __future__ import annotations

import math

import pyqtgraph as pg
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor
from AnyQt.QtWidgets import QVBoxLayout, QWidget
from Orange.widgets.visualize.owscatterplotgraph import LegendItem
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.widgets.common.palette import is_dark

#: Colours of training and validation, by Okabe and Ito, distinguishable for colour-blind
#: readers: blue and vermilion on white, sky blue and orange on black.
ON_LIGHT, ON_DARK = ("#0072B2", "#D55E00"), ("#56B4E9", "#E69F00")

#: Names of the curves in the legend.
_NAMES = {"training": "Training spectra", "validation": "Validation spectra"}

_TOOLTIP = (
    "Training spectra: those that the network learns from, distorted (Augmentation).\n"
    "Validation spectra: those kept aside for validation, if any are. They are like the others, "
    "so\nneither of the curves tells how good it is on other samples: Test and Score does.")


class TrainingPlot(QWidget):
    """Two plots over the epochs: loss above, accuracy below.

    Each network has its own curves. :meth:`add` takes a finished epoch, :meth:`now` the
    current mean of the running epoch.
    """

    def __init__(self):
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.plots = {}
        for name, title in (("loss", "Loss"), ("accuracy", "Accuracy")):
            plot = PlotWidget(enableMenu=False)
            plot.setLabel("left", title)
            plot.getAxis("left").setWidth(55)
            # Do not show a loss of 0.4 as "400 x 0.001".
            plot.getAxis("left").enableAutoSIPrefix(False)
            plot.setMouseEnabled(False, False)
            plot.hideButtons()
            plot.showGrid(x=True, y=True, alpha=.15)
            plot.setFocusPolicy(Qt.NoFocus)  # it has no keyboard functions
            plot.setMinimumSize(320, 140)
            plot.setToolTip(_TOOLTIP)
            layout.addWidget(plot)
            self.plots[name] = plot
        self.plots["accuracy"].setLabel("bottom", "Epoch")
        self.plots["accuracy"].setXLink(self.plots["loss"])
        self.legend = LegendItem()
        self.legend.setParentItem(self.plots["loss"].getViewBox())
        self.legend.anchor((1, 0), (1, 0), offset=(-5, 5))
        self.clear()

    def clear(self):
        """Remove all curves."""
        for plot in self.plots.values():
            plot.clear()
        self._points = {}
        self._curves = {}
        self.legend.clear()
        self.legend.hide()
        self.plots["loss"].setXRange(0, 1, padding=.02)

    def expect(self, epochs: int):
        """Extend the horizontal axis to the expected number of epochs."""
        if epochs > self.plots["loss"].viewRange()[0][1]:
            self.plots["loss"].setXRange(0, epochs, padding=.02)

    def add(self, network: int, epoch):
        """Add a finished :class:`.config.Epoch` of the `network`-th network."""
        self._set(network, "training", epoch.epoch, epoch.loss, epoch.accuracy)
        if math.isfinite(epoch.validation_loss):
            self._set(network, "validation", epoch.epoch, epoch.validation_loss,
                      epoch.validation_accuracy)

    def now(self, network: int, epoch: int, loss: float, accuracy: float):
        """Set the current means of the running epoch."""
        self._set(network, "training", epoch, loss, accuracy)

    def _set(self, network, kind, epoch, loss, accuracy):
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            points = self._points.setdefault((network, kind, name), {})
            points[epoch] = value
            self._curve(network, kind, name).setData(list(points), list(points.values()))
        largest = max(max(p) for p in self._points.values())
        if largest > self.plots["loss"].viewRange()[0][1]:
            self.plots["loss"].setXRange(0, largest, padding=.02)
        # The loss axis starts at 0 and the accuracy axis ends at 1, so that small changes are not
        # exaggerated.
        top = max(max(p.values()) for k, p in self._points.items() if k[2] == "loss")
        self.plots["loss"].setYRange(0, top, padding=.05)
        low = min(min(p.values()) for k, p in self._points.items() if k[2] == "accuracy")
        self.plots["accuracy"].setYRange(min(low, .9), 1, padding=.03)

    def _curve(self, network, kind, name):
        key = (network, kind, name)
        if key not in self._curves:
            colours = ON_DARK if is_dark(self) else ON_LIGHT
            colour = QColor(colours[kind != "training"])
            style = Qt.SolidLine if kind == "training" else Qt.DashLine
            curve = pg.PlotDataItem(
                pen=pg.mkPen(colour, width=2, style=style), symbol="o", symbolSize=5,
                symbolBrush=colour, symbolPen=None, antialias=True)
            self.plots[name].addItem(curve)
            self._curves[key] = curve
            if name == "loss" and network == 0:
                self.legend.addItem(curve, _NAMES[kind])
                self.legend.show()
        return self._curves[key]
