"""The command "identify": materials of the spectra in files, with the ready-made model."""
from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.batch.find import find_files
from orangecontrib.microplastics.cli.folder import make_folder
from orangecontrib.microplastics.dcnet.compatibility import (
    ScaleError,
    ScaleWarning,
    SimulatedWarning,
)
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import DECISIONS, Rule, decide, identify
from orangecontrib.microplastics.identification.rows import BETWEEN, COLUMNS, described
from orangecontrib.microplastics.materials.names import is_combination
from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.names import spectrum_names
from orangecontrib.microplastics.spectra.units import in_absorbance

__all__ = ["run", "ready_model"]

Say = Callable[[str], None]

#: Columns of the printed table, with their smallest widths; a longest name in it.
_TABLE = {"File": 4, "Spectrum": 14, "Decision": 10, "Material": 14, "Prob.": 5, "How much": 8,
          "Library": 12, "Remark": 0}
_LONGEST = 28

#: Maximum number of mixtures drawn in a picture; of each file one picture.
_DRAWN = 12

_WITHOUT_NETWORK = "With --simulated, a model learnt from simulated spectra is used instead: it " \
                   "needs no network, and is for trying things out, not for results."


def run(files: Sequence[str], model: Callable[[], DCNetModel], output: Path | None = None, *,
        pictures: Path | None = None, rule: Rule | None = None, transmittance: bool = False,
        say: Say = print, fail: Say = print, status: Say = lambda text: None) -> bool:
    """Identify the spectra of files, one file at a time, and print a line for each spectrum.

    Parameters
    ----------
    files : sequence of str
        Files, folders and patterns (:func:`find_files`).
    model : function
        Returns the model; called when the first file has been read.
    output : Path, optional
        A CSV file to write, with a row for each spectrum.
    pictures : Path, optional
        A folder for pictures of how much of each material the mixtures hold, one of each file.
    rule : Rule, optional
    transmittance : bool
        Convert all spectra from transmittance to absorbance first.
    say, fail : function of str
        Called with each line of the answer, and with the error of each file that cannot be used.
    status : function of str
        Called with a short description of the current step.

    Returns
    -------
    bool
        Whether all files could be used.

    Raises
    ------
    ValueError
        If `output` would replace one of the files, or from `model`.
    OSError
        If `output` or the pictures cannot be written.
    """
    rule, failed = rule or Rule(), []

    def failure(text):
        failed.append(text)
        fail(text)

    paths = find_files(files, failure)
    if output is not None:
        _check_output(output, paths)
    if pictures is not None:
        make_folder(pictures)
    drawn = []
    counts, n_files, known, write = np.zeros(len(DECISIONS), int), 0, None, None
    notes, table = set(), None
    with ExitStack() as opened:
        for number, path in enumerate(paths, start=1):
            status(f"{number} of {len(paths)}: {path.name}")
            try:
                data = read_spectra(path)
            except ValueError as ex:
                failure(str(ex))
                continue
            if known is None:
                known = model()
                say(_described(known))
                if output is not None:
                    write = opened.enter_context(_Writer(output))
            try:
                answer = identify(known, data, transmittance)
            except MemoryError:
                failure(f"{path}: there is not enough memory for its {len(data):,} spectra.")
                continue
            except (ValueError, DomainTransformationError) as ex:
                failure(f"{path}: {ex}{_unit_advice(ex, transmittance)}")
                continue
            decisions = decide(answer, rule)
            rows = described(path, spectrum_names(data), known, answer, decisions, rule)
            cells = list(map(_cells, rows))
            if table is None:
                table = _widths(cells, paths)
                say(_line(_TABLE, table))
            for row in cells:
                say(_line(row, table))
            for note in answer.notes:
                # That a model learnt from simulated spectra is said once here, and at the end.
                if not isinstance(note, SimulatedWarning):
                    say(f"    {path.name}: {note}{_unit_advice(note, transmittance)}")
                elif str(note) not in notes:
                    notes.add(str(note))
                    say(f"    {note}")
            if write is not None:
                write(rows)
            if pictures is not None:
                drawn += _draw(path, known, in_absorbance(data) if transmittance else data, answer,
                               pictures, {name.name for name in drawn})
            counts += np.bincount(decisions, minlength=len(DECISIONS))
            n_files += 1
    status("")
    if n_files:
        say(_summary(counts, n_files, len(failed)))
        for note in notes:
            say(note)
        if output is not None:
            say(f"All answers are in {output.resolve()}")
        if pictures is not None:
            say(f"{len(drawn)} {'picture' if len(drawn) == 1 else 'pictures'} of mixtures in "
                f"{pictures.resolve()}" if drawn else "There was no mixture to draw.")
    elif not failed:
        failure("There is no file to identify.")
    return not failed


def ready_model(*, simulated: bool = False, fetch: bool = True, low: int = 0, say: Say = print,
                status: Say = lambda text: None) -> DCNetModel:
    """Load the ready-made model, or make it and say so; with `low`, one for a narrower range.

    Raises
    ------
    ValueError
        If the published spectra are needed and cannot be had; the message says what to do.
    """
    told = []

    def progress(fraction, text):
        if 0 < fraction < 1 and not told:
            told.append(True)
            say("The ready-made model is made first, which takes about two minutes, once.")
        status(f"{fraction:4.0%} {text}")

    try:
        model = ready.get(progress, fetch=fetch, simulated=simulated, low=low)
    except datasets.FetchError as ex:
        raise ValueError("The published spectra, from which the model learns, could not be "
                         f"downloaded: {_sentence(ex)} {_WITHOUT_NETWORK}") from ex
    except datasets.MissingData as ex:
        raise ValueError(
            "The published spectra, from which the model learns, are not on this computer. "
            f"Without --no-fetch they are downloaded ({datasets.DOWNLOAD_SIZE / 1e6:.0f} MB, "
            f"once). {_WITHOUT_NETWORK}") from ex
    finally:
        status("")
    if "not kept" in model.training:
        say(f"The model could not be kept for the next time: {model.training['not kept']}")
    return model


# ------------------------------------------------------------------------------ output

def _check_output(output, paths):
    """Before the work, so that a file that cannot be written is reported at once."""
    if output.is_dir():
        raise ValueError(f"{output} is a folder; name a file for the results with --output.")
    if output.resolve() in {path.resolve() for path in paths}:
        raise ValueError(f"{output} is one of the files to identify; choose another file for the "
                         "results with --output.")
    make_folder(output.parent)
    if output.exists():
        with open(output, "r+b"):
            pass


class _Writer:
    """Context manager of a function that writes answers as rows of a CSV file."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "w", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, COLUMNS)
        self.writer.writeheader()
        return self.write

    def write(self, rows):
        self.writer.writerows(rows)
        # What is done stays if the command is interrupted.
        self.file.flush()

    def __exit__(self, *exc):
        self.file.close()


# ------------------------------------------------------------------------------ texts

def _draw(path, model, data, answer, folder, taken):
    """Draw the first mixtures of a file; the pictures, none if there is no mixture."""
    # Imported here: it loads matplotlib.
    from orangecontrib.microplastics.explanation.amounts import amount_views, amounts_figure
    mixtures = np.flatnonzero(answer.named.sum(axis=1) > 1)
    views = amount_views(model, data, answer, mixtures[:_DRAWN])
    if not views:
        return []
    name, number = f"{path.name}.png", 1
    while name in taken:  # files of one name in several folders
        number += 1
        name = f"{path.name} {number}.png"
    more = f", the first {len(views)} of {len(mixtures)} mixtures" if len(mixtures) > _DRAWN else ""
    amounts_figure(views, folder / name, f"{path.name}: how much of each{more}")
    return [folder / name]


def _cells(row):
    """Cells of the printed table."""
    probability = _percent(float(row["probability"])) if row["probability"] else "-"
    hit = f"{row['library material']} {float(row['hit quality']):.2f}" \
        if row["hit quality"] else "-"
    return (_short(Path(row["file"]).name), _short(row["spectrum"]), row["decision"],
            row["material"] or "-", probability, _how_much(row), hit, row["remark"])


def _how_much(row):
    """"PE 62 % (55-70), PP 38 % (30-45)?": a question mark for what one witness sees."""
    names, *numbers = (row[key].split(BETWEEN)
                       for key in ("components", "fractions", "low", "high"))
    if len(names) < 2:
        return "-"
    doubted = row["to inspect"].split(BETWEEN)
    texts = []
    for name, fraction, low, high in zip(names, *numbers, strict=True):
        between = f" ({100 * float(low):.0f}-{100 * float(high):.0f})" if low else ""
        texts.append(f"{name} {_percent(float(fraction))}{between}{'?' * (name in doubted)}")
    return ", ".join(texts)


def _widths(rows, paths):
    """Widths of the table's columns for the first file, and for the names of all."""
    names = max(len(_short(path.name)) for path in paths)
    widths = [max(least, *map(len, column))
              for least, column in zip(_TABLE.values(), zip(*rows, strict=True), strict=True)]
    return [max(names, widths[0]), *widths[1:-1], 0]


def _line(cells, widths):
    return "  ".join(f"{cell:{width}}" if width else cell
                     for cell, width in zip(cells, widths, strict=True)).rstrip()


def _short(name):
    """A name without its middle, if it is long."""
    if len(name) <= _LONGEST:
        return name
    half = (_LONGEST - 3) // 2
    return f"{name[:half]}...{name[len(name) - (_LONGEST - 3 - half):]}"


def _percent(share):
    """"97 %", and never 0 or 100 % by rounding."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return ">99 %"
    return "<1 %" if rounded == 0 and share > 0 else f"{rounded} %"


def _described(model):
    names = model.domain.class_var.values
    mixtures = sum(map(is_combination, names))
    facts = ready.about(model)
    text = f"{len(names) - mixtures} materials"
    if mixtures:
        text += f" and {mixtures} mixtures of them"
    if facts is not None:
        kind = "simulated" if facts.simulated else "published"
        text += f", from {sum(facts.materials.values()):,} {kind} spectra, made {facts.made}"
    return f"Model {model.name}: {text}"


def _summary(counts, n_files, n_failed):
    n = int(counts.sum())
    text = f"{n:,} {'spectrum' if n == 1 else 'spectra'} in {n_files:,} " \
           f"{'file' if n_files == 1 else 'files'}: "
    text += ", ".join(f"{count:,} {name.lower()}"
                      for name, count in zip(DECISIONS, counts, strict=True))
    if n_failed:
        text += f"; {n_failed:,} could not be used"
    return text


def _unit_advice(note, transmittance):
    if not isinstance(note, (ScaleError, ScaleWarning)):
        return ""
    return " They were converted from transmittance, perhaps wrongly: leave out --transmittance." \
        if transmittance else " With --transmittance they are converted here."


def _sentence(ex):
    text = " ".join(str(ex).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
