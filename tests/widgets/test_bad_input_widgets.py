"""Bad input (badinput.CASES) to the widgets gives right answers or messages.

There is never a traceback, and good spectra afterwards are treated as usual.
"""
import unittest

import badinput as bad
import numpy as np
from badinput import TURNED, each
from Orange.data import ContinuousVariable
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.widgets.owdcnet import OWDCNet
from orangecontrib.microplastics.widgets.owidentify import OWIdentify
from orangecontrib.microplastics.widgets.owparticles import OWParticles


def on_a_map(data):
    """The same spectra as pixels of a map of ten columns."""
    rows = np.arange(len(data))
    for name, places in (("map_x", rows % 10 * 5.), ("map_y", rows // 10 * 5.)):
        data = data.add_column(ContinuousVariable(name), places, to_metas=True)
    return data


class TestWidgets(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = DCNetLearner(epochs=12, widths=(8, 16, 16))(bad.good(4))

    def setUp(self):
        # One widget for all cases, so that effects of one case on the next are detected.
        self.cnn = self.create_widget(OWDCNet, stored_settings={
            "fixed_epochs": True, "epochs": 1, "width": 0, "augmentation": 0})
        self.identify = self.create_widget(OWIdentify)
        self.particles = self.create_widget(OWParticles, stored_settings={"ready_made": ""})

    def messages(self, widget):
        return " ".join(str(m) for group in widget.message_groups for m in group.active)

    @each
    def test_dual_branch_cnn(self, case, data):
        widget = self.cnn
        self.send_signal(widget.Inputs.data, data, widget=widget)
        self.wait_until_finished(widget=widget, timeout=30_000)
        expected = case.learn if case.widget is None else case.widget
        model = self.get_output(widget.Outputs.model, widget=widget)
        if isinstance(expected, str):
            self.assertRegex(self.messages(widget), expected)
            self.assertIsNone(model)
        else:
            self.assertIsNotNone(model)
            self.assertFalse(widget.Error.active)
            self.assertEqual(widget.Warning.left_out.is_shown(), expected > 0)
            self.assertEqual(widget.Warning.transmittance.is_shown(), case.predict == TURNED)
        # Training on good data afterwards is not affected.
        self.send_signal(widget.Inputs.data, bad.good(), widget=widget)
        self.wait_until_finished(widget=widget, timeout=30_000)
        self.assertEqual(self.messages(widget), "")
        self.assertIsNotNone(self.get_output(widget.Outputs.model, widget=widget))

    @each
    def test_identify(self, case, data):
        widget = self.identify
        self.send_signals([(widget.Inputs.data, data), (widget.Inputs.model, self.model)],
                          widget=widget)
        self.wait_until_finished(widget=widget, timeout=30_000)
        out = self.get_output(widget.Outputs.annotated, widget=widget)
        expected = case.predict if case.identify is None else case.identify
        if not len(data):
            self.assertRegex(widget.result_label.text(), "Connect spectra")
        elif isinstance(expected, str) and expected != "all":
            self.assertRegex(self.messages(widget), expected)
            self.assertIsNone(out)
        else:
            self.assertFalse(widget.Error.active)
            missing = len(data) if expected == "all" else expected
            self.assertEqual(np.isnan(out.get_column("material")).sum(), missing)
            self.assertEqual("no prediction" in self.messages(widget), missing > 0)
            self.assertEqual(len(out), len(data))
        self.send_signal(widget.Inputs.data, bad.good(), widget=widget)
        self.wait_until_finished(widget=widget, timeout=30_000)
        self.assertFalse(widget.Error.active)
        self.assertEqual(len(self.get_output(widget.Outputs.annotated, widget=widget)), 92)

    @each
    def test_particles(self, case, data):
        widget = self.particles
        expected = case.predict if case.identify is None else case.identify
        for table, single in ((data, True), (on_a_map(data), False)):
            self.send_signals([(widget.Inputs.data, table),
                               (widget.Inputs.model, self.model)], widget=widget)
            self.wait_until_finished(widget=widget, timeout=30_000)
            out = self.get_output(widget.Outputs.particles, widget=widget)
            if not len(data):
                self.assertRegex(widget.result_label.text(), "Connect spectra")
            elif isinstance(expected, str) and expected != "all" and single:
                self.assertRegex(self.messages(widget), expected)
                self.assertIsNone(out)
            elif single:
                self.assertFalse(widget.Error.active)
                self.assertEqual(len(out), len(data))
                missing = len(data) if expected == "all" else expected
                self.assertEqual(np.isnan(out.get_column("material")).sum(), missing)
            else:
                # What is matter depends on the case; there is an answer, or a reason.
                self.assertNotEqual(out is None, not widget.Error.active)
        self.send_signal(widget.Inputs.data, bad.good(), widget=widget)
        self.wait_until_finished(widget=widget, timeout=30_000)
        self.assertFalse(widget.Error.active)
        self.assertEqual(len(self.get_output(widget.Outputs.particles, widget=widget)), 92)


if __name__ == "__main__":
    unittest.main()
