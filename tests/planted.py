"""Spectra whose class depends on a single planted band, and a network trained on them.

The network pools over all positions: it recognises bands by their shape and neighbours, not by
their position. The planted band of each class therefore has a different shape.
"""
import numpy as np

from orangecontrib.microplastics.nn.network import DCNetConfig
from orangecontrib.microplastics.nn.training import TrainingConfig, fit

GRID = np.arange(700, 2300, 4.0)
#: The band of each class, cm-1.
BANDS = (900.0, 1300.0, 1900.0)
#: Shape of the band of each class: offsets and width of its parts, cm-1.
SHAPES = (((0,), 8), ((-28, 28), 8), ((0,), 40))


def planted(k, grid=GRID):
    """The band of class `k`, with a height of 1."""
    offsets, width = SHAPES[k]
    return sum(np.exp(-0.5 * ((grid - BANDS[k] - o) / width) ** 2) for o in offsets)


def spectra(n, seed, grid=GRID):
    """Planted band, a slope, and random bands that do not depend on the class."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % len(BANDS)
    X = 0.005 * rng.normal(size=(n, len(grid)))
    for _ in range(4):
        X += rng.uniform(0.2, 0.6, (n, 1)) * np.exp(
            -0.5 * ((grid - rng.uniform(grid.min(), grid.max(), (n, 1))) / 20) ** 2)
    X += rng.normal(size=(n, 1)) * np.linspace(0, 1, len(grid))
    X += rng.uniform(0.6, 1, (n, 1)) * np.array([planted(k, grid) for k in range(3)])[y]
    return X.astype(np.float32), y


def network(seed=0, **config):
    X, y = spectra(900, 1)
    return fit(X, y, GRID, DCNetConfig(len(GRID), len(BANDS), **config),
               TrainingConfig(epochs=16, augmentation=None, seed=seed, threads=1)).network
