"""Background training, and the training history as a Table."""
from __future__ import annotations

import time
from copy import copy

import numpy as np
from Orange.data import ContinuousVariable, Domain, Table
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.spectra.units import (
    in_absorbance,
)
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["run", "curve_table"]

#: Minimum seconds between two updates of the plot during training.
_REDRAW = .1


class _Running:
    """Callback that reports mean loss and accuracy of the running epoch at most every _REDRAW s."""

    def __init__(self, state: TaskState):
        self.state = state
        self.drawn = 0.
        self.key, self.sums, self.n = None, np.zeros(2), 0
        self.network, self.last = 0, 0

    def __call__(self, progress):
        check(self.state)
        # A decrease of the epoch number means that the next network has started.
        if progress.epoch < self.last:
            self.network += 1
        self.last = progress.epoch
        if self.key != (self.network, progress.epoch):
            self.key, self.sums, self.n = (self.network, progress.epoch), np.zeros(2), 0
            self.drawn = 0.
        self.sums += progress.loss, progress.accuracy
        self.n += 1
        now = time.perf_counter()
        if now - self.drawn > _REDRAW:
            self.drawn = now
            self.state.set_progress_value(100 * progress.fraction)
            loss, accuracy = self.sums / self.n
            self.state.set_partial_result(
                (self.network, progress.finished, progress.epoch, progress.epochs, loss,
                 accuracy))


def run(learner: DCNetLearner, data: Table, convert: bool, state: TaskState):
    """Train; return the model and the name of the device on which it was trained."""
    state.set_status("Loading PyTorch...")
    from orangecontrib.microplastics.nn import devices
    device = str(devices.choose_device(learner.device))
    state.set_status("Training...")
    # A copy: the learner on the output is used by other widgets and must not get the callback.
    learner = copy(learner)
    learner.callback = _Running(state)
    return learner(in_absorbance(data) if convert else data), device


def curve_table(history) -> Table:
    """Training history of all networks as a Table with one row per network and epoch."""
    rows = [(*epoch, i) for i, epochs in enumerate(history, start=1) for epoch in epochs]
    names = ["Epoch", "Loss", "Accuracy", "Validation loss", "Validation accuracy",
             "Learning rate", "Seconds"]
    X = np.array(rows, dtype=float)
    table = Table.from_numpy(
        Domain([ContinuousVariable(n) for n in names],
               metas=[ContinuousVariable("Network", number_of_decimals=0)]),
        X[:, :-1], metas=X[:, -1:])
    table.name = "Training curve"
    return table
