"""On the workers of a Dask cluster: the same results, also if workers die."""
import json
import os
import pickle
import signal
import subprocess
import sys
import time

import batchcase
import psutil
import pytest

from orangecontrib.microplastics.batch import cluster as cluster_module
from orangecontrib.microplastics.batch import run, tasks
from orangecontrib.microplastics.batch.cluster import Cluster
from orangecontrib.microplastics.batch.settings import Settings

distributed = pytest.importorskip("distributed")
# Workers cannot import the tests.
pytest.importorskip("cloudpickle").register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(run, "_SMALLEST", 30_000)
    monkeypatch.setattr(run, "_LARGEST", 30_000)


def models(dask_worker):
    """In a worker: its process, and which model it holds of each run."""
    return os.getpid(), {name: id(plugin.context.model)
                         for name, plugin in dask_worker.plugins.items()
                         if name.startswith("orange-microplastics")}


class Watched(Cluster):
    """Calls a function with itself and the number of results before each of them."""

    def __init__(self, watch, *args, **options):
        super().__init__(*args, **options)
        self._watch, self.sent, self.all = watch, [], 0

    def results(self, todo):
        def seen():
            for key, task in todo:
                self.sent.append(len(pickle.dumps(task)))
                yield key, task
        for found in super().results(seen()):
            self._watch(self, self.all)
            self.all += 1
            yield found


def watched(watch, made, **options):
    def engine(context):
        made.append(Watched(watch, context, **options))
        return made[-1]
    return engine


def test_two_workers(tmp_path, results, paths, model, small_blocks):
    made, seen, out = [], [], tmp_path / "out"

    def watch(engine, number):
        if number % 20 == 0:
            seen.append(engine.client.run(models))

    before = set(psutil.Process().children(recursive=True))
    batchcase.run(out, paths, model, engine=watched(watch, made, workers=2))
    batchcase.check_same(batchcase.everything(out), batchcase.everything(results[0]))
    assert batchcase.manifest(out)["computed by"] == "2 Dask workers, this computer"
    # The model went to each worker once; tasks do not hold it.
    assert len(seen) > 3 and all(one == seen[0] for one in seen)
    assert len(seen[0]) == 2 and len({pid for pid, _ in seen[0].values()}) == 2
    assert all(len(held) == 1 for _, held in seen[0].values())
    assert max(made[0].sent) < len(pickle.dumps(made[0].context)) / 10
    assert ended(before)


def ended(before):
    """Whether all processes that were started since have ended."""
    _, alive = psutil.wait_procs(
        [child for child in psutil.Process().children(recursive=True) if child not in before
         and "resource_tracker" not in " ".join(child.cmdline())], timeout=20)
    return not alive


def test_a_worker_is_killed(tmp_path, results, paths, model, small_blocks):
    killed, out = [], tmp_path / "out"

    def watch(engine, number):
        if number == 12:
            pids = engine.client.run(os.getpid)
            killed.append(next(iter(pids.values())))
            os.kill(killed[-1], signal.SIGKILL)

    before = set(psutil.Process().children(recursive=True))
    batchcase.run(out, paths, model, engine=watched(watch, [], workers=2))
    assert len(killed) == 1 and not any(map(psutil.pid_exists, killed))
    batchcase.check_same(batchcase.everything(out), batchcase.everything(results[0]))
    assert ended(before)


# ------------------------------------------------------------------------------ schedulers

@pytest.fixture
def scheduler(tmp_path):
    """A scheduler and a worker, each in a process of its own; the former's process and address."""
    file, processes = tmp_path / "scheduler.json", []

    def start(what, *options):
        processes.append(subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", str(file),
             *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
    try:
        for _ in range(600):
            if file.exists():
                break
            time.sleep(.1)
        start("worker", "--nthreads", "1", "--no-dashboard", "--no-nanny")
        address = json.loads(file.read_text())["address"]
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        yield processes[0], address
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait(20)


def test_a_cluster_of_others(tmp_path, scheduler, model, other_model, folder, small_blocks):
    """It is left as it was found; files that its workers do not see are refused."""
    _, address = scheduler
    own, there = batchcase.write_csv(tmp_path / "own.csv", batchcase.spectra(3)), folder / "b.csv"
    hidden = own.with_name("hidden")

    class Elsewhere(Cluster):
        """With workers on a computer that lacks a file."""
        def results(self, todo):
            own.rename(hidden)
            try:
                yield from super().results(todo)
            finally:
                hidden.rename(own)

    told, out = batchcase.Told(), tmp_path / "out"
    batchcase.run(out, [own, there], model, told=told,
                  engine=lambda context: Elsewhere(context, address))
    assert len(told.failed) == 1 and "shared folder" in told.failed[0]
    assert str(own) in told.failed[0] and "tcp://" in told.failed[0]
    assert [entry["state"] for entry in batchcase.manifest(out)["files"]] == ["refused", "done"]
    assert batchcase.manifest(out)["computed by"] == f"1 Dask worker, {address}"
    # The same workers, and the other model.
    again = tmp_path / "again"
    batchcase.run(again, [own, there], other_model,
                  engine=lambda context: Cluster(context, address))
    alone = tmp_path / "alone"
    batchcase.run(alone, [own, there], other_model)
    batchcase.check_same(batchcase.everything(again), batchcase.everything(alone))
    with distributed.Client(address, set_as_default=False) as client:
        assert [held for _, held in client.run(models).values()] == [{}]


def test_the_scheduler_dies(tmp_path, monkeypatch, scheduler, model, results, paths,
                            small_blocks):
    monkeypatch.setattr(cluster_module, "_PATIENCE", 4)
    process, address = scheduler
    out = tmp_path / "out"

    def watch(engine, number):
        if number == 20:
            process.kill()
            process.wait()

    with pytest.raises(OSError, match="scheduler"):
        batchcase.run(out, paths, model, engine=watched(watch, [], address=address))
    states = [entry["state"] for entry in batchcase.manifest(out)["files"]]
    assert "waiting" in states and states.count("refused") <= 4
    batchcase.run(out, paths, model, resume=True)
    batchcase.check_same(batchcase.everything(out), batchcase.everything(results[0]))


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch, model):
    monkeypatch.setattr(cluster_module, "_PATIENCE", 1)
    with pytest.raises(ValueError, match="tcp://127.0.0.1:9 cannot be reached"):
        Cluster(tasks.Context(model, Settings()), "tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match="nonsense:// cannot be reached"):
        Cluster(tasks.Context(model, Settings()), "nonsense://")


class Unreadable:
    """A pickle that cannot be loaded, as where a package is missing."""

    def __reduce__(self):
        return int, ("no model",)


def test_workers_that_cannot_load_the_model():
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(ValueError, match="same packages as this computer.*no model"):
        Cluster(tasks.Context(Unreadable(), Settings()), workers=1)
    assert ended(before)


def test_interrupted(tmp_path, model, paths, results, small_blocks):
    out = tmp_path / "out"
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(KeyboardInterrupt):
        batchcase.run(out, paths, model, progress=batchcase.Stop(15, KeyboardInterrupt()),
                      engine=lambda context: Cluster(context, workers=1))
    assert ended(before) and batchcase.manifest(out)["finished"] is None
    batchcase.run(out, paths, model, resume=True)
    batchcase.check_same(batchcase.everything(out), batchcase.everything(results[0]))


def test_without_dask(monkeypatch, model):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match="Dask is not installed: pip install"):
        Cluster(tasks.Context(model, Settings()))
