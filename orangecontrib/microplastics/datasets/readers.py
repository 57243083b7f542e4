"""Readers of the files that contain published sets.

A reader is a function of the downloaded file, the sets to read from it, and a function to call
with a set while it is read (which raises if the user cancels). It yields, set by set, the arrays
that :func:`.store.save` stores: ``spectra`` (float32, as published, shape (rows, wavenumbers)),
``wavenumbers`` (ascending, cm-1), and texts for each row: ``sample_id``, ``type`` (the label) and
``environmental`` ("Y" or not). It raises FetchError if the file is not as expected.
"""
from __future__ import annotations

import io
import lzma
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.datasets.catalogue import SetInfo
from orangecontrib.microplastics.datasets.download import FetchError

__all__ = ["READERS", "Reader"]

Reader = Callable[[Path, Iterable[SetInfo], Callable[[SetInfo], None]],
                  Iterator[tuple[SetInfo, dict[str, np.ndarray]]]]


def read_xpectrass(wheel: Path, infos: Iterable[SetInfo], reading: Callable[[SetInfo], None],
                   ) -> Iterator[tuple[SetInfo, dict[str, np.ndarray]]]:
    """Read the tables in the wheel of Xpectrass, one compressed CSV file per set."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for info in infos:
                with archive.open(f"xpectrass/data/{info.name}.csv.xz") as packed, \
                        lzma.open(packed) as file, \
                        io.BufferedReader(_Watched(file, info, reading), 1 << 20) as watched:
                    arrays = _read_csv(watched)
                yield info, arrays
    except (zipfile.BadZipFile, lzma.LZMAError, EOFError, KeyError, ValueError) as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError("The downloaded file cannot be read: "
                         f"{error or type(error).__name__}. Nothing was changed.") from error


class _Watched(io.RawIOBase):
    """A file that calls a function at each read, so that reading a large set can be cancelled."""

    def __init__(self, file, info, called):
        self.file, self.info, self.called = file, info, called

    def readable(self):
        return True

    def readinto(self, buffer):
        self.called(self.info)
        data = self.file.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)


def _read_csv(file) -> dict[str, np.ndarray]:
    """Read spectra (float32, as published), ascending wavenumbers and texts of a published CSV."""
    import pandas as pd
    frame = pd.read_csv(file, dtype={"sample_id": str, "type": str, "study": str})
    numbers = pd.to_numeric(frame.columns.to_series(), errors="coerce").to_numpy(float)
    spectral = np.flatnonzero(np.isfinite(numbers))
    if len(spectral) < 2:
        raise ValueError("it holds no spectra")
    spectral = spectral[np.argsort(numbers[spectral], kind="stable")]
    arrays = {"wavenumbers": numbers[spectral],
              "spectra": frame.iloc[:, spectral].to_numpy(np.float32)}
    for column in ("sample_id", "type", "environmental"):
        arrays[column] = frame[column].astype(str).to_numpy(dtype=np.str_)
    return arrays


#: Readers by their name in :data:`.catalogue.SOURCES`.
READERS: dict[str, Reader] = {"xpectrass": read_xpectrass}
