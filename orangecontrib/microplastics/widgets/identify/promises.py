"""Thresholds that keep a promise, and in words where they come from or why there are none."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence.promise import CONFIDENCE, FEWEST, KeptAside, unlike
from orangecontrib.microplastics.fractions import risk
from orangecontrib.microplastics.fractions.risk import PartsAside
from orangecontrib.microplastics.identification import (
    UNKNOWN,
    Rule,
    threshold_for_refused,
    threshold_for_wrong,
)
from orangecontrib.microplastics.widgets.common.answertexts import share_text, things

__all__ = ["REFUSED", "WRONG", "PARTS", "LOWEST", "HIGHEST", "Kept", "keep", "keep_parts",
           "differs"]

#: Promises: few known spectra are refused; few accepted ones are wrong; few parts of mixtures are
#: missed, which is independent of the other two.
REFUSED, WRONG, PARTS = "refused", "wrong", "missed"

#: Limits of the threshold of further parts.
LOWEST, HIGHEST = .05, .95


class Kept(NamedTuple):
    """Threshold that keeps a promise (None: there is none), and a text about it."""
    accept: float | None
    text: str


def keep(promise: str, share: float, known: KeptAside, rule: Rule, own: bool) -> Kept:
    """Find the threshold that keeps a promise.

    Parameters
    ----------
    promise : str
        REFUSED or WRONG.
    share : float
        0 to 1: how many at most.
    known : KeptAside
        Scores of labelled spectra.
    rule : Rule
        Its thresholds do not matter.
    own : bool
        Whether the labelled spectra are the user's, not the model's.

    Returns
    -------
    Kept
        The threshold in hundredths, on the safe side: with two decimals it is shown as it is.
    """
    n = int(known.right.sum() if promise == REFUSED else len(known.right))
    # Rounding errors must not turn 0.7 into 0.69 or 0.71.
    if promise == REFUSED:
        found = threshold_for_refused(known, rule, share)
        accept = None if found is None else np.floor(100 * found + 1e-9) / 100
    else:
        found = threshold_for_wrong(known, rule, share)
        accept = None if found is None else max(np.ceil(100 * found - 1e-9) / 100, 0.)
    if accept is None or accept < 0:
        what = "refused" if promise == REFUSED else "wrong"
        return Kept(None, f"At most {share_text(share)} {what} is not possible: "
                          f"{_why_not(promise, share, known, rule, n, own)}")
    whose = "of yours" if own else "that the model kept aside"
    return Kept(float(accept), f"Accepts from {accept:.2f}: computed from "
                               f"{things(n, 'labelled spectrum', 'labelled spectra')} {whose}.")


def _why_not(promise, share, known, rule, n, own):
    if not len(known.right) and not own:
        return "this model kept no labelled spectra aside. Connect some of yours."
    needed = max(FEWEST, int(np.ceil(1 / share - 1e-9)) - 1) if promise == REFUSED else \
        max(FEWEST, int(np.ceil(np.log(1 - CONFIDENCE) / np.log(1 - share))))
    if n < needed:
        return f"at least {needed} labelled spectra are needed for this, and there are {n}."
    if promise == REFUSED:
        failed = np.isneginf(rule.limited(known)[known.right]).mean()
        return f"the checks alone refuse {share_text(failed)} of the labelled spectra." \
            if failed >= share else "the scores are too low."
    wrong = int((~known.right).sum())
    return f"{wrong} of the {n} labelled spectra get a wrong name, some of them with high scores."


def keep_parts(share: float, parts: PartsAside, own: bool, mixtures: bool = True) -> Kept:
    """Find the threshold of further parts at which few parts of 10 % and more are missed.

    Parameters
    ----------
    share : float
        0 to 1: how many at most.
    parts : PartsAside
        Mixtures of known composition.
    own : bool
        Whether they were mixed from the user's labelled spectra.
    mixtures : bool
        Whether the model knows mixtures.

    Returns
    -------
    Kept
        The threshold in hundredths, on the safe side, and its price: parts that are named and
        are not there.
    """
    refused = f"At most {share_text(share)} missed is not possible: "
    if not mixtures:
        return Kept(None, refused + "this model knows single materials only.")
    n, found = len(parts.fractions), risk.missing_at_most(parts, share)
    if not n:
        return Kept(None, refused + "this model kept no mixtures aside. Connect labelled spectra "
                                    "of two materials that it knows as a mixture.")
    if found is None:
        needed = max(risk.FEWEST, int(np.ceil(1 / share - 1e-9)) - 1)
        return Kept(None, refused + f"at least {needed} mixtures are needed, and there are {n}.")
    if found < LOWEST:
        return Kept(None, refused + f"it takes a threshold of {found:.3f}, with "
                                    f"{_false(parts, found)}.")
    detect = float(min(np.floor(100 * found + 1e-9) / 100, HIGHEST))
    whose = "mixed from your spectra" if own else "that the model kept aside"
    return Kept(detect, f"From {detect:.2f}: {_false(parts, detect)}, in "
                        f"{things(n, 'mixture')} {whose}.")


def _false(parts, threshold):
    return f"{risk.false_parts(parts, threshold):.2f} false parts per spectrum"


def differs(known: KeptAside, scores: np.ndarray, decisions: np.ndarray, rule: Rule) -> bool:
    """Whether new spectra score so differently that a promise may not hold for them.

    Only spectra that are not unknown are compared, since other materials are expected to differ.

    Parameters
    ----------
    known : KeptAside
    scores, decisions : ndarrays, shape (n,)
        Of the new spectra.
    rule : Rule
    """
    labelled = rule.score(known)[known.right]
    return unlike(labelled[labelled >= rule.inspect], scores[decisions != UNKNOWN])
