"""Tables of all files of a run, from what is done for each."""
from __future__ import annotations

import csv
from pathlib import Path

from orangecontrib.microplastics.batch.fragments import ParquetFile, can_parquet, write_csv
from orangecontrib.microplastics.batch.manifest import DONE, Manifest
from orangecontrib.microplastics.batch.state import State
from orangecontrib.microplastics.particles.files import SUFFIXES
from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["tables"]

#: Tables of each map that are put together, and the names of the whole.
_OF_MAPS = {"particles": "particles.csv", "counts": "counts.csv"}


def tables(folder: Path, manifest: Manifest, state: State) -> list[Path]:
    """Write the tables of all files that are done, and return their paths.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    return [*_spectra(folder, manifest, state), *_maps(folder, manifest)]


def _spectra(folder, manifest, state):
    entries = [entry for entry in manifest.files
               if entry["state"] == DONE and entry["kind"] == "spectra"]
    table, whole = folder / "spectra.csv", folder / "spectra.parquet"
    if not entries:
        # Of files that have changed since, and cannot be used any more.
        table.unlink(missing_ok=True)
        whole.unlink(missing_ok=True)
        return []
    partial = folder / ".spectra.parquet"
    parquet, complete = ParquetFile(partial), can_parquet()

    def pieces():
        nonlocal complete
        for entry in entries:
            for block in range(entry["blocks"]):
                found = state.load(entry["number"], "rows", block)
                if found is None:
                    continue
                yield found["csv"]
                # What an earlier run did without pyarrow has none.
                complete = complete and "parquet 0" in found
                i = 0
                while complete and f"parquet {i}" in found:
                    parquet.add(found[f"parquet {i}"])
                    i += 1

    try:
        write_atomically(table, lambda file: write_csv(file, pieces()))
        parquet.close()
        if complete:
            return [table, partial.replace(whole)]
        whole.unlink(missing_ok=True)
        return [table]
    finally:
        parquet.close()
        partial.unlink(missing_ok=True)


def _maps(folder, manifest):
    written = []
    entries = [entry for entry in manifest.files
               if entry["state"] == DONE and entry["kind"] == "map" and "particles" in entry]
    for key, name in _OF_MAPS.items():
        parts = [(entry, path) for entry in entries for path in map(folder.joinpath,
                 entry.get("results", ())) if path.name.endswith(SUFFIXES[key])]
        path = folder / name
        if parts:
            write_atomically(path, lambda file, parts=parts: file.write(_joined(parts).encode()))
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def _joined(parts):
    """One table with a column for the file; columns that a table lacks are empty."""
    import io
    tables, header = [], ["file"]
    for entry, path in parts:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        tables.append((entry["path"], rows))
        header += [name for row in rows[:1] for name in row if name not in header]
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    for name, rows in tables:
        writer.writerows({"file": name, **row} for row in rows)
    return text.getvalue()
