"""Resampling of spectra onto another wavenumber axis."""
from __future__ import annotations

import numpy as np
from Orange.data import ContinuousVariable, Domain, Table
from Orange.data.util import SharedComputeValue
from Orange.preprocess.preprocess import Preprocess
from scipy import sparse

from orangecontrib.microplastics.spectra.axis import (
    STEP,
    covered,
    name_of,
    rounded,
    spectral_columns,
    uniform_grid,
)
from orangecontrib.microplastics.utils.patterns import groups

__all__ = ["resampling_matrix", "fill_missing", "Resample", "resampled_domain"]

#: Rows resampled at a time: 2,000 spectra of 4,000 points are 64 MB in float64.
_ROWS = 2000


def resampling_matrix(source: np.ndarray, target: np.ndarray) -> sparse.csr_matrix:
    """Return the linear operator that resamples spectra from one axis to another.

    If the source step is larger than 0.75 target steps, it interpolates linearly.
    Otherwise each target is the mean of the source weighted by a triangle with a base
    of two target steps, so that downsampling does not alias noise; in the limit of
    equal steps that triangle is linear interpolation.

    Parameters
    ----------
    source, target : ndarray, shapes (n,), (m,)
        Wavenumbers in cm-1, ascending.

    Returns
    -------
    csr_matrix, shape (n, m)
        ``spectra @ matrix``; columns sum to 1.

    Raises
    ------
    ValueError
        If a target lies outside the source's range by more than half a source step, or the
        source has fewer than two wavenumbers.
    """
    source, target = np.asarray(source, float), np.asarray(target, float)
    if len(source) < 2:
        raise ValueError("Spectra of fewer than two wavenumbers cannot be interpolated.")
    slack = np.median(np.diff(source)) / 2 + 1e-6
    if target[0] < source[0] - slack or target[-1] > source[-1] + slack:
        raise ValueError(
            f"Spectra from {rounded(source[0])} to {rounded(source[-1])} cm-1 do not reach the "
            f"range {rounded(target[0])} to {rounded(target[-1])} cm-1.")
    clipped = np.clip(target, source[0], source[-1])
    left = np.clip(np.searchsorted(source, clipped, side="right") - 1, 0, len(source) - 2)
    share = (clipped - source[left]) / (source[left + 1] - source[left])
    cols = np.arange(len(target))
    linear = sparse.csr_matrix(
        (np.r_[1 - share, share], (np.r_[left, left + 1], np.r_[cols, cols])),
        shape=(len(source), len(target)))
    step = np.median(np.diff(target)) if len(target) > 1 else 0
    if np.median(np.diff(source)) > 0.75 * step:
        return linear
    first = np.searchsorted(source, clipped - step, side="right")
    last = np.searchsorted(source, clipped + step, side="left")
    # Each source point is weighted by the length of axis that it represents.
    width = np.gradient(source)
    rows, columns, weights = [], [], []
    for col, (a, b) in enumerate(zip(first, last, strict=True)):
        near = np.arange(a, b)
        offset = source[near] - clipped[col]
        weight = width[near] * (1 - np.abs(offset) / step)
        # Tilt the triangle so that its centroid is the target: bands are not shifted.
        spread = weight @ offset ** 2
        tilt = -(weight @ offset) / spread if spread > 0 else np.inf
        if abs(tilt) * step < 1:
            weight *= 1 + tilt * offset
        else:
            # At an end or in a gap of the source no tilt achieves this: interpolate.
            near = np.array([left[col], left[col] + 1])
            weight = np.array([1 - share[col], share[col]])
        rows.append(near)
        columns.append(np.full(len(near), col))
        weights.append(weight / weight.sum())
    return sparse.csr_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))),
        shape=(len(source), len(target)))


def fill_missing(X: np.ndarray, axis: np.ndarray, gap: float = np.inf) -> np.ndarray:
    """Interpolate missing and infinite values along each spectrum.

    Parameters
    ----------
    X : ndarray, shape (spectra, wavenumbers)
    axis : ndarray, shape (wavenumbers,)
        cm-1, ascending.
    gap : float
        Gaps wider than this (cm-1, from one measured point to the next) stay missing, and
        so do the ends. If infinite, everything is filled, the ends with the outermost values.

    Returns
    -------
    ndarray
        `X` itself if nothing is missing. Rows without any value stay missing.
    """
    bad = ~np.isfinite(X)
    rows = np.flatnonzero(bad.any(axis=1) & ~bad.all(axis=1))
    if not len(rows) and not bad.any():
        return X
    X = np.where(bad, np.nan, X)
    for missing, alike in groups(bad[rows]):
        good = np.flatnonzero(~missing)
        fill = missing & covered(axis[good], axis, gap) if np.isfinite(gap) else missing
        fill = np.flatnonzero(fill)
        right = np.searchsorted(axis[good], axis[fill])
        left, right = good[np.maximum(right - 1, 0)], good[np.minimum(right, len(good) - 1)]
        # Beyond the ends, both are the outermost point.
        share = (axis[fill] - axis[left]) / np.where(right > left, axis[right] - axis[left], 1)
        share[right <= left] = 0
        own = X[rows[alike]]
        X[np.ix_(rows[alike], fill)] = own[:, left] + share * (own[:, right] - own[:, left])
    return X


class _Resampled:
    """Resampled spectra of any table: the computation that all resampled features share."""

    def __init__(self, target, domain, gap=np.inf):
        self.target = np.asarray(target, float)
        self.gap = gap
        # Kept only if earlier widgets computed features: these are computed again for data
        # that lack them.
        derived = any(a.compute_value is not None for a in domain.attributes)
        self.domain = Domain(domain.attributes) if derived else None

    def __call__(self, data: Table) -> np.ndarray:
        if self.domain is not None and data.domain.attributes != self.domain.attributes:
            derived = data.transform(self.domain)
            if np.isfinite(derived.X).any():
                data = derived
        columns, axis = spectral_columns(data.domain)
        # Already on the target axis (by far the most common case): nothing to compute.
        if len(axis) == len(self.target) and np.allclose(axis, self.target, atol=1e-6):
            X = data.X if np.array_equal(columns, np.arange(data.X.shape[1])) \
                else data.X[:, columns]
            return np.asarray(X, float)
        # Spectra on a coarse, even axis have no gaps.
        gap = self.gap if len(axis) < 2 else max(self.gap, 1.5 * np.median(np.diff(axis)))
        slack = np.median(np.diff(axis)) / 2 if len(axis) > 1 else 0.
        inside = covered(axis, self.target, gap, slack) & (len(axis) > 1)
        out = np.full((len(data), len(self.target)), np.nan)
        if not inside.any():
            return out
        matrix = resampling_matrix(axis, self.target[inside])
        for start in range(0, len(data), _ROWS):
            rows = slice(start, start + _ROWS)
            X = np.asarray(data.X[rows][:, columns], float)
            missing = ~np.isfinite(X)
            filled = fill_missing(X, axis)
            part = out[rows]
            part[:, inside] = filled @ matrix
            if missing.any():
                # Values that were not measured stay missing: filling them is up to the caller.
                _mask(part, missing, axis, self.target, gap)
        return out

    def __eq__(self, other):
        return type(self) is type(other) and np.array_equal(self.target, other.target) \
            and self.gap == other.gap and self.domain == other.domain

    def __hash__(self):
        return hash((len(self.target), self.target[0], self.target[-1]))


def _mask(resampled, missing, axis, target, gap):
    """Set NaN where a row's own measured points do not cover the target; modifies `resampled`."""
    rows = np.flatnonzero(missing.any(axis=1))
    for pattern, alike in groups(missing[rows]):
        reached = covered(axis[~pattern], target, gap)
        resampled[np.ix_(rows[alike], ~reached)] = np.nan


class _ResampledFeature(SharedComputeValue):
    """Column `index` of the shared resampled spectra."""

    def __init__(self, index, shared):
        super().__init__(shared)
        self.index = index

    def compute(self, data, shared_data):
        return shared_data[:, self.index]

    def __eq__(self, other):
        return super().__eq__(other) and self.index == other.index

    def __hash__(self):
        return hash((super().__hash__(), self.index))


class Resample(Preprocess):
    """Resample spectra from any axis onto a uniform grid of wavenumbers.

    Spectra on a finer axis are smoothed before downsampling (:func:`resampling_matrix`).
    The features of the resulting domain hold the interpolation, so that a table
    from another instrument can be transformed to that domain. Grid points that the
    data do not cover are missing.

    Parameters
    ----------
    step : float
        Spacing of the grid in cm-1; the grid points are multiples of it.
    low, high : float, optional
        Limits of the grid in cm-1; by default those of the data.
    gap : float
        Gaps wider than this, in cm-1, stay missing; by default all are interpolated.
    """

    def __init__(self, step=STEP, low=None, high=None, gap=np.inf):
        self.step = step
        self.low = low
        self.high = high
        self.gap = gap

    def __call__(self, data: Table) -> Table:
        """Return the table on the grid.

        Raises
        ------
        ValueError
            If the data have no wavenumbers, or fewer than two grid points within the limits.
        """
        _, axis = spectral_columns(data.domain)
        low = axis[0] if self.low is None else max(self.low, axis[0])
        high = axis[-1] if self.high is None else min(self.high, axis[-1])
        target = uniform_grid(low, high, self.step)
        if len(target) < 2:
            raise ValueError(
                f"Spectra from {rounded(axis[0])} to {rounded(axis[-1])} cm-1 hold fewer than two "
                f"points of a grid of {self.step:g} cm-1.")
        return data.transform(resampled_domain(data.domain, target, self.gap))


def resampled_domain(domain: Domain, target: np.ndarray, gap: float = np.inf) -> Domain:
    """Return a domain whose attributes resample any spectra to `target` (cm-1, ascending)."""
    shared = _Resampled(target, domain, gap)
    return Domain(
        [ContinuousVariable(name_of(w), compute_value=_ResampledFeature(i, shared))
         for i, w in enumerate(target)],
        domain.class_vars, domain.metas)
