"""Settings of Dual-Branch CNN: boxes for the network, its training, and more."""

from __future__ import annotations

from AnyQt.QtCore import Qt
from Orange.widgets import gui

from orangecontrib.microplastics.config import ATTENTIONS
from orangecontrib.microplastics.dcnet.learner import REGIONS
from orangecontrib.microplastics.widgets.common.folding_box import folding_box

__all__ = ["WIDTHS", "SEEN", "LEARN", "DEVICES", "add_controls"]

WIDTHS = (("Narrow", (8, 16, 32)), ("Standard", (16, 32, 64)), ("Wide", (32, 64, 128)))
SEEN = (("Fingerprint and C-H", REGIONS), ("All wavenumbers", None))
LEARN = (
    ("The spectra as they are", 0),
    ("Classes, varied", 1),
    ("Mixtures of up to 2", 2),
    ("Mixtures of up to 3", 3),
)
DEVICES = (
    ("Automatic", "auto"),
    ("CPU", "cpu"),
    ("NVIDIA GPU (CUDA)", "cuda"),
    ("Apple GPU (MPS)", "mps"),
)


def add_controls(widget):
    """Add the boxes to the widget's control area; returns the controls of the longer kernels, and
    of thorough training."""
    kernel_long = _add_architecture(widget)
    thorough = _add_training(widget)
    _add_more(widget)
    return kernel_long, thorough


def _combo(widget, box, value, choices, label, tooltip):
    return gui.comboBox(
        box,
        widget,
        value,
        label=label,
        items=[text for text, _ in choices],
        orientation=Qt.Horizontal,
        tooltip=tooltip,
        callback=widget.settings_changed,
    )


def _spin(widget, box, value, low, high, label, tooltip, **kwargs):
    spin = gui.spin(
        box,
        widget,
        value,
        low,
        high,
        label=label,
        alignment=Qt.AlignRight,
        controlWidth=76,
        callback=widget.settings_changed,
        **kwargs,
    )
    # With a check box, gui.spin returns a tuple.
    for part in spin if isinstance(spin, tuple) else (spin,):
        part.setToolTip(tooltip)
    return spin


def _add_architecture(widget):
    box = gui.widgetBox(widget.controlArea, "Network")
    _combo(
        widget,
        box,
        "branches",
        (("Two", 2), ("One", 1)),
        "Branches:",
        "Two branches look at each spectrum side by side: one with short kernels "
        "for sharp bands, one with long kernels for broad ones.",
    )
    row = gui.hBox(box)
    _spin(
        widget,
        row,
        "kernel_short",
        1,
        63,
        "Kernel sizes:",
        "How many neighbouring points a convolution of the first branch sees at once. Odd numbers.",
        step=2,
    )
    kernel_long = _spin(
        widget,
        row,
        "kernel_long",
        1,
        63,
        "",
        "The second branch usually has the longer kernels. Odd numbers.",
        step=2,
    )
    _combo(
        widget,
        box,
        "width",
        WIDTHS,
        "Width:",
        "Number of features that each layer looks for. Wider networks learn more and take longer.",
    )
    _combo(
        widget,
        box,
        "attention",
        tuple((text, name) for name, text in ATTENTIONS.items()),
        "Attention:",
        "CBAM weights first the features, then the wavenumbers. Connect several of "
        "these widgets to Test and Score to measure the effect.",
    )
    _combo(
        widget,
        box,
        "seen",
        SEEN,
        "Spectral range:",
        "Fingerprint and C-H: below 1850 and 2700 to 3100 cm-1; what lies between "
        "is mostly air and moisture. Spectra without these regions are used whole.",
    )
    gui.checkBox(
        box,
        widget,
        "derivative",
        "First and second derivative",
        tooltip="The network takes the derivatives of each spectrum: the first "
        "removes the baseline, the second tells overlapping bands apart. "
        "Switch off if Preprocess Spectra calculates derivatives.",
        callback=widget.settings_changed,
    )
    return kernel_long


def _add_training(widget):
    box = gui.widgetBox(widget.controlArea, "Training")
    _combo(
        widget,
        box,
        "mixtures",
        LEARN,
        "Learn:",
        "Classes, varied: the network learns the classes from spectra that are "
        "varied continually, as by other instruments and samples; better for spectra "
        "of other instruments, not for your own. Mixtures: the data are pure spectra; "
        "the network learns from varied mixtures of them and predicts combinations "
        "such as PE + PP.",
    )
    _spin(
        widget,
        box,
        "epochs",
        1,
        1000,
        "Fixed number of epochs:",
        "How often the network sees all spectra. Unchecked: chosen by the amount of data.",
        checked="fixed_epochs",
        checkCallback=widget.settings_changed,
    )
    thorough = gui.checkBox(
        box,
        widget,
        "thorough",
        "Thorough: three times as long",
        tooltip="Unless the number of epochs is fixed. Small parts of mixtures are overlooked "
        "less often; single materials gain little.",
        callback=widget.settings_changed,
    )
    _spin(
        widget,
        box,
        "validation",
        5,
        50,
        "Keep aside for validation [%]:",
        "Part of the spectra, in whole sources, that shows when to stop. Useful "
        "with many epochs; needs enough data.",
        checked="validate",
        checkCallback=widget.settings_changed,
    )
    _spin(
        widget,
        box,
        "networks",
        1,
        5,
        "Networks averaged:",
        "The mean of several networks with different initial weights is more "
        "accurate than one; training takes proportionally longer.",
    )
    _spin(
        widget,
        box,
        "seed",
        0,
        10_000,
        "Reproducible, with seed:",
        "The same data, settings and seed give the same network. Unchecked: different each time.",
        checked="reproducible",
        checkCallback=widget.settings_changed,
    )
    return thorough


def _add_more(widget):
    box = folding_box(widget.controlArea, widget, "more", "More settings")
    _spin(
        widget,
        box,
        "smallest",
        1,
        33,
        "Smallest fraction in mixtures [%]:",
        "Minimum fraction of each component, if mixtures are learned.",
    )
    _spin(
        widget,
        box,
        "learning_rate",
        1e-5,
        1.0,
        "Learning rate:",
        "Largest step of the optimiser (AdamW, one-cycle schedule); reduced if batches "
        "are smaller than the batch size.",
        step=1e-3,
        spinType=float,
        decimals=5,
    )
    _spin(
        widget,
        box,
        "batch_size",
        2,
        4096,
        "Batch size:",
        "Maximum number of spectra per step; a set of some hundred spectra is divided "
        "into ten batches per epoch.",
    )
    _spin(
        widget,
        box,
        "label_smoothing",
        0.0,
        0.5,
        "Label smoothing:",
        "Prevents overconfident predictions.",
        step=0.05,
        spinType=float,
        decimals=2,
    )
    _spin(
        widget,
        box,
        "augmentation",
        0,
        200,
        "Augmentation [%]:",
        "Strength of random distortions (baseline, slope, noise, water vapour ...) in "
        "training, which make the network robust to other instruments. Mixtures that "
        "the network draws itself are distorted independently of this.",
        step=10,
    )
    _spin(
        widget,
        box,
        "step",
        0.5,
        32.0,
        "Grid [1/cm]:",
        "Spectra are resampled to a grid with this step, so models also accept "
        "spectra with other wavenumbers.",
        step=0.5,
        spinType=float,
        decimals=1,
    )
    gui.checkBox(
        box,
        widget,
        "balance",
        "Balance classes",
        tooltip="Rare classes get more weight.",
        callback=widget.settings_changed,
    )
    _combo(widget, box, "device", DEVICES, "Device:", "Automatic uses a GPU if there is one.")
