"""The ready-made model in Identify Spectra: loaded, made, cancelled, remembered."""
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest.mock import patch

from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.widgets.common.modelbox import PUBLISHED, SIMULATED
from orangecontrib.microplastics.widgets.owidentify import OWIdentify


class Ready:
    """Mock of the ready-made model: nothing is read, written or trained."""

    def __init__(self, test, model):
        self.model, self.made, self.error, self.hold = model, set(), None, None
        self.calls = []
        self.folder = Path(tempfile.mkdtemp())
        test.addCleanup(os.rmdir, self.folder)
        for where, name in ((ready, "load"), (ready, "get"), (ready, "path"),
                            (datasets, "is_available")):
            patcher = patch.object(where, name, getattr(self, name))
            patcher.start()
            test.addCleanup(patcher.stop)

    def is_available(self, name):
        return False

    def path(self, simulated=False, low=0):
        return self.folder / "none.dcnet"

    def load(self, simulated=False, low=0):
        self.calls.append(("load", simulated))
        return self.model if simulated in self.made else None

    def get(self, progress, *, fetch=True, simulated=False, low=0):
        self.calls.append(("get", simulated))
        progress(.1, "Downloading 5 of 54 MB")
        while self.hold is not None and not self.hold.wait(.01):
            progress(.4, "Learning, epoch 3 of 16")
        if self.error is not None and not simulated:
            raise self.error
        self.made.add(simulated)
        return self.model


class TestReadyModel(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = simulate(["PE", "PP", "PS"], 8)
        cls.model = DCNetLearner(epochs=2, widths=(8, 8, 8), mixtures=2)(cls.data)
        cls.model.name = "Microplastics"

    def setUp(self):
        self.ready = Ready(self, self.model)

    def create(self, data=True, **settings):
        widget = self.create_widget(OWIdentify, stored_settings=settings)
        if data:
            self.send_signal(widget.Inputs.data, self.data, widget=widget)
        return widget

    def settle(self, widget):
        end = time.time() + 20
        while time.time() < end:
            self.process_events()
            if not widget.models.coming and not widget.isInvalidated():
                return
        raise TimeoutError

    def shown(self, widget, *names):
        box = widget.models
        return [name for name in ("ready", "simulated", "cancel", "close")
                if getattr(box, f"{name}_button").isVisibleTo(widget)]

    def identified(self, widget):
        return self.get_output(widget.Outputs.annotated, widget=widget)

    def test_without_a_model_it_is_the_next_step(self):
        widget = self.create(data=False)
        self.assertFalse(widget.Information.no_model.is_shown())
        self.assertEqual(self.shown(widget), ["ready"])
        self.send_signal(widget.Inputs.data, self.data, widget=widget)
        self.settle(widget)
        self.assertTrue(widget.Information.no_model.is_shown())
        for text in (widget.models.label.text(), widget.models.ready_button.toolTip()):
            self.assertIn("two minutes", text)
            self.assertIn("MB", text)
        self.assertEqual(self.ready.calls, [], "nothing without a click")

    def test_it_is_made_at_a_click_and_remembered(self):
        widget = self.create()
        self.ready.hold = threading.Event()
        widget.models.ready_button.click()
        self.process_events(lambda: "epoch 3 of 16" in widget.models.label.text())
        self.assertEqual(self.shown(widget), ["cancel"])
        self.assertEqual(widget.models.progress.value(), 40)
        self.assertTrue(widget.isInvalidated())
        self.assertFalse(widget.Information.no_model.is_shown())
        # New data do not stop it.
        self.send_signal(widget.Inputs.data, self.data[:9], widget=widget, wait=-1)
        self.assertTrue(widget.isInvalidated())
        self.assertIn("Waiting for the model", widget.result_label.text())
        self.ready.hold.set()
        self.settle(widget)
        self.assertEqual(len(self.identified(widget)), 9)
        self.assertEqual(self.shown(widget), ["close"])
        self.assertIn("Microplastics", widget.models.label.text())
        self.assertIn("3 materials and 3 mixtures", widget.models.label.text())
        self.assertIn("PE + PP", widget.models.label.toolTip())
        self.assertIs(self.get_output(widget.Outputs.model, widget=widget), self.model)

        settings = widget.settingsHandler.pack_data(widget)
        self.assertEqual(settings["ready_made"], PUBLISHED)
        self.ready.calls.clear()
        again = self.create(**settings)
        self.assertFalse(again.Information.no_model.is_shown())
        self.settle(again)
        self.assertIsNotNone(self.identified(again))
        self.assertEqual(self.ready.calls, [("load", False)])

        # Without its file, a workflow asks, and downloads nothing.
        self.ready.made.clear()
        self.ready.calls.clear()
        third = self.create(**settings)
        self.settle(third)
        self.assertIsNone(self.identified(third))
        self.assertIn("Press Ready-made Model", str(third.Warning.ready_made))
        self.assertEqual(self.shown(third), ["ready"])
        self.assertEqual(self.ready.calls, [("load", False)])
        self.assertEqual(third.ready_made, PUBLISHED)
        third.models.ready_button.click()
        self.settle(third)
        self.assertFalse(third.Warning.ready_made.is_shown())
        self.assertIsNotNone(self.identified(third))

    def test_cancel_leaves_everything_as_it_was(self):
        widget = self.create()
        self.ready.hold = threading.Event()
        widget.models.ready_button.click()
        self.process_events(lambda: "epoch 3" in widget.models.label.text())
        widget.models.cancel_button.click()
        self.settle(widget)
        self.assertEqual(self.shown(widget), ["ready"])
        self.assertIsNone(widget.model)
        self.assertFalse(widget.Error.active)
        self.assertTrue(widget.Information.no_model.is_shown())
        self.assertEqual(widget.ready_made, "")

    def test_without_a_network_the_simulated_model_is_offered(self):
        self.ready.error = datasets.FetchError("No network: try again later.")
        widget = self.create()
        widget.models.ready_button.click()
        self.settle(widget)
        self.assertIn("No network", str(widget.Error.no_model))
        self.assertEqual(self.shown(widget), ["ready", "simulated"])
        widget.models.simulated_button.click()
        self.settle(widget)
        self.assertFalse(widget.Error.active)
        self.assertEqual(widget.ready_made, SIMULATED)
        self.assertIsNotNone(self.identified(widget))
        self.assertEqual(self.shown(widget), ["close"])
        widget.models.close_button.click()
        self.assertEqual(widget.ready_made, "")
        self.assertIsNone(self.identified(widget))
        self.assertEqual(self.shown(widget), ["ready"])

    def test_other_failures(self):
        self.ready.error = ValueError("torch cannot be loaded.")
        widget = self.create()
        widget.models.ready_button.click()
        self.settle(widget)
        self.assertIn("torch", str(widget.Error.no_model))
        self.assertEqual(self.shown(widget), ["ready"])

    def test_a_connected_model_comes_first(self):
        widget = self.create()
        self.ready.hold = threading.Event()
        widget.models.ready_button.click()
        self.process_events(lambda: "epoch 3" in widget.models.label.text())
        other = DCNetLearner(epochs=1, widths=(8, 8, 8))(self.data)
        self.send_signal(widget.Inputs.model, other, widget=widget)
        self.wait_until_finished(widget=widget)
        self.assertIs(widget.model, other)
        self.assertEqual(len(self.identified(widget)), len(self.data))
        before = self.identified(widget)
        self.ready.hold.set()
        self.settle(widget)
        self.assertIs(widget.model, other)
        self.assertIs(self.identified(widget), before, "nothing is identified again")
        self.assertTrue(widget.Information.not_used.is_shown())
        self.send_signal(widget.Inputs.model, None, widget=widget)
        self.wait_until_finished(widget=widget)
        self.assertIs(widget.model, self.model)
        self.assertFalse(widget.Information.not_used.is_shown())

    def test_closing_the_window_while_it_is_made(self):
        widget = self.create()
        self.ready.hold = threading.Event()
        widget.models.ready_button.click()
        self.process_events(lambda: "epoch 3" in widget.models.label.text())
        widget.onDeleteWidget()
        self.process_events()
        self.assertEqual(self.ready.made, set())


if __name__ == "__main__":
    unittest.main()
