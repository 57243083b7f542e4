"""Copolymers that look like their main polymer, and the two bands that tell them."""
from __future__ import annotations

from typing import NamedTuple

from orangecontrib.microplastics.materials.names import material_code

__all__ = ["Copolymer", "ABS", "PEVA", "COPOLYMERS", "NEAR", "copolymer_of"]

#: Largest distance of a band from its position here, cm-1.
NEAR = 12.


class Copolymer(NamedTuple):
    """A copolymer with most bands of its main polymer.

    Attributes
    ----------
    name : str
        Its code, as in :data:`.names.POLYMERS`.
    polymer : str
        Code of the main polymer.
    bands : tuple of (wavenumber in cm-1, assignment)
        Two bands that the main polymer lacks. One alone may have another reason, such as
        oxidation or a plasticiser (C=O), or carbon dioxide next to the nitrile band.
    """
    name: str
    polymer: str
    bands: tuple[tuple[float, str], tuple[float, str]]


#: Jung et al., Mar. Pollut. Bull. 2018, 127, 704.
ABS = Copolymer("ABS", "PS", ((2237., "C#N stretch (nitrile)"), (966., "trans C=C (butadiene)")))
PEVA = Copolymer("PEVA", "PE", ((1737., "C=O stretch (acetate)"),
                                (1240., "C-O stretch (acetate)")))
COPOLYMERS = (ABS, PEVA)


def copolymer_of(name: str) -> Copolymer | None:
    """Return the copolymer that the polymer of a class label is mistaken for; None if none is."""
    code = material_code(name)
    return next((one for one in COPOLYMERS if one.polymer == code), None)
