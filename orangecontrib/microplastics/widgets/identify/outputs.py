"""Tables that Identify Spectra sends, made in the background where there are many spectra."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QObject, QTimer, pyqtSignal
from Orange.data import Table
from Orange.widgets.utils.concurrent import ConcurrentMixin, TaskState

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import DECISIONS, Rule, annotate, decide
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["tables", "TableMaker"]

#: Number of spectra from which on tables are made in the background: 100,000 take two seconds.
_MANY = 5000


def tables(data: Table, model: DCNetModel, answer: Answer, rule: Rule,
           absorptivities: dict[str, float] | None = None,
           state: TaskState | None = None) -> list[Table | None]:
    """The annotated data, and the parts of it that are accepted, to inspect and unknown.

    None for a part without spectra. With `absorptivities`, fractions are of mass.
    """
    parts = [annotate(data, model, answer, rule, absorptivities)]
    decisions = decide(answer, rule)
    for kind, name in enumerate(DECISIONS):
        if state is not None:
            check(state)
        rows = np.flatnonzero(decisions == kind)
        part = parts[0][rows] if len(rows) else None
        if part is not None:
            part.name = f"{data.name}: {name.lower()}"
        parts.append(part)
    return parts


class TableMaker(QObject, ConcurrentMixin):
    """
    Makes :func:`tables`, and keeps the last ones.

    Signals: `made()`: `tables` are those that :meth:`make` was last called for.
    `out_of_memory()`: there are none.
    """
    made = pyqtSignal()
    out_of_memory = pyqtSignal()

    def __init__(self, parent: QObject):
        QObject.__init__(self, parent)
        ConcurrentMixin.__init__(self)
        self.tables: list[Table | None] = []
        self._answer, self._how = None, ()

    def forget(self):
        """Stop, and forget the tables: they belong to another answer."""
        self.cancel()
        self.tables, self._answer = [], None

    def make(self, data: Table, model: DCNetModel, answer: Answer, rule: Rule,
             absorptivities: dict[str, float] | None = None) -> bool:
        """Make the tables; returns whether they are there already, without a signal."""
        how = rule, absorptivities
        if answer is self._answer and how == self._how:
            return self.task is None
        self._answer, self._how, self.tables = answer, how, []
        if len(data) < _MANY:
            self.cancel()
            self.tables = tables(data, model, answer, *how)
            return True
        self.start(tables, data, model, answer, *how)
        return False

    def on_done(self, result):
        self.tables = result
        # Later, since no task may be started from here.
        QTimer.singleShot(0, self.made)

    def on_exception(self, ex):
        self._answer = None
        if not isinstance(ex, MemoryError):
            raise ex
        QTimer.singleShot(0, self.out_of_memory)
