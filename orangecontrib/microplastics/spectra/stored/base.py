"""What is common to spectra in files, whatever the format."""
from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.spectra.axis import (
    FEWEST_WAVENUMBERS,
    check_unit,
    name_of,
)

__all__ = ["Block", "Stored", "ascending"]


class Block(NamedTuple):
    """A rectangle of pixels, from `top` to before `bottom` and from `left` to before `right`; of
    spectra that are no map, a range of them in one column."""
    top: int
    bottom: int
    left: int = 0
    right: int = 1

    @property
    def size(self) -> int:
        """Number of spectra."""
        return (self.bottom - self.top) * (self.right - self.left)

    def rows(self, columns: int) -> np.ndarray:
        """Numbers of the spectra in a map of so many columns, row by row; int, (size,)."""
        first = np.arange(self.top, self.bottom) * columns
        return (first[:, None] + np.arange(self.left, self.right)).ravel()


class Stored(ABC):
    """Spectra in a file, of which parts are read.

    Attributes
    ----------
    path : Path
    wavenumbers : ndarray, shape (m,)
        cm-1, ascending.
    shape : tuple of int
        Rows and columns of a map; (n, 1) for spectra that are no map.
    is_map : bool
    pixel : tuple of float or None
        Width and height of a pixel in micrometres, None if they are not known.
    dtype : dtype
        Of the values, float32 or float64.
    notes : list of str
        What is to be said of the file.
    """
    path: Path
    wavenumbers: np.ndarray
    shape: tuple[int, int]
    is_map: bool = False
    pixel: tuple[float, float] | None = None
    dtype = np.dtype(np.float32)
    notes: list[str]

    #: Rows and columns that are read best together.
    grain: tuple[int, int] = (1, 1)

    def __len__(self):
        return self.shape[0] * self.shape[1]

    @abstractmethod
    def read(self, block: Block) -> np.ndarray:
        """Spectra of a block, row by row of the map: :attr:`dtype`, (block.size, m).

        The array is new, so that it can be changed; missing values are NaN.

        Raises
        ------
        OSError
            If the file cannot be read.
        """

    @property
    def files(self) -> list[Path]:
        """All files that hold them."""
        return [self.path]

    def names(self, block: Block) -> list[str]:
        """Names of the spectra of a block: numbers from 1, if the file has no other."""
        return [str(row + 1) for row in block.rows(self.shape[1])]

    def blocks(self, most: int) -> list[Block]:
        """Blocks that cover each spectrum once, of at most `most` spectra, or of one grain.

        They hold whole grains, so that nothing is read twice; at the right and bottom edge of a
        map grains are cut. They come in rows from the top, from left to right in each.
        """
        (rows, columns), (high, wide) = self.shape, self.grain
        # Whole rows of grains if possible: then few blocks are wide and low.
        across = columns if high * columns <= most else \
            min(columns, max(1, most // (high * wide)) * wide)
        down = max(1, most // (high * across)) * high
        return [Block(top, min(top + down, rows), left, min(left + across, columns))
                for top in range(0, rows, down) for left in range(0, columns, across)]

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Some spectra, by their numbers; :attr:`dtype`, (len(rows), m).

        All of a grain's spectra are read for one of them; rows in ascending order are fastest.
        """
        rows, columns = np.asarray(rows, int), self.shape[1]
        out = np.empty((len(rows), len(self.wavenumbers)), self.dtype)
        high, wide = self.grain
        y, x = rows // columns // high, rows % columns // wide
        grain = y * (-(-columns // wide)) + x
        order = np.argsort(grain, kind="stable")
        for part in np.split(order, 1 + np.flatnonzero(np.diff(grain[order]))):
            if len(part):
                top, left = y[part[0]] * high, x[part[0]] * wide
                block = Block(top, min(top + high, self.shape[0]),
                              left, min(left + wide, columns))
                inside = (rows[part] // columns - top) * (block.right - left) \
                    + rows[part] % columns - left
                out[part] = self.read(block)[inside]
        return out


def ascending(axis: np.ndarray, path: Path) -> tuple[np.ndarray, slice | np.ndarray]:
    """Wavenumbers in ascending order, and the columns in that order.

    Raises
    ------
    ValueError
        If they are too few, occur twice, or are no wavenumbers in cm-1.
    """
    # As they name columns of tables: a spectrum gets the same answer from either.
    axis = np.array([float(name_of(value)) for value in np.ravel(axis)])
    if len(axis) < FEWEST_WAVENUMBERS:
        raise ValueError(f"{path} holds {len(axis)} wavenumbers, which is no spectrum: export "
                         "the whole spectrum from the instrument's program.")
    if not np.isfinite(axis).all():
        raise ValueError(f"{path}: some wavenumbers are missing.")
    steps = np.diff(axis)
    if (steps > 0).all():
        order = slice(None)
    elif (steps < 0).all():
        order = slice(None, None, -1)
    else:
        order = np.argsort(axis, kind="stable")
        if (np.diff(axis[order]) == 0).any():
            raise ValueError(f"{path}: a wavenumber stands in it twice.")
    try:
        check_unit(axis[order])
    except ValueError as ex:
        raise ValueError(f"{path}: {ex}") from None
    return axis[order], order
