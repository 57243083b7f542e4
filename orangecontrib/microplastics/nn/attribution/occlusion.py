"""Occlusion: how far a score falls when a stretch of the spectrum is drawn straight.

The slow reference that needs no theory: it asks the network itself, once for each stretch.
"""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

__all__ = ["Occluder", "mean_scores"]


def mean_scores(networks, maps):
    """Mean scores (B, classes), and the class of the highest mean probability (B,)."""
    scores = [net.head(m) for net, m in zip(networks, maps, strict=True)]
    probabilities = torch.stack([s.detach().softmax(dim=1) for s in scores]).mean(dim=0)
    return torch.stack(scores).mean(dim=0), probabilities.argmax(dim=1)


class Occluder:
    """How far a score falls when a stretch of the spectrum is drawn straight."""

    def __init__(self, seen, width=8, step=4):
        first, last = np.flatnonzero(seen)[[0, -1]]
        starts = np.arange(first, max(last - width + 2, first + 1), step)
        # A window that lies in left-out regions alone cannot change anything.
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
        return result * len(networks)


def _straightened(x, start, stop):
    """Spectra with a line from the point before `start` to the one at `stop`."""
    x = x.clone()
    last = x.shape[1] - 1
    left, right = max(start - 1, 0), min(stop, last)
    share = torch.arange(right - left + 1) / (right - left)
    a, b = x[:, left:left + 1].clone(), x[:, right:right + 1].clone()
    # At the ends of the grid there is only one side to hold on to.
    if start == 0:
        a = b
    if stop > last:
        b = a
    x[:, left:right + 1] = a + (b - a) * share
    return x
