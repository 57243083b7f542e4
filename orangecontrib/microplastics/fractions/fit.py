"""How much of each material a spectrum holds: a fit with real references (numpy only).

The network says what is there, the fit how much. In the first derivative, a spectrum is written as
a sum of one reference of each material with weights of at least zero. References of one material
differ, by instrument, additive and age, as its spectrum in the sample may: so each choice of
references is tried, and the fractions are averaged over all choices, each weighted by how well it
explains the spectrum (Bayesian model averaging; Hoeting et al., Statist. Sci. 1999, 14, 382). Bands
of contaminants may have any height, at a price (generalised least squares), unless they resemble
one of the materials, whose signal they would take: sand looks like cellulose.

Compared with a fit of the classes' means, errors are a fifth smaller, and the spread over choices
tells where the fit is uncertain (``benchmarks/NOTES.md``).
"""
from __future__ import annotations

from itertools import combinations_with_replacement, product
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.fractions.varied import with_varied
from orangecontrib.microplastics.materials.contaminants import (
    CONTAMINANTS,
    contaminant_bands,
    contaminants_beside,
)
from orangecontrib.microplastics.mixing.pure import scaled
from orangecontrib.microplastics.spectra.preprocess import derivatives
from orangecontrib.microplastics.utils.patterns import groups
from orangecontrib.microplastics.utils.rowwise import times

__all__ = ["MOST", "Fitted", "Products", "Curves", "FractionFit"]

#: Maximum number of materials of which fractions are determined.
MOST = 4

#: Effective number of independent wavenumbers, nu: a choice of references that leaves a residual r
#: (sum of squares) has a weight in proportion to r^(-nu/2). Errors of neighbouring points, and of
#: distant ones, depend on each other; with the number of points, the best choice alone would count,
#: and its fractions err by a quarter more.
_INDEPENDENT = 12

#: What no choice of references explains (part of the squares): with less, one choice is not better
#: than another. Real mixtures leave .006 and more.
_INEXACT = .002

#: References of each material that are tried in mixtures of one to four: those that explain
#: best what the others leave.
_TRIED = {1: 24, 2: 24, 3: 7, 4: 4}

#: Price of the contaminants' bands: their squared height is counted as this part of the squares.
_PRICE = .1

#: Correlation (first derivative) from which a contaminant is taken for a material.
_ALIKE = .45

#: Numbers held at a time in the fit, to limit memory.
_AT_ONCE = 2_000_000


class Fitted(NamedTuple):
    """Result of a fit for n spectra and m materials.

    Attributes
    ----------
    fractions : ndarray, shape (n, m)
        Share of the signal, 0 to 1; 0 for materials that were not asked for. Rows add up to 1, or
        are 0 if nothing could be fitted.
    spread : ndarray, shape (n, m)
        Standard deviation of the fraction over choices of references.
    left : ndarray, shape (n,)
        Part of the signal (sum of squares of the derivative) that the best choice does not
        explain, 0 to 1.
    """
    fractions: np.ndarray
    spread: np.ndarray
    left: np.ndarray


class Products(NamedTuple):
    """Products of n spectra with the references (n, references), with the contaminants' bands
    (n, contaminants), and with themselves (n,)."""
    references: np.ndarray
    bands: np.ndarray
    size: np.ndarray

    def at(self, rows: np.ndarray) -> Products:
        return Products(*(products[rows] for products in self))


class Curves(NamedTuple):
    """One spectrum as the sum of its components, to be drawn.

    Attributes
    ----------
    components : ndarray, shape (k, wavenumbers)
        Spectrum of each component times its amount, absorbance.
    baseline : ndarray, shape (wavenumbers,)
        Parabola, which the fit of derivatives does not see.
    residual : ndarray, shape (wavenumbers,)
        The spectrum minus components and baseline.
    """
    components: np.ndarray
    baseline: np.ndarray
    residual: np.ndarray


class FractionFit:
    """Determines fractions of materials from references.

    Parameters
    ----------
    known : References
        On the grid of the spectra; varied ones are added (:func:`.varied.with_varied`).
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending and uniform.
    part : ndarray of bool, shape (wavenumbers,)
        Wavenumbers to fit.
    ratio : "derivative" or "absorbance"
        What fractions refer to, as in :class:`.mixing.recipe.Mixing`. With the derivative, broad
        baselines of a sample do not count as its signal, and errors are half as large.
    seed : int
        Of the varied references.

    Raises
    ------
    TransmittanceError
        (a ValueError) If the references look like transmittance, which does not add up.
    """

    def __init__(self, known: References, wavenumbers: np.ndarray, part: np.ndarray,
                 ratio: str = "derivative", seed: int = 0):
        known = with_varied(known, wavenumbers, seed)
        self.materials, self.which, self.part = known.materials, known.which, part
        self._X = scaled(known.X.astype(float), wavenumbers, ratio)
        contaminants = contaminants_beside(tuple(CONTAMINANTS), known.materials)
        bands = derivatives(contaminant_bands(wavenumbers, contaminants))[:, part]
        self._bands = bands[(bands ** 2).sum(axis=1) > 0]
        self._R = derivatives(self._X)[:, part]
        self._own = [np.flatnonzero(known.which == i) for i in range(len(known.materials))]
        #: Which contaminants are taken for which material, (materials, contaminants).
        self._alike = _correlations(np.stack([self._R[own].mean(axis=0) for own in self._own]),
                                    self._bands) >= _ALIKE
        self._gram, self._across = self._R @ self._R.T, self._R @ self._bands.T
        self._band_gram = self._bands @ self._bands.T
        self._all = _Members(self, np.arange(len(known.materials)))

    def __call__(self, X: np.ndarray, there: np.ndarray) -> Fitted:
        """Fit spectra with the materials that are in them.

        Parameters
        ----------
        X : ndarray, shape (n, wavenumbers)
            Absorbance, no missing values.
        there : ndarray of bool, shape (n, materials)
            Which materials to fit in each; at most :data:`MOST`.

        Returns
        -------
        Fitted
        """
        there = np.asarray(there, bool)
        if there.shape != (len(X), len(self.materials)):
            raise ValueError(f"Expected {(len(X), len(self.materials))} materials, "
                             f"got {there.shape}.")
        if there.sum(axis=1).max(initial=0) > MOST:
            raise ValueError(f"Fractions are determined for at most {MOST} materials.")
        return self.fit(self.products(X), there)

    def products(self, X: np.ndarray) -> Products:
        """What the fit needs of spectra X (n, wavenumbers), computed once for several fits."""
        # In the order of rows (also below): sums over columns would depend on the number of rows.
        S = np.ascontiguousarray(derivatives(X)[:, self.part])
        return Products(times(S, self._R.T), times(S, self._bands.T), (S * S).sum(axis=1))

    def fit(self, spectra: Products, there: np.ndarray) -> Fitted:
        """As calling the object, for the products of spectra with the references."""
        out = Fitted(np.zeros(there.shape), np.zeros(there.shape), np.ones(len(there)))
        for pattern, rows in groups(there):
            members, rows = np.flatnonzero(pattern), rows[spectra.size[rows] > 0]
            if not len(members) or not len(rows):
                continue
            k, prepared = len(members), _Members(self, members)
            step = max(1, _AT_ONCE // (k ** 2 * _TRIED[k] ** k))
            for start in range(0, len(rows), step):
                some = rows[start:start + step]
                at = np.ix_(some, members)
                out.fractions[at], out.spread[at], out.left[some] = _fit(
                    prepared, *prepared.cleaned(spectra.at(some)))
        return out

    def curves(self, x: np.ndarray, members: np.ndarray) -> Curves:
        """Components of one spectrum.

        Parameters
        ----------
        x : ndarray, shape (wavenumbers,)
            Absorbance, no missing values.
        members : ndarray of int, shape (k,)
            Indices of the materials to fit, at most :data:`MOST`.

        Returns
        -------
        Curves
            Means over choices of references, as the fractions are.
        """
        members = np.asarray(members)
        prepared = _Members(self, members)
        rows, weights, left = _choices(prepared, *prepared.cleaned(self.products(x[None])))
        chance = _chances(left)[0]
        components = np.stack([
            np.bincount(prepared.rows[rows[i, 0]], chance * weights[i, 0], len(self._X)) @ self._X
            for i in range(len(members))])
        rest = x - components.sum(axis=0)
        along = np.linspace(-1, 1, len(x))
        # Fitted where the fit looks; outside there may be water and air.
        baseline = np.polynomial.Polynomial.fit(along[self.part], rest[self.part], 2)(along)
        return Curves(components, baseline, rest - baseline)

    def strongest(self, spectra: Products, beside: np.ndarray, least: float = 0.) -> np.ndarray:
        """The material with the largest weight in a fit of all materials' means, of those not yet
        found; index, shape (n,), -1 where there is none.

        Parameters
        ----------
        spectra : Products
        beside : ndarray of bool, shape (n, materials)
            Materials already found, or not to be considered.
        least : float
            Smallest share of all weights.
        """
        b, _ = self._all.cleaned(spectra)
        W = _nonnegative(self._all.mean_gram[:, :, None], times(b, self._all.mean.T).T).T
        total = W.sum(axis=1)
        W[beside] = 0
        return np.where(W.max(axis=1, initial=0) > least * total, W.argmax(axis=1), -1)


class _Members:
    """References of some materials, from which the contaminants' bands are removed as far as their
    price allows: products are those of generalised least squares.

    Attributes
    ----------
    rows : ndarray of int, shape (r,)
        Their references among those of the fit.
    own : list of ndarray of int
        Places of each material's references in `rows`.
    gram : ndarray, shape (r, r)
        Products of the references.
    mean, mean_gram : ndarrays, shapes (materials, r), (materials, materials)
        The mean of each material as weights of its references; products of the means.
    """

    def __init__(self, fit: FractionFit, members: np.ndarray):
        self.rows = np.concatenate([fit._own[m] for m in members])
        ends = np.cumsum([0, *(len(fit._own[m]) for m in members)])
        self.own = [np.arange(a, b) for a, b in zip(ends[:-1], ends[1:], strict=True)]
        self._used = np.flatnonzero(~fit._alike[members].any(axis=0))
        inner = fit._band_gram[np.ix_(self._used, self._used)]
        across = fit._across[np.ix_(self.rows, self._used)]
        self._inner = np.linalg.inv(inner + _PRICE * np.diag(np.diag(inner)))
        self._solved = self._inner @ across.T
        self.gram = fit._gram[np.ix_(self.rows, self.rows)] - across @ self._solved
        self.mean = np.zeros((len(members), len(self.rows)), self.gram.dtype)
        for row, own in zip(self.mean, self.own, strict=True):
            row[own] = 1 / len(own)
        self.mean_gram = self.mean @ self.gram @ self.mean.T

    def cleaned(self, spectra: Products) -> tuple[np.ndarray, np.ndarray]:
        """Products of spectra with the references (n, r), and with themselves (n,)."""
        bands = np.ascontiguousarray(spectra.bands[:, self._used])
        return (spectra.references[:, self.rows] - times(bands, self._solved),
                spectra.size - (times(bands, self._inner) * bands).sum(axis=1))


def _correlations(A, B):
    """Correlations of the rows of A and B, (len(A), len(B))."""
    return (A / np.linalg.norm(A, axis=1, keepdims=True)) @ (
        B / np.linalg.norm(B, axis=1, keepdims=True)).T


def _fit(members, b, size):
    """Fractions and spread (n, members), and what is left (n,), of rows with one pattern."""
    if len(members.own) == 1:
        explained = np.maximum(b, 0) ** 2 / np.diag(members.gram)
        return np.ones((len(b), 1)), np.zeros((len(b), 1)), 1 - explained.max(axis=1) / size
    return _averaged(*_choices(members, b, size)[1:])


def _choices(members, b, size):
    """Choices of one reference of each member: their places (members, n, choices), their weights,
    and what is left (n, choices)."""
    tried = _promising(members, b)
    k = tried.shape[1]
    each = np.array(list(product(range(tried.shape[2]), repeat=k))).T
    target = np.ascontiguousarray(np.stack(
        [np.take_along_axis(b, tried[:, i], axis=1)[:, each[i]] for i in range(k)]))
    gram = np.empty((k, k, *target.shape[1:]), target.dtype)
    for i, j in combinations_with_replacement(range(k), 2):
        pairs = members.gram[tried[:, i, :, None], tried[:, j, None]]
        gram[i, j] = gram[j, i] = pairs[:, each[i], each[j]]
    W = _two(gram, target) if k == 2 else _nonnegative(gram, target)
    left = size[:, None] - 2 * (W * target).sum(axis=0)
    for i in range(k):
        for j in range(k):
            left += W[i] * gram[i, j] * W[j]
    return np.stack([tried[:, i, each[i]] for i in range(k)]), W, left / size[:, None]


def _promising(members, b):
    """References of each member that explain best what the others' means leave; (n, members,
    tried)."""
    W = _nonnegative(members.mean_gram[:, :, None], times(b, members.mean.T).T).T
    k = len(members.own)
    tried = np.empty((len(b), k, _TRIED[k]), int)
    for i, own in enumerate(members.own):
        others = W.copy()
        others[:, i] = 0
        rest = b[:, own] - times(others, members.mean @ members.gram[:, own])
        gain = np.maximum(rest, 0) ** 2 / np.diag(members.gram)[own]
        # Materials with few references repeat them.
        best = np.argsort(-gain, axis=1, kind="stable")[:, :tried.shape[2]]
        tried[:, i] = own[best[:, np.arange(tried.shape[2]) % best.shape[1]]]
    return tried


def _chances(left):
    """Weights of the choices (n, choices), with the sum 1."""
    left = np.maximum(left, _INEXACT)
    chance = (left / left.min(axis=1, keepdims=True)) ** (-_INDEPENDENT / 2)
    return chance / chance.sum(axis=1, keepdims=True)


def _averaged(weights, left):
    """Fractions (n, members) averaged over choices, their spread, and what the best leaves."""
    chance = _chances(left)
    total = weights.sum(axis=0)
    fractions = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    mean, square = ((chance * part).sum(axis=2).T for part in (fractions, fractions ** 2))
    whole = np.maximum(mean.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return mean / whole, np.sqrt(np.maximum(square - mean ** 2, 0)), left.min(axis=1)


def _two(gram, target):
    """As :func:`_nonnegative`, for two components: in closed form."""
    (a, g), (_, c) = gram
    p, q = target
    apart = np.maximum(a * c - g ** 2, 1e-6 * a * c)
    u, v = (c * p - g * q) / apart, (a * q - g * p) / apart
    # A negative weight is no amount: then the other has all.
    return np.stack((np.where(v < 0, p / a, u), np.where(u < 0, q / c, v))).clip(0)


def _nonnegative(gram, target, sweeps=40):
    """Non-negative least squares of many small problems at once, by coordinate descent.

    Parameters
    ----------
    gram : ndarray, shape (k, k, ...)
        Products of the components; the first two axes are theirs, so that the memory of each
        product is contiguous.
    target : ndarray, shape (k, ...)
        Products of the components and the spectrum.
    sweeps : int

    Returns
    -------
    ndarray, shape (k, ...)
        Weights, to about a thousandth.
    """
    k, W = len(target), np.zeros_like(target)
    # A problem that is solved is left as it is: another must not decide how well it is solved.
    busy = np.ones(target.shape[1:], bool)
    for _ in range(sweeps):
        largest = np.zeros_like(target[0])
        for i in range(k):
            new = target[i].copy()
            for j in range(k):
                if j != i:
                    new -= gram[i, j] * W[j]
            new /= gram[i, i]
            np.maximum(new, 0, out=new)
            np.copyto(new, W[i], where=~busy)
            np.maximum(largest, np.abs(new - W[i]), out=largest)
            W[i] = new
        busy &= largest >= 1e-4
        if not busy.any():
            break
    return W
