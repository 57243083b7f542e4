"""Spectra as plain arrays in HDF5 and Zarr files.

There is no agreed layout. Here the spectra are the largest array of two axes (spectra,
wavenumbers) or three (rows, columns, wavenumbers), and the wavenumbers are an array of one axis
beside it or at the top, or an attribute of the spectra, as long as the last axis: called
"wavenumbers" or the like. "pixel_size" is an attribute of the spectra or of the file.
"""
from __future__ import annotations

from pathlib import Path
from threading import RLock

import numpy as np

from orangecontrib.microplastics.spectra.stored.base import Block, Stored, ascending

__all__ = ["LAYOUT", "ArraySpectra", "open_hdf5", "open_zarr"]

#: What a message says of files without spectra.
LAYOUT = ("Spectra are an array of two axes (spectra, wavenumbers) or three (rows, columns, "
          "wavenumbers) beside one called 'wavenumbers'.")

#: Names of the axis, in lower case; the first that is there is taken. Not "energy": that is in eV.
_AXES = ("wavenumbers", "wavenumber", "wn", "wavenumbers (cm-1)", "axis")

#: Kinds of dtype: floating point, and integers with and without sign.
_NUMBERS = "fiu"

#: Bytes of the largest part that is read at once.
_LARGEST = 64e6

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
            Width and height of a pixel in micrometres; of other values a note is made.

        Raises
        ------
        ValueError
            If the axis is none of wavenumbers, or there are no spectra.
        """
        self.path, self._values, self.notes = path, values, []
        self.wavenumbers, self._order = ascending(axis, path)
        self.is_map = len(values.shape) == 3
        self.shape = tuple(map(int, values.shape[:2])) if self.is_map else (int(values.shape[0]), 1)
        chunks = values.chunks or (1,) * len(values.shape)
        self.grain = _grain(self.shape, (*chunks[:2],) if self.is_map else (chunks[0], 1),
                            len(self.wavenumbers) * values.dtype.itemsize)
        if not len(self):
            raise ValueError(f"{path} holds no spectra.")
        if pixel is not None:
            self.pixel = _pixel(pixel)
            if self.pixel is None:
                self.notes.append(f"{path.name}: pixel_size must be one or two numbers, in "
                                  f"micrometres. It is ignored: {pixel}.")
        if values.dtype.itemsize > 4:
            self.dtype = np.dtype(float)

    @property
    def files(self) -> list[Path]:
        return [path for path in self.path.rglob("*") if path.is_file()] \
            if self.path.is_dir() else [self.path]

    def read(self, block: Block) -> np.ndarray:
        where = slice(block.top, block.bottom)
        if self.is_map:
            where = where, slice(block.left, block.right)
        part = np.asarray(_part(self.path, self._values, where), self.dtype)
        return np.ascontiguousarray(part.reshape(block.size, -1)[:, self._order])


def _grain(shape, chunk, size):
    """Spectra that are read together: a chunk, or part of one that is too large for memory, as
    where each wavenumber of a map is stored by itself."""
    high, wide = (max(1, min(map(int, pair))) for pair in zip(shape, chunk, strict=True))
    while high * wide * size > _LARGEST and high * wide > 1:
        high, wide = (-(-high // 2), wide) if high > 1 else (1, -(-wide // 2))
    return high, wide


def open_hdf5(path: Path) -> ArraySpectra | None:
    """Spectra of an HDF5 file; None if it has another layout.

    Raises
    ------
    OSError, KeyError, RuntimeError, UnicodeDecodeError
        If it is no HDF5 file, or damaged.
    """
    import h5py
    arrays, found = {}, None
    file = h5py.File(path, "r")
    try:
        # The shape of an empty data set is None.
        file.visititems(lambda name, item: arrays.update({name: item})
                        if isinstance(item, h5py.Dataset) and item.shape is not None else None)
        found = _found(path, arrays, dict(file.attrs))
    finally:
        if found is None:
            file.close()
    return found


def open_zarr(path: Path) -> ArraySpectra:
    """Spectra of a Zarr store (a folder).

    Raises
    ------
    ValueError
        If the package zarr is not installed, the folder is no store, or it has another layout.
    OSError
        If the wavenumbers are damaged.
    """
    try:
        import zarr
    except ImportError:
        raise ValueError(f'{path}: to read Zarr, install it: '
                         'pip install "Orange3-Microplastics[batch]".') from None
    try:
        store = zarr.open(str(path), mode="r")
        arrays = {"": store} if isinstance(store, zarr.Array) else dict(_members(store))
        attributes = dict(store.attrs)
    # The library has its own exceptions in each version.
    except Exception as ex:
        raise ValueError(f"{path} is no Zarr store, or damaged: {ex}") from ex
    found = _found(path, arrays, attributes)
    if found is None:
        raise ValueError(f"{path} holds no spectra. {LAYOUT}")
    return found


def _part(path, values, where):
    """Read a part of an array."""
    try:
        with _lock:
            return values[where]
    except MemoryError:
        raise
    # The codecs of Zarr have their own exceptions.
    except Exception as ex:
        raise OSError(f"{path}: a part of it cannot be read, and may be damaged ({ex}).") from ex


def _members(group, before=""):
    for name, item in group.members() if hasattr(group, "members") else group.items():
        if hasattr(item, "shape"):
            yield before + name, item
        else:
            yield from _members(item, f"{before}{name}/")


def _found(path, arrays, attributes):
    """Spectra among arrays; None if there are none."""
    large = [(name, item) for name, item in arrays.items()
             if len(item.shape) in (2, 3) and item.dtype.kind in _NUMBERS]
    for name, item in sorted(large, key=lambda pair: -np.prod(pair[1].shape, dtype=float)):
        axis = _axis(path, name, item, arrays)
        if axis is not None:
            pixel = item.attrs.get("pixel_size", attributes.get("pixel_size"))
            return ArraySpectra(path, item, axis, pixel)
    return None


def _axis(path, name, item, arrays):
    n, folder = item.shape[-1], name.rpartition("/")[0]
    named = {key.lower(): np.ravel(value) for key, value in dict(item.attrs).items()
             if key.lower() in _AXES}
    for wanted in _AXES:
        if wanted in named and len(named[wanted]) == n and named[wanted].dtype.kind in _NUMBERS:
            return named[wanted]
    for place in (f"{folder}/" if folder else "", ""):
        for wanted in _AXES:
            for key, other in arrays.items():
                if key.lower() == f"{place}{wanted}".lower() and other.shape == (n,) \
                        and other.dtype.kind in _NUMBERS:
                    return np.asarray(_part(path, other, slice(None)))
    return None


def _pixel(given):
    """Width and height of a pixel; None if they are no sizes."""
    try:
        sizes = np.ravel(given).astype(float)
    except (TypeError, ValueError):
        return None
    if len(sizes) not in (1, 2) or not (np.isfinite(sizes) & (sizes > 0)).all():
        return None
    return float(sizes[0]), float(sizes[-1])
