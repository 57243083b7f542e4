"""What the published sets are: their numbers, references, and what is wrong with them."""
from __future__ import annotations

from typing import NamedTuple

__all__ = ["SETS", "SetInfo", "POLYMERS"]


class SetInfo(NamedTuple):
    """A published set.

    ``n_spectra`` counts spectra that differ, ``n_classes`` the classes as published;
    ``unit`` is that of the published values ("%T", "absorbance" or "scaled absorbance");
    ``range`` the measured wavenumbers (low, high) in cm-1; ``size`` the megabytes kept on disk;
    ``remarks`` what a user should know.
    """

    name: str
    title: str
    study: str
    n_spectra: int
    n_classes: int
    unit: str
    range: tuple[float, float]
    reference: str
    url: str
    size: float
    remarks: str


_VILLEGAS = ("Villegas-Camacho et al., FTIR-Plastics, Data in Brief 2024",
             "https://pmc.ncbi.nlm.nih.gov/articles/PMC11252596/")
_KEDZIERSKI = ("Kedzierski et al., Chemosphere 2019, 234, 242",
               "https://doi.org/10.1016/j.chemosphere.2019.05.113")

SETS = {info.name: info for info in (
    SetInfo("frond_2021", "FLOPP and FLOPP-e", "Frond 2021", 380, 19, "%T", (675, 3999.8),
            "De Frond et al., Analytical Chemistry 2021, 93, 15878",
            "https://doi.org/10.1021/acs.analchem.1c02549", 3,
            "Plastics new and from the environment. Filled with zeros below 675 cm-1, where it "
            "is cut. FLOPP-e_EVA_1 to 5 are called PVC in the file and PEVA here."),
    SetInfo("jung_2018", "Jung 2018", "Jung 2018", 800, 9, "%T", (450, 4000),
            "Jung et al., Marine Pollution Bulletin 2018, 127, 704",
            "https://doi.org/10.1016/j.marpolbul.2017.12.061", 12,
            "Marine debris. 14 sample names stand for two different spectra each; the second "
            "has (2) added here. U1 is unknown."),
    SetInfo("kedzierski_2019", "Kedzierski 2019, identified", "Kedzierski 2019", 965, 18,
            "scaled absorbance", (599.8, 3996), *_KEDZIERSKI, 7,
            "Particles from the Mediterranean. Scaled to a maximum of 1, so thickness is lost. "
            "Where carbon dioxide was overcorrected (dips below -0.05 at 2250-2420 and 645-690 "
            "cm-1), values are missing. PEF looks like PE, PPL like PP; M1, M2 and U2 name no "
            "material, and R looks more like PE than like the rubber of FLOPP."),
    SetInfo("kedzierski_2019_u", "Kedzierski 2019, not identified", "Kedzierski 2019", 4056, 0,
            "absorbance", (599.8, 3997.9), *_KEDZIERSKI, 29,
            "Field spectra without a polymer label; the meta 'sample code' tells where they "
            "were found. For Predictions."),
    SetInfo("villegas_camacho_2024_c4", "FTIR-Plastics, 4 cm-1", "Villegas-Camacho 2024",
            2652, 6, "%T", (399.2, 4000.6), *_VILLEGAS, 45,
            "Many repeats; about one label in eight is doubtful (99 PS look like PP, 43 have the "
            "nitrile band of ABS, 76 PVC look like PS). Lines of water vapour in many."),
    SetInfo("villegas_camacho_2024_c8", "FTIR-Plastics, 8 cm-1", "Villegas-Camacho 2024",
            2393, 6, "%T", (399.2, 4001.6), *_VILLEGAS, 23,
            "Many repeats; about one label in seven is doubtful (100 PS look like PP, 50 have the "
            "nitrile band of ABS, 100 PVC look like PS)."),
)}

#: Full names of the classes. Where a publication's abbreviation is not explained with the
#: spectra, what its median correlates with (first derivative) stands instead.
POLYMERS = {
    "ABS": "acrylonitrile butadiene styrene", "AC": "acrylic", "AFL": "AFL, like polyamide",
    "CA": "cellulose acetate", "CE": "cellulose", "CO": "cotton",
    "EAA": "ethylene acrylic acid", "HDPE": "high-density polyethylene",
    "LDPE": "low-density polyethylene", "M1": "M1, like polyethylene",
    "M2": "M2, like polyethylene vinyl acetate", "Mixture": "mixture", "PA": "polyamide",
    "PC": "polycarbonate", "PE": "polyethylene", "PEF": "PEF, like polyethylene",
    "PEL": "PEL, like an ester", "PET": "polyethylene terephthalate",
    "PEVA": "polyethylene vinyl acetate", "PLA": "polylactic acid",
    "PMMA": "polymethyl methacrylate", "PP": "polypropylene", "PPL": "PPL, like polypropylene",
    "PS": "polystyrene", "PU": "polyurethane", "PVC": "polyvinyl chloride", "R": "rubber",
    "SR": "silicone rubber", "U1": "unknown 1", "U2": "unknown 2",
}
