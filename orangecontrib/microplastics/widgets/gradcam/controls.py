"""Settings of Grad-CAM and their controls."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QPushButton, QSizePolicy
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.itemmodels import PyListModel
from Orange.widgets.widget import OWWidget

from orangecontrib.microplastics.config import DEFAULT_METHOD
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.table import components

#: Methods, by the name that settings store, and their texts.
METHODS = {"fine": "Fine (with gradients)", "gradcam": "Grad-CAM",
           "hirescam": "Element-wise (HiResCAM)", "gradcam++": "Grad-CAM++",
           "occlusion": "Occlusion (slow)"}
#: What settings of version 1 stored as a number.
METHODS_1 = "hirescam", "gradcam++", "gradcam", "occlusion", "fine"
#: Choices of the combo boxes: text and value.
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
    method = Setting(DEFAULT_METHOD)
    branch = Setting(0)
    signed = Setting(False)
    which = Setting(0)
    scale = Setting(0)
    smoothing = Setting(0)
    threshold = Setting(10)
    tolerance = Setting(10)
    most_labels = Setting(6)
    limit = Setting(5000)
    convert = Setting(False, schema_only=True)

    def restart(self):
        raise NotImplementedError

    def refresh(self):
        raise NotImplementedError

    def refresh_bands(self):
        raise NotImplementedError

    def show_another(self):
        raise NotImplementedError

    @classmethod
    def migrate_settings(cls, settings, version):
        if (version or 0) < 2:
            number = settings.pop("method", None)
            if isinstance(number, int) and 0 <= number < len(METHODS_1):
                settings["method"] = METHODS_1[number]

    def _toggle_convert(self):
        self.convert = not self.convert
        self.restart()

    def _show_convert(self, shown):
        """Offer to convert spectra that look like transmittance, or to stop converting."""
        self.convert_button.setText("Do Not Convert" if self.convert else "Convert to Absorbance")
        self.convert_button.setVisible(shown)

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
        self.convert_button = QPushButton(
            "Convert to Absorbance", autoDefault=False, clicked=self._toggle_convert,
            toolTip="Treat the spectra as transmittance T and convert them to A = -log10 T.")
        self.convert_button.hide()
        box.layout().addWidget(self.convert_button)
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
        if self.method not in METHODS:
            self.method = DEFAULT_METHOD
        self.method_model = PyListModel(METHODS, list_item_role=Qt.UserRole)
        for row, text in enumerate(METHODS.values()):
            self.method_model.setData(self.method_model.index(row), text, Qt.DisplayRole)
        gui.comboBox(
            box, self, "method", label="Method:", model=self.method_model,
            orientation=Qt.Horizontal, callback=self.restart, tooltip=(
                "Fine: element-wise Grad-CAM tells the region, gradients the wavenumbers in it; "
                "the sharpest.\nGrad-CAM: the classic. Features are weighted by gradients averaged "
                "over the whole spectrum, which misleads with this network.\nElement-wise: "
                "preserves the position of each feature, some 60 1/cm wide, and adds up to the "
                "score.\nOcclusion: removes 32 1/cm at a time and measures the change of the "
                "score.\nSee in Faithfulness how far to trust each."))
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
