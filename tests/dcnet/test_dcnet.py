"""The learner and model as Orange uses them.

The checks of Orange/tests/test_classification.py are repeated for DCNet: unpickled models give
the same answers, wrong targets are refused, `repr` rebuilds the learner, and class values without
training spectra keep their column.
"""

import copy
import pickle
import threading
import unittest
import warnings

import numpy as np
import torch
from Orange.base import Model
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.data.table import DomainTransformationError
from Orange.evaluation import CA, CrossValidation
from Orange.preprocess import PreprocessorList
from orangecontrib.spectroscopy.preprocess import Cut, Interpolate, Normalize

from orangecontrib.microplastics.config import Epoch
from orangecontrib.microplastics.dcnet import learner as dcnet
from orangecontrib.microplastics.dcnet import model
from orangecontrib.microplastics.dcnet.compatibility import CoverageWarning
from orangecontrib.microplastics.dcnet.learner import DCNetLearner, _kept
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.spectra.axis import wavenumbers
from orangecontrib.microplastics.spectra.resample import Resample

QUICK = {"epochs": 2, "widths": (8, 16, 16)}


def collagen(step=6):
    return Table("collagen")[::step]


def with_class_values(data, values):
    var = DiscreteVariable(data.domain.class_var.name, values)
    mapping = np.array([values.index(v) for v in data.domain.class_var.values], float)
    return Table.from_numpy(Domain(data.domain.attributes, var, data.domain.metas),
                            data.X, mapping[data.Y.astype(int)], data.metas)


class TestLearner(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = collagen()
        cls.model = DCNetLearner(**QUICK)(cls.data)

    def test_cross_validation_on_real_spectra(self):
        """Far more accurate than predicting the majority class."""
        data = collagen(2)
        majority = np.bincount(data.Y.astype(int)).max() / len(data)
        results = CrossValidation(k=3)(data, [DCNetLearner(epochs=12)])
        self.assertGreater(CA(results)[0], .93)
        self.assertLess(majority, .6)

    def test_repr_rebuilds(self):
        learner = DCNetLearner(kernels=(5, 9), regions=None, networks=2, seed=None)
        again = eval(repr(learner), {"DCNetLearner": DCNetLearner})
        self.assertEqual(again.params, learner.params)
        self.assertEqual(repr(DCNetLearner()), "DCNetLearner()")

    def test_unpickled_model_answers_alike(self):
        for clone in (pickle.loads(pickle.dumps(self.model)), copy.deepcopy(self.model)):
            X = self.model.grid_spectra(self.data)
            np.testing.assert_array_equal(clone.predict(X)[1], self.model.predict(X)[1])
            np.testing.assert_array_equal(clone(self.data), self.model(self.data))
            self.assertEqual(str(clone.history), str(self.model.history))
            self.assertEqual(clone.domain, self.model.domain)

    def test_unpickled_learner(self):
        learner = pickle.loads(pickle.dumps(DCNetLearner(**QUICK)))
        np.testing.assert_array_equal(learner(self.data)(self.data, Model.Probs),
                                      self.model(self.data, Model.Probs))

    def test_pickles_stay_small_and_carry_no_data(self):
        model = DCNetLearner(**QUICK)(self.data)
        model.instances = self.data
        # What prediction makes ready stays behind too.
        model(self.data)
        state = model.__getstate__()
        self.assertNotIn("_ready", state)
        self.assertIsNone(state["original_data"])
        self.assertNotIn("instances", state)
        weights = 4 * model.network.n_parameters
        kept = model.references.X.nbytes
        self.assertLess(len(pickle.dumps(model)), 3 * weights + kept + 100_000)

    def test_pickle_holds_plain_arrays(self):
        for config, weights in self.model.__getstate__()["networks"]:
            self.assertIsInstance(config, dict)
            self.assertTrue(all(type(w) is np.ndarray for w in weights.values()))

    def test_newer_format_is_refused_in_words(self):
        state = self.model.__getstate__()
        state["format"] = 99
        with self.assertRaisesRegex(ValueError, "update the add-on"):
            DCNetModel.__new__(DCNetModel).__setstate__(state)

    def test_wrong_targets(self):
        numeric = Table.from_numpy(
            Domain(self.data.domain.attributes, ContinuousVariable("y")),
            self.data.X, np.arange(len(self.data)))
        several = Table.from_numpy(
            Domain(self.data.domain.attributes,
                   [DiscreteVariable("a", "xy"), DiscreteVariable("b", "xy")]),
            self.data.X, np.zeros((len(self.data), 2)))
        none = Table.from_numpy(Domain(self.data.domain.attributes), self.data.X)
        for data, text in ((numeric, "categorical"), (several, "several"), (none, "categorical")):
            with self.assertRaisesRegex(ValueError, text):
                DCNetLearner()(data)

    def test_no_wavenumbers(self):
        with self.assertRaisesRegex(ValueError, "no wavenumbers"):
            DCNetLearner()(Table("iris"))

    def test_unused_class_values_keep_their_column(self):
        values = ("nylon", *self.data.domain.class_var.values)
        data = with_class_values(self.data, values)
        model = DCNetLearner(**QUICK)(data)
        values, probabilities = model(data, Model.ValueProbs)
        self.assertEqual(probabilities.shape, (len(data), 5))
        np.testing.assert_array_equal(probabilities[:, 0], 0)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        self.assertNotIn(0, values)

    def test_other_order_of_class_values(self):
        """Data that list the same classes in another order get their own values back."""
        values = tuple(reversed(self.data.domain.class_var.values))
        turned = with_class_values(self.data, values)
        np.testing.assert_array_equal(self.model(turned), 3 - self.model(self.data))

    def test_rows_without_class_or_spectrum_are_left_out(self):
        data = self.data.copy()
        with data.unlocked():
            data.Y[:5] = np.nan
            data.X[5:9] = np.nan
        model = DCNetLearner(**QUICK)(data)
        expected = DCNetLearner(**QUICK)(self.data[9:])
        np.testing.assert_array_equal(model(self.data, Model.Probs),
                                      expected(self.data, Model.Probs))

    def test_one_class(self):
        one = self.data[self.data.Y == 0]
        with self.assertRaisesRegex(ValueError, "two classes"):
            DCNetLearner()(one)

    def test_weights_matter(self):
        data = self.data.copy()
        with data.unlocked():
            data.set_weights(1)
        same = DCNetLearner(**QUICK)(data)
        np.testing.assert_array_equal(same(data, Model.Probs), self.model(data, Model.Probs))
        with data.unlocked():
            data.W[data.Y == 0] = 1e-6
        light = DCNetLearner(**QUICK)(data)
        rows = self.data.Y == 0
        self.assertLess(light(data, Model.Probs)[rows, 0].mean(),
                        self.model(data, Model.Probs)[rows, 0].mean())

    def test_instance_list_and_array(self):
        expected = self.model(self.data[:3])
        self.assertEqual(self.model(self.data[0]), expected[0])
        np.testing.assert_array_equal(self.model.predict(self.model.grid_spectra(self.data[:3]))[0],
                                      expected)

    def test_same_seed_same_network(self):
        again = DCNetLearner(**QUICK)(self.data)
        np.testing.assert_array_equal(again(self.data, Model.Probs),
                                      self.model(self.data, Model.Probs))
        other = DCNetLearner(seed=1, **QUICK)(self.data)
        self.assertFalse(np.array_equal(other(self.data, Model.Probs),
                                        self.model(self.data, Model.Probs)))

    def test_same_from_a_thread(self):
        result = []
        thread = threading.Thread(target=lambda: result.append(
            DCNetLearner(**QUICK)(self.data)(self.data, Model.Probs)))
        thread.start()
        thread.join()
        np.testing.assert_array_equal(result[0], self.model(self.data, Model.Probs))

    def test_global_random_state_is_left_alone(self):
        torch_before, numpy_before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
        DCNetLearner(**QUICK)(self.data)
        self.assertTrue(torch.equal(torch_before, torch.random.get_rng_state()))
        np.testing.assert_array_equal(numpy_before, np.random.get_state()[1])

    def test_several_networks_are_averaged(self):
        model = DCNetLearner(networks=2, **QUICK)(self.data)
        X = model.grid_spectra(self.data)
        single = []
        for net in model.networks:
            one = copy.copy(model)
            one.networks = [net]
            single.append(one.predict(X)[1])
        np.testing.assert_allclose(model.predict(X)[1], np.mean(single, axis=0))
        self.assertFalse(np.array_equal(*single))

    def test_history(self):
        self.assertEqual(len(self.model.history[0]), 2)
        self.assertIsInstance(self.model.history[0][0], Epoch)

    def test_callback(self):
        learner = DCNetLearner(networks=2, **QUICK)
        seen = []
        learner.callback = seen.append
        learner(self.data)
        fractions = [p.fraction for p in seen]
        self.assertEqual(fractions, sorted(fractions))
        self.assertAlmostEqual(fractions[-1], 1)

    def test_callback_cancels(self):
        class Stop(Exception):
            pass

        def stop(progress):
            raise Stop

        learner = DCNetLearner(**QUICK)
        learner.callback = stop
        with self.assertRaises(Stop):
            learner(self.data)

    def test_validation_takes_whole_sources(self):
        """With near-duplicates in one source, no source is on both sides."""
        data = collagen(3)
        sources = np.arange(len(data)) // 4
        data = Table.from_numpy(
            Domain(data.domain.attributes, data.domain.class_var, [StringVariable("source")]),
            data.X, data.Y, np.array([[f"s{i}"] for i in sources], object))
        seen = {}
        original = dcnet.validation_split

        def spy(y, share, groups, seed):
            seen["held"] = original(y, share, groups, seed)
            seen["groups"] = groups
            return seen["held"]

        dcnet.validation_split = spy
        try:
            model = DCNetLearner(validation=.25, **QUICK)(data)
        finally:
            dcnet.validation_split = original
        held = seen["held"]
        self.assertFalse(set(seen["groups"][held]) & set(seen["groups"][~held]))
        self.assertTrue(.1 < held.mean() < .4)
        self.assertTrue(np.isfinite(model.history[0][0].validation_accuracy))


class TestPreprocessors(unittest.TestCase):
    def test_users_preprocessors_are_part_of_the_model(self):
        data = collagen()
        chain = PreprocessorList([Cut(lowlim=1000, highlim=1750), Normalize()])
        model = DCNetLearner(preprocessors=chain, **QUICK)(data)
        self.assertEqual((model.wavenumbers[0], model.wavenumbers[-1]), (1000, 1748))
        outside = Resample(4)(data)
        by_hand = DCNetLearner(**QUICK)(chain(outside))
        np.testing.assert_allclose(model(data, Model.Probs),
                                   by_hand(chain(outside), Model.Probs), atol=1e-6)

    def test_uneven_axis_after_preprocessing(self):
        points = np.r_[np.arange(1000, 1300, 4.), np.arange(1303, 1780, 7.)]
        model = DCNetLearner(preprocessors=[Interpolate(points)], **QUICK)(collagen())
        np.testing.assert_allclose(np.diff(model.wavenumbers), 4)

    def test_no_wavenumbers_left(self):
        from Orange.projection import PCA

        class ToPCA:
            def __call__(self, data):
                return PCA(n_components=4)(data)(data)

        with self.assertRaisesRegex(ValueError, "no wavenumbers left"):
            DCNetLearner(preprocessors=[ToPCA()])(collagen())


class TestOtherAxes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = collagen()
        cls.model = DCNetLearner(epochs=8, widths=(8, 16, 16))(cls.data)
        cls.expected = cls.model(cls.data, Model.Probs)

    def on_axis(self, axis):
        source = wavenumbers(self.data.domain)
        order = np.argsort([float(a.name) for a in self.data.domain.attributes])
        X = np.array([np.interp(axis, source, row[order]) for row in self.data.X])
        return Table.from_numpy(
            Domain([ContinuousVariable(f"{a:.3f}") for a in axis], self.data.domain.class_var),
            X, self.data.Y)

    def test_same_answer_on_other_axes(self):
        for axis in (np.arange(903, 1801, 1.), np.arange(1801, 902, -2.), np.arange(904, 1801, 4.),
                     np.arange(906, 1801, 4.)):
            np.testing.assert_allclose(
                self.model(self.on_axis(axis), Model.Probs), self.expected, atol=.08)
            np.testing.assert_array_equal(
                (self.model(self.on_axis(axis)) == self.model(self.data)).mean() > .97, True)

    def test_short_range_warns_then_refuses(self):
        with self.assertWarnsRegex(CoverageWarning, "missing: 904-9"):
            self.model(self.on_axis(np.arange(1000, 1801, 4.)))
        with self.assertRaisesRegex(DomainTransformationError, "Train a model on the range"):
            self.model(self.on_axis(np.arange(1300, 1801, 4.)))

    def test_full_range_does_not_warn(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error", CoverageWarning)
            self.model(self.on_axis(np.arange(902, 1802, 4.)))

    def test_no_spectra(self):
        iris = Table("iris")
        iris = iris.transform(Domain(iris.domain.attributes))
        with self.assertRaisesRegex(DomainTransformationError, "no wavenumbers"):
            self.model(iris)

    def test_missing_values(self):
        data = self.data.copy()
        with data.unlocked():
            data.X[0, 100:103] = np.nan
            data.X[1] = np.nan
            data.X[2, 50] = np.inf
        values, probabilities = self.model(data), self.model(data, Model.Probs)
        np.testing.assert_allclose(probabilities[[0, 2]], self.expected[[0, 2]], atol=.15)
        self.assertTrue(np.isnan(values[1]))
        self.assertTrue(np.isfinite(np.delete(values, 1)).all())

    def test_many_rows_in_parts(self):
        """Prediction in parts gives the same as in one piece; the limit is lowered for the test."""
        rows, model._ROWS = model._ROWS, 50
        try:
            np.testing.assert_allclose(self.model(self.data, Model.Probs), self.expected,
                                       atol=1e-6)
            values, probabilities = self.model(self.data, Model.ValueProbs)
        finally:
            model._ROWS = rows
        self.assertEqual((len(values), probabilities.shape), (len(self.data), (len(self.data), 4)))

    def test_regions(self):
        axis = np.arange(700, 3901, 4.)
        self.assertEqual(_kept(axis, dcnet.REGIONS), ((0, 288), (500, 601)))
        self.assertEqual(_kept(axis, None), ())
        # Near infrared: no region in reach, so all of it is seen.
        self.assertEqual(_kept(np.arange(4000, 9000, 8.), dcnet.REGIONS), ())


if __name__ == "__main__":
    unittest.main()
