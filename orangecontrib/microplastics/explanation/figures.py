"""Grad-CAM figures, drawn without a screen: by class, and of single spectra."""
from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from Orange.data import Table

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.important_bands import normalised
from orangecontrib.microplastics.explanation.single import SpectrumView
from orangecontrib.microplastics.explanation.stability import (
    agreement_text,
    band_text,
    compare_networks,
)
from orangecontrib.microplastics.explanation.table import ClassView, class_views, explain_table
from orangecontrib.microplastics.materials.names import is_combination
from orangecontrib.microplastics.utils.label_layout import spread

__all__ = ["gradcam_figure", "spectra_figure"]

#: Okabe and Ito's vermilion, blue and green, safe for colour-blind readers: one per component.
_INKS = "#d55e00", "#0072b2", "#009e73"
_MAPS = [LinearSegmentedColormap.from_list("importance", ["#ffffff", pale, ink])
         for ink, pale in zip(_INKS, ("#f6c9a0", "#a6cfe8", "#a5dcc8"), strict=True)]
_UNSEEN = "#e0e0e0"
#: Heights in panels, where spectra reach 1: lower end of the labels, upper end of the panel.
_LABELS, _TOP = 1.14, 1.95


def gradcam_figure(model: DCNetModel, data: Table, path: Path | str, *,
                   classes: list[str] | None = None, n_bands: int = 4, most: int = 2000,
                   title: str = "", **settings) -> list[ClassView]:
    """Draw the mean spectrum of each predicted class over its importance, with named bands.

    Parameters
    ----------
    model : DCNetModel
    data : Table
        Spectra on any axis that the model accepts. If they have a class, only correctly
        predicted spectra are drawn, if there are any.
    path : Path or str
        PNG to write.
    classes : list of str, optional
        Classes to draw, in this order. By default all predicted classes; if there are single
        materials among them, no combinations.
    n_bands : int
        Number of labelled bands in each class.
    most : int
        Maximum number of spectra; a random sample is taken of more.
    title : str
    **settings
        Keyword arguments of :func:`.explain_table`.

    Returns
    -------
    list of ClassView
        The classes drawn; :func:`.bands_table` lists their bands.

    Raises
    ------
    ValueError
        If there is nothing to draw: no spectra, or none predicted as one of `classes`.
    """
    if len(data) > most:
        data = data[np.sort(np.random.default_rng(0).choice(len(data), most, replace=False))]
    explained = explain_table(model, data, **settings)
    stability = compare_networks(model, explained)
    views = class_views(explained, explained.right == 1, stability=stability) or \
        class_views(explained, stability=stability)
    if classes is not None:
        views = [v for name in classes for v in views if v.name == name]
    elif any(not is_combination(v.name) for v in views):
        views = [v for v in views if not is_combination(v.name)]
    if not views:
        raise ValueError("There is no spectrum to draw: none is predicted as one of the "
                         "requested classes.")
    figure, panels = _panels(len(views), 1.9, explained.axis, title)
    figure.supylabel("Mean absorbance, each class to its own height", fontsize=9)
    labels = []
    for panel, view in zip(panels, views, strict=True):
        # Labels stand above it, on plain ground.
        _map(panel, explained.axis, view.importance, (-.05, 1.05), _MAPS[0])
        curve = _curve(panel, explained.axis, view.spectrum)
        spectra = "spectrum" if len(view.rows) == 1 else "spectra"
        agreed = agreement_text(len(model.networks), view.agreement)
        panel.set_ylabel("\n".join((view.name, f"{len(view.rows)} {spectra}",
                                    *textwrap.wrap(agreed, 14))),
                         rotation=0, ha="right", va="center", fontsize=9)
        labels.append([_Label(panel, band, "black", curve) for band in view.bands[:n_bands]])
    bar = figure.colorbar(ScalarMappable(Normalize(0, 1), _MAPS[0]), ax=list(panels),
                          shrink=min(1., 2.5 / len(views)), aspect=14, pad=.01)
    bar.set_label("importance (grey: not used by the model)", fontsize=8)
    _finish(figure, labels, path)
    return views


def spectra_figure(views: list[SpectrumView], path: Path | str, *, n_bands: int = 3,
                   title: str = ""):
    """Draw single spectra, each above a strip of importance for each component.

    Parameters
    ----------
    views : list of SpectrumView
    path : Path or str
        PNG to write.
    n_bands : int
        Number of labelled bands for each component.
    title : str

    Raises
    ------
    ValueError
        If there is no spectrum.
    """
    if not views:
        raise ValueError("There is no spectrum to draw Grad-CAM of.")
    figure, panels = _panels(len(views), 2.3, views[0].axis, title)
    labels = []
    for panel, view in zip(panels, views, strict=True):
        panel.set_title(view.title(), fontsize=9.5, loc="left",
                        color="#a5182a" if view.right == 0 else "black")
        curve = _curve(panel, view.axis, view.spectrum)
        own, ticks = [], []
        for i, reason in enumerate(view.reasons):
            ink, low = _INKS[i % len(_INKS)], -.12 - .3 * (i + 1)
            _map(panel, view.axis, reason.importance, (low, low + .24), _MAPS[i % len(_MAPS)])
            ticks.append((low + .12, f"{reason.name} {reason.probability:.0%}"
                          + (f" {reason.verdict}" if reason.verdict else "")
                          + _agreed(reason), ink))
            own += [_Label(panel, band, ink, curve) for band in reason.bands[:n_bands]]
        panel.set_ylim(-.15 - .3 * len(view.reasons), _TOP + .1)
        panel.set_yticks([at for at, *_ in ticks], [text for _, text, _ in ticks], fontsize=8)
        for tick, (*_, ink) in zip(panel.get_yticklabels(), ticks, strict=True):
            tick.set_color(ink)
        panel.tick_params(axis="y", length=0)
        labels.append(own)
    figure.supylabel("Absorbance, and evidence for each component", fontsize=9)
    _finish(figure, labels, path, note=(
        "Strips: the deeper the colour, the stronger the evidence for that component; grey: not "
        "used by the model. Per cent: probability that the component is present."))


def _agreed(reason):
    text = agreement_text(reason.networks, reason.agreement)
    return f"\n{text}" if text else ""


def _panels(n, height, axis, title):
    figure = Figure(figsize=(10, .9 + height * n), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(n, 1, sharex=True, squeeze=False)[:, 0]
    panels[0].set_xlim(np.max(axis), np.min(axis))
    panels[-1].set_xlabel("Wavenumber [cm$^{-1}$]")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure, panels


def _map(panel, axis, importance, rows, colours):
    """Draw a strip of importance between two heights."""
    order = np.argsort(axis)
    ascending = axis[order]
    values = normalised(importance[None])[0, order]
    edges = np.r_[ascending[0], (ascending[1:] + ascending[:-1]) / 2, ascending[-1]]
    panel.fill_between(ascending[[0, -1]], *rows, color=_UNSEEN, lw=0)
    panel.pcolormesh(edges, rows, np.ma.masked_invalid(values)[None], cmap=colours, vmin=0,
                     vmax=1, rasterized=True)


def _curve(panel, axis, spectrum):
    """Draw a spectrum scaled to 0 ... 1; return (wavenumbers, heights), ascending."""
    order = np.argsort(axis)
    heights = spectrum[order]
    finite = heights[np.isfinite(heights)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0, 1)
    heights = (heights - low) / ((high - low) or 1)
    panel.plot(axis[order], heights, color="black", lw=.9)
    panel.set_ylim(-.05, _TOP)
    panel.set_yticks([])
    return axis[order], heights


class _Label:
    """Text label of a band, and the point of the curve to connect it with."""

    def __init__(self, panel, band, ink, curve):
        self.panel, self.at, self.ink, self.weight = panel, band.position, ink, band.weight
        self.height = float(np.interp(self.at, curve[0], np.nan_to_num(curve[1])))
        first, *words = band.label().split(" ")
        text = "\n".join([first, *textwrap.wrap(" ".join(words), 11, break_long_words=False,
                                                break_on_hyphens=True),
                          *filter(None, [band_text(band)])])
        self.text = panel.text(self.at, _LABELS, text, ha="center", va="bottom", fontsize=6.5,
                               linespacing=1.1, color=ink)


def _finish(figure, labels, path, note=""):
    """Place labels side by side, now that their sizes are known, and write the figure."""
    if note:
        figure.text(.5, 0, note, fontsize=7.5, ha="center", va="top")
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    figure.set_layout_engine("none")
    for own in labels:
        own = sorted(own, key=lambda label: -label.weight)
        while own:
            panel = own[0].panel
            frame = panel.get_window_extent(renderer)
            widths = np.array([label.text.get_window_extent(renderer).width for label in own]) + 8
            if widths.sum() <= frame.width:
                break
            own.pop().text.remove()  # drop the least important label if not all of them fit
        if not own:
            continue
        wanted = [panel.transData.transform((label.at, 0))[0] for label in own]
        places = spread(wanted, widths, frame.x0 + 2, frame.x1 - 2)
        for label, place in zip(own, places, strict=True):
            x = panel.transData.inverted().transform((place, 0))[0]
            label.text.set_x(x)
            panel.plot([label.at, label.at, x], [label.height, 1.02, _LABELS - .02],
                       color=label.ink, lw=.6, ls="--")
    figure.savefig(path, dpi=130, bbox_inches="tight" if note else None, pad_inches=.08)
