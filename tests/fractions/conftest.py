"""Simulated references and mixtures of known composition."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.references import References, to_unit_height
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.mixing.recipe import ONE_INSTRUMENT
from orangecontrib.microplastics.simulation import simulate

GRID = np.arange(700, 3901, 4.)
PART = (GRID <= 1850) | ((GRID >= 2700) & (GRID <= 3100))
MATERIALS = ("PE", "PET", "PP", "PS")


def references_of(table, studies=None):
    """All spectra of a simulated table as references."""
    n = len(table)
    which = np.array([MATERIALS.index(str(row.get_class())) for row in table])
    return References(to_unit_height(table.X), MATERIALS, which, ("",) * n,
                      tuple(studies) if studies is not None else ("",) * n)


def mixtures_of(table, n, **settings):
    """Mixtures of a table, and their fractions (n, materials)."""
    mixed = mix(table, n, **{**ONE_INSTRUMENT, "ratio": "derivative", **settings})
    return mixed, np.column_stack([mixed.get_column(f"fraction {m}") for m in MATERIALS])


@pytest.fixture(scope="session")
def pure():
    return simulate(MATERIALS, 12, wavenumbers=GRID, seed=1)


@pytest.fixture(scope="session")
def known(pure):
    """References of two studies."""
    return references_of(pure, ["A", "B"] * (len(pure) // 2))


@pytest.fixture(scope="session")
def others():
    """Spectra that are not among the references."""
    return simulate(MATERIALS, 12, wavenumbers=GRID, seed=2)
