"""The import path of release 0.1."""
from orangecontrib.microplastics.explanation.single import (
    Reason,
    SpectrumView,
    actual_classes,
    choose_mixtures,
    spectrum_views,
    spread_rows,
)

__all__ = ["Reason", "SpectrumView", "spectrum_views", "choose_mixtures", "spread_rows",
           "actual_classes"]
