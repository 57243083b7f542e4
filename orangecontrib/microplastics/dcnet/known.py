"""What a model keeps of its training spectra: usual bands of each class, and references."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.confidence.missing_bands import usual_bands
from orangecontrib.microplastics.confidence.references import (
    References,
    choose,
    to_unit_height,
)
from orangecontrib.microplastics.fractions.calibration import Quality, quality_of
from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.names import (
    components_of,
    is_combination,
    material_code,
)
from orangecontrib.microplastics.spectra.splits import texts_of

__all__ = ["Measured", "measured_of", "usual_of", "references_of", "fraction_quality"]


class Measured(NamedTuple):
    """Measured training spectra on the grid: not varied, not mixed, without missing values.

    Attributes
    ----------
    X : ndarray, shape (n, wavenumbers)
    labels : ndarray of str objects, shape (n,)
        Class of each spectrum.
    names, studies : ndarray of str objects, shape (n,)
        Name of the sample, and where it comes from; "" if not known.
    """
    X: np.ndarray
    labels: np.ndarray
    names: np.ndarray
    studies: np.ndarray

    def at(self, rows: np.ndarray) -> Measured:
        return Measured(*(column[rows] for column in self))


def measured_of(data: Table, X: np.ndarray, rows: np.ndarray) -> Measured:
    """Return chosen rows of a Table with a class; X (rows, wavenumbers) is on the grid."""
    values = np.array(data.domain.class_var.values, object)
    labels = values[np.asarray(data.Y)[rows].astype(int)]
    return Measured(X, labels, _texts(data, "sample")[rows], _texts(data, "study")[rows])


def _texts(data, name):
    """Texts of a meta; of the first text meta if there is no `sample`; else empty texts."""
    metas = {meta.name: meta for meta in data.domain.metas}
    if name in metas:
        return np.array([text if text not in ("", "?", "nan") else ""
                         for text in texts_of(data, name)], object)
    if name == "sample":
        for meta in data.domain.metas:
            if meta.is_string:
                return np.array([str(text) for text in data.get_column(meta)], object)
    return np.full(len(data), "", object)


def usual_of(classes: Sequence[str], pure: Measured, X: np.ndarray, y: np.ndarray,
             wavenumbers: np.ndarray, seen: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Usual bands of each class (:func:`.missing_bands.usual_bands`).

    Those of a single material are determined from its measured spectra, study by study; those of
    a combination from the mixtures X of training.

    Parameters
    ----------
    classes : sequence of str
    pure : Measured
    X, y : ndarrays, shapes (n, wavenumbers), (n,)
        Training spectra of the network, and their indices in `classes`.
    wavenumbers, seen, measured : ndarrays, shape (wavenumbers,)
    """
    usual = np.zeros((len(classes), len(wavenumbers)), np.float32)
    for c, name in enumerate(classes):
        parts = components_of(name)
        own = np.flatnonzero(np.isin(pure.labels, [name, *(parts if len(parts) == 1 else ())]))
        spectra, studies = (pure.X[own], pure.studies[own]) if len(own) else (X[y == c], None)
        if len(spectra):
            usual[c] = usual_bands(spectra, np.zeros(len(spectra), int), wavenumbers, seen,
                                   studies, measured, [_table(parts)])[0]
    return usual


def _table(parts):
    """Positions of the known bands of materials; None if one has no table."""
    codes = [material_code(part) for part in parts]
    if None in codes:
        return None
    return [band.wavenumber for code in codes for band in BANDS[code]]


def references_of(pure: Measured, part: np.ndarray, seed: int,
                  all_single: bool = False) -> References:
    """Choose references among measured spectra; those of combinations are not among them.

    Parameters
    ----------
    pure : Measured
    part : ndarray of bool, shape (wavenumbers,)
        Wavenumbers to compare.
    seed : int
    all_single : bool
        Whether each label is that of one material, also if it holds a plus sign: a model that
        learns mixtures learns them from single materials.
    """
    single = np.flatnonzero([all_single or not is_combination(label) for label in pure.labels])
    if not len(single):
        return References.nothing(pure.X.shape[1])
    pure = pure.at(single)
    materials, which = np.unique(pure.labels.astype(str), return_inverse=True)
    rows = choose(pure.X, which, part, pure.studies, seed)
    # A material with a plus sign in its name has it without brackets here.
    names = [str(m) if all_single else components_of(str(m))[0] for m in materials]
    return References(to_unit_height(pure.X[rows]), tuple(names), which[rows],
                      tuple(map(str, pure.names[rows])), tuple(map(str, pure.studies[rows])))


def fraction_quality(model, seed: int) -> Quality:
    """How good fractions are that are fitted with a model's references (:func:`.quality_of`).

    Unknown for a model of single materials, and one that lacks references.
    """
    materials = model.components
    if not model.knows_mixtures:
        return Quality.unknown(len(materials))
    try:
        return quality_of(model.references.of(materials), model.wavenumbers, model.seen, seed=seed)
    # No references of a material, or spectra that are no absorbance.
    except ValueError:
        return Quality.unknown(len(materials))
