"""Dialog before a report is saved: its title, what only the user knows, and how many drawings."""
from __future__ import annotations

from AnyQt.QtCore import QSize
from AnyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from orangecontrib.microplastics.particles.items import ASKED, item

__all__ = ["ReportDialog"]


class ReportDialog(QDialog):
    """Fields for the items of a report that the program does not know; all may stay empty.

    Parameters
    ----------
    title : str
    items : mapping of str to str
        What was typed before.
    pages : int
        Number of particles with a drawing.
    """

    def __init__(self, parent, title: str, items, pages: int):
        super().__init__(parent)
        self.setWindowTitle("Report")
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(
            "What only you know. Fields that stay empty are shown as <i>not stated</i>; they are "
            "kept in the workflow; those about controls, extraction and instrument also for the "
            "next one.",
            wordWrap=True))
        inside = QWidget()
        form = QFormLayout(inside)
        form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        self.title = QLineEdit(title)
        form.addRow("Title of the report:", self.title)
        self.fields: dict[str, QLineEdit] = {}
        group = None
        for key in ASKED:
            one = item(key)
            if one.group != group:
                group = one.group
                form.addRow(QLabel(f"<b>{group}</b>"))
            field = QLineEdit(str(items.get(key, "")), placeholderText=one.hint, toolTip=one.hint)
            self.fields[key] = field
            form.addRow(f"{one.title}:", field)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inside)
        layout.addWidget(area, 1)
        row = QHBoxLayout()
        row.addWidget(QLabel("Particles with a drawing, the largest first:"))
        self.pages = QSpinBox(minimum=0, maximum=999, value=pages)
        row.addWidget(self.pages)
        row.addStretch()
        layout.addLayout(row)
        layout.addWidget(QLabel(
            "Saved are the report (HTML, to print), the particles and counts (CSV), and the "
            "outlines of a map (GeoJSON, µm).", wordWrap=True))
        buttons = QDialogButtonBox(QDialogButtonBox.Save | QDialogButtonBox.Cancel)
        buttons.button(QDialogButtonBox.Save).setText("Save...")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def sizeHint(self):
        return QSize(720, 620)

    @property
    def items(self) -> dict[str, str]:
        """What was typed, by key."""
        return {key: field.text().strip() for key, field in self.fields.items()
                if field.text().strip()}
