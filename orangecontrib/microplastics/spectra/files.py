"""Read spectra from files, with messages that explain why other files cannot be used.

Orange and orange-spectroscopy read some thirty formats, but misread plain text files in a layout
that they do not expect: semicolons with decimal commas, and two columns with a header. Those are
read by pandas here. Files with samples in columns, peak lists and files without wavenumbers are
rejected with a message that says what to do.
"""
from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orangecontrib.spectroscopy  # noqa: F401  (the import registers its readers of spectra)
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.spectra.axis import check_unit, name_of, spectral_columns

__all__ = ["read_spectra", "FEWEST_WAVENUMBERS"]

#: A table with fewer points is a peak list: it does not resolve the shape of a band.
FEWEST_WAVENUMBERS = 16

#: Suffixes of text files.
_TEXT = (".csv", ".txt", ".tsv", ".tab", ".dpt", ".xy", ".dat", ".asc", ".prn")

#: Number of lines read to detect the layout of a text file.
_LINES = 40


class _Layout(NamedTuple):
    """Layout of a text file of numbers: separator, decimal sign, number of columns, number of
    lines before the numbers, and whether the first line of numbers is an axis."""
    separator: str
    decimal: str
    columns: int
    header: int
    named: bool = False


def read_spectra(path: Path | str) -> Table:
    """Read the spectra of a file, one per row, with attributes named by wavenumber.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If the file does not exist, cannot be read, or holds no spectra in rows; the message
        says what it holds and what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    layout = _layout(path) if path.suffix.lower() in _TEXT else None
    try:
        if layout is not None and layout.columns == 2:
            data = _single(path, layout)
        # Orange reads a first line of numbers as a spectrum and loses the wavenumbers.
        elif layout is not None and (layout.decimal == "," or layout.named):
            data = _wide(path, layout)
        else:
            data = Table.from_file(str(path))
    # The readers of some thirty formats raise many types of exception.
    except Exception as ex:
        raise ValueError(f"{path} cannot be read: {str(ex) or type(ex).__name__}. Open it in "
                         "Orange's File or CSV File Import to see what it holds.") from ex
    data.name = data.name if data.name and data.name != "untitled" else path.stem
    _refuse_other_layouts(path, data)
    return data


def _layout(path) -> _Layout | None:
    """Detect the layout of a text file; None if its lines are not numbers with one separator."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = [line.rstrip("\r\n") for _, line in zip(range(_LINES), file, strict=False)]
    except OSError:
        return None
    best = None
    for separator, decimal in ((";", ","), (";", "."), ("\t", ","), ("\t", "."), (",", "."),
                               (None, "."), (None, ",")):
        counts = [_numbers(line, separator, decimal) for line in lines]
        header = next((i for i, n in enumerate(counts) if n), len(counts))
        body = [n for n, line in zip(counts[header:], lines[header:], strict=True) if line.strip()]
        if len(body) and len(set(body)) == 1 and body[0] >= 2 \
                and (best is None or body[0] > best.columns):
            best = _Layout(separator or r"\s+", decimal, body[0], header,
                           _is_axis(lines[header], separator, decimal))
    # A table of named samples: its first column is text, so no line holds only numbers.
    if best is None and len(lines) > 1 and lines[0].count(";") > FEWEST_WAVENUMBERS:
        body = "".join(lines[1:])
        return _Layout(";", "," if body.count(",") > body.count(".") else ".",
                       lines[0].count(";") + 1, 1)
    return best


def _numbers(line, separator, decimal):
    """Number of numbers in a line; 0 if the line contains anything else."""
    parts = [part.strip() for part in line.split(separator)]
    if decimal == ",":
        if "." in line:
            return 0
        parts = [part.replace(",", ".") for part in parts]
    try:
        return len([float(part) for part in parts])
    except ValueError:
        return 0


def _is_axis(line, separator, decimal):
    """Whether a line of numbers is strictly monotonic and long enough, as wavenumbers are."""
    axis = np.array([float(part.replace(decimal, ".")) for part in line.split(separator)])
    steps = np.diff(axis)
    return len(axis) >= FEWEST_WAVENUMBERS and axis.min() > 1 \
        and bool((steps > 0).all() or (steps < 0).all())


def _single(path, layout) -> Table:
    """Read one spectrum: wavenumbers and values in two columns."""
    import pandas as pd
    frame = pd.read_csv(path, sep=layout.separator, decimal=layout.decimal, header=None,
                        skiprows=layout.header, encoding="utf-8-sig", engine="python")
    axis, values = frame.to_numpy(float)[:, :2].T
    order = np.argsort(axis, kind="stable")
    if len(axis) > 1 and (np.diff(axis[order]) == 0).any():
        raise ValueError("a wavenumber stands in it twice")
    return Table.from_numpy(Domain([ContinuousVariable(name_of(w)) for w in axis[order]]),
                            values[order][None])


def _wide(path, layout) -> Table:
    """Read spectra in rows below a header line; the decimal sign may be a comma."""
    import pandas as pd
    from Orange.data.pandas_compat import table_from_frame
    frame = pd.read_csv(path, sep=layout.separator, decimal=layout.decimal,
                        encoding="utf-8-sig", quoting=csv.QUOTE_MINIMAL)
    # The wavenumbers use the same decimal sign as the values.
    names = [str(name) for name in frame.columns]
    frame.columns = [name.replace(",", ".") if _is_number(name.replace(",", ".")) else name
                     for name in names]
    return table_from_frame(frame)


def _refuse_other_layouts(path, data):
    """Raise ValueError if the data are not a table of spectra in rows."""
    if not len(data):
        raise ValueError(f"{path} holds no spectra.")
    down = _axis_down(data)
    if down is not None:
        raise ValueError(
            f"{path}: wavenumbers run down the column '{down.name}', and samples stand in columns. "
            "Spectra must be rows: transpose the table (Orange's Transpose with feature names "
            f"from '{down.name}', or a spreadsheet), and save it again.")
    try:
        _, axis = spectral_columns(data.domain)
        check_unit(axis)
    except ValueError as ex:
        raise ValueError(f"{path}: {ex}") from None
    if len(axis) < FEWEST_WAVENUMBERS:
        raise ValueError(
            f"{path} holds {len(axis)} wavenumbers, which is a list of peaks and no spectrum: "
            "export the whole spectrum from the instrument's program, hundreds of points a row.")


def _axis_down(data):
    """Return the variable whose column holds the wavenumbers; None if there is none.

    It comes first, is strictly monotonic, and has the range of an infrared spectrum.
    """
    if len(data) < FEWEST_WAVENUMBERS:
        return None
    variables = [v for v in (*data.domain.attributes[:1], *data.domain.metas[:1],
                             *data.domain.class_vars[:1]) if v.is_continuous]
    for variable in variables:
        column = np.asarray(data.get_column(variable), float)
        steps = np.diff(column)
        if np.isfinite(column).all() and ((steps > 0).all() or (steps < 0).all()) \
                and column.min() >= 100 and 500 <= np.ptp(column) <= 20_000 \
                and not _is_number(variable.name):
            return variable
    return None


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
