"""Editing absorptivities in a table: signal per mass, of which only the ratios matter."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QDoubleSpinBox, QStyledItemDelegate

__all__ = ["LEAST", "MOST", "AbsorptivityDelegate"]

#: Limits of absorptivities, of which only the ratios matter.
LEAST, MOST = .001, 1000.


class AbsorptivityDelegate(QStyledItemDelegate):
    """Spin box within the limits: nothing can be entered that would have to be refused."""

    def createEditor(self, parent, option, index):
        editor = QDoubleSpinBox(parent, decimals=3, minimum=LEAST, maximum=MOST, frame=False)
        editor.setAlignment(Qt.AlignRight)
        editor.setAutoFillBackground(True)  # otherwise the value in the cell shows through
        editor.setStepType(QDoubleSpinBox.AdaptiveDecimalStepType)
        return editor

    def setEditorData(self, editor, index):
        editor.setValue(index.data(Qt.EditRole))

    def setModelData(self, editor, model, index):
        editor.interpretText()
        model.setData(index, editor.value(), Qt.EditRole)
