"""The command line as a user types it."""
import csv
import io
import os
import pickle
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.cli import demo, desktop
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.peers import PEERS
from orangecontrib.microplastics.evaluation.protocols import P1_MEANS, P2_MEANS

README = Path(__file__).resolve().parents[2] / "README.md"


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
        # P1 and P2 are not run then, and not announced.
        self.assertNotIn("Two comparisons", out)
        self.assertIn("collagen.csv", (output / "results.txt").read_text(encoding="utf-8"))
        with open(output / "results.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([r["learner"] for r in rows], [demo.OURS, "kNN, correlation"])
        # 10 classes of the same size: chance is 0.1.
        self.assertTrue(all(float(r["accuracy"]) > .5 for r in rows))
        # The end says what to look at, all of it there, and how to go on.
        end = out.partition("Open first:\n")[2]
        files = [line.strip().partition(":")[0] for line in end.split("\n")[:3]]
        self.assertTrue(all((output / name).is_file() for name in files), files)
        self.assertIn("    orange-canvas\n    Help > Example Workflows > Microplastics: "
                      "Identify my spectra\n", end)
        for name in ("training curve.png", "confusion matrix collagen.png",
                     "grad-cam collagen.png", "mixtures collagen.png"):
            self.assertEqual((output / name).read_bytes()[:4], b"\x89PNG")
        with open(output / "predictions collagen.csv", encoding="utf-8") as file:
            predictions = list(csv.DictReader(file))
        self.assertAlmostEqual(np.mean([p["right"] == "yes" for p in predictions]),
                               float(rows[0]["accuracy"]), places=3)
        # Mixtures are explained, including a incorrectly predicted one.
        self.assertIn("Which components are in these mixtures", out)
        self.assertIn("WRONG", out)
        # The written model can be loaded, and its answers for the mixtures are those of the table.
        mixtures = Table(str(output / "test mixtures collagen.pkl"))
        with open(output / "model collagen.pkcls", "rb") as file:
            model = pickle.load(file)
        self.assertAlmostEqual(np.mean(model(mixtures) == mixtures.Y),
                               float(rows[0]["accuracy"]), places=3)

    def test_comparisons_are_explained(self):
        """Nobody knows what P1 and P2 are: every heading and title says it."""
        asked = []

        def split(name, meaning):
            collagen = demo._collagen(0, True)
            return replace(collagen, name=name, meaning=meaning, test=collagen.test[:200])

        def titled(original):
            def draw(*args, **kwargs):
                asked.extend([*args[1:], *kwargs.values()])
                return original(*args, **kwargs)
            return draw

        protocols = [lambda *_: split("P1", P1_MEANS), lambda *_: split("P2", P2_MEANS)]
        output = self.folder / "both"
        learners = {demo.OURS: DCNetLearner(epochs=2, networks=1, seed=0)}
        with patch.object(demo, "_protocols", lambda *_: protocols), \
                patch.object(demo, "_learners", lambda *_: learners), \
                patch.object(demo, "training_picture", titled(demo.training_picture)), \
                patch.object(demo, "gradcam_figure", titled(demo.gradcam_figure)), \
                patch.object(demo, "spectra_figure", titled(demo.spectra_figure)), \
                patch.object(demo, "confusion_picture", titled(demo.confusion_picture)):
            status, out, err = run("demo", "--quick", "--output", str(output))
        self.assertEqual(status, 0, err)
        for name, meaning in (("P1", P1_MEANS), ("P2", P2_MEANS)):
            self.assertGreaterEqual(out.count(f"{name}: {meaning}"), 3)
            titles = [a for a in asked if isinstance(a, str) and name in a]
            self.assertEqual(len(titles), 3)
            self.assertTrue(all(meaning in title for title in titles), titles)
        # The training curve has the accuracies of the table, by the same titles.
        histories, tested = (a for a in asked if isinstance(a, dict))
        self.assertEqual(list(histories), list(tested))
        with open(output / "results.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([str(v) for v in tested.values()], [r["accuracy"] for r in rows])
        self.assertEqual([r["meaning"] for r in rows], [P1_MEANS, P2_MEANS])

    def test_end_says_what_windows_need(self):
        for missing, said in ((), []), (("libxcb-icccm.so.4",), [desktop.APT]):
            with patch.object(desktop, "_loads", lambda name, m=missing: name not in m), \
                    patch.object(desktop.sys, "platform", "linux"):
                self.assertEqual([line.strip() for line in desktop.what_windows_need()][1:], said)
        with patch.object(desktop.PathFinder, "find_spec", lambda _: None):
            self.assertIn("pip install PyQt5", " ".join(desktop.what_windows_need()))

    @unittest.skipUnless(README.is_file(), "the checkout's README is not here")
    def test_readme_has_the_same_command(self):
        self.assertIn(f"\n{desktop.APT}\n", README.read_text(encoding="utf-8"))

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
