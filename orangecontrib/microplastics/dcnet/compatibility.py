"""May a model answer for these spectra? Its wavenumbers, its unit, and what is said if not."""
from __future__ import annotations

import numpy as np
from Orange.data import Table
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.spectra.axis import (
    check_unit,
    covered,
    name_of,
    spectral_columns,
    told,
)

__all__ = ["WARN_COVERAGE", "REFUSE_COVERAGE", "PredictionWarning", "CoverageWarning",
           "ScaleWarning", "ScaleError", "spectral_axis", "axis_notes", "scale_notes"]

#: Share of the wavenumbers that a model sees below which it warns, or refuses to answer.
WARN_COVERAGE, REFUSE_COVERAGE = 0.95, 0.75

#: A correlation below minus this, with none as high, is a spectrum upside down.
_TURNED = 0.5


class PredictionWarning(UserWarning):
    """Something about spectra makes a model's answers less certain, or missing."""


class CoverageWarning(PredictionWarning):
    """Spectra do not reach all wavenumbers that a model looks at."""


class ScaleWarning(PredictionWarning):
    """Spectra may be in another unit than those that a model was trained on."""


class ScaleError(DomainTransformationError):
    """Spectra are in another unit than those that a model was trained on."""


def spectral_axis(data: Table) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a table that hold spectra, and their wavenumbers in cm-1, ascending.

    Raises
    ------
    DomainTransformationError
        If there are none, or they are in another unit.
    """
    try:
        columns, axis = spectral_columns(data.domain)
        check_unit(axis)
    except ValueError as ex:
        raise DomainTransformationError(str(ex)) from None
    return columns, axis


def axis_notes(axis: np.ndarray, needed: np.ndarray, gap: float, step: float,
               trained: float) -> list[PredictionWarning]:
    """Whether spectra have the wavenumbers that a model needs.

    Parameters
    ----------
    axis : ndarray, shape (n,)
        Wavenumbers of the spectra, cm-1, ascending.
    needed : ndarray, shape (m,)
        Wavenumbers that the model needs, of a grid of distance `step`.
    gap : float
        Largest distance that is interpolated over, cm-1.
    trained : float
        Distance of points in the spectra that the model was trained on, cm-1.

    Raises
    ------
    DomainTransformationError
        If too many are missing, or points are too far apart.
    """
    between = np.median(np.diff(axis)) if len(axis) > 1 else 1.0
    if between > max(gap, 2.5 * trained):
        raise DomainTransformationError(
            f"The spectra's points are {name_of(round(between, 1))} cm-1 apart, those that the "
            f"model was trained on {name_of(round(trained, 1))} cm-1: bands fall between them.")
    reached = covered(axis, needed, max(gap, 1.5 * between), between / 2)
    share = reached.mean()
    if share >= WARN_COVERAGE:
        return []
    text = (f"Spectra from {told(axis[0])} to {told(axis[-1])} cm-1 cover "
            f"{share:.0%} of the wavenumbers that the model looks at; missing: "
            f"{_ranges(needed[~reached], step)} cm-1.")
    if share < REFUSE_COVERAGE:
        raise DomainTransformationError(
            text + " Train a model on the range that both share (Preprocess Spectra: Cut).")
    return [CoverageWarning(text + " Predictions are less certain.")]


def scale_notes(matches: np.ndarray, transmittance: bool,
                trained: bool) -> list[PredictionWarning]:
    """Whether spectra are in the unit that a model was trained on.

    Parameters
    ----------
    matches : ndarray, shape (n, classes)
        Correlations with the classes' means.
    transmittance : bool
        Whether the spectra look like transmittance.
    trained : bool
        Whether those did that the model was trained on.

    Raises
    ------
    ScaleError
        If bands of most spectra point the other way.
    """
    best, worst = matches.max(axis=1), matches.min(axis=1)
    if np.mean((worst < -_TURNED) & (-worst > best)) > .5:
        known, given = ("transmittance", "absorbance") if trained \
            else ("absorbance", "transmittance or reflectance")
        raise ScaleError(
            f"The bands point the other way than in the spectra that the model was trained "
            f"on: these seem to be {given}, those were {known}. Convert them (Preprocess "
            f"Spectra).")
    if transmittance and not trained and np.median(best) < _TURNED:
        return [ScaleWarning("The spectra look like transmittance, the model was trained on "
                             "absorbance. If they are, convert them (Preprocess Spectra).")]
    return []


def _ranges(numbers, step):
    """Missing wavenumbers as text: "404-672, 3900"."""
    pieces = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1.5 * step) + 1)
    return ", ".join(told(p[0]) if len(p) == 1 else f"{told(p[0])}-{told(p[-1])}"
                     for p in pieces)
