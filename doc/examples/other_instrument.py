"""Three published studies to learn from, a fourth to be tested on."""
from __future__ import annotations

from .parts import (
    CNN,
    DATA,
    EVALUATION,
    MATRIX,
    ON_TEST_DATA,
    SCORE,
    TABLE,
    Node,
    Note,
    Workflow,
    claims,
)

SAYS = claims()

_FIVE = ["PE", "PP", "PS", "PET", "PVC"]
_OTHERS = ["ABS", "AC", "AFL", "CA", "CE", "CO", "EAA", "M1", "M2", "Mixture", "PA", "PC", "PEF",
           "PEL", "PEVA", "PLA", "PMMA", "PPL", "PU", "Protein", "R", "R Kedzierski", "SR", "U1",
           "U2"]
WORKFLOW = Workflow(
    "160-somebody-elses-instrument", "Microplastics: Somebody else's instrument",
    "Microplastics of three published studies to learn from, a fourth to be tested on. Needs the "
    "published spectra: open Three Studies and press Download (54 MB, once).",
    {
        "Three Studies": Node(DATA, 100, 330, {
            "sets": ["jung_2018", "kedzierski_2019", "villegas_camacho_2024_c8"],
            "left_out": _OTHERS, "drop_doubtful": False}),
        "Check Labels": Node("Check Labels", 270, 330),
        "Doubtful Spectra": Node(TABLE, 400, 120),
        CNN: Node(CNN, 440, 410, {"fixed_epochs": True, "epochs": 5, "mixtures": 1}),
        "Fourth Study": Node(DATA, 440, 250, {"sets": ["frond_2021"], "left_out": _OTHERS}),
        SCORE: Node(SCORE, 640, 330, ON_TEST_DATA),
        MATRIX: Node(MATRIX, 830, 330),
        "Fourth Study, Everything": Node(DATA, 440, 600, {"sets": ["frond_2021"]}),
        "Identify Spectra": Node("Identify Spectra", 640, 540),
        "Unknown": Node(TABLE, 830, 540),
    },
    [
        ("Three Studies", "Data", "Check Labels", "Data"),
        ("Check Labels", "Doubtful", "Doubtful Spectra", "Data"),
        ("Check Labels", "Agreed", CNN, "Data"),
        ("Check Labels", "Agreed", SCORE, "Data"),
        ("Fourth Study", "Data", SCORE, "Test Data"),
        (CNN, "Learner", SCORE, "Learner"),
        (SCORE, EVALUATION, MATRIX, EVALUATION),
        (CNN, "Model", "Identify Spectra", "Model"),
        ("Fourth Study, Everything", "Data", "Identify Spectra", "Data"),
        ("Identify Spectra", "Unknown", "Unknown", "Data"),
    ],
    [
        Note("1. Published spectra of five polymers from three laboratories. Not there yet? Open "
             "it and press Download.", 10, 430, 210, to=(98, 392)),
        Note("2. Labels that the other studies contradict. Look at some before you believe "
             "anyone.", 110, 160, 200, to=(262, 292)),
        Note("3. A study that the network has never seen: other instrument, other people, other "
             "particles.", 500, 110, 190, to=(462, 218)),
        Note("4. How good is it there? The network learns \"Classes, varied\". Let it learn the "
             "spectra as they are, and compare.", 700, 180, 200, to=(655, 294)),
        Note("5. The fourth study holds materials that the network was not taught. It must not "
             "name them. Move the thresholds and watch what is accepted; click the spectra in "
             "the list.", 540, 640, 440, to=(640, 604)),
    ], ("Check Labels", "Identify Spectra"))
