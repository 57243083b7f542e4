"""The main area of the widget Grad-CAM: tabs, the first with spectra and importance."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QSize, Qt, pyqtSignal
from AnyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from orangecontrib.microplastics.explanation.important_bands import normalised
from orangecontrib.microplastics.widgets.gradcam.heatmap import HeatMap, ScrolledMap
from orangecontrib.microplastics.widgets.gradcam.plot import ColourKey, ImportancePlot
from orangecontrib.microplastics.widgets.gradcam.tabs import (
    AttentionView,
    BandList,
    FaithfulnessView,
)
from orangecontrib.microplastics.widgets.gradcam.task import spectra_only

#: Minimum width of the left axes, for the numbers of the absorbance, pixels.
_LEFT = 62


def _edges(box):
    """Left and right edge of a view box on the screen, pixels."""
    view = box.getViewWidget()
    area = view.mapFromScene(box.sceneBoundingRect()).boundingRect()
    start = view.viewport().mapToGlobal(area.topLeft()).x()
    return start, start + area.width()


class ImportancePage(QWidget):
    """Legend of the colours, description of the drawn spectra, their plot, and the heat map.

    Signals: `row_clicked` and `cleared` of the heat map.
    """

    row_clicked = pyqtSignal(int, bool)
    cleared = pyqtSignal()

    def __init__(self, parent):
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        self.key = ColourKey()
        self.shown_label = QLabel(textFormat=Qt.PlainText)
        self.shown_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.agreement_label = QLabel(textFormat=Qt.PlainText)
        described = QHBoxLayout()
        described.addWidget(self.shown_label, 1)
        described.addWidget(self.agreement_label)
        self.curveplot = ImportancePlot(parent)
        self.curveplot.setMinimumHeight(180)
        self.heatmap = HeatMap()
        self.scrolled = ScrolledMap(self.heatmap)
        self.splitter = QSplitter(Qt.Vertical, childrenCollapsible=False)
        self.splitter.addWidget(self.curveplot)
        self.splitter.addWidget(self.scrolled)
        self.splitter.setSizes([400, 210])
        layout.addWidget(self.key)
        layout.addLayout(described)
        layout.addWidget(self.splitter)
        self._moved = False
        self.splitter.splitterMoved.connect(self._remember_moved)
        # Align the wavenumbers of both plots. pyqtgraph's own axis link is wrong for plots that
        # are not in the corner of their parent widget, as here.
        for signal in (self.curveplot.plot.vb.sigXRangeChanged,
                       self.curveplot.plot.vb.sigResized, self.heatmap.getViewBox().sigResized):
            signal.connect(self._follow)
        self._align(_LEFT)
        self.heatmap.row_clicked.connect(self.row_clicked)
        self.heatmap.cleared.connect(self.cleared)

    def _remember_moved(self):
        self._moved = True

    def _align(self, width):
        for plot in (self.curveplot.plot, self.heatmap.getPlotItem()):
            plot.getAxis("left").setWidth(width)

    def _follow(self, *_):
        """Set the range of the heat map so that its wavenumbers align with the plot above."""
        above, below = self.curveplot.plot.vb, self.heatmap.getViewBox()
        (left, right), (low, high) = _edges(above), above.viewRange()[0]
        if right <= left:
            return
        share = (np.array(_edges(below)) - left) / (right - left)
        ends = high - share * (high - low) if above.xInverted() else low + share * (high - low)
        below.invertX(above.xInverted())
        below.setXRange(*sorted(ends), padding=0)

    def set_maps(self, explained, maps, signed, views):
        """Draw the maps of all spectra, by class and then by descending probability of the target.

        Parameters
        ----------
        explained : Explained
        maps : ndarray, shape (n, m)
            Scaled and smoothed.
        signed : bool
        views : list of ClassView
            Classes to draw; without any, the heat map is cleared.
        """
        if not views:
            self.heatmap.clear_maps()
            return
        probability = explained.target_probability
        self.heatmap.set_maps(maps, explained.axis, signed, [
            (view.name, view.rows[np.argsort(-probability[view.rows], kind="stable")])
            for view in views])
        self._align(max(_LEFT, self.heatmap.axis_width()))
        if not self._moved:
            # Many classes need room for their names, up to half of the window.
            total = sum(self.splitter.sizes())
            wanted = int(min(max(self.heatmap.minimumHeight(), .34 * total), .5 * total))
            self.splitter.setSizes([total - wanted, wanted])

    def mark(self, rows):
        """Mark these rows as selected, and scroll to the first."""
        self.heatmap.mark(rows)
        positions = np.flatnonzero(np.isin(self.heatmap.order, rows))
        if len(positions):
            self.scrolled.show_row(positions[0])

    def clear(self):
        """Remove spectra, labels and texts; the heat map stays."""
        self.shown_label.setText("")
        self.set_agreement("", "")
        self.key.set_bands(())
        self.curveplot.show_spectra(None)

    def set_agreement(self, text: str, tooltip: str):
        """Say whether the networks agree about the drawn map."""
        self.agreement_label.setText(text)
        self.agreement_label.setToolTip(f"<p>{tooltip}</p>" if tooltip else "")

    def show_spectra(self, explained, rows, importance, bands, signed, reference, text):
        """Draw spectra over their mean importance.

        Parameters
        ----------
        explained : Explained
        rows : ndarray of int
            Rows of `explained` to draw.
        importance : ndarray, shape (m,)
        bands : list of ImportantBand
            Bands to label.
        signed : bool
        reference : list of (float, str)
        text : str
            Description of the drawn spectra.
        """
        self.shown_label.setText(text)
        self.key.set_bands(bands)
        self.curveplot.show_spectra(
            spectra_only(explained.data, rows), normalised(importance[None])[0], explained.axis,
            signed, bands, reference)

    def sizeHint(self):
        return QSize(760, 560)


class Views(QStackedWidget):
    """The tabs, or a text that says why there is nothing to show."""

    def __init__(self, parent):
        super().__init__()
        self.page = ImportancePage(parent)
        self.band_list = BandList()
        self.attention_view = AttentionView()
        self.faithfulness_view = FaithfulnessView()
        self.tabs = QTabWidget()
        for widget, title in ((self.page, "Importance"), (self.band_list, "Bands"),
                              (self.attention_view, "CBAM attention"),
                              (self.faithfulness_view, "Faithfulness")):
            self.tabs.addTab(widget, title)
        self.notice = QLabel(wordWrap=True, alignment=Qt.AlignCenter, margin=60)
        self.addWidget(self.notice)
        self.addWidget(self.tabs)

    def tell(self, text: str, switch: bool = True):
        """Set the text, and show it instead of the tabs if `switch`."""
        self.notice.setText(text)
        if switch:
            self.setCurrentWidget(self.notice)

    def show_tabs(self):
        """Show the tabs."""
        self.setCurrentWidget(self.tabs)
