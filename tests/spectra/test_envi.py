"""Maps in ENVI format."""
import warnings
from pathlib import Path

import numpy as np
import pytest
import spectral.io.envi as envi
from Orange.data import Table
from Orange.data.io import FileFormat
from orangecontrib.spectroscopy.io.envi import EnviMapReader
from orangecontrib.spectroscopy.io.util import SpectralFileFormat

from orangecontrib.microplastics.particles.pixels import pixel_map
from orangecontrib.microplastics.spectra.envi import EnviReader, pixel_size
from orangecontrib.microplastics.spectra.files import read_spectra

AXIS = np.arange(1000., 1800., 20)
X = np.random.default_rng(0).normal(0, .4, (5, 7, len(AXIS))).astype(np.float32)


def written(folder, X=X, drop=(), add=(), ext=".dat", **settings):
    """A header and its data file; lines that begin with a word of `drop` are left out."""
    path = folder / "map.hdr"
    metadata = {"wavelength": [f"{w:g}" for w in AXIS], "wavelength units": "cm-1"}
    envi.save_image(str(path), X, metadata=metadata, ext=ext, force=True, **settings)
    lines = [line for line in path.read_text().splitlines() if not line.startswith(tuple(drop))] \
        if drop else path.read_text().splitlines()
    path.write_text("\n".join([*lines, *add]) + "\n")
    return path


def spectra(table):
    return table.X.reshape(5, 7, -1)


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
def test_a_complete_header_is_read_as_by_orange_spectroscopy(tmp_path, interleave):
    path = written(tmp_path, interleave=interleave)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = Table.from_file(str(path))
    theirs = EnviMapReader(str(path)).read()
    assert ours.domain == theirs.domain
    np.testing.assert_array_equal(ours.X, theirs.X)
    np.testing.assert_array_equal(ours.metas, theirs.metas)
    np.testing.assert_allclose(spectra(ours), X)


@pytest.mark.parametrize("ext", ["", ".dat", ".img"])
def test_without_byte_order_little_endian_is_assumed_and_said(tmp_path, ext):
    path = written(tmp_path, drop=["byte order"], ext=ext, byteorder=0)
    with pytest.raises(envi.EnviException):
        EnviMapReader(str(path)).read()
    with pytest.warns(UserWarning, match="little endian is assumed"):
        table = Table.from_file(str(path))
    np.testing.assert_allclose(spectra(table), X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_allclose(spectra(read_spectra(path)), X)


def test_big_endian_stays_right(tmp_path):
    path = written(tmp_path, byteorder=1)
    np.testing.assert_allclose(spectra(read_spectra(path)), X)


@pytest.mark.parametrize("missing", [False, True])
def test_what_was_assumed_is_the_last_warning(tmp_path, missing):
    """File shows the last one only; the library warns of capitals and of missing values."""
    spectra = X.copy()
    spectra[0, 0] = np.nan if missing else 0
    path = written(tmp_path, spectra, drop=["byte order"], byteorder=0)
    path.write_text(path.read_text().replace("bands", "Bands"))
    with pytest.warns(UserWarning) as told:
        FileFormat.get_reader(str(path)).read()
    assert "little endian is assumed" in str(told[-1].message)


def test_orange_chooses_this_reader():
    assert isinstance(FileFormat.get_reader("a.hdr"), EnviReader)
    assert isinstance(FileFormat.get_reader("A.HDR"), EnviReader)
    # Multifile would call `read_spectra` of orange-spectroscopy's reader instead of ours.
    assert not issubclass(EnviReader, SpectralFileFormat)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_headers_with_the_sign_for_micro(tmp_path, encoding):
    path = written(tmp_path, add=["description = { Größe in µm }",
                                  "pixel size = { 5.5, 5.5, units=µm }"])
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert pixel_map(read_spectra(path)).pitch == pytest.approx((5.5, 5.5))


def test_a_header_of_omnic(tmp_path):
    """As the public map CA_tiny_map of Open Specy begins; its pixels are of 25 micrometres."""
    path = tmp_path / "CA small UF.hdr"
    path.write_text(
        "ENVI\ndescription = {Pixel 15, XPos=12549.72, YPos= 589.82, X=12362.22, Y= 614.82}\n"
        f"samples = 7\nlines = 5\nbands = {len(AXIS)}\nheader offset = 0\ndata type = 4\n"
        "interleave = bip\nz plot titles = {Wavenumbers (cm-1), Absorbance}\n"
        "pixel size = {0.000025000, 0.000025000}\n"
        f"wavelength = {{{','.join(f'{w:.2f}' for w in AXIS)}}}\n")
    X.astype("<f4").tofile(path.with_suffix(".dat"))
    table = read_spectra(path)
    np.testing.assert_allclose(spectra(table), X)
    found = pixel_map(table)
    assert found.unit_known and found.pitch == pytest.approx((25, 25))


def test_the_size_of_a_pixel_gives_micrometres(tmp_path):
    table = read_spectra(written(tmp_path, add=["pixel size = { 5.5, 6.5 }"]))
    found = pixel_map(table)
    assert found.unit_known and found.pitch == pytest.approx((5.5, 6.5))
    assert found.index.shape == (5, 7)
    # A pixel of one micrometre is no number of pixels.
    table = read_spectra(written(tmp_path, add=["pixel size = 1"]))
    assert pixel_map(table).unit_known
    assert not pixel_map(read_spectra(written(tmp_path))).unit_known


@pytest.mark.parametrize("header, size", [
    ({"pixel size": "25"}, (25, 25)), ({"pixel size": ["5.5", "5"]}, (5.5, 5)),
    ({"pixel size": ["0.0055", "0.0055", "units=mm"]}, (5.5, 5.5)),
    ({"pixel size": ["5.5 um", "5.5 um"]}, (5.5, 5.5)),
    ({"pixel size": ["0.000025000", "0.000025000"]}, (25, 25)),
    ({"pixel size": ["2.5e-05", "2.5e-05"]}, (25, 25)),
    ({"pixel size": ["5.5e-06", "5.5e-06", "units=Meters"]}, (5.5, 5.5)),
    # Neither the pixel of a microscope in metres nor in micrometres.
    ({"pixel size": ["0.025", "0.025"]}, None),
    ({"pixel size": ["30", "30", "units=Meters"]}, None),
    ({"pixel size": ["5", "5", "units=Pixels"]}, None), ({"pixel size": ["1.2.3"]}, None),
    ({"pixel size": "unknown"}, None), ({"pixel size": ["0", "0"]}, None), ({}, None),
    ({"map info": ["Arbitrary", "1", "1", "0", "0", "6.25", "6.25", "units=Micrometers"]},
     (6.25, 6.25)),
    ({"map info": ["UTM", "1", "1", "0", "0", "30", "30"]}, None),
    ({"map info": ["Arbitrary", "1"]}, None)])
def test_pixel_sizes_in_headers(header, size):
    found = pixel_size(header)
    assert found is None if size is None else found == pytest.approx(size)


@pytest.mark.parametrize("unit, factor", [("Micrometers", 1e4), ("nm", 1e7)])
def test_wavelengths_become_wavenumbers_in_ascending_order(tmp_path, unit, factor):
    lengths = ", ".join(f"{factor / w:.10g}" for w in AXIS)
    path = written(tmp_path, drop=["wavelength"],
                   add=[f"wavelength = {{ {lengths} }}", f"wavelength units = {unit}"])
    table = read_spectra(path)
    np.testing.assert_allclose([float(a.name) for a in table.domain.attributes], AXIS)
    np.testing.assert_allclose(spectra(table), X)


def test_images_of_near_infrared_light_keep_their_axis(tmp_path):
    lengths = ", ".join(f"{w:g}" for w in np.linspace(950, 2500, len(AXIS)))
    path = written(tmp_path, drop=["wavelength"], add=[f"wavelength = {{ {lengths} }}",
                                                       "wavelength units = nanometers"])
    assert EnviReader(str(path)).read().domain == EnviMapReader(str(path)).read().domain


def test_what_is_missing_is_said(tmp_path):
    path = written(tmp_path, drop=["wavelength"])
    with pytest.raises(ValueError, match="names no wavelengths"):
        read_spectra(path)
    path = written(tmp_path)
    path.with_suffix(".dat").unlink()
    with pytest.raises(ValueError, match="data file"):
        read_spectra(path)
    path = written(tmp_path, drop=["byte order"])
    path.with_suffix(".dat").unlink()
    with pytest.raises(ValueError, match="data file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read_spectra(path)
    short = ", ".join(f"{w:g}" for w in AXIS[:-1])
    path = written(tmp_path, drop=["wavelength"], add=[f"wavelength = {{ {short} }}"])
    with pytest.raises(ValueError, match="39 wavenumbers for 40 bands"):
        read_spectra(path)
    path = written(tmp_path)
    path.with_suffix(".dat").write_bytes(path.with_suffix(".dat").read_bytes()[:-1])
    with pytest.raises(ValueError, match="5,599 bytes, fewer than the 5,600"):
        read_spectra(path)
    envi.SpectralLibrary(X[0], {"wavelength": AXIS}).save(str(tmp_path / "map"))
    with pytest.raises(ValueError, match="library of spectra"):
        read_spectra(path)
    (tmp_path / "no.hdr").write_text("nothing")
    with pytest.raises(ValueError, match="no.hdr"):
        read_spectra(tmp_path / "no.hdr")


def test_the_data_file_points_to_its_header(tmp_path):
    path = written(tmp_path)
    with pytest.raises(ValueError, match="open map.hdr"):
        read_spectra(path.with_suffix(".dat"))


def test_maps_that_orange_spectroscopy_ships_open_or_say_why():
    import orangecontrib.spectroscopy
    folder = Path(orangecontrib.spectroscopy.__file__).parent / "datasets"
    opened = read_spectra(folder / "photothermal" / "Hyper_Sample.ptir")
    assert pixel_map(opened).index.shape == (5, 7)
    opened = read_spectra(folder / "perkinelmer" / "4x4_pixel_PE_image.fsm")
    assert pixel_map(opened).pitch == pytest.approx((50, 50))
    # These have too few wavenumbers for an answer; Orange's File opens them.
    for name in ("agilent/4_noimage_agg256.dat", "max_iv.hdr", "small_Omnic.map", "map_test.xyz"):
        assert pixel_map(Table.from_file(str(folder / name))).measured.any()
        with pytest.raises(ValueError, match="list of peaks"):
            read_spectra(folder / name)
