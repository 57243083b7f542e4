"""Where matter lies on a filter: the signal of each pixel over that of the filter."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Table
from Orange.util import dummy_callback
from scipy import ndimage
from skimage.filters import threshold_otsu

from orangecontrib.microplastics.materials.atmosphere import CARBON_DIOXIDE_REGIONS
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.units import is_percent, some_rows, to_absorbance

__all__ = ["LOWEST", "Spectra", "Signal", "Level", "signal", "otsu"]

#: Pixels at a time, and pixels of a sample at a time: limits memory without loss of speed.
_ROWS, _PART = 20_000, 2_000

#: Number of wavenumber ranges that are compared: their means have less noise than single points.
_RANGES = 100

#: Pixels from which the filter's spectrum is estimated.
_SAMPLE = 20_000

#: Points of the shortest stretch that is opaque, and pixels from which it is told.
_RUN, _FEWEST = 5, 30

#: Smallest threshold, in multiples of the filter's own scatter: below it, pixels of a bare filter
#: would count. Chosen on simulated maps (``benchmarks/NOTES.md``).
LOWEST = 3.


class Spectra:
    """Spectra of a table in absorbance, read by rows: no copy of a whole map is made.

    Attributes
    ----------
    wavenumbers : ndarray, shape (m,)
        cm-1, ascending.
    attributes : tuple of ContinuousVariable
        In the same order.
    """

    def __init__(self, data: Table, convert: bool = False):
        """
        Parameters
        ----------
        data : Table
        convert : bool
            Whether the data are transmittance.

        Raises
        ------
        ValueError
            If the data have no wavenumbers.
        """
        columns, self.wavenumbers = spectral_columns(data.domain)
        self._data = data.to_dense() if data.is_sparse() else data
        # A slice is read without a copy.
        plain = len(columns) and np.array_equal(columns, np.arange(len(columns)))
        self._columns = slice(0, len(columns)) if plain else columns
        self.attributes = tuple(data.domain.attributes[c] for c in columns)
        self._percent = None
        if convert and len(data):
            self._percent = is_percent(self._data.X[some_rows(len(data))][:, self._columns])

    def __len__(self):
        return len(self._data)

    def __call__(self, rows) -> np.ndarray:
        """Spectra of some rows; float, (rows, m)."""
        X = np.asarray(self._data.X[rows], float)[:, self._columns]
        return X if self._percent is None else to_absorbance(X, self._percent)


class Signal(NamedTuple):
    """How far each pixel differs from the filter.

    Attributes
    ----------
    values : ndarray of float32, shape (n,)
        Root mean square of what is left of the spectrum without offset and without the filter's
        spectrum, in multiples of the filter's own scatter: 1 for a bare filter. NaN for pixels
        without a spectrum.
    filter : ndarray, shape (m,)
        Spectrum of the filter, absorbance; NaN where it has no values.
    opaque : ndarray of bool, shape (m,)
        Wavenumbers at which the filter lets no light through.
    """
    values: np.ndarray
    filter: np.ndarray
    opaque: np.ndarray


class Level:
    """The level of a map's bare filter, from which the signal of any pixel follows.

    Attributes
    ----------
    filter, opaque : ndarrays, shape (m,)
        As of :class:`Signal`.
    """

    def __init__(self, bare, scale, spectrum, opaque, ranges):
        self._filter, self._scale, self._ranges = bare, scale, ranges
        self.filter, self.opaque = spectrum, opaque

    @classmethod
    def of(cls, spectra: Spectra, progress_callback=dummy_callback) -> Level | None:
        """Of some twenty thousand pixels all over the map; None if there are no spectra.

        Parameters as of :func:`signal`.
        """
        ranges = _ranges(spectra.wavenumbers)
        rows, binned = _sampled(spectra, ranges, progress_callback)
        if not len(rows):
            return None
        bare, level = np.arange(len(rows)), _Filter(binned)
        for _ in range(3):
            # The half with the least signal; then those that scatter like it.
            least = level(binned)
            bare = np.flatnonzero(least <= max(np.median(least), 1e-12))
            level = _Filter(binned[bare], level)
        # The scatter of half of the pixels is smaller than that of all bare ones.
        scale = max(float(np.nanmedian(level(binned[bare]))), 1e-12)
        of_filter = spectra(rows[bare[some_rows(len(bare), 2000)]])
        with np.errstate(all="ignore"):
            spectrum = _nan_median(of_filter)
            steps = np.diff(of_filter, axis=1)
            scatter = _nan_median(np.abs(steps - _nan_median(steps)))
        # A few pixels have no scatter to speak of.
        opaque = _opaque(spectrum, scatter) if len(bare) >= _FEWEST else \
            np.zeros(len(spectra.wavenumbers), bool)
        return cls(level, scale, spectrum, opaque, ranges)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Signals of spectra (n, m); float32, (n,), NaN where there is no spectrum."""
        binned = _means(X, *self._ranges)
        there = _there(binned)
        values = np.full(len(X), np.nan, np.float32)
        if there.any():
            values[there] = self._filter(binned[there]) / self._scale
        return values


def signal(spectra: Spectra, progress_callback=dummy_callback) -> Signal:
    """The signal of each pixel over the filter.

    An offset is no signal, since the background is often measured elsewhere; slope and bands are.
    The filter's spectrum is the median of those half of the pixels that have the least signal: on
    most filters matter covers less than half. Each range of wavenumbers counts by its scatter on
    the filter, so that a range without light (Anodisc below 1250 cm-1) does not.

    Parameters
    ----------
    spectra : Spectra
        n pixels.
    progress_callback : callable, optional
        Called with the fraction done; an exception raised in it cancels.
    """
    n, m = len(spectra), len(spectra.wavenumbers)
    level = Level.of(spectra, lambda done: progress_callback(.3 * done))
    values = np.full(n, np.nan, np.float32)
    if level is None:
        return Signal(values, np.full(m, np.nan), np.zeros(m, bool))
    for start in range(0, n, _ROWS):
        progress_callback(.3 + .7 * start / n)
        values[start:start + _ROWS] = level(spectra(slice(start, start + _ROWS)))
    progress_callback(1)
    return Signal(values, level.filter, level.opaque)


def _there(binned):
    """Which pixels have a spectrum: outside a round filter some programs write zeros."""
    with np.errstate(invalid="ignore"):
        flat = np.nanmax(binned, axis=1, initial=-np.inf) == np.nanmin(binned, axis=1,
                                                                       initial=np.inf)
    return (np.isfinite(binned).mean(axis=1) >= .5) & ~flat


def _sampled(spectra, ranges, progress):
    """Rows of pixels with a spectrum, evenly spaced, at most `_SAMPLE`; means of their ranges."""
    n = len(spectra)
    stride = max(1, -(-n // _SAMPLE))
    rows, binned, enough = [], [], min(n, _SAMPLE) // 10
    # Of a map that is mostly empty, more is looked at.
    for offset in range(stride):
        some = np.arange(offset, n, stride)
        for start in range(0, len(some), _PART):
            progress((offset + start / len(some)) / stride)
            part = some[start:start + _PART]
            means = _means(spectra(part), *ranges)
            there = _there(means)
            rows.append(part[there])
            binned.append(means[there])
        if sum(map(len, rows)) >= enough:
            break
    if not rows:
        return np.empty(0, int), np.empty((0, 0))
    order = np.argsort(np.concatenate(rows))
    return np.concatenate(rows)[order], np.concatenate(binned)[order]


def otsu(values: np.ndarray) -> float:
    """Threshold of matter: Otsu's (1979), of the logarithm of the signal, at least `LOWEST`.

    The logarithm, since signals span decades: otherwise the brightest particles alone would be
    separated from all others.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Signals; NaN and 0 do not count.
    """
    with np.errstate(invalid="ignore"):
        found = values[values > 0]
    if len(found) < 2 or found.min() == found.max():
        return LOWEST
    return max(LOWEST, float(np.exp(threshold_otsu(np.log(found)))))


class _Filter:
    """What bare pixels look like: offset removed, median, and scatter of each range."""

    def __init__(self, binned, before=None):
        # Ranges without light must not decide on the offset.
        self._weights = np.ones(binned.shape[1]) if before is None else before._weights
        centred = self._centred(binned)
        self._f = np.nan_to_num(_nan_median(centred))
        gains = self._gains(centred)
        # How much the filter's own thickness varies.
        self._most = 1. + 3 * 1.4826 * float(np.median(np.abs(gains - np.median(gains))))
        rest = centred - np.clip(gains, 0, self._most)[:, None] * self._f
        scatter = 1.4826 * _nan_median(np.abs(rest))
        usual = np.nanmedian(scatter)
        # A range of hardly any scatter must not count more than others.
        scatter = np.fmax(scatter, usual if usual > 0 else 1e-9)
        self._weights = np.where(np.isfinite(scatter), scatter, np.inf) ** -2.

    # Products are sums over rows, not those of BLAS: the signal of a pixel must not depend on which
    # others are computed with it (:mod:`.utils.rowwise`).

    def _centred(self, binned):
        X = binned.astype(float)
        there = np.isfinite(X)
        weights = np.where(there, self._weights, 0)
        with np.errstate(invalid="ignore"):
            return X - (np.where(there, X, 0) * weights).sum(axis=1, keepdims=True) \
                / weights.sum(axis=1, keepdims=True)

    def _gains(self, centred, f=None):
        """Amount of the filter in each spectrum, by weighted least squares."""
        f = self._f[None] if f is None else f
        power = (f ** 2 * self._weights).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (np.nan_to_num(centred) * f * self._weights).sum(axis=1) / power
        return np.where(power > 0, found, 0.)

    def __call__(self, binned):
        """Signals of spectra, (rows,)."""
        centred = self._centred(binned)
        there = np.isfinite(centred)
        f = np.repeat(self._f[None], len(binned), axis=0)
        short = ~there.all(axis=1)
        if short.any():
            # Where a spectrum lacks wavenumbers, its offset is that of the others.
            f[short] = np.nan_to_num(self._centred(np.where(there, f, np.nan)[short]))
        gains = np.clip(self._gains(centred, f), 0, self._most)
        rest = np.nan_to_num(centred - gains[:, None] * f)
        return np.sqrt((rest ** 2 * self._weights).sum(axis=1)
                       / np.maximum(there.sum(axis=1), 1))


def _ranges(axis):
    """First points of ranges of wavenumbers, and which ranges are used: not those of CO2."""
    starts = np.unique(np.linspace(0, len(axis), _RANGES + 1).astype(int)[:-1])
    ends = np.append(starts[1:], len(axis))
    middles = np.array([axis[a:b].mean() for a, b in zip(starts, ends, strict=True)])
    in_air = np.any([(middles > low) & (middles < high)
                     for low, high in CARBON_DIOXIDE_REGIONS], axis=0)
    # A map of that range alone is compared all the same.
    return starts, np.flatnonzero(~in_air if not in_air.all() else in_air)


def _means(X, starts, used):
    """Means of ranges of wavenumbers; float32, (rows, ranges), in the order of rows."""
    if np.isfinite(X).all():
        sizes = np.diff(np.append(starts, X.shape[1]))
        means = np.add.reduceat(X, starts, axis=1) / sizes
    else:
        there = np.isfinite(X)
        sums = np.add.reduceat(np.where(there, X, 0), starts, axis=1)
        counts = np.add.reduceat(there.astype(int), starts, axis=1)
        with np.errstate(invalid="ignore"):
            means = sums / np.where(counts, counts, np.nan)
    return np.ascontiguousarray(means[:, used], np.float32)


def _nan_median(X):
    # nanmedian takes ten times as long.
    return np.median(X, axis=0) if np.isfinite(X).all() else np.nanmedian(X, axis=0)


def _opaque(spectrum, scatter):
    """Where the filter lets no light through: noise from point to point ten times the usual, over
    `_RUN` points or more."""
    opaque = np.zeros(len(spectrum), bool)
    usual = np.nanmedian(scatter)
    if len(spectrum) > 2 * _RUN and usual > 0:
        noisy = np.pad(np.nan_to_num(scatter) > 10 * usual, _RUN, mode="edge")
        noisy = ndimage.binary_opening(ndimage.binary_closing(noisy, np.ones(_RUN)),
                                       np.ones(_RUN))[_RUN:-_RUN]
        opaque[:-1] |= noisy
        opaque[1:] |= noisy
    return opaque
