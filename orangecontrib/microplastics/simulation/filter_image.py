"""An infrared image of a filter with particles of simulated spectra: for lessons and examples.

For maps whose truth is known, see :mod:`.filter_map`.
"""
from __future__ import annotations

import numpy as np
from Orange.data import DiscreteVariable, Domain, Table

from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.polymers import polymer_codes, simulate
from orangecontrib.microplastics.spectra.axis import uniform_grid

__all__ = ["FILTER", "PIXELS", "simulate_filter"]

_SIZE = 96
#: Number of spectra in an image of the default size.
PIXELS = _SIZE ** 2

#: Class of pixels without a particle.
FILTER = "filter"


def simulate_filter(polymers=("PE", "PP", "PS", "PET"), size=_SIZE, *, particles=4, noise=.005,
                    seed=0, **settings):
    """
    Simulate a hyperspectral image of polymer particles on a filter of cellulose nitrate.

    A quarter of the particles are fibres, some touch each other, some are smaller than a pixel, and
    two grains of sand lie among them.

    Parameters
    ----------
    polymers : sequence of str
        Materials of the particles, as for :func:`.simulate`.
    size : int
        Rows and columns of the image, at least 32.
    particles : int
        Particles of each polymer.
    noise : float
        Standard deviation in absorbance, independent in each pixel.
    seed : int
    **settings
        Further arguments of :func:`.simulate`, such as `weathering`.

    Returns
    -------
    Table, shape (size * size, p)
        Pixels row by row, 600 to 4000 cm-1 in steps of 8 by default. Class `polymer`: the material
        of the particle that covers most of the pixel, or :data:`FILTER`. Metas `map_x` and `map_y`,
        micrometres.

    Raises
    ------
    ValueError
        For a size below 32, no particles, more particles than there is room for, and arguments
        that :func:`.simulate` rejects.
    """
    if size < 32:
        raise ValueError(f"An image has 32 x 32 pixels or more, not {size}.")
    if particles < 1:
        raise ValueError(f"There is at least one particle of each polymer, not {particles}.")
    codes = polymer_codes(polymers)
    axis = settings.pop("wavenumbers", None)
    axis = uniform_grid(600., 4000., 8.) if axis is None else axis
    pure = simulate(codes, particles, wavenumbers=axis, noise=0., seed=seed, **settings)
    made = simulate_map(size, polymers=codes, particles=particles * len(codes), fibres=.25,
                        touching=.25 if len(codes) > 1 else 0., small=.1, sand=2, biofilm=0.,
                        noise=noise, wavenumbers=axis, spectra=pure, seed=seed)
    materials = [p.polymer for p in made.particles]
    values = list(dict.fromkeys([*codes, *materials, FILTER]))
    of_number = np.array([values.index(name) for name in (FILTER, *materials)], float)
    data = made.table
    table = Table.from_numpy(
        Domain(data.domain.attributes, painted(DiscreteVariable("polymer", values)),
               data.domain.metas),
        data.X, of_number[made.numbers.ravel()], data.metas)
    table.attributes = dict(data.attributes)
    table.name = "Simulated filter"
    return table
