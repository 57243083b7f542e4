"""The network with CBAM, with one half of it, and without."""
from __future__ import annotations

from .parts import (
    CNN,
    DATA,
    MIX,
    ON_TEST_DATA,
    QUICK,
    SCORE,
    TEST,
    TRAIN,
    Node,
    Note,
    Workflow,
    claims,
)

SAYS = claims()

_ATTENTION = ("CBAM", "Channel Only", "Spatial Only", "No Attention")
WORKFLOW = Workflow(
    "150-does-attention-help", "Microplastics: Does attention help?",
    "The same network with CBAM, with one half of it, and with none, on the same mixtures of "
    "plastics. Needs no network connection.",
    {
        "Simulated Polymers": Node(DATA, 90, 440, {
            "polymers": ["PE", "PP", "PS", "PET"], "n_spectra": 20, "noise": .004,
            "baseline": .03, "weathering": 60, "biofilm": 30}),
        MIX: Node(MIX, 270, 440, {"number_kind": 1, "train_each": 40, "test_each": 40,
                                  "variation": .5,
                                  "test_share": 40}),
        **{name: Node(CNN, 470, 60 + 90 * i, {**QUICK, "attention": i, "learner_name": name})
           for i, name in enumerate(_ATTENTION)},
        SCORE: Node(SCORE, 690, 420, ON_TEST_DATA),
    },
    [
        ("Simulated Polymers", "Data", MIX, "Data"),
        (MIX, TRAIN, SCORE, "Data"),
        (MIX, TEST, SCORE, "Test Data"),
        *((name, "Learner", SCORE, "Learner") for name in _ATTENTION),
    ],
    [
        Note("1. Four networks that differ in one setting only: what weights the features. An "
             "ablation removes a part to see what it was good for.", 170, 40, 220,
             to=(432, 60)),
        Note("2. Compare them. Then change the seed in each, or the one in Mix Spectra: does "
             "the order stay?", 740, 260, 220, to=(700, 382)),
        Note("3. The honest answer: a difference of a percent or two is luck here; more data or "
             "another seed turn it. On real spectra of another instrument our benchmark has .931 "
             "with CBAM and .925 without, and two seeds differ by more.", 540, 530, 330),
    ], (SCORE,))
