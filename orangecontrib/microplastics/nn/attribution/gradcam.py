"""Grad-CAM for one-dimensional networks: which wavenumbers a prediction depends on.

Grad-CAM is Selvaraju et al., ICCV 2017 (arXiv:1610.02391): the channels of a feature map are
weighted by the gradients of the class score, averaged over the positions, and summed.
Only `DCNet.head` is differentiated, with `torch.autograd.grad` on the attended maps, so
an explanation takes little longer than a prediction and does not change the network.

**Branches and networks.** The score of a network is linear in the pooled maps of its branches,
and several networks are averaged. All branches of all networks are therefore treated as
branches of one large network whose score is the mean: their signed maps are added (divided
by the number of networks), and the ReLU is applied to the sum. The map of a single branch is
computed from that branch's maps only, so the signed maps of the branches add up to the
combined one.

**Choice of method.** Grad-CAM averages a channel's gradient over all positions. This is right
for networks with global average pooling, where the gradient is the same at each position. The
head of DCNet weights a feature by its position, so the average mixes the weight at the band
with the weights at all other positions, and the map can vanish or change its sign (in the
tests of :mod:`.faithfulness` on real spectra, its order of deletion is no better than random).
HiResCAM multiplies gradient and map element by element. Its sum is exactly the score minus the
classifier's offset, and it is better than random on nearly every spectrum; but its columns are
some 60 cm-1 apart. The default is "fine" (:mod:`.fine`), which multiplies it by integrated
gradients: on a study left out of training it is better than random on nearly every spectrum, and
half of the importance lies on a quarter of the wavenumbers that HiResCAM needs for it
(``benchmarks maps``). Original Grad-CAM, which is explained first in any lesson, is available for
comparison.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.config import DEFAULT_METHOD, PREDICTED
from orangecontrib.microplastics.nn.attribution.fine import (
    RESOLUTION,
    FineProjection,
    integrated_gradients,
)
from orangecontrib.microplastics.nn.attribution.occlusion import Occluder, mean_scores
from orangecontrib.microplastics.nn.attribution.projection import Projection
from orangecontrib.microplastics.nn.attribution.targets import Contrast, Target
from orangecontrib.microplastics.nn.devices import side_by_side
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.prediction import folded

__all__ = ["METHODS", "DEFAULT_METHOD", "Part", "Explanation", "explain", "explain_batches",
           "check_spectra", "resolution"]

#: Spectra explained at a time: 256 maps of 2 x 64 channels x 50 positions are 6 MB.
BATCH_SIZE = 256

#: Maximum for fine maps, which take longer: for the progress, and for as many batches as threads.
_FINE_BATCH = 128


def _gradcam(maps, grads):
    return torch.bmm(grads.mean(dim=2)[:, None], maps)[:, 0]


def _gradcam_plus_plus(maps, grads):
    # Chattopadhay et al., WACV 2018 (arXiv:1710.11063), eq. 19 for an exponential score, of
    # which the second and third derivatives are powers of the first.
    squared = grads ** 2
    below = 2 * squared + (maps.sum(dim=2, keepdim=True) * squared * grads)
    alpha = torch.where(below != 0, squared / torch.where(below != 0, below, 1), 0)
    weights = (alpha * grads.clamp_min(0)).sum(dim=2)
    return torch.bmm(weights[:, None], maps)[:, 0]


def _hirescam(maps, grads):
    # Draelos and Carin, 2020 (arXiv:2011.08891): element by element, without averaging. Its sum
    # over branches and positions is the score minus the classifier's offset.
    return (maps * grads).sum(dim=1)


_FROM_GRADIENTS = {"gradcam": _gradcam, "hirescam": _hirescam, "gradcam++": _gradcam_plus_plus}

#: Names of the methods: "fine" is that of :mod:`.fine`, "occlusion" a slow reference.
FINE = "fine"
METHODS = (FINE, *_FROM_GRADIENTS, "occlusion")


class Part(NamedTuple):
    """Explanation of one batch of spectra, see :class:`Explanation`."""
    rows: slice
    importance: np.ndarray
    scores: np.ndarray


class Explanation(NamedTuple):
    """Explanation of n spectra.

    It holds no predictions: these come from :meth:`.DCNetModel.answer`, which applies the
    temperature and leaves out spectra that cannot be predicted.

    Attributes
    ----------
    importance : ndarray of float32, shape (n, m)
        On the requested axis; NaN where the networks do not look, and for spectra with
        missing values.
    scores : ndarray of float32, shape (n, classes)
        Class scores before softmax, mean over the networks; NaN for spectra with missing values.
    """
    importance: np.ndarray
    scores: np.ndarray


def explain(networks: Sequence[DCNet], X: np.ndarray, grid: np.ndarray,
            axis: np.ndarray | None = None, *,
            callback: Callable[[float], None] | None = None, **settings) -> Explanation:
    """Compute the importance of every wavenumber of every spectrum.

    Parameters
    ----------
    networks : sequence of DCNet
        In evaluation mode; explained as their mean.
    X : ndarray, shape (n, wavenumbers)
        Absorbance on the networks' grid.
    grid : ndarray, shape (wavenumbers,)
        In cm-1, ascending.
    axis : ndarray, shape (m,), optional
        Wavenumbers in cm-1 of the importance, in any order; by default the grid.
    callback : callable, optional
        Called with the fraction done after each batch; an exception raised in it stops.
    **settings
        As in :func:`explain_batches`.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        As in :func:`explain_batches`.
    """
    n_classes = networks[0].config.n_classes
    result = Explanation(
        np.empty((len(X), len(grid if axis is None else axis)), np.float32),
        np.empty((len(X), n_classes), np.float32))
    for part in explain_batches(networks, X, grid, axis, **settings):
        for whole, piece in zip(result, part[1:], strict=True):
            whole[part.rows] = piece
        if callback is not None:
            callback(part.rows.stop / len(X))
    return result


def explain_batches(networks: Sequence[DCNet], X: np.ndarray, grid: np.ndarray,
                    axis: np.ndarray | None = None, *,
                    target: str | int | Target | Contrast | np.ndarray = PREDICTED,
                    predicted: np.ndarray | None = None, method: str = DEFAULT_METHOD,
                    branch: int | None = None, signed: bool = False,
                    batch_size: int = BATCH_SIZE) -> Iterator[Part]:
    """Like :func:`explain`, but yield batches: only one batch's feature maps are in memory.

    Parameters
    ----------
    target : "predicted", int, Target, Contrast, or ndarray of int, shape (n,)
        The predicted class of each spectrum, one class for all, classes for and against,
        classes for and against that depend on the predicted class, or one class per spectrum.
    predicted : ndarray of int, shape (n,), optional
        The predicted class of each spectrum; by default that of the networks' mean softmax. A
        model passes its own prediction, which may differ because of its temperature.
    method : str
        One of :data:`METHODS`. "occlusion" replaces 8 points of the grid (32 cm-1 at 4 cm-1
        per point) at a time by a straight line; importance is the decrease of the score.
    branch : int, optional
        Explain only this branch; by default all.
    signed : bool
        Keep evidence against the target as negative importance (no ReLU).

    Raises
    ------
    ValueError
        If method, branch or target are unknown, or X, `predicted` or `target` have a wrong shape;
        also as in :class:`.Projection`.
    """
    networks = list(networks)
    _check(networks, X, target, predicted, method, branch)
    networks = folded(networks)
    work = _occlusion(networks, grid, axis, signed, branch) if method == "occlusion" else \
        _fine(networks, grid, axis, signed, branch) if method == FINE else \
        _on_maps(networks, grid, axis, signed, branch, _FROM_GRADIENTS[method])
    if method == "occlusion":
        # Each batch is predicted hundreds of times; small batches can be cancelled quickly.
        batch_size = min(batch_size, 32)
    elif method == FINE:
        batch_size = min(batch_size, _FINE_BATCH)

    def explained(rows):
        x = torch.from_numpy(np.ascontiguousarray(X[rows], np.float32))
        usable = x.isfinite().all(dim=1)
        if not usable.all():
            x = torch.where(usable[:, None], x, 0)
        given = target[rows] if isinstance(target, np.ndarray) else target
        classes = None if predicted is None else torch.from_numpy(predicted[rows].astype(int))
        with torch.no_grad():
            maps = [[f.map for f in net.features(x)] for net in networks]
        importance, scores = work(x, maps, given, classes)
        for values in () if usable.all() else (importance, scores):
            values[~usable.numpy()] = np.nan
        return Part(rows, importance, scores)

    batches = [slice(start, min(start + batch_size, len(X)))
               for start in range(0, len(X), batch_size)]
    yield from side_by_side(explained, batches)


def _on_maps(networks, grid, axis, signed, branch, method):
    projection = Projection(networks, grid, axis)

    def work(_x, maps, target, predicted):
        found, scores = _from_gradients(networks, maps, target, predicted, method, branch)
        return projection(found if signed else found.relu()), scores.numpy()
    return work


def _fine(networks, grid, axis, signed, branch):
    projection = FineProjection(networks, grid, axis)

    def work(x, maps, target, predicted):
        found, scores = _from_gradients(networks, maps, target, predicted, _hirescam, branch)
        if predicted is None:
            with torch.no_grad():
                predicted = mean_scores(networks, maps)[1]
        gradients = integrated_gradients(networks, x, _target_score(target, predicted), branch)
        return projection(found, gradients, signed), scores.numpy()
    return work


def _occlusion(networks, grid, axis, signed, branch):
    occluder = Occluder(networks[0].seen())
    projection = Projection(networks, grid, axis, occluder.centres)

    def work(x, maps, target, predicted):
        with torch.no_grad():
            scores, own = mean_scores(networks, maps)
        score = _target_score(target, own if predicted is None else predicted)
        found = occluder(networks, x, maps, score, branch) / len(networks)
        return projection(found if signed else found.relu()), scores.numpy()
    return work


def resolution(networks: Sequence[DCNet], grid: np.ndarray, method: str = DEFAULT_METHOD) -> float:
    """How well maps of a method resolve wavenumbers, cm-1."""
    if method == FINE:
        return RESOLUTION
    return float(np.median(np.diff(Projection(networks, grid).centres)))


def check_spectra(networks: Sequence[DCNet], X: np.ndarray):
    """Raise ValueError unless `X` has one column for each wavenumber of the networks' grid."""
    wanted = networks[0].config.n_wavenumbers
    if X.ndim != 2 or X.shape[1] != wanted:
        raise ValueError(f"The network takes {wanted} wavenumbers, "
                         f"spectra have the shape {X.shape}.")


def _check(networks, X, target, predicted, method, branch):
    if method not in METHODS:
        raise ValueError(f"Method '{method}' is not known; choose one of {', '.join(METHODS)}.")
    config = networks[0].config
    n_branches = min(len(net.branches) for net in networks)
    if branch is not None and not 0 <= branch < n_branches:
        raise ValueError(f"The network has {n_branches} branches, counted from 0; "
                         f"there is no branch {branch}.")
    check_spectra(networks, X)
    if predicted is not None and predicted.shape != (len(X),):
        raise ValueError(f"{len(X)} spectra need as many predicted classes, not {predicted.shape}.")
    if isinstance(target, str):
        if target != PREDICTED:
            raise ValueError(f"Target '{target}' is not known; give '{PREDICTED}', the number of "
                             "a class or a Target.")
        return
    if isinstance(target, Contrast):
        if any(mask.shape != (config.n_classes,) * 2 for mask in target):
            raise ValueError(f"A contrast needs masks of {config.n_classes} x {config.n_classes}.")
        return
    if isinstance(target, np.ndarray) and target.shape != (len(X),):
        raise ValueError(f"{len(X)} spectra need as many targets, not {target.shape}.")
    numbers = np.array([*target.plus, *target.minus] if isinstance(target, Target)
                       else np.atleast_1d(target))
    if isinstance(target, Target) and not target.plus:
        raise ValueError("A target needs at least one class in `plus`.")
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < config.n_classes):
        raise ValueError(f"Targets must be classes from 0 to {config.n_classes - 1}.")


def _target_score(target, predicted) -> Callable[[Tensor], Tensor]:
    """Return the function from class scores (B, classes) to the score to explain (B,)."""
    if isinstance(target, Target):
        return target.score
    if isinstance(target, Contrast):
        return lambda scores: target.score(scores, predicted)
    if isinstance(target, str):
        index = predicted
    else:
        index = torch.as_tensor(target, dtype=torch.long).expand(len(predicted))
    return lambda scores: scores.gather(1, index[:, None])[:, 0]


def _from_gradients(networks, maps, target, predicted, method, branch):
    flat = [m.requires_grad_() for own in maps for m in own]
    with torch.enable_grad():
        scores, own = mean_scores(networks, maps)
        # The head treats spectra independently, so the gradient of the sum holds that of each.
        total = _target_score(target, own if predicted is None else predicted)(scores).sum()
        # Undo the mean over the networks, which is taken of the maps at the end: Grad-CAM++ is
        # not linear in the gradients.
        grads = iter(torch.autograd.grad(total * len(networks), flat))
    result = 0
    with torch.no_grad():
        for own in maps:
            for i, m in enumerate(own):
                grad = next(grads)
                if branch is None or i == branch:
                    result = result + method(m, grad)
    return result / len(networks), scores.detach()
