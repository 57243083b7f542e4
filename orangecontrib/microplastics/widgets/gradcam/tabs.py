"""Further tabs of the widget Grad-CAM: bands, CBAM attention, faithfulness."""
from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import Qt, pyqtSignal
from AnyQt.QtGui import QColor
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from Orange.widgets.visualize.owscatterplotgraph import LegendItem
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.explanation.stability import agreement_text
from orangecontrib.microplastics.widgets.gradcam.texts import spectra

#: Colours of the two branches, by Okabe and Ito. The second is also that of the explanation in
#: faithfulness curves, and grey that of random order.
COLOURS = QColor(0, 114, 178), QColor(213, 94, 0)
CHANCE = QColor(128, 128, 128)


def _plot(title, x, y=None):
    plot = PlotWidget(enableMenu=False)
    plot.setLabel("bottom", x)
    if y:
        plot.setLabel("left", y)
        plot.getAxis("left").enableAutoSIPrefix(False)
    plot.setTitle(title, size="9pt")
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.showGrid(x=True, y=True, alpha=.15)
    plot.setMinimumSize(200, 130)
    return plot


class BandList(QTreeWidget):
    """Tree of the important bands of each class, with their assignments."""

    COLUMNS = ("Region [1/cm]", "Importance", "Networks", "Air", "Absorptions [1/cm]")

    def __init__(self):
        super().__init__(uniformRowHeights=True, rootIsDecorated=True,
                         selectionMode=QAbstractItemView.NoSelection)
        self.setHeaderLabels(self.COLUMNS)
        self.header().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.header().setStretchLastSection(False)
        self.setToolTip("Regions of the mean map of each class, the most important first. "
                        "Absorptions of the class's mean spectrum within the region tell which "
                        "bands it stands for.\nNetworks: in how many networks' own maps the band "
                        "is. What only some of them have may be chance.")

    def set_views(self, views, networks=1):
        """Show the bands of each ClassView, of a model of some networks."""
        self.clear()
        self.setColumnHidden(self.COLUMNS.index("Networks"), networks < 2)
        for view in views:
            agreed = agreement_text(networks, view.agreement)
            top = QTreeWidgetItem(self, [f"{view.name} ({spectra(len(view.rows))})"
                                         + (f", {agreed}" if agreed else "")])
            top.setFirstColumnSpanned(True)
            font = top.font(0)
            font.setBold(True)
            top.setFont(0, font)
            if not view.bands:
                QTreeWidgetItem(top, ["no importance"])
            for band in view.bands:
                item = QTreeWidgetItem(top, [
                    f"{band.low:.0f} - {band.high:.0f}", f"{band.share:.0%}",
                    _in_networks(band), band.atmosphere, band.describe(3)])
                item.setTextAlignment(1, Qt.AlignRight)
                item.setToolTip(4, "\n".join(
                    f"{b.wavenumber:g}  {b.assignment} ({b.material}; {b.source})"
                    for b in band.assignments))
        self.expandAll()

    def rows(self):
        """Texts of all rows, for the report: (class, *columns)."""
        result = []
        for i in range(self.topLevelItemCount()):
            top = self.topLevelItem(i)
            result += [(top.text(0), *(top.child(j).text(c) for c in range(len(self.COLUMNS))))
                       for j in range(top.childCount())]
        return result


def _in_networks(band):
    if not band.of_networks:
        return ""
    return f"all {band.networks}" if band.networks == band.of_networks else \
        f"{band.networks} of {band.of_networks}"


class AttentionView(QWidget):
    """CBAM weights of wavenumbers and channels for each branch."""

    def __init__(self):
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.spatial = _plot("Spatial attention",
                             "Wavenumber [cm<sup>-1</sup>]", "Weight")
        self.spatial.getViewBox().invertX(True)
        self.channel = _plot("Channel attention", "Channel", "Weight")
        self.legend = LegendItem()
        self.legend.setParentItem(self.spatial.getViewBox())
        # In the middle: by default, the network does not use that range, so no curve is hidden.
        self.legend.anchor((.5, 0), (.5, 0), offset=(0, 5))
        layout.addWidget(self.spatial, 3)
        layout.addWidget(self.channel, 2)
        self.note = QLabel("Attention shows which wavenumbers and channels the network weights, "
                           "whatever the class. It does not explain a prediction.",
                           wordWrap=True)
        layout.addWidget(self.note)

    def set_attention(self, branches, axis, names, rows, of=""):
        """Draw the mean attention of each branch.

        Parameters
        ----------
        branches : list of :class:`.cbam_maps.Attention` or None
        axis : ndarray, shape (m,)
            cm-1, in any order.
        names : sequence of str
            Names of the branches.
        rows : sequence of int
            Rows of the attention to average.
        of : str
            Description of the rows for the titles.
        """
        for plot, what in ((self.spatial, "Spatial"), (self.channel, "Channel")):
            plot.setTitle(f"{what} attention{': ' if of else ''}{of}", size="9pt")
        self.spatial.clear()
        self.channel.clear()
        self.legend.clear()
        order = np.argsort(axis)
        offset = 0
        for i, (branch, name) in enumerate(zip(branches or (), names, strict=False)):
            colour = COLOURS[i % 2]
            if branch.spatial is not None and len(rows):
                mean = branch.spatial[rows].mean(axis=0)[order]
                item = self.spatial.plot(axis[order], mean, pen=pg.mkPen(colour, width=2),
                                         connect="finite")
                self.legend.addItem(item, name)
            if branch.channel is not None and len(rows):
                height = branch.channel[rows].mean(axis=0)
                self.channel.addItem(pg.BarGraphItem(
                    x=offset + np.arange(len(height)), height=height, width=.8,
                    brush=pg.mkBrush(colour), pen=pg.mkPen(colour)))
                offset += len(height) + 3
        self.legend.setVisible(bool(self.legend.items))
        self.spatial.autoRange()
        self.channel.autoRange()
        self.channel.setYRange(0, 1)


class FaithfulnessView(QWidget):
    """Deletion and insertion curves compared with random order, and randomisation tests."""

    measure = pyqtSignal()

    def __init__(self):
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        self.button = QPushButton("Measure", autoDefault=False, enabled=False, toolTip=(
            "Removes the most important parts of spectra first and compares the decrease of the "
            "probability with random order; compares maps with those of networks with random "
            "weights. Takes some seconds."))
        self.button.clicked.connect(self.measure)
        row.addWidget(self.button)
        self.text = QLabel(wordWrap=True)
        row.addWidget(self.text, 1)
        layout.addLayout(row)
        # One above the other: side by side, the titles would not fit into a small window.
        plots = QVBoxLayout()
        self.plots = {
            "deletion": _plot("Deletion: most important parts removed first",
                              "", "Probability"),
            "insertion": _plot("Insertion: most important parts inserted first",
                               "Share of the spectrum removed, or inserted", "Probability")}
        for plot in self.plots.values():
            plots.addWidget(plot)
        layout.addLayout(plots)
        self.note = QLabel(wordWrap=True)
        layout.addWidget(self.note)
        self.clear()

    def clear(self):
        """Restore the state before a measurement."""
        for plot in self.plots.values():
            plot.clear()
            plot.setXRange(0, 1)
            plot.setYRange(0, 1)
        self.text.setText("Not measured yet whether the maps are faithful to the model.")
        self.note.setText("")

    def show_result(self, curves, likeness):
        """Show the results of a measurement.

        Parameters
        ----------
        curves : :class:`.faithfulness.Faithfulness`
        likeness : dict of str to float
            Rank correlation of the maps with those of networks with random weights.
        """
        self.clear()
        for name, plot in self.plots.items():
            for values, colour, style in (
                    (getattr(curves, name), COLOURS[1], Qt.SolidLine),
                    (getattr(curves, f"random_{name}"), CHANCE, Qt.DashLine)):
                plot.plot(curves.fraction, values.mean(axis=0),
                          pen=pg.mkPen(colour, width=2, style=style))
        areas, better = curves.areas(), (curves.gains() > 0).mean(axis=0)
        self.text.setText(
            f"<b>{_verdict(areas)}</b> Areas under the curves of {len(curves.deletion)} spectra: "
            f"deletion {areas['deletion']:.2f} (chance {areas['random_deletion']:.2f}, better "
            f"for {better[0]:.0%} of the spectra), insertion {areas['insertion']:.2f} "
            f"(chance {areas['random_insertion']:.2f}, better for {better[1]:.0%}).")
        self.note.setText(
            "Orange: by importance; grey: random order. Similarity of the maps to those of a "
            "network with random weights (rank correlation; should be near 0): " + ", ".join(
                f"{what} {round(value, 2) + 0.:.2f}" for what, value in likeness.items()) + ".")


def _verdict(areas):
    gain = (areas["random_deletion"] - areas["deletion"],
            areas["insertion"] - areas["random_insertion"])
    if min(gain) > .05:
        return "Better than chance: the marked wavenumbers matter to the model."
    if max(gain) < .02:
        return "No better than chance: do not trust these maps."
    return "Only partly better than chance: interpret these maps with care."
