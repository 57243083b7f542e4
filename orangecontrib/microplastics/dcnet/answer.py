"""What a model says of spectra: classes, scores of their reliability, and the reasons."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence.references import HITS
from orangecontrib.microplastics.confidence.residual_bands import LISTED
from orangecontrib.microplastics.dcnet.compatibility import PredictionWarning
from orangecontrib.microplastics.materials.companions import WATER

__all__ = ["SCORES", "Answer"]

#: Numbers kept for each spectrum besides its probabilities, at most: for estimates of memory.
SCORES = 48


class Answer(NamedTuple):
    """Predictions of a model for n spectra, with scores of their reliability.

    The scores are NaN for spectra that cannot be predicted, and for all spectra if they were
    not requested.

    Attributes
    ----------
    values : ndarray, shape (n,)
        Index of the most probable class among the values of the model's class; NaN for spectra
        that cannot be predicted.
    probabilities : ndarray, shape (n, classes)
    presence : ndarray, shape (n,)
        Probability that the named material is there, of a combination the least probable of its
        materials: summed over all classes that hold it. "PP" at 0.5 and "CE + PP" at 0.4 leave
        little doubt about PP.
    confidence : ndarray, shape (n,)
        Energy-based, 0 to 1: 95 of 100 known spectra of the class reach 0.7.
    correlation : ndarray, shape (n,)
        Correlation of the first derivative with the predicted class, -1 to 1: with its mean, or
        with the most similar of its references if that is higher.
    explained : ndarray, shape (n,)
        How well the predicted class explains the bands of the spectrum, 0 to 1
        (:meth:`.Acceptance.explained`).
    complete : ndarray, shape (n,)
        Whether the spectrum has the usual bands of the predicted class, 0 to 1
        (:meth:`.Acceptance.complete`).
    band, height : ndarray, shape (n,)
        Position (cm-1) of the strongest band that the class does not explain, and its height as
        a fraction of the spectrum's peak-to-peak height.
    maxima, multiples : ndarray, shape (n, 10)
        Further bands that the class does not explain, see :class:`.residual_bands.Unexplained`.
    lacking : ndarray, shape (n, 3)
        Positions (cm-1) of usual bands that the spectrum lacks, the clearest first; NaN for none.
    materials : ndarray of int, shape (n, 2)
        The two materials with the largest shares of the signal, as indices into the materials of
        the model's references; -1 if not known.
    share : ndarray, shape (n,)
        Share of the second, 0 if it does not count (:func:`.blends.second_share`); NaN if the
        model knows mixtures itself, or has no references.
    detected : ndarray of float32, shape (n, components)
        Probability that each material (:attr:`.DCNetModel.components`) is there: summed over the
        classes that hold it, averaged with the networks' own reading of that material, if they
        have one.
    named : ndarray of bool, shape (n, components)
        Components of the spectrum: those of its class, and others that are present with some
        probability (:func:`.composition.named`).
    fractions, low, high, evidence : ndarray of float32, shape (n, components)
        How much of each, with an interval, and whether the fit sees it, too
        (:class:`.composition.Composition`). NaN if the model knows single materials only, or has
        no references of one.
    hits : ndarray of int, shape (n, 5)
        Library search: the most similar references of the model, the best first; -1 for none.
    quality : ndarray, shape (n, 5)
        Their correlations (first derivative).
    agrees : ndarray of bool, shape (n,)
        Whether the best hit is the predicted material, or one of a combination; True without
        references.
    foreign : ndarray of bool, shape (n,)
        Whether the best hit is a material that no class holds, such as quartz: the network cannot
        name it.
    notes : list of PredictionWarning
    """
    values: np.ndarray
    probabilities: np.ndarray
    presence: np.ndarray
    confidence: np.ndarray
    correlation: np.ndarray
    explained: np.ndarray
    complete: np.ndarray
    band: np.ndarray
    height: np.ndarray
    maxima: np.ndarray
    multiples: np.ndarray
    lacking: np.ndarray
    materials: np.ndarray
    share: np.ndarray
    detected: np.ndarray
    named: np.ndarray
    fractions: np.ndarray
    low: np.ndarray
    high: np.ndarray
    evidence: np.ndarray
    hits: np.ndarray
    quality: np.ndarray
    agrees: np.ndarray
    foreign: np.ndarray
    notes: list[PredictionWarning]

    @classmethod
    def nothing(cls, n: int, n_values: int, n_components: int, scored: bool = True) -> Answer:
        """An answer without any prediction, to be filled in.

        If it will not be `scored`, the arrays of scores take no memory and cannot be written.
        """
        def filled(value, *shape):
            make = np.full if scored else lambda shape, value: np.broadcast_to(value, shape)
            return make((n, *shape), value)

        def missing(*shape):
            return filled(np.nan, *shape)

        listed, many, single = LISTED + len(WATER), n_components, np.float32(np.nan)
        return cls(
            values=np.full(n, np.nan), probabilities=np.full((n, n_values), np.nan),
            presence=missing(), confidence=missing(), correlation=missing(), explained=missing(),
            complete=missing(), band=missing(), height=missing(), maxima=missing(listed),
            multiples=missing(listed), lacking=missing(3), materials=filled(-1, 2),
            share=missing(), detected=filled(single, many), named=filled(False, many),
            fractions=filled(single, many), low=filled(single, many), high=filled(single, many),
            evidence=filled(single, many), hits=filled(-1, HITS), quality=missing(HITS),
            agrees=filled(True), foreign=filled(False), notes=[])

    @property
    def probability(self) -> np.ndarray:
        """Probability of the most probable class; NaN without a prediction."""
        out = np.full(len(self.values), np.nan)
        known = np.isfinite(self.values)
        out[known] = self.probabilities[known].max(axis=1)
        return out
