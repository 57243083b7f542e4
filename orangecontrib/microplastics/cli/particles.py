"""The command "particles": from the map of a filter to particles, counts and a report."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orangecontrib.spectroscopy  # noqa: F401  (the import registers its readers of spectra)
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.cli.folder import make_folder
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.particles.classes import Classes
from orangecontrib.microplastics.particles.coverage import NarrowRange
from orangecontrib.microplastics.particles.evaluated import evaluated
from orangecontrib.microplastics.particles.files import write_files
from orangecontrib.microplastics.particles.find import UNNAMED, Choices, Finder
from orangecontrib.microplastics.particles.summary import (
    NO_NUMBER,
    PLASTICS,
    UNKNOWN_SIGN,
    Corrections,
)
from orangecontrib.microplastics.spectra.files import read_spectra

__all__ = ["Asked", "run"]

Say = Callable[[str], None]


class Asked(NamedTuple):
    """What the command is asked for.

    Attributes
    ----------
    output : Path or None
        File of the report; None prints the counts only.
    choices : Choices
    classes : Classes
    transmittance : bool
        Convert the spectra from transmittance to absorbance first.
    mass : bool
        Whether to estimate masses.
    litres : float
        Volume of the sample; 0 if it is not known.
    share : float
        Of the filter that was measured.
    title : str
        Of the report.
    """
    output: Path | None
    choices: Choices
    classes: Classes
    transmittance: bool = False
    mass: bool = False
    litres: float = 0.
    share: float = 1.
    title: str = ""


def run(path: Path, model: Callable[[int], DCNetModel], asked: Asked, *, say: Say = print,
        status: Say = lambda text: None) -> bool:
    """Find the particles of one file, print their counts, and write the report.

    Parameters
    ----------
    path : Path
        A map, or a table of spectra of single particles.
    model : function of int
        Returns the model; its argument is where the model's range should begin (cm-1), 0 for the
        usual one. Called again if the spectra lack what the first needs.
    asked : Asked
    say, status : function of str
        Called with each line of the answer, and with what is being done.

    Returns
    -------
    bool
        Whether there are particles.

    Raises
    ------
    ValueError
        If the file cannot be read or used; the message says what to do.
    OSError
        If a file cannot be written.
    """
    if asked.output is not None:
        make_folder(asked.output.resolve().parent)
    status(f"Reading {path.name}")
    data = read_spectra(path)
    known = model(0)
    try:
        finder = Finder(data, known, asked.transmittance)
        found = _find(finder, asked, status)
    except NarrowRange as ex:
        if not ex.low:
            raise
        say(f"The filter or the detector ends before the model does: using one that looks from "
            f"{ex.low} cm-1 on.")
        known = model(ex.low)
        finder = Finder(data, known, asked.transmittance)
        found = _find(finder, asked, status)
    except DomainTransformationError as ex:
        raise ValueError(f"{path}: {ex}") from ex
    status("")
    corrections = Corrections(share=asked.share, volume=asked.litres)
    sample = evaluated(data.name, finder, found, asked.choices, asked.classes, corrections,
                       mass=asked.mass, converted=asked.transmittance)
    for line in _lines(path, found, sample.summary):
        say(line)
    if asked.output is not None:
        status("Writing the report")
        written = write_files(sample, asked.output, asked.title)
        status("")
        say(f"Report and tables: {', '.join(map(str, written))}")
    return bool(found.names)


def _find(finder, asked, status):
    return finder.find(asked.choices,
                       progress_callback=lambda done: status(f"{done:4.0%} Finding particles"))


def _lines(path, found, summary):
    """The answer, as lines of text."""
    n = len(found.names)
    unknown = sum(name == UNNAMED for name in found.names)
    where = ""
    if found.map is not None:
        rows, columns = found.labels.shape
        where = f", {columns} x {rows} pixels, matter from {found.threshold:.3g} times the " \
                "filter's scatter on"
    yield f"{path.name}{where}: {n:,} particles, {n - unknown:,} named, {unknown:,} unknown"
    for note in found.notes:
        yield f"    {note}"
    if found.map is not None and found.pixel is None:
        yield "    The size of a pixel is not known: give it with --pixel-size."
    # Of the polymers without particles, those of the note on what was not looked for.
    table = [row for row in [summary.header, *summary.rows] if row is summary.header
             or row[0] == "All" or row[0].endswith(UNKNOWN_SIGN)
             or any(cell not in ("0", NO_NUMBER) for cell in row[1:])]
    widths = [max(len(row[i]) for row in table) for i in range(len(summary.header))]
    for row in table:
        yield "  ".join([row[0].ljust(widths[0]),
                         *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
    if summary.estimates is not None:
        header, rows = summary.estimates
        yield from (f"{row[0]}: {row[2]} {header[2]}, 95 % interval {row[3]}" for row in rows
                    if row[0] in (PLASTICS, "All"))
    yield from summary.notes
