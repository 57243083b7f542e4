"""Spectra from files that people have, and in words what is wrong with the others.

Orange and orange-spectroscopy read some thirty formats. What they misread are plain text files
that are not laid out as they expect: semicolons with decimal commas, and two columns with a
header. Those are read by pandas here; samples in columns, peak lists and files without
wavenumbers are refused with what to do.
"""
from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orangecontrib.spectroscopy  # noqa: F401  (its readers of spectra register themselves)
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.spectra.axis import check_unit, name_of, spectral_columns

__all__ = ["read_spectra", "FEWEST_WAVENUMBERS"]

#: Fewer points are a list of peaks: no band has a shape in them.
FEWEST_WAVENUMBERS = 16

#: Endings of files that are text, whatever else they may be.
_TEXT = (".csv", ".txt", ".tsv", ".tab", ".dpt", ".xy", ".dat", ".asc", ".prn")

#: Lines that are looked at to tell a text file's layout.
_LINES = 40


class _Layout(NamedTuple):
    """How a text file of numbers is written: separator, decimal sign, columns, lines before the
    numbers, and whether the first line of numbers is an axis."""
    separator: str
    decimal: str
    columns: int
    header: int
    named: bool = False


def read_spectra(path: Path | str) -> Table:
    """The spectra of a file, a row each, attributes named by wavenumber.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If the file is not there, cannot be read, or holds no spectra in rows; the text says
        what it holds and what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    layout = _layout(path) if path.suffix.lower() in _TEXT else None
    try:
        if layout is not None and layout.columns == 2:
            data = _single(path, layout)
        # Orange takes a first line of numbers for a spectrum, and loses the wavenumbers.
        elif layout is not None and (layout.decimal == "," or layout.named):
            data = _wide(path, layout)
        else:
            data = Table.from_file(str(path))
    # Readers of some thirty formats raise what they please.
    except Exception as ex:
        raise ValueError(f"{path} cannot be read: {str(ex) or type(ex).__name__}. Open it in "
                         "Orange's File or CSV File Import to see what it holds.") from ex
    data.name = data.name if data.name and data.name != "untitled" else path.stem
    _refuse_other_layouts(path, data)
    return data


def _layout(path) -> _Layout | None:
    """How a text file is written; None where its lines are no numbers with one separator."""
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
    # A table of named samples: its first column is text, so that its lines are no numbers.
    if best is None and len(lines) > 1 and lines[0].count(";") > FEWEST_WAVENUMBERS:
        body = "".join(lines[1:])
        return _Layout(";", "," if body.count(",") > body.count(".") else ".",
                       lines[0].count(";") + 1, 1)
    return best


def _numbers(line, separator, decimal):
    """How many numbers a line is made of; 0 where anything else is in it."""
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
    """Whether a line of numbers rises or falls all along, as wavenumbers do."""
    axis = np.array([float(part.replace(decimal, ".")) for part in line.split(separator)])
    steps = np.diff(axis)
    return len(axis) >= FEWEST_WAVENUMBERS and axis.min() > 1 \
        and bool((steps > 0).all() or (steps < 0).all())


def _single(path, layout) -> Table:
    """One spectrum: wavenumbers and values in two columns."""
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
    """Spectra in rows, decimal commas."""
    import pandas as pd
    from Orange.data.pandas_compat import table_from_frame
    frame = pd.read_csv(path, sep=layout.separator, decimal=layout.decimal,
                        encoding="utf-8-sig", quoting=csv.QUOTE_MINIMAL)
    # The axis is written as the values are.
    names = [str(name) for name in frame.columns]
    frame.columns = [name.replace(",", ".") if _is_number(name.replace(",", ".")) else name
                     for name in names]
    return table_from_frame(frame)


def _refuse_other_layouts(path, data):
    """Raise for what is no table of spectra in rows."""
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
    """The variable that has wavenumbers down its column; None where there is none.

    It comes first, rises or falls all along, and has the range of an infrared spectrum.
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
