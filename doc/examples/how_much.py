"""A blend series of known ratio: what is named, how much is found, how far off that is."""
from __future__ import annotations

import numpy as np

from .parts import (
    CNN,
    DATA,
    IDENTIFY,
    MIX,
    QUICK,
    SPECTRA,
    Claim,
    Context,
    Node,
    Note,
    Workflow,
    claims,
    coloured_by,
)

_MATERIALS = ("PE", "PET", "PP", "PS")


def _parts(flow):
    """(true fraction, found, low end, high end) of each part of each blend that was found."""
    answers = flow.output(IDENTIFY, "Data")
    columns = [np.concatenate([answers.get_column(name.format(m)) for m in _MATERIALS])
               for name in ("fraction {}", "share {}", "share {}, low", "share {}, high")]
    return np.column_stack(columns)[columns[0] > 0]


def _off(flow):
    """Mean error of the small parts, in percent of the sum."""
    truth, found, *_ = _parts(flow).T
    return 100 * np.abs(found - truth)[truth < .25].mean()


def _held(flow):
    """Share of the intervals that hold the truth."""
    truth, found, low, high = _parts(flow).T
    return ((low <= truth) & (truth <= high))[found > 0].mean()


def _named(flow):
    """Share of the parts of 10 and 20 % that were named."""
    truth, found, *_ = _parts(flow).T
    return (found > 0)[truth < .25].mean()


SAYS = claims(
    Claim("off", "one or two percent", "Found and True", _off, .5, 2.5,
          "Mean error of parts of 10 and 20 %, in percent"),
    Claim("held", "at least nine of ten", IDENTIFY, _held, .88, 1.,
          "Intervals that hold the truth"),
    Claim("named", "Nearly all are named", IDENTIFY, _named, .93, 1.,
          "Parts of 10 and 20 % that are named"),
)


def against(x, y):
    """Settings of Scatter Plot: one numeric variable against another."""
    context = Context(values={"attr_x": (x, 102), "attr_y": (y, 102), "__version__": 5},
                      attributes={}, metas={}, time=0)
    return {"context_settings": [context]}


#: Four plastics, each particle a little different; the network learns mixtures of them by itself.
_PURE = {"polymers": ["PE", "PP", "PS", "PET"], "n_spectra": 50, "noise": .004, "baseline": .05,
         "weathering": 50}
WORKFLOW = Workflow(
    "125-how-much-of-each", "Microplastics: How much of each?",
    "Blends of two plastics from 1:9 to 9:1: a network says what is in them, a fit with real "
    "references how much, with an interval; and the truth is known. Needs no network connection.",
    {
        "Pure Particles": Node(DATA, 90, 300, _PURE),
        "Data Sampler": Node("Data Sampler", 230, 300, {
            "sampling_type": 0, "sampleSizePercentage": 60, "use_seed": True}),
        CNN: Node(CNN, 400, 160, {**QUICK, "epochs": 6, "mixtures": 2}),
        "Blend Series": Node(MIX, 400, 420, {
            "use_pure": False, "use_test": False, "number_kind": 1, "train_each": 27,
            "ratio_kind": 1, "grid_step": 1, "by_derivative": 1, "baseline": .1}),
        IDENTIFY: Node(IDENTIFY, 570, 300, {"tab": 1}),
        "Found and True": Node("Scatter Plot", 730, 180, against("fraction PE", "share PE")),
        "Parts of a Spectrum": Node(SPECTRA, 730, 420, coloured_by("what", view=0)),
    },
    [
        ("Pure Particles", "Data", "Data Sampler", "Data"),
        ("Data Sampler", "Data Sample", CNN, "Data"),
        ("Data Sampler", "Remaining Data", "Blend Series", "Data"),
        (CNN, "Model", IDENTIFY, "Model"),
        ("Blend Series", "Training Mixtures", IDENTIFY, "Data"),
        (IDENTIFY, "Data", "Found and True", "Data"),
        (IDENTIFY, "Fit", "Parts of a Spectrum", "Data"),
    ],
    [
        Note("1. Fifty particles of each of four plastics, simulated. Three fifths are for the "
             "network; it never sees the others.", 10, 120, 230, to=(120, 262)),
        Note("2. It learns from the pure spectra: Learn: Mixtures of up to 2.", 330, 10, 210,
             to=(400, 122)),
        Note("3. The other particles, mixed 1:9, 2:8 ... 9:1. Open it: how absorbances add.",
             280, 530, 220, to=(400, 480)),
        Note("4. Open it, sort by How Much, click a spectrum: its parts, what is left, and what "
             "each of two witnesses says. "
             f"The interval holds the truth in {SAYS['held']}.",
             560, 500, 230, to=(575, 362)),
        Note(f"5. What was found for PE against what is in it. {SAYS['named']}, and parts of 10 "
             f"and 20 % are off by {SAYS['off']}. Zero would mean: not named.", 800, 90, 200,
             to=(772, 180)),
        Note("6. The sum of the parts is not the spectrum: the rest is baseline, noise, and "
             "bands that no reference has.", 800, 400, 200, to=(772, 420)),
    ], (IDENTIFY,))
