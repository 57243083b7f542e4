"""What is wrong with the published sets, found once and kept beside them.

Exact duplicates, groups of near-duplicates, and labels that spectra of other studies contradict.
Labels are corrected before (:data:`.catalogue.RELABELLED`).
"""
from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.datasets.catalogue import NO_MATERIAL, RELABELLED, SETS
from orangecontrib.microplastics.datasets.store import Spectra, save, sets_dir, spectra
from orangecontrib.microplastics.labels import matching, nitrile
from orangecontrib.microplastics.materials.names import SAME
from orangecontrib.microplastics.spectra import duplicates
from orangecontrib.microplastics.spectra.axis import uniform_grid
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix

__all__ = ["polymers", "derive", "derived"]

#: Rules by which duplicates, sources and doubtful labels were found; what older rules found is
#: found anew. 3: bands of nitrile and butadiene make PS doubtful. 4: labels are corrected first
#: (:data:`.catalogue.RELABELLED`).
_RULES = 4


def polymers(name: str, raw: Spectra) -> np.ndarray:
    """Labels of a set with the known mistakes corrected; object, shape (rows,)."""
    polymer = raw.published.copy()
    for change in RELABELLED:
        if change.set == name:
            rows = raw.published == change.published
            if change.samples is not None:
                rows &= np.isin(raw.sample, change.samples)
            polymer[rows] = change.name
    return polymer


def derive(name: str, folder: Path) -> dict[str, np.ndarray]:
    """What takes long: rows to keep, near-duplicate groups, doubtful labels (of kept rows)."""
    raw = spectra(name, folder)
    keep = ~duplicates.exact_duplicates(raw.X)
    X = raw.X[keep]
    grid = _common_grid(raw)
    source = duplicates.near_duplicate_groups(np.nan_to_num(_on(grid, X, raw.wavenumbers)))
    doubtful = styrene = np.zeros(len(X), bool)
    if SETS[name].witnesses:
        doubtful, styrene = _doubtful(name, raw, keep, folder)
    return {"keep": keep, "source": source, "doubtful": doubtful | styrene, "nitrile": styrene,
            "rules": np.array(_RULES)}


def _common_grid(*sets):
    """700 to 3900 cm-1 at step 4, where the prototype measured what a near-duplicate is; or as
    much of it as all the sets cover."""
    return uniform_grid(max(700, *(s.wavenumbers[0] for s in sets)),
                             min(3900, *(s.wavenumbers[-1] for s in sets)), 4.0)


def _on(grid, X, wavenumbers):
    return fill_missing(X, wavenumbers) @ resampling_matrix(wavenumbers, grid)


def _doubtful(name, raw, keep, folder):
    """Labels that the witnesses contradict by shape, and by the bands of ABS; bool, (kept,)."""
    def codes(names):
        merged = [SAME.get(n, n) for n in names]
        return np.array([classes.index(n) if n in classes else -1 for n in merged])

    others = []
    for witness in SETS[name].witnesses:
        other = spectra(witness, folder)
        # Who speaks of others is cleaned first, where it is cleaned by others still.
        cleaned = derived(witness, folder) if SETS[witness].cleaned_first else None
        others.append((other, polymers(witness, other), cleaned))
    classes = sorted({SAME.get(n, n) for _, called, _ in others for n in called}
                     - set(NO_MATERIAL))
    even = _common_grid(raw, *(o for o, _, _ in others))
    grid, part = matching.shared_grid(raw.wavenumbers, *(o.wavenumbers for o, _, _ in others))
    R, N, y, plain = [], [], [], []
    for other, called, known in others:
        rows = np.arange(len(other.X))
        styrene = np.zeros(len(rows), bool)
        if known is not None:
            # By its shape ABS is polystyrene, and vouches for polystyrene as before: without
            # it, eleven right but noisy spectra of Kedzierski's would have no witness.
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
    """Rows to keep, and of these the near-duplicate groups and doubtful labels.

    Returns
    -------
    dict
        "keep" (bool, shape (rows,)); "source" (int), "doubtful" and "nitrile" (bool), shape
        (kept,). "nitrile" are those of the doubtful that a nitrile band makes so.
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
