"""Bad input (badinput.CASES) to the learner and the model gives right answers or errors."""
import unittest
import warnings

import badinput as bad
import numpy as np
from badinput import TURNED, each
from Orange.data import DiscreteVariable, Domain
from Orange.data.table import DomainTransformationError

from orangecontrib.microplastics.dcnet.learner import DCNetLearner

QUICK = {"epochs": 1, "widths": (8, 8), "augmentation": 0.}


class TestLearnerAndModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = DCNetLearner(epochs=12, widths=(8, 16, 16))(bad.good(4))

    @each
    def test_learn(self, case, data):
        if isinstance(case.learn, str):
            with self.assertRaisesRegex(ValueError, case.learn):
                DCNetLearner(**QUICK)(data)
            return
        model = DCNetLearner(**QUICK)(data)
        self.assertEqual(model.training["left out"], case.learn)
        if case.predict != TURNED:
            self.assertTrue(np.isfinite(model(bad.good(3), model.Probs)).all())

    @each
    def test_predict(self, case, data):
        if isinstance(case.predict, str) and case.predict != "all":
            with self.assertRaisesRegex((ValueError, DomainTransformationError), case.predict):
                self.model(data)
            return
        values, probabilities = self.model(data), self.model(data, self.model.Probs)
        missing = len(data) if case.predict == "all" else case.predict
        self.assertEqual(np.isnan(values).sum(), missing)
        np.testing.assert_array_equal(np.isnan(values), np.isnan(probabilities).any(axis=1))
        known = ~np.isnan(values)
        np.testing.assert_allclose(probabilities[known].sum(axis=1), 1)

    def test_rows_beside_bad_rows_are_answered_as_ever(self):
        data = bad.good()
        expected = self.model(data, self.model.Probs)
        for value in (np.nan, np.inf, 0., 1e30):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = self.model(bad.put(value, slice(3))(data), self.model.Probs)
            np.testing.assert_allclose(answer[3:], expected[3:], atol=1e-6)
        for factor in (1e30, 1e-30):
            answer = self.model(bad.scaled(factor)(data), self.model.Probs)
            np.testing.assert_allclose(answer, expected, atol=1e-3)

    def test_the_number_is_told(self):
        with self.assertWarnsRegex(UserWarning, "3 of 92 spectra get no prediction"):
            self.model(bad.put(np.nan, slice(3))(bad.good()))

    def test_unanswered_stay_so_in_terms_of_other_classes(self):
        """Orange's mapping of class values would give the first class for missing predictions."""
        old = bad.good().domain.class_var
        data = bad.put(np.nan, slice(3))(bad.unseen_values(bad.good()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values, probabilities = self.model(data), self.model(data, self.model.Probs)
        self.assertTrue(np.isnan(values[:3]).all() and np.isnan(probabilities[:3]).all())
        self.assertEqual(probabilities.shape[1], len(old.values) + 2)

    def test_classes_that_the_data_do_not_have_are_told(self):
        data = bad.good()
        old = data.domain.class_var
        fewer = bad.with_class(data, DiscreteVariable(old.name, old.values[:2]),
                               np.where(data.Y < 2, data.Y, np.nan))
        with self.assertWarnsRegex(UserWarning, "are predicted as"):
            self.model(fewer)

    def test_several_thousand_rows_in_transmittance_are_refused_once(self):
        data = bad.transmittance(bad.good(0, 1))
        with self.assertRaisesRegex(DomainTransformationError, "absorbance"):
            self.model(data)
        with self.assertRaisesRegex(DomainTransformationError, "absorbance"):
            self.model.answer(data)

    def test_trained_on_transmittance(self):
        model = DCNetLearner(**QUICK)(bad.transmittance(bad.good()))
        self.assertTrue(model.training["transmittance"])
        self.assertEqual(len(model(bad.transmittance(bad.good(1)))), 92)
        with self.assertRaisesRegex(DomainTransformationError, "seem to be absorbance"):
            model(bad.good())


class TestAxes(unittest.TestCase):
    """The same spectra on other axes get the same answers, or none."""

    @classmethod
    def setUpClass(cls):
        cls.data = bad.good(1, 4)
        cls.model = DCNetLearner(epochs=20, widths=(8, 16, 16))(bad.good(0, 4))
        cls.expected = cls.model(cls.data, cls.model.ValueProbs)
        cls.axis = bad.axis_of(cls.data)[1]

    def alike(self, data, tolerance=.12, share=.97):
        values, probabilities = self.model(data, self.model.ValueProbs)
        self.assertGreaterEqual((values == self.expected[0]).mean(), share)
        error = np.abs(probabilities - self.expected[1]).max(axis=1)
        self.assertLess(np.quantile(error, .95), tolerance)

    def test_order_and_names(self):
        order = np.random.default_rng(0).permutation(len(self.axis))
        attributes = self.data.domain.attributes
        for chosen in (order, np.arange(len(order))[::-1]):
            turned = self.data.transform(
                Domain([attributes[i] for i in chosen], self.data.domain.class_vars))
            self.alike(turned, 1e-6, 1)
        for form in ("{:.6f}", "{:.3f}", "{:.6e}", " {:.3f}"):
            named = bad.renamed(self.data, [form.format(float(a.name)) for a in attributes])
            self.alike(named, 1e-3, 1)

    def test_distances_and_offsets(self):
        for step in (1., 2., 4., 8.):
            for offset in (0, .5):
                self.alike(bad.on_axis(self.data, np.arange(900 + offset * step, 1804, step)),
                           .25 if step == 8 else .12, .95)

    def test_columns_missing_in_the_middle(self):
        def without(low, high):
            keep = (self.axis < low) | (self.axis > high)
            return bad.on_axis(self.data, self.axis[keep])

        self.alike(without(1300, 1315), .25, .95)
        with self.assertWarnsRegex(UserWarning, "cover 8.%.*missing: 1304-1396"):
            self.model(without(1300, 1400))
        with self.assertRaisesRegex(DomainTransformationError, "missing: 1104-1396"):
            self.model(without(1100, 1400))

    def test_a_hole_in_training_is_not_asked_for(self):
        keep = (self.axis < 1300) | (self.axis > 1600)
        holed = bad.on_axis(bad.good(0, 8), self.axis[keep])
        model = DCNetLearner(**QUICK)(holed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertTrue(np.isfinite(model(holed)).all())

    def test_coarse_spectra(self):
        with self.assertRaisesRegex(DomainTransformationError, "every 32 cm-1"):
            self.model(bad.on_axis(self.data, np.arange(900, 1804, 32.)))


if __name__ == "__main__":
    unittest.main()
