"""The manifest of a run: what went in, with which model and settings, and what came of it."""
from __future__ import annotations

import datetime
import hashlib
import json
import platform
import re
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.modelfile import ModelFileError
from orangecontrib.microplastics.spectra.stored import is_array
from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["NAME", "WAITING", "DONE", "REFUSED", "Manifest", "described", "hash_of", "hash_files"]

NAME = "manifest.json"

#: Version of the format.
_FORMAT = 1

#: States of a file.
WAITING, DONE, REFUSED = "waiting", "done", "refused"

#: What follows the name of a header in those of its data files: of ENVI, of a mosaic's tiles.
_BESIDE = {".hdr": r"(\.(img|dat|sli|hyspex|raw|bin|bil|bip|bsq))?", ".dmt": r"_\d{4}_\d{4}\.dmd"}

_PACKAGES = ("Orange3-Microplastics", "Orange3", "Orange-Spectroscopy", "numpy", "scipy", "torch")


class Manifest:
    """A JSON file in the folder of the results.

    Attributes
    ----------
    about : dict
        Versions, model, settings, times.
    files : list of dict
        Of each file: path, size in bytes, time of its last change, kind, state, and what came of
        it.
    """

    def __init__(self, folder: Path):
        self._path = folder / NAME
        self.about: dict = {"format": _FORMAT}
        self.files: list[dict] = []
        self._numbers: dict[str, int] = {}

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """
        Raises
        ------
        ValueError
            If it cannot be read.
        """
        self = cls(folder)
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            self.files = found.pop("files")
            self.about = found
            self._numbers = {entry["path"]: i for i, entry in enumerate(self.files)}
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as ex:
            raise ValueError(f"{self._path} cannot be read ({ex}); give another folder.") from ex
        if self.about.get("format") != _FORMAT:
            raise ValueError(f"{self._path} is of another version of this program; give another "
                             "folder.")
        return self

    def save(self):
        """
        Raises
        ------
        OSError
            If it cannot be written.
        """
        text = json.dumps({**self.about, "files": self.files}, indent=1, ensure_ascii=False)
        write_atomically(self._path, lambda file: file.write(text.encode()))

    def entry(self, path: Path) -> dict:
        """The entry of a file, made if there is none, and made anew if the file has changed."""
        about = [file.stat() for file in _all_files(path)]
        latest = datetime.datetime.fromtimestamp(max(one.st_mtime for one in about))
        now = {"path": str(path.resolve()), "bytes": sum(one.st_size for one in about),
               "changed": latest.isoformat()}
        number = self._numbers.get(now["path"])
        if number is None:
            self._numbers[now["path"]] = len(self.files)
            self.files.append({"number": len(self.files), **now, "state": WAITING})
            return self.files[-1]
        found = self.files[number]
        if any(found[key] != value for key, value in now.items()):
            found = self.files[number] = {"number": number, **now, "state": WAITING,
                                          "again": True}
        return found


def _all_files(path):
    """Files that change when spectra do: of a folder all, of a map those of its name beside it."""
    if path.is_dir():
        return [file for file in path.rglob("*") if file.is_file()] or [path]
    if path.suffix.lower() not in _BESIDE or not is_array(path):
        return [path]
    name = re.compile(re.escape(path.stem) + _BESIDE[path.suffix.lower()], re.IGNORECASE)
    return [path, *(file for file in path.parent.iterdir()
                    if name.fullmatch(file.name) and file.name != path.name and file.is_file())]


def described(model: DCNetModel) -> dict:
    """Facts about a model, with a hash of all that decides on its answers."""
    made = model.training.get("ready-made") or {}
    return {"name": model.name, "sha256": hash_of(model),
            "classes": list(model.domain.class_var.values),
            **({"made": made["made"]} if "made" in made else {}),
            "simulated": bool(model.training.get("simulated"))}


def versions() -> dict[str, str]:
    """Versions of what computed the results."""
    found = {"Python": platform.python_version(), "system": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def hash_of(model: DCNetModel) -> str:
    """SHA-256 of a model: the one in its file, or if it has preprocessors, of its pickle.

    Not of the bytes of a file: the order of its header is another each time.
    """
    from safetensors import safe_open
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.dcnet"
        try:
            model.save(path)
        except ModelFileError:
            import joblib
            # Sets are pickled in an order that is another in each process, except by joblib.
            return hashlib.sha256(joblib.hash(model, "sha1").encode()).hexdigest()
        with safe_open(path, "numpy") as file:
            return file.metadata()["sha256"]


def hash_files(paths: Iterable[Path]) -> str:
    """SHA-256 of a file; of several, of the hashes of all with their names."""
    paths = sorted(paths)
    hashes = []
    for path in paths:
        with open(path, "rb") as file:
            total = hashlib.sha256()
            while part := file.read(1 << 20):
                total.update(part)
            hashes.append(total.hexdigest())
    if len(paths) == 1:
        return hashes[0]
    text = "".join(f"{one}  {path.name}\n" for one, path in zip(hashes, paths, strict=True))
    return hashlib.sha256(text.encode()).hexdigest()
