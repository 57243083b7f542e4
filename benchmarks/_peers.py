"""Further peers: library search, and methods of packages that this project does not need.

``pip install -r benchmarks/requirements.txt`` brings the packages; a benchmark leaves out, with one
line, what is not installed. All get the input of the other peers: first and second derivative in
the same regions, of the same mixtures.

- Library search: the class of the most similar training spectrum, by correlation of the first
  derivative, as Open Specy and most of the field do it. Of mixtures, the library is the training
  mixtures, or ("of pure spectra") what they were made of: then it can name one material only.
- MiniRocket and MultiRocket (aeon): convolutions with fixed weights, and ridge regression on
  what they find. Both derivatives are channels of one series. The penalty was chosen on the
  validation tasks of `ablation`; aeon's own way, to leave one out in turn, takes ten times as
  long and overlooks more minor components there (NOTES.md).
- TabPFN: a network trained beforehand on made-up tables, which reads the training data when it
  predicts. Its weights are not in its package: their licence must be accepted at Hugging Face.
"""
from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

import numpy as np
import torch
from Orange.data import DiscreteVariable, Domain, Table
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from orangecontrib.microplastics.evaluation.peers import PeerLearner

__all__ = ["LIBRARY", "PURE_LIBRARY", "MINI", "MULTI", "TABPFN", "FURTHER", "missing"]

LIBRARY, PURE_LIBRARY = "Library search", "Library search, of pure spectra"
MINI, MULTI, TABPFN = "MiniRocket", "MultiRocket", "TabPFN"

#: Packages of peers that may be missing.
_PACKAGES = {MINI: "aeon", MULTI: "aeon", TABPFN: "tabpfn"}


class _Library:
    """Correlation with the most similar training spectrum of each class, first derivative."""

    def fit(self, X, y):
        order = np.argsort(y, kind="stable")
        self.classes_, self.starts = np.unique(y[order], return_index=True)
        self.spectra = self._shapes(X[order])
        return self

    def decision_function(self, X):
        return np.maximum.reduceat(self._shapes(X) @ self.spectra.T, self.starts, axis=1)

    @staticmethod
    def _shapes(X):
        first = X[:, :X.shape[1] // 2]
        first = first - first.mean(axis=1, keepdims=True)
        return first / np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-12)


class _OfPure:
    """Trains a learner on pure spectra so that it names mixtures as pure."""

    def __init__(self, learner):
        self.learner = learner

    def __call__(self, data):
        old = data.domain
        domain = Domain(old.attributes, DiscreteVariable("mixture", old.class_var.values),
                        old.metas)
        return self.learner(Table.from_numpy(domain, data.X, data.Y, data.metas))


class _Rocket:
    """A classifier of aeon on series of two channels, first and second derivative."""

    #: In double precision: in single, the equations are ill-conditioned.
    ridge = make_pipeline(FunctionTransformer(np.asarray, kw_args={"dtype": float}),
                          RidgeClassifier(100.))

    def __init__(self, make, seed):
        self.classifier = make(estimator=self.ridge, random_state=seed,
                               n_jobs=torch.get_num_threads())

    def fit(self, X, y):
        self.classifier.fit(self._channels(X), y)
        self.classes_ = self.classifier.classes_
        return self

    def decision_function(self, X):
        return self.classifier.pipeline_.decision_function(self._channels(X))

    @staticmethod
    def _channels(X):
        return X.reshape(len(X), 2, -1)


def _mini(seed):
    from aeon.classification.convolution_based import MiniRocketClassifier
    return _Rocket(MiniRocketClassifier, seed)


def _multi(seed):
    from aeon.classification.convolution_based import MultiRocketClassifier
    return _Rocket(MultiRocketClassifier, seed)


def _tabpfn(seed):
    from tabpfn import TabPFNClassifier
    # More than 1,000 rows on a processor take long, but that is no reason to leave them out.
    return TabPFNClassifier(random_state=seed, ignore_pretraining_limits=True)


#: Name -> function of a seed that returns a learner.
FURTHER = {
    LIBRARY: lambda seed=0: PeerLearner(lambda _: _Library(), LIBRARY, seed, compression=0.0),
    PURE_LIBRARY: lambda seed=0: _OfPure(FURTHER[LIBRARY](seed)),
    MINI: lambda seed=0: PeerLearner(_mini, MINI, seed),
    MULTI: lambda seed=0: PeerLearner(_multi, MULTI, seed),
    TABPFN: lambda seed=0: PeerLearner(_tabpfn, TABPFN, seed),
}


@cache
def missing(name):
    """Whether a peer cannot be had here; if so, the reason is printed (once)."""
    package = _PACKAGES.get(name)
    if package is None:
        return False
    reason = None if find_spec(package) else \
        f"{package} is not installed (pip install -r benchmarks/requirements.txt)"
    if not reason and name == TABPFN:
        reason = _no_weights()
    if reason:
        print(f"  {name} is left out: {reason}.", flush=True)
    return reason is not None


def _no_weights():
    """Why TabPFN does not find its weights; None if it does."""
    os.environ.setdefault("TABPFN_NO_BROWSER", "1")
    try:
        _tabpfn(0).fit(np.eye(8, 3), np.arange(8) % 2)
    except Exception as error:
        return f"no weights ({str(error).splitlines()[0].rstrip('.')})"
    return None
