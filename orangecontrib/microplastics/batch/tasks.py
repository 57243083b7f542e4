"""Work on one block of spectra: what a thread, or a worker of a cluster, is given to do.

A task is small and says where its spectra are; the model is there already. Results are arrays of
numbers, and texts as bytes, so that they can be sent and stored without pickling. The answer for a
spectrum does not depend on the block (:mod:`.utils.rowwise`).
"""
from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.batch.fragments import csv_of, parquet_of
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.compatibility import ScaleError, missing_note
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import DECISIONS, decide
from orangecontrib.microplastics.identification.rows import described
from orangecontrib.microplastics.particles.matter import Level
from orangecontrib.microplastics.particles.naming import Background, table_of
from orangecontrib.microplastics.particles.pixels import has_map
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.spectra.stored import Block, Stored, open_stored
from orangecontrib.microplastics.spectra.stored.tables import TableSpectra
from orangecontrib.microplastics.spectra.units import is_percent, some_rows, to_absorbance

__all__ = ["SCORES", "EngineLost", "Context", "Whole", "Part", "SignalPart", "NamesPart",
           "Result", "StoredRows", "checked", "failure", "text_of", "opened", "is_map",
           "missing_notes", "read", "compute", "work", "forget"]

#: Spectra answered at a time: more take memory and are not faster.
_ROWS = 2048

#: Scores kept for each pixel of a map, as fields of :class:`.Answer`.
SCORES = ("confidence", "correlation", "explained", "complete")

Result = dict[str, np.ndarray]


class EngineLost(ConnectionError):
    """What does the tasks is gone: no fault of a file, and no other file can be done."""


class Context(NamedTuple):
    """What all tasks need, sent once to each worker."""
    model: DCNetModel
    settings: Settings


class Whole(NamedTuple):
    """Identify all spectra of a file; of a map, say only that it is one."""
    path: str


class Part(NamedTuple):
    """Identify the spectra of a block.

    `percent` tells whether transmittance is in percent, None for absorbance; `as_pixels` whether
    the result is arrays for a map, not rows for a table.
    """
    path: str
    block: Block
    percent: bool | None
    as_pixels: bool


class SignalPart(NamedTuple):
    """Signal of the pixels of a block over the filter."""
    path: str
    block: Block
    percent: bool | None
    level: Level


class NamesPart(NamedTuple):
    """Identify those pixels of a block that are matter (places in the block)."""
    path: str
    block: Block
    percent: bool | None
    matter: np.ndarray
    background: Background


class StoredRows:
    """Stored spectra as :class:`.particles.matter.Spectra`: by rows, in absorbance."""

    def __init__(self, stored: Stored, percent: bool | None):
        self.stored, self._percent = stored, percent
        self.wavenumbers = stored.wavenumbers
        self.attributes = tuple(ContinuousVariable(name_of(w)) for w in stored.wavenumbers)

    def __len__(self):
        return len(self.stored)

    def __call__(self, rows) -> np.ndarray:
        """Spectra of some rows; float, (rows, m)."""
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        return self.absorbance(self.stored.at(rows))

    def absorbance(self, X: np.ndarray) -> np.ndarray:
        X = np.asarray(X, float)
        return X if self._percent is None else to_absorbance(X, self._percent)


def checked(context: Context, stored: Stored) -> tuple[bool | None, list[str]]:
    """Check unit and axis in a sample of the spectra of a file.

    Returns
    -------
    percent : bool or None
        Whether transmittance is in percent; None if it is not to be converted.
    notes : list of str

    Raises
    ------
    DomainTransformationError
        If the model cannot answer.
    """
    X = stored.at(np.arange(len(stored))[some_rows(len(stored))])
    percent = is_percent(X) if context.settings.transmittance else None
    rows = StoredRows(stored, percent)
    said = context.model.check(table_of(rows.attributes, rows.absorbance(X)))
    return percent, [*stored.notes, *map(str, said)]


@lru_cache(maxsize=2)
def _opened(path, size, changed):
    return open_stored(Path(path))


def opened(path: str) -> Stored:
    """A file, opened once for several blocks."""
    about = Path(path).stat()
    return _opened(path, about.st_size, about.st_mtime_ns)


def is_map(stored: Stored) -> bool:
    """Whether spectra are pixels of a map, also those of a table."""
    return stored.is_map or isinstance(stored, TableSpectra) and has_map(stored.data)


def forget():
    """Close files that are kept open."""
    _opened.cache_clear()


def read(task) -> tuple[Stored, np.ndarray | None]:
    """The file of a task, and the spectra of its block; errors as :func:`failure`."""
    if isinstance(task, Whole):
        # Seldom needed again: a thousand small files must not push out a large one.
        return open_stored(Path(task.path)), None
    stored = opened(task.path)
    return stored, stored.read(task.block)


def compute(context: Context, task, found: tuple[Stored, np.ndarray | None]) -> Result:
    """The result of a task for what :func:`read` found."""
    return _COMPUTE[type(task)](context, task, *found)


def work(context: Context, task) -> Result:
    """Read and compute; what goes wrong is in the result."""
    try:
        return compute(context, task, read(task))
    # A file that cannot be used must not end the work on the others.
    except Exception as ex:
        return failure(ex, context.settings.transmittance)


def failure(ex: Exception, converted: bool = False) -> Result:
    """A result that says what went wrong; `converted` from transmittance, if spectra were."""
    if isinstance(ex, MemoryError):
        text = "there is not enough memory for it"
    elif isinstance(ex, (ValueError, OSError, DomainTransformationError)):
        text = str(ex) or type(ex).__name__
    else:
        text = f"{type(ex).__name__}: {ex}"
    if isinstance(ex, ScaleError) and converted:
        # Its text asks for the conversion that was the cause.
        text = "The spectra were converted from transmittance, perhaps wrongly: their bands are " \
               "now upside down compared with the training spectra. Untick Convert from " \
               "transmittance (in a command: leave out --transmittance)."
    elif isinstance(ex, ScaleError):
        text += " Or have the spectra of all files converted from transmittance."
    return {"error": _bytes(" ".join(text.split()))}


def text_of(value: np.ndarray) -> str:
    """A text of a result."""
    return value.tobytes().decode()


def _bytes(text):
    data = text if isinstance(text, bytes) else text.encode()
    return np.frombuffer(data, np.uint8)


# ------------------------------------------------------------------------------ kinds

def _whole(context, task, stored, _):
    if is_map(stored):
        return {"map": np.array(True)}
    percent, notes = checked(context, stored)
    block = Block(0, stored.shape[0], 0, stored.shape[1])
    part = Part(task.path, block, percent, False)
    found = _identify(context, part, stored, stored.read(block))
    return {**found, "notes": _bytes(json.dumps([*notes, *missing_notes(found["missing"],
                                                                        block.size)]))}


def missing_notes(missing: int, n: int) -> list[str]:
    """What is to be said if some of n spectra have no prediction; else nothing."""
    return [str(missing_note(int(missing), n))] if missing else []


def _identify(context, task, stored, X):
    rows, keep = StoredRows(stored, task.percent), []
    names = None if task.as_pixels else stored.names(task.block)
    csv, parquet, counts, missing = [], [], np.zeros(len(DECISIONS), int), 0
    for at, answer in _answers(context, rows, X):
        decisions = decide(answer, context.settings.rule)
        counts += np.bincount(decisions, minlength=len(DECISIONS))
        missing += np.isnan(answer.values).sum()
        if task.as_pixels:
            keep.append(_pixels(context, answer, decisions))
            continue
        said = described(Path(task.path), names[at], context.model, answer, decisions,
                         context.settings.rule)
        csv.append(csv_of(said))
        parquet.append(parquet_of(said, context.model.components, answer))
    if task.as_pixels:
        return {**_together(keep), "counts": counts, "missing": np.array(missing)}
    return {"csv": _bytes(b"".join(csv)), "counts": counts, "missing": np.array(missing),
            **{f"parquet {i}": _bytes(one) for i, one in enumerate(parquet) if one}}


def _answers(context, rows, X, background=None):
    """Answers for parts of a block, each with its slice."""
    for start in range(0, len(X), _ROWS):
        at = slice(start, start + _ROWS)
        part = rows.absorbance(X[at])
        if background is not None:
            part = background(part)
        yield at, context.model.answer(
            table_of(rows.attributes, part), amounts=context.settings.amounts, notes=False)


def _pixels(context, answer: Answer, decisions):
    out = {"material": np.nan_to_num(answer.values, nan=-1).astype(np.int16),
           "decision": decisions.astype(np.int8),
           "probability": answer.probability.astype(np.float32),
           **{name: getattr(answer, name).astype(np.float32) for name in SCORES},
           "presence": answer.detected.astype(np.float32)}
    if context.settings.amounts and np.shape(answer.fractions)[1]:
        out.update(fractions=answer.fractions.astype(np.float32),
                   low=answer.low.astype(np.float32), high=answer.high.astype(np.float32))
    return out


def _together(parts):
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} \
        if parts else {}


def _signal(context, task, stored, X):
    return {"signal": np.concatenate([
        task.level(StoredRows(stored, task.percent).absorbance(X[start:start + _ROWS]))
        for start in range(0, len(X), _ROWS)])}


def _names(context, task, stored, X):
    rows = StoredRows(stored, task.percent)
    return _together([
        _pixels(context, answer, decide(answer, context.settings.rule))
        for _, answer in _answers(context, rows, X[task.matter], task.background)])


_COMPUTE = {Whole: _whole, Part: _identify, SignalPart: _signal, NamesPart: _names}
