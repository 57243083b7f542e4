"""Whether a map has the wavenumbers that a model needs: filters absorb, detectors end."""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.dcnet.compatibility import REFUSE_COVERAGE, WARN_COVERAGE
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.spectra.axis import covered, gap_limit, rounded

__all__ = ["NarrowRange", "check_range", "better_low"]

#: Models for another range begin at multiples of this, cm-1, so that few of them are made.
_STEP = 50


class NarrowRange(ValueError):
    """The spectra lack too many wavenumbers.

    Attributes
    ----------
    low : int
        A model that begins there (cm-1) could answer; 0 if none could.
    """

    def __init__(self, message: str, low: int):
        super().__init__(message)
        self.low = low


def better_low(model: DCNetModel, wavenumbers: np.ndarray, opaque: np.ndarray) -> int:
    """Where a model should begin (cm-1) to need nothing that the spectra lack at their lower end.

    Parameters
    ----------
    model : DCNetModel
    wavenumbers : ndarray, shape (m,)
        Of the spectra, cm-1, ascending.
    opaque : ndarray of bool, shape (m,)
        Where the filter lets no light through.

    Returns
    -------
    int
        0 if the model has what it needs.
    """
    there = _reached(model, wavenumbers, opaque)
    if there.mean() >= WARN_COVERAGE:
        return 0
    needed = model.wavenumbers[model.needed]
    # From where on nine of ten wavenumbers are there.
    share = np.cumsum(there[::-1])[::-1] / np.arange(len(there), 0, -1)
    good = np.flatnonzero((share >= WARN_COVERAGE) & there)
    if not len(good) or good[0] == 0:
        return 0
    return int(-(-needed[good[0]] // _STEP) * _STEP)


def check_range(model: DCNetModel, wavenumbers: np.ndarray, opaque: np.ndarray):
    """Raise :class:`NarrowRange` if the model cannot answer for these spectra."""
    there = _reached(model, wavenumbers, opaque)
    if there.mean() >= REFUSE_COVERAGE:
        return
    low = better_low(model, wavenumbers, opaque)
    why = ""
    if opaque.any():
        dark = wavenumbers[opaque]
        why = f"The filter lets no light through from {rounded(dark[0])} to " \
              f"{rounded(dark[-1])} cm-1. "
    advice = f"A model that looks from {low} cm-1 on can: make it in the box Model." if low else \
        "Measure a wider range, or connect a model that was trained on this one."
    raise NarrowRange(
        f"{why}The spectra have {there.mean():.0%} of the wavenumbers that the model needs, too "
        f"few for an answer. {advice}", low)


def _reached(model, wavenumbers, opaque):
    """Which of the wavenumbers that the model needs are there."""
    needed, clear = model.wavenumbers[model.needed], wavenumbers[~opaque]
    if len(clear) < 2:
        return np.zeros(len(needed), bool)
    between = float(np.median(np.diff(clear)))
    gap = max(gap_limit(model.wavenumbers[1] - model.wavenumbers[0]), 1.5 * between)
    return covered(clear, needed, gap, between / 2)
