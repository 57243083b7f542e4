"""Maps of all kinds."""
import batchcase
import numpy as np
import pytest

from orangecontrib.microplastics.batch import run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.particles.find import Finder
from orangecontrib.microplastics.spectra.files import read_spectra


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(run, "_SMALLEST", 50_000)
    monkeypatch.setattr(run, "_LARGEST", 50_000)


@pytest.fixture(scope="module")
def image():
    return batchcase.quick_map(24, 3)


def coordinates(shape, pixel=6.25):
    y, x = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    return {"map_x": [f"{pixel * value:g}" for value in x],
            "map_y": [f"{pixel * value:g}" for value in y]}


def check_particles(out, path, model):
    """Particles as of the same file in a table; they are returned."""
    found = Finder(read_spectra(path), model).find()
    arrays, about = batchcase.pixels(out)
    np.testing.assert_array_equal(arrays["particle"], found.labels)
    np.testing.assert_array_equal(arrays["signal"].ravel(),
                                  found.map.image(found.signal.values).ravel())
    rows = batchcase.rows(out / f"{path.stem} particles.csv")
    assert [row["Polymer"] for row in rows] == found.names and len(rows) > 0
    assert [row["Feret max (µm)"] for row in rows] == [f"{v:.1f}" for v in found.sizes.feret_max]
    assert (about["x"], about["y"]) == pytest.approx(found.map.pitch)
    return found, arrays


def test_a_map_in_a_table(tmp_path, model, image):
    """Its rows may lie in any order."""
    X, places = image.reshape(-1, image.shape[-1]), coordinates(image.shape)
    order = np.random.default_rng(0).permutation(len(X))
    path = batchcase.write_csv(tmp_path / "map.csv", X[order], **{
        name: [values[i] for i in order] for name, values in places.items()})
    batchcase.run(tmp_path / "out", [path], model)
    check_particles(tmp_path / "out" / "maps" / "map", path, model)
    assert not (tmp_path / "out" / "spectra.csv").exists()
    assert batchcase.entries(tmp_path / "out")["map.csv"]["sha256"] == batchcase.sha256(path)


def test_a_map_in_a_table_with_rows_that_lie_nowhere(tmp_path, model, image):
    X, places = image.reshape(-1, image.shape[-1]), coordinates(image.shape)
    # Spectra without a place, and pixels that were not measured.
    bright = int(np.ptp(X, axis=1).argmax())
    nowhere = [0, 5, 77, 300]
    X = np.concatenate([X[bright:bright + 1], np.delete(X, nowhere, axis=0), X[bright:bright + 1]])
    places = {name: ["", *np.delete(values, nowhere), ""] for name, values in places.items()}
    path = batchcase.write_csv(tmp_path / "holes.csv", X, **places)
    batchcase.run(tmp_path / "out", [path], model)
    found, arrays = check_particles(tmp_path / "out" / "maps" / "holes", path, model)
    assert found.measured == len(X) - 2
    assert np.isnan(arrays["signal"]).sum() == len(nowhere)


def test_pixels_that_are_not_square(tmp_path, model):
    path = batchcase.write_envi(tmp_path / "flat.hdr", batchcase.quick_map((20, 32), 3),
                                pixel=(6.25, 12.5))
    batchcase.run(tmp_path / "out", [path], model)
    found, _ = check_particles(tmp_path / "out" / "maps" / "flat", path, model)
    assert found.pixel == pytest.approx((6.25, 12.5))
    # As typed, it is the width.
    out = tmp_path / "typed"
    batchcase.run(out, [path], model, settings=Settings(pixel_size=12.5))
    for row, size in zip(batchcase.rows(out / "particles.csv"), found.sizes.feret_max,
                         strict=True):
        assert float(row["Feret max (µm)"]) == pytest.approx(2 * size, abs=.06)


def test_the_size_of_a_pixel_is_not_known(tmp_path, model, image):
    path = batchcase.write_envi(tmp_path / "map.hdr", image, pixel=None)
    batchcase.run(tmp_path / "out", [path], model)
    arrays, about = batchcase.pixels(tmp_path / "out" / "maps" / "map")
    assert about["unit"] == "pixel" and about["x"] == 1
    np.testing.assert_array_equal(arrays["particle"],
                                  Finder(read_spectra(path), model).find().labels)


def test_maps_of_one_name(tmp_path, model, image):
    other = batchcase.quick_map(24, 2, seed=8)
    paths = [batchcase.write_envi(tmp_path / "one" / "map.hdr", image),
             batchcase.write_envi(tmp_path / "one" / "Map 2.hdr", other[::-1]),
             batchcase.write_envi(tmp_path / "two" / "map.hdr", other),
             batchcase.write_csv(tmp_path / "three" / "map.csv", image.reshape(-1, image.shape[-1]),
                                 **coordinates(image.shape))]
    out = tmp_path / "out"
    outcome = batchcase.run(out, paths, model)
    found = batchcase.manifest(out)["files"]
    folders = [entry["folder"] for entry in found]
    assert folders == ["maps/map", "maps/Map 2", "maps/map 3", "maps/map 4"]
    labels = [Finder(read_spectra(path), model).find().labels for path in paths]
    for folder, expected in zip(folders, labels, strict=True):
        np.testing.assert_array_equal(batchcase.pixels(out / folder)[0]["particle"], expected)
    rows = batchcase.rows(out / "particles.csv")
    # Each row tells of which file it is.
    assert [sum(row["file"] == str(path.resolve()) for row in rows) for path in paths] == \
        [int(expected.max()) for expected in labels]
    assert len(rows) == outcome.particles
    # One that is added takes the name of none.
    paths.append(batchcase.write_envi(tmp_path / "four" / "map.hdr", other[:, ::-1]))
    before = {name: batchcase.pixels(out / name)[0]["particle"].tobytes() for name in folders}
    batchcase.run(out, paths, model, resume=True)
    assert batchcase.manifest(out)["files"][-1]["folder"] == "maps/map 5"
    assert before == {name: batchcase.pixels(out / name)[0]["particle"].tobytes()
                      for name in folders}


def test_a_map_that_begins_where_the_model_does_not(tmp_path):
    axis = np.arange(898., 1900., 8.)
    usual = batchcase.quick_model(axis, epochs=1)
    low = batchcase.quick_model(axis[axis >= 1250], epochs=1, seed=2)
    asked, told = [], batchcase.Told()

    def model(start):
        asked.append(start)
        if start == 1450:
            raise ValueError("No such model.")
        return low if start else usual

    def path(name, start):
        own = axis[axis >= start]
        return batchcase.write_envi(tmp_path / name, batchcase.quick_map(20, 2, wavenumbers=own),
                                    own)

    paths = [path("whole.hdr", 0), path("short.hdr", 1249), path("again.hdr", 1249),
             path("shorter.hdr", 1399)]
    out = tmp_path / "out"
    batchcase.run(out, paths, model, told=told)
    assert asked == [0, 1250, 1450]
    assert sum("looks from 1250 cm-1 on" in line for line in told.said) == 2
    assert told.failed == ["shorter.hdr: No such model."]
    files = batchcase.entries(out)
    assert "model" not in files["whole.hdr"]
    assert files["short.hdr"]["model"]["sha256"] != batchcase.manifest(out)["model"]["sha256"]
    for name, own in (("whole", usual), ("short", low), ("again", low)):
        check_particles(out / "maps" / name, tmp_path / f"{name}.hdr", own)


# ------------------------------------------------------------------------------ nothing

def test_a_map_without_spectra(tmp_path, model):
    """Some programs write zeros where nothing was measured."""
    zeros = np.zeros((20, 20, len(batchcase.AXIS)))
    paths = [batchcase.write_envi(tmp_path / "zeros.hdr", zeros),
             batchcase.write_envi(tmp_path / "nan.hdr", zeros * np.nan)]
    told = batchcase.Told()
    outcome = batchcase.run(tmp_path / "out", paths, model, told=told)
    assert outcome.refused == 2 and outcome.done == 0
    assert [line.partition(": ")[2] for line in told.failed] == \
        ["No pixel of the map has a spectrum."] * 2
    assert not (tmp_path / "out" / "particles.csv").exists()
    # All pixels are identified: as nothing.
    outcome = batchcase.run(tmp_path / "every", paths, model, settings=Settings(every_pixel=True))
    if outcome.done:
        assert outcome.counts.tolist() == [0, 0, 400 * outcome.done]


def test_a_map_without_matter(tmp_path, model):
    rng = np.random.default_rng(0)
    bare = batchcase.quick_map(20, 0)
    path = batchcase.write_envi(tmp_path / "bare.hdr", bare + rng.normal(0, 1e-4, bare.shape))
    outcome = batchcase.run(tmp_path / "out", [path], model, settings=Settings(threshold=1e6))
    assert outcome.done == 1 and outcome.particles == 0 and outcome.counts.sum() == 0
    arrays, _ = batchcase.pixels(tmp_path / "out" / "maps" / "bare")
    assert (arrays["particle"] == 0).all() and (arrays["material"] == -1).all()
    assert batchcase.rows(tmp_path / "out" / "particles.csv") == []
    assert (tmp_path / "out" / "maps" / "bare" / "bare.html").exists()


def test_pixels_without_a_spectrum(tmp_path, model, image):
    """Outside a round filter."""
    y, x = np.indices(image.shape[:2]) - 11.5
    image = np.where((np.hypot(x, y) < 11)[..., None], image, 0)
    path = batchcase.write_envi(tmp_path / "round.hdr", image)
    batchcase.run(tmp_path / "out", [path], model)
    check_particles(tmp_path / "out" / "maps" / "round", path, model)
