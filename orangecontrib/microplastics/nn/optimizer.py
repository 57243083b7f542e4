"""AdamW with a one-cycle schedule, from torch's functions.

torch's classes do the same, but importing what their constructor needs takes longer than a tenth of
a training on thousands of spectra (1.3 s).
"""
from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adamw import adamw

__all__ = ["OneCycle"]

#: Share of the steps in which the rate rises; the highest rate in multiples of the first; the first
#: in multiples of the last.
_RISE, _FIRST, _LAST = .3, 25., 1e4

#: Lowest and highest share of the last mean gradient in the next.
_MOMENTA = .85, .95


class OneCycle:
    """AdamW (Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101) whose rate rises, then falls.

    The one-cycle schedule is that of Smith and Topin (2018, arXiv:1708.07120), with cosines, as in
    torch: the momentum is lowest where the rate is highest.

    Parameters
    ----------
    parameters : iterable of Tensor
    rate : float
        Highest learning rate.
    steps : int
        Number of calls of :meth:`step` in all.
    weight_decay : float
    """

    def __init__(self, parameters: Iterable[Tensor], rate: float, steps: int,
                 weight_decay: float):
        self._parameters = list(parameters)
        self._means, self._squares = ([torch.zeros_like(p, memory_format=torch.preserve_format)
                                       for p in self._parameters] for _ in range(2))
        self._counts = [torch.zeros((), device=p.device) for p in self._parameters]
        self._fused = all(p.device.type in ("cpu", "cuda") for p in self._parameters)
        # One more than are made, so that the last step teaches, too.
        self._highest, self._steps, self._done = rate, steps + 1, 0
        self._weight_decay = weight_decay

    def _now(self, low, high):
        """From the first value (low) to the highest in the rise, then to the last."""
        top = _RISE * self._steps - 1
        if self._done <= top:
            return _cosine(low[0], high, self._done / top if top else 1.)
        return _cosine(high, low[1], (self._done - top) / (self._steps - 1 - top))

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        first = self._highest / _FIRST
        return self._now((first, first / _LAST), self._highest)

    @property
    def momentum(self) -> float:
        """Share of the last mean gradient in that of the next step."""
        low, high = _MOMENTA
        return self._now((high, high), low)

    @torch.no_grad()
    def step(self):
        """Change the parameters by their gradients, and forget these."""
        adamw(self._parameters, [p.grad for p in self._parameters], self._means, self._squares, [],
              self._counts, fused=self._fused, amsgrad=False, beta1=self.momentum, beta2=.999,
              lr=self.rate, weight_decay=self._weight_decay, eps=1e-8, maximize=False)
        self._done += 1
        for p in self._parameters:
            p.grad = None


def _cosine(start, end, share):
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
