"""The run in the background: what it is asked for, how far it is, and what came of it."""
from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics import ready
from orangecontrib.microplastics.batch.find import find_files
from orangecontrib.microplastics.batch.manifest import DONE, REFUSED
from orangecontrib.microplastics.batch.run import Progress, Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.tasks import Context, Whole
from orangecontrib.microplastics.batch.threads import Threads
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.common.background import Cancelled
from orangecontrib.microplastics.widgets.identifyfiles.look import key_of
from orangecontrib.microplastics.widgets.identifyfiles.tables import (
    particles_table,
    spectra_table,
)
from orangecontrib.microplastics.widgets.identifyfiles.texts import IDENTIFYING, interval

__all__ = ["Request", "Step", "Finished", "run"]

#: Seconds between two reports of progress.
_PAUSE = .2

#: Weight of the newest speed in that which is shown; as in tqdm, speeds are smoothed.
_SMOOTHING = .2


class Request(NamedTuple):
    """What a run is asked for.

    Attributes
    ----------
    names : tuple of str
        Files and folders.
    folder : str
        For the results.
    model : DCNetModel
    model_name : str
        For messages.
    simulated : bool or None
        Whether a ready-made model for a narrower range is learnt from simulated spectra; None if
        the model is the user's own, which no other replaces.
    settings : Settings
    stop : threading.Event
        Set to stop the run after the blocks under way.
    """
    names: tuple[str, ...]
    folder: str
    model: DCNetModel
    model_name: str
    simulated: bool | None
    settings: Settings
    stop: threading.Event


class Step(NamedTuple):
    """How far the run is.

    Attributes
    ----------
    text : str
    fraction : float
        Of all files, 0 to 1.
    entries : dict of str to dict
        Entries of the manifest of files whose state has changed, by :func:`.look.key_of`.
    """
    text: str
    fraction: float
    entries: dict[str, dict]


class Finished(NamedTuple):
    """What came of the run, finished or stopped.

    Attributes
    ----------
    stopped : bool
    entries : dict of str to dict
        All entries of the manifest.
    about : dict
        What it says of the run.
    spectra, particles : Table or None
    n_spectra : int
        Number of rows; the table may hold fewer.
    """
    stopped: bool
    entries: dict[str, dict]
    about: dict
    spectra: Table | None
    particles: Table | None
    n_spectra: int


def run(request: Request, state: TaskState) -> Finished:
    """Identify the files into the folder, going on with an earlier run there.

    Raises
    ------
    Cancelled
        If the widget was closed.
    ValueError, OSError
        As of :class:`.batch.run.Run`.
    """
    watch, stopped = _Watch(request, state), False
    watch.tell("Looking for files ...")
    paths = find_files(request.names, lambda text: None)
    if not paths:
        raise ValueError("There is no file to identify.")
    watch.tell("Preparing ...")
    work = Run(Path(request.folder), request.settings, watch.model,
               lambda context: _Watched(context, watch), resume=True, progress=watch,
               say=lambda text: None, fail=lambda text: None)
    watch.manifest, watch.keys = work.manifest, [key_of(path) for path in paths]
    try:
        work.run(paths)
    except Cancelled:
        if state.is_interruption_requested():
            raise
        stopped = True
    watch.tell("Reading tables ...")
    spectra, n = spectra_table(work.folder, work.manifest)
    return Finished(stopped, {entry["path"]: dict(entry) for entry in work.manifest.files},
                    work.manifest.about, spectra, particles_table(work.folder), n)


class _Watch(Progress):
    """Tells the widget how far the run is, and cancels the run."""

    def __init__(self, request: Request, state: TaskState):
        self._request, self._state = request, state
        self.manifest, self.keys = None, []
        self._under_way: set[str] = set()
        self._told: dict[str, str] = {}
        self._what, self._unit, self._total, self._n = "", "", 0, 0
        self._spectra = 0
        self._speeds = {"steps": _Speed(), "spectra": _Speed()}
        self._last = 0.

    # ------------------------------------------------------------------ of the run

    def begin(self, what, total, unit):
        self._what, self._total, self._unit, self._n = what, total, unit, 0
        self._spectra = 0
        self._speeds = {"steps": _Speed(), "spectra": _Speed()}
        self.tell()

    def add(self, n):
        self._n += n
        self._check()
        if time.monotonic() - self._last > _PAUSE:
            self.tell()

    def model(self, low: int) -> DCNetModel:
        """The model; with `low`, the ready-made one for spectra that begin there."""
        request = self._request
        if not low:
            return request.model
        if request.simulated is None:
            raise ValueError(f"{request.model_name} looks at wavenumbers that the map lacks; "
                             f"train one that begins at {low} cm-1.")

        def progress(done, text):
            self._check()
            if time.monotonic() - self._last > _PAUSE:
                self.tell(f"{self._what}: the ready-made model from {low} cm-1 on is needed; "
                          f"{done:.0%}, {text[:1].lower()}{text[1:]} ...")

        return ready.get(progress, simulated=request.simulated, low=low)

    # ------------------------------------------------------------------ of the engine

    def takes(self, path: str):
        """Work on a file begins, or goes on."""
        self._under_way.add(path)

    def leaves(self, path: str, spectra: int):
        """A file that is read as a whole is done, or was seen to be a map."""
        self._under_way.discard(path)
        self._spectra += spectra

    # ------------------------------------------------------------------ to the widget

    def tell(self, text: str | None = None):
        """Say `text`, or how far the step is."""
        self._last = time.monotonic()
        self._state.set_partial_result(Step(text or self._text(), self._fraction(),
                                            self._changed()))

    def _check(self):
        if self._request.stop.is_set() or self._state.is_interruption_requested():
            raise Cancelled

    def _text(self):
        if not self._total:
            return f"{self._what} ..."
        speed = self._speeds["steps"](self._n)
        left = f"{interval((self._total - self._n) / speed)} left" if speed else ""
        if self._unit == "file":
            done = f"{self._n:,} of {self._total:,} files"
            rate, unit = self._speeds["spectra"](self._spectra), "spectra"
        else:
            done = f"{self._what}: {self._n / self._total:.0%}"
            rate, unit = speed, "spectra" if self._unit == "spectrum" else "pixels"
        return ", ".join(part for part in (
            done, f"{rate:,.0f} {unit} per second" if rate else "", left) if part)

    def _fraction(self):
        if not self.keys:
            return 0.
        found = {entry["path"]: entry["state"] for entry in self.manifest.files}
        done = sum(found.get(key) in (DONE, REFUSED) for key in self.keys)
        if self._unit != "file" and self._total and done < len(self.keys):
            done += self._n / self._total
        return done / len(self.keys)

    def _changed(self):
        changed = {}
        for entry in self.manifest.files if self.manifest is not None else ():
            key, now = entry["path"], entry["state"]
            if now not in (DONE, REFUSED) and key in self._under_way:
                now = IDENTIFYING
            if self._told.get(key) != now:
                self._told[key] = now
                changed[key] = {**entry, "state": now}
        return changed


class _Speed:
    """Something per second, smoothed."""

    def __init__(self):
        self._at, self._n, self._value = time.monotonic(), 0, 0.

    def __call__(self, n: int) -> float:
        """The speed now that there are `n`."""
        now = time.monotonic()
        if n > self._n and now > self._at:
            speed = (n - self._n) / (now - self._at)
            self._value += (_SMOOTHING if self._value else 1) * (speed - self._value)
            self._at, self._n = now, n
        return self._value


class _Watched(Threads):
    """Threads that tell which files are under way."""

    def __init__(self, context: Context, watch: _Watch):
        super().__init__(context)
        self._watch = watch

    def results(self, todo: Iterable) -> Iterator:
        taken = {}

        def noted():
            for key, task in todo:
                taken[key] = task
                self._watch.takes(task.path)
                yield key, task

        for key, result in super().results(noted()):
            task = taken.pop(key)
            if isinstance(task, Whole):
                self._watch.leaves(task.path, int(result["counts"].sum())
                                   if "counts" in result else 0)
            yield key, result
