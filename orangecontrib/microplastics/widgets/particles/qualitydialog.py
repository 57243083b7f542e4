"""Dialog for blanks, recovery, the share of the filter that was measured, and the volume."""
from __future__ import annotations

from AnyQt.QtCore import QSize, Qt, pyqtSignal
from AnyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QSpinBox,
    QVBoxLayout,
)

__all__ = ["QualityDialog"]


class QualityDialog(QDialog):
    """
    Values that correct counts.

    The widget `master` has the settings `n_blanks`, `spiked`, `recovered`, `share_measured` (per
    cent) and `litres`. Signal `changed`: one of them was changed.
    """
    changed = pyqtSignal()

    def __init__(self, master):
        super().__init__(master)
        self.master = master
        self.setWindowTitle("Blanks, Recovery, Share Measured")
        layout = QVBoxLayout(self)
        self.blanks = self._group(layout, "Procedural blanks", (
            "Connect blanks to the input Blanks: the map of a blank, which is then analysed as the "
            "sample is; the output Particles of another Particles widget; or a table with the "
            "columns polymer, count and, if known, size (µm)."))
        self.n_blanks = self._spin("n_blanks", 1, 999, "Number of blanks that these particles are "
                                                       "of. Their mean is subtracted.")
        self.blanks.addRow("Number of blanks:", self.n_blanks)
        self.told = QLabel(wordWrap=True)
        self.blanks.addRow(self.told)
        form = self._group(layout, "Recovery", (
            "Of particles that were added before extraction, how many were found again? Numbers "
            "are divided by that share."))
        self.spiked = self._spin("spiked", 0, 1_000_000, "Number of particles that were added; 0 "
                                                         "for no correction.")
        self.recovered = self._spin("recovered", 0, 1_000_000, "Number of these that were found.")
        form.addRow("Particles added:", self.spiked)
        form.addRow("Found again:", self.recovered)
        self.problem = QLabel(wordWrap=True)
        form.addRow(self.problem)
        form = self._group(layout, "Share and volume", (
            "If only part of the filter was measured, numbers are scaled to all of it; per volume "
            "if that of the sample is known."))
        self.share = QDoubleSpinBox(minimum=.01, maximum=100, decimals=2, suffix=" %",
                                    value=master.share_measured, alignment=Qt.AlignRight,
                                    keyboardTracking=False,
                                    toolTip="Share of the filter's area that the map covers.")
        self.share.valueChanged.connect(lambda value: self._set("share_measured", value))
        form.addRow("Filter measured:", self.share)
        self.litres = QDoubleSpinBox(minimum=0, maximum=1e9, decimals=3, suffix=" L",
                                     value=master.litres, alignment=Qt.AlignRight,
                                     keyboardTracking=False, specialValueText="not known",
                                     toolTip="Volume of water, or other sample, on this filter.")
        self.litres.valueChanged.connect(lambda value: self._set("litres", value))
        form.addRow("Volume of the sample:", self.litres)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.rejected.connect(self.close)
        layout.addWidget(buttons)
        self._check()

    def sizeHint(self):
        return QSize(430, 520)

    def _group(self, layout, title, text):
        group = QGroupBox(title)
        form = QFormLayout(group)
        form.setFieldGrowthPolicy(QFormLayout.FieldsStayAtSizeHint)
        form.addRow(QLabel(text, wordWrap=True))
        layout.addWidget(group)
        return form

    def _spin(self, name, low, high, tip):
        spin = QSpinBox(minimum=low, maximum=high, value=getattr(self.master, name), toolTip=tip,
                        alignment=Qt.AlignRight, keyboardTracking=False)
        spin.setMinimumWidth(100)
        spin.valueChanged.connect(lambda value: self._set(name, value))
        return spin

    def _set(self, name, value):
        setattr(self.master, name, value)
        self._check()
        self.changed.emit()

    def _check(self):
        """Say what cannot be."""
        spiked, found = self.master.spiked, self.master.recovered
        if not spiked:
            text = ""
        elif found > spiked:
            text = "<b>More were found than added.</b> No correction is made."
        elif not found:
            text = "<b>None was found again:</b> nothing can be estimated."
        else:
            text = f"Recovery: {found / spiked:.1%}."
        self.problem.setText(text)

    def tell(self, text: str):
        """Say what the blanks hold."""
        self.told.setText(text)
