"""Grad-CAM by class as a picture, without a screen."""
from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from Orange.data import Table

from orangecontrib.microplastics.explanation import ClassView, class_views, explain_table
from orangecontrib.microplastics.importance import normalised
from orangecontrib.microplastics.model import DCNetModel

__all__ = ["gradcam_figure"]

_COLOURS = LinearSegmentedColormap.from_list("importance", ["#ffffff", "#f6c9a0", "#d55e00"])
_UNSEEN = "#e0e0e0"


def gradcam_figure(model: DCNetModel, data: Table, path: Path | str, *,
                   classes: list[str] | None = None, n_bands: int = 4, most: int = 2000,
                   title: str = "", **settings) -> list[ClassView]:
    """Draw the mean spectrum of each predicted class over its importance, with named bands.

    Parameters
    ----------
    model : DCNetModel
    data : Table
        Spectra on any axis that the model accepts. Where they have a class, only spectra
        that are rightly predicted are drawn, if there are any.
    path : Path or str
        PNG to write.
    classes : list of str, optional
        Classes to draw, in this order. By default all that are predicted, single materials
        alone where the model also knows their mixtures.
    n_bands : int
        Bands named in each class.
    most : int
        Of more spectra, so many are drawn by chance.
    title : str
    **settings
        `method`, `branch`, `target` and `callback` of :func:`explanation.explain_table`.

    Returns
    -------
    list of ClassView
        What was drawn; its bands can be listed with :func:`explanation.bands_table`.

    Raises
    ------
    ValueError
        If nothing can be drawn: no spectra, no class of those asked for.
    """
    if len(data) > most:
        data = data[np.sort(np.random.default_rng(0).choice(len(data), most, replace=False))]
    explained = explain_table(model, data, **settings)
    views = class_views(explained, explained.right == 1) or class_views(explained)
    if classes is not None:
        views = [v for name in classes for v in views if v.name == name]
    elif any(" + " not in v.name for v in views):
        views = [v for v in views if " + " not in v.name]
    if not views:
        raise ValueError("There is no spectrum to draw Grad-CAM of: none is predicted to be "
                         "one of the classes asked for.")
    figure = Figure(figsize=(10, .9 + 1.9 * len(views)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(views), 1, sharex=True, squeeze=False)[:, 0]
    axis = np.asarray(explained.axis)
    order = np.argsort(axis)
    for panel, view in zip(panels, views, strict=True):
        _draw(panel, view, axis, order, n_bands)
    panels[0].set_xlim(axis.max(), axis.min())
    panels[-1].set_xlabel("Wavenumber [cm$^{-1}$]")
    figure.supylabel("Mean absorbance, each class to its own height", fontsize=9)
    bar = figure.colorbar(ScalarMappable(Normalize(0, 1), _COLOURS), ax=list(panels),
                          shrink=min(1., 2.5 / len(views)), aspect=14, pad=.01)
    bar.set_label("importance (grey: not seen by the model)", fontsize=8)
    if title:
        figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)
    return views


def _draw(panel, view, axis, order, n_bands):
    spectrum = view.spectrum[order]
    finite = spectrum[np.isfinite(spectrum)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0, 1)
    spectrum = (spectrum - low) / ((high - low) or 1)
    importance = normalised(view.importance[None])[0, order]
    ascending = axis[order]
    edges = np.r_[ascending[0], (ascending[1:] + ascending[:-1]) / 2, ascending[-1]]
    panel.set_facecolor(_UNSEEN)
    panel.pcolormesh(edges, [-.05, 1.9], np.ma.masked_invalid(importance)[None], cmap=_COLOURS,
                     vmin=0, vmax=1, rasterized=True)
    panel.plot(ascending, spectrum, color="black", lw=.9)
    panel.set_ylim(-.05, 1.9)
    panel.set_yticks([])
    panel.set_ylabel(f"{view.name}\n{len(view.rows)} spectra", rotation=0, ha="right", va="center",
                     fontsize=9)
    drawn = []
    for band in view.bands:
        at = band.absorptions[0] if band.absorptions else band.centre
        # Labels need room: the less important of two neighbours goes without.
        if len(drawn) == n_bands or any(abs(at - other) < .04 * np.ptp(axis) for other in drawn):
            continue
        drawn.append(at)
        height = float(np.interp(at, ascending, np.nan_to_num(spectrum)))
        panel.plot([at, at], [height, 1.08], color="black", lw=.6, ls="--")
        panel.text(at, 1.1, _text(band, at), ha="center", va="bottom", fontsize=6.5,
                   linespacing=1.1, clip_on=False)


def _text(band, at):
    lines = [f"{at:.0f}"]
    if band.assignments:
        first = band.assignments[0]
        words, line = first.assignment.split(" (")[0].split(", ")[0].split(), ""
        for word in words:
            if line and len(line) + len(word) > 9:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines += [line, f"({first.material})"]
    else:
        lines.append("not known" if band.absorptions else "no band")
    if band.atmosphere == "likely":
        lines.append("air?")
    return "\n".join(lines)
