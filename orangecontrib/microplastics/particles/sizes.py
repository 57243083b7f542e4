"""Sizes of particles: what is known of n particles, whichever way it was measured."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["FIBRE", "Sizes"]

#: Ratio of length to width from which a particle is a fibre: "a length to diameter ratio of greater
#: than 3" (Regulation (EU) 2023/2055, entry 78, on fibre-like particles).
FIBRE = 3.


class Sizes(NamedTuple):
    """Sizes of n particles, each an array of shape (n,); NaN where a size is not known.

    Attributes
    ----------
    pixels : ndarray of int
        Number of pixels; 0 for particles that are not of a map.
    area : ndarray
        Projected area, micrometres squared.
    feret_max, feret_min : ndarray
        Largest and smallest distance of two parallel tangents, micrometres.
    diameter : ndarray
        Of the circle of equal area, micrometres.
    aspect : ndarray
        Length to width: of a straight particle Feret maximum to minimum, also of a curved fibre.
    x, y : ndarray
        Centre, micrometres, in the coordinates of the map.
    border : ndarray of bool
        Whether the particle reaches the border of what was measured, so that it may be larger.
    """
    pixels: np.ndarray
    area: np.ndarray
    feret_max: np.ndarray
    feret_min: np.ndarray
    diameter: np.ndarray
    aspect: np.ndarray
    x: np.ndarray
    y: np.ndarray
    border: np.ndarray

    @property
    def fibre(self) -> np.ndarray:
        """Which are fibres, bool; False where it is not known."""
        with np.errstate(invalid="ignore"):
            return self.aspect > FIBRE

    def of(self, rows) -> Sizes:
        """Sizes of some of the particles."""
        return Sizes(*(column[rows] for column in self))

    @classmethod
    def unknown(cls, n: int) -> Sizes:
        """Sizes of n particles of which nothing is known; arrays that can be written."""
        nothing = [np.full(n, np.nan) for _ in range(7)]
        return cls(np.zeros(n, int), *nothing, np.zeros(n, bool))
