"""Adapting a model to own spectra, in the background, and what to say of it."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QObject, pyqtSignal
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets.utils.concurrent import ConcurrentMixin, TaskState

from orangecontrib.microplastics.dcnet import adapt
from orangecontrib.microplastics.dcnet.adapt import Adaptation, OwnSpectra
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.common.background import check
from orangecontrib.microplastics.widgets.common.texts import percent

__all__ = ["TOOLTIP", "Adapter", "describe"]

TOOLTIP = ("A few labelled spectra of pure materials from your own instrument, 5 to 50: the model "
           "adapts to them, and keeps what it learnt before.")

#: A change of fewer spectra than this is chance.
_SPECTRA = 1.5


def _run(model: DCNetModel, data: Table, state: TaskState) -> tuple[Adaptation, OwnSpectra]:
    def progress(fraction):
        check(state)
        state.set_partial_result(100 * fraction)

    own = adapt.own_spectra(model, data)
    return adapt.adapt(model, own.measured, callback=progress), own


class Adapter(QObject, ConcurrentMixin):
    """Adapts a model in the background.

    `adapted(adaptation, own)`: an :class:`.Adaptation` and the :class:`.OwnSpectra` that it used.
    `failed(message)`: why the model stays as it is. `progressed(percentage)`.
    """
    adapted = pyqtSignal(object, object)
    failed = pyqtSignal(str)
    progressed = pyqtSignal(float)

    def __init__(self, parent: QObject):
        QObject.__init__(self, parent)
        ConcurrentMixin.__init__(self)

    def start(self, model: DCNetModel, data: Table):
        """Start, instead of what is running; after `cancel` nothing is emitted."""
        super().start(_run, model, data)

    def on_partial_result(self, result):
        self.progressed.emit(result)

    def on_done(self, result):
        self.adapted.emit(*result)

    def on_exception(self, ex):
        if isinstance(ex, MemoryError):
            self.failed.emit("There is not enough memory to adapt the model.")
        elif isinstance(ex, ValueError | DomainTransformationError):
            self.failed.emit(str(ex))
        else:
            raise ex


def describe(found: Adaptation, own: OwnSpectra) -> str:
    """What adapting brought, in words."""
    parts = [f"Adapted to {found.n} own spectra."]
    if np.isnan(found.before):
        parts.append("With fewer than 10, or fewer than 3 of each material, the gain cannot be "
                     "measured.")
    else:
        said = f"Of {found.kept_aside} kept aside for a trial, {percent(found.before)} had their " \
               f"own name before and {percent(found.after)} after"
        gained = (found.after - found.before) * found.kept_aside
        if gained >= _SPECTRA:
            said += "."
        elif gained <= -_SPECTRA:
            said += ": adapting does not help here; disconnect the own spectra."
        else:
            said += ": no clear difference."
        parts.append(said)
    parts.append(f"Of the model's own references, {percent(found.old_before)} before and "
                 f"{percent(found.old_after)} after.")
    if own.unknown:
        labels = ", ".join(own.unknown)
        parts.append(f"Left out: {sum(own.unknown.values())} of materials that the model does not "
                     f"know ({labels}).")
    if own.unusable:
        parts.append(f"Left out: {own.unusable} empty, constant or too short.")
    return " ".join(parts)
