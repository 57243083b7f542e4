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
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.signal import savgol_coeffs
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from orangecontrib.microplastics.config import DCNetConfig
from orangecontrib.microplastics.nn.cbam import CBAM
from orangecontrib.microplastics.nn.layers import Dropout, Maximum, conv, linear
from orangecontrib.microplastics.spectra.preprocess import WINDOW

__all__ = ["BranchFeatures", "Branch", "Front", "DCNet"]


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


class Branch(nn.Module):
    """Blocks of convolution, pooling, batch norm and ReLU; attention at the end.

    Pooling comes first, which leaves the others half the work; statistics are then those of
    the maxima. Where batch norm's slope is positive, as a rule, all three may change places.
    """

    def __init__(self, kernel, config: DCNetConfig, generator):
        super().__init__()
        layers, n_in, stride = [], config.inputs, config.stride
        for width, pool, size in zip(config.widths, config.pools,
                                     config.block_kernels(kernel), strict=True):
            layers.append(conv(n_in, width, size, stride, generator))
            if pool > 1:
                layers.append(nn.MaxPool2d((1, pool)))
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            n_in, stride = width, 1
        self.blocks = nn.Sequential(*layers)
        self.attention = CBAM(n_in, config.attention, config.reduction,
                              config.spatial_kernel, generator)
        self._geometry = (config.stride, config.pools)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """(B, inputs, 1, N) -> attended map (B, C, 1, L) and the attention's weights."""
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


#: Neighbours on either side that a derivative looks at.
_HALF = WINDOW // 2

#: The derivatives of :func:`.preprocess.derivatives`: weights of the i-th neighbours' difference,
#: and of the i-th neighbours' sum less twice the centre, i = 1 ... A constant has no second
#: derivative, so the centre's own weight need not be named.
_SLOPE, _CURVATURE = (savgol_coeffs(WINDOW, 2, deriv=order, use="dot")[_HALF + 1:].tolist()
                      for order in (1, 2))


def _deviation(x):
    """Standard deviation of rows of mean 0, never 0; torch.std takes twenty times as long."""
    deviation = torch.linalg.vector_norm(x, dim=2, keepdim=True) / (x.shape[2] - 1) ** .5
    return deviation.clamp_min(torch.finfo(x.dtype).tiny)


class Front(nn.Module):
    """What the network does to every spectrum before it looks.

    First and second derivative, regions, standard normal variate (SNV), compression. It
    belongs to the network, so that training and use cannot differ in it.
    """

    def __init__(self, config: DCNetConfig):
        super().__init__()
        self.derivative = config.derivative
        self.second = config.derivative and config.second_derivative
        self.clip = config.clip
        self.compression = config.compression
        kept = np.concatenate([np.arange(*r) for r in config.keep]) if config.keep \
            else np.arange(config.n_wavenumbers)
        self.whole = len(kept) == config.n_wavenumbers
        self.register_buffer("kept", torch.from_numpy(kept), persistent=False)
        self.ranges = config.keep or ((0, config.n_wavenumbers),)

    @staticmethod
    def _slope(padded, start, stop):
        """Derivative of the points from start to stop, both counted without the padding."""
        slope = 0
        for i, weight in enumerate(_SLOPE, start=1):
            slope = slope + weight * (padded[:, start + _HALF + i:stop + _HALF + i]
                                      - padded[:, start + _HALF - i:stop + _HALF - i])
        return slope

    @staticmethod
    def _curvature(padded, start, stop):
        """Second derivative of the same points."""
        curvature, centre = 0, 2 * padded[:, start + _HALF:stop + _HALF]
        for i, weight in enumerate(_CURVATURE, start=1):
            before = padded[:, start + _HALF - i:stop + _HALF - i]
            after = padded[:, start + _HALF + i:stop + _HALF + i]
            curvature = curvature + weight * (after + before - centre)
        return curvature

    def forward(self, x: Tensor) -> Tensor:
        """(B, wavenumbers) -> (B, inputs, seen wavenumbers), rows of mean 0 and deviation 1."""
        if self.derivative:
            # Large offsets would cost float32 its digits; the derivative does not need them.
            x = x - x.mean(dim=1, keepdim=True)
            x = F.pad(x[:, None], (_HALF, _HALF), mode="replicate")[:, 0]
            seen = [torch.cat([derive(x, *r) for r in self.ranges], dim=1)
                    for derive in (self._slope, self._curvature)[:2 if self.second else 1]]
            x = torch.stack(seen, dim=1)
        else:
            if not self.whole:
                x = torch.cat([x[:, start:stop] for start, stop in self.ranges], dim=1)
            x = x[:, None]
        x = x - x.mean(dim=2, keepdim=True)
        x = (x / _deviation(x)).clamp(-self.clip, self.clip)
        if self.compression:
            # Weak bands count for more beside strong ones, as their noise does. This is
            # asinh(compression x), in an eighth of the time that torch's own takes.
            x = x * self.compression
            x = torch.log(x + torch.sqrt(x.square() + 1))
            x = x / _deviation(x - x.mean(dim=2, keepdim=True))
        return x


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
        self.classifier = linear(self.pooled * stretches * config.widths[-1] * len(config.kernels),
                                  config.n_classes, generator)
        self.is_folded = False
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Absorbance (B, wavenumbers) -> class scores (B, classes)."""
        return self.classify(self.front(x))

    def classify(self, seen: Tensor) -> Tensor:
        """The rest behind the front: (B, inputs, seen wavenumbers) -> class scores (B, classes)."""
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
                if isinstance(layer, nn.MaxPool2d):
                    layers.append(Maximum(layer.kernel_size[1]))
                elif not isinstance(layer, nn.BatchNorm2d):
                    layers.append(layer)
                elif isinstance(layers[-1], nn.Conv2d):
                    layers[-1] = fuse_conv_bn_eval(layers[-1].eval(), layer.eval())
                elif (layer.weight > 0).all():
                    # What rises keeps the maximum where it is.
                    layers[-2] = fuse_conv_bn_eval(layers[-2].eval(), layer.eval())
                else:
                    layers.append(layer)
            branch.blocks = nn.Sequential(*layers)
        net.is_folded = True
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
        return x[:, :, None].to(memory_format=torch.channels_last)
