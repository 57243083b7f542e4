"""Is an explanation true of the network? Two checks that can fail.

*Deletion and insertion* (Petsiuk et al., BMVC 2018, arXiv:1806.07421): take away the most
important stretches of a spectrum first; if they were what decided, the probability of the
class falls faster than when stretches are taken away in random order. Or start from
nothing and put the most important ones in first; it must rise faster.

What is taken away is replaced by the straight line between what is left on either side, as
a chemist draws the local baseline under a band. A constant would make edges, and a network
that sees derivatives would react to the edges.

*Model randomisation* (Adebayo et al., NeurIPS 2018, arXiv:1810.03292): with other weights
the maps must be other maps. Some methods of explanation fail that, and show the spectrum.
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
from orangecontrib.microplastics.nn.prediction import predict

__all__ = ["Faithfulness", "faithfulness", "keep_only", "segments", "randomisation",
           "randomised", "RANDOMISATIONS"]


class Faithfulness(NamedTuple):
    """Deletion and insertion of n spectra.

    Attributes
    ----------
    fraction : ndarray, shape (k,)
        Share of the stretches taken away, or put in.
    deletion, insertion : ndarray, shape (n, k)
        Probability of the target, most important first.
    random_deletion, random_insertion : ndarray, shape (n, k)
        The same in random order, mean of the repetitions.
    """
    fraction: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    def areas(self) -> dict[str, float]:
        """Mean area under each curve, 0 to 1."""
        # Trapezoid by hand: numpy renamed its own between 1 and 2.
        return {name: float(((c[:, 1:] + c[:, :-1]) / 2 @ np.diff(self.fraction)).mean())
                for name, c in zip(self._fields[1:], self[1:], strict=True)}

    def gains(self) -> np.ndarray:
        """How much better than chance, for each spectrum: columns deletion, insertion.

        The area saved by deletion and the area won by insertion; above 0 is better than
        random order.
        """
        width = np.diff(self.fraction)
        mean = [((c[:, 1:] + c[:, :-1]) / 2 @ width) for c in self[1:]]
        return np.column_stack((mean[2] - mean[0], mean[1] - mean[3]))


def segments(seen: np.ndarray, width: int = 8) -> np.ndarray:
    """Cut what is seen into stretches.

    Parameters
    ----------
    seen : ndarray of bool, shape (m,)
    width : int
        Points of a stretch; about 32 cm-1 on a grid of 4 cm-1. Single points would tell
        nothing: their neighbours know them.

    Returns
    -------
    ndarray of int, shape (m,)
        Number of the stretch that a point belongs to, -1 where not seen.
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
    """Replace what is not kept by straight lines between what is.

    Parameters
    ----------
    X : ndarray, shape (n, m)
        Spectra on a uniform grid.
    keep : ndarray of bool, shape (n, m)

    Returns
    -------
    ndarray, shape (n, m)
        Beyond the first and last kept point, their values are held; spectra without any
        become their mean.
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
                 repeats: int = 3, seed: int = 0,
                 callback: Callable[[float], None] | None = None) -> Faithfulness:
    """Deletion and insertion curves of explained spectra, against random order.

    Parameters
    ----------
    networks : sequence of DCNet
    X : ndarray, shape (n, wavenumbers)
        On the networks' grid, without missing values.
    importance : ndarray, shape (n, wavenumbers)
        On the grid; NaN where not seen.
    target : ndarray of int, shape (n,), or Target
        Class whose probability is followed; of a Target that of the classes in `plus`.
    width : int
        Points of a stretch.
    steps : int
        Points of the curves less one.
    repeats : int
        Random orders drawn for each spectrum.
    seed : int
    callback : callable, optional
        Called with the fraction done; raising in it stops.

    Raises
    ------
    ValueError
        If shapes disagree.
    """
    X = np.asarray(X, np.float32)
    if X.shape != importance.shape:
        raise ValueError(f"Importance {importance.shape} must stand on the networks' grid, "
                         f"as the spectra {X.shape} do.")
    parts = segments(networks[0].seen(), width)
    n_parts = parts.max() + 1
    weight = np.zeros((n_parts, len(parts)))
    weight[parts[parts >= 0], np.flatnonzero(parts >= 0)] = 1
    weight /= weight.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    # Ties, zeros above all, in random order: their place on the axis must not help.
    value = np.nan_to_num(importance) @ weight.T
    shuffled = rng.permuted(np.tile(np.arange(n_parts), (len(X), 1)), axis=1)
    order = np.take_along_axis(shuffled, np.argsort(
        -np.take_along_axis(value, shuffled, axis=1), axis=1, kind="stable"), axis=1)
    orders = [order] + [rng.permuted(order, axis=1) for _ in range(repeats)]
    counts = np.unique(np.round(np.linspace(0, n_parts, min(steps, n_parts) + 1)).astype(int))
    follow = _follower(networks, target)
    curves = np.empty((len(orders), 2, len(X), len(counts)))
    for i, own in enumerate(orders):
        rank = np.argsort(own, axis=1)
        # Rank of each point's stretch; left-out points stay as they are.
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


def _follower(networks, target):
    def follow(X):
        probabilities = predict(networks, X)
        if isinstance(target, Target):
            return probabilities[:, list(target.plus)].sum(axis=1)
        return probabilities[np.arange(len(X)), target]
    return follow


#: What is drawn anew: the classifier alone, what follows the convolutions, or everything.
RANDOMISATIONS = ("classifier", "attention and classifier", "all")


def randomised(network: DCNet, what: str, seed: int) -> DCNet:
    """A copy of a network with some of its weights drawn anew; the network itself stays."""
    if what not in RANDOMISATIONS:
        raise ValueError(f"What to draw anew is one of {', '.join(RANDOMISATIONS)}, not '{what}'.")
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
    """How alike maps are before and after weights are drawn anew.

    Parameters
    ----------
    networks, X, grid, method
        As in :func:`gradcam.explain`.
    target : ndarray of int, shape (n,), or Target, optional
        By default the classes that the trained networks predict, the same for the
        randomised ones.

    Returns
    -------
    dict of str to float
        For each of :data:`RANDOMISATIONS`, the mean rank correlation of the signed maps of
        each spectrum: 1 for maps that do not care about the weights, about 0 for maps
        that do.
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
