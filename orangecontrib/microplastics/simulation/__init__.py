"""Spectra simulated from tables of bands."""
from orangecontrib.microplastics.simulation.polymers import (
    ALL_POLYMERS,
    NATURAL,
    SEVEN,
    TWELVE,
    peaks,
    simulate,
)

__all__ = ["SEVEN", "ALL_POLYMERS", "TWELVE", "NATURAL", "simulate", "peaks"]
