"""A run: many files, identified one after the other or side by side, that can be interrupted."""
from __future__ import annotations

import datetime
import errno
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.batch import collect
from orangecontrib.microplastics.batch.manifest import (
    DONE,
    NAME,
    REFUSED,
    WAITING,
    Manifest,
    described,
    hash_files,
    versions,
)
from orangecontrib.microplastics.batch.maps import MapRun
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.state import State
from orangecontrib.microplastics.batch.tasks import (
    Context,
    EngineLost,
    Part,
    Whole,
    checked,
    failure,
    is_map,
    missing_notes,
    opened,
    text_of,
)
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.particles.classes import size_classes
from orangecontrib.microplastics.particles.coverage import NarrowRange
from orangecontrib.microplastics.spectra.stored import is_array

__all__ = ["MEMORY", "Engine", "Progress", "Outcome", "Run"]

#: Memory that a run may take, bytes, besides program and model.
MEMORY = 600e6

#: What each thread needs for its computations, bytes; smallest and largest block, bytes.
_COMPUTING, _SMALLEST, _LARGEST = 80e6, 1e6, 32e6

#: Errors of a full disk; Windows has no quota of this kind.
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

_OURS = "Orange3-Microplastics"

#: Seconds between two writings of the manifest.
_EVERY = 5.


class Engine(Protocol):
    """Does tasks (:class:`.threads.Threads`, :class:`.cluster.Cluster`)."""
    workers: int
    workers_here: int
    described: str
    blocks_at_once: int

    def results(self, todo): ...

    def close(self): ...


class Progress:
    """Told how far a run is; does nothing."""

    def begin(self, what: str, total: int, unit: str):
        """A new step: `total` files or spectra follow."""

    def add(self, n: int):
        """So many more are done. An exception raised here cancels the run."""

    def end(self):
        """The step is done."""


class Outcome(NamedTuple):
    """What came of a run.

    Attributes
    ----------
    counts : ndarray of int, shape (3,)
        Identified spectra, and pixels of matter, by decision.
    done, refused : int
        Numbers of files.
    particles : int
    written : list of Path
    """
    counts: np.ndarray
    done: int
    refused: int
    particles: int
    written: list[Path]


class Run:
    """Identifies files into a folder.

    The folder holds ``spectra.csv`` (and ``.parquet``) with a row for each spectrum of all files
    that are no maps, ``maps/NAME/`` for each map (arrays of its pixels, particles, report),
    ``particles.csv`` and ``counts.csv`` of all maps, and ``manifest.json``. ``state/`` holds what
    is done; the tables are made from it again when files are added.
    """

    def __init__(self, folder: Path, settings: Settings, model: Callable[[int], DCNetModel],
                 engine: Callable[[Context], Engine], *, resume: bool = False,
                 memory: float = MEMORY, progress: Progress | None = None,
                 say: Callable[[str], None] = print, fail: Callable[[str], None] = print):
        """
        Parameters
        ----------
        folder : Path
            For the results; created if it does not exist.
        settings : Settings
        model : function of int
            Returns the model, or with a wavenumber (cm-1) one for spectra that begin there.
        engine : function of Context
            Makes what does the work.
        resume : bool
            Go on with an earlier run in this folder; files that are done are left alone.
        memory : float
            Bytes that may be taken besides program and model.
        progress : Progress, optional
        say, fail : function of str
            Called with what is to be told, and with the reason why a file cannot be used.

        Raises
        ------
        ValueError
            If the folder holds results and is not to be gone on with, or those of another model
            or other settings; or from `model`.
        OSError
            If the folder cannot be written.
        """
        self.folder, self.settings = folder, settings
        self._model, self._make = model, engine
        self._memory, self._progress = memory, progress or Progress()
        self._say, self._fail = say, fail
        self._engines: dict[int, tuple[Context, Engine]] = {}
        self._state = State(folder / "state")
        self._saved, self._hashes = 0., {}
        try:
            self._begin(resume)
        except BaseException:
            # Workers of a cluster would live on.
            self._close()
            raise

    def _begin(self, resume):
        # What is wrong with the settings must not be found at the end of the first map.
        size_classes(self.settings.classes)
        before = self.folder / NAME
        if before.exists() and not resume:
            raise ValueError(f"{self.folder} holds results of an earlier run: go on with it "
                             "(--resume), or give another folder.")
        if not before.exists() and self.folder.is_dir() and any(
                (self.folder / name).exists() for name in ("spectra.csv", "maps")):
            raise ValueError(f"{self.folder} holds other results; give another folder.")
        self.folder.mkdir(parents=True, exist_ok=True)
        context, engine = self._engine(0)
        self.manifest = Manifest.load(self.folder) if before.exists() else Manifest(self.folder)
        about, facts = self.manifest.about, described(context.model)
        settings = self.settings.plain()
        if about.get("model", facts)["sha256"] != facts["sha256"]:
            raise ValueError(f"The results in {self.folder} are of another model "
                             f"({about['model']['name']}, sha256 {about['model']['sha256'][:12]}); "
                             "give another folder.")
        if about.get("settings", settings) != settings:
            changed = [name for name, value in settings.items()
                       if about["settings"].get(name) != value]
            raise ValueError(f"The results in {self.folder} were made with other settings "
                             f"({', '.join(changed)}); give another folder.")
        made_by = about.get("versions", {}).get(_OURS)
        if made_by not in (None, versions()[_OURS]):
            self._say(f"What is done was made by version {made_by} of this program.")
        # Results of blocks are of that size.
        self._block = about.get("bytes of a block") or self._block_size(engine)
        about.update({
            "versions": versions(), "model": facts, "settings": settings,
            "bytes of a block": self._block, "computed by": engine.described,
            "begun": about.get("begun") or _now(), "finished": None})
        self.manifest.save()

    def _block_size(self, engine):
        free = self._memory - _COMPUTING * engine.workers_here
        return int(np.clip(free / (2 * engine.blocks_at_once), _SMALLEST, _LARGEST))

    def _close(self):
        for _, engine in self._engines.values():
            engine.close()

    def _engine(self, low) -> tuple[Context, Engine]:
        if low not in self._engines:
            context = Context(self._model(low), self.settings)
            self._engines[low] = context, self._make(context)
        return self._engines[low]

    # ------------------------------------------------------------------ all files

    def run(self, paths: Sequence[Path]) -> Outcome:
        """Identify files; returns when all are done.

        Interrupted by an exception (KeyboardInterrupt, or one of `progress`), it leaves a folder
        with which the next run goes on.

        Raises
        ------
        OSError
            If results cannot be written, or (EngineLost) a cluster is gone.
        """
        finished = False
        with ThreadPoolExecutor(1) as self._hasher:
            try:
                entries = self._entries(paths)
                self._whole_files([e for e in entries if not is_array(Path(e["path"]))])
                for entry in entries:
                    if entry["state"] == WAITING:
                        self._large(entry)
                finished = True
            finally:
                self._close()
                self._hasher.shutdown(cancel_futures=not finished)
                outcome = self._end(finished)
        return outcome

    def _entries(self, paths):
        """Those files that are not done."""
        entries = []
        for entry in self.manifest.files:
            if entry["state"] == DONE and not self._has_results(entry):
                entry["state"] = WAITING
        for path in paths:
            try:
                entry = self.manifest.entry(path)
            except OSError as ex:
                self._fail(f"{path}: {ex.strerror}")
                continue
            if entry.pop("again", False):
                self._say(f"{path} has changed, and is identified again.")
                self._state.drop(entry["number"])
            if entry["state"] == REFUSED:
                # Perhaps mended since, or the disk was full.
                entry["state"] = WAITING
                entry.pop("why", None)
            if entry["state"] == WAITING:
                entries.append(entry)
            elif "sha256" not in entry:
                # The run ended before.
                self._hash(entry, opened(entry["path"]).files if is_array(path) else [path])
        done = sum(e["state"] == DONE for e in self.manifest.files)
        if done:
            self._say(f"{done:,} {'file is' if done == 1 else 'files are'} done already.")
        self.manifest.save()
        return entries

    def _has_results(self, entry):
        if entry["kind"] == "map":
            return all((self.folder / name).exists() for name in entry["results"])
        return all(self._state.load(entry["number"], "rows", block) is not None
                   for block in range(entry["blocks"]))

    def _end(self, finished):
        """Collect what is done."""
        self._progress.begin("Writing tables", 0, "file")
        self._take_hashes()
        written = collect.tables(self.folder, self.manifest, self._state)
        self._progress.end()
        if finished:
            self.manifest.about["finished"] = _now()
        self.manifest.save()
        done = [e for e in self.manifest.files if e["state"] == DONE]
        counts = np.zeros(len(DECISIONS), int)
        for entry in done:
            counts += entry["counts"]
        return Outcome(
            counts, len(done), sum(e["state"] == REFUSED for e in self.manifest.files),
            sum(e.get("particles", 0) for e in done), [*written, self.folder / NAME])

    # ------------------------------------------------------------------ small files

    def _whole_files(self, entries):
        """Files that are read as a whole, side by side; maps among them are kept for later."""
        if not entries:
            return
        _, engine = self._engine(0)
        by_number = {entry["number"]: entry for entry in entries}
        self._progress.begin("Identifying files", len(entries), "file")
        for number, result in engine.results(
                (entry["number"], Whole(entry["path"])) for entry in entries):
            entry = by_number[number]
            if "error" in result:
                self._refuse(entry, text_of(result["error"]))
            elif "map" not in result:
                self._state.save(number, "rows", 0, result)
                self._done(entry, "spectra", [Path(entry["path"])], int(result["counts"].sum()),
                           result["counts"], notes=_notes(result), blocks=1)
            self._progress.add(1)
        self._progress.end()

    # ------------------------------------------------------------------ large files

    def _large(self, entry):
        """A file of which parts are read, or a map in a table."""
        try:
            stored = opened(entry["path"])
            if is_map(stored):
                self._map(entry, stored, 0)
            else:
                self._rows_of(entry, stored)
        except (ValueError, OSError, DomainTransformationError, MemoryError) as ex:
            if isinstance(ex, EngineLost) or isinstance(ex, OSError) and _of_results(
                    ex, self.folder):
                raise
            self._refuse(entry, text_of(failure(ex, self.settings.transmittance)["error"]))

    def _rows_of(self, entry, stored):
        context, _ = self._engine(0)
        percent, notes = checked(context, stored)
        blocks = stored.blocks(self._spectra(stored))
        counts, missing = np.zeros(len(DECISIONS), int), 0
        self._progress.begin(Path(entry["path"]).name, len(stored), "spectrum")
        tasks = ((i, Part(entry["path"], block, percent, False))
                 for i, block in enumerate(blocks))
        for i, result in self._results(entry, 0)("rows", tasks):
            if "error" in result:
                raise ValueError(text_of(result["error"]))
            counts += result["counts"]
            missing += int(result["missing"])
            self._progress.add(blocks[i].size)
        self._progress.end()
        notes += missing_notes(missing, len(stored))
        self._done(entry, "spectra", stored.files, len(stored), counts, notes=notes,
                   blocks=len(blocks))

    def _map(self, entry, stored, low):
        context, _ = self._engine(low)
        name = Path(entry["path"]).stem
        folder = self.folder / "maps" / self._folder_name(entry)
        every = self.settings.every_pixel
        work = MapRun(stored, context, folder, name, self._spectra(stored),
                      self._results(entry, low), self._progress.add)
        self._progress.begin(Path(entry["path"]).name, len(stored) * (1 if every else 2), "pixel")
        try:
            ran = work.run()
        except NarrowRange as ex:
            if low or not ex.low:
                raise
            self._say(f"{name}: the filter or the detector ends before the model does; using a "
                      f"model that looks from {ex.low} cm-1 on.")
            self._map(entry, stored, ex.low)
            return
        finally:
            self._progress.end()
        facts = {}
        if ran.sample is not None:
            names = ran.sample.found.names
            facts = {"particles": len(names)}
            self._say(f"{name}: {len(names):,} {'particle' if len(names) == 1 else 'particles'}")
        if low:
            facts["model"] = described(context.model)
        self._done(entry, "map", stored.files, len(stored), ran.counts, notes=ran.notes,
                   folder=folder.relative_to(self.folder).as_posix(),
                   results=[path.relative_to(self.folder).as_posix() for path in ran.files],
                   **facts)
        # What is dropped must not be missing from the manifest.
        self.manifest.save()
        self._state.drop(entry["number"])

    def _folder_name(self, entry):
        """A name for a map's folder that no other map has, the same each time: files keep their
        order."""
        taken = set()
        for other in self.manifest.files:
            stem = Path(other["path"]).stem
            found, i = stem, 1
            while found.lower() in taken:
                i += 1
                found = f"{stem} {i}"
            taken.add(found.lower())
            if other is entry:
                break
        return found

    def _spectra(self, stored):
        """Number of spectra of a block."""
        return max(1, self._block // (stored.dtype.itemsize * len(stored.wavenumbers)))

    def _results(self, entry, low):
        """What gives results of tasks: those that were stored, and those that are computed now."""
        number, (_, engine) = entry["number"], self._engine(low)

        def results(phase, tasks):
            phase = f"{phase}{low or ''}"
            known, missing = self._state.done(number, phase), []
            for i, task in tasks:
                stored = self._state.load(number, phase, i) if i in known else None
                if stored is None:
                    missing.append((i, task))
                else:
                    yield i, stored
            for i, result in engine.results(missing):
                if "error" not in result:
                    self._state.save(number, phase, i, result)
                yield i, result

        return results

    # ------------------------------------------------------------------ manifest

    def _done(self, entry, kind, files, n, counts, **facts):
        entry.update(state=DONE, kind=kind, spectra=n, counts=[int(c) for c in counts],
                     finished=_now(), **{key: value for key, value in facts.items()
                                         if value not in ([], None)})
        for note in facts.get("notes", ()):
            self._say(f"{Path(entry['path']).name}: {note}")
        self._hash(entry, files)
        self._save_sometimes()

    def _hash(self, entry, files):
        self._hashes[entry["number"]] = self._hasher.submit(hash_files, files)

    def _refuse(self, entry, why):
        entry.update(state=REFUSED, why=why)
        name = Path(entry["path"]).name
        self._fail(why if name in why else f"{name}: {why}")
        self._save_sometimes()

    def _save_sometimes(self):
        if time.monotonic() - self._saved > _EVERY:
            self._take_hashes()
            self.manifest.save()
            self._saved = time.monotonic()

    def _take_hashes(self):
        for entry in self.manifest.files:
            future = self._hashes.get(entry["number"])
            if future is not None and future.done() and not future.cancelled():
                del self._hashes[entry["number"]]
                if future.exception() is None:
                    entry["sha256"] = future.result()


def _notes(result):
    return json.loads(text_of(result["notes"])) if "notes" in result else []


def _of_results(ex, folder):
    """Whether an OSError is of a file of the results, and not of the spectra."""
    name = getattr(ex, "filename", None)
    return ex.errno in _FULL or name is not None and Path(name).resolve().is_relative_to(
        folder.resolve())


def _now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")

