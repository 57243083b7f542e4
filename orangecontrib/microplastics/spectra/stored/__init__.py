"""Spectra that stay in their files and are read block by block."""
from orangecontrib.microplastics.spectra.stored.base import Block, Stored
from orangecontrib.microplastics.spectra.stored.kinds import is_array, open_stored

__all__ = ["Block", "Stored", "is_array", "open_stored"]
