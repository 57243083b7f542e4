"""Grad-CAM for one-dimensional networks: which wavenumbers decided.

Grad-CAM is Selvaraju et al., ICCV 2017 (arXiv:1610.02391): a feature map's channels are
weighted by the gradients of the class score, averaged over the positions, and summed.
Only `DCNet.head` is differentiated, with `torch.autograd.grad` on the attended maps, so
an explanation costs little more than a prediction and leaves nothing on the network.

**Branches and networks.** A network's score is linear in the pooled maps of its branches,
and several networks are averaged. All branches of all networks are therefore branches of
one large network whose score is the mean: their signed maps are added (divided by the
number of networks), and the ReLU is taken of the sum. A branch alone is the same with the
maps of that branch only, so the signed maps of the branches add up to the combined one.

**Which method.** Grad-CAM averages a channel's gradient over all positions. That is right
for networks that pool by the average over everything, where it is the same at each. The
head of DCNet weighs a feature by where it stands, so that the average mixes the weight of
the band with those of all other places, and the map can vanish or turn round (in the
tests of :mod:`faithfulness` on real spectra its order of deletion is no better than chance).
HiResCAM multiplies gradient and map element by element, adds up to the score exactly, and
beats chance on nearly every spectrum: it is the default, Grad-CAM proper is there to compare.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.nn.attribution.occlusion import Occluder, mean_scores
from orangecontrib.microplastics.nn.attribution.projection import Projection
from orangecontrib.microplastics.nn.attribution.targets import PREDICTED, Contrast, Target
from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.nn.network import DCNet

__all__ = ["METHODS", "DEFAULT_METHOD", "Part", "Explanation", "explain", "explain_batches",
           "check_spectra"]

#: Spectra explained at a time: 256 maps of 2 x 64 channels x 50 positions are 6 MB.
BATCH_SIZE = 256


def _gradcam(maps, grads):
    return torch.bmm(grads.mean(dim=2)[:, None], maps)[:, 0]


def _gradcam_plus_plus(maps, grads):
    # Chattopadhay et al., WACV 2018 (arXiv:1710.11063), eq. 19 for an exponential score:
    # second and third derivatives are then powers of the first.
    squared = grads ** 2
    below = 2 * squared + (maps.sum(dim=2, keepdim=True) * squared * grads)
    alpha = torch.where(below != 0, squared / torch.where(below != 0, below, 1), 0)
    weights = (alpha * grads.clamp_min(0)).sum(dim=2)
    return torch.bmm(weights[:, None], maps)[:, 0]


def _hirescam(maps, grads):
    # Draelos and Carin, 2020 (arXiv:2011.08891): element by element, without averaging. Its sum
    # over branches and positions is the score less the classifier's offset.
    return (maps * grads).sum(dim=1)


_FROM_GRADIENTS = {"gradcam": _gradcam, "gradcam++": _gradcam_plus_plus, "hirescam": _hirescam}

#: Names of the methods; "occlusion" is the slow reference.
METHODS = (*_FROM_GRADIENTS, "occlusion")

#: The most faithful of the fast ones for this architecture, see the top of this file.
DEFAULT_METHOD = "hirescam"


class Part(NamedTuple):
    """Explanation of some spectra, see :class:`Explanation`."""
    rows: slice
    importance: np.ndarray
    scores: np.ndarray


class Explanation(NamedTuple):
    """Explanation of n spectra.

    What the model says of the spectra is not in it: that is :meth:`.DCNetModel.answer`'s to
    say, which knows the temperature and which spectra cannot be predicted.

    Attributes
    ----------
    importance : ndarray of float32, shape (n, m)
        On the axis asked for; NaN where the networks do not look, and for spectra with
        missing values.
    scores : ndarray of float32, shape (n, classes)
        Class scores before softmax, mean of the networks.
    """
    importance: np.ndarray
    scores: np.ndarray


def explain(networks: Sequence[DCNet], X: np.ndarray, grid: np.ndarray,
            axis: np.ndarray | None = None, *,
            callback: Callable[[float], None] | None = None, **settings) -> Explanation:
    """Importance of every wavenumber of every spectrum.

    Parameters
    ----------
    networks : sequence of DCNet
        In evaluation mode, averaged.
    X : ndarray, shape (n, wavenumbers)
        Absorbance on the networks' grid.
    grid : ndarray, shape (wavenumbers,)
        In cm-1, ascending.
    axis : ndarray, shape (m,), optional
        Wavenumbers in cm-1 that importance is wanted at, in any order; the grid by default.
    callback : callable, optional
        Called with the fraction done after each batch; raising in it stops.
    **settings
        Of :func:`explain_batches`.

    Returns
    -------
    Explanation
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
    """Like :func:`explain`, batch by batch: feature maps of one batch are held at a time.

    Parameters
    ----------
    target : "predicted", int, Target, Contrast, or ndarray of int, shape (n,)
        The predicted class of each spectrum, one class for all, classes for and against it,
        the same by what is predicted, or a class for each spectrum.
    predicted : ndarray of int, shape (n,), optional
        The class of each spectrum; by default that of the networks' mean softmax. A model
        passes its own answer, which a temperature may make another one.
    method : str
        One of :data:`METHODS`. "occlusion" draws a straight line under 32 cm-1 (8 points
        of the grid) at a time and takes how far the score falls.
    branch : int, optional
        This branch only; all by default.
    signed : bool
        Keep what speaks against the target as negative importance (no ReLU).

    Raises
    ------
    ValueError
        If method, branch or target are not known, or X does not fit the grid.
    """
    networks = list(networks)
    _check(networks, X, target, predicted, method, branch)
    n_networks = len(networks)
    networks = [net.folded() for net in networks]
    if method == "occlusion":
        occluder = Occluder(networks[0].seen())
        projection = Projection(networks, grid, axis, occluder.centres)
        # Each batch is predicted hundreds of times: smaller ones, that a user can stop it.
        batch_size = min(batch_size, 32)
    else:
        projection = Projection(networks, grid, axis)
    for start in range(0, len(X), batch_size):
        rows = slice(start, min(start + batch_size, len(X)))
        x = torch.from_numpy(np.ascontiguousarray(X[rows], np.float32))
        usable = x.isfinite().all(dim=1)
        if not usable.all():
            x = torch.where(usable[:, None], x, 0)
        given = target[rows] if isinstance(target, np.ndarray) else target
        classes = None if predicted is None else torch.from_numpy(predicted[rows].astype(int))
        with threads():
            with torch.no_grad():
                maps = [[f.map for f in net.features(x)] for net in networks]
            if method == "occlusion":
                with torch.no_grad():
                    scores, own = mean_scores(networks, maps)
                score = _target_score(given, own if classes is None else classes)
                signed_map = occluder(networks, x, maps, score, branch)
            else:
                signed_map, scores = _from_gradients(
                    networks, maps, given, classes, _FROM_GRADIENTS[method], branch)
            importance = projection(signed_map / n_networks if signed
                                    else signed_map.relu() / n_networks)
        result = [importance, scores.numpy()]
        if not usable.all():
            for values in result:
                values[~usable.numpy()] = np.nan
        # Outside the block above: a generator may rest here for as long as it pleases.
        yield Part(rows, *result)


def check_spectra(networks: Sequence[DCNet], X: np.ndarray):
    """Raise ValueError unless `X` has a column for each wavenumber that the networks take."""
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
        raise ValueError(f"{len(X)} spectra have as many classes, not {predicted.shape}.")
    if isinstance(target, str):
        if target != PREDICTED:
            raise ValueError(f"Target '{target}' is not known; give '{PREDICTED}', the number of "
                             "a class or a Target.")
        return
    if isinstance(target, Contrast):
        if any(mask.shape != (config.n_classes,) * 2 for mask in target):
            raise ValueError(f"The contrast must be of {config.n_classes} classes.")
        return
    if isinstance(target, np.ndarray) and target.shape != (len(X),):
        raise ValueError(f"{len(X)} spectra need as many targets, not {target.shape}.")
    numbers = np.array([*target.plus, *target.minus] if isinstance(target, Target)
                       else np.atleast_1d(target))
    if isinstance(target, Target) and not target.plus:
        raise ValueError("A target needs at least one class for it.")
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < config.n_classes):
        raise ValueError(f"Targets must be classes from 0 to {config.n_classes - 1}.")


def _target_score(target, predicted) -> Callable[[Tensor], Tensor]:
    """Function from scores (B, classes) to the score to be explained (B,)."""
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
        # Rows do not meet in the head, so the gradient of the sum is that of each.
        total = _target_score(target, own if predicted is None else predicted)(scores).sum()
        # The mean over the networks is taken at the end, for Grad-CAM++ as for the others.
        grads = iter(torch.autograd.grad(total * len(networks), flat))
    result = 0
    with torch.no_grad():
        for own in maps:
            for i, m in enumerate(own):
                grad = next(grads)
                if branch is None or i == branch:
                    result = result + method(m, grad)
    return result, scores.detach()
