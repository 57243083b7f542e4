"""Polystyrene with a nitrile band, which is none.

Acrylonitrile butadiene styrene (ABS) is polystyrene for two thirds, and correlates with
polystyrene like another polystyrene: the rule of :mod:`.labels`, which compares whole shapes,
cannot tell them apart. The stretch vibration of C#N near 2237 cm-1 can, since no bulk plastic
without acrylonitrile has it (Jung et al., Mar. Pollut. Bull. 2018, 127, 704).

In FTIR-Plastics it is found in 50 of the 150 spectra named polystyrene that the comparison of
shapes leaves, together with butadiene's bands at 966 and 910 cm-1; a model that learns from
them learns that ABS is polystyrene (``benchmarks/unknowns.py``).
"""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.unexplained import expected, unexplained

__all__ = ["POLYMER", "NITRILE", "NEAR", "LIMIT", "FEWEST", "has_nitrile"]

#: The label that is looked at.
POLYMER = "PS"

#: Stretch vibration of C#N, cm-1, and how far from it a band may lie.
NITRILE, NEAR = 2237., 10.

#: So many times what is usual there. Less than :data:`.unexplained.LIMIT`, since one place is
#: looked at and not all. In FTIR-Plastics (8 cm-1) polystyrene stays under 0.03 but for 50 spectra
#: from 0.76 to 2.65; in Kedzierski and Jung it stays under 0.7.
LIMIT = 0.7

#: With fewer spectra of the polymer nobody knows what is usual in it.
FEWEST = 10

#: Where spectra are compared in size, cm-1: as the network sees them.
_SIZE = ((700., 1850.), (2700., 3100.))


def has_nitrile(X: np.ndarray, references: np.ndarray, wavenumbers: np.ndarray) -> np.ndarray:
    """Which spectra have a nitrile band that references of the same polymer have not.

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
    found = np.zeros(len(X), bool)
    near = np.abs(wavenumbers - NITRILE) <= NEAR
    if len(references) < FEWEST or not len(X) or not wavenumbers[0] < NITRILE < wavenumbers[-1]:
        return found
    seen = np.any([(wavenumbers >= low) & (wavenumbers <= high) for low, high in _SIZE], axis=0)
    one = np.zeros(max(len(X), len(references)), int)
    known = expected(references, one[:len(references)], wavenumbers, seen)
    found[:] = unexplained(X, one[:len(X)], wavenumbers, seen, known, where=near).excess > LIMIT
    return found
