"""The command that explains a saved model for a file of spectra."""
import csv
import pickle
import tempfile
import unittest
from pathlib import Path

import numpy as np
from Orange.classification import MajorityLearner
from Orange.data import Table

from orangecontrib.microplastics import explaining
from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.axis import wavenumbers
from orangecontrib.microplastics.dcnet import DCNetLearner


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
        lines = explaining.run(self.model_file, self.data_file, self.folder / "out")
        for name in self.data.domain.class_var.values:
            self.assertTrue(any(line.startswith(name) for line in lines), lines)
        self.assertTrue(any("cm-1" in line for line in lines))
        self.assertIn(f"{len(self.data)} spectra", lines[0])
        self.assertTrue(any(line.startswith("Spectrum ") for line in lines))

    def test_bad_files_are_told_in_words(self):
        broken = self.folder / "broken.pkcls"
        broken.write_bytes(self.model_file.read_bytes()[:500])
        other = self.write("majority.pkcls", MajorityLearner()(self.data))
        for model, data, text in (
                (self.folder / "none.pkcls", self.data_file, "no file"),
                (broken, self.data_file, "no saved model"),
                (other, self.data_file, "not a model of Dual-Branch CNN"),
                (self.model_file, self.folder / "none.tab", "cannot be read"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, text):
                explaining.run(model, data, self.folder / "out")

    def test_component_that_the_model_does_not_know(self):
        with self.assertRaises(ValueError):
            explaining.run(self.model_file, self.data_file, self.folder / "out",
                           component="nylon")


if __name__ == "__main__":
    unittest.main()
