"""Stability: do the networks of a model see the same, or does it depend on chance?

A model usually averages several networks, trained on the same spectra from other random weights
and with other distortions. A map shows what their mean uses. If it is a property of the spectra,
each network alone must have about the same map; what one of them has by chance, the others lack.

Maps of a network alone take as long as all maps together, so they are computed for some spectra
only (:data:`SAMPLE`), from each target in turn.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from orangecontrib.microplastics.explanation.important_bands import (
    ImportantBand,
    mean_map,
    smooth,
)

__all__ = ["SAMPLE", "Stability", "compare_networks", "agreement", "count_networks",
           "agreement_text", "band_text"]

#: Maximum number of spectra on which networks are compared, and for occlusion, which is slow.
SAMPLE, _FEW = 300, 40

#: A network has a band if its share of importance there is at least this part of the mean share.
_PART = .5

#: Rank correlations from which networks agree, or agree in part. Mean maps of classes by networks
#: of one training: .5 to .8 (published spectra of five polymers); if the weights of all but one
#: are drawn anew: -.1 to .2.
_AGREE, _IN_PART = .7, .4


class Stability(NamedTuple):
    """Maps of each network alone.

    Attributes
    ----------
    rows : ndarray of int, shape (k,)
        Rows of the explained spectra, ascending.
    maps : ndarray of float32, shape (networks, k, m)
        NaN where the networks do not look.
    """
    rows: np.ndarray
    maps: np.ndarray

    def mean_maps(self, rows: np.ndarray, axis: np.ndarray, smoothing: float = 0) -> np.ndarray:
        """Mean map of each network over those of `rows` that are here, (networks, m).

        As the maps of a class are drawn, see :func:`.mean_map` and :func:`.smooth`; NaN if none
        of the rows is here.
        """
        own = np.flatnonzero(np.isin(self.rows, rows))
        means = np.stack([mean_map(maps, own) for maps in self.maps])
        return means if not len(own) else smooth(means, axis, smoothing)

    def joined(self, other: Stability) -> Stability:
        """These spectra and others that are not among them."""
        rows = np.r_[self.rows, other.rows]
        order = np.argsort(rows)
        return Stability(rows[order], np.concatenate((self.maps, other.maps), axis=1)[:, order])


def compare_networks(model, explained, rows: np.ndarray | None = None,
                     callback: Callable[[float], None] | None = None) -> Stability | None:
    """Compute the maps of each network alone, of the targets that were explained.

    Parameters
    ----------
    model : DCNetModel
    explained : Explained
    rows : ndarray of int, optional
        By default some of the spectra that have a prediction, from each target in turn.
    callback : callable, optional
        Called with the fraction done; an exception raised in it stops.

    Returns
    -------
    Stability or None
        None for a model of one network, or without predicted spectra.
    """
    from orangecontrib.microplastics.nn.attribution import gradcam
    networks = model.folded_networks
    if rows is None:
        slow = explained.settings["method"] == "occlusion"
        rows = _spread(explained, _FEW if slow else SAMPLE)
    if len(networks) < 2 or not len(rows):
        return None
    settings = dict(explained.settings)
    if isinstance(settings["target"], str):
        # The class that the model predicts, which may not be that of each network.
        settings["target"] = explained.predicted[rows]
    grid = model.grid_spectra(explained.data[rows])
    maps = []
    for i, network in enumerate(networks):
        maps.append(gradcam.explain(
            [network], grid, model.wavenumbers, explained.axis,
            predicted=explained.predicted[rows], **settings,
            callback=callback and (lambda done, i=i: callback((i + done) / len(networks))),
        ).importance)
    return Stability(rows, np.stack(maps))


def _spread(explained, most):
    """At most `most` rows with a prediction, evenly spaced in each target."""
    rows = np.flatnonzero(explained.answered)
    if len(rows) <= most:
        return rows
    turn = np.zeros(len(rows))
    for target in np.unique(explained.target[rows]):
        own = np.flatnonzero(explained.target[rows] == target)
        # As far apart as possible, whatever the number that is taken in the end.
        turn[own[_halving(len(own))]] = np.arange(len(own))
    return np.sort(rows[np.argsort(turn, kind="stable")[:most]])


def _halving(n):
    """0 to n - 1 in an order whose beginnings are spread over all: van der Corput's sequence."""
    bits = max(int(n - 1).bit_length(), 1)
    order = np.zeros(2 ** bits, int)
    for bit in range(bits):
        order |= ((np.arange(2 ** bits) >> bit) & 1) << (bits - 1 - bit)
    return order[order < n]


def agreement(maps: np.ndarray) -> float:
    """Mean rank correlation (Spearman) between the maps of the networks, over all pairs.

    Parameters
    ----------
    maps : ndarray, shape (networks, m)
        Wavenumbers with NaN are left out.

    Returns
    -------
    float
        1 if all networks put the wavenumbers into the same order, about 0 if their maps have
        nothing in common; NaN for less than two maps.
    """
    seen = np.isfinite(maps).all(axis=0)
    if len(maps) < 2 or not seen.any():
        return np.nan
    ranks = rankdata(maps[:, seen], axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    ranks /= np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), 1e-12)
    pairs = np.triu_indices(len(maps), 1)
    return float((ranks @ ranks.T)[pairs].mean())


def count_networks(bands: Sequence[ImportantBand], maps: np.ndarray,
                   axis: np.ndarray) -> list[ImportantBand]:
    """Count in how many networks' own maps each band is.

    A network has a band if the share of its importance between the limits of the band is at
    least half of that share in the mean over the networks.

    Parameters
    ----------
    bands : sequence of ImportantBand
    maps : ndarray, shape (networks, m)
        Of each network alone; values below 0 are ignored.
    axis : ndarray, shape (m,)
        cm-1, in any order.

    Returns
    -------
    list of ImportantBand
        Not counted if less than two networks have a map.
    """
    if len(maps) < 2 or not np.isfinite(maps).any():
        return list(bands)
    order = np.argsort(axis)
    axis = axis[order]
    areas = np.nan_to_num(maps[:, order]).clip(0) * np.abs(np.gradient(axis))
    areas /= np.maximum(areas.sum(axis=1, keepdims=True), 1e-12)
    result = []
    for band in bands:
        shares = areas[:, (band.low <= axis) & (axis <= band.high)].sum(axis=1)
        has = (shares >= _PART * shares.mean()) & (shares > 0)
        result.append(band._replace(networks=int(has.sum()), of_networks=len(maps)))
    return result


def agreement_text(networks: int, value: float) -> str:
    """"3 networks agree: .93"; empty if the networks were not compared."""
    if not np.isfinite(value):
        return ""
    words = "agree" if value >= _AGREE else "agree in part" if value >= _IN_PART else "disagree"
    return f"{networks} networks {words}: " + f"{value:.2f}".replace("0.", ".", 1)


def band_text(band: ImportantBand) -> str:
    """"in 2 of 3 networks"; empty if the band is in all of them, or they were not compared."""
    if band.networks == band.of_networks:
        return ""
    return f"in {band.networks} of {band.of_networks} networks"
