"""Labelled blends of known composition, from which absorptivities are calibrated (no Qt)."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Table
from Orange.util import dummy_callback

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.fractions.mass import absorptivities_of
from orangecontrib.microplastics.materials.names import names_in
from orangecontrib.microplastics.widgets.common.answertexts import things

__all__ = ["Blends", "Calibration", "known_masses", "blends_of", "calibrate"]

#: Beginnings of the names of columns with known fractions; the first is preferred.
_COLUMNS = ("mass fraction ", "fraction ")


class Blends(NamedTuple):
    """Spectra of known composition: fractions of signal that were found, NaN for what was not
    named, and known masses, 0 for none; arrays of shape (n, components)."""
    signal: np.ndarray
    masses: np.ndarray


class Calibration(NamedTuple):
    """Absorptivities by material; from how many blends, of how many; and if there are none, why."""
    absorptivities: dict[str, float]
    blends: int
    of: int = 0
    problem: str = ""


def known_masses(labelled: Table, materials: tuple[str, ...]) -> np.ndarray:
    """Fractions in the metas "mass fraction PE" or "fraction PE"; (n, materials), 0 for none.

    Only their proportions count: they may be in per cent.
    """
    masses = np.zeros((len(labelled), len(materials)))
    for beginning in reversed(_COLUMNS):
        columns = [v for v in labelled.domain.metas
                   if v.is_continuous and v.name.startswith(beginning)]
        ours = names_in(materials, [v.name.removeprefix(beginning) for v in columns])
        for variable, name in zip(columns, ours, strict=True):
            if name in materials:
                masses[:, materials.index(name)] = np.nan_to_num(labelled.get_column(variable))
    return np.maximum(masses, 0)


def blends_of(model: DCNetModel, labelled: Table, detect: float = DETECT, *,
              progress_callback=dummy_callback) -> Blends | None:
    """Fractions of signal of those labelled spectra that hold two materials of the model or more.

    Parameters
    ----------
    model : DCNetModel
    labelled : Table
    detect : float
        As in :meth:`.DCNetModel.answer`.
    progress_callback : callable, optional

    Returns
    -------
    Blends or None
        None if there are no such spectra, or the model knows single materials only.

    Raises
    ------
    ValueError, DomainTransformationError
        If the spectra do not fit the model.
    """
    masses = known_masses(labelled, model.components)
    rows = np.flatnonzero((masses > 0).sum(axis=1) > 1)
    if not len(rows) or not model.knows_mixtures:
        return None
    answer = model.answer(labelled[rows], progress_callback, detect=detect)
    return Blends(np.asarray(answer.fractions, float), masses[rows])


def calibrate(blends: Blends | None, materials: tuple[str, ...]) -> Calibration:
    """Absorptivities from blends, or in words why there are none."""
    if blends is None:
        return Calibration({}, 0, 0, (
            "Connect Labelled Spectra of blends: with columns \"mass fraction PE\" and so on, "
            "named after materials of the model, as meta attributes, two of them above 0."))
    known = blends.masses > 0
    used = ((np.nan_to_num(blends.signal) > 0) & known).sum(axis=1) > 1
    found = absorptivities_of(blends.signal[used], blends.masses[used], materials)
    if found:
        return Calibration(found, int(used.sum()), len(used))
    names = ", ".join(materials[i] for i in np.flatnonzero(known.any(axis=0)))
    return Calibration({}, 0, len(used), (
        f"In none of {things(len(known), 'blend')} of {names} two of the materials were found. A "
        "lower \"Name further parts from\" may help."))
