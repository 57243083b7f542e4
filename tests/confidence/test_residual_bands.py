"""Bands that a class lacks are found, with position and name; no band is found where none is."""
import unittest

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.confidence.residual_bands import (
    APART,
    FAINTEST,
    LIMIT,
    LISTED,
    examined,
    expected,
    put_first,
    unexplained,
)
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import (
    ALL,
    EXPLAINED,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    annotate,
    decide,
    origins,
)
from orangecontrib.microplastics.materials.atmosphere import CARBON_DIOXIDE, WATER_VAPOUR
from orangecontrib.microplastics.materials.companions import WATER
from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers

STEP = 4.
GRID = np.arange(700, 3901, STEP)


def with_bands(X, bands, height):
    """Add bands to spectra; `height` is relative to the highest value of each spectrum."""
    shape = sum(w * np.exp(-.5 * ((GRID - c) / s) ** 2) for c, s, w in bands)
    return X + height * np.ptp(X, axis=1)[:, None] * shape / shape.max()


class TestUnexplained(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def on_grid(data):
            axis = wavenumbers(data.domain)
            order = np.argsort([float(a.name) for a in data.domain.attributes])
            return np.array([np.interp(GRID, axis, x) for x in data.X[:, order]]), \
                data.Y.astype(int)
        cls.seen = (GRID <= 1850) | ((GRID >= 2700) & (GRID <= 3100))
        X, y = on_grid(simulate(("PE", "PP", "PS"), n=180, seed=0))
        cls.known = expected(X, y, GRID, cls.seen)
        cls.train = X, y
        cls.X, cls.y = on_grid(simulate(("PE", "PP", "PS"), n=90, seed=1))

    def look(self, X, y=None, measured=None):
        return unexplained(X, self.y if y is None else y, GRID, self.seen, self.known, measured)

    def test_known_spectra_are_explained(self):
        excess = self.look(self.X).excess
        self.assertGreater((excess < LIMIT).mean(), .95)
        self.assertLess(np.median(excess), 1.2)

    def test_a_band_too_many_is_found_in_its_place(self):
        for place in (2237, 1950, 1738, 3300):
            found = self.look(with_bands(self.X, [(place, 8, 1)], .15))
            self.assertGreater((found.excess > LIMIT).mean(), .85, place)
            self.assertLess(np.median(np.abs(found.wavenumber - place)), 6)
        found = self.look(with_bands(self.X, [(2237, 8, 1)], .15))
        self.assertAlmostEqual(np.median(found.height), .15, delta=.06)

    def test_higher_bands_exceed_more(self):
        excess = [np.median(self.look(with_bands(self.X, [(2237, 8, 1)], h)).excess)
                  for h in (0, .05, .1, .2)]
        self.assertTrue((np.diff(excess) > 0).all(), excess)

    def test_a_band_too_few_is_no_band(self):
        """Dips of the baseline are not bands of another material."""
        dip = with_bands(self.X, [(2500, 8, 1)], -.1)
        self.assertLess((np.abs(self.look(dip).wavenumber - 2500) < 6).mean(), .1)

    def test_another_class(self):
        found = self.look(self.X, np.roll(self.y, 1) * 0 + (self.y + 1) % 3)
        self.assertGreater((found.excess > LIMIT).mean(), .95)

    def test_air_and_minerals_say_nothing_of_the_polymer(self):
        plain = (self.look(self.X).excess > LIMIT).mean()
        vapour = [(c, 4, w) for c, w in WATER_VAPOUR]
        for bands in (CARBON_DIOXIDE, vapour, CONTAMINANTS["carbonate"],
                      CONTAMINANTS["silicate"]):
            more = (self.look(with_bands(self.X, bands, .15)).excess > LIMIT).mean()
            self.assertLess(more, plain + .1, bands)

    def test_scale_and_offset_do_not_matter(self):
        one, other = self.look(self.X), self.look(1e3 * self.X + 50)
        np.testing.assert_allclose(one.excess, other.excess, rtol=.02, atol=.01)

    def test_noise_is_no_band(self):
        noisy = self.X + .02 * np.ptp(self.X, axis=1)[:, None] \
            * np.random.default_rng(0).standard_normal(self.X.shape)
        self.assertLess((self.look(noisy).excess > LIMIT).mean(), .12)

    def test_what_was_not_measured_is_not_looked_at(self):
        X = with_bands(self.X, [(2237, 8, 1)], .3)
        measured = np.ones(X.shape, bool)
        measured[::2, (GRID > 2150) & (GRID < 2320)] = False
        found = self.look(X, measured=measured)
        plain = self.look(X)
        np.testing.assert_allclose(found.excess[1::2], plain.excess[1::2])
        self.assertLess((np.abs(found.wavenumber[::2] - 2237) < 85).mean(), .01)
        self.assertGreater((found.excess[::2] < LIMIT).mean(), .9)
        nothing = self.look(X, measured=np.zeros(X.shape, bool))
        np.testing.assert_array_equal(nothing.excess, 0)

    def test_nothing_is_unusual_where_training_spectra_were_not_measured(self):
        X, y = self.train
        share = np.where((GRID > 2150) & (GRID < 2320), .5, 1.)
        known = expected(X, y, GRID, self.seen, share)
        found = unexplained(with_bands(self.X, [(2237, 8, 1)], .3), self.y, GRID, self.seen, known)
        self.assertGreater((found.excess < LIMIT).mean(), .9)

    def test_few_spectra_of_a_class(self):
        """Three spectra underestimate the variation of a class; that of other classes is used."""
        X, y = self.train
        rows = np.r_[np.flatnonzero(y == 0)[:3], np.flatnonzero(y > 0)]
        known = expected(X[rows], y[rows], GRID, self.seen)
        own = self.y == 0
        found = unexplained(self.X[own], self.y[own], GRID, self.seen, known)
        self.assertGreater((found.excess < LIMIT).mean(), .8)

    def test_listed_bands(self):
        bands = [(874, 8, 1), (1950, 8, .8), (2237, 8, .6)]
        found = self.look(with_bands(self.X, bands, .2))
        self.assertEqual(found.maxima.shape, (len(self.X), LISTED + 2))
        for place, _, _ in bands:
            nearest = np.nanmin(np.abs(found.maxima[:, :LISTED] - place), axis=1)
            self.assertGreater((nearest <= STEP).mean(), .9, place)
        narrow = found.multiples[:, :LISTED]
        for maxima, multiples in zip(found.maxima[:, :LISTED], narrow, strict=True):
            there = np.isfinite(maxima)
            np.testing.assert_array_equal(there, np.isfinite(multiples))
            self.assertTrue((np.diff(multiples[there]) <= 0).all())
            self.assertTrue((multiples[there] >= FAINTEST).all())
            self.assertTrue((np.diff(np.sort(maxima[there])) >= APART).all())
            self.assertTrue(examined(GRID)[np.searchsorted(GRID, maxima[there])].all())
        # Far from minerals, the first of the list is the band that the score depends on.
        other = found.maxima[:, 0] > 1850
        self.assertGreater(other.mean(), .2)
        np.testing.assert_allclose(found.maxima[other, 0], found.wavenumber[other])
        np.testing.assert_allclose(narrow[other, 0], found.excess[other], rtol=.01)

    def test_nothing_is_listed_of_spectra_without_a_high_band(self):
        found = self.look(self.X)
        listed = np.isfinite(found.maxima).any(axis=1)
        self.assertTrue((found.excess[~listed] <= 1).all())
        self.assertTrue((np.nanmax(found.multiples[listed], axis=1) > 1).all())
        self.assertGreater((~listed).mean(), .6)

    def test_minerals_are_listed_but_not_counted(self):
        plain = self.look(self.X)
        found = self.look(with_bands(self.X, CONTAMINANTS["carbonate"], .3))
        self.assertLess(np.median(np.abs(found.excess - plain.excess)), .1)
        for place, reach in ((874, 8), (1420, 35)):
            nearest = np.nanmin(np.abs(found.maxima - place), axis=1)
            self.assertGreater((nearest <= reach).mean(), .9, place)

    def test_water_is_listed(self):
        for bands, least, most in ((WATER, .9, 1), (WATER[:1], 0, .1), (WATER[1:], 0, .1)):
            found = self.look(with_bands(self.X, bands, .3))
            share = (found.maxima[:, LISTED:] == [3400, 1640]).all(axis=1).mean()
            self.assertTrue(least <= share <= most, (bands, share))

    def test_the_list_does_not_change_the_score(self):
        X = with_bands(self.X, CONTAMINANTS["carbonate"], .3)
        unlisted = unexplained(X, self.y, GRID, self.seen, self.known, listed=False)
        self.assertTrue(np.isnan(unlisted.maxima).all())
        for one, other in zip(self.look(X)[:3], unlisted[:3], strict=True):
            np.testing.assert_array_equal(one, other)

    def test_put_first(self):
        found = self.look(with_bands(self.X, [(1950, 8, 1)], .2))
        before = found.maxima.copy()
        rows = np.array([1, 4])
        put_first(found, rows, np.array([2236., 1952.]), np.array([1.5, 9.]))
        np.testing.assert_array_equal(found.maxima[rows, 0], [2236, 1952])
        np.testing.assert_array_equal(found.multiples[rows, 0], np.float32([1.5, 9]))
        # The same band is replaced, others move on.
        self.assertEqual((np.abs(found.maxima[4] - 1952) < APART).sum(), 1)
        np.testing.assert_array_equal(found.maxima[1, 1:LISTED], before[1, :LISTED - 1])
        others = np.setdiff1d(np.arange(len(before)), rows)
        np.testing.assert_array_equal(found.maxima[others], before[others])

    def test_any_grid(self):
        for grid in (np.arange(900, 1000, 4.), np.arange(4000, 10000, 8.),
                     np.arange(600, 4000, 32.), np.arange(1000, 1400, 1.)):
            rng = np.random.default_rng(0)
            X = rng.random((20, len(grid))).cumsum(axis=1)
            y = np.arange(20) % 2
            seen = np.ones(len(grid), bool)
            found = unexplained(X, y, grid, seen, expected(X, y, grid, seen))
            self.assertTrue(np.isfinite(found.excess).all())


class TestModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.train = simulate(("PE", "PP", "PS"), n=240, seed=0)
        cls.model = DCNetLearner(epochs=8, widths=(8, 16, 16))(cls.train)
        cls.ps = simulate(("PS",), n=40, seed=1)

    def nitrile(self, data, height=.15):
        axis = np.array([float(a.name) for a in data.domain.attributes])
        data = data.copy()
        with data.unlocked(data.X):
            data.X += height * np.ptp(data.X, axis=1)[:, None] \
                * np.exp(-.5 * ((axis - 2237) / 8) ** 2)
        return data

    def test_nitrile_in_polystyrene(self):
        """Network and correlation do not use 2237 cm-1; this score does."""
        plain, other = self.model.answer(self.ps), self.model.answer(self.nitrile(self.ps))
        np.testing.assert_array_equal(plain.values, other.values)
        np.testing.assert_allclose(plain.correlation, other.correlation, atol=.02)
        self.assertGreater((plain.explained >= .7).mean(), .9)
        self.assertLess((other.explained >= .7).mean(), .1)
        self.assertTrue((decide(other, Rule(ALL)) >= TO_INSPECT).mean() > .9)
        self.assertTrue((decide(other, Rule(EXPLAINED, .7, .7)) == UNKNOWN).mean() > .9)
        bands, texts = origins(self.model, other)
        np.testing.assert_allclose(np.nanmedian(bands), 2236)
        self.assertGreater(np.mean(["C#N stretch (nitrile): acrylonitrile butadiene styrene" in text
                                    for text in texts]), .9, texts)
        self.assertGreater(np.isnan(origins(self.model, plain)[0]).mean(), .6)

    def test_annotated(self):
        data = self.nitrile(self.ps)
        answer = self.model.answer(data)
        table = annotate(data, self.model, answer, Rule())
        np.testing.assert_allclose(table.get_column("explained").astype(float), answer.explained)
        self.assertEqual(table.metas.dtype, data.metas.dtype if data.metas.size else float)
        self.assertIn("nitrile", str(table[0, "possible origin"]))
        self.assertAlmostEqual(float(table[0, "unexplained band"]), 2236)

    def test_a_hole_of_the_axis_is_no_band(self):
        """Spectra without 1900 to 2600 cm-1: values filled into the gap are not found as a band."""
        attributes = [a for a in self.ps.domain.attributes if not 1900 < float(a.name) < 2600]
        short = self.nitrile(self.ps)[:, attributes]
        answer = self.model.answer(short)
        self.assertGreater((answer.explained >= .7).mean(), .9)

    def test_rows_without_answer(self):
        data = self.ps[:4].copy()
        with data.unlocked(data.X):
            data.X[1] = np.nan
        answer = self.model.answer(data)
        self.assertTrue(np.isnan(answer.explained[1]))
        table = annotate(data, self.model, answer, Rule())
        self.assertEqual(str(table[1, "unexplained band"]), "?")

    def test_another_range(self):
        """Collagen's axis, 900 to 1800 cm-1, without C-H."""
        data = Table("collagen")
        model = DCNetLearner(epochs=10, widths=(8, 16, 16))(data[::4])
        answer = model.answer(data[2::4])
        self.assertGreater((answer.explained >= .7).mean(), .85)


if __name__ == "__main__":
    unittest.main()
