"""Duplicates and doubtful labels of the published sets, computed once and stored with them.

Finds exact duplicates, groups of near-duplicates, and labels that spectra of other studies
contradict. Known wrong labels are corrected first (:data:`.catalogue.RELABELLED`).
"""
from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.datasets.catalogue import NO_MATERIAL, RELABELLED, SETS
from orangecontrib.microplastics.datasets.store import Spectra, save, sets_dir, spectra
from orangecontrib.microplastics.labels import matching, nitrile
from orangecontrib.microplastics.materials.bands import HIGH, LOW
from orangecontrib.microplastics.materials.names import SAME
from orangecontrib.microplastics.spectra import duplicates
from orangecontrib.microplastics.spectra.axis import STEP, uniform_grid
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix

__all__ = ["polymers", "derive", "derived"]

#: Version of the rules for duplicates, sources and doubtful labels; results of other versions are
#: computed again. 3: bands of nitrile and butadiene make PS doubtful. 4: labels are corrected
#: first (:data:`.catalogue.RELABELLED`). 5: three of CA are cellulose. Range and step of the common
#: grid are part of the rules.
_RULES = 5


def polymers(name: str, raw: Spectra) -> np.ndarray:
    """Labels of a set with known errors corrected; object, shape (rows,)."""
    polymer = raw.published.copy()
    for change in RELABELLED:
        if change.set == name:
            rows = raw.published == change.published
            if change.samples is not None:
                rows &= np.isin(raw.sample, change.samples)
            polymer[rows] = change.name
    return polymer


def derive(name: str, folder: Path) -> dict[str, np.ndarray]:
    """Compute rows to keep, near-duplicate groups and doubtful labels (of kept rows); slow."""
    raw = spectra(name, folder)
    keep = ~duplicates.exact_duplicates(raw.X)
    X = raw.X[keep]
    grid = _common_grid(raw)
    source = duplicates.near_duplicate_groups(np.nan_to_num(_on(grid, X, raw.wavenumbers)))
    doubtful = styrene = np.zeros(len(X), bool)
    if SETS[name].compared_with:
        doubtful, styrene = _doubtful(name, raw, keep, folder)
    return {"keep": keep, "source": source, "doubtful": doubtful | styrene, "nitrile": styrene,
            "rules": np.array(_RULES)}


def _common_grid(*sets):
    """Grid from 700 to 3900 cm-1 at step 4, on which the prototype determined the threshold of
    near-duplicates, or the part of it that all the sets cover."""
    return uniform_grid(max(LOW, *(s.wavenumbers[0] for s in sets)),
                        min(HIGH, *(s.wavenumbers[-1] for s in sets)), STEP)


def _on(grid, X, wavenumbers):
    return fill_missing(X, wavenumbers) @ resampling_matrix(wavenumbers, grid)


def _doubtful(name, raw, keep, folder):
    """Labels that the references contradict by shape, and by the bands of ABS; bool, (kept,)."""
    def codes(names):
        merged = [SAME.get(n, n) for n in names]
        return np.array([classes.index(n) if n in classes else -1 for n in merged])

    others = []
    for reference in SETS[name].compared_with:
        other = spectra(reference, folder)
        # References with ``cleaned_first`` are cleaned before they are used.
        cleaned = derived(reference, folder) if SETS[reference].cleaned_first else None
        others.append((other, polymers(reference, other), cleaned))
    classes = sorted({SAME.get(n, n) for _, called, _ in others for n in called}
                     - set(NO_MATERIAL))
    even = _common_grid(raw, *(o for o, _, _ in others))
    grid, part = matching.shared_grid(raw.wavenumbers, *(o.wavenumbers for o, _, _ in others))
    R, N, y, plain = [], [], [], []
    for other, called, known in others:
        rows = np.arange(len(other.X))
        styrene = np.zeros(len(rows), bool)
        if known is not None:
            # By shape ABS matches polystyrene, so it remains a reference for shapes: without it,
            # eleven correctly labelled but noisy spectra of Kedzierski would have no match.
            chosen = ~known["doubtful"] | known["nitrile"]
            rows, styrene = np.flatnonzero(known["keep"])[chosen], known["nitrile"][chosen]
        R.append(matching.shapes(other.X[rows], other.wavenumbers, grid, part))
        plain.append(~styrene)
        N.append(_on(even, other.X[rows], other.wavenumbers))
        y.append(codes(called[rows]))
    S = matching.shapes(raw.X[keep], raw.wavenumbers, grid, part)
    N, y, own = np.vstack(N), np.concatenate(y), codes(polymers(name, raw)[keep])
    best, count = matching.class_matches(S, np.vstack(R), y, len(classes))
    doubtful = matching.judge(best, count, own).doubtful
    X = _on(even, raw.X[keep], raw.wavenumbers)
    styrene = np.zeros(len(own), bool)
    code = codes([nitrile.POLYMER])[0]
    if code < 0:
        return doubtful, styrene
    rows = np.flatnonzero((own == code) & ~doubtful & np.isfinite(X).all(axis=1))
    references = N[(y == code) & np.concatenate(plain) & np.isfinite(N).all(axis=1)]
    styrene[rows] = nitrile.is_abs(X[rows], references, even)
    return doubtful, styrene


def derived(name: str, folder: Path | None = None) -> dict[str, np.ndarray]:
    """Load, or compute and store, rows to keep, their near-duplicate groups and doubtful labels.

    Returns
    -------
    dict
        "keep" (bool, shape (rows,)); "source" (int), "doubtful" and "nitrile" (bool), shape
        (kept,). "nitrile" marks those that are doubtful because of the bands of ABS.
    """
    folder = folder or sets_dir()
    path = folder / f"{name}.derived.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            if file["rules"] != _RULES:
                raise ValueError("found by other rules")
            return {key: file[key] for key in ("keep", "source", "doubtful", "nitrile")}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        arrays = derive(name, folder)
        with contextlib.suppress(OSError):
            save(path, arrays)
        return arrays
