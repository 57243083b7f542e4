"""Four methods with raw spectra, and the same four with derived ones."""
from __future__ import annotations

import numpy as np

from .parts import (
    CNN,
    DATA,
    DERIVATIVE,
    EVALUATION,
    FOLDS,
    FOREST,
    KNN,
    LOGISTIC,
    QUICK,
    REPEATABLE,
    SCORE,
    SIMULATED,
    SPECTRA,
    Claim,
    Node,
    Note,
    Workflow,
    accuracies,
    accuracy,
    claims,
    coloured_by,
)

#: The network takes derivatives by default. Derived spectra need no more of them.
_FOUR = (("Forest", FOREST, REPEATABLE, {}), ("Logistic", LOGISTIC, {}, {}), ("kNN", KNN, {}, {}),
         ("Network", CNN, QUICK, {"derivative": False}))

_NO_DERIVATIVES = (("Network, raw", "derivative", False),)


def _unlike(flow):
    """Variance of the spectra of one polymer relative to that of the polymers' means."""
    data = flow.output("Simulated Polymers", "Data")
    groups = [data.X[i == data.Y] for i in np.unique(data.Y)]
    within = np.mean([group.var(axis=0).sum() for group in groups])
    return within / np.var([group.mean(axis=0) for group in groups], axis=0).sum()


def _least_derived(flow):
    """The lowest accuracy of a method that gets derived spectra."""
    return min(value for name, value in accuracies(flow, SCORE).items() if "derived" in name)


def _network_mistakes(flow):
    """Number of spectra that the network with raw spectra mistakes."""
    results = flow.output(SCORE, EVALUATION)
    at = results.learner_names.index("Network, raw")
    return np.sum(results.actual != results.predicted[at])


SAYS = claims(
    Claim("unlike", "Spectra of one polymer differ more than polymers do", "Simulated Polymers",
          _unlike, 1.5, 40,
          "Raw spectra: how many times the variance of the polymers' means is that of the spectra "
          "of one polymer?"),
    Claim("kNN, raw", "guesses", SCORE, accuracy(SCORE, "kNN, raw"), .05, .3,
          "Raw spectra: how many does kNN name correctly? Guessing gives one of seven."),
    Claim("forest, raw", "about half", SCORE, accuracy(SCORE, "Forest, raw"), .37, .67,
          "Raw spectra: how many does the random forest name correctly?"),
    Claim("logistic, raw", "nine of ten", SCORE, accuracy(SCORE, "Logistic, raw"), .85, .97,
          "Raw spectra: how many does logistic regression name correctly?"),
    Claim("derived", "all", SCORE, _least_derived, .98, 1.,
          "Derived spectra: how many does the worst of the four methods name correctly?"),
    Claim("network, raw", "all", SCORE, accuracy(SCORE, "Network, raw"), .98, 1.,
          "Raw spectra: how many does the network name correctly?"),
    Claim("no derivatives", "some", SCORE, _network_mistakes, 1, 16,
          "First and second derivative switched off in Network, raw: how many of the 105 spectra "
          "does it mistake?", _NO_DERIVATIVES),
)

WORKFLOW = Workflow(
    "140-preprocessing-matters", "Microplastics: Preprocessing matters",
    "Four methods that are to name plastics by raw spectra, and the same four on derived and "
    "normalised ones. Preprocess Spectra gives the learners its steps, so that each fold is "
    "treated by itself.",
    {
        "Simulated Polymers": Node(DATA, 90, 350, {
            "n_spectra": 15, "noise": .004, "baseline": .3, "weathering": 50}),
        "Preprocess Spectra": Node("Preprocess Spectra", 240, 538, DERIVATIVE),
        **{f"{name}, raw": Node(widget, 540, 45 + 75 * i, settings)
           for i, (name, widget, settings, _) in enumerate(_FOUR)},
        # The first to the left of the others: the second has a sign above it, for a message.
        **{f"{name}, derived": Node(widget, 540 if i else 470, 417 + 75 * i,
                                    {**settings, **derived})
           for i, (name, widget, settings, derived) in enumerate(_FOUR)},
        "Preprocessed Spectra": Node(SPECTRA, 370, 642, coloured_by(domain=SIMULATED)),
        # High enough for the eight rows of both tables.
        SCORE: Node(SCORE, 740, 350, FOLDS, (240, 36, 1060, 680)),
    },
    [
        ("Simulated Polymers", "Data", "Preprocess Spectra", "Data"),
        ("Simulated Polymers", "Data", SCORE, "Data"),
        *((f"{name}, {how}", "Learner", SCORE, "Learner")
          for how in ("raw", "derived") for name, *_ in _FOUR),
        *(("Preprocess Spectra", "Preprocessor", f"{name}, derived", "Preprocessor")
          for name, *_ in _FOUR),
        ("Preprocess Spectra", "Preprocessed Data", "Preprocessed Spectra", "Data"),
    ],
    [
        Note("1. Seven polymers on a large, sloping baseline.", 10, 225, 190, to=(90, 312)),
        Note("2. First derivative, then normalisation. Open it to change the steps, and watch "
             "what the scores do.", 10, 500, 185, to=(206, 541), start=(176, 554)),
        Note("3. Four learners take the spectra as they are. Four get the Preprocessor: it is "
             "applied anew within each fold.", 710, 520, 220),
        Note(f"4. Raw, kNN {SAYS['kNN, raw']}, the forest names {SAYS['forest, raw']} of the "
             f"spectra, logistic regression {SAYS['logistic, raw']}. Derived, each names "
             f"{SAYS['derived']}. {SAYS['unlike']}, by their baselines; a derivative takes these "
             "away.", 690, 70, 270, to=(742, 312)),
        Note(f"5. The network names {SAYS['network, raw']} of the raw spectra: it takes "
             "derivatives itself. Switch them off in Network, raw, and it mistakes "
             f"{SAYS['no derivatives']}.", 235, 180, 215, to=(504, 272)),
    ], (SCORE,))
