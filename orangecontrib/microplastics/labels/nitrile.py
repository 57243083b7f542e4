"""Polystyrene with bands of nitrile and butadiene, which is none.

Acrylonitrile butadiene styrene (ABS) is polystyrene for two thirds, and correlates with
polystyrene like another polystyrene: the rule of :mod:`.check`, which compares whole shapes,
cannot tell them apart. The stretch vibration of C#N near 2237 cm-1 can, since no bulk plastic
without acrylonitrile has it, and butadiene's trans C=C at 966 cm-1 confirms it (Jung et al., Mar.
Pollut. Bull. 2018, 127, 704).

In FTIR-Plastics, 50 of the 150 spectra named polystyrene that the comparison of shapes leaves
are ABS. A model that learns from them learns that ABS is polystyrene (``benchmarks/NOTES.md``).
"""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.confidence.residual_bands import expected, unexplained
from orangecontrib.microplastics.materials.bands import REGIONS

__all__ = ["POLYMER", "NITRILE", "BUTADIENE", "NEAR", "LEAST", "FEWEST", "is_abs"]

#: The label that is looked at.
POLYMER = "PS"

#: Stretch vibration of C#N and out-of-plane bend of trans C=C, cm-1; how far from it a band may
#: lie.
NITRILE, BUTADIENE, NEAR = 2237., 966., 10.

#: So many times what is usual at their places both bands are at least. Less than
#: :data:`.residual_bands.LIMIT`, since two places are looked at and not all. The 50 of
#: FTIR-Plastics have 0.76 to 2.65 and 0.78 to 1.10, its other polystyrenes under 0.03 at the
#: nitrile's place; of Kedzierski's and Jung's, which lie higher there, beside overcorrected carbon
#: dioxide, none has both.
LEAST = 0.7

#: With fewer spectra of the polymer nobody knows what is usual in it.
FEWEST = 10

#: Where spectra are compared in size, cm-1: fingerprint and C-H, as the network sees them.
_SIZE = tuple((max(low, 700.), high) for low, high in REGIONS)


def is_abs(X: np.ndarray, references: np.ndarray, wavenumbers: np.ndarray) -> np.ndarray:
    """Which spectra have bands of nitrile and butadiene that references of their label have not.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance of one polymer by its label, on a uniform grid, no missing values.
    references : ndarray, shape (m, wavenumbers)
        Spectra of other origin that bear the same label.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending.

    Returns
    -------
    ndarray of bool, shape (n,)
        All False where there are fewer than :data:`FEWEST` references, or where the grid
        does not reach the band.
    """
    if len(references) < FEWEST or not len(X) or not wavenumbers[0] < NITRILE < wavenumbers[-1]:
        return np.zeros(len(X), bool)
    seen = np.any([(wavenumbers >= low) & (wavenumbers <= high) for low, high in _SIZE], axis=0)
    one = np.zeros(max(len(X), len(references)), int)
    known = expected(references, one[:len(references)], wavenumbers, seen)

    def excess(place):
        return unexplained(X, one[:len(X)], wavenumbers, seen, known,
                           where=np.abs(wavenumbers - place) <= NEAR).excess

    return np.minimum(excess(NITRILE), excess(BUTADIENE)) > LEAST
