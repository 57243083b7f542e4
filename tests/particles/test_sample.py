"""A sample from the map to its files: what the report states, and what stands in the files."""
import csv
import json
import re

import numpy as np
import pytest

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.particles.classes import load
from orangecontrib.microplastics.particles.contents import HEADER, contents, rows_of
from orangecontrib.microplastics.particles.edits import IS, NOT, Edit
from orangecontrib.microplastics.particles.facts import digest, facts, versions
from orangecontrib.microplastics.particles.files import SUFFIXES, write_files
from orangecontrib.microplastics.particles.find import Choices, Finder
from orangecontrib.microplastics.particles.items import ITEMS
from orangecontrib.microplastics.particles.mass import FLAT, masses
from orangecontrib.microplastics.particles.quality import Blanks
from orangecontrib.microplastics.particles.report import html
from orangecontrib.microplastics.particles.sample import Sample
from orangecontrib.microplastics.particles.summary import Corrections, summarize
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PP", "PS", "PET")
AXIS = np.arange(900, 3600, 6.75)


@pytest.fixture(scope="module")
def model():
    return DCNetLearner(epochs=6, widths=(12, 12, 12), mixtures=2, seed=1)(
        simulate([*POLYMERS, "CE"], 50, wavenumbers=AXIS))


@pytest.fixture(scope="module")
def table():
    return simulate_map(72, polymers=POLYMERS, particles=8, fibres=.2, touching=.3,
                        small=0., sand=0, biofilm=0, matrix="silicon", seed=3).table


@pytest.fixture(scope="module")
def finder(table, model):
    return Finder(table, model)


def sample_of(finder, model, choices=Choices(), edits=(), corrections=Corrections(),  # noqa: B008
              mass=True, items=()):
    found = finder.find(choices, edits)
    summary = summarize(found, load()["EU 2024/1441"], model.components, corrections,
                        choices.smallest)
    return Sample("simulated filter", finder.spectra, model, choices, edits,
                  found, summary, corrections,
                  masses(found.names, found.sizes) if mass else None, FLAT, dict(items))


@pytest.fixture(scope="module")
def full(finder, model):
    """With all that can be known, and two corrections by hand."""
    found = finder.find()
    return sample_of(finder, model, edits=[Edit(IS, (found.place(1),), "PVC"),
                                           Edit(NOT, (found.place(3),))],
                     corrections=Corrections(Blanks(3, {("PE", "20\u201350\u00a0µm"): 3}),
                                             (87, 100), .25, 250.),
                     items={"sample": "2024-117", "instrument": "<Cary> 620"})


@pytest.fixture(scope="module")
def plain(finder, model):
    return sample_of(finder, model, mass=False)


@pytest.fixture(scope="module")
def files(full, tmp_path_factory):
    """The files by what they hold."""
    folder = tmp_path_factory.mktemp("files")
    paths = write_files(full, folder / "River 3.html", "River 3", pages=2)
    assert sorted(paths) == sorted(folder.iterdir())
    return dict(zip(SUFFIXES, paths, strict=True))


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# ------------------------------------------------------------------------------------- facts

def test_only_what_is_known_is_stated(plain):
    stated = facts(plain)
    assert not {"accuracy", "recovery", "detection", "share_measured"} & set(stated)
    assert stated["blank_correction"] == "Not subtracted"
    assert stated["edits"] == stated["mass"] == "None"
    assert set(stated) <= {item.key for item in ITEMS}
    assert all(stated.values())


def test_sets_of_a_model_that_is_not_ready_made_are_not_claimed(plain):
    training = facts(plain).get("training", "")
    assert not re.search("FLOPP|Kedzierski|FROND|made ", training)
    n = plain.model.training.get("spectra")
    assert str(n) in training if n else training == ""


def test_the_model_and_the_map_are_described(plain):
    stated = facts(plain)
    assert "1 network; knows CE, PE, PET, PP, PS and 10 mixtures" in stated["model"]
    assert stated["pixel"].startswith("72 x 72 pixels, 5,184 measured; each 6.25 µm, from the "
                                      "data; 0.203 mm²")
    assert "Otsu's threshold" in stated["signal"]
    assert f"from {plain.found.threshold:.3g} on" in stated["signal"]
    assert stated["input"] == "Absorbance"
    assert "Transmittance, converted" in facts(plain._replace(converted=True))["input"]
    assert stated["size_classes"].startswith("EU 2024/1441: 20, 50, 100, 300, 1000, 5000 µm; "
                                             "fibres: 20,")
    assert "(classes as entered)" in stated["size_classes"]


def test_choices_are_stated(finder, model):
    sample = sample_of(finder, model, Choices(threshold=20., by_pixels=False, subtract=False,
                                              smallest=7, pixel_size=5.))
    stated = facts(sample)
    assert "matter from 20 on (set by hand)" in stated["signal"]
    assert stated["filter_spectrum"].startswith("Not subtracted.")
    assert stated["separation"].startswith("Connected pixels")
    assert stated["smallest"].startswith("7 pixels")
    assert "each 5 µm, typed" in stated["pixel"]


def test_corrections_are_stated(full):
    stated = facts(full)
    assert stated["blank_correction"].startswith("Mean of 3 blanks subtracted")
    assert stated["recovery"] == "87 of 100 added particles found"
    assert stated["share_measured"] == "25 %"
    assert stated["edits"] == "2, listed below"
    # Mean 1, variance of the difference on a quarter 1 / .25 + 1 / 3.
    lod = 1.645 ** 2 / .25 + 2 * 1.645 * (4 + 1 / 3) ** .5
    assert f"{lod:.1f} and " in stated["detection"]
    assert stated["mass"].startswith(f"Estimate by {FLAT}; ")


def test_the_checksum_is_that_of_the_answers(model, tmp_path):
    first = digest(model)
    assert re.fullmatch("[0-9a-f]{64}", first)
    model.save(tmp_path / "m.dcnet")
    assert digest(type(model).load(tmp_path / "m.dcnet")) == first
    other = DCNetLearner(epochs=1, widths=(8, 8, 8))(simulate(POLYMERS, 12, wavenumbers=AXIS))
    assert digest(other) != first


def test_versions_of_programs():
    names = [name for name, _ in versions()]
    assert {"Orange3", "numpy", "Python"} <= set(names)
    assert dict(versions())["numpy"] == np.__version__


# ------------------------------------------------------------------------------------ report

def test_the_report_holds_what_was_counted(full, files):
    text = files["report"].read_text(encoding="utf-8")
    n = len(full.found.names)
    assert text.startswith("<!DOCTYPE html>") and "<h1>River 3</h1>" in text
    assert f"{n} particles were found" in text
    for polymer in full.summary.counts.polymers:
        assert polymer in text
    # Rows of the table, without its tags.
    body = re.sub(r"(<[^>]+>|\s)+", "|", text)
    for row in full.summary.rows:
        assert f"|{'|'.join(row)}|" in body
    assert "not stated" in text and "2024-117" in text and "&lt;Cary&gt; 620" in text
    assert "Particle 1, at (" in text and "): PVC, by hand" in text and "not a particle" in text
    assert text.count("<h3>Particle 1: PVC") == 1 and "Particle 3:" not in text, "two pages"


def test_sentences_and_warnings(full, plain):
    content = contents(full, pages=0)
    assert content.title == f"Particles of {full.name}"
    header, rows = full.summary.estimates
    plastics = next(row for row in rows if row[0] == "All plastics")
    assert f"Corrected: {plastics[header.index('per m3')]} plastic particles per m3" in \
        " ".join(content.summary)
    assert any(one.startswith("Estimated mass: ") for one in content.summary)
    assert content.pages == [] and len(content.edits) == 2
    assert any(one.startswith("Not looked for") and "PTFE" in one for one in content.warnings)
    bare = contents(plain, pages=0)
    assert bare.estimates is None and bare.edits == [] and bare.sample == []
    assert sum(entry.count for entry in bare.legend) == len(plain.found.names)
    assert "Nothing was corrected by hand" in html(bare)


def test_a_map_without_particles_has_a_report(finder, model, tmp_path):
    empty = sample_of(finder, model, Choices(threshold=1e6))
    paths = write_files(empty, tmp_path / "empty")
    text = paths[0].read_text(encoding="utf-8")
    assert paths[0].name == "empty.html" and "0 particles were found" in text
    assert read(paths[1]) == [list(HEADER)]
    assert json.loads(paths[3].read_text(encoding="utf-8"))["features"] == []


def test_single_particles_have_a_report_without_a_map(model, tmp_path):
    data = simulate(POLYMERS, 2, wavenumbers=AXIS, seed=9)
    single = sample_of(Finder(data, model), model)
    stated = facts(single)
    assert stated["separation"] == "Each spectrum is a particle."
    assert not {"signal", "smallest", "filter_spectrum"} & set(stated)
    paths = write_files(single, tmp_path / "single.htm", pages=1)
    assert [path.name for path in paths] == ["single.html", "single particles.csv",
                                             "single counts.csv"]
    assert len(read(paths[1])) == 1 + len(data)


def test_progress_ends_at_one_and_cancels(plain, tmp_path):
    told = []
    contents(plain, pages=2, progress=told.append)
    assert told == sorted(told) and told[-1] == 1

    class Stop(Exception):
        pass

    def stop(done):
        raise Stop
    with pytest.raises(Stop):
        write_files(plain, tmp_path / "a.html", progress=stop)
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------- files

def test_names_of_the_files(files):
    assert [path.name for path in files.values()] == [
        "River 3.html", "River 3 particles.csv", "River 3 counts.csv",
        "River 3 estimates.csv", "River 3 outlines.geojson"]


def test_the_table_of_particles_is_that_of_what_was_found(full, files):
    header, *rows = read(files["particles"])
    found = full.found
    assert tuple(header) == HEADER
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert columns["No."] == tuple(str(i + 1) for i in range(len(found.names)))
    assert list(columns["Polymer"]) == found.names
    for title, values in (("Feret max (µm)", found.sizes.feret_max),
                          ("Area (µm²)", found.sizes.area), ("x", found.sizes.x)):
        np.testing.assert_allclose(np.array(columns[title], float), values, atol=.5)
    hand = found.names.index("PVC")
    assert columns["Decision"][hand] == "by hand" and columns["Remark"][hand] == "named by hand"
    assert [text.startswith("fibre") for text in columns["Shape"]] == list(found.sizes.fibre)
    assert ["at border" in text for text in columns["Shape"]] == list(found.sizes.border)


def test_the_row_of_a_page_is_that_of_the_table(full):
    pages = contents(full, pages=2).pages
    for page, row in zip(pages, rows_of(full), strict=False):
        assert page.title == f"Particle {row[0]}: {row[1]}" and page.note == row[-1]
        told = dict(page.facts)
        assert told["Area (µm²)"] == row[HEADER.index("Area (µm²)")]


def test_the_table_of_counts_adds_up(full, files):
    header, *rows = read(files["counts"])
    assert header == full.summary.header
    numbers = np.array([[int(cell or 0) for cell in row[1:]] for row in rows])
    np.testing.assert_array_equal(numbers[:-1].sum(axis=0), numbers[-1])
    np.testing.assert_array_equal(numbers[:, :-2].sum(axis=1), numbers[:, -2])
    assert numbers[-1, -2] == len(full.found.names)


def test_what_was_not_looked_for_has_no_number_in_the_files(full, files):
    """Without a star, so that the table of counts needs no notes; PVC was named by hand."""
    rows = {row[0]: row[1:] for row in read(files["counts"])[1:]}
    assert full.summary.counts.unsought and "PVC" in full.summary.counts.not_looked_for
    for polymer in full.summary.counts.unsought:
        assert set(rows[polymer]) == {""}
    assert rows["PVC"][-2] == "1" and not any("–" in row for row in rows.values())
    text = files["report"].read_text(encoding="utf-8")
    assert "PTFE*" in text and "not looked for" in text and "means nothing" not in text


def test_large_counts_can_be_read_by_programs(plain, tmp_path):
    large = plain._replace(summary=plain.summary._replace(
        header=["Polymer", "All"], rows=[["PE, aged", "1,234,567"], ["All", "1,234,567"]]))
    path = write_files(large, tmp_path / "a", pages=0)[2]
    assert read(path) == [["Polymer", "All"], ["PE, aged", "1234567"], ["All", "1234567"]]


def shoelace(ring):
    x, y = np.array(ring).T
    return ((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2


def areas_of(path):
    """Areas of the particles, from their outlines alone."""
    out = []
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        shape = feature["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        out.append(sum(shoelace(ring) for polygon in polygons for ring in polygon))
    return out


def test_outlines_have_the_areas_of_the_particles(full, files):
    np.testing.assert_allclose(areas_of(files["outlines"]), full.found.sizes.area, rtol=1e-6)
    features = json.loads(files["outlines"].read_text(encoding="utf-8"))["features"]
    assert [one["properties"]["polymer"] for one in features] == full.found.names
    assert [one["properties"]["by hand"] for one in features] == list(full.found.by_hand)
    for one, area, x in zip(features, full.found.sizes.area, full.found.sizes.x, strict=True):
        assert one["properties"]["area"] == pytest.approx(area)
        if one["geometry"]["type"] == "Polygon":
            corners = np.array(one["geometry"]["coordinates"][0])
            assert corners[:, 0].min() < x < corners[:, 0].max()


def test_outlines_are_as_large_as_the_typed_size_of_a_pixel_says(finder, model, tmp_path):
    """Also if the map has a size of its own, 6.25 µm."""
    typed = sample_of(finder, model, Choices(pixel_size=12.5))
    path = write_files(typed, tmp_path / "a", pages=0)[3]
    np.testing.assert_allclose(areas_of(path), typed.found.sizes.area, rtol=1e-6)
    assert typed.found.sizes.area[0] == typed.found.sizes.pixels[0] * 12.5 ** 2


def test_outlines_of_a_map_in_pixels(table, model, tmp_path):
    data = table.copy()
    with data.unlocked():
        data.metas[:] = np.rint(data.metas.astype(float) / 6.25)
    data.attributes = {}
    pixels = Finder(data, model)
    unknown = sample_of(pixels, model)
    assert any("size of a pixel is not known" in one for one in
               contents(unknown, pages=0).warnings)
    path = write_files(unknown, tmp_path / "px", pages=0)[3]
    np.testing.assert_allclose(areas_of(path), unknown.found.sizes.pixels)
    known = sample_of(pixels, model, Choices(pixel_size=6.25))
    path = write_files(known, tmp_path / "um", pages=0)[3]
    np.testing.assert_allclose(areas_of(path), known.found.sizes.area, rtol=1e-6)


def test_a_file_that_cannot_be_written(plain, tmp_path):
    with pytest.raises(OSError):
        write_files(plain, tmp_path / "none" / "a.html", pages=0)
    (tmp_path / "b.html").mkdir()
    with pytest.raises(OSError):
        write_files(plain, tmp_path / "b.html", pages=0)
