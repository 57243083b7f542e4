"""The controls of the widget Grad-CAM."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QSizePolicy
from Orange.widgets import gui
from Orange.widgets.utils.itemmodels import PyListModel

from orangecontrib.microplastics.explanation.table import components

#: What the boxes offer: text and what it stands for.
METHODS = (("Element-wise (HiResCAM)", "hirescam"), ("Grad-CAM++", "gradcam++"),
           ("Grad-CAM, original", "gradcam"), ("Occlusion (slow)", "occlusion"))
SCALES = (("each spectrum", "spectrum"), ("all spectra together", "set"))
WHICH = ("All", "Rightly predicted", "Wrongly predicted")
PREDICTED_TEXT, COMPONENT_TEXT = "Predicted class", "Component: "


def add_controls(widget):
    """Fill the control area of an OWGradCAM; settings and callbacks are the widget's own."""
    _explain_box(widget)
    _show_box(widget)
    _bands_box(widget)
    box = gui.widgetBox(widget.controlArea, "Spectra")
    widget.data_label = QLabel(wordWrap=True, textFormat=Qt.PlainText)
    widget.data_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.MinimumExpanding)
    widget.data_label.setToolTip("Which spectra are explained: an output of another widget may "
                                 "hold training or test data. Of spectra that the model was "
                                 "trained on, nearly all are rightly predicted: how good it is, "
                                 "only others tell.")
    box.layout().addWidget(widget.data_label)
    spin = gui.spin(box, widget, "limit", 10, 1_000_000, label="At most:", step=1000,
                    alignment=Qt.AlignRight, controlWidth=90, callback=widget.restart,
                    callbackOnReturn=True)
    spin.setToolTip("Of more spectra, so many are chosen at random and explained.")
    gui.rubber(widget.controlArea)


def _explain_box(widget):
    box = gui.widgetBox(widget.controlArea, "Explain")
    # What was stored with a workflow waits for its model.
    widget.target_model = PyListModel(dict.fromkeys((PREDICTED_TEXT, widget.target_text)))
    widget.target_combo = gui.comboBox(
        box, widget, "target_text", label="Why:", orientation=Qt.Horizontal,
        model=widget.target_model, callback=widget.restart, searchable=False, tooltip=(
            "What is to be explained for each spectrum: its predicted class, one class, or "
            "one component of the mixtures (what speaks for its presence, whatever else is "
            "there)."))
    gui.comboBox(
        box, widget, "method", label="Method:", items=[text for text, _ in METHODS],
        orientation=Qt.Horizontal, callback=widget.restart, tooltip=(
            "Element-wise: keeps the place of each feature, and adds up to the score; best "
            "for this network.\nGrad-CAM, original: features are weighed by gradients "
            "averaged over the whole spectrum.\nOcclusion: takes away 32 1/cm at a time and "
            "watches the score. Compare them in Faithfulness."))
    widget.branch_combo = gui.comboBox(
        box, widget, "branch", label="Branch:", items=["All"], orientation=Qt.Horizontal,
        callback=widget.restart,
        tooltip="Both branches together, or what one of them contributes.")
    gui.checkBox(box, widget, "signed", "Also what speaks against it",
                 callback=widget.restart,
                 tooltip="Blue for wavenumbers that lower the score of the class.")


def _show_box(widget):
    box = gui.widgetBox(widget.controlArea, "Show")
    widget.shown_model = PyListModel([widget.shown_name])
    gui.comboBox(
        box, widget, "shown_name", label="Spectra of:", orientation=Qt.Horizontal,
        model=widget.shown_model, callback=widget.show_another,
        tooltip="The class whose spectra are drawn. Its spectra are those that are "
                "explained as that class.")
    gui.comboBox(box, widget, "which", label="Only:", items=WHICH, orientation=Qt.Horizontal,
                 callback=widget.refresh,
                 tooltip="Compare why the model was right and why it was wrong. Needs data "
                         "with the true class.")
    gui.comboBox(box, widget, "scale", label="Scale by:", items=[t for t, _ in SCALES],
                 orientation=Qt.Horizontal, callback=widget.refresh,
                 tooltip="Each spectrum's highest importance is 1, or that of all together.")
    gui.spin(box, widget, "smoothing", 0, 100, label="Smoothing [1/cm]:", step=5,
             alignment=Qt.AlignRight, controlWidth=70, callback=widget.refresh,
             callbackOnReturn=True, spinType=int).setSpecialValueText("none")


def _bands_box(widget):
    box = gui.widgetBox(widget.controlArea, "Bands")
    for value, low, high, label, tooltip in (
            ("threshold", 1, 100, "At least [% of highest]:",
             "Peaks of the mean map lower than this are not called bands."),
            ("tolerance", 1, 50, "Assignment within [1/cm]:",
             "Distance between a maximum of the spectrum and a known band."),
            ("most_labels", 0, 20, "Labels:", "At most so many bands are named.")):
        spin = gui.spin(box, widget, value, low, high, label=label, alignment=Qt.AlignRight,
                        controlWidth=70, callback=widget.refresh_bands, callbackOnReturn=True)
        spin.setToolTip(tooltip)


def update_targets(widget):
    """Offer the targets and branches of the widget's model."""
    texts, branches = [PREDICTED_TEXT], ["All"]
    if widget.model is not None:
        values = widget.model.domain.class_var.values
        texts += [COMPONENT_TEXT + c for c in components(widget.model)]
        texts += [values[i] for i in widget.model.used]
        branches += [f"Kernel size {k}" for k in widget.model.network.config.kernels]
        if widget.target_text not in texts:
            widget.target_text = PREDICTED_TEXT
    texts = list(dict.fromkeys((*texts, widget.target_text)))
    widget.target_model[:] = texts
    widget.target_combo.setCurrentIndex(texts.index(widget.target_text))
    widget.branch_combo.clear()
    widget.branch_combo.addItems(branches)
    # One branch alone is all of them.
    widget.branch_combo.setEnabled(len(branches) > 2)
    if widget.model is not None and len(branches) <= max(widget.branch, 2):
        widget.branch = 0
    widget.branch_combo.setCurrentIndex(min(widget.branch, len(branches) - 1))
