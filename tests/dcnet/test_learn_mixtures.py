"""Mixtures learnt from pure spectra: trained on pure spectra only, tested on mixtures."""
import unittest

import numpy as np
from Orange.base import Model
from Orange.data import DiscreteVariable, Domain, Table
from Orange.data.table import DomainTransformationError
from Orange.evaluation import CA, CrossValidation
from orangecontrib.spectroscopy.preprocess import Normalize

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.single import spectrum_views
from orangecontrib.microplastics.explanation.table import explain_table
from orangecontrib.microplastics.mixing.mixer import mix, split_sources
from orangecontrib.microplastics.mixing.stream import MixtureSource
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PET", "PS")


class TestLearnMixtures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        pure = simulate(POLYMERS, 40)
        cls.train, cls.test = split_sources(pure, .3, seed=0)
        cls.learner = DCNetLearner(mixtures=2, epochs=2, step=8)
        cls.model = cls.learner(cls.train)

    def test_names_what_is_in_mixtures_of_other_sources(self):
        mixtures = mix(self.test, 600, seed=3)
        values, probabilities = self.model(mixtures, Model.ValueProbs)
        self.assertGreater(np.mean(values == mixtures.Y), .95)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)

    def test_class_keeps_its_name(self):
        variable = self.model.domain.class_var
        self.assertEqual(variable.name, self.train.domain.class_var.name)
        self.assertEqual(variable.values, (
            "PE", "PET", "PS", "PE + PET", "PE + PS", "PET + PS"))

    def test_pure_spectra_map_onto_the_datas_own_classes(self):
        values, probabilities = self.model(self.test, Model.ValueProbs)
        self.assertEqual(probabilities.shape, (len(self.test), len(POLYMERS)))
        self.assertGreater(np.mean(values == self.test.Y), .95)

    def test_in_cross_validation_on_pure_spectra(self):
        results = CrossValidation(k=2)(self.train, [self.learner])
        self.assertGreater(CA(results)[0], .9)

    def test_another_class_is_still_refused(self):
        other = self.test.transform(self.test.domain)
        other.domain = type(other.domain)(
            other.domain.attributes, DiscreteVariable("shape", POLYMERS[:2] + ("fibre",)))
        with self.assertRaises(DomainTransformationError):
            self.model(other)

    def test_names_that_hold_a_plus(self):
        """A class "PE + wax" is one material, whatever the names of combinations make of it."""
        names = ("PE + wax", "PET (a + b)", "(PS)")
        variable = DiscreteVariable("material", names)
        train, test = (Table.from_numpy(Domain(t.domain.attributes, variable, t.domain.metas),
                                        t.X, t.Y, t.metas) for t in (self.train, self.test))
        for mixtures in (1, 2):
            model = DCNetLearner(mixtures=mixtures, epochs=2, step=8)(train)
            values, probabilities = model(test, Model.ValueProbs)
            self.assertEqual(probabilities.shape, (len(test), 3))
            self.assertGreater(np.mean(values == test.Y), .95)
            explained = explain_table(model, test)
            self.assertGreater(np.nanmean(explained.right), .95)
            self.assertFalse(np.isnan(explained.right).any())
            view = spectrum_views(model, test, [int(np.argmax(explained.right))])[0]
            self.assertEqual({reason.verdict for reason in view.reasons}, {""})
        self.assertIn("(PE + wax) + PET (a + b)", model.domain.class_var.values)

    def test_same_seed_same_network_and_every_epoch_other_mixtures(self):
        again = self.learner(self.train)
        np.testing.assert_array_equal(again(self.test, Model.Probs),
                                      self.model(self.test, Model.Probs))
        source = MixtureSource(self.train, 2, .1, 0)
        first, other = source.draw(0, 50), source.draw(1, 50)
        np.testing.assert_array_equal(first[0], source.draw(0, 50)[0])
        self.assertFalse(np.array_equal(first[0], other[0]))

    def test_validation_takes_other_sources(self):
        model = DCNetLearner(mixtures=2, epochs=2, step=8, validation=.25)(self.train)
        self.assertGreater(model.history[0][-1].validation_accuracy, .5)
        self.assertGreater(model.training["kept aside"], 0)

    def test_several_networks_learn_from_different_mixtures(self):
        model = DCNetLearner(mixtures=2, epochs=1, step=8, networks=2)(self.train)
        self.assertEqual(len(model.networks), 2)
        self.assertNotEqual(model.history[0][0].loss, model.history[1][0].loss)

    def test_cancel_while_mixtures_are_drawn(self):
        class Stop(Exception):
            pass

        def callback(progress):
            if progress.finished is not None:
                raise Stop

        def again(progress):
            calls.append(progress.epoch)
            if len(calls) > 1 and calls[-1] == calls[-2] == 1 and progress.finished is None \
                    and progress.fraction == .5:
                # The last batch of the first epoch is over: this is asked while drawing.
                raise Stop

        calls = []
        for stop in (callback, again):
            learner = DCNetLearner(mixtures=2, epochs=2, step=8)
            learner.callback = stop
            with self.subTest(stop.__name__), self.assertRaises(Stop):
                learner(self.train)

    def test_single_classes_varied(self):
        values = ("unused", *self.train.domain.class_var.values[::-1])
        variable = DiscreteVariable("polymer", values)
        domain = Domain(self.train.domain.attributes, variable, self.train.domain.metas)
        y = [values.index(self.train.domain.class_var.values[int(c)]) for c in self.train.Y]
        data = Table.from_numpy(domain, self.train.X, y, self.train.metas)
        model = DCNetLearner(mixtures=1, epochs=2, step=8, networks=2)(data)
        self.assertEqual(model.domain.class_var, variable)
        self.assertEqual(model.domain.class_var.values, values)
        found, probabilities = model(self.test.transform(domain), Model.ValueProbs)
        right = [values.index(self.test.domain.class_var.values[int(c)]) for c in self.test.Y]
        self.assertGreater(np.mean(found == right), .95)
        np.testing.assert_array_equal(probabilities[:, 0], 0)
        # Each network and each epoch has spectra of its own.
        self.assertNotEqual(model.history[0][0].loss, model.history[1][0].loss)

    def test_chosen_blends(self):
        """Only these are classes, and drawn in the share asked for."""
        blends = (("PS", "PE"), ("PE", "nylon"), ("PE", "PET", "PS"))
        asked = {"epochs": 1, "step": 8, "widths": (8, 8, 8), "blends": blends}
        for mixtures, values in ((2, ("PE", "PET", "PS", "PE + PS")),
                                 (3, ("PE", "PET", "PS", "PE + PS", "PE + PET + PS")),
                                 (1, POLYMERS)):
            model = DCNetLearner(mixtures=mixtures, pure_share=.8, **asked)(self.train)
            self.assertEqual(model.domain.class_var.values, values)
            self.assertEqual(len(model.used), len(values))
            np.testing.assert_array_equal(model.acceptance.usual.any(axis=1), True)
            self.assertEqual(model.training.get("pure share"), .8 if mixtures > 1 else None)
        # Blends are references of no model.
        self.assertEqual(model.references.materials, POLYMERS)
        source = MixtureSource(self.train, 2, .1, 0, blends, .8)
        _, which = source.draw(0, 600)
        np.testing.assert_array_equal(np.bincount(which), [160, 160, 160, 120])
        with self.assertRaisesRegex(ValueError, "share of single materials"):
            DCNetLearner(mixtures=2, pure_share=1.2, **asked)(self.train)

    def test_scores_of_spectra_kept_aside(self):
        """Each is labelled right if its material is named, also in a mixture."""
        pure = simulate(POLYMERS, 30, seed=4)
        model = DCNetLearner(mixtures=2, epochs=2, step=8, validation=.3)(pure)
        kept = model.kept_aside
        self.assertEqual(len(kept.right), model.training["kept aside"])
        self.assertGreater(len(kept.right), 20)
        labels = np.array(POLYMERS, object)[self.test.Y.astype(int)]
        scored = model.scored(self.test, labels)
        answer = model.answer(self.test)
        np.testing.assert_allclose(scored.confidence, answer.confidence, rtol=1e-5)
        np.testing.assert_allclose(scored.correlation, answer.correlation, rtol=1e-5)
        named = np.array(model.domain.class_var.values)[answer.values.astype(int)]
        np.testing.assert_array_equal(
            scored.right, [label in name.split(" + ")
                           for label, name in zip(labels, named, strict=True)])
        # Whichever material of a mixture is its label, it is right.
        mixtures = mix(self.test, 60, pure=False, seed=3)
        named = [mixtures.domain.class_var.values[int(v)].split(" + ") for v in mixtures.Y]
        for i in range(2):
            scored = model.scored(mixtures,
                                  np.array([names[i] for names in named], object))
            self.assertGreater(scored.right.mean(), .9)
        # A wrong label; one that the model does not know is left out.
        others = np.roll(np.array(POLYMERS, object), 1)[self.test.Y.astype(int)]
        wrong = model.scored(self.test, others)
        self.assertLess(wrong.right.mean(), .1)
        labels[:4] = "nylon"
        self.assertEqual(len(model.scored(self.test, labels).right), len(self.test) - 4)
        # A spectrum that the model does not answer for promises nothing.
        cut = self.test.copy()
        with cut.unlocked(cut.X):
            cut.X[4, :cut.X.shape[1] // 2] = np.nan
        self.assertTrue(np.isnan(model.answer(cut).values[4]))
        self.assertEqual(len(model.scored(cut, labels).right), len(self.test) - 5)

    def test_refused_in_words(self):
        weighted = self.train.copy()
        with weighted.unlocked():
            weighted.set_weights(1)
        two = self.train[np.isin(self.train.Y, (0, 1))]
        for data, settings, text in (
                (self.train, {"preprocessors": [Normalize()]}, "disconnect the preprocessor"),
                (weighted, {}, "weight"),
                (two, {"mixtures": 3}, "3 components"),
                (self.train, {"smallest": .6}, "cannot sum to 1"),
        ):
            learner = DCNetLearner(**{"mixtures": 2, "epochs": 1, "step": 8, **settings})
            with self.subTest(text), self.assertRaisesRegex(ValueError, text):
                learner(data)

    def test_transmittance_is_refused(self):
        turned = Table.from_numpy(self.train.domain, 100 * 10 ** -self.train.X, self.train.Y,
                                  self.train.metas)
        with self.assertRaisesRegex(ValueError, "transmittance"):
            DCNetLearner(mixtures=2)(turned)


if __name__ == "__main__":
    unittest.main()
