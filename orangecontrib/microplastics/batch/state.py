"""What is done, block by block, so that a run that was interrupted goes on."""
from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from orangecontrib.microplastics.batch.tasks import Result
from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["State"]


class State:
    """Results of blocks, each in a file of its own that is there as a whole or not at all.

    Parameters
    ----------
    folder : Path
        Created when something is stored.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def _path(self, file, phase, number):
        return self._folder / f"{file:05d}" / f"{phase}-{number:06d}.npz"

    def save(self, file: int, phase: str, number: int, result: Result):
        """Store the result of block `number` in a phase of the work on file number `file`.

        Raises
        ------
        OSError
            If it cannot be written, as on a full disk.
        """
        path = self._path(file, phase, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda out: np.savez(out, **result))

    def load(self, file: int, phase: str, number: int) -> Result | None:
        """A result that was stored; None if there is none, or it is damaged."""
        try:
            with np.load(self._path(file, phase, number), allow_pickle=False) as found:
                return {name: found[name] for name in found.files}
        except (OSError, ValueError, EOFError, KeyError, BadZipFile):
            return None

    def done(self, file: int, phase: str) -> set[int]:
        """Numbers of the blocks of a file that are done in a phase."""
        return {int(path.stem.rpartition("-")[2])
                for path in (self._folder / f"{file:05d}").glob(f"{phase}-*.npz")}

    def drop(self, file: int):
        """Forget a file."""
        shutil.rmtree(self._folder / f"{file:05d}", ignore_errors=True)
