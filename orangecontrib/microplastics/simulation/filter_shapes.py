"""
Outlines of particles and fibres, and what is measured on them.

Everything is in pixels of a map. An outline is an array of corners (x, y), shape (n, 2), closed
from the last to the first; pixel (row, column) covers x from column to column + 1 and y from row
to row + 1.
"""
from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

__all__ = ["fragment", "fibre", "area", "centroid", "feret", "rasterize", "pixel_means",
           "corners"]

#: Corners of an outline.
_CORNERS = 120


def fragment(diameter, rng, elongation=1.8, roughness=.16):
    """
    Outline of an irregular fragment, smooth and without holes, centred at 0.

    The logarithm of the radius is a random Fourier series of the angle whose amplitudes fall with
    the frequency; the shape is then stretched in a random direction.

    Parameters
    ----------
    diameter : float
        Of the circle of equal area.
    rng : numpy.random.Generator
    elongation : float
        Largest ratio by which the shape is stretched, 1 or more.
    roughness : float
        Standard deviation of the amplitude of the second harmonic.
    """
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    order = np.arange(2, 8)
    amplitude = roughness * rng.standard_normal(len(order)) * (2 / order)
    phase = rng.uniform(0, 2 * np.pi, len(order))
    radius = np.exp(amplitude @ np.cos(order[:, None] * angle + phase[:, None]))
    outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    outline[:, 0] *= rng.uniform(1, elongation)
    outline = _turned(outline, rng.uniform(0, 2 * np.pi))
    outline *= diameter / np.sqrt(4 / np.pi * area(outline))
    return outline - centroid(outline)


def fibre(length, width, rng):
    """
    Outline of a fibre of even width, centred at 0: straight, bent to an arc, or to an S.

    The bends are gentle, so that the Feret diameters of a fibre of length >= 6 x width still have
    a ratio of 3 or more.
    """
    s = np.linspace(0, 1, _CORNERS // 2)
    kind = rng.integers(4)
    if kind == 0:  # arc: the direction turns evenly by less than 1 radian
        direction = rng.choice([-1, 1]) * rng.uniform(.4, .9) * (s - .5)
    elif kind == 1:  # S
        direction = rng.uniform(.2, .4) * np.sin(2 * np.pi * s)
    else:
        direction = rng.uniform(-.1, .1) * (s - .5)
    along = np.stack([np.cos(direction), np.sin(direction)], axis=1)
    middle = np.cumsum(along, axis=0) * length / len(s)
    aside = width / 2 * np.stack([-along[:, 1], along[:, 0]], axis=1)
    outline = np.concatenate([middle + aside, (middle - aside)[::-1]])
    return _turned(outline - centroid(outline), rng.uniform(0, 2 * np.pi))


def _turned(outline, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return outline @ np.array([[cos, sin], [-sin, cos]])


def _cross(outline):
    x, y = outline.T
    return x * np.roll(y, -1) - np.roll(x, -1) * y


def area(outline):
    """Area inside an outline (shoelace formula), positive for either direction."""
    return abs(_cross(outline).sum()) / 2


def centroid(outline):
    """Centre of gravity of the area inside an outline, (x, y)."""
    cross = _cross(outline)
    return cross @ (outline + np.roll(outline, -1, axis=0)) / (3 * cross.sum())


def feret(points):
    """
    Largest and smallest Feret diameter: distance of two parallel tangents.

    The smallest is found on an edge of the convex hull, the largest between two of its corners.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
    """
    hull = points[ConvexHull(points).vertices]
    edges = np.roll(hull, -1, axis=0) - hull
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    normals /= np.hypot(*edges.T)[:, None]
    smallest = np.ptp(normals @ hull.T, axis=1).min()
    largest = np.hypot(*(hull[:, None] - hull).transpose(2, 0, 1)).max()
    return float(largest), float(smallest)


def rasterize(outline, fine):
    """
    Which subpixels have their centre inside an outline.

    Parameters
    ----------
    outline : ndarray, shape (n, 2)
    fine : int
        Subpixels per pixel along either axis.

    Returns
    -------
    row, column : int
        First pixel of the box around the outline, which has an empty pixel on each side.
    mask : ndarray of bool, shape (rows * fine, columns * fine)
    """
    low = np.floor(outline.min(axis=0)).astype(int) - 1
    high = np.ceil(outline.max(axis=0)).astype(int) + 1
    width, height = (high - low) * fine
    # Centres of subpixels are at whole numbers.
    x1, y1 = (outline - low).T * fine - .5
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    rows = np.arange(height)[:, None]
    row, edge = np.nonzero((y1 <= rows) != (y2 <= rows))
    crossing = x1[edge] + (row - y1[edge]) * (x2 - x1)[edge] / (y2 - y1)[edge]
    # Even-odd rule: each crossing of the outline switches between outside and inside.
    switches = np.zeros((height, width), np.int16)
    np.add.at(switches, (row, np.ceil(crossing).astype(int)), 1)
    return int(low[1]), int(low[0]), switches.cumsum(axis=1) % 2 == 1


def pixel_means(image, fine):
    """Mean over the `fine` x `fine` subpixels of each pixel, shape (rows, columns)."""
    rows, columns = image.shape
    return image.reshape(rows // fine, fine, columns // fine, fine).mean(axis=(1, 3))


def corners(mask, fine):
    """Corners of the subpixels of a mask, (x, y) from the box's first pixel; for :func:`feret`."""
    rows = np.flatnonzero(mask.any(axis=1))
    # The first and last subpixel of each row suffice for the convex hull.
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    return np.concatenate([np.stack([x, y], axis=1)
                           for x in (first, last) for y in (rows, rows + 1)]) / fine
