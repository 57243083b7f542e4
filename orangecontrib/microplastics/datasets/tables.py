"""Published sets as Tables: count their spectra, load them, and join several on one axis."""
from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.datasets.catalogue import RELABELLED
from orangecontrib.microplastics.datasets.curation import derived, polymers
from orangecontrib.microplastics.datasets.store import environments, info_of, spectra
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import POLYETHYLENES
from orangecontrib.microplastics.spectra import axis
from orangecontrib.microplastics.spectra.resample import Resample

__all__ = ["Counts", "count", "load", "join"]


class Counts(NamedTuple):
    """Number of spectra that :func:`load` would return, and how many of them are doubtful."""

    all: int
    doubtful: int


def count(name: str, *, environmental: bool | None = None) -> Counts:
    """Count the spectra of a set without loading them; arguments and errors as :func:`load`."""
    known = derived(name)
    chosen = _of_kind(known["keep"], environments(name), environmental)
    return Counts(int(chosen.sum()), int((chosen & known["doubtful"]).sum()))


def load(name: str, *, merge_pe: bool = False, classes: Iterable[str] | None = None,
         environmental: bool | None = None, doubtful: str = "keep") -> Table:
    """Load a published set as a Table of absorbance spectra.

    Parameters
    ----------
    name : str
        One of :data:`.catalogue.SETS`.
    merge_pe : bool
        Label HDPE and LDPE as PE.
    classes : iterable of str, optional
        Classes to keep (after merging); by default all.
    environmental : bool, optional
        Only particles from the environment (True) or only pristine ones (False), as labelled by
        the set's authors.
    doubtful : {"keep", "drop"}
        Leave out spectra whose label the spectra of other studies contradict
        (:mod:`~orangecontrib.microplastics.labels.check`), and polystyrene with the bands of ABS
        (:mod:`~orangecontrib.microplastics.labels.nitrile`). Some of them are correctly labelled
        but difficult, so results on the rest are slightly too good. FLOPP is never a reference.

    Returns
    -------
    Table
        Absorbance, ``A = -log10(T / 100)`` with T in per cent and at least 0.1;
        wavenumbers ascending; class ``polymer``; metas ``sample``, ``study``,
        ``environmental`` and ``source`` (group of near-duplicates, r > 0.999; kedzierski_2019_u
        also has ``sample code``, and sets with corrected labels
        (:data:`~orangecontrib.microplastics.datasets.catalogue.RELABELLED`) the labels of the
        file as ``published as``). Exact duplicates are left out.

    Raises
    ------
    MissingData
        If the set has not been fetched.
    ValueError
        If there is no such set or class, or nothing is left.
    """
    info = info_of(name)
    if doubtful not in ("keep", "drop"):
        raise ValueError('doubtful must be "keep" or "drop".')
    raw, known = spectra(name), derived(name)
    rows = np.flatnonzero(known["keep"])
    polymer = polymers(name, raw)[rows]
    labelled = info.n_classes > 0
    if merge_pe:
        polymer[np.isin(polymer, POLYETHYLENES)] = "PE"
    chosen = _of_kind(known["keep"], raw.environmental, environmental)
    if classes is not None:
        wanted = set(classes)
        existing = set(polymer) if labelled else set()
        if wanted - existing:
            raise ValueError(f"{info.title} has no class {', '.join(sorted(wanted - existing))}; "
                             f"it has {', '.join(sorted(existing)) or 'none'}.")
        chosen &= np.isin(polymer, list(wanted))
    if doubtful == "drop":
        chosen &= ~known["doubtful"]
    if not chosen.any():
        raise ValueError(f"No spectrum of {info.title} is left by these choices.")
    rows, polymer, source = rows[chosen], polymer[chosen], known["source"][chosen]

    values = sorted(set(polymer)) if labelled else []
    prefix = info.study + info.suffix
    # Group names are strings: as a discrete variable, thousands of values would fill each menu.
    metas = [StringVariable("sample"),
             DiscreteVariable("study", values=(info.study,)),
             DiscreteVariable("environmental", values=("no", "yes")),
             StringVariable("source")]
    columns = [raw.sample[rows], np.zeros(len(rows)),
               raw.environmental[rows].astype(float), [f"{prefix}/{s}" for s in source]]
    if not labelled:
        metas.append(StringVariable("sample code"))
        columns.append(polymer)
    elif any(change.set == name for change in RELABELLED):
        metas.append(StringVariable("published as"))
        columns.append(raw.published[rows])
    y = np.array([values.index(p) for p in polymer], float) if labelled \
        else np.full(len(rows), np.nan)
    domain = Domain([ContinuousVariable(axis.name_of(w)) for w in raw.wavenumbers],
                    painted(DiscreteVariable("polymer", values=tuple(values))), metas)
    M = np.empty((len(rows), len(columns)), dtype=object)
    for i, column in enumerate(columns):
        M[:, i] = column
    table = Table.from_numpy(domain, raw.X[rows].astype(float), y, M)
    table.name = info.title
    return table


def _of_kind(keep, environments, environmental):
    """Whether each kept spectrum is of the requested origin (None: any); bool, (kept,)."""
    if environmental is None:
        return np.ones(int(keep.sum()), bool)
    return environments[keep] == environmental


def join(tables: Iterable[Table], step: float = axis.STEP) -> Table:
    """Join several sets on a common grid over the range that all of them cover.

    Parameters
    ----------
    tables : iterable of Table
        Spectra with the class and metas of :func:`load`.
    step : float
        Spacing of the grid, cm-1.

    Returns
    -------
    Table
        Class ``polymer`` with the union of the values, and the four metas; the metas
        ``sample code`` and ``published as`` are kept if a table has them. Missing values
        inside a spectrum are interpolated.

    Raises
    ------
    ValueError
        If there is no table, a table lacks the class or metas, or they share no range.
    """
    tables = list(tables)
    if not tables:
        raise ValueError("There are no tables to join.")
    names = ["sample", "study", "environmental", "source"]
    for table in tables:
        missing = [n for n in [*names, "polymer"] if n not in table.domain]
        if missing:
            raise ValueError(f"{table.name or 'A table'} lacks {', '.join(missing)}: only sets "
                             "of Microplastic Spectra can be joined.")
    axes = [axis.wavenumbers(t.domain) for t in tables]
    low, high = max(a[0] for a in axes), min(a[-1] for a in axes)
    grid = axis.uniform_grid(low, high, step) if high > low else np.empty(0)
    if len(grid) < 2:
        raise ValueError("The sets share no range of wavenumbers.")
    names += [n for n in ("sample code", "published as") if any(n in t.domain for t in tables)]
    X = np.vstack([Resample(step, grid[0], grid[-1])(t).X for t in tables])

    def united(name):
        """Return one variable for a column of all tables, and the joined column."""
        variables = [_variable(t, name) for t in tables]
        if all(v is not None and v.is_discrete for v in variables):
            union = sorted({value for v in variables for value in v.values})
            where = {value: i for i, value in enumerate(union)}
            column = [np.append([where[value] for value in v.values], np.nan)[
                np.nan_to_num(t.get_column(v), nan=-1).astype(int)]
                for v, t in zip(variables, tables, strict=True)]
            return DiscreteVariable(name, values=tuple(union)), np.concatenate(column)
        column = [np.array(["" if v is None or value == "?" else value for value in
                            ([""] * len(t) if v is None else _texts(t, v))], dtype=object)
                  for v, t in zip(variables, tables, strict=True)]
        return StringVariable(name), np.concatenate(column)

    polymer, y = united("polymer")
    united_metas = [united(name) for name in names]
    M = np.empty((len(X), len(names)), dtype=object)
    for i, (_, column) in enumerate(united_metas):
        M[:, i] = column
    domain = Domain([ContinuousVariable(axis.name_of(w)) for w in grid], polymer,
                    [variable for variable, _ in united_metas])
    joined = Table.from_numpy(domain, X, y, M)
    joined.name = " + ".join(t.name for t in tables)
    return joined


def _texts(table, variable):
    column = table.get_column(variable)
    if variable.is_string:
        return [str(value) for value in column]
    return ["" if np.isnan(value) else variable.values[int(value)] for value in column]


def _variable(table, name):
    domain = table.domain
    return domain[name] if name in domain else None  # noqa: SIM401 - a Domain has no get
