"""Check whether spectra agree with their labels."""
from orangecontrib.microplastics.labels.check import (
    REGIONS,
    LabelCheck,
    Rule,
    Verdict,
    check_labels,
    class_medians,
)
from orangecontrib.microplastics.materials.names import SAME

__all__ = ["Rule", "Verdict", "REGIONS", "SAME", "check_labels", "LabelCheck",
           "class_medians"]
