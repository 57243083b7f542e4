"""From particles that were found to the sample that is reported."""
from __future__ import annotations

from orangecontrib.microplastics.particles.classes import Classes
from orangecontrib.microplastics.particles.find import Choices, Finder, Found
from orangecontrib.microplastics.particles.mass import FLAT, masses
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.summary import Corrections, summarize

__all__ = ["evaluated"]


def evaluated(name: str, finder: Finder, found: Found, choices: Choices, classes: Classes,
              corrections: Corrections, *, mass: bool = False, converted: bool = False) -> Sample:
    """Count particles, and estimate their masses if asked to.

    Parameters
    ----------
    name : str
        Of the sample.
    finder : Finder
    found : Found
        Its particles.
    choices : Choices
        With which they were found.
    classes : Classes
    corrections : Corrections
    mass : bool
        Whether to estimate masses, of flat particles.
    converted : bool
        Whether the spectra were transmittance.
    """
    summary = summarize(found, classes, finder.model.components, corrections, choices.smallest)
    return Sample(name, finder.spectra, finder.model, choices, (), found, summary, corrections,
                  masses(found.names, found.sizes) if mass else None, FLAT if mass else "",
                  converted=converted)
