"""Outlines of particles along the edges of their pixels, and as GeoJSON."""
from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.measure import label

from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["outlines", "geojson", "write_geojson"]

#: Largest deviation of a coordinate from a uniform pitch, in pixels.
_INEXACT = .01

#: Decimals of coordinates in files, micrometres.
_DECIMALS = 4


def outlines(labels: np.ndarray, x: np.ndarray, y: np.ndarray) -> dict[int, list[list[np.ndarray]]]:
    """Exact outlines of numbered pixels.

    Pixels that touch only at a corner are two polygons, and holes that touch only at a corner are
    two holes, so that no ring touches itself (OGC Simple Features).

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
        Number of the particle of each pixel, 0 for none.
    x, y : ndarray, shape (columns,) and (rows,)
        Centres of the pixels in micrometres, of uniform pitch, ascending or descending. If there
        is only one column or row, its pixels are square.

    Returns
    -------
    dict of int to list of list of ndarray, shape (corners + 1, 2)
        For each number the polygons of the particle; of each polygon the rings (x, y), the outer
        one first, then those of its holes. Rings are closed; outer ones are counter-clockwise,
        inner ones clockwise (x to the right, y up). The sum of their signed areas is the area of
        the pixels.

    Raises
    ------
    ValueError
        If shapes do not fit, or coordinates are not uniform.
    """
    labels, (x_edges, y_edges) = np.asarray(labels), _edges(labels, x, y)
    # Connected at edges: each area has a single outer ring.
    areas = label(labels, connectivity=1, background=0)
    mirrored = (x_edges[1] - x_edges[0]) * (y_edges[1] - y_edges[0]) < 0
    found: dict[int, list[list[np.ndarray]]] = {}
    for number, box in enumerate(ndimage.find_objects(areas), 1):
        mask = areas[box] == number
        rings = []
        for corners in _rings(np.pad(mask, 1)):
            columns, rows = (np.array(corners) + (box[1].start - 1, box[0].start - 1)).T
            # Columns and rows to the right and up: counter-clockwise rings are outer ones.
            outer = _area(columns, rows) > 0
            ring = np.column_stack([x_edges[columns], y_edges[rows]])
            rings.append((not outer, ring[::-1] if mirrored else ring))
        rings.sort(key=lambda item: item[0])
        row, column = np.argwhere(mask)[0]
        particle = int(labels[box][row, column])
        found.setdefault(particle, []).append([ring for _, ring in rings])
    return dict(sorted(found.items()))


def geojson(labels: np.ndarray, x: np.ndarray, y: np.ndarray,
            properties: Sequence[Mapping[str, object]]) -> dict:
    """Particles as a GeoJSON FeatureCollection.

    Rings are as RFC 7946 asks; coordinates are micrometres, which the foreign member
    "coordinates unit" says, not degrees. A particle without pixels has no geometry (null).

    Parameters
    ----------
    labels, x, y
        See :func:`outlines`.
    properties : sequence of mapping, length n
        Of the particles 1 to n. Numbers that are not finite become null.

    Raises
    ------
    ValueError
        If there are particles without properties; see also :func:`outlines`.
    """
    polygons = outlines(labels, x, y)
    if polygons and max(polygons) > len(properties):
        raise ValueError(f"There are properties of {len(properties)} particles, but the image has "
                         f"particle {max(polygons)}.")
    features = [{"type": "Feature", "id": number, "geometry": _geometry(polygons.get(number)),
                 "properties": {str(key): _plain(value) for key, value in values.items()}}
                for number, values in enumerate(properties, 1)]
    return {"type": "FeatureCollection", "coordinates unit": "um", "features": features}


def write_geojson(path: Path | str, labels: np.ndarray, x: np.ndarray, y: np.ndarray,
                  properties: Sequence[Mapping[str, object]]):
    """Write :func:`geojson` to a file.

    Raises
    ------
    ValueError
        See :func:`geojson`.
    OSError
        If the file cannot be written.
    """
    text = json.dumps(geojson(labels, x, y, properties), allow_nan=False, ensure_ascii=False)
    write_atomically(Path(path), lambda file: file.write(text.encode("utf-8")))


def _edges(labels, x, y):
    """Coordinates of the edges between columns and between rows, one more than there are."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if np.ndim(labels) != 2 or np.shape(labels) != (len(y), len(x)) or not len(x) * len(y):
        raise ValueError(f"An image of shape {np.shape(labels)} does not fit {len(y)} rows and "
                         f"{len(x)} columns.")
    pitches = [None if len(along) == 1 else (along[-1] - along[0]) / (len(along) - 1)
               for along in (x, y)]
    for along, pitch in zip((x, y), pitches, strict=True):
        if pitch is not None and not (
                pitch and np.abs(np.diff(along) / pitch - 1).max() <= _INEXACT):
            raise ValueError("The coordinates of the pixels are not uniform.")
    known = [abs(pitch) for pitch in pitches if pitch is not None] or [1.]
    return [along[0] + (known[0] if pitch is None else pitch) * (np.arange(len(along) + 1) - .5)
            for along, pitch in zip((x, y), pitches, strict=True)]


def _rings(mask):
    """Rings around one area, closed, of corners (column, row); the area lies to their left.

    `mask` has a border without pixels.
    """
    ends: dict = {}
    # Steps (columns, rows) along each side of a pixel, counter-clockwise with rows upward: start
    # of the side, direction, and the neighbour on the other side.
    for (dx, dy), (step_x, step_y), (row, column) in (
            ((0, 0), (1, 0), (-1, 0)), ((1, 0), (0, 1), (0, 1)),
            ((1, 1), (-1, 0), (1, 0)), ((0, 1), (0, -1), (0, -1))):
        side = mask & ~np.roll(mask, (-row, -column), (0, 1))
        for at_row, at_column in np.argwhere(side).tolist():
            start = at_column + dx, at_row + dy
            ends.setdefault(start, []).append((step_x, step_y))
    rings = []
    while ends:
        start = next(iter(ends))
        rings += _simple(_walk(ends, start))
    return [_corners(ring) for ring in rings]


def _walk(ends, start):
    """Follow sides from a corner back to it; sides are taken out of `ends`."""
    ring, at, before = [start], start, None
    while True:
        steps = ends[at]
        # Where two pixels touch at a corner, turn left: around the same pixel.
        left = None if before is None else (-before[1], before[0])
        step = left if left in steps else steps[0]
        steps.remove(step)
        if not steps:
            del ends[at]
        at, before = (at[0] + step[0], at[1] + step[1]), step
        ring.append(at)
        if at == start and (at not in ends or (-step[1], step[0]) not in ends[at]):
            return ring


def _simple(ring):
    """Part a closed ring that touches itself into rings that do not."""
    out, path, where = [], [], {}
    for corner in ring:
        if corner in where:
            first = where[corner]
            out.append([*path[first:], corner])
            for gone in path[first + 1:]:
                del where[gone]
            del path[first + 1:]
        else:
            where[corner] = len(path)
            path.append(corner)
    return out


def _corners(ring):
    """Without points between two sides of one direction."""
    points = np.array(ring[:-1])
    turns = (np.roll(points, -1, 0) - points != points - np.roll(points, 1, 0)).any(axis=1)
    kept = points[turns].tolist()
    return [*kept, kept[0]]


def _area(x, y):
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def _geometry(polygons):
    if not polygons:
        return None
    coordinates = [[np.round(ring, _DECIMALS).tolist() for ring in polygon]
                   for polygon in polygons]
    if len(coordinates) == 1:
        return {"type": "Polygon", "coordinates": coordinates[0]}
    return {"type": "MultiPolygon", "coordinates": coordinates}


def _plain(value):
    """As JSON holds it."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    return str(value)
