"""Answers for a block as pieces of a table: CSV, and Parquet if pyarrow is installed.

Workers write the pieces, and who collects them only joins them: text takes time to make.
"""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.identification.rows import COLUMNS

__all__ = ["can_parquet", "csv_of", "parquet_of", "ParquetFile", "write_csv"]

#: Columns with numbers.
_NUMBERS = ("probability", "confidence", "correlation", "explained", "complete", "hit quality")

#: Columns of the CSV file that Parquet has as a number for each material.
_LISTS = ("fractions", "low", "high")


def can_parquet() -> bool:
    """Whether Parquet files can be written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def csv_of(rows: Iterable[dict[str, str]]) -> bytes:
    """Rows of texts, without the header."""
    text = io.StringIO()
    csv.DictWriter(text, COLUMNS).writerows(rows)
    return text.getvalue().encode()


def write_csv(file: BinaryIO, pieces: Iterable[np.ndarray]):
    """A header, and pieces of :func:`csv_of`."""
    text = io.StringIO()
    csv.writer(text).writerow(COLUMNS)
    file.write(text.getvalue().encode())
    for piece in pieces:
        file.write(piece)


def parquet_of(rows: Sequence[dict[str, str]], materials: Sequence[str], answer: Answer) -> bytes:
    """The same rows as a Parquet file, with numbers as numbers; empty without pyarrow.

    In place of lists of fractions there are columns "share PE", "share PE, low", "share PE, high"
    for each material of the model.
    """
    if not can_parquet():
        return b""
    import pyarrow as pa
    import pyarrow.parquet as pq
    columns = {}
    for name in COLUMNS:
        if name in _NUMBERS:
            columns[name] = pa.array([float(row[name]) if row[name] else None for row in rows],
                                     pa.float32())
        elif name not in _LISTS:
            columns[name] = pa.array([row[name] for row in rows], pa.string())
    for i, material in enumerate(materials):
        for ending, values in (("", answer.fractions), (", low", answer.low),
                               (", high", answer.high)):
            columns[f"share {material}{ending}"] = pa.array(
                np.asarray(values[:, i], np.float32), pa.float32(), from_pandas=True)
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


class ParquetFile:
    """A file to which pieces of :func:`parquet_of` are added; each becomes a group of rows."""

    def __init__(self, path: Path):
        self._path, self._writer = path, None

    def add(self, piece: np.ndarray):
        import pyarrow as pa
        import pyarrow.parquet as pq
        table = pq.read_table(pa.BufferReader(piece.tobytes()))
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def close(self):
        """Write what is not on disk yet; again, it does nothing."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
