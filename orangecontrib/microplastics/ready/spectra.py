"""What the ready-made model learns: the published spectra under one set of names."""
from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
from Orange.data import DiscreteVariable, Domain, Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets.curation import derived
from orangecontrib.microplastics.labels.nitrile import POLYMER as STYRENE
from orangecontrib.microplastics.materials.bands import HIGH, LOW
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import SAME
from orangecontrib.microplastics.simulation.polymers import (
    ALL_POLYMERS,
    NATURAL,
    simulate,
)
from orangecontrib.microplastics.spectra.axis import wavenumbers

__all__ = ["SETS_USED", "MATERIALS", "BLENDS", "FEWEST", "table", "simulated", "natural"]

#: Sets to learn from. FTIR-Plastics at 4 cm-1 holds the same specimens as at 8 cm-1, with more
#: lines of water vapour.
SETS_USED = ("frond_2021", "jung_2018", "kedzierski_2019", "villegas_camacho_2024_c8")

#: Materials to learn, if there are enough spectra.
MATERIALS = ("ABS", "AC", "CA", "CE", "PA", "PC", "PE", "PET", "PEVA", "PLA", "PMMA", "PP", "PS",
             "PU", "PVC", "Protein", "R")

#: Minimum number of spectra of a material. There are four of polymethyl methacrylate.
FEWEST = 3

#: Other names of these materials in the sets: cotton is cellulose, PEF and PPL look like
#: polyethylene and polypropylene, AFL like wool.
_NAMES = {**SAME, "CO": "CE", "AFL": "Protein"}

#: Spectra that are not learnt: of Kedzierski's 54 "CA", these hold as much cellulose as acetate
#: (14, 34, 35), or match neither (36, 52); see :data:`.catalogue.RELABELLED`. With them among the
#: references, cotton is nearest to cellulose acetate.
_NOT_PURE = frozenset(f"SA_160418_NA_{number}" for number in (14, 34, 35, 36, 52))

#: Materials that occur together in one particle or spot: with each other, and on a surface.
_COMMON = ("PE", "PP", "PS", "PET", "PVC", "PA", "PEVA", "CE", "Protein")

#: Mixtures to learn: any two common materials (packaging, debris, biofilm, dust), and blends that
#: are made: textiles, housings, coatings.
BLENDS = (*combinations(_COMMON, 2),
          ("AC", "CE"), ("AC", "PET"), ("AC", "PA"), ("AC", "Protein"), ("CA", "CE"),
          ("CA", "PET"), ("CE", "PLA"), ("CE", "PU"), ("CE", "R"), ("PA", "PU"), ("PET", "PU"),
          ("PU", "PVC"), ("ABS", "PC"), ("ABS", "PMMA"), ("ABS", "PVC"), ("PC", "PET"),
          ("PMMA", "PVC"), ("PE", "R"), ("PP", "R"), ("PE", "PLA"), ("Protein", "PU"))


def table(sets: Iterable[str] = SETS_USED, materials: Iterable[str] = MATERIALS, *,
          keep_doubtful: Iterable[str] = (), fewest: int = FEWEST) -> Table:
    """Published spectra under the names of the ready-made model, on one grid.

    Polystyrene with the bands of nitrile and butadiene is called ABS; other spectra whose label
    is doubtful are left out.

    Parameters
    ----------
    sets : iterable of str
        Names in :data:`.datasets.SETS`.
    materials : iterable of str or None
        Materials to keep; None for all labels.
    keep_doubtful : iterable of str
        Sets to keep whole, for tests on published labels.
    fewest : int
        Materials with fewer spectra are left out.

    Returns
    -------
    Table
        700 to 3900 cm-1 in steps of 4; class ``polymer``, metas as in :func:`.datasets.load`.

    Raises
    ------
    MissingData
        If a set has not been fetched.
    """
    data = datasets.join([_renamed(name, name in set(keep_doubtful)) for name in sets])
    names = np.array(data.domain.class_var.values, object)[data.Y.astype(int)]
    found, counts = np.unique(names.astype(str), return_counts=True)
    kept = [name for name, n in zip(map(str, found), counts, strict=True)
            if n >= fewest and (materials is None or name in set(materials))]
    rows = np.isin(names, kept)
    axis = wavenumbers(data.domain)
    inside = (axis >= LOW - 1e-6) & (axis <= HIGH + 1e-6)
    domain = Domain([a for a, keep in zip(data.domain.attributes, inside, strict=True) if keep],
                    painted(DiscreteVariable("polymer", kept)), data.domain.metas)
    out = Table.from_numpy(domain, data.X[np.ix_(rows, inside)],
                           np.array([kept.index(name) for name in names[rows]], float),
                           data.metas[rows])
    out.name = "Published spectra"
    return out


def _renamed(name, keep_doubtful):
    data = datasets.load(name, merge_pe=True)
    known = derived(name)
    names = np.array(data.domain.class_var.values, object)[data.Y.astype(int)]
    names = np.array([_NAMES.get(n, n) for n in names], object)
    names[known["nitrile"] & (names == STYRENE)] = "ABS"
    rows = ~known["doubtful"] | known["nitrile"] | keep_doubtful
    rows &= ~np.isin(np.array(list(map(str, data.get_column("sample")))), list(_NOT_PURE))
    values = sorted(set(names))
    domain = Domain(data.domain.attributes, painted(DiscreteVariable("polymer", values)),
                    data.domain.metas)
    out = Table.from_numpy(domain, data.X, np.array([values.index(n) for n in names], float),
                           data.metas)[rows]
    out.name = data.name
    return out


def simulated(seed: int = 0, n: int = 60) -> Table:
    """Simulated spectra of all polymers, n of each, for a computer without the published sets."""
    return simulate(ALL_POLYMERS, n, seed=seed)


def natural(seed: int = 0, n: int = 10) -> Table:
    """Simulated spectra of natural materials and soaps, n of each, as references.

    There are no published spectra of them here. As classes of the network they would replace the
    contaminants that make it robust (a contaminant that is a class is never added); as references
    of the library search they only contradict it: wax taken for polyethylene vinyl acetate, and
    stearate taken for polyethylene, are then to be inspected, at no cost for plastics
    (``benchmarks/NOTES.md``).
    """
    # A biofilm is protein and polysaccharide, which have real references.
    return simulate([name for name in NATURAL if name != "Biofilm"], n, seed=seed)
