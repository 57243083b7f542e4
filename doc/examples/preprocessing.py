"""Four methods with raw spectra, and the same four with derived ones."""
from __future__ import annotations

from .parts import (
    CNN,
    DATA,
    DERIVATIVE,
    FOLDS,
    FOREST,
    KNN,
    LOGISTIC,
    QUICK,
    REPEATABLE,
    SCORE,
    SIMULATED,
    SPECTRA,
    Node,
    Note,
    Workflow,
    claims,
    coloured_by,
)

SAYS = claims()

_FOUR = (("Forest", FOREST, REPEATABLE), ("Logistic", LOGISTIC, {}), ("kNN", KNN, {}),
         ("Network", CNN, {**QUICK, "derivative": False}))
WORKFLOW = Workflow(
    "140-preprocessing-matters", "Microplastics: Preprocessing matters",
    "Four methods that are to name plastics by raw spectra, and the same four on derived and "
    "normalised ones. Preprocess Spectra gives the learners its steps, so that each fold is "
    "treated by itself.",
    {
        "Simulated Polymers": Node(DATA, 90, 350, {
            "n_spectra": 15, "noise": .004, "baseline": .3, "weathering": 50}),
        "Preprocess Spectra": Node("Preprocess Spectra", 250, 538, DERIVATIVE),
        **{f"{name}, raw": Node(widget, 500, 45 + 76 * i, settings)
           for i, (name, widget, settings) in enumerate(_FOUR)},
        **{f"{name}, derived": Node(widget, 530, 424 + 76 * i, settings)
           for i, (name, widget, settings) in enumerate(_FOUR)},
        "Preprocessed Spectra": Node(SPECTRA, 370, 652, coloured_by(domain=SIMULATED)),
        SCORE: Node(SCORE, 740, 350, FOLDS),
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
             "what the scores do.", 10, 500, 185, to=(216, 541), start=(184, 553)),
        Note("3. Four learners take the spectra as they are. Four get the Preprocessor: it is "
             "applied anew within each fold.", 710, 520, 220),
        Note("4. Which methods need the preprocessing, and which does without? (The network "
             "standardises each spectrum by itself, and learns what a baseline is.)",
             720, 105, 235, to=(742, 312)),
    ], (SCORE,))
