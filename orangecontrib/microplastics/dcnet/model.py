"""A trained DCNet-CBAM as an Orange model.

torch is loaded when a network is first needed, not with this file.
"""
from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from Orange.base import Model as BaseModel
from Orange.classification import Model
from Orange.data import Domain, Instance, Table
from Orange.util import dummy_callback

from orangecontrib.microplastics.confidence import calibration
from orangecontrib.microplastics.confidence.acceptance import (
    Acceptance,
    energies,
)
from orangecontrib.microplastics.confidence.residual_bands import Expected
from orangecontrib.microplastics.config import (
    DCNetConfig,
    Epoch,
)
from orangecontrib.microplastics.dcnet.compatibility import (
    REFUSE_COVERAGE,
    WARN_COVERAGE,
    CoverageWarning,
    PredictionWarning,
    axis_notes,
    scale_notes,
    spectral_axis,
)
from orangecontrib.microplastics.spectra.axis import (
    gap_limit,
    told,
)
from orangecontrib.microplastics.spectra.preprocess import has_bands, tame
from orangecontrib.microplastics.spectra.resample import fill_missing
from orangecontrib.microplastics.spectra.units import looks_like_transmittance, some_rows
from orangecontrib.microplastics.utils.memory import require

if TYPE_CHECKING:
    from orangecontrib.microplastics.nn.network import DCNet

__all__ = ["DCNetModel", "Answer"]

#: Rows handled at a time in prediction: bounds memory, costs no speed.
_ROWS = 10_000

#: Rows between two looks at whether a prediction was cancelled.
_BATCH = 2048

_FORMAT = 3


class Answer(NamedTuple):
    """All that a model says of spectra.

    Attributes
    ----------
    values : ndarray, shape (n,)
        Index of the most probable class among the model's own; NaN where the model
        cannot tell anything.
    probabilities : ndarray, shape (n, classes)
    confidence : ndarray, shape (n,)
        Energy-based, 0 to 1: 0.7 is what 95 of 100 known spectra of the class reach.
    correlation : ndarray, shape (n,)
        Of the first derivative with the mean of the predicted class; -1 to 1.
    explained : ndarray, shape (n,)
        Whether the predicted class has all of the spectrum's bands, 0 to 1
        (:meth:`.Acceptance.explained`).
    band, height : ndarray, shape (n,)
        Place (cm-1) of the strongest band that it has not, and its height over the spectrum's
        whole height.
    notes : list of PredictionWarning
    """
    values: np.ndarray
    probabilities: np.ndarray
    confidence: np.ndarray
    correlation: np.ndarray
    explained: np.ndarray
    band: np.ndarray
    height: np.ndarray
    notes: list[PredictionWarning]


class DCNetModel(Model):
    """Trained DCNet-CBAM; answers for spectra on any wavenumber axis that covers its own.

    Attributes
    ----------
    networks : list of DCNet
        Averaged in predictions; on the CPU, in evaluation mode.
    wavenumbers : ndarray
        The networks' uniform grid, cm-1, ascending.
    used : ndarray of int
        The class values that occurred in training, in the order of the networks' outputs.
    history : list of list of Epoch
        Training of each network.
    acceptance : Acceptance
        Tells known from unknown spectra.
    temperature : float
        Class scores are divided by it before they become probabilities.
    needed : ndarray of bool
        The wavenumbers that spectra must have: those that the networks look at and that
        half of the training spectra had.
    training : dict
        What the model was trained on, in plain values: numbers of spectra, of those left out,
        the distance of points (cm-1), whether they looked like transmittance.
    """

    def __init__(self, networks, wavenumbers, used, history, domain, resamples_only, acceptance,
                 temperature=1.0, needed=None, training=None):
        super().__init__(domain)
        self.networks = networks
        self.wavenumbers = wavenumbers
        self.used = used
        self.history = history
        self.acceptance = acceptance
        self.temperature = temperature
        self.needed = self.seen if needed is None else needed
        self.training = training or {}
        # With no preprocessors in between, spectra go to the grid without a Table on the way.
        self._resamples_only = resamples_only

    @property
    def network(self) -> DCNet:
        """The first network."""
        return self.networks[0]

    def __repr__(self):
        classes = ", ".join(self.domain.class_var.values)
        return f"<DCNetModel: {classes}; {len(self.networks)} x {self.network.n_parameters} " \
               f"weights; {told(self.wavenumbers[0])}-{told(self.wavenumbers[-1])} cm-1>"

    @property
    def seen(self) -> np.ndarray:
        """Which of `wavenumbers` the networks look at, bool."""
        return self.network.seen()

    # ------------------------------------------------------------- prediction

    def __call__(self, data, ret=BaseModel.Value):
        single = isinstance(data, Instance) and not isinstance(data, Table)
        if single:
            data = Table.from_list(data.domain, [data])
        if not isinstance(data, Table):
            return super().__call__(data, ret)
        if not 0 <= ret <= 2:
            raise ValueError("invalid value of argument 'ret'")
        backmappers, n_values = self.get_backmappers(data)
        answer = self.answer(data, acceptance=False)
        for note in answer.notes:
            warnings.warn(note, stacklevel=2)
        values, probabilities = self._in_terms_of(data, answer, backmappers, n_values)
        if ret == BaseModel.ValueProbs:
            _refuse_unpredicted(values, data)
        if single:
            values, probabilities = values[0], probabilities[0]
        if ret == BaseModel.Value:
            return values
        return probabilities if ret == BaseModel.Probs else (values, probabilities)

    def _in_terms_of(self, data, answer, backmappers, n_values):
        """Values and probabilities of the data's own class variable, where it has one."""
        if backmappers is None or backmappers[0] is None:
            return answer.values, answer.probabilities
        with np.errstate(invalid="ignore"):
            probabilities = self.backmap_probs(answer.probabilities, n_values, backmappers)
        values = self.backmap_value(answer.values.copy(), probabilities, n_values, backmappers)
        unknown = np.isnan(answer.values)
        values[unknown] = probabilities[unknown] = np.nan
        lacking = np.isnan(backmappers[0](answer.values)) & ~unknown
        if lacking.any():
            names = self.domain.class_var.values
            named = sorted({names[int(v)] for v in answer.values[lacking]})
            warnings.warn(PredictionWarning(
                f"{lacking.sum()} spectra look most like {', '.join(named)}, which the data's "
                f"{data.domain.class_var.name} has no value for; they get the most probable of "
                "its values."), stacklevel=3)
        return values, probabilities

    def answer(self, data: Table, progress_callback=dummy_callback, acceptance=True) -> Answer:
        """What the model says of spectra, and how far that is to be trusted.

        Parameters
        ----------
        data : Table
        progress_callback : callable, optional
            Gets the fraction done; it may raise to cancel.
        acceptance : bool
            Without, only values and probabilities are there, which saves time.

        Raises
        ------
        DomainTransformationError
            If the data are no spectra, miss too many wavenumbers, or (:class:`ScaleError`)
            are in another unit.
        NotEnoughMemory
            (a ValueError) If the answers would not fit.
        """
        self._require_memory(data)
        n = len(data)
        n_values = len(self.domain.class_var.values)
        values, confidence, correlation, explained, band, height = np.full((6, n), np.nan)
        probabilities = np.full((n, n_values), np.nan)
        notes, partial = self.check(data), 0
        for start in range(0, n, _ROWS):
            progress_callback(start / n)
            rows = slice(start, start + _ROWS)
            X = np.asarray(self.data_to_model_domain(data[rows]).X, float)
            X, usable, short, measured = self._usable(X)
            partial += short
            known = np.flatnonzero(usable)
            for batch in np.array_split(known, -(-len(known) // _BATCH)) if len(known) else ():
                progress_callback((start + batch[0]) / n)
                scores = self._network_scores(X[batch])
                chances = calibration.mean_probabilities(scores, self.temperature)
                best = chances.argmax(axis=1)
                at = start + batch
                probabilities[at] = 0
                probabilities[np.ix_(at, self.used)] = chances
                values[at] = self.used[best]
                if acceptance:
                    confidence[at] = self.acceptance.confidence(energies(scores), best)
                    correlation[at] = self.acceptance.correlations(
                        X[batch], self.seen)[np.arange(len(batch)), best]
                    explained[at], found = self.acceptance.explained(
                        X[batch], best, self.wavenumbers, self.seen,
                        None if measured is None else measured[batch])
                    band[at], height[at] = found.wavenumber, found.height
        missing = int(np.isnan(values).sum())
        if missing:
            notes.append(PredictionWarning(
                f"{missing} of {n} spectra get no prediction: they are without bands, or lack "
                f"more than {1 - REFUSE_COVERAGE:.0%} of the wavenumbers that the model needs."))
        if partial and not any(isinstance(note, CoverageWarning) for note in notes):
            notes.append(CoverageWarning(
                f"{partial} of {n} spectra lack {1 - WARN_COVERAGE:.0%} or more of the "
                "wavenumbers that the model needs; their predictions are less certain."))
        progress_callback(1)
        return Answer(values, probabilities, confidence, correlation, explained, band, height,
                      notes)

    def _require_memory(self, data):
        """Answers, in the model's and the data's classes; copies of a part of the spectra (two
        to three, with preprocessing six: measured); and a batch in the network's layers."""
        n, points = len(data), max(len(self.wavenumbers), len(data.domain.attributes))
        answers = n * (2 * len(self.domain.class_var.values) + 8)
        part = min(n, _ROWS) * points * (3 if self._resamples_only else 6)
        layers = min(n, 512) * len(self.wavenumbers) * sum(self.network.config.widths)
        require(8 * (answers + part) + 4 * layers,
                f"Predicting {n:,} spectra of {points:,} points",
                "predict fewer at a time (Data Sampler)")

    def _usable(self, X):
        """Filled spectra, which of them can be predicted, how many of these have holes, and where
        they were measured (None for everywhere)."""
        share, measured = np.ones(len(X)), None
        if not np.isfinite(X).all():
            measured = np.isfinite(fill_missing(X, self.wavenumbers, self._gap))
            share = measured[:, self.needed].mean(axis=1)
            X = fill_missing(X, self.wavenumbers)
        X = tame(X)
        with np.errstate(invalid="ignore"):
            usable = has_bands(X[:, self.seen]) & (share >= REFUSE_COVERAGE)
        return X, usable, int((usable & (share < WARN_COVERAGE)).sum()), measured

    @property
    def _gap(self):
        """Widest hole that is interpolated, cm-1."""
        return gap_limit(self.wavenumbers[1] - self.wavenumbers[0])

    def _network_scores(self, X):
        from orangecontrib.microplastics.nn import prediction
        # Made ready once; the list is compared, should somebody put other networks in place.
        ready = self.__dict__.get("_ready")
        if ready is None or ready[0] is not self.networks:
            ready = self._ready = (self.networks, prediction.folded(self.networks))
        return prediction.class_scores(ready[1], X)

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Class scores, averaged over the networks: (spectra, classes in use), from spectra
        on the model's grid without missing values."""
        return self._network_scores(np.atleast_2d(X)).mean(axis=0, dtype=float)

    def predict_storage(self, data):
        if isinstance(data, Instance):
            X = np.atleast_2d(np.asarray(data.x, float))
        elif isinstance(data, Table):
            X = np.asarray(data.X, float)
        else:
            raise TypeError(f"Cannot predict {type(data).__name__}.")
        return self.predict(X)

    def predict(self, X):
        """Values and probabilities from spectra on the model's grid."""
        X = np.atleast_2d(np.asarray(X, float))
        if X.shape[1] != len(self.wavenumbers):
            raise ValueError(f"The model takes {len(self.wavenumbers)} wavenumbers, "
                             f"not {X.shape[1]}.")
        X, usable, *_ = self._usable(X)
        values = np.full(len(X), np.nan)
        probabilities = np.full((len(X), len(self.domain.class_var.values)), np.nan)
        if usable.any():
            known = calibration.mean_probabilities(
                self._network_scores(X[usable]), self.temperature)
            probabilities[usable] = 0
            probabilities[np.ix_(usable, self.used)] = known
            values[usable] = self.used[known.argmax(axis=1)]
        return values, probabilities

    # ------------------------------------------------------------ preparation

    def data_to_model_domain(self, data: Table, progress_callback=dummy_callback) -> Table:
        """Spectra on the model's grid; see :meth:`check` for what may be wrong with them."""
        progress_callback(0)
        if data.domain == self.domain:
            return data
        if data.is_sparse():
            data = data.to_dense()
        if self._resamples_only and not self._is_derived_from(data.domain):
            spectral_axis(data)
            shared = self.domain.attributes[0].compute_value.compute_shared
            data = Table.from_numpy(Domain(self.domain.attributes), shared(data))
        else:
            data = data.transform(self.domain)
        progress_callback(1)
        return data

    def grid_spectra(self, data: Table) -> np.ndarray:
        """What the networks are fed for `data`: float32, (spectra, wavenumbers).

        Rows without any value are NaN; other missing values are interpolated. Nothing is
        checked here: which spectra may be answered for is :meth:`answer`'s to say.
        """
        table = self.data_to_model_domain(data)
        return tame(fill_missing(np.asarray(table.X, float), self.wavenumbers)).astype(np.float32)

    def check(self, data: Table) -> list[PredictionWarning]:
        """Look for what would make answers wrong, on the axis and in a sample of spectra.

        Raises
        ------
        DomainTransformationError
            If the data are no spectra, miss too many of the wavenumbers that the model needs,
            or are in another unit (:class:`ScaleError`).
        """
        if self._is_derived_from(data.domain):
            return []
        return [*self._axis_notes(data), *self._scale_notes(data)]

    def _is_derived_from(self, domain: Domain) -> bool:
        """Whether the data had the model's preprocessing already."""
        return domain.attributes == self.domain.attributes

    def _axis_notes(self, data):
        needed = self.wavenumbers[self.needed]
        return axis_notes(spectral_axis(data)[1], needed, self._gap,
                          self.wavenumbers[1] - self.wavenumbers[0],
                          self.training.get("distance of points", 0.0))

    def _scale_notes(self, data):
        """Bands that point the other way are another unit's."""
        if not len(data):
            return []
        data = data[some_rows(len(data))]
        X, usable, *_ = self._usable(np.asarray(self.data_to_model_domain(data).X, float))
        if not usable.any():
            return []
        columns, _ = spectral_axis(data)
        dense = data.to_dense() if data.is_sparse() else data
        return scale_notes(self.acceptance.correlations(X[usable], self.seen),
                           looks_like_transmittance(dense.X[usable][:, columns]),
                           self.training.get("transmittance", False))

    def get_backmappers(self, data):
        """Which value of the data's class each of ours is.

        A model that learnt mixtures from pure spectra keeps the name of their class, while
        Mix Spectra calls its own "mixture"; where all values agree, they mean the same.
        """
        ours, theirs = self.domain.class_var, data.domain.class_var
        if self.training.get("mixtures") and theirs is not None and theirs.is_discrete \
                and theirs.name != ours.name and set(theirs.values) <= set(ours.values):
            return [theirs.get_mapper_from(ours)], [len(theirs.values)]
        return super().get_backmappers(data)

    # ----------------------------------------------------------------- saving

    def save(self, path):
        """Write the model to a file that can run no code when it is loaded.

        Raises
        ------
        ModelFileError
            (a ValueError) If spectra go through other preprocessing than ours; it is named.
        """
        from orangecontrib.microplastics.dcnet import modelfile as safefile
        safefile.write(path, safefile.Contents(
            self.name, [(net.config, net.weights()) for net in self.networks], self.wavenumbers,
            self.used, self.needed, self.history, self.acceptance, self.temperature,
            self.training, self.domain, self.original_domain))

    @classmethod
    def load(cls, path) -> DCNetModel:
        """The model that :meth:`save` wrote.

        Raises
        ------
        ModelFileError
            (a ValueError) If the file is none, is damaged or of a newer format.
        TorchUnavailable
        """
        from orangecontrib.microplastics.dcnet import modelfile as safefile
        held = safefile.read(path)
        from orangecontrib.microplastics.nn import network
        try:
            networks = [network.DCNet.from_weights(*one) for one in held.networks]
        # What torch says of weights that do not fit.
        except (RuntimeError, TypeError) as ex:
            raise safefile.ModelFileError(
                f"{path} describes no model: {str(ex).splitlines()[0]}") from None
        model = cls(networks, held.wavenumbers, held.used, held.history, held.domain, True,
                    held.acceptance, held.temperature, held.needed, held.training)
        model.original_domain = held.original_domain
        model.used_vals = [held.used]
        model.name = held.name
        return model

    def __getstate__(self):
        state = dict(super().__getstate__())
        # The training data are not the model's to carry; widgets may have hung them on it.
        state["original_data"] = None
        state.pop("instances", None)
        state.pop("_ready", None)
        state["networks"] = [
            (asdict(net.config), net.weights()) for net in self.networks]
        state["history"] = [[tuple(e) for e in h] for h in self.history]
        state["acceptance"] = (*self.acceptance[:-1], tuple(self.acceptance.expected))
        state["format"] = _FORMAT
        return state

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("format", None)
        if version != _FORMAT:
            newer = isinstance(version, int) and version > _FORMAT
            raise ValueError(
                f"This model was saved in format {version}, this version of Orange3-Microplastics "
                f"reads format {_FORMAT}: {'update the add-on' if newer else 'train it anew'}.")
        state["networks"] = [_rebuild(*saved) for saved in state["networks"]]
        state["history"] = [[Epoch(*e) for e in h] for h in state["history"]]
        *scale, known = state["acceptance"]
        state["acceptance"] = Acceptance(*scale, Expected(*known))
        self.__dict__.update(state)


def _refuse_unpredicted(values, data):
    """Orange's Predictions and evaluation ask in this way, for values and probabilities at once,
    and are not made for missing ones: Predictions breaks, Test and Score leaves most scores out
    and counts a missing value as another class in the rest. Both show a ValueError as a message."""
    missing = np.flatnonzero(np.isnan(values))
    if not len(missing):
        return
    rows, named = [str(i + 1) for i in missing[:5]], ""
    # In evaluation, data with a class are parts of a table: their rows would mislead.
    if not data.domain.class_vars:
        named = f" (rows {', '.join(rows)}{' ...' if len(missing) > 5 else ''})"
    raise ValueError(
        f"{len(missing)} of {len(values)} spectra cannot be predicted{named}: they are "
        "without bands, or lack too many wavenumbers. Leave them out (Select Rows), or use "
        "Identify Spectra, which predicts the others.")


def _rebuild(config, weights):
    config = {k: _tuples(v) for k, v in config.items()}
    from orangecontrib.microplastics.nn import network
    return network.DCNet.from_weights(DCNetConfig(**config), weights)


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value

