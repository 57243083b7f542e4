"""Maps in ENVI format as instruments export them: without byte order, with the size of a pixel.

Importing this module registers the reader: Orange's File then uses it for .hdr files. The spectra
themselves are read by the package `spectral`, as in orange-spectroscopy's reader of this format,
which does not open headers without ``byte order`` and numbers the pixels.
"""
from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.data import FileFormat, Table
from orangecontrib.spectroscopy.io.meta import HDRMetaReader
from orangecontrib.spectroscopy.io.util import _spectra_from_image, build_spec_table

__all__ = ["Envi", "EnviReader", "byte_order_note", "open_envi", "pixel_size"]

#: Micrometres in units of pixel sizes, in lower case.
_MICROMETRES = {"um": 1., "micrometers": 1., "micrometres": 1., "microns": 1.,
                "mm": 1e3, "millimeters": 1e3, "millimetres": 1e3, "nm": 1e-3,
                "nanometers": 1e-3, "nanometres": 1e-3, "meters": 1e6, "metres": 1e6, "m": 1e6}

#: Smallest and largest pixel (um) that is believed. Programs write "units=Meters" below sizes in
#: micrometres, and images of the Earth have pixels of metres.
_SMALLEST, _LARGEST = .1, 1000.

#: Units of "wavelength" that are lengths, as the number of them in a centimetre.
_PER_CENTIMETRE = {"micrometers": 1e4, "micrometres": 1e4, "microns": 1e4, "um": 1e4,
                   "nanometers": 1e7, "nanometres": 1e7, "nm": 1e7}

#: Images without smaller wavenumbers (cm-1) are of visible and near-infrared light.
_NEAR_INFRARED = 3300


class EnviReader(FileFormat):
    """Reads an ENVI header (.hdr) and the data file beside it as a map.

    Columns map_x and map_y are micrometres if the header has a pixel size (then the attribute
    "map unit" of the table is "um"), else numbers of pixels.
    """
    # Linux distinguishes capitals.
    EXTENSIONS = (".hdr", ".HDR")
    DESCRIPTION = "ENVI map, also without byte order"
    # Before orange-spectroscopy's, which reads all other .hdr files.
    PRIORITY = HDRMetaReader.PRIORITY - 1

    # Not derived from orange-spectroscopy's reader: its Multifile would call that one's
    # `read_spectra`, which opens neither these headers nor .hdr files of other kinds.

    def read(self) -> Table:
        """
        Raises
        ------
        ValueError
            If the header cannot be read, lacks the wavenumbers, or has no data file beside it.
        """
        with open(self.filename, "rb") as file:
            if not file.readline(100).strip().startswith(b"ENVI"):
                return HDRMetaReader(self.filename).read()
        path = Path(self.filename)
        found = open_envi(path)
        X = np.asarray(found.image.load(), float)[:, :, found.order]
        # File shows the last warning only; the library warns of missing values.
        if found.assumed:
            warnings.warn(byte_order_note(path), stacklevel=2)
        wide, high = found.pixel or (1., 1.)
        # Made as orange-spectroscopy's reader makes it.
        table = build_spec_table(*_spectra_from_image(
            X, found.axis[found.order], wide * np.arange(X.shape[1]), high * np.arange(X.shape[0])))
        table.name = path.stem
        if found.pixel is not None:
            table.attributes["map unit"] = "um"
        return table


class Envi(NamedTuple):
    """An ENVI map whose values have not been read.

    Attributes
    ----------
    image : spectral.io.spyfile.SpyFile
    axis : ndarray, shape (bands,)
        cm-1, in the order of the file.
    order : slice or ndarray
        Order in which its bands become columns.
    pixel : tuple of float or None
        Width and height of a pixel, micrometres.
    assumed : bool
        Whether the byte order was assumed.
    """
    image: object
    axis: np.ndarray
    order: slice | np.ndarray
    pixel: tuple[float, float] | None
    assumed: bool


def open_envi(path: Path) -> Envi:
    """Read the header of a map and find its data file.

    Raises
    ------
    ValueError
        If the header cannot be read, lacks the wavenumbers, or has no data file beside it.
    """
    from spectral.io.envi import EnviException
    from spectral.io.spyfile import SpyException
    try:
        image, assumed = _opened(path)
        axis, order = _wavenumbers(image.metadata, image.shape[2])
    except (EnviException, SpyException, KeyError, ValueError) as ex:
        raise ValueError(f"{path.name}: {ex}") from ex
    return Envi(image, axis, order, pixel_size(image.metadata), assumed)


def byte_order_note(path: Path) -> str:
    """What is to be said of a map whose header does not name the byte order."""
    return f"{path.name} does not name the byte order; little endian is assumed, which is " \
           "usual. If the spectra make no sense, add the line 'byte order = 1' to it."


def _opened(path):
    """The image, not loaded yet, and whether its byte order was assumed."""
    from spectral.io import envi
    text = _text(path)
    assumed = re.search(r"^\s*byte order\s*=", text, re.IGNORECASE | re.MULTILINE) is None
    if assumed:
        text += "\nbyte order = 0\n"
    # The library takes complete headers only, in the encoding of the computer.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of capitals in names
        whole = Path(folder) / "whole.hdr"
        whole.write_text(text, encoding="ascii", errors="replace")
        data = _data_file(path)
        image = envi.open(str(whole), str(data))
    if isinstance(image, envi.SpectralLibrary):
        raise ValueError("a library of spectra is no map")
    size = image.offset + np.prod(image.shape, dtype=int) * image.sample_size
    if (there := data.stat().st_size) < size:
        raise ValueError(f"{data.name} has {there:,} bytes, fewer than the {size:,} of the map "
                         "that the header describes; it may have been copied in part")
    return image, assumed


def _text(path):
    """Text of the header, with "um" for micrometres."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    # The sign for micro, and the Greek letter.
    return text.replace("\u00b5", "u").replace("\u03bc", "u")


def _data_file(path):
    """Data beside the header, found as the library would."""
    from spectral.io.envi import KNOWN_EXTS
    for ending in ("", *KNOWN_EXTS, "bil", "bip", "bsq"):
        for spelled in (ending, ending.upper()):
            found = path.with_suffix(f".{spelled}" if spelled else "")
            if found.is_file():
                return found
    raise ValueError(f"there is no data file beside it, such as {path.stem}.dat or {path.stem}")


def _wavenumbers(header, bands):
    """Wavenumbers of the bands (cm-1), and the order in which they become columns."""
    if "wavelength" not in header:
        raise ValueError("it names no wavelengths: export the map with its wavenumbers")
    try:
        axis = np.array([float(value) for value in header["wavelength"]])
    except ValueError as ex:
        raise ValueError(f"a wavelength is no number ({ex})") from None
    if len(axis) != bands:
        raise ValueError(f"it names {len(axis)} wavenumbers for {bands} bands")
    per_centimetre = _PER_CENTIMETRE.get(str(header.get("wavelength units", "")).strip().lower())
    # Images of visible and near-infrared light keep the axis that other readers give them.
    if per_centimetre is None or per_centimetre / axis.max() > _NEAR_INFRARED:
        return axis, slice(None)
    if axis.min() <= 0:
        raise ValueError(f"a wavelength is {axis.min():g}")
    axis = per_centimetre / axis
    return axis, np.argsort(axis, kind="stable")


def pixel_size(header: dict) -> tuple[float, float] | None:
    """Width and height of a pixel in micrometres; None if the header does not tell.

    Of "pixel size" (one or two numbers, and perhaps "units=..."), else of "map info" if its units
    are a length (items 6 and 7 of that list). A "pixel size" without a unit is in metres, as ENVI
    defines it and OMNIC writes it (0.000025), or in micrometres (25), whichever is the pixel of a
    microscope.
    """
    given = header.get("pixel size")
    if given is not None:
        return _size([given] if isinstance(given, str) else list(given))
    info = header.get("map info")
    if not isinstance(info, list) or len(info) < 7:
        return None
    units = [text for text in info[7:] if "=" in text]
    # Without units, or in those of maps of the Earth, pixels may be of any size.
    return _size([*info[5:7], *units]) if units else None


def _size(parts):
    numbers, factors = [], (_MICROMETRES["m"], 1.)
    for part in parts:
        text = str(part).strip()
        if match := re.fullmatch(r"units\s*=\s*(.*)", text, re.IGNORECASE):
            unit = match[1]
        elif match := re.fullmatch(r"([-+.\d]+(?:[eE][-+]?\d+)?)\s*([^\d.]*)", text):
            try:
                numbers.append(float(match[1]))
            except ValueError:
                return None
            unit = match[2]
        else:
            return None
        if unit.strip():
            factors = (_MICROMETRES.get(unit.strip().lower(), np.nan),)
    if not numbers:
        return None
    for factor in factors:
        size = factor * numbers[0], factor * numbers[min(1, len(numbers) - 1)]
        if all(_SMALLEST <= side <= _LARGEST for side in size):
            return size
    return None
