"""The ready-made model: made, kept, found outdated, made anew."""
import json
from pathlib import Path

import numpy as np
import pytest

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.compatibility import SimulatedWarning
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import ACCEPTED, Rule, decide
from orangecontrib.microplastics.ready import measured
from orangecontrib.microplastics.ready import model as ready_model
from orangecontrib.microplastics.simulation import simulate

NAMES = ["CE", "PE", "PP", "PS"]
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "ready.json"


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A small table instead of the published spectra, a short training, an empty folder."""
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(ready_model.spectra, "table", lambda: simulate(NAMES, 12))
    monkeypatch.setattr(ready_model.spectra, "simulated", lambda: simulate(NAMES, 10, seed=1))
    monkeypatch.setattr(datasets, "is_available", lambda name: True)
    monkeypatch.setattr(ready_model, "learner", lambda: DCNetLearner(
        epochs=2, widths=(8, 8, 8), mixtures=2, blends=ready.BLENDS, pure_share=.7,
        validation=.2))
    return tmp_path


def weights(model):
    return np.concatenate([w.ravel() for w in model.network.weights().values()])


def test_made_once():
    assert ready.state() == ready.MISSING and ready.load() is None
    told = []
    model = ready.get(lambda fraction, text: told.append((fraction, text)))
    assert ready.state() == ready.CURRENT
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert any("network 1 of" in text for _, text in told)
    told.clear()
    again = ready.get(lambda fraction, text: told.append((fraction, text)))
    assert told == [(1., "Done")], "loaded, not made"
    np.testing.assert_array_equal(weights(model), weights(again))
    facts = ready.about(again)
    assert facts.materials == dict.fromkeys(NAMES, 12) and not facts.simulated
    assert facts.sets == tuple(datasets.SETS[name].title for name in ready.SETS_USED)
    assert again.name == "Microplastics"
    assert {"CE + PE", "PE + PP"} <= set(again.domain.class_var.values)


def test_the_same_for_a_seed(small):
    first = weights(ready.make())
    ready.path().unlink()
    np.testing.assert_array_equal(weights(ready.make()), first)


@pytest.mark.parametrize("name", ["_code_hash", "_data_hash"])
def test_outdated(monkeypatch, name):
    ready.make()
    monkeypatch.setattr(ready_model, name, lambda *_: "other")
    assert ready.state() == ready.OUTDATED and ready.load() is None
    ready.get()
    assert ready.state() == ready.CURRENT


def test_hash_of_the_code(monkeypatch, tmp_path):
    """It changes with any file that decides what is learnt."""
    root = tmp_path / "package"
    for room in ready_model._ROOMS:
        file = root / room if room.endswith(".py") else root / room / "one.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a = 1\n", encoding="utf-8")
    monkeypatch.setattr(ready_model, "__file__", str(root / "ready" / "model.py"))
    seen = {ready_model._code_hash()}
    for i, file in enumerate(sorted(root.rglob("*.py"))):
        file.write_text(f"a = {i + 2}\n", encoding="utf-8")
        seen.add(ready_model._code_hash())
    assert len(seen) == 1 + len(ready_model._ROOMS)


def test_damaged_file_is_made_anew():
    ready.make()
    ready.path().write_bytes(ready.path().read_bytes()[:-100])
    assert ready.load() is None
    assert ready.about(ready.get()) is not None
    assert ready.state() == ready.CURRENT


def test_cancelled(small):
    class Stop(Exception):
        pass

    def stop(fraction, text):
        if fraction > .3:
            raise Stop

    with pytest.raises(Stop):
        ready.get(stop)
    assert ready.state() == ready.MISSING
    assert not list(small.rglob("*.dcnet*"))


def test_a_folder_that_cannot_be_written(monkeypatch, small):
    (small / "models").write_text("a file in its place", encoding="utf-8")
    model = ready.make()
    assert "not kept" in model.training and ready.state() == ready.MISSING


def test_simulated_model_says_so_in_every_answer():
    model = ready.get(simulated=True)
    assert ready.about(model).simulated and ready.about(model).sets == ()
    assert ready.state() == ready.MISSING, "it does not replace the other"
    for data in (simulate(["PE"], 2), simulate(["PP"], 1)):
        assert [type(note) for note in model.answer(data).notes] == [SimulatedWarning]
    real = ready.get()
    assert real.answer(simulate(["PE"], 2)).notes == []
    assert ready.state(simulated=True) == ready.CURRENT


def test_without_spectra(monkeypatch):
    def fail(progress):
        raise datasets.FetchError("no network")

    monkeypatch.setattr(datasets, "is_available", lambda name: False)
    monkeypatch.setattr(datasets, "fetch", fail)
    with pytest.raises(datasets.FetchError, match="no network"):
        ready.get()
    # Simulated spectra need nothing.
    assert ready.about(ready.get(simulated=True)).simulated


def test_wax_is_not_accepted_as_plastic():
    """Natural materials are references of the library only, and contradict the network."""
    model = ready.make()
    assert "Ester" not in model.domain.class_var.values
    assert "Ester" in model.references.materials
    answer = model.answer(simulate(["Ester"], 10, seed=5))
    assert not answer.agrees.any()
    assert not (decide(answer, Rule()) == ACCEPTED).any()
    assert model.answer(simulate(["PE"], 10, seed=5)).agrees.all()


def test_other_models_are_not_ready_made():
    model = DCNetLearner(epochs=1, widths=(8, 8, 8))(simulate(["PE", "PP"], 6))
    assert ready.about(model) is None


def test_blends_are_of_known_materials():
    assert all(set(blend) <= set(ready.MATERIALS) and len(blend) == 2 for blend in ready.BLENDS)
    assert len({frozenset(blend) for blend in ready.BLENDS}) == len(ready.BLENDS)


def test_figures_are_those_of_the_benchmark():
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["parts"][
        "Ready-made model, one study left out"]["rows"][measured.MEASURED["study"]]
    for key in ("right", "pair", "wrong", "unknown accepted"):
        assert measured.MEASURED[key] == pytest.approx(np.mean(rows[key]), abs=.0006), key
    assert measured.MEASURED["n"] == rows["known"][0] + rows["unknown"][0]
