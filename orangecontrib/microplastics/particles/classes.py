"""Size classes: those of standards, from a file that can be edited, and those a user types."""
from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.particles.sizes import Sizes

__all__ = ["FILE", "MEASURES", "PER", "UNSIZED", "Classes", "load", "typed",
           "size_classes"]

#: The file of the standards' classes.
FILE = Path(__file__).with_name("size_classes.json")

#: What a size class is about: field of :class:`.sizes.Sizes`, and its name.
MEASURES = {"feret_max": "Feret maximum", "diameter": "equivalent diameter",
            "feret_min": "Feret minimum"}

#: Volumes that counts are given per, and how many litres they are; "sample": not divided.
PER = {"m3": 1000., "L": 1., "sample": None}

#: Class of particles whose size is not known.
UNSIZED = -1


class Classes(NamedTuple):
    """Size classes.

    Attributes
    ----------
    name, source, note : str
    certain : bool
        Whether the limits were read in the source; if not, they are classes as entered.
    measure : str
        Key of :data:`MEASURES`.
    limits : tuple of float
        Micrometres, ascending: each class goes from one (included) to the next (not included).
    fibre_limits : tuple of float
        For fibres.
    polymers : tuple of str
        Codes that are to be reported; none for all that are found.
    per : str
        Key of :data:`PER`.
    """
    name: str
    source: str
    note: str
    certain: bool
    measure: str
    limits: tuple[float, ...]
    fibre_limits: tuple[float, ...]
    polymers: tuple[str, ...]
    per: str

    @property
    def all_limits(self) -> tuple[float, ...]:
        """Limits of both shapes, ascending: the columns of a table."""
        return tuple(sorted({*self.limits, *self.fibre_limits}))

    def labels(self) -> list[str]:
        """Names of the classes, the first below all limits, the last above: "20-50 µm"."""
        limits = self.all_limits
        between = [f"{low:g}\u2013{high:g}\u00a0µm"
                   for low, high in zip(limits[:-1], limits[1:], strict=True)]
        # With limits of their own, fragments may be too large for their classes, but not for those
        # of fibres.
        above = f"≥\u00a0{limits[-1]:g}\u00a0µm" if self.limits[-1] == self.fibre_limits[-1] \
            else "too large"
        return [f"<\u00a0{limits[0]:g}\u00a0µm", *between, above]

    def which(self, sizes: Sizes) -> np.ndarray:
        """Class of each particle: index into :meth:`labels`, `UNSIZED` if it has no size; (n,).

        Particles below or above the limits of their shape are in the first or last class.
        """
        size = np.asarray(getattr(sizes, self.measure), float)
        # A fibre is as long as it is.
        size = np.where(sizes.fibre, sizes.feret_max, size)
        every = np.array(self.all_limits)
        found = np.searchsorted(every, size, side="right")
        for fibre, limits in ((False, self.limits), (True, self.fibre_limits)):
            own = sizes.fibre == fibre
            found = np.where(own & (size < limits[0]), 0, found)
            found = np.where(own & (size >= limits[-1]), len(every), found)
        return np.where(np.isfinite(size), found, UNSIZED)


def load(path: Path | str = FILE) -> dict[str, Classes]:
    """Classes of standards, by name.

    Raises
    ------
    ValueError
        If the file cannot be read or an entry is wrong; the message names it.
    """
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as ex:
        raise ValueError(f"The size classes in {path} cannot be read: {ex}") from None
    if not isinstance(entries, dict) or not entries:
        raise ValueError(f"{path} holds no size classes.")
    return {name: _entry(path, name, entry) for name, entry in entries.items()}


def _entry(path, name, entry):
    try:
        measure, per = entry["measure"], entry["per"]
        if measure not in MEASURES:
            raise ValueError(f"the measure is one of {', '.join(MEASURES)}")
        if per not in PER:
            raise ValueError(f"counts are per {', '.join(PER)}")
        limits = _limits(entry["limits"])
        fibres, polymers = entry["fibre_limits"], entry["polymers"]
        if not isinstance(polymers, list) or len(set(polymers)) < len(polymers):
            raise ValueError("polymers are a list of different codes, which may be empty")
        return Classes(name, str(entry["source"]), str(entry["note"]), _flag(entry["certain"]),
                       measure, limits, limits if fibres is None else _limits(fibres),
                       tuple(map(str, polymers)), per)
    except KeyError as ex:
        raise ValueError(f"{path}, {name}: {ex.args[0]!r} is missing.") from None
    except (TypeError, ValueError) as ex:
        raise ValueError(f"{path}, {name}: {ex}.") from None


def _flag(value):
    if not isinstance(value, bool):
        raise ValueError("certain is true or false, without quotes")
    return value


def typed(text: str, measure: str = "feret_max", per: str = "sample",
          polymers: Sequence[str] = ()) -> Classes:
    """Classes whose limits are typed: "20, 50, 100; 300 1000 µm".

    Raises
    ------
    ValueError
        If the text holds anything but ascending numbers above 0; the message says what is wrong.
    """
    words = re.sub(r"µm|μm|um", " ", text)
    words = [w for w in re.split(r"[\s;,/]+|(?<=\d)\s*[-\u2013]\s*(?=\d)", words) if w]
    try:
        limits = [float(word) for word in words]
    except ValueError as ex:
        raise ValueError(f"Type the limits of the size classes in µm, such as 20, 50, 100, 500: "
                         f"{str(ex).rsplit(': ', 1)[-1]} is no number.") from None
    try:
        checked = _limits(limits)
    except ValueError as ex:
        raise ValueError(f"Type the limits of the size classes in µm, such as 20, 50, 100, 500: "
                         f"{ex}.") from None
    return Classes("Classes as typed", "typed by the user", "", True, measure, checked, checked,
                   tuple(polymers), per)


def _limits(values):
    if isinstance(values, str):
        raise ValueError("limits are a list of numbers")
    limits = tuple(float(v) for v in values)
    if len(limits) < 2:
        raise ValueError("there are two limits or more")
    if not all(0 < v < np.inf for v in limits) or any(
            a >= b for a, b in zip(limits[:-1], limits[1:], strict=True)):
        raise ValueError("limits are above 0 and ascend")
    return limits


def size_classes(text: str | None) -> Classes:
    """Size classes by the name of a standard (or how it begins: "ISO", "EU"), or typed limits.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    known = load()
    if not text:
        return next(iter(known.values()))
    for name, classes in known.items():
        if name.lower().startswith(text.strip().lower()):
            return classes
    return typed(text)
