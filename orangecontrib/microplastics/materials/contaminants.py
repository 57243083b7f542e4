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

__all__ = ["CONTAMINANTS", "CONTAMINANT_MATERIALS", "Additive", "ADDITIVES", "additives_of",
           "additive_bands", "contaminant_bands", "contaminants_beside", "gaussians"]

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
        Fraction of the polymer's spectra that contain it. A spectrum contains one additive at
        most: the shares of a polymer's additives add up to 1 or less.
    height : float
        Largest amount, as its rms relative to the polymer's.
    """
    name: str
    polymer: str
    bands: tuple[tuple[float, float, float], ...]
    share: float
    height: float


#: Alkyl groups of 2-ethylhexyl esters (C-H stretches and bends), as high relative to C=O as in
#: bis(2-ethylhexyl) phthalate. Isononyl esters have nearly the same.
_ALKYL = ((2959, 10, .6), (2930, 12, .55), (2872, 12, .4), (1463, 9, .35), (1380, 8, .2))

#: Soft polyvinyl chloride (film, cable, hose, flooring) contains some tens of per cent of a
#: plasticiser, whose bands are then as high as the polymer's; rigid PVC (pipe, profile) contains
#: none. In the median of FLOPP's PVC the carbonyl band is half as high as CH-Cl (band_tables.py).
#: Needed because a study of rigid pieces alone has no examples of soft PVC.
#:
#: Shares: phthalates were over 55 % of the world's consumption of plasticisers in 2020 (S&P Global,
#: Chemical Economics Handbook, Plasticizers, 2021), 70 % in 2014 and 88 % in 2005 (IHS, cited in
#: Plastics Technology). They are 60 % here, since particles are of all ages. No shares of the other
#: families were found: 8 % each is our choice, as is that half of the PVC is soft. Terephthalates
#: are common, too, but left out: their bands are those of PET.
#:
#: Positions of C-O: esters of adipic, citric and fatty acids absorb at 1190-1170, acetates at
#: 1250-1230, aromatic esters at 1310-1250 and 1150-1100 cm-1 (as in textbooks; after Bellamy, The
#: Infra-red Spectra of Complex Molecules, 1975, which was not at hand to check). Adipates, citrates
#: and DINCH lack sharp bands and are easily taken for one another (Miller and Gearhart, Journal of
#: Environmental Health 2022, 85(4), 8). No spectra of the pure substances were at hand: positions
#: of their weaker bands, and of trimellitate (but for 1114 and 1068) and epoxide, are typical
#: values; all widths, relative heights and largest amounts are our choice.
ADDITIVES = (
    # Bis(2-ethylhexyl) phthalate: C=O 1726, C-O 1273 and 1122, ring 1600, 1580, 1072, 1039 and
    # 743. De Frond et al., Analytical Chemistry 2021, 93, 15878 (FLOPP); see also band_tables.py.
    Additive("plasticiser (phthalate)", "PVC",
             ((1726, 9, 1), (1273, 12, .9), (1122, 10, .55), (1072, 9, .5), (1039, 8, .25),
              (743, 5, .35), (1600, 4, .1), (1580, 4, .12), *_ALKYL), .3, 1.2),
    # Bis(2-ethylhexyl) adipate: no ring; C=O, C-O 1172 with a shoulder, 1243 and 1080.
    Additive("plasticiser (adipate)", "PVC",
             ((1736, 10, 1), (1243, 16, .35), (1172, 16, .8), (1140, 14, .4), (1080, 14, .25),
              *_ALKYL), .04, 1.2),
    # Acetyl tributyl citrate: C=O, C-O of citrate 1185 and of the acetyl group 1232, its CH3 1370,
    # O-CH2 1062. Four carbonyl groups to three short chains: C-H half as high.
    Additive("plasticiser (citrate)", "PVC",
             ((1740, 12, 1), (1370, 9, .2), (1232, 15, .35), (1185, 18, .7), (1062, 13, .35),
              (2960, 11, .35), (2935, 12, .25), (2875, 12, .25), (1465, 9, .15)), .04, 1.2),
    # Tris(2-ethylhexyl) trimellitate: C=O, C-O 1284, 1240 and 1114, ring 1068 and 752. Miller and
    # Gearhart (above) give 1114 and 1068, which are 1122 and 1072 in phthalates.
    Additive("plasticiser (trimellitate)", "PVC",
             ((1727, 10, 1), (1284, 12, .55), (1240, 14, .9), (1114, 12, .65), (1068, 9, .35),
              (752, 5, .3), *_ALKYL), .04, 1.2),
    # Diisononyl cyclohexane-1,2-dicarboxylate (DINCH), a phthalate with a hydrogenated ring.
    Additive("plasticiser (cyclohexanoate)", "PVC",
             ((1732, 10, 1), (1247, 18, .35), (1180, 18, .6), (1130, 14, .3), (1037, 12, .3),
              *_ALKYL), .04, 1.2),
    # Epoxidised soybean oil: the bands of fat (Guillen and Cabo, Journal of the American Oil
    # Chemists' Society 1997, 74, 1281) without those of C=C, and the epoxide's, 845 and 823. It
    # stabilises PVC and supports other plasticisers: hence less of it.
    Additive("plasticiser (epoxidised oil)", "PVC",
             ((1743, 10, .9), (1238, 14, .2), (1160, 16, .6), (1100, 16, .25), (845, 8, .08),
              (823, 8, .15), (723, 7, .12), (2924, 14, 1), (2854, 10, .65), (1463, 9, .35),
              (1378, 8, .15)), .04, .6),
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


def additives_of(polymer: str) -> tuple[Additive, ...]:
    """Return the additives of a polymer, by the polymer's name; empty if none is known."""
    code = material_code(polymer)
    return tuple(additive for additive in ADDITIVES if additive.polymer == code)


def additive_bands(axis: np.ndarray, additives: Sequence[Additive]) -> np.ndarray:
    """Spectra of additives, of rms 1 over 700-3900 cm-1 whatever the range of the axis (cm-1).

    Returns
    -------
    ndarray of float32, shape (additives, wavenumbers)
    """
    out = np.empty((len(additives), len(axis)), np.float32)
    for row, additive in zip(out, additives, strict=True):
        row[:] = _of_unit_rms(axis, additive.bands)
    return out
