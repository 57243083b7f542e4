"""Mass of particles, estimated from their outlines."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.particles.densities import density_of
from orangecontrib.microplastics.particles.sizes import Sizes

__all__ = ["FLAT", "ELLIPSOID", "Volumes", "Masses", "volumes", "masses"]

#: Ways to estimate the volume.
FLAT, ELLIPSOID = "0.34 x Feret minimum x area", "ellipsoid"

#: Height of a particle relative to its Feret minimum, mean over its area. `_FACTOR` is that of a
#: study in Microplastics (2025), taken over from this project's plan: the article was not at hand.
#: A flake has a tenth; a sphere 2/3 (its volume pi d^3 / 6 over d times its area pi d^2 / 4).
_FACTOR, _FLAKE, _SPHERE = .34, .1, 2 / 3

#: Cubic micrometres times grams per cubic centimetre, in nanograms.
_NANOGRAMS = 1e-3


class Volumes(NamedTuple):
    """Volumes of n particles in cubic micrometres, and their bounds, each (n,); NaN if not known.
    """
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Masses(NamedTuple):
    """Estimated masses in nanograms, and their bounds.

    Attributes
    ----------
    value, low, high : ndarray, shape (n,)
        Of each particle; NaN where its size or its density is not known.
    total : tuple of float
        Sum, and its bounds. The shape is unknown in the same way for all particles, so that errors
        add up.
    left_out : int
        Number of particles without an estimate.
    """
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    total: tuple[float, float, float]
    left_out: int


def volumes(sizes: Sizes, how: str = FLAT) -> Volumes:
    """Volumes of particles of which only the outline is known.

    Fragments: either .34 x Feret minimum x area, or the ellipsoid with the Feret diameters as axes,
    whose height is the smaller one (pi / 6 x maximum x minimum^2). Bounds: a flake whose thickness
    is a tenth of the Feret minimum, and a body as high as wide (2/3 x minimum x area, as a
    sphere), or the ellipsoid if that is larger. Fibres: a cylinder as long as its area over its
    width, which follows from area and aspect; bounds: half as thick as wide, and as thick.

    Parameters
    ----------
    sizes : Sizes
    how : str
        FLAT or ELLIPSOID.

    Raises
    ------
    ValueError
        For any other `how`.
    """
    if how not in (FLAT, ELLIPSOID):
        raise ValueError(f"Volumes are estimated by \"{FLAT}\" or as \"{ELLIPSOID}\", not by "
                         f"{how!r}.")
    # Of particles with length and width only, the area is that of the ellipse.
    area = np.where(np.isfinite(sizes.area), sizes.area,
                    np.pi / 4 * sizes.feret_max * sizes.feret_min)
    low, high = (factor * sizes.feret_min * area for factor in (_FLAKE, _SPHERE))
    ellipsoid = np.pi / 6 * sizes.feret_max * sizes.feret_min ** 2
    value = _FACTOR * sizes.feret_min * area if how == FLAT else ellipsoid
    high = np.maximum(high, value)
    # Area = length x width, aspect = length / width.
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.sqrt(area / sizes.aspect)
    cylinder = np.pi / 4 * width * area
    fibre = sizes.fibre
    return Volumes(np.where(fibre, cylinder, value), np.where(fibre, cylinder / 2, low),
                   np.where(fibre, cylinder, high))


def masses(names: Sequence[str], sizes: Sizes, how: str = FLAT) -> Masses:
    """Masses of particles: volume times density.

    Bounds are those of the volume times those of the density (:data:`.densities.DENSITIES`).
    """
    found = volumes(sizes, how)
    known = {name: density_of(name) for name in set(names)}
    density = np.array([known[name] or (np.nan,) * 3 for name in names], float).reshape(-1, 3)
    value, low, high = (_NANOGRAMS * volume * rho for volume, rho in
                        zip(found, density.T, strict=True))
    there = np.isfinite(value) & np.isfinite(low) & np.isfinite(high)
    return Masses(value, low, high, tuple(float(a[there].sum()) for a in (value, low, high)),
                  int((~there).sum()))
