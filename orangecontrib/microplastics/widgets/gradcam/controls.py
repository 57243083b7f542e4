"""Settings of Grad-CAM and their controls."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QSizePolicy
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.itemmodels import PyListModel
from Orange.widgets.widget import OWWidget

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.table import components

#: Choices of the combo boxes: text and value.
METHODS = (("Element-wise (HiResCAM)", "hirescam"), ("Grad-CAM++", "gradcam++"),
           ("Grad-CAM, original", "gradcam"), ("Occlusion (slow)", "occlusion"),
           ("Fine (with gradients)", "fine"))
SCALES = (("each spectrum", "spectrum"), ("all spectra together", "set"))
WHICH = ("All", "Correctly predicted", "Incorrectly predicted")
PREDICTED_TEXT, COMPONENT_TEXT = "Predicted class", "Component: "


class GradCAMControls(OWWidget, openclass=True):
    """The control area of Grad-CAM.

    A subclass defines the callbacks of the controls: :meth:`restart` explains again,
    :meth:`refresh` updates all plots and outputs, :meth:`refresh_bands` only those that depend
    on the bands, and :meth:`show_another` shows another class.
    """

    target_text = Setting(PREDICTED_TEXT, schema_only=True)
    shown_name = Setting("", schema_only=True)
    method = Setting(0)
    branch = Setting(0)
    signed = Setting(False)
    which = Setting(0)
    scale = Setting(0)
    smoothing = Setting(0)
    threshold = Setting(10)
    tolerance = Setting(10)
    most_labels = Setting(6)
    limit = Setting(5000)

    def restart(self):
        raise NotImplementedError

    def refresh(self):
        raise NotImplementedError

    def refresh_bands(self):
        raise NotImplementedError

    def show_another(self):
        raise NotImplementedError

    def _add_controls(self):
        self._add_explain_box()
        self._add_show_box()
        self._add_bands_box()
        box = gui.widgetBox(self.controlArea, "Spectra")
        self.data_label = QLabel(wordWrap=True, textFormat=Qt.PlainText)
        self.data_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.MinimumExpanding)
        self.data_label.setToolTip(
            "Explained spectra. Nearly all spectra that the model was trained on (such as Training "
            "Mixtures) are predicted correctly; only other spectra show how good it is.")
        box.layout().addWidget(self.data_label)
        spin = gui.spin(box, self, "limit", 10, 1_000_000, label="At most:", step=1000,
                        alignment=Qt.AlignRight, controlWidth=90, callback=self.restart,
                        callbackOnReturn=True)
        spin.setToolTip("If there are more spectra, this number is chosen at random.")
        gui.rubber(self.controlArea)

    def _add_explain_box(self):
        box = gui.widgetBox(self.controlArea, "Explain")
        # A target stored in a workflow is kept until its model arrives.
        self.target_model = PyListModel(dict.fromkeys((PREDICTED_TEXT, self.target_text)))
        self.target_combo = gui.comboBox(
            box, self, "target_text", label="Explain:", orientation=Qt.Horizontal,
            model=self.target_model, callback=self.restart, searchable=False, tooltip=(
                "What to explain for each spectrum: its predicted class, one class, or one "
                "component of mixtures (evidence for its presence, whatever else is present)."))
        gui.comboBox(
            box, self, "method", label="Method:", items=[text for text, _ in METHODS],
            orientation=Qt.Horizontal, callback=self.restart, tooltip=(
                "Element-wise: preserves the position of each feature, some 60 1/cm wide, and adds "
                "up to the score.\nFine: Grad-CAM tells the region, gradients the wavenumbers in "
                "it; sharper.\nGrad-CAM, original: features are weighted by gradients averaged "
                "over the whole spectrum.\nOcclusion: removes 32 1/cm at a time and measures the "
                "change of the score. Compare them in Faithfulness."))
        self.branch_combo = gui.comboBox(
            box, self, "branch", label="Branch:", items=["All"], orientation=Qt.Horizontal,
            callback=self.restart,
            tooltip="Both branches together, or what one of them contributes.")
        gui.checkBox(box, self, "signed", "Also show evidence against it",
                     callback=self.restart,
                     tooltip="Blue for wavenumbers that lower the score of the class.")

    def _add_show_box(self):
        box = gui.widgetBox(self.controlArea, "Show")
        self.shown_model = PyListModel([self.shown_name])
        gui.comboBox(
            box, self, "shown_name", label="Spectra of:", orientation=Qt.Horizontal,
            model=self.shown_model, callback=self.show_another,
            tooltip="The class whose spectra are drawn. Its spectra are those that are "
                    "explained as that class.")
        gui.comboBox(box, self, "which", label="Only:", items=WHICH, orientation=Qt.Horizontal,
                     callback=self.refresh,
                     tooltip="Compare correct and incorrect predictions. Needs data with the "
                             "true class.")
        gui.comboBox(box, self, "scale", label="Scale by:", items=[t for t, _ in SCALES],
                     orientation=Qt.Horizontal, callback=self.refresh,
                     tooltip="The highest importance is scaled to 1 for each spectrum, or for "
                             "all spectra together.")
        gui.spin(box, self, "smoothing", 0, 100, label="Smoothing [1/cm]:", step=5,
                 alignment=Qt.AlignRight, controlWidth=70, callback=self.refresh,
                 callbackOnReturn=True, spinType=int).setSpecialValueText("none")

    def _add_bands_box(self):
        box = gui.widgetBox(self.controlArea, "Bands")
        for value, low, high, label, tooltip in (
                ("threshold", 1, 100, "At least [% of highest]:",
                 "Peaks of the mean map below this are not listed as bands."),
                ("tolerance", 1, 50, "Assignment within [1/cm]:",
                 "Distance between a maximum of the spectrum and a known band."),
                ("most_labels", 0, 20, "Labels:", "Maximum number of labelled bands.")):
            spin = gui.spin(box, self, value, low, high, label=label, alignment=Qt.AlignRight,
                            controlWidth=70, callback=self.refresh_bands, callbackOnReturn=True)
            spin.setToolTip(tooltip)

    def _update_targets(self, model: DCNetModel | None):
        """Offer the targets and branches of a model."""
        texts, branches = [PREDICTED_TEXT], ["All"]
        if model is not None:
            values = model.domain.class_var.values
            texts += [COMPONENT_TEXT + c for c in components(model)]
            texts += [values[i] for i in model.used]
            branches += [f"Kernel size {k}" for k in model.network.config.kernels]
            if self.target_text not in texts:
                self.target_text = PREDICTED_TEXT
        texts = list(dict.fromkeys((*texts, self.target_text)))
        self.target_model[:] = texts
        self.target_combo.setCurrentIndex(texts.index(self.target_text))
        self.branch_combo.clear()
        self.branch_combo.addItems(branches)
        # With a single branch there is nothing to choose.
        self.branch_combo.setEnabled(len(branches) > 2)
        if model is not None and len(branches) <= max(self.branch, 2):
            self.branch = 0
        self.branch_combo.setCurrentIndex(min(self.branch, len(branches) - 1))
