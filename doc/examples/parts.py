"""What several examples use: names of widgets, settings, and figures to be measured in a run."""
from __future__ import annotations

import numpy as np
from Orange.evaluation import CA

from orangecontrib.microplastics.simulation.polymers import simulate

from .claims import Claim, claims
from .workflowfile import (
    COLLAGEN,
    Context,
    Node,
    Note,
    Workflow,
    coloured_by,
    roles,
)

__all__ = ["COLLAGEN", "Claim", "Context", "Node", "Note", "Workflow", "claims", "coloured_by",
           "roles"]

#: Columns of simulated spectra, which do not depend on the number of spectra.
SIMULATED = simulate(n=1).domain

LOGISTIC, READY = "Logistic Regression", "Microplastics Model"
DATA, SPECTRA, MIX = "Microplastic Spectra", "Spectra", "Mix Spectra"
CNN, SCORE, MATRIX = "Dual-Branch CNN", "Test and Score", "Confusion Matrix"
FOREST, SVM, KNN, TABLE, GRADCAM = "Random Forest", "SVM", "kNN", "Data Table", "Grad-CAM"
IDENTIFY, PARTICLES = "Identify Spectra", "Particles"
EVALUATION = "Evaluation Results"
TRAIN, TEST = "Training Mixtures", "Test Mixtures"

#: Test and Score: three folds; test on test data.
FOLDS, ON_TEST_DATA = {"resampling": 0, "n_folds": 1}, {"resampling": 5}
#: Random forests with reproducible results.
REPEATABLE = {"use_random_state": True, "n_estimators": 30}
#: Fewer epochs than the widget would choose, so that examples finish quickly.
QUICK = {"fixed_epochs": True, "epochs": 15}

#: First derivative, then normalisation, as Preprocess Spectra stores them.
DERIVATIVE = {"storedsettings": {"name": "", "preprocessors": [
    ("orangecontrib.spectroscopy.savitzkygolay", {"window": 9, "polyorder": 2, "deriv": 1}),
    ("orangecontrib.infrared.normalize", {"method": 0}),
]}, "autocommit": True}


def accuracies(flow, title):
    """Accuracy of each learner of a Test and Score, {name: CA}, in its order."""
    results = flow.output(title, EVALUATION)
    return dict(zip(results.learner_names, CA(results), strict=True))


def accuracy(title, learner=None):
    """A measure: the accuracy of a learner, or of the only one."""
    def measured(flow):
        found = accuracies(flow, title)
        return found[learner] if learner else found.popitem()[1]
    return measured


def mistakes(flow, title, learner=0):
    """Names (actual, predicted) of the spectra that a learner of a Test and Score mistook."""
    results = flow.output(title, EVALUATION)
    names = np.array(results.domain.class_var.values)
    actual, found = results.actual.astype(int), results.predicted[learner].astype(int)
    wrong = actual != found
    return list(zip(names[actual[wrong]], names[found[wrong]], strict=True))
