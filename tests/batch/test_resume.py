"""A run that was interrupted goes on, to the same results."""
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import batchcase
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.batch import collect, run, tasks
from orangecontrib.microplastics.batch.manifest import NAME
from orangecontrib.microplastics.batch.run import Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.batch.state import State
from orangecontrib.microplastics.batch.threads import Threads
from orangecontrib.microplastics.identification import Rule
from orangecontrib.microplastics.particles import files as particle_files
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.spectra.stored import open_stored

PHASES = {tasks.Part: "rows", tasks.SignalPart: "signal", tasks.NamesPart: "names"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file of each kind of work."""
    folder = tmp_path_factory.mktemp("small")
    return [batchcase.write_csv(folder / "a.csv", batchcase.spectra(4)),
            batchcase.write_csv(folder / "b.csv", batchcase.spectra(3, seed=1)),
            batchcase.write_hdf5(folder / "list.h5",
                                 batchcase.spectra(90, seed=4).astype(np.float32)),
            batchcase.write_envi(folder / "map.hdr", batchcase.quick_map(20, 2)),
            batchcase.write_envi(folder / "second.hdr", batchcase.quick_map(16, 1))]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, small_blocks, small, model):
    """Results without an interruption."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    batchcase.run(folder, small, model)
    return batchcase.everything(folder)


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """Reports without drawings, too, which take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(particle_files, "contents", lambda *_: None)
        patch.setattr(particle_files.report, "write", lambda path, _: path.write_text("a report"))
        patch.setattr(run, "_SMALLEST", 20_000)
        patch.setattr(run, "_LARGEST", 20_000)
        yield


def stored(folder):
    """What is in the state of a run: number of the file, phase, number of the block."""
    return {(int(path.parent.name), *path.stem.rpartition("-")[::2])
            for path in (folder / "state").glob("*/*.npz")}


def counting(made, threads=2):
    def engine(context):
        made.append(batchcase.Counted(Threads(context, threads)))
        return made[-1]
    return engine


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(at=st.integers(1, 24), kind=st.sampled_from([KeyboardInterrupt, RuntimeError, MemoryError]),
       threads=st.integers(1, 3))
def test_interrupted_anywhere(small, whole, model, at, kind, threads):
    with tempfile.TemporaryDirectory() as folder:
        out, made, error = Path(folder) / "out", [], kind("enough")
        try:
            batchcase.run(out, small, model, progress=batchcase.Stop(at, error),
                          engine=counting(made, threads))
        except BaseException as ex:
            # One that is raised while a map is at work may be told as the reason.
            assert ex is error
        before, files = stored(out), batchcase.manifest(out)
        done = {entry["path"] for entry in files["files"] if entry["state"] == "done"}
        assert files["finished"] is None or all(
            entry["state"] != "waiting" for entry in files["files"])
        numbers = {entry["path"]: entry["number"] for entry in files["files"]}
        batchcase.run(out, small, model, resume=True, engine=counting(made, threads))
        batchcase.check_same(batchcase.everything(out), whole)
        # What is done is not done again.
        again = [task for engine in made[1:] for task in engine.tasks]
        assert not done & {task.path for task in again}
        places = {}
        for task in again:
            if not isinstance(task, tasks.Whole):
                places.setdefault((numbers[task.path], PHASES[type(task)]), []).append(task.block)
        for (number, phase), blocks in places.items():
            n = sum(one[:2] == (number, phase) for one in before)
            assert len(blocks) == len(set(blocks))
            assert len(blocks) + n <= total_blocks(small[number], model)


def total_blocks(path, model):
    stored = open_stored(path)
    return len(stored.blocks(20_000 // (stored.dtype.itemsize * len(stored.wavenumbers))))


def test_what_is_done_is_left_alone(tmp_path, small, whole, model):
    made, told, out = [], batchcase.Told(), tmp_path / "out"
    batchcase.run(out, small, model)
    before = {path: path.stat().st_mtime_ns for path in (out / "maps").rglob("*")}
    batchcase.run(out, small, model, resume=True, engine=counting(made), told=told)
    assert [engine.tasks for engine in made] == [[]]
    assert "5 files are done already." in told.said
    assert {path: path.stat().st_mtime_ns for path in (out / "maps").rglob("*")} == before
    batchcase.check_same(batchcase.everything(out), whole)


# ------------------------------------------------------------------------------ killed

@pytest.fixture(scope="module")
def saved(tmp_path_factory, model):
    path = tmp_path_factory.mktemp("model") / "quick.dcnet"
    model.save(path)
    return path


def test_a_process_is_killed(tmp_path, model, saved):
    X = np.tile(batchcase.quick_map(64, 4), (2, 3, 1))
    path, out = batchcase.write_envi(tmp_path / "large.hdr", X), tmp_path / "out"
    command = ["identify", str(path), "--model", str(saved), "--output", str(out),
               "--every-pixel", "--threads", "1", "--memory", "1"]
    process = subprocess.Popen([sys.executable, "-m", "orangecontrib.microplastics", *command],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while len(stored(out)) < 2:
            assert process.poll() is None
            time.sleep(.005)
    finally:
        process.kill()
        process.wait()
    before = stored(out)
    assert batchcase.manifest(out)["finished"] is None
    with pytest.MonkeyPatch.context() as patch:
        made = []
        of_threads = Threads.results
        patch.setattr(Threads, "results", lambda self, todo: of_threads(
            self, (made.append(item) or item for item in todo)))
        assert main([*command, "--resume"]) == 0
    blocks = -(-len(X) // (1_000_000 // (X.shape[1] * X.shape[2] * 4)))
    assert {i for i, _ in made} == set(range(blocks)) - {i for *_, i in map(as_number, before)}
    assert stored(out) == set()
    answer = model.answer(table(X))
    arrays, _ = batchcase.pixels(out / "maps" / "large")
    np.testing.assert_array_equal(arrays["material"].ravel(), answer.values)
    np.testing.assert_array_equal(arrays["fractions"].reshape(len(answer.values), -1),
                                  answer.fractions.astype(np.float32))


def as_number(one):
    return *one[:2], int(one[2])


def table(X):
    return Table.from_numpy(Domain([ContinuousVariable(name_of(w)) for w in batchcase.AXIS]),
                            X.reshape(-1, X.shape[-1]).astype(np.float32).astype(float))


# ------------------------------------------------------------------------------ damage

@pytest.mark.parametrize("damage", [lambda data: data[:len(data) // 2], lambda data: b"",
                                    lambda data: data[:300] + b"\xff" * 40 + data[340:]])
def test_damaged_blocks_are_computed_again(tmp_path, small, whole, model, damage):
    out, made = tmp_path / "out", []
    with pytest.raises(KeyboardInterrupt):
        batchcase.run(out, small, model, progress=batchcase.Stop(14, KeyboardInterrupt()))
    blocks = sorted((out / "state").glob("*/*.npz"))
    assert len(blocks) > 6
    # Of files that are done, and of one that is not.
    broken = [blocks[0], blocks[-1], blocks[-2]]
    for path in broken:
        path.write_bytes(damage(path.read_bytes()))
    batchcase.run(out, small, model, resume=True, engine=counting(made))
    batchcase.check_same(batchcase.everything(out), whole)
    assert str(small[0]) in {task.path for engine in made for task in engine.tasks}


def test_results_that_were_removed_are_made_again(tmp_path, small, whole, model):
    out = tmp_path / "out"
    batchcase.run(out, small, model)
    (out / "maps" / "map" / "map particles.csv").unlink()
    shutil.rmtree(out / "maps" / "second" / "pixels.zarr")
    shutil.rmtree(out / "state")
    (out / "counts.csv").unlink()
    batchcase.run(out, small, model, resume=True)
    batchcase.check_same(batchcase.everything(out), whole)


def test_a_manifest_that_cannot_be_read(tmp_path, small, model):
    out = tmp_path / "out"
    out.mkdir()
    for text in ("{", "[]", '{"format": 1}', '{"format": 99, "files": []}'):
        (out / NAME).write_text(text)
        with pytest.raises(ValueError, match="give another folder"):
            batchcase.run(out, small, model, resume=True)
        assert (out / NAME).read_text() == text


# ------------------------------------------------------------------------------ other files

def test_files_that_changed_were_added_or_mended(tmp_path, model):
    folder, out, told = tmp_path / "in", tmp_path / "out", batchcase.Told()
    kept = batchcase.write_csv(folder / "kept.csv", batchcase.spectra(3))
    changed = batchcase.write_csv(folder / "changed.csv", batchcase.spectra(2, seed=1))
    a_map = batchcase.write_envi(folder / "map.hdr", batchcase.quick_map(24, 3))
    broken = folder / "broken.csv"
    broken.write_text("no,spectra\n")
    files, made = [kept, changed, a_map, broken], []
    batchcase.run(out, files, model)
    batchcase.write_csv(changed, batchcase.spectra(4, seed=2))
    # Of a map the header may stay as it is.
    a_map.with_suffix(".img").write_bytes(
        batchcase.quick_map(24, 2, seed=8).astype("<f4").tobytes())
    batchcase.write_csv(broken, batchcase.spectra(2, seed=3))
    added = batchcase.write_csv(folder / "added.csv", batchcase.spectra(1, seed=4))
    # Beside the map, and no part of it.
    files += [added, batchcase.write_csv(folder / "map 2.csv", batchcase.spectra(1, seed=6))]
    batchcase.run(out, files, model, resume=True, told=told, engine=counting(made))
    assert {Path(task.path).name for engine in made for task in engine.tasks} == {
        "changed.csv", "map.hdr", "broken.csv", "added.csv", "map 2.csv"}
    assert sum("has changed" in line for line in told.said) == 3
    assert any("changed.csv has changed" in line for line in told.said)
    fresh = tmp_path / "fresh"
    batchcase.run(fresh, files, model)
    batchcase.check_same(batchcase.everything(out), batchcase.everything(fresh))
    # Nothing has changed since.
    batchcase.write_csv(folder / "map 3.csv", batchcase.spectra(1))
    again = batchcase.Told()
    batchcase.run(out, files, model, resume=True, told=again)
    assert again.said == ["6 files are done already."] and again.failed == []


def test_a_file_that_cannot_be_used_any_more(tmp_path, model):
    out, told = tmp_path / "out", batchcase.Told()
    path = batchcase.write_csv(tmp_path / "in" / "a.csv", batchcase.spectra(3))
    batchcase.run(out, [path], model)
    path.write_text("nothing\n")
    outcome = batchcase.run(out, [path], model, resume=True, told=told)
    assert outcome.done == 0 and outcome.refused == 1 and outcome.counts.sum() == 0
    assert not (out / "spectra.csv").exists() and not (out / "spectra.parquet").exists()
    assert "sha256" not in batchcase.entries(out)["a.csv"]


def test_files_of_earlier_runs_stay(tmp_path, model):
    out = tmp_path / "out"
    paths = [batchcase.write_csv(tmp_path / "in" / f"{i}.csv", batchcase.spectra(2, seed=i))
             for i in range(2)]
    batchcase.run(out, paths[:1], model)
    outcome = batchcase.run(out, paths[1:], model, resume=True)
    assert outcome.done == 2 and outcome.counts.sum() == 4
    assert len(batchcase.rows(out / "spectra.csv")) == 4


def test_hashes_are_made_up_for(tmp_path, monkeypatch, small, model):
    """A run that ends at once leaves no time for the hash of a large file."""
    out = tmp_path / "out"
    monkeypatch.setattr(Run, "_hash", lambda *_: None)
    batchcase.run(out, small, model)
    assert all("sha256" not in entry for entry in batchcase.manifest(out)["files"])
    monkeypatch.undo()
    batchcase.run(out, small, model, resume=True)
    assert batchcase.entries(out)["a.csv"]["sha256"] == batchcase.sha256(small[0])
    assert batchcase.entries(out)["map.hdr"]["sha256"] == batchcase.sha256(
        small[3], small[3].with_suffix(".img"))


# ------------------------------------------------------------------------------ other choices

def test_another_model_or_other_settings(tmp_path, small, model, other_model):
    out = tmp_path / "out"
    batchcase.run(out, small[:1], model)
    before = batchcase.everything(out)
    with pytest.raises(ValueError, match=r"are of another model \(Quick, sha256 [0-9a-f]{12}\)"):
        batchcase.run(out, small[:1], other_model, resume=True)
    with pytest.raises(ValueError, match=r"other settings \(rule, smallest, litres\)"):
        batchcase.run(out, small[:1], model, resume=True,
                      settings=Settings(Rule(accept=.9), smallest=5, litres=2.))
    with pytest.raises(ValueError, match="earlier run: go on with it"):
        batchcase.run(out, small[:1], model)
    batchcase.check_same(batchcase.everything(out), before)


def test_engines_end_if_a_run_cannot_begin(tmp_path, small, model, other_model):
    out, closed = tmp_path / "out", []
    batchcase.run(out, small[:1], model)

    class Noted(Threads):
        def close(self):
            closed.append(self)
            super().close()

    with pytest.raises(ValueError, match="another model"):
        batchcase.run(out, small[:1], other_model, resume=True, engine=Noted)
    assert len(closed) == 1


def test_results_of_others_are_not_mixed_with(tmp_path, small, model):
    for name in ("spectra.csv", "maps"):
        out = tmp_path / name.partition(".")[0]
        (out / name).mkdir(parents=True)
        with pytest.raises(ValueError, match="holds other results"):
            batchcase.run(out, small[:1], model)


def test_the_first_size_of_blocks_is_kept(tmp_path, small, whole, model, monkeypatch):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        batchcase.run(out, small, model, progress=batchcase.Stop(9, KeyboardInterrupt()))
    monkeypatch.setattr(run, "_SMALLEST", 50_000)
    monkeypatch.setattr(run, "_LARGEST", 50_000)
    batchcase.run(out, small, model, resume=True)
    assert batchcase.manifest(out)["bytes of a block"] == 20_000
    batchcase.check_same(batchcase.everything(out), whole)


# ------------------------------------------------------------------------------ the disk is full

@pytest.mark.parametrize("at", [1, 3, 9])
def test_the_disk_is_full(tmp_path, monkeypatch, small, whole, model, at):
    out, left, save = tmp_path / "out", [at], State.save

    def full(self, *args):
        left[0] -= 1
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(self, *args)

    monkeypatch.setattr(State, "save", full)
    with pytest.raises(OSError, match="No space left"):
        batchcase.run(out, small, model)
    states = {entry["state"] for entry in batchcase.manifest(out)["files"]}
    assert "waiting" in states and "refused" not in states
    monkeypatch.undo()
    batchcase.run(out, small, model, resume=True)
    batchcase.check_same(batchcase.everything(out), whole)


def test_the_disk_is_full_for_the_tables(tmp_path, monkeypatch, small, whole, model):
    out = tmp_path / "out"

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(collect, "write_csv", full)
    with pytest.raises(OSError, match="No space left"):
        batchcase.run(out, small, model)
    assert batchcase.manifest(out)["finished"] is None
    assert not list(out.glob(".*")), "no parts of files are left"
    monkeypatch.undo()
    batchcase.run(out, small, model, resume=True)
    batchcase.check_same(batchcase.everything(out), whole)
