"""The map of the filter: particles in the colours of their polymers, to be pointed at."""
from __future__ import annotations

from html import escape
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from AnyQt.QtGui import QBrush, QColor, QPainterPath
from AnyQt.QtWidgets import (
    QComboBox,
    QGraphicsPathItem,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)
from Orange.widgets.visualize.utils.plotutils import PlotWidget

from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.widgets.common.palette import is_dark

__all__ = ["BEHIND", "Picture", "MapView"]

#: What is drawn behind the particles.
BEHIND = ("Signal", "Visible image", "Nothing")

#: Opacity of particles, so that what is behind them can be seen.
_OPAQUE = 235, 140

#: Particles from which on unknown ones are not hatched one by one but shown grey: their outlines
#: would take seconds.
_MOST_PATHS = 60_000


class Picture(NamedTuple):
    """What the map shows.

    Attributes
    ----------
    labels : ndarray of int, shape (rows, columns)
        Numbers of the particles; 0 for none.
    names : list of str
        Of particles 1 to n.
    colors : dict of str to QColor
    signal : ndarray, shape (rows, columns)
        NaN where nothing was measured.
    threshold : float
    rect : QRectF
        Of the map, in micrometres or pixels.
    unit : str
    visible : tuple or None
        Visible image (rows, columns, 3 or 4) and its QRectF.
    texts : list of str
        Of each particle, for its tooltip.
    """
    labels: np.ndarray
    names: list[str]
    colors: dict[str, QColor]
    signal: np.ndarray
    threshold: float
    rect: QRectF
    unit: str
    visible: tuple | None
    texts: list[str]


class MapView(QWidget):
    """
    The map, a legend, and a choice of what is behind.

    Signals: `picked(number, more)`: a particle was clicked (0: none); `more` if Ctrl or Shift was
    held. `asked(number, position)`: the right button was pressed on it. `legend_picked(name)`: a
    name in the legend was clicked.
    """
    picked = pyqtSignal(int, bool)
    asked = pyqtSignal(int, object)
    legend_picked = pyqtSignal(str)

    def __init__(self, behind: int = 0, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(2)
        self.plot = PlotWidget(enableMenu=False)
        item = self.plot.getPlotItem()
        item.buttonsHidden = True
        self.box = item.getViewBox()
        self.box.setAspectLocked(True)
        self.box.invertY(False)
        for axis in ("left", "bottom"):
            item.getAxis(axis).enableAutoSIPrefix(False)
        self.plot.setMinimumSize(240, 200)
        self.plot.viewport().setMouseTracking(True)
        self.plot.setToolTip("")
        self.plot.setFocusPolicy(Qt.NoFocus)  # the list has the same particles
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        layout.addWidget(self.plot, 1)
        foot = QHBoxLayout()
        self.legend = QLabel(textFormat=Qt.RichText, wordWrap=True)
        self.legend.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.legend.setToolTip("Click a name to select its particles.")
        self.legend.linkActivated.connect(self.legend_picked)
        self.behind_label, self.behind = QLabel("Behind:"), QComboBox()
        self.behind.addItems(BEHIND)
        self.behind.setCurrentIndex(behind)
        self.behind.setToolTip("What is drawn behind the particles. The visible image is that of "
                               "the file, if it has one.")
        self.behind.currentIndexChanged.connect(lambda *_: self._draw())
        foot.addStretch()
        foot.addWidget(self.behind_label)
        foot.addWidget(self.behind)
        layout.insertLayout(0, foot)
        layout.addWidget(self.legend)
        self.back, self.front = (pg.ImageItem(axisOrder="row-major") for _ in range(2))
        self.hatched, self.outline = QGraphicsPathItem(), QGraphicsPathItem()
        self.hatched.setPen(pg.mkPen(None))
        for z, part in enumerate((self.back, self.front, self.hatched, self.outline)):
            part.setZValue(z)
            self.plot.addItem(part)
        self.picture: Picture | None = None
        self._selected: list[int] = []
        self.clear()

    def sizeHint(self):
        return QSize(470, 520)

    def clear(self, text: str = ""):
        """Show no map, but a text."""
        self.picture, self._selected = None, []
        self.back.clear()
        self.front.clear()
        self.hatched.setPath(QPainterPath())
        self.outline.setPath(QPainterPath())
        self.legend.setText(f'<span style="color:gray">{escape(text)}</span>')
        self.behind.hide()
        self.behind_label.hide()
        for axis in ("left", "bottom"):
            self.plot.getPlotItem().hideAxis(axis)

    def show_picture(self, picture: Picture):
        """Show a map; the part that is in view stays if it is a map of the same place."""
        new = self.picture is None or self.picture.rect != picture.rect
        self.picture = picture
        for name, axis in (("x", "bottom"), ("y", "left")):
            self.plot.getPlotItem().showAxis(axis)
            self.plot.getPlotItem().setLabel(axis, f"{name} ({picture.unit})")
        self._draw()
        if new:
            self.box.setRange(picture.rect, padding=.02)
        self.behind.show()
        self.behind_label.show()
        self.behind.model().item(1).setEnabled(picture.visible is not None)

    def select(self, numbers):
        """Outline particles."""
        self._selected = list(numbers)
        if self.picture is None:
            return
        ink = QColor(255, 255, 255) if is_dark(self) or self.behind.currentIndex() == 1 \
            else QColor(0, 0, 0)
        self.outline.setPen(pg.mkPen(ink, width=2))
        self.outline.setPath(self._path(np.isin(self.picture.labels, self._selected), True))

    # ----------------------------------------------------------------- drawing

    def _draw(self):
        picture = self.picture
        if picture is None:
            return
        visible = self.behind.currentIndex() == 1 and picture.visible is not None
        if visible:
            image, rect = picture.visible
            self.back.setImage(image, levels=(0, 255) if image.dtype == np.uint8 else None)
            self.back.setRect(rect)
        elif self.behind.currentIndex() == 0:
            self.back.setImage(self._grey(picture), levels=(0, 255))
            self.back.setRect(picture.rect)
        else:
            self.back.clear()
        colors = np.zeros((len(picture.names) + 1, 4), np.uint8)
        for i, name in enumerate(picture.names, start=1):
            color = picture.colors[name]
            colors[i] = color.red(), color.green(), color.blue(), _OPAQUE[visible]
        self.front.setImage(colors[picture.labels], levels=(0, 255))
        self.front.setRect(picture.rect)
        unknown = np.array([False, *(name == UNNAMED for name in picture.names)])
        ink = QColor(0, 0, 0, 170) if not is_dark(self) else QColor(255, 255, 255, 170)
        brush = QBrush(ink, Qt.BDiagPattern)
        # The pattern is in pixels of the screen, whatever the zoom.
        brush.setTransform(self.hatched.sceneTransform().inverted()[0])
        self.hatched.setBrush(brush)
        mask = unknown[picture.labels]
        self.hatched.setPath(self._path(mask) if 0 < mask.sum() < _MOST_PATHS else QPainterPath())
        self.legend.setText(self._legend(picture))
        self.select(self._selected)

    def _grey(self, picture):
        """The signal as grey levels: the threshold is a middle grey."""
        with np.errstate(all="ignore"):
            height = np.log(np.maximum(picture.signal, 1e-9) / picture.threshold)
        high = max(float(np.nanpercentile(height, 99.8)), .7)
        grey = np.where(height < 0, .35 + .2 * np.maximum(height, -1.5) / 1.5,
                        .35 + .65 * np.minimum(height / high, 1))
        if not is_dark(self):
            grey = 1 - .8 * grey
        else:
            grey = .8 * grey
        out = np.zeros((*grey.shape, 4), np.uint8)
        out[..., :3] = np.nan_to_num(255 * grey)[..., None]
        out[..., 3] = np.where(np.isfinite(picture.signal), 255, 0)
        return out

    def _path(self, mask, outline=False):
        """Rectangles of runs of pixels, or the edges between pixels, in the map's coordinates."""
        if not mask.any():
            return QPainterPath()
        rect = self.picture.rect
        rows, columns = mask.shape
        dx, dy = rect.width() / columns, rect.height() / rows
        if outline:
            wide = np.pad(mask, 1)
            row, column = np.nonzero(wide[1:, 1:-1] != wide[:-1, 1:-1])
            row2, column2 = np.nonzero(wide[1:-1, 1:] != wide[1:-1, :-1])
            x = np.concatenate([np.stack([column, column + 1], 1), np.stack([column2] * 2, 1)])
            y = np.concatenate([np.stack([row] * 2, 1), np.stack([row2, row2 + 1], 1)])
            connect = "pairs"
        else:
            edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
            (row, first), last = np.nonzero(edges == 1), np.nonzero(edges == -1)[1]
            x = np.stack([first, last, last, first, first], 1)
            y = np.stack([row, row, row + 1, row + 1, row], 1)
            connect = np.tile([1, 1, 1, 1, 0], len(row)).astype(np.int32)
        return pg.arrayToQPath(rect.left() + dx * x.ravel(), rect.top() + dy * y.ravel(),
                               connect=connect)

    def _legend(self, picture):
        names, counts = np.unique(np.array(picture.names, object).astype(str), return_counts=True)
        order = sorted(range(len(names)), key=lambda i: (names[i] == UNNAMED, -counts[i]))
        ink = self.palette().color(self.foregroundRole()).name()
        entries = [
            f'<a href="{escape(names[i])}" style="color:{ink};text-decoration:none">'
            f'<span style="color:{picture.colors[names[i]].name()}">'
            f'{"▨" if names[i] == UNNAMED else "■"}</span>&nbsp;'
            f'{escape(names[i]).replace(" ", "&nbsp;")}&nbsp;<b>{counts[i]:,}</b></a>'
            for i in order]
        return "&nbsp;&nbsp; ".join(entries) if entries else \
            '<span style="color:gray">No particles: lower the threshold.</span>'

    def changeEvent(self, event):
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and "picture" in self.__dict__:
            self._draw()

    # ----------------------------------------------------------------- pointing

    def number_at(self, point: QPointF) -> int:
        """Number of the particle at a point in the map's coordinates; 0 for none."""
        picture = self.picture
        if picture is None or not picture.rect.contains(point):
            return 0
        rows, columns = picture.labels.shape
        row = int((point.y() - picture.rect.top()) / picture.rect.height() * rows)
        column = int((point.x() - picture.rect.left()) / picture.rect.width() * columns)
        return int(picture.labels[min(row, rows - 1), min(column, columns - 1)])

    def _clicked(self, event):
        number = self.number_at(self.box.mapSceneToView(event.scenePos()))
        if event.button() == Qt.RightButton:
            self.asked.emit(number, event.screenPos().toPoint())
        elif event.button() == Qt.LeftButton:
            more = bool(event.modifiers() & (Qt.ControlModifier | Qt.ShiftModifier))
            self.picked.emit(number, more)
        event.accept()

    def _moved(self, position):
        number = self.number_at(self.box.mapSceneToView(position))
        if number:
            where = self.plot.mapToGlobal(self.plot.mapFromScene(position))
            QToolTip.showText(where, self.picture.texts[number - 1], self.plot)
        else:
            QToolTip.hideText()
