"""The command "identify" into a folder: many files, large maps, several computers."""
from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from orangecontrib.microplastics.batch.cluster import Cluster
from orangecontrib.microplastics.batch.find import find_files
from orangecontrib.microplastics.batch.run import Outcome, Progress, Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.tasks import Context
from orangecontrib.microplastics.batch.threads import Threads
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import DECISIONS

__all__ = ["run", "engine_of"]

Say = Callable[[str], None]


class _Bars(Progress):
    """A line for each step: how far, how fast, how long still; nothing without a terminal."""

    def __init__(self):
        self._bar = None
        self._stop = False

    @contextlib.contextmanager
    def stopped_by_keyboard(self):
        """Remember Ctrl-C: its exception is lost where a library happens to ignore it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def remember(*about):
            self._stop = True
            signal.default_int_handler(*about)

        before = signal.signal(signal.SIGINT, remember)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def begin(self, what, total, unit):
        self.end()
        self._bar = tqdm(total=total or None, desc=what[:30], unit=f" {unit}", disable=None,
                         unit_scale=unit != "file", dynamic_ncols=True, leave=False)

    def add(self, n):
        if self._stop:
            raise KeyboardInterrupt
        self._bar.update(n)

    def end(self):
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def engine_of(*, threads: int | None = None, workers: int | None = None,
              scheduler: str | None = None) -> Callable[[Context], Threads | Cluster]:
    """What does the work: threads, or with one of the others a Dask cluster."""
    if workers is not None or scheduler is not None:
        return lambda context: Cluster(context, scheduler, workers)
    return lambda context: Threads(context, threads)


def run(files: Sequence[str], model: Callable[[int], DCNetModel], folder: Path,
        settings: Settings, engine: Callable[[Context], Threads | Cluster], *,
        resume: bool = False, memory: float, say: Say = print, fail: Say = print) -> bool:
    """Identify files into a folder (:class:`.batch.run.Run`), and say what came of it.

    Returns
    -------
    bool
        Whether all files could be used.

    Raises
    ------
    ValueError, OSError
        See :class:`.batch.run.Run`.
    """
    failed = []

    def failure(text):
        failed.append(text)
        fail(text)

    paths = find_files(files, failure)
    if not paths:
        if not failed:
            failure("There is no file to identify.")
        return False
    inside = next((path for path in paths if path.resolve().parent == folder.resolve()), None)
    if inside is not None:
        raise ValueError(f"{folder} is the folder of {inside.name}: give another one for the "
                         "results.")
    bars = _Bars()

    def above(tell):
        # tqdm keeps its line below what is printed.
        def write(text):
            with tqdm.external_write_mode():
                tell(text)
        return write

    work = Run(folder, settings, model, engine, resume=resume, memory=memory, progress=bars,
               say=above(say), fail=above(failure))
    say(f"{len(paths):,} {'file' if len(paths) == 1 else 'files'}, model "
        f"{work.manifest.about['model']['name']}, {work.manifest.about['computed by']}")
    try:
        with bars.stopped_by_keyboard():
            outcome = work.run(paths)
    except KeyboardInterrupt:
        bars.end()
        say(f"Stopped. The same command with --resume goes on; what is done is in {folder}.")
        raise
    for line in _lines(outcome, folder):
        say(line)
    return not failed


def _lines(outcome: Outcome, folder: Path):
    n = int(outcome.counts.sum())
    text = f"{n:,} {'spectrum' if n == 1 else 'spectra'} in {outcome.done:,} " \
           f"{'file' if outcome.done == 1 else 'files'}: "
    text += ", ".join(f"{count:,} {name.lower()}"
                      for count, name in zip(outcome.counts, DECISIONS, strict=True))
    if outcome.particles:
        text += f"; {outcome.particles:,} particles"
    if outcome.refused:
        text += f"; {outcome.refused:,} {'file' if outcome.refused == 1 else 'files'} could " \
                "not be used"
    yield text
    yield f"Results are in {folder.resolve()}: {', '.join(p.name for p in outcome.written)}"
