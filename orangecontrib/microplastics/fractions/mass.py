"""From fractions of signal to fractions of mass.

By the Beer-Lambert law the signal of a component is its mass times its absorptivity a, so that the
mass fraction is (f_i / a_i) / sum_j (f_j / a_j). Only ratios of absorptivities matter. In an ATR
spectrum of a particle or fabric, what lies at the surface counts, too: absorptivities determined
from blends of the same kind include that, those of pure substances do not.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["by_mass", "absorptivities_of"]


def by_mass(fractions: np.ndarray, low: np.ndarray, high: np.ndarray,
            materials: Sequence[str], absorptivities: Mapping[str, float]) \
        -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Convert fractions of signal, and the ends of their intervals, to mass.

    Parameters
    ----------
    fractions, low, high : ndarrays, shape (n, materials)
        NaN for materials that are not there.
    materials : sequence of str
    absorptivities : mapping of str to float
        Relative absorptivity; 1 for materials that are not named.

    Returns
    -------
    fractions, low, high : ndarrays, shape (n, materials)
        The ends are those of the signal's interval: the uncertainty of absorptivities is not
        included.
    """
    a = np.array([float(absorptivities.get(name, 1)) for name in materials])
    amounts = fractions / a
    total = np.nansum(amounts, axis=1, keepdims=True)
    # The others keep their proportions: what they absorb, per signal.
    others = np.nansum(fractions, axis=1, keepdims=True) - fractions
    with np.errstate(invalid="ignore", divide="ignore"):
        per_signal = np.where(others > 0, (total - amounts) / others, 0)
        ends = [np.where(end > 0, end / a / (end / a + (1 - end) * per_signal), end)
                for end in (low, high)]
        return amounts / total, *ends


def absorptivities_of(fractions: np.ndarray, masses: np.ndarray,
                      materials: Sequence[str]) -> dict[str, float]:
    """Relative absorptivities from blends of known mass fractions.

    Of each two materials that occur together, log(a_i / a_j) is the median of log(f_i / f_j) -
    log(m_i / m_j) over the blends; all ratios are fitted by least squares.

    Parameters
    ----------
    fractions : ndarray, shape (n, materials)
        Fractions of signal; NaN or 0 where a material was not found.
    masses : ndarray, shape (n, materials)
        Known fractions of mass; NaN or 0 for none.
    materials : sequence of str

    Returns
    -------
    dict of str to float
        Of materials that occur in a blend, with the geometric mean 1; empty if there is no blend
        of which two materials were found.
    """
    both = (np.nan_to_num(fractions) > 0) & (np.nan_to_num(masses) > 0)
    log = np.full(fractions.shape, np.nan)
    log[both] = np.log(fractions[both] / masses[both])
    rows, values, weights = [], [], []
    for i in range(len(materials)):
        for j in range(i):
            apart = (log[:, i] - log[:, j])[both[:, i] & both[:, j]]
            if len(apart):
                row = np.zeros(len(materials))
                row[[i, j]] = 1, -1
                rows.append(row)
                values.append(np.median(apart))
                weights.append(np.sqrt(len(apart)))
    if not rows:
        return {}
    A, weights = np.array(rows), np.array(weights)
    # The solution of minimum length: its mean is 0 over materials that are connected by blends.
    found = np.linalg.lstsq(A * weights[:, None], np.array(values) * weights, rcond=None)[0]
    return {materials[i]: float(np.exp(found[i])) for i in np.flatnonzero(A.any(axis=0))}
