"""What a network is asked about: the score that an explanation explains."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from orangecontrib.microplastics.materials.names import components_among, components_of

__all__ = ["PREDICTED", "Target", "component_targets", "Contrast", "component_contrast"]

#: Target of each spectrum: the class that the networks give it.
PREDICTED = "predicted"


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


def component_targets(classes: Sequence[str]) -> dict[str, Target]:
    """A target for each component of combination classes such as "PE + PP".

    The map of a combination's own score is ruled by its major component. Contrasting all
    combinations that hold the component with all that do not asks for the component alone:
    the score is its log odds of being present.

    Parameters
    ----------
    classes : sequence of str
        Class names in the order of the network's outputs.

    Returns
    -------
    dict of str to Target
        By component, in order of first appearance; empty where no class is a combination.
    """
    parts = [components_of(name) for name in classes]
    return {component: Target(
        tuple(i for i, names in enumerate(parts) if component in names),
        tuple(i for i, names in enumerate(parts) if component not in names))
        for component in components_among(classes)}


class Contrast(NamedTuple):
    """A target that depends on what a spectrum is taken for.

    Attributes
    ----------
    plus, minus : ndarray of bool, shape (classes, classes)
        Row k has the classes for it and against it in spectra that are taken for class k.
    """
    plus: np.ndarray
    minus: np.ndarray

    def score(self, scores: Tensor, predicted: Tensor) -> Tensor:
        """(B, classes) and (B,) -> (B,); as :meth:`Target.score`."""
        plus, minus = (torch.from_numpy(mask)[predicted] for mask in self)
        against = scores.masked_fill(~minus, -torch.inf)
        # Nothing against it: a constant, where the logarithm of nothing has no gradient.
        against = torch.where(minus.any(dim=1, keepdim=True), against, torch.zeros_like(scores))
        return scores.masked_fill(~plus, -torch.inf).logsumexp(dim=1) - against.logsumexp(dim=1)


def component_contrast(classes: Sequence[str], component: str) -> Contrast:
    """Why this component beside the others: why "PE + PP", and not "PP" alone?

    The combination that a spectrum is taken for, with the component, is set against the same
    without it. Where the model does not know one of the two, it is as in
    :func:`component_targets`. Maps of two components so differ as much as they can: on rightly
    predicted mixtures of a held-out study, .23 of the importance lay on strong bands of the
    component alone and .11 on those of the other; with all combinations that hold it against
    all that do not, .19 and .14 (one model, 250 spectra).

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
        raise ValueError(f"No combination holds '{component}'; there are "
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
