"""Four methods on mixtures of two polymers, tested fairly and with sources that leak."""
from __future__ import annotations

import numpy as np

from orangecontrib.microplastics.materials.names import components_of

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
    TABLE,
    TEST,
    TRAIN,
    Claim,
    Node,
    Note,
    Workflow,
    accuracies,
    accuracy,
    claims,
)

#: Fractions from which on the smaller part of a mixture is called small, and no longer small.
_SMALL, _LARGE = .2, .3


def _gain(flow):
    """By how much the leak raises the accuracy of the forest."""
    return accuracies(flow, "Leaky Test")["Random Forest, again"] \
        - accuracies(flow, "Fair Test")[FOREST]


def _leak_against_method(flow):
    """The gain by the leak, against the difference between the best and the worst method."""
    fair = accuracies(flow, "Fair Test").values()
    return _gain(flow) / (max(fair) - min(fair))


def _answers(flow):
    """Of each test mixture: its materials, those that the network named, and its smallest part."""
    results = flow.output("Fair Test", EVALUATION)
    names = [set(components_of(name)) for name in results.domain.class_var.values]
    test = flow.output(MIX, TEST)[results.row_indices]
    parts = {material: test.get_column(f"fraction {material}") for material in set.union(*names)}
    for i, (actual, found) in enumerate(zip(results.actual, results.predicted[0], strict=True)):
        smallest = min(names[int(actual)], key=lambda material, i=i: parts[material][i])
        yield names[int(actual)], names[int(found)], smallest, parts[smallest][i]


def _too_many(flow):
    """Share of the single materials beside which the network names a second."""
    return np.mean([actual < found for actual, found, *_ in _answers(flow) if len(actual) == 1])


def _overlooked(low, high):
    def measured(flow):
        return np.mean([smallest not in found for actual, found, smallest, part in _answers(flow)
                        if len(actual) > 1 and low <= part < high])
    return measured


SAYS = claims(
    Claim("forest, fair", "less than eight of ten", "Fair Test", accuracy("Fair Test", FOREST),
          .6, .8, "Random Forest: how many mixtures are right?"),
    Claim("forest, leaky", "more than nine of ten", "Leaky Test",
          accuracy("Leaky Test", "Random Forest, again"), .9, 1.,
          "Random Forest again: how many are right?"),
    Claim("leak", "the leak makes more difference than the method", "Leaky Test",
          _leak_against_method, 1.1, 10.,
          "The leak's gain as a multiple of that of the best method over the worst"),
    Claim("too many", "About half of the pure particles get a second polymer", MATRIX, _too_many,
          .35, .65, "Pure particles that get a second polymer"),
    Claim("small parts", "one in four", "Mistaken Mixtures", _overlooked(0, _SMALL), .15, .35,
          "Parts of 10 to 20 % that the network overlooks"),
    Claim("large parts", "none", "Mistaken Mixtures", _overlooked(_LARGE, 1.), 0., .02,
          "Parts from 30 % on that it overlooks"),
)

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
        MATRIX: Node(MATRIX, 840, 370),
        "Mistaken Mixtures": Node(TABLE, 950, 370),
        "Leaky Test": Node(SCORE, 680, 620, {"resampling": 0, "n_folds": 2}),
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
        (MATRIX, "Selected Data", "Mistaken Mixtures", "Data"),
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
             "derives by itself, the others have it from Preprocess Spectra.", 580, 30, 230),
        Note("4. Fair: trained on some specimens, tested on others, as it would be with "
             "tomorrow's sample.", 612, 190, 200, to=(680, 332)),
        Note("5. What does the network mistake? Click Select Misclassified. "
             f"{SAYS['too many']}: what grows on a new specimen looks like one.", 600, 450, 240,
             to=(840, 432)),
        Note("6. Sort by a fraction. Of parts of 10 to 20 % the network overlooks "
             f"{SAYS['small parts']}, from 30 % on {SAYS['large parts']}.", 825, 150, 180,
             to=(950, 332)),
        Note("7. Not fair: cross-validation has the same specimens in training and test. Compare "
             f"CA with 4: {SAYS['leak']}.", 755, 570, 245, to=(722, 610)),
    ], (MIX, "Fair Test"))
