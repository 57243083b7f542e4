"""Sizes of single particles from columns of their table."""
from __future__ import annotations

import re

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.particles.sizes import Sizes

__all__ = ["typed_sizes"]

#: Columns by what they hold: words of which one must be in the name, in lower case. The first
#: column that fits is taken.
_COLUMNS = {
    "feret_max": ("feret maximum", "feret max", "max feret", "feret diameter", "length", "major",
                  "longest", "size"),
    "feret_min": ("feret minimum", "feret min", "min feret", "width", "minor", "shortest"),
    "diameter": ("equivalent diameter", "diameter"),
    "area": ("area",),
    "aspect": ("aspect",),
    "x": ("map_x", "centre x", "center x", "x"),
    "y": ("map_y", "centre y", "center y", "y"),
}

#: Units in names of columns, and how many micrometres they are.
_UNITS = {"mm": 1000., "nm": 1e-3}


def typed_sizes(data: Table) -> Sizes:
    """Sizes that a table gives for its rows, in micrometres; NaN for what it does not.

    Columns are found by their names, such as "Feret max (µm)", "length", "area"; "mm" in the name
    converts. The aspect follows from length and width, the diameter from the area.
    """
    n, taken = len(data), set()
    sizes = Sizes.unknown(n)
    numeric = {v.name: v for v in (*data.domain.metas, *data.domain.attributes)
               if v.is_continuous and not re.fullmatch(r"[-+.\deE]+", v.name)}
    for field, names in _COLUMNS.items():
        variable = next((v for word in names for title, v in numeric.items()
                         if title not in taken and _named(title, word)), None)
        if variable is not None:
            taken.add(variable.name)
            column = np.asarray(data.get_column(variable), float)
            unit = _unit(variable.name)
            getattr(sizes, field)[:] = column * (unit ** 2 if field == "area" else
                                                 1 if field in ("aspect", "x", "y") else unit)
    with np.errstate(invalid="ignore", divide="ignore"):
        derived = np.sqrt(4 * sizes.area / np.pi)
        sizes.diameter[:] = np.where(np.isfinite(sizes.diameter), sizes.diameter, derived)
        ratio = sizes.feret_max / sizes.feret_min
        sizes.aspect[:] = np.where(np.isfinite(sizes.aspect), sizes.aspect, ratio)
    return sizes


def _named(title, word):
    title = title.lower().replace("_", " ") if word not in ("map_x", "map_y") else title.lower()
    return title == word if len(word) == 1 else word in title


def _unit(title):
    words = re.findall(r"[a-zµμ]+", title.lower())
    return next((factor for unit, factor in _UNITS.items() if unit in words), 1.)
