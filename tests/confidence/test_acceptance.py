"""Detection of unknown spectra, and calibration of probabilities."""
import unittest
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from Orange.data import ContinuousVariable, Domain, StringVariable, Table

from orangecontrib.microplastics import identification
from orangecontrib.microplastics.confidence import acceptance, calibration
from orangecontrib.microplastics.confidence.acceptance import (
    Acceptance,
    calibrate,
    energies,
    softmax,
)
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import ALL, CONFIDENCE, CORRELATION, Rule, decide
from orangecontrib.microplastics.materials.colors import color_of
from orangecontrib.microplastics.spectra.preprocess import shapes
from orangecontrib.microplastics.spectra.units import in_absorbance


class TestConfidence(unittest.TestCase):
    @staticmethod
    def scale(known, classes=None, n=1):
        classes = np.zeros(len(known), int) if classes is None else classes
        return calibrate(np.zeros((n, 1)), known, classes, None, None)

    def test_shares_of_known_spectra(self):
        known = np.random.default_rng(0).normal(3, .5, 4000)
        sure = self.scale(known).confidence(known, np.zeros(4000, int))
        self.assertAlmostEqual((sure >= .7).mean(), .95, delta=.002)
        self.assertAlmostEqual((sure >= .6).mean(), .99, delta=.002)
        self.assertAlmostEqual((sure >= .9).mean(), .5, delta=.002)

    def test_each_class_by_its_own(self):
        """A class with lower scores is accepted as often as others."""
        rng = np.random.default_rng(0)
        classes = np.repeat([0, 1], 2000)
        known = rng.normal(np.where(classes, 1., 3.), .3)
        scale = self.scale(known, classes, 3)
        sure = scale.confidence(known, classes)
        for c in (0, 1):
            self.assertAlmostEqual((sure[classes == c] >= .7).mean(), .95, delta=.002)
        # The third class has no spectra and is calibrated on all.
        self.assertAlmostEqual(scale.accept[2], np.quantile(known, .05))

    def test_the_scale_does_not_hang_on_the_default_threshold(self):
        known = np.random.default_rng(0).normal(3, .5, 400)
        before = self.scale(known).confidence(known, np.zeros(400, int))
        with patch.object(acceptance, "ACCEPT", .9), patch.object(acceptance, "INSPECT", .8):
            after = self.scale(known).confidence(known, np.zeros(400, int))
        np.testing.assert_array_equal(before, after)
        answer = SimpleNamespace(confidence=before, correlation=before, explained=before,
                                 complete=before, presence=np.ones(400), share=np.zeros(400),
                                 agrees=np.ones(400, bool))
        self.assertGreater((decide(answer, Rule()) == identification.ACCEPTED).sum(),
                           (decide(answer, Rule(ALL, .9, .8)) == identification.ACCEPTED).sum())

    def test_rises_strictly_between_0_and_1(self):
        for known in (np.random.default_rng(0).normal(3, .5, 100), np.full(5, 2.)):
            scale = self.scale(known)
            middle, width = scale.middle[0], scale.middle[0] - scale.inspect[0]
            energy = np.linspace(middle - 20 * width, middle + 5 * width, 2000)
            sure = scale.confidence(energy, np.zeros(2000, int))
            self.assertTrue((np.diff(sure) > 0).all())
            self.assertTrue(0 < sure[0] < sure[-1] < 1)

    def test_energy(self):
        scores = np.array([[[1., 2.], [1000., 0.]], [[3., 0.], [1000., 0.]]])
        expected = (np.log(np.exp([1, 2]).sum()) + np.log(np.exp([3, 0]).sum())) / 2
        np.testing.assert_allclose(energies(scores), [expected, 1000])

    def test_shapes_know_no_scale_nor_baseline(self):
        x = np.linspace(-1, 1, 200)
        band = np.exp(-(x / .1) ** 2)
        part = np.ones(200, bool)
        one, other, flat = shapes(np.array([band, 1e4 + 3e3 * band, np.zeros(200)]), part)
        self.assertAlmostEqual(float(one @ other), 1, places=5)
        np.testing.assert_array_equal(flat, 0)
        means = Acceptance(one[None], 0., 0., 0., None, None)
        self.assertAlmostEqual(float(means.correlations(-band[None], part)[0, 0]), -1, places=5)


class TestCalibration(unittest.TestCase):
    @staticmethod
    def overconfident(n=3000, factor=3., seed=0):
        rng = np.random.default_rng(seed)
        honest = rng.normal(0, 1.5, (n, 4))
        p = softmax(honest)
        y = (p.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
        return factor * honest[None], y

    def test_temperature_is_found(self):
        scores, y = self.overconfident()
        self.assertAlmostEqual(calibration.fit_temperature(scores, y), 3, delta=.3)

    def test_temperature_lowers_the_calibration_error(self):
        scores, y = self.overconfident()
        before = calibration.calibration_error(calibration.mean_probabilities(scores), y)
        scaled = calibration.mean_probabilities(scores, calibration.fit_temperature(scores, y))
        after = calibration.calibration_error(scaled, y)
        self.assertGreater(before, .1)
        self.assertLess(after, .03)
        np.testing.assert_array_equal(scaled.argmax(1), scores[0].argmax(1))

    def test_few_spectra_say_nothing(self):
        scores, y = self.overconfident(10)
        self.assertEqual(calibration.fit_temperature(scores, y), 1)

    def test_error_of_a_known_case(self):
        p = np.array([[.8, .2]] * 10)
        y = np.array([0] * 5 + [1] * 5)
        self.assertAlmostEqual(calibration.calibration_error(p, y), .3)


class TestIdentification(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data = Table("collagen")
        cls.names = data.domain.class_var.values
        known = data[np.isin(data.Y, [0, 1, 2])]
        cls.train, cls.test = known[::6], known[3::6]
        cls.unknown = data[data.Y == 3]
        cls.model = DCNetLearner(epochs=15, widths=(8, 16, 16))(cls.train)

    def test_answers_are_the_models(self):
        answer = self.model.answer(self.test)
        values, probabilities = self.model(self.test, self.model.ValueProbs)
        np.testing.assert_array_equal(answer.values, values)
        np.testing.assert_array_equal(answer.probabilities, probabilities)
        self.assertTrue(((answer.confidence > 0) & (answer.confidence < 1)).all())
        self.assertTrue((np.abs(answer.correlation) <= 1.0001).all())

    def test_most_known_spectra_are_accepted(self):
        decisions = decide(self.model.answer(self.test), Rule(CONFIDENCE, checks=False))
        self.assertGreater((decisions == identification.ACCEPTED).mean(), .75)

    def test_noise_is_unknown(self):
        noise = self.test.copy()
        with noise.unlocked(noise.X):
            noise.X[:] = np.random.default_rng(0).normal(size=noise.X.shape)
        # Networks may be confident about noise; the correlation detects it.
        for by in (ALL, CORRELATION):
            decisions = decide(self.model.answer(noise), Rule(by))
            self.assertGreater((decisions == identification.UNKNOWN).mean(), .9)

    def test_rows_without_answer_are_unknown(self):
        data = self.test[:5].copy()
        with data.unlocked(data.X):
            data.X[2] = np.nan
        answer = self.model.answer(data)
        rule = Rule(accept=0., inspect=0.)
        decisions = decide(answer, rule)
        self.assertEqual(decisions[2], identification.UNKNOWN)
        table = identification.annotate(data, self.model, answer, rule)
        self.assertTrue(np.isnan(table.metas[2, :12].astype(float)).all())
        self.assertIn("1 of 5", str(answer.notes[0]))

    def test_annotation(self):
        answer = self.model.answer(self.test)
        table = identification.annotate(self.test, self.model, answer, Rule())
        np.testing.assert_array_equal(table.X, self.test.X)
        np.testing.assert_array_equal(table.Y, self.test.Y)
        np.testing.assert_array_equal(table.get_column("material"), answer.values)
        for name in ("material", "library"):
            variable = table.domain[name]
            self.assertEqual(variable.attributes["colors"], color_of(variable.values))
        np.testing.assert_allclose(table.get_column("probability").astype(float),
                                   answer.probabilities.max(axis=1))
        again = identification.annotate(table, self.model, answer, Rule())
        self.assertIn("material (1)", [m.name for m in again.domain.metas])

    def test_conversion_keeps_all_but_the_unit(self):
        data = Table("collagen")[:5]
        data = data.transform(Domain(
            (*data.domain.attributes, ContinuousVariable("area")), data.domain.class_vars,
            [StringVariable("sample")]))
        with data.unlocked():
            data.metas[:, 0] = list("abcde")
            data.X[:, :-1] = 10 ** -data.X[:, :-1]
            data.set_weights(2)
        converted = in_absorbance(data)
        # Columns are in the order of their wavenumbers.
        expected = Table("collagen")[:5].transform(Domain(converted.domain.attributes))
        np.testing.assert_allclose(converted.X, expected.X, atol=1e-6)
        np.testing.assert_array_equal(converted.Y, data.Y)
        np.testing.assert_array_equal(converted.metas, data.metas)
        np.testing.assert_array_equal(converted.ids, data.ids)
        np.testing.assert_array_equal(converted.W, data.W)
        self.assertEqual(converted.domain.class_var, data.domain.class_var)

    def test_validation_share_calibrates(self):
        data = Table("collagen")[::2]
        model = DCNetLearner(epochs=15, widths=(8, 16, 16), validation=.3)(data)
        self.assertNotEqual(model.temperature, 1)
        rest = Table("collagen")[1::2]
        warm = model(rest, model.Probs)
        self.assertAlmostEqual(self.model.temperature, 1)
        model.temperature = 1.
        cold = model(rest, model.Probs)
        y = rest.Y.astype(int)
        self.assertLess(calibration.calibration_error(warm, y),
                        calibration.calibration_error(cold, y) + .01)


if __name__ == "__main__":
    unittest.main()
