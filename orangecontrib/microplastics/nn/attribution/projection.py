"""Projection of feature maps onto wavenumbers."""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.spectra.axis import rounded

__all__ = ["Projection", "interpolation"]


class Projection:
    """Interpolates linearly from the columns of feature maps to an axis of wavenumbers.

    Parameters
    ----------
    networks : sequence of DCNet
        Of one architecture.
    grid : ndarray, shape (n,)
        The networks' own wavenumbers in cm-1, ascending and uniform.
    axis : ndarray, shape (m,), optional
        Wavenumbers in cm-1 of the result, in any order; by default the grid.
    positions : ndarray, optional
        Positions of the columns as fractional indices into the grid; by default the networks' own.

    Attributes
    ----------
    seen : ndarray of bool, shape (m,)
        Whether the networks use each wavenumber of the axis: it lies within the grid, and in a
        region that is not left out. The importance of other wavenumbers is NaN, not zero.
    centres : ndarray
        Wavenumbers in cm-1 of the columns of the maps.

    Raises
    ------
    ValueError
        If the maps of the networks have different positions, the networks do not fit the grid,
        or they use no wavenumber of the axis.
    """

    def __init__(self, networks, grid, axis=None, positions=None):
        grid = np.asarray(grid, float)
        axis = grid if axis is None else np.asarray(axis, float)
        own = [p for net in networks for p in net.positions()]
        if any(not np.array_equal(p, own[0]) for p in own):
            raise ValueError("Networks that are explained together must have the same strides, "
                             "pools and regions.")
        if networks[0].config.n_wavenumbers != len(grid):
            raise ValueError(f"The network takes {networks[0].config.n_wavenumbers} "
                             f"wavenumbers, the grid has {len(grid)}.")
        positions = own[0] if positions is None else positions
        index = np.arange(len(grid), dtype=float)
        self.centres = np.interp(positions, index, grid)
        step = grid[1] - grid[0]
        nearest = np.clip(np.rint((axis - grid[0]) / step), 0, len(grid) - 1).astype(int)
        self.seen = (networks[0].seen()[nearest]
                     & (axis >= grid[0] - step / 2) & (axis <= grid[-1] + step / 2))
        if not self.seen.any():
            raise ValueError(
                f"The model uses {_extent(grid[networks[0].seen()])} cm-1; the spectra cover "
                f"{_extent(axis)} cm-1 only.")
        to_grid = interpolation(positions, index)
        # On the grid itself, no second interpolation is needed.
        to_axis = to_grid if axis is grid else to_grid @ interpolation(grid, axis)
        self._matrix = torch.from_numpy(np.ascontiguousarray(to_axis, np.float32))
        self._unseen = np.flatnonzero(~self.seen)

    def __call__(self, maps: Tensor) -> np.ndarray:
        """(B, positions) -> (B, m) float32, NaN where not seen."""
        result = (maps @ self._matrix).numpy()
        if len(self._unseen):
            result[:, self._unseen] = np.nan
        return result


def _extent(axis):
    return f"{rounded(axis.min())}-{rounded(axis.max())}"


def interpolation(source, target):
    """Matrix (source, target) of linear interpolation, constant beyond the ends."""
    right = np.clip(np.searchsorted(source, target), 1, len(source) - 1)
    left = right - 1
    share = np.clip((target - source[left]) / (source[right] - source[left]), 0, 1)
    matrix = np.zeros((len(source), len(target)))
    columns = np.arange(len(target))
    matrix[left, columns] = 1 - share
    matrix[right, columns] += share
    return matrix
