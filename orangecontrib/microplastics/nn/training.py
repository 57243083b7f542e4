"""Fit a DCNet to arrays: spectra and classes in, a trained network and its history out.

The training loop is this project's own, not a framework's: the data are one tensor on the
device, distortions are drawn there, and training can be stopped after every batch.

Two threads compute the halves of each batch (:mod:`.shards`), since torch's own threads wait for
each other after each operation: where another program has one of two processors, a step takes
seven times as long with them, and 1.6 times with halves.
"""
from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from orangecontrib.microplastics.config import (
    DCNetConfig,
    Epoch,
    Progress,
    TrainingConfig,
    automatic_epochs,
    batch_count,
)
from orangecontrib.microplastics.nn.augmentation import standardised
from orangecontrib.microplastics.nn.devices import choose_device, threads
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.optimizer import OneCycle
from orangecontrib.microplastics.nn.shards import Shards

__all__ = ["Fit", "fit"]

#: Number of spectra distorted at a time, in whole batches.
_DISTORTED_AT_ONCE = 1024

#: Label smoothing of the presence of materials.
_UNCERTAIN = .02


class Fit(NamedTuple):
    """A trained network, on the CPU and in evaluation mode, and the history of its training."""
    network: DCNet
    history: list[Epoch]


def fit(X: np.ndarray, y: np.ndarray, wavenumbers: np.ndarray, network: DCNetConfig,
        config: TrainingConfig | None = None, *, weights: np.ndarray | None = None,
        held: np.ndarray | None = None,
        redraw: Callable[[int], tuple[np.ndarray, np.ndarray]] | None = None,
        start: DCNet | None = None, holds: np.ndarray | None = None,
        callback: Callable[[Progress], None] | None = None) -> Fit:
    """Train one network.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance without missing values.
    y : ndarray of int, shape (n,)
        Classes, 0 to ``network.n_classes - 1``; with `holds`, its rows.
    wavenumbers : ndarray
        cm-1, ascending and uniform.
    network : DCNetConfig
    config : TrainingConfig
    weights : ndarray, shape (n,), optional
        Weight of each spectrum, in training and in validation.
    held : ndarray of bool, shape (n,), optional
        Validation spectra, used to choose the best epoch and to stop early, see
        :func:`.splits.validation_split`; by default all spectra are used for training, and
        all epochs are run.
    redraw : callable, optional
        Called with the number of each epoch but the first; returns spectra and classes that
        replace the training spectra: the same number of them, without weights.
    start : DCNet, optional
        Trained network to start from, of the same architecture; it is not changed. By default
        the initial weights are drawn.
    holds : ndarray of bool, shape (kinds, network.n_components), optional
        Which materials each class holds, and after the classes further mixtures that are none:
        from these the network only learns the presence of each material. Needed if the network
        scores it.
    callback : callable, optional
        Called after each batch with a :class:`Progress`; an exception raised in it ends
        the training at once.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        If shapes disagree, values are missing, classes are out of range, fewer than two spectra
        are left for training, all training or all validation spectra have weight 0, the
        device is not available, or `redraw` returns another number of spectra.
    """
    config = config or TrainingConfig()
    X = np.ascontiguousarray(X, dtype=np.float32)
    y = np.asarray(y)
    _check(X, y, wavenumbers, network, holds)
    held = np.zeros(len(y), bool) if held is None else np.asarray(held, bool)
    if (~held).sum() < 2:
        raise ValueError("Too few spectra are left for training beside the validation share.")
    with threads(config.threads):
        run = _Run(X, y, wavenumbers, network, config, weights, held, holds)
        if start is not None:
            run.net.load_state_dict(start.state_dict())
        with run.shards:
            history = run.train(callback, redraw)
    return Fit(run.net.cpu().eval(), history)


def _check(X, y, wavenumbers, network, holds):
    if X.ndim != 2 or len(X) != len(y) or X.shape[1] != len(wavenumbers):
        raise ValueError(f"Spectra {X.shape}, classes {y.shape} and wavenumbers "
                         f"({len(wavenumbers)},) have shapes that do not match.")
    if X.shape[1] != network.n_wavenumbers:
        raise ValueError(f"The network takes {network.n_wavenumbers} wavenumbers, "
                         f"the spectra have {X.shape[1]}.")
    if not np.isfinite(X).all():
        raise ValueError("Spectra for training must not have missing values.")
    if len(X) < 2:
        raise ValueError("Training needs at least two spectra.")
    kinds = network.n_classes
    if network.n_components:
        if holds is None or holds.shape[1] != network.n_components or len(holds) < kinds:
            raise ValueError("The materials of each class must be given to learn their presence.")
        kinds = len(holds)
    if y.min() < 0 or y.max() >= kinds:
        raise ValueError(f"Classes must lie between 0 and {kinds - 1}.")


class _Run:
    """One training run; all random numbers come from its own generators."""

    def __init__(self, X, y, wavenumbers, network, config, weights, held, holds):
        self.config, self.n_classes = config, network.n_classes
        self.device = device = choose_device(config.device)
        seeds = np.random.SeedSequence(config.seed).generate_state(3, dtype=np.uint32)
        on_cpu, self.shuffle = (torch.Generator().manual_seed(int(s)) for s in seeds[:2])
        self.net = DCNet(network, on_cpu).to(device)
        x = standardised(torch.from_numpy(X).to(device))
        self.holds = None if not network.n_components else torch.as_tensor(
            (1 - 2 * _UNCERTAIN) * holds + _UNCERTAIN, dtype=torch.float32, device=device)
        target = torch.as_tensor(y, dtype=torch.long, device=device)
        weight = torch.ones(len(y), device=device) if weights is None else \
            torch.as_tensor(np.asarray(weights), dtype=torch.float32, device=device)
        held_rows = torch.from_numpy(np.flatnonzero(held)).to(device)
        rows = torch.from_numpy(np.flatnonzero(~held)).to(device)
        self.y, self.w = target[rows], self._shares(target[rows], weight[rows])
        # Weights and balance as in training: epochs are compared by the loss of training, but
        # without label smoothing.
        self.held = (x[held_rows], target[held_rows],
                     self._shares(target[held_rows], weight[held_rows])) \
            if len(held_rows) else None
        n = len(rows)
        self.epochs = config.epochs or automatic_epochs(n, config.thorough)
        self.batches = batch_count(n, config.batch_size)
        rate = config.learning_rate * min(1., n / self.batches / config.batch_size)
        self.optimizer = OneCycle(self.net.parameters(), rate, self.epochs * self.batches,
                                  config.weight_decay)
        self.shards = Shards(self.net, config.augmentation, wavenumbers, int(seeds[2]),
                             n // self.batches)
        self.x = self.shards.prepared(x[rows])

    def train(self, callback, redraw=None) -> list[Epoch]:
        history, best, best_state, since = [], math.inf, None, 0
        patience = max(3, round(self.config.patience * self.epochs))
        for epoch in range(1, self.epochs + 1):
            start = time.perf_counter()
            if redraw is not None and epoch > 1:
                self._replace(*redraw(epoch))
            rate = self.optimizer.rate
            loss, accuracy = self._epoch(epoch, history[-1] if history else None, callback)
            held_loss, held_accuracy = self._validate()
            history.append(Epoch(epoch, loss, accuracy, held_loss, held_accuracy, rate,
                                 time.perf_counter() - start))
            if self.held is None:
                continue
            if held_loss < best:
                best, since = held_loss, 0
                best_state = {k: v.clone() for k, v in self.net.state_dict().items()}
            else:
                since += 1
                if since >= patience:
                    break
        if best_state is not None:
            self.net.load_state_dict(best_state)
        return history

    def _replace(self, X, y):
        """Replace the training spectra."""
        if len(X) != len(self.x):
            raise ValueError(f"Expected {len(self.x)} new spectra, got {len(X)}.")
        x = torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32)).to(self.device)
        self.x = self.shards.prepared(standardised(x))
        self.y = torch.as_tensor(y, dtype=torch.long, device=self.device)
        self.w = self._shares(self.y, torch.ones_like(self.w))

    def _shares(self, y, weight):
        """Weights scaled to mean 1; with `balance`, all classes have the same total weight. Spectra
        that are of no class have none."""
        weight = torch.where(y < self.n_classes, weight, 0)
        if self.config.balance:
            counts = torch.bincount(y, weight)
            weight = weight / counts[y].clamp_min(1e-12)
        mean = weight.mean()
        if not mean > 0:
            raise ValueError("All training spectra, or all validation spectra, have weight 0; "
                             "give some of them another weight.")
        return weight / mean

    def _epoch(self, epoch, finished, callback):
        self.net.train()
        order = torch.randperm(len(self.x), generator=self.shuffle).to(self.device)
        total = correct = 0.0
        for i, (parts, size) in enumerate(self._seen(order.tensor_split(self.batches))):
            loss, right, weight = self._step(parts, size)
            total += loss * size
            correct += right
            if callback is not None:
                done = ((epoch - 1) * self.batches + i + 1) / (self.epochs * self.batches)
                callback(Progress(done, epoch, self.epochs, loss,
                                  right / weight if weight else 0., finished))
        self.shards.join()
        return total / len(self.x), correct / len(self.x)

    def _seen(self, batches):
        """Yield for each batch the parts of the shards, pairs of what they see and rows, and its
        size. Many batches are distorted at a time, which is faster than one by one."""
        together = max(1, _DISTORTED_AT_ONCE // len(batches[0]))
        for start in range(0, len(batches), together):
            some = batches[start:start + together]
            rows = [batch.tensor_split(len(self.shards)) for batch in some]
            seen = self.shards.distorted(self.x, list(zip(*rows, strict=True)))
            for own, parts, batch in zip(rows, zip(*seen, strict=True), some, strict=True):
                yield list(zip(parts, own, strict=True)), len(batch)

    def _step(self, parts, size):
        found = self.shards.gradients(lambda net, part: self._loss(net, *part, size), parts)
        for p, *gradients in zip(self.net.parameters(), *(own for own, _ in found), strict=True):
            p.grad = reduce(torch.add, gradients)
        self.optimizer.step()
        # Fetched together, since each transfer of numbers waits for the device.
        return sum(numbers for _, numbers in found).tolist()

    def _loss(self, net, x, rows, size):
        """Part of a batch's mean loss; and as numbers: it, the weight of what is right, of all."""
        y, w = self.y[rows], self.w[rows]
        scores, single = net.scores(x)
        # What is of no class has weight 0.
        classes = y.clamp_max(self.n_classes - 1)
        losses = F.cross_entropy(scores, classes, reduction="none",
                                 label_smoothing=self.config.label_smoothing)
        loss = (losses * w).sum() / size
        if single is not None:
            present = F.binary_cross_entropy_with_logits(single, self.holds[y], reduction="none")
            loss = loss + present.sum() / size
        right = (scores.argmax(dim=1) == classes) * w
        return loss, torch.stack((loss.detach(), right.sum(), w.sum()))

    def _validate(self):
        if self.held is None:
            return math.nan, math.nan
        x, y, w = self.held
        scores = self.shards.scores(x)
        y = y.clamp_max(self.n_classes - 1)
        loss = (F.cross_entropy(scores, y, reduction="none") * w).mean()
        return loss.item(), ((scores.argmax(dim=1) == y) * w).mean().item()
