"""From the infrared image of a filter to a list of particles and a report."""
from __future__ import annotations

from .parts import (
    CNN,
    DATA,
    GRADCAM,
    PARTICLES,
    QUICK,
    SPECTRA,
    Context,
    Node,
    Note,
    Workflow,
    claims,
    coloured_by,
)

SAYS = claims()

_FILTER = {"polymers": ["PE", "PP", "PS", "PET"], "noise": .005}


def picture(value):
    """Settings of HyperSpectra: pixels coloured by a categorical variable."""
    place = {"attr_x": ("map_x", 102), "attr_y": ("map_y", 102)}
    context = Context(values={"imageplot": place, "attr_value": (value, 101), "__version__": 9},
                      attributes={}, metas={}, time=0)
    return {"value_type": 1, "context_settings": [context]}


def map_at(wavenumber):
    """Settings of HyperSpectra: pixels coloured by the value at a wavenumber."""
    place = {"attr_x": ("map_x", 102), "attr_y": ("map_y", 102)}
    context = Context(values={"imageplot": place, "__version__": 9},
                      attributes={}, metas={}, time=0)
    return {"value_type": 0, "integration_method": 4, "choose": wavenumber,
            "context_settings": [context]}


WORKFLOW = Workflow(
    "170-image-of-a-filter", "Microplastics: From a filter to particles",
    "An infrared image of a filter, as a microscope measures it: where are particles, what are "
    "they, how large, how many, and the report. Needs no network connection.",
    {
        "Simulated Polymers": Node(DATA, 100, 150, {
            **_FILTER, "n_spectra": 60, "seed": 7, "baseline": .05}),
        CNN: Node(CNN, 290, 150, QUICK),
        "Filter": Node(DATA, 100, 340, {**_FILTER, "image": True, "seed": 3}),
        "Absorbance on the Filter": Node("HyperSpectra", 290, 500, map_at(2916.)),
        PARTICLES: Node(PARTICLES, 480, 250, {
            "size_classes": "EU 2024/1441", "ready_made": "", "selection": [0]}),
        "Polymers on the Filter": Node("HyperSpectra", 690, 400, picture("particle polymer")),
        "List of Particles": Node("Data Table", 690, 270),
        "Counts": Node("Data Table", 690, 520),
        GRADCAM: Node(GRADCAM, 690, 130, {"target_text": "PS", "scale": 1}),
        "Bands of the Particles": Node(SPECTRA, 890, 130, coloured_by("polymer", view=0)),
    },
    [
        ("Simulated Polymers", "Data", CNN, "Data"),
        ("Filter", "Data", "Absorbance on the Filter", "Data"),
        (CNN, "Model", PARTICLES, "Model"),
        ("Filter", "Data", PARTICLES, "Data"),
        (PARTICLES, "Map", "Polymers on the Filter", "Data"),
        (PARTICLES, "Particles", "List of Particles", "Data"),
        (PARTICLES, "Counts", "Counts", "Data"),
        (CNN, "Model", GRADCAM, "Model"),
        (PARTICLES, "Particles", GRADCAM, "Data"),
        (GRADCAM, "Importance", "Bands of the Particles", "Data"),
    ],
    [
        Note("1. Four polymers. The network learns from pure spectra. With your own filters, leave "
             "this out: Particles has a ready-made model.", 10, -10, 340, to=(100, 110)),
        Note("2. An image: a spectrum for each of 96 x 96 pixels of 6.25 \u00b5m, with map_x and "
             "map_y. Yours comes from File.", 10, 450, 190, to=(92, 402)),
        Note("3. One band alone shows what stands out, but not what it is.", 360, 540, 190,
             to=(332, 500)),
        Note("4. Open it: click a particle to see its spectrum and why, right-click to correct "
             "it, press Save Report.", 385, 352, 190, to=(480, 314)),
        Note("5. The list: one row a particle, with its mean spectrum, for all other widgets.",
             780, 240, 220, to=(722, 270)),
        Note("6. Which polymer is where?", 780, 385, 180, to=(722, 400)),
        Note("7. How many of each size: the table that is asked for.", 780, 505, 210,
             to=(722, 520)),
        Note("8. By which bands the network sees polystyrene in each particle.", 770, -10, 230,
             to=(890, 94)),
    ], (PARTICLES,))
