"""Random distortions of spectra, drawn for each batch while a network trains.

They change a spectrum as instruments and samples do, without changing its material:
path length and detector (power), scattering (slope, baseline), crystallinity and
orientation (band gains), the room's air (CO2, water vapour), moisture, noise,
and regions that were cut. Tensors in, tensors out, on the same device.
"""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.config import Augmentation
from orangecontrib.microplastics.materials.atmosphere import (
    CARBON_DIOXIDE_STRETCH,
    WATER_VAPOUR,
)

__all__ = ["Augmenter", "standardised"]

def standardised(x: Tensor) -> Tensor:
    """Each spectrum minus its minimum, then divided by its rms; (B, wavenumbers)."""
    x = x - x.amin(dim=1, keepdim=True)
    rms = x.square().mean(dim=1, keepdim=True).sqrt()
    return x / rms.clamp_min(torch.finfo(x.dtype).tiny)


class Augmenter:
    """Distorts spectra on one axis at random.

    Parameters
    ----------
    settings : Augmentation
    wavenumbers : ndarray, shape (n,)
        cm-1, ascending.
    generator : torch.Generator
        On `device`; the only source of randomness.
    device : torch.device
    columns : ndarray of int, shape (m,), optional
        The wavenumbers that spectra have, ascending; by default all.
    """

    def __init__(self, settings: Augmentation, wavenumbers, generator, device="cpu",
                 columns=None):
        self.settings = settings
        self.generator = generator
        self.device = torch.device(device)
        wn = torch.as_tensor(np.asarray(wavenumbers), dtype=torch.float32, device=self.device)
        self._n, first, last = len(wn), float(wn[0]), float(wn[-1])
        self._index = torch.arange(self._n, device=self.device) if columns is None else \
            torch.as_tensor(columns, device=self.device)
        g = torch.linspace(-1, 1, self._n, device=self.device)[self._index]
        # Smooth curves are random combinations of a few fixed ones: one product per batch.
        self._slopes = torch.stack((.3 * g, .25 * (g.square() - 1 / 3), .15 * torch.sin(3 * g)))
        self._knots = _hats(self._n, 14, self.device)[:, self._index]
        self._cubic = torch.stack((g, g.square() * 2 / 3, g ** 3 / 2))
        wn = wn[self._index]
        self._co2 = sum(height * _gauss(wn, centre, width)
                        for centre, width, height in CARBON_DIOXIDE_STRETCH)
        # The strengths of the lines are drawn at random: rooms and their temperatures differ.
        lines = [_gauss(wn, w, 4) for w, _ in WATER_VAPOUR if first <= w <= last]
        self._vapour = torch.stack(lines) if lines else None
        self._hydroxyl = _gauss(wn, 3350, 150)
        self._g = g

    def _normal(self, *shape):
        return torch.randn(shape, generator=self.generator, device=self.device)

    def _uniform(self, *shape):
        return torch.rand(shape, generator=self.generator, device=self.device)

    def __call__(self, x: Tensor) -> Tensor:
        """Return a distorted copy of `x`, (B, m), of spectra with minimum 0 and rms 1."""
        s, b = self.settings, len(x)
        if s.power:
            x = x.pow(1 + s.power * (2 * self._uniform(b, 1) - 1))
        if s.slope or s.gain:
            curve = (s.slope / .3) * (self._normal(b, 3) @ self._slopes) \
                + s.gain * (self._normal(b, 14) @ self._knots)
            x = x * curve.exp()
        added = torch.zeros_like(x)
        if s.baseline:
            added += s.baseline * (self._normal(b, 3) @ self._cubic)
            centre, width = 2 * self._uniform(b, 1) - 1, .2 + .5 * self._uniform(b, 1)
            bump = torch.exp(-((self._g - centre) / width).square())
            added += s.baseline * self._normal(b, 1) * bump
        if s.co2:
            added += s.co2 * self._normal(b, 1) * self._half(b) * self._co2
        if s.vapour and self._vapour is not None:
            strengths = self._uniform(b, len(self._vapour))
            added += s.vapour * self._normal(b, 1) * self._half(b) * (strengths @ self._vapour)
        if s.hydroxyl:
            some = (self._uniform(b, 1) < .3).float()
            added += s.hydroxyl * self._uniform(b, 1) * some * self._hydroxyl
        if s.noise:
            added += self._normal(*x.shape).mul_(s.noise * self._uniform(b, 1))
        x = x + added
        if s.cut:
            x = self._cut(x)
        return x

    def _half(self, b):
        return (self._uniform(b, 1) < .5).float()

    def _cut(self, x):
        b, n = len(x), self._n
        longest = min(self.settings.cut, n // 8)
        length = 10 + (longest - 10) * self._uniform(b, 1) if longest > 10 else \
            torch.full((b, 1), float(longest), device=self.device)
        start = self._uniform(b, 1) * (n - length)
        cut = (self._index >= start) & (self._index < start + length)
        return torch.where(cut, x.mean(dim=1, keepdim=True), x)


def _gauss(wn, centre, width):
    return torch.exp(-((wn - centre) / width).square() / 2)


def _hats(n, knots, device):
    """Hat functions (knots, n): ``values @ hats`` interpolates values at the knots linearly."""
    position = torch.linspace(0, knots - 1, n, device=device)
    return (1 - (position - torch.arange(knots, device=device)[:, None]).abs()).clamp_min(0)
