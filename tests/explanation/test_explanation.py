"""Grad-CAM of Tables: inputs and outputs."""
import struct
import sys
import tempfile
import unittest
from functools import cache
from pathlib import Path

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.figures import gradcam_figure
from orangecontrib.microplastics.explanation.table import (
    bands_table,
    class_views,
    components,
    explain_table,
    importance_table,
)
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.nn.attribution.gradcam import explain
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.spectra.axis import spectral_columns

POLYMERS = ("PE", "PS", "PET")


@cache
def spectra(n=12, seed=1):
    return simulate(POLYMERS, n, wavenumbers=np.arange(600, 3200, 4.0), seed=seed)


@cache
def model(networks=1):
    return DCNetLearner(epochs=4, networks=networks, device="cpu")(spectra(50, 0))


@cache
def mixture_model():
    return DCNetLearner(epochs=2, device="cpu")(mix(spectra(50, 0), 600))


def rearranged(data, order):
    """The same spectra with their columns in another order."""
    domain = Domain([data.domain.attributes[i] for i in order], data.domain.class_vars,
                    data.domain.metas)
    return data.transform(domain)


class TestExplainTable(unittest.TestCase):
    def test_is_gradcam_of_what_the_network_is_fed(self):
        data = spectra()
        own = explain_table(model(2), data)
        expected = explain(model(2).networks, model(2).grid_spectra(data), model(2).wavenumbers,
                           spectral_columns(data.domain)[1])
        np.testing.assert_allclose(own.importance, expected.importance, atol=1e-6)
        np.testing.assert_allclose(own.probabilities, model(2)(data, model(2).Probs), atol=1e-5)
        np.testing.assert_array_equal(own.target, own.predicted)
        # Fine maps by default.
        self.assertEqual(own.resolution, 16)
        self.assertEqual(explain_table(model(2), data, method="hirescam").resolution, 64)

    def test_importance_stays_with_its_wavenumber(self):
        data = spectra()
        columns = np.arange(len(data.domain.attributes))
        reference = explain_table(model(), data)
        for name, order in (("descending", columns[::-1]),
                            ("unsorted", np.random.default_rng(0).permutation(columns))):
            with self.subTest(name):
                other = explain_table(model(), rearranged(data, order))
                np.testing.assert_array_equal(other.axis, reference.axis[order])
                # Where the region's evidence changes its sign, rounding decides.
                np.testing.assert_allclose(other.importance, reference.importance[:, order],
                                           atol=.01 * np.nanmax(reference.importance))

    def test_another_instruments_axis(self):
        # Uneven and finer: importance of the same wavenumber is the same, within the
        # interpolation of the spectra.
        axis = np.sort(np.random.default_rng(0).uniform(600, 3196, 2500))
        axis[[0, -1]] = 600, 3196
        data = spectra()
        uneven = Table.from_numpy(
            Domain([ContinuousVariable(f"{w:.4f}") for w in axis]),
            np.array([np.interp(axis, spectral_columns(data.domain)[1], row) for row in data.X]))
        for method, least in (("hirescam", .98), ("fine", .95)):
            own, reference = (explain_table(model(), one, method=method) for one in (uneven, data))
            seen = np.isfinite(own.importance[0])
            self.assertTrue(seen.any() and not seen.all())
            for ours, theirs in zip(own.importance, reference.importance, strict=True):
                known = np.isfinite(theirs)
                expected = np.interp(axis[seen], reference.axis[known], theirs[known])
                self.assertGreater(np.corrcoef(ours[seen], expected)[0, 1], least)

    def test_other_columns_are_left_alone(self):
        data = spectra().transform(Domain(
            [ContinuousVariable("thickness"), *spectra().domain.attributes],
            spectra().domain.class_vars, spectra().domain.metas))
        own = explain_table(model(), data)
        np.testing.assert_allclose(own.importance, explain_table(model(), spectra()).importance,
                                   atol=1e-6)
        names = [a.name for a in importance_table(own).domain.attributes]
        self.assertEqual(names, [a.name for a in spectra().domain.attributes])

    def test_right_and_wrong(self):
        data = spectra().copy()
        own = explain_table(model(), data)
        np.testing.assert_array_equal(own.right, own.predicted == _named(data, own.classes))
        with data.unlocked():
            data.Y[0] = np.nan
        self.assertTrue(np.isnan(explain_table(model(), data).right[0]))
        other = Table.from_numpy(
            Domain(data.domain.attributes, DiscreteVariable("y", values=("a", "b"))), data.X,
            np.zeros(len(data)))
        self.assertTrue(np.isnan(explain_table(model(), other).right).all())

    def test_classes_are_compared_by_name(self):
        data = spectra()
        self.assertEqual(data.domain.class_var.values, POLYMERS)
        reordered = Table.from_numpy(
            Domain(data.domain.attributes, DiscreteVariable("kind", values=POLYMERS[::-1])),
            data.X, 2 - data.Y)
        np.testing.assert_array_equal(explain_table(model(), reordered).right,
                                      explain_table(model(), data).right)
        self.assertTrue(explain_table(model(), data).right.all())

    def test_targets(self):
        data = spectra()
        own = explain_table(model(), data, target="PS")
        index = own.classes.index("PS")
        self.assertTrue((own.target == index).all())
        np.testing.assert_allclose(own.target_probability, own.probabilities[:, index])
        for settings in ({"target": "Glass"}, {"target": "Glass", "component": True}):
            with self.assertRaisesRegex(ValueError, "knows"):
                explain_table(model(), data, **settings)

    def test_components(self):
        self.assertEqual(components(model()), [])
        self.assertEqual(set(components(mixture_model())), set(POLYMERS))
        own = explain_table(mixture_model(), spectra(), target="PS", component=True)
        self.assertEqual(own.targets, ("PS", "without PS"))
        holds = [i for i, name in enumerate(own.classes) if "PS" in name]
        np.testing.assert_allclose(own.target_probability,
                                   own.probabilities[:, holds].sum(axis=1), rtol=1e-5)
        np.testing.assert_array_equal(own.target == 0, own.target_probability >= .5)

    def test_spectra_without_values(self):
        data = spectra().copy()
        with data.unlocked():
            data.X[3] = np.nan
        own = explain_table(model(), data)
        self.assertTrue(np.isnan(own.importance[3]).all())
        self.assertEqual(own.predicted[3], -1)
        table = importance_table(own)
        self.assertTrue(np.isnan(table.get_column("target")[3]))
        self.assertTrue(all(3 not in view.rows for view in class_views(own)))

    def test_no_spectra_and_no_wavenumbers(self):
        self.assertEqual(len(importance_table(explain_table(model(), spectra()[:0]))), 0)
        with self.assertRaisesRegex(ValueError, "wavenumbers"):
            explain_table(model(), Table("iris"))
        narrow = spectra().transform(Domain(spectra().domain.attributes[:40]))
        with self.assertRaises(Exception) as caught:
            explain_table(model(), narrow)
        self.assertIn("cover", str(caught.exception))


def _named(data, classes):
    return np.array([classes.index(data.domain.class_var.values[int(y)]) for y in data.Y])


class TestTables(unittest.TestCase):
    def test_importance_keeps_the_map_of_an_image(self):
        data = spectra()
        x, y = ContinuousVariable("map_x"), ContinuousVariable("map_y")
        image = data.transform(Domain(data.domain.attributes, data.domain.class_vars,
                                      (*data.domain.metas, x, y))).copy()
        with image.unlocked(image.metas):
            image.metas[:, -2] = np.arange(len(image)) % 6
            image.metas[:, -1] = np.arange(len(image)) // 6
        table = importance_table(explain_table(model(), image))
        np.testing.assert_array_equal(table.get_column("map_x"), np.arange(len(image)) % 6)
        np.testing.assert_array_equal(table.get_column("map_y"), np.arange(len(image)) // 6)
        np.testing.assert_array_equal(table.ids, image.ids)
        np.testing.assert_array_equal(table.Y, image.Y)

    def test_importance_says_what_of(self):
        own = explain_table(model(), spectra())
        table = importance_table(own)
        variable = table.domain["target"]
        self.assertEqual([variable.values[int(v)] for v in table.get_column(variable)],
                         [own.targets[t] for t in own.target])
        np.testing.assert_allclose(table.get_column("probability"),
                                   own.probabilities.max(axis=1), rtol=1e-6)
        np.testing.assert_array_equal(table.get_column("right"), own.right)
        again = importance_table(explain_table(model(), table.transform(Domain(
            spectra().domain.attributes, table.domain.class_vars, table.domain.metas))))
        self.assertIn("target (1)", again.domain)

    def test_bands(self):
        views = class_views(explain_table(model(), spectra()))
        table = bands_table(views)
        self.assertEqual(len(table), sum(len(v.bands) for v in views))
        for name in ("wavenumber", "highest at"):
            self.assertTrue((table.get_column("from") <= table.get_column(name)).all())
            self.assertTrue((table.get_column(name) <= table.get_column("to")).all())
        for view in views:
            own = np.equal(table.Y, table.domain.class_var.to_val(view.name))
            share = table.get_column("share")[own]
            # First the darkest place of the map, then by share.
            self.assertTrue((np.diff(share[1:]) <= 1e-9).all())
            self.assertEqual(table.get_column("height")[own][0], 1)
            self.assertLessEqual(share.sum(), 1 + 1e-6)
        self.assertEqual(len(bands_table([])), 0)

    def test_a_trained_model_is_explained_by_each_materials_own_bands(self):
        for view in class_views(explain_table(model(), spectra())):
            with self.subTest(view.name):
                first = [b for b in view.bands if b.absorptions][0]
                self.assertEqual(first.assignments[0].material, view.name)


class TestFigure(unittest.TestCase):
    def test_writes_a_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "gradcam.png"
            views = gradcam_figure(model(), spectra(), path, title="Simulated")
            self.assertEqual({v.name for v in views}, set(POLYMERS))
            content = path.read_bytes()
            width, height = struct.unpack(">II", content[16:24])
            self.assertTrue(content.startswith(b"\x89PNG"))
            self.assertGreater(width, 900)
            one = gradcam_figure(model(), spectra(), path, classes=["PS"])
            self.assertEqual([v.name for v in one], ["PS"])
            self.assertLess(struct.unpack(">II", path.read_bytes()[16:24])[1], height)
            with self.assertRaisesRegex(ValueError, "no spectrum"):
                gradcam_figure(model(), spectra(), path, classes=["Glass"])


if __name__ == "__main__":
    sys.exit(unittest.main())
