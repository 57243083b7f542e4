"""The command that identifies spectra of files, with the ready-made model."""
import copy
import csv
import io
import os
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.cli.identify import _percent, find_files
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import DECISIONS, Rule, decide, remarks
from orangecontrib.microplastics.identification.rows import COLUMNS
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.simulation import simulate
from orangecontrib.microplastics.spectra.axis import wavenumbers
from orangecontrib.microplastics.spectra.files import read_spectra


class TestIdentify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = Table("collagen")[::12]
        cls.model = DCNetLearner(epochs=25)(Table("collagen")[::6])
        cls.model.name = "Tissue"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        nothing = self.folder / "no data"
        nothing.mkdir()
        for patched in (patch.dict(os.environ, {datasets.FOLDER_VARIABLE: str(nothing)}),
                        patch.object(ready, "get", self.get)):
            patched.start()
            self.addCleanup(patched.stop)
        self.asked, self.error = [], None

    def get(self, progress, *, fetch=True, simulated=False, low=0):
        self.asked.append((fetch, simulated))
        progress(.5, "Learning")
        if self.error is not None:
            raise self.error
        return self.model

    def run_it(self, *args):
        """Exit status, and lines of the answer and of the errors."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(["identify", *map(str, args)])
        return status, out.getvalue().splitlines(), err.getvalue().splitlines()

    def spectra(self, name="own.csv", rows=slice(None), as_values=lambda X: X, names=None):
        """Write spectra to a file, without a class."""
        axis = wavenumbers(self.data.domain)
        order = np.argsort([float(a.name) for a in self.data.domain.attributes])
        X = as_values(self.data.X[rows][:, order])
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*(["sample"] if names else []), *(f"{w:g}" for w in axis)])
            for i, row in enumerate(X):
                writer.writerow([*([names[i]] if names else []), *(f"{v:.5f}" for v in row)])
        return path

    def rows(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_answers_are_those_of_the_model(self):
        path, out = self.spectra(), self.folder / "new" / "answers.csv"
        status, lines, errors = self.run_it(path, "--output", out)
        self.assertEqual((status, errors), (0, []))
        self.assertEqual(self.asked, [(True, False)])
        answer = self.model.answer(read_spectra(path))
        decisions = decide(answer, Rule())
        rows = self.rows(out)
        self.assertEqual(tuple(rows[0]), COLUMNS)
        self.assertEqual(len(rows), len(self.data))
        classes = self.model.domain.class_var.values
        told = remarks(self.model, answer, Rule(), range(len(rows)))
        for i, row in enumerate(rows):
            self.assertEqual(row["file"], str(path))
            self.assertEqual(row["spectrum"], f"Row {i + 1}")
            self.assertEqual(row["decision"], DECISIONS[decisions[i]])
            self.assertEqual(row["material"], classes[int(answer.values[i])])
            self.assertEqual(row["remark"], told[i])
            for name in ("probability", "confidence", "correlation", "explained", "complete"):
                self.assertAlmostEqual(float(row[name]), getattr(answer, name)[i], places=3)
            hit = answer.hits[i, 0]
            self.assertEqual(row["library material"],
                             self.model.references.materials[self.model.references.which[hit]])
            self.assertAlmostEqual(float(row["hit quality"]), answer.quality[i, 0], places=3)

    def test_table_and_summary(self):
        path = self.spectra(rows=slice(3), names=["one", "two", "three"])
        _, lines, _ = self.run_it(path)
        self.assertIn("ready-made model is made first", lines[0])
        self.assertIn("Model Tissue: 4 materials", lines[1])
        table = lines[2:6]
        self.assertTrue(table[0].startswith("File"))
        answer = self.model.answer(read_spectra(path))
        for i, (name, line) in enumerate(zip(("one", "two", "three"), table[1:], strict=True)):
            self.assertTrue(line.startswith("own.csv "), "only the name of the file")
            self.assertIn(f" {name} ", line)
            self.assertIn(f" {_percent(answer.probability[i])} ", line)
            self.assertIn(f"{answer.quality[i, 0]:.2f}", line)
        # Columns are below each other.
        self.assertEqual(len({line.index(name) for name, line in zip(
            ("Spectrum", "one", "two", "three"), table, strict=True)}), 1)
        counts = np.bincount(decide(answer, Rule()), minlength=3)
        self.assertTrue(any(line.startswith(
            f"3 spectra in 1 file: {counts[0]} accepted, {counts[1]} to inspect, "
            f"{counts[2]} unknown") for line in lines), lines)

    def test_percent(self):
        self.assertEqual([_percent(p) for p in (.966, 1., .9999, .0001, 0.)],
                         ["97 %", "100 %", ">99 %", "<1 %", "0 %"])

    def test_threshold(self):
        path, out = self.spectra(), self.folder / "answers.csv"
        for accept in (0., .5, 1.):
            self.run_it(path, "--output", out, "--accept", accept)
            rule = Rule(accept=accept, inspect=min(.6, accept))
            answer = self.model.answer(read_spectra(path))
            self.assertEqual([row["decision"] for row in self.rows(out)],
                             [DECISIONS[d] for d in decide(answer, rule)])
        with redirect_stderr(io.StringIO()) as told, self.assertRaises(SystemExit):
            main(["identify", str(path), "--accept", "70"])
        self.assertIn("between 0 and 1", told.getvalue())

    def test_one_bad_file_does_not_stop_the_others(self):
        good = [self.spectra("a.csv", slice(2)), self.spectra("c.csv", slice(1))]
        peaks = self.folder / "b.csv"
        peaks.write_text("name,3273.85,1642.25\np,83.32,89.6\n", encoding="utf-8")
        out = self.folder / "answers.csv"
        status, lines, errors = self.run_it(
            good[0], peaks, self.folder / "none.csv", good[1], "--output", out)
        self.assertEqual(status, 1)
        self.assertEqual(len(errors), 2, errors)
        self.assertIn("none.csv", errors[0])
        self.assertIn("b.csv", errors[1])
        self.assertEqual([row["file"] for row in self.rows(out)],
                         [str(good[0])] * 2 + [str(good[1])])
        self.assertTrue(any("3 spectra in 2 files" in line and "2 could not be used" in line
                            for line in lines), lines)

    def test_no_model_is_made_for_nothing(self):
        status, _, errors = self.run_it(self.folder / "none.csv")
        self.assertEqual((status, len(errors), self.asked), (1, 1, []))
        (self.folder / "empty").mkdir()
        status, _, errors = self.run_it(self.folder / "empty")
        self.assertEqual((status, self.asked), (1, []))
        self.assertIn("empty", errors[0])

    def test_folders_and_patterns(self):
        paths = [self.spectra(f"some/{name}", slice(1)) for name in ("a.csv", "B.CSV", "c.txt")]
        (self.folder / "some" / "notes.docx").write_text("no spectra")
        # A pickle could run code, and is read only if it is named.
        self.data.save(str(self.folder / "some" / "d.pkl"))
        fails = []
        self.assertEqual(set(find_files([self.folder / "some"], fails.append)), set(paths))
        self.assertEqual(find_files([str(self.folder / "some" / "*.csv"), paths[0]],
                                    fails.append)[0], paths[0])
        self.assertEqual(len(find_files([paths[0], self.folder / "some"], fails.append)), 3)
        self.assertEqual(fails, [])
        find_files([self.folder / "*.spc"], fails.append)
        self.assertIn("*.spc", fails[0])

    def test_own_results_are_not_taken_for_spectra(self):
        self.spectra("a.csv", slice(2))
        out = self.folder / "answers.csv"
        for _ in range(2):
            status, _, errors = self.run_it(self.folder / "*.csv", "--output", out)
            self.assertEqual((status, errors), (0, []))
            self.assertEqual(len(self.rows(out)), 2)

    def test_spectra_are_not_overwritten(self):
        path = self.spectra()
        before = path.read_bytes()
        status, _, errors = self.run_it(path, "--output", path)
        self.assertEqual((status, len(errors), self.asked), (1, 1, []))
        self.assertIn("choose another file", errors[0])
        self.assertEqual(path.read_bytes(), before)
        status, _, errors = self.run_it(path, "--output", self.folder)
        self.assertEqual((status, len(errors)), (1, 1))
        self.assertIn("is the folder of own.csv", errors[0])
        status, _, errors = self.run_it(path, "--smallest", "9")
        self.assertIn("--smallest is for results in a folder", errors[0])

    def test_transmittance(self):
        def percent(X):
            return 100 * 10 ** -(X - X.min(axis=1, keepdims=True))

        path, out = self.spectra(as_values=percent), self.folder / "answers.csv"
        status, _, errors = self.run_it(path)
        self.assertEqual((status, len(errors)), (1, 1))
        self.assertRegex(errors[0], "own.csv: .*transmittance.*--transmittance")
        status, _, errors = self.run_it(path, "--transmittance", "--output", out)
        self.assertEqual((status, errors), (0, []))
        expected = self.model(self.data)
        classes = self.model.domain.class_var.values
        self.assertEqual([row["material"] for row in self.rows(out)],
                         [classes[int(v)] for v in expected])
        status, _, errors = self.run_it(self.spectra("absorbance.csv"), "--transmittance")
        self.assertRegex(errors[0], "leave out --transmittance")

    def test_notes_are_told(self):
        def constant(X):
            return np.vstack((X[:2], np.full_like(X[0], .5)))

        path, out = self.spectra(as_values=constant), self.folder / "answers.csv"
        status, lines, _ = self.run_it(path, "--output", out)
        self.assertEqual(status, 0)
        self.assertTrue(any("own.csv: 1 of 3 spectra get no prediction" in x for x in lines), lines)
        last = self.rows(out)[-1]
        self.assertEqual((last["material"], last["probability"], last["decision"]),
                         ("", "", "Unknown"))
        self.assertIn("no prediction", last["remark"])

    def test_simulated_model_says_so(self):
        model = copy.copy(self.model)
        model.training = {**model.training, "simulated": True}
        files = [self.spectra("a.csv", slice(2)), self.spectra("b.csv", slice(2))]
        out = self.folder / "answers.csv"
        with patch.object(self, "model", model):
            _, lines, _ = self.run_it(*files, "--simulated", "--output", out)
        self.assertEqual(self.asked, [(True, True)])
        self.assertEqual(sum("simulated spectra only" in line for line in lines), 2)
        self.assertTrue(all("simulated" in row["remark"] for row in self.rows(out)))

    def test_spectra_that_cannot_be_fetched(self):
        path = self.spectra()
        for error, words in ((datasets.FetchError("no connection"), "no connection"),
                             (datasets.MissingData("not fetched"), "--no-fetch")):
            self.error = error
            status, _, errors = self.run_it(path, "--no-fetch")
            self.assertEqual((status, len(errors)), (1, 1))
            self.assertIn(words, errors[0])
            self.assertIn("--simulated", errors[0])
        self.assertEqual(self.asked, [(False, False)] * 2)

    def test_a_model_from_a_file(self):
        file = self.folder / "model.dcnet"
        self.model.save(file)
        status, lines, _ = self.run_it(self.spectra(), "--model", file)
        self.assertEqual((status, self.asked), (0, []))
        self.assertIn("Model Tissue", lines[0])
        status, _, errors = self.run_it(self.spectra(), "--model", self.folder / "none.dcnet")
        self.assertEqual((status, len(errors)), (1, 1))
        self.assertIn("none.dcnet", errors[0])
        with redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
            main(["identify", "x", "--model", "m.dcnet", "--simulated"])


if __name__ == "__main__":
    unittest.main()


class TestMixtures(unittest.TestCase):
    """With a model of mixtures: components, how much of each, pictures."""

    @classmethod
    def setUpClass(cls):
        pure = simulate(["PE", "PET", "PS"], 30)
        cls.model = DCNetLearner(mixtures=2, epochs=3, step=8)(pure)
        cls.mixtures = mix(simulate(["PE", "PET", "PS"], 12, seed=5), 24, components=2,
                           ratio="derivative", seed=1, smallest=.3)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "some + mixtures.csv"
        with open(self.file, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([a.name for a in self.mixtures.domain.attributes])
            writer.writerows(self.mixtures.X.round(5))
        self.model.save(self.folder / "m.dcnet")

    def run_it(self, *args):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(["identify", str(self.file), "--model", str(self.folder / "m.dcnet"),
                           *map(str, args)])
        self.assertEqual((status, err.getvalue()), (0, ""))
        return out.getvalue().splitlines()

    def test_components_and_fractions(self):
        out = self.folder / "answers.csv"
        lines = self.run_it("--output", out)
        with open(out, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        answer = self.model.answer(read_spectra(self.file))
        materials = self.model.components
        for i, row in enumerate(rows):
            named = row["components"].split("; ")
            self.assertEqual(set(named), {m for m, there in zip(
                materials, answer.named[i], strict=True) if there})
            found = dict(zip(named, map(float, row["fractions"].split("; ")), strict=True))
            self.assertAlmostEqual(sum(found.values()), 1, places=2)
            for name, value in found.items():
                self.assertAlmostEqual(value, answer.fractions[i, materials.index(name)], places=3)
            self.assertEqual(list(found.values()), sorted(found.values(), reverse=True))
        mixture = next(i for i, row in enumerate(rows) if "; " in row["components"])
        name, value = (rows[mixture][key].split("; ")[0] for key in ("components", "fractions"))
        line = next(line for line in lines if f" Row {mixture + 1} " in line)
        self.assertIn(f"{name} {100 * float(value):.0f} % (", line)

    def test_pictures(self):
        lines = self.run_it("--pictures", self.folder / "new" / "pictures")
        picture, = (self.folder / "new" / "pictures").iterdir()
        self.assertEqual(picture.name, "some + mixtures.csv.png")
        self.assertEqual(picture.read_bytes()[:4], b"\x89PNG")
        self.assertTrue(any(line.startswith("1 picture of mixtures in ") for line in lines))
