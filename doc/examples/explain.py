"""Grad-CAM on a network that looks at polymers, and on one that has learned the air."""
from __future__ import annotations

import numpy as np
from Orange.widgets.settings import Context

from .parts import (
    CNN,
    DATA,
    FOLDS,
    GRADCAM,
    QUICK,
    SCORE,
    SPECTRA,
    Claim,
    Node,
    Note,
    Workflow,
    accuracy,
    claims,
    coloured_by,
)

BOTTLES = "Grad-CAM, bottles"
#: Names with the polymer, so that its bands are known to Grad-CAM.
OLD, NEW = "PP, old bottle", "PP, new bottle"
#: Where the air absorbs and polypropylene does not, cm-1: the bend of CO2, and water vapour.
AIR = (645., 690.), (1480., 1850.)

#: Create Class: Concatenate numbers tables that have the same name.
_CLASSES = {"context_settings": [Context(
    values={"attribute": ("table", 101), "class_name": ("bottle", -2),
            "rules": ({"table": [[OLD, "(0)"], [NEW, "(1)"]]}, -2),
            "match_beginning": (False, -2), "case_sensitive": (False, -2),
            "regular_expressions": (False, -2), "__version__": 1},
    attributes={}, metas={}, time=0)]}


def _right(title):
    """Share of the spectra explained by a Grad-CAM that are predicted correctly."""
    return lambda flow: np.nanmean(flow.widget(title).explained.right)


def _own(flow):
    """Share of the importance of the listed bands that is in those with a name of the class."""
    rows = list(flow.output(GRADCAM, "Bands"))
    share = np.array([float(row["share"]) for row in rows])
    own = np.array([f"({row['class']})" in str(row["assignments"]) for row in rows])
    return share[own].sum() / share.sum()


def _without_map(flow):
    """Share of the spectra for which a Grad-CAM finds no importance at all."""
    nothing, known = flow.widget(GRADCAM).explained.without_importance()
    return nothing / known


def _in_air(name):
    """Share of a bottle's importance that is where only the air absorbs."""
    def measured(flow):
        axis = flow.widget(BOTTLES).explained.axis
        view, = (view for view in flow.widget(BOTTLES).views if view.name == name)
        importance = np.nan_to_num(view.importance).clip(0)
        inside = np.any([(low <= axis) & (axis <= high) for low, high in AIR], axis=0)
        return importance[inside].sum() / importance.sum()
    return measured


def _rows_of_new(flow):
    return [row for row in flow.output(BOTTLES, "Bands") if str(row["class"]) == NEW]


def _air_filled(flow):
    """Share of the new bottle's rows that have "likely" or "possible" in the column Air."""
    return np.mean([str(row["atmosphere"]) != "no" for row in _rows_of_new(flow)])


def _vapour_named(flow):
    """Share of the new bottle's rows from 1480 to 1850 that are called water vapour."""
    low, high = AIR[1]
    return np.mean(["water vapour" in str(row["assignments"]) for row in _rows_of_new(flow)
                    if low < float(row["wavenumber"]) < high])


SAYS = claims(
    Claim("trained on", "All", GRADCAM, _right(GRADCAM), .99, 1.,
          "How many of the spectra that the network learned from does it predict correctly?"),
    Claim("own bands", "Nearly all importance is in bands of the polymer itself", GRADCAM, _own,
          .85, 1.,
          "Which share of the importance in the tab Bands is in bands that have the polymer's "
          "name?"),
    Claim("classic", "hardly any spectrum gets a map", GRADCAM, _without_map, .75, 1.,
          "Method Grad-CAM: share of the spectra without any importance",
          ((GRADCAM, "method", "Grad-CAM"),)),
    Claim("bottles", "nearly always", SCORE, accuracy(SCORE), .9, 1.,
          "How often does the network tell the two bottles apart?"),
    Claim("air", "Four fifths", BOTTLES, _in_air(NEW), .68, .92,
          "New bottle: which share of the importance is at 645 to 690 and 1480 to 1850, where "
          "the air absorbs and polypropylene does not?"),
    Claim("column", "in most rows", BOTTLES, _air_filled, .6, 1.,
          "New bottle: in which share of the rows of the tab Bands is something in the column "
          "Air?"),
    Claim("vapour", "by name", BOTTLES, _vapour_named, .7, 1.,
          "New bottle: which share of its rows from 1480 to 1850 is called water vapour?"),
)

WORKFLOW = Workflow(
    "130-what-did-it-look-at", "Microplastics: What did it look at?",
    "Grad-CAM shows which bands told one plastic from another. Above: a network that looks at the "
    f"polymers' bands. Below: one that is {SAYS['bottles']} right and has learned the air in the "
    "laboratory.",
    {
        "Simulated Polymers": Node(DATA, 100, 130, {"n_spectra": 30, "noise": .005}),
        CNN: Node(CNN, 290, 60, QUICK),
        GRADCAM: Node(GRADCAM, 480, 130),
        "Importance": Node(SPECTRA, 690, 130, coloured_by("target")),
        "Old Bottle": Node(DATA, 90, 440, {"polymers": ["PP"], "n_spectra": 60, "seed": 1,
                                            "noise": .004, "atmosphere": 0.}),
        "New Bottle": Node(DATA, 90, 580, {"polymers": ["PP"], "n_spectra": 60, "seed": 2,
                                            "noise": .004, "atmosphere": .2}),
        "Concatenate": Node("Concatenate", 235, 510, {
            "append_source_column": True, "source_column_role": 2,
            "source_attr_name": "table"}),
        "Name the Bottles": Node("Create Class", 375, 510, _CLASSES),
        "Bottle Network": Node(CNN, 540, 490, {
            "fixed_epochs": True, "epochs": 30, "batch_size": 16, "learning_rate": .01,
            "augmentation": 0}),
        SCORE: Node(SCORE, 720, 365, FOLDS),
        BOTTLES: Node(GRADCAM, 720, 605, {"shown_name": NEW}),
    },
    [
        ("Simulated Polymers", "Data", CNN, "Data"),
        ("Simulated Polymers", "Data", GRADCAM, "Data"),
        (CNN, "Model", GRADCAM, "Model"),
        (GRADCAM, "Importance", "Importance", "Data"),
        ("Old Bottle", "Data", "Concatenate", "Additional Data"),
        ("New Bottle", "Data", "Concatenate", "Additional Data"),
        ("Concatenate", "Data", "Name the Bottles", "Data"),
        ("Name the Bottles", "Data", "Bottle Network", "Data"),
        ("Name the Bottles", "Data", SCORE, "Data"),
        ("Name the Bottles", "Data", BOTTLES, "Data"),
        ("Bottle Network", "Learner", SCORE, "Learner"),
        ("Bottle Network", "Model", BOTTLES, "Model"),
    ],
    [
        Note("1. Open Grad-CAM and choose a class: the darker, the more a place counted. The tab "
             f"Bands lists them. {SAYS['own bands']}: those that you would have named?",
             360, 230, 290, to=(480, 192)),
        Note(f"2. {SAYS['trained on']} spectra are predicted correctly. That is no test: the "
             "network has learned from these very spectra.", 755, 60, 240),
        Note("3. Can a network tell polypropylene of two bottles apart? It is the same plastic, "
             "measured on two days.", 10, 255, 250, to=(90, 398)),
        Note(f"4. It can, {SAYS['bottles']}! How? Guess before you go on.", 790, 340, 210,
             to=(760, 362)),
        Note(f"5. Ask it. {SAYS['air']} of what counted for the new bottle is air: carbon dioxide "
             f"at 668, water vapour from 1480 to 1850: the tab Bands has them {SAYS['vapour']}, "
             f"and its column Air is filled {SAYS['column']}.", 785, 408, 215, to=(752, 586),
             start=(786, 558)),
        Note("6. It knows the weather, not the bottles. No accuracy would have told.", 785, 595,
             215),
    ], (BOTTLES,))
