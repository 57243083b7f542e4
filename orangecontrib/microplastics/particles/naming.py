"""Names for spectra of a map: of pixels, and of particles."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Domain, Table
from Orange.util import dummy_callback

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.identification import UNKNOWN, Rule, decide
from orangecontrib.microplastics.particles.filtered import without_filter
from orangecontrib.microplastics.particles.matter import Signal, Spectra
from orangecontrib.microplastics.spectra.units import some_rows

__all__ = ["Background", "Names", "PixelNames", "table_of", "check_pixels", "name_pixels",
           "name_particles"]

#: Pixels named at a time: their spectra are copied.
_ROWS = 10_000


class Background(NamedTuple):
    """What is subtracted from spectra before they are named; nothing if `filter` is None."""
    filter: np.ndarray | None
    opaque: np.ndarray | None

    @classmethod
    def of(cls, signal: Signal | None, subtract: bool) -> Background:
        """The filter of a map; with `subtract` False, only where it is opaque is left out."""
        if signal is None:
            return cls(None, None)
        if not subtract:
            return cls(np.full_like(signal.filter, np.nan), signal.opaque)
        return cls(signal.filter, signal.opaque)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return X if self.filter is None else without_filter(X, self.filter, self.opaque)


class Names(NamedTuple):
    """What a model says of n spectra of a map.

    Attributes
    ----------
    values : ndarray of int16, shape (n,)
        Index of the class; -1 without a prediction.
    decisions : ndarray of int8, shape (n,)
    presence : ndarray of float32, shape (n, components)
        Probability of each single material.
    """
    values: np.ndarray
    decisions: np.ndarray
    presence: np.ndarray

    @classmethod
    def of(cls, answer: Answer, rule: Rule) -> Names:
        return cls(np.nan_to_num(answer.values, nan=-1).astype(np.int16),
                   decide(answer, rule).astype(np.int8), answer.detected.astype(np.float32))


class PixelNames:
    """What a model says of pixels of a map; most have no matter, and are not named.

    Attributes
    ----------
    values, decisions : ndarrays, shape (n,)
        As of :class:`Names`.
    place : ndarray of int32, shape (n,)
        Row of each pixel in `presence`; -1 for pixels that have not been named.
    """

    def __init__(self, n: int, components: int):
        self.values = np.full(n, -1, np.int16)
        self.decisions = np.full(n, UNKNOWN, np.int8)
        self.place = np.full(n, -1, np.int32)
        self._presence = [np.empty((0, components), np.float32)]

    @property
    def known(self) -> np.ndarray:
        """Which pixels have been named; bool, (n,)."""
        return self.place >= 0

    @property
    def presence(self) -> np.ndarray:
        """Presence of each material in the pixels that have been named, (named, components)."""
        if len(self._presence) > 1:
            self._presence = [np.concatenate(self._presence)]
        return self._presence[0]

    def put(self, rows: np.ndarray, names: Names):
        """Write the names of pixels that had none."""
        self.values[rows], self.decisions[rows] = names.values, names.decisions
        self.place[rows] = sum(map(len, self._presence)) + np.arange(len(names.values))
        self._presence.append(names.presence)


def table_of(attributes, X: np.ndarray) -> Table:
    """A table of spectra without anything else; X is not copied."""
    return Table.from_numpy(Domain(attributes), X)


def check_pixels(model: DCNetModel, spectra: Spectra, rows: np.ndarray,
                 background: Background) -> list:
    """Check unit and axis of a sample of pixels; what is to be said of them.

    Raises
    ------
    DomainTransformationError
        See :meth:`.DCNetModel.check`.
    """
    some = rows[some_rows(len(rows))]
    # With what is said of the model.
    return list(model.answer(table_of(spectra.attributes, background(spectra(some))),
                             acceptance=False).notes)


def name_pixels(model: DCNetModel, spectra: Spectra, rows: np.ndarray, background: Background,
                rule: Rule, progress_callback=dummy_callback) -> Names:
    """Name pixels by their own spectra, which :func:`check_pixels` has seen.

    Parameters
    ----------
    model : DCNetModel
    spectra : Spectra
    rows : ndarray of int, shape (n,)
        Of the pixels.
    background : Background
    rule : Rule
    progress_callback : callable, optional
        Called with the fraction done; an exception raised in it cancels.

    Raises
    ------
    NotEnoughMemory
        See :meth:`.DCNetModel.answer`.
    """
    found = [Names(np.empty(0, np.int16), np.empty(0, np.int8),
                   np.empty((0, len(model.components)), np.float32))]
    for start in range(0, len(rows), _ROWS):
        progress_callback(start / len(rows))
        part = rows[start:start + _ROWS]
        answer = model.answer(
            table_of(spectra.attributes, background(spectra(part))),
            lambda done, start=start: progress_callback(
                (start + done * min(_ROWS, len(rows) - start)) / len(rows)),
            amounts=False, notes=False)
        found.append(Names.of(answer, rule))
    progress_callback(1)
    return Names(*map(np.concatenate, zip(*found, strict=True)))


def name_particles(model: DCNetModel, attributes, X: np.ndarray, detect: float = DETECT,
                   progress_callback=dummy_callback) -> Answer:
    """Identify particles by their mean spectra, with amounts.

    Parameters
    ----------
    model : DCNetModel
    attributes : sequence of ContinuousVariable
        Of the spectra.
    X : ndarray, shape (n, m)
    detect : float
        Probability from which a component is named that is not one of the class.
    progress_callback : callable, optional
    """
    return model.answer(table_of(attributes, X), progress_callback, detect=detect)
