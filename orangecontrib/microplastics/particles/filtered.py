"""Spectra of matter without that of the filter beneath it."""
from __future__ import annotations

import numpy as np

__all__ = ["without_filter"]

#: Largest amount of the filter that is subtracted, relative to bare places. It varies by a few per
#: cent; a fibre of the filter's own material is more, and must not vanish.
_MOST = 1.1

#: Smallest height of the filter's bands relative to its noise from point to point: below it, there
#: is nothing to subtract but noise.
_BANDS = 20.

#: Spectra at a time.
_ROWS = 10_000


def without_filter(X: np.ndarray, filter_spectrum: np.ndarray, opaque: np.ndarray) -> np.ndarray:
    """Subtract as much of the filter's spectrum as makes each spectrum's derivative smallest.

    The amount minimizes the sum of absolute differences of neighbouring points of the rest, so that
    bands of the particle, which are few, do not pull it (least absolute deviations: a weighted
    median of ratios). It differs between transmission, where the filter shines through, and
    reflection, where the particle hides it. Values at `opaque` wavenumbers become NaN: there the
    spectrum is noise.

    Parameters
    ----------
    X : ndarray, shape (n, m)
        Absorbance.
    filter_spectrum : ndarray, shape (m,)
    opaque : ndarray of bool, shape (m,)

    Returns
    -------
    ndarray, shape (n, m)
    """
    out = np.array(X, float)
    clear = ~opaque & np.isfinite(filter_spectrum)
    if clear.sum() > 2 and _has_bands(filter_spectrum[clear]):
        steps = np.flatnonzero(clear[:-1] & clear[1:])
        slope = np.diff(filter_spectrum)[steps]
        # Steps of noise alone tell nothing, and most of the sum is in the steepest.
        steep = np.abs(slope) >= .05 * np.abs(slope).max()
        steps, slope = steps[steep], slope[steep]
        for start in range(0, len(out), _ROWS):
            part = out[start:start + _ROWS]
            amounts = _amounts(part[:, steps + 1] - part[:, steps], slope)
            part -= amounts[:, None] * np.where(clear, filter_spectrum, 0)
    out[:, opaque] = np.nan
    return out


def _has_bands(spectrum):
    noise = np.median(np.abs(np.diff(spectrum, n=2)))
    return np.ptp(spectrum) > _BANDS * noise and np.ptp(spectrum) > 1e-3


def _amounts(differences, slope):
    """Weighted medians of differences / slope with weights |slope|, from 0 to `_MOST`; (n,)."""
    ratios = differences / slope
    ratios[~np.isfinite(ratios)] = 0
    order = np.argsort(ratios, axis=1)
    weights = np.abs(slope)[order].cumsum(axis=1)
    middle = (weights < weights[:, -1:] / 2).sum(axis=1)
    found = np.take_along_axis(ratios, np.take_along_axis(order, middle[:, None], 1), 1)[:, 0]
    return np.clip(found, 0, _MOST)
