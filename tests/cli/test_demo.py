"""The command line as a user types it."""
import csv
import io
import os
import pickle
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.cli import demo
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.peers import PEERS


def quick_learners(seed, pure=False):
    return {demo.OURS: DCNetLearner(epochs=10, seed=seed),
            "kNN, correlation": PEERS["kNN, correlation"](seed=seed)}


def run(*argv):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(argv)
        except SystemExit as ex:
            status = ex.code
    return status, out.getvalue(), err.getvalue()


class TestDemo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        nothing = self.folder / "no data"
        nothing.mkdir()
        there = patch.dict(os.environ, {datasets.FOLDER_VARIABLE: str(nothing)})
        there.start()
        self.addCleanup(there.stop)

    def test_without_network_collagen_stands_in_and_is_named(self):
        output = self.folder / "new" / "demo"
        with patch.object(demo, "_learners", quick_learners):
            status, out, err = run("demo", "--quick", "--no-fetch", "--output", str(output))
        self.assertEqual(status, 0, err)
        self.assertIn("Instead of microplastics", out)
        self.assertIn("collagen.csv", (output / "results.txt").read_text(encoding="utf-8"))
        with open(output / "results.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([r["learner"] for r in rows], [demo.OURS, "kNN, correlation"])
        # 10 classes of the same size: chance is 0.1.
        self.assertTrue(all(float(r["accuracy"]) > .5 for r in rows))
        for name in ("training curve.png", "confusion matrix collagen.png",
                     "grad-cam collagen.png", "mixtures collagen.png"):
            self.assertEqual((output / name).read_bytes()[:4], b"\x89PNG")
        with open(output / "predictions collagen.csv", encoding="utf-8") as file:
            predictions = list(csv.DictReader(file))
        self.assertAlmostEqual(np.mean([p["right"] == "yes" for p in predictions]),
                               float(rows[0]["accuracy"]), places=3)
        # Mixtures are explained, including a incorrectly predicted one.
        self.assertIn("which components are in these mixtures", out)
        self.assertIn("WRONG", out)
        # The written model can be loaded, and its answers for the mixtures are those of the table.
        mixtures = Table(str(output / "test mixtures collagen.pkl"))
        with open(output / "model collagen.pkcls", "rb") as file:
            model = pickle.load(file)
        self.assertAlmostEqual(np.mean(model(mixtures) == mixtures.Y),
                               float(rows[0]["accuracy"]), places=3)

    def test_failed_download_falls_back(self):
        def fail(progress, **kwargs):
            raise datasets.FetchError("no network")

        lines = []
        with patch.object(datasets, "fetch", fail):
            protocols = demo._protocols(True, lines.append, lines.append)
        self.assertEqual(protocols, [demo._collagen])
        self.assertIn("cannot be had: no network", " ".join(lines))

    def test_folder_that_cannot_be_written(self):
        file = self.folder / "file"
        file.write_text("")
        for output in (file, file / "below"):
            with self.subTest(output.name):
                status, _, err = run("demo", "--output", str(output))
                self.assertEqual(status, 1)
                self.assertRegex(err, f"^orange-microplastics: {file} is a file, not a folder; "
                                      r"[^\n]*--output\.\n$")

    def test_interrupt(self):
        with patch.object(demo, "run", side_effect=KeyboardInterrupt):
            status, _, err = run("demo", "--output", str(self.folder))
        self.assertEqual((status, "Stopped." in err), (130, True))

    def test_help_and_mistakes(self):
        status, out, _ = run("--help")
        self.assertEqual((status, "demo" in out), (0, True))
        self.assertEqual(run()[0], 2)
        self.assertEqual(run("demo", "--seed", "-1")[0], 2)

    def test_fetch_of_a_wrong_wheel(self):
        wheel = self.folder / "wrong.whl"
        wheel.write_bytes(b"nothing of the kind")
        status, _, err = run("fetch", "--wheel", str(wheel))
        self.assertEqual(status, 1)
        self.assertTrue(err.strip())
        self.assertFalse(datasets.is_available("frond_2021"))


if __name__ == "__main__":
    unittest.main()
