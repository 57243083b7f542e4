"""Spectra of a file that Orange reads as a whole."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.names import spectrum_names
from orangecontrib.microplastics.spectra.stored.base import Block, Stored

__all__ = ["TableSpectra"]


class TableSpectra(Stored):
    """All spectra of a table, in memory.

    Attributes
    ----------
    data : Table
        Dense.
    """

    dtype = np.dtype(float)

    def __init__(self, path: Path):
        """
        Raises
        ------
        ValueError
            See :func:`.read_spectra`.
        """
        self.path = path
        data = read_spectra(path)
        self.data = data.to_dense() if data.is_sparse() else data
        self._columns, self.wavenumbers = spectral_columns(data.domain)
        self.shape = len(data), 1
        self.notes = []
        self._names: list[str] | None = None

    def read(self, block: Block) -> np.ndarray:
        return self._in_order(self.data.X[block.top:block.bottom])

    def at(self, rows: np.ndarray) -> np.ndarray:
        return self._in_order(self.data.X[np.asarray(rows, int)])

    def _in_order(self, values):
        # Numpy copies chosen columns, in the order of the file.
        return np.ascontiguousarray(values[:, self._columns], float)

    def names(self, block: Block) -> list[str]:
        if self._names is None:
            self._names = spectrum_names(self.data)
        return self._names[block.top:block.bottom]
