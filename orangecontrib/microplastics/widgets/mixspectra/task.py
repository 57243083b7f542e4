"""What Mix Spectra does in its thread: no Qt, but for the state that it reports to."""
from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics.mixing.mixer import (
    Mixer,
    Mixing,
    TransmittanceError,
    split_sources,
)
from orangecontrib.microplastics.mixing.pure import absorbance_of
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.splits import find_sources
from orangecontrib.microplastics.spectra.units import looks_like_transmittance, to_absorbance
from orangecontrib.microplastics.widgets.common.background import progress_of


class Task(NamedTuple):
    """All that the worker needs to know."""

    data: Table
    ready: Table | None  # data with units and sources seen to, from an earlier run
    mixing: Mixing
    convert: bool
    share: float | None  # of the sources, for testing; None: no test mixtures
    numbers: tuple[int, int]
    seed: int
    make: bool  # False: only what the picture needs


class Results(NamedTuple):
    train: Table | None
    test: Table | None
    components: Table | None


class Prepared(NamedTuple):
    data: Table
    converted: bool


def prepare(data: Table, convert: bool, by: str | None) -> Prepared:
    """Data in absorbance, with a meta that names sources."""
    columns, _ = spectral_columns(data.domain)
    X = data.X.toarray() if hasattr(data.X, "toarray") else data.X
    converted = False
    if looks_like_transmittance(X[:, columns]):
        if not convert:
            raise TransmittanceError
        X = np.array(X, float)
        X[:, columns] = to_absorbance(X[:, columns])
        name, ids = data.name, data.ids
        data = Table.from_numpy(data.domain, X, data.Y, data.metas, data.W)
        data.name, data.ids, converted = name, ids, True
    return Prepared(find_sources(data, by)[0], converted)


def run(task: Task, state: TaskState) -> Results:
    """Prepare, show a mixer for the picture, and make the tables if asked."""
    def progress(start, stop):
        return progress_of(state, 100 * start, 100 * stop)

    state.set_status("Looking at the spectra...")
    progress(0, 0)(0)
    data = task.ready
    if data is None:
        prepared = prepare(task.data, task.convert, task.mixing.by)
        state.set_partial_result(prepared)
        data = prepared.data
    progress(0, .1)(1)
    kept = [data.domain.class_var.values.index(name) for name in task.mixing.classes]
    rows = np.flatnonzero(np.isin(data.Y, kept))
    # Before the split, so that a spectrum that cannot be used is named by its row here.
    try:
        absorbance_of(data, rows, *spectral_columns(data.domain))
    except TransmittanceError:
        # The data as a whole did not look so, or had been converted.
        raise ValueError("The spectra of these materials look like transmittance, those of others "
                         "do not: bring all to absorbance first (Preprocess Spectra).") from None
    train = data[rows]
    test = None
    if task.share is not None:
        train, test = split_sources(train, task.share, task.seed, task.mixing.by)
    mixer = Mixer(train, task.mixing)
    state.set_partial_result(mixer)
    progress(0, .2)(1)
    if not task.make:
        return Results(None, None, None)
    state.set_status("Mixing...")
    made = mixer.table(task.numbers[0], task.seed, progress(.2, .7))
    made.name = f"Training mixtures of {task.data.name}"
    held = None
    if test is not None:
        held = Mixer(test, of_each(task.mixing, task.numbers[1])).table(
            task.numbers[1], (task.seed, 1), progress(.7, 1))
        held.name = f"Test mixtures of {task.data.name}"
    return Results(made, held, mixer.means())


def of_each(mixing: Mixing, number: int) -> Mixing:
    """The recipe with another number of each combination, where it has one."""
    return mixing if mixing.per_combination is None else replace(mixing, per_combination=number)
