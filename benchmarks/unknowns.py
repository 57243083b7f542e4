"""P5: materials that were never learned. How well does a score tell them from known ones?

Trained on the five polymers of V, K and J; FLOPP's spectra of these are known, its other
materials unknown. Area under the ROC curve: 1 is perfect, 0.5 is a coin.
"""
from __future__ import annotations

import numpy as np
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from benchmarks._report import options, write
from orangecontrib.microplastics import datasets, training
from orangecontrib.microplastics.axis import wavenumbers
from orangecontrib.microplastics.dcnet import DCNetLearner
from orangecontrib.microplastics.peers import PEERS, derivative_features
from orangecontrib.microplastics.protocols import FIVE, F, J, K, V, pure


def main(argv):
    chosen = options("unknowns", __doc__, argv)
    data = pure((V, K, J), FIVE)
    every = datasets.load(F, merge_pe=True).domain.class_var.values
    test = pure((F,), every, doubtful="keep")
    known = np.isin(np.array(test.domain.class_var.values)[test.Y.astype(int)], FIVE)
    grid = wavenumbers(data.domain)
    rows = {}

    def add(name, score):
        rows.setdefault(name, {"AUROC": []})["AUROC"].append(float(roc_auc_score(known, score)))

    A, B = (derivative_features(t.X, grid) for t in (data, test))
    means = np.array([A[c == data.Y].mean(axis=0) for c in np.unique(data.Y)])
    add("Correlation to a class mean", np.corrcoef(B, means)[:len(B), len(B):].max(axis=1))
    length = A.shape[1]
    add("Correlation to a training spectrum", (B @ A.T / length).max(axis=1))
    for seed in range(chosen.seeds):
        model = DCNetLearner(seed=seed)(data)
        scores = training.scores(model.networks, model.grid_spectra(test))
        add("DCNet-CBAM, energy", logsumexp(scores, axis=1))
        add("DCNet-CBAM, largest probability", model(test, model.Probs).max(axis=1))
        forest = PEERS["Random forest"](seed=seed)(data)
        add("Random forest, largest probability", forest(test, forest.Probs).max(axis=1))
    write("unknowns", {"P5": {
        "text": f"{known.sum()} known and {(~known).sum()} unknown spectra.",
        "rows": rows, "columns": ("AUROC",)}})
    return 0
