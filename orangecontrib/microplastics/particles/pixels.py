"""The pixels of a map: which row of a table of spectra lies where."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, Table

__all__ = ["X", "Y", "PixelMap", "has_map", "pixel_map", "regular_map"]

#: Metas with the coordinates of pixels, as orange-spectroscopy's readers name them.
X, Y = "map_x", "map_y"

#: Largest number of pixels of the image for each spectrum. A few scattered points or two maps far
#: apart are no image.
_EMPTY = 50

#: Largest deviation of a coordinate from its row or column, in pixels: stages are not exact.
_INEXACT = .25


#: Rows are at least this far apart, relative to the usual pitch.
_APART = .25

#: Pixels that are believed to be in micrometres.
_FINEST, _COARSEST = .01, 1000.

_NO_GRID = "The places of the spectra are not on a regular grid, as after a map was rotated, or " \
           "if there are several maps. Take one map (Select Rows), or give spectra of single " \
           "particles without coordinates."


class PixelMap(NamedTuple):
    """Pixels of a map on a regular grid.

    Attributes
    ----------
    index : ndarray of int, shape (rows, columns)
        Row of the table for each pixel; -1 where nothing was measured.
    x, y : ndarray, shape (columns,) and (rows,)
        Coordinates of the centres in the unit of the data, ascending.
    pitch : tuple of float
        Distance of neighbouring pixels along x and y, in the unit of the data.
    unit_known : bool
        Whether coordinates are micrometres. If not, they are numbers of pixels (0, 1, 2 ...), or in
        some other unit.
    """
    index: np.ndarray
    x: np.ndarray
    y: np.ndarray
    pitch: tuple[float, float]
    unit_known: bool

    @property
    def measured(self) -> np.ndarray:
        """Which pixels were measured; bool, (rows, columns)."""
        return self.index >= 0

    def image(self, values: np.ndarray, nothing=np.nan) -> np.ndarray:
        """Values of the table's rows as an image; `nothing` where nothing was measured."""
        out = np.full(self.index.shape, nothing, dtype=np.result_type(values, type(nothing)))
        out[self.measured] = values[self.index[self.measured]]
        return out


def has_map(data: Table) -> bool:
    """Whether spectra have coordinates on a map."""
    return all(name in data.domain and isinstance(data.domain[name], ContinuousVariable)
               for name in (X, Y))


def pixel_map(data: Table) -> PixelMap:
    """Find the grid of a map; it may have holes, and pixels that are not square.

    Parameters
    ----------
    data : Table
        With the numeric columns map_x and map_y. Rows without coordinates are left out.

    Raises
    ------
    ValueError
        If there are no coordinates, two spectra at one place, or places that are no grid; the
        message says what to do.
    """
    if not has_map(data):
        raise ValueError(f"The data have no coordinates: a map has the numeric columns {X} and {Y} "
                         "(orange-spectroscopy's readers add them).")
    places = np.stack([np.asarray(data.get_column(name), float) for name in (X, Y)])
    there = np.flatnonzero(np.isfinite(places).all(axis=0))
    if not len(there):
        raise ValueError(f"{X} and {Y} are empty for all spectra.")
    usual = _usual_pitch(places[:, there])
    pitches = [_pitch(along, usual) for along in places[:, there]]
    # A map of one row or column has square pixels.
    known = [p for p in pitches if p is not None] or [1.]
    pitches = [known[0] if p is None else p for p in pitches]
    lows, numbers = [], []
    for along, pitch in zip(places[:, there], pitches, strict=True):
        number = (along - along.min()) / pitch
        number -= np.median(number - np.rint(number))
        if np.abs(number - np.rint(number)).max() > _INEXACT:
            raise ValueError(_NO_GRID)
        numbers.append(np.rint(number).astype(int))
        lows.append(round(float(np.median(along - pitch * numbers[-1])), 9))
    columns, rows = (int(n.max()) + 1 for n in numbers)
    # A few points at random are on some grid, too.
    if rows * columns > (_EMPTY if len(there) >= 64 else 4) * len(there):
        raise ValueError(f"The {len(there):,} spectra are scattered over {columns:,} x {rows:,} "
                         "places, which is no image of a filter. If they are of single particles, "
                         f"leave {X} and {Y} out (Select Columns).")
    index = np.full((rows, columns), -1)
    index[numbers[1], numbers[0]] = there
    if (index >= 0).sum() < len(there):
        raise ValueError("Several spectra have the same place. If the table holds several maps, "
                         "take one of them (Select Rows); repeated spectra can be averaged "
                         "(Average Spectra).")
    x, y = (low + pitch * np.arange(n) for low, pitch, n in
            zip(lows, pitches, (columns, rows), strict=True))
    return PixelMap(index, x, y, (pitches[0], pitches[1]), not _only_numbers(data, x, y, pitches))


def regular_map(shape: tuple[int, int], pixel: tuple[float, float] | None) -> PixelMap:
    """A map of which every pixel was measured, row by row from the place (0, 0).

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pixel : tuple of float or None
        Width and height of a pixel in micrometres; None if they are not known.
    """
    rows, columns = shape
    wide, high = pixel or (1., 1.)
    kind = np.int32 if rows * columns < 2 ** 31 else np.int64
    return PixelMap(np.arange(rows * columns, dtype=kind).reshape(shape), wide * np.arange(columns),
                    high * np.arange(rows), (wide, high), pixel is not None)


def _usual_pitch(places):
    """What the pitch would be if the map had neither holes nor pixels that are not square."""
    wide, high = np.ptp(places, axis=1)
    n = places.shape[1]
    return np.sqrt(wide * high / n) if wide and high else max(wide, high) / max(n - 1, 1)


def _pitch(along, usual):
    """Distance of neighbours on one axis; None for a single row."""
    places = np.unique(along)
    # Stages are not exact: places of one row differ a little.
    rows = np.split(places, 1 + np.flatnonzero(np.diff(places) > _APART * usual))
    if max(np.ptp(row) for row in rows) > 2 * _APART * usual:
        raise ValueError(_NO_GRID)
    if len(rows) == 1:
        return None
    centres = np.array([row.mean() for row in rows])
    steps = np.diff(centres)
    step = float(np.median(steps[steps < 1.5 * np.percentile(steps, 5)]))
    # Over a long row, an error of the median step would add up.
    step = np.polyfit(np.rint((centres - centres[0]) / step), centres, 1)[0]
    # Without the fit's rounding: 81.25 um is 81.2 or 81.3 by the last bit.
    return float(f"{step:.9g}")


def _only_numbers(data, x, y, pitches):
    """Whether coordinates are no micrometres: readers give numbers of pixels where a file has no
    unit."""
    if data.attributes.get("map unit") == "um":
        return False
    if not all(_FINEST <= pitch <= _COARSEST for pitch in pitches):
        return True  # metres, degrees ...
    return all(abs(pitch - 1) < 1e-9 for pitch in pitches) \
        and all(min(abs(first), abs(first - 1)) < 1e-9 for first in (x[0], y[0]))
