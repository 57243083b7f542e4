"""What a sample is: its particles, and all that was decided on the way to them."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.particles.edits import Edit
from orangecontrib.microplastics.particles.find import Choices, Found
from orangecontrib.microplastics.particles.mass import Masses
from orangecontrib.microplastics.particles.matter import Spectra
from orangecontrib.microplastics.particles.summary import Corrections, Summary

__all__ = ["Sample"]


class Sample(NamedTuple):
    """A sample, for its report and its files.

    Attributes
    ----------
    name : str
        Of the data.
    spectra : Spectra
    model : DCNetModel
    choices : Choices
    edits : sequence of Edit
    found : Found
    summary : Summary
    corrections : Corrections
    masses : Masses or None
        None if mass is not asked for.
    how_mass : str
        How it is estimated.
    items : mapping of str to str
        What was typed, by key (:data:`.items.ASKED`).
    converted : bool
        Whether the spectra were converted from transmittance.
    """
    name: str
    spectra: Spectra
    model: DCNetModel
    choices: Choices
    edits: Sequence[Edit]
    found: Found
    summary: Summary
    corrections: Corrections
    masses: Masses | None = None
    how_mass: str = ""
    items: Mapping[str, str] = {}
    converted: bool = False
