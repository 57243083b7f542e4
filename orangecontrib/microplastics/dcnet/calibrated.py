"""Temperature and acceptance of trained networks."""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.confidence import calibration
from orangecontrib.microplastics.confidence.acceptance import (
    Acceptance,
    calibrate,
    class_shapes,
    energies,
)
from orangecontrib.microplastics.confidence.residual_bands import expected

__all__ = ["calibrated"]

#: Minimum number of validation spectra to calibrate the energy.
_FEWEST_HELD = 50


def calibrated(networks, X: np.ndarray, y: np.ndarray, grid: np.ndarray, measured: np.ndarray,
               usual: np.ndarray, seed: int, held: np.ndarray | None = None,
               weights: np.ndarray | None = None) -> tuple[float, Acceptance]:
    """Temperature and acceptance, from the validation spectra if there are enough.

    Parameters
    ----------
    networks : list of DCNet
    X, y : ndarrays, shapes (n, wavenumbers), (n,)
        Training and validation spectra, as the networks saw them, and their classes.
    grid, measured : ndarrays, shape (wavenumbers,)
        cm-1; share of the spectra that were measured, not filled.
    usual : ndarray, shape (classes, wavenumbers)
        :func:`.missing_bands.usual_bands`.
    seed : int
    held : ndarray of bool, shape (n,), optional
        Which are validation spectra.
    weights : ndarray, shape (n,), optional
    """
    from orangecontrib.microplastics.nn import known_scores, prediction
    temperature, known = 1.0, np.ones(len(X), bool)
    if held is not None and held.any():
        scores = prediction.class_scores(networks, X[held])
        temperature = calibration.fit_temperature(
            scores, y[held], None if weights is None else weights[held])
        if held.sum() >= _FEWEST_HELD:
            known = held
    scores, classes = known_scores.typical_scores(networks, X[known], y[known], grid, seed)
    seen = networks[0].seen()
    return temperature, calibrate(class_shapes(X, y, seen, weights), energies(scores), classes,
                                  expected(X, y, grid, seen, measured, seed), usual)
