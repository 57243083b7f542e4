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

from orangecontrib.microplastics.network import DCNet

__all__ = ["METHODS", "DEFAULT_METHOD", "PREDICTED", "Target", "component_targets", "Projection",
           "Part", "Explanation", "explain", "explain_batches", "Attention", "attention"]

#: Target of each spectrum: the class that the networks give it.
PREDICTED = "predicted"

#: Spectra explained at a time: 256 maps of 2 x 64 channels x 50 positions are 6 MB.
BATCH_SIZE = 256


class Target(NamedTuple):
    """What is to be explained: classes for it, and classes against it.

    The score is logsumexp(scores of `plus`) - logsumexp(scores of `minus`). Without
    `minus` and with one class in `plus` that is the class's own score. With all classes
    on one side or the other it is the log odds of `plus` under softmax.
    """
    plus: tuple[int, ...]
    minus: tuple[int, ...] = ()

    def score(self, scores: Tensor) -> Tensor:
        """(B, classes) -> (B,)."""
        result = scores[:, list(self.plus)].logsumexp(dim=1)
        if self.minus:
            result = result - scores[:, list(self.minus)].logsumexp(dim=1)
        return result


def component_targets(classes: Sequence[str], separator: str = " + ") -> dict[str, Target]:
    """A target for each component of combination classes such as "PE + PP".

    The map of a combination's own score is ruled by its major component. Contrasting all
    combinations that hold the component with all that do not asks for the component alone:
    the score is its log odds of being present.

    Parameters
    ----------
    classes : sequence of str
        Class names in the order of the network's outputs.
    separator : str
        Text between the components of a name.

    Returns
    -------
    dict of str to Target
        By component, in order of first appearance; empty where no class is a combination.
    """
    parts = [[p.strip() for p in name.split(separator)] for name in classes]
    if all(len(p) < 2 for p in parts):
        return {}
    components = dict.fromkeys(component for names in parts for component in names)
    return {component: Target(
        tuple(i for i, names in enumerate(parts) if component in names),
        tuple(i for i, names in enumerate(parts) if component not in names))
        for component in components}


class Projection:
    """From positions of the feature maps to an axis of wavenumbers, linearly interpolated.

    Parameters
    ----------
    networks : sequence of DCNet
        Of one architecture.
    grid : ndarray, shape (n,)
        The networks' own wavenumbers in cm-1, ascending and uniform.
    axis : ndarray, shape (m,), optional
        Wavenumbers in cm-1 to arrive at, in any order; the grid by default.
    positions : ndarray, optional
        Fractional indices of the grid that maps stand at; the networks' own by default.

    Attributes
    ----------
    seen : ndarray of bool, shape (m,)
        Whether the networks see that wavenumber: it lies on the grid, and in a region
        that is not left out. What is not seen has no importance, not zero importance.
    centres : ndarray
        Wavenumbers in cm-1 of the maps' columns.

    Raises
    ------
    ValueError
        If the networks differ in architecture or do not belong to the grid, or if none
        of the axis is seen.
    """

    def __init__(self, networks, grid, axis=None, positions=None):
        grid = np.asarray(grid, float)
        axis = grid if axis is None else np.asarray(axis, float)
        own = [p for net in networks for p in net.positions()]
        if any(not np.array_equal(p, own[0]) for p in own):
            raise ValueError("Networks that are explained together must have the same strides, "
                             "pools and regions.")
        if networks[0].config.n_wavenumbers != len(grid):
            raise ValueError(f"The network takes {networks[0].config.n_wavenumbers} "
                             f"wavenumbers, the grid has {len(grid)}.")
        positions = own[0] if positions is None else positions
        index = np.arange(len(grid), dtype=float)
        self.centres = np.interp(positions, index, grid)
        step = grid[1] - grid[0]
        nearest = np.clip(np.rint((axis - grid[0]) / step), 0, len(grid) - 1).astype(int)
        self.seen = (networks[0].seen()[nearest]
                     & (axis >= grid[0] - step / 2) & (axis <= grid[-1] + step / 2))
        if not self.seen.any():
            raise ValueError(
                f"The model looks at {_extent(grid[networks[0].seen()])} cm-1; the spectra, "
                f"{_extent(axis)} cm-1, hold nothing of it.")
        to_grid = _interpolation(positions, index)
        # On the grid itself the second step changes nothing.
        to_axis = to_grid if axis is grid else to_grid @ _interpolation(grid, axis)
        self._matrix = torch.from_numpy(np.ascontiguousarray(to_axis, np.float32))
        self._unseen = np.flatnonzero(~self.seen)

    def __call__(self, maps: Tensor) -> np.ndarray:
        """(B, positions) -> (B, m) float32, NaN where not seen."""
        result = (maps @ self._matrix).numpy()
        if len(self._unseen):
            result[:, self._unseen] = np.nan
        return result


def _extent(axis):
    return f"{axis.min():.6g}-{axis.max():.6g}"


def _interpolation(source, target):
    """Matrix (source, target) of linear interpolation that holds the ends."""
    right = np.clip(np.searchsorted(source, target), 1, len(source) - 1)
    left = right - 1
    share = np.clip((target - source[left]) / (source[right] - source[left]), 0, 1)
    matrix = np.zeros((len(source), len(target)))
    columns = np.arange(len(target))
    matrix[left, columns] = 1 - share
    matrix[right, columns] += share
    return matrix


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
    probabilities: np.ndarray


class Explanation(NamedTuple):
    """Explanation of n spectra.

    Attributes
    ----------
    importance : ndarray of float32, shape (n, m)
        On the axis asked for; NaN where the networks do not look, and for spectra with
        missing values.
    scores : ndarray of float32, shape (n, classes)
        Class scores before softmax, mean of the networks.
    probabilities : ndarray of float32, shape (n, classes)
        Mean of the networks' softmax, as the model predicts.
    """
    importance: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray


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
        np.empty((len(X), n_classes), np.float32), np.empty((len(X), n_classes), np.float32))
    for part in explain_batches(networks, X, grid, axis, **settings):
        for whole, piece in zip(result, part[1:], strict=True):
            whole[part.rows] = piece
        if callback is not None:
            callback(part.rows.stop / len(X))
    return result


def explain_batches(networks: Sequence[DCNet], X: np.ndarray, grid: np.ndarray,
                    axis: np.ndarray | None = None, *,
                    target: str | int | Target | np.ndarray = PREDICTED,
                    method: str = DEFAULT_METHOD, branch: int | None = None, signed: bool = False,
                    batch_size: int = BATCH_SIZE) -> Iterator[Part]:
    """Like :func:`explain`, batch by batch: feature maps of one batch are held at a time.

    Parameters
    ----------
    target : "predicted", int, Target, or ndarray of int, shape (n,)
        The predicted class of each spectrum, one class for all, a contrast, or a class
        for each spectrum.
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
    _check(networks, X, target, method, branch)
    n_networks = len(networks)
    networks = [net.folded() for net in networks]
    if method == "occlusion":
        occluder = _Occluder(networks[0].seen())
        projection = Projection(networks, grid, axis, occluder.centres)
    else:
        projection = Projection(networks, grid, axis)
    for start in range(0, len(X), batch_size):
        rows = slice(start, min(start + batch_size, len(X)))
        x = torch.from_numpy(np.ascontiguousarray(X[rows], np.float32))
        usable = x.isfinite().all(dim=1)
        if not usable.all():
            x = torch.where(usable[:, None], x, 0)
        given = target[rows] if isinstance(target, np.ndarray) else target
        with torch.no_grad():
            maps = [[f.map for f in net.features(x)] for net in networks]
        if method == "occlusion":
            with torch.no_grad():
                scores, probabilities = _scores(networks, maps)
            signed_map = occluder(networks, x, maps, _target_score(given, probabilities), branch)
        else:
            signed_map, scores, probabilities = _from_gradients(
                networks, maps, given, _FROM_GRADIENTS[method], branch)
        importance = projection(signed_map / n_networks if signed
                                else signed_map.relu() / n_networks)
        result = [importance, scores.numpy(), probabilities.numpy()]
        if not usable.all():
            for values in result:
                values[~usable.numpy()] = np.nan
        yield Part(rows, *result)


def _check(networks, X, target, method, branch):
    if method not in METHODS:
        raise ValueError(f"Method '{method}' is not known; choose one of {', '.join(METHODS)}.")
    config = networks[0].config
    n_branches = min(len(net.branches) for net in networks)
    if branch is not None and not 0 <= branch < n_branches:
        raise ValueError(f"The network has {n_branches} branches, counted from 0; "
                         f"there is no branch {branch}.")
    if X.ndim != 2 or X.shape[1] != config.n_wavenumbers:
        raise ValueError(f"The network takes {config.n_wavenumbers} wavenumbers, "
                         f"spectra have the shape {X.shape}.")
    if isinstance(target, str):
        if target != PREDICTED:
            raise ValueError(f"Target '{target}' is not known; give '{PREDICTED}', the number of "
                             "a class or a Target.")
        return
    if isinstance(target, np.ndarray) and target.shape != (len(X),):
        raise ValueError(f"{len(X)} spectra need as many targets, not {target.shape}.")
    numbers = np.array([*target.plus, *target.minus] if isinstance(target, Target)
                       else np.atleast_1d(target))
    if isinstance(target, Target) and not target.plus:
        raise ValueError("A target needs at least one class for it.")
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < config.n_classes):
        raise ValueError(f"Targets must be classes from 0 to {config.n_classes - 1}.")


def _scores(networks, maps):
    """Mean scores and mean probabilities, both (B, classes)."""
    scores = [net.head(m) for net, m in zip(networks, maps, strict=True)]
    probabilities = torch.stack([s.detach().softmax(dim=1) for s in scores]).mean(dim=0)
    return torch.stack(scores).mean(dim=0), probabilities


def _target_score(target, probabilities) -> Callable[[Tensor], Tensor]:
    """Function from scores (B, classes) to the score to be explained (B,)."""
    if isinstance(target, Target):
        return target.score
    if isinstance(target, str):
        index = probabilities.argmax(dim=1)
    else:
        index = torch.as_tensor(target, dtype=torch.long).expand(len(probabilities))
    return lambda scores: scores.gather(1, index[:, None])[:, 0]


def _from_gradients(networks, maps, target, method, branch):
    flat = [m.requires_grad_() for own in maps for m in own]
    with torch.enable_grad():
        scores, probabilities = _scores(networks, maps)
        # Rows do not meet in the head, so the gradient of the sum is that of each.
        total = _target_score(target, probabilities)(scores).sum()
        # The mean over the networks is taken at the end, for Grad-CAM++ as for the others.
        grads = iter(torch.autograd.grad(total * len(networks), flat))
    result = 0
    with torch.no_grad():
        for own in maps:
            for i, m in enumerate(own):
                grad = next(grads)
                if branch is None or i == branch:
                    result = result + method(m, grad)
    return result, scores.detach(), probabilities


class _Occluder:
    """How far a score falls when a stretch of the spectrum is drawn straight."""

    def __init__(self, seen, width=8, step=4):
        first, last = np.flatnonzero(seen)[[0, -1]]
        starts = np.arange(first, max(last - width + 2, first + 1), step)
        # A window that lies in left-out regions alone cannot change anything.
        self.starts = [int(s) for s in starts if seen[s:s + width].any()]
        self.width = width
        self.centres = np.array([s + (width - 1) / 2 for s in self.starts])

    def __call__(self, networks, x, maps, target, branch) -> Tensor:
        result = torch.empty(len(x), len(self.starts))
        with torch.no_grad():
            before = target(_scores(networks, maps)[0])
            for i, start in enumerate(self.starts):
                hidden = _straightened(x, start, start + self.width)
                occluded = [[f.map for f in net.features(hidden)] for net in networks]
                if branch is not None:
                    occluded = [[h if b == branch else m for b, (h, m) in
                                 enumerate(zip(hid, own, strict=True))]
                                for hid, own in zip(occluded, maps, strict=True)]
                result[:, i] = before - target(_scores(networks, occluded)[0])
        return result * len(networks)


def _straightened(x, start, stop):
    """Spectra with a line from the point before `start` to the one at `stop`."""
    x = x.clone()
    last = x.shape[1] - 1
    left, right = max(start - 1, 0), min(stop, last)
    share = torch.arange(right - left + 1) / (right - left)
    a, b = x[:, left:left + 1].clone(), x[:, right:right + 1].clone()
    # At the ends of the grid there is only one side to hold on to.
    if start == 0:
        a = b
    if stop > last:
        b = a
    x[:, left:right + 1] = a + (b - a) * share
    return x


class Attention(NamedTuple):
    """CBAM's own weights in one branch of a network.

    Attributes
    ----------
    spatial : ndarray of float32, shape (n, m), or None
        Weight of each wavenumber, 0 to 1; NaN where not seen.
    channel : ndarray of float32, shape (n, channels), or None
        Weight of each channel, 0 to 1.
    """
    spatial: np.ndarray | None
    channel: np.ndarray | None


def attention(network: DCNet, X: np.ndarray, grid: np.ndarray,
              axis: np.ndarray | None = None, *, batch_size: int = BATCH_SIZE,
              callback: Callable[[float], None] | None = None) -> list[Attention]:
    """What CBAM attends to, for each branch of one network.

    It is where the network looks whatever the class, not why it decided: attention is
    followed by the classifier, which may weigh what was attended to either way.

    Parameters as in :func:`explain`. Channels of different networks have nothing in
    common, therefore one network only.
    """
    _check([network], X, PREDICTED, DEFAULT_METHOD, None)
    projection = Projection([network], grid, axis)
    spatial, channel = ([[] for _ in network.branches] for _ in range(2))
    for start in range(0, len(X), batch_size):
        x = torch.from_numpy(np.ascontiguousarray(X[start:start + batch_size], np.float32))
        with torch.no_grad():
            features = network.features(x)
        for i, feature in enumerate(features):
            if feature.spatial is not None:
                spatial[i].append(projection(feature.spatial))
            if feature.channel is not None:
                channel[i].append(feature.channel.numpy())
        if callback is not None:
            callback(min((start + batch_size) / len(X), 1.0))
    return [Attention(*(np.concatenate(parts) if parts else None for parts in pair))
            for pair in zip(spatial, channel, strict=True)]
