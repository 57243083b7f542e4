"""The output Fit of Identify Spectra: spectra as sums of their components."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from AnyQt.QtCore import QObject, QTimer, pyqtSignal
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.widgets.utils.concurrent import ConcurrentMixin, TaskState

from orangecontrib.microplastics.explanation.decomposition import Decomposition
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["MEASURED", "SUM", "RESIDUAL", "MOST_FITS", "fit_table", "FitMaker"]

MEASURED, SUM, RESIDUAL = "spectrum minus baseline", "sum", "residual"

#: Maximum number of spectra in the table: each takes some hundredths of a second.
MOST_FITS = 200

#: Number of spectra from which on the table is made in the background.
_MANY = 4


def fit_table(names: Sequence[str], fits: Sequence[Decomposition], of_mass: bool) -> Table | None:
    """Rows for each spectrum: it minus its baseline, the sum, each component, and the residual.

    Parameters
    ----------
    names : sequence of str
        Of the spectra.
    fits : sequence of Decomposition
        On one grid.
    of_mass : bool
        Whether the fractions are of mass.

    Returns
    -------
    Table or None
        The wavenumbers are attributes; metas are the name of the spectrum, what the row shows
        ("what"), and the share of a component, called as in the output Data. None without
        spectra.
    """
    if not fits:
        return None
    rows, metas = [], []
    for name, fit in zip(names, fits, strict=True):
        rows += [fit.measured, fit.curves.sum(axis=0), *fit.curves, fit.residual]
        metas += [(name, MEASURED, np.nan), (name, SUM, np.nan),
                  *((name, part.name, part.fraction) for part in fit.drawn),
                  (name, RESIDUAL, np.nan)]
    materials = sorted({part.name for fit in fits for part in fit.drawn})
    # Categorical, so that Spectra can colour by it and Select Rows can choose.
    what = DiscreteVariable("what", (MEASURED, SUM, *materials, RESIDUAL))
    domain = Domain(
        [ContinuousVariable(name_of(w)) for w in fits[0].wavenumbers], None,
        [StringVariable("spectrum"), what, ContinuousVariable(
            "mass share" if of_mass else "share", number_of_decimals=3)])
    table = Table.from_numpy(domain, np.array(rows), metas=np.array(
        [(name, what.values.index(shown), fraction) for name, shown, fraction in metas], object))
    table.name = "Fit"
    return table


def _made(rows, names, decomposed, of_mass, state: TaskState | None = None):
    fits = []
    for row, name in zip(rows, names, strict=True):
        if state is not None:
            check(state)
        fit = decomposed(row)
        if fit is not None:
            fits.append((name, fit))
    return fit_table(*zip(*fits, strict=True), of_mass) if fits else None


class FitMaker(QObject, ConcurrentMixin):
    """
    Makes the table, in the background for several spectra.

    Signal `made(table)`: the Table, or None, that :meth:`make` was last called for.
    """
    made = pyqtSignal(object)

    def __init__(self, parent: QObject):
        QObject.__init__(self, parent)
        ConcurrentMixin.__init__(self)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(lambda: self.made.emit(self._table))
        self._table = None

    @property
    def busy(self) -> bool:
        """Whether a table is being made."""
        return self.task is not None or self._later.isActive()

    def forget(self):
        """Stop: nothing is emitted until :meth:`make` is called again."""
        self.cancel()
        self._later.stop()

    def make(self, rows: Sequence[int], names: Sequence[str],
             decomposed: Callable[[int], Decomposition | None], of_mass: bool):
        """Make the table of some rows of the data, instead of one that is being made.

        Parameters
        ----------
        rows : sequence of int
        names : sequence of str
        decomposed : function of int
            A row as the sum of its components; it may be called in another thread.
        of_mass : bool
        """
        self.forget()
        if len(rows) < _MANY:
            self.made.emit(_made(rows, names, decomposed, of_mass))
        else:
            self.start(_made, rows, names, decomposed, of_mass)

    def on_done(self, result):
        self._table = result
        # Later, since the task counts as running until this returns.
        self._later.start()

    def on_exception(self, ex):
        if not isinstance(ex, MemoryError):
            raise ex
        self.on_done(None)
