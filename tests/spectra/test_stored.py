"""Spectra in files: blocks, rows by number, and how a file is opened."""
from pathlib import Path

import numpy as np
import orangecontrib.spectroscopy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storedcase import check_array, check_values

from orangecontrib.microplastics.spectra import files
from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.stored import Block, Stored, is_array, open_stored
from orangecontrib.microplastics.spectra.stored.base import ascending
from orangecontrib.microplastics.spectra.stored.tables import TableSpectra

AXIS = np.arange(1000., 1800., 20)

sides = st.integers(1, 12)


class Memory(Stored):
    """Spectra in memory, each with its own number as values, that remember what was read."""

    def __init__(self, shape, grain=(1, 1)):
        self.shape, self.grain, self.read_blocks = shape, grain, []
        self.wavenumbers = AXIS
        self.values = np.repeat(np.arange(len(self), dtype=np.float32)[:, None], len(AXIS), axis=1)

    def read(self, block):
        self.read_blocks.append(block)
        return self.values[block.rows(self.shape[1])]


# ------------------------------------------------------------------------------ blocks

@given(shape=st.tuples(sides, sides), grain=st.tuples(sides, sides), most=st.integers(1, 200))
def test_blocks_cover_each_spectrum_once_in_whole_grains(shape, grain, most):
    stored = Memory(shape, grain)
    blocks = stored.blocks(most)
    rows = np.concatenate([block.rows(shape[1]) for block in blocks])
    assert sorted(rows) == list(range(len(stored)))
    for block in blocks:
        for first, last, side, whole in ((block.top, block.bottom, shape[0], grain[0]),
                                         (block.left, block.right, shape[1], grain[1])):
            assert first % whole == 0
            assert last % whole == 0 or last == side
        assert 1 <= block.size <= max(most, min(grain[0], shape[0]) * min(grain[1], shape[1]))
    assert [block[::2] for block in blocks] == sorted(block[::2] for block in blocks)


def test_blocks_are_as_large_as_allowed():
    assert Memory((100, 10)).blocks(50) == [Block(top, top + 5, 0, 10)
                                            for top in range(0, 100, 5)]
    assert Memory((100, 1)).blocks(1000) == [Block(0, 100)]
    # Rows that are too long are divided.
    assert Memory((2, 10)).blocks(4)[:3] == [Block(0, 1, 0, 4), Block(0, 1, 4, 8),
                                             Block(0, 1, 8, 10)]
    assert Memory((8, 8), (4, 4)).blocks(33) == [Block(0, 4, 0, 8), Block(4, 8, 0, 8)]
    assert len(Memory((8, 8), (4, 4)).blocks(1)) == 4


@given(st.tuples(sides, sides), st.data())
def test_rows_of_a_block(shape, data):
    top, left = (data.draw(st.integers(0, side - 1)) for side in shape)
    bottom, right = data.draw(st.integers(top + 1, shape[0])), data.draw(
        st.integers(left + 1, shape[1]))
    block = Block(top, bottom, left, right)
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    np.testing.assert_array_equal(block.rows(shape[1]), numbers[top:bottom, left:right].ravel())
    assert block.size == len(block.rows(shape[1]))


def test_a_block_of_spectra_that_are_no_map():
    assert Block(3, 7).size == 4
    assert Block(3, 7).rows(1).tolist() == [3, 4, 5, 6]


# ------------------------------------------------------------------------------ rows

@settings(max_examples=150)
@given(shape=st.tuples(sides, sides), grain=st.tuples(sides, sides), data=st.data())
def test_any_rows_in_any_order(shape, grain, data):
    stored = Memory(shape, grain)
    rows = data.draw(st.lists(st.integers(0, len(stored) - 1), max_size=30))
    found = stored.at(rows)
    assert found.dtype == np.float32 and found.shape == (len(rows), len(AXIS))
    np.testing.assert_array_equal(found, stored.values[rows])
    # No grain twice, none without need.
    y, x = np.divmod(np.array(rows, int), shape[1])
    assert len(stored.read_blocks) == len({*zip(y // grain[0], x // grain[1], strict=True)})
    assert all(block.size <= grain[0] * grain[1] for block in stored.read_blocks)


def test_names_are_numbers_from_one():
    assert Memory((3, 4)).names(Block(1, 3, 1, 3)) == ["6", "7", "10", "11"]


# ------------------------------------------------------------------------------ axis

def test_axes_in_any_order_become_ascending():
    for order in (np.arange(len(AXIS)), np.arange(len(AXIS))[::-1],
                  np.random.default_rng(0).permutation(len(AXIS))):
        found, columns = ascending(AXIS[order], Path("map.h5"))
        np.testing.assert_array_equal(found, AXIS)
        np.testing.assert_array_equal(AXIS[order][columns], AXIS)


@pytest.mark.parametrize("axis, message", [
    (AXIS[:15], "15 wavenumbers"), ([*AXIS, AXIS[3]], "stands in it twice"),
    ([*AXIS, np.nan], "are missing"), ([*AXIS, np.inf], "are missing"),
    (np.arange(100), "numbered 0, 1, 2"), (np.linspace(2.5, 15, 50), "micrometres")])
def test_other_axes_are_refused(axis, message):
    with pytest.raises(ValueError, match=f"^map.h5.*{message}"):
        ascending(axis, Path("map.h5"))


# ------------------------------------------------------------------------------ opening

def test_missing_files():
    for name in ("no.csv", "no.hdr", "no.h5", "no.zarr", "no.dmt"):
        with pytest.raises(ValueError, match=f"There is no file .*{name}"):
            open_stored(Path("absent") / name)


def test_text_files_are_tables(tmp_path):
    path = tmp_path / "bottles.csv"
    values = np.random.default_rng(0).normal(size=(3, len(AXIS)))
    path.write_text("\n".join([",".join(["name", *(f"{w:g}" for w in AXIS[::-1])])] + [
        ",".join([f"bottle {i}", *(repr(float(v)) for v in row[::-1])])
        for i, row in enumerate(values)]))
    assert not is_array(path)
    stored = open_stored(str(path))
    assert isinstance(stored, TableSpectra)
    np.testing.assert_array_equal(stored.wavenumbers, AXIS)
    assert not stored.is_map and stored.shape == (3, 1) and stored.notes == []
    check_values(stored, values)
    assert stored.dtype == float
    assert stored.names(Block(1, 3)) == ["bottle 1", "bottle 2"]


def test_text_files_without_spectra(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing\n")
    with pytest.raises(ValueError, match="holds no spectra"):
        open_stored(path)


def test_headers_that_are_not_envi(tmp_path, monkeypatch):
    """Beamlines use the same suffix."""
    path = Path(orangecontrib.spectroscopy.__file__).parent / "datasets" / "max_iv.hdr"
    assert not is_array(path)
    monkeypatch.setattr(files, "FEWEST_WAVENUMBERS", 2)
    stored = open_stored(path)
    assert isinstance(stored, TableSpectra)
    check_array(stored.read(Block(0, len(stored))), read_spectra(path).X)
    other = tmp_path / "other.hdr"
    other.write_text("nothing")
    with pytest.raises(ValueError, match="other.hdr cannot be read"):
        open_stored(other)


def test_arrays_are_known_by_their_suffix(tmp_path):
    (tmp_path / "map.HDR").write_text("ENVI\n")
    assert is_array(tmp_path / "map.HDR")
    assert all(is_array(Path(name)) for name in ("a.h5", "a.HDF5", "a.hdf", "a.zarr", "a.dmt"))
    assert not any(is_array(Path(name)) for name in ("a.csv", "a.dat", "a.spa", "a", "zarr"))
