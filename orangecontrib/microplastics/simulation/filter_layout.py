"""
Particles on a simulated filter: apart from each other, or in contact by two.

Everything is in pixels; see :mod:`.filter_shapes`.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from orangecontrib.microplastics.simulation import filter_shapes as shapes

__all__ = ["Piece", "Placed", "Layout", "placed_particles", "inside", "part_of"]

#: Free pixels between particles that are not in contact.
GAP = 3
#: Shortest common border of particles in contact, pixels.
CONTACT = 3.
#: Smallest part of a particle that is left where another one takes its place.
_LEFT = .75
#: Places tried for each particle, and directions for its neighbour.
_TRIES, _DIRECTIONS = 400, 8


class Piece(NamedTuple):
    """A particle at a place; lengths in pixels.

    Attributes
    ----------
    outline : ndarray, shape (n, 2)
        Without a cut at the border to a neighbour, which `mask` has.
    fibre : bool
    fine : int
        Subpixels per pixel.
    row, column : int
        First pixel of the box of `mask`; may lie outside the map.
    mask : ndarray of bool, shape (rows * fine, columns * fine)
    shares : ndarray, shape (rows, columns)
        Share of each pixel that is covered.
    area : float
    x, y : float
    feret : tuple of float
        Largest and smallest.
    """
    outline: np.ndarray
    fibre: bool
    fine: int
    row: int
    column: int
    mask: np.ndarray
    shares: np.ndarray
    area: float
    x: float
    y: float
    feret: tuple[float, float]

    @classmethod
    def of(cls, outline, fibre, fine):
        row, column, mask = shapes.rasterize(outline, fine)
        return cls(outline, fibre, fine, row, column, mask, shapes.pixel_means(mask, fine),
                   shapes.area(outline), *shapes.centroid(outline), shapes.feret(outline))

    def moved(self, rows, columns):
        """The piece at another place, a whole number of pixels away."""
        return self._replace(outline=self.outline + [columns, rows], row=self.row + rows,
                             column=self.column + columns, x=self.x + columns, y=self.y + rows)

    def cut(self, mask):
        """What `mask` leaves of the piece. The outline of the rest is known to a subpixel."""
        rows, columns = np.nonzero(mask)
        return self._replace(
            mask=mask, shares=shapes.pixel_means(mask, self.fine), area=len(rows) / self.fine ** 2,
            x=self.column + (columns.mean() + .5) / self.fine,
            y=self.row + (rows.mean() + .5) / self.fine,
            feret=shapes.feret(shapes.corners(mask, self.fine)))


def inside(row, column, box, shape):
    """
    The part of a box that lies in the map.

    Parameters
    ----------
    row, column : int
        First pixel of the box.
    box, shape : tuple of int
        Rows and columns of the box, and of the map.

    Returns
    -------
    of_map, of_box : tuple of slice
        To index an array of the map, and one of the box.
    """
    starts = np.clip((row, column), 0, shape)
    ends = np.clip(np.add((row, column), box), starts, shape)
    of_map = tuple(slice(a, b) for a, b in zip(starts, ends, strict=True))
    of_box = tuple(slice(a - first, b - first)
                   for a, b, first in zip(starts, ends, (row, column), strict=True))
    return of_map, of_box


def part_of(piece, shape):
    """Share of a piece's area that lies in a map of that shape."""
    fine = piece.fine
    _, of_box = inside(piece.row * fine, piece.column * fine, piece.mask.shape,
                       (shape[0] * fine, shape[1] * fine))
    # Counts are exact: a piece that lies wholly in the map has exactly 1.
    return piece.mask[of_box].sum() / piece.mask.sum()


class Layout:
    """A filter on which particles are put one after the other.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    rng : numpy.random.Generator
    """

    def __init__(self, shape, rng):
        self.shape = shape
        self.rng = rng
        # Pixels closer than the gap to a particle.
        self._blocked = np.zeros(shape, bool)

    def single(self, piece) -> Piece | None:
        """Put a piece, moved to a random free place; at least half of it lies in the map.

        None if no place was found.
        """
        for _ in range(_TRIES):
            put = self._anywhere(piece)
            if self._is_free(put, .5):
                self._take(put)
                return put
        return None

    def pair(self, first, second) -> tuple[Piece, Piece] | None:
        """Put two pieces in contact, wholly in the map; `first` covers a part of `second`."""
        for _ in range(_TRIES // _DIRECTIONS):
            for _ in range(_DIRECTIONS):
                put = self._anywhere(first)
                if self._is_free(put, 1.):
                    break
            else:
                continue
            for _ in range(_DIRECTIONS):
                beside = attached(second, put, self.rng)
                if beside is not None and self._is_free(beside, 1.):
                    self._take(put)
                    self._take(beside)
                    return put, beside
        return None

    def _anywhere(self, piece):
        row, column = self.rng.integers(0, self.shape)
        return piece.moved(row - int(piece.y), column - int(piece.x))

    def _is_free(self, piece, least):
        """Whether `least` of the piece lies in the map, and no other particle is near."""
        if part_of(piece, self.shape) < least:
            return False
        of_map, of_box = inside(piece.row, piece.column, piece.shares.shape, self.shape)
        return not (self._blocked[of_map] & (piece.shares[of_box] > 0)).any()

    def _take(self, piece):
        near = ndimage.maximum_filter(np.pad(piece.shares > 0, GAP), 2 * GAP + 1)
        of_map, of_box = inside(piece.row - GAP, piece.column - GAP, near.shape, self.shape)
        self._blocked[of_map] |= near[of_box]


def attached(piece, other, rng):
    """
    Move a piece towards another one from a random direction until they have a common border.

    The other piece lies on top: what it covers is cut away.

    Returns
    -------
    Piece or None
        None if too little would be left of it, or more than one part, or if what is left is no
        longer a fibre, or has become one.
    """
    covering = Piece.of(other.outline, other.fibre, piece.fine)
    angle = rng.uniform(0, 2 * np.pi)
    far = (piece.feret[0] + other.feret[0]) / 2 + 1
    for distance in np.arange(far, 0, -1):
        put = piece.moved(int(np.rint(other.y - piece.y + distance * np.sin(angle))),
                          int(np.rint(other.x - piece.x + distance * np.cos(angle))))
        covered = np.zeros_like(put.mask)
        to, of = inside((covering.row - put.row) * put.fine,
                        (covering.column - put.column) * put.fine,
                        covering.mask.shape, covered.shape)
        covered[to] = covering.mask[of]
        if not (covered & put.mask).any():
            continue
        left = put.mask & ~covered
        if left.sum() < _LEFT * put.mask.sum():
            return None
        border = left & ndimage.binary_dilation(covered)
        if border.sum() < CONTACT * put.fine:
            continue
        if ndimage.label(left)[1] > 1:
            return None
        rest = put.cut(left)
        return rest if _is_fibre(rest.feret) == piece.fibre else None
    return None


class Placed(NamedTuple):
    """A particle on the filter: code of its material, shape and place, whether it touches another.
    """
    code: str
    piece: Piece
    touches: bool


def placed_particles(shape, codes, particles, fibres, touching, small, sand, rng) -> list[Placed]:
    """
    Draw shapes and materials of particles, and put them on a filter.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    codes : list of str
        Polymers.
    particles, fibres, touching, small, sand
        See :func:`.filter_map.simulate_map`.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        For shares that exclude each other, and if there is no room.
    """
    groups = _planned(shape, codes, particles, fibres, touching, small, sand, rng)
    layout, put = Layout(shape, rng), []
    for group in groups:
        pieces = [piece for _, piece in group]
        touches = len(group) == 2
        found = layout.pair(*pieces) if touches else layout.single(*pieces)
        if found is None:
            what = "two particles in contact" if touches else "another particle"
            total = sum(map(len, groups))
            raise ValueError(
                f"{len(put)} of {total} particles are on the map of {shape[0]} x {shape[1]} "
                f"pixels, but no room was found for {what}, {GAP} pixels from all others. Choose "
                "fewer particles or grains of sand, a larger size, or smaller shares `fibres` and "
                "`touching`.")
        put += [Placed(code, piece, touches) for (code, _), piece in
                zip(group, found if touches else [found], strict=True)]
    return put


def _planned(shape, codes, particles, fibres, touching, small, sand, rng):
    """Particles without places: groups of one, or of two that will touch; (code, Piece) each."""
    n_fibres, n_small = round(fibres * particles), round(small * particles)
    n_pairs = round(touching * particles / 2)
    if n_fibres + n_small > particles:
        raise ValueError(f"Fibres ({fibres:g}) and small particles ({small:g}) are more than all "
                         "particles: their shares must add up to 1 or less.")
    if 2 * n_pairs > particles - n_small:
        raise ValueError(f"Small particles do not touch others: the shares `touching` ({touching:g}"
                         f") and `small` ({small:g}) must add up to 1 or less.")
    if n_pairs and len(codes) < 2:
        raise ValueError("Particles that touch are of different polymers: name two polymers or "
                         "more, or choose touching=0.")
    large = min(40., .3 * min(shape))
    n_large = particles - n_small
    is_fibre = rng.permutation(n_large) < n_fibres
    # Those that touch come first. A fibre touches a fragment rather than another fibre.
    is_fibre[:2 * n_pairs].sort()
    bodies = [_fibre(shape, rng) if thread else
              _fragment(np.clip(10 * np.exp(.4 * rng.standard_normal()), 4., large), rng)
              for thread in is_fibre]
    bodies += [_fragment(np.exp(rng.uniform(np.log(.4), np.log(2.))), rng)
               for _ in range(n_small)]
    # In about equal numbers.
    order = np.concatenate([rng.permutation(len(codes))
                            for _ in range(-(-particles // len(codes)))] or [[]]).astype(int)
    of = [codes[k] for k in order[:particles]]
    for i in range(n_pairs):
        if of[i] == of[n_pairs + i]:
            of[n_pairs + i] = rng.choice([code for code in codes if code != of[i]])
    made = [(str(code), body) for code, body in zip(of, bodies, strict=True)]
    pairs = [[made[i], made[n_pairs + i]] for i in range(n_pairs)]
    singles = [[one] for one in made[2 * n_pairs:]]
    singles += [[("Quartz", _fragment(np.clip(8 * np.exp(.35 * rng.standard_normal()), 4., large),
                                      rng, elongation=1.3, roughness=.08))] for _ in range(sand)]
    # Large particles find a place more easily while there are few.
    singles.sort(key=lambda group: -group[0][1].feret[0])
    return pairs + singles


def _is_fibre(feret):
    """Length to width of 3 or more (Regulation (EU) 2023/2055, entry 78)."""
    return feret[0] >= 3 * feret[1]


def _fragment(diameter, rng, **settings):
    outline = shapes.fragment(diameter, rng, **settings) + rng.uniform(0, 1, 2)
    while _is_fibre(shapes.feret(outline)):  # rare
        outline = shapes.fragment(diameter, rng, **settings) + rng.uniform(0, 1, 2)
    return Piece.of(outline, False, 24 if diameter <= 2 else 4 if diameter > 8 else 8)


def _fibre(shape, rng):
    longest = np.clip(80 / 256 * min(shape), 15., 80.)
    length = np.exp(rng.uniform(np.log(15.), np.log(longest)))
    width = rng.uniform(1.5, min(4., length / 6))
    return Piece.of(shapes.fibre(length, width, rng) + rng.uniform(0, 1, 2), True, 6)
