"""The published sets on this computer: fetched, converted, mended and compared once.

Six published sets come in the wheel of a Python package; its licence covers the code and says
nothing of the spectra, so they are not shipped with this add-on but fetched at the user's wish
(:func:`fetch`) into Orange's data folder.
"""
from __future__ import annotations

import contextlib
import errno
import io
import lzma
import os
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.misc import environ

from orangecontrib.microplastics import labels
from orangecontrib.microplastics.datasets.catalogue import RELABELLED, SETS, SetInfo
from orangecontrib.microplastics.datasets.pip_download import (
    FetchError,
    check_sum,
    disk_full,
    download_wheel,
)
from orangecontrib.microplastics.labels import matching, nitrile
from orangecontrib.microplastics.spectra import axis, duplicates

__all__ = ["MissingData", "data_dir", "is_available", "fetch", "info_of", "Spectra", "spectra",
           "environments", "derived", "DISK_SIZE", "DOWNLOAD_SIZE", "FOLDER_VARIABLE",
           "REQUIREMENT", "SHA256"]

REQUIREMENT = "xpectrass==0.0.4"
SHA256 = "063c92d5773a08ca482f9b38b4e5d788f30d747d9742fa48253027d43ad04ad9"
#: Bytes to download and bytes to keep.
DOWNLOAD_SIZE, DISK_SIZE = 54_234_305, 125_000_000

#: Environment variable that names another folder for the spectra.
FOLDER_VARIABLE = "ORANGE_MICROPLASTICS_DATA"

#: Format of the converted files; files of another format are converted anew.
_FORMAT = 1

#: Rules by which duplicates, sources and doubtful labels were found; what older rules found is
#: found anew. 3: bands of nitrile and butadiene make PS doubtful. 4: labels are corrected first
#: (:data:`.catalogue.RELABELLED`).
_RULES = 4

#: Smallest transmittance in per cent: below, a detector sees its own noise. 0.1 % is an
#: absorbance of 3; no spectrum of the sets comes near where it was measured.
FLOOR = 0.1


#: Classes that name no material: they bear no witness about labels.
_NO_MATERIAL = ("Mixture", "M1", "M2", "R Kedzierski", "U1", "U2")

#: Whose labels a set's are compared with. Never frond_2021: it is the project's test set, and
#: what cleaned the training data must not know it. Villegas-Camacho is cleaned before it
#: serves.
_WITNESSES = {
    "villegas_camacho_2024_c4": ("kedzierski_2019", "jung_2018"),
    "villegas_camacho_2024_c8": ("kedzierski_2019", "jung_2018"),
    "kedzierski_2019": ("jung_2018", "villegas_camacho_2024_c8"),
    "jung_2018": ("kedzierski_2019", "villegas_camacho_2024_c8"),
    "frond_2021": ("kedzierski_2019", "jung_2018", "villegas_camacho_2024_c8"),
}

Progress = Callable[[float, str], None]


class MissingData(ValueError):
    """The set has not been fetched yet."""


def data_dir() -> Path:
    """Folder of the fetched spectra: in Orange's data folder, whatever Orange's version."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(environ.data_dir(versioned=False)) / "microplastics"


def _folder() -> Path:
    return data_dir() / f"spectra-{_FORMAT}"


def info_of(name: str) -> SetInfo:
    try:
        return SETS[name]
    except KeyError:
        raise ValueError(f"There is no set {name!r}; there are {', '.join(SETS)}.") from None


def is_available(name: str) -> bool:
    """Whether a set has been fetched."""
    return (_folder() / f"{info_of(name).name}.npz").is_file()


# --- fetching

def fetch(progress: Progress | None = None, *, wheel: str | os.PathLike | None = None,
          sha256: str = SHA256) -> None:
    """Download the published sets and convert them, replacing what was there.

    Parameters
    ----------
    progress : function of (fraction done, text), optional
        Raising in it cancels: the download is stopped and nothing stays behind.
    wheel : path, optional
        The wheel where it was downloaded before; then nothing is downloaded.
    sha256 : str
        Checksum that the wheel must have.

    Raises
    ------
    FetchError
        If the download fails, the wheel is not the expected one, or the disk is full. What was
        there before stays as it was.
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
        share = 0.0
        if wheel is None:
            share = 0.6
            (scratch / "download").mkdir()
            wheel = download_wheel(REQUIREMENT, scratch / "download", DOWNLOAD_SIZE,
                                   lambda done, text: report(share * done, text))
        check_sum(Path(wheel), sha256)
        ready = scratch / "ready"
        ready.mkdir()
        _convert(Path(wheel), ready, lambda done, text: report(share + (1 - share) * done, text))
        _replace(ready, _folder(), scratch / "old")
    except OSError as error:
        raise disk_full(error, parent) or FetchError(
            f"The spectra could not be stored in {parent}: {error.strerror or error}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report(1.0, "Done")


def _sweep(parent):
    """Remove what a killed process left more than a day ago."""
    for left in parent.glob(".fetching-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 86400:
                shutil.rmtree(left, ignore_errors=True)


def _replace(new: Path, place: Path, old: Path):
    """Put a folder in place in one step, and the one before out of the way."""
    if place.exists():
        os.replace(place, old)
    try:
        os.replace(new, place)
    except OSError:
        if old.exists():
            os.replace(old, place)
        raise


def _convert(wheel: Path, folder: Path, report: Progress):
    """Write each set of a wheel as arrays, with what is derived from them."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for i, name in enumerate(SETS):
                def read(i=i, name=name):
                    report(0.8 * i / len(SETS), f"Reading {SETS[name].title}")

                with archive.open(f"xpectrass/data/{name}.csv.xz") as packed, \
                        lzma.open(packed) as file, \
                        io.BufferedReader(_Watched(file, read), 1 << 20) as watched:
                    arrays = _read_csv(watched)
                # Not compressed: twice the size (0.1 GB in all), a tenth of the time to load.
                np.savez(folder / f"{name}.npz", **arrays)
    except (zipfile.BadZipFile, lzma.LZMAError, EOFError, KeyError, ValueError) as error:
        raise FetchError("The downloaded file cannot be read: "
                         f"{error or type(error).__name__}. Nothing was changed.") from error
    # Villegas-Camacho first: the others' labels are compared with what is left of it.
    order = sorted(SETS, key=lambda name: not name.startswith("villegas"))
    for i, name in enumerate(order):
        report(0.8 + 0.2 * i / len(order), f"Comparing spectra of {SETS[name].title}")
        np.savez(folder / f"{name}.derived.npz", **_derive(name, folder))


class _Watched(io.RawIOBase):
    """A file that calls a function at each read, so that the largest set can be cancelled too."""

    def __init__(self, file, called):
        self.file, self.called = file, called

    def readable(self):
        return True

    def readinto(self, buffer):
        self.called()
        data = self.file.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)


def _read_csv(file) -> dict[str, np.ndarray]:
    """Spectra (float32, as published), ascending wavenumbers and texts of a published CSV."""
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


# --- from published values to absorbance

class Spectra(NamedTuple):
    """A set in absorbance, all rows: see :func:`spectra`.

    ``polymer`` is the label as corrected, ``published`` what the file says.
    """

    X: np.ndarray
    wavenumbers: np.ndarray
    sample: np.ndarray
    polymer: np.ndarray
    environmental: np.ndarray
    published: np.ndarray


def spectra(name: str, folder: Path | None = None) -> Spectra:
    """A set as float32 absorbance, with what is known to be wrong mended.

    Raises
    ------
    MissingData
        If the set has not been fetched, or its file is damaged.
    """
    with _stored(name, folder) as file:
        X, wavenumbers = file["spectra"], file["wavenumbers"]
        sample = file["sample_id"]
        published = np.array(file["type"].tolist(), dtype=object)
        environmental = file["environmental"] == "Y"
    if SETS[name].unit == "%T":
        # Columns where every spectrum is zero were never measured: an absorbance that the
        # floor would make of them is invented, and a constant says so to no learner.
        measured = X.any(axis=0)
        if not measured.all():
            X, wavenumbers = X[:, measured], wavenumbers[measured]
        X = -np.log10(np.maximum(X, FLOOR, dtype=np.float32) / np.float32(100))
    elif SETS[name].unit == "scaled absorbance":
        X = X / np.float32(100)
        X = _without_carbon_dioxide(X, wavenumbers)
    return Spectra(X, wavenumbers, _unique_names(sample), _relabelled(name, sample, published),
                   environmental, published)


def environments(name: str) -> np.ndarray:
    """Which spectra of a set are from the environment; bool, shape (rows,). Errors as spectra."""
    with _stored(name) as file:
        return file["environmental"] == "Y"


@contextlib.contextmanager
def _stored(name, folder=None):
    """The arrays of a set, each read when it is asked for."""
    try:
        with np.load((folder or _folder()) / f"{name}.npz", allow_pickle=False) as file:
            yield file
    except FileNotFoundError:
        raise MissingData(f"{SETS[name].title} has not been fetched yet: choose Download in "
                          "Microplastic Spectra, or call datasets.fetch().") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise MissingData(f"The stored spectra of {SETS[name].title} cannot be read; "
                          "fetch them again.") from error


def _save(path: Path, arrays: dict[str, np.ndarray]):
    """Arrays as a file that is there as a whole or not at all, whoever reads or writes beside."""
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with open(partial, "wb") as file:
            np.savez(file, **arrays)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _relabelled(name, sample, published):
    """Labels of a set with the known mistakes corrected."""
    polymer = published.copy()
    for change in RELABELLED:
        if change.set == name:
            rows = published == change.published
            if change.samples is not None:
                rows &= np.isin(sample, change.samples)
            polymer[rows] = change.name
    return polymer


def _without_carbon_dioxide(X, wavenumbers):
    """NaN over the whole of a CO2 region where a spectrum dips below -0.05 in it.

    Such dips (to -0.8) are the air's, subtracted too often. The flanks are as wrong as the
    bottom, so the region goes as a whole; a straight line across is for those to draw
    who need one (Resample does).
    """
    for low, high in ((2250, 2420), (645, 690)):
        region = (wavenumbers >= low) & (wavenumbers <= high)
        dips = X[:, region].min(axis=1, initial=0) < -0.05
        X[np.ix_(dips, region)] = np.nan
    return X


def _unique_names(names):
    """Names with (2), (3) ... added where one stands for several rows."""
    seen, out = {}, []
    for name in names.tolist():
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return np.array(out, dtype=object)


def _derive(name: str, folder: Path) -> dict[str, np.ndarray]:
    """What takes long: rows to keep, near-duplicate groups, doubtful labels (of kept rows)."""
    raw = spectra(name, folder)
    keep = ~duplicates.exact_duplicates(raw.X)
    X = raw.X[keep]
    grid = _common_grid(raw)
    source = duplicates.near_duplicate_groups(np.nan_to_num(_on(grid, X, raw.wavenumbers)))
    doubtful = styrene = np.zeros(len(X), bool)
    if name in _WITNESSES:
        doubtful, styrene = _doubtful(raw, keep, _WITNESSES[name], folder)
    return {"keep": keep, "source": source, "doubtful": doubtful | styrene, "nitrile": styrene,
            "rules": np.array(_RULES)}


def _common_grid(*sets):
    """700 to 3900 cm-1 at step 4, where the prototype measured what a near-duplicate is; or as
    much of it as all the sets cover."""
    return axis.uniform_grid(max(700, *(s.wavenumbers[0] for s in sets)),
                             min(3900, *(s.wavenumbers[-1] for s in sets)), 4.0)


def _on(grid, X, wavenumbers):
    return axis.fill_missing(X, wavenumbers) @ axis.resampling_matrix(wavenumbers, grid)


def _doubtful(raw, keep, witnesses, folder):
    """Labels that the witnesses contradict by shape, and by the bands of ABS; bool, (kept,)."""
    def codes(names):
        merged = [labels.SAME.get(n, n) for n in names]
        return np.array([classes.index(n) if n in classes else -1 for n in merged])

    others = [(spectra(w, folder), derived(w, folder) if w.startswith("villegas") else None)
              for w in witnesses]
    classes = sorted({labels.SAME.get(n, n) for other, _ in others for n in other.polymer}
                     - set(_NO_MATERIAL))
    even = _common_grid(raw, *(o for o, _ in others))
    grid, part = matching.shared_grid(raw.wavenumbers, *(o.wavenumbers for o, _ in others))
    R, N, y, plain = [], [], [], []
    for other, known in others:
        rows = np.arange(len(other.X))
        styrene = np.zeros(len(rows), bool)
        if known is not None:
            # By its shape ABS is polystyrene, and vouches for polystyrene as before: without
            # it, eleven right but noisy spectra of Kedzierski's would have no witness.
            chosen = ~known["doubtful"] | known["nitrile"]
            rows, styrene = np.flatnonzero(known["keep"])[chosen], known["nitrile"][chosen]
        R.append(matching.shapes(other.X[rows], other.wavenumbers, grid, part))
        plain.append(~styrene)
        N.append(_on(even, other.X[rows], other.wavenumbers))
        y.append(codes(other.polymer[rows]))
    S = matching.shapes(raw.X[keep], raw.wavenumbers, grid, part)
    N, y, own = np.vstack(N), np.concatenate(y), codes(raw.polymer[keep])
    best, count = matching.class_matches(S, np.vstack(R), y, len(classes))
    doubtful = matching.judge(best, count, own).doubtful
    X = _on(even, raw.X[keep], raw.wavenumbers)
    styrene = np.zeros(len(own), bool)
    code = codes([nitrile.POLYMER])[0]
    if code < 0:
        return doubtful, styrene
    rows = np.flatnonzero((own == code) & ~doubtful & np.isfinite(X).all(axis=1))
    references = N[(y == code) & np.concatenate(plain) & np.isfinite(N).all(axis=1)]
    styrene[rows] = nitrile.is_abs(X[rows], references, even)
    return doubtful, styrene


def derived(name: str, folder: Path | None = None) -> dict[str, np.ndarray]:
    """Rows to keep, and of these the near-duplicate groups and doubtful labels.

    Returns
    -------
    dict
        "keep" (bool, shape (rows,)); "source" (int), "doubtful" and "nitrile" (bool), shape
        (kept,). "nitrile" are those of the doubtful that a nitrile band makes so.
    """
    folder = folder or _folder()
    path = folder / f"{name}.derived.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            if file["rules"] != _RULES:
                raise ValueError("found by other rules")
            return {key: file[key] for key in ("keep", "source", "doubtful", "nitrile")}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        arrays = _derive(name, folder)
        with contextlib.suppress(OSError):
            _save(path, arrays)
        return arrays
