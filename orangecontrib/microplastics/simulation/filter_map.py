"""
Simulated infrared maps of filters that are hard in the known ways, with the truth about each
particle.

Hard are: fibres of a few pixels' width; particles in contact; particles smaller than a pixel;
edges that are thin and scatter; biofilm; sand; a filter with bands of its own, which varies in
thickness, or lets no light through in a part of the spectrum. Absorbances add up: that a pixel
covered by half transmits the mean of two intensities, not of two absorbances, is left out.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.simulation.filter_beam import beam_amounts, fill, smooth_field
from orangecontrib.microplastics.simulation.filter_layout import inside, part_of, placed_particles
from orangecontrib.microplastics.simulation.filter_matrices import filter_matrix
from orangecontrib.microplastics.simulation.filter_specimens import (
    Measured,
    codes_of,
    scattering_slopes,
    specimens,
)
from orangecontrib.microplastics.spectra.axis import name_of

__all__ = ["TrueParticle", "FilterMap", "simulate_map"]

#: 400 points from 900 cm-1, where detector arrays end, to 3593 cm-1.
_WAVENUMBERS = 900. + 6.75 * np.arange(400)

#: Standard deviations of the filter's thickness (relative) and of the offset (absorbance).
_THICKNESS, _OFFSET = .03, .02


class TrueParticle(NamedTuple):
    """What is true of a particle, whatever the spectra show.

    Attributes
    ----------
    number : int
        1, 2, ...; large particles come first, except that those in contact come before all others.
    polymer : str
        Code as in :func:`.polymers.simulate`; "Quartz" for sand.
    x, y : float
        Centre of gravity in micrometres, in the coordinates of map_x and map_y.
    area : float
        Of the true outline, micrometres squared, with what lies beyond the border of the map.
    feret_max, feret_min : float
        Largest and smallest distance of two parallel tangents, micrometres.
    fibre : bool
    touches : bool
        Whether it is in contact with another particle.
    border : bool
        Whether it crosses the border of the map.
    biofilm : bool
        Whether part of its signal is biofilm.
    pixels : int
        Pixels of which it covers at least half; 0 for many of the small ones.
    """
    number: int
    polymer: str
    x: float
    y: float
    area: float
    feret_max: float
    feret_min: float
    fibre: bool
    touches: bool
    border: bool
    biofilm: bool
    pixels: int


class FilterMap(NamedTuple):
    """A simulated map and its truth.

    Attributes
    ----------
    table : Table
        Pixels row by row, wavenumbers as attributes, metas map_x and map_y in micrometres.
    numbers : ndarray of int, shape (rows, columns)
        Number of the particle that covers at least half of the pixel; 0 for the filter.
    covered : ndarray, shape (rows, columns)
        Share of each pixel that particles cover.
    particles : list of TrueParticle
    pixel_size : float
        Micrometres.
    """
    table: Table
    numbers: np.ndarray
    covered: np.ndarray
    particles: list[TrueParticle]
    pixel_size: float


def simulate_map(size=256, *, polymers=("PE", "PP", "PS", "PET", "PA", "PVC", "PMMA"),
                 particles=60, fibres=.2, touching=.2, small=.1, sand=5,
                 matrix="cellulose nitrate", biofilm=.2, thin_edges=True, noise=.005,
                 pixel_size=6.25, wavenumbers=None, spectra=None, seed=0) -> FilterMap:
    """
    Simulate a map of a filter in transmission.

    Parameters
    ----------
    size : int or (int, int)
        Rows and columns, at least 16.
    polymers : sequence of str
        Materials of the particles, as for :func:`.polymers.simulate`, in about equal numbers.
    particles : int
        Without the grains of sand. Most are irregular fragments of 5 to 20 pixels' diameter.
    fibres, small : float
        Shares of the particles that are fibres (1.5 to 4 pixels wide and 15 to 80 long, shorter on
        small maps), and that are small (.4 to 2 pixels).
    touching : float
        Share of the particles that have a common border with one of another polymer, by two; none
        of them is small. All others are 3 pixels or more apart.
    sand : int
        Grains of quartz.
    matrix : str
        What the filter is made of, one of :data:`.filter_matrices.MATRICES`.
    biofilm : float
        Share of the particles (not of the sand) of whose signal .1 to .5 is biofilm.
    thin_edges : bool
        Whether particles thin towards the edge, which scatters. If not, they are flat.
    noise : float
        Standard deviation in absorbance where the filter is transparent.
    pixel_size : float
        Micrometres.
    wavenumbers : array_like, shape (p,), optional
        Ascending, cm-1; 400 from 900 to 3593 by default.
    spectra : Table, optional
        Measured spectra of pure materials in absorbance, whose class is the material. Each particle
        takes one of its polymer at random, without its offset. Sand, and biofilm, are simulated
        if the table lacks them (biofilm always).
    seed : int
        The same seed gives the same map. Shapes, specimens, filter and noise have random streams
        of their own: shapes depend neither on the noise nor on the matrix.

    Returns
    -------
    FilterMap

    Raises
    ------
    ValueError
        For values out of range, unknown materials, and particles for which there is no room.
    """
    shape = _shape(size)
    axis = _axis(wavenumbers)
    particles, sand, seed = (
        _whole(name, value) for name, value in
        (("number of particles", particles), ("number of grains of sand", sand), ("seed", seed)))
    for name, value in (("fibres", fibres), ("touching", touching), ("small", small),
                        ("biofilm", biofilm)):
        if not 0 <= value <= 1:
            raise ValueError(f"The share `{name}` goes from 0 to 1, not {value}.")
    if not 0 <= noise < np.inf:
        raise ValueError(f"The noise must be 0 or more, not {noise}.")
    if not 0 < pixel_size < np.inf:
        raise ValueError(f"The pixel size is a number of micrometres above 0, not {pixel_size}.")
    of_filter = filter_matrix(matrix, axis)
    measured = None if spectra is None else Measured(spectra, axis)
    codes = codes_of(polymers, measured)
    if matrix == "cellulose" and "CE" in codes:
        raise ValueError("Particles of cellulose cannot be seen on a filter of cellulose; choose "
                         "other polymers, or another matrix.")

    rng = np.random.default_rng([seed, 20261])
    put = placed_particles(shape, codes, particles, fibres, touching, small, sand, rng)
    pieces = [one.piece for one in put]
    materials = [one.code for one in put]

    rng = np.random.default_rng([seed, 20262])
    plastic = np.array([code != "Quartz" or "Quartz" in codes for code in materials], bool)
    film = np.zeros(len(put), bool)
    film[rng.permutation(np.flatnonzero(plastic))[:round(biofilm * particles)]] = True
    pure, heights = specimens(materials, axis, measured, film, rng)
    pure = np.concatenate([pure, scattering_slopes(heights, axis, rng)])
    amounts = beam_amounts(pieces, shape, thin_edges, rng)

    X = np.empty((shape[0] * shape[1], len(axis)))
    rng = np.random.default_rng([seed, 20263])
    thickness = 1 + _THICKNESS * smooth_field(shape, rng).ravel()
    offset = _OFFSET * smooth_field(shape, rng).ravel()
    fill(X, of_filter, thickness, offset, amounts, pure, noise,
         np.random.default_rng([seed, 20264]))
    numbers, covered, pixels = _truth(pieces, shape)
    found = [_true_particle(i + 1, *one, shape, pixel_size, bool(film[i]), pixels[i])
             for i, one in enumerate(put)]
    return FilterMap(_table(X, axis, shape, pixel_size), numbers, covered, found,
                     float(pixel_size))


def _shape(size):
    shape = (size, size) if np.ndim(size) == 0 else tuple(size)
    if len(shape) != 2 or any(int(n) != n or n < 16 for n in shape):
        raise ValueError("The size of a map is a number of pixels of 16 or more, or two of them "
                         f"(rows, columns), not {size}.")
    return int(shape[0]), int(shape[1])


def _whole(name, value):
    if int(value) != value or value < 0:
        raise ValueError(f"The {name} is a whole number of 0 or more, not {value}.")
    return int(value)


def _axis(wavenumbers):
    if wavenumbers is None:
        return _WAVENUMBERS
    axis = np.asarray(wavenumbers, dtype=float)
    if axis.ndim != 1 or len(axis) < 2 or not np.all(np.diff(axis) > 0) or not axis[0] > 0:
        raise ValueError("Wavenumbers must be two or more positive numbers of cm-1, ascending.")
    return axis


def _truth(pieces, shape):
    """Numbers and coverage of the pixels, and how many of them each particle covers by half."""
    numbers, largest, covered = np.zeros(shape, int), np.zeros(shape), np.zeros(shape)
    pixels = []
    for number, piece in enumerate(pieces, 1):
        of_map, of_box = inside(piece.row, piece.column, piece.shares.shape, shape)
        share = piece.shares[of_box]
        mine = (share >= .5) & (share > largest[of_map])
        numbers[of_map][mine] = number
        largest[of_map][mine] = share[mine]
        covered[of_map] += share
        pixels.append(int((share >= .5).sum()))
    # Particles in contact may be rasterized in steps of different size.
    return numbers, np.minimum(covered, 1, out=covered), pixels


def _true_particle(number, code, piece, touches, shape, pixel_size, film, pixels):
    # Pixels have their coordinates at their centres.
    return TrueParticle(
        number, code, float((piece.x - .5) * pixel_size), float((piece.y - .5) * pixel_size),
        float(piece.area * pixel_size ** 2), *(length * pixel_size for length in piece.feret),
        piece.fibre, touches, bool(part_of(piece, shape) < 1), film, pixels)


def _table(X, axis, shape, pixel_size):
    rows, columns = np.indices(shape).reshape(2, -1)
    domain = Domain([ContinuousVariable(name_of(w)) for w in axis], None,
                    [ContinuousVariable("map_x"), ContinuousVariable("map_y")])
    table = Table.from_numpy(domain, X, metas=np.stack([columns, rows], axis=1) * pixel_size)
    # Coordinates are micrometres, even if pixels have a size of 1.
    table.attributes["map unit"] = "um"
    table.name = "Simulated map of a filter"
    return table
