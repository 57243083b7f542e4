"""Model files: loading, refused contents, and damaged files."""
import copy
import json
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from Orange.data import DiscreteVariable, Domain, Table
from orangecontrib.spectroscopy.preprocess import Cut, Normalize, SavitzkyGolayFiltering
from safetensors.numpy import load as unpack
from safetensors.numpy import save as pack

from orangecontrib.microplastics.dcnet import modelfile as safefile
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.modelfile import ModelFileError
from orangecontrib.microplastics.spectra.resample import Resample

KEY = "orange3-microplastics"
IN_A_NEW_PROCESS = """
import sys, pickle, numpy as np
import orangecontrib.spectroscopy
from Orange.data import Table
from orangecontrib.microplastics.dcnet.model import DCNetModel
path = sys.argv[1]
model = pickle.load(open(path, "rb")) if path.endswith("pkcls") else DCNetModel.load(path)
answer = model.answer(Table("collagen")[3::9])
np.savez(sys.argv[2], p=answer.probabilities, c=answer.confidence, r=answer.correlation)
"""


class TestSafeFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.data = Table("collagen")
        cls.test = cls.data[3::9]
        cls.model = DCNetLearner(epochs=2, widths=(8, 16), networks=2, validation=.2)(
            cls.data[::6])
        cls.model.name = "My network"
        cls.path = Path(cls.folder.name) / "model.dcnet"
        cls.model.save(cls.path)

    @staticmethod
    def header(path):
        data = path.read_bytes()
        return json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])

    def changed(self, change_text=None, change_tensors=None, hashed=True):
        """The file with other contents and, where `hashed`, a hash that matches them."""
        data = self.path.read_bytes()
        header = self.header(self.path)
        about = json.loads(header["__metadata__"][KEY])
        tensors = unpack(data)
        if change_text:
            change_text(about)
        if change_tensors:
            change_tensors(tensors)
        text = json.dumps(about, sort_keys=True)
        digest = safefile._hash(text, tensors) if hashed else header["__metadata__"]["sha256"]
        path = Path(self.folder.name) / "changed.dcnet"
        path.write_bytes(pack(tensors, {KEY: text, "sha256": digest}))
        return path

    def alike(self, one, other):
        a, b = one.answer(self.test), other.answer(self.test)
        for name in ("values", "probabilities", "confidence", "correlation"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))

    def test_all_comes_back(self):
        again = DCNetModel.load(self.path)
        self.alike(self.model, again)
        np.testing.assert_array_equal(again(self.test), self.model(self.test))
        self.assertEqual(str(again.history), str(self.model.history))
        self.assertEqual((again.name, again.training, again.temperature),
                         ("My network", self.model.training, self.model.temperature))
        self.assertEqual(again.domain.class_var.values, self.model.domain.class_var.values)
        self.alike(self.model, pickle.loads(pickle.dumps(again)))
        twice = Path(self.folder.name) / "twice.dcnet"
        again.save(twice)
        # The order of the header's two entries is not defined by us.
        self.assertEqual(self.header(twice), self.header(self.path))

    def test_references_and_spectra_kept_aside_come_back(self):
        again = DCNetModel.load(self.path)
        self.assertGreater(len(self.model.kept_aside.right), 5)
        self.assertGreater(len(self.model.references.which), 20)
        for ours, theirs in ((self.model.references, again.references),
                             (self.model.quality, again.quality),
                             (self.model.parts_aside, again.parts_aside),
                             (self.model.kept_aside, again.kept_aside)):
            for name, value in ours._asdict().items():
                np.testing.assert_array_equal(value, getattr(theirs, name), name)
        np.testing.assert_array_equal(again.acceptance.usual, self.model.acceptance.usual)
        one, other = self.model.answer(self.test), again.answer(self.test)
        for name in one._fields[:-1]:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)

    def test_pickles_of_the_first_release(self):
        """They keep no references and no usual bands, and answer without them."""
        state = self.model.__getstate__()
        first = {k: v for k, v in state.items()
                 if k not in ("references", "kept_aside", "quality", "parts_aside")}
        levels = {**state["acceptance"]}
        expected, _ = levels.pop("expected"), levels.pop("usual")
        first.update(format=3, acceptance=(*levels.values(), tuple(expected.values())))
        old = DCNetModel.__new__(DCNetModel)
        old.__setstate__(first)
        one, other = self.model.answer(self.test), old.answer(self.test)
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
        np.testing.assert_array_equal(one.explained, other.explained)
        self.assertTrue((other.complete == 1).all() and other.agrees.all())
        self.assertTrue((other.hits == -1).all() and np.isnan(other.share).all())
        with self.assertRaisesRegex(ValueError, "update the add-on"):
            old.__setstate__({**state, "format": 6})

    def test_new_process_and_other_thread(self):
        pickled = Path(self.folder.name) / "model.pkcls"
        pickled.write_bytes(pickle.dumps(self.model))
        expected = self.model.answer(self.test)
        for path in (self.path, pickled):
            out = Path(self.folder.name) / "out.npz"
            subprocess.run([sys.executable, "-W", "ignore", "-c", IN_A_NEW_PROCESS, path, out],
                           check=True, timeout=120)
            with np.load(out) as found:
                np.testing.assert_array_equal(found["p"], expected.probabilities)
                np.testing.assert_array_equal(found["c"], expected.confidence)
                np.testing.assert_array_equal(found["r"], expected.correlation)
            found = []
            thread = threading.Thread(target=lambda path=path, found=found: found.append(
                (DCNetModel.load(path) if path is self.path
                 else pickle.loads(path.read_bytes())).answer(self.test)))
            thread.start()
            thread.join()
            np.testing.assert_array_equal(found[0].probabilities, expected.probabilities)

    def test_chain_of_our_resamplings(self):
        """Data that were resampled before, as published sets are, and cut."""
        resampled = Resample(2.)(self.data[::6])
        cut = resampled.transform(Domain(resampled.domain.attributes[20:400],
                                         resampled.domain.class_vars))
        model = DCNetLearner(epochs=1, widths=(8, 8))(cut)
        path = Path(self.folder.name) / "chain.dcnet"
        model.save(path)
        again = DCNetModel.load(path)
        self.alike(model, again)
        np.testing.assert_array_equal(again.grid_spectra(cut), model.grid_spectra(cut))

    def test_a_part_of_the_resampled_range(self):
        """Cut of Preprocess Spectra, connected to Dual-Branch CNN, leaves a part of the grid."""
        model = DCNetLearner(epochs=1, widths=(8, 8), preprocessors=[Cut(1000, 1700)])(
            self.data[::8])
        path = Path(self.folder.name) / "cut.dcnet"
        model.save(path)
        again = DCNetModel.load(path)
        np.testing.assert_array_equal(again.wavenumbers, model.wavenumbers)
        self.alike(model, again)

    def test_what_a_script_may_give(self):
        """A seed of NumPy, a model without a name, classes that are not in the order of values."""
        variable = self.data.domain.class_var
        values = variable.values[::-1]
        turned = Table.from_numpy(
            Domain(self.data.domain.attributes, DiscreteVariable(variable.name, values)),
            self.data.X, len(values) - 1 - self.data.Y)
        model = DCNetLearner(epochs=1, widths=(8, 8), mixtures=1, seed=np.int64(3))(turned[::8])
        self.assertTrue((np.diff(model.used) < 0).any())
        model.name = ""
        path = Path(self.folder.name) / "odd.dcnet"
        model.save(path)
        again = DCNetModel.load(path)
        self.assertEqual(again.training["seed"], 3)
        self.alike(model, again)

    def test_no_file_that_cannot_be_opened(self):
        model = copy.copy(self.model)
        model.temperature = float("nan")
        path = Path(self.folder.name) / "none.dcnet"
        with self.assertRaisesRegex(ModelFileError, "as a pickle"):
            model.save(path)
        self.assertFalse(path.exists())

    def test_foreign_preprocessing_is_refused_by_name(self):
        path = Path(self.folder.name) / "foreign.dcnet"
        inside = DCNetLearner(epochs=1, widths=(8, 8), preprocessors=[Normalize()])(
            self.data[::8])
        before = DCNetLearner(epochs=1, widths=(8, 8))(
            SavitzkyGolayFiltering()(self.data[::8]))
        for model, name in ((inside, "Normalize"), (before, "SavitzkyGolay")):
            with self.assertRaisesRegex(ModelFileError, f"(?i)spectroscopy.*{name}.*Save Model"):
                model.save(path)
        self.assertFalse(path.exists())

    def test_files_know_no_device(self):
        """A model trained on a GPU loads on a computer without one: files contain numpy arrays.

        Pickles contain no torch objects, whose storage could refer to a device. Networks return
        copies of their weights on the CPU.
        """
        for payload in (pickle.dumps(self.model), pickle.dumps(self.model, protocol=2)):
            modules = {str(argument).split()[0].split(".")[0]
                       for op, argument, _ in pickletools.genops(payload)
                       if op.name in ("GLOBAL", "SHORT_BINUNICODE", "BINUNICODE", "UNICODE")
                       and isinstance(argument, str) and argument.strip()}
            self.assertNotIn("torch", modules)
            self.assertIn("numpy", modules)
        for net in self.model.networks:
            for value in net.weights().values():
                self.assertIs(type(value), np.ndarray)

    def test_a_network_on_another_device_is_stored_from_there(self):
        """A mock GPU records that each tensor was copied to the CPU."""
        net = copy.deepcopy(self.model.network)
        asked = []
        moved = torch.Tensor.cpu

        def cpu(tensor, *args, **kwargs):
            asked.append(tuple(tensor.shape))
            return moved(tensor, *args, **kwargs)

        with patch.object(torch.Tensor, "cpu", cpu):
            weights = net.weights()
        self.assertEqual(sorted(asked), sorted(tuple(w.shape) for w in weights.values()))
        # Tensors on a device without values (meta) are refused, not stored as zeros.
        with self.assertRaises(NotImplementedError):
            net.to("meta").weights()

    def test_older_format(self):
        for older in (1, safefile.FORMAT - 1):
            with self.assertRaisesRegex(ModelFileError, f"format {older}.*train the model anew"):
                DCNetModel.load(self.changed(lambda a, older=older: a.update(format=older)))
        state = self.model.__getstate__()
        state["format"] = 1
        with self.assertRaisesRegex(ValueError, "format 1.*train it anew"):
            DCNetModel.__new__(DCNetModel).__setstate__(state)

    def test_newer_format(self):
        with self.assertRaisesRegex(ModelFileError, "format 99.*update the add-on"):
            DCNetModel.load(self.changed(lambda a: a.update(format=99)))

    def test_hash(self):
        def nudge(tensors):
            tensors["network 0 classifier.bias"][0] += 1

        with self.assertRaisesRegex(ModelFileError, "damaged"):
            DCNetModel.load(self.changed(change_tensors=nudge, hashed=False))

    def test_other_files(self):
        folder = Path(self.folder.name)
        (folder / "empty").write_bytes(b"")
        (folder / "text").write_text("not a model")
        (folder / "pickle").write_bytes(pickle.dumps(self.model))
        (folder / "foreign").write_bytes(pack({"a": np.zeros(3)}))
        for name in ("empty", "text", "pickle", "foreign", "missing", "."):
            with self.assertRaises(ModelFileError):
                DCNetModel.load(folder / name)

    def test_truncated(self):
        data = self.path.read_bytes()
        path = Path(self.folder.name) / "short.dcnet"
        for size in (1, 7, 8, 9, 100, 2000, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:size])
            with self.assertRaises(ModelFileError):
                DCNetModel.load(path)

    def test_random_damage(self):
        """Changed bytes anywhere give a clear error, or (never here) the same model."""
        data = self.path.read_bytes()
        header = 8 + struct.unpack("<Q", data[:8])[0]
        path = Path(self.folder.name) / "damaged.dcnet"
        rng = random.Random(0)
        for i in range(400):
            bad = bytearray(data)
            for _ in range(rng.choice((1, 1, 4, 50))):
                at = rng.randrange(8 if i % 10 == 0 else header if i % 3 else len(bad))
                bad[at] ^= 1 << rng.randrange(8)
            if bytes(bad) == data:
                continue
            path.write_bytes(bad)
            with self.assertRaises(ModelFileError):
                DCNetModel.load(path)

    def test_hostile_contents(self):
        """Contents that are not a model are refused at once, even if the hash matches."""
        def config(**changes):
            return lambda about: about["networks"][0].update(changes)

        def deep(about):
            about["training"] = about["training"], about

        texts = (
            config(widths=[8, 10 ** 9]), config(widths=[99_999, 99_999]), config(kernels=[10 ** 6]),
            config(kernels=[99_999, 99_999]), config(n_wavenumbers=10 ** 12), config(stride=0),
            config(stride=-1), config(pools=[0, 0]), config(pools=[1]), config(reduction=0),
            config(segments=0), config(segments=10 ** 5, pools=[1, 1]), config(keep=[[0, 10 ** 9]]),
            config(keep=[[50, 10], [60, 90]]), config(keep="x"), config(attention="eval"),
            config(clip="x"), config(derivative=1), config(other=1), config(n_classes=10 ** 9),
            lambda a: a.update(networks=[]), lambda a: a.update(networks={}),
            lambda a: a.pop("class"), lambda a: a.update(history=[[[1]]]),
            lambda a: a.update(temperature=0), lambda a: a.update(temperature=float("nan")),
            lambda a: a.update(acceptance=[1, 2, 3]), lambda a: a.update(acceptance=None),
            lambda a: a.update(acceptance=a["acceptance"][::-1]),
            lambda a: a["acceptance"][0].pop(),
            lambda a: a["class"].update(values=["a", "a"]), lambda a: a["class"].update(values=[]),
            lambda a: a["class"].update(name=""), lambda a: a.update(chain=[]),
            lambda a: a.update(chain=[{"names": []}]), lambda a: a["chain"][0]["names"].pop(),
            lambda a: a.update(format="1"), lambda a: a.clear(), lambda a: a.pop("references"),
            lambda a: a["references"]["names"].pop(), lambda a: a["references"].update(names=[1]),
            lambda a: a["references"].update(materials=[]))
        tensors = (
            lambda t: t.pop("wavenumbers"), lambda t: t.pop("network 0 classifier.weight"),
            lambda t: t.update(wavenumbers=t["wavenumbers"][::-1].copy()),
            lambda t: t.update(wavenumbers=np.zeros((3, 3))),
            lambda t: t.update(used=np.array([0, 10 ** 6])),
            lambda t: t.update(used=np.array([0., 1.])),
            lambda t: t.update(means=np.zeros((1, 1), np.float32)),
            lambda t: t.pop("bases"), lambda t: t.update(bases=t["bases"][:, :0]),
            lambda t: t.update(bases=t["bases"][:1]), lambda t: t.update(spread=-t["spread"]),
            lambda t: t.update(spread=t["spread"][:, 1:].copy()),
            lambda t: t["bases"].fill(np.inf),
            lambda t: t.update(needed=np.zeros(3, np.uint8)),
            lambda t: t["network 0 classifier.weight"].fill(np.nan),
            lambda t: t.update({"network 0 extra": np.zeros(3)}),
            lambda t: t.pop("usual"), lambda t: t.update(usual=t["usual"][:1]),
            lambda t: t["usual"].fill(np.nan), lambda t: t.update(which=t["which"] + 100),
            lambda t: t.update(references=t["references"][1:].copy()),
            lambda t: t.update(references=t["references"][:, 1:].copy()),
            lambda t: t.pop("aside right"), lambda t: t.update({"aside share": np.zeros(2)}),
            lambda t: t.update({"aside agrees": np.zeros(len(t["aside right"]))}),
            lambda t: t.update({"index 0": t["index 0"] + 10 ** 6}),
            lambda t: t.update({"network 0 classifier.bias": np.zeros((2, 2), np.float32)}))
        for i, change in enumerate(texts):
            with self.subTest(text=i), self.assertRaises(ModelFileError):
                DCNetModel.load(self.changed(change))
        for i, change in enumerate(tensors):
            with self.subTest(tensor=i), self.assertRaises(ModelFileError):
                DCNetModel.load(self.changed(change_tensors=change))

    def test_from_cuda(self):
        if not torch.cuda.is_available():
            self.skipTest("this computer has no CUDA")
        model = DCNetLearner(epochs=1, widths=(8, 8), device="cuda")(self.data[::8])
        path = Path(self.folder.name) / "cuda.dcnet"
        model.save(path)
        again = DCNetModel.load(path)
        self.assertEqual(next(again.network.parameters()).device.type, "cpu")
        self.alike(model, again)

    def test_saving_over_a_file_never_leaves_half_of_one(self):
        path = Path(self.folder.name) / "kept.dcnet"
        self.model.save(path)
        before = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            foreign = DCNetLearner(epochs=1, widths=(8, 8), preprocessors=[Normalize()])(
                self.data[::8])
        with self.assertRaises(ModelFileError):
            foreign.save(path)
        self.assertEqual(path.read_bytes(), before)
        self.assertFalse(list(path.parent.glob(".kept*")))


if __name__ == "__main__":
    unittest.main()
