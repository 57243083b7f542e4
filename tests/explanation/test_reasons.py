"""Single spectra: components, predictions and reasons."""
import csv
import struct
import tempfile
import unittest
from functools import cache
from pathlib import Path

import numpy as np
from Orange.data import Domain

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.csv_files import write_bands, write_predictions
from orangecontrib.microplastics.explanation.figures import spectra_figure
from orangecontrib.microplastics.explanation.single import (
    choose_mixtures,
    spectrum_views,
    spread_rows,
)
from orangecontrib.microplastics.explanation.table import class_views, explain_table
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PS", "PET")
AXIS = np.arange(600, 3200, 4.)


@cache
def mixtures():
    return mix(simulate(POLYMERS, 20, wavenumbers=AXIS, seed=1), 120, seed=2)


@cache
def model():
    return DCNetLearner(epochs=4, device="cpu")(
        mix(simulate(POLYMERS, 40, wavenumbers=AXIS, seed=0), 900, seed=1))


@cache
def explained():
    return explain_table(model(), mixtures())


class TestSpectrumViews(unittest.TestCase):
    def test_each_component_has_its_own_map(self):
        values = mixtures().domain.class_var.values
        row = next(i for i, y in enumerate(mixtures().Y)
                   if values[int(y)] == "PE + PS" and explained().right[i] == 1)
        view, = spectrum_views(model(), mixtures(), [row])
        self.assertEqual([r.name for r in view.reasons], ["PE", "PS"])
        for reason in view.reasons:
            own = explain_table(model(), mixtures()[[row]], target=reason.name, component=True)
            self.assertAlmostEqual(reason.probability, own.target_probability[0], places=5)
            np.testing.assert_allclose(reason.importance, own.importance[0], atol=1e-6)
            self.assertEqual(reason.verdict, "")
        shares = [float(mixtures()[row][f"fraction {p}"]) for p in ("PE", "PS")]
        for share in shares:
            self.assertIn(f"{share:.0%}", view.title())
        self.assertTrue(view.title().startswith(f"Spectrum {row + 1}: contains"))
        self.assertTrue(view.title().endswith("right"))

    def test_bands_of_a_component_are_its_own(self):
        """In simulated mixtures, importance for a component is on its bands, not on the other's."""
        rows = [i for i, r in enumerate(explained().right) if r == 1 and
                " + " in explained().classes[explained().predicted[i]]][:30]
        hits, total = 0, 0
        for view in spectrum_views(model(), mixtures(), rows):
            for reason in view.reasons:
                total += 1
                first = reason.bands[0].names[0] if reason.bands and reason.bands[0].names else None
                hits += first is not None and first.material == reason.name
        self.assertGreater(hits / total, .6)

    def test_bands_of_the_other_component_are_not_the_air(self):
        for view in spectrum_views(model(), mixtures(), range(60)):
            names = {reason.name for reason in view.reasons}
            for reason in view.reasons:
                for band in reason.bands:
                    if band.names and band.names[0] and band.names[0].material in names:
                        self.assertNotEqual(band.atmosphere, "likely")

    def test_what_is_overlooked_and_what_is_not_in_it(self):
        data = mixtures().copy()
        values = data.domain.class_var.values
        row = next(i for i, p in enumerate(explained().predicted)
                   if explained().classes[p] == "PE + PS")
        with data.unlocked(data.Y):
            data.Y[row] = values.index("PE + PET")
        view, = spectrum_views(model(), data, [row])
        self.assertEqual({r.name: r.verdict for r in view.reasons},
                         {"PE": "", "PS": "not present", "PET": "overlooked"})
        self.assertIn("WRONG", view.title())
        self.assertIn("overlooked", "".join(view.lines()))

    def test_model_of_single_classes(self):
        pure = simulate(POLYMERS, 30, wavenumbers=AXIS, seed=3)
        single = DCNetLearner(epochs=3, device="cpu")(pure)
        view, = spectrum_views(single, pure, [0])
        self.assertEqual(view.reasons[0].name, view.predicted)

    def test_nothing_is_known_and_nothing_is_there(self):
        unknown = mixtures().transform(Domain(mixtures().domain.attributes))
        view, = spectrum_views(model(), unknown, [3])
        self.assertEqual(view.holds, "")
        self.assertNotIn("right", view.title().lower())
        empty = unknown.copy()
        with empty.unlocked(empty.X):
            empty.X[3] = np.nan
        self.assertEqual(spectrum_views(model(), empty, [3]), [])

    def test_chosen_by_chance_but_recognised_and_not(self):
        rows = choose_mixtures(explained(), right=2, wrong=1)
        names = [mixtures().domain.class_var.values[int(mixtures().Y[i])] for i in rows]
        self.assertTrue(all(name.count(" + ") == 1 for name in names))
        right = explained().right[rows]
        self.assertEqual(list(right[:2]), [1, 1])
        self.assertTrue((right[2:] == 0).all())
        self.assertEqual(len({*names[:2]}), 2)
        self.assertEqual(len(set(rows)), len(rows))
        np.testing.assert_array_equal(rows, choose_mixtures(explained(), right=2, wrong=1))

    def test_some_of_each_class(self):
        rows = spread_rows(explained(), 6)
        self.assertEqual(len(rows), 6)
        self.assertEqual(len(set(explained().predicted[rows])),
                         min(6, len(set(explained().predicted))))
        self.assertEqual(len(spread_rows(explained(), 1000)), len(mixtures()))


class TestWritten(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def rows(self, name):
        with open(self.folder / name, encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_picture(self):
        views = spectrum_views(model(), mixtures(), [0, 50, 100])
        spectra_figure(views, self.folder / "a.png")
        spectra_figure(views[:1], self.folder / "b.png")
        sizes = [struct.unpack(">II", (self.folder / n).read_bytes()[16:24])
                 for n in ("a.png", "b.png")]
        self.assertGreater(sizes[0][1], sizes[1][1] + 300)
        with self.assertRaisesRegex(ValueError, "no spectrum"):
            spectra_figure([], self.folder / "c.png")

    def test_predictions(self):
        write_predictions(explained(), self.folder / "p.csv")
        rows = self.rows("p.csv")
        self.assertEqual(len(rows), len(mixtures()))
        values = mixtures().domain.class_var.values
        for i, row in enumerate(rows):
            self.assertEqual(row["class"], values[int(mixtures().Y[i])])
            self.assertEqual(row["right"], "yes" if row["class"] == row["prediction"] else "no")
            self.assertAlmostEqual(float(row["probability"]),
                                   explained().probabilities[i].max(), places=3)

    def test_bands(self):
        views = class_views(explained())
        write_bands(views, self.folder / "b.csv")
        rows = self.rows("b.csv")
        self.assertEqual(len(rows), sum(len(v.bands) for v in views))
        for row in rows:
            at = int(row["wavenumber"])
            self.assertTrue(int(row["from"]) <= at <= int(row["to"]))
            if not row["what absorbs there"].startswith("no absorption"):
                self.assertTrue(row["what absorbs there"].startswith(str(at)), row)


if __name__ == "__main__":
    unittest.main()
