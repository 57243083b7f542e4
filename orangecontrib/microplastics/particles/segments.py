"""From named pixels to particles: neighbouring pixels of one polymer belong together."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage.measure import label
from skimage.segmentation import watershed

from orangecontrib.microplastics.identification import UNKNOWN
from orangecontrib.microplastics.particles.naming import PixelNames

__all__ = ["Named", "connected", "joined", "segments", "join_equal", "absorbed", "trimmed",
           "numbered"]

#: Neighbours on an edge or a corner.
_NEIGHBOURS = np.ones((3, 3), bool)

#: Pixels of the smallest area that is parted from another that it touches.
PARTED = 9

#: Smallest share of a segment's pixels that are named with some confidence.
_SURE = .25


class Named(NamedTuple):
    """Names of the pixels of a map.

    Attributes
    ----------
    values : ndarray of int, shape (rows, columns)
        Index of the class; -1 for no matter, or without a prediction.
    sure : ndarray of bool, shape (rows, columns)
        Whether the decision is not "unknown".
    presence : ndarray, shape (named, components)
        Of the pixels that have names only: there are few of them, and many components.
    place : ndarray of int, shape (rows, columns)
        Row of each pixel in `presence`; -1 for pixels without names.
    """
    values: np.ndarray
    sure: np.ndarray
    presence: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, names: PixelNames, index: np.ndarray) -> Named:
        """Names as images; `index` holds the row of each pixel, -1 for none."""
        there = index >= 0

        def image(values, nothing):
            out = np.full(index.shape, nothing, values.dtype)
            out[there] = values[index[there]]
            return out

        return cls(image(names.values, -1), image(names.decisions, UNKNOWN) != UNKNOWN,
                   names.presence, image(names.place, -1))


def connected(matter: np.ndarray, gap: bool = True) -> np.ndarray:
    """Number pixels that are neighbours; with `gap`, also across one pixel without matter.

    Parameters
    ----------
    matter : ndarray of bool, shape (rows, columns)
    gap : bool

    Returns
    -------
    ndarray of int, shape (rows, columns)
        1 to n; 0 where there is no matter.
    """
    if not gap:
        return label(matter, connectivity=2).astype(np.int32)
    # Blocks of 2 x 2 touch if their corners are two pixels apart at most.
    wide = np.zeros((matter.shape[0] + 1, matter.shape[1] + 1), bool)
    for dy in (0, 1):
        for dx in (0, 1):
            wide[dy:dy + matter.shape[0], dx:dx + matter.shape[1]] |= matter
    found = label(wide, connectivity=2)[:matter.shape[0], :matter.shape[1]]
    return np.where(matter, found, 0).astype(np.int32)


def joined(labels: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Join areas of one kind that lie across a gap of one pixel; others keep apart.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
        Areas 1 to n, 0 for none.
    kinds : ndarray of int, shape (n + 1,)
        Kind of each area; areas of kind -1 are not joined. The first is not used.
    """
    out, parent = labels.copy(), np.arange(labels.max() + 1)
    for kind in np.unique(kinds[1:]):
        own = np.zeros(len(parent), bool)
        own[1:] = kinds[1:len(parent)] == kind
        mine = own[labels]
        # A single area has nothing to be joined with.
        if kind < 0 or own.sum() < 2 or not mine.any():
            continue
        together = connected(mine)[mine]
        smallest = np.full(together.max() + 1, labels.max() + 1)
        np.minimum.at(smallest, together, labels[mine])
        parent[labels[mine]] = smallest[together]
    out[labels > 0] = parent[labels[labels > 0]]
    return numbered(out)


def numbered(labels: np.ndarray) -> np.ndarray:
    """The same areas with numbers 1 to n without gaps, in the order of their first pixels."""
    there = labels > 0
    _, first, which = np.unique(labels[there], return_index=True, return_inverse=True)
    rank = np.empty(len(first), int)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    # Half as large as the usual integers: there are maps of ten million pixels.
    out = np.zeros(labels.shape, np.int32)
    out[there] = rank[which.ravel()] if len(first) else 0
    return out


def segments(matter: np.ndarray, named: Named | None, classes: Sequence[str],
             components: Sequence[str], smallest: int = PARTED) -> np.ndarray:
    """Part matter into segments of one material.

    Without names, connected pixels are one segment. With them, the presence of each material is
    averaged over neighbouring pixels, and a segment is an area whose most probable material is the
    same. Areas that are hardly anything but an edge (smaller than `smallest`, or hardly a pixel is
    sure) go to the nearest other one of the same connected matter: at edges the light sees the
    filter, or two particles at once.

    Parameters
    ----------
    matter : ndarray of bool, shape (rows, columns)
    named : Named or None
    classes, components : sequence of str
        Class values and single materials of the model.
    smallest : int
        Pixels of the smallest segment that is parted from another.

    Returns
    -------
    ndarray of int, shape (rows, columns)
        1 to n; 0 where there is no matter.
    """
    regions = connected(matter)
    if named is None or not matter.any():
        return regions
    kinds = _materials(matter, named, classes, components)
    parts = _areas(kinds, regions)
    strong = _strong(parts, kinds, named.sure, smallest, len(components))
    # Matter without any strong area is one segment.
    weak_regions = np.setdiff1d(np.unique(regions), np.unique(regions[strong[parts]]))
    markers = np.where(strong[parts], parts, 0)
    lonely = np.isin(regions, weak_regions) & matter
    markers[lonely] = parts.max() + regions[lonely]
    grown = watershed(np.zeros(matter.shape, np.uint8), markers, mask=_filled(matter),
                      connectivity=_NEIGHBOURS) * matter
    kind_of = np.full(max(grown.max(), parts.max()) + 1, -1)
    kind_of[parts[parts > 0]] = kinds[parts > 0]
    out = numbered(grown)
    kind_of_number = np.full(out.max() + 1, -1)
    kind_of_number[out[matter]] = kind_of[grown[matter]]
    # Unknown matter is not joined across gaps: nothing says that it is the same.
    kind_of_number[kind_of_number == len(components)] = -1
    return joined(out, kind_of_number)


def _filled(matter):
    """Matter with the gaps of one pixel that are bridged."""
    return ndimage.binary_closing(np.pad(matter, 2), np.ones((2, 2)))[2:-2, 2:-2] | matter


def _materials(matter, named, classes, components):
    """Most probable material of each pixel, and its neighbours; len(components) for unknown."""
    weights = ndimage.uniform_filter(matter.astype(np.float32), 3, mode="constant")
    weights = np.maximum(weights, 1e-6)
    best = np.full(matter.shape, -1, np.int16)
    most = np.full(matter.shape, -np.inf, np.float32)
    there = matter & (named.place >= 0)
    rows = named.place[there]
    for i in range(len(components)):
        own = np.zeros(matter.shape, np.float32)
        own[there] = named.presence[rows, i]
        own = .5 * own + .5 * ndimage.uniform_filter(own, 3, mode="constant") / weights
        better = own > most
        best[better], most[better] = i, own[better]
    sure = ndimage.uniform_filter((named.sure & matter).astype(np.float32), 3,
                                  mode="constant") / weights
    best[(sure < _SURE) & ~named.sure] = len(components)
    best[~matter] = -1
    return best


def _areas(kinds, regions):
    """Connected areas of one kind; across gaps of a pixel, but within one region only."""
    out = np.zeros(kinds.shape, np.int32)
    for kind in np.unique(kinds[kinds >= 0]):
        own = label(kinds == kind, connectivity=2)
        out[own > 0] = own[own > 0] + out.max()
    return out


def _strong(parts, kinds, sure, smallest, unknown):
    """Which areas stand for themselves; bool, (areas + 1,)."""
    n = parts.max()
    numbers = np.arange(n + 1)
    size = np.bincount(parts.ravel(), minlength=n + 1)
    share = np.bincount(parts.ravel(), sure.ravel(), n + 1) / np.maximum(size, 1)
    # Unknown pixels are an edge unless they are more than two wide.
    core = ndimage.binary_erosion(kinds == unknown, _NEIGHBOURS)
    has_core = np.isin(numbers, np.unique(parts[core]))
    is_unknown = np.zeros(n + 1, bool)
    is_unknown[np.unique(parts[kinds == unknown])] = True
    strong = (size >= smallest) & np.where(is_unknown, has_core, share >= _SURE)
    strong[0] = False
    return strong


def join_equal(labels: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Join segments that touch, or lie across one pixel, and have the same name.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
    names : sequence of str, length n
        Of each segment; those with an empty name are not joined.
    """
    found, codes = np.unique(np.array(["", *names], object).astype(str), return_inverse=True)
    kinds = np.where(found[codes] == "", -1, codes)
    return joined(labels, kinds)


def absorbed(labels: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Give scraps without a name to the particle that they touch; join unknown neighbours.

    At the edge of a particle, light that is scattered or has met two materials is like none of the
    model's. An unknown segment goes to the neighbour with the longest common border if that is at
    least twice as large; unknown segments that touch are one, since nothing tells them apart.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
        Segments 1 to n, 0 for none.
    unknown : ndarray of bool, shape (n,)
        Which have no name.
    """
    n = len(unknown)
    if not n or not unknown.any():
        return labels
    first, second, length = _borders(labels)
    size = np.bincount(labels.ravel(), minlength=n + 1)
    parent = np.arange(n + 1)
    both = unknown[first - 1] & unknown[second - 1]
    for a, b in zip(first[both], second[both], strict=True):
        parent[_root(parent, b)] = _root(parent, a)
    roots = np.array([_root(parent, i) for i in range(n + 1)])
    total = np.bincount(roots, size, n + 1)
    beside = np.concatenate([np.stack([first, second, length]), np.stack([second, first, length])],
                            axis=1)
    beside = beside[:, unknown[beside[0] - 1] & ~unknown[beside[1] - 1]]
    beside[0] = roots[beside[0]]
    for scrap in np.unique(beside[0]):
        mine = beside[:, beside[0] == scrap]
        names, where = np.unique(mine[1], return_inverse=True)
        nearest = names[np.bincount(where, mine[2]).argmax()]
        if total[scrap] <= .5 * size[nearest]:
            roots[roots == scrap] = nearest
    return numbered(roots[labels])


def _borders(labels):
    """Pairs of touching segments, and how many pairs of pixels touch."""
    pairs = []
    for a, b in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:]),
                 (labels[:-1, :-1], labels[1:, 1:]), (labels[:-1, 1:], labels[1:, :-1])):
        different = (a != b) & (a > 0) & (b > 0)
        pairs.append(np.sort(np.stack([a[different], b[different]]), axis=0))
    pairs = np.concatenate(pairs, axis=1)
    found, length = np.unique(pairs, axis=1, return_counts=True)
    return found[0], found[1], length


def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


def trimmed(labels: np.ndarray, signal: np.ndarray, share: float) -> np.ndarray:
    """Without pixels whose signal is below a share of that of their particle.

    Around a strong particle, the beam sees enough of it to be above any threshold one or two pixels
    away from its edge.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, columns)
    signal : ndarray, shape (rows, columns)
        1 for a bare filter.
    share : float
        Of the signal that three quarters of the particle's pixels do not exceed.
    """
    there = labels > 0
    if not there.any():
        return labels
    number, height = labels[there] - 1, signal[there] - 1
    order = np.lexsort((height, number))
    counts = np.bincount(number)
    ends = np.cumsum(counts)
    level = height[order][ends - 1 - counts // 4]
    out = labels.copy()
    out[there] = np.where(height >= share * level[number], labels[there], 0)
    return out
