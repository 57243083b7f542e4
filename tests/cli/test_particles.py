"""The command "particles"."""
import csv
import io
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import numpy as np

from orangecontrib.microplastics import ready
from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.particles.classes import size_classes
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PP", "PS", "PET")


class TestParticles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        axis = np.arange(900, 3600, 13.5)
        cls.model = DCNetLearner(epochs=6, widths=(12, 12, 12), mixtures=2, seed=1)(
            simulate(POLYMERS, 50, wavenumbers=axis))
        cls.model.save(cls.folder / "m.dcnet")
        settings = {"polymers": POLYMERS, "particles": 5, "touching": 0., "small": 0., "sand": 0,
                    "biofilm": 0, "wavenumbers": axis, "seed": 2}
        for matrix in ("silicon", "alumina"):
            simulate_map(56, matrix=matrix, **settings).table.save(
                str(cls.folder / f"{matrix}.tab"))

    def run_it(self, *args):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(["particles", *map(str, args)])
        return status, out.getvalue(), err.getvalue()

    def test_counts_and_report(self):
        report = self.folder / "new folder" / "r.html"
        status, out, err = self.run_it(
            self.folder / "silicon.tab", "--model", self.folder / "m.dcnet", "--output", report,
            "--classes", "50,100,200,400", "--pixel-size", 10, "--litres", 2, "--mass",
            "--title", "Lake 7")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("56 x 56 pixels", out)
        self.assertIn("per L", out)
        self.assertIn("50–100", out)
        text = report.read_text(encoding="utf-8")
        self.assertIn("Lake 7", text)
        self.assertIn("each 10 µm, typed", text)
        self.assertIn("Estimated mass", text)
        with open(report.with_name("r particles.csv"), encoding="utf-8") as file:
            n = len(list(csv.reader(file))) - 1
        self.assertIn(f"{n} particles", out)
        self.assertGreaterEqual(n, 4)

    def test_what_was_not_looked_for_has_a_row_without_numbers(self):
        _, out, _ = self.run_it(self.folder / "silicon.tab", "--model", self.folder / "m.dcnet")
        self.assertRegex(out, r"(?m)^PTFE\*( +–)+$")
        self.assertRegex(out, r"(?m)^\* .*PTFE.*: the model does not know them, so that they were "
                              "not looked for")

    def test_a_filter_that_ends_early_gets_another_model(self):
        asked = []
        narrow = DCNetLearner(epochs=2, widths=(8, 8, 8), seed=1)(
            simulate(POLYMERS, 12, wavenumbers=np.arange(1250, 3600, 13.5)))

        def get(progress, *, fetch=True, simulated=False, low=0):
            asked.append((simulated, low))
            return narrow if low else self.model

        with patch.object(ready, "get", get):
            status, out, _ = self.run_it(self.folder / "alumina.tab", "--simulated")
        self.assertEqual(status, 0)
        self.assertEqual(asked, [(True, 0), (True, 1250)])
        self.assertIn("from 1250 cm-1 on", out)
        # A model of one's own is not replaced.
        status, _, err = self.run_it(self.folder / "alumina.tab", "--model",
                                     self.folder / "m.dcnet")
        self.assertEqual(status, 1)
        self.assertIn("train one that begins at 1250", err)

    def test_what_cannot_be_used_ends_in_one_line(self):
        for args, said in (
                ((self.folder / "none.tab",), "There is no file"),
                ((self.folder / "silicon.tab", "--classes", "5,fifty"), "is no number")):
            status, _, err = self.run_it(*args, "--model", self.folder / "m.dcnet")
            self.assertEqual(status, 1)
            self.assertIn(said, err)
            self.assertEqual(err.count("\n"), 1)

    def test_options_out_of_range(self):
        for args, said in ((("--smallest", 0), "1 or more"), (("--share", 120), "at most 100")):
            err = io.StringIO()
            with redirect_stderr(err), self.assertRaises(SystemExit) as stopped:
                main(["particles", str(self.folder / "silicon.tab"), *map(str, args)])
            self.assertEqual(stopped.exception.code, 2)
            self.assertIn(said, err.getvalue())

    def test_classes_by_name_or_limits(self):
        self.assertTrue(size_classes(None).name.startswith("ISO"))
        self.assertTrue(size_classes("eu").name.startswith("EU"))
        self.assertEqual(size_classes("20, 50").limits, (20, 50))


if __name__ == "__main__":
    unittest.main()
