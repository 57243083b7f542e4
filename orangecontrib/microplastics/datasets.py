"""Published infrared spectra of microplastics as Tables.

Six published sets come in the wheel of a Python package; its licence covers the code and says
nothing of the spectra, so they are not shipped with this add-on but fetched at the user's wish
(:func:`fetch`) into Orange's data folder, and shown with their references. :func:`load` gives a
Table in absorbance; what is wrong with a set is mended there, and said in :data:`SETS`.
"""
from __future__ import annotations

import contextlib
import errno
import lzma
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.misc import environ

from orangecontrib.microplastics import axis, duplicates, labels
from orangecontrib.microplastics.fetching import FetchError, check_sum, disk_full, download_wheel

__all__ = ["SETS", "SetInfo", "POLYMERS", "FetchError", "MissingData", "data_dir",
           "is_available", "fetch", "load", "join", "DOWNLOAD_SIZE"]

REQUIREMENT = "xpectrass==0.0.4"
SHA256 = "063c92d5773a08ca482f9b38b4e5d788f30d747d9742fa48253027d43ad04ad9"
#: Bytes to download and bytes to keep.
DOWNLOAD_SIZE, DISK_SIZE = 54_234_305, 125_000_000

#: Environment variable that names another folder for the spectra.
FOLDER_VARIABLE = "ORANGE_MICROPLASTICS_DATA"

#: Format of the converted files; files of another format are converted anew.
_FORMAT = 1

#: Smallest transmittance in per cent: below, a detector sees its own noise. 0.1 % is an
#: absorbance of 3; no spectrum of the sets comes near where it was measured.
FLOOR = 0.1


class MissingData(ValueError):
    """The set has not been fetched yet."""


class SetInfo(NamedTuple):
    """A published set.

    ``n_spectra`` counts spectra that differ, ``n_classes`` the classes as published;
    ``unit`` is that of the published values ("%T", "absorbance" or "scaled absorbance");
    ``range`` the measured wavenumbers (low, high) in cm-1; ``size`` the megabytes kept on disk;
    ``remarks`` what a user should know.
    """

    name: str
    title: str
    study: str
    n_spectra: int
    n_classes: int
    unit: str
    range: tuple[float, float]
    reference: str
    url: str
    size: float
    remarks: str


_VILLEGAS = ("Villegas-Camacho et al., FTIR-Plastics, Data in Brief 2024",
             "https://pmc.ncbi.nlm.nih.gov/articles/PMC11252596/")
_KEDZIERSKI = ("Kedzierski et al., Chemosphere 2019, 234, 242",
               "https://doi.org/10.1016/j.chemosphere.2019.05.113")

SETS = {info.name: info for info in (
    SetInfo("frond_2021", "FLOPP and FLOPP-e", "Frond 2021", 380, 19, "%T", (675, 3999.8),
            "De Frond et al., Analytical Chemistry 2021, 93, 15878",
            "https://doi.org/10.1021/acs.analchem.1c02549", 3,
            "Plastics new and from the environment. Filled with zeros below 675 cm-1, where it "
            "is cut. FLOPP-e_EVA_1 to 5 are called PVC in the file and PEVA here."),
    SetInfo("jung_2018", "Jung 2018", "Jung 2018", 800, 9, "%T", (450, 4000),
            "Jung et al., Marine Pollution Bulletin 2018, 127, 704",
            "https://doi.org/10.1016/j.marpolbul.2017.12.061", 12,
            "Marine debris. 14 sample names stand for two different spectra each; the second "
            "has (2) added here. U1 is unknown."),
    SetInfo("kedzierski_2019", "Kedzierski 2019, identified", "Kedzierski 2019", 965, 18,
            "scaled absorbance", (599.8, 3996), *_KEDZIERSKI, 7,
            "Particles from the Mediterranean. Scaled to a maximum of 1, so thickness is lost. "
            "Where carbon dioxide was overcorrected (dips below -0.05 at 2250-2420 and 645-690 "
            "cm-1), values are missing. PEF looks like PE, PPL like PP; M1, M2 and U2 name no "
            "material, and R looks more like PE than like the rubber of FLOPP."),
    SetInfo("kedzierski_2019_u", "Kedzierski 2019, not identified", "Kedzierski 2019", 4056, 0,
            "absorbance", (599.8, 3997.9), *_KEDZIERSKI, 29,
            "Field spectra without a polymer label; the meta 'sample code' tells where they "
            "were found. For Predictions."),
    SetInfo("villegas_camacho_2024_c4", "FTIR-Plastics, 4 cm-1", "Villegas-Camacho 2024",
            2652, 6, "%T", (399.2, 4000.6), *_VILLEGAS, 45,
            "Many repeats; about one label in ten is doubtful (99 PS look like PP, 76 PVC like "
            "PS). Lines of water vapour in many."),
    SetInfo("villegas_camacho_2024_c8", "FTIR-Plastics, 8 cm-1", "Villegas-Camacho 2024",
            2393, 6, "%T", (399.2, 4001.6), *_VILLEGAS, 23,
            "Many repeats; about one label in eight is doubtful (100 PS look like PP, 100 PVC "
            "like PS)."),
)}

#: Full names of the classes. Where a publication's abbreviation is not explained with the
#: spectra, what its median correlates with (first derivative) stands instead.
POLYMERS = {
    "ABS": "acrylonitrile butadiene styrene", "AC": "acrylic", "AFL": "AFL, like polyamide",
    "CA": "cellulose acetate", "CE": "cellulose", "CO": "cotton",
    "EAA": "ethylene acrylic acid", "HDPE": "high-density polyethylene",
    "LDPE": "low-density polyethylene", "M1": "M1, like polyethylene",
    "M2": "M2, like polyethylene vinyl acetate", "Mixture": "mixture", "PA": "polyamide",
    "PC": "polycarbonate", "PE": "polyethylene", "PEF": "PEF, like polyethylene",
    "PEL": "PEL, like an ester", "PET": "polyethylene terephthalate",
    "PEVA": "polyethylene vinyl acetate", "PLA": "polylactic acid",
    "PMMA": "polymethyl methacrylate", "PP": "polypropylene", "PPL": "PPL, like polypropylene",
    "PS": "polystyrene", "PU": "polyurethane", "PVC": "polyvinyl chloride", "R": "rubber",
    "SR": "silicone rubber", "U1": "unknown 1", "U2": "unknown 2",
}

#: Classes that name no material: they bear no witness about labels.
_NO_MATERIAL = ("Mixture", "M1", "M2", "U1", "U2")

#: Whose labels a set's are compared with. Never frond_2021: it is the project's test set, and
#: what cleaned the training data must not know it. Villegas-Camacho is cleaned before it
#: serves; where it must not serve at all, it is left out.
_WITNESSES = {
    "villegas_camacho_2024_c4": ("kedzierski_2019", "jung_2018"),
    "villegas_camacho_2024_c8": ("kedzierski_2019", "jung_2018"),
    "kedzierski_2019": ("jung_2018", "villegas_camacho_2024_c8"),
    "jung_2018": ("kedzierski_2019", "villegas_camacho_2024_c8"),
    "frond_2021": ("kedzierski_2019", "jung_2018", "villegas_camacho_2024_c8"),
}

#: What makes group names unique where a study has two sets.
_SUFFIX = {"kedzierski_2019_u": " u", "villegas_camacho_2024_c4": " c4",
           "villegas_camacho_2024_c8": " c8"}

Progress = Callable[[float, str], None]


def data_dir() -> Path:
    """Folder of the fetched spectra: in Orange's data folder, whatever Orange's version."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(environ.data_dir(versioned=False)) / "microplastics"


def _folder() -> Path:
    return data_dir() / f"spectra-{_FORMAT}"


def _info(name: str) -> SetInfo:
    try:
        return SETS[name]
    except KeyError:
        raise ValueError(f"There is no set {name!r}; there are {', '.join(SETS)}.") from None


def is_available(name: str) -> bool:
    """Whether a set has been fetched."""
    return (_folder() / f"{_info(name).name}.npz").is_file()


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
                report(0.8 * i / len(SETS), f"Reading {SETS[name].title}")
                with archive.open(f"xpectrass/data/{name}.csv.xz") as packed, \
                        lzma.open(packed) as file:
                    arrays = _read_csv(file)
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

class _Raw(NamedTuple):
    """A set in absorbance, all rows: see :func:`_raw`."""

    X: np.ndarray
    wavenumbers: np.ndarray
    sample: np.ndarray
    polymer: np.ndarray
    environmental: np.ndarray


def _raw(name: str, folder: Path) -> _Raw:
    """A set as float32 absorbance, with what is known to be wrong mended."""
    try:
        with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
            X, wavenumbers = file["spectra"], file["wavenumbers"]
            sample = file["sample_id"]
            polymer = np.array(file["type"].tolist(), dtype=object)
            environmental = file["environmental"] == "Y"
    except FileNotFoundError:
        raise MissingData(f"{SETS[name].title} has not been fetched yet: choose Download in "
                          "Microplastic Spectra, or call datasets.fetch().") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise MissingData(f"The stored spectra of {SETS[name].title} cannot be read; "
                          "fetch them again.") from error
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
    if name == "frond_2021":
        polymer[np.char.startswith(sample, "FLOPP-e_EVA_")] = "PEVA"
    return _Raw(X, wavenumbers, _unique_names(sample), polymer, environmental)


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
    raw = _raw(name, folder)
    keep = ~duplicates.exact_duplicates(raw.X)
    X = raw.X[keep]
    # 700 to 3900 cm-1 at step 4: where the prototype measured what a near-duplicate is.
    low, high = max(700, raw.wavenumbers[0]), min(3900, raw.wavenumbers[-1])
    grid = axis.uniform_grid(low, high, 4.0)
    on_grid = axis.fill_missing(X, raw.wavenumbers) @ axis.resampling_matrix(
        raw.wavenumbers, grid)
    source = duplicates.near_duplicate_groups(np.nan_to_num(on_grid))
    doubtful = np.zeros(len(X), bool)
    if name in _WITNESSES:
        doubtful = _doubtful(raw, keep, _WITNESSES[name], folder)
    return {"keep": keep, "source": source, "doubtful": doubtful}


def _doubtful(raw, keep, witnesses, folder):
    def codes(names):
        merged = [labels.SAME.get(n, n) for n in names]
        return np.array([classes.index(n) if n in classes else -1 for n in merged])

    others = [(_raw(w, folder), _derived(w, folder) if w.startswith("villegas") else None)
              for w in witnesses]
    classes = sorted({labels.SAME.get(n, n) for other, _ in others for n in other.polymer}
                     - set(_NO_MATERIAL))
    grid, part = labels.shared_grid(raw.wavenumbers, *(o.wavenumbers for o, _ in others))
    R, y = [], []
    for other, derived in others:
        rows = np.ones(len(other.X), bool)
        if derived is not None:
            rows = np.flatnonzero(derived["keep"])[~derived["doubtful"]]
        R.append(labels.shapes(other.X[rows], other.wavenumbers, grid, part))
        y.append(codes(other.polymer[rows]))
    S = labels.shapes(raw.X[keep], raw.wavenumbers, grid, part)
    best, count = labels.class_matches(S, np.vstack(R), np.concatenate(y), len(classes))
    return labels.judge(best, count, codes(raw.polymer[keep])).doubtful


def _derived(name: str, folder: Path) -> dict[str, np.ndarray]:
    path = folder / f"{name}.derived.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in ("keep", "source", "doubtful")}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        derived = _derive(name, folder)
        with contextlib.suppress(OSError):
            np.savez(path, **derived)
        return derived


# --- tables

def load(name: str, *, merge_pe: bool = False, classes: Iterable[str] | None = None,
         environmental: bool | None = None, doubtful: str = "keep") -> Table:
    """A published set as a Table of absorbance spectra.

    Parameters
    ----------
    name : str
        One of :data:`SETS`.
    merge_pe : bool
        Call HDPE and LDPE both PE.
    classes : iterable of str, optional
        Classes to keep (after merging); by default all.
    environmental : bool, optional
        Only particles from the environment (True) or only pristine ones (False), as the set's
        authors call them.
    doubtful : {"keep", "drop"}
        Leave out spectra whose label the spectra of other studies contradict
        (:mod:`~orangecontrib.microplastics.labels`). Some of them are right but hard, so
        figures on what is left are a little too good. FLOPP is never the witness.

    Returns
    -------
    Table
        Absorbance, ``A = -log10(T / 100)`` with T in per cent and at least :data:`FLOOR`;
        wavenumbers ascending; class ``polymer``; metas ``sample``, ``study``,
        ``environmental`` and ``source`` (group of near-duplicates, r > 0.999; kedzierski_2019_u
        also has ``sample code``). Exact duplicates are left out.

    Raises
    ------
    MissingData
        If the set has not been fetched.
    ValueError
        If there is no such set or class, or nothing is left.
    """
    info = _info(name)
    if doubtful not in ("keep", "drop"):
        raise ValueError('doubtful must be "keep" or "drop".')
    raw, derived = _raw(name, _folder()), _derived(name, _folder())
    rows = np.flatnonzero(derived["keep"])
    polymer = raw.polymer[rows].copy()
    labelled = info.n_classes > 0
    if merge_pe:
        polymer[np.isin(polymer, ("HDPE", "LDPE"))] = "PE"
    chosen = np.ones(len(rows), bool)
    if classes is not None:
        wanted = set(classes)
        known = set(polymer) if labelled else set()
        if wanted - known:
            raise ValueError(f"{info.title} has no class {', '.join(sorted(wanted - known))}; "
                             f"it has {', '.join(sorted(known)) or 'none'}.")
        chosen &= np.isin(polymer, list(wanted))
    if environmental is not None:
        chosen &= raw.environmental[rows] == environmental
    if doubtful == "drop":
        chosen &= ~derived["doubtful"]
    if not chosen.any():
        raise ValueError(f"No spectrum of {info.title} is left by these choices.")
    rows, polymer, source = rows[chosen], polymer[chosen], derived["source"][chosen]

    values = sorted(set(polymer)) if labelled else []
    prefix = info.study + _SUFFIX.get(name, "")
    # Group names are texts: as values of a discrete variable, thousands would fill each menu.
    metas = [StringVariable("sample"),
             DiscreteVariable("study", values=(info.study,)),
             DiscreteVariable("environmental", values=("no", "yes")),
             StringVariable("source")]
    columns = [raw.sample[rows], np.zeros(len(rows)),
               raw.environmental[rows].astype(float), [f"{prefix}/{s}" for s in source]]
    if not labelled:
        metas.append(StringVariable("sample code"))
        columns.append(polymer)
    y = np.array([values.index(p) for p in polymer], float) if labelled \
        else np.full(len(rows), np.nan)
    domain = Domain([ContinuousVariable(axis.name_of(w)) for w in raw.wavenumbers],
                    DiscreteVariable("polymer", values=tuple(values)), metas)
    M = np.empty((len(rows), len(columns)), dtype=object)
    for i, column in enumerate(columns):
        M[:, i] = column
    table = Table.from_numpy(domain, raw.X[rows].astype(float), y, M)
    table.name = info.title
    return table


def join(tables: Iterable[Table], step: float = 4.0) -> Table:
    """Several sets as one, on a common grid over the range that all of them cover.

    Parameters
    ----------
    tables : iterable of Table
        Spectra with the class and metas that :func:`load` gives.
    step : float
        Distance of the grid's points, cm-1.

    Returns
    -------
    Table
        Class ``polymer`` with the union of the values, and the four metas; the meta
        ``sample code`` is kept where a table has it. Missing values inside a spectrum are
        interpolated.

    Raises
    ------
    ValueError
        If there is no table, a table lacks the class or metas, or they share no range.
    """
    tables = list(tables)
    if not tables:
        raise ValueError("There are no tables to join.")
    names = ["sample", "study", "environmental", "source"]
    for table in tables:
        missing = [n for n in [*names, "polymer"] if n not in table.domain]
        if missing:
            raise ValueError(f"{table.name or 'A table'} lacks {', '.join(missing)}: only sets "
                             "of Microplastic Spectra can be joined.")
    axes = [axis.wavenumbers(t.domain) for t in tables]
    low, high = max(a[0] for a in axes), min(a[-1] for a in axes)
    grid = axis.uniform_grid(low, high, step) if high > low else np.empty(0)
    if len(grid) < 2:
        raise ValueError("The sets share no range of wavenumbers.")
    if any("sample code" in t.domain for t in tables):
        names.append("sample code")
    X = np.vstack([axis.Resample(step, grid[0], grid[-1])(t).X for t in tables])

    def united(name):
        """One variable for a column of all tables, and the column."""
        variables = [_variable(t, name) for t in tables]
        if all(v is not None and v.is_discrete for v in variables):
            union = sorted({value for v in variables for value in v.values})
            where = {value: i for i, value in enumerate(union)}
            column = [np.append([where[value] for value in v.values], np.nan)[
                np.nan_to_num(t.get_column(v), nan=-1).astype(int)]
                for v, t in zip(variables, tables, strict=True)]
            return DiscreteVariable(name, values=tuple(union)), np.concatenate(column)
        column = [np.array(["" if v is None or value == "?" else value for value in
                            ([""] * len(t) if v is None else _texts(t, v))], dtype=object)
                  for v, t in zip(variables, tables, strict=True)]
        return StringVariable(name), np.concatenate(column)

    polymer, y = united("polymer")
    united_metas = [united(name) for name in names]
    M = np.empty((len(X), len(names)), dtype=object)
    for i, (_, column) in enumerate(united_metas):
        M[:, i] = column
    domain = Domain([ContinuousVariable(axis.name_of(w)) for w in grid], polymer,
                    [variable for variable, _ in united_metas])
    joined = Table.from_numpy(domain, X, y, M)
    joined.name = " + ".join(t.name for t in tables)
    return joined


def _texts(table, variable):
    column = table.get_column(variable)
    if variable.is_string:
        return [str(value) for value in column]
    return ["" if np.isnan(value) else variable.values[int(value)] for value in column]


def _variable(table, name):
    domain = table.domain
    return domain[name] if name in domain else None  # noqa: SIM401 - a Domain has no get
