"""
An infrared image of a filter with particles on it, made from simulated spectra.

Each particle is a disc of random size with the spectrum of one simulated sample. Towards its edge
the beam covers less of the particle and more of the filter, so edge pixels are mixtures, as in real
images.
"""
from __future__ import annotations

import numpy as np
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.simulation.polymers import polymer_codes, simulate

__all__ = ["PIXELS", "simulate_filter"]

_SIZE = 32
#: Number of spectra in an image of the default size.
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
        Standard deviation in absorbance, independent in each pixel.
    seed : int
    **settings
        Further arguments of :func:`simulate`, such as `weathering`.

    Returns
    -------
    Table, shape (size * size, p)
        Pixels row by row. Class `polymer`: the material with the largest share of the pixel.
        Metas as from :func:`simulate` (`source` is the particle), and `map_x`, `map_y`.

    Raises
    ------
    ValueError
        For a size below 8, no particles, and arguments that :func:`simulate` rejects.
    """
    if size < 8:
        raise ValueError(f"An image has 8 x 8 pixels or more, not {size}.")
    if particles < 1:
        raise ValueError(f"There is at least one particle of each polymer, not {particles}.")
    filter_of, = polymer_codes(filter_of)
    polymers = [code for code in polymer_codes(polymers) if code != filter_of]
    if not polymers:
        raise ValueError("Particles of the filter's own material cannot be seen on it; choose "
                         "another polymer, or another filter.")
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
        # The share falls from 1 to 0 over 1.5 pixels, the size of the beam.
        amounts[i] = np.clip((radius - distance) / 1.5 + .5, 0, 1)
    # Where particles overlap because the image is too full, their shares sum to 1.
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
    """Radius and centre of a disc in the image that touches no other, if `tries` suffice."""
    for _ in range(tries):
        radius = size * rng.uniform(.05, .11)
        x, y = rng.uniform(radius, size - radius, 2)
        if all(np.hypot(x - x2, y - y2) > radius + r2 + 2 for r2, x2, y2 in placed):
            break
    return radius, x, y
