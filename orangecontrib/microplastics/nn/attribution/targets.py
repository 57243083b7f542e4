"""Targets: the score that an explanation explains."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.materials.names import components_among, components_of

__all__ = ["Target", "component_targets", "Contrast", "component_contrast"]


class Target(NamedTuple):
    """The score to explain: classes for the target, and classes against it.

    The score is logsumexp(scores of `plus`) - logsumexp(scores of `minus`). Without
    `minus` and with one class in `plus` it is the score of that class. If every class
    is in `plus` or in `minus`, it is the log odds of `plus` under softmax.
    """
    plus: tuple[int, ...]
    minus: tuple[int, ...] = ()

    def score(self, scores: Tensor) -> Tensor:
        """(B, classes) -> (B,)."""
        result = scores[:, list(self.plus)].logsumexp(dim=1)
        if self.minus:
            result = result - scores[:, list(self.minus)].logsumexp(dim=1)
        return result


def component_targets(classes: Sequence[str]) -> dict[str, Target]:
    """Return a target for each component of combination classes such as "PE + PP".

    The map of a combination's own score is dominated by its major component. The contrast of
    all combinations with the component against all without it refers to that component alone:
    the score is the log odds of its presence.

    Parameters
    ----------
    classes : sequence of str
        Class names in the order of the network's outputs.

    Returns
    -------
    dict of str to Target
        By component, in order of first appearance; empty if no class is a combination.
    """
    parts = [components_of(name) for name in classes]
    return {component: Target(
        tuple(i for i, names in enumerate(parts) if component in names),
        tuple(i for i, names in enumerate(parts) if component not in names))
        for component in components_among(classes)}


class Contrast(NamedTuple):
    """A target that depends on the predicted class of a spectrum.

    Attributes
    ----------
    plus, minus : ndarray of bool, shape (classes, classes)
        Row k marks the classes for and against in spectra that are predicted as class k.
    """
    plus: np.ndarray
    minus: np.ndarray

    def score(self, scores: Tensor, predicted: Tensor) -> Tensor:
        """(B, classes) and (B,) -> (B,).

        As :meth:`Target.score`, but shifted by a constant if no class is against.
        """
        plus, minus = (torch.from_numpy(mask)[predicted] for mask in self)
        against = scores.masked_fill(~minus, -torch.inf)
        # Without classes against, subtract a constant: the log of a sum of none has no gradient.
        against = torch.where(minus.any(dim=1, keepdim=True), against, torch.zeros_like(scores))
        return scores.masked_fill(~plus, -torch.inf).logsumexp(dim=1) - against.logsumexp(dim=1)


def component_contrast(classes: Sequence[str], component: str) -> Contrast:
    """Return the contrast of one component, given the others: why "PE + PP" and not "PP"?

    The predicted combination with the component is contrasted with the same combination without
    it. If the model has no class for one of the two, the target is that of
    :func:`component_targets`. The maps of two components then differ as much as possible: on
    correctly predicted mixtures of a held-out study, .23 of the importance was on strong bands of
    the component alone and .11 on those of the other; with the contrast of all combinations with
    the component against all without it, .19 and .14 (one model, 250 spectra).

    Parameters
    ----------
    classes
        As in :func:`component_targets`.
    component : str

    Raises
    ------
    ValueError
        If no class holds the component.
    """
    targets = component_targets(classes)
    if component not in targets:
        raise ValueError(f"No combination contains '{component}'; known components: "
                         f"{', '.join(targets) or 'none'}.")
    parts = [frozenset(components_of(name)) for name in classes]
    index = {own: i for i, own in enumerate(parts)}
    plus, minus = np.zeros((2, len(classes), len(classes)), bool)
    for k, own in enumerate(parts):
        with_it, without = index.get(own | {component}), index.get(own - {component})
        known = with_it is not None and without is not None
        target = Target((with_it,), (without,)) if known else targets[component]
        plus[k, list(target.plus)] = minus[k, list(target.minus)] = True
    return Contrast(plus, minus)
