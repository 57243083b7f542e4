"""DCNet-CBAM as a scikit-learn classifier, for scripts: arrays in, arrays out."""
from __future__ import annotations

import warnings

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from orangecontrib.microplastics.config import (
    REGIONS,
    SMALLEST,
    STEP,
    DCNetConfig,
    TrainingConfig,
)
from orangecontrib.microplastics.dcnet.compatibility import ScaleError, ScaleWarning
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.spectra.axis import name_of

try:
    from sklearn.utils.validation import validate_data
    _ALLOW_MISSING = {"ensure_all_finite": "allow-nan"}
except ImportError:
    # scikit-learn 1.5, with which Orange works, too.
    validate_data = BaseEstimator._validate_data
    _ALLOW_MISSING = {"force_all_finite": "allow-nan"}

__all__ = ["DCNetClassifier"]

#: Rows predicted at a time: limits memory without loss of speed.
_ROWS = 10_000


class DCNetClassifier(ClassifierMixin, BaseEstimator):
    """Dual-branch convolutional network with CBAM attention, for spectra in NumPy arrays.

    What :class:`.DCNetLearner` is for Orange's tables: it trains in the same way, and a model is
    the same to the last bit. Parameters not described here are those of the learner, where their
    meanings are.

    Parameters
    ----------
    wavenumbers : array-like of float, shape (n_features,), optional
        Of the columns, cm-1, in any order (for example descending). Not needed if `X` is a
        DataFrame whose columns are named by wavenumber.
    mixtures : int
        With 2 or 3, the classes are combinations such as "PE + PP" besides those in `y`.
    random_state : int, RandomState or None
        The learner's `seed`. None trains differently each time.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Labels in order of the columns of :meth:`predict_proba`, sorted. Texts if `mixtures` are
        learnt.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If `X` was a DataFrame.
    wavenumbers_ : ndarray of float, shape (n_features,)
        Of the columns, cm-1.
    model_ : DCNetModel
        For explanations, identification and files.

    Notes
    -----
    Missing values (NaN) are values that were not measured: gaps are interpolated. Only the shape
    of a spectrum counts, not its size and offset.

    Examples
    --------
    >>> import numpy as np
    >>> from orangecontrib.microplastics.dcnet import DCNetClassifier
    >>> from orangecontrib.microplastics.simulation import simulate
    >>> data = simulate(["PE", "PP", "PS"], n=20, seed=0)
    >>> axis = [float(a.name) for a in data.domain.attributes]
    >>> labels = np.array(data.domain.class_var.values)[data.Y.astype(int)]
    >>> classifier = DCNetClassifier(wavenumbers=axis, epochs=5).fit(data.X, labels)
    >>> classifier.predict_proba(data.X).shape
    (60, 3)
    """

    def __init__(self, wavenumbers=None, *, mixtures=0, smallest=SMALLEST, networks=1,
                 epochs=TrainingConfig.epochs, thorough=TrainingConfig.thorough,
                 batch_size=TrainingConfig.batch_size,
                 learning_rate=TrainingConfig.learning_rate,
                 label_smoothing=TrainingConfig.label_smoothing, augmentation=1.0,
                 balance=TrainingConfig.balance, validation=0.0, regions=REGIONS, step=STEP,
                 kernels=DCNetConfig.kernels, widths=DCNetConfig.widths,
                 attention=DCNetConfig.attention, dropout=DCNetConfig.dropout,
                 derivative=DCNetConfig.derivative,
                 second_derivative=DCNetConfig.second_derivative,
                 random_state=TrainingConfig.seed, device=TrainingConfig.device):
        self.wavenumbers = wavenumbers
        self.mixtures = mixtures
        self.smallest = smallest
        self.networks = networks
        self.epochs = epochs
        self.thorough = thorough
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.label_smoothing = label_smoothing
        self.augmentation = augmentation
        self.balance = balance
        self.validation = validation
        self.regions = regions
        self.step = step
        self.kernels = kernels
        self.widths = widths
        self.attention = attention
        self.dropout = dropout
        self.derivative = derivative
        self.second_derivative = second_derivative
        self.random_state = random_state
        self.device = device

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X, y, sample_weight=None):
        """Train.

        Parameters
        ----------
        X : array-like or DataFrame of float, shape (n, n_features)
            Absorbance. NaN for values that were not measured.
        y : array-like of str or int, shape (n,)
            Labels.
        sample_weight : array-like of float, shape (n,), optional
            Not negative; spectra with weight 0 are left out. Not with `mixtures`.

        Returns
        -------
        DCNetClassifier
            This one.

        Raises
        ------
        ValueError
            If the wavenumbers of the columns are unknown, do not fit `X` or are too few; if
            there are fewer than two classes; if labels, weights or settings are unsuitable.
        NotEnoughMemory
            (a ValueError) If training would not fit into memory.
        """
        named = _columns_of(X)
        X, y = validate_data(self, _with_text_names(X), y, dtype=float, **_ALLOW_MISSING)
        check_classification_targets(y)
        labels, y = np.unique(y, return_inverse=True)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=float)
            if (weights < 0).any():
                raise ValueError("Weights must not be negative.")
            if not weights.any():
                raise ValueError("All weights are zero: there is no spectrum to learn from.")
            counted = weights > 0
            X, y, weights = X[counted], y[counted], weights[counted]
            # Equal weights are none.
            weights = weights if np.ptp(weights) > 0 else None
        if len(np.unique(y)) < 2:
            raise ValueError(f"{type(self).__name__} learns to tell classes apart, but all "
                             "spectra are of 1 class.")
        self.wavenumbers_ = self._axis(named)
        names = [str(label) for label in labels.tolist()]
        self.model_ = self._learner()(
            self._table(X, y, DiscreteVariable("class", names), weights))
        # Mixtures have names that are not in y.
        classes = np.array(self.model_.domain.class_var.values) if self.mixtures > 1 else labels
        self._order = np.argsort(classes, kind="stable")
        self.classes_ = classes[self._order]
        return self

    def predict(self, X):
        """The most probable class of each spectrum.

        Parameters
        ----------
        X : array-like or DataFrame of float, shape (n, n_features)
            On the wavenumbers of the training spectra.

        Returns
        -------
        ndarray, shape (n,)
            Of :attr:`classes_`.

        Raises
        ------
        NotFittedError, ValueError
            See :meth:`predict_proba`.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X):
        """Probabilities of the classes.

        The result for a spectrum does not depend on the other ones. It is warned of spectra that
        seem to be in another unit than the training spectra.

        Returns
        -------
        ndarray of float, shape (n, n_classes)
            In the order of :attr:`classes_`.

        Raises
        ------
        NotFittedError
            If it has not been trained.
        ValueError
            If `X` has other columns than the training spectra, or holds spectra that are
            constant, empty or lack too many values; the message names their rows.
        """
        check_is_fitted(self, "model_")
        X = validate_data(self, _with_text_names(X), reset=False, dtype=float, **_ALLOW_MISSING)
        model = self.model_
        table = self._table(X)
        try:
            notes = model.check(table)
        except ScaleError as ex:
            # Refusing a table for most of its spectra would make an answer depend on the others.
            notes = [ScaleWarning(str(ex))]
        for note in notes:
            warnings.warn(note, stacklevel=2)
        parts = [model.predict(model.data_to_model_domain(table[start:start + _ROWS]).X)[1]
                 for start in range(0, len(table), _ROWS)]
        probabilities = np.concatenate(parts)[:, self._order]
        missing = np.flatnonzero(np.isnan(probabilities).any(axis=1))
        if len(missing):
            rows = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
            raise ValueError(
                f"{len(missing)} of {len(X)} spectra cannot be predicted (rows {rows}, counted "
                "from 0): they are constant or empty, or lack too many wavenumbers. Leave them "
                "out.")
        return probabilities

    def _learner(self):
        settings = self.get_params(deep=False)
        del settings["wavenumbers"]
        seed = settings.pop("random_state")
        if isinstance(seed, np.random.RandomState):
            seed = int(check_random_state(seed).randint(np.iinfo(np.int32).max))
        return DCNetLearner(seed=seed, **settings)

    def _axis(self, named):
        """Wavenumbers of the columns, from the parameter or else from the columns' names."""
        if self.wavenumbers is not None:
            axis = np.asarray(self.wavenumbers, float)
        elif named is not None:
            axis = named
        else:
            raise ValueError(
                "The wavenumbers of the columns are unknown: give them (cm-1) as "
                f"{type(self).__name__}(wavenumbers=...), or give a DataFrame whose columns are "
                "named by wavenumber (in a pipeline, its earlier steps must keep the names: "
                "set_output(transform='pandas')).")
        if axis.shape != (self.n_features_in_,) or not np.isfinite(axis).all():
            raise ValueError(f"{self.n_features_in_} finite wavenumbers are needed, one for each "
                             f"column of X; {axis.size} were given.")
        if len({name_of(w) for w in axis}) < len(axis):
            raise ValueError("Some wavenumber stands for more than one column of X.")
        return axis

    def _table(self, X, y=None, variable=None, weights=None):
        attributes = [ContinuousVariable(name_of(w)) for w in self.wavenumbers_]
        # A view, since a table makes its array read-only, which may be the caller's.
        return Table.from_numpy(Domain(attributes, variable), X.view(), y, W=weights)


def _columns_of(X):
    """Wavenumbers in the column names of a DataFrame; None if there are none."""
    try:
        return np.array([float(name) for name in X.columns])
    except (AttributeError, TypeError, ValueError):
        return None


def _with_text_names(X):
    """A DataFrame with numbers as column names, with text instead, whose order scikit-learn
    then checks."""
    if hasattr(X, "columns") and hasattr(X, "rename") \
            and not all(isinstance(name, str) for name in X.columns):
        return X.rename(columns=str)
    return X
