"""How well fractions are measured: on mixtures of known composition."""
from __future__ import annotations

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.evaluation.protocols import fractions
from orangecontrib.microplastics.fractions.calibration import quality_of

__all__ = ["with_ratio", "truth_of", "measure_amounts"]


def with_ratio(model: DCNetModel, ratio: str):
    """What determines a model's fractions on another scale, with intervals for that scale.

    Parameters
    ----------
    model : DCNetModel
    ratio : "derivative" or "absorbance"
        What fractions refer to (:class:`.Mixing`). That of the model's own answers is the
        derivative.

    Returns
    -------
    Composer or None
        None if the model cannot tell fractions.
    """
    composer = model.composer(ratio)
    if composer is not None and ratio != "derivative":
        composer.quality = quality_of(model.references.of(model.components), model.wavenumbers,
                                      model.seen, ratio)
    return composer


def truth_of(mixtures: Table, materials: tuple[str, ...]) -> np.ndarray:
    """True fractions (n, materials) of mixtures of :func:`.mixer.mix`; 0 for others."""
    there = fractions(mixtures)
    return np.column_stack([there.get(name, np.zeros(len(mixtures))) for name in materials])


def measure_amounts(model: DCNetModel, mixtures: Table,
                    ratio: str = "absorbance") -> dict[str, float]:
    """Errors of fractions and coverage of intervals, of the components that the model names.

    Parameters
    ----------
    model : DCNetModel
        Of mixtures.
    mixtures : Table
        With their fractions, as :func:`.mixer.mix` writes them.
    ratio : str
        What these refer to.

    Returns
    -------
    dict
        "error": mean absolute error over all materials, those not named counting as 0;
        "error where present"; "coverage": share of the named components of mixtures that are
        there whose interval holds their fraction. NaN without fractions.
    """
    composer = with_ratio(model, ratio)
    if composer is None:
        return dict.fromkeys(("error", "error where present", "coverage"), np.nan)
    answer, truth = model.answer(mixtures), truth_of(mixtures, model.components)
    known = np.isfinite(answer.values)
    found = composer(np.asarray(model.grid_spectra(mixtures[known]), float), answer.named[known])
    truth, named = truth[known], answer.named[known]
    wrong, there = np.abs(np.nan_to_num(found.fractions) - truth), truth > 0
    asked = named & there & (named.sum(axis=1) > 1)[:, None]
    inside = (found.low <= truth) & (truth <= found.high)
    return {"error": float(wrong.mean()), "error where present": float(wrong[there].mean()),
            "coverage": float(inside[asked].mean()) if asked.any() else np.nan}
