"""Maps in ENVI format, mapped into memory: only what is asked for is read."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from orangecontrib.microplastics.spectra.envi import byte_order_note, open_envi
from orangecontrib.microplastics.spectra.stored.base import Block, Stored, ascending

__all__ = ["EnviSpectra"]


class EnviSpectra(Stored):
    """A map of an ENVI header (.hdr) and the data file beside it."""

    is_map = True

    def __init__(self, path: Path):
        """
        Raises
        ------
        ValueError
            If the header cannot be read, lacks the wavenumbers, or has no data file beside it.
        """
        self.path = path
        found = open_envi(path)
        self.notes = [byte_order_note(path)] if found.assumed else []
        self.wavenumbers, order = ascending(found.axis[found.order], path)
        self._order, self._then = found.order, order
        self._values = found.image.open_memmap(interleave="bip")
        self._scale = float(found.image.scale_factor)
        self.shape, self.pixel = self._values.shape[:2], found.pixel
        if self._values.dtype.itemsize > 4:
            self.dtype = np.dtype(float)

    def read(self, block: Block) -> np.ndarray:
        part = self._values[block.top:block.bottom, block.left:block.right]
        return self._in_order(part.reshape(block.size, -1))

    def at(self, rows: np.ndarray) -> np.ndarray:
        return self._in_order(self._values[np.divmod(np.asarray(rows, int), self.shape[1])])

    def _in_order(self, values):
        values = np.asarray(values, self.dtype)
        if self._scale != 1:
            values = values / self.dtype.type(self._scale)
        return values[:, self._order][:, self._then]
