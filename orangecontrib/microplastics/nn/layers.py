"""Small layers of the network that torch lacks, or that are slower in torch."""
from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn

__all__ = ["conv", "linear", "Maximum", "Dropout"]


class _Conv(nn.Conv2d):
    """Convolution without torch's initialisation, which draws from the global random state.

    Weights are undefined until they are set. torch's skip_init does the same, but takes half a
    second of imports.
    """

    def reset_parameters(self):
        pass


class _Linear(nn.Linear):
    """Linear layer without torch's initialisation, as :class:`_Conv`."""

    def reset_parameters(self):
        pass


def conv(n_in, n_out, kernel, stride, generator, bias=False):
    """Return a 1 x kernel convolution, He-initialised from `generator` only."""
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
    """Maximum pooling that does not store the positions of the maxima, as torch's own does.

    For prediction, where storing them takes as long as the convolutions. In training, torch's
    layer is as fast, since its backward pass uses the positions.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> (B, C, 1, L // size)."""
        end = x.shape[3] // self.size * self.size
        return reduce(torch.maximum, (x[..., i:end:self.size] for i in range(self.size)))


class Dropout(nn.Module):
    """Drops whole channels of each spectrum, drawn from its own generator.

    One draw per channel, not per position: neighbouring positions hold the same information,
    and drawing for each would take a tenth of the training time.
    """

    def __init__(self, share):
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) -> same shape; channels are 0 with probability `share`, others scaled up."""
        if not self.training or not self.share:
            return x
        keep = torch.rand(x.shape[:2], generator=self.generator, device=x.device) >= self.share
        return x * (keep / (1 - self.share)).reshape(*x.shape[:2], *[1] * (x.dim() - 2))
