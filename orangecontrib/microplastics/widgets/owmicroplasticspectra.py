"""Microplastic Spectra: simulated and published sets of spectra."""
from __future__ import annotations

from typing import NamedTuple

from AnyQt.QtCore import QSize, Qt, QTimer
from AnyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin, TaskState
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Msg, Output, OWWidget

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets.collection import (
    SIMULATED,
    UNLABELLED,
    Gathered,
    Request,
    class_counts,
    class_medians,
    gather,
    keep_classes,
)
from orangecontrib.microplastics.materials.names import NAMES
from orangecontrib.microplastics.simulation.filter_image import PIXELS
from orangecontrib.microplastics.simulation.polymers import ALL_POLYMERS, SEVEN
from orangecontrib.microplastics.widgets.common.background import progress_of
from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.common.texts import describe_spectra
from orangecontrib.microplastics.widgets.microplasticspectra.classview import ClassBars, MedianPlot
from orangecontrib.microplastics.widgets.microplasticspectra.setlist import SetList
from orangecontrib.microplastics.widgets.microplasticspectra.simulationbox import (
    MODES,
    simulation_box,
)

PARTICLES = (("All", None), ("Pristine", False), ("From the environment", True))
CLASS_NAMES = {**datasets.POLYMERS, **NAMES, UNLABELLED: "not labelled"}


class Result(NamedTuple):
    """Result of the background task: everything that the widget shows and sends.

    ``medians`` are (wavenumbers, medians by class) of :func:`.collection.class_medians`.
    """

    request: Request
    gathered: Gathered
    data: Table | None
    medians: tuple | None


def run(request: Request, left_out: list, gathered: Gathered | None, state: TaskState) -> Result:
    """Gather the spectra, unless `gathered` is given, and remove the classes in `left_out`."""
    progress = progress_of(state, 0, 95)
    if gathered is None:
        gathered = gather(request, progress)
    data = medians = None
    if gathered.data is not None:
        data = keep_classes(gathered.data, left_out)
    if data is not None:
        medians = class_medians(data)
    progress(1.)
    return Result(request, gathered, data, medians)


def run_fetch(wheel: str | None, state: TaskState) -> None:
    """Download the published sets, or read them from the file `wheel`."""
    show = progress_of(state)

    def progress(fraction, text):
        show(fraction)
        state.set_partial_result(text)

    datasets.fetch(progress, wheel=wheel)


class OWMicroplasticSpectra(OWWidget, ConcurrentWidgetMixin):
    name = "Microplastic Spectra"
    description = "Infrared spectra of microplastics: simulated (always available) and " \
                  "published."
    icon = "icons/MicroplasticSpectra.svg"
    priority = 10
    keywords = "data, infrared, ftir, simulate, simulation, library, polymer, plastics, " \
               "download, published, flopp"

    class Outputs:
        data = Output("Data", Table)

    class Error(OWWidget.Error):
        fetch_failed = Msg("{}")
        failed = Msg("{}")
        no_memory = Msg("Too many spectra for this computer's memory; choose fewer.")

    class Warning(OWWidget.Warning):
        missing = Msg("Not on this computer: {}. Press Download to fetch them.")
        nothing_left = Msg("The selection leaves no spectra of {}.")
        no_classes = Msg("All classes are unticked: nothing is sent.")

    class Information(OWWidget.Information):
        choose = Msg("Tick one set or more.")
        choose_polymers = Msg("Tick one polymer or more to simulate.")
        left_out = Msg("Left out because of doubtful labels: {}. Some of these are correctly "
                       "labelled but difficult, so accuracies on the rest are slightly too high.")
        doubtful = Msg("Included despite doubtful labels: {}.")
        cancelled = Msg("The download was cancelled; nothing was changed.")

    settings_version = 1

    sets = Setting([SIMULATED], schema_only=True)
    left_out = Setting([], schema_only=True)
    merge_pe = Setting(True)
    particles = Setting(0)
    drop_doubtful = Setting(True)
    polymers = Setting(list(SEVEN), schema_only=True)
    n_spectra = Setting(100)
    seed = Setting(0)
    weathering = Setting(0)
    biofilm = Setting(0)
    noise = Setting(0.001)
    baseline = Setting(0.01)
    atmosphere = Setting(0.003)
    thickness = Setting(1.)
    resolution = Setting(8)
    mode = Setting(0)
    image = Setting(False, schema_only=True)
    auto_send = Setting(True)

    def __init__(self):
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        help_without_browser()
        self.result: Result | None = None
        self._fetching = False
        # The spectra selected in a saved workflow are sent even if sending is not automatic.
        self._sent_once = False
        # A task must not be started while the end of another one is handled.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._update)
        self.sets = [name for name in self.sets if name == SIMULATED or name in datasets.SETS]
        self.polymers = [code for code in self.polymers if code in ALL_POLYMERS]
        self._add_sets()
        self._add_published()
        self.simulated_box, self.polymer_boxes = simulation_box(
            self.controlArea, self, self._on_polymers_ticked, self._update)
        gui.rubber(self.controlArea)
        gui.auto_send(self.buttonsArea, self, "auto_send")
        self._set_up_main_area()
        self._show_sets()
        self.set_list.fit()
        # Qt would limit the window to two thirds of the screen.
        self.resize(self.sizeHint())
        self._update()

    # ---------------------------------------------------------------- layout

    def _add_sets(self):
        box = gui.widgetBox(self.controlArea, "Sets")
        self.set_list = SetList(self.sets)
        self.set_list.ticked.connect(self._on_sets_ticked)
        box.layout().addWidget(self.set_list)
        row = QHBoxLayout()
        self.fetch_button = QPushButton(
            f"Download Published Sets ({_megabytes(datasets.DOWNLOAD_SIZE)})", autoDefault=False,
            toolTip="All published sets come in one file, from the Python package index that "
                    "this computer's pip uses. They take "
                    f"{_megabytes(datasets.DISK_SIZE)} in {datasets.data_dir()}. "
                    "Nothing is downloaded unless you press this.")
        self.fetch_button.clicked.connect(self._toggle_fetch)
        self.file_button = QPushButton(
            "From a File...", autoDefault=False,
            toolTip="Without a network connection: read the published sets from the file of "
                    f"{datasets.REQUIREMENT} (a wheel, .whl) that was downloaded elsewhere.")
        self.file_button.clicked.connect(self._choose_file)
        self.fetch_label = QLabel()
        self.fetch_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        row.addWidget(self.fetch_button)
        row.addWidget(self.file_button)
        row.addWidget(self.fetch_label, 1)
        box.layout().addLayout(row)

    def _add_published(self):
        self.published_box = box = gui.widgetBox(self.controlArea, "Published spectra")
        gui.comboBox(box, self, "particles", label="Particles:", orientation=Qt.Horizontal,
                     items=[text for text, _ in PARTICLES], callback=self._update,
                     tooltip="Pristine or found in the environment, as the authors of each set "
                             "say.")
        row = gui.hBox(box)
        gui.checkBox(row, self, "merge_pe", "HDPE and LDPE are PE", callback=self._update,
                     tooltip="Not all sets distinguish the two polyethylenes; this merges them "
                             "into one class.")
        gui.checkBox(row, self, "drop_doubtful", "Leave out doubtful labels",
                     callback=self._update,
                     tooltip="Spectra whose label the spectra of other studies contradict, and "
                             "polystyrene with the bands of ABS. Their number is shown below the "
                             "window. Check Labels shows the former.")

    def _set_up_main_area(self):
        splitter = QSplitter(Qt.Vertical, childrenCollapsible=False)
        upper = QWidget()
        layout = QVBoxLayout(upper)
        layout.setContentsMargins(0, 0, 0, 0)
        self.class_view = ClassBars()
        self.class_view.checked_changed.connect(self._on_classes_ticked)
        layout.addWidget(self.class_view)
        row = QHBoxLayout()
        for text, wanted in (("All", True), ("None", False)):
            button = QPushButton(text, autoDefault=False,
                                 toolTip=f"{'Keep all classes' if wanted else 'Untick all'}.")
            button.clicked.connect(lambda _, wanted=wanted: self.class_view.tick(wanted))
            row.addWidget(button)
        self.summary = QLabel()
        self.summary.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.summary.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        row.addWidget(self.summary, 1)
        layout.addLayout(row)
        self.plot = MedianPlot()
        self.class_view.class_chosen.connect(self.plot.stress)
        splitter.addWidget(upper)
        splitter.addWidget(self.plot)
        splitter.setSizes([240, 380])
        self.mainArea.layout().addWidget(splitter)

    def sizeHint(self):
        return QSize(1080, 600)

    # ------------------------------------------------------------- the sets

    def _show_sets(self):
        n = len(self.polymers)
        self.set_list.refresh(n, PIXELS if self.image and n else n * self.n_spectra)
        everything = all(map(datasets.is_available, datasets.SETS))
        self.fetch_button.setVisible(self._fetching or not everything)
        self.file_button.setVisible(not self._fetching and not everything)
        self.published_box.setEnabled(any(name != SIMULATED for name in self.sets))
        self.simulated_box.setEnabled(SIMULATED in self.sets)

    def _on_sets_ticked(self):
        self.sets = self.set_list.sets()
        self.Error.fetch_failed.clear()
        self.Information.cancelled.clear()
        self._update()

    def _on_polymers_ticked(self):
        self.polymers = [code for code in ALL_POLYMERS if self.polymer_boxes[code].isChecked()]
        self._update()

    def _on_classes_ticked(self):
        # Keep the ticks of classes that are not listed now.
        others = set(self.left_out) - set(self.class_view.codes())
        self.left_out = sorted(others | set(self.class_view.unticked()))
        self._update()

    # ------------------------------------------------------------- fetching

    def _toggle_fetch(self):
        if self._fetching:
            self.cancel()
            self._end_fetch()
            self.Information.cancelled()
            self._update()
            return
        self._fetch()

    def _choose_file(self):
        path, _ = QFileDialog.getOpenFileName(
            self, f"File of {datasets.REQUIREMENT}", "", "Wheel (*.whl);;All files (*)")
        if path:
            self._fetch(path)

    def _fetch(self, wheel=None):
        self.Error.fetch_failed.clear()
        self.Information.cancelled.clear()
        self._fetching = True
        self.fetch_button.setText("Cancel")
        self.fetch_button.setVisible(True)
        self.file_button.setVisible(False)
        self.fetch_label.setText("Connecting..." if wheel is None else "Reading...")
        self.start(run_fetch, wheel)

    def _end_fetch(self):
        self._fetching = False
        self.fetch_button.setText(
            f"Download Published Sets ({_megabytes(datasets.DOWNLOAD_SIZE)})")
        self.fetch_label.clear()
        self._show_sets()

    def on_partial_result(self, text):
        self.fetch_label.setText(text)

    # ------------------------------------------------------------- spectra

    def request(self) -> Request:
        """The request that the controls describe."""
        simulation = {}
        sets = tuple(name for name in self.sets if name != SIMULATED or self.polymers)
        if SIMULATED in sets:
            simulation = {
                "polymers": tuple(self.polymers), "n": self.n_spectra, "seed": self.seed,
                "mode": MODES[self.mode][1], "weathering": self.weathering / 100,
                "biofilm": self.biofilm / 100, "noise": self.noise,
                "baseline": self.baseline, "scattering": self.baseline,
                "atmosphere": self.atmosphere, "thickness": self.thickness,
                "resolution": self.resolution}
            if self.image:
                simulation["image"] = True
        return Request(sets, self.merge_pe, PARTICLES[self.particles][1], self.drop_doubtful,
                       simulation)

    def _update(self):
        self._show_sets()
        if self._fetching:
            return  # spectra are gathered after the download
        self.Error.failed.clear()
        self.Error.no_memory.clear()
        request = self.request()
        self.Information.choose(shown=not self.sets)
        self.Information.choose_polymers(shown=SIMULATED in self.sets and not self.polymers)
        gathered = None
        # Gather again if a set was missing: another widget may have downloaded it.
        if self.result is not None and self.result.request == request \
                and not self.result.gathered.missing:
            gathered = self.result.gathered
        self.start(run, request, list(self.left_out), gathered)
        self.setInvalidated(True)

    def on_done(self, result):
        self.setInvalidated(False)
        if result is None:
            self._end_fetch()
            self._later.start()
            return
        self.result = result
        self._show_result()
        if self._sent_once:
            self.commit.deferred()
        else:
            self._sent_once = True
            self.commit.now()

    def on_exception(self, ex):
        self.setInvalidated(False)
        if self._fetching:
            self._end_fetch()
            self._later.start()
            if not isinstance(ex, datasets.FetchError):
                raise ex
            self.Error.fetch_failed(str(ex))
            return
        self.result = None
        self._show_result()
        self.commit.now()
        if isinstance(ex, MemoryError):
            self.Error.no_memory()
        elif isinstance(ex, ValueError):
            self.Error.failed(str(ex))
        else:
            raise ex

    def _show_result(self):
        result = self.result
        for message in (self.Warning.missing, self.Warning.nothing_left, self.Warning.no_classes,
                        self.Information.left_out, self.Information.doubtful):
            message.clear()
        self.summary.clear()
        if result is None or result.gathered.data is None:
            self.class_view.set_classes({}, {}, ())
        else:
            counts = class_counts(result.gathered.data)
            self.class_view.set_classes(counts, CLASS_NAMES, self.left_out)
        if result is None:
            self.plot.show_medians([], {})
            return
        gathered = result.gathered
        if gathered.missing:
            self.Warning.missing(_titles(gathered.missing))
        if gathered.empty:
            self.Warning.nothing_left(_titles(gathered.empty))
        if gathered.data is not None and result.data is None:
            self.Warning.no_classes()
        if gathered.doubtful:
            texts = "; ".join(f"{n:,} of {of:,} in {_titles([name])}"
                              for name, (n, of) in gathered.doubtful.items())
            if result.request.drop_doubtful:
                self.Information.left_out(texts)
            else:
                self.Information.doubtful(texts)
        if result.data is None:
            self.plot.show_medians([], {})
        else:
            axis, medians = result.medians
            self.plot.show_medians(axis, medians, self.class_view.selected())
            names = [a.name for a in result.data.domain.attributes]
            self.summary.setText(f"{len(result.data):,} spectra, {len(names):,} points, "
                                 f"{names[0]}\u2013{names[-1]} cm\u207b\u00b9")

    @gui.deferred
    def commit(self):
        self.Outputs.data.send(None if self.result is None else self.result.data)

    # -------------------------------------------------------------- the rest

    def onDeleteWidget(self):
        self._later.stop()
        self.shutdown()
        super().onDeleteWidget()

    def send_report(self):
        if self.result is None or self.result.data is None:
            self.report_paragraph("No spectra.")
            return
        request, gathered = self.result.request, self.result.gathered
        items = []
        for name in request.sets:
            if name in gathered.missing:
                continue
            if name == SIMULATED:
                items.append(("Simulated polymers",
                              "made from tables of bands"))
            else:
                info = datasets.SETS[name]
                items.append((info.title, info.reference))
        self.report_items("Sets", items)
        if any(name != SIMULATED for name in request.sets):
            self.report_items("Published spectra", [
                ("Particles", PARTICLES[self.particles][0]),
                ("HDPE and LDPE", "one class, PE" if request.merge_pe else "as published"),
                ("Doubtful labels", self._doubtful_text(request, gathered))])
        if SIMULATED in request.sets:
            self.report_items("Simulation", [
                ("Polymers", ", ".join(self.polymers)), ("Spectra of each", self.n_spectra),
                ("Measured in", MODES[self.mode][0]), ("Weathering", f"{self.weathering} %"),
                ("Biofilm", f"{self.biofilm} %"), ("Noise", f"{self.noise:g}"),
                ("Baseline and scattering", f"{self.baseline:g}"),
                ("Air (CO2 and water vapour)", f"{self.atmosphere:g}"),
                ("Thickness", f"{self.thickness:g}"),
                ("Resolution", f"{self.resolution} cm\u207b\u00b9"), ("Seed", self.seed),
                ("As an image of a filter", self.image)])
        self.report_items("Data", describe_spectra(self.result.data))
        self.report_items("Spectra of each class", list(class_counts(self.result.data).items()))
        self.report_plot("Medians", self.plot.plotItem)

    @staticmethod
    def _doubtful_text(request, gathered):
        n = sum(count for count, _ in gathered.doubtful.values())
        if not n:
            return "none known"
        return f"{n:,} left out" if request.drop_doubtful else f"{n:,} included"


def _megabytes(size) -> str:
    return f"{size / 1e6:.0f}\u00a0MB"


def _titles(names) -> str:
    return ", ".join(datasets.SETS[name].title for name in names)


if __name__ == "__main__":  # pragma: no cover
    WidgetPreview(OWMicroplasticSpectra).run()
