"""The background task of Particles: find and name, also on the map of a blank."""
from __future__ import annotations

from typing import NamedTuple

from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import Composer
from orangecontrib.microplastics.particles.edits import Edit
from orangecontrib.microplastics.particles.find import Choices, Finder, Found
from orangecontrib.microplastics.particles.pixels import has_map
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["Request", "Result", "run"]


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
    """
    finder: Finder
    found: Found
    composer: Composer | None
    blank_finder: Finder | None = None
    blank: Found | None = None


def run(request: Request, state: TaskState) -> Result:
    """Find the particles of the sample, with edits; then those of the blank, without."""
    before = request.before
    finder = before.finder if before is not None else Finder(request.data, request.model,
                                                             request.convert)
    end = 100 if request.blank is None else 60

    def progress(start, end):
        def told(done):
            check(state)
            state.set_progress_value(start + (end - start) * done)
        return told

    state.set_status("Particles...")
    found = finder.find(request.choices, request.edits, progress(0, end))
    composer = before.composer if before is not None else request.model.composer()
    blank_finder, blank = before.blank_finder if before is not None else None, None
    if request.blank is not None and has_map(request.blank):
        state.set_status("Blank...")
        if blank_finder is None:
            blank_finder = Finder(request.blank, request.model, request.convert)
        # The same threshold: what would not count in the sample does not count in the blank.
        blank = blank_finder.find(request.choices._replace(threshold=found.threshold),
                                  progress_callback=progress(end, 100))
    return Result(finder, found, composer, blank_finder, blank)
