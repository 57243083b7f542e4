"""Files of spectra behind names of files, folders and patterns."""
from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

import orangecontrib.spectroscopy  # noqa: F401  (the import registers its readers of spectra)
from Orange.data.io import FileFormat

from orangecontrib.microplastics.batch.manifest import NAME
from orangecontrib.microplastics.identification.rows import COLUMNS
from orangecontrib.microplastics.spectra.files import TEXT
from orangecontrib.microplastics.spectra.stored.kinds import HDF5, ZARR, is_array

__all__ = ["find_files"]

#: Files in a folder that are not opened unless they are named: a pickle can run code.
_NOT_OPENED = (".pkl", ".pickle")


def find_files(names: Iterable[str], fail: Callable[[str], None]) -> list[Path]:
    """Files behind names of files, folders and patterns, each once.

    Of a folder those files are taken that can be read, not those of its folders; of an ENVI map
    the header. Zarr stores, which are folders, count as files. Results of this program are left
    out.

    Parameters
    ----------
    names : iterable of str
    fail : function of str
        Called with a message for each name without files.
    """
    found = []
    for name in names:
        path = Path(name)
        if path.is_dir() and path.suffix.lower() != ZARR:
            own = _of_folder(path)
            if not own:
                fail(f"There is no file of spectra in the folder {path}.")
        elif path.exists():
            own = [path]
        else:
            # The shell of Windows leaves patterns to the programs.
            own = [Path(file) for file in sorted(glob.glob(str(name)))]
            own = [file for file in own if file.is_file() or file.suffix.lower() == ZARR]
            if not own:
                fail(f"There is no file {path}.")
        found.extend(own)
    unique = {}
    for file in found:
        unique.setdefault(file.resolve(), file)
    return [file for file in unique.values() if not _is_ours(file)]


def _of_folder(folder):
    if (folder / NAME).is_file():
        return []
    files = [file for file in sorted(folder.iterdir()) if _is_readable(file)]
    # The values of an ENVI map lie beside its header, often in a .dat file.
    headers = {file.stem for file in files if file.suffix.lower() == ".hdr" and _is_envi(file)}
    return [file for file in files if file.suffix.lower() != ".dat" or file.stem not in headers]


def _is_envi(header):
    try:
        return is_array(header)
    except OSError:
        # It is refused later on.
        return False


def _is_readable(path):
    name = path.name.lower()
    if name.startswith(".") or any(suffix in name for suffix in _NOT_OPENED):
        return False
    if path.is_dir():
        return name.endswith(ZARR)
    return any(fnmatch(name, f"*{suffix.lower()}")
               for suffix in (*FileFormat.readers, *TEXT, *HDF5))


def _is_ours(path):
    """Whether a file was written by this program, as is likely with "*.csv"."""
    try:
        with open(path, "rb") as file:
            return file.readline(1000).strip() == ",".join(COLUMNS).encode()
    except OSError:
        return False
