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

__all__ = ["Background", "PixelNames", "table_of", "name_pixels", "name_particles"]

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


class PixelNames(NamedTuple):
    """What a model says of n pixels.

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
    def nothing(cls, n: int, components: int) -> PixelNames:
        """Of n pixels that have not been named."""
        return cls(np.full(n, -1, np.int16), np.full(n, UNKNOWN, np.int8),
                   np.zeros((n, components), np.float32))

    def put(self, rows, other: PixelNames):
        """Write the names of some pixels."""
        for mine, new in zip(self, other, strict=True):
            mine[rows] = new


def table_of(attributes, X: np.ndarray) -> Table:
    """A table of spectra without anything else; X is not copied."""
    return Table.from_numpy(Domain(attributes), X)


def name_pixels(model: DCNetModel, spectra: Spectra, rows: np.ndarray, background: Background,
                rule: Rule, progress_callback=dummy_callback) -> tuple[PixelNames, list]:
    """Name pixels by their own spectra.

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

    Returns
    -------
    PixelNames
    list of PredictionWarning

    Raises
    ------
    DomainTransformationError, NotEnoughMemory
        See :meth:`.DCNetModel.answer`.
    """
    out, notes = PixelNames.nothing(len(rows), len(model.components)), []
    for start in range(0, len(rows), _ROWS):
        progress_callback(start / len(rows))
        part = slice(start, start + _ROWS)
        table = table_of(spectra.attributes, background(spectra(rows[part])))
        answer = model.answer(table, lambda done, start=start: progress_callback(
            (start + done * min(_ROWS, len(rows) - start)) / len(rows)), amounts=False)
        out.put(part, PixelNames(
            np.nan_to_num(answer.values, nan=-1).astype(np.int16), decide(answer, rule),
            answer.detected))
        notes = notes or list(answer.notes)
    progress_callback(1)
    return out, notes


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
