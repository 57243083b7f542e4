"""Grad-CAM on a network that looks at polymers, and on one that has learned the air."""
from __future__ import annotations

from .parts import (
    CNN,
    DATA,
    FOLDS,
    GRADCAM,
    QUICK,
    SCORE,
    SPECTRA,
    TABLE,
    Node,
    Note,
    Workflow,
    claims,
    coloured_by,
    roles,
)

SAYS = claims()

WORKFLOW = Workflow(
    "130-what-did-it-look-at", "Microplastics: What did it look at?",
    "Grad-CAM shows which bands told one plastic from another. Above: a network that looks at the "
    "polymers' bands. Below: one that is nearly always right and has learned the air in the "
    "laboratory.",
    {
        "Simulated Polymers": Node(DATA, 100, 130, {"n_spectra": 30, "noise": .005}),
        CNN: Node(CNN, 290, 60, QUICK),
        GRADCAM: Node(GRADCAM, 480, 130),
        "Importance": Node(SPECTRA, 690, 60, coloured_by("target")),
        "Bands": Node(TABLE, 690, 200),
        "Old Bottle": Node(DATA, 90, 440, {"polymers": ["PP"], "n_spectra": 60, "seed": 1,
                                            "noise": .004, "atmosphere": 0.}),
        "New Bottle": Node(DATA, 90, 580, {"polymers": ["PP"], "n_spectra": 60, "seed": 2,
                                            "noise": .004, "atmosphere": .2}),
        "Concatenate": Node("Concatenate", 235, 510, {
            "append_source_column": True, "source_column_role": 0,
            "source_attr_name": "bottle"}),
        "Select Columns": Node("Select Columns", 375, 510,
                               roles(bottle=("class", 0), polymer=("meta", 0))),
        "Bottle Network": Node(CNN, 540, 510, {
            "fixed_epochs": True, "epochs": 30, "batch_size": 16, "learning_rate": .01,
            "augmentation": 0}),
        SCORE: Node(SCORE, 720, 380, FOLDS),
        "Grad-CAM, bottles": Node(GRADCAM, 720, 630,
                                  {"shown_name": "Simulated polymers (1)"}),
        "Bands, bottles": Node(TABLE, 900, 630),
    },
    [
        ("Simulated Polymers", "Data", CNN, "Data"),
        ("Simulated Polymers", "Data", GRADCAM, "Data"),
        (CNN, "Model", GRADCAM, "Model"),
        (GRADCAM, "Importance", "Importance", "Data"),
        (GRADCAM, "Bands", "Bands", "Data"),
        ("Old Bottle", "Data", "Concatenate", "Additional Data"),
        ("New Bottle", "Data", "Concatenate", "Additional Data"),
        ("Concatenate", "Data", "Select Columns", "Data"),
        ("Select Columns", "Data", "Bottle Network", "Data"),
        ("Select Columns", "Data", SCORE, "Data"),
        ("Select Columns", "Data", "Grad-CAM, bottles", "Data"),
        ("Bottle Network", "Learner", SCORE, "Learner"),
        ("Bottle Network", "Model", "Grad-CAM, bottles", "Model"),
        ("Grad-CAM, bottles", "Bands", "Bands, bottles", "Data"),
    ],
    [
        Note("1. Open Grad-CAM and choose a class: the darker, the more a place counted. The "
             "bands have their names.", 380, 230, 220, to=(480, 192)),
        Note("2. Are these the bands that you would have named?", 770, 180, 190, to=(732, 200)),
        Note("3. Can a network tell polypropylene of two bottles apart? The one was measured on "
             "a dry day, the other on a damp one.", 10, 265, 250, to=(90, 398)),
        Note("4. It can, nearly always!", 790, 360, 190, to=(762, 375)),
        Note("5. Ask it what it looked at: see the column Air of its Bands, and 1500 to 1800 in "
             "the picture. It knows the weather, not the bottles. No accuracy would have told.",
             785, 402, 215, to=(900, 594)),
    ], ("Grad-CAM, bottles",))
