"""From a map, or spectra of single particles, to particles with names and sizes."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
from Orange.data import Table
from Orange.util import dummy_callback
from scipy import ndimage, sparse

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.identification import ACCEPTED, UNKNOWN, Rule, decide
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.particles.coverage import better_low, check_range
from orangecontrib.microplastics.particles.edits import IS, JOIN, NOT, Edit
from orangecontrib.microplastics.particles.geometry import sizes_of
from orangecontrib.microplastics.particles.matter import Signal, Spectra, otsu, signal
from orangecontrib.microplastics.particles.naming import (
    Background,
    PixelNames,
    check_pixels,
    name_particles,
    name_pixels,
)
from orangecontrib.microplastics.particles.natural import plastic_of
from orangecontrib.microplastics.particles.pixels import PixelMap, has_map, pixel_map
from orangecontrib.microplastics.particles.segments import (
    Named,
    absorbed,
    join_equal,
    numbered,
    segments,
    trimmed,
)
from orangecontrib.microplastics.particles.sizes import Sizes
from orangecontrib.microplastics.particles.typed_sizes import typed_sizes

__all__ = ["UNNAMED", "SMALLEST", "Choices", "Found", "Finder"]

#: Name of particles that are not accepted as any of the model's materials.
UNNAMED = "unknown"

#: Pixels of the smallest particle that is listed, by default: smaller ones have no shape, and are
#: often noise.
SMALLEST = 4

#: Signal at the edge of a particle, relative to its inside: the beam is as wide as a pixel or more,
#: and edges are thin. Chosen on simulated maps (``benchmarks/NOTES.md``).
EDGE = .27

#: Pixels at a time.
_ROWS = 10_000

#: Answers that are kept, so that a particle is not named again when a threshold moves.
_MOST_ANSWERS = 50_000

#: Share of the map above which matter is more likely a wrong threshold than particles.
CROWDED = .5


class Choices(NamedTuple):
    """How particles are found.

    Attributes
    ----------
    threshold : float or None
        Smallest signal of matter (:class:`.matter.Signal`); None for Otsu's.
    smallest : int
        Pixels of the smallest particle.
    by_pixels : bool
        Whether pixels are named, too, which parts touching particles of two materials.
    subtract : bool
        Whether the spectrum of the filter is subtracted.
    pixel_size : float or None
        Micrometres; None for that of the data.
    rule : Rule
    detect : float
        Probability from which a component is named that is not one of the class.
    """
    threshold: float | None = None
    smallest: int = SMALLEST
    by_pixels: bool = True
    subtract: bool = True
    pixel_size: float | None = None
    rule: Rule = Rule()  # noqa: B008 (a tuple)
    detect: float = DETECT


class Found(NamedTuple):
    """The n particles of a sample, the largest first.

    Attributes
    ----------
    map : PixelMap or None
        None if the data are spectra of single particles.
    labels : ndarray of int
        Number of the particle of each pixel, (rows, columns), 1 to n, 0 for none; of single
        particles (n, 1).
    signal : Signal or None
    threshold : float
        Smallest signal of matter; NaN without a map.
    pixel : tuple of float or None
        Size of a pixel along x and y in micrometres; None if it is not known.
    rows : ndarray of int, shape (n,)
        For single particles, rows of the data.
    spectra : ndarray, shape (n, m)
        Mean spectra, without the filter, absorbance.
    answer : Answer
        For the mean spectra.
    decisions : ndarray of int, shape (n,)
        By the rule; ACCEPTED for what was named by hand.
    names : list of str
        Material, UNNAMED for unknown ones.
    by_hand : ndarray of bool, shape (n,)
        Whether the name was given by hand.
    agreement : ndarray, shape (n,)
        Share of the particle's named pixels whose class holds a component of its name; NaN if
        pixels were not named.
    sizes : Sizes
        In micrometres.
    shown : Sizes
        For the screen: in pixels if micrometres are not known.
    unit : str
        Of the lengths in `shown`: "µm" or "px".
    too_small : int
        Number of areas that are smaller than the smallest particle.
    lost : list of Edit
        Edits that no longer meet a particle.
    better_low : int
        Where a model should begin (cm-1) to need nothing that the map lacks; 0 for nowhere else.
    notes : list of PredictionWarning
    """
    map: PixelMap | None
    labels: np.ndarray
    signal: Signal | None
    threshold: float
    pixel: tuple[float, float] | None
    rows: np.ndarray
    spectra: np.ndarray
    answer: Answer
    decisions: np.ndarray
    names: list[str]
    by_hand: np.ndarray
    agreement: np.ndarray
    sizes: Sizes
    shown: Sizes
    unit: str
    too_small: int
    lost: list[Edit]
    better_low: int
    notes: list

    @property
    def measured(self) -> int:
        """Number of pixels that were measured."""
        return int(self.map.measured.sum()) if self.map is not None else 0

    def place(self, number: int) -> tuple[int, int]:
        """A pixel in a particle, the one most inside: what :class:`.edits.Edit` knows it by."""
        if self.map is None:
            return int(np.flatnonzero(self.labels[:, 0] == number)[0]), 0
        rows, columns = np.nonzero(self.labels == number)
        top, left = rows.min(), columns.min()
        image = np.zeros((np.ptp(rows) + 3, np.ptp(columns) + 3), bool)
        image[rows - top + 1, columns - left + 1] = True
        distance = ndimage.distance_transform_edt(image)
        row, column = np.unravel_index(distance.argmax(), distance.shape)
        return int(row + top - 1), int(column + left - 1)


class Finder:
    """Finds the particles of one table with one model, again and again with other choices.

    What does not change is kept: the signal, names of pixels, names of particles. Methods may be
    called from background threads; one waits for the other.

    Attributes
    ----------
    model : DCNetModel
    spectra : Spectra
    map : PixelMap or None
    """

    def __init__(self, data: Table, model: DCNetModel, convert: bool = False):
        """
        Parameters
        ----------
        data : Table
            A map, or spectra of single particles with their sizes in metas.
        model : DCNetModel
        convert : bool
            Whether the spectra are transmittance.

        Raises
        ------
        ValueError
            If there are no spectra, or a map is no grid (:func:`.pixel_map`).
        """
        self._begin(Spectra(data, convert), pixel_map(data) if has_map(data) else None, model)
        self._typed = lambda rows: typed_sizes(data).of(rows)

    @classmethod
    def of_map(cls, spectra: Spectra, where: PixelMap, model: DCNetModel) -> Finder:
        """For a map that is no table.

        Parameters
        ----------
        spectra : Spectra
            Or anything with its attributes, length and call.
        where : PixelMap
        model : DCNetModel
        """
        self = cls.__new__(cls)
        self._begin(spectra, where, model)
        return self

    def _begin(self, spectra, where, model):
        self.spectra, self.map, self.model = spectra, where, model
        self._signal: Signal | None = None
        self._pixels: dict = {}  # by what decides on them
        self._answers: dict = {}  # of particles, by their pixels
        self._notes: list = []
        self._alike = _alike(model)
        self._lock = Lock()

    def signal(self, progress_callback=dummy_callback) -> Signal | None:
        """Signal of each pixel over the filter; None without a map."""
        if self._signal is None and self.map is not None:
            self._signal = signal(self.spectra, progress_callback)
        return self._signal

    def know(self, found: Signal, names: PixelNames, notes: Sequence, choices: Choices):
        """Take over the signal, and the names of pixels, that were found in another way.

        Parameters
        ----------
        found : Signal
        names : PixelNames
        notes : sequence of PredictionWarning
            Of :func:`.naming.check_pixels`.
        choices : Choices
            With which they were named.
        """
        self._signal, self._notes = found, list(notes)
        self._pixels = {(choices.subtract, choices.rule): names}

    def find(self, choices: Choices = Choices(), edits: Sequence[Edit] = (),  # noqa: B008
             progress_callback: Callable[[float], None] = dummy_callback) -> Found:
        """Find and name particles.

        Parameters
        ----------
        choices : Choices
        edits : sequence of Edit
            Corrections by hand, in their order.
        progress_callback : callable, optional
            Called with the fraction done; an exception raised in it cancels.

        Raises
        ------
        NarrowRange
            (a ValueError) If the map lacks too many of the wavenumbers that the model needs.
        DomainTransformationError, NotEnoughMemory
            See :meth:`.DCNetModel.answer`.
        """
        # A task that was cancelled may still be at work.
        with self._lock:
            if self.map is None:
                return self._single(choices, edits, progress_callback)
            return self._map(choices, edits, progress_callback)

    def _map(self, choices, edits, progress_callback):
        found = self.signal(_part(progress_callback, 0, .3))
        threshold = otsu(found.values) if choices.threshold is None else choices.threshold
        with np.errstate(invalid="ignore"):
            matter = self.map.image(found.values >= threshold, False)
        matter &= self.map.measured
        check_range(self.model, self.spectra.wavenumbers, found.opaque)
        background = Background.of(found, choices.subtract)
        named, notes = None, []
        if choices.by_pixels:
            pixels, notes = self._named_pixels(matter, background, choices,
                                               _part(progress_callback, .3, .8))
            named = Named.of(pixels, self.map.index)
        classes, components = self.model.domain.class_var.values, self.model.components
        labels = segments(matter, named, classes, components)
        labels = _without_small(labels, min(choices.smallest, 2))[0]
        labels = self._join(labels, found, background, choices, _part(progress_callback, .8, 1))
        # By hand, after all that is automatic.
        labels = trimmed(labels, self.map.image(found.values.astype(float)), EDGE)
        labels, lost = _joined_by_hand(labels, edits)
        dropped = {number for edit in edits if edit.kind == NOT
                   for number in edit.particles(labels)}
        if dropped:
            labels = np.where(np.isin(labels, list(dropped)), 0, labels)
        labels, too_small = _without_small(labels, choices.smallest)
        labels = _largest_first(labels)
        X, answer = self._answer(labels, found, background, choices)
        notes = notes or list(answer.notes)
        pixel = self._pixel(choices)
        # Without micrometres, in units of the smaller side of a pixel.
        spacing = pixel or tuple(np.divide(self.map.pitch, min(self.map.pitch)))
        sizes = sizes_of(labels, spacing[::-1], (self.map.y[0], self.map.x[0]),
                         self.map.measured)
        sizes, shown = self._placed(sizes, pixel)
        names, decisions, by_hand = self._names(labels, answer, choices, edits)
        lost += [edit for edit in edits if edit.kind == IS and not edit.particles(labels)]
        progress_callback(1)
        return Found(self.map, labels, found, threshold, pixel, np.empty(0, int), X, answer,
                     decisions, names, by_hand,
                     _agreement(labels, named, answer.values, self._alike), sizes, shown,
                     "px" if pixel is None else "µm", too_small,
                     lost, better_low(self.model, self.spectra.wavenumbers, found.opaque), notes)

    # -------------------------------------------------------------- steps

    def _named_pixels(self, matter, background, choices, progress):
        """Names of all pixels of matter; those that are known already are not named again."""
        key = choices.subtract, choices.rule
        if key not in self._pixels:
            # One set of names is kept: a map of a million pixels may have 70 MB of them.
            self._pixels = {key: PixelNames(len(self.spectra), len(self.model.components))}
        names = self._pixels[key]
        rows = np.sort(self.map.index[matter])
        new = rows[~names.known[rows]]
        if len(new):
            # Of all matter, so that the answer does not depend on what was named before.
            self._notes = check_pixels(self.model, self.spectra, rows, background)
            names.put(new, name_pixels(self.model, self.spectra, new, background,
                                       choices.rule, progress))
        return names, list(self._notes)

    def _join(self, labels, found, background, choices, progress):
        """Name segments by their mean spectra, and join neighbours of one name."""
        _, answer = self._answer(labels, found, background, choices, progress)
        for _ in range(3):
            names = _texts(self.model, answer, decide(answer, choices.rule))
            # Plastic under a biofilm beside the same plastic is one particle.
            together = join_equal(labels, ["" if name == UNNAMED else plastic_of(name)
                                           for name in names])
            if together.max() == labels.max():
                unknown = np.array([name == UNNAMED for name in names], bool)
                together = absorbed(labels, unknown) if choices.by_pixels else labels
            if together.max() == labels.max():
                break
            labels = together
            _, answer = self._answer(labels, found, background, choices)
        return labels

    def _answer(self, labels, found, background, choices, progress=dummy_callback):
        """Mean spectra of numbered pixels, and what the model says of them."""
        keys, X = self._means(labels, found, background)
        keys = [(key, choices.subtract, choices.detect) for key in keys]
        new = [i for i, key in enumerate(keys) if key not in self._answers]
        if new:
            fresh = name_particles(self.model, self.spectra.attributes, X[new], choices.detect,
                                   progress)
            if len(self._answers) > _MOST_ANSWERS:
                # Those that are asked for now are needed below.
                self._answers = {key: self._answers[key] for key in keys if key in self._answers}
            self._answers.update({keys[i]: (fresh, j) for j, i in enumerate(new)})
        return X, _gathered(self.model, [self._answers[key] for key in keys])

    def _means(self, labels, found, background):
        """A key for the pixels of each particle; their mean spectra, without the filter."""
        n = int(labels.max()) if labels.size else 0
        m = len(self.spectra.wavenumbers)
        if not n:
            return [], np.empty((0, m))
        there = labels > 0
        rows, number = self.map.index[there], labels[there] - 1
        weights = _weights(found.values[rows], number, n)
        order = np.argsort(rows, kind="stable")
        order = order[weights[order] > 0]
        rows, number, weights = rows[order], number[order], weights[order]
        total, missing = np.zeros((n, m)), np.zeros((n, m))
        for start in range(0, len(rows), _ROWS):
            part = slice(start, start + _ROWS)
            X = self.spectra(rows[part])
            gone = ~np.isfinite(X)
            sums = sparse.csr_matrix(
                (weights[part], (number[part], np.arange(len(X)))), (n, len(X)))
            total += sums @ np.where(gone, 0, X)
            if gone.any():
                missing += sums @ gone.astype(float)
        whole = np.bincount(number, weights, n)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            X = np.where(missing < .5 * whole, total / (whole - missing), np.nan)
        by_number = np.argsort(number, kind="stable")
        ends = np.cumsum(np.bincount(number, minlength=n))[:-1]
        keys = [part.tobytes() for part in np.split(rows[by_number], ends)]
        return keys, background(X)

    def _pixel(self, choices):
        """Size of a pixel along x and y, micrometres; None if it is not known."""
        if choices.pixel_size:
            ratio = self.map.pitch[1] / self.map.pitch[0]
            return choices.pixel_size, choices.pixel_size * ratio
        return self.map.pitch if self.map.unit_known else None

    def _placed(self, sizes, pixel):
        """Sizes with centres in the coordinates of the map, and those for the screen; the former
        without lengths if the size of a pixel is not known."""
        (x0, y0), (dx, dy) = (self.map.x[0], self.map.y[0]), self.map.pitch
        wide, high = pixel or np.divide(self.map.pitch, min(self.map.pitch))
        sizes = sizes._replace(x=x0 + (sizes.x - x0) / wide * dx,
                               y=y0 + (sizes.y - y0) / high * dy)
        if pixel is not None:
            return sizes, sizes
        unknown = Sizes.unknown(len(sizes.pixels))
        return unknown._replace(pixels=sizes.pixels, aspect=sizes.aspect, x=sizes.x, y=sizes.y,
                                border=sizes.border), sizes

    def _names(self, labels, answer, choices, edits):
        """Names, decisions, and which names were given by hand."""
        decisions = decide(answer, choices.rule)
        names = _texts(self.model, answer, decisions)
        by_hand = np.zeros(len(names), bool)
        for edit in edits:
            if edit.kind == IS:
                for number in edit.particles(labels):
                    names[number - 1], by_hand[number - 1] = edit.name, True
                    decisions[number - 1] = UNKNOWN if edit.name == UNNAMED else ACCEPTED
        return names, decisions, by_hand

    def _single(self, choices, edits, progress):
        """Spectra of single particles: each row is one."""
        n = len(self.spectra)
        rows = np.arange(n)
        labels = np.arange(1, n + 1)[:, None]
        dropped = {number for edit in edits if edit.kind == NOT
                   for number in edit.particles(labels)}
        rows = np.array([row for row in rows if row + 1 not in dropped], int)
        labels = np.zeros((n, 1), int)
        labels[rows, 0] = np.arange(1, len(rows) + 1)
        X = self.spectra(rows)
        keys = [(int(row), choices.detect) for row in rows]
        if any(key not in self._answers for key in keys):
            fresh = name_particles(self.model, self.spectra.attributes, self.spectra(slice(None)),
                                   choices.detect, progress)
            self._answers = {(row, choices.detect): (fresh, row) for row in range(n)}
            self._notes = list(fresh.notes)
        answer = _gathered(self.model, [self._answers[key] for key in keys])
        names, decisions, by_hand = self._names(labels, answer, choices, edits)
        lost = [edit for edit in edits if edit.kind == IS and not edit.particles(labels)]
        progress(1)
        sizes = self._typed(rows)
        return Found(None, labels, None, np.nan, None, rows, X, answer, decisions, names,
                     by_hand, np.full(len(rows), np.nan), sizes, sizes, "µm", 0, lost, 0,
                     list(self._notes))


def _part(progress, start, end):
    return lambda done: progress(start + (end - start) * done)


def _texts(model, answer, decisions):
    classes = model.domain.class_var.values
    return [UNNAMED if decision == UNKNOWN or np.isnan(value) else classes[int(value)]
            for value, decision in zip(answer.values, decisions, strict=True)]


def _gathered(model, parts):
    """One answer from rows of several."""
    out = Answer.nothing(len(parts), len(model.domain.class_var.values), len(model.components))
    answers = {id(answer): answer for answer, _ in parts}
    for key, answer in answers.items():
        here = [i for i, (one, _) in enumerate(parts) if id(one) == key]
        there = [row for one, row in parts if id(one) == key]
        for mine, theirs in zip(out[:-1], answer[:-1], strict=True):
            mine[here] = theirs[there]
    notes = next((answer.notes for answer in answers.values() if answer.notes), [])
    return out._replace(notes=list(notes))


def _weights(values, number, n):
    """Weights of pixels in the mean: 1, and 0 for those with less than half the signal of the third
    strongest: at the edge the light sees more of the filter.

    They do not depend on where the edge is, so that a particle is named once, whatever the
    threshold.
    """
    order = np.lexsort((-values, number))
    counts = np.bincount(number, minlength=n)
    third = np.cumsum(counts) - counts + np.minimum(2, counts - 1)
    return (values >= .5 * values[order][third][number]).astype(float)


def _without_small(labels, smallest):
    """Without areas below a number of pixels; and how many these were."""
    size = np.bincount(labels.ravel())
    small = (size > 0) & (size < smallest)
    small[0] = False
    if not small.any():
        return numbered(labels), 0
    return numbered(np.where(small[labels], 0, labels)), int(small.sum())


def _largest_first(labels):
    size = np.bincount(labels.ravel())
    rank = np.zeros(len(size), np.int32)
    rank[1 + np.argsort(-size[1:], kind="stable")] = np.arange(1, len(size))
    return rank[labels]


def _joined_by_hand(labels, edits):
    lost = []
    labels = labels.copy()
    for edit in edits:
        numbers = edit.particles(labels)
        if edit.kind == JOIN:
            if len(numbers) > 1:
                labels[np.isin(labels, numbers)] = numbers[0]
            elif not numbers:
                lost.append(edit)
        elif edit.kind == NOT and not numbers:
            lost.append(edit)
    return numbered(labels), lost


def _agreement(labels, named, values, alike):
    """Share of the named pixels of each particle whose class has a material of the particle's."""
    n = len(values)
    if named is None:
        return np.full(n, np.nan)
    there = (labels > 0) & (named.values >= 0) & named.sure
    number = labels[there] - 1
    of_particle = np.nan_to_num(values, nan=-1).astype(int)[number]
    same = alike[of_particle, named.values[there]] & (of_particle >= 0)
    counts = np.bincount(number, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.bincount(number, same, n) / counts


def _alike(model):
    """Which classes have a material in common; bool, (classes, classes)."""
    holds = np.array([[name in components_of(value) for name in model.components]
                      for value in model.domain.class_var.values], int)
    return holds @ holds.T > 0
