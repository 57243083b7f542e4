"""Controls of the simulated spectra."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QCheckBox, QGridLayout
from Orange.widgets import gui

from orangecontrib.microplastics.materials.names import NAMES
from orangecontrib.microplastics.simulation.polymers import ALL_POLYMERS

MODES = (("ATR", "atr"), ("Transmission", "transmission"))


def simulation_box(parent, master, polymers_ticked, changed):
    """
    Add a box with the controls of the simulation.

    Parameters
    ----------
    parent : QWidget
    master : OWWidget
        With the settings `polymers` (list of codes), `n_spectra`, `seed`, `weathering`, `biofilm`,
        `noise`, `baseline`, `atmosphere`, `thickness`, `resolution`, `mode`, `image`.
    polymers_ticked, changed : function
        Called when a polymer is ticked, or another control changed.

    Returns
    -------
    box : QWidget
    polymer_boxes : dict of code to QCheckBox
    """
    box = gui.widgetBox(parent, "Simulated spectra")
    polymer_boxes = {}
    grid = QGridLayout()
    grid.setVerticalSpacing(0)
    for i, code in enumerate(ALL_POLYMERS):
        check = QCheckBox(code, checked=code in master.polymers, toolTip=NAMES[code])
        check.toggled.connect(polymers_ticked)
        grid.addWidget(check, i // 6, i % 6)
        polymer_boxes[code] = check
    box.layout().addLayout(grid)
    columns = gui.hBox(box)
    left, right = gui.vBox(columns), gui.vBox(columns)
    columns.layout().setSpacing(16)
    for column in (left, right):
        column.layout().setSpacing(1)
    spins = (
        (left, "n_spectra", 1, 5000, 10, 0, "Spectra of each:",
         "Number of simulated samples of each polymer, one spectrum each."),
        (right, "seed", 0, 10_000, 1, 0, "Seed:",
         "The same seed and settings give the same spectra again."),
        (left, "weathering", 0, 100, 10, 0, "Weathering [%]:",
         "Oxidation of PE and PP by sun and sea: C=O, O-H and vinyl bands grow. Each sample "
         "is weathered by half of this or more."),
        (right, "biofilm", 0, 100, 10, 0, "Biofilm [%]:",
         "Share of protein and polysaccharide in the signal. Each sample has half of this "
         "or more."),
        (left, "noise", 0., .1, .001, 4, "Noise:",
         "Standard deviation in absorbance. The strongest band of a spectrum is about 0.3."),
        (right, "baseline", 0., .5, .01, 3, "Baseline:",
         "Size of baseline drift and scattering slope in absorbance."),
        (left, "atmosphere", 0., .2, .001, 4, "Air:",
         "Absorbance of CO2 and water vapour that an imperfect background measurement leaves."),
        (right, "thickness", .1, 20., .1, 1, "Thickness:",
         "Amount of sample in the beam. Far above 3 the strong bands flatten."),
        (left, "resolution", 1, 32, 1, 0, "Resolution [cm\u207b\u00b9]:",
         "Of the instrument. Coarse resolution blurs the 730/719 doublet of PE."),
    )
    for column, value, low, high, step, decimals, label, tooltip in spins:
        spin = gui.spin(column, master, value, low, high, step=step, label=label,
                        spinType=float if decimals else int, decimals=decimals or None,
                        alignment=Qt.AlignRight, controlWidth=72, callback=changed)
        spin.setToolTip(tooltip)
    gui.comboBox(right, master, "mode", label="Measured in:", orientation=Qt.Horizontal,
                 items=[text for text, _ in MODES], callback=changed,
                 tooltip="ATR penetrates deeper at low wavenumbers, so C-H stretches are weaker "
                         "than in transmission.")
    gui.checkBox(left, master, "image", "As an image of a filter", callback=changed,
                 tooltip="96 x 96 pixels with map_x and map_y, for Particles and HyperSpectra: "
                         "four particles of each polymer, some of them fibres, and sand, on "
                         "cellulose nitrate.")
    return box, polymer_boxes
