"""What a spectrum is made of: two witnesses for each component, fractions and intervals.

The network sees the pattern of each material, whatever else is there; the fit sees whether the
others explain the spectrum without it. Neither overrules the other: on real blends of textiles the
fit finds more, on mixtures of dirty samples less (``benchmarks/NOTES.md``).
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.fractions.calibration import Quality, gain, interval
from orangecontrib.microplastics.fractions.fit import MOST, FractionFit

__all__ = ["DETECT", "Composition", "Composer", "named"]

#: Presence from which a component is named besides those of the class: in mixtures of two from a
#: study left out as many names are right as by the class alone, and most mixtures of three are
#: found (``benchmarks/NOTES.md``).
DETECT = .4

#: Smallest share in a fit of all materials' means at which a further one is tested.
_WORTH = .1


class Composition(NamedTuple):
    """Composition of n spectra of m materials; arrays of shape (n, m).

    Attributes
    ----------
    fractions : ndarray
        Share of the signal of each named component; NaN for others.
    low, high : ndarray
        Ends of the interval that holds it in 90 of 100 mixtures (:func:`.calibration.interval`).
    evidence : ndarray
        What the component explains of what the others leave, divided by what an absent one
        explains in one of twenty spectra: above 1 the fit sees it. NaN if it was not tested:
        single materials, and all but the most likely one of those that are not named.
    """
    fractions: np.ndarray
    low: np.ndarray
    high: np.ndarray
    evidence: np.ndarray


def named(of_class: np.ndarray, presence: np.ndarray, detect: float = DETECT) -> np.ndarray:
    """Components to name: those of the class, and others that are present with some probability.

    Parameters
    ----------
    of_class : ndarray of bool, shape (n, m)
    presence : ndarray, shape (n, m)
        Probability that each material is there.
    detect : float

    Returns
    -------
    ndarray of bool, shape (n, m)
        At most :data:`.fit.MOST` in each row, unless the class itself has more.
    """
    there = of_class | (presence >= detect)
    many = np.flatnonzero(there.sum(axis=1) > MOST)
    order = np.argsort(-(presence[many] + of_class[many]), axis=1, kind="stable")
    for row, best in zip(many, order, strict=True):
        there[row] = False
        there[row, best[:max(MOST, int(of_class[row].sum()))]] = True
    return there


class Composer:
    """Determines the composition of spectra.

    Parameters
    ----------
    materials : sequence of str
        Components that the model knows.
    known : References
        Which have references of all of them.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1.
    part : ndarray of bool, shape (wavenumbers,)
    quality : Quality
        Of fractions with these references.
    ratio : "derivative" or "absorbance"

    Raises
    ------
    ValueError
        If a material has no references, or (TransmittanceError) they look like transmittance.
    """

    def __init__(self, materials: Sequence[str], known: References, wavenumbers: np.ndarray,
                 part: np.ndarray, quality: Quality, ratio: str = "derivative"):
        self.quality = quality
        self.fit = FractionFit(known.of(materials), wavenumbers, part, ratio)

    def __call__(self, X: np.ndarray, there: np.ndarray) -> Composition:
        """Composition of spectra X (n, wavenumbers) with named components (n, materials).

        Spectra with more than :data:`.fit.MOST` components get no fractions.
        """
        fit, quality = self.fit, self.quality
        products = fit.products(X)
        # With few references, an absent material may explain nothing at all.
        by_chance = np.maximum(quality.by_chance, 1e-6)
        out = Composition(*np.full((4, *there.shape), np.nan))
        rows = np.flatnonzero((there.sum(axis=1) <= MOST) & there.any(axis=1))
        products, there = products.at(rows), there[rows]
        fitted = fit.fit(products, there)
        out.fractions[rows] = np.where(there, fitted.fractions, np.nan)
        out.low[rows], out.high[rows] = interval(fitted, there, quality)
        for members, at in self._each(there):
            fewer = there[at]
            fewer[np.arange(len(at)), members] = False
            left = fit.fit(products.at(at), fewer).left
            out.evidence[rows[at], members] = \
                (1 - fitted.left[at] / np.maximum(left, 1e-6)).clip(0) / by_chance[members]
        more = fit.strongest(products, there, _WORTH)
        at = np.flatnonzero((more >= 0) & (there.sum(axis=1) < MOST))
        out.evidence[rows[at], more[at]] = gain(
            fit, products.at(at), there[at], more[at], fitted.left[at]) \
            / by_chance[more[at]]
        return out

    @staticmethod
    def _each(there):
        """The first member of each mixture, with the rows; the second; and so on."""
        mixtures = np.flatnonzero(there.sum(axis=1) > 1)
        order = np.argsort(~there[mixtures], axis=1, kind="stable")
        for i in range(MOST):
            has = there[mixtures].sum(axis=1) > i
            if has.any():
                yield order[has, i], mixtures[has]
