"""CBAM's attention weights: where a network looks, independent of the class."""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from orangecontrib.microplastics.nn.attribution.gradcam import BATCH_SIZE, check_spectra
from orangecontrib.microplastics.nn.attribution.projection import Projection
from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.nn.network import DCNet

__all__ = ["Attention", "attention"]


class Attention(NamedTuple):
    """CBAM's attention weights in one branch of a network.

    Attributes
    ----------
    spatial : ndarray of float32, shape (n, m), or None
        Weight of each wavenumber, 0 to 1; NaN where the network does not look.
    channel : ndarray of float32, shape (n, channels), or None
        Weight of each channel, 0 to 1.
    """
    spatial: np.ndarray | None
    channel: np.ndarray | None


def attention(network: DCNet, X: np.ndarray, grid: np.ndarray,
              axis: np.ndarray | None = None, *, batch_size: int = BATCH_SIZE,
              callback: Callable[[float], None] | None = None) -> list[Attention]:
    """Attention weights of each branch of one network.

    They show where the network looks for any class, not why it decided: the classifier, which
    follows attention, may count the attended features for or against a class.

    Parameters as in :func:`.gradcam.explain`, but for a single network, since the channels of
    different networks do not correspond.
    """
    check_spectra([network], X)
    projection = Projection([network], grid, axis)
    spatial, channel = ([[] for _ in network.branches] for _ in range(2))
    for start in range(0, len(X), batch_size):
        x = torch.from_numpy(np.ascontiguousarray(X[start:start + batch_size], np.float32))
        with threads(1), torch.no_grad():
            features = network.features(x)
        for i, feature in enumerate(features):
            if feature.spatial is not None:
                spatial[i].append(projection(feature.spatial))
            if feature.channel is not None:
                channel[i].append(feature.channel.numpy())
        if callback is not None:
            callback(min((start + batch_size) / len(X), 1.0))
    return [Attention(*(np.concatenate(parts) if parts else None for parts in pair))
            for pair in zip(spatial, channel, strict=True)]
