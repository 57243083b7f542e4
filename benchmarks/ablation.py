"""What each part of the network brings: one change at a time, on validation mixtures.

Validation mixtures are made of the training studies alone: PE, PP and PS of one study (K,
then V) are held out, PVC and PET come from sources of V that are held out, and fractions
go down to 5 %. All choices of the project's defaults were made on this task, but for the
plasticiser in PVC, which it cannot judge (NOTES.md); FLOPP has no part in it.
"""
from __future__ import annotations

import numpy as np
from Orange.data import Table

from benchmarks._learners import learners
from benchmarks._report import options, write
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.protocols import (
    FIVE,
    PLAIN,
    VARIED,
    J,
    K,
    Split,
    V,
    measure,
    p1,
    pure,
)
from orangecontrib.microplastics.mixing.mixer import mix, split_sources

ONE_STUDY, TWO_STUDIES = ("PET", "PVC"), ("PE", "PP", "PS")

CHANGES = {
    "default": {},
    "attention: channel": {"attention": "channel"},
    "attention: spatial": {"attention": "spatial"},
    "attention: none": {"attention": "none"},
    "one branch, short kernels": {"kernels": (3,)},
    "one branch, long kernels": {"kernels": (15,)},
    "no second derivative": {"second_derivative": False},
    "no derivative": {"derivative": False},
    "no compression": {"compression": 0.0},
    "whole axis": {"regions": None},
    "no augmentation": {"augmentation": 0.0},
}


def validation(held, seed, train=6000, test=2000):
    """Validation split (see the module's docstring); `held` is the study held out, K or V."""
    others = [name for name in (V, K, J) if name != held]
    data = pure((V, K, J), FIVE)
    source = data.get_column("source").astype(str)
    values = np.array(FIVE)[data.Y.astype(int)]
    prefix = {V: "Villegas", K: "Kedzierski", J: "Jung"}
    of = {name: np.char.startswith(source, prefix[name]) for name in (V, K, J)}
    fixed, tested = split_sources(
        data[of[V] & np.isin(values, ONE_STUDY)], .4, seed)
    shared = np.isin(values, TWO_STUDIES)
    learn = data[shared & np.any([of[name] for name in others], axis=0)]
    new = data[shared & of[held]]
    return Split("validation", held,
                 mix(Table.concatenate([learn, fixed]), train, seed=2 * seed, **VARIED),
                 mix(Table.concatenate([new, tested]), test, seed=2 * seed + 1,
                     **{**PLAIN, "smallest": .05}))


def main(argv):
    chosen = options("ablation", __doc__, argv)
    makers = {"K held out": lambda seed: validation(K, seed),
              "V held out": lambda seed: validation(V, seed), "P1": p1}
    candidates = {name: (lambda seed, change=change: DCNetLearner(seed=seed, **change))
                  for name, change in CHANGES.items()}
    for peer in ("Random forest", "SVM", "Gradient boosting"):
        candidates[peer] = lambda seed, peer=peer: learners(seed, [peer])[peer]
    rows = {}
    parts = set(chosen.parts or ())
    tasks = {t: m for t, m in makers.items() if t in parts} or {"V held out": makers["V held out"]}
    wanted = parts & set(candidates) or set(candidates)
    for task, make in tasks.items():
        for seed in range(chosen.seeds):
            split = make(seed)
            for name, learner in candidates.items():
                if name not in wanted:
                    continue
                found = measure(learner(seed), split)
                row = rows.setdefault(name, {})
                row.setdefault(task, []).append(found["accuracy"])
                row.setdefault("seconds to fit", []).append(found["seconds to fit"])
                print(f"  seed {seed}  {task}  {name:28}{found['accuracy']:.4f} "
                      f"{found['seconds to fit']:6.1f} s", flush=True)
    write("ablation", {"One change at a time": {
        "text": __doc__.split("\n\n")[1].replace("\n", " "), "rows": rows,
        "columns": (*tasks, "seconds to fit")}})
    return 0
