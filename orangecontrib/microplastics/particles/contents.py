"""The contents of a report, from a sample."""
from __future__ import annotations

import datetime
from collections.abc import Callable

import numpy as np

from orangecontrib.microplastics.explanation.decomposition import importance
from orangecontrib.microplastics.identification import (
    DECISIONS,
    Rule,
    amounts,
    components,
    remarks,
    text,
)
from orangecontrib.microplastics.identification.comparison import compare, only
from orangecontrib.microplastics.materials.colors import color_of
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.particles.classes import MEASURES
from orangecontrib.microplastics.particles.edits import described
from orangecontrib.microplastics.particles.facts import facts, versions
from orangecontrib.microplastics.particles.figures import (
    histogram_figure,
    map_figure,
    spectrum_figure,
)
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.particles.items import filled, item
from orangecontrib.microplastics.particles.naming import table_of
from orangecontrib.microplastics.particles.report import Content, Figure, Grid, Legend, Page
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.summary import PLASTICS, number
from orangecontrib.microplastics.particles.tables import polymers_of

__all__ = ["PAGES", "HEADER", "contents", "rows_of"]

#: Particles with a drawing, by default.
PAGES = 12

#: Columns of the table of all particles.
HEADER = ("No.", "Polymer", "Decision", "How much", "Feret max (µm)", "Feret min (µm)",
          "Area (µm²)", "Shape", "Score", "x", "y", "Remark")

_HEAD = ("sample", "place", "taken", "matrix", "amount")


def contents(sample: Sample, title: str = "", pages: int = PAGES,
             progress: Callable[[float], None] = lambda done: None) -> Content:
    """All that a report says.

    Parameters
    ----------
    sample : Sample
    title : str
    pages : int
        Number of particles with a drawing, the largest first.
    progress : callable
        Called with the fraction done; an exception raised in it cancels.
    """
    found, summary = sample.found, sample.summary
    names = polymers_of(found)
    colors = color_of(names)
    items = {**sample.items, **facts(sample)}
    drawn = []
    for i in range(min(pages, len(found.names))):
        progress(.3 + .7 * i / max(pages, 1))
        drawn.append(_page(sample, i))
    counted = {name: found.names.count(name) for name in names}
    content = Content(
        title=title or f"Particles of {sample.name}",
        date=datetime.date.today().isoformat(),
        sample=[(item(key).title, items[key]) for key in _HEAD if items.get(key)],
        summary=_sentences(sample), warnings=_warnings(sample),
        counts=Grid(summary.header, summary.rows, f"Particles by polymer and size "
                    f"({MEASURES[summary.counts.classes.measure]})", summary.notes, total=True),
        histogram=_histogram(sample, colors), estimates=_estimates(sample),
        map=_map(sample, colors, len(drawn)),
        legend=[Legend(name, colors[name], counted[name], name == UNNAMED) for name in names]
        if found.map is not None else (),
        items=filled(items),
        edits=described(sample.edits, found.labels,
                        *((found.map.x, found.map.y) if found.map is not None else ())),
        particles=Grid(HEADER, rows_of(sample)) if found.names else None,
        pages=drawn, versions=versions())
    progress(1.)
    return content


def rows_of(sample: Sample) -> list[list[str]]:
    """A row of texts for each particle, as :data:`HEADER` has it."""
    found, sizes = sample.found, sample.found.sizes
    scores = Rule().score(found.answer)
    share = amounts(found.answer, sample.model.components)
    told = remarks(sample.model, found.answer, sample.choices.rule, range(len(found.names)))
    rows = []
    for i, name in enumerate(found.names):
        how_much = "" if found.by_hand[i] else _how_much(sample, i, share)
        shape = "" if np.isnan(sizes.aspect[i]) else "fibre" if sizes.fibre[i] else "fragment"
        rows.append([
            str(i + 1), name, "by hand" if found.by_hand[i] else DECISIONS[found.decisions[i]],
            how_much, *(_number(column[i]) for column in (sizes.feret_max, sizes.feret_min,
                                                          sizes.area)),
            shape + (", at border" if sizes.border[i] else ""), _number(scores[i], 2),
            _number(sizes.x[i]), _number(sizes.y[i]),
            "named by hand" if found.by_hand[i] else told[i]])
    return rows


def _how_much(sample, i, share):
    parts = components(sample.found.answer, i, sample.model.components, share)
    return text(parts) if len(parts) > 1 and sample.found.names[i] != UNNAMED else ""


def _number(value, decimals=1):
    return "" if np.isnan(value) else f"{value:.{decimals}f}" if abs(value) < 1000 else \
        f"{value:.0f}"


def _sentences(sample):
    found, n = sample.found, len(sample.found.names)
    unknown = sum(name == UNNAMED for name in found.names)
    by_decision = np.bincount(found.decisions, minlength=len(DECISIONS)) if n else (0, 0, 0)
    said = [f"{n:,} particles were found: {n - unknown:,} named, of which {by_decision[1]:,} are "
            f"to be inspected, and {unknown:,} of unknown material."]
    most = [f"{found.names.count(name):,} {name}" for name in polymers_of(found)
            if name != UNNAMED][:6]
    if most:
        said.append(f"Most frequent: {', '.join(most)}.")
    fibres = int(found.sizes.fibre.sum())
    said.append(f"{fibres:,} are fibres; {int(found.sizes.border.sum()):,} reach the border of "
                "the map, and may be larger." if found.map is not None else
                f"{fibres:,} are fibres.")
    if sample.summary.estimates:
        header, rows = sample.summary.estimates
        unit = next(i for i, title in enumerate(header) if title.startswith(("per", "on ")))
        row = next((row for row in rows if row[0] == PLASTICS), rows[-1])
        said.append(f"Corrected: {row[unit]} plastic particles {header[unit]} (95 % interval "
                    f"{row[unit + 1]}), those to be inspected included, unknown ones not.")
    if sample.masses is not None:
        value, low, high = sample.masses.total
        said.append(f"Estimated mass: {number(value)} ng ({number(low)} to {number(high)}).")
    return said


def _warnings(sample):
    said = [str(note) for note in sample.found.notes]
    if sample.found.map is not None and sample.found.pixel is None:
        said.append("The size of a pixel is not known: there are no sizes and no size classes.")
    if sample.found.lost:
        said.append(f"{len(sample.found.lost)} corrections by hand meet no particle.")
    if sample.summary.counts.not_looked_for:
        said.append("Not looked for, since the model does not know them: "
                    f"{', '.join(sample.summary.counts.not_looked_for)}.")
    return said


def _estimates(sample):
    if sample.summary.estimates is None:
        return None
    header, rows = sample.summary.estimates
    return Grid(header, rows, "Estimated numbers", total=True)


def _histogram(sample, colors):
    classes, sizes = sample.summary.counts.classes, sample.found.sizes
    values = getattr(sizes, classes.measure)
    if not np.isfinite(values).any():
        return None
    return Figure(histogram_figure(values, sample.found.names, colors, classes.all_limits,
                                   MEASURES[classes.measure]),
                  f"{MEASURES[classes.measure]} by polymer")


def _map(sample, colors, marked):
    found = sample.found
    if found.map is None:
        return None
    x, y, unit = found.map.x, found.map.y, "pixels"
    if found.pixel is not None:
        # The size of a pixel may be typed, so that coordinates of the data are in another unit.
        x, y = (along * size / pitch for along, size, pitch in
                zip((x, y), found.pixel, found.map.pitch, strict=True))
        unit = "µm"
    grey = np.log(np.maximum(found.map.image(found.signal.values.astype(float)), 1e-9))
    return Figure(map_figure(found.labels, found.names, colors, x, y, grey,
                             set(range(1, marked + 1)), unit=unit, legend=False),
                  "Particles on the filter; grey: signal. Numbers are those of the largest "
                  "particles.")


def _page(sample, i):
    found, model = sample.found, sample.model
    answer = only(found.answer, i)
    spectrum = table_of(sample.spectra.attributes, found.spectra[[i]])
    row = _row_of(sample, i)
    facts_of = [(title, value) for title, value in zip(HEADER[2:-1], row[2:-1], strict=True)
                if value]
    drawn = compare(model, spectrum, answer, sample.choices.rule)
    png = None
    if drawn is not None:
        strip = None
        if np.isfinite(answer.values[0]):
            name = components_of(model.domain.class_var.values[int(answer.values[0])])[0]
            grid = np.asarray(model.grid_spectra(spectrum), float)[0]
            strip = importance(model, grid, answer, name)
            facts_of.append(("Strip", f"bands by which the network sees {name}"))
        own = drawn.own
        png = spectrum_figure(
            drawn.wavenumbers, np.where(drawn.part, drawn.spectrum, np.nan),
            None if own is None else np.where(drawn.part, own.y, np.nan),
            "" if own is None else f"{own.material}, {own.title} ({own.quality:.2f})", strip,
            [(mark.wavenumber, mark.text) for mark in drawn.marks])
    return Page(f"Particle {i + 1}: {found.names[i]}", facts_of, png, row[-1])


def _row_of(sample: Sample, i: int) -> list[str]:
    """The row of one particle, from 0."""
    one = only(sample.found.answer, i)
    found = sample.found._replace(
        answer=one, names=sample.found.names[i:i + 1], decisions=sample.found.decisions[i:i + 1],
        by_hand=sample.found.by_hand[i:i + 1], sizes=sample.found.sizes.of(slice(i, i + 1)))
    return [str(i + 1), *rows_of(sample._replace(found=found))[0][1:]]
