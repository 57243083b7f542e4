"""A trained DCNet-CBAM as an Orange model.

torch is loaded when a network is first needed, not with this module.
"""
from __future__ import annotations

import copy
import json
import warnings
from typing import TYPE_CHECKING

import numpy as np
from Orange.base import Model as BaseModel
from Orange.classification import Model
from Orange.data import DiscreteVariable, Domain, Instance, Table
from Orange.util import dummy_callback

from orangecontrib.microplastics.confidence import calibration
from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.answer import SCORES, Answer
from orangecontrib.microplastics.dcnet.assessment import Assessment, composer
from orangecontrib.microplastics.dcnet.compatibility import (
    REFUSE_COVERAGE,
    WARN_COVERAGE,
    CoverageWarning,
    PredictionWarning,
    SimulatedWarning,
    axis_notes,
    missing_note,
    scale_notes,
    spectral_axis,
)
from orangecontrib.microplastics.dcnet.state import plain, restored
from orangecontrib.microplastics.fractions.calibration import Quality
from orangecontrib.microplastics.fractions.composition import DETECT, Composer
from orangecontrib.microplastics.fractions.risk import PartsAside
from orangecontrib.microplastics.materials.names import components_of, is_combination, names_in
from orangecontrib.microplastics.spectra.axis import gap_limit, rounded
from orangecontrib.microplastics.spectra.preprocess import has_bands, in_float32_range
from orangecontrib.microplastics.spectra.resample import fill_missing
from orangecontrib.microplastics.spectra.units import looks_like_transmittance, some_rows
from orangecontrib.microplastics.utils.memory import require

if TYPE_CHECKING:
    from orangecontrib.microplastics.nn.network import DCNet

__all__ = ["DCNetModel"]

#: Attributes that are computed when they are first needed, and not stored.
_CACHED = ("_ready", "_assessed", "_elsewhere")

#: Rows predicted at a time: limits memory without loss of speed.
_ROWS = 10_000

#: Rows between two checks whether the prediction was cancelled: eight batches of the networks, for
#: as many threads.
_BATCH = 8 * 480


class DCNetModel(Model):
    """Trained DCNet-CBAM; predicts spectra on any wavenumber axis that covers its own.

    Attributes
    ----------
    networks : list of DCNet
        On the CPU, in evaluation mode; their probabilities are averaged.
    wavenumbers : ndarray
        The networks' uniform grid, cm-1, ascending.
    used : ndarray of int
        Indices of the class values that occurred in training, in the order of the networks'
        outputs.
    history : list of list of Epoch
        Training of each network.
    acceptance : Acceptance
        Distinguishes known from unknown spectra.
    temperature : float
        Class scores are divided by it before softmax.
    needed : ndarray of bool
        Wavenumbers that spectra must have: those that the networks use and for which at
        least half of the training spectra have values.
    training : dict
        Facts about the training data as plain values: numbers of spectra used, left out and kept
        aside, the seed, the spacing of points (cm-1), whether they looked like transmittance.
    references : References
        Training spectra of single materials, for library search, drawings and adaptation.
    kept_aside : KeptAside
        Scores of spectra kept aside, from which thresholds with a promise are computed.
    quality : Quality
        How good fractions of mixtures are.
    parts_aside : PartsAside
        Mixtures of spectra kept aside, from which the threshold of further components with a
        promise is computed.
    """

    def __init__(self, networks, wavenumbers, used, history, domain, resamples_only, acceptance,
                 references, temperature=1.0, needed=None, training=None, kept_aside=None,
                 quality=None, parts_aside=None):
        super().__init__(domain)
        self.networks = networks
        self.wavenumbers = wavenumbers
        self.used = used
        self.history = history
        self.acceptance = acceptance
        self.temperature = temperature
        self.needed = self.seen if needed is None else needed
        self.training = training or {}
        self.references = references
        self.kept_aside = kept_aside if kept_aside is not None else KeptAside.nothing()
        n = len(self.components)
        self.quality = quality if quality is not None else Quality.unknown(n)
        self.parts_aside = parts_aside if parts_aside is not None else PartsAside.nothing(n)
        # Without preprocessors, spectra are resampled directly, without an intermediate Table.
        self._resamples_only = resamples_only

    @property
    def preprocesses(self) -> bool:
        """Whether spectra are preprocessed in another way than by resampling."""
        return not self._resamples_only

    @property
    def network(self) -> DCNet:
        """The first network."""
        return self.networks[0]

    def __repr__(self):
        classes = ", ".join(self.domain.class_var.values)
        return f"<DCNetModel: {classes}; {len(self.networks)} x {self.network.n_parameters} " \
               f"weights; {rounded(self.wavenumbers[0])}-{rounded(self.wavenumbers[-1])} cm-1>"

    @property
    def components(self) -> tuple[str, ...]:
        """Single materials that the classes in use consist of, sorted."""
        values = self.domain.class_var.values
        return tuple(sorted({part for c in self.used for part in components_of(values[c])}))

    @property
    def knows_mixtures(self) -> bool:
        """Whether a class in use is a combination of materials."""
        return any(is_combination(self.domain.class_var.values[c]) for c in self.used)

    @property
    def seen(self) -> np.ndarray:
        """Which of `wavenumbers` the networks use; bool, shape (wavenumbers,)."""
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
        """Values and probabilities in terms of the data's class variable, if there is one."""
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
                f"{lacking.sum()} spectra are predicted as {', '.join(named)}, which is not among "
                f"the data's values of {data.domain.class_var.name}; they get the most probable "
                "of those."), stacklevel=3)
        return values, probabilities

    def answer(self, data: Table, progress_callback=dummy_callback, acceptance=True,
               detect: float = DETECT, amounts: bool = True, notes: bool = True) -> Answer:
        """Predict spectra, and score the reliability of each prediction.

        Parameters
        ----------
        data : Table
        progress_callback : callable, optional
            Called with the fraction done; an exception raised in it cancels.
        acceptance : bool
            If False, only values and probabilities are computed, which saves time.
        detect : float
            Probability from which a component is named that is not one of the class.
        amounts : bool
            If False, fractions are not determined, which saves half of the time.
        notes : bool
            If False, unit and axis are not checked and nothing is noted: for parts of data that
            :meth:`check` has seen as a whole.

        Raises
        ------
        DomainTransformationError
            If the data hold no spectra, lack too many wavenumbers, or (:class:`.ScaleError`)
            are in another unit.
        NotEnoughMemory
            (a ValueError) If the predictions would not fit into memory.
        """
        self._require_memory(data)
        n = len(data)
        answer = Answer.nothing(n, len(self.domain.class_var.values), len(self.components),
                                acceptance)
        said, partial = self.check(data) if notes else [], 0
        for start in range(0, n, _ROWS):
            progress_callback(start / n)
            rows = slice(start, start + _ROWS)
            X = np.asarray(self.data_to_model_domain(data[rows]).X, float)
            X, usable, short, measured = self._usable(X)
            partial += short
            known = np.flatnonzero(usable)
            for first in range(0, len(known), _BATCH):
                batch = known[first:first + _BATCH]
                progress_callback((start + batch[0]) / n)
                self._answer_batch(
                    answer, start + batch, X[batch],
                    None if measured is None else measured[batch], acceptance, detect, amounts)
        if notes:
            self._note(said, n, int(np.isnan(answer.values).sum()), partial)
        progress_callback(1)
        return answer._replace(notes=said)

    def _note(self, said, n, missing, partial):
        """Add what the answers for n spectra show."""
        if missing:
            said.append(missing_note(missing, n))
        if partial and not any(isinstance(note, CoverageWarning) for note in said):
            said.append(CoverageWarning(
                f"{partial} of {n} spectra lack more than {1 - WARN_COVERAGE:.0%} of the "
                "wavenumbers that the model needs; their predictions are less certain."))
        if self.training.get("simulated"):
            said.append(SimulatedWarning(
                "This model learnt from simulated spectra only: its answers are for trying "
                "things out, not for results."))

    def _answer_batch(self, answer, at, X, measured, acceptance, detect, amounts):
        """Write the answers for spectra X on the grid into the rows `at` of `answer`."""
        scores, present = self._network_scores(X)
        chances = calibration.mean_probabilities(scores, self.temperature)
        best = chances.argmax(axis=1)
        answer.probabilities[at] = 0
        answer.probabilities[np.ix_(at, self.used)] = chances
        answer.values[at] = self.used[best]
        if acceptance:
            self._assessment(answer, at, X, measured, scores, chances, present, detect, amounts)

    def usable_spectra(self, data: Table) -> tuple[np.ndarray, np.ndarray]:
        """Input of the networks for `data`, as :meth:`grid_spectra`; which of the spectra can be
        predicted, bool, (n,)."""
        X, usable, *_ = self._usable(np.asarray(self.data_to_model_domain(data).X, float))
        return X.astype(np.float32), usable

    def with_networks(self, networks: list[DCNet]) -> DCNetModel:
        """A copy of the model with other networks of the same architecture."""
        other = copy.copy(self)
        for name in _CACHED:
            other.__dict__.pop(name, None)
        other.networks = networks
        # Their scores are those of the old networks.
        other.kept_aside = KeptAside.nothing()
        other.parts_aside = PartsAside.nothing(len(self.components))
        return other

    def scored(self, data: Table, labels: np.ndarray,
               progress_callback=dummy_callback) -> KeptAside:
        """Scores of labelled spectra, for thresholds with a promise.

        Parameters
        ----------
        data : Table
        labels : ndarray of str, shape (n,)
            Names of their classes. Spectra of classes that are not in use, and spectra without
            a prediction, are left out.
        progress_callback : callable, optional

        Raises
        ------
        DomainTransformationError, NotEnoughMemory
            See :meth:`answer`.
        """
        names = np.array([*names_in(labels, self.domain.class_var.values), ""], object)
        rows = np.flatnonzero(np.isin(labels, names[self.used]))
        answer = self.answer(data[rows], progress_callback, amounts=False)
        named = names[np.nan_to_num(answer.values, nan=-1).astype(int)]
        # A mixture that holds the material is not wrong: the light may have seen both.
        return KeptAside.of(answer, [label == name or label in components_of(name)
                                     for label, name in zip(labels[rows], named, strict=True)])

    def of_class(self, answer: Answer) -> np.ndarray:
        """Which components the class of each spectrum holds; bool, (n, components)."""
        values, materials = self.domain.class_var.values, self.components
        holds = np.array([[name in components_of(value) for name in materials]
                          for value in values] + [[False] * len(materials)])
        return holds[np.nan_to_num(answer.values, nan=-1).astype(int)]

    def composer(self, ratio: str = "derivative") -> Composer | None:
        """What determines fractions; None if the model knows single materials only, lacks pure
        spectra of one, or learnt from spectra that are no absorbance. Made anew in each call."""
        return composer(self.components, self.references, self.quality, self.wavenumbers,
                        self.seen, ratio) if self.knows_mixtures else None

    @property
    def _assessment(self) -> Assessment:
        parts = self.acceptance, self.references, self.quality
        # Made once, and again if one of them has been replaced.
        kept = self.__dict__.get("_assessed")
        if kept is None or any(a is not b for a, b in zip(kept[0], parts, strict=True)):
            names = self.domain.class_var.values
            kept = self._assessed = (parts, Assessment(
                [names[c] for c in self.used], *parts, self.wavenumbers, self.seen))
        return kept[1]

    def prepare(self, device: str = "cpu"):
        """Compute what predictions need once, before several threads use the model.

        Parameters
        ----------
        device : str
            Where the networks compute from now on, until the model is stored: "cpu", "cuda", "mps"
            or "auto". Elsewhere than on the CPU, scores differ in the last digits.

        Raises
        ------
        ValueError
            If the device is not known, or not available.
        """
        from orangecontrib.microplastics.nn import devices, prediction
        _ = self.folded_networks, self._assessment
        kind = devices.choose_device(device).type
        self._elsewhere = None if kind == "cpu" else prediction.folded(self.networks, kind)

    def _require_memory(self, data):
        """Require memory for predictions, in the classes of model and data; for copies of part of
        the spectra (two to three, with preprocessing six: measured); for a batch in the layers."""
        n, points = len(data), max(len(self.wavenumbers), len(data.domain.attributes))
        answers = n * (2 * len(self.domain.class_var.values) + SCORES + 3 * len(self.components))
        part = min(n, _ROWS) * points * (3 if self._resamples_only else 6)
        layers = min(n, 512) * len(self.wavenumbers) * sum(self.network.config.widths)
        require(8 * (answers + part) + 4 * layers,
                f"Predicting {n:,} spectra of {points:,} points",
                "predict fewer at a time (Data Sampler)")

    def _usable(self, X):
        """Filled spectra; which can be predicted; how many of these have fewer wavenumbers than
        :data:`.WARN_COVERAGE`; where they were measured (None for everywhere)."""
        share, measured = np.ones(len(X)), None
        if not np.isfinite(X).all():
            measured = np.isfinite(fill_missing(X, self.wavenumbers, self._gap))
            share = measured[:, self.needed].mean(axis=1)
            X = fill_missing(X, self.wavenumbers)
        X = in_float32_range(X)
        with np.errstate(invalid="ignore"):
            usable = has_bands(X[:, self.seen]) & (share >= REFUSE_COVERAGE)
        return X, usable, int((usable & (share < WARN_COVERAGE)).sum()), measured

    @property
    def _gap(self):
        """Widest gap that is interpolated, cm-1."""
        return gap_limit(self.wavenumbers[1] - self.wavenumbers[0])

    @property
    def folded_networks(self) -> list[DCNet]:
        """The networks as :meth:`.DCNet.folded` prepares them for prediction and explanation."""
        from orangecontrib.microplastics.nn import prediction
        # Folded once, and again if `networks` has been replaced by another list.
        ready = self.__dict__.get("_ready")
        if ready is None or ready[0] is not self.networks:
            ready = self._ready = (self.networks, prediction.folded(self.networks))
        return ready[1]

    def _network_scores(self, X):
        from orangecontrib.microplastics.nn import prediction
        return prediction.scores(self.__dict__.get("_elsewhere") or self.folded_networks, X)

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Class scores, averaged over the networks, (spectra, classes in use), of spectra on the
        model's grid without missing values."""
        return self._network_scores(np.atleast_2d(X)).classes.mean(axis=0, dtype=float)

    def predict_storage(self, data):
        if isinstance(data, Instance):
            X = np.atleast_2d(np.asarray(data.x, float))
        elif isinstance(data, Table):
            X = np.asarray(data.X, float)
        else:
            raise TypeError(f"Cannot predict {type(data).__name__}.")
        return self.predict(X)

    def predict(self, X):
        """Return values and probabilities of spectra on the model's grid.

        Raises
        ------
        ValueError
            If the number of wavenumbers is not that of the grid.
        """
        X = np.atleast_2d(np.asarray(X, float))
        if X.shape[1] != len(self.wavenumbers):
            raise ValueError(f"The model takes {len(self.wavenumbers)} wavenumbers, "
                             f"not {X.shape[1]}.")
        X, usable, *_ = self._usable(X)
        values = np.full(len(X), np.nan)
        probabilities = np.full((len(X), len(self.domain.class_var.values)), np.nan)
        if usable.any():
            known = calibration.mean_probabilities(
                self._network_scores(X[usable]).classes, self.temperature)
            probabilities[usable] = 0
            probabilities[np.ix_(usable, self.used)] = known
            values[usable] = self.used[known.argmax(axis=1)]
        return values, probabilities

    def predict_array(self, array, wavenumbers):
        """Probabilities for spectra in an array, also one of Dask or Zarr that is larger than
        memory; see :func:`.arrays.predict_array`."""
        from orangecontrib.microplastics.dcnet import arrays
        return arrays.predict_array(self, array, wavenumbers)

    # ------------------------------------------------------------ preparation

    def data_to_model_domain(self, data: Table, progress_callback=dummy_callback) -> Table:
        """Resample spectra onto the model's grid; :meth:`check` finds problems with them."""
        progress_callback(0)
        if data.domain == self.domain:
            return data
        if data.is_sparse():
            data = data.to_dense()
        if self._resamples_only and not self._is_derived_from(data.domain):
            spectral_axis(data)
            computed = [a.compute_value for a in self.domain.attributes]
            X = computed[0].compute_shared(data)
            index = [c.index for c in computed]
            if index != list(range(X.shape[1])):
                X = X[:, index]
            data = Table.from_numpy(Domain(self.domain.attributes), X)
        else:
            data = data.transform(self.domain)
        progress_callback(1)
        return data

    def grid_spectra(self, data: Table) -> np.ndarray:
        """Input of the networks for `data`: float32, (spectra, wavenumbers).

        Rows without any value are NaN; other missing values are interpolated. This does not
        check which spectra can be predicted: :meth:`answer` does.
        """
        table = self.data_to_model_domain(data)
        X = fill_missing(np.asarray(table.X, float), self.wavenumbers)
        return in_float32_range(X).astype(np.float32)

    def check(self, data: Table) -> list[PredictionWarning]:
        """Check the axis, and a sample of the spectra, for problems that make predictions wrong.

        Raises
        ------
        DomainTransformationError
            If the data hold no spectra, lack too many of the wavenumbers that the model needs,
            or are in another unit (:class:`.ScaleError`).
        """
        if self._is_derived_from(data.domain):
            return []
        return [*self._axis_notes(data), *self._scale_notes(data)]

    def _is_derived_from(self, domain: Domain) -> bool:
        """Whether the data have already been preprocessed for this model."""
        return domain.attributes == self.domain.attributes

    def _axis_notes(self, data):
        needed = self.wavenumbers[self.needed]
        return axis_notes(spectral_axis(data)[1], needed, self._gap,
                          self.wavenumbers[1] - self.wavenumbers[0],
                          self.training.get("distance of points", 0.0))

    def _scale_notes(self, data):
        """Check the unit in a sample of spectra: inverted bands mean another unit."""
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
        """Return the mapping from the model's class values to those of the data.

        A model that learnt mixtures from pure spectra keeps the name of their class variable,
        while Mix Spectra names its own "mixture". If all values of the data are values of the
        model, the two variables are taken as the same. Single materials are found without the
        brackets that a combination's name puts around some of them.
        """
        ours, theirs = self.domain.class_var, data.domain.class_var
        if self.training.get("mixtures") and theirs is not None and theirs.is_discrete \
                and ours is not theirs:
            names = names_in(theirs.values, ours.values)
            if theirs == ours or set(theirs.values) <= set(names):
                mapper = theirs.get_mapper_from(DiscreteVariable(ours.name, values=names))
                return [mapper], [len(theirs.values)]
        return super().get_backmappers(data)

    # ----------------------------------------------------------------- saving

    def save(self, path):
        """Write the model to a file that cannot run code when it is loaded.

        Raises
        ------
        ModelFileError
            (a ValueError) If the file cannot be written, or the model has preprocessing other
            than resampling; the message names it.
        """
        from orangecontrib.microplastics.dcnet import modelfile
        modelfile.write(path, modelfile.Contents(
            self.name, [(net.config, net.weights()) for net in self.networks], self.wavenumbers,
            self.used, self.needed, self.history, self.acceptance, self.references, self.kept_aside,
            self.quality, self.parts_aside, self.temperature, self.training, self.domain,
            self.original_domain))

    def to_onnx(self, path):
        """Write the networks to an ONNX file, which other programs run without this package.

        Input "absorbance": float32, (n, wavenumbers), on :attr:`wavenumbers`, without missing
        values; derivatives and normalisation are in the graph. Output "probabilities": float32,
        (n, classes in use), as :meth:`predict` computes them. Output "presence", if the networks
        score materials one by one: float32, (n, components), the networks' mean probability that
        each is there. Metadata, as text: "wavenumbers" (cm-1), "classes" and "components" (lists
        in JSON, in the order of the outputs), "temperature", "name", "version" and "unit".

        What else the model does is not in the file: resampling, refusal of spectra that are
        constant or lack wavenumbers, acceptance, fractions.

        Raises
        ------
        ModelFileError
            (a ValueError) If the file cannot be written, or the model has preprocessing other
            than resampling; the message names it.
        ValueError
            If the package onnx is not installed.
        """
        from orangecontrib.microplastics.dcnet import modelfile
        modelfile.require_resampling_only(self.domain)
        from orangecontrib.microplastics.nn import onnx_export
        values = self.domain.class_var.values
        unit = "transmittance" if self.training.get("transmittance") else "absorbance"
        modelfile.put(path, onnx_export.exported(self.folded_networks, self.temperature, {
            "wavenumbers": json.dumps(self.wavenumbers.tolist()),
            "classes": json.dumps([values[c] for c in self.used]),
            "components": json.dumps(self.components),
            "temperature": repr(float(self.temperature)),
            "name": self.name or "Dual-Branch CNN", "version": modelfile.package_version(),
            "unit": f"The input is {unit} on the wavenumbers, which are in cm-1; its scale does "
                    "not matter."}))

    @classmethod
    def load(cls, path) -> DCNetModel:
        """Load a model that :meth:`save` wrote.

        Raises
        ------
        ModelFileError
            (a ValueError) If the file cannot be read, is not a model file, is damaged or has
            another format.
        TorchUnavailable
            (a ValueError) If torch cannot be loaded.
        """
        from orangecontrib.microplastics.dcnet import modelfile
        held = modelfile.read(path)
        from orangecontrib.microplastics.nn import network
        try:
            networks = [network.DCNet.from_weights(*one) for one in held.networks]
        # torch raises these if the weights do not fit.
        except (RuntimeError, TypeError) as ex:
            raise modelfile.ModelFileError(
                f"{path} is not a valid model file: {str(ex).splitlines()[0]}") from None
        model = cls(networks, held.wavenumbers, held.used, held.history, held.domain, True,
                    held.acceptance, held.references, held.temperature, held.needed,
                    held.training, held.kept_aside, held.quality,
                    held.parts_aside)
        model.original_domain = held.original_domain
        model.used_vals = [held.used]
        model.name = held.name
        return model

    def __getstate__(self):
        state = dict(super().__getstate__())
        # Without the training data, which widgets may have attached to the model.
        state["original_data"] = None
        for name in ("instances", *_CACHED):
            state.pop(name, None)
        return plain(state)

    def __setstate__(self, state):
        self.__dict__.update(restored(state))


def _refuse_unpredicted(values, data):
    """Raise ValueError if some spectra have no prediction.

    Orange's Predictions and evaluation request values and probabilities together, and do not
    support missing ones: Predictions breaks, Test and Score leaves most scores out and counts a
    missing value as another class in the rest. Both show a ValueError as a message.
    """
    missing = np.flatnonzero(np.isnan(values))
    if not len(missing):
        return
    rows, named = [str(i + 1) for i in missing[:5]], ""
    # In evaluation, data with a class are parts of a table: row numbers would mislead.
    if not data.domain.class_vars:
        named = f" (rows {', '.join(rows)}{' ...' if len(missing) > 5 else ''})"
    raise ValueError(
        f"{len(missing)} of {len(values)} spectra cannot be predicted{named}: they are "
        "constant or empty, or lack too many wavenumbers. Leave them out (Select Rows), or use "
        "Identify Spectra, which predicts the others.")
