"""From the infrared image of a filter to a list of particles and a report."""
from __future__ import annotations

import numpy as np

from .parts import (
    CNN,
    DATA,
    GRADCAM,
    PARTICLES,
    QUICK,
    SPECTRA,
    TABLE,
    Claim,
    Context,
    Node,
    Note,
    Workflow,
    claims,
    coloured_by,
)

_FILTER = {"polymers": ["PE", "PP", "PS", "PET"], "noise": .005}
_SAND = "Quartz"  # as the simulation calls it
_RING = 697.  # out-of-plane bend of the aromatic ring of polystyrene, cm-1


def _particles(flow):
    """(name, what most of its pixels outside the bare filter truly are) of each particle."""
    pixels = flow.output(PARTICLES, "Map")
    truth = np.array([str(row) for row in pixels.domain.class_var.values])[pixels.Y.astype(int)]
    number = pixels.get_column("particle")
    for row in flow.output(PARTICLES, "Particles"):
        mine = truth[(number == float(row["particle"])) & (truth != "filter")]
        names, counts = np.unique(mine, return_counts=True)
        yield str(row["polymer"]), str(names[counts.argmax()]) if len(names) else "filter"


def _named_rightly(flow):
    """Share of the particles that are plastic, or called so, with the name of their polymer."""
    return np.mean([name == truth for name, truth in _particles(flow)
                    if truth != _SAND or name != "unknown"])


def _unknown_sand(flow):
    return sum(name == "unknown" and truth == _SAND for name, truth in _particles(flow))


def _by_the_ring(flow):
    """Share of the particles of PS whose most important wavenumber is near the band at 697."""
    importance = flow.output(GRADCAM, "Importance")
    at = np.array([float(variable.name) for variable in importance.domain.attributes])
    is_ps = [str(row["polymer"]) == "PS" for row in importance]
    highest = at[np.nan_to_num(importance.X[is_ps]).argmax(axis=1)]
    return np.mean(np.abs(highest - _RING) <= 20)


SAYS = claims(
    Claim("polymers", "Four polymers", "Simulated Polymers",
          lambda flow: len(flow.output("Simulated Polymers", "Data").domain.class_var.values),
          4, 4, "Polymers that the network learns"),
    Claim("pixels", "96 x 96 pixels", "Filter",
          lambda flow: np.sqrt(len(flow.output("Filter", "Data"))), 96, 96,
          "Pixels along each side of the filter"),
    Claim("step", "6.25 \u00b5m", "Filter",
          lambda flow: np.diff(np.unique(flow.output("Filter", "Data").get_column("map_x"))).mean(),
          6.245, 6.255, "Width of a pixel in \u00b5m"),
    Claim("named", "All plastics get their right name", PARTICLES, _named_rightly, .97, 1.,
          "Plastic particles with the name of their polymer"),
    Claim("sand", "two grains of sand", PARTICLES, _unknown_sand, 2, 2,
          "Grains of sand that stay unknown"),
    Claim("ring", "PS by 697", "Bands of the Particles", _by_the_ring, .75, 1.,
          "Particles of PS whose highest importance is near 697 cm<sup>-1</sup>"),
)


def _context(**values):
    return {"context_settings": [Context(values=values, attributes={}, metas={}, time=0)]}


_PLACE = {"attr_x": ("map_x", 102), "attr_y": ("map_y", 102)}


def picture(value):
    """Settings of HyperSpectra: pixels coloured by a categorical variable."""
    return {"value_type": 1,
            **_context(imageplot=_PLACE, attr_value=(value, 101), __version__=9)}


def map_at(wavenumber):
    """Settings of HyperSpectra: pixels coloured by the value at a wavenumber."""
    return {"value_type": 0, "integration_method": 4, "choose": wavenumber,
            **_context(imageplot=_PLACE, __version__=9)}


#: Scatter Plot of lengths and widths, in the colours of the polymers, with a legend.
_LENGTHS = {
    "graph": {"alpha_value": 255, "point_width": 12},
    **_context(attr_x=("Feret minimum (\u00b5m)", 102), attr_y=("Feret maximum (\u00b5m)", 102),
               attr_color=("polymer", 101), attr_shape=("shape", 101), __version__=5)}

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
        GRADCAM: Node(GRADCAM, 690, 130, {"shown_name": "PS"}),
        "Bands of the Particles": Node(SPECTRA, 890, 130, coloured_by("polymer", view=0)),
        "Length and Width": Node("Scatter Plot", 690, 270, _LENGTHS, (340, 60, 900, 620)),
        "Polymers on the Filter": Node("HyperSpectra", 690, 400, picture("particle polymer")),
        "Counts": Node(TABLE, 690, 520, window=(10, 60, 1340, 620)),
    },
    [
        ("Simulated Polymers", "Data", CNN, "Data"),
        ("Filter", "Data", "Absorbance on the Filter", "Data"),
        (CNN, "Model", PARTICLES, "Model"),
        ("Filter", "Data", PARTICLES, "Data"),
        (PARTICLES, "Map", "Polymers on the Filter", "Data"),
        (PARTICLES, "Particles", "Length and Width", "Data"),
        (PARTICLES, "Counts", "Counts", "Data"),
        (CNN, "Model", GRADCAM, "Model"),
        (PARTICLES, "Particles", GRADCAM, "Data"),
        (GRADCAM, "Importance", "Bands of the Particles", "Data"),
    ],
    [
        Note(f"1. {SAYS['polymers']}. The network learns from pure spectra. With your own filters, "
             "leave this out: Particles has a ready-made model.", 10, -10, 340, to=(100, 110)),
        Note(f"2. An image: a spectrum for each of {SAYS['pixels']} of {SAYS['step']}, with map_x "
             "and map_y. Yours comes from File.", 10, 450, 190, to=(92, 402)),
        Note("3. One band alone shows what stands out, but not what it is.", 360, 560, 190,
             to=(332, 500)),
        Note(f"4. Open it: what has which colour stands below the map. {SAYS['named']}; "
             f"{SAYS['sand']} stay unknown. Click a particle to see why, right-click to correct "
             "it, press Save Report.", 350, 352, 215, to=(480, 314)),
        Note("5. One row a particle, with its mean spectrum, for all other widgets: here length "
             "against width.", 780, 240, 220, to=(722, 270)),
        Note("6. Which polymer is where? The colours are those of 4 and 5; what is dark grey is "
             "bare filter.", 780, 360, 220, to=(722, 400)),
        Note("7. How many of each size: the table that is asked for. Polymers that the "
             "network was not taught have no number.", 780, 490, 220, to=(722, 520)),
        Note(f"8. By which bands does the network see each polymer? {SAYS['ring']}. Grey: sand, "
             "for which it has no name.", 750, -30, 245, to=(890, 94)),
    ], (PARTICLES,))
