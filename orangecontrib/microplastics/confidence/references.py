"""Reference spectra of a model, and library search in them (numpy and scikit-learn only)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.spectra.preprocess import shapes, standardized
from orangecontrib.microplastics.utils.patterns import groups
from orangecontrib.microplastics.utils.rowwise import times

__all__ = ["HITS", "References", "Hits", "choose", "search", "to_unit_height"]

#: Number of hits of a library search.
HITS = 5

#: Maximum number of references of a material: with forty clusters, the nearest reference of a
#: spectrum is hardly farther than the nearest of all training spectra.
PER_MATERIAL = 40


class References(NamedTuple):
    """Training spectra that represent each material.

    Attributes
    ----------
    X : ndarray of float32, shape (r, wavenumbers)
        Absorbance on the model's grid, without missing values.
    materials : tuple of str
        Names of single materials.
    which : ndarray of int, shape (r,)
        Index of each reference in `materials`.
    names, studies : tuple of str, length r
        Name of the sample, and where the spectrum comes from; "" if not known.
    """
    X: np.ndarray
    materials: tuple[str, ...]
    which: np.ndarray
    names: tuple[str, ...]
    studies: tuple[str, ...]

    @classmethod
    def nothing(cls, n_wavenumbers: int) -> References:
        """No references."""
        return cls(np.zeros((0, n_wavenumbers), np.float32), (), np.zeros(0, int), (), ())

    def joined(self, X: np.ndarray, labels: Sequence[str], names: Sequence[str],
               studies: Sequence[str]) -> References:
        """These references and others, spectra X (n, wavenumbers) on the same grid."""
        materials = (*self.materials, *sorted(set(labels) - set(self.materials)))
        which = np.array([materials.index(label) for label in labels], int)
        return References(np.vstack((self.X, to_unit_height(X))), materials,
                          np.concatenate((self.which, which)), (*self.names, *names),
                          (*self.studies, *studies))

    def at(self, rows: np.ndarray) -> References:
        """Some of these references; the materials stay."""
        return References(self.X[rows], self.materials, self.which[rows],
                          *(tuple(np.array(texts, object)[rows])
                            for texts in (self.names, self.studies)))

    def of(self, materials: Sequence[str]) -> References:
        """The references of some materials, in this order.

        Raises
        ------
        ValueError
            If one of them has none.
        """
        there = {self.materials[i] for i in np.unique(self.which)}
        lacking = [name for name in materials if name not in there]
        if lacking:
            raise ValueError(f"There are no pure spectra of {', '.join(lacking)}.")
        index = np.array([materials.index(name) if name in materials else -1
                          for name in self.materials])
        kept = self.at(index[self.which] >= 0)
        return kept._replace(materials=tuple(materials), which=index[kept.which])

    def title(self, row: int) -> str:
        """Name of a reference for users: "PE, FLOPP_PE_3 (Frond 2021)"."""
        text = self.materials[self.which[row]]
        if self.names[row]:
            text += f", {self.names[row]}"
        return text + f" ({self.studies[row]})" if self.studies[row] else text


class Hits(NamedTuple):
    """Result of a library search for n spectra.

    Attributes
    ----------
    rows : ndarray of int, shape (n, 5)
        References, the best first; -1 if there are fewer.
    quality : ndarray, shape (n, 5)
        Their correlations, known as hit quality; NaN if there are fewer.
    nearest : ndarray of int, shape (n, materials)
        The best reference of each material; -1 if it has none.
    similarity : ndarray, shape (n, materials)
        Its correlation; -inf if there is none.
    """
    rows: np.ndarray
    quality: np.ndarray
    nearest: np.ndarray
    similarity: np.ndarray


def to_unit_height(X: np.ndarray) -> np.ndarray:
    """Spectra on a scale from 0 to 1, so that they can be drawn over each other; float32."""
    X = X - X.min(axis=1, keepdims=True)
    return (X / np.maximum(X.max(axis=1, keepdims=True), np.finfo(float).tiny)).astype(np.float32)


def choose(X: np.ndarray, y: np.ndarray, part: np.ndarray, studies=None, seed: int = 0,
           most: int = PER_MATERIAL) -> np.ndarray:
    """Choose spectra that represent all spectra of their class.

    The spectra of a class are clustered by the shape of their first derivative, and of each
    cluster the spectrum nearest to its centre is chosen. Unlike the spectra farthest from each
    other, these are seldom wrongly labelled or noisy. Each study gets a part of the places in
    proportion to the square root of its number of spectra.

    Parameters
    ----------
    X : ndarray, shape (n, wavenumbers)
    y : ndarray of int, shape (n,)
    part : ndarray of bool, shape (wavenumbers,)
        Wavenumbers to compare.
    studies : ndarray, shape (n,), optional
    seed : int
    most : int
        Maximum number of spectra of a class.

    Returns
    -------
    ndarray of int
        Chosen rows, ascending.
    """
    chosen = []
    studies = np.zeros(len(y), str) if studies is None else np.asarray(studies).astype(str)
    for c in np.unique(y):
        own = np.flatnonzero(y == c)
        names, counts = np.unique(studies[own], return_counts=True)
        places = np.sqrt(counts) / np.sqrt(counts).sum() * most
        for name, count, n in zip(names, counts, places, strict=True):
            rows = own[studies[own] == name]
            chosen.append(rows if count <= n else rows[_representatives(
                shapes(X[rows], part), max(1, int(n)), seed)])
    return np.sort(np.concatenate(chosen))


def _representatives(S, n, seed):
    # Imported here, since Orange imports all widgets at its start.
    from sklearn.cluster import MiniBatchKMeans
    clusters = MiniBatchKMeans(n, random_state=seed, n_init=1, batch_size=1024).fit(S)
    distance = clusters.transform(S)
    return np.unique([np.flatnonzero(clusters.labels_ == i)[
        distance[clusters.labels_ == i, i].argmin()] for i in np.unique(clusters.labels_)])


def search(S: np.ndarray, R: np.ndarray, which: np.ndarray, n_materials: int,
           inside: np.ndarray | None = None) -> Hits:
    """Find the references that each spectrum correlates with best (first derivative).

    Parameters
    ----------
    S, R : ndarrays, shapes (n, wavenumbers), (r, wavenumbers)
        Spectra and references, from
        :func:`~orangecontrib.microplastics.spectra.preprocess.shapes`.
    which : ndarray of int, shape (r,)
        Material of each reference, 0 ... n_materials - 1.
    n_materials : int
    inside : ndarray of bool, shape (n, wavenumbers), optional
        Where spectra were measured, not filled: only there they are compared.

    Returns
    -------
    Hits
    """
    n, k = len(S), min(HITS, len(R))
    found = Hits(np.full((n, HITS), -1), np.full((n, HITS), np.nan),
                 np.full((n, n_materials), -1), np.full((n, n_materials), -np.inf))
    if not k:
        return found
    r = times(S, R.T)
    if inside is not None:
        for pattern, rows in groups(inside):
            if pattern.all():
                continue
            r[rows] = times(standardized(S[rows][:, pattern]),
                            standardized(R[:, pattern]).T)
    # Lengths are 1 up to rounding.
    np.minimum(r, 1, out=r)
    best = np.argpartition(-r, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(r, best, axis=1), axis=1, kind="stable")
    found.rows[:, :k] = np.take_along_axis(best, order, axis=1)
    found.quality[:, :k] = np.take_along_axis(r, found.rows[:, :k], axis=1)
    for material in np.unique(which):
        own = np.flatnonzero(which == material)
        found.nearest[:, material] = own[r[:, own].argmax(axis=1)]
        found.similarity[:, material] = r[:, own].max(axis=1)
    return found
