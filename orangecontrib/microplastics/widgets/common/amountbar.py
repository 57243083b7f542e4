"""Stacked bars of fractions in a list of spectra."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from AnyQt.QtCore import QRectF, Qt
from AnyQt.QtGui import QBrush, QColor, QPalette, QPen
from AnyQt.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.identification.components import Amounts

__all__ = ["Bars", "Piece", "BarDelegate", "pieces"]

#: Colours of the bars of unknown spectra, by position.
_GREYS = tuple(QColor(v, v, v) for v in (150, 185, 125, 205))

#: Pixels around a bar, and its smallest piece.
_MARGIN, _LEAST = 4, 1.


class Bars(NamedTuple):
    """What the bars show: components of the model, fractions of n spectra, and a colour of each
    component."""
    materials: tuple[str, ...]
    found: Amounts
    colors: list[QColor]


class Piece(NamedTuple):
    """A piece of a bar: its width as a fraction of the bar, its colour, and whether only one
    witness sees the component, so that it is hatched."""
    fraction: float
    color: QColor
    hatched: bool


def pieces(bars: Bars, answer: Answer, row: int, unknown: bool) -> list[Piece]:
    """Pieces of the bar of one spectrum, the largest first; none if fractions are not known."""
    fractions = bars.found.fractions[row]
    there = np.flatnonzero(np.nan_to_num(fractions) > 0)
    order = there[np.argsort(-fractions[there], kind="stable")]
    # A single material needs no further witness.
    doubted = np.nan_to_num(answer.evidence[row], nan=1) < 1 if answer.named[row].sum() > 1 \
        else np.zeros(len(fractions), bool)
    return [Piece(float(fractions[i]),
                  _GREYS[place % len(_GREYS)] if unknown else bars.colors[i], bool(doubted[i]))
            for place, i in enumerate(order)]


class BarDelegate(QStyledItemDelegate):
    """Draws the pieces that a model gives for Qt.UserRole, instead of the text."""

    def paint(self, painter, option, index):
        option = QStyleOptionViewItem(option)
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style() if option.widget is not None else QApplication.style()
        # The background, also of selected rows, as in other columns.
        style.drawControl(QStyle.CE_ItemViewItem, option, painter, option.widget)
        shown = index.data(Qt.UserRole)
        if not shown:
            return
        painter.save()
        paper = option.palette.color(QPalette.Base)
        room = QRectF(option.rect).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        left = room.left()
        for piece in shown:
            wide = max(piece.fraction * room.width(), _LEAST)
            part = QRectF(left, room.top(), min(wide, room.right() - left), room.height())
            painter.setPen(Qt.NoPen)
            painter.setBrush(paper if piece.hatched else piece.color)
            painter.drawRect(part)
            if piece.hatched:
                painter.setPen(QPen(piece.color, 1))
                painter.setBrush(QBrush(piece.color, Qt.BDiagPattern))
                painter.drawRect(part.adjusted(.5, .5, -.5, -.5))
            left += wide
            if left < room.right():
                painter.setPen(QPen(paper, 1))
                painter.drawLine(part.topRight(), part.bottomRight())
        painter.restore()
