"""The wavenumber axis of a Table, and uniform grids.

Orange matches features by name, so a model that gets spectra on another instrument's
axis finds only missing columns. Here the axis is read as numbers, and
:class:`.resample.Resample` builds features that interpolate from any axis.
"""
from __future__ import annotations

import numpy as np
from Orange.data import Domain

__all__ = ["STEP", "FEWEST_WAVENUMBERS", "wavenumbers", "spectral_columns", "uniform_grid",
           "is_uniform", "covered", "gap_limit", "check_unit", "name_of", "number_in", "rounded"]

#: Default spacing in cm-1 of the uniform grid onto which spectra are resampled.
STEP = 4.0

#: Minimum number of wavenumbers of a spectrum; fewer are a list of peaks.
FEWEST_WAVENUMBERS = 16


def name_of(wavenumber: float) -> str:
    """Attribute name of a wavenumber (cm-1): at most 6 decimals, no trailing zeros."""
    return f"{wavenumber:.6f}".rstrip("0").rstrip(".")


def rounded(wavenumber: float) -> str:
    """Text of a wavenumber or wavelength for messages, rounded for display.

    Rounded to whole numbers from 100 on, and to three significant digits below, so that
    wavelengths in um remain readable.
    """
    return f"{wavenumber:.0f}" if abs(wavenumber) >= 100 else f"{wavenumber:.3g}"


def number_in(name: str) -> float:
    """The number that is a column's name; NaN if it is none."""
    try:
        return float(name)
    except ValueError:
        return np.nan


def spectral_columns(domain: Domain) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a domain whose names are wavenumbers.

    Parameters
    ----------
    domain : Domain

    Returns
    -------
    columns : ndarray of int, shape (n,)
        Indices into ``domain.attributes``, in order of ascending wavenumber.
    wavenumbers : ndarray of float, shape (n,)
        In cm-1, ascending.

    Raises
    ------
    ValueError
        If no continuous attribute has a number as its name, or two have the same number.
    """
    numbers = np.array([number_in(a.name) if a.is_continuous else np.nan
                        for a in domain.attributes], dtype=float)
    columns = np.flatnonzero(np.isfinite(numbers))
    if not len(columns):
        raise ValueError("Data have no wavenumbers: a spectrum is a row, in columns named by "
                         "numbers, such as 1716 or 1716.2. For a file of two columns, choose the "
                         "file type Spectra ASCII in File.")
    columns = columns[np.argsort(numbers[columns], kind="stable")]
    numbers = numbers[columns]
    twice = np.flatnonzero(np.diff(numbers) == 0)
    if len(twice):
        raise ValueError(f"Wavenumber {name_of(numbers[twice[0]])} stands in more than one "
                         "column; keep one of them (Select Columns).")
    return columns, numbers


def wavenumbers(domain: Domain) -> np.ndarray:
    """Wavenumbers of a domain in cm-1, ascending; see :func:`spectral_columns`."""
    return spectral_columns(domain)[1]


def check_unit(axis: np.ndarray):
    """Raise if an axis cannot be wavenumbers in cm-1.

    Parameters
    ----------
    axis : ndarray, shape (n,)
        Ascending.

    Raises
    ------
    ValueError
        If the axis numbers columns (0, 1, 2 ... or 1, 2, 3 ...) or has the range of
        wavelengths in micrometres or nanometres. Wavelengths in nanometres below 15,000
        (near infrared) cannot be distinguished from wavenumbers by their range.
    """
    if len(axis) > 2 and axis[0] in (0, 1) and np.all(np.diff(axis) == 1):
        raise ValueError(
            f"Columns are numbered {name_of(axis[0])}, {name_of(axis[1])}, {name_of(axis[2])} ... "
            "instead of named by wavenumber: name them in the file, or load the spectra in a "
            "format that holds their wavenumbers.")
    if len(axis) > 1 and axis[0] >= 0.5 and axis[-1] <= 30:
        raise ValueError(
            f"The axis from {rounded(axis[0])} to {rounded(axis[-1])} looks like wavelengths in "
            "micrometres; name columns by wavenumber in cm-1, which is 10,000 / micrometres.")
    if len(axis) > 1 and axis[-1] > 15_000 and axis[0] < 10_000:
        raise ValueError(
            f"The axis from {rounded(axis[0])} to {rounded(axis[-1])} looks like wavelengths in "
            "nanometres; name columns by wavenumber in cm-1, which is 10,000,000 / nanometres.")


def gap_limit(step: float) -> float:
    """Widest gap (cm-1) that is interpolated for a grid of `step`: the larger of 20 and 2.5 steps.

    The sharpest bands of polymers are 10 to 20 cm-1 wide; a wider gap can hide one.
    """
    return max(20.0, 2.5 * step)


def covered(axis: np.ndarray, target: np.ndarray, gap: float, slack: float = 0.0) -> np.ndarray:
    """Return which targets an axis covers: within its range and not in a gap wider than `gap`.

    Parameters
    ----------
    axis, target : ndarray, shapes (n,), (m,)
        Wavenumbers in cm-1, ascending.
    gap : float
        cm-1.
    slack : float
        Targets within this distance of a point of the axis are always covered, cm-1.

    Returns
    -------
    ndarray of bool, shape (m,)
    """
    if not len(axis):
        return np.zeros(len(target), bool)
    right = np.clip(np.searchsorted(axis, target), min(1, len(axis) - 1), len(axis) - 1)
    left = np.maximum(right - 1, 0)
    near = np.minimum(np.abs(target - axis[left]), np.abs(target - axis[right])) <= slack + 1e-6
    inside = (target >= axis[0]) & (target <= axis[-1])
    return near | (inside & (axis[right] - axis[left] <= gap + 1e-6))


def uniform_grid(low: float, high: float, step: float) -> np.ndarray:
    """Multiples of `step` (cm-1) from `low` to `high`, both included where they are multiples."""
    first = np.ceil(low / step - 1e-6)
    last = np.floor(high / step + 1e-6)
    return np.arange(first, last + 1) * step


def is_uniform(axis: np.ndarray) -> bool:
    """Whether the steps of an ascending axis are equal to within 1 % of the median step."""
    steps = np.diff(axis)
    return len(steps) > 0 and bool(np.ptp(steps) <= 0.01 * np.median(steps))

