"""The import path of release 0.1, also named by models that it pickled."""
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.compatibility import (
    CoverageWarning,
    PredictionWarning,
    ScaleError,
    ScaleWarning,
)
from orangecontrib.microplastics.dcnet.model import DCNetModel

__all__ = ["DCNetModel", "Answer", "PredictionWarning", "CoverageWarning", "ScaleWarning",
           "ScaleError"]
