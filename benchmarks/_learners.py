"""Learners that are compared: DCNet-CBAM, and peers on the same input.

Random forest, SVM, logistic regression and kNN on correlation are part of the package
(:mod:`orangecontrib.microplastics.evaluation.peers`); library search and methods of packages that
may be missing are in :mod:`benchmarks._peers`; this module adds the others. The residual network
and the LSTM, which the published comparison includes, get the same front end (derivative, regions,
standardisation) as DCNet-CBAM, and the same augmentation, number of spectra seen, batches,
optimiser, schedule and label smoothing.
"""
from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from Orange.classification import Learner, Model
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import HistGradientBoostingClassifier
from torch import nn

from benchmarks._peers import FURTHER, LIBRARY, MINI, MULTI, PURE_LIBRARY, TABPFN, missing
from orangecontrib.microplastics.config import (
    Augmentation,
    automatic_epochs,
    batch_count,
)
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.peers import PEERS, PeerLearner
from orangecontrib.microplastics.evaluation.protocols import VARIED
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.nn.augmentation import Augmenter, standardised
from orangecontrib.microplastics.nn.network import Front
from orangecontrib.microplastics.spectra.axis import spectral_columns

OURS, AVERAGED = "DCNet-CBAM", "DCNet-CBAM, 3 averaged"

#: The same, trained on pure spectra from which it draws mixtures itself ("Learn mixtures").
DRAWING, DRAWING_AVERAGED = "DCNet-CBAM, Learn mixtures", "DCNet-CBAM, Learn mixtures, 3 averaged"

#: A peer on four times as many mixtures, to see whether it gains from them as the network does.
MANY = "Gradient boosting, 24,000 mixtures"

#: Learners that get pure spectra, to make mixtures themselves or to know nothing of mixtures.
FROM_PURE = (DRAWING, DRAWING_AVERAGED, MANY, PURE_LIBRARY)

#: The same on single materials ("Learn: Classes, varied").
VARYING = "DCNet-CBAM, classes varied"

#: Names of learners: the usual, those for mixtures, and those of the published comparison.
MAIN = (OURS, *PEERS, LIBRARY, MINI)
MAIN_MIXTURES = (OURS, DRAWING, *PEERS, "Gradient boosting", LIBRARY, MINI)
ALL = (OURS, DRAWING, DRAWING_AVERAGED, *PEERS, "PLS-DA", "Gradient boosting",
       "ResNet, 1-D", "LSTM", LIBRARY, PURE_LIBRARY, MINI, MULTI)

#: On one set of pure spectra, which are few enough for the slow ones.
WITHIN = (*MAIN, MULTI, TABPFN)


class _PLSDA:
    """Partial least squares regression on one-hot classes; at most 40 components."""

    def fit(self, X, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        n = min(40, X.shape[1], len(X) - 1)
        self.pls = PLSRegression(n, scale=False).fit(X, np.eye(len(self.classes_))[codes])
        return self

    def decision_function(self, X):
        return self.pls.predict(X)


def _boosting(seed):
    return HistGradientBoostingClassifier(max_iter=60, learning_rate=.2, max_leaf_nodes=15,
                                          max_features=.2, early_stopping=False,
                                          random_state=seed)


class _MixingFirst:
    """Trains a learner on `n` mixtures (VARIED) made from the pure spectra that it gets."""

    def __init__(self, learner, n, seed):
        self.learner, self.n, self.seed = learner, n, seed

    def __call__(self, data):
        return self.learner(mix(data, self.n, seed=2 * self.seed, **VARIED))


class _Residual(nn.Module):
    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.one = nn.Conv1d(n_in, n_out, 3, stride, 1, bias=False)
        self.two = nn.Conv1d(n_out, n_out, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm1d(n_out), nn.BatchNorm1d(n_out)
        self.short = nn.Sequential(nn.Conv1d(n_in, n_out, 1, stride, bias=False),
                                   nn.BatchNorm1d(n_out))

    def forward(self, x):
        y = self.norm2(self.two(F.relu(self.norm1(self.one(x)))))
        return F.relu(y + self.short(x))


class ResNet1D(nn.Module):
    """Stem, three residual blocks with 32, 64 and 128 channels, and global average pooling."""

    def __init__(self, n_classes, inputs):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(inputs, 32, 7, 2, 3, bias=False), nn.BatchNorm1d(32), nn.ReLU(),
            nn.MaxPool1d(2), _Residual(32, 32, 1), _Residual(32, 64, 2), _Residual(64, 128, 2))
        self.last = nn.Linear(128, n_classes)

    def forward(self, x):
        return self.last(self.body(x).mean(dim=2))


class LSTM(nn.Module):
    """Bidirectional LSTM of 64 units over windows of 8 points; classifies its last states."""

    def __init__(self, n_classes, inputs, window=8):
        super().__init__()
        self.window = window
        self.body = nn.LSTM(inputs * window, 64, batch_first=True, bidirectional=True)
        self.last = nn.Linear(128, n_classes)

    def forward(self, x):
        n = x.shape[2] // self.window * self.window
        windows = x[:, :, :n].unflatten(2, (-1, self.window))
        _, (state, _) = self.body(windows.transpose(1, 2).flatten(2))
        return self.last(torch.cat((state[0], state[1]), dim=1))


class TorchModel(Model):
    def __init__(self, net, front, domain, columns):
        super().__init__(domain)
        self.net, self.front, self.columns = net, front, columns

    def predict_storage(self, data):
        X = np.ascontiguousarray(np.atleast_2d(data.X)[:, self.columns], np.float32)
        with torch.inference_mode():
            p = torch.cat([self.net(self.front(part)).softmax(dim=1)
                           for part in torch.from_numpy(X).split(512)]).double().numpy()
        return p.argmax(axis=1).astype(float), p


class TorchLearner(Learner):
    """A torch classifier trained in the same way as DCNetLearner."""
    __returns__ = TorchModel

    def __init__(self, make, seed=0):
        super().__init__()
        self.make, self.seed = make, seed
        self.like = DCNetLearner()

    def fit_storage(self, data):
        columns, grid = spectral_columns(data.domain)
        generator = torch.Generator().manual_seed(self.seed)
        n_classes = len(data.domain.class_var.values)
        config = self.like.network_config(grid, n_classes)
        front = Front(config)
        # These layers are initialised from torch's global random state, which is restored.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            net = self.make(n_classes, config.inputs)
        x = standardised(torch.from_numpy(np.ascontiguousarray(data.X[:, columns], np.float32)))
        y = torch.from_numpy(data.Y.astype(np.int64))
        augment = Augmenter(Augmentation.scaled(self.like.augmentation), grid, generator)
        epochs = automatic_epochs(len(x))
        batches = batch_count(len(x), self.like.batch_size)
        rate = self.like.learning_rate * min(1., len(x) / batches / self.like.batch_size)
        optimizer = torch.optim.AdamW(net.parameters(), lr=rate,
                                      weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, rate, total_steps=epochs * batches + 1)
        for _ in range(epochs):
            order = torch.randperm(len(x), generator=generator)
            for rows in order.tensor_split(batches):
                with torch.no_grad():
                    seen = front(augment(x[rows]))
                loss = F.cross_entropy(net(seen), y[rows],
                                       label_smoothing=self.like.label_smoothing)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 5.)
                optimizer.step()
                schedule.step()
        return TorchModel(net.eval(), front, data.domain, columns)


def learners(seed, names=None):
    """Dict of name to learner: those in `names`, or all except VARYING and FROM_PURE.

    Peers whose packages are not installed are left out.
    """
    every = {OURS: lambda: DCNetLearner(seed=seed),
             AVERAGED: lambda: DCNetLearner(seed=seed + 1000, networks=3),
             VARYING: lambda: DCNetLearner(seed=seed, mixtures=1),
             DRAWING: lambda: DCNetLearner(seed=seed, mixtures=2),
             DRAWING_AVERAGED: lambda: DCNetLearner(seed=seed + 1000, mixtures=2, networks=3)}
    every.update({name: (lambda make=make: make(seed)) for name, make in PEERS.items()})
    every["PLS-DA"] = lambda: PeerLearner(lambda _: _PLSDA(), "PLS-DA", seed)
    every["Gradient boosting"] = lambda: PeerLearner(_boosting, "Gradient boosting", seed)
    every[MANY] = lambda: _MixingFirst(
        PeerLearner(_boosting, "Gradient boosting", seed), 24000, seed)
    every["ResNet, 1-D"] = lambda: TorchLearner(ResNet1D, seed)
    every["LSTM"] = lambda: TorchLearner(LSTM, seed)
    every.update({name: (lambda make=make: make(seed)) for name, make in FURTHER.items()})
    unknown = set(names or ()) - set(every)
    if unknown:
        raise SystemExit(f"No learner named {', '.join(unknown)}; there are {', '.join(every)}.")
    names = names or [name for name in every if name not in (VARYING, *FROM_PURE)]
    return {name: make() for name, make in every.items()
            if name in names and not missing(name)}


__all__ = ["OURS", "AVERAGED", "VARYING", "DRAWING", "DRAWING_AVERAGED", "MANY", "FROM_PURE",
           "MAIN", "MAIN_MIXTURES", "ALL", "WITHIN", "learners", "TorchLearner", "TorchModel",
           "ResNet1D", "LSTM"]
