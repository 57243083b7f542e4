"""Sizes of particles in an image of their numbers.

scikit-image measures the area, the centre and the convex hull; the smallest Feret diameter and the
width of curved fibres, which it lacks, are measured here.
"""
from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist
from skimage.measure import regionprops

from orangecontrib.microplastics.particles.sizes import Sizes

__all__ = ["feret", "sizes_of"]


def sizes_of(labels: np.ndarray, spacing: tuple[float, float], origin: tuple[float, float],
             measured: np.ndarray | None = None) -> Sizes:
    """Sizes of the particles of an image.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
        Numbers of the particles, 1 to n, each with a pixel at least; 0 where there is none.
    spacing : tuple of float
        Size of a pixel along y and x, micrometres.
    origin : tuple of float
        Coordinates of the centre of the first pixel along y and x, micrometres.
    measured : ndarray of bool, shape (rows, columns), optional
        Which pixels were measured; particles beside others are at the border.

    Returns
    -------
    Sizes
        Of n particles, in the order of their numbers.
    """
    n = int(labels.max()) if labels.size else 0
    sizes = Sizes.unknown(n)
    beside = _border(labels, measured)
    sizes.border[:] = np.isin(np.arange(1, n + 1), np.unique(labels[beside]))
    pixel = spacing[0] * spacing[1]
    for region in regionprops(labels):
        i = region.label - 1
        sizes.pixels[i] = region.num_pixels
        sizes.area[i] = region.num_pixels * pixel
        row, column = region.centroid
        sizes.y[i], sizes.x[i] = origin[0] + spacing[0] * row, origin[1] + spacing[1] * column
        sizes.feret_max[i], sizes.feret_min[i] = feret(region.image, spacing)
        sizes.aspect[i] = max(sizes.feret_max[i] / sizes.feret_min[i],
                              _curved_aspect(region.image, spacing))
    sizes.diameter[:] = np.sqrt(4 * sizes.area / np.pi)
    return sizes


def feret(image: np.ndarray, spacing: tuple[float, float] = (1., 1.)) -> tuple[float, float]:
    """Largest and smallest Feret diameter of the pixels of an image.

    Of the convex hull of the middles of the pixels' edges, as scikit-image's `feret_diameter_max`
    (the corners would make all that is round too large, the centres too small). The smallest is
    found among the directions of the hull's edges ("rotating calipers": Shamos 1978).

    Parameters
    ----------
    image : ndarray of bool, shape (rows, columns)
        With a pixel at least.
    spacing : tuple of float
        Size of a pixel along rows and columns.
    """
    rows, columns = np.nonzero(_rim(image))
    middles = np.concatenate([np.stack([rows + dy, columns + dx], axis=1) for dy, dx in
                              ((-.5, 0), (.5, 0), (0, -.5), (0, .5))]) * spacing
    try:
        hull = middles[ConvexHull(middles).vertices]
    except QhullError:
        hull = middles
    largest = float(pdist(hull).max())
    edges = np.roll(hull, -1, axis=0) - hull
    across = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return largest, float(np.ptp(hull @ across.T, axis=0).min())


def _rim(image):
    """First and last pixel of each row: enough for the hull."""
    rim = np.zeros_like(image)
    rows = np.flatnonzero(image.any(axis=1))
    rim[rows, image[rows].argmax(axis=1)] = True
    rim[rows, image.shape[1] - 1 - image[rows, ::-1].argmax(axis=1)] = True
    return rim


def _curved_aspect(image, spacing):
    """Length to width of a thread, whether straight or not: area over the square of its width.

    The width is that of the largest circle inside; holes are filled, so that a ring is a disc. Its
    centre may be the middle of a pixel, or of an edge, or a corner: else a thread of two pixels
    would be one wide.
    """
    filled = ndimage.binary_fill_holes(image)
    halves = np.pad(filled.repeat(2, axis=0).repeat(2, axis=1), 1)
    inside = halves[:-1, :-1] & halves[1:, :-1] & halves[:-1, 1:] & halves[1:, 1:]
    distance = ndimage.distance_transform_edt(inside, sampling=[step / 2 for step in spacing])
    return filled.sum() * spacing[0] * spacing[1] / (2 * float(distance.max())) ** 2


def _border(labels, measured):
    """Pixels at the border of the map, or beside pixels that were not measured."""
    edge = np.zeros(labels.shape, bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    if measured is not None and not measured.all():
        edge |= ndimage.binary_dilation(~measured, np.ones((3, 3)))
    return edge
