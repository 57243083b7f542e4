"""Names of residual bands: what may absorb there, as a chemist would say (numpy only).

One residual band near a band in a table proves nothing: the tables of twenty materials cover the
fingerprint several times. A name therefore needs, in this order:

1. no band of the class itself there. Its own bands are never unexplained, even where they are
   higher than usual, as in another orientation or crystallinity;
2. all bands together that tell a usual companion (:mod:`.materials.companions`);
3. most strong bands of another polymer, at least two of them. One is enough where no other polymer
   absorbs (nitrile), and such a polymer comes before companions;
4. otherwise only a vibration, if all known bands near the position have it in common.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence.foreign_polymers import (
    by_many_bands,
    by_one_band,
)
from orangecontrib.microplastics.confidence.listed_bands import ListedBands, OwnBands
from orangecontrib.microplastics.confidence.residual_bands import APART
from orangecontrib.microplastics.materials.atmosphere import (
    CARBON_DIOXIDE,
    CARBON_DIOXIDE_REGIONS,
    WATER_VAPOUR,
)
from orangecontrib.microplastics.materials.bands import common_vibration, is_added
from orangecontrib.microplastics.materials.companions import COMPANIONS, NEAR, SINGLE, Companion

__all__ = ["Origins", "origins"]

#: Height (as in the tables) of bands with a vibration to name.
_VISIBLE = .05

#: A companion explains bands within this multiple of the width of its own.
_SHOULDERS = 1.5

#: Water vapour: lines with at least this weight, the largest distance from them (cm-1), and the
#: number of bands on them, and their share of all bands between them, that tell it.
_LINE, _ON_LINE, _LINES, _COMB = .4, 4., 4, .75


class Origins(NamedTuple):
    """Residual bands that are higher than usual, and their names.

    Attributes
    ----------
    bands : ndarray, shape (n,)
        Position of the strongest that is no band of the class itself, cm-1; NaN if there is none.
    texts : ndarray of str objects, shape (n,)
        "carbonate (874, 1420)", "C#N stretch (nitrile): acrylonitrile butadiene styrene",
        "C=O stretch". More names follow after semicolons, after "also" if that band has none.
        Empty if nothing is known.
    """
    bands: np.ndarray
    texts: np.ndarray


def origins(maxima: np.ndarray, multiples: np.ndarray, classes: np.ndarray, names: Sequence[str],
            wavenumbers: np.ndarray, usual: Sequence[Sequence[float]] | None = None) -> Origins:
    """Name the residual bands of spectra.

    Parameters
    ----------
    maxima, multiples : ndarrays, shape (n, bands)
        See :class:`.residual_bands.Unexplained`.
    classes : ndarray of int, shape (n,)
        Indices of the spectra's classes in `names`.
    names : sequence of str
        Names of the classes, combinations included.
    wavenumbers : ndarray, shape (wavenumbers,)
        The grid, cm-1: bands beyond it cannot be required.
    usual : sequence of (sequence of float), length of `names`, optional
        Positions (cm-1) of bands that the spectra of each class have, for classes without a table.

    Returns
    -------
    Origins
    """
    n = len(maxima)
    found = Origins(np.full(n, np.nan), np.full(n, "", object))
    classes = np.asarray(classes)
    listed = np.flatnonzero((multiples > 1).any(axis=1))
    for c in np.unique(classes[listed]):
        rows = listed[classes[listed] == c]
        own = OwnBands(str(names[c]), () if usual is None else usual[c])
        found.bands[rows], found.texts[rows] = _named(
            ListedBands(maxima[rows], multiples[rows], own, wavenumbers), own)
    return found


def _named(bands, own):
    """Band and text of each spectrum of a class."""
    explained = []

    def explain(texts, claims):
        """Claims count only where they explain a band that is to be explained."""
        claims = claims & bands.free
        claims &= (claims & bands.high).any(axis=1)[:, None]
        bands.free = bands.free & ~claims
        explained.append((texts, claims))

    explain("carbon dioxide", _carbon_dioxide(bands))
    explain("water vapour", _water_vapour(bands))
    explain(*by_one_band(bands, own))
    for companion in COMPANIONS:
        explain(*_companion(companion, bands, own))
    explain(*by_many_bands(bands, own))
    for companion in SINGLE:
        explain(*_companion(companion, bands, own))
    # Broad bands of water are reported only if they are named.
    best, there = bands.strongest(bands.high & (bands.narrow | ~bands.free))
    positions = np.where(there, bands.at[np.arange(len(best)), best], np.nan)
    texts = np.full(len(best), "", object)
    vibrations = {}
    for row in np.flatnonzero(there):
        of_best, more = [], []
        for names, claims in explained:
            if claims[row].any():
                name = names if isinstance(names, str) else names[row]
                (of_best if claims[row, best[row]] else more).append(name)
        if not of_best:
            at = float(positions[row])
            if at not in vibrations:
                vibrations[at] = _vibration(at, own)
            of_best = [vibrations[at]] if vibrations[at] else []
        texts[row] = ("" if of_best or not more else "also ") + "; ".join([*of_best, *more])
    return positions, texts


def _carbon_dioxide(bands):
    low, high = CARBON_DIOXIDE_REGIONS[0]
    bend = CARBON_DIOXIDE[2][0]
    return (bands.at >= low) & (bands.at <= high) | bands.near([bend], _ON_LINE)


def _water_vapour(bands):
    lines = [line for line, weight in WATER_VAPOUR if weight >= _LINE and line < 2000]
    between = (bands.at >= lines[0] - NEAR) & (bands.at <= lines[-1] + NEAR) & bands.narrow
    on = between & bands.near(lines, _ON_LINE)
    count = on.sum(axis=1)
    return on & ((count >= _LINES) & (count >= _COMB * between.sum(axis=1)))[:, None]


def _companion(companion: Companion, bands, own):
    """Text of a companion, and the bands that it explains in spectra that prove it."""
    needed = [group for group in companion.needed if any(map(bands.measured, group))]
    text = companion.name
    if len(companion.needed) > 1:
        text += f" ({', '.join(f'{group[0]:.0f}' for group in needed)})"
    if companion.telling not in needed or own.codes.intersection(companion.never_in) or \
            companion.only_in and not own.codes.intersection(companion.only_in):
        return text, np.zeros(bands.at.shape, bool)

    def found(group):
        return bands.free & np.any([bands.near([p], companion.reach(p)) for p in group], axis=0)

    telling = found(companion.telling) & ~bands.hidden
    if companion.clear:
        telling &= bands.above
    proven = telling.any(axis=1)
    group = companion.unless_own
    if group and any(map(bands.measured, group)) and not all(own.hides(p, APART) for p in group):
        needed.append(group)
    for group in needed:
        proven &= found(group).any(axis=1)
    explained = np.any([bands.near([centre], max(NEAR, _SHOULDERS * width))
                        for centre, width in companion.bands], axis=0)
    return text, explained & proven[:, None]


def _vibration(wavenumber, own):
    """The vibration that all known bands near a wavenumber have in common; "" for none.

    Of two materials at least: one alone would be as good as named.
    """
    return common_vibration(
        wavenumber, NEAR, _VISIBLE, materials=2,
        without=lambda band: band.material in own.codes or is_added(band))
