"""What are my spectra? The ready-made model, an example, and a File for the user's own."""
from __future__ import annotations

from orangecontrib.microplastics.materials.names import components_of

from .parts import (
    DATA,
    IDENTIFY,
    READY,
    SPECTRA,
    TABLE,
    Claim,
    Node,
    Note,
    Workflow,
    claims,
    coloured_by,
)


def _accepted(flow):
    """(polymer that was simulated, names) of each accepted spectrum, and the number of all."""
    answers = flow.output(IDENTIFY, "Data")
    return [(str(row["polymer"]), components_of(str(row["material"]))) for row in answers
            if str(row["decision"]) == "Accepted"], len(answers)


def _right(flow):
    accepted, _ = _accepted(flow)
    return sum(polymer in names for polymer, names in accepted) / len(accepted)


def _with_protein(flow):
    accepted, _ = _accepted(flow)
    return sum("Protein" in names for _, names in accepted) / len(accepted)


SAYS = claims(
    Claim("accepted", "Nearly all are accepted", IDENTIFY,
          lambda flow: len(_accepted(flow)[0]) / _accepted(flow)[1], .8, 1.,
          "Example particles that are accepted"),
    Claim("right", "with the right polymer", IDENTIFY, _right, .95, 1.,
          "Accepted ones whose polymer is right"),
    Claim("protein", "about half with protein beside it, which is the biofilm", IDENTIFY,
          _with_protein, .35, .7, "Accepted ones with protein beside the polymer"),
)

WORKFLOW = Workflow(
    "105-identify-my-spectra", "Microplastics: Identify my spectra",
    "What are my spectra? A ready-made model names common plastics, natural materials and mixtures "
    "of two, says how sure it is, and why not. No training; the model is made once, in about two "
    "minutes.",
    {
        "Example Particles": Node(DATA, 100, 320, {
            "n_spectra": 5, "noise": .003, "baseline": .03, "weathering": 30, "biofilm": 30}),
        "Your Spectra": Node("File", 100, 480, {"recent_paths": []}),
        READY: Node(READY, 300, 110, window=(200, 60, 820, 620)),
        IDENTIFY: Node(IDENTIFY, 440, 300),
        "All Answers": Node(TABLE, 660, 170),
        "Save Data": Node("Save Data", 660, 330),
        "To Inspect": Node(SPECTRA, 660, 490, coloured_by("material", view=0)),
    },
    [
        ("Example Particles", "Data", IDENTIFY, "Data"),
        (READY, "Model", IDENTIFY, "Model"),
        (IDENTIFY, "Data", "All Answers", "Data"),
        (IDENTIFY, "Data", "Save Data", "Data"),
        (IDENTIFY, "To Inspect", "To Inspect", "Data"),
    ],
    [
        Note("1. Once: open it and press Make the Model. It takes about two minutes, and "
             "downloads 54 MB.", 10, 55, 210, to=(262, 110)),
        Note("2. An example: particles of seven plastics, simulated, with biofilm.", 10, 170, 190,
             to=(100, 280)),
        Note("3. Your own file: choose it here. Then drag a line from this File to Identify "
             "Spectra; it takes the place of the example.", 10, 575, 250, to=(100, 540)),
        Note("4. What is each spectrum, and how sure is that? Open it. "
             f"{SAYS['accepted']}, {SAYS['right']}, {SAYS['protein']}. Why not the others? "
             "The list says it.", 330, 400, 230, to=(440, 366)),
        Note("5. The answers as a table, beside the spectra.", 735, 145, 200, to=(702, 170)),
        Note("6. Press Save As to keep them as a file, for example for Excel.", 735, 300, 200,
             to=(702, 330)),
        Note("7. Those that you should look at yourself.", 735, 465, 200, to=(702, 490)),
    ], (IDENTIFY,))
