"""Controls for the fractions of components: which, of what, and how sources are scaled."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QStackedWidget
from Orange.widgets import gui
from Orange.widgets.settings import Setting

from orangecontrib.microplastics.mixing.mixer import parse_ratios

ANY, GRID, FIXED = range(3)
OF_SIGNAL, OF_MASS = range(2)
GRID_STEPS = (.05, .1, .2, .25, .5)
SCALES = ("absorbance", "derivative signal")


class RatioControls:
    """Part of the widget: the box "Ratio", its settings, and what they mean for :class:`.Mixing`.

    Calls the widget's ``_changed`` when a setting changes, and shows the absorptivities in its
    ``material_table``.
    """

    ratio_kind = Setting(ANY)
    smallest = Setting(10)
    grid_step = Setting(1)
    fixed = Setting("1:9, 1:1, 9:1")
    by_derivative = Setting(0)
    # Absorptivities belong to the materials of a workflow: a new widget does without.
    fraction_of = Setting(OF_SIGNAL, schema_only=True)
    absorptivities = Setting({}, schema_only=True)  # those that are not 1, by material

    def _ratio_box(self, page):
        box = gui.vBox(page, "Ratio")
        gui.comboBox(box, self, "ratio_kind", label="Fractions:", orientation=Qt.Horizontal,
                     items=("Any", "A grid", "These ratios"), callback=self._changed,
                     tooltip="Any: all fractions are equally likely. A grid: 1:9, 2:8 ... 9:1. "
                             "These: ratios that you write, each as often as the others.")
        self.ratio_stack = QStackedWidget()
        box.layout().addWidget(self.ratio_stack)
        page_any = gui.vBox(None)
        gui.spin(page_any, self, "smallest", 1, 50, label="Smallest fraction [%]:",
                 callback=self._changed, alignment=Qt.AlignRight,
                 tooltip="Minimum fraction of each component. Fractions below 10 % are hard to "
                         "detect with any method.")
        page_grid = gui.vBox(None)
        gui.comboBox(page_grid, self, "grid_step", label="Steps of:", orientation=Qt.Horizontal,
                     items=[f"{100 * step:.0f} %" for step in GRID_STEPS],
                     callback=self._changed, tooltip="10 %: ratios 1:9, 2:8 ... 9:1.")
        page_fixed = gui.vBox(None)
        gui.lineEdit(page_fixed, self, "fixed", label="Ratios:", orientation=Qt.Horizontal,
                     callback=self._changed,
                     tooltip="For example 1:9, 1:1. The first number is for the material that "
                             "comes first in the alphabet. Three materials: 1:1:2; four: 1:1:1:2.")
        for widget in (page_any, page_grid, page_fixed):
            self.ratio_stack.addWidget(widget)
        gui.comboBox(box, self, "by_derivative", label="Scale sources by:",
                     orientation=Qt.Horizontal, items=SCALES, callback=self._changed,
                     tooltip="Before mixing, all spectra are scaled to the same size. Absorbance: "
                             "the same root mean square. Derivative signal: the same root mean "
                             "square of the slope, so that bands count and a broad baseline does "
                             "not.")
        gui.comboBox(box, self, "fraction_of", label="Fractions of:", orientation=Qt.Horizontal,
                     items=("signal", "mass"), callback=self._changed,
                     tooltip="Signal: a material with the fraction 30 % makes 30 % of the signal "
                             "that sources are scaled by. Mass: of the mass, for which you enter "
                             "in the list of materials how strongly each of them absorbs.")
        self.absorptivity_note = gui.widgetLabel(box, "")
        self.absorptivity_note.setWordWrap(True)

    def _absorptivity_edited(self, material, value):
        others = {name: a for name, a in self.absorptivities.items() if name != material}
        self.absorptivities = others if value == 1 else {**others, material: value}
        self._changed()

    def _update_ratio(self, materials):
        """Show the controls that apply to these materials and the present choices."""
        self.ratio_stack.setCurrentIndex(self.ratio_kind)
        by_mass = self.fraction_of == OF_MASS
        self.material_table.show_absorptivities(by_mass)
        self.absorptivity_note.setVisible(by_mass)
        equal = len({self.absorptivities.get(name, 1) for name in materials}) <= 1
        self.absorptivity_note.setText(
            "All materials absorb equally, so that fractions of mass are those of signal. "
            "Enter above how strongly each absorbs." if equal
            else "Absorptivities, above, are signal per mass; only their ratios matter.")

    def _ratio(self, materials) -> dict:
        """Fields of :class:`.Mixing`.

        Raises
        ------
        ValueError
            If the ratios that the user wrote cannot be read.
        """
        fractions = None
        if self.ratio_kind == GRID:
            fractions = GRID_STEPS[self.grid_step]
        elif self.ratio_kind == FIXED:
            fractions = parse_ratios(self.fixed)
        return {
            "fractions": fractions,
            # With a grid or given ratios the control is hidden, so its value must not apply.
            "smallest": self.smallest / 100 if self.ratio_kind == ANY else 1e-6,
            "ratio": "derivative" if self.by_derivative else "absorbance",
            "absorptivities": {name: self.absorptivities.get(name, 1.) for name in materials}
            if self.fraction_of == OF_MASS else None}

    def _ratio_report(self, materials):
        """Items of the report."""
        ratio = ("any", f"grid in steps of {100 * GRID_STEPS[self.grid_step]:.0f} %",
                 self.fixed)[self.ratio_kind]
        if self.ratio_kind == ANY:
            ratio += f", smallest fraction {self.smallest} %"
        items = [("Ratio", ratio), ("Sources scaled by", SCALES[self.by_derivative]),
                 ("Fractions of", ("signal", "mass")[self.fraction_of])]
        if self.fraction_of == OF_MASS:
            items.append(("Absorptivities", ", ".join(
                f"{name} {self.absorptivities.get(name, 1):g}" for name in materials)))
        return items
