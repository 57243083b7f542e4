"""Metadata of the published sets: sources, numbers, and known errors.

To add a set, add a row to :data:`SETS`, and if it comes in another file, a row to
:data:`SOURCES` and a reader (:mod:`.readers`). Corrected labels are listed in
:data:`RELABELLED`.
"""
from __future__ import annotations

from typing import NamedTuple

__all__ = ["SOURCES", "Source", "SETS", "SetInfo", "NO_MATERIAL", "RELABELLED", "Relabelling"]


class Source(NamedTuple):
    """A file that contains published sets.

    ``where`` is a pinned package, whose wheel is taken from the package index ("name==1.0"), or
    an address (https://...); ``sha256`` and ``size`` (bytes) are those of the file; ``reader`` is
    the name of its reader in :data:`.readers.READERS`.
    """

    name: str
    where: str
    sha256: str
    size: int
    reader: str


SOURCES = {source.name: source for source in (
    Source("xpectrass", "xpectrass==0.0.4",
           "063c92d5773a08ca482f9b38b4e5d788f30d747d9742fa48253027d43ad04ad9", 54_234_305,
           "xpectrass"),
)}


class SetInfo(NamedTuple):
    """A published set.

    ``n_spectra`` counts distinct spectra, ``n_classes`` the classes after corrections
    (:data:`RELABELLED`); ``unit`` is that of the published values ("%T", "absorbance" or
    "scaled absorbance"); ``range`` the measured wavenumbers (low, high) in cm-1; ``size`` the
    megabytes kept on disk; ``remarks`` are notes for the user.

    ``compared_with`` are the sets used as references for the labels of this set: none if it has no
    labels. FLOPP is never among them: it is the project's test set, and must not be used to clean
    training data. A set with ``cleaned_first`` is cleaned before it is used as a reference.
    ``suffix`` distinguishes the names of groups if a study has two sets.
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
    compared_with: tuple[str, ...] = ()
    cleaned_first: bool = False
    suffix: str = ""
    source: str = "xpectrass"


_VILLEGAS = ("Villegas-Camacho et al., FTIR-Plastics, Data in Brief 2024",
             "https://pmc.ncbi.nlm.nih.gov/articles/PMC11252596/")
_KEDZIERSKI = ("Kedzierski et al., Chemosphere 2019, 234, 242",
               "https://doi.org/10.1016/j.chemosphere.2019.05.113")

#: The coarser half of FTIR-Plastics is the reference: it has fewer lines of water vapour.
_C8 = "villegas_camacho_2024_c8"

SETS = {info.name: info for info in (
    SetInfo("frond_2021", "FLOPP and FLOPP-e", "Frond 2021", 380, 19, "%T", (675, 3999.8),
            "De Frond et al., Analytical Chemistry 2021, 93, 15878",
            "https://doi.org/10.1021/acs.analchem.1c02549", 3,
            "Plastics new and from the environment. Filled with zeros below 675 cm-1, where it "
            "is cut. FLOPP-e_EVA_1 to 5 are called PVC in the file and PEVA here.",
            compared_with=("kedzierski_2019", "jung_2018", _C8)),
    SetInfo("jung_2018", "Jung 2018", "Jung 2018", 800, 9, "%T", (450, 4000),
            "Jung et al., Marine Pollution Bulletin 2018, 127, 704",
            "https://doi.org/10.1016/j.marpolbul.2017.12.061", 12,
            "Marine debris. 14 sample names stand for two different spectra each; the second "
            "has (2) added here. U1 is unknown. The one spectrum published as PA is called "
            "Protein here.", compared_with=("kedzierski_2019", _C8)),
    SetInfo("kedzierski_2019", "Kedzierski 2019, identified", "Kedzierski 2019", 965, 19,
            "scaled absorbance", (599.8, 3996), *_KEDZIERSKI, 7,
            "Particles from the Mediterranean. Scaled to a maximum of 1, so thickness is lost. "
            "Where carbon dioxide was overcorrected (dips below -0.05 at 2250-2420 and 645-690 "
            "cm-1), values are missing. PEF looks like PE, PPL like PP; M1, M2 and U2 name no "
            "material. Called otherwise here: 20 of the 21 spectra published as PA are protein, 3 "
            "of the 54 published as CA cellulose; R, which looks like PE with PP and not like "
            "rubber, is R Kedzierski.",
            compared_with=("jung_2018", _C8)),
    SetInfo("kedzierski_2019_u", "Kedzierski 2019, not identified", "Kedzierski 2019", 4056, 0,
            "absorbance", (599.8, 3997.9), *_KEDZIERSKI, 29,
            "Field spectra without a polymer label; the meta 'sample code' tells where they "
            "were found. For Predictions.", suffix=" u"),
    SetInfo("villegas_camacho_2024_c4", "FTIR-Plastics, 4 cm-1", "Villegas-Camacho 2024",
            2652, 6, "%T", (399.2, 4000.6), *_VILLEGAS, 45,
            "Many repeats; about one label in eight is doubtful (99 PS look like PP, 43 have the "
            "nitrile band of ABS, 76 PVC look like PS). Lines of water vapour in many.",
            compared_with=("kedzierski_2019", "jung_2018"), cleaned_first=True, suffix=" c4"),
    SetInfo("villegas_camacho_2024_c8", "FTIR-Plastics, 8 cm-1", "Villegas-Camacho 2024",
            2393, 6, "%T", (399.2, 4001.6), *_VILLEGAS, 23,
            "Many repeats; about one label in seven is doubtful (100 PS look like PP, 50 have the "
            "nitrile band of ABS, 100 PVC look like PS).",
            compared_with=("kedzierski_2019", "jung_2018"), cleaned_first=True, suffix=" c8"),
)}


#: Classes that name no material: they are not used as references for labels.
NO_MATERIAL = ("Mixture", "M1", "M2", "R Kedzierski", "U1", "U2")


class Relabelling(NamedTuple):
    """Spectra of a set that are labelled ``name`` here and ``published`` in the file.

    ``samples`` are their names in the file; None stands for all spectra with that label.
    """

    set: str
    published: str
    name: str
    samples: tuple[str, ...] | None


#: Labels that are corrected when a set is read. The label in the file is kept in the meta
#: "published as". Correlations are of first derivatives, as in
#: :mod:`~orangecontrib.microplastics.labels.matching`.
#:
#: Three corrections are based on FLOPP, which is the test set of the comparisons. It is used here
#: for labels of other sets, never for its own, and no rule or threshold was fitted to it. The
#: general rule (:mod:`~orangecontrib.microplastics.labels.check`) cannot detect these errors: the
#: other studies have no spectrum of nylon, protein, cellulose or rubber, so no reference
#: contradicts the labels.
RELABELLED = (
    # The file names say EVA.
    Relabelling("frond_2021", "PVC", "PEVA", tuple(f"FLOPP-e_EVA_{i}" for i in range(1, 6))),
    # Protein (wool, fur, skin ...), not nylon. The best match among FLOPP's 18 nylons is
    # .55 to .81, while these match each other at .96 and more (one .83). Between 903 and 1801
    # cm-1, the range of the tissue in orange-spectroscopy's collagen.csv, the best match with
    # its collagen is .82 to .93 and with FLOPP's nylon .60 to .85: for each spectrum that is not
    # doubtful by the general rule, collagen matches better by .07 to .22. ..._TM0024B1 and
    # ..._TM0011A12 are doubtful by that rule, mostly PE. The 21st "PA", M28_260614_315_TM0049D6,
    # is nylon (.92 with FLOPP; .74 with collagen and .94 with nylon in the shorter range) and
    # stays PA.
    Relabelling("kedzierski_2019", "PA", "Protein", (
        "M14_060614_315_TM0007D6", "M14_060614_315_TM0007D7", "M14_060614_315_TM0007G4",
        "M14_060614_315_TM0007H9", "M14_060614_315_TM0008A10", "M14_060614_500_TM0007D6",
        "M14_060614_500_TM0007D7", "M14_060614_500_TM0007G4", "M14_060614_500_TM0007H9",
        "M14_060614_500_TM0008A10", "M21_080614_500_TM0031E4", "M213_041014_500_TM0019F11",
        "M23_080614_315_TM0024A1", "M23_080614_315_TM0024A11", "M23_080614_315_TM0024B1",
        "M23_080614_315_TM0024B2", "M23_080614_315_TM0024B3", "M4_030614_500_TM0011A12",
        "M6_030614_1_TM0012A5", "M6_030614_315_TM0012B2")),
    # Jung's only "PA": .86 with the protein above and .84 with FLOPP's nylon. The least certain
    # correction; with Kedzierski's relabelled as protein, one spectrum cannot form a class.
    Relabelling("jung_2018", "PA", "Protein", ("LL468213.1.redo",)),
    # Cellulose, not cellulose acetate: best match with FLOPP's cellulose and cotton .76 to .91,
    # with its cellulose acetate .23 to .48, and (two of the three) no band at 1740 cm-1 at all,
    # where the C=O of acetate is strong. Five more of the 54 are nearer to cellulose, too: 14, 34
    # and 35 have both, 36 and 52 match neither; they keep their label.
    Relabelling("kedzierski_2019", "CA", "CE", (
        "SA_160418_NA_33", "SA_160418_NA_51", "SA_160418_NA_54")),
    # Not rubber: 48 of 49 spectra are nearer to FLOPP's PE (26) or PP (22) than to its rubber.
    # The median of best matches is .97 with Jung's mixtures of PE and PP, .95 with his PE, and
    # .85 with FLOPP's rubber, whose own best matches here are .42. The meaning of R
    # is not published with the spectra, so it keeps its letter and is not merged with the R of
    # another study.
    Relabelling("kedzierski_2019", "R", "R Kedzierski", None),
)
