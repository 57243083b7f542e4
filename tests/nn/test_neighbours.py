"""The learner together with other parts of Orange: reproducible, and without side effects."""
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from unittest.mock import patch

import numpy as np
from Orange.classification import CalibratedLearner, LogisticRegressionLearner, MajorityLearner
from Orange.data import Table
from Orange.ensembles import StackedFitter
from Orange.evaluation import AUC, CA, CrossValidation, TestOnTestData
from Orange.widgets.evaluate.owparameterfitter import OWParameterFitter
from Orange.widgets.evaluate.owpredictions import OWPredictions
from Orange.widgets.evaluate.owtestandscore import OWTestAndScore
from Orange.widgets.model.owstack import OWStackedLearner
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import identify
from orangecontrib.microplastics.utils import memory
from orangecontrib.microplastics.utils.memory import NotEnoughMemory
from orangecontrib.microplastics.widgets.owdcnet import OWDCNet
from orangecontrib.microplastics.widgets.owidentify import OWIdentify

QUICK = {"epochs": 3, "widths": (8, 16)}

WITHOUT_TORCH = """
import os, sys, time
os.environ["QT_QPA_PLATFORM"] = "offscreen"

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch" or name.startswith("torch."):
            raise ImportError("DLL load failed")

sys.meta_path.insert(0, NoTorch())
from Orange.widgets.tests.base import WidgetTest
import orangecontrib.spectroscopy
from Orange.data import Table
from orangecanvas.registry import WidgetRegistry
from orangewidget.workflow.discovery import WidgetDiscovery
from importlib.metadata import entry_points

registry = WidgetRegistry()
WidgetDiscovery(registry).run([e for e in entry_points(group="orange.widgets")
                               if e.name == "Microplastics"])
print(sorted(w.name for w in registry.widgets()))

class Test(WidgetTest):
    def runTest(self):
        from orangecontrib.microplastics.widgets.owdcnet import OWDCNet
        widget = self.create_widget(OWDCNet)
        self.send_signal(widget.Inputs.data, Table("collagen")[::30], widget=widget)
        self.wait_until_finished(widget=widget)
        print(repr(str(widget.Error.fitting_failed)))

Test.setUpClass()
test = Test()
test.setUp()
test.runTest()
sys.stdout.flush()
os._exit(0)
"""

MEMORY = """
import sys
sys.path.insert(0, "TESTS")
import numpy as np, orangecontrib.spectroscopy
from Orange.data import Table, Domain, ContinuousVariable
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
import badinput

def resident():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["VmRSS"].split()[0]), int(lines["VmHWM"].split()[0])

axis = np.arange(900, 1700, 1.)
train = badinput.on_axis(badinput.good(0, 8), axis)
model = DCNetLearner(epochs=1, widths=(8, 8))(train)
model(train)
X = np.tile(train.X, (30_000 // len(train), 1))
table = Table.from_numpy(train.domain, X, np.zeros(len(X)))
before = resident()[0]
model(table, model.ValueProbs)
print(len(table), (resident()[1] - before) / 1024)
"""


class TestEvaluation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = Table("collagen")[::6]

    def test_cross_validation_of_several(self):
        learners = [DCNetLearner(**QUICK), MajorityLearner(), DCNetLearner(seed=1, **QUICK)]
        one = CrossValidation(k=3)(self.data, learners)
        other = CrossValidation(k=3)(self.data, learners[:1])
        np.testing.assert_array_equal(one.probabilities[0], other.probabilities[0])
        self.assertFalse(np.array_equal(one.probabilities[0], one.probabilities[2]))

    def test_threads_give_what_one_gives(self):
        """Training and prediction in parallel threads give bit-identical results."""
        alone = DCNetLearner(**QUICK)(self.data)
        expected = alone(self.data, alone.Probs)
        found = []

        def work():
            found.append(DCNetLearner(**QUICK)(self.data)(self.data, alone.Probs))
            found.append(alone(self.data, alone.Probs))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(found), 8)
        for probabilities in found:
            np.testing.assert_array_equal(probabilities, expected)

    def test_stacking(self):
        model = StackedFitter([DCNetLearner(epochs=8, widths=(8, 16)), MajorityLearner()],
                              k=2)(self.data)
        self.assertGreater((model(self.data) == self.data.Y).mean(), .6)

    def test_calibrated(self):
        model = CalibratedLearner(DCNetLearner(**QUICK))(self.data)
        np.testing.assert_allclose(model(self.data, model.Probs).sum(axis=1), 1)

    def test_calibration_curve(self):
        """Curve of Calibration Plot: predictions of higher probability are right more often."""
        data = Table("collagen")
        results = TestOnTestData()(data[::2], data[1::2], [DCNetLearner(
            epochs=20, validation=.2)])
        target = np.bincount(data.Y.astype(int)).argmax()
        self.assertGreater(AUC(results)[0], .98)
        chance, there = results.probabilities[0][:, target], results.actual == target
        # Bins of equal width, as the widget draws them.
        bins = np.minimum((chance * 4).astype(int), 3)
        for b in (0, 3):
            self.assertAlmostEqual(there[bins == b].mean(), chance[bins == b].mean(), delta=.1)

    def test_unpredicted_rows_in_scores(self):
        """Rows without prediction do not affect the scores of other learners."""
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:2] = np.nan
        results = CrossValidation(k=2)(data, [MajorityLearner()])
        self.assertTrue(np.isfinite(CA(results)[0]))


class TestWidgets(WidgetTest):
    def setUp(self):
        self.data = Table("collagen")[::8]

    def test_stacking_widget(self):
        widget = self.create_widget(OWStackedLearner)
        self.send_signal(widget.Inputs.data, self.data, widget=widget)
        self.send_signal(widget.Inputs.learners, DCNetLearner(**QUICK), 0, widget=widget)
        self.send_signal(widget.Inputs.learners, LogisticRegressionLearner(), 1, widget=widget)
        self.assertIsNotNone(self.get_output(widget.Outputs.model, widget=widget))

    def test_parameter_fitter(self):
        widget = self.create_widget(OWParameterFitter)
        self.send_signal(widget.Inputs.learner, DCNetLearner(**QUICK), widget=widget)
        self.assertIn("epochs", [p.name for p in widget.fitted_parameters])
        self.send_signal(widget.Inputs.data, self.data, widget=widget)
        self.wait_until_finished(widget=widget, timeout=60_000)
        self.assertFalse(widget.Error.active)

    def test_predictions_with_rows_that_have_none(self):
        model = DCNetLearner(**QUICK)(self.data)
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:3] = np.nan
        widget = self.create_widget(OWPredictions)
        self.send_signal(widget.Inputs.data, data, widget=widget)
        self.send_signal(widget.Inputs.predictors, model, 0, widget=widget)
        self.assertIn("3 of 92 spectra cannot be predicted (rows 1, 2, 3)",
                      str(widget.Error.predictor_failed))
        self.send_signal(widget.Inputs.data, data[3:], widget=widget)
        self.assertFalse(widget.Error.active)
        self.assertEqual(len(self.get_output(widget.Outputs.annotated, widget=widget)), 89)
        widget.onDeleteWidget()

    def test_test_and_score_with_rows_that_have_none(self):
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:3] = np.nan
        widget = self.create_widget(OWTestAndScore, stored_settings={"n_folds": 0})
        self.send_signal(widget.Inputs.train_data, data, widget=widget)
        self.send_signal(widget.Inputs.learner, DCNetLearner(**QUICK), 0, widget=widget)
        self.send_signal(widget.Inputs.learner, MajorityLearner(), 1, widget=widget)
        results = self.get_output(widget.Outputs.evaluations_results, widget=widget, wait=60_000)
        # Orange's scores do not support missing predictions: some skip them, others are wrong.
        self.assertEqual(results.predicted.shape, (1, len(data)))
        self.assertTrue(np.isfinite(results.predicted).all())
        self.assertEqual(results.learner_names, ["majority"])
        model = widget.score_table.model
        shown = {model.index(r, 0).data(): [model.index(r, c).data() for c in range(3, 8)]
                 for r in range(model.rowCount())}
        self.assertEqual(set(shown), {"dc net (error)", "majority"})
        self.assertEqual(set(shown["dc net (error)"]), {None})
        self.assertTrue(np.isfinite(np.array(shown["majority"], float)).all())
        said = " ".join(f"{m.text} {m.informativeText}" for m in widget.message_bar.messages())
        self.assertRegex(said, "dc net failed.*[123] of .* spectra cannot be predicted.*"
                               "Select Rows")
        # Without these rows, all scores are computed.
        self.send_signal(widget.Inputs.train_data, data[3:], widget=widget)
        results = self.get_output(widget.Outputs.evaluations_results, widget=widget, wait=60_000)
        self.assertEqual(results.predicted.shape, (2, len(data) - 3))
        self.assertFalse([m for m in widget.message_bar.messages() if "dc net" in str(m.text)])
        widget.onDeleteWidget()

    def test_too_little_memory_is_told_before_training(self):
        with patch.object(memory, "available", lambda: 1e6):
            with self.assertRaisesRegex(NotEnoughMemory, "needs about .* GB.*Data Sampler"):
                DCNetLearner(**QUICK)(self.data)
            widget = self.create_widget(OWDCNet)
            self.send_signal(widget.Inputs.data, self.data, widget=widget)
            self.wait_until_finished(widget=widget)
            self.assertIn("GB of memory", str(widget.Error.fitting_failed))
        self.assertGreater(memory.available(), 1e6)

    def test_too_little_memory_is_told_before_predicting(self):
        model = DCNetLearner(**QUICK)(self.data)
        with patch.object(memory, "available", lambda: 1e6), \
                patch.object(DCNetModel, "data_to_model_domain", side_effect=AssertionError):
            for ask in (model, model.answer):
                with self.assertRaisesRegex(NotEnoughMemory, "Predicting.*GB.*Data Sampler"):
                    ask(self.data)
            widget = self.create_widget(OWPredictions)
            self.send_signal(widget.Inputs.data, self.data, widget=widget)
            self.send_signal(widget.Inputs.predictors, model, 0, widget=widget)
            self.assertIn("GB of memory", str(widget.Error.predictor_failed))
            widget = self.create_widget(OWIdentify)
            self.send_signal(widget.Inputs.data, self.data, widget=widget)
            self.send_signal(widget.Inputs.model, model, widget=widget)
            self.wait_until_finished(widget=widget)
            self.assertIn("GB of memory", str(widget.Error.failed))
            self.assertIsNone(self.get_output(widget.Outputs.annotated, widget=widget))

    def test_identifying_counts_the_copies_that_it_sends(self):
        """Memory for the answers alone is not enough: outputs by decision are copies."""
        model = DCNetLearner(**QUICK)(self.data)
        table = Table.from_numpy(self.data.domain, np.tile(self.data.X, (200, 1)),
                                 np.tile(self.data.Y, 200))
        with patch.object(memory, "available", lambda: 1.5 * table.X.nbytes), \
                patch.object(DCNetModel, "answer"):
            identify(model, table)
            with self.assertRaisesRegex(NotEnoughMemory, "Identifying.*GB"):
                identify(model, table, convert=True)


class TestProcesses(unittest.TestCase):
    def run_python(self, code):
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], text=True,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout

    def test_without_torch(self):
        """Without torch, Orange starts with all widgets, and Dual-Branch CNN says what to do."""
        names, message = self.run_python(WITHOUT_TORCH).strip().splitlines()[-2:]
        for name in ("Dual-Branch CNN", "Identify Spectra", "Grad-CAM", "Mix Spectra"):
            self.assertIn(name, names)
        self.assertIn("pip install torch", message)

    @unittest.skipUnless(sys.platform == "linux", "reads /proc")
    def test_memory_of_prediction(self):
        """192 MB of spectra are predicted in parts, which needs far less memory than a copy."""
        n, extra = self.run_python(
            MEMORY.replace("TESTS", Path(__file__).parents[1].as_posix())).split()
        self.assertGreater(int(n), 29_000)
        self.assertLess(float(extra), 150)


if __name__ == "__main__":
    unittest.main()
