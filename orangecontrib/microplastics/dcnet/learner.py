"""DCNet-CBAM as an Orange learner.

torch is loaded when a network is first trained, not with this module: Orange imports
every widget, and therefore this module, when it starts.
"""
from __future__ import annotations

import numpy as np
from Orange.classification import Learner
from Orange.data import DiscreteVariable, Domain, Table

from orangecontrib.microplastics.config import (
    REGIONS,
    SMALLEST,
    STEP,
    Augmentation,
    DCNetConfig,
    TrainingConfig,
)
from orangecontrib.microplastics.dcnet.calibrated import calibrated
from orangecontrib.microplastics.dcnet.known import (
    fraction_quality,
    measured_of,
    references_of,
    usual_of,
)
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.parts import parts_of
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.mixing.recipe import ANY_INSTRUMENT
from orangecontrib.microplastics.mixing.stream import MixtureSource
from orangecontrib.microplastics.spectra.axis import (
    FEWEST_WAVENUMBERS,
    check_unit,
    gap_limit,
    is_uniform,
    rounded,
    spectral_columns,
    uniform_grid,
)
from orangecontrib.microplastics.spectra.preprocess import has_bands, in_float32_range
from orangecontrib.microplastics.spectra.resample import Resample, fill_missing
from orangecontrib.microplastics.spectra.splits import validation_split
from orangecontrib.microplastics.spectra.units import looks_like_transmittance, some_rows
from orangecontrib.microplastics.utils.memory import require

__all__ = ["DCNetLearner", "REGIONS"]

#: If the regions hold fewer grid points than this, the whole axis is used instead.
_FEWEST_IN_REGIONS = 64


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
        Share of channels dropped in training.
    derivative : bool
        Use the first derivative of each spectrum instead of the spectrum.
    second_derivative : bool
        Use the second derivative as well, which separates overlapping bands; only with
        `derivative`.
    compression : float
        Strength of the compression of large input values (asinh), so that weak bands count
        beside strong ones; 0 for none.
    regions : tuple of (float, float), or None
        Wavenumbers (cm-1) that the network uses; None for all.
    step : float
        Spacing in cm-1 of the uniform grid onto which spectra are resampled.
    epochs : int or None
        None chooses by the number of training spectra.
    batch_size : int
        Maximum; smaller in small sets, for up to ten batches per epoch (:func:`.batch_count`).
    learning_rate : float
        For a full batch; reduced in proportion for smaller batches.
    label_smoothing : float
    augmentation : float
        Strength of the random distortions in training, 0 for none. Not used with `mixtures`,
        whose spectra are already distorted.
    balance : bool
        Give all classes the same total weight.
    validation : float
        Share of the data set aside to choose the best epoch and calibrate; 0 for none.
    group_by : str
        Name of the meta that identifies sources, which are not divided between training and
        validation. Ignored if the data have no such meta.
    networks : int
        Number of networks that are trained and averaged.
    seed : int or None
        None trains differently each time; the model's `training` records the seed.
    device : str
        "auto", "cpu", "cuda" or "mps".
    mixtures : int
        0: train on the spectra themselves. 1: train on spectra of the same classes that are
        drawn anew for each epoch (:mod:`.mixing.stream`), with variations and contaminants as
        on other instruments and samples (half of a class named PVC is plasticised), and with
        equal weights of the studies: better on other instruments, and slightly worse on the
        instrument of the training data. 2 or 3: recognise mixtures of up to this many classes;
        the data are pure spectra, mixtures are drawn from them in the same way, and the model's
        class is the combination, "PE + PP". Besides, the presence of each material is learnt, in
        mixtures with one component more as well. The class variable keeps its name, so that single
        materials map onto the values in the data.
    smallest : float
        Smallest fraction of a component in these mixtures.
    blends : sequence of sequence of str, optional
        The mixtures to learn, as names of their components; by default all.
    pure_share : float, optional
        Share of single materials among the training spectra; by default each is as frequent as
        each mixture (:class:`.mixing.recipe.Mixing`).
    thorough : bool
        Train three times as long, unless `epochs` are given: for small parts of mixtures
        (``benchmarks/NOTES.md``).
    preprocessors : sequence of Preprocess, optional
        Applied to the spectra on the uniform grid, before the network.
    """
    __returns__ = DCNetModel
    supports_weights = True

    def __init__(self, kernels=DCNetConfig.kernels, widths=DCNetConfig.widths,
                 stride=DCNetConfig.stride, attention=DCNetConfig.attention,
                 dropout=DCNetConfig.dropout, derivative=DCNetConfig.derivative,
                 second_derivative=DCNetConfig.second_derivative,
                 compression=DCNetConfig.compression, regions=REGIONS, step=STEP,
                 epochs=TrainingConfig.epochs, batch_size=TrainingConfig.batch_size,
                 learning_rate=TrainingConfig.learning_rate,
                 label_smoothing=TrainingConfig.label_smoothing, augmentation=1.0,
                 balance=TrainingConfig.balance, validation=0.0, group_by="source", networks=1,
                 seed=TrainingConfig.seed, device=TrainingConfig.device, mixtures=0,
                 smallest=SMALLEST, blends=None, pure_share=None,
                 thorough=TrainingConfig.thorough, preprocessors=None):
        arguments = vars()
        super().__init__(preprocessors=preprocessors)
        self.params = {name: arguments[name] for name in arguments
                       if name not in ("self", "__class__", "preprocessors")}
        # Also as attributes, for `repr` and for the methods below.
        vars(self).update(self.params)

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
            return ("Spectra can be varied and mixed only as measured absorbance: disconnect "
                    "the preprocessor, learn the spectra as they are, or mix and preprocess "
                    "before (Mix Spectra).")
        try:
            _, axis = spectral_columns(domain)
            check_unit(axis)
            grid = uniform_grid(axis[0], axis[-1], self.step)
            if len(axis) < FEWEST_WAVENUMBERS or len(grid) < 2:
                return (f"{len(axis)} wavenumbers from {rounded(axis[0])} to "
                        f"{rounded(axis[-1])} cm-1 are too few; at least "
                        f"{FEWEST_WAVENUMBERS} are needed, over more than {self.step:g} cm-1.")
            if not self.preprocessors:
                self.network_config(grid, 2)
        except ValueError as ex:
            return str(ex)
        return None

    def network_config(self, grid: np.ndarray, n_classes: int,
                       n_components: int = 0) -> DCNetConfig:
        """Return the architecture for spectra on `grid` (cm-1, ascending).

        Raises
        ------
        ValueError
            If the settings do not work for a grid of that length.
        """
        return DCNetConfig(
            len(grid), n_classes, keep=_kept(grid, self.regions), derivative=self.derivative,
            second_derivative=self.second_derivative, compression=self.compression,
            kernels=tuple(self.kernels), widths=tuple(self.widths), stride=self.stride,
            # A stride of 4 or more is enough for the first block.
            pools=(1 if self.stride >= 4 else 2,) + (2,) * (len(self.widths) - 1),
            attention=self.attention, dropout=self.dropout, n_components=n_components)

    def __call__(self, data, progress_callback=None):
        if isinstance(data, Table) and data.is_sparse():
            data = data.to_dense()
        model = super().__call__(data, progress_callback)
        columns, axis = spectral_columns(data.domain)
        some = data.X[some_rows(len(data))][:, columns]
        model.training.update({
            "distance of points": float(np.median(np.diff(axis))),
            "transmittance": looks_like_transmittance(some)})
        return model

    def preprocess(self, data, progress_callback=None):
        """Resample onto the uniform grid, so that any axis is accepted; then apply `preprocessors`.

        Raises
        ------
        ValueError
            If no wavenumbers are left after preprocessing.
        NotEnoughMemory
            (a ValueError) If training would not fit into memory.
        """
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
        """Require memory for a table on the grid per preprocessor, copies in float64, tensors in
        float32, and the intermediate results that a batch keeps for its gradients (measured)."""
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
        X = in_float32_range(fill_missing(X, grid))
        y = np.asarray(data.Y, float)
        rows = np.isfinite(y) & has_bands(X)
        left_out = int((~rows).sum())
        X, y, measured = X[rows], y[rows].astype(int), measured[rows].mean(axis=0)
        used, y = np.unique(y, return_inverse=True)
        if len(used) < 2:
            raise ValueError("Data need spectra of at least two classes to learn from.")
        groups = self._groups(data)
        # One seed for all random choices: validation spectra, mixtures, networks, calibration.
        seed = _fresh_seed() if self.seed is None else self.seed
        held = validation_split(y, self.validation, groups[rows] if groups is not None else None,
                                seed) if self.validation else None
        weights = np.asarray(data.W)[rows] if data.has_weights() else None
        values = data.domain.class_var.values
        training = {"spectra": len(X), "left out": left_out, "seed": seed,
                    "kept aside": int(held.sum()) if held is not None else 0,
                    "classes": {values[c]: int(n)
                                for c, n in zip(used, np.bincount(y), strict=True)}}
        domain, source = data.domain, None
        taken = np.flatnonzero(rows)
        pure = measured_of(data, X, taken)
        aside = np.zeros(len(X), bool) if held is None else held
        if self.mixtures:
            if weights is not None:
                raise ValueError("Weights cannot be used with varied or mixed spectra; remove the "
                                 "weights, learn the spectra as they are, or use Mix Spectra.")
            table = Table.from_numpy(domain, X, used[y], data.metas[rows])
            source, X, y, held = self._first_mixtures(table, held, seed)
            if self.mixtures == 1:
                used = np.array([values.index(name) for name in source.mixer.names])
            else:
                domain = Domain(domain.attributes, painted(DiscreteVariable(
                    domain.class_var.name, values=source.values)), domain.metas)
                used = np.arange(len(source.values))
                training.update({"mixtures": source.n, "smallest": self.smallest,
                                 "pure share": self.pure_share})
        fits = self._fit_networks(X, y, grid, len(used), weights, held, source, seed)
        networks = [f.network for f in fits]
        # Mixtures of no class have taught the networks, and are not needed any more.
        of_class = y < len(used)
        X, y, held = X[of_class], y[of_class], None if held is None else held[of_class]
        seen = networks[0].seen()
        learnt = pure.at(~aside)
        classes = [domain.class_var.values[c] for c in used]
        usual = usual_of(classes, learnt, X, y, grid, seen, measured)
        temperature, acceptance = calibrated(
            networks, X, y, grid, measured, usual, seed, held, weights)
        model = DCNetModel(
            networks, grid, used, [f.history for f in fits], domain,
            resamples_only=not self.preprocessors, acceptance=acceptance,
            references=references_of(learnt, seen, seed, all_single=self.mixtures > 1),
            temperature=temperature,
            needed=seen & (measured >= .5) if seen.any() else seen, training=training)
        model.quality = fraction_quality(model, seed)
        if aside.any():
            model.kept_aside = model.scored(data[taken[aside]], pure.labels[aside])
            if self.mixtures > 1:
                model.parts_aside = parts_of(model, data[taken[aside]], recipe=ANY_INSTRUMENT,
                                             seed=seed)
        return model

    def _first_mixtures(self, pure, held, seed):
        """A source of mixtures; X and y of its first draw; which of these are for validation."""
        learn = pure if held is None else pure[~held]
        chosen = self.mixtures, self.smallest, seed, self.blends, self.pure_share
        source = MixtureSource(learn, *chosen)
        X, y = source.draw(0)
        if held is None:
            return source, X, y, None
        aside = MixtureSource(pure[held], *chosen)
        if aside.values != source.values:
            raise ValueError("Some class has too few sources for validation; train without it, "
                             "or add spectra.")
        n = max(len(source.values), round(self.validation * source.n))
        X_aside, y_aside = aside.draw(0, n)
        return (source, np.concatenate((X, X_aside)), np.concatenate((y, y_aside)),
                np.arange(len(X) + n) >= len(X))

    def _fit_networks(self, X, y, grid, n_classes, weights, held, source, seed):
        entropy = np.random.SeedSequence(seed)
        holds = source.holds if source is not None and self.mixtures > 1 else None
        config = self.network_config(grid, n_classes, 0 if holds is None else holds.shape[1])
        callback = getattr(self, "callback", None)
        from orangecontrib.microplastics.nn import training
        fits = []
        for i, own in enumerate(entropy.generate_state(self.networks)):
            part = callback and _Part(callback, i, self.networks)
            fits.append(training.fit(
                X, y, grid, config, self._training(int(own)),
                weights=weights, held=held, holds=holds, callback=part,
                redraw=source and _redrawn(source, i, part)))
        return fits

    def _training(self, seed):
        return TrainingConfig(
            epochs=self.epochs, thorough=self.thorough, batch_size=self.batch_size,
            learning_rate=self.learning_rate, label_smoothing=self.label_smoothing,
            balance=self.balance,
            augmentation=Augmentation.scaled(self.augmentation)
            if self.augmentation and not self.mixtures else None,
            seed=seed, device=self.device)

    def _groups(self, data):
        try:
            variable = data.domain[self.group_by]
        except KeyError:
            return None
        column = data.get_column(variable)
        # A spectrum without a source is a source of its own.
        texts = np.array([f"{i}: missing" if v in ("", "nan") else v
                          for i, v in enumerate(map(str, column))])
        return np.unique(texts, return_inverse=True)[1]


def _fresh_seed():
    """A seed from the operating system, different for each fit, without any global generator."""
    return int(np.random.SeedSequence().generate_state(1)[0])


class _Part:
    """Converts the progress of network `i` into the progress of all `n` networks."""

    def __init__(self, callback, i, n):
        self.callback, self.i, self.n = callback, i, n
        self.last = None

    def __call__(self, progress):
        self.last = progress._replace(fraction=(self.i + progress.fraction) / self.n)
        self.callback(self.last)

    def again(self, _fraction):
        """Call the callback between two batches, so that it can cancel."""
        self.callback(self.last)


def _redrawn(source, i, part):
    """Return the function that draws new mixtures for an epoch of network `i`."""
    # The number of a draw is different for each network and epoch.
    return lambda epoch: source.draw((i << 20) + epoch, callback=part and part.again)


def _kept(grid, regions):
    """Half-open index ranges of the grid within the regions; empty for the whole grid."""
    if regions is None:
        return ()
    ranges = [(int(np.searchsorted(grid, low)), int(np.searchsorted(grid, high, side="right")))
              for low, high in regions]
    ranges = tuple((a, b) for a, b in sorted(ranges) if b > a)
    if sum(b - a for a, b in ranges) < _FEWEST_IN_REGIONS:
        return ()
    return ranges
