"""Spectra per second in training and prediction, and how much of the machine is used.

In turns, so that what else the machine does hits all alike; the best of several runs
counts. Training is timed as it is: augmentation, front, network, optimiser. The share of
the machine's arithmetic is that of the convolutions and the classifier (a multiplication
and an addition are two operations; backward counts twice forward) in the rate of the best
of a float32 matrix product of 1024 x 1024.
"""
from __future__ import annotations

import time

import numpy as np
import torch

from benchmarks._learners import OURS, learners
from benchmarks._report import options, write
from orangecontrib.microplastics.axis import wavenumbers
from orangecontrib.microplastics.configuration import Augmentation, TrainingConfig
from orangecontrib.microplastics.dcnet import DCNetLearner
from orangecontrib.microplastics.network import DCNet
from orangecontrib.microplastics.protocols import p1
from orangecontrib.microplastics.training import fit


def operations(config, front=True):
    """Floating-point operations of one spectrum's forward pass, convolutions and classifier."""
    net = DCNet(config, torch.Generator()).eval()
    found = []

    def count(module, _, out):
        if isinstance(module, torch.nn.Conv2d):
            found.append(2 * out[0, 0].numel() * module.weight.numel())
        elif isinstance(module, torch.nn.Linear):
            found.append(2 * module.weight.numel())

    handles = [m.register_forward_hook(count) for m in net.modules()]
    with torch.inference_mode():
        net(torch.rand(1, config.n_wavenumbers))
    for handle in handles:
        handle.remove()
    return sum(found)


def matrix_rate(device="cpu", n=1024):
    """Operations a second of a float32 matrix product."""
    a = torch.rand(n, n, device=device)
    best = np.inf
    for _ in range(20):
        start = time.perf_counter()
        a @ a
        if device != "cpu":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * n ** 3 / best




def training_rates(split, learner, batches, device, repeats=3):
    """Spectra/s of whole fits (best epoch), by batch size."""
    grid = wavenumbers(split.train.domain)
    X, y = split.train.X.astype(np.float32), split.train.Y.astype(int)
    config = learner.network_config(grid, y.max() + 1)
    rates = {}
    for _ in range(repeats):
        for batch in batches:
            found = fit(X, y, grid, config, TrainingConfig(
                epochs=2, batch_size=batch, device=device,
                augmentation=Augmentation.scaled(learner.augmentation)))
            rates[batch] = max(rates.get(batch, 0), *(len(X) / e.seconds for e in found.history))
    return rates, config


def main(argv):
    chosen = options("speed", __doc__, argv, seeds=3)
    split = p1(0, train=6000, test=6000)
    learner = DCNetLearner()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    batches = (64, learner.batch_size, 256) if device == "cpu" else (128, 1024, 4096)
    machine = max(matrix_rate(device) for _ in range(3))
    rates, config = training_rates(split, learner, sorted(set(batches)), device, chosen.seeds)
    machine = max(machine, matrix_rate(device))
    cost = operations(config)
    rows = {f"batch {batch}": {
        "spectra/s": [rate], "share of matrix rate": [3 * cost * rate / machine]}
        for batch, rate in rates.items()}
    seen = config.n_seen
    write("speed", {f"Training on {device}": {
        "text": f"Spectra of {config.n_wavenumbers} points, of which the network sees {seen}; "
                f"{cost / 1e6:.2f} million operations forward; matrix product "
                f"{machine / 1e9:.0f} billion operations/s; {torch.get_num_threads()} threads.",
        "rows": rows, "columns": ("spectra/s", "share of matrix rate")}})
    models, rows = {}, {}
    names = chosen.learners or (OURS, "Random forest", "SVM", "Logistic regression",
                                "kNN, correlation")
    for name, make in learners(0, names).items():
        start = time.perf_counter()
        models[name] = make(split.train)
        rows[name] = {"seconds to fit": [time.perf_counter() - start], "spectra/s": []}
    for _ in range(max(chosen.seeds, 2)):
        for name, model in models.items():
            start = time.perf_counter()
            model(split.test, model.ValueProbs)
            rows[name]["spectra/s"].append(len(split.test) / (time.perf_counter() - start))
    write("speed", {"Fitting and prediction": {
        "text": f"P1, 6,000 mixtures to fit; `model(table)` with values and probabilities of "
                f"6,000, best of {max(chosen.seeds, 2)}, in turns.",
        "rows": rows, "columns": ("seconds to fit", "spectra/s")}})
    return 0
