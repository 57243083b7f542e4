"""A spectrum as the sum of its components, and what each rests on (arrays only, no Qt)."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import Composer
from orangecontrib.microplastics.fractions.fit import MOST
from orangecontrib.microplastics.identification import Component, components
from orangecontrib.microplastics.identification.components import Amounts
from orangecontrib.microplastics.materials.names import components_of, is_combination
from orangecontrib.microplastics.spectra.units import in_absorbance

__all__ = ["Decomposition", "decompose", "importance"]


class Decomposition(NamedTuple):
    """One spectrum as the sum of its components.

    Attributes
    ----------
    wavenumbers : ndarray, shape (m,)
        The model's grid, cm-1, ascending.
    part : ndarray of bool, shape (m,)
        Wavenumbers that are fitted.
    grid : ndarray, shape (m,)
        The spectrum, without missing values, absorbance.
    measured : ndarray, shape (m,)
        The spectrum minus baseline; NaN where nothing was measured.
    drawn : list of Component
        Components with a curve, the largest first.
    curves : ndarray, shape (k, m)
        Spectrum of each times its amount.
    residual : ndarray, shape (m,)
        What is left; NaN where nothing was measured.
    parts : list of Component
        All, also those that only the fit sees, which have no curve.
    by_chance : list of float
        What each of `parts` would explain of the rest, if absent, in one of twenty spectra
        (:class:`.calibration.Quality`).
    """
    wavenumbers: np.ndarray
    part: np.ndarray
    grid: np.ndarray
    measured: np.ndarray
    drawn: list[Component]
    curves: np.ndarray
    residual: np.ndarray
    parts: list[Component]
    by_chance: list[float]


def decompose(model: DCNetModel, composer: Composer | None, spectrum: Table, answer: Answer,
              found: Amounts, convert: bool = False) -> Decomposition | None:
    """Components of a spectrum, with curves.

    Parameters
    ----------
    model : DCNetModel
    composer : Composer or None
        Of the model.
    spectrum : Table
        One spectrum.
    answer, found : Answer, Amounts
        For this spectrum.
    convert : bool
        Whether the data are transmittance.

    Returns
    -------
    Decomposition or None
        None if the model does not know fractions, or the spectrum has no prediction or more
        components than can be fitted.
    """
    if composer is None or not 0 < answer.named[0].sum() <= MOST:
        return None
    table = in_absorbance(spectrum) if convert else spectrum
    x = np.asarray(model.grid_spectra(table), float)[0]
    materials = model.components
    parts = components(answer, 0, materials, found)
    members = [materials.index(part.name) for part in parts]
    drawn = [part for part, i in zip(parts, members, strict=True) if answer.named[0, i]]
    fit = composer.fit.curves(x, [i for i in members if answer.named[0, i]])
    there = np.isfinite(np.asarray(model.data_to_model_domain(table).X, float)[0])
    return Decomposition(
        model.wavenumbers, model.seen, x, np.where(there, x - fit.baseline, np.nan), drawn,
        fit.components, np.where(there, fit.residual, np.nan), parts,
        [float(composer.quality.by_chance[i]) for i in members])


def importance(model: DCNetModel, x: np.ndarray, answer: Answer, name: str) -> np.ndarray:
    """Which wavenumbers the networks see a component by, given the others; (m,).

    From 0 to 1; NaN where the networks do not look. The method is that of the widget Grad-CAM.

    Parameters
    ----------
    model : DCNetModel
    x : ndarray, shape (m,)
        A spectrum on the model's grid.
    answer : Answer
        For this spectrum, with a prediction.
    name : str
        A component that the model knows.
    """
    from orangecontrib.microplastics.nn.attribution import gradcam, targets
    values = model.domain.class_var.values
    names = [values[c] for c in model.used]
    predicted = np.flatnonzero(model.used == int(answer.values[0]))
    mixed = any(name in components_of(one) for one in names if is_combination(one))
    # A material that occurs in no mixture is a class, against all others.
    target = targets.component_contrast(names, name) if mixed else \
        gradcam.Target((names.index(name),))
    found = gradcam.explain(
        model.folded_networks, x[None].astype(np.float32), model.wavenumbers, target=target,
        predicted=predicted).importance[0].astype(float)
    highest = np.nanmax(found)
    return found / highest if highest > 0 else found
