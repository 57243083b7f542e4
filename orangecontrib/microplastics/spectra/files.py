"""Read spectra from files, with messages that explain why other files cannot be used.

Orange and orange-spectroscopy read some thirty formats, but misread plain text files in a layout
that they do not expect: decimal commas, two columns with a header, tables of named samples in
files that are not called .csv, .tab or .tsv. Those are read by pandas here. Files with samples in
columns, peak lists and files without wavenumbers are rejected with a message that says what to do.
"""
from __future__ import annotations

import warnings
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orangecontrib.spectroscopy  # noqa: F401  (the import registers its readers of spectra)
from Orange.data import ContinuousVariable, Domain, Table

import orangecontrib.microplastics.spectra.envi  # noqa: F401  (registers a reader)
from orangecontrib.microplastics.spectra.axis import (
    FEWEST_WAVENUMBERS,
    check_unit,
    name_of,
    spectral_columns,
)
from orangecontrib.microplastics.spectra.turned import turned

__all__ = ["TEXT", "read_spectra"]

#: Suffixes of text files.
TEXT = (".csv", ".txt", ".tsv", ".tab", ".dpt", ".xy", ".dat", ".asc", ".prn")

#: What a message says of texts that cannot be read.
_NEEDED = (f"A text file needs a line of at least {FEWEST_WAVENUMBERS} wavenumbers (a list of "
           "peaks is not enough) and a spectrum in each row below it, or two columns, wavenumber "
           "and absorbance. Open it in Orange's CSV File Import to see what it holds.")

#: Separators (None is white space) and decimal signs; of equally good ones the first is taken.
_SEPARATORS = ((";", ","), (";", "."), ("\t", ","), ("\t", "."), (",", "."), (None, "."),
               (None, ","))

#: Numbers of lines: read to detect the layout of a text file; compared below a line of wavenumbers.
_LINES, _COMPARED = 40, 5


class _Layout(NamedTuple):
    """Layout of a text file of numbers.

    `header` is the index of the line with the wavenumbers or names of the columns, -1 if there is
    none; `axis` tells whether it holds wavenumbers, `named` whether it also holds other names.
    """
    separator: str
    decimal: str
    columns: int
    header: int
    axis: bool = False
    named: bool = False


def read_spectra(path: Path | str) -> Table:
    """Read the spectra of a file, one per row, with attributes named by wavenumber.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    Table
        Spectra that stand in columns beside their wavenumbers are turned, see :func:`.turned`.

    Raises
    ------
    ValueError
        If the file does not exist, cannot be read, or holds no spectra in rows; the message
        says what it holds and what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    is_text = path.suffix.lower() in TEXT
    try:
        # pandas warns when a column of names could be dates, Orange of columns without a name.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = _read_text(path) if is_text else Table.from_file(str(path))
    except _Unsuitable as ex:
        raise ValueError(f"{path} cannot be read: {ex}.") from ex
    except MemoryError:
        raise
    # The readers of some thirty formats raise many types of exception.
    except Exception as ex:
        header = path.with_suffix(".hdr")
        if header.is_file() and header != path:
            raise ValueError(f"{path} cannot be read. If it holds the values of a map, "
                             f"{header.name} says what they are: open {header.name}.") from ex
        if is_text:
            raise ValueError(f"{path} holds no spectra. {_NEEDED}") from ex
        raise ValueError(f"{path} cannot be read: {str(ex) or type(ex).__name__}. Open it in "
                         "Orange's File to see what it holds.") from ex
    data.name = data.name if data.name and data.name != "untitled" else path.stem
    data = data if (rows := turned(data)) is None else rows
    _refuse_other_layouts(path, data)
    return data


class _Unsuitable(ValueError):
    """A text file cannot be opened, or its numbers are not a spectrum; the message says why."""


def _read_text(path):
    text = _decoded(path)
    layout = _layout([line for _, line in zip(range(_LINES), StringIO(text), strict=False)])
    if layout is not None and layout.columns == 2:
        return _single(text, layout)
    if layout is None or _orange_reads(path.suffix.lower(), layout):
        return Table.from_file(str(path))
    return _wide(text, layout)


def _decoded(path):
    """Text of a file in UTF-8 or UTF-16, else Latin-1, as older programs of instruments write."""
    try:
        with open(path, "rb") as file:
            if file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE):
                return path.read_text(encoding="utf-16")
        return path.read_text(encoding="utf-8-sig")
    except OSError as ex:
        raise _Unsuitable(ex.strerror) from ex
    except UnicodeDecodeError:
        return path.read_text(encoding="latin-1")


def _orange_reads(suffix, layout):
    """Whether Orange reads a layout rightly: tables with names, and all without wavenumbers."""
    if layout.decimal == ",":
        return False
    # It reads a first line of numbers as a spectrum, and loses the wavenumbers.
    return not layout.axis or layout.named and layout.header == 0 and (
        suffix == ".csv" or suffix in (".tab", ".tsv") and layout.separator == "\t")


def _layout(lines) -> _Layout | None:
    """Detect the layout of a text file; None if it has neither wavenumbers nor only numbers."""
    return _below_wavenumbers(lines) or _only_numbers(lines)


def _below_wavenumbers(lines):
    """Layout of a table with a line of wavenumbers; its other columns may be names."""
    best, most = None, 0
    for separator, decimal in _SEPARATORS:
        rows = [_numbers(line, separator, decimal) for line in lines]
        header = next((i for i, row in enumerate(rows) if _is_axis(row)), None)
        if header is None:
            continue
        # Rows of another length are divided in the wrong places, as by a space within a name.
        found = sum(value is not None for row in rows[header:header + 1 + _COMPARED]
                    if len(row) == len(rows[header]) for value in row)
        if found > most:
            most = found
            best = _Layout(separator or r"\s+", decimal, len(rows[header]), header, axis=True,
                           named=None in rows[header])
    return best


def _only_numbers(lines):
    """Layout of lines of numbers, as many in each, below lines of text."""
    best = None
    for separator, decimal in _SEPARATORS:
        rows = [_numbers(line, separator, decimal) for line in lines]
        counts = [0 if None in row else len(row) for row in rows]
        first = next((i for i, n in enumerate(counts) if n), len(counts))
        body = {n for n, line in zip(counts[first:], lines[first:], strict=True) if line.strip()}
        if len(body) == 1 and (columns := body.pop()) >= 2 \
                and (best is None or columns > best.columns):
            best = _Layout(separator or r"\s+", decimal, columns, first - 1)
    return best


def _numbers(line, separator, decimal):
    """Numbers in the cells of a line; None for cells that hold anything else."""
    cells = [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(separator)]
    if decimal == ",":
        return [None if "." in cell else _number(cell.replace(",", ".")) for cell in cells]
    return [_number(cell) for cell in cells]


def _is_axis(numbers):
    """Whether the numbers of a line are strictly monotonic and many, as wavenumbers are."""
    axis = np.array([value for value in numbers if value is not None])
    steps = np.diff(axis)
    return len(axis) >= FEWEST_WAVENUMBERS and axis.min() > 1 \
        and bool((steps > 0).all() or (steps < 0).all())


def _single(text, layout) -> Table:
    """Read one spectrum: wavenumbers and values in two columns."""
    import pandas as pd
    frame = pd.read_csv(StringIO(text), sep=layout.separator, decimal=layout.decimal, header=None,
                        skiprows=layout.header + 1, engine="python")
    axis, values = frame.to_numpy(float)[:, :2].T
    order = np.argsort(axis, kind="stable")
    if len(axis) > 1 and (np.diff(axis[order]) == 0).any():
        raise _Unsuitable("a wavenumber stands in it twice")
    return Table.from_numpy(Domain([ContinuousVariable(name_of(w)) for w in axis[order]]),
                            values[order][None])


def _wide(text, layout) -> Table:
    """Read spectra in rows below a line of wavenumbers, with or without names of samples."""
    import pandas as pd
    from Orange.data.pandas_compat import table_from_frame
    frame = pd.read_csv(StringIO(text), sep=layout.separator, decimal=layout.decimal,
                        header=0 if layout.header >= 0 else None, skiprows=max(layout.header, 0),
                        na_values="?")
    # The wavenumbers use the same decimal sign as the values.
    names = [str(name).strip() for name in frame.columns]
    frame.columns = [name if _number(name.replace(",", ".")) is None else name.replace(",", ".")
                     for name in names]
    return table_from_frame(frame)


def _refuse_other_layouts(path, data):
    """Raise ValueError if the data are not a table of spectra in rows."""
    if not len(data):
        raise ValueError(f"{path} holds no spectra."
                         + (f" {_NEEDED}" if path.suffix.lower() in TEXT else ""))
    try:
        _, axis = spectral_columns(data.domain)
        check_unit(axis)
    except ValueError as ex:
        raise ValueError(f"{path}: {ex}") from None
    if len(axis) < FEWEST_WAVENUMBERS:
        raise ValueError(
            f"{path} holds {len(axis)} wavenumber{'s' * (len(axis) != 1)}, which is a list of "
            "peaks and no spectrum: export the whole spectrum from the instrument's program, "
            "hundreds of points a row.")


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None
