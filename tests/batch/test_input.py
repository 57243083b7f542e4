"""Which files are taken, and what cannot be used."""
import json
import sys
from pathlib import Path

import batchcase
import numpy as np
import pytest
from Orange.data import ContinuousVariable

from orangecontrib.microplastics.batch.find import find_files
from orangecontrib.microplastics.batch.manifest import NAME
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.particles.naming import table_of


def test_the_output_cannot_be_a_folder(tmp_path, model, folder):
    file = tmp_path / "file"
    file.write_text("something")
    for out in (file, file / "below"):
        with pytest.raises(OSError, match="file"):
            batchcase.run(out, [folder / "b.csv"], model)
    assert file.read_text() == "something"


def test_a_header_without_data(tmp_path, model, folder):
    lone = tmp_path / "lone.hdr"
    batchcase.write_header(lone, (4, 4, len(batchcase.AXIS)))
    cut = batchcase.write_envi(tmp_path / "cut.hdr", np.ones((5, 5, len(batchcase.AXIS))))
    cut.with_suffix(".img").write_bytes(cut.with_suffix(".img").read_bytes()[:500])
    other = tmp_path / "other.hdr"
    other.write_text("not ENVI\n")
    told = batchcase.Told()
    outcome = batchcase.run(tmp_path / "out", [lone, cut, other, folder / "b.csv"], model,
                            told=told)
    assert outcome.done == 1 and outcome.refused == 3 and len(told.failed) == 3
    why = {name: entry.get("why", "") for name, entry in
           batchcase.entries(tmp_path / "out").items()}
    assert "no data file beside it" in why["lone.hdr"]
    assert "copied in part" in why["cut.hdr"] and why["other.hdr"]


def test_a_file_that_vanishes(tmp_path, model):
    gone, there = tmp_path / "gone.csv", batchcase.write_csv(tmp_path / "a.csv",
                                                             batchcase.spectra(2))
    told = batchcase.Told()
    outcome = batchcase.run(tmp_path / "out", [gone, there], model, told=told)
    assert outcome.done == 1 and len(told.failed) == 1 and "gone.csv" in told.failed[0]


def test_files_of_a_folder(tmp_path):
    folder = tmp_path / "in"
    batchcase.write_envi(folder / "map.hdr", np.ones((2, 2, len(batchcase.AXIS))))
    # The values of a map; a table of the same name is something else.
    (folder / "map.img").rename(folder / "map.dat")
    for name in ("a.csv", "map.csv", "B.TXT", "c.h5", "d.0", "e.dat"):
        (folder / name).write_text("1")
    for name in ("notes.docx", "run.pkl", "run.pkl.gz", ".hidden.csv"):
        (folder / name).write_text("1")
    (folder / "s.zarr").mkdir()
    (folder / "below.csv").mkdir()
    (folder / "dangling.hdr").symlink_to(folder / "none.hdr")
    fails = []
    found = find_files([str(folder)], fails.append)
    assert {path.name for path in found} == {"map.hdr", "map.csv", "a.csv", "B.TXT", "c.h5", "d.0",
                                             "e.dat", "s.zarr", "dangling.hdr"}
    assert fails == []
    again = find_files([folder, folder / "a.csv", folder / "*.csv", folder / "s.zarr"],
                       fails.append)
    assert again == found and fails == []
    assert find_files([folder / "run.pkl"], fails.append) == [folder / "run.pkl"]


def test_nothing_is_there(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / NAME).write_text("{}")
    (tmp_path / "results" / "spectra.csv").write_text("x")
    for name, message in (("empty", "no file of spectra in the folder"), ("*.spc", "no file"),
                          ("results", "no file of spectra"), ("none.csv", "no file")):
        fails = []
        assert find_files([tmp_path / name], fails.append) == []
        assert len(fails) == 1 and message in fails[0] and name in fails[0]


def test_results_are_not_taken_for_spectra(tmp_path, folder, model):
    out = tmp_path / "out"
    batchcase.run(out, [folder / "b.csv"], model)
    assert find_files([out / "*.csv"], print) == []


# ------------------------------------------------------------------------------ packages

@pytest.fixture
def bare(monkeypatch):
    """Neither zarr nor pyarrow is installed."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("zarr", "pyarrow"):
            monkeypatch.delitem(sys.modules, name)
    for name in ("zarr", "pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    return monkeypatch


def test_without_zarr_and_pyarrow(tmp_path, bare, folder, model, results):
    out, told = tmp_path / "out", batchcase.Told()
    paths = [folder / name for name in ("a.csv", "b.csv", "filter.hdr", "list.h5", "list.zarr")]
    batchcase.run(out, paths, model, told=told)
    assert len(told.failed) == 1 and "to read Zarr, install it" in told.failed[0]
    assert not (out / "spectra.parquet").exists()
    expected = batchcase.rows(results[0] / "spectra.csv")
    assert batchcase.rows(out / "spectra.csv") == [
        row for row in expected if Path(row["file"]).name != "list.zarr"]
    assert (out / "particles.csv").read_bytes() == (results[0] / "particles.csv").read_bytes()
    arrays = {path.stem: np.load(path) for path in (out / "maps/filter/pixels").glob("*.npy")}
    about = json.loads((out / "maps/filter/pixels/about.json").read_text())
    bare.undo()
    stored, attributes = batchcase.pixels(results[0] / "maps" / "filter")
    assert arrays.keys() == stored.keys() and about == attributes
    for name, values in arrays.items():
        assert values.dtype == stored[name].dtype
        np.testing.assert_array_equal(values, stored[name])


def test_pyarrow_is_installed_later(tmp_path, bare, folder, model):
    """A Parquet file has all rows, or there is none."""
    out, paths = tmp_path / "out", [folder / "a.csv", folder / "b.csv"]
    batchcase.run(out, paths[:1], model)
    bare.undo()
    batchcase.run(out, paths, model, resume=True)
    assert len(batchcase.rows(out / "spectra.csv")) == 12
    assert not (out / "spectra.parquet").exists()
    assert not list(out.glob(".*"))


def test_pyarrow_is_removed_later(tmp_path, request, folder, model):
    out, paths = tmp_path / "out", [folder / "a.csv", folder / "b.csv"]
    batchcase.run(out, paths[:1], model)
    assert (out / "spectra.parquet").exists()
    request.getfixturevalue("bare")
    batchcase.run(out, paths, model, resume=True, settings=Settings())
    assert len(batchcase.rows(out / "spectra.csv")) == 12
    assert not (out / "spectra.parquet").exists(), "it would lack the new rows"


def test_spectra_without_an_answer_are_told(tmp_path, model):
    """As the model says it of a table: of a file, an array, and every pixel of a map."""
    X = batchcase.spectra(6).astype(np.float32)
    X[[1, 4]] = 0
    batchcase.write_csv(tmp_path / "few.csv", X)
    batchcase.write_hdf5(tmp_path / "few.h5", X)
    batchcase.write_envi(tmp_path / "map.hdr", X.reshape(2, 3, -1))
    told = batchcase.Told()
    batchcase.run(tmp_path / "out", [tmp_path / name for name in ("few.csv", "few.h5", "map.hdr")],
                  model, told=told, settings=Settings(every_pixel=True))
    said = str(next(note for note in model.answer(table_of(
        [ContinuousVariable(f"{w:g}") for w in batchcase.AXIS], X.astype(float))).notes
        if "get no prediction" in str(note)))
    assert said.startswith("2 of 6 spectra")
    for name, entry in batchcase.entries(tmp_path / "out").items():
        assert said in entry["notes"], name
        assert f"{name}: {said}" in told.said
