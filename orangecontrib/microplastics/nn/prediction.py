"""Class scores and probabilities of trained networks, computed as fast as possible."""
from __future__ import annotations

import copy
from collections import deque
from typing import NamedTuple

import numpy as np
import torch

from orangecontrib.microplastics.confidence.calibration import mean_probabilities
from orangecontrib.microplastics.nn.devices import choose_device, side_by_side
from orangecontrib.microplastics.nn.network import DCNet

__all__ = ["BATCH", "Scores", "folded", "scores", "class_scores", "predict"]

#: Spectra that a thread computes at a time. Always as many, since the last bits of torch's
#: products depend on the number of rows. Of the sizes tried, with and without AVX-512, this one
#: gives each spectrum the same bits wherever it is in the batch (240 and 256 do not).
BATCH = 480

#: Rows that fill up each batch: kernels take some rows at once (4, 6, 8, 16), and leave the rest to
#: another one, which adds in another order.
_FILL = 16

#: Smallest batch on a GPU.
_ON_DEVICE = 8192


class Scores(NamedTuple):
    """Scores of n spectra by each network.

    Attributes
    ----------
    classes : ndarray of float32, shape (networks, n, classes)
    components : ndarray of float32, shape (networks, n, components)
        Of the presence of each material (:meth:`.DCNet.scores`).
    """
    classes: np.ndarray
    components: np.ndarray


def folded(networks: list[DCNet], device: str = "cpu") -> list[DCNet]:
    """Prepare networks for prediction, if it is called often; see :meth:`.DCNet.folded`.

    On another device (:func:`.devices.choose_device`) scores differ in the last digits.
    """
    ready = [net if net.is_folded else net.folded() for net in networks]
    if device == "cpu":
        return ready
    return [copy.deepcopy(net).to(choose_device(device)) for net in ready]


def class_scores(networks: list[DCNet], X: np.ndarray, batch_size: int = BATCH) -> np.ndarray:
    """Class scores of each network, shape (networks, n, classes); see :func:`scores`."""
    return scores(networks, X, batch_size).classes


def scores(networks: list[DCNet], X: np.ndarray, batch_size: int = BATCH) -> Scores:
    """Scores of classes, and of the presence of materials.

    Batches are distributed over as many threads as torch may use here, and each is computed by
    one thread: on two cores this is a third faster than every operation on both, and scores
    are bit-identical for any number of threads. They do not depend on the other spectra either,
    since all batches are filled up to one size.

    Parameters
    ----------
    networks : list of DCNet
        In evaluation mode.
    X : ndarray, shape (n, wavenumbers)
        Absorbance on the networks' grid.

    Returns
    -------
    Scores
        Without components (0 columns) if the networks score only classes.
    """
    config = networks[0].config
    classes, components = (np.empty((len(networks), len(X), n), np.float32)
                           for n in (config.n_classes, config.n_components))
    networks = folded(networks)
    device = next(networks[0].parameters()).device
    if device.type != "cpu":
        batch_size = max(batch_size, _ON_DEVICE)

    def work(start):
        rows = slice(start, start + batch_size)
        with torch.inference_mode():
            n = len(X[rows])
            x = torch.empty((batch_size + _FILL, X.shape[1]))
            x[:n] = torch.from_numpy(np.ascontiguousarray(X[rows], np.float32))
            x[n:] = x[n - 1]
            x = x.to(device)
            for i, net in enumerate(networks):
                found, single = net.scores(net.front(x))
                classes[i, rows] = found.cpu().numpy()[:n]
                if single is not None:
                    components[i, rows] = single.cpu().numpy()[:n]

    starts = range(0, len(X), batch_size)
    if device.type == "cpu":
        deque(side_by_side(work, starts), maxlen=0)
    else:
        for start in starts:
            work(start)
    return Scores(classes, components)


def predict(networks: list[DCNet], X: np.ndarray, temperature: float = 1.0,
            batch_size: int = BATCH) -> np.ndarray:
    """Class probabilities, averaged over the networks; see :func:`class_scores`.

    `temperature` is that of the model (:func:`.calibration.fit_temperature`).

    Returns
    -------
    ndarray of float64, shape (n, classes)
    """
    return mean_probabilities(class_scores(networks, X, batch_size), temperature)
