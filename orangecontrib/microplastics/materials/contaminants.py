"""Contaminants on plastics, and additives in them."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.materials.bands import HIGH, LOW
from orangecontrib.microplastics.materials.names import (
    components_of,
    material_code,
    substances_in,
)

__all__ = ["CONTAMINANTS", "CONTAMINANT_MATERIALS", "Additive", "ADDITIVES", "additive_of",
           "contaminant_bands", "contaminants_beside", "gaussians"]

#: Contaminants of real samples: name -> bands (centre in cm-1, width in cm-1, weight).
#: The width is the standard deviation of a Gaussian.
CONTAMINANTS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "carbonate": ((1420, 35, 1), (874, 6, .5), (712, 5, .1)),
    "silicate": ((1020, 35, 1), (800, 15, .4)),
    "phthalate": ((1726, 9, 1), (1273, 12, .8), (1122, 10, .5), (1072, 9, .5), (743, 5, .2)),
    "ester": ((1738, 10, 1), (1170, 18, .8)),
    "amide": ((1650, 22, 1), (1545, 22, .7), (3290, 60, .5)),
    "cellulose": ((1035, 35, 1), (1110, 20, .5), (1160, 12, .4), (3340, 120, .5)),
    "carbonyl": ((1715, 14, 1),),
    "carboxylate": ((1560, 14, 1), (1465, 8, .4), (2918, 12, .4), (2850, 10, .3)),
}

#: Materials (:data:`.names.SYNONYMS`) that a contaminant stands for. Oxidised plastic ("carbonyl")
#: is not a material of its own. Polyamide also has amide bands, but "amide" stands for protein:
#: samples that must be distinguished from nylon can carry biofilm.
CONTAMINANT_MATERIALS: dict[str, tuple[str, ...]] = {
    "carbonate": ("Carbonate",),
    "silicate": ("Silicate", "Quartz", "Clay"),
    "phthalate": ("Phthalate",),
    "ester": ("Ester",),
    "amide": ("Protein", "Biofilm", "Chitin"),
    "cellulose": ("CE",),
    "carbonyl": (),
    "carboxylate": ("Carboxylate",),
}


class Additive(NamedTuple):
    """An additive that some products of a polymer contain.

    Attributes
    ----------
    name : str
    polymer : str
        Code of the polymer.
    bands : tuple of (centre in cm-1, width in cm-1, weight)
    share : float
        Fraction of the polymer's spectra that contain it.
    height : float
        Largest amount, as its rms relative to the polymer's.
    """
    name: str
    polymer: str
    bands: tuple[tuple[float, float, float], ...]
    share: float
    height: float


#: Soft polyvinyl chloride (film, cable, hose, flooring) contains some tens of per cent of a
#: plasticiser, mostly a phthalate, whose bands are then as high as the polymer's; rigid PVC (pipe,
#: profile) contains none. In the median of FLOPP's PVC the carbonyl band is half as high as CH-Cl
#: (band_tables.py). Share and height are our choice. Positions are those of bis(2-ethylhexyl)
#: phthalate: C=O 1726, C-O 1273 and 1122, ring 1600, 1580, 1072, 1039 and 743, CH 2959, 2930,
#: 2872, 1463 and 1380; see also ``simulation/polymers.py``. Needed because a study of rigid pieces
#: alone has no examples of soft PVC.
ADDITIVES = (
    Additive("plasticiser", "PVC",
             ((1726, 9, 1), (1273, 12, .9), (1122, 10, .55), (1072, 9, .5), (1039, 8, .25),
              (743, 5, .35), (1463, 9, .35), (1380, 8, .2), (2959, 10, .6), (2930, 12, .55),
              (2872, 12, .4), (1600, 4, .1), (1580, 4, .12)), .5, 1.2),
)

#: The axis (cm-1) over which a contaminant's bands have rms 1: the grid of the experiments.
_REFERENCE_AXIS = np.arange(LOW, HIGH + 1, 4.)


def gaussians(axis: np.ndarray, bands) -> np.ndarray:
    """Sum of Gaussians (centre and standard deviation in cm-1, height), shape (wavenumbers,)."""
    axis = np.asarray(axis, float)
    return sum(weight * np.exp(-.5 * ((axis - centre) / width) ** 2)
               for centre, width, weight in bands)


def contaminant_bands(axis: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Spectra of contaminants, of rms 1 over 700-3900 cm-1 whatever the range of the axis.

    Returns
    -------
    ndarray of float32, shape (names, wavenumbers)

    Raises
    ------
    ValueError
        If a name is not in :data:`CONTAMINANTS`.
    """
    unknown = [name for name in names if name not in CONTAMINANTS]
    if unknown:
        raise ValueError(f"There is no contaminant named {unknown[0]!r}; "
                         f"known are {', '.join(CONTAMINANTS)}.")
    out = np.empty((len(names), len(axis)), np.float32)
    for row, name in zip(out, names, strict=True):
        row[:] = _of_unit_rms(axis, CONTAMINANTS[name])
    return out


def _of_unit_rms(axis, bands):
    rms = np.sqrt(np.mean(gaussians(_REFERENCE_AXIS, bands) ** 2))
    return (gaussians(axis, bands) / rms).astype(np.float32)


def contaminants_beside(names: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
    """Return the contaminants that are not among the classes to be distinguished.

    If cellulose is added to spectra labelled PET, a model learns to overlook cellulose in PET: of
    72 real cotton and polyester blends a network recognised .65, and .71 without it (issue 12).

    Parameters
    ----------
    names : sequence of str
        Keys of :data:`CONTAMINANTS`.
    classes : sequence of str
        Names of single materials or of combinations.
    """
    there = {material for name in classes for part in components_of(name)
             for material in substances_in(part)}
    return tuple(name for name in names if not there.intersection(CONTAMINANT_MATERIALS[name]))


def additive_of(polymer: str) -> Additive | None:
    """Return the additive of a polymer, by the polymer's name; None if none is known."""
    code = material_code(polymer)
    return next((a for a in ADDITIVES if a.polymer == code), None)
