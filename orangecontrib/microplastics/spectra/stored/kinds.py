"""Open a file of spectra in the way that needs the least memory."""
from __future__ import annotations

from pathlib import Path

from orangecontrib.microplastics.spectra.stored.agilent import AgilentSpectra
from orangecontrib.microplastics.spectra.stored.arrays import LAYOUT, open_hdf5, open_zarr
from orangecontrib.microplastics.spectra.stored.base import Stored
from orangecontrib.microplastics.spectra.stored.envi import EnviSpectra
from orangecontrib.microplastics.spectra.stored.tables import TableSpectra

__all__ = ["HDF5", "ZARR", "is_array", "open_stored"]

HDF5 = (".h5", ".hdf5", ".hdf")
ZARR = ".zarr"


def is_array(path: Path) -> bool:
    """Whether a file, or a folder, is of a format of which parts can be read."""
    suffix = path.suffix.lower()
    if suffix == ".hdr":
        with open(path, "rb") as file:
            return file.readline(100).strip().startswith(b"ENVI")
    return suffix == ".dmt" or suffix in HDF5 or suffix == ZARR


def open_stored(path: Path) -> Stored:
    """Open a file of spectra: by parts if its format allows this, else as a table.

    Raises
    ------
    ValueError
        If it cannot be used; the message says what to do.
    OSError
        If it cannot be opened.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"There is no file {path}.")
    suffix = path.suffix.lower()
    if suffix == ZARR:
        return open_zarr(path)
    if not is_array(path):
        return TableSpectra(path)
    if suffix == ".hdr":
        return EnviSpectra(path)
    if suffix == ".dmt":
        return AgilentSpectra(path)
    try:
        found = open_hdf5(path)
    except (OSError, KeyError, RuntimeError, UnicodeDecodeError) as ex:
        raise ValueError(f"{path} cannot be read: {ex}") from ex
    if found is not None:
        return found
    try:
        # Of an instrument whose layout orange-spectroscopy knows.
        return TableSpectra(path)
    except ValueError as ex:
        raise ValueError(f"{ex} {LAYOUT}") from ex
