"""Base of Identify Spectra and Particles: a model, connected, opened or ready-made, answers for
spectra."""
from __future__ import annotations

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QPushButton
from Orange.widgets.settings import Setting
from Orange.widgets.widget import Msg

from orangecontrib.microplastics.dcnet.compatibility import ScaleError, ScaleWarning
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.common.answertexts import upside_down, waiting
from orangecontrib.microplastics.widgets.common.links import InputLinks
from orangecontrib.microplastics.widgets.common.modelbox import ModelBox
from orangecontrib.microplastics.widgets.common.resultwidget import ResultWidget

__all__ = ["ModelWidget"]


class ModelWidget(ResultWidget, openclass=True):
    """
    Base class with the box "Model", and what is to be said of model and spectra.

    A subclass has the inputs "Data" and "Model", calls :meth:`_connect` with the model, defines
    what :class:`.ResultWidget` asks for (but `_begin` as :meth:`_begin_with`) and `_show_busy`.
    """

    class Error(ResultWidget.Error):
        no_model = Msg("{}")
        not_ours = Msg("{} is not a Dual-Branch CNN model; connect it to Predictions instead.")
        scale = Msg("{}")

    class Warning(ResultWidget.Warning):
        scale = Msg("{}")
        notes = Msg("{}")
        ready_made = Msg("{}")

    class Information(ResultWidget.Information):
        converted = Msg("The spectra were treated as transmittance and converted to absorbance.")
        not_used = Msg("The connected model is used instead of the opened one.")
        no_model = Msg("There is no model yet: press Ready-made Model to identify common "
                       "plastics, or connect a model.")

    convert = Setting(False, schema_only=True)
    #: File of the model that is used while no model is connected, or None;
    #: see :func:`.modelfiles.remembered`.
    model_file = Setting(None, schema_only=True)
    #: Ready-made model that is used while no model is connected, modelbox.PUBLISHED or SIMULATED.
    ready_made = Setting("", schema_only=True)
    #: Where its range begins, cm-1; 0 for all of it.
    ready_low = Setting(0, schema_only=True)
    #: Folder from which a model was last opened.
    folder = Setting("")

    def __init__(self):
        super().__init__()
        self.model: DCNetModel | None = None
        self._links = InputLinks()

    def _add_models(self):
        """Add the box "Model"."""
        self.models = ModelBox(self)

    def _watch_models(self):
        """Be told by it; call this when the rest of the widget is there."""
        self.models.changed.connect(self._model_changed)
        self.models.told.connect(self._show_hints)

    def _add_convert_button(self, box):
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Treat the spectra as transmittance T and convert them to A = -log10 T.")
        box.layout().addWidget(self.convert_button)

    # ---------------------------------------------------------------- inputs

    def event(self, event):
        # Qt sends events before __init__ has finished.
        if "_links" in self.__dict__ and self._links.notice(event):
            QTimer.singleShot(0, self._link_changed)
        return super().event(event)

    def _link_changed(self):
        self.models.linked_to(self._links.source("Model"))
        if self.result is None and self.task is None:
            self.result_label.setText(self._nothing())

    def _connect(self, model):
        """Use the model of the input, or None."""
        self.models.connect_model(model)
        self._use_model()

    def handleNewSignals(self):
        # A link may have been switched off without any other sign.
        self.models.linked_to(self._links.source("Model"))
        super().handleNewSignals()

    def _use_model(self):
        self.model = self.models.model

    def _model_changed(self):
        """Another model has been opened or closed."""
        if self.models.model is not self.model:
            self._use_model()
            self._start()
        self._show_hints()

    def onDeleteWidget(self):
        self.models.shutdown()
        super().onDeleteWidget()

    # -------------------------------------------------------------- the work

    def _ready(self):
        return self.data is not None and isinstance(self.model, DCNetModel)

    def _start(self):
        super()._start()
        self.models.show_progress()
        self._show_hints()

    def _begin(self):
        if self.model is not None and not isinstance(self.model, DCNetModel):
            self.Error.not_ours(getattr(self.model, "name", type(self.model).__name__).capitalize())
        if self._ready():
            if self.convert:
                self.Information.converted()
            self._begin_with(self.model)

    def _begin_with(self, model: DCNetModel):
        """Start the task."""
        raise NotImplementedError

    def _drop_result(self):
        """There is no result for the choices that are set now."""
        if self.result is not None:
            self.result = None
            self.commit.now()

    def _toggle(self):
        if self.task is not None:
            self._drop_result()
        super()._toggle()

    def on_exception(self, ex):
        self._drop_result()
        super().on_exception(ex)

    def _refused(self, ex):
        if isinstance(ex, ScaleError):
            self.Error.scale(upside_down(ex, self.convert))
        else:
            super()._refused(ex)

    def _show_notes(self, notes):
        """Say what the model says of the data."""
        scale = [str(n) for n in notes if isinstance(n, ScaleWarning)]
        other = [str(n) for n in notes if not isinstance(n, ScaleWarning)]
        self.Warning.scale(scale[0] if scale else "", shown=bool(scale))
        self.Warning.notes("\n".join(other), shown=bool(other))

    def _toggle_convert(self):
        self.convert = not self.convert
        self._start()

    def _show_running(self, running):
        super()._show_running(running)
        self.convert_button.setText("Do Not Convert" if self.convert
                                    else "Convert to Absorbance")
        self.convert_button.setVisible(
            self._ready() and (self.convert or self.Error.scale.is_shown()
                               or self.Warning.scale.is_shown()))

    def _show_hints(self):
        """Say what is known of the model, or what to do if there is none."""
        box, none = self.models, self.model is None
        self.Error.no_model(box.failure, shown=bool(box.failure))
        self.Warning.ready_made(box.notice, shown=bool(box.notice) and none
                                and self._wants_model())
        self.Information.not_used(shown=box.both)
        self.Information.no_model(shown=none and self.data is not None and not box.coming
                                  and not box.failure and not box.notice)
        if self.result is None and self.task is None:
            self.result_label.setText(self._nothing())
        self._show_busy()

    def _wants_model(self) -> bool:
        """Whether it is to be said that the ready-made model is not there."""
        return True

    def _nothing(self):
        return "" if self._ready() else waiting(
            self.data is not None, self._links.source("Data"), self.model is not None,
            self.models.coming)
