"""DCNet-CBAM as an Orange learner and model.

torch is loaded when a network is first needed, not with this file: Orange imports
every widget, and so this, at its start.
"""
from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from Orange.base import Model as BaseModel
from Orange.classification import Learner, Model
from Orange.data import DiscreteVariable, Domain, Instance, Table
from Orange.data.table import DomainTransformationError
from Orange.util import dummy_callback

from orangecontrib.microplastics import calibration
from orangecontrib.microplastics.acceptance import (
    Acceptance,
    calibrate,
    class_shapes,
    energies,
)
from orangecontrib.microplastics.axis import (
    Resample,
    check_unit,
    covered,
    fill_missing,
    gap_limit,
    is_uniform,
    name_of,
    spectral_columns,
    uniform_grid,
)
from orangecontrib.microplastics.backend import import_torch_file
from orangecontrib.microplastics.configuration import (
    Augmentation,
    DCNetConfig,
    Epoch,
    TrainingConfig,
)
from orangecontrib.microplastics.drawing import MixtureSource
from orangecontrib.microplastics.memory import require
from orangecontrib.microplastics.units import looks_like_transmittance
from orangecontrib.microplastics.validation import has_bands, tame, validation_split

if TYPE_CHECKING:
    from orangecontrib.microplastics.network import DCNet

__all__ = ["DCNetLearner", "DCNetModel", "Answer", "PredictionWarning", "CoverageWarning",
           "ScaleWarning", "ScaleError", "REGIONS"]

#: What the network sees by default, in cm-1: the fingerprint with the carbonyls, and the C-H
#: stretching bands. What lies between is CO2 and noise, what lies above is moisture; leaving
#: them out raised accuracy on other instruments.
REGIONS = ((0.0, 1850.0), (2700.0, 3100.0))

#: Regions that leave fewer grid points than this are no help: the whole axis is used then.
_FEWEST_IN_REGIONS = 64

#: Spectra of fewer points show no band.
_FEWEST_WAVENUMBERS = 16

#: Share of the wavenumbers that a model sees below which it warns, or refuses to answer.
WARN_COVERAGE, REFUSE_COVERAGE = 0.95, 0.75

#: Rows handled at a time in prediction: bounds memory, costs no speed.
_ROWS = 10_000

#: Rows between two looks at whether a prediction was cancelled.
_BATCH = 2048

#: Spectra of a table that are looked at for their unit.
_SAMPLE = 200

#: A correlation below minus this, with none as high, is a spectrum upside down.
_TURNED = 0.5

#: Fewer validation spectra than this do not calibrate the energy.
_FEWEST_HELD = 50

_FORMAT = 1


class PredictionWarning(UserWarning):
    """Something about spectra makes a model's answers less certain, or missing."""


class CoverageWarning(PredictionWarning):
    """Spectra do not reach all wavenumbers that a model looks at."""


class ScaleWarning(PredictionWarning):
    """Spectra may be in another unit than those that a model was trained on."""


class ScaleError(DomainTransformationError):
    """Spectra are in another unit than those that a model was trained on."""


class Answer(NamedTuple):
    """All that a model says of spectra.

    Attributes
    ----------
    values : ndarray, shape (n,)
        Index of the most probable class among the model's own; NaN where the model
        cannot tell anything.
    probabilities : ndarray, shape (n, classes)
    confidence : ndarray, shape (n,)
        Energy-based, 0 to 1: 0.7 is what 95 of 100 known spectra reach.
    correlation : ndarray, shape (n,)
        Of the first derivative with the mean of the predicted class; -1 to 1.
    notes : list of PredictionWarning
    """
    values: np.ndarray
    probabilities: np.ndarray
    confidence: np.ndarray
    correlation: np.ndarray
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
               f"weights; {name_of(self.wavenumbers[0])}-{name_of(self.wavenumbers[-1])} cm-1>"

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
        if ret == BaseModel.ValueProbs and not data.domain.class_vars:
            _refuse_unpredicted(values)
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
            Without, confidence and correlation are missing, which saves time.

        Raises
        ------
        DomainTransformationError
            If the data are no spectra, miss too many wavenumbers, or (:class:`ScaleError`)
            are in another unit.
        """
        n = len(data)
        n_values = len(self.domain.class_var.values)
        values, confidence, correlation = (np.full(n, np.nan) for _ in range(3))
        probabilities = np.full((n, n_values), np.nan)
        notes, partial = self.check(data), 0
        for start in range(0, n, _ROWS):
            progress_callback(start / n)
            rows = slice(start, start + _ROWS)
            X = np.asarray(self.data_to_model_domain(data[rows]).X, float)
            X, usable, short = self._usable(X)
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
                    confidence[at] = self.acceptance.confidence(energies(scores))
                    correlation[at] = self.acceptance.correlations(
                        X[batch], self.seen)[np.arange(len(batch)), best]
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
        return Answer(values, probabilities, confidence, correlation, notes)

    def _usable(self, X):
        """Filled spectra, which of them can be predicted, and how many of these have holes."""
        share = np.ones(len(X))
        if not np.isfinite(X).all():
            reached = np.isfinite(fill_missing(X, self.wavenumbers, self._gap))
            share = reached[:, self.needed].mean(axis=1)
            X = fill_missing(X, self.wavenumbers)
        X = tame(X)
        with np.errstate(invalid="ignore"):
            usable = has_bands(X[:, self.seen]) & (share >= REFUSE_COVERAGE)
        return X, usable, int((usable & (share < WARN_COVERAGE)).sum())

    @property
    def _gap(self):
        """Widest hole that is interpolated, cm-1."""
        return gap_limit(self.wavenumbers[1] - self.wavenumbers[0])

    def _network_scores(self, X):
        return import_torch_file("training").class_scores(self.networks, X)

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
        X, usable, _ = self._usable(X)
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
            self._axis(data)
            shared = self.domain.attributes[0].compute_value.compute_shared
            data = Table.from_numpy(Domain(self.domain.attributes), shared(data))
        else:
            data = data.transform(self.domain)
        progress_callback(1)
        return data

    def grid_spectra(self, data: Table) -> np.ndarray:
        """What the networks are fed for `data`: float32, (spectra, wavenumbers).

        Rows without any value are NaN; other missing values are interpolated. What
        :meth:`check` notes is warned of, and what it raises is raised.
        """
        for note in self.check(data):
            warnings.warn(note, stacklevel=2)
        table = self.data_to_model_domain(data)
        X = tame(fill_missing(np.asarray(table.X, float), self.wavenumbers))
        return X.astype(np.float32)

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

    def check_axis(self, data: Table):
        """Compare the axis of `data` with the wavenumbers that the model looks at.

        Warns with :class:`CoverageWarning` where some are missing, and raises
        DomainTransformationError where too many are.
        """
        if not self._is_derived_from(data.domain):
            for note in self._axis_notes(data):
                warnings.warn(note, stacklevel=3)

    def _is_derived_from(self, domain: Domain) -> bool:
        """Whether the data had the model's preprocessing already."""
        return domain.attributes == self.domain.attributes

    @staticmethod
    def _axis(data):
        try:
            columns, axis = spectral_columns(data.domain)
            check_unit(axis)
        except ValueError as ex:
            raise DomainTransformationError(str(ex)) from None
        return columns, axis

    def _axis_notes(self, data):
        _, axis = self._axis(data)
        needed = self.wavenumbers[self.needed]
        between = np.median(np.diff(axis)) if len(axis) > 1 else 1.0
        trained = self.training.get("distance of points", 0.0)
        if between > max(self._gap, 2.5 * trained):
            raise DomainTransformationError(
                f"The spectra's points are {name_of(round(between, 1))} cm-1 apart, those that the "
                f"model was trained on {name_of(round(trained, 1))} cm-1: bands fall between them.")
        reached = covered(axis, needed, max(self._gap, 1.5 * between), between / 2)
        share = reached.mean()
        if share >= WARN_COVERAGE:
            return []
        missing = _ranges(needed[~reached], self.wavenumbers[1] - self.wavenumbers[0])
        text = (f"Spectra from {name_of(axis[0])} to {name_of(axis[-1])} cm-1 cover "
                f"{share:.0%} of the wavenumbers that the model looks at; missing: "
                f"{missing} cm-1.")
        if share < REFUSE_COVERAGE:
            raise DomainTransformationError(
                text + " Train a model on the range that both share (Preprocess Spectra: Cut).")
        return [CoverageWarning(text + " Predictions are less certain.")]

    def _scale_notes(self, data):
        """Bands that point the other way are another unit's."""
        if not len(data):
            return []
        data = data[::-(-len(data) // _SAMPLE)]
        X, usable, _ = self._usable(np.asarray(self.data_to_model_domain(data).X, float))
        if not usable.any():
            return []
        matches = self.acceptance.correlations(X[usable], self.seen)
        best, worst = matches.max(axis=1), matches.min(axis=1)
        columns, _ = spectral_columns(data.domain)
        dense = data.to_dense() if data.is_sparse() else data
        transmittance = looks_like_transmittance(dense.X[usable][:, columns])
        trained = self.training.get("transmittance", False)
        if np.mean((worst < -_TURNED) & (-worst > best)) > .5:
            known, given = ("transmittance", "absorbance") if trained \
                else ("absorbance", "transmittance or reflectance")
            raise ScaleError(
                f"The bands point the other way than in the spectra that the model was trained "
                f"on: these seem to be {given}, those were {known}. Convert them (Preprocess "
                f"Spectra).")
        if transmittance and not trained and np.median(best) < _TURNED:
            return [ScaleWarning("The spectra look like transmittance, the model was trained on "
                                 "absorbance. If they are, convert them (Preprocess Spectra).")]
        return []

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
        from orangecontrib.microplastics import safefile
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
        from orangecontrib.microplastics import safefile
        held = safefile.read(path)
        network = import_torch_file("network")
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
        state["networks"] = [
            (asdict(net.config), net.weights()) for net in self.networks]
        state["history"] = [[tuple(e) for e in h] for h in self.history]
        state["acceptance"] = tuple(self.acceptance)
        state["format"] = _FORMAT
        return state

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("format", None)
        if version != _FORMAT:
            raise ValueError(
                f"This model was saved in format {version}, this version of "
                f"Orange3-Microplastics reads format {_FORMAT}: update the add-on, or train anew.")
        state["networks"] = [_rebuild(*saved) for saved in state["networks"]]
        state["history"] = [[Epoch(*e) for e in h] for h in state["history"]]
        state["acceptance"] = Acceptance(*state["acceptance"])
        self.__dict__.update(state)


def _refuse_unpredicted(values):
    """Orange's Predictions asks in this way, values and probabilities for data without class,
    and breaks where a value is missing; it shows a ValueError as a message."""
    missing = np.flatnonzero(np.isnan(values))
    if len(missing):
        rows = ", ".join(str(i + 1) for i in missing[:5]) + (" ..." if len(missing) > 5 else "")
        raise ValueError(
            f"{len(missing)} of {len(values)} spectra cannot be predicted (rows {rows}): they are "
            "without bands, or lack too many wavenumbers. Leave them out (Select Rows), or use "
            "Identify Spectra, which predicts the others.")


def _rebuild(config, weights):
    config = {k: _tuples(v) for k, v in config.items()}
    return import_torch_file("network").DCNet.from_weights(DCNetConfig(**config), weights)


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def _ranges(numbers, step):
    """Missing wavenumbers as text: "404-672, 3900"."""
    pieces = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1.5 * step) + 1)
    return ", ".join(name_of(p[0]) if len(p) == 1 else f"{name_of(p[0])}-{name_of(p[-1])}"
                     for p in pieces)


class DCNetLearner(Learner):
    """Dual-branch convolutional network with CBAM attention, for spectra.

    Parameters
    ----------
    kernels : tuple of int
        Odd kernel sizes, one for each branch; one or two branches.
    widths : tuple of int
        Channels of the blocks of each branch.
    stride : int
        Stride of the first convolution.
    attention : str
        "cbam", "channel", "spatial" or "none".
    dropout : float
        Share of pooled features dropped in training.
    derivative : bool
        The network takes the first derivative of each spectrum.
    regions : tuple of (float, float), or None
        Wavenumbers (cm-1) that the network sees; None for all.
    step : float
        Distance in cm-1 of the uniform grid that spectra are put on.
    epochs : int or None
        None chooses by the amount of data.
    batch_size : int
    learning_rate : float
    label_smoothing : float
    augmentation : float
        Strength of the random distortions in training, 0 for none.
    balance : bool
        Each class counts alike.
    validation : float
        Share of the data kept aside to choose the best epoch; 0 for none.
    group_by : str
        Name of the meta that tells sources apart; the validation share takes whole
        sources. Ignored where the data have no such meta.
    networks : int
        Number of networks that are trained and averaged.
    seed : int or None
        None trains differently each time.
    device : str
        "auto", "cpu", "cuda" or "mps".
    mixtures : int
        0 learns the classes as they are. 2 or 3 learns to recognise mixtures of up to so
        many of them: the data are pure spectra, mixtures are drawn from them anew for each
        epoch (:mod:`.drawing`), and the model's class is the combination, "PE + PP". The
        class keeps its name, so that single materials map onto the data's own.
    smallest : float
        Smallest fraction of a component in these mixtures.
    preprocessors : sequence of Preprocess, optional
        Applied to the spectra on the uniform grid, before the network.
    """
    __returns__ = DCNetModel
    supports_weights = True

    def __init__(self, kernels=(3, 15), widths=(16, 32, 64), stride=4, attention="cbam",
                 dropout=0.2, derivative=True, regions=REGIONS, step=4.0, epochs=None,
                 batch_size=128, learning_rate=8e-3, label_smoothing=0.1, augmentation=1.0,
                 balance=False, validation=0.0, group_by="source", networks=1, seed=0,
                 device="auto", mixtures=0, smallest=0.1, preprocessors=None):
        super().__init__(preprocessors=preprocessors)
        self.kernels = kernels
        self.widths = widths
        self.stride = stride
        self.attention = attention
        self.dropout = dropout
        self.derivative = derivative
        self.regions = regions
        self.step = step
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.label_smoothing = label_smoothing
        self.augmentation = augmentation
        self.balance = balance
        self.validation = validation
        self.group_by = group_by
        self.networks = networks
        self.seed = seed
        self.device = device
        self.mixtures = mixtures
        self.smallest = smallest
        self.params = {name: getattr(self, name) for name in (
            "kernels", "widths", "stride", "attention", "dropout", "derivative", "regions",
            "step", "epochs", "batch_size", "learning_rate", "label_smoothing", "augmentation",
            "balance", "validation", "group_by", "networks", "seed", "device", "mixtures",
            "smallest")}

    @property
    def fitted_parameters(self):
        return [self.FittedParameter("epochs", "Epochs", int, 1, None),
                self.FittedParameter("batch_size", "Batch size", int, 2, None),
                self.FittedParameter("networks", "Networks", int, 1, 5)]

    def incompatibility_reason(self, domain):
        if len(domain.class_vars) > 1:
            return "Data have several target variables; choose one (Select Columns)."
        if not domain.has_discrete_class:
            return "Data need a categorical target variable (Select Columns)."
        if self.mixtures and self.preprocessors:
            return ("Mixtures are learnt from absorbance as it was measured: disconnect the "
                    "preprocessor, or mix and preprocess before (Mix Spectra).")
        try:
            _, axis = spectral_columns(domain)
            check_unit(axis)
            grid = uniform_grid(axis[0], axis[-1], self.step)
            if len(axis) < _FEWEST_WAVENUMBERS or len(grid) < 2:
                return (f"{len(axis)} wavenumbers from {name_of(axis[0])} to "
                        f"{name_of(axis[-1])} cm-1 are too few; it takes at least "
                        f"{_FEWEST_WAVENUMBERS}, and a range wider than {self.step:g} cm-1.")
            if not self.preprocessors:
                self.network_config(grid, 2)
        except ValueError as ex:
            return str(ex)
        return None

    def network_config(self, grid: np.ndarray, n_classes: int) -> DCNetConfig:
        """Architecture for spectra on `grid` (cm-1, ascending).

        Raises
        ------
        ValueError
            If the settings do not work for a grid of that length.
        """
        return DCNetConfig(
            len(grid), n_classes, keep=_kept(grid, self.regions), derivative=self.derivative,
            kernels=tuple(self.kernels), widths=tuple(self.widths), stride=self.stride,
            # A coarse stride has done the first block's pooling.
            pools=(1 if self.stride >= 4 else 2,) + (2,) * (len(self.widths) - 1),
            attention=self.attention, dropout=self.dropout)

    def __call__(self, data, progress_callback=None):
        if isinstance(data, Table) and data.is_sparse():
            data = data.to_dense()
        model = super().__call__(data, progress_callback)
        columns, axis = spectral_columns(data.domain)
        some = data.X[::-(-len(data) // _SAMPLE)][:, columns]
        model.training.update({
            "distance of points": float(np.median(np.diff(axis))),
            "transmittance": looks_like_transmittance(some)})
        return model

    def preprocess(self, data, progress_callback=None):
        """Onto the uniform grid first, so that any axis can follow; then the user's own."""
        self._require_memory(data)
        data = Resample(self.step, gap=gap_limit(self.step))(data)
        if self.preprocessors:
            data = super().preprocess(data, progress_callback)
            try:
                _, axis = spectral_columns(data.domain)
            except ValueError:
                raise ValueError(
                    "After preprocessing, the data have no wavenumbers left; leave out steps "
                    "that replace spectra by other features, such as PCA.") from None
            if not is_uniform(axis) or len(axis) != len(data.domain.attributes):
                data = Resample(self.step, gap=gap_limit(self.step))(data)
        return data

    def _require_memory(self, data):
        """Tables of the grid's length for each preprocessor, copies in float64, tensors in
        float32, and what a batch leaves for its gradients (measured)."""
        _, axis = spectral_columns(data.domain)
        points = len(uniform_grid(axis[0], axis[-1], self.step))
        batch = min(self.batch_size, len(data)) * points * sum(self.widths) * 16
        require(len(data) * points * 8 * (3 + len(self.preprocessors)) + batch,
                f"Training on {len(data):,} spectra of {points:,} points",
                "use fewer spectra (Data Sampler), a coarser grid or a smaller batch")

    def fit_storage(self, data: Table) -> DCNetModel:
        columns, grid = spectral_columns(data.domain)
        X = np.asarray(data.X[:, columns], float)
        measured = np.isfinite(fill_missing(X, grid, gap_limit(grid[1] - grid[0])))
        X = tame(fill_missing(X, grid))
        y = np.asarray(data.Y, float)
        rows = np.isfinite(y) & has_bands(X)
        left_out = int((~rows).sum())
        X, y, measured = X[rows], y[rows].astype(int), measured[rows].mean(axis=0)
        used, y = np.unique(y, return_inverse=True)
        if len(used) < 2:
            raise ValueError("Data need spectra of at least two classes to learn from.")
        groups = self._groups(data)
        held = validation_split(y, self.validation, groups[rows] if groups is not None else None,
                                self.seed or 0) if self.validation else None
        weights = np.asarray(data.W)[rows] if data.has_weights() else None
        values = data.domain.class_var.values
        training = {"spectra": len(X), "left out": left_out,
                    "kept aside": int(held.sum()) if held is not None else 0,
                    "classes": {values[c]: int(n)
                                for c, n in zip(used, np.bincount(y), strict=True)}}
        domain, source = data.domain, None
        if self.mixtures:
            if weights is not None:
                raise ValueError("Mixtures cannot be learnt from weighted data; take the weights "
                                 "away, or use Mix Spectra.")
            pure = Table.from_numpy(domain, X, used[y], data.metas[rows])
            source, X, y, held = self._first_mixtures(pure, held)
            domain = Domain(domain.attributes, DiscreteVariable(
                domain.class_var.name, values=source.values), domain.metas)
            used = np.arange(len(source.values))
            training["mixtures"] = source.n
        fits = self._fit_networks(X, y, grid, len(used), weights, held, source)
        networks = [f.network for f in fits]
        seen = networks[0].seen()
        temperature, acceptance = self._calibrate(networks, X, y, grid, seen, weights, held)
        return DCNetModel(
            networks, grid, used, [f.history for f in fits], domain,
            resamples_only=not self.preprocessors, acceptance=acceptance,
            temperature=temperature, needed=seen & (measured >= .5) if seen.any() else seen,
            training=training)

    def _first_mixtures(self, pure, held):
        """A source of mixtures, the first of them, and which are of sources kept aside."""
        learn = pure if held is None else pure[~held]
        source = MixtureSource(learn, self.mixtures, self.smallest, self.seed or 0)
        X, y = source.draw(0)
        if held is None:
            return source, X, y, None
        aside = MixtureSource(pure[held], self.mixtures, self.smallest, self.seed or 0)
        if aside.values != source.values:
            raise ValueError("Some class has too few sources to keep any aside; train without "
                             "validation, or add spectra of it.")
        n = max(len(source.values), round(self.validation * source.n))
        X_aside, y_aside = aside.draw(0, n)
        return (source, np.concatenate((X, X_aside)), np.concatenate((y, y_aside)),
                np.arange(len(X) + n) >= len(X))

    def _calibrate(self, networks, X, y, grid, seen, weights, held):
        """Temperature and acceptance: from the spectra kept aside where there are enough."""
        temperature, known = 1.0, np.ones(len(X), bool)
        if held is not None and held.any():
            scores = import_torch_file("training").class_scores(networks, X[held])
            temperature = calibration.fit_temperature(
                scores, y[held], None if weights is None else weights[held])
            if held.sum() >= _FEWEST_HELD:
                known = held
        scores = import_torch_file("typical").typical_scores(
            networks, X[known], grid, self.seed or 0)
        return temperature, calibrate(class_shapes(X, y, seen, weights), energies(scores))

    def _fit_networks(self, X, y, grid, n_classes, weights, held, source):
        entropy = np.random.SeedSequence(self.seed)
        callback = getattr(self, "callback", None)
        training = import_torch_file("training")
        fits = []
        for i, seed in enumerate(entropy.generate_state(self.networks)):
            part = callback and _Part(callback, i, self.networks)
            fits.append(training.fit(
                X, y, grid, self.network_config(grid, n_classes), self._training(int(seed)),
                weights=weights, held=held, callback=part,
                redraw=source and _redrawn(source, i, part)))
        return fits

    def _training(self, seed):
        return TrainingConfig(
            epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate,
            label_smoothing=self.label_smoothing, balance=self.balance,
            augmentation=Augmentation.scaled(self.augmentation) if self.augmentation else None,
            seed=seed, device=self.device)

    def _groups(self, data):
        try:
            variable = data.domain[self.group_by]
        except KeyError:
            return None
        column = data.get_column(variable)
        # A missing source is a source of its own.
        texts = np.array([f"{i}: missing" if v in ("", "nan") else v
                          for i, v in enumerate(map(str, column))])
        return np.unique(texts, return_inverse=True)[1]


class _Part:
    """Progress of network `i` of several as progress of them all."""

    def __init__(self, callback, i, n):
        self.callback, self.i, self.n = callback, i, n
        self.last = None

    def __call__(self, progress):
        self.last = progress._replace(fraction=(self.i + progress.fraction) / self.n)
        self.callback(self.last)

    def again(self, _fraction):
        """A chance to cancel between two batches."""
        self.callback(self.last)


def _redrawn(source, i, part):
    """What gives network `i` new mixtures for an epoch."""
    # No two draws of all networks and epochs are the same.
    return lambda epoch: source.draw((i << 20) + epoch, callback=part and part.again)


def _kept(grid, regions):
    """Half-open index ranges of the grid that lie in the regions; empty for all of it."""
    if regions is None:
        return ()
    ranges = [(int(np.searchsorted(grid, low)), int(np.searchsorted(grid, high, side="right")))
              for low, high in regions]
    ranges = tuple((a, b) for a, b in sorted(ranges) if b > a)
    if sum(b - a for a, b in ranges) < _FEWEST_IN_REGIONS:
        return ()
    return ranges
