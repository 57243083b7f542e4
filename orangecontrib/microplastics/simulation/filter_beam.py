"""
What the beam measures on a simulated filter: how much of each particle is in each pixel, and the
sum of the absorbances.
"""
from __future__ import annotations

import numpy as np
from scipy import ndimage, sparse

from orangecontrib.microplastics.simulation.filter_layout import inside
from orangecontrib.microplastics.simulation.filter_matrices import saturated
from orangecontrib.microplastics.simulation.filter_shapes import pixel_means

__all__ = ["beam_amounts", "smooth_field", "fill"]

#: Standard deviation of the beam's spread, pixels.
_BEAM = .6
#: Thickness at the edge of a particle, relative to its middle, and within how many pixels it rises.
_EDGE, _RISE = .2, (1.5, 2.)
#: Largest noise where no light passes, absorbance.
_DARK_NOISE = .25
#: Values filled at a time.
_BLOCK = 2 ** 20


def beam_amounts(pieces, shape, thin_edges, rng):
    """
    How much of each specimen, and of its scattering edge, the beam meets in each pixel.

    Parameters
    ----------
    pieces : list of Piece, length n
    shape : tuple of int
        Rows and columns of the map.
    thin_edges : bool
    rng : numpy.random.Generator

    Returns
    -------
    csr_matrix, shape (pixels, 2 n)
        Columns: n particles, then their n edges.
    """
    rows, columns, values = [], [], []
    for i, piece in enumerate(pieces):
        rise = rng.uniform(*_RISE)
        layers = [piece.shares]
        if thin_edges:
            # From the middle of a subpixel to the outline, in pixels.
            depth = (ndimage.distance_transform_edt(piece.mask) - .5) / piece.fine
            inner = np.clip(depth / rise, 0, 1)
            layers = [pixel_means(piece.mask * (_EDGE + (1 - _EDGE) * inner), piece.fine),
                      pixel_means(piece.mask * (1 - inner), piece.fine)]
        for k, layer in enumerate(layers):
            spread = ndimage.gaussian_filter(np.pad(layer, 3), _BEAM, mode="constant")
            of_map, of_box = inside(piece.row - 3, piece.column - 3, spread.shape, shape)
            part = spread[of_box]
            row, column = np.nonzero(part > 1e-6)
            rows.append((row + of_map[0].start) * shape[1] + column + of_map[1].start)
            columns.append(np.full(len(row), k * len(pieces) + i))
            values.append(part[row, column])
    if not pieces:
        return sparse.csr_matrix((shape[0] * shape[1], 0))
    return sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(shape[0] * shape[1], 2 * len(pieces)))


def smooth_field(shape, rng):
    """A random image of standard deviation about 1: waves of at most 1.5 periods on the map."""
    y, x = (np.arange(n) / max(shape) for n in shape)
    field = np.zeros(shape)
    for _ in range(6):
        fy, fx = rng.uniform(-1.5, 1.5, 2)
        phase = rng.uniform(0, 2 * np.pi)
        field += np.cos(2 * np.pi * (fy * y[:, None] + fx * x) + phase)
    return field / np.sqrt(3)


def fill(X, of_filter, thickness, offset, amounts, pure, noise, rng):
    """
    Write the spectra of a map into an array, by blocks of rows: little other memory is needed.

    Parameters
    ----------
    X : ndarray, shape (pixels, p)
        Written.
    of_filter : Matrix
    thickness, offset : ndarray, shape (pixels,)
        Factor on the filter's absorbance, and what is added at all wavenumbers.
    amounts : csr_matrix, shape (pixels, k)
    pure : ndarray, shape (k, p)
    noise : float
    rng : numpy.random.Generator
        Of the noise.
    """
    opaque = np.flatnonzero(of_filter.opaque)
    step = max(1, _BLOCK // X.shape[1])
    for start in range(0, len(X), step):
        rows = slice(start, start + step)
        part, amount = X[rows], amounts[rows]
        np.multiply(thickness[rows, None], of_filter.absorbance, out=part)
        part += offset[rows, None]
        some = np.flatnonzero(np.diff(amount.indptr))
        if len(some):
            part[some] += amount[some] @ pure
        grain = rng.standard_normal(part.shape, dtype=np.float32)
        grain *= np.float32(noise)
        if len(opaque):
            dark = saturated(part[:, opaque])
            part[:, opaque] = dark
            # The noise of the intensity is even, so that of the absorbance is the larger, the less
            # light there is.
            grain[:, opaque] *= np.minimum(10 ** dark, _DARK_NOISE / max(noise, 1e-12))
        part += grain
