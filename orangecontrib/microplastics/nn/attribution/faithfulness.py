"""Faithfulness of explanations to the network: two tests that an explanation can fail.

*Deletion and insertion* (Petsiuk et al., BMVC 2018, arXiv:1806.07421): delete the most
important segments of a spectrum first; if the prediction depends on them, the probability of
the class falls faster than when segments are deleted in random order. Or start from an empty
spectrum and insert the most important segments first; the probability must rise faster.

Deleted points are replaced by the straight line between the remaining points on either side,
as a chemist draws the local baseline under a band. A constant would create edges, to which a
network that uses derivatives would react.

*Model randomisation* (Adebayo et al., NeurIPS 2018, arXiv:1810.03292): with other weights,
the maps must differ. Some explanation methods fail this test, since they show the spectrum.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import rankdata

from orangecontrib.microplastics.nn.attribution.gradcam import DEFAULT_METHOD, explain
from orangecontrib.microplastics.nn.attribution.targets import Target
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.prediction import folded, predict

__all__ = ["Faithfulness", "faithfulness", "keep_only", "segments", "randomisation",
           "randomised", "RANDOMISATIONS"]


class Faithfulness(NamedTuple):
    """Deletion and insertion of n spectra.

    Attributes
    ----------
    fraction : ndarray, shape (k,)
        Share of the segments deleted, or inserted.
    deletion, insertion : ndarray, shape (n, k)
        Probability of the target, most important segments first.
    random_deletion, random_insertion : ndarray, shape (n, k)
        The same in random order, mean of the repeats.
    """
    fraction: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    def areas(self) -> dict[str, float]:
        """Mean area under each curve, 0 to 1."""
        # The trapezoidal rule written out, since numpy 2 renamed its function.
        return {name: float(((c[:, 1:] + c[:, :-1]) / 2 @ np.diff(self.fraction)).mean())
                for name, c in zip(self._fields[1:], self[1:], strict=True)}

    def gains(self) -> np.ndarray:
        """Gain over random order for each spectrum: columns deletion, insertion.

        Deletion: area under the random curve minus area under the curve. Insertion: area under
        the curve minus area under the random curve. Above 0 is better than random order.
        """
        width = np.diff(self.fraction)
        mean = [((c[:, 1:] + c[:, :-1]) / 2 @ width) for c in self[1:]]
        return np.column_stack((mean[2] - mean[0], mean[1] - mean[3]))


def segments(seen: np.ndarray, width: int = 8) -> np.ndarray:
    """Divide the wavenumbers that a network uses into segments.

    Parameters
    ----------
    seen : ndarray of bool, shape (m,)
        Wavenumbers that the network uses.
    width : int
        Approximate number of points in a segment; 8 are 32 cm-1 on a grid of 4 cm-1. Deleting
        a single point would show little, since its neighbours hold the same information.

    Returns
    -------
    ndarray of int, shape (m,)
        Number of the segment of each point, -1 where not seen.
    """
    result = np.full(len(seen), -1)
    edges = np.flatnonzero(np.diff(np.r_[0, seen.astype(int), 0])).reshape(-1, 2)
    n = 0
    for start, stop in edges:
        pieces = max(1, round((stop - start) / width))
        result[start:stop] = n + np.arange(stop - start) * pieces // (stop - start)
        n += pieces
    return result


def keep_only(X: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Replace points that are not kept by straight lines between those that are.

    Parameters
    ----------
    X : ndarray, shape (n, m)
        Spectra on a uniform grid.
    keep : ndarray of bool, shape (n, m)

    Returns
    -------
    ndarray, shape (n, m)
        Beyond the first and last kept points, their values are repeated; a spectrum without
        any kept point becomes its mean.
    """
    n, m = X.shape
    index = np.arange(m)
    before = np.maximum.accumulate(np.where(keep, index, -1), axis=1)
    after = np.minimum.accumulate(np.where(keep, index, m)[:, ::-1], axis=1)[:, ::-1]
    left, right = np.where(before < 0, after, before), np.where(after >= m, before, after)
    none = ~keep.any(axis=1)
    left[none], right[none] = 0, 0
    rows = np.arange(n)[:, None]
    share = np.where(right > left, (index - left) / np.maximum(right - left, 1), 0)
    result = X[rows, left] * (1 - share) + X[rows, right] * share
    result[none] = X[none].mean(axis=1, keepdims=True)
    return result


def faithfulness(networks: Sequence[DCNet], X: np.ndarray, importance: np.ndarray,
                 target: np.ndarray | Target, *, width: int = 8, steps: int = 20,
                 repeats: int = 3, seed: int = 0, temperature: float = 1.0,
                 callback: Callable[[float], None] | None = None) -> Faithfulness:
    """Compute deletion and insertion curves of explained spectra, and those of random order.

    Parameters
    ----------
    networks : sequence of DCNet
    X : ndarray, shape (n, wavenumbers)
        On the networks' grid, without missing values.
    importance : ndarray, shape (n, wavenumbers)
        On the grid; NaN where not seen.
    target : ndarray of int, shape (n,), or Target
        Class whose probability is computed; for a Target, the classes in `plus` together.
    width : int
        Points in a segment, see :func:`segments`.
    steps : int
        Number of points of the curves minus one; fewer if there are fewer segments.
    repeats : int
        Number of random orders drawn for each spectrum.
    seed : int
    temperature : float
        Of the model, so that probabilities are those that it gives.
    callback : callable, optional
        Called with the fraction done; an exception raised in it stops the computation.

    Raises
    ------
    ValueError
        If shapes disagree.
    """
    X = np.asarray(X, np.float32)
    if X.shape != importance.shape:
        raise ValueError(f"Importance {importance.shape} must have the shape of the spectra, "
                         f"{X.shape}.")
    parts = segments(networks[0].seen(), width)
    n_parts = parts.max() + 1
    weight = np.zeros((n_parts, len(parts)))
    weight[parts[parts >= 0], np.flatnonzero(parts >= 0)] = 1
    weight /= weight.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    # Random order among ties, mostly zeros, since their position on the axis must not count.
    value = np.nan_to_num(importance) @ weight.T
    shuffled = rng.permuted(np.tile(np.arange(n_parts), (len(X), 1)), axis=1)
    order = np.take_along_axis(shuffled, np.argsort(
        -np.take_along_axis(value, shuffled, axis=1), axis=1, kind="stable"), axis=1)
    orders = [order] + [rng.permuted(order, axis=1) for _ in range(repeats)]
    counts = np.unique(np.round(np.linspace(0, n_parts, min(steps, n_parts) + 1)).astype(int))
    follow = _follower(folded(list(networks)), target, temperature)
    curves = np.empty((len(orders), 2, len(X), len(counts)))
    for i, own in enumerate(orders):
        rank = np.argsort(own, axis=1)
        # Rank of each point's segment. Points that are not seen are kept in deletion and
        # interpolated in insertion.
        point_rank = np.where(parts >= 0, rank[:, parts.clip(0)], -1)
        for j, count in enumerate(counts):
            deleted = (point_rank < 0) | (point_rank >= count)
            inserted = (point_rank >= 0) & (point_rank < count)
            curves[i, 0, :, j] = follow(keep_only(X, deleted))
            curves[i, 1, :, j] = follow(keep_only(X, inserted))
            if callback is not None:
                callback((i * len(counts) + j + 1) / (len(orders) * len(counts)))
    return Faithfulness(counts / n_parts, curves[0, 0], curves[0, 1],
                        curves[1:, 0].mean(axis=0), curves[1:, 1].mean(axis=0))


def _follower(networks, target, temperature):
    def follow(X):
        probabilities = predict(networks, X, temperature)
        if isinstance(target, Target):
            return probabilities[:, list(target.plus)].sum(axis=1)
        return probabilities[np.arange(len(X)), target]
    return follow


#: Weights to randomise: those of the classifier, all after the convolutions, or all.
RANDOMISATIONS = ("classifier", "attention and classifier", "all")


def randomised(network: DCNet, what: str, seed: int) -> DCNet:
    """Return a copy of a network in which some weights are drawn anew.

    Parameters
    ----------
    network : DCNet
        Is not changed.
    what : str
        One of :data:`RANDOMISATIONS`.
    seed : int

    Raises
    ------
    ValueError
        If `what` is unknown.
    """
    if what not in RANDOMISATIONS:
        raise ValueError(f"Cannot randomise '{what}'; choose one of {', '.join(RANDOMISATIONS)}.")
    fresh = DCNet(network.config, torch.Generator().manual_seed(seed)).eval()
    if what == "all":
        return fresh
    result = copy.deepcopy(network)
    result.classifier.load_state_dict(fresh.classifier.state_dict())
    if what != "classifier":
        for mine, other in zip(result.branches, fresh.branches, strict=True):
            mine.attention.load_state_dict(other.attention.state_dict())
    return result.eval()


def randomisation(networks: Sequence[DCNet], X: np.ndarray, grid: np.ndarray,
                  target: np.ndarray | Target | None = None, *, method: str = DEFAULT_METHOD,
                  repeats: int = 3, seed: int = 0,
                  callback: Callable[[float], None] | None = None) -> dict[str, float]:
    """Similarity of the maps before and after weights are drawn anew.

    Parameters
    ----------
    networks, X, grid, method
        As in :func:`.gradcam.explain`.
    target : ndarray of int, shape (n,), or Target, optional
        By default the classes that the trained networks predict; also used for the
        randomised networks.
    repeats : int
        Number of randomised copies of each network, for each of :data:`RANDOMISATIONS`.
    seed : int
    callback : callable, optional
        Called with the fraction done; an exception raised in it stops the computation.

    Returns
    -------
    dict of str to float
        For each of :data:`RANDOMISATIONS`, the rank correlation of the signed maps of each
        spectrum, averaged: 1 if the maps do not depend on the weights, about 0 if they do.
    """
    if target is None:
        target = predict(networks, X).argmax(axis=1)
    trained = explain(networks, X, grid, target=target, method=method, signed=True)
    seen = networks[0].seen()
    ranks = _standard_ranks(trained.importance[:, seen])
    seeds = np.random.SeedSequence(seed).generate_state(repeats * len(networks))
    result = {}
    for i, what in enumerate(RANDOMISATIONS):
        likeness = []
        for j in range(repeats):
            own = seeds[j * len(networks):(j + 1) * len(networks)]
            others = [randomised(net, what, int(s)) for net, s in zip(networks, own, strict=True)]
            maps = explain(others, X, grid, target=target, method=method, signed=True).importance
            likeness.append((ranks * _standard_ranks(maps[:, seen])).sum(axis=1).mean())
            if callback is not None:
                callback((i * repeats + j + 1) / (repeats * len(RANDOMISATIONS)))
        result[what] = float(np.mean(likeness))
    return result


def _standard_ranks(maps):
    ranks = rankdata(maps, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    return ranks / np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), 1e-12)
