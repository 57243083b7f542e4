"""The ready-made model: made, kept, found outdated, made anew."""
import json
from pathlib import Path

import numpy as np
import pytest

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.compatibility import SimulatedWarning
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.modelfile import ModelFileError
from orangecontrib.microplastics.identification import ACCEPTED, Rule, decide
from orangecontrib.microplastics.ready import measured
from orangecontrib.microplastics.ready import model as ready_model
from orangecontrib.microplastics.simulation import simulate

NAMES = ["CE", "PE", "PP", "PS"]
SOURCE = datasets.SETS[ready.SETS_USED[0]].source
TABLE = ready_model.spectra.table
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


@pytest.fixture(scope="module")
def once():
    """Contents of the file of a small model, made once."""
    return []


@pytest.fixture
def kept(small, once):
    """A file of the model in the folder."""
    if not once:
        ready.make()
        once.append(ready.path().read_bytes())
    ready.path().parent.mkdir(exist_ok=True)
    ready.path().write_bytes(once[0])
    assert ready.state() == ready.CURRENT
    return ready.path()


def never(*args, **kwargs):
    raise AssertionError("this is not to be called")


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
    first = ready.make()
    ready.path().unlink()
    again = ready.make()
    np.testing.assert_array_equal(weights(again), weights(first))
    data = simulate(NAMES, 3, seed=9)
    np.testing.assert_array_equal(again.answer(data).quality, first.answer(data).quality)


@pytest.mark.parametrize("name", ["_code_hash", "_data_hash"])
def test_outdated(monkeypatch, kept, name):
    monkeypatch.setattr(ready_model, name, lambda *_: "other")
    assert ready.state() == ready.OUTDATED and ready.load() is None
    monkeypatch.setattr(ready_model, "make", lambda progress, simulated, low: "made anew")
    assert ready.get() == "made anew"


def test_made_anew_where_it_was_outdated(monkeypatch, kept):
    monkeypatch.setattr(ready_model, "_code_hash", lambda: "other")
    assert ready.about(ready.get()).code == "other"
    assert ready.state() == ready.CURRENT


@pytest.mark.parametrize("changed", [
    lambda patch: patch.setattr(ready_model, "_RULES", -1),
    lambda patch: patch.setattr(ready_model, "RELABELLED", ()),
    lambda patch: patch.setattr(ready_model.spectra, "SETS_USED", ready.SETS_USED[1:]),
    lambda patch: patch.setitem(ready_model.SOURCES, SOURCE,
                                ready_model.SOURCES[SOURCE]._replace(sha256="other"))])
def test_other_data(monkeypatch, kept, changed):
    of_simulated = ready_model._data_hash(True)
    changed(monkeypatch)
    assert ready.state() == ready.OUTDATED
    assert ready_model._data_hash(True) == of_simulated


@pytest.mark.parametrize("change", [
    lambda facts: facts.update(colour="blue"), lambda facts: facts.pop("references"),
    lambda facts: facts.clear()])
def test_facts_of_another_version(kept, change):
    model = DCNetModel.load(kept)
    change(model.training["ready-made"])
    model.save(kept)
    assert ready.about(model) is None
    assert ready.state() == ready.OUTDATED and ready.load() is None


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


@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: b"",
                                    lambda data: data[:-9] + b"x" + data[-8:]])
def test_damaged_file(kept, damage):
    kept.write_bytes(damage(kept.read_bytes()))
    assert ready.load() is None and ready.state() == ready.OUTDATED


def test_damaged_file_is_made_anew(kept):
    kept.write_bytes(kept.read_bytes()[:-100])
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
    assert not list(small.rglob("*")), "not even a folder"


def test_cancelled_beside_an_older_file(monkeypatch, kept):
    before = kept.read_bytes()
    monkeypatch.setattr(ready_model, "_code_hash", lambda: "other")

    def stop(fraction, text):
        if text == "Saving":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ready.get(stop)
    assert kept.read_bytes() == before
    assert list(kept.parent.iterdir()) == [kept]


def test_a_folder_that_cannot_be_written(monkeypatch, small):
    (small / "models").write_text("a file in its place", encoding="utf-8")
    model = ready.make()
    assert "not kept" in model.training and ready.state() == ready.MISSING
    assert ready.about(model).materials == dict.fromkeys(NAMES, 12)


def test_a_file_that_cannot_be_replaced(monkeypatch, kept):
    def save(self, path):
        raise ModelFileError("The disk is full.")

    before = kept.read_bytes()
    monkeypatch.setattr(DCNetModel, "save", save)
    assert ready.make().training["not kept"] == "The disk is full."
    assert kept.read_bytes() == before


def test_simulated_model_says_so_in_every_answer():
    model = ready.get(simulated=True)
    assert ready.about(model).simulated and ready.about(model).sets == ()
    assert ready.state() == ready.MISSING, "it does not replace the other"
    for data in (simulate(["PE"], 2), simulate(["PP"], 1)):
        assert [type(note) for note in model.answer(data).notes] == [SimulatedWarning]
    assert ready.state(simulated=True) == ready.CURRENT
    loaded = ready.load(simulated=True)
    assert [type(note) for note in loaded.answer(simulate(["PE"], 2)).notes] == [SimulatedWarning]


def test_the_real_one_says_no_such_thing(kept):
    assert ready.load().answer(simulate(["PE"], 2)).notes == []


def test_without_spectra(monkeypatch):
    def fail(progress):
        raise datasets.FetchError("no network")

    monkeypatch.setattr(datasets, "is_available", lambda name: False)
    monkeypatch.setattr(datasets, "fetch", fail)
    with pytest.raises(datasets.FetchError, match="no network"):
        ready.get()
    assert ready.state() == ready.MISSING
    # Simulated spectra need nothing.
    assert ready.about(ready.get(simulated=True)).simulated


def test_nothing_is_fetched_unless_allowed(monkeypatch):
    monkeypatch.setattr(datasets, "is_available", lambda name: False)
    monkeypatch.setattr(datasets, "fetch", never)
    monkeypatch.setattr(ready_model.spectra, "table", TABLE)
    with pytest.raises(datasets.MissingData):
        ready.get(fetch=False)
    assert ready.state() == ready.MISSING


def test_fetched_if_a_set_is_missing(monkeypatch):
    """Progress goes on from the download to the training."""
    fetched, told = [], []

    def fetch(progress):
        for done in (0, .5, 1):
            progress(done, "Downloading")
        fetched.append(True)

    def make(progress, simulated, low):
        for done in (0, .5, 1):
            progress(done, "Learning")

    monkeypatch.setattr(datasets, "fetch", fetch)
    monkeypatch.setattr(ready_model, "make", make)
    ready.get(lambda fraction, text: told.append((fraction, text)))
    assert not fetched, "all sets are there"
    assert [fraction for fraction, _ in told] == [0, .5, 1]
    told.clear()
    monkeypatch.setattr(datasets, "is_available", lambda name: name != ready.SETS_USED[-1])
    ready.get(lambda fraction, text: told.append((fraction, text)))
    fractions = [fraction for fraction, _ in told]
    assert fetched and [text for _, text in told] == ["Downloading"] * 3 + ["Learning"] * 3
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1 and 0 < fractions[2] == fractions[3] < 1


def test_a_current_model_needs_neither_data_nor_network(monkeypatch, kept):
    monkeypatch.setattr(datasets, "is_available", lambda name: False)
    monkeypatch.setattr(datasets, "fetch", never)
    monkeypatch.setattr(ready_model.spectra, "table", never)
    assert ready.about(ready.get()) is not None


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


def test_a_model_for_a_narrower_range_is_a_file_of_its_own(kept):
    narrow = ready.make(low=1250)
    assert narrow.wavenumbers[0] >= 1250 and "1250" in narrow.name
    assert ready.path(low=1250) != ready.path() and ready.path(low=1250).is_file()
    assert ready.load(low=1250) is not None
    whole = ready.load()
    assert whole.wavenumbers[0] < 1250 and ready.about(narrow).sets == ready.about(whole).sets
