"""DCNet-CBAM: a dual-branch one-dimensional convolutional network with attention.

The architecture is that of He et al., Microchemical Journal 2025 (two parallel
branches, CBAM in each, outputs concatenated for the classifier); its kernel
sizes, depth and widths are not public, so those used here are this project's.
CBAM is Woo et al., ECCV 2018 (arXiv:1807.06521).

The input is (batch, wavenumbers). Inside, convolutions are two-dimensional with
one row, (batch, channels, 1, positions), in channels-last memory: the same
arithmetic, about twice as fast on a CPU.
"""
from __future__ import annotations

import copy
from dataclasses import replace
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
    """Output of one branch for a batch.

    Attributes
    ----------
    map : Tensor, shape (batch, channels, positions)
        The last feature map, after attention.
    channel : Tensor, shape (batch, channels), or None
        Weights of the channel attention, 0 to 1.
    spatial : Tensor, shape (batch, positions), or None
        Weights of the spatial attention, 0 to 1.
    """
    map: Tensor
    channel: Tensor | None
    spatial: Tensor | None


class Branch(nn.Module):
    """Blocks of convolution, batch norm and ReLU, followed by attention.

    Blocks shorten the map by the stride of their convolution. With ``config.pooling`` they have
    maximum pooling instead, which precedes batch norm and ReLU, to halve their work; batch norm's
    statistics are then those of the maxima. Once these are fixed, and if batch norm's slope is
    positive, as it usually is, the order of the three does not change the result.
    """

    def __init__(self, kernel, config: DCNetConfig, generator):
        super().__init__()
        layers, n_in, stride = [], config.inputs, config.stride
        for width, pool, size in zip(config.widths, config.pools,
                                     config.block_kernels(kernel), strict=True):
            if not config.pooling:
                stride *= pool
            layers.append(conv(n_in, width, size, stride, generator))
            if config.pooling and pool > 1:
                layers.append(nn.MaxPool2d((1, pool)))
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            n_in, stride = width, 1
        self.blocks = nn.Sequential(*layers)
        self.attention = CBAM(n_in, config.attention, config.reduction,
                              config.spatial_kernel, generator)
        self._geometry = (config.stride, config.pools, config.pooling)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """(B, inputs, 1, N) -> attended map (B, C, 1, L) and weights, as :class:`.CBAM`."""
        return self.attention(self.blocks(x))

    def positions(self, n: int) -> np.ndarray:
        """Centre of each column of the map, as an index into the N inputs.

        With odd kernels, padded by half their size, a strided convolution is centred on
        every stride-th input; an output of pooling is centred between the inputs it covers.
        """
        stride, pools, pooling = self._geometry
        centres = np.arange(0, n, stride, dtype=float)
        for pool in pools:
            if not pooling:
                centres = centres[::pool]
                continue
            length = len(centres) // pool
            centres = centres[:length * pool].reshape(length, pool).mean(axis=1)
        return centres


#: Number of neighbours on either side that a derivative uses.
_HALF = WINDOW // 2

#: Weights of the derivatives of :func:`.preprocess.derivatives`, for i = 1 ...: of the difference
#: of the i-th neighbours (first derivative), and of their sum minus twice the centre (second). The
#: second derivative of a constant is 0, so the centre's own weight follows from the others.
_SLOPE, _CURVATURE = (savgol_coeffs(WINDOW, 2, deriv=order, use="dot")[_HALF + 1:].tolist()
                      for order in (1, 2))


def _deviation(x):
    """Standard deviation of rows of mean 0, never 0; torch.std takes twenty times as long."""
    deviation = torch.linalg.vector_norm(x, dim=2, keepdim=True) / (x.shape[2] - 1) ** .5
    return deviation.clamp_min(torch.finfo(x.dtype).tiny)


class Front(nn.Module):
    """Preprocessing inside the network.

    First and second derivative, selection of regions, standard normal variate (SNV), clipping,
    compression. It is part of the network so that it is the same in training and prediction.
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
    def reached(config: DCNetConfig) -> tuple[np.ndarray, DCNetConfig]:
        """Wavenumbers that have a part in the output, and the configuration for these alone.

        The network sees half of the axis: what is only needed in training need not be computed for
        the other half.

        Returns
        -------
        columns : ndarray of int
            Indices into the grid: the regions, with the neighbours that derivatives use.
        config : DCNetConfig
            For a front that gets these columns, and returns the same as before.
        """
        n = config.n_wavenumbers
        margin = _HALF if config.derivative else 0
        mask = np.zeros(n, bool)
        for start, stop in config.keep or ((0, n),):
            mask[max(start - margin, 0):stop + margin] = True
        columns = np.flatnonzero(mask)
        keep = tuple((int(start), int(start) + b - a) for (a, b), start in zip(
            config.keep, np.searchsorted(columns, [a for a, _ in config.keep]), strict=True))
        return columns, replace(config, n_wavenumbers=len(columns), keep=keep)

    @staticmethod
    def _slope(padded, start, stop):
        """First derivative at the points from start to stop, both counted without the padding."""
        slope = 0
        for i, weight in enumerate(_SLOPE, start=1):
            slope = slope + weight * (padded[:, start + _HALF + i:stop + _HALF + i]
                                      - padded[:, start + _HALF - i:stop + _HALF - i])
        return slope

    @staticmethod
    def _curvature(padded, start, stop):
        """Second derivative at the same points."""
        curvature, centre = 0, 2 * padded[:, start + _HALF:stop + _HALF]
        for i, weight in enumerate(_CURVATURE, start=1):
            before = padded[:, start + _HALF - i:stop + _HALF - i]
            after = padded[:, start + _HALF + i:stop + _HALF + i]
            curvature = curvature + weight * (after + before - centre)
        return curvature

    def forward(self, x: Tensor) -> Tensor:
        """(B, wavenumbers) -> (B, inputs, seen wavenumbers).

        Rows have mean 0 and standard deviation 1 before clipping. Compression scales them to
        standard deviation 1 again, but leaves their mean slightly off 0.
        """
        if self.derivative:
            # A large offset would reduce the precision in float32; the derivative removes it.
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
            # Raises weak bands, and noise, relative to strong bands. This is
            # asinh(compression x), in an eighth of the time of torch's own function.
            x = x * self.compression
            x = torch.log(x + torch.sqrt(x.square() + 1))
            x = x / _deviation(x - x.mean(dim=2, keepdim=True))
        return x


class DCNet(nn.Module):
    """One or two branches of different kernel sizes, CBAM in each, one classifier for all.

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
        # Classifier inputs: average and maximum of each branch's channels in each axis segment.
        self.stretch = -(-config.map_length // config.segments)
        stretches = -(-config.map_length // self.stretch)
        # A module, since ONNX needs another one (:class:`.onnx_export._Average`).
        self.average = nn.AvgPool2d((1, self.stretch), ceil_mode=True)
        self.dropout = Dropout(config.dropout)
        # For a single position, average and maximum are equal.
        self.pooled = 1 if self.stretch == 1 else 2
        n_features = self.pooled * stretches * config.widths[-1] * len(config.kernels)
        self.classifier = linear(n_features, config.n_classes, generator)
        # Scores the presence of each material, in mixtures that are no class as well.
        self.detector = linear(n_features, config.n_components, generator) \
            if config.n_components else None
        self.is_folded = False
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Absorbance (B, wavenumbers) -> class scores (B, classes)."""
        return self.classify(self.front(x))

    def classify(self, seen: Tensor, branch: int | None = None) -> Tensor:
        """Output of the front (B, inputs, seen wavenumbers) -> class scores (B, classes).

        With `branch`, gradients go through this branch only; the scores are the same.
        """
        return self.classifier(self._pooled(seen, branch))

    def scores(self, seen: Tensor) -> tuple[Tensor, Tensor | None]:
        """As :meth:`classify`, and scores of the presence of each material (B, components): their
        logistic function is a probability. None if the network has no such scores."""
        pooled = self._pooled(seen)
        return self.classifier(pooled), None if self.detector is None else self.detector(pooled)

    def _pooled(self, seen, only=None):
        x = self._image(seen)
        return self._features([branch(x if only in (None, i) else x.detach())[0]
                               for i, branch in enumerate(self.branches)])

    def features(self, x: Tensor) -> list[BranchFeatures]:
        """Attended map and attention weights of each branch, for explanations."""
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
        return self.classifier(self._features(maps))

    def _features(self, maps):
        """Inputs of the classifier (B, features) from the branches' maps."""
        window = (1, self.stretch)
        pooled = []
        for m in maps:
            m = self.dropout(m.unsqueeze(2) if m.dim() == 3 else m)
            if self.stretch == 1:
                # In the order of channels-last memory, so that nothing is copied.
                pooled.append(m.permute(0, 2, 3, 1).flatten(1))
                continue
            pooled.append(self.average(m).flatten(1))
            pooled.append(F.max_pool2d(m, window, ceil_mode=True).flatten(1))
        return torch.cat(pooled, dim=1)

    def positions(self) -> list[np.ndarray]:
        """For each branch, the centre of each column of its map as an index into the grid.

        Regions that are left out are skipped, so centres are interpolated between the
        indices of the wavenumbers that the network uses.
        """
        kept = self.front.kept.cpu().numpy()
        return [np.interp(b.positions(len(kept)), np.arange(len(kept)), kept)
                for b in self.branches]

    def seen(self) -> np.ndarray:
        """Which wavenumbers of the grid the network uses; bool, shape (wavenumbers,)."""
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
        """Return a copy for prediction only, which is faster and cannot be trained.

        Batch norm is merged into the convolutions, and pooling does not store positions. Scores
        are the same up to rounding.
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
                    # A positive slope preserves the argmax.
                    layers[-2] = fuse_conv_bn_eval(layers[-2].eval(), layer.eval())
                else:
                    layers.append(layer)
            branch.blocks = nn.Sequential(*layers)
        net.is_folded = True
        return net.requires_grad_(False).to(memory_format=torch.channels_last)

    @classmethod
    def from_weights(cls, config: DCNetConfig, weights: dict[str, np.ndarray]) -> DCNet:
        """Build the network that :meth:`weights` describes, in evaluation mode.

        Raises
        ------
        RuntimeError, TypeError
            If names, shapes or types of the weights do not fit the configuration.
        """
        net = cls(config, torch.Generator())
        net.load_state_dict({name: torch.from_numpy(np.array(value))
                             for name, value in weights.items()})
        return net.eval()

    @staticmethod
    def _image(x):
        return x[:, :, None].to(memory_format=torch.channels_last)
