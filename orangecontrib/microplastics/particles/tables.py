"""Particles, and pixels with their particles, as Orange tables."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.data.util import get_unique_names

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import Rule, annotate
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.particles.find import UNNAMED, Found

__all__ = ["SIZES", "polymers_of", "particle_table", "map_table"]

#: Columns of sizes: field of :class:`.sizes.Sizes`, name, decimals.
SIZES = (("pixels", "pixels", 0), ("area", "area (µm²)", 0),
         ("feret_max", "Feret maximum (µm)", 1), ("feret_min", "Feret minimum (µm)", 1),
         ("diameter", "equivalent diameter (µm)", 1), ("aspect", "aspect ratio", 1),
         ("x", "centre x", 1), ("y", "centre y", 1))


def polymers_of(found: Found, *others: str) -> list[str]:
    """Names that particles have, the most frequent first, UNNAMED last."""
    names, counts = np.unique(np.array([*found.names, *others], object).astype(str),
                              return_counts=True)
    order = np.lexsort((names, -counts))
    return sorted(map(str, names[order]), key=lambda name: name == UNNAMED)


def particle_table(found: Found, model: DCNetModel, data: Table, rule: Rule,
                   attributes, masses: tuple | None = None,
                   absorptivities: Mapping[str, float] | None = None) -> Table:
    """One row for each particle: its mean spectrum, name, sizes, and what the model says of it.

    Parameters
    ----------
    found : Found
    model : DCNetModel
    data : Table
        From which the particles are; its name is used, and the metas of single particles.
    rule : Rule
    attributes : sequence of ContinuousVariable
        Of the spectra.
    masses : tuple of ndarray, optional
        Estimated masses and the ends of their intervals, nanograms, each (n,).
    absorptivities : mapping, optional
        See :func:`.identification.annotate`.
    """
    sizes, polymers = found.sizes, polymers_of(found)
    polymer = painted(DiscreteVariable("polymer", values=tuple(polymers)))
    columns = [(ContinuousVariable("particle", number_of_decimals=0),
                np.arange(1, len(found.names) + 1)),
               (polymer, [polymers.index(name) for name in found.names]),
               (DiscreteVariable("by hand", values=("no", "yes")), found.by_hand)]
    columns += [(ContinuousVariable(title, number_of_decimals=decimals), getattr(sizes, field))
                for field, title, decimals in SIZES]
    columns += [(DiscreteVariable("shape", values=("fragment", "fibre")), sizes.fibre),
                (DiscreteVariable("at border", values=("no", "yes")), sizes.border),
                (ContinuousVariable("mean score", number_of_decimals=3),
                 Rule().score(found.answer)),
                (ContinuousVariable("pixels agree", number_of_decimals=2), found.agreement)]
    if masses is not None:
        columns += [(ContinuousVariable(title, number_of_decimals=3), values) for title, values in
                    zip(("mass (ng)", "mass (ng), low", "mass (ng), high"), masses, strict=True)]
    kept = data.domain.metas if found.map is None else ()
    taken = [v.name for v in (*attributes, *kept)]
    names = [get_unique_names(taken, variable.name) for variable, _ in columns]
    variables = [_named(variable, name) for (variable, _), name in
                 zip(columns, names, strict=True)]
    own = np.column_stack([np.asarray(values, float) for _, values in columns]) \
        if len(found.names) else np.empty((0, len(columns)))
    metas = own
    if kept:
        old = data.metas[found.rows]
        metas = np.concatenate([own.astype(object) if old.dtype == object else own, old], axis=1)
    table = Table.from_numpy(Domain(attributes, None, (*variables, *kept)), found.spectra, None,
                             metas)
    table.name = f"Particles of {data.name}"
    if not len(table):
        return table
    table = annotate(table, model, found.answer, rule, absorptivities)
    decision = next(v for v in reversed(table.domain.metas) if v.name.startswith("decision"))
    with table.unlocked(table.metas):
        # Names given by hand decide, too.
        table.metas[:, table.domain.metas.index(decision)] = found.decisions
    return table


def map_table(found: Found, data: Table) -> Table | None:
    """The pixels of a map with the number and the polymer of their particles.

    The spectra are those of `data`, which are not copied. None without a map.
    """
    if found.map is None:
        return None
    n = len(data)
    number, signal = np.full(n, np.nan), found.signal.values.astype(float)
    there = found.map.index[found.labels > 0]
    number[there] = found.labels[found.labels > 0]
    polymers = polymers_of(found)
    codes = np.array([polymers.index(name) for name in found.names], float)
    which = np.full(n, np.nan)
    which[there] = codes[number[there].astype(int) - 1]
    # Maps of filters whose truth is known have a "polymer".
    variable = painted(DiscreteVariable("particle polymer", values=tuple(polymers)))
    columns = [(ContinuousVariable("particle", number_of_decimals=0), number), (variable, which),
               (ContinuousVariable("signal", number_of_decimals=1), signal)]
    domain = data.domain
    names = [get_unique_names(domain, v.name) for v, _ in columns]
    variables = [_named(v, name) for (v, _), name in zip(columns, names, strict=True)]
    metas = np.column_stack([column for _, column in columns])
    if len(domain.metas):
        old = data.metas
        metas = np.concatenate([old, metas.astype(object) if old.dtype == object else metas],
                               axis=1)
    domain = Domain(domain.attributes, domain.class_vars, (*domain.metas, *variables))
    try:
        table = Table.from_numpy(domain, data.X, data.Y, metas)
    except ValueError:
        # Orange replaces infinities, which it cannot do in the data of another table.
        table = Table.from_numpy(domain, data.X.copy(), data.Y, metas)
    table.name, table.attributes = f"Map of {data.name}", dict(data.attributes)
    return table


def _named(variable, name):
    return variable if variable.name == name else variable.copy(name=name)
