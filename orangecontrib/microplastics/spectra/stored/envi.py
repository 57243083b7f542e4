"""Maps in ENVI format, mapped into memory: only what is asked for is read."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from orangecontrib.microplastics.spectra.envi import byte_order_note, open_envi
from orangecontrib.microplastics.spectra.stored.base import Block, Stored, ascending

__all__ = ["EnviSpectra"]

#: Single spectra read at a time.
_SCATTERED = 200


class EnviSpectra(Stored):
    """A map of an ENVI header (.hdr) and the data file beside it.

    Values are float32, whatever the file holds: so the package `spectral` loads it for a table.
    """

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
        self._image = found.image
        values = self._values()
        if values is None:
            raise ValueError(f"{path} holds no spectra, or its data file cannot be mapped into "
                             "memory.")
        self._data = Path(found.image.filename)
        self._scale = float(found.image.scale_factor)
        self.shape, self.pixel = values.shape[:2], found.pixel

    def _values(self):
        """The file as an array (rows, columns, bands).

        Mapped anew each time: pages that were read belong to the memory of a process until their
        map is gone, and a map would be in it as a whole in the end.
        """
        return self._image.open_memmap(interleave="bip")

    @property
    def files(self) -> list[Path]:
        return [self.path, self._data]

    def read(self, block: Block) -> np.ndarray:
        part = self._values()[block.top:block.bottom, block.left:block.right]
        return self._in_order(part.reshape(block.size, -1))

    def at(self, rows: np.ndarray) -> np.ndarray:
        rows = np.asarray(rows, int)
        out = np.empty((len(rows), len(self.wavenumbers)), self.dtype)
        # With a spectrum, the system takes its surroundings into memory, up to some megabytes.
        for start in range(0, len(rows), _SCATTERED):
            part = slice(start, start + _SCATTERED)
            out[part] = self._in_order(self._values()[np.divmod(rows[part], self.shape[1])])
        return out

    def _in_order(self, values):
        # A copy: a view of the file cannot be written to.
        values = np.array(values[:, self._order][:, self._then], self.dtype, order="C")
        if self._scale != 1:
            values /= self.dtype.type(self._scale)
        return values
