"""Grad-CAM of a model for a Table, as shown by the widget and the command line."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.data.util import get_unique_names
from Orange.util import dummy_callback

from orangecontrib.microplastics.config import DEFAULT_METHOD, PREDICTED
from orangecontrib.microplastics.dcnet.compatibility import PredictionWarning
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.important_bands import (
    ImportantBand,
    important_bands,
    mean_map,
    normalised,
    smooth,
)
from orangecontrib.microplastics.explanation.stability import (
    Stability,
    agreement,
    count_networks,
)
from orangecontrib.microplastics.identification import DECISIONS, Rule, decide
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import components_among, materials_of, names_in
from orangecontrib.microplastics.spectra.axis import rounded, spectral_columns

__all__ = ["PREDICTED", "Explained", "ClassView", "explain_table", "class_views", "components",
           "importance_table", "bands_table"]

#: Share of an explanation's time that the model's prediction takes, for the progress.
_ANSWER = 0.3


@dataclass(frozen=True)
class Explained:
    """Importance for the spectra of a Table, and the model's predictions.

    Attributes
    ----------
    data : Table
        The explained spectra.
    columns : ndarray of int, shape (m,)
        Their columns in ``data.X``, in the order of the data.
    axis : ndarray, shape (m,)
        Wavenumbers of the columns, cm-1.
    importance : ndarray of float32, shape (n, m)
        NaN where the model does not look, and for spectra that it cannot predict.
    probabilities : ndarray, shape (n, classes)
        From :meth:`.DCNetModel.answer`; NaN for spectra that the model cannot predict.
    classes : tuple of str
        The classes that the model distinguishes.
    decision : ndarray of int, shape (n,)
        Index into :data:`.identification.DECISIONS`, by the default rule.
    notes : tuple of PredictionWarning
        Warnings of the model about the spectra, such as which have no prediction and why.
    target : ndarray of int, shape (n,)
        Index into `targets` of the target that each map explains.
    targets : tuple of str
        Names of the targets: the classes; or, if a component is explained, its name for spectra
        in which the model finds it, and "without" it for the others.
    target_probability : ndarray, shape (n,)
        The model's probability of the explained class or component; of the component also in
        spectra "without" it.
    right : ndarray of float, shape (n,)
        1 if the prediction is the class in the data, 0 if not, NaN if there is no prediction, the
        class is missing, or the model and the data have no class in common.
    resolution : float
        How well the maps resolve wavenumbers, cm-1.
    settings : dict
        Arguments of :func:`.gradcam.explain` by which the maps were made: target, method, branch,
        signed.
    """
    data: Table
    columns: np.ndarray
    axis: np.ndarray
    importance: np.ndarray
    probabilities: np.ndarray
    classes: tuple[str, ...]
    decision: np.ndarray
    notes: tuple[PredictionWarning, ...]
    target: np.ndarray
    targets: tuple[str, ...]
    target_probability: np.ndarray
    right: np.ndarray
    resolution: float
    settings: dict = field(default_factory=dict)

    @property
    def spectra(self) -> np.ndarray:
        """The spectra, (n, m)."""
        return np.asarray(self.data.X[:, self.columns], float)

    @property
    def answered(self) -> np.ndarray:
        """Which spectra the model can predict; bool, (n,)."""
        return np.isfinite(self.probabilities).all(axis=1)

    @property
    def predicted(self) -> np.ndarray:
        """Index into `classes` of the prediction; -1 for spectra without a prediction."""
        return np.where(self.answered, np.nan_to_num(self.probabilities).argmax(axis=1), -1)

    def decided(self, row: int) -> str:
        """The decision on one spectrum as text: "accepted", "to inspect", "unknown"."""
        return DECISIONS[self.decision[row]].lower()

    def decisions(self) -> str:
        """Number of spectra for each decision: "accepted 25, to inspect 3, unknown 2"."""
        counts = np.bincount(self.decision, minlength=len(DECISIONS))
        return ", ".join(f"{name.lower()} {n:,}"
                         for name, n in zip(DECISIONS, counts, strict=True) if n)

    def without_importance(self) -> tuple[int, int]:
        """Number of predicted spectra whose map is nowhere above 0; number of predicted spectra."""
        known = self.answered
        highest = np.nan_to_num(self.importance).max(axis=1, initial=0)
        return int((known & (highest <= 0)).sum()), int(known.sum())

    def shown(self, by: str = "spectrum", smoothing: float = 0.0) -> np.ndarray:
        """Maps as drawn: smoothed by `smoothing` cm-1, then scaled, see :func:`.normalised`."""
        return normalised(smooth(self.importance, self.axis, smoothing), by)


def components(model: DCNetModel) -> list[str]:
    """Components of the model's combination classes; empty if it has none."""
    return components_among(_classes(model))


def _classes(model):
    values = model.domain.class_var.values
    return tuple(values[i] for i in model.used)


def explain_table(model: DCNetModel, data: Table, *, target: str = PREDICTED,
                  component: bool = False, method: str = DEFAULT_METHOD, branch: int | None = None,
                  signed: bool = False,
                  callback: Callable[[float], None] | None = None) -> Explained:
    """Explain the spectra of a Table.

    Parameters
    ----------
    model : DCNetModel
    data : Table
        Spectra on any wavenumber axis that the model accepts.
    target : str
        "predicted", the name of a class or, with `component`, that of a component.
    component : bool
        Explain the presence of a component of combination classes such as "PE + PP".
    method, branch, signed
        See :func:`.gradcam.explain_batches`.
    callback : callable, optional
        Called with the fraction done; an exception raised in it stops.

    Raises
    ------
    ValueError
        If target, method or branch are unknown, the data have no wavenumbers, or the model uses
        none of them.
    NotEnoughMemory
        (a ValueError) As :meth:`.DCNetModel.answer`.
    DomainTransformationError
        As :meth:`.DCNetModel.answer`: other wavenumbers, another unit.
    """
    from orangecontrib.microplastics.nn.attribution import gradcam, targets
    classes = _classes(model)
    wanted = _target(classes, target, component)
    columns, axis = spectral_columns(data.domain)
    order = np.argsort(columns)
    columns, axis = columns[order], axis[order]
    progress = callback or dummy_callback
    answer = model.answer(data, lambda done: progress(_ANSWER * done), amounts=False)
    probabilities = answer.probabilities[:, model.used]
    known = np.isfinite(answer.values)
    # Spectra without a prediction get no explanation.
    grid = np.where(known[:, None], model.grid_spectra(data), np.float32(np.nan))
    predicted = np.nan_to_num(probabilities).argmax(axis=1)
    settings = {"target": targets.component_contrast(classes, target) if component else wanted,
                "method": method, "branch": branch, "signed": signed}
    result = gradcam.explain(
        model.folded_networks, grid, model.wavenumbers, axis, predicted=predicted, **settings,
        callback=lambda done: progress(_ANSWER + (1 - _ANSWER) * done))
    if component:
        share = probabilities[:, list(wanted.plus)].sum(axis=1)
        # Separate, since the mean over both would describe neither.
        index, names = (~(share >= 0.5)).astype(int), (target, f"without {target}")
    else:
        index = predicted if target == PREDICTED else np.full(len(data), wanted)
        names = classes
        share = probabilities[np.arange(len(data)), index]
    return Explained(data, columns, axis, result.importance, probabilities, classes,
                     decide(answer, Rule()), tuple(answer.notes), index, names, share,
                     _right(data, classes, predicted, known),
                     gradcam.resolution(model.networks, model.wavenumbers, method), settings)


def _target(classes, target, component):
    from orangecontrib.microplastics.nn.attribution import targets
    if component:
        known = targets.component_targets(classes)
        if target not in known:
            raise ValueError(f"The model knows no component '{target}'; it knows "
                             f"{', '.join(known) or 'single classes only'}.")
        return known[target]
    if target == PREDICTED:
        return PREDICTED
    if target not in classes:
        raise ValueError(f"The model knows no class '{target}'; it knows {', '.join(classes)}.")
    return classes.index(target)


def _right(data, classes, predicted, answered):
    right = np.full(len(data), np.nan)
    actual = data.domain.class_var
    if actual is None or not actual.is_discrete:
        return right
    classes = names_in(actual.values, classes)
    if not set(actual.values) & set(classes):
        return right
    y = np.asarray(data.Y, float)
    known = np.isfinite(y) & answered
    names = np.array(actual.values, object)[y[known].astype(int)]
    right[known] = names == np.array(classes, object)[predicted[known]]
    return right


class ClassView(NamedTuple):
    """The spectra of one target: their `rows` in the table, mean map and spectrum, and bands.

    `agreement` is that of the networks (:func:`.stability.agreement`), NaN if not compared.
    """
    name: str
    rows: np.ndarray
    importance: np.ndarray
    spectrum: np.ndarray
    bands: list[ImportantBand]
    agreement: float = np.nan


def class_views(explained: Explained, rows: np.ndarray | None = None, *,
                stability: Stability | None = None,
                smoothing: float = 0.0, threshold: float = 0.1, tolerance: float = 10.0,
                materials: Callable[[str], list[str]] = materials_of,
                n: int | None = None) -> list[ClassView]:
    """Compute mean map, mean spectrum and important bands of each target that has spectra.

    Parameters
    ----------
    rows : ndarray of bool, shape (n,), optional
        Spectra to include; by default all that have a prediction.
    stability : Stability, optional
        Of :func:`.compare_networks`, to tell which bands all networks use.
    smoothing, threshold, tolerance, n
        See :func:`.smooth` and :func:`.important_bands.important_bands`.
    materials : callable
        Returns the materials whose bands come first, for the name of a class.
    """
    known = explained.answered
    if rows is not None:
        known &= rows
    others = sorted({code for name in explained.classes for code in materials(name)})
    result = []
    for i, name in enumerate(explained.targets):
        own = np.flatnonzero(known & (explained.target == i))
        if not len(own):
            continue
        maps = smooth(mean_map(explained.importance, own)[None], explained.axis, smoothing)[0]
        spectrum = _mean_spectrum(explained, own)
        bands = important_bands(
            maps, explained.axis, spectrum=spectrum, materials=materials(name), others=others,
            threshold=threshold, tolerance=tolerance, resolution=explained.resolution, n=n)
        agreed = np.nan
        if stability is not None:
            alone = stability.mean_maps(own, explained.axis, smoothing)
            bands, agreed = count_networks(bands, alone, explained.axis), agreement(alone)
        result.append(ClassView(name, own, maps, spectrum, bands, agreed))
    return result


def _mean_spectrum(explained, rows):
    X = np.asarray(explained.data.X[rows][:, explained.columns], float)
    known = np.isfinite(X)
    return np.where(known.any(axis=0), np.where(known, X, 0).sum(axis=0)
                    / np.maximum(known.sum(axis=0), 1), np.nan)


def importance_table(explained: Explained, importance: np.ndarray | None = None) -> Table:
    """Return importance as a Table of spectra, with attributes named as the data's wavenumbers.

    Parameters
    ----------
    explained : Explained
    importance : ndarray, shape (n, m), optional
        Scaled or smoothed maps to use instead.

    Returns
    -------
    Table
        Class variables and metas of the data are kept (also ``map_x`` and ``map_y``); metas
        ``target``, ``probability`` (of the target), ``prediction``, ``right`` and ``decision``
        are added. Importance is missing at wavenumbers that the model does not use, and for
        spectra without a prediction.
    """
    domain = explained.data.domain
    taken = [v.name for v in (*domain.variables, *domain.metas)]
    names = get_unique_names(taken, ["target", "probability", "prediction", "right",
                                     "decision"], equal_numbers=False)
    extra = [painted(DiscreteVariable(names[0], values=explained.targets)),
             ContinuousVariable(names[1], number_of_decimals=3),
             painted(DiscreteVariable(names[2], values=explained.classes)),
             DiscreteVariable(names[3], values=("no", "yes")),
             DiscreteVariable(names[4], values=DECISIONS)]
    attributes = [ContinuousVariable(domain.attributes[c].name) for c in explained.columns]
    new = Domain(attributes, domain.class_vars, (*domain.metas, *extra))
    predicted = explained.predicted.astype(float)
    predicted[predicted < 0] = np.nan
    target = np.where(np.isnan(explained.target_probability), np.nan, explained.target)
    added = np.column_stack((target, explained.target_probability, predicted, explained.right,
                             explained.decision))
    metas = np.hstack((np.asarray(explained.data.metas, object), added.astype(object))) \
        if len(domain.metas) else added
    table = Table.from_numpy(
        new, np.asarray(explained.importance if importance is None else importance, float),
        explained.data.Y, metas, ids=explained.data.ids)
    table.name = f"{explained.data.name}: importance"
    return table


def bands_table(views: list[ClassView]) -> Table:
    """Return the important bands of all classes as a Table, with one row per band.

    "wavenumber" is where the mean spectrum absorbs, see :mod:`.important_bands`; "highest at" is
    the maximum of the map. "networks" is in how many networks' own maps the band is, missing if
    they were not compared, and "of networks" their number.
    """
    number = ContinuousVariable
    domain = Domain(
        [number("wavenumber", number_of_decimals=0), number("from", number_of_decimals=0),
         number("to", number_of_decimals=0), number("share", number_of_decimals=3),
         number("height", number_of_decimals=3), number("highest at", number_of_decimals=0),
         number("networks", number_of_decimals=0), number("of networks", number_of_decimals=0)],
        painted(DiscreteVariable("class", values=[v.name for v in views])),
        [StringVariable("absorptions"), StringVariable("assignments"),
         DiscreteVariable("atmosphere", values=("no", "possible", "likely"))])
    rows = [(i, band) for i, view in enumerate(views) for band in view.bands]
    air = {"": 0, "possible": 1, "likely": 2}
    table = Table.from_numpy(
        domain,
        np.array([[b.position, b.low, b.high, b.share, b.height, b.centre,
                   *((b.networks, b.of_networks) if b.of_networks else (np.nan, np.nan))]
                  for _, b in rows]).reshape(-1, 8),
        np.array([i for i, _ in rows], float),
        np.array([[", ".join(map(rounded, b.absorptions)) or "none", b.describe(3),
                   air[b.atmosphere]]
                  for _, b in rows], object).reshape(-1, 3))
    table.name = "Important bands"
    return table
