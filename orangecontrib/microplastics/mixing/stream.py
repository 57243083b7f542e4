"""Spectra drawn anew for each epoch from pure ones: mixtures, or varied single materials."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.mixing.mixer import Mixer
from orangecontrib.microplastics.mixing.recipe import ANY_INSTRUMENT, Mixing

__all__ = ["MixtureSource"]

#: Mixtures per epoch, and minimum number of each combination in it. With 16 epochs a network sees
#: about 96,000 different mixtures; accuracy on another instrument was .937 +- .007, against .930 +-
#: .003 for 6,000 mixtures seen 16 times (FLOPP held out, three seeds). Single materials varied in
#: this way were recognised in FLOPP at .996 +- .000 instead of .975 +- .011.
PER_EPOCH, PER_COMBINATION = 6000, 60

#: Share of mixtures with one component more than the classes have. They are of no class, and teach
#: a network to recognise each material whatever else is there: it finds all three materials in
#: nine of ten mixtures of three from a study left out, without them in none of ten.
BEYOND = .2


class MixtureSource:
    """Draws mixtures of a Table's classes.

    Parameters
    ----------
    data : Table
        Pure spectra in absorbance with a discrete class.
    components : int
        Largest number of classes in a mixture; 1 varies single classes.
    smallest : float
        The smallest fraction of a component.
    seed : int
        Draws with the same seed and `number` are equal.
    blends, pure_share
        See :class:`.recipe.Mixing`.

    Attributes
    ----------
    n : int
        Number of spectra of a draw.
    holds : ndarray of bool, shape (kinds, materials)
        Materials (``mixer.names``) of each kind of spectrum: first those of `values`, then
        mixtures with one component more.

    Raises
    ------
    ValueError
        As in :class:`.mixer.Mixer` and :class:`.recipe.Mixing`: too few classes, spectra
        that look like transmittance ...
    """

    def __init__(self, data: Table, components: int, smallest: float, seed: int,
                 blends: Sequence[Sequence[str]] | None = None, pure_share: float | None = None):
        sizes = tuple(range(1, components + 1))
        self.mixer = Mixer(data, Mixing(components=sizes, smallest=smallest, blends=blends,
                                        pure_share=pure_share, **ANY_INSTRUMENT))
        self.seed = seed
        self.n = max(PER_EPOCH, PER_COMBINATION * len(self.mixer.combinations))
        self._beyond = self._larger(data, components + 1, smallest) if components > 1 else None
        kinds = [*self.mixer.combinations, *(self._beyond.combinations if self._beyond else ())]
        self.holds = np.zeros((len(kinds), len(self.mixer.names)), bool)
        for row, members in zip(self.holds, kinds, strict=True):
            row[list(members)] = True

    def _larger(self, data, size, smallest):
        """Mixer of larger mixtures, any two components of which occur together; None for none."""
        names, pairs = self.mixer.names, {c for c in self.mixer.combinations if len(c) == 2}
        kinds = [c for c in combinations(range(len(names)), size)
                 if pairs.issuperset(combinations(c, 2))]
        if not kinds:
            return None
        most = int(BEYOND * self.n)
        if len(kinds) > most:
            rng = np.random.default_rng(self.seed)
            kinds = [kinds[i] for i in np.sort(rng.choice(len(kinds), most, replace=False))]
        return Mixer(data, Mixing(
            components=size, smallest=min(smallest, .5 / size), pure=False,
            blends=[[names[i] for i in kind] for kind in kinds], **ANY_INSTRUMENT))

    @property
    def values(self) -> list[str]:
        """Names of the combinations, single classes first."""
        return self.mixer.values

    def draw(self, number: int, n: int | None = None,
             callback: Callable[[float], None] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return draw `number`: spectra (n, wavenumbers) and their kinds (n,), rows of `holds`.

        `callback` gets the fraction done; an exception raised in it stops the draw.
        """
        n = n or self.n
        larger = 0
        if self._beyond is not None and n > len(self.mixer.combinations):
            larger = min(int(BEYOND * n), n - len(self.mixer.combinations))
        if larger < (len(self._beyond.combinations) if self._beyond is not None else 1):
            larger = 0
        X, kinds = self.mixer.arrays(n - larger, [self.seed, number], callback)
        if larger:
            more, which = self._beyond.arrays(larger, [self.seed, number, 1], callback)
            X = np.concatenate((X, more))
            kinds = np.concatenate((kinds, len(self.mixer.combinations) + which))
        return X, kinds
