"""Usual companions of particles, and which of their bands must be found together.

A chemist names an additional band by its company: 874 cm-1 is chalk if the broad band at 1420 cm-1
is there as well. Positions and widths are those of :data:`.contaminants.CONTAMINANTS`; new here is
only which of them prove a companion, and the few companions that no simulation adds.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from orangecontrib.microplastics.materials.bands import BANDS, Band
from orangecontrib.microplastics.materials.contaminants import CONTAMINANT_MATERIALS, CONTAMINANTS

__all__ = ["NEAR", "WATER", "Companion", "COMPANIONS", "SINGLE", "TITANIUM_DIOXIDE",
           "RISING", "COMPANION_MATERIALS", "companion_band"]

#: Smallest distance within which a band is found at its position, cm-1. As much differs between
#: instruments, between ATR and transmission, and by the grid of 4 or 8 cm-1.
NEAR = 10.

#: Liquid water: O-H stretch and H-O-H bend as Gaussians (centre and standard deviation in cm-1,
#: height), roughly as in ATR. A search of narrow bands finds neither.
WATER = ((3400., 110., 1.), (1640., 32., .4))

#: Materials with amide groups: their own bands near 1640 and 1545 cm-1 are neither protein nor
#: water nor stearate.
_AMIDES = ("PA", "PU", "Protein", "Biofilm", "Chitin")


class Companion(NamedTuple):
    """A substance that is found on, or in, particles of any polymer.

    Attributes
    ----------
    name : str
        For users.
    needed : tuple of tuple of float
        Positions (cm-1). Of each inner tuple at least one band must be found, if it was measured.
    telling : tuple of float
        The inner tuple of `needed` without which there is no companion. Bands at which the polymer
        itself has a strong one do not count.
    bands : tuple of (centre in cm-1, width in cm-1)
        All bands. Those that need not be found are explained by the companion, too.
    unless_own : tuple of float
        Bands of which one is needed, unless the polymer itself has all of them: C-H stretches.
    clear : bool
        Whether the telling band must be higher than usual; else any of the companion's bands.
    never_in : tuple of str
        Codes of materials that are the same substance, or whose own bands are taken for it.
    only_in : tuple of str
        Codes of the only polymers that have it; empty for all.
    """
    name: str
    needed: tuple[tuple[float, ...], ...]
    telling: tuple[float, ...]
    bands: tuple[tuple[float, float], ...]
    unless_own: tuple[float, ...] = ()
    clear: bool = False
    never_in: tuple[str, ...] = ()
    only_in: tuple[str, ...] = ()

    def reach(self, position: float) -> float:
        """Largest distance (cm-1) from a position at which its band is found.

        The width of a band, since the maximum of a broad one varies more, from 1400 (calcite) to
        1450 (aragonite) for carbonate; at least :data:`NEAR`.
        """
        return max(NEAR, *(width for centre, width in self.bands if centre == position))


def _contaminant(key: str, name: str, needed: Sequence[Sequence[float]], telling: int = 0,
                 more: Sequence[tuple[float, float]] = (), never_in: Sequence[str] = (), **rest):
    """A companion with the bands of a contaminant, and of the table of the same material."""
    codes = CONTAMINANT_MATERIALS[key]
    bands = [band[:2] for band in CONTAMINANTS[key]]
    bands += [*more, *((band.wavenumber, 0.) for code in codes for band in BANDS.get(code, ()))]
    needed = tuple(map(tuple, needed))
    return Companion(name, needed, needed[telling], tuple(bands),
                     never_in=(*codes, *never_in), **rest)


#: Residual bands are assigned in this order: what needs more bands comes first.
COMPANIONS = (
    # C=O and C-O are also those of polyesters, 1072 and 743 those of the ortho-substituted ring.
    _contaminant("phthalate", "phthalate", [(1726,), (1273,), (1122,), (1072, 743)], telling=1,
                 never_in=("PET",)),
    # Oil, grease and release agents: Si-CH3, Si-O-Si and Si-C. Before silicate, which shares
    # the last two.
    Companion("silicone", ((1260.,), (1090., 1020.), (800.,)), (1260.,),
              ((1260., 5.), (1090., 20.), (1020., 20.), (800., 16.), (1412., 5.), (2963., 5.)),
              never_in=("SR",)),
    _contaminant("amide", "protein or biofilm", [(1650,), (1545,)], telling=1, never_in=_AMIDES),
    _contaminant("cellulose", "cellulose", [(1160,), (1110,), (1035,)], telling=2,
                 never_in=("CA",)),
    # 1796 and 2513 are combination bands of calcite, visible if there is much of it.
    _contaminant("carbonate", "carbonate", [(874,), (1420,)], more=[(1796., 6.), (2513., 20.)]),
    # Si-O stretch of clay, glass or quartz (1080), and the doublet of quartz or Al-O-H of kaolinite
    # (913). Its O-H stretch, 3620 to 3700, is among lines of water vapour, where no bands are
    # searched for.
    _contaminant("silicate", "silicate", [(1020, 1080.), (800, 780., 913.)], clear=True,
                 more=[(1080., 20.), (780., 6.), (913., 6.)]),
    # Adipates, citrates and DINCH are taken for one another (contaminants.py), so they have one
    # name, with wax; 1727 and 1284 are those of trimellitates. C-O tells it, since the table of PVC
    # has C=O, within NEAR only: polyurethane and cellulose acetate have a band at 1160.
    Companion("ester plasticiser or wax", ((1736., 1727.), (1176., 1284.)), (1176., 1284.),
              ((1736., 10.), (1727., 10.), (1284., 0.), (1176., 0.), (1135., 14.), (1114., 12.),
               (1068., 12.), (1037., 12.), (752., 5.), (2959., 10.), (2930., 12.), (2872., 12.)),
              never_in=CONTAMINANT_MATERIALS["ester"], only_in=("PVC",)),
    _contaminant("ester", "ester, as of wax", [(1738,), (1170,)], never_in=("PEVA",)),
    # Two-phonon absorption of the crystal, if contact or background changed.
    Companion("diamond of the ATR", ((2160.,), (2030.,)), (2160.,),
              ((2160., 15.), (2030., 15.), (1975., 10.)), clear=True),
    # 1640 within NEAR only: butadiene and carboxylate also have bands within its width.
    Companion("water", ((1640.,), (3400.,)), (3400.,), ((1640., 0.), WATER[0][:2]),
              never_in=(*_AMIDES, "CE", "CA")),
)

#: Companions that one band may tell, assigned after all others and after foreign polymers.
SINGLE = (
    # Calcium stearate has a doublet, 1577 and 1540, zinc stearate the latter.
    _contaminant("carboxylate", "stearate", [(1560, 1577., 1540.)],
                 more=[(1577., 6.), (1540., 6.)], unless_own=(2918., 2850.), never_in=_AMIDES),
    # C=O of polymers that have none, made by light and air.
    Companion("oxidation", ((1715., 1735.),), (1715., 1735.), ((1715., 15.), (1735., 10.)),
              only_in=("PE", "PP", "PS", "ABS")),
)

#: White pigment. It has no maximum above 600 cm-1, but a broad rise below 800 (Ti-O stretch), so
#: that spectra which end there show its flank only: hence the doubt.
TITANIUM_DIOXIDE = Band("titanium dioxide?", 600., "Ti-O stretch", None, "")

#: Materials with O-H or N-H, which rise there themselves.
RISING = frozenset((*_AMIDES, "CE", "CA"))

#: Vibrations of companions that have no table of bands.
_VIBRATIONS = {
    "silicone": {1260.: "Si-CH3 bend", 1090.: "Si-O-Si stretch", 1020.: "Si-O-Si stretch",
                 800.: "Si-C stretch"},
    "water": {3400.: "O-H stretch", 1640.: "H-O-H bend"},
    "oxidation": {1715.: "C=O stretch", 1735.: "C=O stretch"},
    "cellulose": {3340.: "O-H stretch"},
    "protein or biofilm": {3290.: "N-H stretch"},
}

#: Codes of the companions' materials that have tables of bands; they are named by the rules here.
COMPANION_MATERIALS = frozenset(code for codes in CONTAMINANT_MATERIALS.values() for code in codes)


def companion_band(companion: Companion, wavenumber: float) -> Band:
    """The band of a companion that is nearest to a wavenumber (cm-1), as in the tables.

    Its `material` is the companion's name, its height unknown; the assignment is that of the
    companion's materials, and empty if none is known.
    """
    listed = _VIBRATIONS.get(companion.name, {})
    rows = [(band.wavenumber, band.assignment, band.source) for code in companion.never_in
            if code in COMPANION_MATERIALS and companion.name not in ("water", "silicone")
            for band in BANDS.get(code, ())]
    rows += [(at, assignment, "") for at, assignment in listed.items()]
    centre = min((centre for centre, _ in companion.bands), key=lambda at: abs(at - wavenumber))
    at, assignment, source = min(rows, key=lambda row: abs(row[0] - wavenumber),
                                 default=(centre, "", ""))
    if abs(at - wavenumber) > max(2 * NEAR, abs(centre - wavenumber)):
        at, assignment, source = centre, "", ""
    return Band(companion.name, at, assignment, None, source)
