"""DCNet-CBAM as an Orange learner and model.

torch is loaded when a network is first needed, not with this file: Orange imports
every widget, and so this, at its start.
"""
from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from Orange.base import Model as BaseModel
from Orange.classification import Learner, Model
from Orange.data import Domain, Instance, Table
from Orange.data.table import DomainTransformationError
from Orange.util import dummy_callback

from orangecontrib.microplastics.axis import (
    Resample,
    fill_missing,
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
from orangecontrib.microplastics.validation import validation_split

if TYPE_CHECKING:
    from orangecontrib.microplastics.network import DCNet

__all__ = ["DCNetLearner", "DCNetModel", "CoverageWarning", "REGIONS"]

#: What the network sees by default, in cm-1: the fingerprint with the carbonyls, and the C-H
#: stretching bands. What lies between is CO2 and noise, what lies above is moisture; leaving
#: them out raised accuracy on other instruments.
REGIONS = ((0.0, 1850.0), (2700.0, 3100.0))

#: Regions that leave fewer grid points than this are no help: the whole axis is used then.
_FEWEST_IN_REGIONS = 64

#: Share of the wavenumbers that a model sees below which it warns, or refuses to answer.
WARN_COVERAGE, REFUSE_COVERAGE = 0.95, 0.75

#: Rows handled at a time in prediction: bounds memory, costs no speed.
_ROWS = 10_000

_FORMAT = 1


class CoverageWarning(UserWarning):
    """Spectra do not reach all wavenumbers that a model looks at."""


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
    """

    def __init__(self, networks, wavenumbers, used, history, domain, resamples_only):
        super().__init__(domain)
        self.networks = networks
        self.wavenumbers = wavenumbers
        self.used = used
        self.history = history
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

    def __call__(self, data, ret=BaseModel.Value):
        if not isinstance(data, Table) or len(data) <= _ROWS:
            return super().__call__(data, ret)
        parts = [super(DCNetModel, self).__call__(data[start:start + _ROWS], ret)
                 for start in range(0, len(data), _ROWS)]
        if ret == BaseModel.ValueProbs:
            return tuple(np.concatenate(p) for p in zip(*parts, strict=True))
        return np.concatenate(parts)

    def data_to_model_domain(self, data: Table, progress_callback=dummy_callback) -> Table:
        """Spectra on the model's grid.

        Raises
        ------
        DomainTransformationError
            If the data are no spectra or miss too many of the wavenumbers that the
            model looks at.
        """
        progress_callback(0)
        if data.domain == self.domain:
            return data
        self.check_axis(data)
        if self._resamples_only:
            shared = self.domain.attributes[0].compute_value.compute_shared
            data = Table.from_numpy(Domain(self.domain.attributes), shared(data))
        else:
            data = data.transform(self.domain)
        progress_callback(1)
        return data

    def check_axis(self, data: Table):
        """Compare the axis of `data` with the wavenumbers that the model looks at.

        Warns with :class:`CoverageWarning` where some are missing, and raises
        DomainTransformationError where too many are.
        """
        if self._is_derived_from(data.domain):
            return
        try:
            _, axis = spectral_columns(data.domain)
        except ValueError as ex:
            raise DomainTransformationError(str(ex)) from None
        needed = self.wavenumbers[self.seen]
        slack = 1.0 if len(axis) < 2 else np.median(np.diff(axis)) / 2
        covered = (needed >= axis[0] - slack) & (needed <= axis[-1] + slack)
        if covered.mean() >= WARN_COVERAGE:
            return
        missing = needed[~covered]
        text = (f"Spectra from {name_of(axis[0])} to {name_of(axis[-1])} cm-1 cover "
                f"{covered.mean():.0%} of the wavenumbers that the model looks at; missing: "
                f"{_ranges(missing, self.wavenumbers[1] - self.wavenumbers[0])} cm-1.")
        if covered.mean() < REFUSE_COVERAGE:
            raise DomainTransformationError(
                text + " Train a model on the range that both share (Preprocess Spectra: Cut).")
        warnings.warn(text + " Predictions are less certain.", CoverageWarning, stacklevel=3)

    def _is_derived_from(self, domain: Domain) -> bool:
        """Whether the data had the model's preprocessing already."""
        return domain.attributes == self.domain.attributes

    def grid_spectra(self, data: Table) -> np.ndarray:
        """What the networks are fed for `data`: float32, (spectra, wavenumbers).

        Rows without any value are NaN; other missing values are interpolated.
        """
        table = self.data_to_model_domain(data)
        return fill_missing(np.asarray(table.X, float), self.wavenumbers).astype(np.float32)

    def predict_storage(self, data):
        if isinstance(data, Instance):
            X = np.atleast_2d(np.asarray(data.x, float))
        elif isinstance(data, Table):
            X = np.asarray(data.X, float)
        else:
            raise TypeError(f"Cannot predict {type(data).__name__}.")
        return self._predict(X)

    def predict(self, X):
        return self._predict(np.atleast_2d(np.asarray(X, float)))

    def _predict(self, X):
        if X.shape[1] != len(self.wavenumbers):
            raise ValueError(f"The model takes {len(self.wavenumbers)} wavenumbers, "
                             f"not {X.shape[1]}.")
        X = fill_missing(X, self.wavenumbers)
        usable = np.isfinite(X).all(axis=1)
        n_values = len(self.domain.class_var.values)
        probabilities = np.zeros((len(X), n_values))
        probabilities[~usable] = np.nan
        values = np.full(len(X), np.nan)
        if usable.any():
            training = import_torch_file("training")
            known = training.predict(self.networks, X if usable.all() else X[usable])
            probabilities[np.ix_(usable, self.used)] = known
            values[usable] = self.used[known.argmax(axis=1)]
        return values, probabilities

    def __getstate__(self):
        state = dict(super().__getstate__())
        # The training data are not the model's to carry; widgets may have hung them on it.
        state["original_data"] = None
        state.pop("instances", None)
        state["networks"] = [
            (asdict(net.config), net.weights()) for net in self.networks]
        state["history"] = [[tuple(e) for e in h] for h in self.history]
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
        self.__dict__.update(state)


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
    preprocessors : sequence of Preprocess, optional
        Applied to the spectra on the uniform grid, before the network.
    """
    __returns__ = DCNetModel
    supports_weights = True

    def __init__(self, kernels=(3, 15), widths=(16, 32, 64), stride=2, attention="cbam",
                 dropout=0.3, derivative=True, regions=REGIONS, step=4.0, epochs=None,
                 batch_size=64, learning_rate=4e-3, label_smoothing=0.1, augmentation=1.0,
                 balance=False, validation=0.0, group_by="source", networks=1, seed=0,
                 device="auto", preprocessors=None):
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
        self.params = {name: getattr(self, name) for name in (
            "kernels", "widths", "stride", "attention", "dropout", "derivative", "regions",
            "step", "epochs", "batch_size", "learning_rate", "label_smoothing", "augmentation",
            "balance", "validation", "group_by", "networks", "seed", "device")}

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
        try:
            _, axis = spectral_columns(domain)
            grid = uniform_grid(axis[0], axis[-1], self.step)
            if len(axis) < 2 or len(grid) < 2:
                return (f"{len(axis)} wavenumbers from {name_of(axis[0])} to "
                        f"{name_of(axis[-1])} cm-1 are too few for a grid of "
                        f"{self.step:g} cm-1.")
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
            pools=(2,) * len(self.widths), attention=self.attention, dropout=self.dropout)

    def preprocess(self, data, progress_callback=None):
        """Onto the uniform grid first, so that any axis can follow; then the user's own."""
        data = Resample(self.step)(data)
        if self.preprocessors:
            data = super().preprocess(data, progress_callback)
            try:
                _, axis = spectral_columns(data.domain)
            except ValueError:
                raise ValueError(
                    "After preprocessing, the data have no wavenumbers left; leave out steps "
                    "that replace spectra by other features, such as PCA.") from None
            if not is_uniform(axis) or len(axis) != len(data.domain.attributes):
                data = Resample(self.step)(data)
        return data

    def fit_storage(self, data: Table) -> DCNetModel:
        columns, grid = spectral_columns(data.domain)
        X = fill_missing(np.asarray(data.X[:, columns], float), grid)
        y = np.asarray(data.Y, float)
        rows = np.isfinite(y) & np.isfinite(X).all(axis=1)
        X, y = X[rows], y[rows].astype(int)
        used, y = np.unique(y, return_inverse=True)
        if len(used) < 2:
            raise ValueError("Data need spectra of at least two classes to learn from.")
        groups = self._groups(data)
        held = validation_split(y, self.validation, groups[rows] if groups is not None else None,
                                self.seed or 0) if self.validation else None
        weights = np.asarray(data.W)[rows] if data.has_weights() else None
        fits = self._fit_networks(X, y, grid, len(used), weights, held)
        return DCNetModel(
            [f.network for f in fits], grid, used, [f.history for f in fits], data.domain,
            resamples_only=not self.preprocessors)

    def _fit_networks(self, X, y, grid, n_classes, weights, held):
        entropy = np.random.SeedSequence(self.seed)
        callback = getattr(self, "callback", None)
        training = import_torch_file("training")
        fits = []
        for i, seed in enumerate(entropy.generate_state(self.networks)):
            fits.append(training.fit(
                X, y, grid, self.network_config(grid, n_classes), self._training(int(seed)),
                weights=weights, held=held,
                callback=callback and self._part(callback, i)))
        return fits

    def _part(self, callback, i):
        """Progress of network `i` as progress of them all."""
        return lambda p: callback(p._replace(fraction=(i + p.fraction) / self.networks))

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
