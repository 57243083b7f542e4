"""Three published studies to learn from, a fourth to be tested on."""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics import datasets

from .parts import (
    CNN,
    DATA,
    EVALUATION,
    IDENTIFY,
    MATRIX,
    ON_TEST_DATA,
    SCORE,
    SPECTRA,
    TABLE,
    Claim,
    Context,
    Node,
    Note,
    Workflow,
    accuracy,
    claims,
    coloured_by,
    mistakes,
)

_STUDIES = ["jung_2018", "kedzierski_2019", "villegas_camacho_2024_c8"]
_FIVE = ["PE", "PP", "PS", "PET", "PVC"]
_OTHERS = ["ABS", "AC", "AFL", "CA", "CE", "CO", "EAA", "M1", "M2", "Mixture", "PA", "PC", "PEF",
           "PEL", "PEVA", "PLA", "PMMA", "PPL", "PU", "Protein", "R", "R Kedzierski", "SR", "U1",
           "U2"]
CHECK, LEARNT, TESTED, ALL = "Check Labels", "Three Studies", "Fourth Study", \
    "Fourth Study, Everything"
ACCEPTED, CELL = "Who Is Accepted?", "Spectra of a Cell"

_LEARNT_CLEAN = ((LEARNT, "drop_doubtful", True),)
_TESTED_CLEAN = ((TESTED, "drop_doubtful", True),)
_ALL_CLEAN = ((ALL, "drop_doubtful", True),)
_LOWER = ((IDENTIFY, "accept", .6),)


def _names(table, column="polymer"):
    return np.array([str(row[column]) for row in table])


def _accepted(*polymers):
    """A measure: the share of the spectra of these polymers that is accepted."""
    def measured(flow):
        answers = flow.output(IDENTIFY, "Data")
        return np.mean(_names(answers, "decision")[np.isin(_names(answers), polymers)]
                       == "Accepted")
    return measured


def _abs_as_ps(flow):
    """Share of ABS that is accepted as PS."""
    answers = flow.output(IDENTIFY, "Data")
    of_abs = _names(answers) == "ABS"
    return np.mean((_names(answers, "decision") == "Accepted")[of_abs]
                   & (_names(answers, "material") == "PS")[of_abs])


def _other_mistakes(flow):
    """Number of spectra that are accepted by a wrong name, without ABS."""
    answers = flow.output(IDENTIFY, "Accepted")
    truth = _names(answers)
    return np.sum((truth != _names(answers, "material")) & (truth != "ABS"))


def _hidden(flow):
    """PS among the agreed labels that have the nitrile band of ABS, by the published curation."""
    agreed = flow.output(CHECK, "Agreed")
    kept = datasets.load(_STUDIES[-1], doubtful="drop")
    same = _names(agreed, "study") == _names(kept, "study")[0]
    return np.sum(_names(agreed)[same] == "PS") - np.sum(_names(kept) == "PS")


def _other_pvc(flow):
    """Number of spectra of PVC to learn from that are not of the study with the most."""
    agreed = flow.output(CHECK, "Agreed")
    studies = _names(agreed, "study")[_names(agreed) == "PVC"]
    return len(studies) - np.unique(studies, return_counts=True)[1].max()


def _plasticiser(flow):
    """C=O of plasticisers against CH2 of PVC: median of PVC not accepted to that of accepted."""
    answers = flow.output(IDENTIFY, "Data")
    pvc = answers[_names(answers) == "PVC"]
    ratio = _height(pvc, 1725) / _height(pvc, 1430)
    accepted = _names(pvc, "decision") == "Accepted"
    return np.median(ratio[~accepted]) / np.median(ratio[accepted])


def _height(table, band):
    """Height of a band above the lowest points on both sides, within 36 cm-1."""
    at = np.array([float(variable.name) for variable in table.domain.attributes])
    near = np.abs(at - band) <= 36
    left, right = (table.X[:, near & side].min(axis=1) for side in (at < band, at > band))
    return table.X[:, np.abs(at - band) <= 12].max(axis=1) - np.maximum(left, right)


def _left_out(flow):
    """Number of labels of the fourth study that are doubtful, of the five polymers."""
    n = len(flow.output(TESTED, "Data"))
    kept = datasets.load("frond_2021", doubtful="drop")
    return n - np.isin(_names(kept), _FIVE).sum()


SAYS = claims(
    Claim("polymers", "five polymers", LEARNT,
          lambda flow: len(np.unique(_names(flow.output(LEARNT, "Data")))), 5, 5,
          "Polymers to learn"),
    Claim("studies", "three laboratories", LEARNT,
          lambda flow: len(np.unique(_names(flow.output(LEARNT, "Data"), "study"))), 3, 3,
          "Studies to learn from"),
    Claim("doubtful", "almost 300 labels", CHECK,
          lambda flow: len(flow.output(CHECK, "Doubtful")), 270, 299,
          "How many labels are doubtful?"),
    Claim("left out", "Nine of its labels", TESTED, _left_out, 9, 9,
          "Doubtful labels of the test spectra"),
    Claim("right", "All but one or two of 243 are right", SCORE,
          lambda flow: len(mistakes(flow, SCORE)) if len(flow.output(TESTED, "Data")) == 243
          else np.nan, 1, 2, "Test spectra that are taken for another polymer"),
    Claim("too good", "all are right", SCORE, accuracy(SCORE), .997, 1.,
          "And how many are right without the doubtful labels?", _TESTED_CLEAN),
    Claim("known", "Nine of ten", ACCEPTED, _accepted(*_FIVE), .87, .955,
          "Spectra of the five polymers that are accepted"),
    Claim("ABS", "nearly all ABS is accepted as PS", ACCEPTED, _abs_as_ps, .8, 1.,
          "ABS that is accepted as PS"),
    Claim("others", "hardly anything else", ACCEPTED, _other_mistakes, 0, 2,
          "Other spectra that are accepted by a wrong name"),
    Claim("hidden", "50 PS", CELL, _hidden, 50, 50,
          "Spectra called PS to learn from that are ABS"),
    Claim("ABS left", "little ABS", ACCEPTED, _abs_as_ps, 0., .3,
          "Three Studies without doubtful labels: ABS that is accepted as PS", _LEARNT_CLEAN),
    Claim("PVC", "Only about half of the PVC", ACCEPTED, _accepted("PVC"), .4, .65,
          "PVC that is accepted"),
    Claim("clean PVC", "The other half has doubtful labels", ACCEPTED, _accepted("PVC"), .9, 1.,
          "And without the doubtful labels of the fourth study?", _ALL_CLEAN),
    Claim("plasticiser", "C=O of its plasticiser at 1725 several times as high", CELL,
          _plasticiser, 2.5, 9.,
          "C=O at 1725 against CH2 at 1430: median of the other PVC to that of the accepted PVC"),
    Claim("PVC learnt", "all but two", CHECK, _other_pvc, 2, 2,
          "Spectra of PVC to learn from that are not of the same study"),
    Claim("lower", "four of five PVC", IDENTIFY, _accepted("PVC"), .7, .9,
          "Accept from 0.6: PVC that is accepted", _LOWER),
    Claim("price", "one to five more wrong names", IDENTIFY, _other_mistakes, 1, 5,
          "Accept from 0.6: spectra that are accepted by a wrong name, without ABS", _LOWER),
)

#: Settings of Pivot Table: how many of each material are accepted; ABS is selected.
_WHO = {"context_settings": [Context(values={
    "row_feature": ("polymer", 101), "col_feature": ("decision", 101),
    "val_feature": (None, -2), "__version__": 2}, attributes={}, metas={}, time=0)],
    "selection": {(0, 0)}}

WORKFLOW = Workflow(
    "160-somebody-elses-instrument", "Microplastics: Somebody else's instrument",
    "Microplastics of three published studies to learn from, a fourth to be tested on. Needs the "
    "published spectra: open Three Studies and press Download (54 MB, once).",
    {
        LEARNT: Node(DATA, 90, 250, {
            "sets": _STUDIES, "left_out": _OTHERS, "drop_doubtful": False}),
        CHECK: Node(CHECK, 250, 250),
        "Doubtful Spectra": Node(TABLE, 390, 50),
        CNN: Node(CNN, 410, 320, {"fixed_epochs": True, "epochs": 5, "mixtures": 1}),
        # Test data are not cleaned by the data to learn from.
        TESTED: Node(DATA, 410, 160, {
            "sets": ["frond_2021"], "left_out": _OTHERS, "drop_doubtful": False}),
        SCORE: Node(SCORE, 590, 250, ON_TEST_DATA),
        MATRIX: Node(MATRIX, 740, 250),
        ALL: Node(DATA, 410, 480, {"sets": ["frond_2021"], "drop_doubtful": False}),
        IDENTIFY: Node(IDENTIFY, 560, 400),
        ACCEPTED: Node("Pivot Table", 720, 400, _WHO, (300, 30, 640, 690)),
        CELL: Node(SPECTRA, 890, 400, coloured_by("material", view=0)),
    },
    [
        (LEARNT, "Data", CHECK, "Data"),
        (CHECK, "Doubtful", "Doubtful Spectra", "Data"),
        (CHECK, "Agreed", CNN, "Data"),
        (CHECK, "Agreed", SCORE, "Data"),
        (TESTED, "Data", SCORE, "Test Data"),
        (CNN, "Learner", SCORE, "Learner"),
        (SCORE, EVALUATION, MATRIX, EVALUATION),
        (CNN, "Model", IDENTIFY, "Model"),
        (ALL, "Data", IDENTIFY, "Data"),
        (IDENTIFY, "Data", ACCEPTED, "Data"),
        (ACCEPTED, "Filtered Data", CELL, "Data"),
    ],
    [
        Note(f"1. Published spectra of {SAYS['polymers']} from {SAYS['studies']}. Not there yet? "
             "Open it and press Download.", 10, 345, 210, to=(90, 312)),
        Note(f"2. The other studies contradict {SAYS['doubtful']}. Look at some before you believe "
             "anyone.", 60, 70, 200, to=(245, 212)),
        Note("3. A study that the network has never seen. "
             f"{SAYS['left out']} are doubtful, by comparison with 1. They stay: what is "
             "unlike 1 is hard, and belongs in the test.", 480, 0, 230, to=(446, 142)),
        Note(f"4. How good is it there? {SAYS['right']}. Tick \"Leave out doubtful "
             f"labels\" in 3, and {SAYS['too good']}: too good to be true.",
             740, 0, 240, to=(604, 217)),
        Note("5. The fourth study with all its materials, also those that the network was not "
             "taught.", 10, 490, 280, to=(372, 490)),
        Note(f"6. The price of more answers: with Accept from 0.60, {SAYS['lower']} are accepted, "
             f"and {SAYS['price']}.", 300, 570, 230, to=(552, 464)),
        Note(f"7. Who is accepted? {SAYS['known']} spectra of the five polymers. But "
             f"{SAYS['ABS']}; {SAYS['others']} is accepted wrongly.", 560, 510, 190, to=(715, 470)),
        Note(f"8. The spectra of the cell you click. ABS has a nitrile band at 2240, but "
             f"{SAYS['hidden']} of 1 have it, too; 2 does not see it. Tick \"Leave out "
             f"doubtful labels\" in 1: {SAYS['ABS left']} is accepted.",
             800, 150, 200, to=(895, 362)),
        Note(f"9. {SAYS['PVC']} is accepted. {SAYS['clean PVC']}: soft PVC, with "
             f"{SAYS['plasticiser']}. PVC needs such spectra in 1, where {SAYS['PVC learnt']} are "
             "of one study.", 765, 510, 240, to=(742, 470)),
    ], (CHECK, IDENTIFY))
