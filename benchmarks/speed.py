"""Spectra per second in training and prediction, and how much of the machine is used.

In turns, so that what else the machine does hits all alike; the best of several runs
counts. Training is timed as it is: augmentation, front, network, optimiser. The share of
the machine's arithmetic is that of the convolutions and the classifier (a multiplication
and an addition are two operations; backward counts twice forward) in the rate of the best
of a float32 matrix product of 1024 x 1024. ``--cpu-time`` counts the processor time of
one thread, for a machine that is not one's own.
"""
from __future__ import annotations

import time

import numpy as np
import torch

from benchmarks._learners import OURS, learners
from benchmarks._report import options, write
from orangecontrib.microplastics.config import Augmentation, TrainingConfig
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.protocols import p1
from orangecontrib.microplastics.nn.attribution.gradcam import explain
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.training import fit
from orangecontrib.microplastics.spectra.axis import wavenumbers


def operations(config):
    """Floating-point operations of convolutions and classifier in a spectrum's forward pass."""
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


def matrix_rate(device="cpu", n=1024, clock=time.perf_counter):
    """Operations per second of a float32 matrix product."""
    a = torch.rand(n, n, device=device)
    best = np.inf
    for _ in range(20):
        start = clock()
        a @ a
        if device != "cpu":
            torch.cuda.synchronize()
        best = min(best, clock() - start)
    return 2 * n ** 3 / best


def training_rates(split, learner, batches, device, repeats, clock, threads):
    """Spectra/s of training by batch size (median batch, best fit), and the network's config."""
    grid = wavenumbers(split.train.domain)
    X, y = split.train.X.astype(np.float32), split.train.Y.astype(int)
    config = learner.network_config(grid, y.max() + 1)
    rates = {}
    for _ in range(repeats):
        for batch in batches:
            times = []
            fit(X, y, grid, config, TrainingConfig(
                epochs=1, batch_size=batch, device=device, threads=threads,
                augmentation=Augmentation.scaled(learner.augmentation)),
                callback=lambda _, times=times: times.append(clock()))
            # The median, since the fastest batch may be a smaller one.
            rate = len(X) / len(times) / np.median(np.diff(times))
            rates[batch] = max(rates.get(batch, 0), rate)
    return rates, config


def main(argv):
    busy = "--cpu-time" in argv
    chosen = options("speed", __doc__, [a for a in argv if a != "--cpu-time"], seeds=3)
    device = "cuda" if torch.cuda.is_available() and not busy else "cpu"
    threads, clock, how = None, time.perf_counter, f"{torch.get_num_threads()} threads"
    if busy:
        # The processor time of a single thread does not include that of other programs.
        torch.set_num_threads(1)
        threads, clock = 1, time.process_time
        how = "one thread, processor time, since other programs used the machine"
    split = p1(0, train=6000, test=6000)
    learner = DCNetLearner()
    batches = (64, 128, learner.batch_size) if device == "cpu" else (learner.batch_size, 1024, 4096)
    machine = max(matrix_rate(device, clock=clock) for _ in range(3))
    rates, config = training_rates(split, learner, sorted(set(batches)), device, chosen.seeds,
                                   clock, threads)
    machine = max(machine, matrix_rate(device, clock=clock))
    cost = operations(config)
    rows = {f"batch {batch}": {
        "spectra/s": [rate], "share of matrix rate": [3 * cost * rate / machine]}
        for batch, rate in rates.items()}
    write("speed", {f"Training on {device}{', one thread' if busy else ''}": {
        "text": f"Spectra of {config.n_wavenumbers} points, of which the network sees "
                f"{config.n_seen}; {cost / 1e6:.2f} million operations forward; matrix product "
                f"{machine / 1e9:.0f} billion operations/s; {how}.",
        "rows": rows, "columns": ("spectra/s", "share of matrix rate")}})
    models, rows = {}, {}
    names = chosen.learners or (OURS, "Random forest", "SVM", "Logistic regression",
                                "kNN, correlation")
    for name, make in learners(0, names).items():
        start = clock()
        models[name] = make(split.train)
        rows[name] = {"seconds to fit": [clock() - start], "spectra/s": []}
    for _ in range(max(chosen.seeds, 2)):
        for name, model in models.items():
            start = clock()
            model(split.test, model.ValueProbs)
            rows[name]["spectra/s"].append(len(split.test) / (clock() - start))
    write("speed", {f"Fitting and prediction{', one thread' if busy else ''}": {
        "text": f"P1, 6,000 mixtures to fit; `model(table)` with values and probabilities of "
                f"6,000, best of {max(chosen.seeds, 2)}, in turns; {how}.",
        "rows": rows, "columns": ("seconds to fit", "spectra/s")}})
    explained = split.test[:2000]
    rows = {method: {"spectra/s": []} for method in ("fine", "hirescam", "gradcam")}
    model = models.get(OURS) or learner(split.train)
    X = model.grid_spectra(explained)
    for _ in range(max(chosen.seeds, 2)):
        for method, row in rows.items():
            start = clock()
            explain(model.folded_networks, X, model.wavenumbers, method=method)
            row["spectra/s"].append(len(X) / (clock() - start))
    write("speed", {f"Grad-CAM{', one thread' if busy else ''}": {
        "text": f"Maps of {len(X):,} of these for the predicted class, one network, best of "
                f"{max(chosen.seeds, 2)}, in turns; {how}.",
        "rows": rows, "columns": ("spectra/s",)}})
    return 0
