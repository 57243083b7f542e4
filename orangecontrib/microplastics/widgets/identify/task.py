"""The background task of Identify Spectra: predictions, and scores of labelled spectra."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.util import dummy_callback
from Orange.widgets.utils.concurrent import TaskState

from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import identify
from orangecontrib.microplastics.widgets.common.background import progress_of

__all__ = ["Result", "run", "score_labelled"]


class Result(NamedTuple):
    """What the task returns.

    Attributes
    ----------
    answer : Answer
    labelled : KeptAside or None
        Scores of the labelled spectra that are connected.
    problem : str
        Why these cannot be used; "" if they can, or there are none.
    """
    answer: Answer
    labelled: KeptAside | None
    problem: str


def run(model: DCNetModel, data: Table, convert: bool, labelled: Table | None,
        state: TaskState) -> Result:
    """Score the labelled spectra, and predict each spectrum."""
    known, problem = None, ""
    if labelled is not None:
        state.set_status("Labelled spectra...")
        progress_of(state)(0)
        try:
            known = score_labelled(model, labelled, progress_of(state, 0, 10))
        except (ValueError, DomainTransformationError) as ex:
            problem = str(ex)
    state.set_status("Identifying...")
    callback = progress_of(state, 0 if labelled is None else 10)
    callback(0)
    return Result(identify(model, data, convert, callback), known, problem)


def score_labelled(model: DCNetModel, labelled: Table, progress=dummy_callback) -> KeptAside:
    """Score labelled spectra with a model.

    Parameters
    ----------
    model : DCNetModel
    labelled : Table
        With a class whose values are names of the model's classes; others are left out.
    progress : callable, optional
        Called with the fraction done; an exception raised in it cancels.

    Raises
    ------
    ValueError
        If there is no class, or none of the spectra has a class of the model.
    DomainTransformationError
        If the spectra do not fit the model, see :meth:`.DCNetModel.answer`.
    """
    target = labelled.domain.class_var
    if target is None or not target.is_discrete:
        raise ValueError("they have no class. Choose a categorical target with the names of "
                         "materials (Select Columns).")
    rows = np.flatnonzero(np.isfinite(labelled.Y))
    names = np.array(target.values, object)[labelled.Y[rows].astype(int)]
    known = model.scored(labelled[rows], names, progress)
    if not len(known.right):
        raise ValueError(f"none has the name of a material that the model knows, such as "
                         f"{model.domain.class_var.values[model.used[0]]}.")
    return known
