"""Labels side by side, without overlap."""
import unittest

import numpy as np

from orangecontrib.microplastics.utils.label_layout import spread


class TestSpread(unittest.TestCase):
    def test_labels_with_room_stay(self):
        wanted = np.array([50., 10, 90])
        np.testing.assert_array_equal(spread(wanted, [10, 10, 10], 0, 100), wanted)

    def test_two_in_one_place_share_the_shift(self):
        np.testing.assert_allclose(spread([50, 50], [10, 20], 0, 100), [42.5, 57.5])

    def test_nothing_overlaps_and_nothing_leaves_the_frame(self):
        rng = np.random.default_rng(0)
        for n in (1, 2, 7, 20):
            wanted, widths = rng.uniform(-10, 110, n), rng.uniform(1, 4, n)
            places = spread(wanted, widths, 0, 100)
            order = np.argsort(places)
            left, right = (places - widths / 2)[order], (places + widths / 2)[order]
            self.assertGreaterEqual(left[0], -1e-9)
            self.assertLessEqual(right[-1], 100 + 1e-9)
            self.assertTrue((left[1:] >= right[:-1] - 1e-9).all())
            np.testing.assert_array_equal(order, np.argsort(wanted))

    def test_shifts_are_the_smallest(self):
        rng = np.random.default_rng(1)
        wanted, widths = rng.uniform(0, 100, 6), rng.uniform(10, 20, 6)
        best = ((spread(wanted, widths, -500, 500) - wanted) ** 2).sum()
        order = np.argsort(wanted)
        for start in np.linspace(-60, 40, 201):
            packed = np.empty(6)
            packed[order] = start + np.cumsum(widths[order]) - widths[order] / 2
            self.assertLessEqual(best, ((packed - wanted) ** 2).sum() + 1e-9)

    def test_none(self):
        self.assertEqual(len(spread([], [], 0, 1)), 0)


if __name__ == "__main__":
    unittest.main()
