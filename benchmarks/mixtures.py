"""P1: mixtures on one instrument, sources split 70/30 before mixing.

Five polymers of one study; seven polymers (28 classes) pooled from three; the same
without PU (21 classes), of which there are 20 spectra only.
"""
from __future__ import annotations

from benchmarks._learners import ALL, DRAWING_AVERAGED, MAIN_MIXTURES
from benchmarks._report import COLUMNS, compare, options, write
from orangecontrib.microplastics.evaluation.protocols import FIVE, SEVEN, F, K, V, p1

PARTS = {
    "five": ("P1, five polymers", "5 polymers and their 10 pairs, FTIR-Plastics (8 cm-1) without "
             "doubtful labels; 6,000 training and 3,000 test mixtures.",
             {"classes": FIVE, "sets": (V,)}),
    "seven": ("P1, seven polymers pooled", "7 polymers and their 21 pairs from FTIR-Plastics, "
              "FLOPP and Kedzierski, doubtful labels left out of both halves.",
              {"classes": SEVEN, "sets": (V, K, F)}),
    "six": ("P1, without PU", "As above without polyurethane: 6 polymers and their 15 pairs.",
            {"classes": tuple(c for c in SEVEN if c != "PU"), "sets": (V, K, F)}),
}


def main(argv):
    chosen = options("mixtures", __doc__, argv)
    for key, (title, text, settings) in PARTS.items():
        if chosen.parts and key not in chosen.parts:
            continue
        print(title, flush=True)
        rows = compare(lambda seed, settings=settings: p1(seed, **settings), chosen.seeds,
                       chosen.learners or {
                           "five": ALL, "six": (*MAIN_MIXTURES, DRAWING_AVERAGED),
                           "seven": MAIN_MIXTURES}[key])
        write("mixtures", {title: {"text": text, "rows": rows, "columns": COLUMNS}})
    return 0
