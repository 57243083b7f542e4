"""Residual bands: bands of a spectrum that its class does not have (numpy and scipy only).

A class score and a correlation over a whole spectrum hardly respond to one additional band: by
both, a copolymer is identified as its main polymer. A chemist notices the band and assigns it:
"2237 cm-1: nitrile, so this is not polystyrene". This module does the same:

1. The first derivative of the spectrum is fitted, by least squares, with the mean of its class,
   the first two principal components of the class's training spectra, and signals that do not
   depend on the polymer: water vapour, carbonate (chalk) and silicate (sand, clay).
2. In the residual, a matched filter estimates the height of a band at each wavenumber.
3. The height is divided by the usual height at that wavenumber, which combines the residuals of
   the class's training spectra, distorted as by another instrument or sample, the spectrum's own
   noise nearby, and 1 % of the strongest band. The test is therefore tolerant next to the class's
   own bands, and sensitive where it has none.

To name the residual bands (:mod:`.origins`), the strongest few are listed for each spectrum that
has one higher than usual. In this list carbonate and silicate are not fitted, so that they are
found by their bands, and two bands of liquid water are added, which the matched filter is too
narrow for. The list does not change the score.

Parameters were chosen on three published studies, each left out of training in turn: its spectra
with bands added, its own copolymers (poly(ethylene vinyl acetate), and acrylonitrile butadiene
styrene that is labelled polystyrene in one study) and mixtures. FLOPP is the test set.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import correlate1d, maximum_filter1d

from orangecontrib.microplastics.materials.atmosphere import OUTSIDE_BANDS, water_lines
from orangecontrib.microplastics.materials.companions import WATER
from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS, gaussians
from orangecontrib.microplastics.simulation.distortions import Variation
from orangecontrib.microplastics.spectra.preprocess import derivatives
from orangecontrib.microplastics.utils.patterns import groups
from orangecontrib.microplastics.utils.rowwise import times

__all__ = ["Expected", "Unexplained", "expected", "unexplained", "put_first", "examined", "LIMIT",
           "LISTED", "FAINTEST", "APART"]

#: Threshold in multiples of the usual height: 97 to 99 of 100 spectra of known materials from
#: another study stay below it (Villegas-Camacho, Kedzierski, Jung left out in eight ways, some
#: with 20 spectra of a class or with one study alone in training).
LIMIT = 2.0

#: Number of narrow residual bands that are listed; those of water follow.
LISTED = 8

#: Threshold for listed bands, in multiples of the usual height. Lower than 1, since a second band
#: is only looked for at known positions: as for the weaker of the bands that tell a copolymer.
FAINTEST = .4

#: Smallest distance between listed bands, cm-1: about the resolution of the matched filter.
APART = 16.

#: Usual height of the O-H stretch of water as a fraction of the spectrum's peak-to-peak height;
#: that of the H-O-H bend is in proportion. Both are higher in 48 of 2,742 polyolefins of four
#: studies.
_WATER = .1

#: Contaminants of particles of any material, which say nothing about the polymer.
_MINERALS = ("carbonate", "silicate")

#: Standard deviation of the band of the matched filter, cm-1.
_WIDTH = 8.

#: Smallest usual height, relative to the class's strongest band.
_LEAST = .01

#: Heights of noise reach this multiple of their median absolute value.
_NOISE = 3.

#: Distortions of training spectra: strength of
#: :class:`~orangecontrib.microplastics.simulation.distortions.Variation`; standard deviation of
#: local shifts (cm-1), which depend on ATR, transmission and contact; number of independent
#: shifts along the axis.
_STRENGTH, _SHIFT, _PLACES = .75, 3., 14

#: Minimum number of distorted spectra of a class.
_DISTORTED = 100

#: Length of axis over which the noise is estimated, cm-1.
_NEARBY = 320.

#: Maximum number of training spectra used per class, and of principal components.
_SPECTRA, _COMPONENTS = 300, 2

#: Number of spectra needed per principal component; number of spectra at which the variation of
#: a class and that of all classes have equal weights, and uncertainty doubles the usual height.
_FOR_ONE, _FEW = 10, 20

#: Share of training spectra that must have been measured at a wavenumber to determine the usual
#: height there, and the usual height elsewhere, so large that no band is reported.
_MEASURED, _ANYTHING = .9, 1e9


class Expected(NamedTuple):
    """Bands of each class's spectra, and their variation.

    Attributes
    ----------
    bases : ndarray of float32, shape (classes, 3, wavenumbers)
        First derivatives: the mean, and the first two principal components; zero where
        the class has too few spectra.
    spread : ndarray of float32, shape (classes, wavenumbers)
        99 % quantile of the height of residual bands in the distorted training spectra of the
        class, noise deducted; huge where too few were measured.
    """
    bases: np.ndarray
    spread: np.ndarray


class Unexplained(NamedTuple):
    """The strongest residual band of each spectrum.

    Attributes
    ----------
    excess : ndarray, shape (n,)
        Its height divided by the usual height there; 0 if there is no wavenumber to examine.
    wavenumber : ndarray, shape (n,)
        cm-1.
    height : ndarray, shape (n,)
        As a fraction of the spectrum's peak-to-peak height.
    maxima : ndarray of float32, shape (n, LISTED + 2)
        Positions (cm-1) of the strongest residual bands, carbonate and silicate included, the
        strongest first; the last two columns are the bands of water. NaN where there are fewer,
        and in rows without any that is higher than usual.
    multiples : ndarray of float32, shape (n, LISTED + 2)
        Their heights divided by the usual heights; at least :data:`FAINTEST`.
    pair_excess, pair_wavenumber, pair_height : ndarray, shape (n, 2)
        The same of the strongest band at each of two places; 0 in classes without such places.
    """
    excess: np.ndarray
    wavenumber: np.ndarray
    height: np.ndarray
    maxima: np.ndarray
    multiples: np.ndarray
    pair_excess: np.ndarray
    pair_wavenumber: np.ndarray
    pair_height: np.ndarray


def examined(wavenumbers: np.ndarray) -> np.ndarray:
    """Where residual bands are searched for; bool, shape (wavenumbers,).

    Everywhere, except where only the air absorbs, and where the derivative is unreliable: at the
    ends.
    """
    look = np.ones(len(wavenumbers), bool)
    for low, high in OUTSIDE_BANDS:
        look &= (wavenumbers < low) | (wavenumbers > high)
    look[:2] = look[-2:] = False
    return look


class _Places:
    """Wavenumbers of a grid to examine, and the matched filter."""

    def __init__(self, wavenumbers, seen):
        step = float(wavenumbers[1] - wavenumbers[0])
        self.look = look = examined(wavenumbers)
        # Spectra are scaled to equal size over the part that the network uses.
        self.scale = seen & look if (seen & look).any() else look
        width = max(_WIDTH, 2 * step)
        places = np.arange(-int(4 * width / step) - 5, int(4 * width / step) + 6) * step
        band = derivatives(np.exp(-.5 * (places / width) ** 2)[None])[0]
        self.filter = band / (band @ band)
        self.block = max(8, round(_NEARBY / 2 / step))
        self.nuisances = derivatives(_nuisances(wavenumbers, step))
        self.water = derivatives(np.array([gaussians(wavenumbers, [band]) for band in WATER]))
        self.apart = 2 * max(1, round(APART / step)) + 1

    def heights(self, derived):
        """Height of a band at each wavenumber, by the matched filter."""
        return correlate1d(derived, self.filter, axis=1, mode="constant")

    def scaled(self, derived, where, size=1.):
        """Scale derivatives to length `size` over part of the grid."""
        return derived * (size / _lengths(derived[:, where])[:, None])

    def left(self, derived, bases, look):
        """Residual of derivatives after a least-squares fit of the bases and nuisances."""
        return _left(derived, np.vstack((bases, self.nuisances)), look)

    def with_minerals(self, derived, bases, look, heights):
        """Heights of residual bands if minerals are not fitted, from those if they are.

        Both are linear: what the minerals add to the fit is filtered once, not in each spectrum.
        """
        air = np.vstack((bases, self.nuisances[:-len(_MINERALS)]))
        minerals = _axes(_left(self.nuisances[-len(_MINERALS):], air, look))
        return heights + times(times(derived, minerals.T), self.heights(minerals))

    def water_heights(self, derived, bases, look):
        """Height of each band of water, shape (n, 2); zero where the bases resemble it."""
        bands = _left(self.water, np.vstack((bases, self.nuisances[:-len(_MINERALS)])), look)
        size = (bands ** 2).sum(axis=1)
        distinct = size > .1 * (self.water ** 2).sum(axis=1)
        return times(derived, np.where(distinct, bands.T / np.where(distinct, size, 1), 0))

    def strongest(self, excess):
        """Grid indices and excess of the highest maxima of each row; excess 0 for none."""
        top = np.where(excess == maximum_filter1d(excess, self.apart, axis=1), excess, 0)
        k = min(LISTED, top.shape[1])
        at = np.argpartition(-top, k - 1, axis=1)[:, :k]
        size = np.take_along_axis(top, at, axis=1)
        order = np.argsort(-size, axis=1)
        return np.take_along_axis(at, order, axis=1), np.take_along_axis(size, order, axis=1)

    def noise(self, heights):
        """Median absolute height around each wavenumber, from blocks that overlap by half."""
        n, points = heights.shape
        block = min(self.block, points)
        whole = np.abs(heights[:, :points // block * block]).reshape(n, -1, block)
        if whole.shape[1] > 1:
            whole = np.concatenate((whole[:, :-1], whole[:, 1:]), axis=2)
        medians = np.median(whole, axis=2)
        # Interpolate between the centres of neighbouring blocks.
        place = np.clip(np.arange(points) / block - (1. if medians.shape[1] > 1 else .5),
                        0, medians.shape[1] - 1)
        left = place.astype(int)
        right = np.minimum(left + 1, medians.shape[1] - 1)
        share = (place - left).astype(np.float32)
        return medians[:, left] * (1 - share) + medians[:, right] * share


def _lengths(derived):
    """Length of each row, above zero; the same whatever the order in memory."""
    return np.maximum(np.linalg.norm(np.ascontiguousarray(derived), axis=1),
                      np.finfo(np.float32).tiny)


def _axes(basis):
    """Orthonormal axes of the space that the rows of a basis span."""
    length = np.linalg.norm(basis, axis=1, keepdims=True)
    basis = basis[length[:, 0] > 0] / length[length[:, 0] > 0]
    _, size, axes = np.linalg.svd(basis, full_matrices=False)
    return axes[size > 1e-4]


def _left(derived, basis, look):
    axes = _axes(basis * look)
    derived = derived * look
    return (derived - times(times(derived, axes.T), axes)) * look


def _distorted(X, wavenumbers, rng):
    """Distort spectra as another instrument, contact or orientation of the sample may."""
    X = X - X.min(axis=1, keepdims=True)
    X = X + 1e-3 * np.maximum(X.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    X = Variation(wavenumbers, _STRENGTH)(np.log(X).astype(np.float32), rng)
    at = np.linspace(0, _PLACES - 1, len(wavenumbers))
    hats = np.maximum(1 - np.abs(at - np.arange(_PLACES)[:, None]), 0)
    shift = _SHIFT * rng.standard_normal((len(X), _PLACES)) @ hats
    return X - shift * np.gradient(X, wavenumbers, axis=1)


def _nuisances(wavenumbers, step):
    bands = [water_lines(step), *(CONTAMINANTS[name] for name in _MINERALS)]
    return np.array([gaussians(wavenumbers, one) for one in bands])


def expected(X: np.ndarray, y: np.ndarray, wavenumbers: np.ndarray, seen: np.ndarray,
             measured: np.ndarray | None = None, seed: int = 0) -> Expected:
    """Determine the bands of each class and their variation from training spectra.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance on a uniform grid, no missing values.
    y : ndarray of int, shape (n,)
        Class indices; each of 0 ... y.max() must occur.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending.
    seen : ndarray of bool, shape (wavenumbers,)
        Wavenumbers that the network uses.
    measured : ndarray, shape (wavenumbers,), optional
        Share of the spectra that were measured, not filled, at each wavenumber. Where it is
        small, no band is known to be absent from the class.
    seed : int
        Of the distortions of the spectra.

    Returns
    -------
    Expected
    """
    places = _Places(wavenumbers, seen)
    n_classes = int(y.max()) + 1
    bases = np.zeros((n_classes, 1 + _COMPONENTS, len(wavenumbers)), np.float32)
    squares = np.zeros((n_classes, len(wavenumbers)))
    counts = np.zeros(n_classes)
    rng = np.random.default_rng(seed)
    for c in range(n_classes):
        own = np.flatnonzero(y == c)
        own = own[np.linspace(0, len(own) - 1, min(_SPECTRA, len(own))).astype(int)]
        derived = places.scaled(derivatives(X[own]), places.scale)
        bases[c, 0] = derived.mean(axis=0)
        k = min(_COMPONENTS, len(own) // _FOR_ONE)
        if k:
            differences = (derived - bases[c, 0]) * places.look
            _, vectors = np.linalg.eigh(differences @ differences.T)
            bases[c, 1:1 + k] = places.scaled(vectors[:, :-k - 1:-1].T @ differences, places.look)
        distorted = _distorted(X[np.resize(own, max(len(own), _DISTORTED))], wavenumbers, rng)
        derived = places.scaled(derivatives(distorted), places.scale)
        heights = places.heights(places.left(derived, bases[c], places.look))
        # Deduct the noise of each spectrum, since that of other spectra differs.
        usual = np.maximum(heights ** 2 - (_NOISE * places.noise(heights)) ** 2, 0)
        # Allow for slightly shifted bands.
        squares[c] = maximum_filter1d(np.quantile(usual, .99, axis=0), 5)
        counts[c] = len(own)
    # Few spectra do not show how much their class varies: average with the variation of all
    # classes, and increase the usual height.
    common = counts @ squares / counts.sum()
    squares = (counts[:, None] * squares + _FEW * common) / (counts[:, None] + _FEW)
    spread = (np.sqrt(squares) * (1 + (_FEW / counts[:, None]) ** 2)).astype(np.float32)
    if measured is not None:
        spread[:, measured < _MEASURED] = _ANYTHING
    return Expected(bases, spread)


def unexplained(X: np.ndarray, classes: np.ndarray, wavenumbers: np.ndarray, seen: np.ndarray,
                known: Expected, measured: np.ndarray | None = None,
                pairs: Sequence[Sequence[np.ndarray] | None] = (),
                listed: bool = True) -> Unexplained:
    """Find the strongest band of each spectrum that its class does not explain.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance, no missing values.
    classes : ndarray of int, shape (n,)
        Index of each spectrum's class in `known`.
    wavenumbers, seen : ndarrays, shape (wavenumbers,)
        As given to :func:`expected`.
    known : Expected
    measured : ndarray of bool, shape (n, wavenumbers), optional
        Where spectra were measured, not filled.
    pairs : sequence of (two ndarrays of bool, shape (wavenumbers,), or None), optional
        For each class, two places where to look for a band besides.
    listed : bool
        Whether to list further bands; the rest does not depend on it.

    Returns
    -------
    Unexplained
    """
    places = _Places(wavenumbers, seen)
    n = len(X)
    found = Unexplained(np.zeros(n), np.full(n, wavenumbers[0], float), np.zeros(n),
                        *np.full((2, n, LISTED + len(WATER)), np.nan, np.float32),
                        *np.zeros((3, n, 2)))
    derived = derivatives(X)

    def sizes(own, scale, size):
        """Peak-to-peak height of spectra after scaling their derivatives to length `size`."""
        return np.maximum(np.ptp(X[own][:, scale], axis=1), np.finfo(np.float32).tiny) \
            * size / _lengths(derived[own][:, scale])

    for look, rows in _alike(places.look, measured, n):
        scale = places.scale & look
        if not scale.any():
            continue
        for c in np.unique(classes[rows]):
            own = rows[classes[rows] == c]
            basis = known.bases[c]
            size = np.linalg.norm(basis[0, scale]) / max(
                np.linalg.norm(basis[0, places.scale]), np.finfo(np.float32).tiny)
            scaled = places.scaled(derived[own], scale, size)
            heights = places.heights(places.left(scaled, basis, look))
            strongest = max(places.heights((basis[0] * places.look)[None]).max(),
                            np.finfo(np.float32).tiny)
            usual = np.sqrt(known.spread[c] ** 2 + (_NOISE * places.noise(heights)) ** 2
                            + (_LEAST * strongest) ** 2)
            excess, peaks = np.where(look, heights / usual, 0), sizes(own, scale, size)
            for to, value in zip(found[:3], _strongest(excess, heights, peaks, wavenumbers),
                                 strict=True):
                to[own] = value
            for i, place in enumerate(pairs[c] or () if c < len(pairs) else ()):
                for to, value in zip(found[-3:], _strongest(
                        np.where(place, excess, 0), heights, peaks, wavenumbers), strict=True):
                    to[own, i] = value
            if listed:
                excess = np.where(look, places.with_minerals(scaled * look, basis, look, heights)
                                  / usual, 0)
                water = places.water_heights(scaled, basis, look) / peaks[:, None]
                found.maxima[own], found.multiples[own] = _listed(
                    places, excess, water, wavenumbers)
    return found


def _strongest(excess, heights, peaks, wavenumbers):
    """Excess, wavenumber and height of the strongest band of each spectrum."""
    each, at = np.arange(len(excess)), excess.argmax(axis=1)
    return excess[each, at], wavenumbers[at], heights[each, at] / peaks


def _listed(places, excess, water, wavenumbers):
    """Positions and multiples of the strongest bands, see :class:`Unexplained`."""
    maxima, multiples = np.full((2, len(excess), LISTED + len(WATER)), np.nan, np.float32)
    water = water / [_WATER * height for _, _, height in WATER]
    # The two bands prove each other: the lower one decides.
    water = water.min(axis=1)
    wet = water > 1
    rows = np.flatnonzero(wet | (excess.max(axis=1) > 1))
    at, size = places.strongest(excess[rows])
    there = size >= FAINTEST
    k = at.shape[1]
    maxima[rows, :k] = np.where(there, wavenumbers[at], np.nan)
    multiples[rows, :k] = np.where(there, size, np.nan)
    maxima[wet, LISTED:] = [centre for centre, _, _ in WATER]
    multiples[wet, LISTED:] = water[wet, None]
    return maxima, multiples


def put_first(found: Unexplained, rows: np.ndarray, places: np.ndarray, multiples: np.ndarray):
    """Put a band at the head of some spectra's list, in place of the same band or the faintest.

    Parameters
    ----------
    found : Unexplained
        Changed in place.
    rows : ndarray of int, shape (m,)
    places, multiples : ndarrays, shape (m,)
        Its position in each of them (cm-1), and its height divided by a usual height.
    """
    maxima, sizes = found.maxima[rows, :LISTED], found.multiples[rows, :LISTED]
    same = np.abs(maxima - places[:, None]) < APART
    maxima[same] = sizes[same] = np.nan
    order = np.argsort(-np.nan_to_num(sizes), axis=1, kind="stable")[:, :-1]
    for whole, first, rest in ((found.maxima, places, maxima), (found.multiples, multiples, sizes)):
        whole[rows, 0] = first
        whole[rows, 1:LISTED] = np.take_along_axis(rest, order, axis=1)


def _alike(look, measured, n):
    """Groups of rows measured at the same wavenumbers, with the wavenumbers to examine."""
    if measured is None or measured.all():
        return [(look, np.arange(n))]
    # Filters extend beyond the edge of a gap.
    return [(look & ~maximum_filter1d(~pattern, 9), rows) for pattern, rows in groups(measured)]
