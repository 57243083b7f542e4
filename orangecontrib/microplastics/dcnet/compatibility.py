"""Check whether a model can predict given spectra: wavenumbers, unit, and messages if not."""
from __future__ import annotations

import numpy as np
from Orange.data import Table
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.spectra.axis import (
    check_unit,
    covered,
    name_of,
    rounded,
    spectral_columns,
)

__all__ = ["WARN_COVERAGE", "REFUSE_COVERAGE", "PredictionWarning", "CoverageWarning",
           "ScaleWarning", "SimulatedWarning", "ScaleError", "spectral_axis", "axis_notes",
           "scale_notes", "missing_note"]

#: Share of the wavenumbers that a model needs: below the first it warns, below the second it
#: refuses to predict.
WARN_COVERAGE, REFUSE_COVERAGE = 0.95, 0.75

#: A spectrum is inverted if its lowest correlation with a class is below minus this and larger in
#: absolute value than its highest. Highest correlations below this raise a doubt about the unit.
_INVERTED = 0.5


class PredictionWarning(UserWarning):
    """Predictions for some spectra are less certain, or missing."""


class CoverageWarning(PredictionWarning):
    """Spectra do not cover all wavenumbers that a model needs."""


class ScaleWarning(PredictionWarning):
    """Spectra may be in another unit than the training spectra."""


class SimulatedWarning(PredictionWarning):
    """The model was trained on simulated spectra only."""


class ScaleError(DomainTransformationError):
    """Spectra are in another unit than the training spectra."""


def spectral_axis(data: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of a table that hold spectra, and their wavenumbers, cm-1, ascending.

    Raises
    ------
    DomainTransformationError
        If there are no such columns, or their numbers are not wavenumbers in cm-1.
    """
    try:
        columns, axis = spectral_columns(data.domain)
        check_unit(axis)
    except ValueError as ex:
        raise DomainTransformationError(str(ex)) from None
    return columns, axis


def axis_notes(axis: np.ndarray, needed: np.ndarray, gap: float, step: float,
               trained: float) -> list[PredictionWarning]:
    """Check that spectra have the wavenumbers that a model needs.

    Parameters
    ----------
    axis : ndarray, shape (n,)
        Wavenumbers of the spectra, cm-1, ascending.
    needed : ndarray, shape (m,)
        Wavenumbers that the model needs, points of a grid of spacing `step`, cm-1.
    gap : float
        Widest gap that is interpolated, cm-1.
    step : float
        Spacing of the model's grid, cm-1.
    trained : float
        Spacing of points in the training spectra, cm-1.

    Returns
    -------
    list of PredictionWarning
        A :class:`CoverageWarning` if less than 95 % of the wavenumbers are there, else empty.

    Raises
    ------
    DomainTransformationError
        If less than 75 % are there, or the points are further apart than both `gap` and 2.5 times
        the spacing of the training spectra.
    """
    between = np.median(np.diff(axis)) if len(axis) > 1 else 1.0
    if between > max(gap, 2.5 * trained):
        raise DomainTransformationError(
            f"The spectra have a point every {name_of(round(between, 1))} cm-1, the training "
            f"spectra every {name_of(round(trained, 1))} cm-1: narrow bands would be missed.")
    reached = covered(axis, needed, max(gap, 1.5 * between), between / 2)
    share = reached.mean()
    if share >= WARN_COVERAGE:
        return []
    text = (f"Spectra from {rounded(axis[0])} to {rounded(axis[-1])} cm-1 cover "
            f"{share:.0%} of the wavenumbers that the model needs; missing: "
            f"{_ranges(needed[~reached], step)} cm-1.")
    if share < REFUSE_COVERAGE:
        raise DomainTransformationError(
            text + " Train a model on the range that both share (Preprocess Spectra: Cut).")
    return [CoverageWarning(text + " Predictions are less certain.")]


def scale_notes(matches: np.ndarray, transmittance: bool,
                trained: bool) -> list[PredictionWarning]:
    """Check that spectra are in the unit of the training spectra.

    Parameters
    ----------
    matches : ndarray, shape (n, classes)
        Correlations with the means of the classes.
    transmittance : bool
        Whether the spectra look like transmittance.
    trained : bool
        Whether the training spectra looked like transmittance.

    Returns
    -------
    list of PredictionWarning
        A :class:`ScaleWarning` if the spectra look like transmittance and match no class well,
        while the training spectra looked like absorbance; else empty.

    Raises
    ------
    ScaleError
        If more than half of the spectra are inverted.
    """
    best, worst = matches.max(axis=1), matches.min(axis=1)
    if np.mean((worst < -_INVERTED) & (-worst > best)) > .5:
        known, given = ("transmittance", "absorbance") if trained \
            else ("absorbance", "transmittance or reflectance")
        raise ScaleError(
            f"The bands are upside down compared with the training spectra: these spectra seem to "
            f"be {given}, the training spectra were {known}. Convert them (Preprocess "
            f"Spectra).")
    if transmittance and not trained and np.median(best) < _INVERTED:
        return [ScaleWarning("The spectra look like transmittance, the model was trained on "
                             "absorbance. If they are, convert them (Preprocess Spectra).")]
    return []


def _ranges(numbers, step):
    """Missing wavenumbers as text: "404-672, 3900"."""
    pieces = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1.5 * step) + 1)
    return ", ".join(rounded(p[0]) if len(p) == 1 else f"{rounded(p[0])}-{rounded(p[-1])}"
                     for p in pieces)


def missing_note(missing: int, n: int) -> PredictionWarning:
    """What is to be said if some of n spectra cannot be predicted."""
    return PredictionWarning(
        f"{missing} of {n} spectra get no prediction: they are constant or empty, or lack "
        f"more than {1 - REFUSE_COVERAGE:.0%} of the wavenumbers that the model needs.")
