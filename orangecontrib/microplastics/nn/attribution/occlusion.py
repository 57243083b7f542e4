"""Occlusion: decrease of a score when a window of the spectrum is replaced by a straight line.

A slow reference without theoretical assumptions: the network predicts once for each window.
"""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

__all__ = ["Occluder", "mean_scores"]


def mean_scores(networks, maps):
    """Mean scores over networks (B, classes); class of the highest mean probability (B,)."""
    scores = [net.head(m) for net, m in zip(networks, maps, strict=True)]
    probabilities = torch.stack([s.detach().softmax(dim=1) for s in scores]).mean(dim=0)
    return torch.stack(scores).mean(dim=0), probabilities.argmax(dim=1)


class Occluder:
    """Computes the decrease of a score when a window is replaced by a straight line.

    Parameters
    ----------
    seen : ndarray of bool, shape (wavenumbers,)
        Wavenumbers that the networks use.
    width, step : int
        Width of a window, and distance from one to the next, in points of the grid.
    """

    def __init__(self, seen, width=8, step=4):
        first, last = np.flatnonzero(seen)[[0, -1]]
        starts = np.arange(first, max(last - width + 2, first + 1), step)
        # Windows that lie completely in regions that the networks do not use are left out.
        self.starts = [int(s) for s in starts if seen[s:s + width].any()]
        self.width = width
        self.centres = np.array([s + (width - 1) / 2 for s in self.starts])

    def __call__(self, networks, x, maps, target, branch) -> Tensor:
        result = torch.empty(len(x), len(self.starts))
        with torch.no_grad():
            before = target(mean_scores(networks, maps)[0])
            for i, start in enumerate(self.starts):
                hidden = _straightened(x, start, start + self.width)
                occluded = [[f.map for f in net.features(hidden)] for net in networks]
                if branch is not None:
                    occluded = [[h if b == branch else m for b, (h, m) in
                                 enumerate(zip(hid, own, strict=True))]
                                for hid, own in zip(occluded, maps, strict=True)]
                result[:, i] = before - target(mean_scores(networks, occluded)[0])
        # The caller divides by the number of networks, for all methods.
        return result * len(networks)


def _straightened(x, start, stop):
    """Spectra with a straight line from the point before `start` to the point at `stop`."""
    x = x.clone()
    last = x.shape[1] - 1
    left, right = max(start - 1, 0), min(stop, last)
    share = torch.arange(right - left + 1) / (right - left)
    a, b = x[:, left:left + 1].clone(), x[:, right:right + 1].clone()
    # At the ends of the grid there is a point on one side only: a constant.
    if start == 0:
        a = b
    if stop > last:
        b = a
    x[:, left:right + 1] = a + (b - a) * share
    return x
