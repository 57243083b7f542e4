"""Figures of a report as PNG: map of the filter, sizes, spectra of single particles."""
from __future__ import annotations

import io
import textwrap
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy import ndimage

from orangecontrib.microplastics.materials.colors import UNKNOWN_COLOR
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.particles.outlines import outlines
from orangecontrib.microplastics.utils.label_layout import spread

__all__ = ["map_figure", "histogram_figure", "spectrum_figure"]

_DPI = 200
#: Width of all figures, inches: the text of an A4 page.
_WIDTH = 7.
#: Largest height of a map, inches.
_HIGHEST = 7.
_HATCH = "////////"
_REFERENCE, _IMPORTANCE = "#0072b2", ("#ffffff", "#f6c9a0", "#d55e00")
_UNSEEN = "#e4e4e4"
#: Heights of labels above a spectrum, which reaches 1.
_LABELS = 1.14


def map_figure(labels: np.ndarray, names: Sequence[str], colors: Mapping[str, str],
               x: np.ndarray, y: np.ndarray, background: np.ndarray | None = None,
               mark: Collection[int] = (), *, unit: str = "µm", legend: bool = True) -> bytes:
    """Draw particles in the colours of their polymers; unknown ones are hatched.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
        Number of the particle of each pixel, 1 to n, 0 for none.
    names : sequence of str, length n
        Name of each particle.
    colors : mapping of str to str
        Colour of each name, "#rrggbb".
    x, y : ndarray, shape (columns,) and (rows,)
        Centres of the pixels.
    background : ndarray, shape (rows, columns), optional
        Drawn in grey, e.g. the signal; NaN where nothing was measured.
    mark : collection of int
        Particles to draw with a heavy outline, their number and name, which tell them apart also
        in grey.
    unit : str
        Of the coordinates.
    legend : bool
        Whether names and numbers of particles are listed.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    ValueError
        If there is a particle without a name; see also :func:`.outlines`.
    """
    from matplotlib.patches import Patch

    rings = outlines(labels, x, y)
    if rings and max(rings) > len(names):
        raise ValueError(f"There are names of {len(names)} particles, but the image has particle "
                         f"{max(rings)}.")
    left, right, low, high = _extent(x, y)
    height = .6 + .3 * legend + (_WIDTH - .6) * (high - low) / (right - left)
    figure = _figure(float(np.clip(height, 2, _HIGHEST)))
    panel = figure.subplots()
    if background is not None:
        _grey(panel, background, x, y)
    for name in dict.fromkeys(names):
        mine = [ring for number, polygons in rings.items() if names[number - 1] == name
                for polygon in polygons for ring in polygon]
        _fill(panel, mine, name, colors.get(name, UNKNOWN_COLOR))
    points = 72 * (_WIDTH - .6) / (right - left)
    for number in sorted(set(mark) & set(rings)):
        _mark(panel, f"{number} {names[number - 1]}", rings[number],
              _inside(labels == number, x, y), points)
    panel.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    panel.set_xlabel(f"x [{unit}]", fontsize=8)
    panel.set_ylabel(f"y [{unit}]", fontsize=8)
    panel.tick_params(labelsize=7, direction="out", width=.6)
    if legend and len(names):
        counts = {name: list(names).count(name) for name in dict.fromkeys(names)}
        order = sorted(counts, key=lambda name: (name == UNNAMED, -counts[name]))
        handles = [Patch(label=f"{name} ({counts[name]})",
                         **_look(name, colors.get(name, UNKNOWN_COLOR))) for name in order]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(order), 7),
                      fontsize=8, frameon=False, handlelength=1.4, columnspacing=1.4)
    return _png(figure)


def histogram_figure(sizes: np.ndarray, names: Sequence[str], colors: Mapping[str, str],
                     limits: Sequence[float], measure: str = "Size") -> bytes:
    """Draw the number of particles of each size class, stacked by polymer.

    Parameters
    ----------
    sizes : ndarray, shape (n,)
        Micrometres; particles without a size are left out.
    names : sequence of str, length n
    colors : mapping of str to str
    limits : sequence of float
        Limits of the classes in micrometres, ascending; a class includes its lower limit. How many
        particles lie outside is written below.
    measure : str
        What the size is, for the axis, e.g. "Feret maximum".

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    ValueError
        If there are not two limits, or they are not positive and ascending.
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

    sizes, limits = np.asarray(sizes, float), np.asarray(limits, float)
    if len(limits) < 2 or limits[0] <= 0 or not (np.diff(limits) > 0).all():
        raise ValueError("Limits of size classes are two or more positive numbers, ascending.")
    if len(sizes) != len(names):
        raise ValueError(f"There are {len(sizes)} sizes and {len(names)} names.")
    figure = _figure(2.7)
    panel = figure.subplots()
    names = np.array(list(names), object)
    counts = {name: _counts(sizes[names == name], limits) for name in dict.fromkeys(names)}
    order = sorted(counts, key=lambda name: (name == UNNAMED, -counts[name].sum()))
    base = np.zeros(len(limits) - 1, int)
    for name in order:
        panel.bar(limits[:-1], counts[name], np.diff(limits), base, align="edge",
                  label=f"{name} ({counts[name].sum()})",
                  **_look(name, colors.get(name, UNKNOWN_COLOR), .5))
        base += counts[name]
    for low, high, count in zip(limits[:-1], limits[1:], base, strict=True):
        if count:
            panel.annotate(f"{count}", (np.sqrt(low * high), count), (0, 2), fontsize=7,
                           textcoords="offset points", ha="center")
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(FixedLocator(limits))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xticks(limits, [f"{limit:g}" for limit in limits])
    panel.set_xlim(limits[0], limits[-1])
    panel.set_ylim(0, max(base.max(), 1) * 1.14)
    panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    outside = [f"{number} {where}" for number, where in (
        (int((sizes < limits[0]).sum()), f"below {limits[0]:g}"),
        (int((sizes >= limits[-1]).sum()), f"from {limits[-1]:g} on"),
        (int(np.isnan(sizes).sum()), "without a size")) if number]
    note = f" (not shown: {', '.join(outside)})" if outside else ""
    panel.set_xlabel(f"{measure} [µm]{note}", fontsize=8)
    panel.set_ylabel("particles", fontsize=8)
    _plain_frame(panel)
    if order:
        # In the order of the bars, which tells polymers apart also in grey.
        handles, texts = panel.get_legend_handles_labels()
        panel.legend(handles[::-1], texts[::-1], fontsize=7.5, frameon=False, loc="upper left",
                     bbox_to_anchor=(1, 1.03), handlelength=1.4)
    return _png(figure)


def spectrum_figure(wavenumbers: np.ndarray, spectrum: np.ndarray,
                    reference: np.ndarray | None = None, reference_name: str = "",
                    importance: np.ndarray | None = None,
                    marks: Sequence[tuple[float, str]] = (), title: str = "") -> bytes:
    """Draw a spectrum over a reference, and a strip of its importance below.

    Parameters
    ----------
    wavenumbers : ndarray, shape (m,)
        cm-1, ascending or descending.
    spectrum, reference : ndarray, shape (m,)
        From 0 to 1; NaN where not measured.
    reference_name : str
    importance : ndarray, shape (m,), optional
        Grad-CAM, from 0 to 1; NaN where the model does not look.
    marks : sequence of (float, str)
        Bands to name: wavenumber and text, the most important first; the last are left out if
        there is no room.
    title : str

    Returns
    -------
    bytes
        PNG.
    """
    from matplotlib.ticker import MultipleLocator

    order = np.argsort(wavenumbers)
    axis, spectrum = np.asarray(wavenumbers, float)[order], np.asarray(spectrum, float)[order]
    # All figures of spectra have the same axis at the same place.
    figure = _figure(2.6, None)
    figure.subplots_adjust(left=.09, right=.985, bottom=.165, top=.91, hspace=.1)
    strip = importance is not None
    panels = figure.subplots(1 + strip, 1, sharex=True, squeeze=False,
                             height_ratios=[9, 1][:1 + strip])[:, 0]
    upper = panels[0]
    if reference is not None:
        reference = np.asarray(reference, float)[order]
        upper.fill_between(axis, 0, reference, color=_REFERENCE, alpha=.16, lw=0)
        upper.plot(axis, reference, color=_REFERENCE, lw=.8, ls=(0, (4, 1.5)),
                   label=reference_name or "reference")
    upper.plot(axis, spectrum, color="black", lw=.9, label="particle")
    upper.set_xlim(axis[-1], axis[0])
    upper.set_yticks([])
    upper.set_ylabel("absorbance" if reference is None else "absorbance,\neach to its height",
                     fontsize=7)
    if strip:
        _strip(panels[1], axis, np.asarray(importance, float)[order])
        upper.tick_params(axis="x", which="both", bottom=False)
    upper.xaxis.set_major_locator(MultipleLocator(500))
    upper.xaxis.set_minor_locator(MultipleLocator(100))
    panels[-1].set_xlabel("Wavenumber [cm$^{-1}$]", fontsize=8)
    for panel in panels:
        _plain_frame(panel)
        panel.spines["left"].set_visible(False)
    if reference is not None:
        upper.legend(fontsize=7, frameon=False, loc="lower right", bbox_to_anchor=(1, 1),
                     ncols=2, borderaxespad=0, handlelength=2)
    if title:
        upper.set_title(title, fontsize=8.5, loc="left")
    marks = [(at, text) for at, text in marks if axis[0] <= at <= axis[-1]]
    upper.set_ylim(-.04, 1.62 if marks else 1.1)
    _bands(figure, upper, axis, spectrum, marks)
    return _png(figure)


def _figure(height, layout="constrained"):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def _png(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    return file.getvalue()


def _extent(x, y):
    """Left, right, low and high edges of an image."""
    edges = []
    pitches = [np.ptp(along) / max(len(along) - 1, 1) for along in (x, y)]
    for along, pitch in zip((x, y), pitches, strict=True):
        half = (pitch or max(pitches) or 1) / 2
        edges += [np.min(along) - half, np.max(along) + half]
    return edges


def _grey(panel, image, x, y):
    """Draw an image in light greys, dark where it is strong, so that colours stand out."""
    image = np.asarray(image, float)[::1 if y[-1] >= y[0] else -1, ::1 if x[-1] >= x[0] else -1]
    finite = image[np.isfinite(image)]
    low, high = np.percentile(finite, (2, 99)) if len(finite) else (0, 1)
    grey = .97 - .37 * np.clip((image - low) / ((high - low) or 1), 0, 1)
    grey[~np.isfinite(image)] = 1
    panel.imshow(grey, cmap="gray", vmin=0, vmax=1, origin="lower", extent=_extent(x, y),
                 interpolation="nearest")


def _look(name, color, width=.35):
    """Colours of areas with this name, for patches."""
    if name == UNNAMED:
        return {"facecolor": "#f2f2f2", "edgecolor": "#6b6b6b", "hatch": _HATCH, "lw": width}
    return {"facecolor": color, "edgecolor": "#202020", "lw": width}


def _path(rings):
    """Rings as one path; inner ones, which turn the other way, are holes."""
    from matplotlib.path import Path

    codes = []
    for ring in rings:
        codes += [Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY]
    return Path(np.concatenate(rings), codes)


def _fill(panel, rings, name, color):
    from matplotlib.patches import PathPatch

    if rings:
        panel.add_patch(PathPatch(_path(rings), zorder=2, **_look(name, color)))


def _inside(mask, x, y):
    """The place (x, y) most inside an area, and its distance from the outside."""
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    left, right, low, high = _extent(x, y)
    pitch = (high - low) / len(y), (right - left) / len(x)
    depth = ndimage.distance_transform_edt(np.pad(mask[box], 1), pitch)
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return x[column + box[1].start - 1], y[row + box[0].start - 1], depth.max()


def _mark(panel, text, polygons, inside, points):
    """Outline a particle and name it: in it if there is room, or beside, toward the middle.

    `points` is the size of a unit of the coordinates in print.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.patheffects import withStroke

    path = _path([ring for polygon in polygons for ring in polygon])
    panel.add_patch(PathPatch(path, fill=False, edgecolor="white", lw=2.4, zorder=3))
    panel.add_patch(PathPatch(path, fill=False, edgecolor="black", lw=1.1, zorder=3))
    box = path.get_extents()
    style = {"textcoords": "offset points", "fontsize": 7.5, "fontweight": "bold", "zorder": 4,
             "va": "center", "path_effects": [withStroke(linewidth=2.2, foreground="white")]}
    if points * inside[2] > 3 * len(text) + 2:
        panel.annotate(text, inside[:2], (0, 0), ha="center", **style)
    else:
        rightward = inside[0] < np.mean(panel.dataLim.intervalx)
        panel.annotate(text, (box.x1 if rightward else box.x0, inside[1]),
                       (5 if rightward else -5, 0), ha="left" if rightward else "right", **style)


def _counts(sizes, limits):
    """Numbers of sizes in each class; limits belong to the class above."""
    inside = np.searchsorted(limits, sizes[np.isfinite(sizes)], side="right") - 1
    inside = inside[(inside >= 0) & (inside < len(limits) - 1)]
    return np.bincount(inside, minlength=len(limits) - 1)


def _plain_frame(panel):
    panel.spines[["top", "right"]].set_visible(False)
    for spine in panel.spines.values():
        spine.set_linewidth(.6)
    panel.tick_params(labelsize=7, width=.6)


def _strip(panel, axis, importance):
    from matplotlib.colors import LinearSegmentedColormap

    edges = np.r_[axis[0], (axis[1:] + axis[:-1]) / 2, axis[-1]]
    panel.axvspan(axis[0], axis[-1], color=_UNSEEN, lw=0)
    panel.pcolormesh(edges, [0, 1], np.ma.masked_invalid(importance)[None], vmin=0, vmax=1,
                     cmap=LinearSegmentedColormap.from_list("importance", _IMPORTANCE),
                     rasterized=True)
    panel.set(yticks=[], ylim=(0, 1))
    panel.set_ylabel("Grad-CAM", fontsize=7, rotation=0, ha="right", va="center")


def _bands(figure, panel, axis, spectrum, marks):
    """Name bands above the spectrum, side by side."""
    renderer = figure.canvas.get_renderer()
    frame = panel.get_window_extent(renderer)
    texts = [panel.text(at, _LABELS, f"{at:.0f}\n" + "\n".join(textwrap.wrap(text, 16)[:2]),
                        ha="center", va="bottom", fontsize=6.5, linespacing=1.1)
             for at, text in marks]
    gap = 6 * figure.dpi / 100
    widths = [text.get_window_extent(renderer).width + gap for text in texts]
    while texts and sum(widths) > frame.width:
        texts.pop().remove()  # the least important one
        widths.pop()
    if not texts:
        return
    at = np.array([mark for mark, _ in marks[:len(texts)]])
    pixels = panel.transData.transform(np.column_stack([at, np.zeros(len(at))]))[:, 0]
    places = spread(pixels, np.array(widths), frame.x0, frame.x1)
    centres = panel.transData.inverted().transform(
        np.column_stack([places, np.zeros(len(at))]))[:, 0]
    there = np.isfinite(spectrum)
    tops = np.interp(at, axis[there], spectrum[there]) if there.any() else np.zeros(len(at))
    for text, mark, centre, top in zip(texts, at, centres, tops, strict=True):
        text.set_x(centre)
        panel.plot([mark, mark, centre], [top + .02, 1.04, _LABELS - .02], color="#777777",
                   lw=.5, clip_on=False)
