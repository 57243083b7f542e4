"""Prediction, explanation and training in one process must not leave any shared state behind.

Run in separate processes, since earlier tests could leave state that hides the fault.
"""
import subprocess
import sys
import textwrap

import pytest

START = """
import threading, warnings
warnings.simplefilter("ignore")
import numpy as np, pickle, torch
from orangecontrib.microplastics.spectra.resample import Resample
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.table import explain_table
from orangecontrib.microplastics.simulation.polymers import simulate
data = Resample(4.0, 700, 3900)(simulate(["PE", "PP"], n=60, noise=0.005, seed=1))
learner = DCNetLearner(networks=1, epochs=1, seed=0)
"""


def python(code, *args):
    done = subprocess.run([sys.executable, "-c", START + textwrap.dedent(code), *args],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.pkcls"
    python("""
        import sys
        with open(sys.argv[1], "wb") as file:
            pickle.dump(learner(data), file)
    """, str(path))
    return str(path)


#: Uses of a loaded model, each before anything was trained.
USES = ["model(data)", "model.answer(data)", "explain_table(model, data)",
        "explain_table(model, data, method='occlusion')"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs processes that are cheap to fork")
def test_train_after_a_loaded_model_was_used(saved):
    """Each in a process that has imported everything and run nothing else."""
    assert python(f"""
        import os, sys
        for use in {USES!r}:
            child = os.fork()
            if child == 0:
                model = pickle.load(open(sys.argv[1], "rb"))
                exec(use)
                learner(data)
                os._exit(0)
            status = os.waitpid(child, 0)[1]
            print(use, "trained" if status == 0 else status)
    """, saved).splitlines() == [f"{use} trained" for use in USES]


def test_threads_to_come_take_as_many_threads_as_before(saved):
    assert python("""
        import sys
        torch.set_num_threads(2)
        model = pickle.load(open(sys.argv[1], "rb"))
        X = np.tile(model.grid_spectra(data), (30, 1))
        seen = []
        for _ in range(30):
            model.predict(X)
            new = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
            new.start()
            new.join()
        print(sorted(set(seen)), torch.get_num_threads())
    """, saved) == "[2] 2"


def test_training_begun_during_a_prediction_has_all_threads(saved):
    assert python("""
        import sys
        from orangecontrib.microplastics.nn.devices import threads
        torch.set_num_threads(2)
        model = pickle.load(open(sys.argv[1], "rb"))
        X = np.tile(model.grid_spectra(data), (60, 1))
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
        print(sorted(set(seen)))
    """, saved) == "[2]"
