"""Models as ONNX files: the same probabilities, without torch and without this package."""
import dataclasses
import json
import subprocess
import sys
from unittest.mock import patch

import numpy as np
import onnxruntime
import pytest
import torch
from Orange.data import Table
from orangecontrib.spectroscopy.preprocess import Cut, Normalize

from orangecontrib.microplastics.config import DCNetConfig
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.modelfile import ModelFileError
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.onnx_export import exported
from orangecontrib.microplastics.nn.prediction import predict, scores
from orangecontrib.microplastics.simulation import simulate

MATERIALS = ("PE", "PET", "PS")

IN_A_NEW_PROCESS = """
import json, sys
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
facts = session.get_modelmeta().custom_metadata_map
axis = np.array(json.loads(facts["wavenumbers"]))
held = np.load(sys.argv[2])
X = [np.interp(axis, held["own"], x) for x in held["X"]]
p = session.run(["probabilities"], {"absorbance": np.array(X, np.float32)})[0]
np.savez(sys.argv[3], p=p, loaded=[m for m in ("torch", "Orange", "onnx") if m in sys.modules])
"""


def session_of(contents):
    return onnxruntime.InferenceSession(contents)


def run(session, X):
    """Outputs by name."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"absorbance": X.astype(np.float32)}), strict=True))


@pytest.fixture(scope="module")
def data():
    return simulate(MATERIALS, 30, seed=1)


@pytest.fixture(scope="module")
def model(data):
    """Two networks, which score the presence of materials; their temperature is not 1."""
    model = DCNetLearner(mixtures=2, epochs=3, networks=2, validation=.3, step=8,
                         widths=(8, 16))(data)
    model.name = "Drei Stoffe, geübt"
    return model


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    model.to_onnx(path)
    return path


@pytest.mark.parametrize("n", [1, 7, 600])
def test_outputs_are_the_models(model, path, data, n):
    # More varied spectra than those that the model has learnt.
    rng = np.random.default_rng(n)
    pure = model.grid_spectra(data)
    X = rng.dirichlet(np.ones(len(pure)) / 5, n) @ pure + rng.normal(0, .01, (n, pure.shape[1]))
    outputs = run(session_of(str(path)), X)
    _, expected = model.predict(X)
    np.testing.assert_allclose(outputs["probabilities"], expected[:, model.used], atol=1e-5)
    present = scores(model.networks, X).components
    np.testing.assert_allclose(outputs["presence"], (1 / (1 + np.exp(-present))).mean(axis=0),
                               atol=1e-5)
    assert model.temperature != 1
    assert outputs["presence"].shape == (n, 3)
    # The spectra differ, and so do the answers: a constant graph would fail.
    assert n == 1 or np.ptp(outputs["probabilities"], axis=0).max() > .1


def test_scale_and_offset_do_not_matter(model, path, data):
    X = model.grid_spectra(data)[::10]
    session = session_of(str(path))
    for other in (X * 1e4, X / 1e4, X + 10):
        np.testing.assert_allclose(run(session, other)["probabilities"],
                                   model.predict(other)[1][:, model.used], atol=1e-5)


def test_metadata(model, path):
    facts = session_of(str(path)).get_modelmeta().custom_metadata_map
    np.testing.assert_array_equal(json.loads(facts["wavenumbers"]), model.wavenumbers)
    assert json.loads(facts["classes"]) == ["PE", "PET", "PS", "PE + PET", "PE + PS", "PET + PS"]
    assert json.loads(facts["components"]) == list(MATERIALS)
    assert float(facts["temperature"]) == model.temperature
    assert facts["name"] == "Drei Stoffe, geübt"
    assert facts["version"] and "absorbance" in facts["unit"] and "cm-1" in facts["unit"]


def test_the_file_needs_no_other_package(model, path, data, tmp_path):
    """As doc/scripting.md shows it."""
    np.savez(tmp_path / "in.npz", X=data.X, own=[float(a.name) for a in data.domain.attributes])
    subprocess.run([sys.executable, "-c", IN_A_NEW_PROCESS, path, tmp_path / "in.npz",
                    tmp_path / "out.npz"], check=True)
    found = np.load(tmp_path / "out.npz")
    assert found["loaded"].size == 0
    own = model.answer(data, acceptance=False).probabilities[:, model.used]
    # Resampling there is not quite that of the model, which averages where it leaves points out.
    np.testing.assert_array_equal(found["p"].argmax(axis=1), own.argmax(axis=1))


def test_classes_in_use_only(data):
    """A class value without spectra has no column."""
    data = data[data.Y != 1]
    model = DCNetLearner(epochs=1, widths=(8, 16), step=8)(data)
    session = session_of(exported(model.networks, model.temperature, {}))
    outputs = run(session, model.grid_spectra(data))
    assert list(outputs) == ["probabilities"]
    np.testing.assert_allclose(outputs["probabilities"], model(data, model.Probs)[:, [0, 2]],
                               atol=1e-5)


@pytest.mark.parametrize("changes", [
    {}, {"n_wavenumbers": 1700, "keep": ((0, 700), (1000, 1650))}, {"derivative": False},
    {"second_derivative": False, "attention": "channel"}, {"compression": 0., "kernels": (7,)},
    # The map of 53 positions does not divide into equal segments; that of 212 is convolved.
    {"n_wavenumbers": 849, "attention": "spatial"}, {"n_wavenumbers": 3400},
    {"n_wavenumbers": 32, "segments": 1}, {"stride": 1, "pools": (2, 2, 3), "attention": "none"},
], ids=str)
def test_every_architecture(changes):
    config = dataclasses.replace(DCNetConfig(400, 5, n_components=0), **changes)
    networks = [DCNet(config, torch.Generator().manual_seed(seed)).eval() for seed in (0, 1)]
    X = np.random.default_rng(0).random((40, config.n_wavenumbers))
    outputs = run(session_of(exported(networks, .5, {})), X)["probabilities"]
    np.testing.assert_allclose(outputs, predict(networks, X, .5), atol=1e-5)
    assert np.ptp(outputs, axis=0).max() > .01


def test_the_model_stays_as_it_was(model, data, tmp_path):
    before = [net.weights() for net in model.networks]
    answer = model(data, model.Probs)
    model.to_onnx(tmp_path / "again.onnx")
    for net, weights in zip(model.networks, before, strict=True):
        assert not net.training
        for name, value in net.weights().items():
            np.testing.assert_array_equal(value, weights[name])
    np.testing.assert_array_equal(model(data, model.Probs), answer)
    # Indices that layers keep must be usable in training afterwards.
    assert len(DCNetLearner(epochs=1, mixtures=2, widths=(8, 16), step=8)(data).history[0]) == 1


def test_preprocessing_is_refused_by_name(tmp_path):
    data = Table("collagen")[::12]
    normalized = DCNetLearner(epochs=1, widths=(8, 16), preprocessors=[Normalize()])(data)
    with pytest.raises(ModelFileError, match="Normalize"):
        normalized.to_onnx(tmp_path / "normalized.onnx")
    assert list(tmp_path.iterdir()) == []
    # A part of the axis is no preprocessing: the file says which part.
    cut = DCNetLearner(epochs=1, widths=(8, 16), preprocessors=[Cut(1000, 1700)])(data)
    cut.to_onnx(tmp_path / "cut.onnx")
    outputs = run(session_of(str(tmp_path / "cut.onnx")), cut.grid_spectra(data))
    np.testing.assert_allclose(outputs["probabilities"], cut(data, cut.Probs), atol=1e-5)


def test_without_onnx(model, tmp_path):
    with patch.dict(sys.modules, {"onnx": None}), \
            pytest.raises(ValueError, match=r'pip install "Orange3-Microplastics\[onnx\]"'):
        model.to_onnx(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_written(model, tmp_path):
    with pytest.raises(ModelFileError, match="cannot be written"):
        model.to_onnx(tmp_path / "missing" / "model.onnx")


def test_an_older_file_stays_if_writing_fails(model, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"older")
    with patch("os.replace", side_effect=OSError("disk full")), \
            pytest.raises(ModelFileError, match="disk full"):
        model.to_onnx(path)
    assert path.read_bytes() == b"older" and list(tmp_path.iterdir()) == [path]
