"""What a run writes is what the same functions say of tables that Orange reads."""
import json
import math
import os
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import batchcase
import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, Table
from orangecontrib.spectroscopy.preprocess import SavitzkyGolayFiltering

from orangecontrib.microplastics.batch.manifest import hash_of
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import DECISIONS, Rule, decide
from orangecontrib.microplastics.identification.rows import BETWEEN, COLUMNS, described
from orangecontrib.microplastics.particles.classes import size_classes
from orangecontrib.microplastics.particles.evaluated import evaluated
from orangecontrib.microplastics.particles.files import write_files
from orangecontrib.microplastics.particles.find import Choices, Finder
from orangecontrib.microplastics.particles.naming import Background, table_of
from orangecontrib.microplastics.particles.summary import Corrections
from orangecontrib.microplastics.spectra.axis import name_of
from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.names import spectrum_names
from orangecontrib.microplastics.spectra.stored import open_stored

SPECTRA = ("a.csv", "b.csv", "list.h5", "list.zarr")


@pytest.fixture(scope="module")
def expected(folder, model):
    """Tables, answers and rows of the files that are no maps, by the files' names."""
    found = {}
    for name in SPECTRA:
        path = folder / name
        if path.suffix == ".csv":
            data = read_spectra(path)
            names = spectrum_names(data)
        else:
            stored = open_stored(path)
            X = stored.at(np.arange(len(stored)))
            data = Table.from_numpy(Domain([ContinuousVariable(name_of(w))
                                            for w in stored.wavenumbers]), X)
            names = [str(i + 1) for i in range(len(data))]
        answer = model.answer(data)
        found[name] = answer, described(path.resolve(), names, model, answer,
                                        decide(answer, Rule()), Rule())
    return found


def test_spectra_as_csv(results, expected):
    rows = batchcase.rows(results[0] / "spectra.csv")
    assert tuple(rows[0]) == COLUMNS
    assert rows == [row for name in SPECTRA for row in expected[name][1]]
    assert len(rows) == 33


def test_spectra_as_parquet(results, expected, model):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(results[0] / "spectra.parquet").to_pydict()
    rows = batchcase.rows(results[0] / "spectra.csv")
    answers = [expected[name][0] for name in SPECTRA]
    lists = ("fractions", "low", "high")
    shares = [f"share {material}{ending}" for material in model.components
              for ending in ("", ", low", ", high")]
    assert list(table) == [name for name in COLUMNS if name not in lists] + shares
    numbers = 0
    for name in COLUMNS:
        if name in lists:
            continue
        for row, value in zip(rows, table[name], strict=True):
            if isinstance(value, str):
                assert value == row[name]
            else:
                numbers += 1
                assert row[name] == ("" if value is None else f"{value:.3f}")
    assert numbers == 6 * len(rows)
    for i, material in enumerate(model.components):
        for ending, key in (("", "fractions"), (", low", "low"), (", high", "high")):
            values = np.concatenate([getattr(answer, key)[:, i] for answer in answers])
            np.testing.assert_array_equal(
                np.array(table[f"share {material}{ending}"], float), values.astype(np.float32))
            # Those of the components that are named stand in the CSV, too.
            for row, value in zip(rows, table[f"share {material}{ending}"], strict=True):
                named = row["components"].split(BETWEEN)
                if material in named:
                    text = row[key].split(BETWEEN)[named.index(material)]
                    assert math.isclose(float(text), value, abs_tol=5.01e-4)


# ------------------------------------------------------------------------------ maps

@pytest.fixture(scope="module")
def finder(folder, model):
    finder = Finder(read_spectra(folder / "filter.hdr"), model)
    finder.path = (folder / "filter.hdr").resolve()
    return finder


@pytest.fixture(scope="module")
def found(finder):
    return finder.find()


def test_particles_are_those_of_the_table(tmp_path, results, finder, found):
    arrays, _ = batchcase.pixels(results[0] / "maps" / "filter")
    np.testing.assert_array_equal(arrays["particle"], found.labels)
    rows = batchcase.rows(results[0] / "particles.csv")
    assert len(rows) == len(found.names) == results[1].particles > 2
    assert [row["Polymer"] for row in rows] == found.names
    assert [row["Decision"] for row in rows] == [DECISIONS[d] for d in found.decisions]
    assert {Path(row["file"]) for row in rows} == {finder.path}
    # With sizes and scores as in the tables of the command "particles".
    choices = Choices()
    write_files(evaluated("filter", finder, found, choices, size_classes(""), Corrections()),
                tmp_path / "filter.html")
    for name in ("filter particles.csv", "filter counts.csv", "filter outlines.geojson"):
        assert (tmp_path / name).read_bytes() == \
            (results[0] / "maps" / "filter" / name).read_bytes()
    assert [list(row.values())[1:] for row in rows] == \
        [list(row.values()) for row in batchcase.rows(tmp_path / "filter particles.csv")]


def test_pixels_are_those_of_the_table(results, finder, found, model):
    arrays, about = batchcase.pixels(results[0] / "maps" / "filter")
    matter = (found.signal.values >= found.threshold).reshape(arrays["signal"].shape)
    assert 20 < matter.sum() < matter.size / 2
    np.testing.assert_array_equal(arrays["signal"].ravel(), found.signal.values)
    X = Background.of(found.signal, True)(finder.spectra(np.flatnonzero(matter)))
    answer = model.answer(table_of(finder.spectra.attributes, X))
    expected = {"material": answer.values, "decision": decide(answer, Rule()),
                "probability": answer.probability, "presence": answer.detected,
                **{name: getattr(answer, name) for name in (
                    "confidence", "correlation", "explained", "complete", "fractions", "low",
                    "high")}}
    assert arrays.keys() == {*expected, "signal", "particle"}
    for name, values in expected.items():
        np.testing.assert_array_equal(arrays[name][matter], values.astype(arrays[name].dtype),
                                      err_msg=name)
        nothing = arrays[name][~matter]
        assert (nothing == -1).all() or np.isnan(nothing).all()
    # Sums to 1 where there are any.
    sums = arrays["fractions"][matter].sum(axis=1)
    np.testing.assert_allclose(sums[np.isfinite(sums)], 1, atol=1e-5)
    assert about["classes"] == list(model.domain.class_var.values)
    assert about["materials"] == list(model.components)
    assert about["decisions"] == list(DECISIONS) and about["unit"] == "um"
    assert (about["x"], about["y"]) == (6.25, 6.25)


def test_counts_and_reports(results, found):
    out, outcome, told = results
    total = batchcase.rows(out / "counts.csv")
    of_map = batchcase.rows(out / "maps" / "filter" / "filter counts.csv")
    assert [{key: value for key, value in row.items() if key != "file"} for row in total] == of_map
    assert {Path(row["file"]).name for row in total} == {"filter.hdr"}
    assert set(found.names) <= {row["Polymer"] for row in of_map}
    report = (out / "maps" / "filter" / "filter.html").read_text(encoding="utf-8")
    assert "<html" in report and all(name in report for name in found.names)
    outlines = json.loads((out / "maps" / "filter" / "filter outlines.geojson").read_text())
    assert len(outlines["features"]) == len(found.names)
    assert any(f"filter: {len(found.names)} particles" in line for line in told.said)


def test_every_pixel(tmp_path, folder, model):
    out = tmp_path / "out"
    outcome = batchcase.run(out, [folder / "filter.hdr"], model,
                            settings=Settings(every_pixel=True, amounts=False))
    data = read_spectra(folder / "filter.hdr")
    answer = model.answer(data, amounts=False)
    arrays, _ = batchcase.pixels(out / "maps" / "filter")
    assert arrays.keys() == {"material", "decision", "probability", "confidence", "correlation",
                             "explained", "complete", "presence"}
    np.testing.assert_array_equal(arrays["material"].ravel(), answer.values)
    np.testing.assert_array_equal(arrays["confidence"].ravel(),
                                  answer.confidence.astype(np.float32))
    np.testing.assert_array_equal(outcome.counts,
                                  np.bincount(decide(answer, Rule()), minlength=3))
    assert outcome.particles == 0 and not (out / "particles.csv").exists()


# ------------------------------------------------------------------------------ manifest

def test_the_manifest_names_what_went_in(results, folder, paths, model):
    out, outcome, _ = results
    about, files = batchcase.manifest(out), batchcase.entries(out)
    assert [Path(entry["path"]) for entry in about["files"]] == [p.resolve() for p in paths]
    done = {"filter.hdr": [folder / "filter.hdr", folder / "filter.img"],
            **{name: [folder / name] for name in ("a.csv", "b.csv", "list.h5")},
            "list.zarr": [p for p in (folder / "list.zarr").rglob("*") if p.is_file()]}
    for name, entry in files.items():
        assert entry["state"] == ("done" if name in done else "refused")
        assert ("why" in entry) == (name not in done)
    for name, own in done.items():
        assert files[name]["sha256"] == batchcase.sha256(*own), name
        assert files[name]["bytes"] == sum(path.stat().st_size for path in own), name
    assert files["a.csv"]["spectra"] == 9 and files["filter.hdr"]["spectra"] == 32 * 32
    assert sum(np.array(entry["counts"]) for entry in files.values()
               if "counts" in entry).tolist() == outcome.counts.tolist()
    assert all((out / name).exists() for name in files["filter.hdr"]["results"])
    assert about["finished"] >= about["begun"]
    assert about["versions"]["Orange3"] == version("Orange3")
    assert about["versions"]["torch"] == version("torch")
    assert about["settings"] == json.loads(json.dumps(Settings().plain()))
    assert about["model"]["name"] == "Quick" and about["model"]["sha256"] == hash_of(model)
    assert about["computed by"] == "2 threads on this computer"


def test_refused_files_have_a_reason_and_are_told(results):
    out, outcome, told = results
    files = batchcase.entries(out)
    for name, why in (("peaks.csv", "list of peaks"), ("percent.csv", "transmittance"),
                      ("broken.csv", "wavenumbers"), ("damaged.spa", "cannot be read")):
        assert why in files[name]["why"]
        assert any(name in line and why in line for line in told.failed)
    assert len(told.failed) == outcome.refused == 4 and outcome.done == 5


def test_transmittance(tmp_path, folder, model):
    out, told = tmp_path / "out", batchcase.Told()
    batchcase.run(out, [folder / "percent.csv"], model, settings=Settings(transmittance=True),
                  told=told)
    X = batchcase.spectra(5, seed=2)
    answer = model.answer(Table.from_numpy(Domain([ContinuousVariable(name_of(w))
                                                   for w in batchcase.AXIS]), X))
    assert told.failed == []
    assert [row["material"] for row in batchcase.rows(out / "spectra.csv")] == \
        [model.domain.class_var.values[int(value)] for value in answer.values]


@pytest.mark.parametrize("name", ["a.csv", "list.h5", "filter.hdr"])
def test_a_conversion_that_was_wrong_is_told(tmp_path, folder, model, name):
    """Whether files are read as a whole or in parts; without advice to convert once more."""
    told = batchcase.Told()
    batchcase.run(tmp_path / "out", [folder / name], model,
                  settings=Settings(transmittance=True), told=told)
    line, = told.failed
    assert "converted from transmittance, perhaps wrongly" in line
    assert "Untick Convert from transmittance" in line and "Preprocess" not in line


# ------------------------------------------------------------------------------ hashes

def test_the_hash_of_a_model_is_that_of_its_contents(tmp_path, model, other_model):
    """Two files of one model may differ: the library writes the header in any order."""
    hashes = set()
    for i in range(6):
        model.save(tmp_path / f"{i}.dcnet")
        hashes.add(hash_of(DCNetModel.load(tmp_path / f"{i}.dcnet")))
    assert hashes == {hash_of(model)}
    assert hash_of(other_model) not in hashes


def test_the_hash_of_a_model_with_preprocessors(tmp_path):
    """The same in each process, so that --resume goes on."""
    one = batchcase.quick_model(epochs=1, mixtures=0, preprocessors=[SavitzkyGolayFiltering()])
    (tmp_path / "m.pkcls").write_bytes(pickle.dumps(one))
    code = ("import sys, pathlib, orangecontrib.microplastics.batch; "
            "from orangecontrib.microplastics.batch.manifest import hash_of; "
            "from orangecontrib.microplastics.cli.explain import load_model; "
            "print(hash_of(load_model(pathlib.Path(sys.argv[1]))))")
    found = {subprocess.run([sys.executable, "-c", code, str(tmp_path / "m.pkcls")], text=True,
                            capture_output=True, check=True,
                            env={**os.environ, "PYTHONHASHSEED": seed}).stdout
             for seed in ("1", "2")}
    assert len(found) == 1


def test_the_detail_of_choices_reaches_the_particles(tmp_path, folder, model, finder):
    settings = Settings(Rule(accept=.9, inspect=.6), threshold=4., smallest=9, pixel_size=10.,
                        classes="20,50,100", mass=True, litres=2., share=.5)
    out = tmp_path / "out"
    batchcase.run(out, [folder / "filter.hdr"], model, settings=settings)
    found = finder.find(Choices(4., 9, pixel_size=10., rule=settings.rule))
    arrays, _ = batchcase.pixels(out / "maps" / "filter")
    np.testing.assert_array_equal(arrays["particle"], found.labels)
    rows = batchcase.rows(out / "particles.csv")
    assert [row["Feret max (µm)"] for row in rows] == [f"{s:.1f}" for s in found.sizes.feret_max]
    header = list(batchcase.rows(out / "counts.csv")[0])
    assert any("50" in name and "100" in name for name in header)
