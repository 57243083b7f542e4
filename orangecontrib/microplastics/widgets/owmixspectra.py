"""Mix Spectra: spectra of mixtures with known ratio, made from spectra of pure materials."""
from __future__ import annotations

from AnyQt.QtWidgets import QPushButton
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from orangecontrib.microplastics.materials.contaminants import contaminants_beside
from orangecontrib.microplastics.mixing.mixer import Mixer, TransmittanceError, count
from orangecontrib.microplastics.spectra.splits import SingleSourceError
from orangecontrib.microplastics.widgets.common.background import Cancelled
from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.mixspectra.controls import MixingControls
from orangecontrib.microplastics.widgets.mixspectra.plot import MixturePlot
from orangecontrib.microplastics.widgets.mixspectra.task import (
    Prepared,
    Results,
    Task,
    of_each,
    run,
)


class OWMixSpectra(MixingControls, OWWidget, ConcurrentWidgetMixin):
    name = "Mix Spectra"
    description = "Make spectra of mixtures of known ratio from spectra of pure materials."
    icon = "icons/MixSpectra.svg"
    priority = 20
    keywords = "mix spectra, mixture, simulate, blend, beer-lambert, augmentation, ratio, " \
               "train test split, mass fraction, absorptivity"
    settings_version = 1

    class Inputs:
        data = Input("Data", Table)

    class Outputs:
        train = Output("Training Mixtures", Table, default=True)
        test = Output("Test Mixtures", Table)
        components = Output("Components", Table, explicit=True)

    class Error(OWWidget.Error):
        cannot_mix = Msg("{}")
        transmittance = Msg("The spectra look like transmittance, in which mixtures do not "
                            "add up. Convert them to absorbance.")

    class Warning(OWWidget.Warning):
        no_class = Msg("{} spectra without a class are left out.")
        many = Msg("The mixtures will need about {:.1f} GB of memory.")

    class Information(OWWidget.Information):
        converted = Msg("The spectra looked like transmittance and were converted to absorbance. "
                        "Also convert the spectra that you give to a trained model.")
        not_added = Msg("Not added as contaminants, because they are among the materials to "
                        "distinguish: {}.")
        cancelled = Msg("Cancelled. Press Apply, or change a setting, to mix again.")

    convert = Setting(False, schema_only=True)
    auto_apply = Setting(True)

    def __init__(self):
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        help_without_browser()
        self.data: Table | None = None
        self._ready: Table | None = None
        self._mixer: Mixer | None = None
        self._single: list[str] = []  # classes that the last attempt could not split
        self._draw_number = 0
        self._filling = False

        box = gui.vBox(self.controlArea, "Summary")
        self.summary = gui.widgetLabel(box, "")
        self.summary.setWordWrap(True)
        self.summary.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Treat the spectra as transmittance T and mix A = -log10 T.")
        self.convert_button.hide()
        box.layout().addWidget(self.convert_button)
        self.leave_button = QPushButton(
            "Leave them out", autoDefault=False, clicked=self._leave_out,
            toolTip="Mix the other materials.")
        self.leave_button.hide()
        box.layout().addWidget(self.leave_button)
        tabs = gui.tabWidget(self.controlArea)
        for title, fill, tip in (
                ("Mixtures", self._mixture_page, "Which materials, in which ratios"),
                ("Output", self._output_page, "How many, from which sources, and their class"),
                ("Distortions", self._distortion_page,
                 "Distortions by measurement and weathering")):
            fill(gui.createTabPage(tabs, title))
            tabs.setTabToolTip(tabs.count() - 1, tip)

        self.cancel_button = gui.button(self.buttonsArea, self, "Cancel", callback=self._cancel,
                                        autoDefault=False, enabled=False,
                                        tooltip="Stop mixing.")
        gui.auto_apply(self.buttonsArea, self, "auto_apply", commit=self.commit)

        self.plot = MixturePlot()
        self.plot.another.clicked.connect(self._another)
        self.mainArea.layout().addWidget(self.plot)
        self._update_controls()
        self._tell()

    # Input

    @Inputs.data
    def set_data(self, data: Table | None):
        self.clear_messages()
        self.cancel()
        self.data = data if data is not None and len(data) else None
        self._ready = self._mixer = None
        self.convert_button.hide()
        self.leave_button.hide()
        self.plot.clear()
        self._fill()
        self._update_controls()
        self._tell()
        self.commit.now()

    # Changes of settings

    def _changed(self):
        self._update_controls()
        self._tell()
        self._preview()
        self.commit.deferred()

    def _source_changed(self):
        self._ready = None
        self._changed()

    def _toggle_convert(self):
        self.convert = not self.convert
        self._ready = None
        self._changed()

    def _leave_out(self):
        self.untick(self._single)
        self._changed()

    def _tell(self):
        """Update the summary of what will be mixed, or say why nothing can be."""
        self.Error.cannot_mix.clear()
        self.Warning.many.clear()
        self.Information.not_added.clear()
        self.leave_button.hide()
        if self.data is None:
            self.summary.setText("No data.")
            return
        try:
            mixing = self.mixing()
            numbers = [count(self.data, n, mixing=of_each(mixing, n))
                       for n in self._numbers()]
        except ValueError as error:
            self._refuse(str(error))
            return
        kinds, train = numbers[0]
        test = numbers[1][1] if self.use_test else 0
        for of, number in (("training", train), ("test", test)):
            if number < kinds and (of == "training" or self.use_test):
                self._refuse(f"{number:,} {of} spectra are too few for {kinds:,} combinations: ask "
                             f"for at least {kinds:,}, or for fewer materials or components.")
                return
        classes = len(mixing.classes)
        of_mass = ", fractions of mass" * (mixing.fraction_of == "mass")
        lines = [f"{kinds:,} combination{'s' * (kinds > 1)} of {classes} "
                 f"material{'s' * (classes > 1)}{of_mass}", f"{train:,} training spectra"]
        lines.append(f"{test:,} test spectra, from other sources" if test
                     else "no test spectra")
        self.summary.setText("\n".join(lines))
        added = contaminants_beside(mixing.contaminant_names, mixing.classes)
        own = [name for name in mixing.contaminant_names if name not in added]
        self.Information.not_added(", ".join(own), shown=bool(own))
        size = (train + test) * len(self.data.domain.attributes) * 8 / 1e9
        self.Warning.many(size, shown=size > 1)

    def _refuse(self, message):
        """Show an error also in the summary: the status bar has room for a few words only."""
        self.Error.cannot_mix(message)
        self.summary.setText(f"No mixtures: {message}")

    # Background task

    def _start(self, make):
        self.Information.cancelled.clear()
        try:
            mixing = self.mixing()
        except ValueError:  # already shown by _tell
            return False
        self.start(run, Task(self.data, self._ready, mixing, self.convert,
                             self.test_share / 100 if self.use_test else None,
                             self._numbers(), self.seed, make))
        self.cancel_button.setEnabled(make)
        return True

    def _preview(self):
        """Update the plot to the current settings if mixtures are not made automatically."""
        if self.data is not None and not self.auto_apply and not self.Error.cannot_mix.is_shown():
            self._start(make=False)

    @gui.deferred
    def commit(self):
        if self.data is None or self.Error.cannot_mix.is_shown():
            self.cancel()
            self.cancel_button.setEnabled(False)
            self._mixer = None
            if self.data is not None:
                self.plot.clear("Nothing can be mixed.")
            self._send(Results(None, None, None))
        else:
            self._start(make=True)

    def _cancel(self):
        self.cancel()
        self.cancel_button.setEnabled(False)
        self._send(Results(None, None, None))
        self.Information.cancelled()

    def _send(self, results):
        self.Outputs.train.send(results.train)
        self.Outputs.test.send(results.test)
        self.Outputs.components.send(results.components)

    def on_partial_result(self, result):
        if isinstance(result, Prepared):
            if self.Error.transmittance.is_shown():
                self.Error.transmittance.clear()
                self._tell()
            self._ready = result.data
            self.Information.converted(shown=result.converted)
            self.convert_button.setVisible(result.converted)
            self.convert_button.setText("Do Not Convert")
        else:
            self._mixer = result
            self._draw()

    def on_done(self, results: Results):
        self.cancel_button.setEnabled(False)
        if results.train is not None:
            self._send(results)

    def on_exception(self, ex: Exception):
        self.cancel_button.setEnabled(False)
        if isinstance(ex, Cancelled):
            return
        if not isinstance(ex, (ValueError, MemoryError)):
            raise ex
        self._mixer = None
        self.plot.clear("Nothing can be mixed.")
        self._send(Results(None, None, None))
        if isinstance(ex, TransmittanceError):
            self.summary.setText("Nothing can be mixed until the spectra are in absorbance.")
            self.Information.converted.clear()
            self.Error.transmittance()
            self.convert_button.setText("Convert to Absorbance")
            self.convert_button.show()
        elif isinstance(ex, MemoryError):
            self._refuse("There is not enough memory for so many spectra.")
        else:
            self._refuse(str(ex))
            if isinstance(ex, SingleSourceError):
                self._single = ex.classes
                self.leave_button.setText(f"Leave out {', '.join(ex.classes)}")
                self.leave_button.show()

    # Plot

    def _another(self):
        self._draw_number += 1
        self._draw()

    def _draw(self):
        if self._mixer is not None:
            self.plot.show_mixture(self._mixer.draw((self.seed, self._draw_number)),
                                   self._distortions())

    def onDeleteWidget(self):
        self.shutdown()
        super().onDeleteWidget()

    def send_report(self):
        if self.data is None:
            return
        try:
            mixing = self.mixing()
        except ValueError:
            return
        split = f"{self.test_share} % of sources ({self.source_name}) for test mixtures" \
            if self.use_test else "no test mixtures"
        self.report_items("Mixtures", (
            ("Data", self.data.name),
            ("Materials", ", ".join(mixing.classes)),
            ("Components", ", ".join(map(str, mixing.sizes))),
            *self._ratio_report(mixing.classes),
            ("Result", self.summary.text().replace("\n", "; ")),
            ("Class", ("combination", "main component",
                       f"presence of {self.target_name}")[self.target_kind]),
            ("Split", split),
            ("Seed", self.seed)))
        self.report_items("Distortions", (
            ("Baseline", f"{self.baseline:g}" + (", curved too" if self.curved else "")),
            ("Noise", self.noise),
            ("Air", self.atmosphere), ("Gap", "yes" if self.cut else "no"),
            ("Variation of components", self.variation),
            ("Contaminants", f"{', '.join(self.contaminants)} on {self.contaminated} % of "
             "components" if self.contaminants else "none"),
            ("Plasticiser in PVC", "yes" if self.additives else "no")))
        if self.plot.drawn is not None:
            self.report_plot("One mixture: components and sum", self.plot.upper)
            self.report_plot("The same mixture as it is sent", self.plot.lower)
            drawn = self.plot.drawn
            self.report_caption(" + ".join(
                f"{100 * f:.0f} % {name} ({source})" for name, f, source
                in zip(drawn.names, drawn.fractions, drawn.sources, strict=True))
                + (", by mass" if drawn.fraction_of == "mass" else ""))


if __name__ == "__main__":
    from orangecontrib.microplastics.simulation.polymers import simulate
    WidgetPreview(OWMixSpectra).run(set_data=simulate(n=50))
