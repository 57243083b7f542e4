"""Maps of microscopes that stay in their files: ENVI and Agilent."""
import shutil
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import orangecontrib.spectroscopy
import pytest
from Orange.data import Table
from storedcase import check_same_as_table

from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.stored import Block, base, open_stored
from orangecontrib.microplastics.spectra.stored.agilent import AgilentSpectra
from orangecontrib.microplastics.spectra.stored.envi import EnviSpectra

AXIS = np.linspace(987.65, 1812.3, 40)
X = np.random.default_rng(0).normal(0, .4, (5, 7, len(AXIS)))

#: Order of the axes (rows, columns, bands) in a data file.
INTERLEAVES = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}

#: Numbers of data types.
TYPES = {"i2": 2, "i4": 3, "f4": 4, "f8": 5, "u2": 12, "i8": 14}


# ------------------------------------------------------------------------------ ENVI

def write_envi(folder, X=X, dtype="<f4", interleave="bip", axis=AXIS, offset=0, drop=(), add=()):
    path = folder / "map.hdr"
    rows, columns, bands = X.shape
    lines = [f"samples = {columns}", f"lines = {rows}", f"bands = {bands}",
             f"header offset = {offset}", f"data type = {TYPES[dtype[1:]]}",
             f"interleave = {interleave}", f"byte order = {int(dtype[0] == '>')}",
             f"wavelength = {{ {', '.join(f'{value:.10g}' for value in axis)} }}"]
    path.write_text("\n".join(["ENVI", *(line for line in lines
                                         if not line.startswith(tuple(drop))), *add]) + "\n")
    path.with_suffix(".dat").write_bytes(
        bytes(offset) + X.transpose(INTERLEAVES[interleave]).astype(dtype).tobytes())
    return path


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">f8", "<i2", ">i2", "<u2", "<i4", ">i8"])
def test_envi_is_read_as_the_table(tmp_path, dtype, interleave):
    values = X if dtype[1] == "f" else np.abs(1e4 * X)
    path = write_envi(tmp_path, values, dtype, interleave)
    stored = open_stored(path)
    assert isinstance(stored, EnviSpectra) and stored.is_map and stored.shape == (5, 7)
    assert stored.dtype == np.float32 and stored.pixel is None and stored.notes == []
    check_same_as_table(stored)
    np.testing.assert_array_equal(stored.read(Block(2, 4, 3, 7)), values[2:4, 3:7].reshape(
        -1, len(AXIS)).astype(dtype).astype(np.float32))


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<f4", "<f8"])
def test_a_scale_factor_divides(tmp_path, dtype, interleave):
    path = write_envi(tmp_path, np.round(1e4 * X), dtype, interleave,
                      add=["reflectance scale factor = 10000"])
    stored = open_stored(path)
    check_same_as_table(stored)
    np.testing.assert_allclose(stored.at([9])[0], X[1, 2], atol=1e-4)


@pytest.mark.parametrize("interleave", INTERLEAVES)
def test_a_header_offset(tmp_path, interleave):
    stored = open_stored(write_envi(tmp_path, interleave=interleave, offset=123))
    check_same_as_table(stored)
    np.testing.assert_array_equal(stored.at([9])[0], X[1, 2].astype(np.float32))


def test_descending_wavenumbers(tmp_path):
    stored = open_stored(write_envi(tmp_path, axis=AXIS[::-1]))
    assert (np.diff(stored.wavenumbers) > 0).all()
    check_same_as_table(stored)
    np.testing.assert_array_equal(stored.at([9])[0], X[1, 2, ::-1].astype(np.float32))


def test_wavenumbers_in_any_order(tmp_path):
    order = np.random.default_rng(0).permutation(len(AXIS))
    stored = open_stored(write_envi(tmp_path, axis=AXIS[order]))
    check_same_as_table(stored)
    np.testing.assert_array_equal(stored.at([9])[0], X[1, 2, np.argsort(order)].astype(np.float32))


@pytest.mark.parametrize("step", [1, -1])
def test_wavelengths_become_wavenumbers(tmp_path, step):
    stored = open_stored(write_envi(tmp_path, axis=1e4 / AXIS[::step],
                                    add=["wavelength units = Micrometers"]))
    np.testing.assert_allclose(stored.wavenumbers, AXIS, rtol=1e-6)
    check_same_as_table(stored)
    np.testing.assert_array_equal(stored.at([9])[0], X[1, 2, ::step].astype(np.float32))


def test_missing_values_are_nan(tmp_path):
    values = X.copy()
    values[1, 2] = np.nan
    stored = open_stored(write_envi(tmp_path, values))
    assert np.isnan(stored.at([9])).all() and np.isfinite(stored.at([8])).all()


def test_the_size_of_a_pixel(tmp_path):
    stored = open_stored(write_envi(tmp_path, add=["pixel size = { 5.5, 6.5 }"]))
    assert stored.pixel == pytest.approx((5.5, 6.5))
    check_same_as_table(stored)


def test_an_assumed_byte_order_is_said(tmp_path):
    stored = open_stored(write_envi(tmp_path, drop=["byte order"]))
    assert len(stored.notes) == 1
    assert "map.hdr does not name the byte order; little endian is assumed" in stored.notes[0]
    check_same_as_table(stored)


def test_what_is_missing_of_envi_is_said(tmp_path):
    path = write_envi(tmp_path)
    data = path.with_suffix(".dat")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(ValueError, match="map.hdr.*5,599 bytes, fewer than the 5,600.*in part"):
        open_stored(path)
    data.unlink()
    with pytest.raises(ValueError, match="map.hdr.*no data file beside it, such as map.dat"):
        open_stored(path)
    with pytest.raises(ValueError, match="map.hdr.*names no wavelengths: export"):
        open_stored(write_envi(tmp_path, drop=["wavelength"]))
    with pytest.raises(ValueError, match="map.hdr.*39 wavenumbers for 40 bands"):
        open_stored(write_envi(tmp_path, axis=AXIS[1:]))
    with pytest.raises(ValueError, match="map.hdr.*9 wavenumbers, which is no spectrum"):
        open_stored(write_envi(tmp_path, X[..., :9], axis=AXIS[:9]))
    with pytest.raises(ValueError, match="map.hdr.*twice"):
        open_stored(write_envi(tmp_path, axis=[*AXIS[1:], AXIS[5]]))
    path.write_text("ENVI\nnothing\n")
    with pytest.raises(ValueError, match="map.hdr"):
        open_stored(path)


def test_a_map_without_pixels(tmp_path):
    with pytest.raises(ValueError, match="map.hdr.*no spectra"):
        open_stored(write_envi(tmp_path, X[:0]))


@pytest.mark.parametrize("interleave", INTERLEAVES)
def test_large_maps_stay_on_disk(tmp_path, interleave):
    """2 GB, of which the file system stores nothing."""
    path = write_envi(tmp_path, interleave=interleave)
    path.write_text(path.read_text().replace("samples = 7", "samples = 3600")
                    .replace("lines = 5", "lines = 3600"))
    data = path.with_suffix(".dat")
    with open(data, "wb") as file:
        file.truncate(3600 * 3600 * len(AXIS) * 4)
    assert data.stat().st_size > 2e9
    try:
        tracemalloc.start()
        stored = open_stored(path)
        first = stored.read(stored.blocks(10_000)[-1])
        some = stored.at(np.linspace(0, len(stored) - 1, 100, dtype=int))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        del stored
        data.unlink()
    assert len(first) and not first.any() and len(some) == 100
    assert peak < 20e6


# ------------------------------------------------------------------------------ Agilent

MOSAIC = Path(orangecontrib.spectroscopy.__file__).parent / "datasets" / "agilent"

#: Places in the header of what `agilent_format` reads from it: step, first point, number of points.
STEP, FIRST, POINTS = 2216, 2228, 2236

#: Side of a tile, and numbers below its spectra that are no values.
SIDE, PREAMBLE = 4, 255


def write_mosaic(folder, across=3, down=2, points=24, stem="Mosaic", step=15.427738189697264,
                 first=65):
    """A mosaic with the header of one that orange-spectroscopy ships, and random tiles."""
    header = bytearray((MOSAIC / "5_mosaic_agg1024.dmt").read_bytes())
    struct.pack_into("<d", header, STEP, step)
    struct.pack_into("<i", header, FIRST, first)
    struct.pack_into("<i", header, POINTS, points)
    # The instrument writes the name of this file in small letters.
    path = folder / f"{stem.lower()}.dmt"
    path.write_bytes(header)
    rng = np.random.default_rng(0)
    for x, y in np.ndindex(across, down):
        values = rng.normal(size=PREAMBLE + points * SIDE ** 2)
        tile_file(path, x, y, stem).write_bytes(values.astype("<f4").tobytes())
    return path


def tile_file(path, x, y, stem="Mosaic"):
    return path.parent / f"{stem}_{x:04d}_{y:04d}.dmd"


@pytest.fixture
def mosaic(tmp_path):
    return write_mosaic(tmp_path)


@pytest.fixture
def loaded(monkeypatch):
    """Tiles that were read."""
    tiles, load = [], AgilentSpectra._tile
    monkeypatch.setattr(AgilentSpectra, "_tile", lambda self, row, column: (
        tiles.append((row, column)), load(self, row, column))[1])
    return tiles


@pytest.mark.parametrize("across, down", [(3, 2), (1, 1), (1, 4), (5, 1)])
def test_mosaics_are_read_as_the_table(tmp_path, across, down):
    stored = open_stored(write_mosaic(tmp_path, across, down))
    assert isinstance(stored, AgilentSpectra) and stored.is_map and stored.notes == []
    assert stored.shape == (SIDE * down, SIDE * across) and stored.grain == (SIDE, SIDE)
    # A pixel of the detector is 5.5 um, and 32 x 32 of them were put together.
    assert stored.pixel == (176, 176)
    check_same_as_table(stored)


def test_a_mosaic_with_descending_wavenumbers(tmp_path):
    """Of no instrument that is known; the format would allow it."""
    stored = open_stored(write_mosaic(tmp_path, step=-15.5, first=-90))
    assert stored.wavenumbers[-1] == 15.5 * 90 and (np.diff(stored.wavenumbers) > 0).all()
    check_same_as_table(stored)


def test_the_mosaic_that_orange_spectroscopy_ships(monkeypatch):
    path = MOSAIC / "5_mosaic_agg1024.dmt"
    monkeypatch.setattr(base, "FEWEST_WAVENUMBERS", 9)
    stored = open_stored(path)
    assert stored.shape == (8, 4)
    check_same_as_table(stored, Table.from_file(str(path)))


def test_blocks_of_any_size(mosaic):
    stored = open_stored(mosaic)
    whole = stored.read(Block(0, 8, 0, 12)).reshape(8, 12, -1)
    for block in (Block(3, 5, 3, 9), Block(0, 1, 0, 1), Block(7, 8, 11, 12), Block(2, 8, 5, 6),
                  Block(4, 8, 4, 8), Block(1, 3, 1, 3)):
        np.testing.assert_array_equal(
            stored.read(block), whole[block.top:block.bottom, block.left:block.right].reshape(
                block.size, -1))


def test_only_the_tiles_of_a_block_are_read(mosaic, loaded):
    stored = open_stored(mosaic)
    assert loaded == []
    stored.read(Block(0, 4, 4, 8))
    assert loaded == [(0, 1)]
    loaded.clear()
    stored.read(Block(3, 5, 3, 5))
    assert sorted(loaded) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    loaded.clear()
    stored.at([0, 95, 1, 94, 13])
    assert sorted(loaded) == [(0, 0), (1, 2)]
    for most in (1, 20, 50, 1000):
        loaded.clear()
        for block in stored.blocks(most):
            stored.read(block)
        assert sorted(loaded) == sorted(np.ndindex(2, 3))


def test_files_of_a_map(tmp_path, mosaic):
    """The header of a mosaic may be written in other letters than its tiles."""
    assert set(open_stored(mosaic).files) == {
        mosaic, *(tile_file(mosaic, x, y) for x, y in np.ndindex(3, 2))}
    path = write_envi(tmp_path)
    assert open_stored(path).files == [path, path.with_suffix(".dat")]


def test_a_missing_tile_has_no_values_and_is_said(mosaic):
    complete = open_stored(mosaic).read(Block(0, 8, 0, 12)).reshape(8, 12, -1)
    tile_file(mosaic, 2, 1).unlink()
    stored = open_stored(mosaic)
    found = stored.read(Block(0, 8, 0, 12)).reshape(8, 12, -1)
    # The lowest tile holds the first rows.
    assert np.isnan(found[:4, 8:]).all()
    complete[:4, 8:] = np.nan
    np.testing.assert_array_equal(found, complete)
    assert len(stored.notes) == 1
    assert "1 of 6 tiles (.dmd) of mosaic.dmt are missing" in stored.notes[0]
    check_same_as_table(stored)


def test_a_mosaic_that_is_cut_is_said(mosaic):
    """Of a tile of the first row that is missing, the library knows nothing."""
    tile_file(mosaic, 1, 0).unlink()
    stored = open_stored(mosaic)
    assert stored.shape == (8, 8)
    assert "1 of 6 tiles" in stored.notes[0] and "is cut" in stored.notes[0]


def test_other_mosaics_beside_it_are_not_counted(tmp_path):
    path = write_mosaic(tmp_path, 2, 2)
    write_mosaic(tmp_path, 3, 3, stem="Mosaic2")
    stored = open_stored(path)
    assert stored.shape == (8, 8) and stored.notes == []


def test_a_damaged_tile_is_named(mosaic):
    data = tile_file(mosaic, 2, 1)
    data.write_bytes(data.read_bytes()[:-100])
    stored = open_stored(mosaic)
    assert np.isfinite(stored.read(Block(4, 8, 0, 12))).all()
    for part in (lambda: stored.read(Block(0, 8, 0, 12)), lambda: stored.at([8])):
        with pytest.raises(OSError, match="mosaic.dmt.*column 2 and row 0 is damaged"):
            part()


def test_what_is_missing_of_a_mosaic_is_said(mosaic):
    for file in mosaic.parent.glob("*.dmd"):
        file.unlink()
    with pytest.raises(ValueError, match="mosaic.dmt.*tiles .* must lie beside it"):
        open_stored(mosaic)
    shutil.copy(MOSAIC / "5_Mosaic_agg1024_0000_0000.dmd", tile_file(mosaic, 0, 0))
    with pytest.raises(ValueError, match="Unexpected FPA size"):
        open_stored(mosaic)
    mosaic.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="mosaic.dmt cannot be read as an Agilent mosaic"):
        open_stored(mosaic)


def test_too_few_wavenumbers():
    path = MOSAIC / "5_mosaic_agg1024.dmt"
    for way in (open_stored, read_spectra):
        with pytest.raises(ValueError, match="5_mosaic_agg1024.dmt holds 9 wavenumbers"):
            way(path)
