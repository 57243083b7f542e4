"""Adapt a trained model to an instrument with a few labelled spectra of one's own.

All layers are trained on for a short time, on spectra that are drawn anew for each epoch from the
model's own references and the new spectra together, so that what was learnt before is not
forgotten. Training the last layer alone gained half as much (``benchmarks/NOTES.md``). Acceptance
is calibrated anew.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.confidence.missing_bands import lowered
from orangecontrib.microplastics.confidence.references import to_unit_height
from orangecontrib.microplastics.config import SMALLEST, TrainingConfig
from orangecontrib.microplastics.dcnet.calibrated import calibrated
from orangecontrib.microplastics.dcnet.known import Measured, fraction_quality, measured_of
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.materials.names import (
    components_of,
    is_combination,
    names_in,
)
from orangecontrib.microplastics.mixing.stream import MixtureSource
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.utils.memory import require

__all__ = ["OWN", "FEWEST", "MOST", "Adaptation", "OwnSpectra", "own_spectra", "adapt"]

#: Study of own spectra among the references.
OWN = "own spectra"

#: Numbers of own spectra for which adapting was tried; more are used, too.
FEWEST, MOST = 5, 50

#: Own spectra of a material are repeated until there are this many, as many as it has references
#: at most: a study's weight grows with the square root of its number.
_REPEATED = 40

#: Spectra per epoch, epochs and learning rate. Other settings, with two thirds to one and a half
#: times as many spectra, differ by less than .004 (``benchmarks/NOTES.md``).
_PER_EPOCH, _EPOCHS, _RATE = 4000, 8, 1.6e-2

#: Epochs of the trial that measures the gain: half as many, which rather finds too small a gain.
_TRIAL = 4

#: Share of own spectra that is kept aside to measure the gain, if there are at least twice
#: :data:`FEWEST`.
_ASIDE = 1 / 3


class OwnSpectra(NamedTuple):
    """Labelled spectra that a model can adapt to, on its grid.

    Attributes
    ----------
    measured : Measured
    unknown : dict of str to int
        Numbers of spectra left out because the model does not know their label.
    unusable : int
        Number of spectra left out because they are empty, constant or too short.
    """
    measured: Measured
    unknown: dict[str, int]
    unusable: int


class Adaptation(NamedTuple):
    """An adapted model, and what it gained.

    Attributes
    ----------
    model : DCNetModel
    n, kept_aside : int
        Numbers of own spectra that were used, and of those that the gain was measured on.
    before, after : float
        Share of the spectra kept aside that get their own name, before and after adapting to the
        others; NaN if there are too few.
    old_before, old_after : float
        The same of the model's references.
    """
    model: DCNetModel
    n: int
    kept_aside: int
    before: float
    after: float
    old_before: float
    old_after: float


def own_spectra(model: DCNetModel, data: Table) -> OwnSpectra:
    """Spectra of a Table with a class that the model can adapt to.

    Raises
    ------
    ValueError
        If the model has no references, or the data no class, or fewer than :data:`FEWEST` spectra
        of single materials that the model knows.
    DomainTransformationError
        See :meth:`.DCNetModel.answer`.
    """
    if not len(model.references.which) or model.preprocesses:
        raise ValueError("A model that keeps no spectra of pure materials, or preprocesses "
                         "spectra, cannot adapt.")
    if not data.domain.has_discrete_class:
        raise ValueError("Own spectra need a categorical target variable with the names of their "
                         "materials (Select Columns).")
    model.check(data)
    labelled = data[np.isfinite(np.asarray(data.Y, float))]
    X, usable = model.usable_spectra(labelled)
    ours, learnt = model.references.materials, _learnt(model)
    measured = measured_of(labelled, X, np.arange(len(labelled)))
    known = np.isin(measured.labels, [name for name in ours if name in learnt])
    left = {str(name): int((measured.labels == name).sum())
            for name in sorted(set(measured.labels[~known]))}
    chosen = np.flatnonzero(known & usable)
    if len(chosen) < FEWEST:
        raise ValueError(
            f"{len(chosen)} of {len(data)} spectra can be used; adapting takes {FEWEST} or more, "
            f"each labelled with one of {', '.join(sorted(set(ours) & learnt))}.")
    return OwnSpectra(measured.at(chosen), left, int((known & ~usable).sum()))


def adapt(model: DCNetModel, own: Measured, seed: int = 0,
          callback: Callable[[float], None] = lambda fraction: None) -> Adaptation:
    """Adapt a model to own spectra; the model itself is not changed.

    Parameters
    ----------
    model : DCNetModel
    own : Measured
        From :func:`own_spectra`.
    seed : int
    callback : function of the fraction done, optional
        An exception raised in it cancels.

    Raises
    ------
    NotEnoughMemory
        (a ValueError)
    """
    points = len(model.wavenumbers)
    require(4 * points * ((_EPOCHS + 6) * _PER_EPOCH + 2 * len(model.references.which)),
            "Adapting the model", "close other programs")
    aside = _aside(own, seed)
    trial_epochs = _TRIAL if aside.any() else 0
    epochs = trial_epochs + len(model.networks) * _EPOCHS

    def part(first, n):
        return lambda progress: callback((first + n * progress.fraction) / epochs)

    before = after = np.nan
    if aside.any():
        source = _source(model, own.at(~aside), seed)
        trial = _tuned(model, model.network, source, seed, _TRIAL, part(0, _TRIAL))
        before = _right(model, [model.network], own.at(aside))
        after = _right(model, [trial], own.at(aside))
    source = _source(model, own, seed)
    networks = [_tuned(model, network, source, seed + i, _EPOCHS,
                       part(trial_epochs + i * _EPOCHS, _EPOCHS))
                for i, network in enumerate(model.networks)]
    old = _references(model)
    old_right = [_right(model, some, old) for some in (model.networks, networks)]
    adapted = _adapted(model, networks, source, own, seed)
    callback(1.)
    return Adaptation(adapted, len(own.X), int(aside.sum()), before, after, *old_right)


def _references(model):
    """The model's references of materials that it has learnt, as measured spectra."""
    labels = np.array(model.references.materials, object)[model.references.which]
    rows = np.flatnonzero(np.isin(labels, sorted(_learnt(model))))
    return Measured(model.references.X[rows], labels[rows],
                    np.array(model.references.names, object)[rows],
                    np.array(model.references.studies, object)[rows])


def _learnt(model):
    return {part for c in model.used
            for part in components_of(model.domain.class_var.values[c])}


class _Source:
    """Draws spectra of the model's classes from its references and own spectra."""

    def __init__(self, model, own, seed):
        old = _references(model)
        rows = np.concatenate([
            np.resize(rows, max(len(rows), min(_REPEATED, (old.labels == label).sum())))
            for label in sorted(set(own.labels))
            for rows in [np.flatnonzero(own.labels == label)]])
        X = np.vstack((old.X, to_unit_height(own.X[rows])))
        labels = np.concatenate((old.labels, own.labels[rows]))
        studies = np.concatenate((old.studies, np.full(len(rows), OWN, object)))
        materials, where = sorted(set(labels)), sorted(set(studies))
        table = Table.from_numpy(
            Domain([ContinuousVariable(name_of(w)) for w in model.wavenumbers],
                   DiscreteVariable("material", materials), [DiscreteVariable("study", where)]),
            X.astype(float), np.array([materials.index(label) for label in labels], float),
            np.array([[where.index(study)] for study in studies], float))
        values = [model.domain.class_var.values[c] for c in model.used]
        parts = [components_of(value) for value in values]
        blends = [own for own in parts if len(own) > 1]
        self.stream = MixtureSource(
            table, max(map(len, parts)), model.training.get("smallest", SMALLEST), seed, blends,
            model.training.get("pure share") if blends else None)
        self.classes = np.array([parts.index(components_of(v)) for v in self.stream.values])
        n, beyond = len(self.classes), len(self.stream.holds) - len(self.classes)
        #: Class of the model for each kind of spectrum of the stream; larger mixtures follow.
        self.kinds = np.concatenate((self.classes, n + np.arange(beyond)))
        #: Materials of each of these, as the networks learn them.
        self.holds = np.concatenate((self.stream.holds[np.argsort(self.classes)],
                                     self.stream.holds[n:]))
        # All networks see the same draws: drawing takes as long as training on them.
        self._drawn = {}

    def draw(self, number):
        if number not in self._drawn:
            X, which = self.stream.draw(number, max(_PER_EPOCH, 20 * len(self.classes)))
            self._drawn[number] = X, self.kinds[which]
        return self._drawn[number]


def _source(model, own, seed):
    lacking = _learnt(model) - set(_references(model).labels) - set(own.labels)
    if lacking:
        raise ValueError(f"This model keeps no pure spectra of {', '.join(sorted(lacking))}, "
                         "which it would forget; it cannot adapt.")
    return _Source(model, own, seed)


def _tuned(model, network, source, seed, epochs, callback):
    """The network, trained on."""
    from orangecontrib.microplastics.nn import training
    X, y = source.draw(0)
    config = TrainingConfig(epochs=epochs, learning_rate=_RATE, augmentation=None, seed=seed)
    return training.fit(X, y, model.wavenumbers, network.config, config,
                        redraw=source.draw, start=network, holds=source.holds,
                        callback=callback).network


def _adapted(model, networks, source, own, seed):
    """The model with other networks, own spectra among its references, and a new acceptance."""
    adapted = model.with_networks(networks)
    X, y = source.draw(_EPOCHS + 1)
    X, y = X[y < len(source.classes)], y[y < len(source.classes)]
    usual = model.acceptance.usual.copy()
    for i, c in enumerate(model.used):
        name = model.domain.class_var.values[c]
        rows = np.isin(own.labels, components_of(name)) & (not is_combination(name))
        if rows.any():
            usual[i] = lowered(usual[i], own.X[rows], model.seen)
    measured = np.where(model.needed | ~model.seen, 1., 0.)
    _, adapted.acceptance = calibrated(networks, X, y, model.wavenumbers, measured, usual, seed)
    adapted.references = model.references.joined(own.X, list(own.labels), list(own.names),
                                                 [OWN] * len(own.X))
    adapted.quality = fraction_quality(adapted, seed)
    adapted.training = {**model.training, "own spectra": len(own.X)}
    return adapted


def _aside(own, seed):
    """Own spectra to measure the gain on: a third of each material with three or more."""
    aside = np.zeros(len(own.X), bool)
    if len(own.X) < 2 * FEWEST:
        return aside
    rng = np.random.default_rng(seed)
    for label in sorted(set(own.labels)):
        rows = np.flatnonzero(own.labels == label)
        aside[rng.permutation(rows)[:int(len(rows) * _ASIDE)]] = True
    return aside


def _right(model, networks, spectra):
    """Share of spectra whose class is their label, by these networks of the model."""
    from orangecontrib.microplastics.nn import prediction
    names = names_in(spectra.labels, model.domain.class_var.values)
    named = np.array(names, object)[model.used]
    learnt = np.isin(spectra.labels, named)
    scores = prediction.class_scores(networks, np.asarray(spectra.X[learnt], np.float32))
    return float((named[scores.mean(axis=0).argmax(axis=1)] == spectra.labels[learnt]).mean())
