"""Controls of Mix Spectra, and the settings of mixtures that they describe."""
from __future__ import annotations

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QLabel,
    QRadioButton,
    QWidget,
)
from Orange.widgets import gui
from Orange.widgets.settings import Setting

from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS
from orangecontrib.microplastics.mixing.mixer import COMBINATION, MAIN, Mixing
from orangecontrib.microplastics.mixing.recipe import (
    ANY_INSTRUMENT,
    NOTHING,
    ONE_INSTRUMENT,
    baseline_terms,
)
from orangecontrib.microplastics.spectra.splits import NEAR_DUPLICATES
from orangecontrib.microplastics.widgets.mixspectra.materials import MaterialTable
from orangecontrib.microplastics.widgets.mixspectra.ratio import RatioControls

IN_ALL, OF_EACH = range(2)

#: Presets of distortions: name, tooltip, settings of :class:`.Mixing`.
PRESETS = (
    ("Nothing", "No distortions.", NOTHING),
    ("One Instrument", "Baselines and noise: for new spectra from the same instrument and study.",
     ONE_INSTRUMENT),
    ("Any Instrument", "Also variation, plasticised PVC, contaminants, air, curved "
     "baselines and gaps: for spectra from other instruments and of weathered or dirty samples.",
     ANY_INSTRUMENT),
)


def _controls_of(recipe):
    """Values of the controls that correspond to a preset."""
    return {**recipe, "baseline": recipe["baseline"][0], "curved": len(recipe["baseline"]) > 2,
            "contaminants": list(CONTAMINANTS) if recipe["contaminants"] else [],
            "contaminated": round(100 * Mixing.contaminated)}


class MixingControls(RatioControls):
    """Part of the widget: settings, the pages that show them, and :meth:`mixing`, which reads them.

    Calls the widget's ``_changed`` (or ``_source_changed``) when a setting changes, and reads
    its ``data``.
    """

    use_pure = Setting(True)
    use_pairs = Setting(True)
    use_triples = Setting(False)
    use_quadruples = Setting(False)
    excluded = Setting([], schema_only=True)
    number_kind = Setting(IN_ALL)
    train_all = Setting(6000)
    test_all = Setting(3000)
    train_each = Setting(200)
    test_each = Setting(100)
    use_test = Setting(True)
    test_share = Setting(30)
    source_name = Setting("", schema_only=True)
    target_kind = Setting(0)
    target_name = Setting("", schema_only=True)
    seed = Setting(0)
    baseline = Setting(.3)
    curved = Setting(False)
    noise = Setting(.03)
    atmosphere = Setting(0.)
    variation = Setting(0.)
    contaminants = Setting([])
    contaminated = Setting(35)
    additives = Setting(False)
    cut = Setting(False)
    balance = Setting(True)

    def _mixture_page(self, page):
        box = gui.vBox(page, "Materials")
        self.material_table = MaterialTable()
        self.material_table.ticked.connect(self._ticks_changed)
        self.material_table.absorptivity_edited.connect(self._absorptivity_edited)
        box.layout().addWidget(self.material_table)
        row = gui.hBox(box)
        gui.widgetLabel(row, "Components:")
        for attribute, text, tip in (
                ("use_pure", "1 (pure)", "Single materials, with the same noise "
                 "and baseline as mixtures."),
                ("use_pairs", "2", "Mixtures of two materials."),
                ("use_triples", "3", "Mixtures of three materials."),
                ("use_quadruples", "4", "Mixtures of four materials.")):
            gui.checkBox(row, self, attribute, text, callback=self._changed, tooltip=tip)
        gui.rubber(row)

        self._ratio_box(page)
        gui.rubber(page)

    def _output_page(self, page):
        box = gui.vBox(page, "Number of spectra")
        self._number_grid(box)
        box = gui.vBox(page, "Training and test")
        row = gui.hBox(box)
        gui.checkBox(row, self, "use_test", "Test mixtures from", callback=self._changed,
                     tooltip="Split the pure spectra before mixing, so that no specimen is in "
                             "both training and test mixtures.")
        self.share_spin = gui.spin(row, self, "test_share", 5, 95, callback=self._changed,
                                   alignment=Qt.AlignRight,
                                   tooltip="Share of each material's sources that is kept for "
                                           "testing.")
        gui.widgetLabel(row, "% of sources")
        self.source_combo = gui.comboBox(
            box, self, "source_name", label="Source:", orientation=Qt.Horizontal,
            items=(NEAR_DUPLICATES,), sendSelectedValue=True, callback=self._source_changed,
            tooltip="Identifies spectra of the same specimen. Near-duplicates: spectra that "
                    "correlate above 0.999.")
        row = gui.hBox(page, "Class")
        gui.comboBox(row, self, "target_kind", label="Predict:", orientation=Qt.Horizontal,
                     items=("combination", "main component", "presence of"),
                     callback=self._changed,
                     tooltip="What a learner predicts: the combination (PE + PP), the main "
                             "component, or whether one material is present.")
        self.target_combo = gui.comboBox(row, self, "target_name", sendSelectedValue=True,
                                         callback=self._changed,
                                         tooltip="The material to detect.")
        box = gui.vBox(page, "Drawing")
        gui.checkBox(box, self, "balance", "Balance large and small studies",
                     callback=self._changed,
                     tooltip="If the data have a meta named study: spectra are drawn with weight "
                             "1/sqrt(size of their study).")
        gui.spin(box, self, "seed", 0, 2 ** 31 - 1, label="Seed:", callback=self._changed,
                 alignment=Qt.AlignRight, controlWidth=90,
                 tooltip="The same seed gives the same mixtures.")
        gui.rubber(page)

    def _number_grid(self, box):
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        box.layout().addLayout(grid)
        grid.addWidget(QLabel("Training"), 0, 1)
        grid.addWidget(QLabel("Test"), 0, 2)
        self.number_buttons = QButtonGroup(self)
        self.number_spins = []
        for kind, text, names, tip in (
                (IN_ALL, "In all:", ("train_all", "test_all"),
                 "Divided evenly among the combinations."),
                (OF_EACH, "Of each combination:", ("train_each", "test_each"),
                 "This number for PE, for PP, for PE + PP ... Twelve materials have 78 "
                 "combinations.")):
            row = 1 if kind == IN_ALL else 2
            button = QRadioButton(text, toolTip=tip, checked=self.number_kind == kind)
            self.number_buttons.addButton(button, kind)
            grid.addWidget(button, row, 0)
            spins = [gui.spin(None, self, name, 1, 200000, callback=self._changed,
                              alignment=Qt.AlignRight, controlWidth=70) for name in names]
            for column, spin in enumerate(spins):
                spin.setToolTip(tip)
                grid.addWidget(spin, row, column + 1)
            self.number_spins.append((kind, spins))
        self.number_buttons.idClicked.connect(self._number_kind_changed)

    def _distortion_page(self, page):
        row = gui.hBox(page, "Prepare for")
        for name, tip, settings in PRESETS:
            gui.button(row, self, name, autoDefault=False, tooltip=tip,
                       callback=lambda _=False, settings=settings: self._use_preset(
                           _controls_of(settings)))
        box = gui.vBox(page, "Measurement")
        for attribute, label, step, high, tip in (
                ("baseline", "Baseline:", .05, 2, "Random slope and curvature under each "
                 "spectrum; 1 is as much as the spectrum itself."),
                ("noise", "Noise:", .01, 1, "Standard deviation of the noise, relative to the "
                 "spectrum; each spectrum has 0.2 to 2 times as much."),
                ("atmosphere", "Air:", .1, 3, "Carbon dioxide, water vapour and damp "
                 "samples; 1 is as in the project's experiments.")):
            gui.doubleSpin(box, self, attribute, 0, high, step, label=label, decimals=2,
                           callback=self._changed, alignment=Qt.AlignRight, controlWidth=80,
                           tooltip=tip)
        gui.checkBox(box, self, "curved", "Curved baselines too", callback=self._changed,
                     tooltip="Also cubic baselines and broad humps, as caused by scattering, "
                             "fluorescence or another background.")
        gui.checkBox(box, self, "cut", "Blank out a part of each spectrum", callback=self._changed,
                     tooltip="10 to 60 points are set to the mean, so that a learner does not "
                             "rely on one band alone.")
        box = gui.vBox(page, "Real samples")
        gui.doubleSpin(box, self, "variation", 0, 2, .1, label="Variation of components:",
                       decimals=1, callback=self._changed, alignment=Qt.AlignRight,
                       controlWidth=80,
                       tooltip="Band heights and slopes vary as they do between samples and "
                               "instruments; 1 is as in the project's experiments. Helps "
                               "where a model is to work on another instrument.")
        gui.checkBox(
            box, self, "additives", "Plasticiser in PVC", callback=self._changed,
            tooltip="Half of the class named PVC (or polyvinyl chloride) holds a plasticiser, "
                    "mostly a phthalate (bands at 1726, 1273 and 1122 cm-1), as soft film, cable "
                    "and hose do. Spectra of rigid pieces alone do not show a learner that soft "
                    "ones exist.")
        row = gui.hBox(box)
        gui.widgetLabel(row, "Contaminants:")
        gui.rubber(row)
        for text, on in (("All", True), ("None", False)):
            button = gui.button(row, self, text, autoDefault=False,
                                callback=lambda _=False, on=on: self._tick_contaminants(on))
            button.setFixedWidth(button.fontMetrics().horizontalAdvance(text) + 24)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(8, 0, 0, 4)
        grid.setVerticalSpacing(2)
        self.contaminant_boxes = {}
        for i, (name, bands) in enumerate(CONTAMINANTS.items()):
            check = QCheckBox(name, checked=name in self.contaminants)
            check.setToolTip("Bands at " + ", ".join(f"{band[0]:g}" for band in bands) + " cm-1")
            check.toggled.connect(self._contaminants_changed)
            grid.addWidget(check, i // 2, i % 2)
            self.contaminant_boxes[name] = check
        box.layout().addWidget(holder)
        self.contaminated_spin = gui.spin(
            box, self, "contaminated", 0, 100, label="Components with one of them [%]:",
            callback=self._changed, alignment=Qt.AlignRight,
            tooltip="Percentage of components with one of these contaminants, which adds at "
                    "most a quarter of the component's signal.")
        gui.rubber(page)

    # Lists that depend on the data

    def _fill(self):
        """Fill the lists with materials and metas of the data; keep selections that still exist."""
        spectra = {}
        variable = self.data.domain.class_var if self.data is not None else None
        if variable is not None and variable.is_discrete:
            codes = np.asarray(self.data.Y, float)
            missing = int(np.isnan(codes).sum())
            self.Warning.no_class(missing, shown=missing > 0)
            counts = np.bincount(codes[~np.isnan(codes)].astype(int),
                                 minlength=len(variable.values))
            spectra = {name: int(n) for name, n in sorted(zip(variable.values, counts, strict=True))
                       if n}
        names = list(spectra)
        self.material_table.fill(spectra, self.excluded, self.absorptivities)
        metas = [meta.name for meta in self.data.domain.metas
                 if meta.is_discrete or meta.is_string] if self.data is not None else []
        self._fill_combo(self.source_combo, "source_name", [NEAR_DUPLICATES, *metas],
                         "source" if "source" in metas else NEAR_DUPLICATES)
        self._fill_combo(self.target_combo, "target_name", names, names[0] if names else "")

    def _fill_combo(self, combo, attribute, items, default):
        chosen = getattr(self, attribute)
        combo.clear()
        combo.addItems(items)
        # Without data the selection is kept, since that of a saved workflow precedes its data.
        if self.data is not None and items:
            setattr(self, attribute, chosen if chosen in items else default)

    # Controls that depend on other controls

    def _ticks_changed(self):
        here = self.material_table.materials()
        self.excluded = [name for name in self.excluded if name not in here] \
            + self.material_table.materials(ticked=False)
        self._changed()

    def untick(self, names):
        """Untick these materials without calling ``_changed``."""
        self.material_table.untick(names)
        self.excluded = sorted({*self.excluded, *names})

    def _contaminants_changed(self):
        self.contaminants = [n for n, box in self.contaminant_boxes.items() if box.isChecked()]
        if not self._filling:
            self._changed()

    def _tick_contaminants(self, on):
        self._use_preset({"contaminants": list(CONTAMINANTS) if on else []})

    def _use_preset(self, settings):
        for name, value in settings.items():
            setattr(self, name, value)
        ticked = set(self.contaminants)
        self._filling = True
        for name, box in self.contaminant_boxes.items():
            box.setChecked(name in ticked)
        self._filling = False
        self._changed()

    def _number_kind_changed(self, kind):
        self.number_kind = kind
        self._changed()

    def _update_controls(self):
        self._update_ratio(self._classes())
        for kind, (train, test) in self.number_spins:
            train.setEnabled(self.number_kind == kind)
            test.setEnabled(self.number_kind == kind and self.use_test)
        self.share_spin.setEnabled(self.use_test)
        self.target_combo.setVisible(self.target_kind == 2)
        self.contaminated_spin.setEnabled(bool(self.contaminants))

    # Settings of the mixtures

    def _classes(self):
        return self.material_table.materials(ticked=True)

    def _numbers(self):
        return (self.train_each, self.test_each) if self.number_kind == OF_EACH \
            else (self.train_all, self.test_all)

    def mixing(self) -> Mixing:
        """Settings of the mixtures, from the controls.

        Raises
        ------
        ValueError
            If the controls do not describe any mixture.
        """
        sizes = [size for size, on in ((2, self.use_pairs), (3, self.use_triples),
                                       (4, self.use_quadruples)) if on]
        if not sizes and not self.use_pure:
            raise ValueError("Choose how many components a mixture has.")
        classes = self._classes()
        return Mixing(
            components=tuple(sizes) or 1, pure=self.use_pure, classes=classes,
            **self._ratio(classes),
            per_combination=self._numbers()[0] if self.number_kind == OF_EACH else None,
            variation=self.variation, contaminants=list(self.contaminants),
            contaminated=self.contaminated / 100, additives=self.additives,
            baseline=baseline_terms(self.baseline, self.curved), noise=self.noise,
            atmosphere=self.atmosphere, cut=self.cut,
            target=(COMBINATION, MAIN, self.target_name)[self.target_kind],
            balance=self.balance, by=self._by())

    def _by(self):
        return self.source_name or None

    def _distortions(self):
        """Describe in words the distortions that are added to the sum."""
        parts = [name for name, there in (
            ("baseline", self.baseline), ("noise", self.noise),
            ("air", self.atmosphere), ("a gap", self.cut)) if there]
        return "with " + " and ".join(
            [", ".join(parts[:-1])] * (len(parts) > 1) + parts[-1:]) if parts else "unchanged"
