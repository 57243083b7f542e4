"""Background tasks of the widget Grad-CAM, and conversion of its inputs."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Domain, Table
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.stability import compare_networks
from orangecontrib.microplastics.explanation.table import PREDICTED, Explained, explain_table
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.units import in_absorbance
from orangecontrib.microplastics.widgets.common.background import progress_of

#: Maximum numbers of spectra whose attention is stored, and on which faithfulness is measured.
_ATTENTION, _FAITHFULNESS = 1000, 100

#: Number of spectra that are shown at first, if there are at least four times as many.
_FIRST = 96


class Request(NamedTuple):
    """Input of the background tasks."""
    model: DCNetModel
    data: Table
    target: str
    component: bool
    method: str
    branch: int | None
    signed: bool
    convert: bool = False


class FirstSpectra(NamedTuple):
    """Some of the spectra, shown until all are explained: rows of the data, and the Explained."""
    rows: np.ndarray
    explained: Explained


class AttentionResult(NamedTuple):
    """Attention of each branch of the first network, for some of the predicted spectra."""
    rows: np.ndarray
    branches: list


def _some_answered(explained, most):
    """At most `most` rows of spectra that the model can predict, evenly spaced."""
    rows = np.flatnonzero(explained.answered)
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]


def run(request: Request, state: TaskState) -> AttentionResult:
    """Explain the spectra and return the attention.

    Partial results: the first spectra if there are many, the Explained, and the Stability of its
    maps if the model has several networks.
    """
    state.set_status("Explaining...")
    data = in_absorbance(request.data) if request.convert else request.data
    settings = {"target": request.target, "component": request.component, "method": request.method,
                "branch": request.branch, "signed": request.signed}
    if len(data) >= 4 * _FIRST and request.method != "occlusion":
        rows = np.linspace(0, len(data) - 1, _FIRST).astype(int)
        state.set_partial_result(FirstSpectra(rows, explain_table(
            request.model, data[rows], **settings, callback=progress_of(state, 0, 5))))
    explained = explain_table(request.model, data, **settings, callback=progress_of(state, 5, 75))
    state.set_partial_result(explained)
    stability = compare_networks(request.model, explained, callback=progress_of(state, 75, 90))
    if stability is not None:
        state.set_partial_result(stability)
    rows = _some_answered(explained, _ATTENTION)
    grid = request.model.grid_spectra(explained.data[rows])
    from orangecontrib.microplastics.nn.attribution import cbam_maps
    return AttentionResult(rows, cbam_maps.attention(
        request.model.network, grid, request.model.wavenumbers, explained.axis,
        callback=progress_of(state, 90, 100)))


def measure(request: Request, explained: Explained, state: TaskState):
    """Measure faithfulness on some of the spectra.

    Returns
    -------
    curves : :class:`.faithfulness.Faithfulness`
    likeness : dict of str to float
        Rank correlation of the maps with those of networks with random weights.
    """
    state.set_status("Measuring...")
    from orangecontrib.microplastics.nn.attribution import faithfulness, gradcam
    from orangecontrib.microplastics.nn.attribution.targets import (
        component_contrast,
        component_targets,
    )
    model = request.model
    rows = _some_answered(explained, _FAITHFULNESS)
    grid = model.grid_spectra(explained.data[rows])
    target = component_targets(explained.classes)[request.target] \
        if request.component else explained.target[rows]
    settings = {"target": target, "method": request.method}
    # Maps are the same as in the plots; the curves follow the probability of the component.
    drawn = {**settings, "target": component_contrast(explained.classes, request.target)} \
        if request.component else settings
    importance = gradcam.explain(
        model.folded_networks, grid, model.wavenumbers, predicted=explained.predicted[rows],
        branch=request.branch, signed=request.signed,
        callback=progress_of(state, 0, 20), **drawn).importance
    curves = faithfulness.faithfulness(model.folded_networks, grid, importance, target, repeats=2,
                                       temperature=model.temperature,
                                       callback=progress_of(state, 20, 80))
    # Occlusion would take minutes for the randomised networks, with the same outcome.
    if request.method == "occlusion":
        settings["method"] = gradcam.DEFAULT_METHOD
    likeness = faithfulness.randomisation(model.networks, grid, model.wavenumbers, repeats=2,
                                          callback=progress_of(state, 80, 100), **settings)
    return curves, likeness


def reference_bands(data: Table | None) -> list[tuple[float, str]]:
    """Wavenumbers and names of a Table of bands.

    Wavenumbers are taken from the first numeric column whose name starts with "wavenumber",
    "centre", "center", "position" or "band", or else from the first numeric column; names from
    the first text column, or else the first categorical one. Rows without a positive wavenumber
    are left out.

    Returns
    -------
    list of (float, str)
        Wavenumber (cm-1) and name ("" if missing), sorted, without duplicates.

    Raises
    ------
    ValueError
        If the table has no numeric column.
    """
    if data is None or not len(data):
        return []
    variables = [*data.domain.attributes, *data.domain.class_vars, *data.domain.metas]
    numeric = [v for v in variables if v.is_continuous]
    if not numeric:
        raise ValueError("Reference bands need a numeric column with wavenumbers.")
    called = ("wavenumber", "centre", "center", "position", "band")
    where = next((v for v in numeric if v.name.lower().startswith(called)), numeric[0])
    name = next((v for v in variables if v.is_string), None) or \
        next((v for v in variables if v.is_discrete), None)
    at = data.get_column(where)
    texts = [""] * len(data) if name is None else \
        [name.str_val(value) for value in data.get_column(name)]
    return sorted({(float(w), "" if t == "?" else t)
                   for w, t in zip(at, texts, strict=True) if np.isfinite(w) and w > 0})


def spectra_only(data: Table, rows: np.ndarray) -> Table:
    """Rows of a table, with its wavenumbers as the only attributes, in the order of the table."""
    columns = np.sort(spectral_columns(data.domain)[0])
    domain = Domain([data.domain.attributes[c] for c in columns], data.domain.class_vars,
                    data.domain.metas)
    return Table.from_numpy(domain, data.X[rows][:, columns], data.Y[rows], data.metas[rows],
                            ids=data.ids[rows])


__all__ = ["PREDICTED", "Request", "FirstSpectra", "AttentionResult", "run", "measure",
           "reference_bands", "spectra_only"]
