"""Maps of instruments that orange-spectroscopy ships."""
import re
from itertools import product
from pathlib import Path

import numpy as np
import orangecontrib.spectroscopy
import pytest
from Orange.data import Table

from orangecontrib.microplastics.particles.pixels import has_map, pixel_map
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.files import read_spectra

FOLDER = Path(orangecontrib.spectroscopy.__file__).parent / "datasets"

pytestmark = pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")

#: File, rows and columns, pitch along x and y, whether it is micrometres, wavenumbers (cm-1).
WHOLE = (
    ("perkinelmer/4x4_pixel_PE_image.fsm", (4, 4), (50, 50), True, (1626, 750, 4000)),
    ("photothermal/Hyper_Sample.ptir", (5, 7), (20, 20), True, (451, 900, 1800)),
    ("polar/4-angle-ftir_multiin1.tab", (2, 2), (2.82015, 2.87862), True,
     (129, 1203.42, 1697.13)),
)

#: Too few wavenumbers for an answer: the same, with the number of wavenumbers only.
CUT = (
    # The program of the microscope writes its own format beside the ENVI header.
    ("agilent/4_noimage_agg256.dat", (8, 8), (88, 88), True, 9),
    ("agilent/4_noimage_agg256.hdr", (8, 8), (1, 1), False, 9),
    ("agilent/5_mosaic_agg1024.dmt", (8, 4), (176, 176), True, 9),
    ("agilent/5_Mosaic_agg1024.hdr", (8, 4), (1, 1), False, 9),
    ("map_test.xyz", (4, 4), (2, 3), True, 9),
    # Has the suffix, but no header, of ENVI.
    ("max_iv.hdr", (10, 10), (.05, .05), True, 2),
    ("small_Omnic.map", (1, 4), (1, 1), False, 14),
)


def opened(name):
    path = FOLDER / name
    if not path.exists():
        pytest.skip("this release of orange-spectroscopy has no such file")
    return path


def check(table, shape, pitch, known):
    found = pixel_map(table)
    assert found.index.shape == shape
    assert found.pitch == pytest.approx(pitch, rel=1e-4)
    assert found.unit_known == known
    # Each spectrum has its pixel, where its coordinates say.
    places = np.stack([table.get_column(name) for name in ("map_x", "map_y")], axis=1)
    assert sorted(found.index[found.measured]) == list(range(len(table)))
    for row, column in product(*map(range, shape)):
        np.testing.assert_allclose(places[found.index[row, column]],
                                   [found.x[column], found.y[row]], atol=.25 * max(pitch))


@pytest.mark.parametrize("name, shape, pitch, known, axis", WHOLE)
def test_maps_of_whole_spectra(name, shape, pitch, known, axis):
    table = read_spectra(opened(name))
    check(table, shape, pitch, known)
    _, wavenumbers = spectral_columns(table.domain)
    assert (len(wavenumbers), *wavenumbers[[0, -1]]) == pytest.approx(axis, abs=.01)
    assert np.isfinite(table.X).all()


@pytest.mark.parametrize("name, shape, pitch, known, count", CUT)
def test_maps_with_few_wavenumbers(name, shape, pitch, known, count):
    """The tests of orange-spectroscopy need no more; their places are read all the same."""
    path = opened(name)
    check(Table.from_file(str(path)), shape, pitch, known)
    with pytest.raises(ValueError, match=f"{re.escape(path.name)} holds {count} wavenumbers"):
        read_spectra(path)


@pytest.mark.parametrize("name", ["perkinelmer/single_PE_spectrum.sp", "sample1.spa",
                                  "renishaw_test_files/sp.wdf"])
def test_single_spectra_are_no_map(name):
    table = read_spectra(opened(name))
    assert not has_map(table)
    with pytest.raises(ValueError, match="no coordinates: a map has the numeric columns"):
        pixel_map(table)


def test_several_maps_in_one_file():
    """Four polarisations of one place."""
    table = read_spectra(opened("polar/4-angle-ftir_multifile.tab"))
    with pytest.raises(ValueError, match="Several spectra have the same place"):
        pixel_map(table)
