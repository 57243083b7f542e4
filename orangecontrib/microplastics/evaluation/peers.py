"""Other classifiers with the same input as the network, for comparison.

Each gets the output of the network's front: first and second derivative in the regions with
polymer bands, standardised per spectrum, and compressed except for the support vector machine,
which is better without. This is the best input for all of them; their settings were chosen on
training data, never on a test set. They are plain scikit-learn classifiers behind Orange's
learner interface, without Orange's column-wise transformation, which would make them slower.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from Orange.classification import Learner, Model
from Orange.data import Instance, Table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from orangecontrib.microplastics.labels.check import REGIONS
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.preprocess import derivatives, snv
from orangecontrib.microplastics.spectra.resample import fill_missing

__all__ = ["PEERS", "PeerLearner", "PeerModel", "derivative_features"]


def derivative_features(X: np.ndarray, wavenumbers: np.ndarray, regions=REGIONS,
                        compression: float = 0.0) -> np.ndarray:
    """First and second derivative in the regions, as from the network's front.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending and uniform.
    regions : sequence of (float, float), or None
        Limits in cm-1; the whole axis if None, or if they hold no wavenumber.
    compression : float
        Values x become asinh(compression x), scaled to standard deviation 1 again; 0 for none.

    Returns
    -------
    ndarray of float32, shape (spectra, 2 x wavenumbers in the regions)
        Savitzky-Golay derivatives, 9 points, order 2 (Anal. Chem. 1964, 36, 1627), each with
        mean 0 and standard deviation 1 in each spectrum, then clipped at -8 and 8.
    """
    inside = np.zeros(len(wavenumbers), bool)
    for low, high in regions or ():
        inside |= (wavenumbers >= low) & (wavenumbers <= high)
    if not inside.any():
        inside[:] = True
    both = []
    for order in (1, 2):
        out = np.clip(snv(derivatives(X, order)[:, inside]), -8, 8)
        if compression:
            out = np.arcsinh(np.float32(compression) * out)
            out /= np.maximum(out.std(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        both.append(out)
    return np.concatenate(both, axis=1)


class PeerModel(Model):
    """A fitted scikit-learn classifier on :func:`derivative_features`."""

    def __init__(self, estimator, columns, wavenumbers, settings, domain):
        super().__init__(domain)
        self.estimator = estimator
        self.columns, self.wavenumbers, self.settings = columns, wavenumbers, settings

    def predict_storage(self, data):
        X = np.atleast_2d(data.x if isinstance(data, Instance) else data.X)
        X = fill_missing(np.asarray(X, float)[:, self.columns], self.wavenumbers)
        features = derivative_features(X, self.wavenumbers, *self.settings)
        known = self.estimator.classes_.astype(int)
        if hasattr(self.estimator, "predict_proba"):
            part = self.estimator.predict_proba(features)
            values = known[part.argmax(axis=1)]
        else:
            # SVC's own calibration would need five more fits and not improve accuracy.
            part = self.estimator.decision_function(features)
            part = np.column_stack((-part, part)) if part.ndim == 1 else part
            values = known[part.argmax(axis=1)]
            part = np.exp(part - part.max(axis=1, keepdims=True))
            part /= part.sum(axis=1, keepdims=True)
        probabilities = np.zeros((len(X), len(self.domain.class_var.values)))
        probabilities[:, known] = part
        return values.astype(float), probabilities


class PeerLearner(Learner):
    """A scikit-learn classifier on :func:`derivative_features`.

    Parameters
    ----------
    estimator : callable
        Returns a new, unfitted classifier for a seed.
    name : str
    seed : int
    regions, compression
        As in :func:`derivative_features`.
    """
    __returns__ = PeerModel

    def __init__(self, estimator: Callable, name: str, seed: int = 0, regions=REGIONS,
                 compression: float = 1.0):
        super().__init__()
        self.estimator, self.name, self.seed = estimator, name, seed
        self.settings = (regions, compression)

    def fit_storage(self, data: Table):
        columns, wavenumbers = spectral_columns(data.domain)
        X = fill_missing(np.asarray(data.X, float)[:, columns], wavenumbers)
        known = np.isfinite(data.Y) & np.isfinite(X).all(axis=1)
        fitted = self.estimator(self.seed).fit(
            derivative_features(X[known], wavenumbers, *self.settings), data.Y[known].astype(int))
        return PeerModel(fitted, columns, wavenumbers, self.settings, data.domain)


def _forest(seed):
    return RandomForestClassifier(200, max_features="sqrt", n_jobs=-1, random_state=seed)


def _svm(seed):
    return SVC(C=10, gamma="scale", cache_size=500)


def _logistic(seed):
    return LogisticRegression(C=0.3, max_iter=500, tol=1e-3)


def _neighbours(seed):
    # Rows have (nearly) mean 0 and equal length: smallest distance is highest correlation.
    return KNeighborsClassifier(5, weights="distance", algorithm="brute")


#: Name -> function of a seed that returns a learner.
PEERS: dict[str, Callable[..., PeerLearner]] = {
    name: (lambda seed=0, make=make, name=name, compression=compression:
           PeerLearner(make, name, seed, compression=compression))
    for name, make, compression in (
        ("Random forest", _forest, 1.0), ("SVM", _svm, 0.0),
        ("Logistic regression", _logistic, 1.0), ("kNN, correlation", _neighbours, 1.0))
}
