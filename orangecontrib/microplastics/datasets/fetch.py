"""Download the published sets and convert them, once.

Their sources are listed in the catalogue (:data:`.catalogue.SOURCES`). The licence of the only
source at present covers its code and does not mention the spectra, so they are not shipped with
this add-on but fetched at the user's request into Orange's data folder.
"""
from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from orangecontrib.microplastics.datasets.catalogue import SETS, SOURCES
from orangecontrib.microplastics.datasets.curation import derive
from orangecontrib.microplastics.datasets.download import (
    FetchError,
    check_sum,
    disk_full,
    download,
)
from orangecontrib.microplastics.datasets.readers import READERS
from orangecontrib.microplastics.datasets.store import data_dir, save, sets_dir

__all__ = ["FetchError", "fetch", "DOWNLOAD_SIZE", "DISK_SIZE", "REQUIREMENT", "SHA256"]

#: Bytes to download, and bytes to store including derived arrays.
DOWNLOAD_SIZE = sum(source.size for source in SOURCES.values())
DISK_SIZE = round(1.05e6 * sum(info.size for info in SETS.values()))

#: The source that users may supply as a file.
_BY_HAND = "xpectrass"
REQUIREMENT, SHA256 = SOURCES[_BY_HAND].where, SOURCES[_BY_HAND].sha256

Progress = Callable[[float, str], None]


def fetch(progress: Progress | None = None, *, wheel: str | os.PathLike | None = None,
          sha256: str = SHA256) -> None:
    """Download the published sets and convert them, replacing those stored before.

    Parameters
    ----------
    progress : function of (fraction done, text), optional
        An exception raised in it cancels: the download is stopped and no files are left behind.
    wheel : path, optional
        The file of :data:`REQUIREMENT` if it was downloaded before.
    sha256 : str
        Checksum that this file must have.

    Raises
    ------
    FetchError
        If the download fails, the wheel is not the expected one, or the disk is full. Sets that
        were stored before are kept.
    """
    report = progress or (lambda fraction, text: None)
    parent = data_dir()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        if shutil.disk_usage(parent).free < DISK_SIZE + (DOWNLOAD_SIZE if wheel is None else 0):
            raise OSError(errno.ENOSPC, "too little space")
        scratch = Path(tempfile.mkdtemp(prefix=".fetching-", dir=parent))
    except OSError as error:
        raise disk_full(error, parent) or FetchError(
            f"The folder {parent} cannot be written: {error.strerror or error}.") from error
    try:
        given = {} if wheel is None else {_BY_HAND: Path(wheel)}
        share = 0.6 if len(given) < len(SOURCES) else 0.0
        files = _downloaded(given, scratch, lambda done, text: report(share * done, text))
        for name, file in files.items():
            check_sum(file, sha256 if name == _BY_HAND else SOURCES[name].sha256)
        ready = scratch / "ready"
        ready.mkdir()
        _convert(files, ready, lambda done, text: report(share + (1 - share) * done, text))
        _replace(ready, sets_dir(), scratch / "old")
    except OSError as error:
        raise disk_full(error, parent) or FetchError(
            f"The spectra could not be stored in {parent}: {error.strerror or error}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report(1.0, "Done")


def _sweep(parent):
    """Remove folders that a killed process left more than a day ago."""
    for left in parent.glob(".fetching-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 86400:
                shutil.rmtree(left, ignore_errors=True)


def _replace(new: Path, place: Path, old: Path):
    """Move the folder `new` to `place` in one step, and the previous one to `old`."""
    if place.exists():
        os.replace(place, old)
    try:
        os.replace(new, place)
    except OSError:
        if old.exists():
            os.replace(old, place)
        raise


def _downloaded(given: Mapping[str, Path], scratch: Path, report: Progress) -> dict[str, Path]:
    """Return the file of each source: given, or downloaded."""
    files = dict(given)
    missing = [source for name, source in SOURCES.items() if name not in given]
    total, done = sum(source.size for source in missing), 0
    for source in missing:
        folder = scratch / f"download {source.name}"
        folder.mkdir()

        def part(fraction, text, done=done, size=source.size):
            report((done + fraction * size) / total, text)

        files[source.name] = download(source.where, folder, source.size, part)
        done += source.size
    return files


def _convert(files: Mapping[str, Path], folder: Path, report: Progress):
    """Write each set as arrays, with the arrays derived from them."""
    done = 0
    for name, file in files.items():
        infos = [info for info in SETS.values() if info.source == name]

        def reading(info, infos=infos, done=done):
            report(0.8 * (done + infos.index(info)) / len(SETS), f"Reading {info.title}")

        for info, arrays in READERS[SOURCES[name].reader](file, infos, reading):
            # Not compressed: twice the size (0.1 GB in all), a tenth of the time to load.
            save(folder / f"{info.name}.npz", arrays)
        done += len(infos)
    # Sets with ``cleaned_first`` first: their results are needed to check other sets.
    order = sorted(SETS, key=lambda name: not SETS[name].cleaned_first)
    for i, name in enumerate(order):
        report(0.8 + 0.2 * i / len(order), f"Comparing spectra of {SETS[name].title}")
        save(folder / f"{name}.derived.npz", derive(name, folder))
