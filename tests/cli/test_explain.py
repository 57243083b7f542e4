"""The command that explains a saved model for a file of spectra."""
import contextlib
import csv
import io
import pickle
import tempfile
import unittest
from pathlib import Path

import numpy as np
from Orange.classification import MajorityLearner
from Orange.data import Table

from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.cli import explain
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import DECISIONS, Rule, decide
from orangecontrib.microplastics.spectra.axis import wavenumbers


class TestExplain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = Table("collagen")[::6]
        cls.model = DCNetLearner(epochs=25)(cls.data)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.model_file = self.write("model.pkcls", self.model)
        self.data_file = self.folder / "spectra.tab"
        self.data.save(str(self.data_file))

    def write(self, name, what):
        path = self.folder / name
        path.write_bytes(pickle.dumps(what))
        return path

    def test_writes_picture_bands_and_importance(self):
        out = self.folder / "out"
        self.assertEqual(
            main(["explain", str(self.model_file), str(self.data_file), "--output", str(out)]), 0)
        for name in ("grad-cam.png", "spectra.png"):
            self.assertEqual((out / name).read_bytes()[:4], b"\x89PNG")
        with open(out / "predictions.csv", encoding="utf-8") as file:
            predictions = [row["prediction"] for row in csv.DictReader(file)]
        values = self.data.domain.class_var.values
        self.assertEqual(predictions, [values[int(v)] for v in self.model(self.data)])
        bands = Table(str(out / "bands.csv"))
        self.assertGreater(len(bands), 3)
        importance = Table(str(out / "importance.pkl"))
        self.assertEqual(importance.X.shape, self.data.X.shape)
        np.testing.assert_array_equal(wavenumbers(importance.domain),
                                      wavenumbers(self.data.domain))
        self.assertGreater(np.nanmax(importance.X), 0)

    def test_the_strongest_bands_are_told(self):
        lines = explain.run(self.model_file, self.data_file, self.folder / "out")
        for name in self.data.domain.class_var.values:
            self.assertTrue(any(line.startswith(name) for line in lines), lines)
        self.assertTrue(any("cm-1" in line for line in lines))
        self.assertIn(f"{len(self.data)} spectra", lines[0])
        self.assertTrue(any(line.startswith("Spectrum ") for line in lines))

    def save_csv(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def failed(self, *args):
        """Error message of the command, which exits with 1 and prints no traceback."""
        with contextlib.redirect_stderr(io.StringIO()) as told, \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(main(["explain", *map(str, args), "--output",
                                   str(self.folder / "out")]), 1)
        lines = told.getvalue().strip().splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def test_data_that_do_not_suit_end_in_one_line(self):
        axis = wavenumbers(self.data.domain)
        X = self.data.X[:2, np.argsort([float(a.name) for a in self.data.domain.attributes])]
        X = X - X.min()
        percent = 100 * 10 ** -X
        header = "name," + ",".join(f"{w:g}" for w in axis)
        rows = "\n".join("p," + ",".join(f"{v:.4f}" for v in row) for row in percent)
        transmittance = self.save_csv("t.csv", f"{header}\n{rows}\n")
        peaks = self.save_csv("peaks.csv", "name,3273.85,1642.25,1376.09,1007.26\n"
                                           "p,83.32,89.6,77.57,69.38\n")
        two = self.save_csv("two.csv", "Wavelength;Intensity\n" + "\n".join(
            f"{w:.4f};{t:.4f}".replace(".", ",") for w, t in zip(axis, percent[0], strict=True)))
        wide = self.save_csv("wide.csv", (header + "\n" + rows + "\n").replace(",", ";")
                             .replace(".", ","))
        blank = self.save_csv("blank.csv", f"{header}\n" + "a," + ",".join("0.5" for _ in axis)
                              + "\nb," + ",".join("1.5" for _ in axis) + "\n")
        empty = self.save_csv("empty.csv", header + "\n")
        for path, words in ((transmittance, "transmittance.*Preprocess Spectra"),
                            (peaks, "list of peaks"), (two, "transmittance"),
                            (wide, "transmittance"), (blank, "get no prediction"),
                            (empty, "no spectra")):
            with self.subTest(path.name):
                self.assertRegex(self.failed(self.model_file, path), words)

    def test_spectra_in_columns_are_turned(self):
        axis = wavenumbers(self.data.domain)
        X = self.data.X[:3, np.argsort([float(a.name) for a in self.data.domain.attributes])]
        path = self.save_csv("columns.csv", "Wavenumber,101,102,103\n" + "\n".join(
            ",".join([f"{w}", *(f"{v:.6f}" for v in values)])
            for w, values in zip(axis[::-1], X.T[::-1], strict=True)))
        explain.run(self.model_file, path, self.folder / "out")
        with open(self.folder / "out" / "predictions.csv", encoding="utf-8") as file:
            found = [row["prediction"] for row in csv.DictReader(file)]
        values = self.data.domain.class_var.values
        self.assertEqual(found, [values[int(v)] for v in self.model(self.data[:3])])

    def test_a_model_of_another_range_ends_in_one_line(self):
        axis = np.arange(2000, 4000, 4)
        path = self.save_csv("other.csv", ",".join(map(str, axis)) + "\n"
                             + ",".join(f"{np.sin(w / 50):.4f}" for w in axis) + "\n")
        self.assertRegex(self.failed(self.model_file, path), "cover")

    def test_reads_the_model_file_that_runs_no_code(self):
        path = self.folder / "model.dcnet"
        self.model.save(path)
        lines = explain.run(path, self.data_file, self.folder / "out")
        self.assertEqual(lines, explain.run(self.model_file, self.data_file,
                                               self.folder / "out"))
        path.write_bytes(path.read_bytes()[:-100])
        self.assertIn("model.dcnet", self.failed(path, self.data_file))

    def test_what_is_refused_has_no_prediction(self):
        data = self.data[:6].copy()
        with data.unlocked(data.X):
            data.X[1] = 1.0
            data.X[3, :len(data.domain.attributes) // 2] = np.nan
        data.save(str(self.data_file))
        lines = explain.run(self.model_file, self.data_file, self.folder / "out")
        self.assertIn("no answer 2", lines[0])
        self.assertTrue(any("get no prediction" in line for line in lines), lines)
        with open(self.folder / "out" / "predictions.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([bool(row["prediction"]) for row in rows],
                         [True, False, True, False, True, True])
        answer = self.model.answer(data)
        decisions = [DECISIONS[d].lower() for d in decide(answer, Rule())]
        self.assertEqual([row["decision"] for row in rows], decisions)
        for row, probabilities in zip(rows, answer.probabilities, strict=True):
            if row["prediction"]:
                self.assertAlmostEqual(float(row["probability"]), probabilities.max(), places=3)

    def test_bad_files_are_told_in_words(self):
        broken = self.folder / "broken.pkcls"
        broken.write_bytes(self.model_file.read_bytes()[:500])
        other = self.write("majority.pkcls", MajorityLearner()(self.data))
        for model, data, text in (
                (self.folder / "none.pkcls", self.data_file, "no file"),
                (broken, self.data_file, "not a saved model"),
                (other, self.data_file, "not a model of Dual-Branch CNN"),
                (self.model_file, self.folder / "none.tab", "no file"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, text):
                explain.run(model, data, self.folder / "out")

    def test_a_file_where_the_folder_should_be(self):
        (self.folder / "out").write_text("")
        self.assertIn(f"{self.folder / 'out'} is a file, not a folder",
                      self.failed(self.model_file, self.data_file))

    def test_component_that_the_model_does_not_know(self):
        with self.assertRaises(ValueError):
            explain.run(self.model_file, self.data_file, self.folder / "out",
                           component="nylon")


if __name__ == "__main__":
    unittest.main()
