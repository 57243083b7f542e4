"""Whether a spectrum resembles the training data at all (numpy and scipy only).

A softmax distributes all probability among the classes it knows, and is often confident about
a material that was not in the training data. Four other scores detect such spectra:

- the negative free energy of the class scores z, log sum exp z (Liu et al., "Energy-based
  out-of-distribution detection", NeurIPS 2020, arXiv:2010.03759), which is low if no class
  has a high score; calibrated here so that a threshold has a meaning;
- the correlation of the first derivative with the class, known in spectroscopy as hit quality:
  with the mean of the class, or with the most similar of its reference spectra if that is higher,
  since the mean of hard and soft polyvinyl chloride resembles neither;
- whether the class explains every band of the spectrum (:mod:`.residual_bands`);
- whether the spectrum has the bands that all spectra of the class have (:mod:`.missing_bands`).
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from orangecontrib.microplastics.confidence.missing_bands import LACKING, missing
from orangecontrib.microplastics.confidence.residual_bands import (
    LIMIT,
    Expected,
    put_first,
    unexplained,
)
from orangecontrib.microplastics.materials.copolymers import NEAR, Copolymer
from orangecontrib.microplastics.spectra.preprocess import shapes, standardized
from orangecontrib.microplastics.utils.rowwise import times

__all__ = ["ACCEPT", "INSPECT", "USUALLY_EXPLAINED", "Acceptance", "calibrate", "energies",
           "class_shapes", "softmax"]

#: Default thresholds of a decision, the customary limits of hit quality: accepted from 0.7,
#: inspected from 0.6 (Lusher et al., Anal. Methods 2017, 9, 1346; Cowger et al., Appl. Spectrosc.
#: 2020, 74, 989). The scales below are made to fit these thresholds, but do not depend on them.
ACCEPT, INSPECT = 0.7, 0.6

#: Scale of the confidence: values reached by 95, 99 and 50 of 100 known spectra, and these shares.
_USUAL, _RARE, _MIDDLE = 0.7, 0.6, 0.9
_REACH = (0.95, 0.99, 0.5)

#: Scale of the explained score: value if a band is :data:`.residual_bands.LIMIT` times the usual
#: height.
_AT_LIMIT = 0.7

#: Value of the explained score if a band has just the usual height.
USUALLY_EXPLAINED = _AT_LIMIT ** (1 / LIMIT)

#: Threshold for the weaker of the two bands that tell a copolymer, in multiples of the usual
#: height: of four studies, each left out of training, no polyethylene or polystyrene reaches .2,
#: while three quarters of the copolymers exceed .5 (``benchmarks/NOTES.md``).
_COPOLYMER = .4

#: Value of the complete score if the two bands that a spectrum lacks most are absent.
_ABSENT = .6


def softmax(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities from class scores (n, classes), float64.

    In numpy, since float64 sums in torch depend on memory alignment, and a model that was
    saved and loaded must give bit-identical results.
    """
    return special.softmax(np.asarray(scores, float) / temperature, axis=1)


def energies(scores: np.ndarray) -> np.ndarray:
    """Negative free energy of each spectrum, averaged over networks.

    Parameters
    ----------
    scores : ndarray, shape (networks, n, classes)

    Returns
    -------
    ndarray of float64, shape (n,)
        Higher if a class has a high score.
    """
    return special.logsumexp(np.asarray(scores, float), axis=2).mean(axis=0)


def class_shapes(X: np.ndarray, y: np.ndarray, part: np.ndarray, weights=None,
                 rows: int = 5000) -> np.ndarray:
    """Mean of each class's :func:`~orangecontrib.microplastics.spectra.preprocess.shapes`,
    again with mean 0 and length 1.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
    y : ndarray of int, shape (n,)
        Class indices; each of 0 ... y.max() must occur.
    part : ndarray of bool, shape (wavenumbers,)
    weights : ndarray, shape (n,), optional
    rows : int
        Spectra processed at a time, which limits memory.

    Returns
    -------
    ndarray of float32, shape (classes, part.sum())
    """
    sums = np.zeros((y.max() + 1, int(part.sum())))
    for start in range(0, len(X), rows):
        chosen = slice(start, start + rows)
        shape = shapes(X[chosen], part)
        if weights is not None:
            shape = shape * np.asarray(weights)[chosen, None]
        np.add.at(sums, y[chosen], shape)
    return standardized(sums)


class Acceptance(NamedTuple):
    """Data that a model stores to distinguish known from unknown spectra.

    Attributes
    ----------
    means : ndarray of float32, shape (classes, wavenumbers seen)
        :func:`class_shapes` of the training spectra.
    accept, inspect, middle : ndarray, shape (classes,)
        Energies that 95, 99 and 50 % of known spectra of a class reach. They are set per
        class, since scores are lower for a class with few training spectra.
    expected : Expected
        Bands of each class's training spectra, and their variation.
    usual : ndarray of float32, shape (classes, wavenumbers)
        Bands that a spectrum of a class must have (:func:`.missing_bands.usual_bands`).
    """
    means: np.ndarray
    accept: np.ndarray
    inspect: np.ndarray
    middle: np.ndarray
    expected: Expected
    usual: np.ndarray

    def confidence(self, energy: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Map energies to a scale from 0 to 1, strictly increasing.

        0.7 is reached by 95 of 100 known spectra of the class, 0.6 by 99, and 0.9 by half of
        them: linear between the first two, exponential beyond.

        Parameters
        ----------
        energy : ndarray, shape (n,)
        classes : ndarray of int, shape (n,)
            The most probable class of each spectrum.

        Returns
        -------
        ndarray, shape (n,)
        """
        energy = np.asarray(energy, float)
        accept, inspect, middle = (level[classes] for level in (
            self.accept, self.inspect, self.middle))
        over, under = middle - accept, middle - inspect
        high = 1 - (1 - _USUAL) * np.exp(
            -(energy - accept) / over * np.log((1 - _USUAL) / (1 - _MIDDLE)))
        low = _RARE * np.exp(np.minimum(energy - inspect, 0) / under)
        between = _RARE + (_USUAL - _RARE) * (energy - inspect) / (accept - inspect)
        return np.select([energy >= accept, energy >= inspect], [high, between], low)

    def correlations(self, X: np.ndarray, part: np.ndarray) -> np.ndarray:
        """Correlation of each spectrum's first derivative with each class mean.

        Parameters
        ----------
        X : ndarray, shape (n, wavenumbers)
        part : ndarray of bool, shape (wavenumbers,)

        Returns
        -------
        ndarray of float32, shape (n, classes)
        """
        return times(shapes(X, part), self.means.T)

    def complete(self, X: np.ndarray, classes: np.ndarray, wavenumbers: np.ndarray,
                 part: np.ndarray, measured: np.ndarray | None = None):
        """Score whether each spectrum has the usual bands of its class; find those it lacks.

        Parameters as of :meth:`explained`.

        Returns
        -------
        complete : ndarray, shape (n,)
            Depends on the mean height of the two usual bands that are lowest in the spectrum: 1
            if they have their usual height, 0.7 at a fifth of it, 0.6 if they are absent.
        found : Missing
            See :func:`.missing_bands.missing`.
        """
        found = missing(X, classes, wavenumbers, part, self.usual, measured)
        height = found.height[:, :2].mean(axis=1)
        above = _USUAL + (1 - _USUAL) * (height - LACKING) / (1 - LACKING)
        below = _ABSENT + (_USUAL - _ABSENT) * height / LACKING
        return np.clip(np.where(height >= LACKING, above, below), 0, 1), found

    def explained(self, X: np.ndarray, classes: np.ndarray, wavenumbers: np.ndarray,
                  part: np.ndarray, measured: np.ndarray | None = None,
                  copolymers: Sequence[Copolymer | None] = ()):
        """Score how well each spectrum's class explains its bands; find the strongest residual.

        Parameters
        ----------
        X : ndarray, shape (n, wavenumbers)
        classes : ndarray of int, shape (n,)
        wavenumbers : ndarray, shape (wavenumbers,)
            cm-1, ascending and uniform.
        part : ndarray of bool, shape (wavenumbers,)
        measured : ndarray of bool, shape (n, wavenumbers), optional
        copolymers : sequence, length classes, optional
            The copolymer that each class may be mistaken for: two bands at once are significant
            at lower heights than one.

        Returns
        -------
        explained : ndarray, shape (n,)
            1 if no residual band is left, 0.84 if it is as high as is usual among the
            training spectra, 0.7 if it is twice as high; 96 of 100 known spectra of other
            studies stay below that height.
        found : Unexplained
            See :func:`.residual_bands.unexplained`.
        """
        found = unexplained(
            X, classes, wavenumbers, part, self.expected, measured,
            [one and [np.abs(wavenumbers - place) <= NEAR for place, _ in one.bands]
             for one in copolymers])
        weaker = found.pair_excess.min(axis=1) * (LIMIT / _COPOLYMER)
        rows = np.flatnonzero((weaker > found.excess) & (weaker > 1))
        for whole, two in zip(found[:3], found[-3:], strict=True):
            whole[rows] = two[rows, 0]
        found.excess[rows] = weaker[rows]
        # The first band last, so that it leads.
        for i in (1, 0):
            put_first(found, rows, found.pair_wavenumber[rows, i], weaker[rows])
        return _AT_LIMIT ** (np.maximum(found.excess, 0) / LIMIT), found


def calibrate(means: np.ndarray, known: np.ndarray, classes: np.ndarray,
              expected: Expected, usual: np.ndarray) -> Acceptance:
    """Calibrate an Acceptance on the energies of spectra of known classes.

    Parameters
    ----------
    means : ndarray, shape (classes, wavenumbers seen)
    known : ndarray, shape (n,)
        Energies of spectra of the model's own classes, as far as possible of spectra
        that were not used for training.
    classes : ndarray of int, shape (n,)
        Their classes; a class that is not among them is calibrated on all spectra.
    expected : Expected
    usual : ndarray, shape (classes, wavenumbers)
    """
    levels = []
    for c in range(len(means)):
        own = known[classes == c] if (classes == c).any() else known
        accept, inspect, middle = np.quantile(own, [1 - share for share in _REACH])
        # With few or similar spectra, too, the scale must increase strictly.
        least = 1e-3 * max(1.0, abs(middle))
        accept = min(accept, middle - least)
        levels.append((accept, min(inspect, accept - least), middle))
    return Acceptance(means, *np.array(levels).T, expected, usual)
