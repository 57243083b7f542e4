import os
import tempfile
import threading
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from AnyQt.QtWidgets import QFileDialog
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.ready import measured
from orangecontrib.microplastics.ready.model import _KEY
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers
from orangecontrib.microplastics.widgets.owmicroplasticsmodel import OWMicroplasticsModel


def tiny(simulated):
    """A model such as ready.make returns, but of three materials."""
    model = DCNetLearner(epochs=2, widths=(8, 8, 8), mixtures=2)(simulate(["PE", "PP", "PS"], 8))
    sets = () if simulated else [datasets.SETS[name] for name in ready.SETS_USED]
    model.name = "Microplastics, simulated" if simulated else "Microplastics"
    model.training["simulated"] = simulated
    model.training[_KEY] = ready.About(
        "2026-11-27", tuple(s.title for s in sets), tuple(s.reference for s in sets),
        {"PE": 8, "PP": 30, "PS": 9}, simulated, "", "")._asdict()
    return model


class Ready:
    """Mock of the ready-made model: nothing is read, written or trained."""

    def __init__(self, test, made=(), fetched=False):
        self.made = set(made)  # simulated or not
        self.fetched, self.error, self.hold = fetched, None, None
        self.n_made, self.files = 0, test.models
        self.folder = Path(tempfile.mkdtemp())
        test.addCleanup(os.rmdir, self.folder)
        for where, name in ((ready, "load"), (ready, "get"), (ready, "make"), (ready, "path"),
                            (datasets, "is_available")):
            patcher = patch.object(where, name, getattr(self, name))
            patcher.start()
            test.addCleanup(patcher.stop)

    def is_available(self, name):
        return self.fetched

    def path(self, simulated=False, low=0):
        return self.folder / "none.dcnet"

    def load(self, simulated=False, low=0):
        return self.files[simulated] if simulated in self.made else None

    def get(self, progress, *, fetch=True, simulated=False, low=0):
        if simulated in self.made:
            progress(1., "Done")
            return self.files[simulated]
        if not simulated:
            progress(.1, "Downloading 5 of 54 MB")
            self.fetched = self.error is None
        return self.make(progress, simulated=simulated)

    def make(self, progress, *, simulated=False, low=0):
        self.n_made += 1
        progress(.4, "Learning, epoch 3 of 16")
        while self.hold is not None and not self.hold.wait(.01):
            progress(.5, "Learning, epoch 4 of 16")
        if self.error is not None and not simulated:
            raise self.error
        self.made.add(simulated)
        return self.files[simulated]


class TestOWMicroplasticsModel(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = {simulated: tiny(simulated) for simulated in (False, True)}

    def make(self, settled=True, **settings):
        widget = self.create_widget(OWMicroplasticsModel, stored_settings=settings)
        if settled:
            self.settle(widget)
        return widget

    def settle(self, widget):
        end = time.time() + 10
        while time.time() < end:
            self.process_events()
            if widget._maker.task is None:
                return
        raise TimeoutError

    def sent(self, widget, name="model"):
        return self.get_output(getattr(widget.Outputs, name), widget=widget)

    def shown(self, button, widget):
        return button.isVisibleTo(widget)

    def list_of(self, widget):
        rows = [[widget.table.index(i, j).data() for j in range(3)]
                for i in range(widget.table.rowCount())]
        return {row[0]: row[1:] for row in rows}

    # --- there is a model

    def test_own_spectra(self):
        """The model adapts to them, and is the ready-made one again without them."""
        Ready(self, made=[False])
        widget = self.make()
        plain = self.get_output(widget.Outputs.model, widget=widget)
        own = simulate(["PE", "PP"], 4, seed=5)
        with patch("orangecontrib.microplastics.dcnet.adapt._EPOCHS", 1), \
                patch("orangecontrib.microplastics.dcnet.adapt._PER_EPOCH", 100):
            self.send_signal(widget.Inputs.own, own, widget=widget)
            self.process_events(lambda: not widget._working, timeout=60_000)
        adapted = self.get_output(widget.Outputs.model, widget=widget)
        self.assertEqual(adapted.name, "Microplastics, adapted")
        self.assertEqual(adapted.training["own spectra"], 8)
        self.assertIn("Adapted to 8 own spectra", str(widget.Information.adapted))
        references = self.get_output(widget.Outputs.references, widget=widget)
        self.assertEqual(list(references.get_column("study")).count("own spectra"), 8)
        self.send_signal(widget.Inputs.own, None, widget=widget)
        self.assertIs(self.get_output(widget.Outputs.model, widget=widget), plain)

    def test_own_spectra_that_do_not_suit(self):
        Ready(self, made=[False])
        widget = self.make()
        self.send_signal(widget.Inputs.own, simulate(["PVC"], 9), widget=widget)
        self.process_events(lambda: not widget._working, timeout=60_000)
        self.assertIn("0 of 9 spectra can be used", str(widget.Warning.not_adapted))
        self.assertIsNotNone(self.get_output(widget.Outputs.model, widget=widget))

    def test_a_model_is_sent_at_once(self):
        Ready(self, [False], fetched=True)
        widget = self.make()
        self.assertIs(self.sent(widget), self.models[False])
        self.assertFalse(widget.Warning.active or widget.Error.active)
        self.assertFalse(self.shown(widget.make_button, widget))
        self.assertTrue(widget.save_button.isEnabled())

    def test_contents(self):
        Ready(self, [False], fetched=True)
        widget = self.make()
        self.assertEqual(self.list_of(widget), {
            "PE": ["polyethylene", "8"], "PP": ["polypropylene", "30"],
            "PS": ["polystyrene", "9"]})
        self.assertIn("3 mixtures", widget.mixtures_label.text())
        self.assertIn("PE + PP", widget.mixtures_label.toolTip())
        for name in ready.SETS_USED:
            self.assertIn(datasets.SETS[name].url, widget.sources_label.text())
        self.assertIn("47 published spectra", widget.about_label.text())
        self.assertIn("2026-11-27", widget.about_label.text())

    def test_references_as_data(self):
        Ready(self, [False], fetched=True)
        widget, model = self.make(), self.models[False]
        table = self.sent(widget, "references")
        np.testing.assert_array_equal(table.X, model.references.X)
        np.testing.assert_allclose(wavenumbers(table.domain), model.wavenumbers)
        self.assertEqual(table.domain.class_var.values, ("PE", "PP", "PS"))
        self.assertEqual([str(row["name"]) for row in table], list(model.references.names))
        self.assertEqual([str(row["study"]) for row in table], list(model.references.studies))

    # --- there is none

    def test_nothing_is_made_without_a_click(self):
        mock = Ready(self)
        widget = self.make()
        self.assertEqual(mock.n_made, 0)
        self.assertIsNone(self.sent(widget))
        self.assertTrue(widget.Warning.missing.is_shown())
        self.assertTrue(self.shown(widget.make_button, widget))
        self.assertFalse(self.shown(widget.simulated_button, widget))
        self.assertIn("two minutes", widget.about_label.text())
        self.assertIn("54", widget.about_label.text())
        # What it would know is listed.
        self.assertEqual(set(self.list_of(widget)), set(ready.MATERIALS))
        mock.fetched = True
        self.assertNotIn("54", self.make().about_label.text())

    def test_make(self):
        mock = Ready(self)
        widget = self.make()
        mock.hold = threading.Event()
        widget.make_button.click()
        self.process_events(lambda: "epoch 4" in widget.progress_label.text())
        self.assertEqual(widget.progress.value(), 50)
        self.assertFalse(self.shown(widget.make_button, widget))
        self.assertTrue(widget.isInvalidated())
        mock.hold.set()
        self.settle(widget)
        self.assertIs(self.sent(widget), self.models[False])
        self.assertFalse(widget.Warning.active or widget.isInvalidated())
        self.assertFalse(self.shown(widget.progress, widget))

    def test_cancel(self):
        mock = Ready(self)
        widget = self.make()
        mock.hold = threading.Event()
        self.addCleanup(mock.hold.set)
        widget.make_button.click()
        self.process_events(lambda: "epoch 4" in widget.progress_label.text())
        widget.cancel_button.click()
        self.assertTrue(widget.Information.cancelled.is_shown())
        self.assertTrue(widget.Warning.missing.is_shown())
        self.assertFalse(widget.isInvalidated())
        self.assertTrue(self.shown(widget.make_button, widget))
        self.assertEqual(mock.made, set())
        mock.hold = None
        widget.make_button.click()
        self.settle(widget)
        self.assertIs(self.sent(widget), self.models[False])
        self.assertFalse(widget.Information.active)

    def test_an_outdated_model(self):
        mock = Ready(self, fetched=True)
        with tempfile.NamedTemporaryFile() as file, \
                patch.object(mock, "path", lambda simulated: Path(file.name)), \
                patch.object(ready, "path", lambda simulated: Path(file.name)):
            widget = self.make()
        self.assertTrue(widget.Warning.outdated.is_shown())
        self.assertFalse(widget.Warning.missing.is_shown())

    # --- no network

    def test_without_network_simulated_spectra_help(self):
        mock = Ready(self)
        mock.error = datasets.FetchError("There is no network.")
        widget = self.make()
        widget.make_button.click()
        self.settle(widget)
        self.assertIn("no network", str(widget.Error.failed))
        self.assertIn("no network", widget.about_label.text())
        self.assertTrue(self.shown(widget.simulated_button, widget))
        self.assertTrue(self.shown(widget.make_button, widget))
        widget.simulated_button.click()
        self.settle(widget)
        self.assertIs(self.sent(widget), self.models[True])
        self.assertFalse(widget.Error.active)
        self.assertTrue(widget.Warning.simulated.is_shown())
        # It is used when the workflow is opened again, and says so.
        again = self.make(**widget.settingsHandler.pack_data(widget))
        self.assertIs(self.sent(again), self.models[True])
        self.assertTrue(again.Warning.simulated.is_shown())
        # The published spectra can be used later.
        mock.error = None
        self.assertEqual(again.make_button.text(), "Use Published Spectra")
        again.make_button.click()
        self.settle(again)
        self.assertIs(self.sent(again), self.models[False])
        self.assertFalse(again.Warning.active)
        self.assertFalse(again.simulated)

    def test_a_model_in_use_stays_if_another_fails(self):
        mock = Ready(self, [True])
        mock.error = datasets.FetchError("There is no network.")
        widget = self.make(simulated=True)
        widget.make_button.click()
        self.settle(widget)
        self.assertTrue(widget.Error.failed.is_shown())
        self.assertTrue(widget.Warning.simulated.is_shown())
        self.assertIs(self.sent(widget), self.models[True])
        self.assertTrue(widget.simulated)

    def test_other_errors(self):
        mock = Ready(self, fetched=True)
        widget = self.make()
        for error, text in ((ValueError("torch cannot be loaded"), "torch"),
                            (MemoryError(), "memory")):
            mock.error = error
            widget.make_button.click()
            self.settle(widget)
            self.assertIn(text, str(widget.Error.failed))
            self.assertFalse(self.shown(widget.simulated_button, widget))

    # --- the rest

    def test_anew(self):
        mock = Ready(self, [False], fetched=True)
        widget = self.make()
        widget.anew_button.click()
        self.settle(widget)
        self.assertEqual(mock.n_made, 1)
        self.assertIs(self.sent(widget), self.models[False])

    def test_a_model_that_could_not_be_kept(self):
        Ready(self, [False], fetched=True)
        model = self.models[False]
        with patch.dict(model.training, {"not kept": "No space left"}):
            widget = self.make()
            self.assertIn("No space left", str(widget.Warning.not_kept))
            self.assertIs(self.sent(widget), model)

    def test_save(self):
        Ready(self, [False], fetched=True)
        widget = self.make()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mine.dcnet")
            with patch.object(QFileDialog, "getSaveFileName", return_value=(path, "")):
                widget.save_button.click()
            self.assertTrue(widget.Information.saved.is_shown())
            again = DCNetModel.load(path)
            self.assertEqual(ready.about(again), ready.about(self.models[False]))
            missing = os.path.join(folder, "none", "mine.dcnet")
            with patch.object(QFileDialog, "getSaveFileName", return_value=(missing, "")):
                widget.save_button.click()
            self.assertTrue(widget.Error.not_saved.is_shown())

    def test_measured(self):
        Ready(self, [False], fetched=True)
        with patch.object(measured, "MEASURED", None):
            widget = self.make()
            self.assertFalse(self.shown(widget.measured_box, widget))
        known = {"study": "FLOPP", "n": 343, "known": 1., "right": .844, "pair": .05,
                 "wrong": .011, "unknown accepted": .07}
        with patch.object(measured, "MEASURED", known):
            widget = self.make()
            self.assertTrue(self.shown(widget.measured_box, widget))
            widget.send_report()
            self.assertIn("84%", widget.report_html)

    def test_report(self):
        mock = Ready(self)
        widget = self.make()
        widget.send_report()
        self.assertIn("No model", widget.report_html)
        mock.made = {True}
        widget = self.make(simulated=True)
        widget.send_report()
        self.assertIn("not for results", widget.report_html)
        self.assertIn("polypropylene", widget.report_html)

    def test_deleted_while_making(self):
        mock = Ready(self)
        widget = self.make()
        mock.hold = threading.Event()
        widget.make_button.click()
        self.process_events(lambda: "epoch 4" in widget.progress_label.text())
        widget.onDeleteWidget()
        self.assertEqual(mock.made, set())


if __name__ == "__main__":
    import unittest
    unittest.main()
