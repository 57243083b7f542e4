"""Spectra as plain arrays in HDF5 and Zarr files."""
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import orangecontrib.spectroscopy
import pytest
from storedcase import check_values

from orangecontrib.microplastics.spectra import files
from orangecontrib.microplastics.spectra.stored import Block, open_stored
from orangecontrib.microplastics.spectra.stored.arrays import _AXES, ArraySpectra
from orangecontrib.microplastics.spectra.stored.tables import TableSpectra

AXIS = np.arange(1000., 1800., 20)
MAP = np.random.default_rng(0).normal(size=(6, 9, len(AXIS)))
LIST = MAP.reshape(-1, len(AXIS))


class Hdf5:
    """Writes arrays and attributes by their paths in a file."""
    name = "map.h5"

    def __init__(self, folder):
        self.path = folder / self.name
        self.root = h5py.File(self.path, "w")

    def group(self, name):
        return self.root.create_group(name)

    def array(self, name, values, chunks=None, group=None):
        place = self.root if group is None else group
        return place.create_dataset(name, data=values, chunks=chunks)

    def opened(self):
        self.root.close()
        return open_stored(self.path)


class Zarr:
    name = "map.zarr"

    def __init__(self, folder):
        self.zarr = pytest.importorskip("zarr")
        self.path = folder / self.name
        self.root = self.zarr.open_group(str(self.path), mode="w")

    def group(self, name):
        return self.root.create_group(name)

    def array(self, name, values, chunks=None, group=None):
        values = np.asarray(values)
        # A group without members is false.
        place = self.root if group is None else group
        # Releases 2 and 3 have this method.
        made = place.create_dataset(name, shape=values.shape, dtype=values.dtype,
                                    chunks=chunks or values.shape)
        made[...] = values
        return made

    def opened(self):
        return open_stored(self.path)


@pytest.fixture(params=[Hdf5, Zarr])
def written(request, tmp_path):
    return request.param(tmp_path)


# ------------------------------------------------------------------------------ layouts

@pytest.mark.parametrize("chunks", [(4, 4, 40), (1, 9, 40), (2, 5, 17), (6, 9, 1)])
def test_a_map(written, chunks):
    written.array("spectra", MAP, chunks)
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    assert isinstance(stored, ArraySpectra) and stored.is_map and stored.shape == (6, 9)
    assert stored.grain == chunks[:2] and stored.pixel is None and stored.notes == []
    np.testing.assert_array_equal(stored.wavenumbers, AXIS)
    check_values(stored, LIST)


@pytest.mark.parametrize("chunks", [(7, 40), (1, 40), (54, 3)])
def test_spectra_that_are_no_map(written, chunks):
    written.array("spectra", LIST, chunks)
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    assert not stored.is_map and stored.shape == (54, 1) and stored.grain == (chunks[0], 1)
    check_values(stored, LIST)
    assert stored.names(Block(52, 54)) == ["53", "54"]


@pytest.mark.parametrize("values", [MAP, LIST])
def test_hdf5_without_chunks(tmp_path, values):
    written = Hdf5(tmp_path)
    written.array("spectra", values)
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    assert stored.grain == (1, 1)
    check_values(stored, LIST)


def test_chunks_may_be_larger_than_the_array(tmp_path):
    written = Hdf5(tmp_path)
    written.root.create_dataset("spectra", data=MAP, chunks=(16, 16, 64),
                                maxshape=(None, None, None))
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    assert stored.blocks(10) == [Block(0, 6, 0, 9)]
    check_values(stored, LIST)


@pytest.mark.parametrize("dtype, read", [
    ("f4", "f4"), (">f4", "f4"), ("f2", "f4"), ("i2", "f4"), ("u1", "f4"), ("u2", "f4"),
    ("i4", "f4"), ("i8", "f8"), ("f8", "f8"), (">f8", "f8")])
def test_types_of_numbers(written, dtype, read):
    values = np.abs(100 * LIST).astype(dtype)
    written.array("spectra", values)
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    assert stored.dtype == read
    check_values(stored, values)


@pytest.mark.parametrize("order", [slice(None, None, -1),
                                   np.random.default_rng(0).permutation(len(AXIS))])
@pytest.mark.parametrize("values", [MAP, LIST])
def test_axes_in_other_orders(written, values, order):
    written.array("spectra", values[..., order])
    written.array("wavenumbers", AXIS[order])
    stored = written.opened()
    np.testing.assert_array_equal(stored.wavenumbers, AXIS)
    check_values(stored, LIST)


@pytest.mark.parametrize("name", [*_AXES, "Wavenumbers (cm-1)", "WN", "Axis"])
@pytest.mark.parametrize("place", ["top", "beside", "attribute"])
def test_names_and_places_of_the_axis(written, name, place):
    group = written.group("Measurement")
    spectra = written.array("Absorbance", LIST, group=group)
    if place == "attribute":
        spectra.attrs[name] = AXIS.tolist()
    else:
        written.array(name, AXIS, group=group if place == "beside" else None)
    stored = written.opened()
    np.testing.assert_array_equal(stored.wavenumbers, AXIS)
    check_values(stored, LIST)


def test_the_axis_beside_the_spectra_comes_first(written):
    group = written.group("b")
    written.array("spectra", LIST, group=group)
    written.array("wavenumbers", AXIS, group=group)
    written.array("wavenumbers", AXIS + 1)
    np.testing.assert_array_equal(written.opened().wavenumbers, AXIS)


def test_the_largest_array_that_has_an_axis(written):
    written.array("spectra", LIST)
    written.array("wavenumbers", AXIS)
    written.array("video", np.zeros((100, 100, 3)))
    written.array("few", LIST[:3])
    written.array("names", np.zeros(54))
    stored = written.opened()
    check_values(stored, LIST)


def test_integers_are_an_axis(written):
    written.array("spectra", LIST)
    written.array("wavenumbers", AXIS.astype("u2"))
    np.testing.assert_array_equal(written.opened().wavenumbers, AXIS)


def test_a_zarr_array_without_group(tmp_path):
    zarr = pytest.importorskip("zarr")
    array = zarr.open_array(str(tmp_path / "map.zarr"), mode="w", shape=MAP.shape,
                            chunks=(4, 4, 40), dtype="f4")
    array[...] = MAP
    array.attrs["wavenumbers"] = AXIS.tolist()
    array.attrs["pixel_size"] = 2.5
    stored = open_stored(tmp_path / "map.zarr")
    assert stored.shape == (6, 9) and stored.grain == (4, 4) and stored.pixel == (2.5, 2.5)
    check_values(stored, LIST)


def test_files_of_arrays(written):
    written.array("spectra", LIST, (9, 40))
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    if isinstance(written, Hdf5):
        assert stored.files == [written.path]
    else:
        # Six parts, the axis, and headers.
        assert len(stored.files) > 7 and all(file.is_file() for file in stored.files)


# ------------------------------------------------------------------------------ pixels

@pytest.mark.parametrize("given, pixel", [(5, (5, 5)), ([5.5], (5.5, 5.5)), ([5.5, 6], (5.5, 6))])
@pytest.mark.parametrize("of_file", [True, False])
def test_the_size_of_a_pixel(written, given, pixel, of_file):
    spectra = written.array("spectra", MAP)
    written.array("wavenumbers", AXIS)
    (written.root if of_file else spectra).attrs["pixel_size"] = given
    stored = written.opened()
    assert stored.pixel == pixel and stored.notes == []


def test_the_size_of_the_spectra_comes_first(written):
    written.array("spectra", MAP).attrs["pixel_size"] = 5
    written.array("wavenumbers", AXIS)
    written.root.attrs["pixel_size"] = 7
    assert written.opened().pixel == (5, 5)


@pytest.mark.parametrize("given", ["5 um", 0, -5., [5, 5, 1], [5, "five"], []])
def test_other_sizes_of_a_pixel_are_ignored_and_said(written, given):
    spectra = written.array("spectra", MAP)
    written.array("wavenumbers", AXIS)
    spectra.attrs["pixel_size"] = list(map(str, given)) if isinstance(given, list) and \
        "five" in given else given
    stored = written.opened()
    assert stored.pixel is None
    assert len(stored.notes) == 1
    assert f"{written.name}: pixel_size must be one or two numbers" in stored.notes[0]
    check_values(stored, LIST)


# ------------------------------------------------------------------------------ no spectra

def test_without_wavenumbers(written):
    """Arrays of one axis are none, nor are axes of another length, texts, and energies in eV."""
    written.array("spectra", LIST)
    written.array("other", AXIS)
    written.array("wavenumbers", AXIS[1:])
    written.array("energy", AXIS)
    written.root.attrs["wavenumbers"] = AXIS.tolist()
    with pytest.raises(ValueError, match=f"{written.name}.*beside one called 'wavenumbers'"):
        written.opened()


def test_texts_are_no_wavenumbers(written):
    written.array("spectra", LIST).attrs["wavenumbers"] = ["band"] * len(AXIS)
    with pytest.raises(ValueError, match=f"{written.name}.*beside one called 'wavenumbers'"):
        written.opened()


def test_without_arrays(written):
    with pytest.raises(ValueError, match=f"{written.name}.*beside one called 'wavenumbers'"):
        written.opened()


@pytest.mark.parametrize("values, axis, message", [
    (LIST[:0], AXIS, "holds no spectra"), (MAP[:, :0], AXIS, "holds no spectra"),
    (LIST[:, :9], AXIS[:9], "9 wavenumbers"), (LIST, np.arange(40), "numbered 0, 1, 2"),
    (LIST, np.append(AXIS[1:], AXIS[7]), "twice"), (LIST, 1e4 / AXIS, "micrometres")])
def test_unsuitable_spectra(tmp_path, values, axis, message):
    written = Hdf5(tmp_path)
    written.array("spectra", values)
    written.array("wavenumbers", axis)
    with pytest.raises(ValueError, match=f"map.h5.*{message}") as told:
        written.opened()
    # The file was closed, not only forgotten: its variable lives as long as the exception.
    h5py.File(written.path, "a").close()
    assert told.value.__traceback__ is not None


def test_empty_data_sets_are_passed_over(tmp_path):
    written = Hdf5(tmp_path)
    written.root["nothing"] = h5py.Empty("f4")
    written.root["number"] = 5
    written.root["texts"] = ["a", "b"]
    written.root["pairs"] = np.zeros((3, 40), dtype=[("a", "f4"), ("b", "f4")])
    written.array("spectra", LIST)
    written.array("wavenumbers", AXIS)
    check_values(written.opened(), LIST)


def test_hdf5_of_a_beamline_is_read_by_orange_spectroscopy(monkeypatch):
    """It holds energies, images and places, and the energy is the first axis of the images."""
    path = Path(orangecontrib.spectroscopy.__file__).parent / "datasets" / "Hermes_HDF5" \
        / "small_OK.hdf5"
    with pytest.raises(ValueError, match="small_OK.hdf5 holds 2 wavenumbers"):
        open_stored(path)
    monkeypatch.setattr(files, "FEWEST_WAVENUMBERS", 2)
    stored = open_stored(path)
    assert isinstance(stored, TableSpectra)
    with h5py.File(path) as file:
        images = file["entry1/Counter0/data"][:]
    np.testing.assert_array_equal(stored.read(Block(0, 4)), images.T.reshape(4, 2))


def test_folders_and_files_that_are_no_zarr(tmp_path):
    pytest.importorskip("zarr")
    folder = tmp_path / "folder.zarr"
    folder.mkdir()
    (folder / "notes.txt").write_text("nothing")
    (tmp_path / "file.zarr").write_bytes(b"nothing")
    for name in ("folder.zarr", "file.zarr"):
        with pytest.raises(ValueError, match=f"{name} is no Zarr store"):
            open_stored(tmp_path / name)


def test_without_the_package_zarr(tmp_path, monkeypatch):
    (tmp_path / "map.zarr").mkdir()
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ValueError, match=r"map.zarr: .*pip install .*\[batch\]"):
        open_stored(tmp_path / "map.zarr")


# ------------------------------------------------------------------------------ damage

def test_files_that_are_no_hdf5(tmp_path):
    path = tmp_path / "map.h5"
    for content in (b"", b"nothing"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="map.h5 cannot be read"):
            open_stored(path)
    written = Hdf5(tmp_path)
    written.array("spectra", LIST)
    written.array("wavenumbers", AXIS)
    written.root.close()
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    with pytest.raises(ValueError, match="map.h5 cannot be read"):
        open_stored(path)


def test_damaged_parts_of_hdf5(tmp_path):
    written = Hdf5(tmp_path)
    spectra = written.root.create_dataset("spectra", data=LIST, chunks=(9, 40), compression="gzip")
    written.array("wavenumbers", AXIS)
    place = spectra.id.get_chunk_info(2)
    written.root.close()
    with open(written.path, "r+b") as file:
        file.seek(place.byte_offset)
        file.write(bytes(place.size))
    stored = open_stored(written.path)
    np.testing.assert_array_equal(stored.read(Block(0, 18)), LIST[:18])
    with pytest.raises(OSError, match="map.h5: a part of it cannot be read"):
        stored.read(Block(0, 27))


def test_the_list_of_contents_of_hdf5_is_damaged(tmp_path):
    """The library raises RuntimeError then."""
    written = Hdf5(tmp_path)
    written.array("spectra", LIST)
    written.array("wavenumbers", AXIS)
    written.root.close()
    content = written.path.read_bytes()
    assert content.count(b"TREE") == content.count(b"SNOD") == 1
    for mark in (b"TREE", b"SNOD"):
        written.path.write_bytes(content.replace(mark, b"XXXX"))
        with pytest.raises(ValueError, match="map.h5 cannot be read"):
            open_stored(written.path)


def test_damaged_parts_of_zarr(tmp_path):
    written = Zarr(tmp_path)
    written.array("spectra", LIST, (9, 40))
    written.array("wavenumbers", AXIS)
    parts = sorted(part for part in (written.path / "spectra").rglob("*")
                   if part.is_file() and "zarr" not in part.name and not part.name.startswith("."))
    assert len(parts) == 6
    stored = open_stored(written.path)
    parts[2].write_bytes(parts[2].read_bytes()[:20])
    np.testing.assert_array_equal(stored.read(Block(0, 18)), LIST[:18])
    with pytest.raises(OSError, match="map.zarr: a part of it cannot be read"):
        stored.read(Block(0, 27))
    for header in [*written.path.glob("spectra/zarr.json"), *written.path.glob("spectra/.zarray")]:
        header.write_bytes(header.read_bytes()[:20])
    with pytest.raises(ValueError, match="map.zarr is no Zarr store, or damaged"):
        open_stored(written.path)


# ------------------------------------------------------------------------------ threads

def test_several_threads_read_at_once(written):
    values = np.random.default_rng(1).normal(size=(400, len(AXIS)))
    written.array("spectra", values, (16, 40))
    written.array("wavenumbers", AXIS)
    stored = written.opened()

    def read(seed):
        rows = np.random.default_rng(seed).permutation(len(values))[:50]
        blocks = stored.blocks(16)
        return np.array_equal(stored.at(rows), values[rows]) and all(
            np.array_equal(stored.read(block), values[block.top:block.bottom]) for block in blocks)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(16))) == [True] * 16


def test_hdf5_is_open_as_long_as_it_is_used(tmp_path):
    written = Hdf5(tmp_path)
    written.array("spectra", LIST)
    written.array("wavenumbers", AXIS)
    stored = written.opened()
    gc.collect()
    np.testing.assert_array_equal(stored.at([3]), LIST[[3]])
    del stored
    gc.collect()
    # Fails as long as the file is open for reading.
    h5py.File(written.path, "a").close()
