"""Spectra of mixtures from spectra of pure materials.

By the Beer-Lambert law the absorbances of a mixture's components add, each in
proportion to its amount. :func:`mix` draws spectra of several classes, scales each to
one size, adds them with random fractions, of signal or of mass, and distorts the sum as
a measurement would; :func:`split_sources` first splits the pure spectra, so that no
specimen is in both training and test mixtures; :class:`Mixer` shows how one mixture was
made.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.contaminants import (
    additive_bands,
    additives_of,
    contaminant_bands,
    contaminants_beside,
)
from orangecontrib.microplastics.materials.names import PLUS, combination_name
from orangecontrib.microplastics.mixing.pure import (
    TransmittanceError,
    absorbance_of,
    classes_of,
    scaled,
    size_of,
    weights_of,
)
from orangecontrib.microplastics.mixing.recipe import (
    COMBINATION,
    MAIN,
    Mixing,
    parse_ratios,
)
from orangecontrib.microplastics.simulation import distortions as vary
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.splits import split_sources, texts_of

__all__ = ["Mixing", "Mixer", "Drawn", "mix", "count", "component_means", "split_sources",
           "parse_ratios", "combination_name", "TransmittanceError", "COMBINATION", "MAIN"]

#: Mixtures made at a time: small enough for the CPU cache and for quick cancelling.
_BLOCK = 500


@dataclass(frozen=True)
class Drawn:
    """One mixture with its components.

    Attributes
    ----------
    names : tuple of str, length k
    fractions : ndarray, shape (k,)
        Of what, `fraction_of` says.
    wavenumbers : ndarray, shape (m,)
        cm-1, ascending.
    components : ndarray, shape (k, m)
        Contribution of each component: its scaled spectrum times its share in the signal.
    total : ndarray, shape (m,)
        Sum of the contributions.
    spectrum : ndarray, shape (m,)
        The sum with baseline, noise and other distortions: the learner's input.
    sources, contaminants : tuple of str, length k
        Source of each component, and its contaminant and additive ("" for none).
    signal : ndarray, shape (k,)
        Share of each component in the signal; sums to 1. Differs from `fractions` only if
        those are of mass.
    fraction_of : "absorbance", "derivative" or "mass"
    """

    names: tuple[str, ...]
    fractions: np.ndarray
    wavenumbers: np.ndarray
    components: np.ndarray
    total: np.ndarray
    spectrum: np.ndarray
    sources: tuple[str, ...]
    contaminants: tuple[str, ...]
    signal: np.ndarray
    fraction_of: str


class _Origin(NamedTuple):
    """Composition of mixtures; arrays of shape (rows, classes).

    Attributes
    ----------
    picked : ndarray of int
        Index of each component's spectrum; -1 for none.
    contaminant_index, additive_index : ndarray of int
        Index of each component's contaminant, and of its additive among those of its polymer;
        -1 for none.
    """

    picked: np.ndarray
    contaminant_index: np.ndarray
    additive_index: np.ndarray

    @classmethod
    def nothing(cls, rows, classes):
        return cls(*(np.full((rows, classes), -1) for _ in cls._fields))


def _combinations(names, mixing):
    """Combinations to make, as tuples of indices into the names of the classes."""
    kinds = [c for size in mixing.sizes for c in combinations(range(len(names)), size)]
    if mixing.blends is None:
        return kinds
    wanted = {tuple(sorted(names.index(name) for name in blend)) for blend in mixing.blends
              if set(blend) <= set(names)}
    chosen = [c for c in kinds if len(c) == 1 or c in wanted]
    if not chosen:
        raise ValueError(f"None of the mixtures can be made of {', '.join(names)}, and single "
                         "materials are left out.")
    return chosen


def _evenly(n, kinds, rng):
    """Divide n spectra evenly among kinds; returns the kind of each, and its number within it."""
    turn, which = np.divmod(np.arange(n), len(kinds))
    # The last, incomplete round goes to kinds drawn at random.
    which[n - n % len(kinds):] = rng.permutation(len(kinds))[:n % len(kinds)]
    return kinds[which], turn


class Mixer:
    """Draws mixtures from pure spectra, which it checks and scales.

    Parameters
    ----------
    data : Table
        Spectra in absorbance with a discrete class. Missing values are interpolated
        along the spectrum; rows without a class are ignored.
    mixing : Mixing

    Raises
    ------
    ValueError
        If the data hold no spectra, no class, too few classes, or spectra that are
        empty or constant, nothing can be made of them, or an absorptivity is given for a
        class that they do not have.
    TransmittanceError
        If they look like transmittance.
    """

    def __init__(self, data: Table, mixing: Mixing = Mixing()):  # noqa: B008 - it is frozen
        self.data, self.mixing = data, mixing
        self.names, labels = classes_of(data, mixing)
        self.combinations = _combinations(self.names, mixing)
        self.columns, self.axis = spectral_columns(data.domain)
        if len(self.axis) < 5:
            raise ValueError(f"Data have {len(self.axis)} wavenumbers: too few for spectra.")
        self.rows = np.flatnonzero(labels >= 0)
        self.labels = labels[self.rows]
        self.spectra = scaled(absorbance_of(data, self.rows, self.columns, self.axis),
                              self.axis, mixing.ratio)
        self._sizes = size_of(self.spectra, self.axis, mixing.ratio)
        self._absorptivities = np.array([dict(mixing.absorptivities or ()).get(name, 1.)
                                         for name in self.names])
        self.weights = weights_of(data, self.rows, self.labels, mixing.balance)
        self.sources = texts_of(data, mixing.by or "source", required=mixing.by is not None)
        self.samples = texts_of(data, "sample")
        self.vary = vary.Variation(self.axis, mixing.variation) if mixing.variation else None
        # Spectra reach zero: values are at least a ten-thousandth of the rms.
        self._logs = np.log(np.maximum(self.spectra, 1e-4)) if self.vary else None
        #: Contaminants to add, without those that are a class themselves.
        self.contaminants = contaminants_beside(mixing.contaminant_names, self.names)
        self._bands = contaminant_bands(self.axis, self.contaminants)
        self._additives = [additives_of(name) if mixing.additives else () for name in self.names]
        self._additive_bands = [additive_bands(self.axis, kinds) for kinds in self._additives]
        self._place = vary.position(self.axis)

    # Numbers of spectra

    def total(self, n: int) -> int:
        """Number of spectra that are made if `n` are requested."""
        if self.mixing.per_combination is not None:
            return self.mixing.per_combination * len(self.combinations)
        return n

    def _plan(self, n, rng):
        """Combination of each mixture, and its number within the combination; shuffled."""
        n, kinds = self.total(n), len(self.combinations)
        if n < kinds:
            raise ValueError(f"{n} spectra are too few for {kinds} combinations: "
                             f"ask for at least {kinds}.")
        which, turn = self._shared_out(n, rng)
        order = rng.permutation(n)
        return which[order], turn[order]

    def _shared_out(self, n, rng):
        share = self.mixing.pure_share
        single = np.array([len(c) == 1 for c in self.combinations])
        if share is None or single.all() or not single.any():
            return _evenly(n, np.arange(len(single)), rng)
        # Each combination is made at least once.
        n_single = min(max(round(share * n), single.sum()), n - (~single).sum())
        parts = [_evenly(count, np.flatnonzero(kinds), rng)
                 for count, kinds in ((n_single, single), (n - n_single, ~single))]
        return tuple(np.concatenate(pair) for pair in zip(*parts, strict=True))

    # Drawing

    def _fractions(self, members, turns, rng):
        """Fractions (rows, classes) for the combinations `members`, a list of tuples."""
        out = np.zeros((len(members), len(self.names)), np.float32)
        sizes = np.array([len(m) for m in members])
        for size in np.unique(sizes):
            rows = np.flatnonzero(sizes == size)
            grid = self.mixing.grid(size)
            if grid is None:
                free = 1 - size * self.mixing.smallest
                values = self.mixing.smallest + free * rng.dirichlet(np.ones(size), len(rows))
            else:
                values = grid[turns[rows] % len(grid)]
            out[rows[:, None], np.array([members[r] for r in rows])] = values
        return out

    def _signal(self, fractions):
        """Share of each component in the signal (rows, classes), from fractions of that shape."""
        if self.mixing.fraction_of != "mass":
            return fractions
        a = np.where(fractions > 0, self._absorptivities, 0)
        # Divided first, so that absorptivities of any size neither overflow nor vanish.
        signal = a / a.max(axis=1, keepdims=True) * fractions
        return (signal / signal.sum(axis=1, keepdims=True)).astype(np.float32)

    def _blend(self, fractions, rng, parts=None):
        """Mixtures (rows, wavenumbers) before and after distortion, with their origin.

        Returns the sum, the distorted sum and their :class:`_Origin`. The contribution of
        each component is appended to `parts`, if given.
        """
        origin = _Origin.nothing(*fractions.shape)
        picked = origin.picked
        # Draw all sources first, so that other distortions do not change which are mixed.
        for label, (index, weight) in enumerate(self.weights):
            rows = np.flatnonzero(fractions[:, label])
            picked[rows, label] = rng.choice(index, size=len(rows), p=weight)
        total = np.zeros((len(fractions), len(self.axis)), np.float32)
        signal = self._signal(fractions)
        for label in np.flatnonzero(fractions.any(axis=0)):
            rows = np.flatnonzero(fractions[:, label])
            part = self._component(picked[rows, label], label, rng, origin, rows)
            part *= signal[rows, label, None]
            total[rows] += part
            if parts is not None:
                parts.append(part)
        return total, self._disturbed(total, rng), origin

    def _component(self, index, label, rng, origin, rows):
        if self.vary:
            part = self.vary(self._logs[index], rng)
            part *= (self._sizes[index]
                     / size_of(part, self.axis, self.mixing.ratio))[:, None]
        else:
            part = self.spectra[index]
        if len(self._bands):
            amounts = vary.contamination(len(index), len(self._bands), rng,
                                         self.mixing.contaminated,
                                         self.mixing.contaminant_height)
            part += amounts @ self._bands
            some = amounts.any(axis=1)
            origin.contaminant_index[rows[some], label] = amounts[some].argmax(axis=1)
        if self._additives[label]:
            amounts = vary.additives(len(index), self._additives[label], rng)
            part += amounts @ self._additive_bands[label]
            some = amounts.any(axis=1)
            origin.additive_index[rows[some], label] = amounts[some].argmax(axis=1)
        return part

    def _disturbed(self, total, rng):
        m, n = self.mixing, len(total)
        out = total.copy()
        if any(m.baseline[:3]):
            out += vary.baseline(n, self._place, rng, m.baseline[:3])
        if any(m.baseline[3:]):
            out += vary.broad_hump(n, self._place, rng, m.baseline[3])
        if m.atmosphere:
            out += vary.carbon_dioxide(n, self.axis, rng, .6 * m.atmosphere)
            out += vary.water_vapour(n, self.axis, rng, .1 * m.atmosphere)
            out += vary.adsorbed_water(n, self.axis, rng, .4 * m.atmosphere)
        if m.noise:
            out += vary.noise(n, len(self.axis), rng, m.noise)
        if m.cut:
            vary.cut_stretches(out, rng)
        return out

    def draw(self, seed: int | Sequence[int] | None = 0,
             combination: Sequence[str] | None = None) -> Drawn:
        """Draw one mixture with all its parts, in the same way as :meth:`table`.

        Parameters
        ----------
        seed : int, sequence of int or None
            None draws a different mixture each time.
        combination : sequence of str, optional
            Names of its components; by default random, of those with the most components.

        Raises
        ------
        ValueError
            If the combination is not among those to be made.
        """
        rng = np.random.default_rng(seed)
        if combination is None:
            largest = max(map(len, self.combinations))
            most = [c for c in self.combinations if len(c) == largest]
            member = most[rng.integers(len(most))]
        else:
            member = tuple(sorted(self.names.index(name) for name in combination))
            if member not in self.combinations:
                raise ValueError(f"{combination_name(combination)} is not among the "
                                 "combinations to be made.")
        fractions = self._fractions([member], rng.integers(1 << 30, size=1), rng)
        parts = []
        total, spectrum, origin = self._blend(fractions, rng, parts)
        there = list(member)
        return Drawn(
            tuple(self.names[i] for i in there), fractions[0, there].astype(float), self.axis,
            np.vstack(parts), total[0], spectrum[0],
            tuple(self.sources[self.rows[i]] for i in origin.picked[0, there]),
            tuple(map(", ".join, self._foreign(origin)[0, there])),
            self._signal(fractions)[0, there].astype(float), self.mixing.fraction_of)

    @property
    def values(self) -> list[str]:
        """Names of the combinations.

        Raises
        ------
        ValueError
            If two of them are the same, which unusual class names can cause.
        """
        values = [combination_name([self.names[i] for i in c]) for c in self.combinations]
        if len(set(values)) < len(values):
            twice = next(v for v in values if values.count(v) > 1)
            raise ValueError(f'Two combinations would both be named "{twice}": '
                             "rename that class (Edit Domain).")
        return values

    def arrays(self, n: int, seed: int | Sequence[int] = 0,
               callback: Callable[[float], None] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return `n` mixtures as arrays, without the cost of a Table.

        Returns
        -------
        spectra : ndarray of float32, shape (n, wavenumbers)
            Along `axis`.
        which : ndarray of int, shape (n,)
            Their combinations, as indices into `values`.
        """
        rng = np.random.default_rng(seed)
        which, turns = self._plan(n, rng)
        X = np.empty((len(which), len(self.axis)), np.float32)
        for start in range(0, len(which), _BLOCK):
            if callback is not None:
                callback(start / len(which))
            rows = slice(start, start + _BLOCK)
            members = [self.combinations[c] for c in which[rows]]
            X[rows] = self._blend(self._fractions(members, turns[rows], rng), rng)[1]
        return X, which

    def table(self, n: int = 6000, seed: int | Sequence[int] = 0,
              callback: Callable[[float], None] | None = None) -> Table:
        """Return `n` mixtures as a Table; see :func:`mix`."""
        rng = np.random.default_rng(seed)
        which, turns = self._plan(n, rng)
        n = len(which)
        # Columns in the order of the input table.
        X = np.full((n, len(self.data.domain.attributes)), np.nan)
        fractions = np.zeros((n, len(self.names)))
        origin = _Origin.nothing(*fractions.shape)
        for start in range(0, n, _BLOCK):
            if callback is not None:
                callback(start / n)
            rows = slice(start, start + _BLOCK)
            members = [self.combinations[c] for c in which[rows]]
            part = self._fractions(members, turns[rows], rng)
            fractions[rows] = part
            _, X[rows, self.columns], found = self._blend(part, rng)
            for array, block in zip(origin, found, strict=True):
                array[rows] = block
        table = self._assemble(X[:, np.sort(self.columns)], which, fractions, origin)
        if callback is not None:
            callback(1.)
        return table

    def means(self) -> Table:
        """Mean spectrum of each class as used for mixing (scaled, not distorted)."""
        X = np.full((len(self.names), len(self.data.domain.attributes)), np.nan)
        X[:, self.columns] = [self.spectra[index].T.astype(float) @ weight
                              for index, weight in self.weights]
        original = self.data.domain.class_var
        metas = [StringVariable("component"), ContinuousVariable("spectra", number_of_decimals=0)]
        table = Table.from_numpy(
            Domain(self._attributes(), original, metas), X[:, np.sort(self.columns)],
            [original.values.index(name) for name in self.names],
            np.array([[name, float(len(index))] for name, (index, _)
                      in zip(self.names, self.weights, strict=True)], object))
        table.name = "Components"
        return table

    def _attributes(self):
        return [self.data.domain.attributes[i] for i in np.sort(self.columns)]

    def _foreign(self, origin):
        """Contaminant and additive of each component: lists of names, (rows, classes)."""
        out = np.empty(origin.contaminant_index.shape, object)
        out.fill(())
        for row, label in np.argwhere((origin.contaminant_index >= 0)
                                      | (origin.additive_index >= 0)):
            out[row, label] = names = []
            if origin.contaminant_index[row, label] >= 0:
                names.append(self.contaminants[origin.contaminant_index[row, label]])
            if origin.additive_index[row, label] >= 0:
                names.append(self._additives[label][origin.additive_index[row, label]].name)
        return out

    def _assemble(self, X, which, fractions, origin):
        target, values = self._target(which, fractions)
        metas = [ContinuousVariable(f"fraction {name}", number_of_decimals=3)
                 for name in self.names]
        texts = [self._joined(origin.picked, np.array(self.sources, object)[self.rows]),
                 self._joined(origin.picked, np.array(self.samples, object)[self.rows])]
        metas += [StringVariable("sources"), StringVariable("samples")]
        if self.contaminants or any(self._additives):
            texts.append([PLUS.join(name for names in row for name in names)
                          for row in self._foreign(origin)])
            metas.append(StringVariable("contaminants"))
        table = Table.from_numpy(
            Domain(self._attributes(), target, metas), X, values,
            np.hstack([fractions.astype(object), np.array(texts, object).T]))
        table.name = f"Mixtures of {self.data.name}" if self.data.name != "untitled" \
            else "Mixtures"
        table.attributes["fractions of"] = self.mixing.fraction_of
        return table

    def _target(self, which, fractions):
        original, target = self.data.domain.class_var, self.mixing.target
        if target == COMBINATION:
            return painted(DiscreteVariable("mixture", self.values)), which.astype(float)
        if target == MAIN:
            codes = np.array([original.values.index(name) for name in self.names])
            return original, codes[fractions.argmax(axis=1)].astype(float)
        if target not in self.names:
            raise ValueError(f'"{target}" is none of the classes that are mixed.')
        return (DiscreteVariable(f"{target} present", ("no", "yes")),
                (fractions[:, self.names.index(target)] > 0).astype(float))

    @staticmethod
    def _joined(index, texts):
        """Texts of the entries >= 0 of each row of `index`, joined."""
        return [PLUS.join(texts[i] for i in row if i >= 0) for row in index]


# Public functions

def mix(data: Table, n: int = 6000, *, mixing: Mixing | None = None, seed: int = 0,
        callback: Callable[[float], None] | None = None, **settings) -> Table:
    """Make mixtures from a Table of pure spectra in absorbance.

    Parameters
    ----------
    data : Table
        Spectra with a discrete class; attributes named by wavenumber.
    n : int
        Number of spectra, pure ones included, divided evenly among the combinations;
        ignored if `per_combination` is set.
    mixing : Mixing, optional
    seed : int
        Equal seeds give equal mixtures; no global random state is used.
    callback : callable, optional
        Called with the fraction done; an exception raised in it stops the mixing.
    **settings
        Fields of :class:`Mixing` that override those of `mixing`.

    Returns
    -------
    Table
        The attributes of `data`, the class selected by `target`, and metas: each
        material's fraction ("fraction PE"), the `sources` and `samples` of the
        components joined by " + " in the order of the combination's name, and the
        `contaminants` that were added. The table's attribute "fractions of" is
        :attr:`Mixing.fraction_of`: "absorbance", "derivative", or "mass" if there are
        `absorptivities`.

    Raises
    ------
    ValueError
        As :class:`Mixing` and :class:`Mixer` do, and if `n` is below the number of
        combinations.
    TransmittanceError
        If the spectra look like transmittance.
    """
    return Mixer(data, _settings(mixing, settings)).table(n, seed, callback)


def _settings(mixing, settings):
    unknown = set(settings) - {f.name for f in fields(Mixing)}
    if unknown:
        raise TypeError(f"mixing has no setting named {sorted(unknown)[0]!r}")
    return replace(mixing or Mixing(), **settings)


def count(data: Table, n: int = 6000, *, mixing: Mixing | None = None,
          **settings) -> tuple[int, int]:
    """Number of combinations and of spectra that :func:`mix` would return, without making them."""
    mixing = _settings(mixing, settings)
    names, _ = classes_of(data, mixing)
    kinds = sum(comb(len(names), size) for size in mixing.sizes) if mixing.blends is None \
        else len(_combinations(names, mixing))
    return kinds, n if mixing.per_combination is None else kinds * mixing.per_combination


def component_means(data: Table, *, mixing: Mixing | None = None, **settings) -> Table:
    """Mean spectrum of each class; see :meth:`Mixer.means`."""
    return Mixer(data, replace(_settings(mixing, settings), pure=True, components=1,
                               fractions=None)).means()
