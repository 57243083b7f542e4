"""ABS labelled as polystyrene, detected by its bands of nitrile and butadiene.

Acrylonitrile butadiene styrene (ABS) is two thirds polystyrene, and correlates with polystyrene
as another polystyrene does: the rule of :mod:`.check`, which compares whole shapes, cannot
distinguish them. The stretch vibration of C#N near 2237 cm-1 can, since no bulk plastic without
acrylonitrile has it, and the trans C=C band of butadiene at 966 cm-1 confirms it (Jung et al.,
Mar. Pollut. Bull. 2018, 127, 704).

In FTIR-Plastics, 50 of the 150 spectra labelled polystyrene that pass the comparison of shapes
are ABS. A model trained on them learns that ABS is polystyrene (``benchmarks/NOTES.md``).
"""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.confidence.residual_bands import expected, unexplained
from orangecontrib.microplastics.materials.bands import LOW, REGIONS
from orangecontrib.microplastics.materials.copolymers import ABS

__all__ = ["POLYMER", "NITRILE", "BUTADIENE", "NEAR", "LEAST", "FEWEST", "is_abs"]

#: The label to check.
POLYMER = ABS.polymer

#: Stretch vibration of C#N and out-of-plane bend of trans C=C, cm-1.
NITRILE, BUTADIENE = (place for place, _ in ABS.bands)

#: Largest distance of a band from these positions, cm-1.
NEAR = 10.

#: Threshold for both bands, in multiples of the usual height at their positions. Lower than
#: :data:`~orangecontrib.microplastics.confidence.residual_bands.LIMIT`, since only two positions
#: are tested. The 50 of FTIR-Plastics have 0.76 to 2.65 (nitrile) and 0.78 to 1.10 (butadiene), its
#: other polystyrenes less than 0.03 at the nitrile position. Kedzierski's and Jung's polystyrenes
#: are higher there, next to overcorrected carbon dioxide, but none has both bands.
LEAST = 0.7

#: Minimum number of references of the polymer to determine the usual height.
FEWEST = 10

#: Regions over which spectra are scaled to equal size, cm-1: fingerprint and C-H, as used by the
#: network.
_SIZE = tuple((max(low, LOW), high) for low, high in REGIONS)


def is_abs(X: np.ndarray, references: np.ndarray, wavenumbers: np.ndarray) -> np.ndarray:
    """Return which spectra have nitrile and butadiene bands that references of their label lack.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
        Absorbance of one polymer by its label, on a uniform grid, no missing values.
    references : ndarray, shape (m, wavenumbers)
        Spectra from other sources with the same label.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending.

    Returns
    -------
    ndarray of bool, shape (n,)
        All False if there are fewer than :data:`FEWEST` references, or if the grid does not
        cover the nitrile band.
    """
    if len(references) < FEWEST or not len(X) or not wavenumbers[0] < NITRILE < wavenumbers[-1]:
        return np.zeros(len(X), bool)
    seen = np.any([(wavenumbers >= low) & (wavenumbers <= high) for low, high in _SIZE], axis=0)
    one = np.zeros(max(len(X), len(references)), int)
    known = expected(references, one[:len(references)], wavenumbers, seen)

    places = [np.abs(wavenumbers - place) <= NEAR for place in (NITRILE, BUTADIENE)]
    found = unexplained(X, one[:len(X)], wavenumbers, seen, known, pairs=[places], listed=False)
    return found.pair_excess.min(axis=1) > LEAST
