"""What is said of the pixels of a map, as arrays on disk that are written block by block."""
from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.batch.tasks import SCORES, Result
from orangecontrib.microplastics.spectra.stored import Block

__all__ = ["can_zarr", "PixelFile"]

#: Arrays, their types and what stands where there is nothing. The last three have an axis more,
#: of materials, as "presence" has.
_ARRAYS = {"signal": ("f4", np.nan), "particle": ("i4", 0), "material": ("i2", -1),
           "decision": ("i1", -1), "probability": ("f4", np.nan),
           **dict.fromkeys(SCORES, ("f4", np.nan)), "presence": ("f4", np.nan),
           **dict.fromkeys(("fractions", "low", "high"), ("f4", np.nan))}
_BY_MATERIAL = ("presence", "fractions", "low", "high")


def can_zarr() -> bool:
    """Whether Zarr stores can be written."""
    try:
        import zarr  # noqa: F401
    except ImportError:
        return False
    return True


class PixelFile:
    """A Zarr store of arrays (rows, columns), or without zarr a folder of .npy files.

    Its attributes (of a folder the file ``about.json``) name classes, materials and decisions.
    """

    def __init__(self, path: Path, shape: tuple[int, int], block: tuple[int, int],
                 materials: Sequence[str], about: dict, *, amounts: bool, particles: bool):
        """
        Parameters
        ----------
        path : Path
            Without a suffix; what is there is replaced.
        shape : tuple of int
            Rows and columns of the map.
        block : tuple of int
            Rows and columns that are written together.
        materials : sequence of str
        about : dict
            Attributes: plain values.
        amounts, particles : bool
            Whether there are fractions, and signal and particles.
        """
        names = [name for name in _ARRAYS
                 if (amounts or name not in ("fractions", "low", "high"))
                 and (particles or name not in ("signal", "particle"))
                 and (materials or name not in _BY_MATERIAL)]
        self.path = path.with_name(f"{path.name}.zarr") if can_zarr() else path
        shutil.rmtree(self.path, ignore_errors=True)
        self._arrays = {}
        if can_zarr():
            import zarr
            store = zarr.open_group(str(self.path), mode="w")
            store.attrs.update(about)
            make = store.create_array if hasattr(store, "create_array") else store.create_dataset
        else:
            self.path.mkdir(parents=True)
            (self.path / "about.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        for name in names:
            kind, nothing = _ARRAYS[name]
            whole, chunk = shape, tuple(map(min, block, shape))
            if name in _BY_MATERIAL:
                whole, chunk = (*whole, len(materials)), (*chunk, len(materials))
            if can_zarr():
                self._arrays[name] = make(name, shape=whole, chunks=chunk, dtype=kind,
                                          fill_value=nothing)
            else:
                array = np.lib.format.open_memmap(self.path / f"{name}.npy", "w+",
                                                  np.dtype(kind), whole)
                array[:] = nothing
                self._arrays[name] = array

    @property
    def names(self) -> list[str]:
        """Names of the arrays."""
        return list(self._arrays)

    def put(self, block: Block, values: Result, places: np.ndarray | None = None):
        """Write the values of a block; with `places`, those of some of its pixels only."""
        shape = block.bottom - block.top, block.right - block.left
        where = slice(block.top, block.bottom), slice(block.left, block.right)
        for name, array in self._arrays.items():
            if name not in values:
                continue
            value = values[name]
            if places is not None:
                if not len(places):
                    continue
                kind, nothing = _ARRAYS[name]
                whole = np.full((block.size, *value.shape[1:]), nothing, kind)
                whole[places] = value
                value = whole
            array[where] = value.reshape(*shape, *value.shape[1:])

    def put_at(self, where: tuple[np.ndarray, np.ndarray], values: Result):
        """Write values of single pixels, given by their rows and columns: of a small map."""
        for name, array in self._arrays.items():
            if name in values:
                whole = array[:]
                whole[where] = values[name]
                array[:] = whole

    def close(self):
        """Write what is not on disk yet."""
        for array in self._arrays.values():
            if isinstance(array, np.memmap):
                array.flush()
        self._arrays = {}
