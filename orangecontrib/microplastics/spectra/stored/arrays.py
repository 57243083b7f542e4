"""Spectra as plain arrays in HDF5 and Zarr files.

There is no agreed layout. Here the spectra are the largest array of two axes (spectra,
wavenumbers) or three (rows, columns, wavenumbers), and the wavenumbers are an array of one axis,
or an attribute of the spectra, as long as the last axis: called "wavenumbers" or the like.
"""
from __future__ import annotations

from pathlib import Path
from threading import RLock

import numpy as np

from orangecontrib.microplastics.spectra.stored.base import Block, Stored, ascending

__all__ = ["ArraySpectra", "open_hdf5", "open_zarr"]

#: Names of the axis, in lower case; the first that is there is taken.
_AXES = ("wavenumbers", "wavenumber", "wn", "wavenumbers (cm-1)", "axis", "energy")

#: HDF5 allows one thread at a time.
_lock = RLock()


class ArraySpectra(Stored):
    """Spectra of an array of two or three axes, the last of which is the wavenumber."""

    def __init__(self, path: Path, values, axis: np.ndarray, pixel=None):
        """
        Parameters
        ----------
        path : Path
        values : array
            Of HDF5 or Zarr: of numbers, with `shape`, `chunks`, and parts taken by slices.
        axis : ndarray, shape (m,)
            cm-1, in the order of the last axis.
        pixel : sequence of float, optional
            Width and height of a pixel in micrometres.
        """
        self.path, self._values, self.notes = path, values, []
        self.wavenumbers, self._order = ascending(axis, path)
        self.is_map = len(values.shape) == 3
        self.shape = tuple(map(int, values.shape[:2])) if self.is_map else (len(values), 1)
        chunks = values.chunks or (1,) * len(values.shape)
        self.grain = tuple(map(int, chunks[:2])) if self.is_map else (int(chunks[0]), 1)
        if pixel is not None:
            sizes = np.ravel(pixel).astype(float)
            self.pixel = float(sizes[0]), float(sizes[-1])
        if values.dtype.itemsize > 4:
            self.dtype = np.dtype(float)

    def read(self, block: Block) -> np.ndarray:
        where = slice(block.top, block.bottom)
        with _lock:
            part = self._values[where, block.left:block.right] if self.is_map else \
                self._values[where]
        part = np.asarray(part, self.dtype).reshape(block.size, -1)
        return part[:, self._order]


def open_hdf5(path: Path) -> ArraySpectra | None:
    """Spectra of an HDF5 file; None if it has another layout.

    Raises
    ------
    OSError
        If it is no HDF5 file, or damaged.
    """
    import h5py
    arrays = {}
    file = h5py.File(path, "r")
    file.visititems(lambda name, item: arrays.update({name: item})
                    if isinstance(item, h5py.Dataset) else None)
    found = _found(path, arrays, dict(file.attrs))
    if found is None:
        file.close()
    return found


def open_zarr(path: Path) -> ArraySpectra:
    """Spectra of a Zarr store (a folder).

    Raises
    ------
    ValueError
        If the package zarr is not installed, the folder is no store, or it has another layout.
    """
    try:
        import zarr
    except ImportError:
        raise ValueError(f'{path}: to read Zarr, install it: '
                         'pip install "Orange3-Microplastics[batch]".') from None
    try:
        store = zarr.open(str(path), mode="r")
    # The library has its own exceptions in each version.
    except Exception as ex:
        raise ValueError(f"{path} is no Zarr store: {ex}") from ex
    if isinstance(store, zarr.Array):
        found = _found(path, {"": store}, {})
    else:
        found = _found(path, dict(_members(store)), dict(store.attrs))
    if found is None:
        raise ValueError(
            f"{path} holds no spectra: they are an array of two axes (spectra, wavenumbers) or "
            "three (rows, columns, wavenumbers) beside one called 'wavenumbers'.")
    return found


def _members(group, before=""):
    for name, item in group.members() if hasattr(group, "members") else group.items():
        if hasattr(item, "shape"):
            yield before + name, item
        else:
            yield from _members(item, f"{before}{name}/")


def _found(path, arrays, attributes):
    """Spectra among arrays; None if there are none."""
    large = [(name, item) for name, item in arrays.items()
             if len(item.shape) in (2, 3) and item.dtype.kind in "fiu"]
    for name, item in sorted(large, key=lambda pair: -np.prod(pair[1].shape, dtype=float)):
        axis = _axis(name, item, arrays)
        if axis is not None:
            pixel = item.attrs.get("pixel_size", attributes.get("pixel_size"))
            return ArraySpectra(path, item, axis, pixel)
    return None


def _axis(name, item, arrays):
    n, folder = item.shape[-1], name.rpartition("/")[0]
    named = {key.lower(): value for key, value in dict(item.attrs).items()}
    for wanted in _AXES:
        if wanted in named and np.size(named[wanted]) == n:
            return np.ravel(named[wanted])
    for place in (f"{folder}/" if folder else "", ""):
        for wanted in _AXES:
            for key, other in arrays.items():
                if key.lower() == f"{place}{wanted}".lower() and other.shape == (n,):
                    return np.asarray(other[:])
    return None
