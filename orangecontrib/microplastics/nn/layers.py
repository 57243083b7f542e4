"""Small layers of the network that torch has not, or not as fast."""
from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn

__all__ = ["conv", "linear", "Maximum", "Dropout"]


class _Conv(nn.Conv2d):
    """Left as memory was: torch's own values come from a random state that all programs share.

    torch's skip_init does the same, and takes half a second of imports.
    """

    def reset_parameters(self):
        pass


class _Linear(nn.Linear):
    """As :class:`_Conv`."""

    def reset_parameters(self):
        pass


def conv(n_in, n_out, kernel, stride, generator, bias=False):
    """A 1 x kernel convolution, He-initialised from `generator` alone."""
    layer = _Conv(n_in, n_out, (1, kernel), stride=(1, stride), padding=(0, kernel // 2),
                  bias=bias)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer


def linear(n_in, n_out, generator):
    layer = _Linear(n_in, n_out)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


class Maximum(nn.Module):
    """Maximum pooling that does not note the places of the maxima, as torch's own does.

    For prediction, where noting costs as much as the convolutions; in training torch's is
    as fast, since it goes back by the places.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> (B, C, 1, L // size)."""
        end = x.shape[3] // self.size * self.size
        return reduce(torch.maximum, (x[..., i:end:self.size] for i in range(self.size)))


class Dropout(nn.Module):
    """Drops whole channels of spectra, drawn from a generator of its own.

    One draw for a channel, not for each position: neighbours tell the same, and random
    numbers would be a tenth of the training time.
    """

    def __init__(self, share):
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) -> the same, `share` of the channels zero."""
        if not self.training or not self.share:
            return x
        keep = torch.rand(x.shape[:2], generator=self.generator, device=x.device) >= self.share
        return x * (keep / (1 - self.share)).reshape(*x.shape[:2], *[1] * (x.dim() - 2))
