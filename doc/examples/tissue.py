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
    Claim,
    Node,
    Note,
    Workflow,
    accuracy,
    claims,
)

SAYS = claims(
    Claim("network", "more than nine of ten", SCORE, accuracy(SCORE, CNN), .9, 1.,
          "The network: how many spectra are right?"),
    Claim("forest", "like a random forest's", SCORE,
          lambda flow: accuracy(SCORE, CNN)(flow) - accuracy(SCORE, FOREST)(flow), -.05, .05,
          "The network's accuracy less the forest's"),
)

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
        Note(f"Three folds. CA is the share that was right: {SAYS['network']}, "
             f"{SAYS['forest']}.", 440, 430, 190, to=(530, 392)),
    ], (SCORE,))
