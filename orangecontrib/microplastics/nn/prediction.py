"""Class scores and probabilities of trained networks, computed as fast as possible."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch

from orangecontrib.microplastics.confidence.calibration import mean_probabilities
from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.nn.network import DCNet

__all__ = ["Scores", "folded", "scores", "class_scores", "predict"]


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


def folded(networks: list[DCNet]) -> list[DCNet]:
    """Prepare networks for prediction, if it is called often; see :meth:`.DCNet.folded`."""
    return [net if net.is_folded else net.folded() for net in networks]


def class_scores(networks: list[DCNet], X: np.ndarray, batch_size: int = 512) -> np.ndarray:
    """Class scores of each network, shape (networks, n, classes); see :func:`scores`."""
    return scores(networks, X, batch_size).classes


def scores(networks: list[DCNet], X: np.ndarray, batch_size: int = 512) -> Scores:
    """Scores of classes, and of the presence of materials.

    Batches are distributed over as many threads as torch may use here, and each is computed by
    one thread: on two cores this is a third faster than every operation on both, and scores
    are bit-identical for any number of threads.

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

    def work(start):
        rows = slice(start, start + batch_size)
        with threads(1), torch.inference_mode():
            x = torch.from_numpy(np.ascontiguousarray(X[rows], np.float32))
            for i, net in enumerate(networks):
                found, single = net.scores(net.front(x))
                classes[i, rows] = found.numpy()
                if single is not None:
                    components[i, rows] = single.numpy()

    starts = range(0, len(X), batch_size)
    with threads():
        workers = min(torch.get_num_threads(), len(starts))
        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, starts))
        else:
            for start in starts:
                work(start)
    return Scores(classes, components)


def predict(networks: list[DCNet], X: np.ndarray, temperature: float = 1.0,
            batch_size: int = 512) -> np.ndarray:
    """Class probabilities, averaged over the networks; see :func:`class_scores`.

    `temperature` is that of the model (:func:`.calibration.fit_temperature`).

    Returns
    -------
    ndarray of float64, shape (n, classes)
    """
    return mean_probabilities(class_scores(networks, X, batch_size), temperature)
