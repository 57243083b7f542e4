"""Checks of explanations must distinguish true explanations from invented ones."""
import unittest

import numpy as np
import planted
import torch

from orangecontrib.microplastics.nn.attribution.faithfulness import (
    RANDOMISATIONS,
    faithfulness,
    keep_only,
    randomisation,
    randomised,
    segments,
)
from orangecontrib.microplastics.nn.attribution.gradcam import explain
from orangecontrib.microplastics.nn.attribution.targets import Target
from orangecontrib.microplastics.nn.prediction import predict


class TestKeepOnly(unittest.TestCase):
    def test_straight_lines_between_what_is_kept(self):
        X = np.array([[0, 5, 9, 3, 8, 8]], float)
        keep = np.array([[1, 0, 0, 1, 0, 0]], bool)
        np.testing.assert_allclose(keep_only(X, keep), [[0, 1, 2, 3, 3, 3]])
        np.testing.assert_allclose(keep_only(X, ~keep), [[5, 5, 9, 8.5, 8, 8]])
        np.testing.assert_array_equal(keep_only(X, np.ones_like(keep)), X)
        np.testing.assert_allclose(keep_only(X, np.zeros_like(keep)), np.full((1, 6), 5.5))

    def test_rows_are_apart(self):
        rng = np.random.default_rng(0)
        X, keep = rng.normal(size=(8, 50)), rng.random((8, 50)) < 0.3
        together = keep_only(X, keep)
        for i in range(8):
            kept = np.flatnonzero(keep[i])
            np.testing.assert_allclose(together[i], np.interp(np.arange(50), kept, X[i, kept]))

    def test_segments_cover_what_is_seen_and_end_with_it(self):
        seen = np.ones(100, bool)
        seen[40:60] = False
        parts = segments(seen, 8)
        np.testing.assert_array_equal(parts < 0, ~seen)
        self.assertNotEqual(parts[39], parts[60])
        sizes = np.bincount(parts[parts >= 0])
        self.assertEqual(len(sizes), 10)
        self.assertLessEqual(np.ptp(sizes), 1)


class TestFaithfulness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = planted.network()
        cls.X, cls.y = planted.spectra(60, 99)
        cls.maps = explain([cls.net], cls.X, planted.GRID, target=cls.y).importance

    def curves(self, maps, **settings):
        return faithfulness([self.net], self.X, maps, self.y, steps=15, repeats=2, **settings)

    def test_beats_random_order(self):
        areas = self.curves(self.maps).areas()
        self.assertLess(areas["deletion"], areas["random_deletion"] - 0.1)
        self.assertGreater(areas["insertion"], areas["random_insertion"] + 0.1)
        self.assertGreater((self.curves(self.maps).gains() > 0).mean(), 0.9)

    def test_an_invented_map_does_not(self):
        invented = np.random.default_rng(3).random(self.maps.shape)
        gains = self.curves(invented).gains().mean(axis=0)
        np.testing.assert_allclose(gains, 0, atol=0.06)
        upside_down = self.curves(-self.maps).gains().mean(axis=0)
        self.assertTrue((upside_down < -0.05).all())

    def test_curves_start_and_end_at_the_same(self):
        result = self.curves(self.maps)
        self.assertEqual((result.fraction[0], result.fraction[-1]), (0, 1))
        for one, other in ((result.deletion, result.insertion),
                           (result.random_deletion, result.random_insertion)):
            np.testing.assert_allclose(one[:, 0], other[:, -1], atol=1e-6)
            np.testing.assert_allclose(one[:, -1], other[:, 0], atol=1e-6)
        np.testing.assert_allclose(result.deletion[:, 0],
                                   predict([self.net], self.X)[np.arange(60), self.y], atol=1e-5)

    def test_curves_start_at_the_probabilities_of_a_calibrated_model(self):
        result = faithfulness([self.net], self.X[:5], self.maps[:5], self.y[:5], steps=2,
                              repeats=1, temperature=3.)
        rows = np.arange(5)
        np.testing.assert_allclose(result.deletion[:, 0], predict(
            [self.net], self.X[:5], 3.)[rows, self.y[:5]], atol=1e-5)
        self.assertTrue((result.deletion[:, 0]
                         < predict([self.net], self.X[:5])[rows, self.y[:5]] - .01).all())

    def test_ties_are_broken_at_random(self):
        # An uninformative map must not score well because bands are on the left.
        gains = self.curves(np.zeros_like(self.maps)).gains().mean(axis=0)
        np.testing.assert_allclose(gains, 0, atol=0.06)

    def test_contrast(self):
        result = faithfulness([self.net], self.X[:5], self.maps[:5], Target((0, 1), (2,)),
                              steps=3, repeats=1)
        probabilities = predict([self.net], self.X[:5])
        np.testing.assert_allclose(result.deletion[:, 0], probabilities[:, :2].sum(axis=1),
                                   atol=1e-5)

    def test_needs_maps_on_the_grid(self):
        with self.assertRaisesRegex(ValueError, "shape of the spectra"):
            faithfulness([self.net], self.X, self.maps[:, 1:], self.y)

    def test_other_weights_other_maps(self):
        before = {k: v.clone() for k, v in self.net.state_dict().items()}
        likeness = randomisation([self.net], self.X, planted.GRID, repeats=2)
        self.assertEqual(tuple(likeness), RANDOMISATIONS)
        for what, value in likeness.items():
            self.assertLess(abs(value), 0.7, what)
        self.assertLess(abs(likeness["all"]), 0.4)
        for k, v in self.net.state_dict().items():
            self.assertTrue(torch.equal(v, before[k]), k)

    def test_only_what_was_asked_for_is_drawn_anew(self):
        other = randomised(self.net, "classifier", 1)
        changed = {k for k, v in other.state_dict().items()
                   if not torch.equal(v, self.net.state_dict()[k])}
        self.assertEqual(changed, {"classifier.weight", "classifier.bias"})
        with self.assertRaisesRegex(ValueError, "choose one of"):
            randomised(self.net, "nothing", 0)


if __name__ == "__main__":
    unittest.main()
