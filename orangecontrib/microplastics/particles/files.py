"""The files of a sample: report, tables, outlines."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orangecontrib.microplastics.particles import report
from orangecontrib.microplastics.particles.contents import HEADER, PAGES, contents, rows_of
from orangecontrib.microplastics.particles.export import table_csv
from orangecontrib.microplastics.particles.outlines import write_geojson
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.summary import NO_NUMBER, UNKNOWN_SIGN

__all__ = ["SUFFIXES", "write_files"]

#: Ends of the names of the files, by what they hold.
SUFFIXES = {"report": ".html", "particles": " particles.csv", "counts": " counts.csv",
            "estimates": " estimates.csv",
            "outlines": " outlines.geojson"}


def write_files(sample: Sample, path: Path | str, title: str = "", pages: int = PAGES,
                progress: Callable[[float], None] = lambda done: None) -> list[Path]:
    """Write the report, and beside it the tables and, of a map, the outlines.

    Parameters
    ----------
    sample : Sample
    path : Path or str
        Of the report, with or without ".html".
    title : str
    pages : int
        Number of particles with a drawing.
    progress : callable
        Called with the fraction done; an exception raised in it cancels.

    Returns
    -------
    list of Path
        Files that were written.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    path = Path(path)
    stem = path.with_suffix("") if path.suffix.lower() in (".html", ".htm") else path
    names = {key: stem.with_name(stem.name + suffix) for key, suffix in SUFFIXES.items()}
    content = contents(sample, title, pages, progress)
    report.write(names["report"], content)
    table_csv(names["particles"], HEADER, rows_of(sample))
    # Programs that read tables take "1,230" and "–" for texts, and "PVC*" for another polymer.
    table_csv(names["counts"], sample.summary.header,
              [[row[0].removesuffix(UNKNOWN_SIGN),
                *("" if cell == NO_NUMBER else cell.replace(",", "") for cell in row[1:])]
               for row in sample.summary.rows])
    written = ["report", "particles", "counts"]
    if sample.summary.estimates is not None:
        header, rows = sample.summary.estimates
        table_csv(names["estimates"], [title or "remark" for title in header],
                  [[row[0], *(cell.replace(",", "") for cell in row[1:])] for row in rows])
        written.append("estimates")
    found = sample.found
    if found.map is None:
        return [names[key] for key in written]
    x, y = found.map.x, found.map.y
    if found.pixel is not None:
        # Its size may be typed.
        x, y = x * found.pixel[0] / found.map.pitch[0], y * found.pixel[1] / found.map.pitch[1]
    sizes = found.sizes
    properties = [
        {"polymer": name, "by hand": bool(found.by_hand[i]),
         "decision": int(found.decisions[i]), "area": sizes.area[i],
         "feret_max": sizes.feret_max[i], "feret_min": sizes.feret_min[i],
         "fibre": bool(sizes.fibre[i]), "border": bool(sizes.border[i])}
        for i, name in enumerate(found.names)]
    write_geojson(names["outlines"], found.labels, x, y, properties)
    return [names[key] for key in (*written, "outlines")]
