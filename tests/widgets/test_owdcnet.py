"""Dual-Branch CNN through its signals, in addition to Orange's tests of learner widgets."""

import os
import tempfile
import threading
import time
import unittest
from unittest.mock import patch

import numpy as np
from AnyQt.QtWidgets import QFileDialog
from Orange.base import Model
from Orange.classification.base_classification import LearnerClassification, ModelClassification
from Orange.data import Table
from Orange.evaluation import CA
from Orange.widgets.evaluate.owtestandscore import OWTestAndScore
from Orange.widgets.tests.base import ParameterMapping, WidgetLearnerTestMixin, WidgetTest
from orangecontrib.spectroscopy.preprocess import Cut
from torchless import without_torch

from orangecontrib.microplastics.config import DCNetConfig
from orangecontrib.microplastics.dcnet.compatibility import ScaleError
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.dcnet.task import _Running
from orangecontrib.microplastics.widgets.owdcnet import OWDCNet

QUICK = {"fixed_epochs": True, "epochs": 1, "width": 0}
LONG = {"fixed_epochs": True, "epochs": 1000, "width": 0}


def collagen(step=12):
    return Table("collagen")[::step]


def training_threads():
    return [t for t in threading.enumerate() if "ThreadPoolExecutor" in t.name and t.is_alive()]


class TestOWDCNetAsLearner(WidgetTest, WidgetLearnerTestMixin):
    def setUp(self):
        self.widget = self.create_widget(OWDCNet, stored_settings=QUICK)
        self.data = collagen()
        self.valid_datasets = (self.data,)
        self.inadequate_dataset = (Table("housing"), Table("iris"))
        self.learner_class = LearnerClassification
        self.model_class = ModelClassification
        self.model_name = "Model"
        spins = self.widget.controls
        self.parameters = [
            ParameterMapping("epochs", spins.epochs, values=[1, 2]),
            ParameterMapping("networks", spins.networks, values=[1, 2]),
            ParameterMapping("batch_size", spins.batch_size, values=[16, 64]),
            ParameterMapping("label_smoothing", spins.label_smoothing, values=[0, .2]),
            ParameterMapping("seed", spins.seed, values=[0, 7]),
        ]


class TestOWDCNet(WidgetTest):
    def setUp(self):
        self.data = collagen()
        self.widget = self.create_widget(OWDCNet, stored_settings=QUICK)

    def model(self):
        return self.get_output(self.widget.Outputs.model)

    def long_training(self):
        widget = self.create_widget(OWDCNet, stored_settings=LONG)
        self.send_signal(widget.Inputs.data, self.data, widget=widget)
        self.process_events(lambda: "loss" in widget.progress_label.text(), timeout=20_000)
        return widget

    def wait_for_adapter(self):
        self.wait_until_finished(timeout=60_000)
        self.process_events(lambda: self.widget._adapter.task is None, timeout=60_000)

    def test_own_spectra(self):
        """The trained model adapts, without being trained anew, and goes back without them."""
        own = collagen()[::3]
        with patch("orangecontrib.microplastics.dcnet.adapt._EPOCHS", 1), \
                patch("orangecontrib.microplastics.dcnet.adapt._PER_EPOCH", 200):
            self.send_signal(self.widget.Inputs.own, own)
            self.assertIsNone(self.model(), "there is nothing to adapt yet")
            self.send_signal(self.widget.Inputs.data, self.data)
            self.wait_for_adapter()
            adapted, trained = self.model(), self.widget._trained
            self.assertIsNot(adapted, trained)
            self.assertEqual(adapted.training["own spectra"], len(own))
            self.assertIn(f"Adapted to {len(own)} own spectra.",
                          str(self.widget.Information.adapted))
            self.send_signal(self.widget.Inputs.own, None)
            self.assertIs(self.model(), trained)
            self.assertFalse(self.widget.Information.adapted.is_shown())
            self.send_signal(self.widget.Inputs.own, own)
            self.wait_for_adapter()
            self.assertIs(self.widget._trained, trained, "trained once")
            again = self.model()
        np.testing.assert_array_equal(again(own, Model.Probs), adapted(own, Model.Probs))

    def test_own_spectra_that_do_not_suit(self):
        self.send_signal(self.widget.Inputs.own, Table("iris"))
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_for_adapter()
        self.assertTrue(self.widget.Warning.not_adapted.is_shown())
        self.assertIs(self.model(), self.widget._trained)

    def test_adapting_is_cancelled(self):
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_until_finished(timeout=60_000)
        with patch("orangecontrib.microplastics.dcnet.adapt._EPOCHS", 1000), \
                patch("orangecontrib.microplastics.dcnet.adapt._PER_EPOCH", 200):
            self.send_signal(self.widget.Inputs.own, self.data)
            self.process_events(lambda: "own spectra: " in self.widget.progress_label.text(),
                                timeout=20_000)
            self.widget.cancel_button.click()
            self.assertIs(self.model(), self.widget._trained)
            self.assertIsNone(self.widget._adapter.task)
            self.widget._adapter.shutdown()

    def test_defaults_are_the_learners(self):
        """A widget with default settings trains the same network as DCNetLearner()."""
        widget = self.create_widget(OWDCNet)
        self.assertEqual(repr(widget.create_learner()), repr(DCNetLearner()))

    def test_every_setting_reaches_the_learner(self):
        widget = self.create_widget(OWDCNet, stored_settings={
            "branches": 1, "kernel_short": 9, "width": 2, "attention": 2, "derivative": False,
            "seen": 1,
            "fixed_epochs": True, "epochs": 3, "networks": 2, "validate": True, "validation": 20,
            "reproducible": False, "learning_rate": .01, "batch_size": 32, "label_smoothing": .05,
            "augmentation": 50, "step": 8., "balance": True, "device": 1, "mixtures": 2,
            "smallest": 20})
        expected = DCNetLearner(
            kernels=(9,), widths=(32, 64, 128), attention="spatial", derivative=False,
            regions=None, epochs=3, networks=2, validation=.2, seed=None, learning_rate=.01,
            batch_size=32, label_smoothing=.05, augmentation=.5, step=8., balance=True,
            device="cpu", mixtures=2, smallest=.2)
        self.assertEqual(widget.create_learner().params, expected.params)

    def test_even_kernels_become_odd(self):
        self.widget.kernel_short = 4
        self.widget.settings_changed()
        self.assertEqual(self.widget.create_learner().kernels, (5, DCNetConfig.kernels[1]))

    def test_training_curve(self):
        widget = self.create_widget(OWDCNet, stored_settings=dict(
            QUICK, epochs=3, networks=2, validate=True))
        self.send_signal(widget.Inputs.data, Table("collagen")[::4], widget=widget)
        self.wait_until_finished(widget=widget, timeout=60_000)
        curve = self.get_output(widget.Outputs.curve, widget=widget)
        names = [a.name for a in curve.domain.attributes]
        self.assertEqual(names[:3], ["Epoch", "Loss", "Accuracy"])
        self.assertEqual(len(curve), 6)
        np.testing.assert_array_equal(curve.metas.ravel(), [1, 1, 1, 2, 2, 2])
        self.assertLess(curve.X[2, 1], curve.X[0, 1], "loss fell")
        self.assertTrue(np.isfinite(curve.X[:, 3]).all(), "validation is in the curve")

    def test_learner_has_no_callback(self):
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_until_finished()
        learner = self.get_output(self.widget.Outputs.learner)
        self.assertFalse(hasattr(learner, "callback"))

    def test_cancel_and_train_again(self):
        widget = self.long_training()
        widget.cancel_button.click()
        self.assertTrue(widget.Information.cancelled.is_shown())
        self.assertIsNone(self.get_output(widget.Outputs.model, widget=widget))
        self.assertEqual(widget.cancel_button.text(), "Train")
        widget.epochs = 1
        widget.update_learner()
        widget.cancel_button.click()
        self.assertFalse(widget.Information.cancelled.is_shown())
        self.wait_until_finished(widget=widget, timeout=60_000)
        self.assertIsNotNone(self.get_output(widget.Outputs.model, widget=widget))

    def test_cancel_ends_the_thread(self):
        """The training itself stops, not only its display."""
        seen = []
        original = _Running.__call__

        def counted(running, progress):
            seen.append(time.perf_counter())
            original(running, progress)

        with patch.object(_Running, "__call__", counted):
            widget = self.long_training()
            widget.cancel()
            time.sleep(.5)
            after = len(seen)
            time.sleep(.5)
        self.assertEqual(len(seen), after)

    def test_new_data_restart(self):
        widget = self.long_training()
        widget.epochs = 1
        widget.update_learner()
        self.send_signal(widget.Inputs.data, self.data[:40], widget=widget)
        self.wait_until_finished(widget=widget, timeout=60_000)
        self.assertEqual(len(widget.model.history[0]), 1)
        self.assertFalse(widget.Error.active)

    def test_removing_data_clears_outputs(self):
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_until_finished()
        self.assertIsNotNone(self.model())
        self.send_signal(self.widget.Inputs.data, None)
        self.assertIsNone(self.model())
        self.assertIsNone(self.get_output(self.widget.Outputs.curve))
        self.assertIn("Connect", self.widget.network_label.text())

    def test_delete_while_training(self):
        widget = self.long_training()
        before = len(training_threads())
        widget.onDeleteWidget()
        self.assertLess(len(training_threads()), before)

    def test_no_wavenumbers(self):
        self.send_signal(self.widget.Inputs.data, Table("iris"))
        self.assertTrue(self.widget.Error.data_error.is_shown())
        self.assertIn("wavenumbers", str(self.widget.Error.data_error))
        self.send_signal(self.widget.Inputs.data, self.data)
        self.assertFalse(self.widget.Error.data_error.is_shown())
        self.wait_until_finished()
        self.assertIsNotNone(self.model())

    def test_unlabelled(self):
        data = self.data.copy()
        with data.unlocked():
            data.Y[:] = np.nan
        self.send_signal(self.widget.Inputs.data, data)
        self.assertIn("known class", str(self.widget.Error.data_error))

    def test_links_mean_learner_and_model(self):
        """Dragging to another widget never connects the training curve by itself."""
        self.assertTrue(OWDCNet.Outputs.curve.explicit)

    def test_too_short(self):
        short = Cut(lowlim=1000, highlim=1030)(self.data)
        self.send_signal(self.widget.Inputs.data, short)
        self.assertIn("at least", str(self.widget.Error.data_error))

    def test_preprocessor_that_leaves_too_little(self):
        self.send_signal(self.widget.Inputs.preprocessor, Cut(lowlim=1000, highlim=1030))
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_until_finished()
        self.assertTrue(self.widget.Error.fitting_failed.is_shown())
        self.assertIsNone(self.model())

    def test_missing_device(self):
        import torch
        if torch.cuda.is_available():
            self.skipTest("this computer has CUDA")
        widget = self.create_widget(OWDCNet, stored_settings=dict(QUICK, device=2))
        self.send_signal(widget.Inputs.data, self.data, widget=widget)
        self.wait_until_finished(widget=widget)
        self.assertIn("auto or cpu", str(widget.Error.fitting_failed))

    def test_torch_missing(self):
        """Without torch the widget says what to do."""
        with without_torch():
            self.send_signal(self.widget.Inputs.data, self.data)
            self.wait_until_finished()
        self.assertIn("install", str(self.widget.Error.fitting_failed))
        self.assertIsNone(self.model())

    def test_a_fault_of_ours_is_not_called_a_failed_fit(self):
        self.widget.on_exception(ValueError("These data do not suit."))
        self.assertIn("do not suit", str(self.widget.Error.fitting_failed))
        self.widget.show_fitting_failed(None)
        with self.assertRaises(AttributeError):
            self.widget.on_exception(AttributeError("a slip of the pen"))
        self.assertFalse(self.widget.Error.fitting_failed.is_shown())

    def test_model_is_saved(self):
        self.assertFalse(self.widget.save_button.isEnabled())
        self.send_signal(self.widget.Inputs.data, self.data)
        self.assertFalse(self.widget.save_button.isEnabled())
        self.wait_until_finished()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tissue")
            for answer in ("", path, os.path.join(folder, "no", "such folder")):
                with patch.object(QFileDialog, "getSaveFileName", return_value=(answer, "")):
                    self.widget.save_button.click()
                self.assertEqual(self.widget.Information.saved.is_shown(), answer == path)
            self.assertTrue(self.widget.Error.not_saved.is_shown())
            self.assertEqual(os.listdir(folder), ["tissue.dcnet"])
            self.assertEqual(self.widget.folder, folder)
            again = DCNetModel.load(path + ".dcnet")
        np.testing.assert_array_equal(again(self.data), self.model()(self.data))
        self.send_signal(self.widget.Inputs.data, None)
        self.assertFalse(self.widget.save_button.isEnabled())

    def test_test_and_score(self):
        """Test and Score accepts the learner and gives the right scores."""
        widget = self.create_widget(OWDCNet, stored_settings={"fixed_epochs": True, "epochs": 8})
        learner = self.get_output(widget.Outputs.learner, widget=widget)
        scorer = self.create_widget(OWTestAndScore, stored_settings={"n_folds": 0})
        self.send_signal(scorer.Inputs.train_data, Table("collagen")[::3], widget=scorer)
        self.send_signal(scorer.Inputs.learner, learner, 0, widget=scorer)
        results = self.get_output(scorer.Outputs.evaluations_results, widget=scorer, wait=60_000)
        self.assertGreater(CA(results)[0], .8)

    def test_report(self):
        self.widget.send_report()
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_until_finished()
        self.widget.report_html = ""
        self.widget.send_report()
        self.assertIn("Attention", self.widget.report_html)
        self.assertIn("weights", self.widget.report_html)
        self.assertIn("234 from 902.6 to 1801.3 1/cm", self.widget.report_html)
        self.assertNotIn("906.4", self.widget.report_html, "wavenumbers are not listed")

    def test_transmittance_is_converted_at_a_click(self):
        """As in Identify Spectra; the model is the same as for these spectra in absorbance."""
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:] = 10 ** -data.X
        widget = self.widget
        self.send_signal(widget.Inputs.data, self.data)
        self.wait_until_finished()
        expected = self.model()(self.data, Model.Probs)
        self.assertTrue(widget.convert_button.isHidden())
        self.send_signal(widget.Inputs.data, data)
        self.wait_until_finished()
        self.assertTrue(widget.Warning.transmittance.is_shown())
        self.assertFalse(widget.convert_button.isHidden())
        self.assertTrue(self.model().training["transmittance"])
        widget.convert_button.click()
        self.wait_until_finished()
        self.assertFalse(widget.Warning.transmittance.is_shown())
        self.assertTrue(widget.Information.converted.is_shown())
        model = self.model()
        self.assertFalse(model.training["transmittance"])
        np.testing.assert_allclose(model(self.data, Model.Probs), expected, atol=1e-3)
        # The model refuses spectra in the unit that it was not trained on.
        with self.assertRaisesRegex(ScaleError, "Convert them"):
            model(data)
        widget.convert_button.click()
        self.wait_until_finished()
        self.assertTrue(widget.Warning.transmittance.is_shown())
        self.send_signal(widget.Inputs.data, None)
        self.assertTrue(widget.convert_button.isHidden())
        self.assertFalse(widget.Warning.transmittance.is_shown())

    def test_epochs_are_told_of_how_many(self):
        told = []
        widget = self.create_widget(OWDCNet, stored_settings=dict(QUICK, epochs=4, networks=2))
        with patch.object(widget.progress_label, "setText", told.append):
            self.send_signal(widget.Inputs.data, self.data, widget=widget)
            self.wait_until_finished(widget=widget, timeout=60_000)
        self.assertTrue([t for t in told if t.startswith("Network 1 of 2, epoch 1 of 4: loss")])
        self.assertTrue([t for t in told if t.startswith("Network 2 of 2, epoch 4 of 4: loss")])

    def test_axis_has_room_for_all_epochs_from_the_start(self):
        self.widget.plot.clear()
        self.widget.plot.expect(25)
        self.widget.plot.now(0, 1, 1., .5)
        self.assertGreaterEqual(self.widget.plot.plots["loss"].viewRange()[0][1], 25)

    def test_model_is_a_model(self):
        self.send_signal(self.widget.Inputs.data, self.data)
        self.wait_until_finished()
        self.assertIsInstance(self.model(), Model)
        self.assertIn("weights", self.widget.network_label.text())


if __name__ == "__main__":
    unittest.main()
