"""
An infrared image of a filter with particles on it, made from simulated spectra.

Each particle is one simulated sample on a disc of its own size; towards its edge less of it is in
the beam and more of the filter. Edge pixels are therefore mixtures, as they are in real images.
"""
from __future__ import annotations

import numpy as np
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.simulation.polymers import simulate

__all__ = ["PIXELS", "simulate_filter"]

_SIZE = 32
#: Spectra in an image of the usual size.
PIXELS = _SIZE ** 2


def simulate_filter(polymers=("PE", "PP", "PS", "PET"), size=_SIZE, *, particles=3, filter_of="CE",
                    noise=0.005, seed=0, **settings):
    """
    Simulate a hyperspectral image of polymer particles on a filter.

    Parameters
    ----------
    polymers : sequence of str
        Materials of the particles, as for :func:`simulate`.
    size : int
        Rows and columns of the image, at least 8.
    particles : int
        Particles of each polymer.
    filter_of : str
        Material of the filter; cellulose by default.
    noise : float
        Standard deviation in absorbance, of each pixel by itself.
    seed : int
    **settings
        Further arguments of :func:`simulate`, such as `weathering`.

    Returns
    -------
    Table, shape (size * size, p)
        Pixels row by row. Class `polymer`: what most of the pixel's beam meets. Metas as
        :func:`simulate` gives them (`source` is the particle), and `map_x`, `map_y`.

    Raises
    ------
    ValueError
        For a size below 8, no particles, and what :func:`simulate` refuses.
    """
    if size < 8:
        raise ValueError(f"An image has 8 x 8 pixels or more, not {size}.")
    if particles < 1:
        raise ValueError(f"There is at least one particle of each polymer, not {particles}.")
    polymers = [p for p in polymers if p != filter_of]
    rng = np.random.default_rng([seed, 20181])
    pure = simulate([*polymers, filter_of], particles, noise=0., seed=seed, **settings)
    n = len(polymers) * particles
    grid_x, grid_y = np.meshgrid(np.arange(size), np.arange(size))
    amounts = np.zeros((n, size * size))
    placed = []
    for i in range(n):
        radius, x, y = _free_place(rng, size, placed)
        placed.append((radius, x, y))
        distance = np.hypot(grid_x - x, grid_y - y).ravel()
        # From all to nothing over one and a half pixels: the size of the beam.
        amounts[i] = np.clip((radius - distance) / 1.5 + .5, 0, 1)
    # Where the image is so full that particles overlap, they share the beam.
    amounts /= np.maximum(amounts.sum(axis=0), 1)
    rest = 1 - amounts.sum(axis=0)
    X = amounts.T @ pure.X[:n] + rest[:, None] * pure.X[n]
    X += noise * rng.standard_normal(X.shape)
    largest = np.where(rest >= amounts.max(axis=0), n, amounts.argmax(axis=0))

    domain = Domain(pure.domain.attributes, pure.domain.class_var,
                    (*pure.domain.metas, ContinuousVariable("map_x"), ContinuousVariable("map_y")))
    metas = np.column_stack([pure.metas[largest], grid_x.ravel(), grid_y.ravel()])
    table = Table.from_numpy(domain, X, pure.Y[largest], metas)
    table.name = "Simulated filter"
    return table


def _free_place(rng, size, placed, tries=200):
    """Radius and centre of a disc within the image that touches none of those placed."""
    for _ in range(tries):
        radius = size * rng.uniform(.05, .11)
        x, y = rng.uniform(radius, size - radius, 2)
        if all(np.hypot(x - x2, y - y2) > radius + r2 + 2 for r2, x2, y2 in placed):
            break
    return radius, x, y
