"""How much of each, drawn: a spectrum as the sum of its components, and what is left."""
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from Orange.data import Table

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.fit import MOST
from orangecontrib.microplastics.identification.components import amounts, components, text
from orangecontrib.microplastics.spectra.names import spectrum_names

__all__ = ["AmountView", "amount_views", "amounts_figure"]

#: Okabe and Ito's blue, vermilion, green and sky blue, safe for colour-blind readers.
_INKS = "#0072b2", "#d55e00", "#009e73", "#56b4e9"


class AmountView(NamedTuple):
    """One spectrum as the sum of its components.

    Attributes
    ----------
    title : str
        Name of the spectrum, and its components in words.
    axis : ndarray, shape (wavenumbers,)
        cm-1, ascending.
    spectrum, residual : ndarray, shape (wavenumbers,)
        Absorbance minus baseline; what components and baseline leave.
    names : tuple of str, length k
    curves : ndarray, shape (k, wavenumbers)
        Components times their amounts.
    """
    title: str
    axis: np.ndarray
    spectrum: np.ndarray
    residual: np.ndarray
    names: tuple[str, ...]
    curves: np.ndarray


def amount_views(model: DCNetModel, data: Table, answer: Answer,
                 rows: Iterable[int]) -> list[AmountView]:
    """Spectra as sums of their components.

    Parameters
    ----------
    model : DCNetModel
    data : Table
        Spectra in absorbance.
    answer : Answer
        Of the model, for all of them.
    rows : iterable of int
        Spectra to show; those without fractions are left out.

    Returns
    -------
    list of AmountView
        Empty if the model cannot tell fractions.
    """
    composer, materials = model.composer(), model.components
    rows = [row for row in rows if 0 < answer.named[row].sum() <= MOST]
    if composer is None or not rows:
        return []
    found, names = amounts(answer, materials), spectrum_names(data)
    views = []
    for row, x in zip(rows, np.asarray(model.grid_spectra(data[rows]), float), strict=True):
        parts = components(answer, row, materials, found)
        members = [materials.index(part.name) for part in parts
                   if answer.named[row, materials.index(part.name)]]
        curves = composer.fit.curves(x, members)
        views.append(AmountView(
            f"{names[row]}: {text(parts)}", model.wavenumbers, x - curves.baseline,
            curves.residual, tuple(materials[i] for i in members), curves.components))
    return views


def amounts_figure(views: list[AmountView], path: Path | str, title: str = ""):
    """Draw spectra over the sum of their components; below each, what is left.

    Parameters
    ----------
    views : list of AmountView
    path : Path or str
        PNG to write.
    title : str

    Raises
    ------
    ValueError
        If there is no spectrum.
    """
    if not views:
        raise ValueError("There is no spectrum of which fractions are known.")
    figure = Figure(figsize=(10, .8 + 2.6 * len(views)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2 * len(views), 1, sharex=True, squeeze=False,
                             height_ratios=[3, 1] * len(views))[:, 0]
    for i, view in enumerate(views):
        _draw(*panels[2 * i:2 * i + 2], view)
    axis = views[0].axis
    panels[0].set_xlim(axis.max(), axis.min())
    panels[-1].set_xlabel("Wavenumber [cm$^{-1}$]")
    if title:
        figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)


def _draw(upper, lower, view):
    upper.set_title(view.title, fontsize=9.5, loc="left")
    upper.plot(view.axis, view.spectrum, color="black", lw=1.1, label="measured, minus baseline")
    for name, curve, ink in zip(view.names, view.curves, _INKS, strict=False):
        upper.fill_between(view.axis, 0, curve, color=ink, alpha=.25, lw=0)
        upper.plot(view.axis, curve, color=ink, lw=1, label=name)
    if len(view.names) > 1:
        upper.plot(view.axis, view.curves.sum(axis=0), color="#888888", lw=1, ls="--", label="sum")
    lower.plot(view.axis, view.residual, color="black", lw=.8)
    lower.axhline(0, color="#888888", lw=.6)
    # On the scale of the spectrum, a small residual looks small.
    height = np.ptp(view.spectrum) or 1
    lower.set_ylim(-.3 * height, .3 * height)
    lower.set_ylabel("left", fontsize=8)
    upper.set_ylabel("absorbance", fontsize=8)
    upper.legend(fontsize=7.5, loc="upper left", ncols=2, frameon=False)
    for panel in (upper, lower):
        panel.tick_params(labelsize=7)
