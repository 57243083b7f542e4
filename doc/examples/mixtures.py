"""Four methods on mixtures of two polymers, tested fairly and with sources that leak."""
from __future__ import annotations

from .parts import (
    CNN,
    DATA,
    DERIVATIVE,
    EVALUATION,
    FOREST,
    KNN,
    LOGISTIC,
    MATRIX,
    MIX,
    ON_TEST_DATA,
    QUICK,
    REPEATABLE,
    SCORE,
    TEST,
    TRAIN,
    Node,
    Note,
    Workflow,
    claims,
)

SAYS = claims()

WORKFLOW = Workflow(
    "120-why-mixtures-are-hard", "Microplastics: Why mixtures are hard",
    "Particles of two plastics: mixtures of known ratio, made from pure spectra, and four methods "
    "that are to recognise them: once tested fairly, once with sources that leak. Needs no "
    "network connection.",
    {
        "Simulated Polymers": Node(DATA, 90, 375, {
            "polymers": ["PE", "PP", "PS", "PET", "PVC"], "n_spectra": 6, "noise": .004,
            "baseline": .03, "weathering": 60, "biofilm": 75}),
        MIX: Node(MIX, 270, 375, {"number_kind": 1, "train_each": 40, "test_each": 20,
                                  "test_share": 40,
                                  "baseline": .05, "noise": .01}),
        "Derivative": Node("Preprocess Spectra", 300, 530, DERIVATIVE),
        FOREST: Node(FOREST, 470, 45, REPEATABLE),
        LOGISTIC: Node(LOGISTIC, 470, 125),
        KNN: Node(KNN, 470, 205),
        CNN: Node(CNN, 470, 285, QUICK),
        "Fair Test": Node(SCORE, 680, 370, ON_TEST_DATA),
        MATRIX: Node(MATRIX, 880, 370),
        "Leaky Test": Node(SCORE, 680, 550, {"resampling": 0, "n_folds": 2}),
        "Random Forest, again": Node(FOREST, 470, 570, REPEATABLE),
        "kNN, again": Node(KNN, 470, 650),
    },
    [
        ("Simulated Polymers", "Data", MIX, "Data"),
        (MIX, TRAIN, "Fair Test", "Data"),
        (MIX, TEST, "Fair Test", "Test Data"),
        (MIX, TRAIN, "Derivative", "Data"),
        *(("Derivative", "Preprocessor", learner, "Preprocessor")
          for learner in (FOREST, LOGISTIC, KNN, "Random Forest, again", "kNN, again")),
        *((learner, "Learner", "Fair Test", "Learner") for learner in (CNN, FOREST, LOGISTIC, KNN)),
        ("Fair Test", EVALUATION, MATRIX, EVALUATION),
        (MIX, TRAIN, "Leaky Test", "Data"),
        ("Random Forest, again", "Learner", "Leaky Test", "Learner"),
        ("kNN, again", "Learner", "Leaky Test", "Learner"),
    ],
    [
        Note("1. Six specimens of each of five polymers, weathered and overgrown.", 10, 465,
             180, to=(90, 437)),
        Note("2. Mixtures of two, any ratio from 10 %. Open it: one mixture taken apart. "
             "Training and test mixtures are made from different specimens.", 150, 170, 210,
             to=(265, 337)),
        Note("3. Four methods get the same mixtures, and all their first derivative: the network "
             "derives by itself, the others have it from Preprocess Spectra.", 540, 30, 230),
        Note("4. Fair: trained on some specimens, tested on others, as it would be with "
             "tomorrow's sample.", 740, 200, 200, to=(690, 332)),
        Note("5. What is mistaken? Mostly a polymer too many: what grows on a new specimen looks "
             "like one. And parts of 10 to 20 % are overlooked.", 790, 475, 220, to=(880, 435)),
        Note("6. Not fair: cross-validation has the same specimens in training and test. Compare "
             "CA with 4: the leak makes more difference than the method.", 760, 590, 245,
             to=(722, 555)),
    ], (MIX, "Fair Test"))
