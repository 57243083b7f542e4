"""Peers that say how much of each: fits of class means, and regressions on fractions."""
from __future__ import annotations

import numpy as np
from scipy.optimize import nnls
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from orangecontrib.microplastics.evaluation.amounts import truth_of
from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS, contaminant_bands
from orangecontrib.microplastics.mixing.pure import scaled, weights_of
from orangecontrib.microplastics.spectra.axis import wavenumbers
from orangecontrib.microplastics.spectra.preprocess import derivatives, shapes

__all__ = ["Fit", "REGRESSIONS", "regressed", "whole"]


class Fit:
    """Non-negative least squares (SciPy) on the mean first derivative of each class.

    Parameters
    ----------
    pure : Table
        Its classes are the materials; studies count by the square root of their size, as in
        mixing.
    part : ndarray of bool
        Wavenumbers to fit.
    ratio : str
        Scale of the means.
    contaminants : bool
        Whether contaminants are further columns.
    """

    def __init__(self, pure, part, ratio, contaminants=False):
        axis, y = wavenumbers(pure.domain), pure.Y.astype(int)
        X = scaled(np.asarray(pure.X, float), axis, ratio)
        self.part = part
        means = np.stack([weight @ X[rows] for rows, weight in weights_of(
            pure, np.arange(len(pure)), y, True)])
        columns = [means, contaminant_bands(axis, list(CONTAMINANTS))] if contaminants else [means]
        self.columns = derivatives(np.vstack(columns))[:, part].astype(float)
        self.n = len(means)

    def __call__(self, X, named=None):
        """Fractions (n, materials) of spectra X, of the named materials only if given."""
        S = derivatives(X)[:, self.part].astype(float)
        out = np.zeros((len(X), self.n))
        for row, s in enumerate(S):
            there = np.arange(self.n) if named is None else np.flatnonzero(named[row])
            columns = np.vstack((self.columns[there], self.columns[self.n:]))
            out[row, there] = nnls(columns.T, s)[0][:len(there)]
        return whole(out)


#: Regressions on the first derivative of training mixtures, by name.
REGRESSIONS = {
    "PLS, 40 components": lambda seed: PLSRegression(40, scale=False),
    "Ridge": lambda seed: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 4, 11))),
    "Random forest, regression": lambda seed: RandomForestRegressor(
        60, max_features=.1, min_samples_leaf=3, random_state=seed, n_jobs=-1),
    "Perceptron trained on fractions": lambda seed: make_pipeline(StandardScaler(), MLPRegressor(
        hidden_layer_sizes=(128,), early_stopping=True, random_state=seed, max_iter=1000)),
}


def regressed(make, train, test, part, materials):
    """Fractions of test mixtures from a regression on training mixtures of known fractions."""
    model = make.fit(shapes(train.X, part), truth_of(train, materials))
    return whole(np.clip(model.predict(shapes(test.X, part)), 0, None))


def whole(weights):
    """Weights as fractions with the sum 1."""
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
