"""How reliable the class of each spectrum is: all scores of an Answer but the probabilities."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from orangecontrib.microplastics.confidence import blends, references
from orangecontrib.microplastics.confidence.acceptance import Acceptance, energies
from orangecontrib.microplastics.confidence.missing_bands import LACKING
from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.fractions.calibration import Quality
from orangecontrib.microplastics.fractions.composition import Composer, named
from orangecontrib.microplastics.materials.copolymers import copolymer_of
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.spectra.preprocess import shapes, standardized
from orangecontrib.microplastics.utils.rowwise import times

__all__ = ["Assessment", "composer"]


class Assessment:
    """Scores classes that networks give to spectra.

    Parameters
    ----------
    classes : sequence of str
        Names of the classes in use.
    acceptance : Acceptance
    known : References
    quality : Quality
        Of fractions.
    wavenumbers, seen : ndarrays, shape (wavenumbers,)
    """

    def __init__(self, classes: Sequence[str], acceptance: Acceptance, known: References,
                 quality: Quality, wavenumbers: np.ndarray, seen: np.ndarray):
        self.acceptance, self.references = acceptance, known
        self.wavenumbers, self.seen = wavenumbers, seen
        self._copolymers = [copolymer_of(name) for name in classes]
        components = [components_of(name) for name in classes]
        #: Which components, and which materials of the references, each class consists of.
        materials = sorted({c for own in components for c in own})
        self._holds = _membership(components, materials)
        self._parts = _membership(components, known.materials)
        #: Which materials of the references the networks know.
        self._learnt = self._parts.any(axis=0)
        self._looks_for_mixtures = all(len(own) == 1 for own in components) \
            and self._learnt.sum() > 1
        self._composer = composer(materials, known, quality, wavenumbers, seen) \
            if not self._looks_for_mixtures else None
        self._shapes = shapes(known.X, seen)
        self._means = standardized(np.stack([
            self._shapes[known.which == i].mean(axis=0) for i in range(len(known.materials))])) \
            if self._looks_for_mixtures else None

    def __call__(self, answer: Answer, at: np.ndarray, X: np.ndarray, measured: np.ndarray | None,
                 scores: np.ndarray, chances: np.ndarray, present: np.ndarray, detect: float,
                 amounts: bool = True):
        """Write the scores of spectra into rows of an Answer.

        Parameters
        ----------
        answer : Answer
        at : ndarray of int, shape (n,)
            Rows of the answer.
        X : ndarray, shape (n, wavenumbers)
            Absorbance, without missing values.
        measured : ndarray of bool, shape (n, wavenumbers), or None
            Where spectra were measured, not filled; None for everywhere.
        scores : ndarray, shape (networks, n, classes)
        chances : ndarray, shape (n, classes)
            Probabilities.
        present : ndarray, shape (networks, n, components)
            Scores of the presence of each material; without components if there are none.
        detect : float
            Probability from which further components are named.
        amounts : bool
            Whether to determine fractions.
        """
        known, best = self.acceptance, chances.argmax(axis=1)
        held = times(chances, self._holds.astype(float))
        answer.presence[at] = np.where(self._holds[best], held, 1).min(axis=1)
        self._compose(answer, at, X, self._holds[best], held if not present.shape[2] else
                      (held + expit(present).mean(axis=0)) / 2, detect, amounts)
        answer.confidence[at] = known.confidence(energies(scores), best)
        answer.explained[at], found = known.explained(
            X, best, self.wavenumbers, self.seen, measured, self._copolymers)
        answer.band[at], answer.height[at] = found.wavenumber, found.height
        answer.maxima[at], answer.multiples[at] = found.maxima, found.multiples
        answer.complete[at], lacking = known.complete(
            X, best, self.wavenumbers, self.seen, measured)
        answer.lacking[at] = np.where(lacking.height < LACKING, lacking.wavenumber, np.nan)
        shape = shapes(X, self.seen)
        answer.correlation[at] = times(shape, known.means.T)[np.arange(len(X)), best]
        if len(self._shapes):
            self._compare(answer, at, shape, best,
                          None if measured is None else measured[:, self.seen])

    def _compose(self, answer, at, X, of_class, detected, detect, amounts):
        """Components, and how much of each."""
        answer.detected[at] = detected
        there = answer.named[at] = named(of_class, detected, detect)
        if self._composer is not None and amounts:
            found = self._composer(X, there)
            for to, value in zip((answer.fractions, answer.low, answer.high, answer.evidence),
                                 found, strict=True):
                to[at] = value

    def _compare(self, answer, at, shape, best, inside):
        """Compare spectra with the references."""
        known = self.references
        hits = references.search(shape, self._shapes, known.which, len(known.materials), inside)
        answer.hits[at], answer.quality[at] = hits.rows, hits.quality
        parts, each = self._parts[best], np.arange(len(shape))
        single, material = parts.sum(axis=1) == 1, parts.argmax(axis=1)
        answer.correlation[at[single]] = np.maximum(
            answer.correlation[at[single]], hits.similarity[each, material][single])
        best_hit = known.which[hits.rows[:, 0]]
        answer.agrees[at] = parts[each, best_hit] | ~parts.any(axis=1)
        answer.foreign[at] = ~self._parts.any(axis=0)[best_hit]
        if self._looks_for_mixtures:
            own = self._shapes[hits.nearest[each, material]]
            answer.materials[at], share = blends.second_share(
                shape, self._means, self._learnt, own)
            answer.share[at] = np.where(single, share, np.nan)


def composer(materials: Sequence[str], known: References, quality: Quality,
             wavenumbers: np.ndarray, seen: np.ndarray, ratio: str = "derivative") \
        -> Composer | None:
    """What determines fractions of a model's materials; None if it lacks references of one, or
    they are no absorbance."""
    try:
        return Composer(materials, known, wavenumbers, seen, quality, ratio)
    except ValueError:
        return None


def _membership(components, names):
    """Which of the names each list of components holds; bool, (classes, names)."""
    names = list(names)
    return np.array([[name in own for name in names] for own in components], bool).reshape(
        len(components), len(names))
