"""The ready-made model, loaded or made in the background."""
from __future__ import annotations

import time

from AnyQt.QtCore import QObject, pyqtSignal
from Orange.widgets.utils.concurrent import ConcurrentMixin, TaskState

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.common.background import check

__all__ = ["ReadyModelMaker"]

#: Minimum seconds between two reports of progress with the same text.
_PAUSE = .1


def _run(simulated: bool, only_load: bool, anew: bool, low: int,
         state: TaskState) -> DCNetModel | None:
    if only_load:
        return ready.load(simulated, low)
    last = [0., ""]

    def progress(fraction, text):
        check(state)
        now = time.perf_counter()
        if text != last[1] or now - last[0] > _PAUSE:
            last[:] = now, text
            state.set_partial_result((fraction, text))

    if anew and (simulated or all(map(datasets.is_available, ready.SETS_USED))):
        return ready.make(progress, simulated=simulated, low=low)
    return ready.get(progress, simulated=simulated, low=low)


class ReadyModelMaker(QObject, ConcurrentMixin):
    """
    Loads the ready-made model in the background; fetches the spectra and makes it if necessary.

    `made(model)`: the model; None if only loading was asked for and there is no valid file.
    `failed(message, can_simulate)`: why there is no model, and whether the one learnt from
    simulated spectra would help. `progressed(fraction, text)`: what is done, and what is being
    done. After :meth:`cancel` nothing is emitted.
    """
    made = pyqtSignal(object)
    failed = pyqtSignal(str, bool)
    progressed = pyqtSignal(float, str)

    def __init__(self, parent: QObject):
        QObject.__init__(self, parent)
        ConcurrentMixin.__init__(self)

    def start(self, simulated: bool = False, only_load: bool = False, anew: bool = False,
              low: int = 0):
        """Start, instead of what is running.

        Parameters
        ----------
        simulated : bool
            The model learnt from simulated spectra, which needs no network.
        only_load : bool
            Make nothing.
        anew : bool
            Make the model even if there is a valid file.
        low : int
            Where the model's range begins, cm-1; 0 for all of it.
        """
        super().start(_run, simulated, only_load, anew, low)

    def on_partial_result(self, result):
        self.progressed.emit(*result)

    def on_done(self, result):
        self.made.emit(result)

    def on_exception(self, ex):
        if isinstance(ex, MemoryError):
            self.failed.emit("There is not enough memory; close other programs.", False)
        elif isinstance(ex, ValueError):
            self.failed.emit(str(ex), isinstance(ex, datasets.FetchError | datasets.MissingData))
        else:
            raise ex
