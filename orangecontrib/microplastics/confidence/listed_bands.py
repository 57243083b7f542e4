"""Residual bands of the spectra of one class, and the bands of the class itself (numpy only)."""
from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from orangecontrib.microplastics.confidence.residual_bands import LISTED, examined
from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.companions import NEAR
from orangecontrib.microplastics.materials.names import (
    components_of,
    materials_of,
    substances_in,
)

__all__ = ["OwnBands", "ListedBands"]

#: Height (as in the tables) of a class's strong bands, and the distance from them (cm-1) within
#: which a residual is their own shape or shift: a little more than the matched filter resolves.
_STRONG, _SHAPE = .5, 20.

#: Height of a class's bands that hide others at their position.
_HIDING = .1


class OwnBands:
    """The bands of a class: from the tables of its materials, and from its spectra.

    Parameters
    ----------
    name : str
        Of the class; of a combination, the bands of all components count.
    usual : iterable of float
        Positions (cm-1) of bands that its spectra have, for a class without a table.

    Attributes
    ----------
    codes : set of str
        The materials, and the names of the components.
    all, hiding, strong : list of float
        Positions (cm-1): of all bands, of those that hide others, and of strong ones.
    """

    def __init__(self, name: str, usual: Iterable[float] = ()):
        parts, usual = components_of(name), list(usual)
        tables = materials_of(name)
        self.codes = {*tables, *parts, *(code for part in parts for code in substances_in(part))}
        known = [band for code in tables for band in BANDS[code]]
        self.all = [*(band.wavenumber for band in known), *usual]
        self.hiding = [*(band.wavenumber for band in known
                         if band.height is None or band.height >= _HIDING), *usual]
        self.strong = [band.wavenumber for band in known if (band.height or 0) >= _STRONG]

    def hides(self, position: float, reach: float = NEAR) -> bool:
        """Whether a band at a position (cm-1) is hidden by one of the class."""
        return any(abs(own - position) <= reach for own in self.hiding)


class ListedBands:
    """Listed bands of n spectra of one class; all arrays have the shape (n, bands).

    Parameters
    ----------
    maxima, multiples : ndarrays
        See :class:`.residual_bands.Unexplained`.
    own : OwnBands
    wavenumbers : ndarray, shape (wavenumbers,)
        The grid, cm-1.

    Attributes
    ----------
    at, size : ndarrays
        cm-1, and multiples of the usual height; zero where there is none.
    above, high : ndarrays of bool
        Higher than usual; of these, those that are no bands of the class.
    hidden : ndarray of bool
        At a strong band of the class.
    narrow : ndarray of bool
        In columns other than those of water.
    free : ndarray of bool
        Not yet explained.
    """

    def __init__(self, maxima: np.ndarray, multiples: np.ndarray, own: OwnBands,
                 wavenumbers: np.ndarray):
        self.at, self.size = maxima, np.nan_to_num(multiples)
        self.above = self.size > 1
        self.high = self.above & ~self.near(own.all) & ~self.near(own.strong, _SHAPE)
        self.hidden = self.near(own.hiding)
        self.narrow = np.broadcast_to(np.arange(maxima.shape[1]) < LISTED, maxima.shape)
        self.free = self.size > 0
        self._grid, self._looked = wavenumbers, examined(wavenumbers)

    def near(self, positions: Iterable[float], reach: float = NEAR) -> np.ndarray:
        """Which bands are near one of some positions (cm-1)."""
        found = np.zeros(self.at.shape, bool)
        for position in positions:
            found |= np.abs(self.at - position) <= reach
        return found

    def measured(self, position: float) -> bool:
        """Whether a band at a position (cm-1) would be found."""
        step = self._grid[1] - self._grid[0]
        return bool((np.abs(self._grid[self._looked] - position) <= max(NEAR, step)).any())

    def strongest(self, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column of the strongest of some bands in each spectrum, and whether there is one."""
        size = np.where(where, self.size, 0)
        return size.argmax(axis=1), size.max(axis=1) > 0
