"""The ready-made model: learnt once on this computer, from the published spectra."""
from orangecontrib.microplastics.ready.model import (
    CURRENT,
    MISSING,
    OUTDATED,
    About,
    about,
    get,
    load,
    make,
    path,
    state,
)
from orangecontrib.microplastics.ready.spectra import BLENDS, MATERIALS, SETS_USED, simulated, table

__all__ = ["MISSING", "OUTDATED", "CURRENT", "About", "about", "get", "load", "make", "path",
           "state", "BLENDS", "MATERIALS", "SETS_USED", "simulated", "table"]
