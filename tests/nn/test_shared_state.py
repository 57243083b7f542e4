"""Prediction, explanation and training in one process must not leave any shared state behind.

Run in a process of their own, since earlier tests could leave state that hides the fault; each
case runs in a fork of it, which has imported everything and run nothing.
"""
import json
import subprocess
import sys

import pytest

CASES = """
import json, os, pickle, sys, tempfile, threading, traceback, warnings
warnings.simplefilter("ignore")
import numpy as np, torch
import torch._dynamo  # the first optimiser imports it: once here instead of in each fork
from orangecontrib.microplastics.spectra.resample import Resample
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.table import explain_table
from orangecontrib.microplastics.nn import training
from orangecontrib.microplastics.nn.attribution import gradcam
from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.simulation.polymers import simulate

data = Resample(8.0, 700, 2000)(simulate(["PE", "PP"], n=20, noise=0.005, seed=1))
learner = DCNetLearner(networks=1, epochs=1, seed=0, widths=(8, 16), step=8)
path = os.path.join(tempfile.mkdtemp(), "model.pkcls")
results = {}


def case(name, work):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            text = json.dumps(work())
        except BaseException:
            text = json.dumps(traceback.format_exc()[-2000:])
        with os.fdopen(write, "w") as pipe:
            pipe.write(text)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        results[name] = json.loads(pipe.read() or "null")
    os.waitpid(child, 0)


def loaded():
    with open(path, "rb") as file:
        return pickle.load(file)


def save():
    with open(path, "wb") as file:
        pickle.dump(learner(data), file)
    return "saved"


def train_after(use):
    def work():
        use(loaded())
        learner(data)
        return "trained"
    return work


def threads_to_come():
    torch.set_num_threads(2)
    model = loaded()
    X = np.tile(model.grid_spectra(data), (100, 1))
    seen = []
    for _ in range(30):
        model.predict(X)
        new = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        new.start()
        new.join()
    return [sorted(set(seen)), torch.get_num_threads()]


def training_during_a_prediction():
    torch.set_num_threads(2)
    model = loaded()
    X = np.tile(model.grid_spectra(data), (200, 1))
    seen, going = [], True
    def predict():
        while going:
            model.predict(X)
    def enter():
        with threads():
            seen.append(torch.get_num_threads())
        seen.append(torch.get_num_threads())
    other = threading.Thread(target=predict)
    other.start()
    for _ in range(40):
        new = threading.Thread(target=enter)
        new.start()
        new.join()
    going = False
    other.join()
    return sorted(set(seen))


case("save", save)
case("predict", train_after(lambda model: model(data)))
case("answer", train_after(lambda model: model.answer(data)))
case("explain", train_after(lambda model: explain_table(model, data)))
case("occlude", train_after(lambda model: explain_table(model, data, method="occlusion")))
case("threads to come", threads_to_come)
case("training during a prediction", training_during_a_prediction)
print(json.dumps(results))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs cheap forks")


@pytest.fixture(scope="module")
def results():
    done = subprocess.run([sys.executable, "-c", CASES], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["save"] == "saved"
    return found


@pytest.mark.parametrize("use", ["predict", "answer", "explain", "occlude"])
def test_train_after_a_loaded_model_was_used(results, use):
    assert results[use] == "trained"


def test_threads_to_come_take_as_many_threads_as_before(results):
    assert results["threads to come"] == [[2], 2]


def test_training_begun_during_a_prediction_has_all_threads(results):
    assert results["training during a prediction"] == [2]
