"""Tables as CSV files, which any spreadsheet program opens."""
from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from numbers import Real
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["table_csv"]


def table_csv(path: Path | str, header: Sequence[str], rows: Iterable[Sequence]):
    """Write a table as CSV: UTF-8, separated by commas, decimals with a point.

    Parameters
    ----------
    path : Path or str
    header : sequence of str
    rows : iterable of sequence
        Texts and numbers. None and numbers that are not finite are empty; True is "yes".

    Raises
    ------
    ValueError
        If a row does not have as many values as the header.
    OSError
        If the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ValueError(f"Row {number} has {len(row)} values for {len(header)} columns.")
        writer.writerow([_cell(value) for value in row])
    write_atomically(Path(path), lambda file: file.write(text.getvalue().encode("utf-8")))


def _cell(value):
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if value is None or (isinstance(value, Real) and not math.isfinite(value)):
        return ""
    return str(value)
