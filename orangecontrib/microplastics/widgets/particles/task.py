"""The background task of Particles: find and name, also on the map of a blank."""
from __future__ import annotations

from typing import NamedTuple

from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import Composer
from orangecontrib.microplastics.particles.edits import Edit
from orangecontrib.microplastics.particles.find import Choices, Finder, Found
from orangecontrib.microplastics.particles.pixels import has_map
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["Request", "Result", "is_map", "run"]


class Request(NamedTuple):
    """Input of the task.

    Attributes
    ----------
    model : DCNetModel
    data : Table
    convert : bool
        Whether the spectra are transmittance.
    choices : Choices
    edits : list of Edit
    blank : Table or None
        The map of a procedural blank.
    before : Result or None
        An earlier result for the same model, data, unit and blank.
    """
    model: DCNetModel
    data: Table
    convert: bool
    choices: Choices
    edits: list[Edit]
    blank: Table | None = None
    before: Result | None = None


class Result(NamedTuple):
    """What the task returns.

    Attributes
    ----------
    finder : Finder
    found : Found
    composer : Composer or None
        Of the model, for drawings.
    blank_finder : Finder or None
    blank : Found or None
        Particles of the blank.
    blank_problem : str
        Why the map of the blank could not be used.
    """
    finder: Finder
    found: Found
    composer: Composer | None
    blank_finder: Finder | None = None
    blank: Found | None = None
    blank_problem: str = ""


def is_map(blank: Table) -> bool:
    """Whether blanks are the map of a filter, and no table of particles or counts."""
    return has_map(blank) and "polymer" not in blank.domain


def run(request: Request, state: TaskState) -> Result:
    """Find the particles of the sample, with edits; then those of the blank, without."""
    before = request.before
    finder = before.finder if before is not None else Finder(request.data, request.model,
                                                             request.convert)
    end = 60 if request.blank is not None and is_map(request.blank) else 100

    def progress(start, end):
        def told(done):
            check(state)
            state.set_progress_value(start + (end - start) * done)
        return told

    state.set_status("Particles...")
    found = finder.find(request.choices, request.edits, progress(0, end))
    composer = before.composer if before is not None else request.model.composer()
    if request.blank is None or not is_map(request.blank):
        return Result(finder, found, composer)
    state.set_status("Blank...")
    blank_finder = before.blank_finder if before is not None else None
    try:
        if blank_finder is None:
            blank_finder = Finder(request.blank, request.model, request.convert)
        # The same threshold: what would not count in the sample does not count in the blank.
        blank = blank_finder.find(request.choices._replace(threshold=found.threshold),
                                  progress_callback=progress(end, 100))
    except (ValueError, DomainTransformationError) as ex:
        return Result(finder, found, composer, blank_finder, None, str(ex))
    return Result(finder, found, composer, blank_finder, blank)
