"""Dual-Branch CNN: learner widget for DCNet-CBAM."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QSize
from AnyQt.QtWidgets import QLabel, QPushButton, QSizePolicy
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.utils.owlearnerwidget import OWBaseLearner
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output

from orangecontrib.microplastics.config import (
    ATTENTIONS,
    SMALLEST,
    STEP,
    DCNetConfig,
    TrainingConfig,
)
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.spectra.axis import rounded, spectral_columns, uniform_grid
from orangecontrib.microplastics.spectra.units import (
    looks_like_transmittance,
    some_rows,
)
from orangecontrib.microplastics.widgets.common.adapter import Adapter, describe
from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.common.modelfiles import save_model
from orangecontrib.microplastics.widgets.common.texts import describe_spectra, percent
from orangecontrib.microplastics.widgets.dcnet.controls import (
    DEVICES,
    LEARN,
    SEEN,
    WIDTHS,
    add_controls,
)
from orangecontrib.microplastics.widgets.dcnet.plot import TrainingPlot
from orangecontrib.microplastics.widgets.dcnet.task import curve_table, run


class OWDCNet(OWBaseLearner, ConcurrentWidgetMixin):
    name = "Dual-Branch CNN"
    description = "Convolutional network with CBAM attention (DCNet-CBAM) that learns " \
                  "to recognise materials and their mixtures from spectra."
    icon = "icons/DualBranchCNN.svg"
    priority = 30
    keywords = "deep learning, neural network, convolutional, cnn, cbam, attention, dcnet, " \
               "microplastics, classification"

    LEARNER = DCNetLearner
    supports_sparse = False
    want_main_area = True
    resizing_enabled = True

    class Inputs(OWBaseLearner.Inputs):
        own = Input("Own Spectra", Table)

    class Outputs(OWBaseLearner.Outputs):
        # Explicit, so that links to Test and Score or Predictions connect Learner or Model.
        curve = Output("Training Curve", Table, dynamic=False, explicit=True)

    class Warning(OWBaseLearner.Warning):
        transmittance = Msg("The spectra look like transmittance; a model trained on them works "
                            "for transmittance only. Convert them to absorbance (press the button, "
                            "or use Preprocess Spectra before).")
        left_out = Msg("{} of {} spectra were left out of training: without a class, without "
                       "values, or constant.")
        not_adapted = Msg("The model is not adapted to the own spectra: {}")

    class Error(OWBaseLearner.Error):
        not_saved = Msg("{}")

    class Information(OWBaseLearner.Information):
        saved = Msg("The model was saved as {}. Open it in Identify Spectra.")
        cancelled = Msg("Training was cancelled; press Train to start it again.")
        converted = Msg("The spectra were treated as transmittance and converted: the model works "
                        "for absorbance. Test and Score does not convert: give it absorbance.")
        adapted = Msg("{}")

    settings_version = 1

    branches = Setting(0)
    kernel_short = Setting(DCNetConfig.kernels[0])
    kernel_long = Setting(DCNetConfig.kernels[1])
    width = Setting(1)
    attention = Setting(0)
    derivative = Setting(DCNetConfig.derivative)
    seen = Setting(0)
    mixtures = Setting(0)
    convert = Setting(False, schema_only=True)
    smallest = Setting(round(100 * SMALLEST))
    fixed_epochs = Setting(False)
    epochs = Setting(20)
    thorough = Setting(TrainingConfig.thorough)
    networks = Setting(1)
    validate = Setting(False)
    validation = Setting(15)
    reproducible = Setting(True)
    seed = Setting(0)
    learning_rate = Setting(TrainingConfig.learning_rate)
    batch_size = Setting(TrainingConfig.batch_size)
    label_smoothing = Setting(TrainingConfig.label_smoothing)
    augmentation = Setting(100)
    step = Setting(STEP)
    balance = Setting(TrainingConfig.balance)
    device = Setting(0)
    more = Setting(False)
    #: Folder in which a model was last saved.
    folder = Setting("")

    def __init__(self):
        ConcurrentWidgetMixin.__init__(self)
        self._device_used = ""
        #: The model as trained, before it adapts to own spectra.
        self._trained = None
        self.own: Table | None = None
        self._adapter = Adapter(self)
        self._adapter.adapted.connect(self._on_adapted)
        self._adapter.failed.connect(self._on_not_adapted)
        self._adapter.progressed.connect(self._on_adapting)
        OWBaseLearner.__init__(self)
        help_without_browser()
        self._set_up_main_area()
        self._show_network()

    # ---------------------------------------------------------------- layout

    def add_main_layout(self):
        self.kernel_long_spin, self.thorough_box = add_controls(self)
        gui.rubber(self.controlArea)
        self._update_enabled()

    def _set_up_main_area(self):
        self.network_label = QLabel(wordWrap=True)
        self.network_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.mainArea.layout().addWidget(self.network_label)
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Treat the spectra as transmittance T and train on A = -log10 T.")
        self.convert_button.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Fixed)
        self.convert_button.hide()
        self.mainArea.layout().addWidget(self.convert_button)
        self.plot = TrainingPlot()
        self.mainArea.layout().addWidget(self.plot)
        self.progress_label = QLabel(" ", wordWrap=True, toolTip=(
            "Training accuracy is measured on distorted spectra with part of the network "
            "switched off, so it is lower than on the original spectra."))
        self.progress_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        row = gui.hBox(self.mainArea)
        row.layout().addWidget(self.progress_label)
        self.save_button = QPushButton(
            "Save Model...", autoDefault=False, enabled=False, clicked=self._save_model,
            toolTip="Keep the trained model as a file for Identify Spectra, other workflows and "
                    "other computers.")
        self.save_button.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Fixed)
        row.layout().addWidget(self.save_button)

    def add_bottom_buttons(self):
        self.cancel_button = QPushButton(
            "Cancel", autoDefault=False, enabled=False,
            toolTip="Stop training at once, or start it again")
        self.cancel_button.clicked.connect(self._toggle_training)
        super().add_bottom_buttons()
        self.buttonsArea.layout().addWidget(self.cancel_button)

    def sizeHint(self):
        return QSize(980, 620)

    # --------------------------------------------------------------- learner

    def _update_enabled(self):
        self.kernel_long_spin.setEnabled(self.branches == 0)
        self.thorough_box.setEnabled(not self.fixed_epochs)

    def settings_changed(self, *args, **kwargs):
        # Even kernel sizes would shift features relative to their wavenumbers.
        self.kernel_short |= 1
        self.kernel_long |= 1
        self._update_enabled()
        super().settings_changed(*args, **kwargs)

    def create_learner(self):
        kernels = (self.kernel_short, self.kernel_long)
        return self.LEARNER(
            kernels=kernels[:1] if self.branches else kernels,
            widths=WIDTHS[self.width][1],
            attention=tuple(ATTENTIONS)[self.attention],
            derivative=self.derivative,
            regions=SEEN[self.seen][1],
            step=self.step,
            epochs=self.epochs if self.fixed_epochs else None,
            thorough=self.thorough,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            label_smoothing=self.label_smoothing,
            augmentation=self.augmentation / 100,
            balance=self.balance,
            validation=self.validation / 100 if self.validate else 0.,
            networks=self.networks,
            seed=self.seed if self.reproducible else None,
            device=DEVICES[self.device][1],
            mixtures=LEARN[self.mixtures][1],
            smallest=self.smallest / 100,
            preprocessors=self.preprocessors)

    @OWBaseLearner.Inputs.data
    def set_data(self, data):
        self.cancel()
        super().set_data(data)

    @OWBaseLearner.Inputs.preprocessor
    def set_preprocessor(self, preprocessor):
        self.cancel()
        super().set_preprocessor(preprocessor)

    @Inputs.own
    def set_own(self, own):
        self.own = own if own is not None and len(own) else None
        # Training goes on, or the trained model stays: it only adapts anew.
        if self._trained is not None:
            self._finish(self._trained)

    def check_data(self):
        valid = super().check_data()
        if self.data is not None and len(self.data) and not valid \
                and self.data.domain.has_discrete_class and np.isnan(self.data.Y).all():
            self.Error.data_error("No spectrum has a known class: the network learns from "
                                  "labelled spectra. Give these to Identify Spectra instead.")
        return valid

    # -------------------------------------------------------------- training

    def update_model(self):
        self.cancel()
        self._adapter.cancel()
        self._trained = None
        self.Information.adapted.clear()
        self.Warning.not_adapted.clear()
        self.Information.cancelled.clear()
        self.Warning.transmittance.clear()
        self.Information.converted.clear()
        self.Warning.left_out.clear()
        self.show_fitting_failed(None)
        self.Error.not_saved.clear()
        self.Information.saved.clear()
        self.model = None
        self._device_used = ""
        self.plot.clear()
        self._show_network()
        # The previous model belongs to other data or settings.
        self.Outputs.model.send(None)
        self.Outputs.curve.send(None)
        ready = self.check_data()
        suspicious = ready and self._looks_like_transmittance()
        self.Warning.transmittance(shown=suspicious and not self.convert)
        self.Information.converted(shown=ready and self.convert)
        self._show_convert(ready and (suspicious or self.convert))
        if ready:
            self.start(run, self.learner, self.data, self.convert)
            self._show_training(True)
        else:
            self._show_training(False)

    def _looks_like_transmittance(self):
        columns, _ = spectral_columns(self.data.domain)
        return looks_like_transmittance(self.data.X[some_rows(len(self.data))][:, columns])

    def _toggle_convert(self):
        self.convert = not self.convert
        self.update_model()

    def _show_convert(self, shown):
        # Orange calls update_model for the first time before the main area exists.
        if hasattr(self, "convert_button"):
            self.convert_button.setText("Do Not Convert" if self.convert
                                        else "Convert to Absorbance")
            self.convert_button.setVisible(shown)

    def _toggle_training(self):
        if self._adapter.task is not None:
            self._adapter.cancel()
            self._on_not_adapted("cancelled.")
        elif self.task is None:
            self.update_model()
        else:
            self.cancel()
            self.Information.cancelled()
            self._show_training(False, "Cancelled")

    def _show_training(self, training: bool, text=""):
        self.cancel_button.setText("Cancel" if training or not self.valid_data else "Train")
        self.cancel_button.setEnabled(training or self.valid_data)
        self.save_button.setEnabled(self.model is not None)
        self.progress_label.setText(text or ("Starting..." if training else " "))

    def _save_model(self):
        save_model(self, self.model, self.effective_learner_name())

    def on_partial_result(self, result):
        network, finished, epoch, epochs, loss, accuracy = result
        self.plot.expect(epochs)
        if finished is not None:
            self.plot.add(network, finished)
        self.plot.now(network, epoch, loss, accuracy)
        which = f"Network {network + 1} of {self.networks}, epoch" if self.networks > 1 else "Epoch"
        self.progress_label.setText(
            f"{which} {epoch} of {epochs}: loss {loss:.3f}, accuracy {accuracy:.1%}")

    def on_done(self, result):
        self.model, self._device_used = result
        self.model.name = self.effective_learner_name()
        self._show_history()
        self._show_network()
        left_out = self.model.training["left out"]
        if left_out:
            self.Warning.left_out(left_out, len(self.data))
        self.Outputs.curve.send(curve_table(self.model.history))
        self._trained = self.model
        self._finish(self.model)

    def _finish(self, trained):
        """Send the trained model, or adapt it to own spectra first."""
        self._adapter.cancel()
        self.Information.adapted.clear()
        self.Warning.not_adapted.clear()
        if self.own is None:
            self._send(trained)
        else:
            self.setInvalidated(True)
            self._show_training(True, "Adapting to own spectra...")
            self._adapter.start(trained, self.own)

    def _on_adapting(self, percentage):
        self.progress_label.setText(f"Adapting to own spectra: {percentage:.0f} %")

    def _on_adapted(self, found, own):
        self.Information.adapted(describe(found, own))
        found.model.name = f"{self.effective_learner_name()}, adapted"
        self._send(found.model)
        self.progress_label.setText(str(self.Information.adapted))

    def _on_not_adapted(self, why):
        self.Warning.not_adapted(why)
        self._send(self._trained)

    def _send(self, model):
        self.setInvalidated(False)
        self.model = model
        self._show_history()
        self.Outputs.model.send(model)

    def _show_history(self):
        self.plot.clear()
        for i, epochs in enumerate(self.model.history):
            for epoch in epochs:
                self.plot.add(i, epoch)
        last = [epochs[-1] for epochs in self.model.history]
        seconds = sum(e.seconds for epochs in self.model.history for e in epochs)
        text = f"{len(self.model.history[0])} epochs in {seconds:.1f} s; " \
               f"training accuracy {percent(np.mean([e.accuracy for e in last]), 1)}"
        held = np.mean([e.validation_accuracy for e in last])
        if np.isfinite(held):
            text += f", validation {percent(held, 1)}"
        self._show_training(False, text + ". Use Test and Score for a realistic estimate.")

    def on_exception(self, ex):
        self._show_training(False)
        self.Outputs.model.send(None)
        self.Outputs.curve.send(None)
        if isinstance(ex, MemoryError):
            self.Error.out_of_memory()
        elif isinstance(ex, (ValueError, DomainTransformationError)):
            self.show_fitting_failed(ex)
        else:
            # A bug, not a fault of the data: Orange shows it and offers to report it.
            raise ex

    def show_fitting_failed(self, exc):
        self.Error.out_of_memory.clear()
        super().show_fitting_failed(exc)

    def _show_network(self):
        if not hasattr(self, "network_label"):
            return
        self.network_label.setText(self._network_text())

    def _network_text(self):
        if self.model is not None:
            net = self.model.network
            low, high = map(rounded, self.model.wavenumbers[[0, -1]])
            return (f"<b>DCNet{'' if net.config.attention == 'none' else '-CBAM'}</b>: "
                    f"{net.n_parameters:,} weights; looks at {net.config.n_seen} of "
                    f"{net.config.n_wavenumbers} points, {low} to {high} cm<sup>-1</sup>; "
                    f"trained on {self._device_used.upper()}")
        if self.data is None:
            return "Connect spectra with a class to train a network."
        try:
            _, axis = spectral_columns(self.data.domain)
            grid = uniform_grid(axis[0], axis[-1], self.step)
            config = self.create_learner().network_config(grid, 2)
        except (ValueError, IndexError):
            return ""
        return f"Looks at {config.n_seen} of {len(grid)} points, " \
               f"{rounded(grid[0])} to {rounded(grid[-1])} cm<sup>-1</sup>"

    # ---------------------------------------------------------------- report

    def get_learner_parameters(self):
        kernels = f"{self.kernel_short}" + ("" if self.branches else f" and {self.kernel_long}")
        return (
            ("Branches, kernel sizes", kernels),
            ("Width", WIDTHS[self.width][0]),
            ("Attention", tuple(ATTENTIONS.values())[self.attention]),
            ("Spectral range", SEEN[self.seen][0]),
            ("First and second derivative", self.derivative),
            ("Converted from transmittance", self.convert),
            ("Learns", LEARN[self.mixtures][0] + (
                f", at least {self.smallest} % of each" if LEARN[self.mixtures][1] > 1 else "")),
            ("Epochs", self.epochs if self.fixed_epochs else
             "automatic, three times as many" if self.thorough else "automatic"),
            ("Kept aside for validation", f"{self.validation} %" if self.validate else "none"),
            ("Networks averaged", self.networks),
            ("Seed", self.seed if self.reproducible else "none"),
            ("Learning rate, batch size", f"{self.learning_rate:g}, {self.batch_size}"),
            ("Label smoothing", self.label_smoothing),
            ("Augmentation", f"{self.augmentation} %"),
            ("Grid", f"{self.step:g} 1/cm"),
            ("Classes count alike", self.balance),
            ("Device", self._device_used or DEVICES[self.device][0]))

    def send_report(self):
        self.report_items((("Name", self.effective_learner_name()),))
        self.report_items("Model parameters", self.get_learner_parameters())
        if self.data is not None:
            # Orange's own description would list every wavenumber.
            self.report_items("Data", describe_spectra(self.data))
        if self.model is not None:
            self.report_items("Training", (
                ("Network", f"{self.model.network.n_parameters:,} weights"),
                ("Result", self.progress_label.text()),
                *([("Own spectra", str(self.Information.adapted))]
                  if self.Information.adapted.is_shown() else [])))
            for name in ("loss", "accuracy"):
                self.report_plot(self.plot.plots[name])

    def onDeleteWidget(self):
        self.shutdown()
        self._adapter.shutdown()
        super().onDeleteWidget()


if __name__ == "__main__":
    import orangecontrib.spectroscopy  # noqa: F401  (knows where collagen is)
    WidgetPreview(OWDCNet).run(Table("collagen"))
