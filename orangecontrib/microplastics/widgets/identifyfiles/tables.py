"""Results of a run as Orange tables."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from Orange.data import ContinuousVariable, DiscreteVariable, StringVariable, Table
from Orange.data.pandas_compat import table_from_frame

from orangecontrib.microplastics.batch.fragments import can_parquet
from orangecontrib.microplastics.batch.manifest import DONE, Manifest
from orangecontrib.microplastics.identification import DECISIONS

__all__ = ["MOST", "spectra_table", "particles_table"]

#: Maximum number of rows.
MOST = 1_000_000

#: Columns that are neither numbers nor of few different values.
_TEXTS = ("file", "spectrum", "components", "fractions", "low", "high", "to inspect", "hit name",
          "remark", "How much", "Remark")
_FEW = ("decision", "material", "library material", "Polymer", "Decision", "Shape")


def spectra_table(folder: Path, manifest: Manifest, most: int = MOST) \
        -> tuple[Table | None, int]:
    """The rows of ``spectra.parquet``, or ``spectra.csv`` if that has more.

    Returns
    -------
    table : Table or None
        None if there are no spectra but those of maps.
    total : int
        Number of rows in the file; `table` has the first `most`.
    """
    total = sum(entry["spectra"] for entry in manifest.files
                if entry["state"] == DONE and entry["kind"] == "spectra")
    if not total:
        return None, 0
    frame = _parquet(folder / "spectra.parquet", total, most)
    if frame is None:
        frame = _csv(folder / "spectra.csv", most)
    empty = [name for name in frame if name.startswith("share ") and frame[name].isna().all()]
    return _table(frame.drop(columns=empty), "Spectra", {
        "decision": DECISIONS, "material": manifest.about["model"]["classes"]}), total


def particles_table(folder: Path) -> Table | None:
    """The rows of ``particles.csv``; None if no particle was found."""
    path = folder / "particles.csv"
    if not path.is_file():
        return None
    frame = _csv(path, MOST)
    return _table(frame, "Particles", {"Decision": (*DECISIONS, "by hand")}) if len(frame) \
        else None


def _parquet(path, total, most):
    if not path.is_file() or not can_parquet():
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq
    with pq.ParquetFile(path) as file:
        # Rows that were computed where pyarrow was not installed are in the CSV file only.
        if file.metadata.num_rows != total:
            return None
        batches, n = [], 0
        for batch in file.iter_batches():
            batches.append(batch)
            n += len(batch)
            if n >= most:
                break
    return pa.Table.from_batches(batches).slice(0, most).to_pandas()


def _csv(path, most):
    # Names of spectra such as "NA" are texts.
    return pd.read_csv(path, nrows=most, keep_default_na=False, na_values={}, dtype=str)


def _table(frame, name, known: Mapping[str, Sequence[str]]):
    columns, variables = {}, []
    for title, column in frame.items():
        if title in _FEW:
            there = {value for value in column.unique() if value and value == value}
            values = known.get(title, ())
            values = [*values, *sorted(there - set(values))]
            columns[title] = pd.Categorical(column, values)
            variables.append(DiscreteVariable(title, values))
        elif title in _TEXTS:
            columns[title] = column
            variables.append(StringVariable(title))
        else:
            columns[title] = pd.to_numeric(column, errors="coerce").astype(float)
            variables.append(ContinuousVariable(
                title, number_of_decimals=0 if title == "No." else 3))
    # Orange would take names such as "3-1" for dates, and few different names for classes.
    table = table_from_frame(pd.DataFrame(columns, index=range(len(frame))), variables=variables)
    table.name = name
    return table
