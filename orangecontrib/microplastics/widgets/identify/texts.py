"""Texts of Identify Spectra: decisions about all spectra, and what fractions are of."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.widgets.common.answertexts import share_text, things

__all__ = ["summary", "of_what"]


def summary(decisions: np.ndarray) -> str:
    """How many spectra are accepted, to inspect and unknown, as rich text."""
    n = len(decisions)
    lines = [f"<b>{things(n, 'spectrum', 'spectra')}</b>"]
    lines += [f"{name}: {count:,} ({share_text(count / n)})" for name, count in
              zip(DECISIONS, np.bincount(decisions, minlength=len(DECISIONS)), strict=True)]
    return "<br>".join(lines)


def of_what(by_mass: bool, absorptivities: Mapping[str, float], calibrated: int) -> str:
    """What fractions are of: "of mass, calibrated with 12 blends".

    Parameters
    ----------
    by_mass : bool
    absorptivities : mapping of str to float
        By material; 1 for others.
    calibrated : int
        Number of blends that they were calibrated with; 0 if they were entered.
    """
    if not by_mass:
        return "of signal (bands)"
    if calibrated:
        return f"of mass, calibrated with {things(calibrated, 'blend')}"
    return "of mass, absorptivities entered" if absorptivities else \
        "of mass, if all absorb alike"
