"""Fine maps: at which wavenumbers the evidence lies that Grad-CAM finds in a region.

The columns of a network's last map are some 60 cm-1 apart; bands are narrower. Gradients with
respect to the network's input know each wavenumber, but are noisy, and change within a band. As in
Guided Grad-CAM (Selvaraju et al., ICCV 2017), both are multiplied:

- *Integrated gradients* (Sundararajan et al., ICML 2017, arXiv:1703.01365) at the output of the
  front, where a spectrum is its standardized derivatives: gradients on the way from nothing (zeros)
  to the spectrum, averaged over three steps and multiplied by it. Their sum is the difference of
  the scores. Averaged over neighbouring wavenumbers: a derivative is zero where a band is highest.
- HiResCAM of the last map, interpolated: its square root, which weights the regions without making
  the highest band the only one. Only where both have the same sign is there evidence. That spectra
  should not be averaged over positions is also what Shi et al., Anal. Chem. 2023
  (10.1021/acs.analchem.3c01101), found.

Chosen on two studies left out of training, in place of other powers, numbers of steps and widths
(``benchmarks/NOTES.md``).
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.nn.attribution.projection import Projection, interpolation

__all__ = ["RESOLUTION", "FineProjection", "integrated_gradients"]

#: Standard deviation of the average over wavenumbers, cm-1, and the resolution that remains.
_WIDTH = 8.
RESOLUTION = 2 * _WIDTH

#: Steps of the integral, at the middles of equal parts.
_STEPS = 3


def integrated_gradients(networks, x: Tensor, target: Callable[[Tensor], Tensor],
                         branch: int | None = None) -> Tensor:
    """Integrated gradients at the output of the front, summed over its channels.

    Parameters
    ----------
    networks : sequence of DCNet
        Explained as their mean; those of :func:`.for_gradients` take half the time.
    x : Tensor, shape (B, wavenumbers)
    target : function
        From mean class scores (B, classes) to the scores to explain (B,).
    branch : int, optional
        Only what goes through this branch.

    Returns
    -------
    Tensor, shape (B, seen wavenumbers)
        Sums to about score(spectrum) - score(nothing).
    """
    with torch.no_grad():
        fronts = [net.front(x) for net in networks]
    # All steps at once: fewer, larger operations.
    on_the_way = ((torch.arange(_STEPS) + .5) / _STEPS).to(x.device)[:, None, None, None]
    part = [(on_the_way * front).flatten(0, 1).requires_grad_() for front in fronts]
    with torch.enable_grad():
        scores = torch.stack([net.classify(own, branch) for net, own in
                              zip(networks, part, strict=True)]).mean(dim=0)
        total = sum(target(step).sum() for step in scores.unflatten(0, (_STEPS, -1)))
        grads = [grad.unflatten(0, (_STEPS, -1)).mean(dim=0)
                 for grad in torch.autograd.grad(total, part)]
    return sum((front * grad).sum(dim=1) for front, grad in zip(fronts, grads, strict=True))


class FineProjection:
    """Puts HiResCAM and integrated gradients together, on an axis.

    Parameters
    ----------
    networks, grid, axis
        As of :class:`.Projection`.

    Raises
    ------
    ValueError
        See :class:`.Projection`.
    """

    def __init__(self, networks, grid, axis=None):
        self._coarse = Projection(networks, grid)
        on_axis = Projection(networks, grid, axis)
        kept = networks[0].seen()
        at = np.asarray(grid, float)[kept]
        apart = at[:, None] - at
        weights = np.exp(-.5 * (apart / _WIDTH) ** 2)
        # Regions between which others were left out do not touch.
        region = np.cumsum(np.r_[0, np.diff(np.flatnonzero(kept)) > 1])
        weights[region[:, None] != region] = 0
        self._smooth = torch.from_numpy(
            (weights / weights.sum(axis=0)).astype(np.float32))
        self._kept = torch.from_numpy(np.flatnonzero(kept))
        self._to_axis = None if axis is None or axis is grid else torch.from_numpy(
            interpolation(np.asarray(grid, float), np.asarray(axis, float)).astype(np.float32))
        # Beside a region that was left out, the last value stands, up to half a step.
        middle = (at[1:] + at[:-1]) / 2
        self._nearest = torch.from_numpy(np.searchsorted(middle, np.asarray(grid, float)))
        self._unseen = np.flatnonzero(~on_axis.seen)

    def __call__(self, cam: Tensor, gradients: Tensor, signed: bool) -> np.ndarray:
        """Maps on the axis, float32, (B, m); NaN where not seen.

        Parameters
        ----------
        cam : Tensor, shape (B, positions)
            Signed HiResCAM.
        gradients : Tensor, shape (B, seen wavenumbers)
            :func:`integrated_gradients`.
        signed : bool
            Whether evidence against the target stays, as negative values.
        """
        fine = gradients @ self._smooth
        coarse = torch.from_numpy(np.nan_to_num(self._coarse(cam)))[:, self._kept]
        product = torch.where(fine * coarse > 0, fine * coarse.abs().sqrt(), 0)
        if not signed:
            product = product.relu()
        # As much in all as the gradients: then maps are in units of the score.
        size = product.abs().sum(dim=1, keepdim=True)
        product = product * fine.abs().sum(dim=1, keepdim=True) / torch.where(size > 0, size, 1)
        whole = product[:, self._nearest]
        result = (whole if self._to_axis is None else whole @ self._to_axis).numpy()
        if len(self._unseen):
            result[:, self._unseen] = np.nan
        return result
