"""Seven polymers, a network, and what it mistakes once they are overgrown."""
from __future__ import annotations

import numpy as np
from Orange.data import DiscreteVariable, Domain

from .parts import (
    CNN,
    DATA,
    EVALUATION,
    FOLDS,
    MATRIX,
    QUICK,
    SCORE,
    SIMULATED,
    SPECTRA,
    Claim,
    Node,
    Note,
    Workflow,
    accuracy,
    claims,
    coloured_by,
    mistakes,
)

#: Columns of what Confusion Matrix selects: it adds the answers, in colours of its own.
_MISTAKEN = Domain(SIMULATED.attributes, SIMULATED.class_var, [
    *SIMULATED.metas, DiscreteVariable(f"{SIMULATED.class_var.name}({CNN})",
                                       SIMULATED.class_var.values)])
_OVERGROWN = (("Simulated Polymers", "biofilm", 100),)


def _taken_for_pe(flow):
    """Share of the mistakes that are in the column PE."""
    found = [name for _, name in mistakes(flow, SCORE)]
    return found.count("PE") / len(found)


#: As the lesson asks: only these two, weathered.
_WEATHERED = (*(("Simulated Polymers", code, False) for code in ("PS", "PET", "PVC", "PA", "PMMA")),
              ("Simulated Polymers", "weathering", 100))


def _carbonyl(flow):
    """Height at 1715 of the mean spectrum of PP as a share of its C-H stretch at 2920."""
    data = flow.output("Simulated Polymers", "Data")
    at = np.array([float(a.name) for a in data.domain.attributes])
    means = [data.X[i == data.Y].mean(axis=0) for i in range(2)]
    return np.mean([mean[np.abs(at - 1715).argmin()] / mean[np.abs(at - 2920) < 12].max()
                    for mean in means])


SAYS = claims(
    Claim("carbonyl", "about a quarter", "Spectra", _carbonyl, .15, .35,
          "Weathered PE and PP: carbonyl as a share of the C-H stretch", _WEATHERED),
    Claim("clean", "all", SCORE, accuracy(SCORE), .97, 1.,
          "Clean particles: how many are right?"),
    Claim("overgrown", "four of five", SCORE, accuracy(SCORE), .72, .9,
          "Biofilm 100 %: how many are right?", _OVERGROWN),
    Claim("taken for", "About half of the mistakes are in the column PE", MATRIX, _taken_for_pe,
          .35, .75,
          "Biofilm 100 %: which share of the mistakes is taken for PE?", _OVERGROWN),
    Claim("noisy", "Half", SCORE, accuracy(SCORE), .35, .65,
          "Biofilm 100 % and noise 0.03: how many are right?",
          (*_OVERGROWN, ("Simulated Polymers", "noise", .03))),
)

WORKFLOW = Workflow(
    "110-first-look", "Microplastics: First look",
    "Simulated spectra of seven polymers, a network that learns to tell them apart, and what it "
    "mistakes once they are overgrown by a biofilm. Needs no network connection.",
    {
        "Simulated Polymers": Node(DATA, 100, 330, {"n_spectra": 20, "noise": .01,
                                                    "baseline": .03, "resolution": 4}),
        "Spectra": Node(SPECTRA, 310, 80, coloured_by(domain=SIMULATED)),
        CNN: Node(CNN, 310, 210, QUICK),
        SCORE: Node(SCORE, 520, 330, FOLDS),
        MATRIX: Node(MATRIX, 700, 330),
        "Mistaken Spectra": Node(SPECTRA, 880, 330,
                                 coloured_by(view=0, domain=_MISTAKEN)),
    },
    [
        ("Simulated Polymers", "Data", "Spectra", "Data"),
        ("Simulated Polymers", "Data", CNN, "Data"),
        ("Simulated Polymers", "Data", SCORE, "Data"),
        (CNN, "Learner", SCORE, "Learner"),
        (SCORE, EVALUATION, MATRIX, EVALUATION),
        (MATRIX, "Selected Data", "Mistaken Spectra", "Data"),
    ],
    [
        Note("1. Seven polymers, 20 clean particles of each, simulated from the bands that the "
             "literature gives. Double-click to see them.", 10, 430, 240, to=(100, 390)),
        Note("2. The mean of each polymer. Press Z and draw a frame to see more. "
             "Which bands tell them apart?", 380, 30, 260, to=(352, 80)),
        Note("3. The network trains when data arrive. Open it to watch the curves.", 380, 150, 250,
             to=(352, 205)),
        Note("4. Three times, the network learns from two thirds of the spectra and is tested on "
             f"the rest. CA is the share it got right: {SAYS['clean']}. Clean particles are easy.",
             390, 430, 230, to=(520, 390)),
        Note(f"5. Now set Biofilm to 100 % in 1: {SAYS['overgrown']} are right. Which is taken for "
             f"which? {SAYS['taken for']}: the polymer with the fewest bands of its own. "
             "Click on a cell.", 680, 110, 260, to=(700, 292)),
        Note("6. The spectra of that cell. Would you have known?", 790, 430, 200, to=(880, 390)),
    ], (CNN, MATRIX))
