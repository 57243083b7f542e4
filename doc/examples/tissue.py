"""Spectra that are no plastics: those that come with orange-spectroscopy."""
from __future__ import annotations

from .parts import (
    CNN,
    COLLAGEN,
    EVALUATION,
    FOLDS,
    FOREST,
    MATRIX,
    QUICK,
    REPEATABLE,
    SCORE,
    Node,
    Note,
    Workflow,
    claims,
)

SAYS = claims()

WORKFLOW = Workflow(
    "180-real-tissue-spectra", "Microplastics: Real tissue spectra",
    "The network on 731 measured spectra that come with orange-spectroscopy: no microplastics, "
    "but it learns from any spectra with a class. Needs no network connection.",
    {
        "Collagen": Node("File", 110, 330, {"recent_paths": [COLLAGEN]}),
        CNN: Node(CNN, 310, 200, QUICK),
        FOREST: Node(FOREST, 310, 80, REPEATABLE),
        SCORE: Node(SCORE, 530, 330, FOLDS),
        MATRIX: Node(MATRIX, 730, 330),
    },
    [
        ("Collagen", "Data", CNN, "Data"),
        ("Collagen", "Data", SCORE, "Data"),
        (CNN, "Learner", SCORE, "Learner"),
        (FOREST, "Learner", SCORE, "Learner"),
        (SCORE, EVALUATION, MATRIX, EVALUATION),
    ],
    [
        Note("Infrared spectra of tissue: collagen, DNA, glycogen and lipids. Any spectra with a "
             "class will do.", 10, 430, 230, to=(110, 392)),
        Note("The network, and a random forest beside it.", 20, 90, 170, to=(272, 185),
             start=(180, 140)),
        Note("Three folds. CA is the share that was right.", 440, 430, 190, to=(530, 392)),
    ], (SCORE,))
