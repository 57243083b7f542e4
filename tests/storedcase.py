"""What is checked of stored spectra of any format."""
import warnings

import numpy as np

from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.stored import Block


def check_values(stored, expected):
    """All ways to read give the rows of `expected`, to the last bit, as new arrays."""
    rows, columns = stored.shape
    assert len(stored) == rows * columns == len(expected)
    expected = expected.astype(stored.dtype)
    for most in (1, 3, columns, 2 * columns + 1, len(stored)):
        for block in stored.blocks(most):
            check_array(stored.read(block), expected[block.rows(columns)])
    # Blocks need not be those of `blocks`.
    block = Block(rows // 3, rows - 1, columns // 3, max(columns - 1, 1))
    assert block.size
    part = stored.read(block)
    check_array(part, expected[block.rows(columns)])
    part[:] = -1
    check_array(stored.read(block), expected[block.rows(columns)])
    chosen = np.random.default_rng(0).integers(len(stored), size=2 * len(stored))
    check_array(stored.at(chosen), expected[chosen])
    check_array(stored.at(chosen[:0]), expected[:0])


def check_array(found, expected):
    assert found.dtype == expected.dtype
    assert found.flags.writeable and found.flags.c_contiguous
    np.testing.assert_array_equal(found, expected)


def check_same_as_table(stored, table=None):
    """Stored spectra are those of Orange's table of the same file, in the same order."""
    if table is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = read_spectra(stored.path)
    columns, wavenumbers = spectral_columns(table.domain)
    np.testing.assert_array_equal(stored.wavenumbers, wavenumbers)
    check_values(stored, table.X[:, columns])
    wide, high = stored.pixel or (1, 1)
    y, x = np.divmod(np.arange(len(stored)), stored.shape[1])
    np.testing.assert_allclose(table.get_column("map_x").astype(float), wide * x)
    np.testing.assert_allclose(table.get_column("map_y").astype(float), high * y)
