"""Maps in ENVI format as instruments export them: without byte order, with the size of a pixel.

Importing this module registers the reader: Orange's File then uses it for .hdr files. The spectra
themselves are read by the package `spectral`, as in orange-spectroscopy's reader of this format,
which does not open headers without ``byte order`` and numbers the pixels.
"""
from __future__ import annotations

import os
import re
import tempfile
import warnings
from pathlib import Path

import numpy as np
from Orange.data import Table
from orangecontrib.spectroscopy.io.envi import EnviMapReader
from orangecontrib.spectroscopy.io.meta import HDRMetaReader

__all__ = ["EnviReader"]

#: Micrometres in units of pixel sizes, in lower case; micrometres if there is none.
_MICROMETRES = {"": 1., "um": 1., "µm": 1., "μm": 1., "micrometers": 1., "micrometres": 1.,
                "microns": 1., "mm": 1e3, "millimeters": 1e3, "millimetres": 1e3, "nm": 1e-3,
                "nanometers": 1e-3, "meters": 1e6, "metres": 1e6, "m": 1e6}

#: Pixels without a unit are metres if they would be smaller than this, in micrometres: no infrared
#: light resolves a nanometre.
_SMALLEST = 1e-3

#: Units of "wavelength" that are lengths, as the number of them in a centimetre.
_PER_CENTIMETRE = {"micrometers": 1e4, "micrometres": 1e4, "microns": 1e4, "um": 1e4, "µm": 1e4,
                   "nanometers": 1e7, "nanometres": 1e7, "nm": 1e7}


class EnviReader(EnviMapReader):
    """Reads an ENVI header (.hdr) and the data file beside it as a map.

    Columns map_x and map_y are micrometres if the header has a pixel size (then the attribute
    "map unit" of the table is "um"), else numbers of pixels.
    """
    EXTENSIONS = (".hdr",)
    DESCRIPTION = "ENVI map, also without byte order"
    # Before orange-spectroscopy's, which reads all other .hdr files.
    PRIORITY = HDRMetaReader.PRIORITY - 1

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
        from spectral.io import envi
        from spectral.io.envi import EnviException
        from spectral.io.spyfile import SpyException
        try:
            header = envi.read_envi_header(self.filename)
            image = _opened(self.filename, header)
        except (EnviException, SpyException, KeyError, ValueError) as ex:
            raise ValueError(f"{os.path.basename(self.filename)}: {ex}") from ex
        axis = _wavenumbers(self.filename, header)
        X = np.asarray(image.load(), float)
        if len(axis) != X.shape[2]:
            raise ValueError(f"{os.path.basename(self.filename)} names {len(axis)} wavenumbers for "
                             f"{X.shape[2]} bands.")
        wide, high = pixel_size(header) or (1., 1.)
        order = np.argsort(axis, kind="stable")
        # Made as orange-spectroscopy's reader makes it.
        from orangecontrib.spectroscopy.io.util import _spectra_from_image, build_spec_table
        table = build_spec_table(*_spectra_from_image(
            X[:, :, order], axis[order], wide * np.arange(X.shape[1]),
            high * np.arange(X.shape[0])))
        if pixel_size(header) is not None:
            table.attributes["map unit"] = "um"
        return table


def _opened(path, header):
    """The image, not loaded yet."""
    from spectral.io import envi
    if "byte order" in header:
        return envi.open(str(path))
    warnings.warn("The header does not name the byte order; little endian is assumed, which is "
                  "usual.", stacklevel=2)
    data = _data_file(Path(path), str(header.get("interleave", "")))
    # The library takes a complete header only.
    text = Path(path).read_text(encoding="latin-1").rstrip() + "\nbyte order = 0\n"
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.hdr"
        whole.write_text(text, encoding="latin-1")
        return envi.open(str(whole), str(data))


def _data_file(path, interleave):
    """The file that the library would find beside the header."""
    from spectral.io.envi import KNOWN_EXTS, EnviDataFileNotFoundError
    for ending in ("", *KNOWN_EXTS, interleave):
        for spelled in (ending.lower(), ending.upper()):
            found = path.with_suffix(f".{spelled}" if spelled else "")
            if found.is_file():
                return found
    raise EnviDataFileNotFoundError("Unable to determine the ENVI data file")


def _wavenumbers(path, header):
    """Wavenumbers of the bands, cm-1."""
    name = os.path.basename(path)
    if "wavelength" not in header:
        raise ValueError(f"{name} names no wavelengths: export the map with its wavenumbers.")
    try:
        axis = np.array([float(value) for value in header["wavelength"]])
    except ValueError as ex:
        raise ValueError(f"{name}: a wavelength is no number ({ex}).") from None
    per_centimetre = _PER_CENTIMETRE.get(str(header.get("wavelength units", "")).strip().lower())
    return axis if per_centimetre is None else per_centimetre / axis


def pixel_size(header: dict) -> tuple[float, float] | None:
    """Width and height of a pixel in micrometres; None if the header does not tell.

    Of "pixel size" (one or two numbers, and perhaps "units=..."), else of "map info" if its units
    are a length (items 6 and 7 of that list).
    """
    given = header.get("pixel size")
    if given is not None:
        return _size([given] if isinstance(given, str) else list(given), 1.)
    info = header.get("map info")
    if not isinstance(info, list) or len(info) < 7:
        return None
    units = [text for text in info[7:] if "=" in text]
    # Without units, or in those of maps of the Earth, pixels may be of any size.
    return _size([*info[5:7], *units], None) if units else None


def _size(parts, usual):
    numbers, factor, told = [], usual, False
    for part in parts:
        text = str(part).strip()
        if match := re.fullmatch(r"units\s*=\s*(.*)", text, re.IGNORECASE):
            factor, told = _MICROMETRES.get(match[1].strip().lower()), True
            continue
        match = re.fullmatch(r"([-+.\deE]+)\s*(\D*)", text)
        if match is None:
            return None
        if match[2]:
            factor, told = _MICROMETRES.get(match[2].strip().lower()), True
        try:
            numbers.append(float(match[1]))
        except ValueError:
            return None
    if numbers and not told and max(numbers[:2]) < _SMALLEST:
        # Without a unit, as Agilent writes them: metres.
        factor = 1e6
    if not numbers or factor is None or not all(0 < n < np.inf for n in numbers[:2]):
        return None
    return factor * numbers[0], factor * numbers[min(1, len(numbers) - 1)]
