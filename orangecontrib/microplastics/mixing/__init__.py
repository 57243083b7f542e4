"""Mixtures of known ratio from pure spectra."""
from orangecontrib.microplastics.mixing.mixer import (
    COMBINATION,
    MAIN,
    Drawn,
    Mixer,
    Mixing,
    TransmittanceError,
    combination_name,
    component_means,
    count,
    mix,
    parse_ratios,
    split_sources,
)

__all__ = ["Mixing", "Mixer", "Drawn", "mix", "count", "component_means", "split_sources",
           "parse_ratios", "combination_name", "TransmittanceError", "COMBINATION", "MAIN"]
