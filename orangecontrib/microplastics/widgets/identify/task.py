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
from orangecontrib.microplastics.dcnet.parts import parts_of
from orangecontrib.microplastics.fractions.composition import DETECT, Composer
from orangecontrib.microplastics.fractions.risk import PartsAside
from orangecontrib.microplastics.identification import identify
from orangecontrib.microplastics.widgets.common.background import progress_of
from orangecontrib.microplastics.widgets.identify.blends import Blends, blends_of
from orangecontrib.microplastics.widgets.identify.promises import keep_parts

__all__ = ["Request", "Labelled", "Result", "run", "parts_known",
           "score_labelled"]


class Request(NamedTuple):
    """Input of the task.

    Attributes
    ----------
    model : DCNetModel
    data : Table
    convert : bool
        Whether the spectra are transmittance.
    labelled : Table or None
    detect : float
        Probability from which a further part is named.
    missed : float or None
        Largest share of missed parts, if `detect` is to keep this promise.
    before : Result or None
        An earlier result for the same model and labelled spectra.
    """
    model: DCNetModel
    data: Table
    convert: bool
    labelled: Table | None
    detect: float = DETECT
    missed: float | None = None
    before: Result | None = None


class Labelled(NamedTuple):
    """What the labelled spectra that are connected say; None for what they do not.

    Attributes
    ----------
    known : KeptAside or None
        Scores, for promises about decisions.
    parts : PartsAside or None
        Mixtures of them, for the promise about parts.
    blends : Blends or None
        Those of known composition, for calibration.
    problem : str
        Why they cannot be used; "" if they can, or there are none.
    not_mixed : str
        Why they cannot be mixed.
    """
    known: KeptAside | None = None
    parts: PartsAside | None = None
    blends: Blends | None = None
    problem: str = ""
    not_mixed: str = ""


class Result(NamedTuple):
    """What the task returns.

    Attributes
    ----------
    answer : Answer
    labelled : Labelled
    composer : Composer or None
        Of the model, for drawings.
    detect : float
        Threshold of further parts that was used.
    """
    answer: Answer
    labelled: Labelled
    composer: Composer | None
    detect: float


def run(request: Request, state: TaskState) -> Result:
    """Score the labelled spectra, and predict each spectrum."""
    model, labelled, before = request.model, Labelled(), request.before
    begin = 0
    if before is not None:
        labelled = before.labelled
        if labelled.blends is not None and before.detect != request.detect:
            # With another threshold, other components are named.
            labelled = labelled._replace(blends=blends_of(model, request.labelled, request.detect))
    elif request.labelled is not None:
        state.set_status("Labelled spectra...")
        begin = 20
        labelled = _labelled(model, request.labelled, request.detect, state, begin)
    detect = request.detect
    if request.missed is not None:
        kept = keep_parts(request.missed, *parts_known(model, labelled), model.knows_mixtures)
        detect = detect if kept.accept is None else kept.accept
    composer = before.composer if before is not None else model.composer()
    state.set_status("Identifying...")
    callback = progress_of(state, begin)
    callback(0)
    return Result(identify(model, request.data, request.convert, callback, detect), labelled,
                  composer, detect)


def parts_known(model: DCNetModel, labelled: Labelled) -> tuple[PartsAside, bool]:
    """Mixtures for the promise about parts, and whether they are of the user's spectra."""
    own = labelled.parts
    return (own, True) if own is not None and len(own.fractions) else (model.parts_aside, False)


def _labelled(model, labelled, detect, state, end):
    """What labelled spectra say; takes `end` per cent of the progress."""
    third = end / 3

    def tried(function, part, *args):
        try:
            return function(model, labelled, *args,
                            progress_callback=progress_of(state, part * third, (part + 1) * third))
        except (ValueError, DomainTransformationError) as ex:
            return str(ex)

    known, blends = tried(score_labelled, 0), tried(blends_of, 1, detect)
    parts = tried(parts_of, 2) if isinstance(known, KeptAside) and model.knows_mixtures else None
    if isinstance(blends, str):
        blends = None
    told = {}
    if isinstance(known, str):
        # Blends for calibration need no class.
        known, told["problem"] = None, known if blends is None else ""
    if isinstance(parts, str):
        parts, told["not_mixed"] = None, parts
    return Labelled(known, parts, blends, **told)


def score_labelled(model: DCNetModel, labelled: Table,
                   progress_callback=dummy_callback) -> KeptAside:
    """Score labelled spectra with a model.

    Parameters
    ----------
    model : DCNetModel
    labelled : Table
        With a class whose values are names of the model's classes; others are left out.
    progress_callback : callable, optional
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
    known = model.scored(labelled[rows], names, progress_callback)
    if not len(known.right):
        raise ValueError(f"none has the name of a material that the model knows, such as "
                         f"{model.domain.class_var.values[model.used[0]]}.")
    return known
