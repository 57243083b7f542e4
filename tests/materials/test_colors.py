"""One colour a material, in all of Orange."""
import numpy as np
from Orange.data import DiscreteVariable
from Orange.widgets.utils.colorpalettes import hex_to_color

from orangecontrib.microplastics.materials.colors import UNKNOWN_COLOR, color_of, painted
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.simulation import simulate


def colors(variable):
    return [tuple(color) for color in variable.colors]


def expected(names):
    return [tuple(hex_to_color(color)) for color in color_of(names).values()]


def test_orange_draws_simulated_spectra_and_mixtures_in_their_colours():
    data = simulate(("PE", "PET", "PVC"), 4)
    assert colors(data.domain.class_var) == expected(("PE", "PET", "PVC"))
    mixed = mix(data, 30, seed=0).domain.class_var
    assert "PE + PET" in mixed.values
    assert colors(mixed) == expected(mixed.values)


def test_a_colour_does_not_depend_on_the_others():
    few, many = (painted(DiscreteVariable("polymer", names)) for names in (
        ("PP", "PA"), ("ABS", "PA", "PE", "PP", "PS")))
    assert colors(few)[1] == colors(many)[1] and colors(few)[0] == colors(many)[3]


def test_common_materials_differ():
    names = ("PE", "PP", "PS", "PET", "PVC", "PA", "PMMA")
    rgb = np.array(expected(names), float)
    apart = np.linalg.norm(rgb[:, None] - rgb, axis=2)[np.triu_indices(len(names), 1)]
    assert apart.min() > 60


def test_what_has_no_name_is_grey():
    assert color_of(["PE", UNNAMED])[UNNAMED] == UNKNOWN_COLOR
