"""DCNet-CBAM: a dual-branch one-dimensional convolutional network with attention.

The architecture is that of He et al., Microchemical Journal 2025 (two parallel
branches, CBAM in each, outputs concatenated for the classifier); its kernel
sizes, depth and widths are not public, so those here are our own. CBAM is Woo
et al., ECCV 2018 (arXiv:1807.06521).

Spectra go in and come out as (batch, wavenumbers). Inside, convolutions are
two-dimensional with one row, (batch, channels, 1, positions) in channels-last
memory: the same arithmetic, about twice as fast on a CPU.
"""
from __future__ import annotations

import copy
from functools import reduce
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import skip_init
from torch.nn.utils.fusion import fuse_conv_bn_eval

from orangecontrib.microplastics.configuration import DCNetConfig

__all__ = ["BranchFeatures", "ChannelAttention",
           "SpatialAttention", "CBAM", "Branch", "Front", "DCNet"]


class BranchFeatures(NamedTuple):
    """What one branch says of a batch.

    Attributes
    ----------
    map : Tensor, shape (batch, channels, positions)
        The last feature map, attention applied.
    channel : Tensor, shape (batch, channels), or None
        Weights of the channel attention, 0 to 1.
    spatial : Tensor, shape (batch, positions), or None
        Weights of the spatial attention, 0 to 1.
    """
    map: Tensor
    channel: Tensor | None
    spatial: Tensor | None


def _conv(n_in, n_out, kernel, stride, generator, bias=False):
    """A 1 x kernel convolution, He-initialised from `generator` alone."""
    conv = skip_init(nn.Conv2d, n_in, n_out, (1, kernel), stride=(1, stride),
                     padding=(0, kernel // 2), bias=bias)
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator)
    if bias:
        nn.init.zeros_(conv.bias)
    return conv


def _linear(n_in, n_out, generator):
    linear = skip_init(nn.Linear, n_in, n_out)
    nn.init.xavier_uniform_(linear.weight, generator=generator)
    nn.init.zeros_(linear.bias)
    return linear


class ChannelAttention(nn.Module):
    """Which channels matter: sigmoid(MLP(average) + MLP(maximum)), the MLP shared."""

    def __init__(self, channels, reduction, generator):
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = _linear(channels, hidden, generator)
        self.excite = _linear(hidden, channels, generator)

    def _mlp(self, x):
        return self.excite(F.relu(self.squeeze(x)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> weights (B, C)."""
        return torch.sigmoid(self._mlp(x.mean(dim=(2, 3))) + self._mlp(x.amax(dim=(2, 3))))


class SpatialAttention(nn.Module):
    """Which positions matter: sigmoid(conv([average, maximum] over the channels))."""

    def __init__(self, kernel, generator):
        super().__init__()
        self.conv = _conv(2, 1, kernel, 1, generator, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> weights (B, 1, 1, L)."""
        pooled = torch.cat((x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)), dim=1)
        return torch.sigmoid(self.conv(pooled))


class CBAM(nn.Module):
    """Channel, then spatial attention, each multiplied with the feature map."""

    def __init__(self, channels, attention, reduction, spatial_kernel, generator):
        super().__init__()
        self.channel = ChannelAttention(channels, reduction, generator) \
            if attention in ("cbam", "channel") else None
        self.spatial = SpatialAttention(spatial_kernel, generator) \
            if attention in ("cbam", "spatial") else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """(B, C, 1, L) -> attended map (B, C, 1, L), weights (B, C) and (B, 1, 1, L)."""
        channel = spatial = None
        if self.channel is not None:
            channel = self.channel(x)
            x = x * channel[:, :, None, None]
        if self.spatial is not None:
            spatial = self.spatial(x)
            x = x * spatial
        return x, channel, spatial


class Branch(nn.Module):
    """Blocks of convolution, batch norm, pooling and ReLU; attention at the end.

    Pooling by maximum and ReLU may change places without changing the result; pooling
    first leaves the ReLU half the work.
    """

    def __init__(self, kernel, config: DCNetConfig, generator):
        super().__init__()
        layers, n_in, stride = [], 1, config.stride
        for width, pool, size in zip(config.widths, config.pools,
                                     config.block_kernels(kernel), strict=True):
            layers += [_conv(n_in, width, size, stride, generator), nn.BatchNorm2d(width)]
            if pool > 1:
                layers.append(nn.MaxPool2d((1, pool)))
            layers.append(nn.ReLU(inplace=True))
            n_in, stride = width, 1
        self.blocks = nn.Sequential(*layers)
        self.attention = CBAM(n_in, config.attention, config.reduction,
                              config.spatial_kernel, generator)
        self._geometry = (config.stride, config.pools)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """(B, 1, 1, N) -> attended map (B, C, 1, L) and the attention's weights."""
        return self.attention(self.blocks(x))

    def positions(self, n: int) -> np.ndarray:
        """Centre of each of the map's columns, as an index into the N inputs.

        Odd kernels padded by half keep a strided convolution centred on each
        stride-th input; a pool's output is centred between the inputs it covers.
        """
        stride, pools = self._geometry
        centres = np.arange(0, n, stride, dtype=float)
        for pool in pools:
            length = len(centres) // pool
            centres = centres[:length * pool].reshape(length, pool).mean(axis=1)
        return centres


#: Savitzky-Golay first derivative, 9 points, order 2: weights i / sum(i^2) of the i-th
#: neighbours' difference, i = 1 ... 4 (Savitzky and Golay, Anal. Chem. 1964, 36, 1627).
_SAVGOL = tuple(i / 60 for i in range(1, 5))


class Front(nn.Module):
    """What the network does to every spectrum before it looks: derivative, regions, SNV.

    It belongs to the network, so that training and use cannot differ in it.
    """

    def __init__(self, config: DCNetConfig):
        super().__init__()
        self.derivative = config.derivative
        self.clip = config.clip
        kept = np.concatenate([np.arange(*r) for r in config.keep]) if config.keep \
            else np.arange(config.n_wavenumbers)
        self.whole = len(kept) == config.n_wavenumbers
        self.register_buffer("kept", torch.from_numpy(kept), persistent=False)
        self.ranges = config.keep or ((0, config.n_wavenumbers),)

    @staticmethod
    def _slope(padded, start, stop):
        """Derivative of the points from start to stop, both counted without the padding."""
        slope = 0
        for i, weight in enumerate(_SAVGOL, start=1):
            slope = slope + weight * (padded[:, start + 4 + i:stop + 4 + i]
                                      - padded[:, start + 4 - i:stop + 4 - i])
        return slope

    def forward(self, x: Tensor) -> Tensor:
        """(B, wavenumbers) -> (B, seen wavenumbers), each row of mean 0 and deviation 1."""
        if self.derivative:
            # Large offsets would cost float32 its digits; the derivative does not need them.
            x = x - x.mean(dim=1, keepdim=True)
            x = F.pad(x[:, None], (4, 4), mode="replicate")[:, 0]
            x = torch.cat([self._slope(x, *r) for r in self.ranges], dim=1)
        elif not self.whole:
            x = torch.cat([x[:, start:stop] for start, stop in self.ranges], dim=1)
        deviation, mean = torch.std_mean(x, dim=1, keepdim=True)
        x = (x - mean) / deviation.clamp_min(torch.finfo(x.dtype).tiny)
        return x.clamp(-self.clip, self.clip)


class _Maximum(nn.Module):
    """Maximum pooling that does not note the places of the maxima, as torch's own does.

    For prediction, where noting costs as much as the convolutions; in training torch's is
    faster, since it goes back by the places.
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


class DCNet(nn.Module):
    """Two branches of different kernel sizes, CBAM in each, one classifier over both.

    Parameters
    ----------
    config : DCNetConfig
    generator : torch.Generator
        On the CPU; all weights are drawn from it, none from torch's global state.
    """

    def __init__(self, config: DCNetConfig, generator: torch.Generator):
        super().__init__()
        self.config = config
        self.front = Front(config)
        self.branches = nn.ModuleList(Branch(k, config, generator) for k in config.kernels)
        # Average and maximum of each channel of each branch in each stretch of the axis.
        self.stretch = -(-config.map_length // config.segments)
        stretches = -(-config.map_length // self.stretch)
        self.dropout = Dropout(config.dropout)
        # Of a single position, average and maximum are one.
        self.pooled = 1 if self.stretch == 1 else 2
        self.classifier = _linear(self.pooled * stretches * config.widths[-1] * len(config.kernels),
                                  config.n_classes, generator)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Absorbance (B, wavenumbers) -> class scores (B, classes)."""
        return self.classify(self.front(x))

    def classify(self, seen: Tensor) -> Tensor:
        """The rest behind the front: (B, seen wavenumbers) -> class scores (B, classes)."""
        x = self._image(seen)
        return self.head([branch(x)[0] for branch in self.branches])

    def features(self, x: Tensor) -> list[BranchFeatures]:
        """Each branch's attended map and attention, for explanations."""
        x = self._image(self.front(x))
        result = []
        for branch in self.branches:
            feature_map, channel, spatial = branch(x)
            result.append(BranchFeatures(
                feature_map[:, :, 0], channel,
                None if spatial is None else spatial[:, 0, 0]))
        return result

    def head(self, maps: list[Tensor]) -> Tensor:
        """Class scores (B, classes) from the branches' maps, (B, C, L) or (B, C, 1, L)."""
        window = (1, self.stretch)
        pooled = []
        for m in maps:
            m = self.dropout(m.unsqueeze(2) if m.dim() == 3 else m)
            if self.stretch == 1:
                # In the order of channels-last memory: nothing is copied.
                pooled.append(m.permute(0, 2, 3, 1).flatten(1))
                continue
            pooled.append(F.avg_pool2d(m, window, ceil_mode=True).flatten(1))
            pooled.append(F.max_pool2d(m, window, ceil_mode=True).flatten(1))
        return self.classifier(torch.cat(pooled, dim=1))

    def positions(self) -> list[np.ndarray]:
        """For each branch, the centre of each column of its map as an index of the grid.

        Left-out regions are jumped over, so centres are interpolated between the
        indices that the network sees.
        """
        kept = self.front.kept.cpu().numpy()
        return [np.interp(b.positions(len(kept)), np.arange(len(kept)), kept)
                for b in self.branches]

    def seen(self) -> np.ndarray:
        """Which of the grid's wavenumbers the network sees; bool, shape (wavenumbers,)."""
        mask = np.zeros(self.config.n_wavenumbers, bool)
        mask[self.front.kept.cpu().numpy()] = True
        return mask

    @property
    def n_parameters(self) -> int:
        """Number of trained weights."""
        return sum(p.numel() for p in self.parameters())

    def weights(self) -> dict[str, np.ndarray]:
        """Copies of all weights and batch-norm statistics, by name."""
        return {name: value.detach().cpu().numpy().copy()
                for name, value in self.state_dict().items()}

    def folded(self) -> DCNet:
        """A copy for prediction alone: batch norm in the convolutions, maxima without places.

        It says the same to rounding, faster, and cannot be trained.
        """
        net = copy.deepcopy(self).eval()
        for branch in net.branches:
            layers = []
            for layer in branch.blocks:
                if isinstance(layer, nn.BatchNorm2d):
                    layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
                elif isinstance(layer, nn.MaxPool2d):
                    layers.append(_Maximum(layer.kernel_size[1]))
                else:
                    layers.append(layer)
            branch.blocks = nn.Sequential(*layers)
        return net.requires_grad_(False).to(memory_format=torch.channels_last)

    @classmethod
    def from_weights(cls, config: DCNetConfig, weights: dict[str, np.ndarray]) -> DCNet:
        """The network that :meth:`weights` describes, in evaluation mode."""
        net = cls(config, torch.Generator())
        net.load_state_dict({name: torch.from_numpy(np.array(value))
                             for name, value in weights.items()})
        return net.eval()

    @staticmethod
    def _image(x):
        return x[:, None, None].to(memory_format=torch.channels_last)
