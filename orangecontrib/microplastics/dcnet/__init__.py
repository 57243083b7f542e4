"""DCNet-CBAM as an Orange learner and its model, and as a scikit-learn classifier."""
from orangecontrib.microplastics.dcnet.classifier import DCNetClassifier
from orangecontrib.microplastics.dcnet.learner import (
    REGIONS,
    DCNetLearner,
)

__all__ = ["DCNetClassifier", "DCNetLearner", "REGIONS"]
