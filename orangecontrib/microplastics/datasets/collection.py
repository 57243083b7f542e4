"""
Simulated and published sets combined in one Table, with a report of the spectra left out.

The computation of the widget Microplastic Spectra, without the widget.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import numpy as np
from Orange.data import DiscreteVariable, Domain, Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.simulation.filter_image import simulate_filter
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import STEP, wavenumbers

__all__ = ["SIMULATED", "UNLABELLED", "Request", "Gathered", "gather", "class_counts",
           "keep_classes", "class_medians"]

#: Name for simulated spectra among the names of published sets.
SIMULATED = "simulated"
#: Name for spectra without a class among the class names.
UNLABELLED = "(no label)"


class Request(NamedTuple):
    """Sets to load by name, which may include :data:`SIMULATED`, and how to load them."""

    sets: tuple[str, ...]
    merge_pe: bool = True
    environmental: bool | None = None
    drop_doubtful: bool = True
    simulation: Mapping = {}  # arguments of simulate; with "image", a filter with particles
    step: float = STEP


class Gathered(NamedTuple):
    """
    The requested spectra, as far as they are available.

    ``data`` is None if there are none; ``missing`` are names of sets that have not been fetched,
    ``empty`` those of which the requested selection leaves nothing; ``doubtful`` maps names of
    sets to the number of their spectra whose label other studies contradict (left out if
    requested, before the choice of classes) and the number of all.
    """

    data: Table | None
    missing: tuple[str, ...]
    empty: tuple[str, ...]
    doubtful: dict[str, tuple[int, int]]


def gather(request: Request,
           progress: Callable[[float], None] = lambda fraction: None) -> Gathered:
    """
    Load or simulate sets, and join several on a common grid.

    Parameters
    ----------
    request : Request
        A single set keeps its own wavenumbers; several are put on a grid of ``request.step`` cm-1.
    progress : function of the fraction done
        May raise to cancel.

    Raises
    ------
    ValueError
        If the sets share no wavenumbers, a set cannot be read, or the settings of the
        simulation are invalid.
    """
    tables, missing, empty, doubtful = [], [], [], {}
    for i, name in enumerate(request.sets):
        progress(.8 * i / len(request.sets))
        if name == SIMULATED:
            tables.append(_simulated(request.simulation))
            continue
        try:
            n, n_doubtful = datasets.count(name, environmental=request.environmental)
            if n_doubtful:
                doubtful[name] = (n_doubtful, n)
            if n == (n_doubtful if request.drop_doubtful else 0):
                empty.append(name)
                continue
            tables.append(datasets.load(
                name, merge_pe=request.merge_pe, environmental=request.environmental,
                doubtful="drop" if request.drop_doubtful else "keep"))
        except datasets.MissingData:
            missing.append(name)
    progress(.8)
    data = None
    if tables:
        data = tables[0] if len(tables) == 1 else datasets.join(tables, step=request.step)
    progress(1.)
    return Gathered(data, tuple(missing), tuple(empty), doubtful)


def _simulated(settings) -> Table:
    settings = dict(settings)
    if not settings.pop("image", False):
        return simulate(**settings)
    settings.pop("n", None)
    return simulate_filter(**settings)


def class_counts(data: Table) -> dict[str, int]:
    """Number of spectra of each class that has any, in the order of the class values."""
    y = data.Y[np.isfinite(data.Y)].astype(int)
    values = data.domain.class_var.values
    counts = np.bincount(y, minlength=len(values))
    found = {value: int(n) for value, n in zip(values, counts, strict=True) if n}
    if len(y) < len(data):
        found[UNLABELLED] = len(data) - len(y)
    return found


def keep_classes(data: Table, left_out: Collection[str]) -> Table | None:
    """Return the spectra of classes not in `left_out`, or None if none is left.

    Classes without spectra are removed.
    """
    values = data.domain.class_var.values
    kept = [name for name in class_counts(data) if name not in left_out]
    if not kept:
        return None
    labels = [name for name in kept if name != UNLABELLED]
    if tuple(labels) == tuple(values) and len(kept) == len(class_counts(data)):
        return data
    where = np.full(len(values) + 1, -1)
    for new, label in enumerate(labels):
        where[values.index(label)] = new
    known = np.isfinite(data.Y)
    codes = np.full(len(data), -1)
    codes[known] = where[data.Y[known].astype(int)]
    rows = (codes >= 0) | (~known if UNLABELLED in kept else False)
    y = np.where(codes[rows] >= 0, codes[rows], np.nan)
    domain = Domain(data.domain.attributes,
                    painted(DiscreteVariable(data.domain.class_var.name, values=labels)),
                    data.domain.metas)
    out = Table.from_numpy(domain, data.X[rows], y, data.metas[rows])
    out.name = data.name
    return out


def class_medians(data: Table, most: int = 200, points: int = 1000):
    """
    Median spectrum of each class, for a plot.

    Parameters
    ----------
    most : int
        Maximum number of spectra used per class, evenly spaced.
    points : int
        Approximate number of points of the axis, at most twice that.

    Returns
    -------
    wavenumbers : ndarray, shape (p,)
    medians : dict of class name to ndarray, shape (p,)
    """
    thin = slice(None, None, max(1, data.X.shape[1] // points))
    medians = {}
    for name in class_counts(data):
        if name == UNLABELLED:
            rows = np.flatnonzero(np.isnan(data.Y))
        else:
            rows = np.flatnonzero(data.domain.class_var.values.index(name) == data.Y)
        picked = rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
        X = data.X[picked, thin]
        # Columns in which all values are missing have no median; numpy would warn.
        seen = np.isfinite(X).any(axis=0)
        median = np.full(X.shape[1], np.nan)
        median[seen] = np.nanmedian(X[:, seen], axis=0)
        medians[name] = median
    return wavenumbers(data.domain)[thin], medians
