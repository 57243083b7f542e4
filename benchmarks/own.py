"""Own spectra: a trained model adapts to an instrument with 15 labelled spectra of it.

"Learn mixtures" on three studies. The sources of the fourth are divided in halves: 3 spectra of
each of five polymers come from one, 3,000 test mixtures (as in P2) are made of the other. "Before"
is the model as trained, "after" the same model adapted to the 15 (`dcnet.adapt`), "trained anew" a
model that learnt them together with the three studies. "Old" is the share of the model's own
references that get their name. Epochs, learning rate and number of spectra were chosen on FLOPP
(four settings, all within .004).
"""
from __future__ import annotations

import time

import numpy as np
from Orange.data import Table

from benchmarks._report import options, write
from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.dcnet.adapt import adapt, own_spectra
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.protocols import (
    FIVE,
    PLAIN,
    F,
    J,
    K,
    V,
    pure,
    score,
)
from orangecontrib.microplastics.mixing.mixer import mix, split_sources

EACH = 3
COLUMNS = ("before", "after", "trained anew", "minor before", "minor after", "old before",
           "old after", "seconds to adapt", "seconds to train")


def main(argv):
    chosen = options("own", __doc__, argv)
    rows = {}
    for name in (F, V):
        found = [run(name, seed) for seed in range(chosen.seeds)]
        rows[datasets.SETS[name].title] = {key: [one[key] for one in found] for key in found[0]}
    write("own", {"15 own spectra": {"text": __doc__.strip(), "rows": rows, "columns": COLUMNS}})
    return 0


def run(name, seed):
    data = pure((V, K, J, F), FIVE, doubtful={F: "keep"})
    prefix = datasets.SETS[name].study
    there = np.array([str(source).startswith(prefix) for source in data.get_column("source")])
    others, own, held = data[~there], *split_sources(data[there], .5, seed)
    rng = np.random.default_rng(seed)
    own = own[np.sort(np.concatenate([rng.choice(np.flatnonzero(c == own.Y), EACH, replace=False)
                                      for c in np.unique(own.Y)]))]
    test = mix(held, 3000, seed=2 * seed + 1, **PLAIN)
    start = time.perf_counter()
    model = DCNetLearner(seed=seed, mixtures=2)(others)
    trained = time.perf_counter()
    found = adapt(model, own_spectra(model, own).measured, seed)
    adapted = time.perf_counter()
    anew = DCNetLearner(seed=seed, mixtures=2)(Table.concatenate((others, own)))
    before, after, again = (score(test, one(test)) for one in (model, found.model, anew))
    figures = {"before": before["accuracy"], "after": after["accuracy"],
               "trained anew": again["accuracy"],
               "minor before": before["minor-component recall"],
               "minor after": after["minor-component recall"],
               "old before": found.old_before, "old after": found.old_after,
               "seconds to adapt": adapted - trained, "seconds to train": trained - start}
    print(f"{prefix}, seed {seed}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()),
          flush=True)
    return figures
