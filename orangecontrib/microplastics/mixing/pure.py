"""Spectra of pure materials: selection of classes, checks, scaling, and weights for drawing."""
from __future__ import annotations

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.mixing.recipe import Mixing
from orangecontrib.microplastics.spectra.preprocess import has_bands
from orangecontrib.microplastics.spectra.resample import fill_missing
from orangecontrib.microplastics.spectra.splits import texts_of
from orangecontrib.microplastics.spectra.units import looks_like_transmittance

__all__ = ["TransmittanceError", "classes_of", "absorbance_of", "size_of", "scaled",
           "weights_of"]

#: Span (cm-1) over which a spectrum's slope is taken for ratio="derivative", similar to
#: that of a Savitzky-Golay derivative of 9 points at 4 cm-1.
_SPAN = 16.


class TransmittanceError(ValueError):
    """Raised if spectra to be mixed look like transmittance."""


def classes_of(data: Table, mixing: Mixing) -> tuple[list[str], np.ndarray]:
    """Return the sorted names of the classes to mix, and each row's index into them or -1.

    Raises
    ------
    ValueError
        If there is no class, there are too few, or `mixing` names one that data do not have.
    """
    variable = data.domain.class_var
    if variable is None or not variable.is_discrete:
        raise ValueError("Data need a categorical class that names each spectrum's material "
                         "(Select Columns sets one).")
    codes = np.asarray(data.Y, float)
    known = np.isfinite(codes)
    present = {variable.values[int(c)] for c in np.unique(codes[known])}
    unknown = [name for name, _ in mixing.absorptivities or () if name not in variable.values]
    if unknown:
        raise ValueError(f'An absorptivity is given for "{unknown[0]}", which is none of the '
                         f"classes: {', '.join(variable.values)}.")
    if mixing.classes is not None:
        missing = [name for name in mixing.classes if name not in present]
        if missing:
            raise ValueError(f'Data hold no spectrum of "{missing[0]}".')
        present = set(mixing.classes)
    names = sorted(present)
    if not names:
        raise ValueError("Data hold no spectrum with a known class.")
    if len(names) < mixing.sizes[-1]:
        raise ValueError(f"Mixtures of {mixing.sizes[-1]} components need as many classes; "
                         f"data have {len(names)}: {', '.join(names)}.")
    place = np.array([names.index(v) if v in present else -1 for v in variable.values])
    labels = np.full(len(data), -1)
    labels[known] = place[codes[known].astype(int)]
    return names, labels


def absorbance_of(data: Table, rows: np.ndarray, columns: np.ndarray,
                  axis: np.ndarray) -> np.ndarray:
    """Return spectra (rows, wavenumbers), float64, gaps filled.

    Raises ValueError for empty or constant spectra, TransmittanceError if they look like
    transmittance.
    """
    X = data.X[rows]
    X = np.asarray(X.toarray() if hasattr(X, "toarray") else X, float)[:, columns]
    X = fill_missing(X, axis)
    empty = ~np.isfinite(X).all(axis=1)
    flat = ~empty & ~has_bands(X)
    for bad, what in ((empty, "empty"), (flat, "constant")):
        if bad.any():
            raise ValueError(f"{bad.sum()} of the spectra are {what} (the first in row "
                             f"{rows[np.argmax(bad)] + 1}); leave them out.")
    if looks_like_transmittance(X):
        raise TransmittanceError(
            "The spectra look like transmittance, in which mixtures do not add up; convert "
            "them to absorbance first.")
    return X


def size_of(spectra: np.ndarray, axis: np.ndarray, ratio: str) -> np.ndarray:
    """Root mean square of the absorbance or of its slope; (rows,)."""
    if ratio == "derivative":
        step = max(1, round(_SPAN / float(np.median(np.diff(axis)))))
        spectra = (spectra[:, step:] - spectra[:, :-step]) \
            / (axis[step:] - axis[:-step]).astype(spectra.dtype)
    return np.sqrt(np.einsum("ij,ij->i", spectra, spectra) / spectra.shape[1])


def scaled(X: np.ndarray, axis: np.ndarray, ratio: str) -> np.ndarray:
    """Subtract the minimum and scale to rms 1 (or to equal slope and median rms 1), float32."""
    X = X - X.min(axis=1, keepdims=True)
    height = size_of(X, axis, "absorbance")
    if ratio == "derivative":
        slope = size_of(X, axis, "derivative")
        # Noise, baseline and contaminants are in units of a typical spectrum's rms.
        height = slope * np.median(height / slope)
    return (X / height[:, None]).astype(np.float32)


def weights_of(data: Table, rows: np.ndarray, labels: np.ndarray,
               balance: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each class: the indices of its spectra and the probability of drawing each."""
    studies = None
    if balance and "study" in data.domain and data.domain["study"] in data.domain.metas:
        studies = np.array(texts_of(data, "study"), object)[rows]
    out = []
    for label in range(labels.max() + 1):
        index = np.flatnonzero(labels == label)
        weight = np.ones(len(index))
        if studies is not None:
            _, which, sizes = np.unique(studies[index].astype(str), return_inverse=True,
                                        return_counts=True)
            weight = 1 / np.sqrt(sizes[which])
        out.append((index, weight / weight.sum()))
    return out
