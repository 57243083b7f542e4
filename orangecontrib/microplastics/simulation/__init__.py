"""Spectra simulated from tables of bands."""
from orangecontrib.microplastics.simulation.polymers import (
    SEVEN,
    TWELVE,
    peaks,
    simulate,
)

__all__ = ["SEVEN", "TWELVE", "simulate", "peaks"]
