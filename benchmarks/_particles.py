"""Particles of a simulated map: what was found of the truth, and other ways to find them."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.identification import TO_INSPECT, UNKNOWN
from orangecontrib.microplastics.materials.names import PLUS, components_of
from orangecontrib.microplastics.particles.find import EDGE, SMALLEST, UNNAMED, Choices, Finder
from orangecontrib.microplastics.particles.geometry import sizes_of
from orangecontrib.microplastics.particles.naming import Background
from orangecontrib.microplastics.particles.segments import (
    connected,
    numbered,
    trimmed,
)
from orangecontrib.microplastics.spectra.preprocess import shapes

#: Pixels of the smallest particle that must be found: 5 x 5.
LARGE = 25

#: Correlation from which Open Specy and most of the literature accept a hit.
HIT = .7

#: Limits of size classes, micrometres, for errors of counts.
CLASSES = (0, 50, 100, 200, 500, 5000)


class Answered(NamedTuple):
    """Numbers of particles in an image, their names and sizes, and which are to be inspected."""
    labels: np.ndarray
    names: list[str]
    sizes: object
    inspect: np.ndarray | None = None


def matched(truth: np.ndarray, labels: np.ndarray) -> dict[int, int]:
    """Particle found for each true one: it holds half of its pixels, each found one once."""
    n, m = int(truth.max()), int(labels.max())
    common = np.zeros((n + 1, m + 1), int)
    np.add.at(common, (truth.ravel(), labels.ravel()), 1)
    size = common.sum(axis=1)
    pairs, used = {}, set()
    for place in np.argsort(-common[1:, 1:].ravel(), kind="stable"):
        true, found = divmod(int(place), m) if m else (0, 0)
        if not m or common[true + 1, found + 1] == 0:
            break
        if true + 1 not in pairs and found + 1 not in used \
                and common[true + 1, found + 1] >= .5 * size[true + 1]:
            pairs[true + 1] = found + 1
            used.add(found + 1)
    return pairs


def figures(fm, answered: Answered) -> dict[str, float]:
    """Shares of the truth that were found and named, errors of size and of counts."""
    pairs = matched(fm.numbers, answered.labels)
    large = [p for p in fm.particles if p.pixels >= LARGE]
    found = [p for p in large if p.number in pairs]
    plastic = [p for p in found if p.polymer != "Quartz"]
    clean = [p for p in plastic if not p.biofilm]
    sand = [p for p in found if p.polymer == "Quartz"]

    def name(p):
        return answered.names[pairs[p.number] - 1]

    def error(p, field):
        return (getattr(answered.sizes, field)[pairs[p.number] - 1] - getattr(p, field)) \
            / fm.pixel_size

    whole = [p for p in found if not p.border and not p.touches]
    sizes = np.array([error(p, "feret_max") for p in whole])
    widths = np.array([error(p, "feret_min") for p in whole])
    # What is smaller than a pixel covers half of none, but is there.
    small = {number for p in fm.particles if p.number not in pairs
             for number in _around(answered.labels, fm, p)}
    false = set(range(1, len(answered.names) + 1)) - set(pairs.values()) - small
    there = [p for p in large if p.polymer != "Quartz"]
    return {
        "found": len(plastic) / len(there),
        "named": float(np.mean([is_right(p, name(p)) for p in plastic])),
        "named, no biofilm": float(np.mean([is_right(p, name(p)) for p in clean])),
        "wrong": float(np.mean([not is_right(p, name(p)) and name(p) != UNNAMED
                                for p in plastic])),
        "to inspect": float(np.mean([answered.inspect[pairs[p.number] - 1] for p in plastic]))
        if answered.inspect is not None else np.nan,
        "sand named": float(np.mean([name(p) not in (UNNAMED, "Quartz") for p in sand]))
        if sand else np.nan,
        "length within 1 pixel": float(np.mean(np.abs(sizes) <= 1)),
        "width within 1 pixel": float(np.mean(np.abs(widths) <= 1)),
        "false per 100": 100 * len(false) / max(len(answered.names), 1),
        "error of counts": count_error(fm, answered)}


def _around(labels, fm, p):
    """Particles found within two pixels of the centre of one smaller than `LARGE`."""
    if p.pixels >= LARGE:
        return set()
    row, column = round(p.y / fm.pixel_size), round(p.x / fm.pixel_size)
    return set(np.unique(labels[max(row - 2, 0):row + 3, max(column - 2, 0):column + 3])) - {0}


def is_right(p, name: str) -> bool:
    """Whether the plastic is named, and no other; protein and cellulose may be named, too."""
    return set(components_of(name)) - {"Protein", "CE"} == {p.polymer}


def count_error(fm, answered):
    """Sum of the errors of counts by polymer and size class, over the number of particles that are
    large enough."""
    def counted(names, sizes):
        which = np.digitize(sizes, CLASSES)
        out = {}
        for one, k in zip(names, which, strict=True):
            if one not in (UNNAMED, "Quartz"):
                key = one.split(PLUS)[0] if PLUS not in one else one, k
                out[key] = out.get(key, 0) + 1
        return out

    true = [p for p in fm.particles if p.pixels >= LARGE and p.polymer != "Quartz"]
    lengths = answered.sizes.feret_max
    large = answered.sizes.pixels >= LARGE
    natural = ("Protein", "CE")
    names = [PLUS.join(c for c in components_of(name) if c not in natural) or name
             for name in np.array(answered.names, object)[large]]
    mine = counted(names, lengths[large])
    truth = counted([p.polymer for p in true], [p.feret_max for p in true])
    return sum(abs(mine.get(key, 0) - truth.get(key, 0)) for key in {*mine, *truth}) \
        / max(sum(truth.values()), 1)


# ------------------------------------------------------------------------- ways to find particles

def ours(finder: Finder, **choices) -> Answered:
    """The widget's way; with `by_pixels` False, particles are named by their mean only."""
    found = finder.find(Choices(**choices))
    return Answered(found.labels, found.names, found.sizes, found.decisions == TO_INSPECT)


def by_vote(finder: Finder) -> Answered:
    """Connected matter is a particle; the network names its pixels, the most frequent name wins."""
    matter, signal, background = _matter(finder)
    pixels, _ = finder._named_pixels(matter, background, Choices(), lambda done: None)
    classes = np.array([*finder.model.domain.class_var.values, UNNAMED], object)
    names = np.where(pixels.decisions == UNKNOWN, len(classes) - 1, pixels.values)
    labels = _kept(connected(matter), signal)
    image = finder.map.image(names.astype(int), len(classes) - 1)
    voted = [str(classes[np.bincount(image[labels == i], minlength=len(classes)).argmax()])
             for i in range(1, labels.max() + 1)]
    return _measured(finder, labels, voted)


def by_search(finder: Finder, *, of_particles: bool = False) -> Answered:
    """Correlation search with the model's references (first derivative, accepted from 0.7).

    Of each pixel: neighbouring pixels of one name are a particle. With `of_particles`, of the mean
    spectrum of connected matter.
    """
    matter, signal, background = _matter(finder)
    model = finder.model
    references = shapes(model.references.X, model.seen)

    def searched(X):
        from orangecontrib.microplastics.particles.naming import table_of
        grid = np.asarray(model.grid_spectra(table_of(finder.spectra.attributes, X)), float)
        r = shapes(np.nan_to_num(grid), model.seen) @ references.T
        best = r.argmax(axis=1)
        names = np.array(model.references.materials, object)[model.references.which[best]]
        return np.where(r.max(axis=1) >= HIT, names, UNNAMED)

    if of_particles:
        labels = _kept(connected(matter), signal)
        _, X = finder._means(labels, finder.signal(), background)
        return _measured(finder, labels, list(searched(X)))
    rows = finder.map.index[matter]
    names = np.concatenate([searched(background(finder.spectra(part)))
                            for part in np.array_split(rows, -(-len(rows) // 5000))])
    image = np.full(matter.shape, "", object)
    image[matter] = names
    labels, found = np.zeros(matter.shape, int), []
    for name in sorted(set(names)):
        own = connected(image == name)
        labels[own > 0] = own[own > 0] + len(found)
        found += [name] * int(own.max())
    size = np.bincount(labels.ravel(), minlength=len(found) + 1)[1:]
    keep = size >= SMALLEST
    order = np.concatenate([[0], np.where(keep, np.cumsum(keep), 0)])
    return _measured(finder, order[labels], [n for n, k in zip(found, keep, strict=True) if k])


def _matter(finder):
    from orangecontrib.microplastics.particles.matter import otsu
    signal = finder.signal()
    return finder.map.image(signal.values >= otsu(signal.values), False), signal, \
        Background.of(signal, True)


def _kept(labels, signal):
    """Without areas that are too small, as ours."""
    size = np.bincount(labels.ravel())
    return numbered(np.where(size[labels] >= SMALLEST, labels, 0))


def _measured(finder, labels, names):
    """The same geometry as ours: edges at the same share of the signal."""
    image = finder.map.image(finder.signal().values.astype(float))
    labels = trimmed(labels, image, EDGE)
    pitch = finder.map.pitch
    sizes = sizes_of(labels, pitch[::-1], (finder.map.y[0], finder.map.x[0]), finder.map.measured)
    return Answered(labels, names, sizes)


