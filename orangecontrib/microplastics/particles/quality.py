"""What counts are worth: blanks, limits of detection, recovery, the share that was measured."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from Orange.data import Table
from scipy import stats

from orangecontrib.microplastics.particles.classes import Classes
from orangecontrib.microplastics.particles.counts import NO_SIZE, Counts
from orangecontrib.microplastics.particles.natural import plastic_of
from orangecontrib.microplastics.particles.typed_sizes import typed_sizes

__all__ = ["LEVEL", "Blanks", "Estimate", "Limits", "blanks_of", "blanks_from_table",
           "poisson_interval", "share_interval", "limits_of", "estimate"]

#: Level of intervals.
LEVEL = .95

_DRAWS = 20_000

#: Critical value of the standard normal distribution for errors of 5 % of both kinds.
_K = 1.645


class Blanks(NamedTuple):
    """Procedural blanks.

    Attributes
    ----------
    n : int
        Number of blanks.
    numbers : mapping of (polymer, label of size class) to int
        Particles in all blanks together.
    """
    n: int
    numbers: Mapping[tuple[str, str], int]

    def of(self, polymer: str, label: str | None = None) -> int:
        """Particles of a polymer, of one size class or of all."""
        return sum(number for (name, size), number in self.numbers.items()
                   if name == polymer and label in (None, size))

    @property
    def total(self) -> int:
        """Particles of all polymers."""
        return sum(self.numbers.values())


class Limits(NamedTuple):
    """Numbers of particles by Currie: above `critical`, more than the blank was detected; `lod`
    would be detected in 95 % of cases; from `loq` on the relative standard deviation is 10 %."""
    critical: float
    lod: float
    loq: float


class Estimate(NamedTuple):
    """Estimated numbers with the ends of their intervals; arrays of one shape."""
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def blanks_of(counts: Sequence[Counts]) -> Blanks:
    """Blanks that were counted with the same size classes."""
    numbers: dict[tuple[str, str], int] = {}
    for one in counts:
        for i, polymer in enumerate(one.polymers):
            for label, number in zip(one.labels, one.numbers[i].sum(axis=0), strict=True):
                if number:
                    key = polymer, label
                    numbers[key] = numbers.get(key, 0) + int(number)
    return Blanks(len(counts), numbers)


def blanks_from_table(data: Table, classes: Classes, n: int = 1) -> Blanks:
    """Blanks from a table of particles, or of counts.

    Parameters
    ----------
    data : Table
        Either a row for each particle, with a column "polymer" and sizes (as the output Particles),
        or a row for each polymer with "polymer", "count" and optionally "size" (micrometres).
    classes : Classes
    n : int
        Number of blanks that the particles are of.

    Raises
    ------
    ValueError
        If there is no column "polymer", it holds numbers, or a count is negative or no whole
        number.
    """
    if n < 1:
        raise ValueError(f"There is one blank at least, not {n}.")
    names = {v.name.lower(): v for v in (*data.domain.variables, *data.domain.metas)}
    if "polymer" not in names:
        raise ValueError("They have no column \"polymer\". Connect the map of a blank, the "
                         "output Particles of another Particles widget, or a table with the "
                         "columns polymer, count and size.")
    column = data.get_column(names["polymer"])
    variable = names["polymer"]
    if variable.is_continuous:
        raise ValueError("A column \"polymer\" holds names, not numbers.")
    # What is missing is None, NaN or "".
    polymers = [variable.values[int(v)] if v == v else "" for v in column] \
        if variable.is_discrete else [v.strip() if isinstance(v, str) else "" for v in column]
    number = np.ones(len(data))
    if "count" in names:
        number = _numbers(data, names["count"])
        if not np.isfinite(number).all() or (number < 0).any() or (number % 1 != 0).any():
            raise ValueError("A column \"count\" holds whole numbers of 0 or more.")
    sizes = typed_sizes(data)
    labels = [*classes.labels(), NO_SIZE]
    found: dict[tuple[str, str], int] = {}
    for name, k, add in zip(polymers, classes.which(sizes), number, strict=True):
        if name and add:
            key = plastic_of(name), labels[k]
            found[key] = found.get(key, 0) + int(add)
    return Blanks(n, found)


def _numbers(data, variable):
    """A column as numbers, NaN for what is none: Orange reads one of only 1 and 2 as categories."""
    if variable.is_continuous:
        return np.asarray(data.get_column(variable), float)
    out = np.full(len(data), np.nan)
    for i, value in enumerate(data.get_column(variable)):
        try:
            out[i] = float(variable.str_val(value))
        except ValueError:
            continue
    return out


def poisson_interval(k, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval of the mean of a Poisson distribution of which k were counted.

    Garwood, Biometrika 28 (1936) 437: quantiles of chi-squared distributions.
    """
    k = np.asarray(k, float)
    tail = (1 - level) / 2
    low = np.where(k > 0, stats.chi2.ppf(tail, np.maximum(2 * k, 1)) / 2, 0.)
    return low, stats.chi2.ppf(1 - tail, 2 * k + 2) / 2


def share_interval(found: int, added: int, level: float = LEVEL) -> tuple[float, float, float]:
    """Recovery: share of added particles that were found, with Clopper and Pearson's interval.

    Raises
    ------
    ValueError
        If more were found than added, or none were added.
    """
    if added < 1 or not 0 <= found <= added:
        raise ValueError(f"Of {added} added particles, {found} cannot have been found.")
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, found, added - found + 1) if found else 0.
    high = stats.beta.ppf(1 - tail, found + 1, added - found) if found < added else 1.
    return found / added, float(low), float(high)


def limits_of(total: float, n: int, share: float = 1.) -> Limits:
    """Limits of detection and quantification from blanks.

    Currie, Analytical Chemistry 40 (1968) 586 (10.1021/ac60259a007), for counts that are Poisson
    distributed, errors of 5 %, and a blank known from n measurements. The normal approximation is
    rough for few particles: 8 to 11 % of blanks with a mean of 1 to 3 are "detected". Three
    particles in all blanks are assumed at least: where none was found, means up to 3 / n give none
    in 5 % of cases or more ("rule of three"), and fewer particles must not give higher limits.
    Of a part of a filter, the variance
    of a number scaled to the whole is as many times larger as the part is smaller.

    Parameters
    ----------
    total : float
        Particles in all blanks, on whole filters.
    n : int
        Number of blanks.
    share : float
        Of the sample's filter that was measured.

    Raises
    ------
    ValueError
        Without blanks.
    """
    if n < 1:
        raise ValueError("Limits of detection need a blank at least.")
    mean = max(total, 3.) / n
    spread = mean * (1 / share + 1 / n)
    critical = _K * np.sqrt(spread)
    return Limits(float(critical), float(_K ** 2 / share + 2 * critical),
                  float(50 / share * (1 + np.sqrt(1 + spread * share ** 2 / 25))))


def estimate(k, blank_total=0, n_blanks: int = 0, recovery: tuple[int, int] | None = None,
             share: float = 1., level: float = LEVEL, seed: int = 0) -> Estimate:
    """Numbers on a whole filter, less blanks, for what was not recovered.

    The value is (k / share - blank_total / n) / recovered share, not below 0: blanks are counts of
    whole filters. Intervals are quantiles of 20,000 draws from the distributions that the counts
    leave for the true means (Jeffreys' priors: gamma of k + 1/2, beta of found + 1/2 and lost
    + 1/2; gamma of 1 where nothing was counted, whose upper end is Garwood's: Jeffreys' 2.5 is left
    out too often). They are intervals of the mean that such a filter would have; where only a part
    of it was measured, they are somewhat wide for the number on this very filter.

    Parameters
    ----------
    k : array_like of int
        Numbers counted.
    blank_total : array_like of int
        Particles in all blanks, of the same shape or one number.
    n_blanks : int
        Number of blanks; 0 for none.
    recovery : (int, int), optional
        Particles found, and added.
    share : float
        Of the filter that was measured, above 0 to 1.

    Raises
    ------
    ValueError
        For a share out of range, and a recovery of 0 or more than 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"The share of the filter that was measured is above 0 and at most 1, "
                         f"not {share}.")
    if recovery is not None:
        share_interval(*recovery)
        if not recovery[0]:
            raise ValueError("If no added particle was found again, nothing can be estimated.")
    k = np.asarray(k, float)
    blank = np.broadcast_to(np.asarray(blank_total, float), k.shape)
    factor = 1. if recovery is None else recovery[1] / recovery[0]
    mean = blank / n_blanks if n_blanks else np.zeros(k.shape)
    value = np.maximum(k / share - mean, 0) * factor
    rng = np.random.default_rng([seed, 1441])
    shape = (_DRAWS, *k.shape)
    drawn = rng.gamma(np.where(k == 0, 1., k + .5), size=shape) / share
    if n_blanks:
        drawn = drawn - rng.gamma(blank + .5, size=shape) / n_blanks
    if recovery is not None:
        drawn = drawn / rng.beta(recovery[0] + .5, recovery[1] - recovery[0] + .5,
                                 (_DRAWS, *[1] * k.ndim))
    drawn = np.maximum(drawn, 0)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    # Nothing was seen: the lower end is 0.
    return Estimate(value, np.where(k == 0, 0., np.minimum(low, value)), np.maximum(high, value))
