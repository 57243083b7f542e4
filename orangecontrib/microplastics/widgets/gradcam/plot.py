"""Plot of spectra with their importance in the background, for the widget Grad-CAM."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from AnyQt.QtCore import QRectF, QSize, Qt
from AnyQt.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter, QPalette
from AnyQt.QtWidgets import QSizePolicy, QWidget
from Orange.widgets.settings import Setting
from orangecontrib.spectroscopy.widgets.owspectra import AVERAGE, CurvePlot
from orangewidget.utils import enum_as_int

from orangecontrib.microplastics.explanation.important_bands import NO_ABSORPTION
from orangecontrib.microplastics.explanation.stability import band_text
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.utils.label_layout import spread

#: Colours of evidence for and against the target, distinguishable for colour-blind readers.
FOR, AGAINST = QColor("#d55e00"), QColor("#0072b2")

#: Largest share of the plot's height for labels; height of the lines below them, pixels.
_LABELS, _KINK = .38, 20

#: Texts with fewer letters stay in one line.
_SHORT = 14

#: Maximum number of columns of a drawn map, more than a plot on the screen shows.
_PIXELS = 1200


def lookup_table(signed: bool) -> np.ndarray:
    """Colours of importance, (257, 4) uint8 RGBA: 0 is "not used", 1 to 256 lowest to highest.

    Opacity grows with importance, so that the colours suit light and dark backgrounds.
    """
    table = np.zeros((257, 4), np.uint8)
    table[0] = 128, 128, 128, 60
    value = np.linspace(-1 if signed else 0, 1, 256)
    for colour, part in ((FOR, value >= 0), (AGAINST, value < 0)):
        table[1:][part, :3] = colour.red(), colour.green(), colour.blue()
    table[1:, 3] = 230 * np.abs(value) ** 0.8
    return table


def as_levels(maps: np.ndarray, signed: bool) -> np.ndarray:
    """Convert maps, scaled to -1 to 1 if `signed` or 0 to 1, to indices of :func:`lookup_table`."""
    value = (maps + 1) / 2 if signed else maps
    level = np.nan_to_num(value).clip(0, 1) * 255
    return np.where(np.isfinite(maps), level.astype(np.int16) + 1, 0)


def on_screen(axis: np.ndarray) -> tuple[np.ndarray, QRectF]:
    """Map evenly spaced pixels to the points of an axis.

    Parameters
    ----------
    axis : ndarray, shape (m,)
        cm-1, in any order.

    Returns
    -------
    columns : ndarray of int, shape (pixels,)
        Index of the axis point nearest to each pixel, in ascending order of wavenumbers.
    extent : QRectF
        Range of the axis, with a height of 1.
    """
    order = np.argsort(axis)
    ascending = axis[order]
    n = int(min(_PIXELS, max(2, np.ptp(axis) / np.median(np.diff(ascending)))))
    low, high = ascending[0], ascending[-1]
    pixels = low + (np.arange(n) + .5) * (high - low) / n
    middle = (ascending[1:] + ascending[:-1]) / 2
    return order[np.searchsorted(middle, pixels)], QRectF(low, 0, high - low, 1)


class _Label(NamedTuple):
    weight: float
    at: float
    label: pg.TextItem
    line: pg.PlotCurveItem
    bottom: float
    top: float


class ImportancePlot(CurvePlot):
    """orange-spectroscopy's plot of spectra, with importance behind the curves."""
    # By convention of infrared spectroscopy, wavenumbers decrease from left to right.
    invertX = Setting(True)
    viewtype = Setting(AVERAGE)

    def __init__(self, parent):
        super().__init__(parent)
        self.strip = pg.ImageItem()
        self.strip.setZValue(-100)
        self.plot.setLabel("bottom", "Wavenumber [cm<sup>-1</sup>]")
        self.label.fill = pg.mkBrush(
            *self.palette().color(QPalette.Base).getRgb()[:3], 190)
        self.labels = []
        # Arguments of markings that are drawn after the curves, whose range they depend on.
        self._pending = None
        self.graph_shown.connect(self._draw_markings)
        # The length of the labels is fixed in pixels, so the room for them depends on the height.
        self.plot.vb.sigResized.connect(self._draw_markings)
        self.plot.vb.sigRangeChanged.connect(self._spread_labels)

    def _update_default_pens(self):
        """Draw curves in the text colour: the default greys are invisible on a dark background."""
        super()._update_default_pens()
        colour = QColor(self.palette().color(QPalette.Text))
        colour.setAlpha(220)
        pen = pg.mkPen(colour, width=self.line_width)
        for pens in (self.pen_normal, self.pen_subset):
            pens.clear()
            pens.default_factory = lambda: pen

    def mouse_moved_viewhelpers(self, pos):
        """Show the mouse position in the text colour of the palette."""
        super().mouse_moved_viewhelpers(pos)
        self.label.setColor(self.palette().color(QPalette.Text))

    def show_spectra(self, data, importance=None, axis=None, signed=False, bands=(),
                     reference=()):
        """Draw spectra over their (mean) importance.

        Parameters
        ----------
        data : Table or None
            None removes everything.
        importance : ndarray, shape (m,)
            Scaled to a maximum of 1; NaN where not seen.
        axis : ndarray, shape (m,)
            Wavenumbers of `importance`, cm-1.
        signed : bool
            Whether negative importance (evidence against the target) is shown.
        bands : list of ImportantBand
            Bands to label.
        reference : list of (float, str)
            Wavenumbers (cm-1) and names of bands to be marked for comparison.
        """
        self.clear_markings()
        self.labels = []
        self._pending = None if data is None else (importance, axis, signed, bands, reference)
        self.set_data(data, auto_update=False)
        self.update_view()

    def _draw_markings(self):
        if self._pending is None or self.data is None:
            return
        self.clear_markings()
        self.labels = []
        importance, axis, signed, bands, reference = self._pending
        curves = [y for _, ys in self.curves_plotted for y in ys]
        finite = np.concatenate(curves) if curves else np.zeros(1)
        finite = finite[np.isfinite(finite)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0, 1)
        height = (high - low) or 1.
        self._high = high
        texts = [_band_label(band) for band in bands]
        names = [f"{name_of(wavenumber)} {name}".strip() for wavenumber, name in reference]
        bottom = low - .03 * height
        room, texts, names = self._room(texts, names)
        top = high + room * (high - bottom)
        columns, extent = on_screen(axis)
        self.strip.setImage(as_levels(importance[columns], signed)[:, None],
                            lut=lookup_table(signed), levels=(0, 256), autoLevels=False)
        # Labels stand above it, on plain ground.
        self.strip.setRect(QRectF(extent.left(), bottom, extent.width(),
                                  high + .02 * height - bottom))
        self.add_marking(self.strip)
        text = self.palette().color(QPalette.Text)
        for band, name in zip(bands, texts, strict=True):
            self._label(band.position, name, top, bottom, text, Qt.DashLine, band.weight,
                        _band_tooltip(band))
        for (wavenumber, _), name in zip(reference, names, strict=True):
            self._label(wavenumber, name, top, bottom, AGAINST, Qt.DotLine, 0,
                        f"Reference band {name}")
        self._spread_labels()
        if self.rescale_next:
            self.plot.vb.autoRange()
        else:
            # Another class on the same axis: keep the user's zoom of the wavenumbers.
            self.plot.vb.setYRange(bottom, top, padding=.02)

    def _room(self, *groups):
        """Height of the labels relative to that of the plot below them, and texts that fit in.

        If they need more than about a third of the height, they have two lines; what is too long is
        cut, and whole in tooltips.
        """
        metrics = QFontMetricsF(self._font())

        def longest(groups):
            return max((metrics.horizontalAdvance(line) for texts in groups for text in texts
                        for line in text.split("\n")), default=0)

        if not longest(groups):
            return (.03, *groups)
        height = max(self.plot.vb.height(), 1)
        if longest(groups) + _KINK > _LABELS * height:
            groups = [[_two_lines(text) for text in texts] for texts in groups]
        share = min(_LABELS, (longest(groups) + _KINK) / height)
        room = max(share * height - _KINK, 0) + 1
        return (share / (1 - share), *([
            "\n".join(metrics.elidedText(line, Qt.ElideRight, room) for line in text.split("\n"))
            for text in texts] for texts in groups))

    def _font(self):
        font = QFont(self.font())
        font.setPointSizeF(.85 * max(font.pointSizeF(), 8))
        return font

    def _label(self, at, text, top, bottom, colour, style, weight, tooltip):
        line = pg.PlotCurveItem(pen=pg.mkPen(colour, width=1, style=style))
        # Vertical text that reads upwards and ends at the top of the plot.
        label = pg.TextItem(text, color=colour, anchor=(1, .5), angle=90,
                            fill=pg.mkBrush(*self.palette().color(QPalette.Base).getRgb()[:3], 200))
        label.setFont(self._font())
        label.setToolTip(tooltip)
        label.setZValue(50)
        self.labels.append(_Label(weight, at, label, line, bottom, top))
        for item in (line, label):
            self.add_marking(item)

    def _spread_labels(self):
        """Place the labels of visible bands side by side, each with a line to its band.

        If there is not enough room for all, those of the darkest place and the largest share
        are shown.
        """
        if not self.labels:
            return
        (low, high), _ = self.plot.vb.viewRange()
        pixel, upright = self.plot.vb.viewPixelSize()
        width = max(entry.label.boundingRect().height() for entry in self.labels) * pixel
        shown = sorted((entry for entry in self.labels if low <= entry.at <= high),
                       key=lambda entry: -entry.weight)[:int((high - low) / width)]
        for entry in self.labels:
            for item in (entry.label, entry.line):
                item.setVisible(any(entry is other for other in shown))
        places = spread([entry.at for entry in shown], np.full(len(shown), width), low, high)
        for entry, place in zip(shown, places, strict=True):
            entry.label.setPos(place, entry.top)
            kink = min(self._high + 2 * upright, entry.top)
            end = entry.top - entry.label.boundingRect().width() * upright
            entry.line.setData([entry.at, entry.at, place, place],
                               [entry.bottom, kink, min(kink + 10 * upright, end), end])

    def sizeHint(self):
        return QSize(700, 320)


def _two_lines(text):
    """Break a text at the space nearest to its middle."""
    spaces = [i for i, letter in enumerate(text) if letter == " "]
    if not spaces or len(text) < _SHORT:
        return text
    at = min(spaces, key=lambda i: abs(i - len(text) / 2))
    return f"{text[:at]}\n{text[at + 1:]}"


def _band_label(band):
    """With "2 of 3" if not all networks have the band; :class:`ColourKey` says what it means."""
    return band.label() + (f", {band.networks} of {band.of_networks}" if band_text(band) else "")


def _band_tooltip(band):
    lines = [f"<b>{band.low:.0f} to {band.high:.0f} 1/cm</b>, {band.share:.0%} of all importance"]
    if band.of_networks:
        lines.append(f"In the maps of {band.networks} of {band.of_networks} networks.")
    lines += [f"{at:.0f} {band.called(i)}" for i, at in enumerate(band.absorptions)] or [
        band.describe()[0].upper() + band.describe()[1:] + "."]
    if band.assignments:
        lines.append("<i>Bands known here:</i>")
    lines += [f"{b.wavenumber:g} {b.assignment} ({b.material}), {b.source}"
              for b in band.assignments[:6]]
    if band.atmosphere:
        lines.append("Water vapour or carbon dioxide absorb here" +
                     (", too." if band.atmosphere == "possible" else
                      "; no band of the material is known."))
    return "<br>".join(lines)


class ColourKey(QWidget):
    """Legend of the colours, in one line."""

    def __init__(self):
        super().__init__()
        self.signed, self.note = False, ""
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        self.set_bands(())

    def set_signed(self, signed: bool):
        """Set whether the colours also show evidence against the target."""
        self.signed = signed
        self.update()

    def set_bands(self, bands):
        """Explain labels of these bands: without absorption, or assigned to another material."""
        notes = []
        if any(not band.absorptions for band in bands):
            notes.append(NO_ABSORPTION)
        guessed = next((band for band in bands if band.foreign()), None)
        if guessed:
            other = guessed.foreign()
            notes.append(f"({other}?): a band of {other}"
                         + (f", none of {' or '.join(guessed.materials)}"
                            if guessed.materials else ""))
        doubtful = next((band for band in bands if band_text(band)), None)
        if doubtful:
            notes.insert(0, f"{doubtful.networks} of {doubtful.of_networks}: {band_text(doubtful)} "
                            "only")
        self.note = "; ".join(notes)
        self.setToolTip("\n".join((
            "Importance of each wavenumber for the model's prediction, relative to the highest. "
            "Grey: not used by the model.",
            "The number of a label is the position of an absorption maximum of the spectra.",
            NO_ABSORPTION.capitalize() + ".",
            "(PET?): no band of the class's own material, but PET has one there.")))
        self.update()

    def sizeHint(self):
        return QSize(420, int(1.5 * self.fontMetrics().height()))

    def paintEvent(self, _):
        painter = QPainter(self)
        metrics = self.fontMetrics()
        middle = self.height() / 2
        size = metrics.height() * .8
        x = 4.
        for kind, text in self._entries():
            width = 110 if kind == "scale" else size * 1.4
            rect = QRectF(x, middle - size / 2, width, size)
            if kind == "scale":
                gradient = QLinearGradient(rect.topLeft(), rect.topRight())
                table = lookup_table(self.signed)[1:]
                for i in range(0, 256, 15):
                    gradient.setColorAt(i / 255, QColor(*map(int, table[i])))
                painter.fillRect(rect, gradient)
            else:
                painter.fillRect(rect, QColor(*map(int, lookup_table(False)[0])))
            painter.setPen(self.palette().color(QPalette.Mid))
            painter.drawRect(rect)
            painter.setPen(self.palette().color(QPalette.WindowText))
            x += width + 6
            painter.drawText(QRectF(x, 0, 1000, self.height()),
                             enum_as_int(Qt.AlignVCenter | Qt.AlignLeft), text)
            x += metrics.horizontalAdvance(text) + 22
        rest = self.width() - x - 4
        painter.drawText(QRectF(x, 0, rest, self.height()),
                         enum_as_int(Qt.AlignVCenter | Qt.AlignLeft),
                         metrics.elidedText(self.note, Qt.ElideRight, max(int(rest), 0)))

    def _entries(self):
        text = "evidence against ... evidence for" if self.signed \
            else "not important ... important"
        return (("scale", text), ("unseen", "not used"))
