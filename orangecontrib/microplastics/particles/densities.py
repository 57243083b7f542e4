"""Densities of materials, for estimates of mass.

Ranges over commercial grades, without fillers and air. From memory of polymer handbooks (Brandrup,
Immergut and Grulke, Polymer Handbook, 1999) and of the table of Crawford and Quinn, Microplastic
Pollutants, 2017; neither was at hand to check.
"""
from __future__ import annotations

from typing import NamedTuple

from orangecontrib.microplastics.materials.names import SAME, components_of

__all__ = ["Density", "DENSITIES", "density_of"]


class Density(NamedTuple):
    """Grams per cubic centimetre: typical, and the ends of the usual range."""
    typical: float
    low: float
    high: float


DENSITIES = {
    "PE": Density(.94, .89, .98),  # low density .91-.93, high density .94-.97
    "PP": Density(.90, .83, .93),
    "PS": Density(1.05, 1.02, 1.10),  # foam: .01 to .05, which is not in this range
    "PET": Density(1.37, 1.33, 1.46),
    "PVC": Density(1.38, 1.16, 1.58),  # plasticised to rigid
    "PA": Density(1.14, 1.01, 1.18),
    "PMMA": Density(1.18, 1.16, 1.20),
    "PC": Density(1.20, 1.18, 1.24),
    "PU": Density(1.20, 1.00, 1.28),  # solid; foam is far below
    "PTFE": Density(2.20, 2.10, 2.30),
    "ABS": Density(1.05, 1.02, 1.10),
    "AC": Density(1.17, 1.14, 1.20),
    "CA": Density(1.30, 1.25, 1.35),
    "PEVA": Density(.95, .92, .98),
    "PLA": Density(1.25, 1.21, 1.30),
    "R": Density(1.15, .94, 1.30),  # tyres with carbon black 1.13-1.20
    "CE": Density(1.52, 1.40, 1.58),
    "Protein": Density(1.31, 1.25, 1.38),  # wool, silk
    "Quartz": Density(2.65, 2.60, 2.66),
    "Carbonate": Density(2.71, 2.65, 2.95),
    "Clay": Density(2.60, 2.20, 2.70),
    "Chitin": Density(1.42, 1.37, 1.46),
}


def density_of(name: str) -> Density | None:
    """Density of a material, or of a mixture: the mean of its components, and the range of all.

    None if that of a component is not known.
    """
    parts = [DENSITIES.get(SAME.get(part, part)) for part in components_of(name)]
    if not parts or None in parts:
        return None
    return Density(sum(p.typical for p in parts) / len(parts), min(p.low for p in parts),
                   max(p.high for p in parts))
