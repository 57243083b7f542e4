"""What a report of microplastics states, so that others can repeat and compare the work.

The items follow Cowger et al., Reporting guidelines to increase the reproducibility and
comparability of research on microplastics, Applied Spectroscopy 74(9), 1066-1077 (2020),
doi:10.1177/0003702820930292, as far as they concern infrared spectra of particles.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["SOURCE", "Item", "ITEMS", "ASKED", "item", "filled"]

#: Where the items are from.
SOURCE = "Cowger et al., Applied Spectroscopy 74 (2020) 1066-1077, doi:10.1177/0003702820930292"


class Item(NamedTuple):
    """One thing that a report states.

    Attributes
    ----------
    key : str
    group : str
        Heading in the report.
    title : str
    hint : str
        What to enter, with an example; for automatic items, what the program fills in.
    automatic : bool
        Whether the program fills it in.
    """
    key: str
    group: str
    title: str
    hint: str
    automatic: bool = False


_SAMPLE, _CONTROLS, _EXTRACTION = "Sample and field", "Blanks and controls", "Extraction"
_INSTRUMENT, _PREPROCESSING = "Instrument", "Preprocessing"
_FINDING, _IDENTIFICATION = "Finding particles", "Identification"
_QUANTIFICATION, _SOFTWARE = "Quantification", "Data and software"

#: All items, in the order of the report; groups are together.
ITEMS = (
    Item("sample", _SAMPLE, "Sample", "Its number or name, e.g. 2024-117, filter 2 of 3"),
    Item("place", _SAMPLE, "Place", "Where it was taken, with coordinates or depth"),
    Item("taken", _SAMPLE, "Date of sampling", "e.g. 2024-05-17"),
    Item("matrix", _SAMPLE, "Matrix", "e.g. surface water, sediment, drinking water, tissue"),
    Item("amount", _SAMPLE, "Amount", "Volume, mass or area with its unit, e.g. 250 L, 1 kg dry"),
    Item("sampling", _SAMPLE, "Sampling device",
         "Device, material and mesh, e.g. steel pump, cascade of 300 and 10 um"),
    Item("replicates", _SAMPLE, "Replicates", "Number of samples, and how they were chosen"),

    Item("field_blanks", _CONTROLS, "Field blanks", "Number, how they were made, and results"),
    Item("procedural_blanks", _CONTROLS, "Procedural blanks",
         "Number, how they were made, and results by polymer"),
    Item("positive_controls", _CONTROLS, "Positive controls",
         "Particles added: polymer, size, shape, number"),
    Item("contamination", _CONTROLS, "Against contamination",
         "e.g. laminar flow, cotton clothes, filtered water, glass instead of plastic"),

    Item("subsample", _EXTRACTION, "Share of the sample", "Share processed, and how it was split"),
    Item("sieving", _EXTRACTION, "Sieving and drying", "Meshes; temperature and duration"),
    Item("digestion", _EXTRACTION, "Digestion",
         "Reagents with concentration, temperature, duration; or none"),
    Item("density", _EXTRACTION, "Density separation",
         "Salt, density in g/cm3, duration, number of times; or none"),
    Item("filter", _EXTRACTION, "Filter",
         "Material, pore size and diameter, e.g. aluminium oxide, 0.2 um, 25 mm"),

    Item("instrument", _INSTRUMENT, "Instrument", "Maker and model, and microscope"),
    Item("calibration", _INSTRUMENT, "Calibration", "How and when wavenumbers were checked"),
    Item("mode", _INSTRUMENT, "Mode", "Transmission, reflection or ATR (which crystal)"),
    Item("detector", _INSTRUMENT, "Detector", "e.g. focal plane array 128 x 128, MCT"),
    Item("resolution", _INSTRUMENT, "Resolution", "Spectral, e.g. 8 cm-1"),
    Item("scans", _INSTRUMENT, "Number of scans", "Of each pixel or particle, e.g. 32"),
    Item("aperture", _INSTRUMENT, "Objective and aperture",
         "e.g. 15 x, NA 0.4, binning 4 x 4; aperture of single particles"),
    Item("background", _INSTRUMENT, "Background", "Where, and how many scans, e.g. bare filter"),
    Item("range", _INSTRUMENT, "Range", "Wavenumbers of the data, and their step", True),
    Item("pixel", _INSTRUMENT, "Pixel size", "Size of a pixel, number of pixels, area", True),

    Item("input", _PREPROCESSING, "Data",
         "Kind of the spectra, and conversions before all else", True),
    Item("filter_spectrum", _PREPROCESSING, "Spectrum of the filter",
         "Whether it was subtracted, and wavenumbers left out where it is opaque", True),
    Item("preprocessing", _PREPROCESSING, "Preprocessing in its order",
         "The model's own steps, with their settings", True),

    Item("signal", _FINDING, "Signal of matter",
         "How it is measured, the threshold, and how this was chosen", True),
    Item("separation", _FINDING, "Separation",
         "How pixels become particles, and how touching particles are parted", True),
    Item("smallest", _FINDING, "Smallest particle",
         "Pixels of the smallest particle, and number of smaller areas left out", True),

    Item("model", _IDENTIFICATION, "Model", "Name, version, and materials it knows", True),
    Item("hash", _IDENTIFICATION, "Checksum of the model", "SHA-256 of its weights", True),
    Item("training", _IDENTIFICATION, "Training spectra", "Sets with their references", True),
    Item("accuracy", _IDENTIFICATION, "Accuracy on held-out spectra",
         "Accuracy, number of spectra, and how these were kept apart", True),
    Item("criteria", _IDENTIFICATION, "Criteria of acceptance",
         "Thresholds, and what they promise", True),
    Item("library", _IDENTIFICATION, "Comparison with a library",
         "Library, measure of similarity, and smallest accepted one; or none", True),
    Item("edits", _IDENTIFICATION, "Corrections by hand", "Their number; listed below", True),
    Item("checked", _IDENTIFICATION, "Checked by", "Who looked at spectra, and at how many"),

    Item("size", _QUANTIFICATION, "Measure of size",
         "e.g. Feret maximum, and when a particle is a fibre", True),
    Item("size_classes", _QUANTIFICATION, "Size classes", "Limits, and their source", True),
    Item("share_measured", _QUANTIFICATION, "Share of the filter measured",
         "Share of the filter's area, or fields, and how these were chosen", True),
    Item("blank_correction", _QUANTIFICATION, "Subtraction of blanks",
         "Whether and how blanks were subtracted", True),
    Item("detection", _QUANTIFICATION, "Limits of detection and quantification",
         "From blanks, by polymer; smallest size", True),
    Item("recovery", _QUANTIFICATION, "Recovery",
         "Share of added particles that was found, by size, e.g. 87 % of PE 100 um (n = 3)"),
    Item("mass", _QUANTIFICATION, "Estimate of mass",
         "Shape and density assumed, and the interval; or none", True),

    Item("software", _SOFTWARE, "Software", "Names and versions", True),
    Item("file", _SOFTWARE, "Data file", "Name of the data", True),
    Item("shared", _SOFTWARE, "Where the data are", "Repository or archive of the raw spectra"),
)

_BY_KEY = {one.key: one for one in ITEMS}

#: Keys of the items that a person fills in, in their order.
ASKED = tuple(one.key for one in ITEMS if not one.automatic)


def item(key: str) -> Item:
    """The item with this key.

    Raises
    ------
    ValueError
        If there is none.
    """
    if key not in _BY_KEY:
        raise ValueError(f"There is no item {key!r} in the report.")
    return _BY_KEY[key]


def filled(items: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Items with what is known of them.

    Parameters
    ----------
    items : mapping of str to str
        Text by key. What is missing or empty is not known.

    Returns
    -------
    list of (group, list of (title, text or None))
        All items, in their order; None where nothing is known, which the report shows as "not
        stated".

    Raises
    ------
    ValueError
        If there is no item with a key.
    """
    for key in items:
        item(key)
    groups: dict[str, list[tuple[str, str | None]]] = {}
    for one in ITEMS:
        text = str(items.get(one.key) or "").strip()
        groups.setdefault(one.group, []).append((one.title, text or None))
    return list(groups.items())
