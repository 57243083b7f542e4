"""
Infrared spectra of filters on which particles are collected, as a beam through them sees them.

Heights and widths are choices for a filter of the usual thickness in transmission; positions are
those known from the literature, see the tables.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.simulation import lineshapes
from orangecontrib.microplastics.simulation.polymers import simulate

__all__ = ["MATRICES", "OPAQUE_ABSORBANCE", "Matrix", "filter_matrix", "saturated"]

#: What a filter may be made of.
MATRICES = ("cellulose nitrate", "alumina", "silicon", "cellulose", "none")

#: Bands: position and full width at half maximum in cm-1, height in absorbance, assignment.
_BANDS = {
    # Positions of the nitrate ester from memory of group frequencies (Bellamy, The Infra-red
    # Spectra of Complex Molecules, 1975); spectra of celluloid in conservation science have the
    # bands at 1650, 1280, 750 and the range of C-O, too.
    "cellulose nitrate": (
        (3400, 250, .12, "O-H stretch of the hydroxyl groups left"),
        (2960, 60, .10, "C-H stretch"),
        (1650, 32, .90, "NO2 asymmetric stretch"),
        (1428, 40, .06, "CH2 bend"),
        (1375, 30, .08, "C-H bend"),
        (1280, 30, .80, "NO2 symmetric stretch"),
        (1160, 35, .20, "C-O-C asymmetric stretch"),
        (1070, 60, .55, "C-O stretch"),
        (1000, 50, .40, "C-O stretch, ring"),
        (840, 50, .70, "O-NO2 stretch"),
        (750, 20, .20, "NO2 wag"),
        (690, 25, .15, "NO2 bend"),
    ),
    # Water on the large surface of the pores, and what the acid of the anodisation leaves (oxalate,
    # phosphate): from memory of spectra of Anodisc. The opaque range is separate.
    "alumina": (
        (3450, 500, .15, "O-H stretch of water and hydroxyl"),
        (1640, 80, .04, "H-O-H bend of water"),
        (1570, 80, .06, "carboxylate"),
        (1470, 70, .05, "carboxylate"),
    ),
    # 1107: Hrostowski and Kaiser, Physical Review 1957, 107, 966 (1106 cm-1). The other bands are
    # sums of two or three lattice vibrations: from memory of Johnson, Proceedings of the Physical
    # Society 1959, 73, 265. Heights for a wafer of about half a millimetre.
    "silicon": (
        (1448, 40, .01, "three phonons"),
        (1302, 40, .01, "three phonons"),
        (1107, 33, .12, "interstitial oxygen (Si-O-Si)"),
        (964, 30, .02, "two phonons"),
        (890, 40, .06, "two phonons"),
        (819, 25, .05, "two phonons"),
        (738, 25, .08, "two phonons"),
        (610, 22, .35, "two phonons"),
    ),
}

#: Strongest band of a cellulose filter, absorbance.
_CELLULOSE = .8

#: Anodisc is used from 3800 to 1250 cm-1 (from memory of Loeder et al., Environmental Chemistry
#: 2015, 12, 563): below, Al-O absorbs everything. Middle and width of the edge, cm-1.
_ALUMINA_EDGE, _EDGE_WIDTH = 1225., 8.
_ALUMINA_ABSORBANCE = 3.4

#: Share of light that passes beside the filter: it keeps the absorbance below about 2.8.
_STRAY_LIGHT = 10 ** -2.8
#: Where the filter absorbs more than this, the signal is mostly noise.
OPAQUE_ABSORBANCE = 1.5


class Matrix(NamedTuple):
    """Spectrum of a filter.

    Attributes
    ----------
    absorbance : ndarray, shape (p,)
        Without the effect of stray light.
    opaque : ndarray of bool, shape (p,)
        Where hardly any light passes.
    """
    absorbance: np.ndarray
    opaque: np.ndarray


def filter_matrix(name, wavenumbers) -> Matrix:
    """
    Return the spectrum of a filter.

    Parameters
    ----------
    name : str
        One of :data:`MATRICES`.
    wavenumbers : ndarray, shape (p,)
        Ascending, cm-1.

    Raises
    ------
    ValueError
        For a filter that is not known.
    """
    if name not in MATRICES:
        raise ValueError(f"The filter (matrix) is one of {', '.join(MATRICES)}, not '{name}'.")
    absorbance = np.zeros(len(wavenumbers))
    if name == "cellulose":
        still = {"variation": 0., "scattering": 0., "baseline": 0., "atmosphere": 0., "noise": 0.}
        whole = simulate("CE", 1, mode="transmission", **still).X.max()
        spectrum = simulate("CE", 1, mode="transmission", wavenumbers=wavenumbers, **still).X[0]
        absorbance = _CELLULOSE / whole * spectrum
    elif name != "none":
        centres, widths, heights, _ = zip(*_BANDS[name], strict=True)
        absorbance = np.array(heights) @ lineshapes.pseudo_voigt(wavenumbers, centres, widths, .3)
    if name == "alumina":
        steps = np.clip((wavenumbers - _ALUMINA_EDGE) / _EDGE_WIDTH, -50, 50)
        absorbance = absorbance + _ALUMINA_ABSORBANCE / (1 + np.exp(steps))
    return Matrix(absorbance, absorbance > OPAQUE_ABSORBANCE)


def saturated(absorbance):
    """Measured absorbance where some light bypasses the filter: it stays below about 2.8."""
    return -np.log10(10. ** -absorbance + _STRAY_LIGHT)
