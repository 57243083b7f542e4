"""How good fractions are: measured on mixtures whose sources the fit does not know.

The references are divided: of each material, those of one study are mixed, and the fit gets those
of the others. So errors are as large as between one study and another. A material that occurs in
one study alone is divided at random.
"""
from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.fractions.fit import MOST, Fitted, FractionFit, Products
from orangecontrib.microplastics.fractions.varied import table_of
from orangecontrib.microplastics.mixing.mixer import Mixer
from orangecontrib.microplastics.mixing.recipe import ONE_INSTRUMENT, Mixing

__all__ = ["COVERAGE", "Quality", "quality_of", "interval", "gain"]

#: Share of the intervals that should hold the true fraction.
COVERAGE = .9

#: Divisions of the references, and mixtures made from each.
_DIVISIONS, _MIXTURES = 8, 150

#: Maximum number of different mixtures of two and of three materials in a division.
_BLENDS = {2: 80, 3: 40}

#: Added to the spread over references: neither noise nor their number make a fit exact.
_LEAST = .03

#: Smallest fraction in the mixtures.
_SMALLEST = .05

#: Share of spectra in which a material that is absent may seem to explain something.
_BY_CHANCE = .05

#: Smallest number of spectra from which this is determined for a material by itself.
_FEWEST = 40


class Quality(NamedTuple):
    """Measured quality of fractions.

    Attributes
    ----------
    factor : ndarray, shape (materials,)
        Half an interval of mixtures with a material, divided by the spread plus a constant. NaN if
        it could not be measured: mixtures with this material get no intervals then.
    error : ndarray, shape (materials,)
        Mean absolute error of the fraction of a material in these mixtures.
    by_chance : ndarray, shape (materials,)
        Part of what others leave that a material explains in one of twenty spectra in which it is
        absent; NaN if not measured.
    mixtures : int
        Number of mixtures measured.
    """
    factor: np.ndarray
    error: np.ndarray
    by_chance: np.ndarray
    mixtures: int

    @classmethod
    def unknown(cls, materials: int) -> Quality:
        """Nothing measured."""
        return cls(*np.full((3, materials), np.nan), 0)


def quality_of(known: References, wavenumbers: np.ndarray, part: np.ndarray,
               ratio: str = "derivative", seed: int = 0) -> Quality:
    """Measure how good fractions are that are fitted with references.

    Parameters
    ----------
    known : References
    wavenumbers, part, ratio
        As of :class:`.FractionFit`.
    seed : int

    Returns
    -------
    Quality
        Unknown if there are less than two materials with two references each.

    Raises
    ------
    TransmittanceError
        (a ValueError) If the references look like transmittance.
    """
    counts = np.bincount(known.which, minlength=len(known.materials))
    if (counts >= 2).sum() < 2:
        return Quality.unknown(len(counts))
    rng = np.random.default_rng(seed)
    found = [_measured(known, _sources(known, counts, rng), wavenumbers, part, ratio, seed + i)
             for i in range(_DIVISIONS)]
    truth, fractions, spread = (np.concatenate([one[i] for one in found]) for i in range(3))
    gains, absent = (np.concatenate([one[i] for one in found]) for i in (3, 4))
    there = truth > 0
    wrong = np.abs(fractions - truth)
    ratios = np.where(there, wrong / (spread + _LEAST), np.nan)
    factor, error = np.full((2, len(counts)), np.nan)
    several = there.sum(axis=1) > 1
    for material in np.flatnonzero((there & several[:, None]).any(axis=0)):
        rows = several & there[:, material]
        # Split conformal prediction (Lei et al., JASA 2018, 113, 1094), for all components of the
        # mixtures with this material: the error of one is that of the others, too.
        own = np.sort(ratios[rows][there[rows]])
        at = int(np.ceil((len(own) + 1) * COVERAGE)) - 1
        factor[material] = own[min(at, len(own) - 1)]
        error[material] = wrong[rows, material].mean()
    return Quality(factor, error, _by_chance(gains, absent, len(counts)), len(truth))


def _by_chance(gains, absent, materials):
    """What absent materials explain in one of twenty spectra; of all, for those seldom tried."""
    if not len(gains):
        return np.full(materials, np.nan)
    of = [gains[absent == m] for m in range(materials)]
    return np.array([np.quantile(own if len(own) >= _FEWEST else gains, 1 - _BY_CHANCE)
                     for own in of])


def _sources(known, counts, rng):
    """Which references are mixed; the others are for the fit."""
    studies, mixed = np.array(known.studies, object), np.zeros(len(known.which), bool)
    for material in np.flatnonzero(counts >= 2):
        own = np.flatnonzero(known.which == material)
        names = sorted(set(studies[own]))
        if len(names) > 1:
            mixed[own] = studies[own] == names[rng.integers(len(names))]
        else:
            mixed[rng.permutation(own)[:len(own) // 2]] = True
    return mixed


def _measured(known, mixed, wavenumbers, part, ratio, seed):
    """Fractions of mixtures, those found, their spread; gains of absent materials, and which."""
    sources, others = known.at(mixed), known.at(~mixed)
    names = [known.materials[i] for i in np.unique(sources.which)]
    sizes = tuple(range(1, min(3, len(names)) + 1))
    mixer = Mixer(table_of(sources, wavenumbers), Mixing(
        components=sizes, smallest=_SMALLEST, ratio=ratio, blends=_some_blends(names, seed),
        **ONE_INSTRUMENT))
    mixtures = mixer.table(max(_MIXTURES, len(mixer.combinations)), seed)
    X, truth = mixtures.X, np.zeros((len(mixtures), len(known.materials)))
    for name in mixer.names:
        truth[:, known.materials.index(name)] = mixtures.get_column(f"fraction {name}")
    fit = FractionFit(others, wavenumbers, part, ratio, seed)
    products, there = fit.products(X), truth > 0
    fitted = fit.fit(products, there)
    absent = fit.strongest(products, there)
    rows = np.flatnonzero((absent >= 0) & (there.sum(axis=1) < MOST))
    return truth, fitted.fractions, fitted.spread, gain(
        fit, products.at(rows), there[rows], absent[rows], fitted.left[rows]), absent[rows]


def _some_blends(names, seed):
    """Mixtures of two and three materials; a random choice if there are many."""
    rng = np.random.default_rng(seed)
    blends = []
    for size, most in _BLENDS.items():
        own = list(combinations(names, size))
        blends += [own[i] for i in rng.permutation(len(own))[:most]]
    return blends


def gain(fit: FractionFit, spectra: Products, there: np.ndarray, more: np.ndarray,
         left: np.ndarray) -> np.ndarray:
    """Part of what some materials leave of each spectrum that one more explains, 0 to 1.

    Parameters
    ----------
    fit : FractionFit
    spectra : Products
    there : ndarray of bool, shape (n, materials)
        At most ``MOST - 1`` materials.
    more : ndarray of int, shape (n,)
        The further material.
    left : ndarray, shape (n,)
        What those that are there leave (:attr:`.Fitted.left`).
    """
    with_it = there.copy()
    with_it[np.arange(len(more)), more] = True
    return np.maximum(1 - fit.fit(spectra, with_it).left / np.maximum(left, 1e-6), 0)


def interval(fitted: Fitted, there: np.ndarray, quality: Quality) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the intervals of fractions, 0 to 1; (n, materials) each.

    NaN for other materials, and if the quality is not known. Of a mixture, the material
    with the largest errors decides. A single material has the fraction 1, without an interval.
    """
    fractions, spread, _ = fitted
    factor = np.where(there, np.nan_to_num(quality.factor, nan=np.inf), 0).max(axis=1)
    factor[~np.isfinite(factor)] = np.nan
    factor[there.sum(axis=1) < 2] = 0
    half = factor[:, None] * (spread + _LEAST)
    low, high = np.clip(fractions - half, 0, 1), np.clip(fractions + half, 0, 1)
    return np.where(there, low, np.nan), np.where(there, high, np.nan)
