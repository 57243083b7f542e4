"""Background task of Mix Spectra; uses no Qt except the task state."""
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
    """Input of the background task."""

    data: Table
    ready: Table | None  # result of prepare in an earlier run
    mixing: Mixing
    convert: bool
    share: float | None  # of sources kept for testing, 0 to 1; None: no test mixtures
    numbers: tuple[int, int]
    seed: int
    make: bool  # False: only the mixer for the plot


class Results(NamedTuple):
    train: Table | None
    test: Table | None
    components: Table | None


class Prepared(NamedTuple):
    data: Table
    converted: bool


def prepare(data: Table, convert: bool, by: str | None) -> Prepared:
    """Convert to absorbance if necessary, and add a meta that names sources if there is none.

    Raises
    ------
    TransmittanceError
        If the spectra look like transmittance and `convert` is False.
    """
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
    """Prepare the data and make the mixtures, if requested.

    Reports :class:`Prepared` (unless the data are ready) and the Mixer for the plot as partial
    results.

    Raises
    ------
    ValueError
        If the spectra cannot be mixed; also :class:`.TransmittanceError`.
    """
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
    # Check before the split, so that error messages name the spectrum's row in these data.
    try:
        absorbance_of(data, rows, *spectral_columns(data.domain))
    except TransmittanceError:
        # The data as a whole did not look like transmittance, or were converted.
        raise ValueError("The spectra of these materials look like transmittance, those of others "
                         "do not: convert all to absorbance first (Preprocess Spectra).") from None
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
    """Replace the number of spectra per combination, if one is set."""
    return mixing if mixing.per_combination is None else replace(mixing, per_combination=number)
