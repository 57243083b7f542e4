"""P4: pure polymers within a set, 5 folds, near-duplicates in one fold; published labels."""
from __future__ import annotations

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks._learners import AVERAGED, WITHIN, learners
from benchmarks._report import options, write
from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.evaluation.protocols import F, K, Split, pure


def folds(name, seed):
    """Yield five splits of a set's classes with at least ten spectra."""
    data = datasets.load(name, merge_pe=True)
    values = np.array(data.domain.class_var.values)
    counts = np.bincount(data.Y.astype(int), minlength=len(values))
    data = pure((name,), values[counts >= 10], doubtful="keep")
    sources = data.get_column("source").astype(str)
    for learn, test in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(
            data.X, data.Y, sources):
        yield Split("P4", name, data[learn], data[test])


def main(argv):
    chosen = options("sets", __doc__, argv)
    for name in (F, K):
        if chosen.parts and name not in chosen.parts:
            continue
        rows = {}
        for seed in range(chosen.seeds):
            actual, found = [], {}
            for split in folds(name, seed):
                actual.append(split.test.Y)
                for learner, make in learners(seed, chosen.learners or (AVERAGED, *WITHIN)).items():
                    values = make(split.train)(split.test)
                    found.setdefault(learner, []).append(values)
            actual_all = np.concatenate(actual)
            for learner, values in found.items():
                right = np.concatenate(values) == actual_all
                row = rows.setdefault(learner, {"accuracy": [], "balanced accuracy": []})
                row["accuracy"].append(float(right.mean()))
                row["balanced accuracy"].append(float(np.mean(
                    [right[actual_all == c].mean() for c in np.unique(actual_all)])))
                print(f"  seed {seed}  {name}  {learner:26}{right.mean():.4f}", flush=True)
        write("sets", {f"P4, {name}": {
            "text": f"{len(np.unique(actual_all))} classes, {len(actual_all)} spectra.",
            "rows": rows, "columns": ("accuracy", "balanced accuracy")}})
    return 0
