"""CBAM: channel attention, then spatial attention (Woo et al., ECCV 2018, arXiv:1807.06521).

Both parts pool the feature map, compute weights and multiply the map by them: little
arithmetic and much memory traffic. Where gradients are wanted, both parts together are one autograd
function (for maps that are not too long) with its own backward pass, which reads and writes the map
as rarely as possible.
"""
from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from orangecontrib.microplastics.nn.layers import conv, linear

__all__ = ["ChannelAttention", "SpatialAttention", "CBAM"]

#: Maps of up to this length are convolved by a matrix product: for maps of 24 positions, torch's
#: convolution of two channels into one takes ten times as long.
_LONGEST_BAND = 128


class ChannelAttention(nn.Module):
    """Weights of channels: sigmoid(MLP(average) + MLP(maximum)), with a shared MLP."""

    def __init__(self, channels, reduction, generator):
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = linear(channels, hidden, generator)
        self.excite = linear(hidden, channels, generator)

    def _mlp(self, x):
        return self.excite(F.relu(self.squeeze(x)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> weights (B, C)."""
        return torch.sigmoid(self._mlp(x.mean(dim=(2, 3))) + self._mlp(x.amax(dim=(2, 3))))


class SpatialAttention(nn.Module):
    """Weights of positions: sigmoid(conv([average, maximum] over the channels))."""

    def __init__(self, kernel, generator):
        super().__init__()
        self.conv = conv(2, 1, kernel, 1, generator, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> weights (B, 1, 1, L)."""
        average, maximum = x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)
        if x.shape[3] > _LONGEST_BAND:
            return torch.sigmoid(self.conv(torch.cat((average, maximum), dim=1)))
        pooled = torch.cat((average, maximum), dim=3)[:, 0, 0]
        scores = torch.addmm(self.conv.bias, pooled, self.band(x.shape[3]))
        return torch.sigmoid(scores)[:, None, None]

    def band(self, positions: int) -> Tensor:
        """The convolution without bias as a matrix (2 L, L), for averages followed by maxima."""
        weight = self.conv.weight[0, :, 0]
        # A zero after each row of weights, for positions outside the kernel.
        return F.pad(weight, (0, 1)).flatten()[
            _weight_index(positions, weight.shape[1], str(weight.device))]


@lru_cache(maxsize=16)
def _weight_index(positions, kernel, device):
    """Index of each entry of the band matrix, (2 L, L), into the padded weights.

    Cached between calls, and therefore made outside inference mode: a tensor made in a
    prediction could not be used in training afterwards.
    """
    with torch.inference_mode(False):
        index = torch.arange(positions, device=device)
        offset = index[:, None] - index + kernel // 2
        offset = torch.where((offset >= 0) & (offset < kernel), offset, kernel)
        return torch.cat((offset, offset + kernel + 1))


class CBAM(nn.Module):
    """Multiplies the feature map by channel attention, then by spatial attention."""

    def __init__(self, channels, attention, reduction, spatial_kernel, generator):
        super().__init__()
        self.channel = ChannelAttention(channels, reduction, generator) \
            if attention in ("cbam", "channel") else None
        self.spatial = SpatialAttention(spatial_kernel, generator) \
            if attention in ("cbam", "spatial") else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """(B, C, 1, L) -> attended map (B, C, 1, L), weights (B, C) and (B, 1, 1, L) or None."""
        if x.requires_grad and self.channel is not None and self.spatial is not None \
                and x.shape[3] <= _LONGEST_BAND:
            return self._fused(x)
        channel = spatial = None
        if self.channel is not None:
            channel = self.channel(x)
            x = x * channel[:, :, None, None]
        if self.spatial is not None:
            spatial = self.spatial(x)
            x = x * spatial
        return x, channel, spatial

    def _fused(self, x):
        squeeze, excite = self.channel.squeeze, self.channel.excite
        b, channels, _, positions = x.shape
        # This is the order of channels-last memory, so nothing is copied. The permutations
        # include the height of 1, so that gradients are in channels-last memory, too.
        out, channel, spatial = _FusedAttention.apply(
            x.permute(0, 2, 3, 1).reshape(b, positions, channels),
            squeeze.weight, squeeze.bias, excite.weight, excite.bias,
            self.spatial.band(positions), self.spatial.conv.bias)
        out = out.reshape(b, 1, positions, channels).permute(0, 3, 1, 2)
        return out, channel, spatial[:, None, None]


class _FusedAttention(torch.autograd.Function):
    """Channel and spatial attention of a map (B, L, C), with a hand-written backward pass.

    torch's own would store every intermediate map and process each of them; this stores few.
    Equal maxima share the gradient, as in torch.
    """

    @staticmethod
    def forward(ctx, x, squeeze, squeeze_bias, excite, excite_bias, band, band_bias):
        b = len(x)
        pooled = torch.cat((x.mean(dim=1), x.amax(dim=1)))
        hidden = torch.addmm(squeeze_bias, pooled, squeeze.t()).relu_()
        scores = torch.addmm(excite_bias, hidden, excite.t())
        channel = torch.sigmoid(scores[:b] + scores[b:])
        weighted = x * channel[:, None]
        along = torch.cat((weighted.mean(dim=2), weighted.amax(dim=2)), dim=1)
        spatial = torch.addmm(band_bias, along, band).sigmoid_()
        ctx.save_for_backward(x, squeeze, excite, band, pooled, hidden, channel, weighted, along,
                              spatial)
        ctx.mark_non_differentiable(channel, spatial)
        return weighted * spatial[:, :, None], channel, spatial

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upper, _channel, _spatial):
        x, squeeze, excite, band, pooled, hidden, channel, weighted, along, spatial = \
            ctx.saved_tensors
        b, positions, channels = x.shape
        of_spatial = (upper * weighted).sum(dim=2) * spatial * (1 - spatial)
        of_along = of_spatial @ band.t()
        below = upper * spatial[:, :, None]
        below += (of_along[:, :positions] / channels)[:, :, None]
        _to_maxima(below, weighted, along[:, positions:], of_along[:, positions:], 2)
        of_channel = (below * x).sum(dim=1) * channel * (1 - channel)
        of_scores = torch.cat((of_channel, of_channel))
        of_hidden = (of_scores @ excite) * (hidden > 0)
        of_pooled = of_hidden @ squeeze
        below *= channel[:, None]
        below += (of_pooled[:b] / positions)[:, None]
        _to_maxima(below, x, pooled[b:], of_pooled[b:], 1)
        if not any(ctx.needs_input_grad[1:]):
            # Of an explanation, which changes no weights.
            return below, *[None] * 6
        return (below, of_hidden.t() @ pooled, of_hidden.sum(dim=0),
                of_scores.t() @ hidden, of_scores.sum(dim=0),
                along.t() @ of_spatial, of_spatial.sum()[None])


def _to_maxima(gradient, x, maximum, of_maximum, dim):
    """Add the gradient of a maximum at the positions where x equals it, in place."""
    there = _at_maximum(x, maximum.unsqueeze(dim))
    gradient.addcmul_(there, (of_maximum / there.sum(dim=dim)).unsqueeze(dim))


def _at_maximum(x: Tensor, maximum: Tensor) -> Tensor:
    """1 where x is the maximum, 0 where it is smaller, in x's dtype.

    Comparing, and converting bool to numbers, would take three times as long.
    """
    return torch.eq(x, maximum, out=torch.empty_like(x))
