"""Every control is reached with the Tab key, controls before plots."""
import os
import unittest
from importlib import import_module
from tempfile import TemporaryDirectory
from unittest.mock import patch

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QRadioButton,
)
from Orange.widgets.tests.base import WidgetTest
from pyqtgraph import GraphicsView

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.simulation.polymers import simulate

WIDGETS = {name: f"orangecontrib.microplastics.widgets.{module}" for module, name in (
    ("owmicroplasticspectra", "OWMicroplasticSpectra"), ("owmixspectra", "OWMixSpectra"),
    ("owdcnet", "OWDCNet"), ("owchecklabels", "OWCheckLabels"), ("owidentify", "OWIdentify"),
    ("owmicroplasticsmodel", "OWMicroplasticsModel"), ("owparticles", "OWParticles"),
    ("owidentifyfiles", "OWIdentifyFiles"))}
CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QAbstractItemView, QLineEdit)


def controls(widget):
    """Enabled controls that a mouse can use, in the widget's two areas and below them."""
    parts = (widget.controlArea, widget.buttonsArea, widget.mainArea)
    found = [child for part in parts for child in part.findChildren(CONTROLS)]
    return [c for c in found if c.isVisibleTo(widget) and c.isEnabled()
            and not isinstance(c, QHeaderView)  # only column headers sort the rows
            and not isinstance(c.parent(), QAbstractSpinBox | QComboBox)]


def tabbed(widget):
    """Widgets that have the focus after each press of Tab, until the first has it again."""
    seen = []
    for _ in range(300):
        widget.focusNextChild()
        now = QApplication.focusWidget()
        if now in seen:
            return seen
        seen.append(now)
    raise AssertionError("Tab never comes round")


class TestKeyboard(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = simulate(n=6)

    def setUp(self):
        super().setUp()
        # As on a new computer: with the ready-made model at hand, its widget has no controls.
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        empty = patch.dict(os.environ, {datasets.FOLDER_VARIABLE: folder.name})
        empty.start()
        self.addCleanup(empty.stop)

    def opened(self, name):
        widget = self.create_widget(getattr(import_module(WIDGETS[name]), name))
        if hasattr(getattr(widget, "Inputs", None), "data"):
            self.send_signal(widget.Inputs.data, self.data, widget=widget)
        self.wait_until_finished(widget=widget, timeout=60_000)
        widget.show()
        QApplication.setActiveWindow(widget)
        self.process_events(lambda: widget.isVisible())
        return widget

    def test_tab_reaches_every_control(self):
        for name in WIDGETS:
            with self.subTest(name):
                widget = self.opened(name)
                seen = tabbed(widget)
                for control in controls(widget):
                    text = getattr(control, "text", str)() if not isinstance(control, QComboBox) \
                        else control.currentText()
                    # Tab reaches one of the radio buttons, arrow keys the others.
                    group = control.parent().findChildren(QRadioButton) \
                        if isinstance(control, QRadioButton) else []
                    self.assertTrue({control, *group} & set(seen),
                                    f"{type(control).__name__} {text!r}: no Tab")
                widget.hide()

    def test_pictures_take_no_focus(self):
        for name in WIDGETS:
            with self.subTest(name):
                widget = self.opened(name)
                self.assertFalse([w for w in tabbed(widget) if isinstance(w, GraphicsView)
                                  or isinstance(w.parent(), GraphicsView)])
                widget.hide()

    def test_controls_come_before_the_main_area(self):
        for name in WIDGETS:
            with self.subTest(name):
                widget = self.opened(name)
                seen = [w for w in tabbed(widget) if w.focusPolicy() & Qt.TabFocus]
                at = [i for i, w in enumerate(seen) if widget.mainArea.isAncestorOf(w)]
                before = [i for i, w in enumerate(seen) if widget.controlArea.isAncestorOf(w)]
                start = min(before)
                self.assertTrue(all((i - start) % len(seen) > (max(before) - start) % len(seen)
                                    for i in at))
                widget.hide()


if __name__ == "__main__":
    unittest.main()
