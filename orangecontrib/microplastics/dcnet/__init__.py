"""DCNet-CBAM as an Orange learner and its model."""
from orangecontrib.microplastics.dcnet.learner import (
    REGIONS,
    DCNetLearner,
)

__all__ = ["DCNetLearner", "REGIONS"]
