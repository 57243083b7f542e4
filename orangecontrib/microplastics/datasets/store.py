"""The published sets on this computer: their folder, and their spectra in absorbance."""
from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.misc import environ

from orangecontrib.microplastics.datasets.catalogue import SETS, SetInfo
from orangecontrib.microplastics.materials.atmosphere import CARBON_DIOXIDE_REGIONS
from orangecontrib.microplastics.spectra.units import FLOOR
from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["FOLDER_VARIABLE", "MissingData", "Spectra", "data_dir", "sets_dir", "info_of",
           "is_available", "spectra", "environments", "save"]

#: Environment variable that names another folder for the spectra.
FOLDER_VARIABLE = "ORANGE_MICROPLASTICS_DATA"

#: Format of the converted files, part of their folder's name; another format must be fetched anew.
_FORMAT = 1


class MissingData(ValueError):
    """Raised if a set has not been fetched yet, or its file is damaged."""


def data_dir() -> Path:
    """Folder of the fetched spectra: in Orange's data folder, the same for all its versions."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(environ.data_dir(versioned=False)) / "microplastics"


def sets_dir() -> Path:
    """Folder of the converted sets."""
    return data_dir() / f"spectra-{_FORMAT}"


def info_of(name: str) -> SetInfo:
    try:
        return SETS[name]
    except KeyError:
        raise ValueError(f"There is no set {name!r}; there are {', '.join(SETS)}.") from None


def is_available(name: str) -> bool:
    """Whether a set has been fetched."""
    return (sets_dir() / f"{info_of(name).name}.npz").is_file()


class Spectra(NamedTuple):
    """All rows of a set in absorbance; ``published`` holds the labels without corrections."""

    X: np.ndarray
    wavenumbers: np.ndarray
    sample: np.ndarray
    published: np.ndarray
    environmental: np.ndarray


def spectra(name: str, folder: Path | None = None) -> Spectra:
    """Load a set as float32 absorbance, with known errors in the values corrected.

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
        # Columns in which every spectrum is zero were never measured: the floor would turn them
        # into a constant absorbance, which a learner cannot recognise as missing.
        measured = X.any(axis=0)
        if not measured.all():
            X, wavenumbers = X[:, measured], wavenumbers[measured]
        # As units.to_absorbance, but in float32. No measured value comes near the floor.
        X = -np.log10(np.maximum(X, 100 * FLOOR, dtype=np.float32) / np.float32(100))
    elif SETS[name].unit == "scaled absorbance":
        X = X / np.float32(100)
        X = _without_carbon_dioxide(X, wavenumbers)
    return Spectra(X, wavenumbers, _unique_names(sample), published, environmental)


def environments(name: str) -> np.ndarray:
    """Which spectra of a set are from the environment; bool, (rows,). Errors as :func:`spectra`."""
    with _stored(name) as file:
        return file["environmental"] == "Y"


@contextlib.contextmanager
def _stored(name, folder=None):
    """Open the arrays of a set, each read on access."""
    try:
        with np.load((folder or sets_dir()) / f"{name}.npz", allow_pickle=False) as file:
            yield file
    except FileNotFoundError:
        raise MissingData(f"{SETS[name].title} has not been fetched yet: choose Download in "
                          "Microplastic Spectra, or call datasets.fetch().") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise MissingData(f"The stored spectra of {SETS[name].title} cannot be read; "
                          "fetch them again.") from error


def save(path: Path, arrays: dict[str, np.ndarray]):
    """Write arrays to a file atomically, safe against other readers and writers."""
    write_atomically(path, lambda file: np.savez(file, **arrays))


def _without_carbon_dioxide(X, wavenumbers):
    """Set a whole CO2 region to NaN if a spectrum dips below -0.05 in it; works in place.

    Such dips (to -0.8) come from overcorrection of the air. The flanks are as wrong as the
    bottom, so the whole region is removed; code that needs complete spectra interpolates
    across it (Resample does).
    """
    for low, high in CARBON_DIOXIDE_REGIONS:
        region = (wavenumbers >= low) & (wavenumbers <= high)
        dips = X[:, region].min(axis=1, initial=0) < -0.05
        X[np.ix_(dips, region)] = np.nan
    return X


def _unique_names(names):
    """Append (2), (3) ... to names that occur in several rows."""
    seen, out = {}, []
    for name in names.tolist():
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return np.array(out, dtype=object)
