"""Wavenumber axes, and resampling of spectra from one to another."""
import unittest

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.spectra.axis import (
    is_uniform,
    name_of,
    spectral_columns,
    uniform_grid,
    wavenumbers,
)
from orangecontrib.microplastics.spectra.resample import Resample, fill_missing, resampling_matrix


def band(axis, centre=1700., width=20.):
    return np.exp(-((np.asarray(axis) - centre) / width) ** 2)


def table(axis, X=None, names=None):
    names = names or [str(a) for a in axis]
    X = np.vstack([band(axis), band(axis, 1500)]) if X is None else X
    return Table.from_numpy(Domain([ContinuousVariable(n) for n in names]), X)


class TestAxis(unittest.TestCase):
    def test_names_and_order(self):
        domain = Domain([ContinuousVariable(n) for n in ("1801.264000", "900", "1.2e3", "area")]
                        + [DiscreteVariable("1000", values=("a",))])
        columns, axis = spectral_columns(domain)
        np.testing.assert_array_equal(columns, [1, 2, 0])
        np.testing.assert_array_equal(axis, [900, 1200, 1801.264])

    def test_no_wavenumbers(self):
        with self.assertRaisesRegex(ValueError, "no wavenumbers"):
            wavenumbers(Table("iris").domain)

    def test_infinite_and_nan_names_are_no_wavenumbers(self):
        domain = Domain([ContinuousVariable(n) for n in ("nan", "inf", "1000")])
        np.testing.assert_array_equal(wavenumbers(domain), [1000])

    def test_twice(self):
        with self.assertRaisesRegex(ValueError, "1000 stands in more than one"):
            wavenumbers(Domain([ContinuousVariable(n) for n in ("1000", "1000.0", "1004")]))

    def test_name_of(self):
        self.assertEqual([name_of(x) for x in (1000., 1000.5, 1801.2640001)],
                         ["1000", "1000.5", "1801.264"])

    def test_uniform_grid(self):
        np.testing.assert_array_equal(uniform_grid(399.2, 412.9, 4), [400, 404, 408, 412])
        np.testing.assert_array_equal(uniform_grid(400, 408, 4), [400, 404, 408])
        self.assertTrue(is_uniform(uniform_grid(400, 500, 4)))
        self.assertFalse(is_uniform(np.array([400, 404, 412])))


class TestResampling(unittest.TestCase):
    def test_lines_are_kept(self):
        """A straight line remains straight on every axis, finer or coarser."""
        target = uniform_grid(1000, 1800, 4)
        for source in (np.arange(990, 1811, 1.), np.arange(990, 1811, 1.93),
                       np.arange(990, 1811, 8.), np.arange(992, 1811, 4.)):
            values = (3 + .01 * source)[None] @ resampling_matrix(source, target)
            np.testing.assert_allclose(values[0], 3 + .01 * target, atol=1e-6)

    def test_bands_stay_in_place(self):
        target = uniform_grid(1000, 1800, 4)
        for step in (1, 1.93, 2, 4, 8):
            source = np.arange(990, 1811, step)
            values = band(source)[None] @ resampling_matrix(source, target)
            self.assertEqual(target[values[0].argmax()], 1700)
            np.testing.assert_allclose(values[0], band(target), atol=.06)

    def test_noise_of_finer_data_is_averaged(self):
        rng = np.random.default_rng(0)
        source = np.arange(1000, 2000, 1.)
        noise = rng.normal(size=(200, len(source)))
        thinned = noise @ resampling_matrix(source, uniform_grid(1010, 1990, 4))
        # A triangle over 4 points a side: rms sqrt(sum w^2) = 0.41.
        self.assertAlmostEqual(thinned.std(), .41, delta=.02)

    def test_hole_in_the_source(self):
        source = np.r_[np.arange(1000, 1400, 1.), np.arange(1500, 1801, 1.)]
        target = uniform_grid(1000, 1800, 4)
        values = (source * .01)[None] @ resampling_matrix(source, target)
        np.testing.assert_allclose(values[0], target * .01, atol=1e-6)

    def test_outside(self):
        with self.assertRaisesRegex(ValueError, "do not reach"):
            resampling_matrix(np.arange(1000, 1100, 4.), np.arange(900, 1100, 4.))

    def test_fill_missing(self):
        axis = np.array([1., 2, 4, 5])
        X = np.array([[1, np.nan, 4, np.inf], [1, 2, 3, 4], [np.nan] * 4])
        filled = fill_missing(X, axis)
        np.testing.assert_allclose(filled[:2], [[1, 2, 4, 4], [1, 2, 3, 4]])
        self.assertTrue(np.isnan(filled[2]).all())
        self.assertTrue(np.isinf(X[0, 3]), "the input is left as it was")
        whole = np.ones((2, 4))
        self.assertIs(fill_missing(whole, axis), whole)


class TestResample(unittest.TestCase):
    def test_any_axis_comes_to_the_same(self):
        """Reversed, renamed, shuffled and finer data all land on the first table's grid."""
        axis = np.arange(1000, 1801, 2.)
        domain = Resample(4)(table(axis)).domain
        expected = table(axis).transform(domain).X
        order = np.random.default_rng(0).permutation(len(axis))
        for other in (table(axis[::-1]), table(axis[order]),
                      table(axis, names=[f"{a:.6f}" for a in axis])):
            np.testing.assert_allclose(other.transform(domain).X, expected, atol=1e-12)
        finer = table(np.arange(999.5, 1801, 1.))
        np.testing.assert_allclose(finer.transform(domain).X, expected, atol=.03)

    def test_what_is_not_measured_is_missing(self):
        domain = Resample(4)(table(np.arange(1000, 1801, 2.))).domain
        shorter = table(np.arange(1200, 1801, 2.)).transform(domain)
        missing = np.isnan(shorter.X).all(axis=0)
        np.testing.assert_array_equal(missing, wavenumbers(domain) < 1200)

    def test_missing_values(self):
        axis = np.arange(1000, 1801, 2.)
        data = table(axis)
        with data.unlocked():
            data.X[0, 100:105] = np.nan
            data.X[1, -50:] = np.nan
        out = Resample(4)(data)
        grid = wavenumbers(out.domain)
        self.assertTrue(np.isfinite(out.X[0]).all(), "a gap is interpolated")
        np.testing.assert_array_equal(np.isnan(out.X[1]), grid > axis[-51])

    def test_limits(self):
        out = Resample(8, low=1100, high=5000)(table(np.arange(1000, 1801, 2.)))
        np.testing.assert_array_equal(wavenumbers(out.domain)[[0, 1, -1]], [1104, 1112, 1800])

    def test_domains_compare_equal(self):
        data = table(np.arange(1000, 1801, 2.))
        one, other = Resample(4)(data).domain, Resample(4)(data).domain
        self.assertEqual(one, other)
        self.assertEqual(hash(one), hash(other))
        self.assertNotEqual(one, Resample(8)(data).domain)

    def test_metas_and_class_stay(self):
        data = Table("collagen")[::50]
        out = Resample(4)(data)
        np.testing.assert_array_equal(out.Y, data.Y)
        self.assertEqual(out.domain.class_var, data.domain.class_var)
        np.testing.assert_array_equal(out.ids, data.ids)

    def test_too_short(self):
        with self.assertRaisesRegex(ValueError, "fewer than two"):
            Resample(4)(table([1001., 1002.]))


if __name__ == "__main__":
    unittest.main()
