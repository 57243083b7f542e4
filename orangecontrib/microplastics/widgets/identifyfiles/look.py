"""What is behind the listed files and folders, and what an earlier run has done of it."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from AnyQt.QtCore import QObject, pyqtSignal
from Orange.widgets.utils.concurrent import ConcurrentMixin, TaskState

from orangecontrib.microplastics.batch.find import find_files
from orangecontrib.microplastics.batch.manifest import NAME, Manifest
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["Place", "Earlier", "Found", "Looker", "key_of", "look"]


class Place(NamedTuple):
    """A file or a folder that the user has added.

    Attributes
    ----------
    path : str
    is_folder : bool
        Whether `files` are in it, and not itself.
    files : dict of str to str
        Path of each file of spectra, by its :func:`key_of`.
    problem : str
        Why there is none; else empty.
    """
    path: str
    is_folder: bool
    files: dict[str, str]
    problem: str


class Earlier(NamedTuple):
    """What the folder for the results holds already.

    Attributes
    ----------
    files : dict of str to dict
        Entries of the manifest of an earlier run, by :func:`key_of`.
    about : dict
        What it says of the run; see :class:`.batch.manifest.Manifest`.
    problem : str
        Why the run cannot be gone on with; else empty.
    others : bool
        Whether there are files, but no run.
    """
    files: dict[str, dict]
    about: dict
    problem: str = ""
    others: bool = False


class Found(NamedTuple):
    """The result of :func:`look`."""
    places: list[Place]
    earlier: Earlier
    #: Whether the folder for the results is one of the listed folders.
    mixed: bool = False

    @property
    def keys(self) -> list[str]:
        """Of all files."""
        return [key for place in self.places for key in place.files]

    def count(self, state: str) -> int:
        """Number of listed files that an earlier run has left in a state."""
        return sum(self.earlier.files.get(key, {}).get("state") == state for key in self.keys)


def key_of(path: Path | str) -> str:
    """A file's path as it stands in a manifest."""
    return str(Path(path).resolve())


def look(names: Sequence[str], folder: str, state: TaskState | None = None) -> Found:
    """Look for files of spectra, and for an earlier run.

    Parameters
    ----------
    names : sequence of str
        Files and folders.
    folder : str
        For the results; empty for none.
    """
    places, seen = [], set()
    for name in names:
        if state is not None:
            check(state)
        places.append(_place(name, seen))
    if not folder:
        return Found(places, Earlier({}, {}))
    mixed = any(place.is_folder and key_of(place.path) == key_of(folder) for place in places)
    return Found(places, _earlier(Path(folder)), mixed)


def _place(name, seen):
    problems = []
    try:
        files = find_files([name], problems.append)
    except OSError as ex:  # a folder that may not be read
        files, problems = [], [f"{name} cannot be read: {ex.strerror}."]
    if not files and not problems:
        problems.append(f"{name} holds results of this program, not spectra.")
    unique = {key: str(path) for path in files if (key := key_of(path)) not in seen}
    if files and not unique:
        problems.append(f"{name} is in the list already.")
    seen.update(unique)
    # A Zarr store is a folder that counts as a file.
    is_folder = Path(name).is_dir() and [str(path) for path in files] != [str(Path(name))]
    return Place(name, is_folder, unique, "" if unique else problems[0])


def _earlier(folder):
    try:
        if not (folder / NAME).exists():
            return Earlier({}, {}, others=folder.is_dir() and any(folder.iterdir()))
        manifest = Manifest.load(folder)
        return Earlier({entry["path"]: entry for entry in manifest.files}, manifest.about)
    except OSError as ex:
        return Earlier({}, {}, f"{folder} cannot be read: {ex.strerror}.")
    except ValueError as ex:
        return Earlier({}, {}, str(ex))


class Looker(QObject, ConcurrentMixin):
    """Looks in the background: folders may be large, and far away.

    `looked(found)`: the result. After :meth:`cancel` nothing is emitted.
    """
    looked = pyqtSignal(object)

    def __init__(self, parent: QObject):
        QObject.__init__(self, parent)
        ConcurrentMixin.__init__(self)

    def start(self, names: Sequence[str], folder: str):
        """Start to look, instead of what is running."""
        super().start(look, tuple(names), folder)

    def on_done(self, result):
        self.looked.emit(result)
