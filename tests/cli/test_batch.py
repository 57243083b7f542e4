"""The command "identify" into a folder."""
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import batchcase
import numpy as np
import pytest

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.__main__ import main
from orangecontrib.microplastics.batch.manifest import NAME

pytest.importorskip("zarr")


@pytest.fixture(scope="module")
def model():
    return batchcase.quick_model()


@pytest.fixture(scope="module")
def saved(tmp_path_factory, model):
    path = tmp_path_factory.mktemp("model") / "quick.dcnet"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spectra")
    batchcase.write_csv(folder / "a.csv", batchcase.spectra(9))
    batchcase.write_envi(folder / "filter.hdr", batchcase.quick_map(20, 2))
    return folder


@pytest.fixture
def ready_made(tmp_path, monkeypatch, model):
    """Without published spectra; a list of what was asked of the ready-made model."""
    asked = []

    def get(progress, **options):
        asked.append(options)
        return model

    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(ready, "get", get)
    return asked


@pytest.fixture
def identify(capsys):
    """Runs the command: exit status, lines of the answer and of the errors."""
    def identify(*args):
        status = main(["identify", *map(str, args)])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()
    return identify


def test_a_folder_into_a_folder(tmp_path, identify, folder, saved):
    out = tmp_path / "out"
    status, lines, errors = identify(folder, "--model", saved, "--output", out, "--threads", 2)
    assert (status, errors) == (0, [])
    assert lines[0] == "2 files, model Quick, 2 threads on this computer"
    assert re.fullmatch(r"\d+ spectra in 2 files: \d+ accepted, \d+ to inspect, \d+ unknown; "
                        r"\d particles", lines[-2])
    assert lines[-1].startswith(f"Results are in {out.resolve()}: spectra.csv")
    written = lines[-1].partition(": ")[2].split(", ")
    assert set(written) >= {"spectra.csv", "particles.csv", "counts.csv", NAME}
    assert all((out / name).exists() for name in written)
    assert len(batchcase.rows(out / "spectra.csv")) == 9


def test_a_file_or_a_folder(tmp_path, identify, folder, saved):
    """The same spectra get the same answers."""
    file, out = tmp_path / "x.csv", tmp_path / "out"
    assert identify(folder / "a.csv", "--model", saved, "--output", file)[0] == 0
    assert identify(folder / "a.csv", "--model", saved, "--output", out)[0] == 0
    assert file.is_file() and batchcase.rows(file) == batchcase.rows(out / "spectra.csv")
    assert file.read_bytes() == (out / "spectra.csv").read_bytes()


def test_the_model_may_come_first(tmp_path, identify, folder, saved, ready_made):
    status, lines, _ = identify(saved, folder / "a.csv", "--output", tmp_path / "out")
    assert status == 0 and lines[0].startswith("1 file, model Quick") and ready_made == []
    status, lines, _ = identify("ready-made", folder / "a.csv", "--output", tmp_path / "two")
    assert status == 0 and len(ready_made) == 1
    assert identify(folder / "a.csv", "--output", tmp_path / "three", "--simulated")[0] == 0
    assert [asked["simulated"] for asked in ready_made] == [False, True]
    status, _, errors = identify(saved, "--output", tmp_path / "four")
    assert status == 1 and errors == ["orange-microplastics: There is no file to identify."]
    assert not (tmp_path / "four").exists()


def test_options_of_maps(tmp_path, identify, folder, saved):
    out = tmp_path / "out"
    args = folder / "filter.hdr", "--model", saved
    status, lines, _ = identify(*args, "--output", out, "--every-pixel", "--no-amounts",
                                "--threads", 1)
    assert status == 0 and lines[0].endswith(", 1 thread on this computer")
    arrays, _ = batchcase.pixels(out / "maps" / "filter")
    assert (arrays["material"] >= 0).sum() == 400 and "fractions" not in arrays
    assert "particle" not in arrays and "400 spectra in 1 file" in lines[-2]
    found = batchcase.manifest(out)["settings"]
    assert found["every_pixel"] and not found["amounts"]
    out = tmp_path / "particles"
    assert identify(*args, "--output", out, "--accept", .8, "--threshold", 5, "--smallest", 6,
                    "--pixel-size", 10, "--classes", "20,50,100", "--mass", "--litres", 2,
                    "--share", 50)[0] == 0
    found = batchcase.manifest(out)["settings"]
    assert found["rule"]["accept"] == .8 and found["rule"]["inspect"] == .6
    assert {key: found[key] for key in ("threshold", "smallest", "pixel_size", "classes", "mass",
                                        "litres", "share")} == {
        "threshold": 5, "smallest": 6, "pixel_size": 10, "classes": "20,50,100", "mass": True,
        "litres": 2, "share": .5}


@pytest.mark.parametrize("options", [["--resume"], ["--no-amounts"], ["--every-pixel"],
                                     ["--threads", "2"], ["--workers", "2"],
                                     ["--scheduler", "tcp://x:1"]])
@pytest.mark.parametrize("output", [[], ["--output", "x.csv"]])
def test_options_that_need_a_folder(tmp_path, monkeypatch, identify, folder, saved, options,
                                    output):
    monkeypatch.chdir(tmp_path)
    status, lines, errors = identify(folder / "a.csv", "--model", saved, *output, *options)
    assert (status, lines, len(errors)) == (1, [], 1)
    assert f"{options[0]} is for results in a folder" in errors[0]
    assert list(tmp_path.iterdir()) == []


def test_options_that_cannot_be_used(tmp_path, capsys, identify, folder, saved):
    args = folder / "a.csv", "--model", saved, "--output", tmp_path / "out"
    status, _, errors = identify(*args, "--pictures", tmp_path / "pictures")
    assert status == 1 and "leave out --pictures" in errors[0]
    for options in (["--threads", "0"], ["--memory", "0"], ["--threads", "2", "--workers", "2"],
                    ["--share", "101"], ["--smallest", "0"]):
        with pytest.raises(SystemExit):
            main(["identify", *map(str, args), *options])
        assert options[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_used(tmp_path, identify, folder, saved):
    bad, out = tmp_path / "bad.csv", tmp_path / "out"
    bad.write_text("no,spectra\n")
    status, lines, errors = identify(folder / "a.csv", bad, tmp_path / "none.csv", "--model", saved,
                                     "--output", out)
    assert status == 1 and len(errors) == 2
    assert "none.csv" in errors[0] and "bad.csv" in errors[1]
    assert "1 file could not be used" in lines[-2]
    assert len(batchcase.rows(out / "spectra.csv")) == 9


def test_going_on(tmp_path, identify, folder, saved):
    out = tmp_path / "out"
    args = folder, "--model", saved, "--output", out
    assert identify(*args)[0] == 0
    before = batchcase.everything(out)
    status, _, errors = identify(*args)
    assert status == 1 and "--resume" in errors[0] and len(errors) == 1
    # A model is loaded from the file again.
    status, lines, errors = identify(*args, "--resume")
    assert (status, errors) == (0, []) and "2 files are done already." in lines
    batchcase.check_same(batchcase.everything(out), before)
    status, _, errors = identify(*args, "--resume", "--no-amounts", "--accept", .9)
    assert status == 1 and "other settings (rule, amounts)" in errors[0]


def test_nothing_to_identify(tmp_path, identify, ready_made):
    (tmp_path / "empty").mkdir()
    for name, message in (("empty", "no file of spectra in the folder"), ("*.spc", "no file")):
        status, lines, errors = identify(tmp_path / name, "--output", tmp_path / "out")
        assert (status, lines, len(errors)) == (1, [], 1) and message in errors[0]
    assert ready_made == [] and not (tmp_path / "out").exists()


def test_the_output_is_below_a_file(tmp_path, identify, folder, saved):
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        status, _, errors = identify(folder / "a.csv", "--model", saved, "--output", out)
        assert status == 1 and len(errors) == 1 and "file" in errors[0]


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch, identify, folder, saved):
    pytest.importorskip("distributed")
    from orangecontrib.microplastics.batch import cluster
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    status, _, errors = identify(folder / "a.csv", "--model", saved, "--output", tmp_path / "out",
                                 "--scheduler", "tcp://127.0.0.1:9")
    assert status == 1 and "tcp://127.0.0.1:9 cannot be reached" in errors[-1]


def test_workers(tmp_path, identify, folder, saved):
    pytest.importorskip("distributed")
    out, threads = tmp_path / "out", tmp_path / "threads"
    status, lines, _ = identify(folder, "--model", saved, "--output", out, "--workers", 1)
    assert status == 0 and lines[0] == "2 files, model Quick, 1 Dask worker, this computer"
    assert identify(folder, "--model", saved, "--output", threads)[0] == 0
    batchcase.check_same(batchcase.everything(out), batchcase.everything(threads))


# ------------------------------------------------------------------------------ processes

COMMAND = [sys.executable, "-m", "orangecontrib.microplastics", "identify"]


def test_threads_start_no_cluster(tmp_path, folder, saved):
    """Importing orange-spectroscopy would start one; nothing warns."""
    code = ("import sys; from orangecontrib.microplastics.__main__ import main; "
            "status = main(sys.argv[1:]); "
            "print([name for name in ('distributed', 'dask.distributed') if name in sys.modules]); "
            "sys.exit(status)")
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code, "identify", str(folder), "--model",
         str(saved), "--output", str(tmp_path / "out")], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    for word in ("8787", "dask", "distributed", "Port", "Traceback"):
        assert word not in done.stderr


def test_interrupted_by_the_keyboard(tmp_path, saved):
    path = batchcase.write_envi(tmp_path / "large.hdr",
                                np.tile(batchcase.quick_map(64, 4), (4, 5, 1)))
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, str(path), "--model", str(saved), "--output", str(out), "--every-pixel",
         "--threads", "1", "--memory", "1"], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    try:
        while not list((out / "state").glob("*/*.npz")):
            assert process.poll() is None
            time.sleep(.005)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "The same command with --resume goes on" in said and str(out) in said
    # Zarr may say that it was interrupted, too; without a terminal there is no bar.
    assert "Stopped." in errors and "Traceback" not in errors and "%" not in errors
    about = batchcase.manifest(out)
    assert about["finished"] is None and about["files"][0]["state"] == "waiting"
    assert Path(about["files"][0]["path"]) == path and os.listdir(out / "state")
