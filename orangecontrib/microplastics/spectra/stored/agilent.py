"""Mosaics of Agilent's microscopes (.dmt), read tile by tile."""
from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.spectra.stored.base import Block, Stored, ascending

__all__ = ["AgilentSpectra"]


class AgilentSpectra(Stored):
    """A mosaic: a header and a file for each tile of the detector.

    Tiles are numbered from the top left, pixels in a tile and rows of a map from the bottom left
    (as in ``agilent_format.agilentMosaic``). A tile that is missing has no values.
    """

    is_map = True

    def __init__(self, path: Path):
        """
        Raises
        ------
        ValueError
            If it is no mosaic.
        """
        from agilent_format import agilentMosaicTiles
        self.path = path
        try:
            mosaic = agilentMosaicTiles(str(path))
            axis, size = mosaic.info["wavenumbers"], int(mosaic.info["fpasize"])
        # The library raises what it stumbles over.
        except Exception as ex:
            raise ValueError(
                f"{path} cannot be read as an Agilent mosaic ({str(ex) or type(ex).__name__}). "
                "Its tiles (.dmd) must lie beside it, under the names that they had.") from ex
        self.wavenumbers, self._order = ascending(axis, path)
        self._tiles, self.grain, self.notes = mosaic.tiles, (size, size), _missing(path)
        across, down = mosaic.tiles.shape
        self.shape = down * size, across * size
        width = mosaic.info.get("FPA Pixel Size"), mosaic.info.get("PixelAggregationSize")
        self.pixel = None if None in width else (float(np.prod(width)),) * 2

    @property
    def files(self) -> list[Path]:
        return [self.path, *_tile_files(self.path)]

    def read(self, block: Block) -> np.ndarray:
        size, m = self.grain[0], len(self.wavenumbers)
        out = np.empty((block.bottom - block.top, block.right - block.left, m), np.float32)
        for row in range(block.top // size, -(-block.bottom // size)):
            for column in range(block.left // size, -(-block.right // size)):
                tile = self._tile(row, column)
                top, left = max(block.top, row * size), max(block.left, column * size)
                bottom = min(block.bottom, (row + 1) * size)
                right = min(block.right, (column + 1) * size)
                out[top - block.top:bottom - block.top, left - block.left:right - block.left] = \
                    tile[top - row * size:bottom - row * size,
                         left - column * size:right - column * size][..., self._order]
        return out.reshape(-1, m)

    def _tile(self, row, column):
        try:
            return self._tiles[column, self._tiles.shape[1] - 1 - row]()
        # A tile that was cut off while it was copied cannot be reshaped.
        except ValueError as ex:
            raise OSError(f"{self.path}: the tile in column {column} and row {row} is damaged "
                          f"({ex}).") from ex


def _tile_files(path):
    """Files of the tiles, and for each its column and row, as texts of digits."""
    # The instrument writes the name of the header in small letters.
    pattern = re.compile(re.escape(path.stem) + r"_(\d{4})_(\d{4})\.dmd", re.IGNORECASE)
    return {file: match.groups() for file in sorted(path.parent.iterdir())
            if (match := pattern.fullmatch(file.name))}


def _missing(path):
    """Note of the tiles that are missing, if any.

    The library counts those of the first row and the first column: if one of these is missing, it
    leaves out the last column or row.
    """
    found = _tile_files(path).values()
    across, down = (1 + max(map(int, numbers)) for numbers in zip(*found, strict=True))
    missing = across * down - len(found)
    return [f"{missing} of {across * down} tiles (.dmd) of {path.name} are missing: the map has "
            "gaps, or is cut at the right or the bottom."] if missing else []
