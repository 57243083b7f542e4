"""Numbers of particles by polymer, shape and size class."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import SAME
from orangecontrib.microplastics.particles.classes import Classes
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.particles.natural import plastic_of
from orangecontrib.microplastics.particles.sizes import Sizes

__all__ = ["SHAPES", "NO_SIZE", "Counts", "count", "counts_table"]

SHAPES = ("fragment", "fibre")

#: Label of particles without a size.
NO_SIZE = "no size"


class Counts(NamedTuple):
    """Numbers of particles.

    Attributes
    ----------
    polymers : tuple of str
        Those to be reported first, then others that were found, UNNAMED last.
    labels : tuple of str
        Of size classes, with those outside and without a size only if they are not empty.
    numbers : ndarray of int, shape (polymers, shapes, classes)
    not_looked_for : tuple of str
        Polymers to be reported that the model does not know; see also :attr:`unsought`.
    covered : dict of str to int
        Mixtures that were counted as their plastic (:func:`.natural.plastic_of`), and how many.
    classes : Classes
    """
    polymers: tuple[str, ...]
    labels: tuple[str, ...]
    numbers: np.ndarray
    not_looked_for: tuple[str, ...]
    covered: dict[str, int]
    classes: Classes

    @property
    def total(self) -> int:
        """Number of all particles."""
        return int(self.numbers.sum())

    def of(self, polymer: str) -> np.ndarray:
        """Numbers of a polymer, both shapes together, (classes,)."""
        return self.numbers[self.polymers.index(polymer)].sum(axis=0)

    @property
    def unsought(self) -> tuple[str, ...]:
        """Polymers that the model does not know, and that nobody named by hand.

        They have no numbers: a zero would say that there are none.
        """
        return tuple(name for name in self.not_looked_for if not self.of(name).any())


def count(names: Sequence[str], sizes: Sizes, classes: Classes,
          known: Collection[str] | None = None) -> Counts:
    """Count particles.

    Parameters
    ----------
    names : sequence of str, length n
        Polymer of each particle; mixtures of plastics are polymers of their own.
    sizes : Sizes
        Of n particles.
    classes : Classes
    known : collection of str, optional
        Single materials of the model; None if they are not known.
    """
    given = list(map(str, names))
    names = np.array([plastic_of(name) for name in given], object).astype(str)
    covered = {name: given.count(name) for name in sorted(set(given)) if plastic_of(name) != name}
    others = sorted(set(map(str, names)) - {*classes.polymers, UNNAMED})
    polymers = [*classes.polymers, *others, *([UNNAMED] if UNNAMED in names else [])]
    which = classes.which(sizes)
    labels = [*classes.labels(), NO_SIZE]
    numbers = np.zeros((len(polymers), len(SHAPES), len(labels)), int)
    if len(names):
        row = np.array([polymers.index(name) for name in names], int)
        # UNSIZED, -1, is the last.
        np.add.at(numbers, (row, sizes.fibre.astype(int), which), 1)
    outside = np.array([0, len(labels) - 2, len(labels) - 1])
    empty = outside[numbers[:, :, outside].sum(axis=(0, 1)) == 0]
    kept = np.setdiff1d(np.arange(len(labels)), empty)
    return Counts(tuple(polymers), tuple(labels[i] for i in kept), numbers[:, :, kept],
                  tuple(name for name in classes.polymers if known is not None
                        and name not in {SAME.get(k, k) for k in known}), covered, classes)


def counts_table(counts: Counts) -> Table:
    """A row for each polymer and shape, a column for each size class, and their sum.

    Those of polymers that were not looked for (:attr:`Counts.unsought`) are missing.
    """
    variables = [ContinuousVariable(label.replace("\u00a0", " "), number_of_decimals=0)
                 for label in (*counts.labels, "all")]
    polymer = painted(DiscreteVariable("polymer", values=counts.polymers))
    shape = DiscreteVariable("shape", values=SHAPES)
    rows = counts.numbers.reshape(-1, len(counts.labels)).astype(float)
    rows[np.repeat(np.isin(counts.polymers, counts.unsought), len(SHAPES))] = np.nan
    X = np.column_stack([rows, rows.sum(axis=1)])
    metas = np.array([[i, j] for i in range(len(counts.polymers)) for j in range(len(SHAPES))],
                     float).reshape(-1, 2)
    table = Table.from_numpy(Domain(variables, None, [polymer, shape]), X, metas=metas)
    table.name = "Counts"
    return table
