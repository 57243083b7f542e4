"""P2 and P3: another instrument than those that were learned from.

P2: mixtures. Trained on mixtures of three studies, tested on a fourth: FLOPP (F), which no
choice of ours has seen; and FTIR-Plastics (V); and F once more when 15 of its spectra,
3 a polymer, are among the training spectra. P3: pure polymers, each study left out in turn.
"""
from __future__ import annotations

import numpy as np

from benchmarks._learners import ALL, MAIN, MAIN_MIXTURES, MANY, VARYING
from benchmarks._report import COLUMNS, compare, options, write
from orangecontrib.microplastics.evaluation.protocols import (
    FIVE,
    PLAIN,
    VARIED,
    F,
    J,
    K,
    Split,
    V,
    p2,
    pure,
)
from orangecontrib.microplastics.mixing.mixer import mix, split_sources

SIX = (*FIVE, "PA")


def held_v(seed):
    """Trained on K, J and F, tested on V; polymers and mixtures as in P2."""
    learn = pure((K, J, F), FIVE)
    return Split("P2", "FTIR-Plastics held out",
                 mix(learn, 6000, seed=2 * seed, **VARIED),
                 mix(pure((V,), FIVE), 3000, seed=2 * seed + 1, **PLAIN), learn)


def some_of_f(seed, each=3):
    """As P2, tested on half of F; `each` spectra per polymer of the other half are for training."""
    data = pure((V, K, J, F), FIVE, doubtful={F: "keep"})
    of_f = np.array([str(s).startswith("Frond") for s in data.get_column("source")])
    own, held = split_sources(data[of_f], .5, seed)
    rng = np.random.default_rng(seed)
    few = np.concatenate([rng.choice(np.flatnonzero(c == own.Y), each, replace=False)
                          for c in np.unique(own.Y)])
    ids = {*data[~of_f].ids, *own[np.sort(few)].ids}
    learn = data[np.array([i in ids for i in data.ids])]
    return Split("P2 + 15", "15 spectra of the new instrument",
                 mix(learn, 6000, seed=2 * seed, **VARIED),
                 mix(held, 3000, seed=2 * seed + 1, **PLAIN), learn)


def left_out(name):
    """P3: train on pure polymers of the three other studies, test on those of the study `name`.

    A polymer is tested if the study has at least ten spectra of it and the others together at
    least five. The second limit is for nylon: the others had one spectrum of it, and protein
    labelled as nylon.
    """
    data = pure((V, K, J, F), SIX, doubtful={F: "keep"})
    prefix = {V: "Villegas", K: "Kedzierski", J: "Jung", F: "Frond"}[name]
    there = np.array([str(s).startswith(prefix) for s in data.get_column("source")])
    test = data[there]
    enough = [c for c in np.unique(test.Y) if (c == test.Y).sum() >= 10
              and ((c == data.Y) & ~there).sum() >= 5]
    return Split("P3", prefix, data[~there], test[np.isin(test.Y, enough)])


MIXTURES = {
    "f": ("P2, FLOPP held out", "Trained on 6,000 mixtures of FTIR-Plastics, Kedzierski and "
          "Jung (doubtful labels left out; components varied, contaminants and, in PVC, "
          "plasticiser added), tested on 3,000 mixtures of FLOPP and FLOPP-e, published "
          "labels.", p2),
    "v": ("P2, FTIR-Plastics held out", "The same, trained on Kedzierski, Jung and FLOPP, "
          "tested on FTIR-Plastics. PVC and PET are learned from FLOPP's few.", held_v),
    "some": ("P2 after 15 spectra of the new instrument", "As the first, tested on half of "
             "FLOPP's sources; 15 spectra (3 a polymer) of the other half are among the "
             "training spectra.", some_of_f),
}


def main(argv):
    chosen = options("instruments", __doc__, argv)
    for key, (title, text, make) in MIXTURES.items():
        if chosen.parts and key not in chosen.parts:
            continue
        print(title, flush=True)
        rows = compare(make, chosen.seeds, chosen.learners or ((*ALL, MANY) if key == "f" else
                                                               MAIN_MIXTURES), by_source=True)
        write("instruments", {title: {"text": text, "rows": rows, "columns": COLUMNS}})
    if not chosen.parts or "p3" in chosen.parts:
        print("P3", flush=True)
        rows = {}
        for name in (V, F, K, J):
            found = compare(lambda seed, name=name: left_out(name), chosen.seeds,
                            chosen.learners or (*MAIN, VARYING))
            for learner, row in found.items():
                rows.setdefault(learner, {})[name] = row["accuracy"]
        for row in rows.values():
            row["mean"] = list(np.mean([row[n] for n in (V, F, K, J)], axis=0))
        write("instruments", {"P3, pure polymers": {
            "text": "PE, PET, PP, PS, PVC, PA where the study has ten and the others together "
                    "five; the study in the column's head is left out and tested.",
            "rows": rows, "columns": ("mean", V, F, K, J)}})
    return 0
