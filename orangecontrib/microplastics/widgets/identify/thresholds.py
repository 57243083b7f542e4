"""The thresholds of Identify Spectra: typed, dragged, or set by a promise."""
from __future__ import annotations

from AnyQt.QtCore import QObject, pyqtSignal

from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.identification import Rule
from orangecontrib.microplastics.widgets.identify.decisionbox import (
    PromiseRows,
    add_scores,
    add_thresholds,
)
from orangecontrib.microplastics.widgets.identify.promises import PARTS, keep, keep_parts
from orangecontrib.microplastics.widgets.identify.task import Labelled, parts_known

__all__ = ["Thresholds"]

_LATER = "Set as soon as there is a model."


class Thresholds(QObject):
    """
    Score, thresholds and promises, and their controls.

    The widget `master` has the settings `by`, `checks`, `accept`, `inspect` and `detect`;
    `promise` (REFUSED, WRONG or "") with the shares `refused` and `wrong`; `parts_promised` with
    `missed`. Signals: `rule_changed`: decisions are to be made anew. `detect_changed`: other
    components are to be named.
    """
    rule_changed = pyqtSignal()
    detect_changed = pyqtSignal()

    def __init__(self, master, box):
        super().__init__(master)
        self.master = master
        self._model: DCNetModel | None = None
        self._labelled = Labelled()
        #: Whether the thresholds of decisions keep a promise.
        self.kept = False
        add_scores(box, master, self._by_changed)
        add_thresholds(box, master, self._typed, self.set_defaults)
        self.promises = PromiseRows(master, box)
        self.promises.asked.connect(self._promised)
        self._keep_promise()
        self._keep_parts()

    @property
    def rule(self) -> Rule:
        """The rule that is set now."""
        master = self.master
        return Rule(master.by, master.accept, master.inspect, master.checks)

    def known(self) -> tuple[KeptAside, bool]:
        """Labelled spectra for promises about decisions, and whether they are the user's."""
        if self._labelled.known is not None:
            return self._labelled.known, True
        if self._model is not None:
            return self._model.kept_aside, False
        return KeptAside.nothing(), False

    def use(self, model: DCNetModel | None, labelled: Labelled):
        """Keep the promises with another model, or other labelled spectra.

        Emits `detect_changed`, but not `rule_changed`.
        """
        self._model, self._labelled = model, labelled
        self._keep_promise()
        self._keep_parts()

    # --------------------------------------------------------------- by hand

    def move(self, index: int, value: float):
        """Set the threshold of accept (0) or inspect (1)."""
        name = ("accept", "inspect")[index]
        setattr(self.master, name, value)
        self._typed(name)

    def set_defaults(self):
        """Set all thresholds to their defaults."""
        master = self.master
        master.accept, master.inspect, master.detect = Rule().accept, Rule().inspect, DETECT
        self._typed("detect")
        self._typed("accept")

    def _typed(self, name):
        # A threshold that is set by hand is no promise.
        master = self.master
        if name == "detect":
            master.parts_promised = False
            self._keep_parts()
            self.detect_changed.emit()
            return
        # Inspect must not exceed accept: the changed threshold moves the other one if necessary.
        if name == "accept":
            master.inspect = min(master.inspect, master.accept)
        else:
            master.accept = max(master.inspect, master.accept)
        master.promise = ""
        self._by_changed()

    def _by_changed(self):
        self._keep_promise()
        self.rule_changed.emit()

    # -------------------------------------------------------------- promises

    def _promised(self, promise):
        if promise == PARTS:
            self.master.parts_promised = True
            self._keep_parts()
        else:
            self.master.promise = promise
            self._by_changed()

    def _keep_promise(self):
        """Set the thresholds of decisions anew, if they are to keep a promise."""
        master, text = self.master, ""
        self.kept = False
        if master.promise and self._model is not None:
            known, own = self.known()
            share = getattr(master, master.promise) / 100
            accept, text = keep(master.promise, share, known, self.rule, own)
            self.kept = accept is not None
            if self.kept:
                master.accept, master.inspect = accept, min(master.inspect, accept)
        elif master.promise:
            text = _LATER
        self.promises.show_text(text)

    def _keep_parts(self):
        """Set the threshold of further parts anew, if it is to keep a promise."""
        master, text = self.master, ""
        if master.parts_promised and self._model is not None:
            detect, text = keep_parts(
                master.missed / 100, *parts_known(self._model, self._labelled),
                self._model.knows_mixtures)
            if self._labelled.not_mixed:
                text += f" Yours cannot be mixed: {self._labelled.not_mixed}"
            if detect is not None and detect != master.detect:
                master.detect = detect
                self.detect_changed.emit()
        elif master.parts_promised:
            text = _LATER
        self.promises.show_parts_text(text)
