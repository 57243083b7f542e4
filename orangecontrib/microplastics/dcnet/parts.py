"""How many parts a model overlooks: measured on mixtures of spectra that it did not learn."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from Orange.data import Table
from Orange.util import dummy_callback

from orangecontrib.microplastics.fractions.risk import LARGE, PartsAside
from orangecontrib.microplastics.materials.names import components_of, is_combination
from orangecontrib.microplastics.mixing.mixer import Mixer
from orangecontrib.microplastics.mixing.recipe import ONE_INSTRUMENT, Mixing

if TYPE_CHECKING:
    from orangecontrib.microplastics.dcnet.model import DCNetModel

__all__ = ["parts_of"]

#: Number of mixtures, and minimum number of each combination.
_MIXTURES, _EACH = 600, 5


def parts_of(model: DCNetModel, pure: Table, *, recipe: dict | None = None, seed: int = 0,
             progress_callback=dummy_callback) -> PartsAside:
    """Mix spectra of single materials, and let a model detect them.

    Parameters
    ----------
    model : DCNetModel
        Of mixtures.
    pure : Table
        Spectra of single materials in absorbance, labelled with names of the model's components;
        others are left out. None of them should have been learnt from.
    recipe : dict, optional
        Fields of :class:`.Mixing`; by default, baseline and noise of one instrument.
    seed : int
    progress_callback : callable, optional

    Returns
    -------
    PartsAside
        No mixtures if there are none that the model knows.

    Raises
    ------
    ValueError
        If spectra cannot be mixed (:class:`.Mixer`), or from :meth:`.DCNetModel.answer`.
    """
    materials, values = model.components, model.domain.class_var.values
    nothing = PartsAside.nothing(len(materials))
    variable = pure.domain.class_var
    labels = np.asarray(pure.Y, float)
    known = [name for i, name in enumerate(variable.values)
             if name in materials and (labels == i).any()]
    blends = [parts for c in model.used if is_combination(values[c])
              for parts in [components_of(values[c])] if set(parts) <= set(known)]
    if not blends:
        return nothing
    sizes = tuple(range(1, max(map(len, blends)) + 1))
    mixer = Mixer(pure, Mixing(
        components=sizes, smallest=min(LARGE, .5 / sizes[-1]), classes=known, blends=blends,
        **(ONE_INSTRUMENT if recipe is None else recipe)))
    mixtures = mixer.table(max(_MIXTURES, _EACH * len(mixer.combinations)), seed)
    answer = model.answer(mixtures, progress_callback, amounts=False)
    there = np.isfinite(answer.values)
    fractions = np.zeros((len(mixtures), len(materials)), np.float32)
    for name in mixer.names:
        fractions[:, materials.index(name)] = mixtures.get_column(f"fraction {name}")
    return PartsAside(fractions[there], answer.detected[there], model.of_class(answer)[there])
