"""Volumes and masses of bodies whose shape is known, from their outlines."""
import numpy as np
import pytest

from orangecontrib.microplastics.materials.names import NAMES
from orangecontrib.microplastics.particles.densities import DENSITIES, density_of
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.particles.mass import ELLIPSOID, FLAT, masses, volumes
from orangecontrib.microplastics.particles.sizes import Sizes

#: Densities that any handbook gives, g/cm3.
KNOWN = {"PE": (.91, .97), "PP": (.89, .92), "PS": (1.04, 1.06), "PET": (1.33, 1.40),
         "PVC": (1.2, 1.45), "PA": (1.13, 1.15), "PMMA": (1.17, 1.20), "PC": (1.20, 1.22),
         "PTFE": (2.1, 2.3), "PLA": (1.21, 1.30), "Quartz": (2.64, 2.66),
         "Carbonate": (2.70, 2.72), "CE": (1.5, 1.56)}


def outline(area, feret_max, feret_min, aspect=None):
    made = Sizes.unknown(1)
    for name, value in (("area", area), ("feret_max", feret_max), ("feret_min", feret_min),
                        ("aspect", aspect or feret_max / feret_min)):
        getattr(made, name)[:] = value
    return made


SPHERE = outline(np.pi / 4 * 50 ** 2, 50, 50)
CUBE = outline(50 ** 2, 50 * np.sqrt(2), 50)
#: Lying: 200 long, 10 thick.
CYLINDER = outline(200 * 10, np.hypot(200, 10), 10, 20)


def test_a_sphere_is_the_ellipsoid_and_the_upper_bound():
    true = np.pi / 6 * 50 ** 3
    assert volumes(SPHERE, ELLIPSOID).value[0] == pytest.approx(true)
    flat = volumes(SPHERE)
    assert flat.high[0] == pytest.approx(true)
    assert flat.value[0] == pytest.approx(.34 * 50 * np.pi / 4 * 50 ** 2)


@pytest.mark.parametrize("how", [FLAT, ELLIPSOID])
def test_a_straight_fibre_is_a_cylinder(how):
    true = np.pi / 4 * 10 ** 2 * 200
    found = volumes(CYLINDER, how)
    assert found.value[0] == found.high[0] == pytest.approx(true)
    assert found.low[0] == pytest.approx(true / 2)


def test_a_curled_fibre_has_the_volume_of_the_straight_one():
    curled = CYLINDER._replace(feret_max=np.array([90.]), feret_min=np.array([70.]))
    assert volumes(curled).value == pytest.approx(volumes(CYLINDER).value)


def test_a_cube_is_seen_as_its_face():
    found = volumes(CUBE)
    assert found.value[0] == pytest.approx(.34 * 50 ** 3)
    assert found.low[0] == pytest.approx(.1 * 50 ** 3)
    # As high as wide is at most a sphere's share of its box.
    assert found.high[0] == pytest.approx(2 / 3 * 50 ** 3)
    assert volumes(CUBE, ELLIPSOID).value[0] == pytest.approx(np.pi / 6 * np.sqrt(2) * 50 ** 3)


def test_volumes_lie_between_their_bounds():
    rng = np.random.default_rng(0)
    made = Sizes.unknown(500)
    made.feret_min[:] = rng.uniform(5, 100, 500)
    made.feret_max[:] = made.feret_min * rng.uniform(1, 8, 500)
    made.area[:] = made.feret_min * made.feret_max * rng.uniform(.3, 1, 500)
    made.aspect[:] = made.feret_max / made.feret_min
    for how in (FLAT, ELLIPSOID):
        found = volumes(made, how)
        assert (found.low <= found.value).all() and (found.value <= found.high).all()
        assert (found.low > 0).all()


def test_other_ways_are_refused():
    with pytest.raises(ValueError, match="not by 'cube'"):
        volumes(CUBE, "cube")


# -------------------------------------------------------------------------------------- mass

def test_the_mass_of_a_sphere():
    # 50 um across: 65450 um3, with .94 g/cm3 61.5 ng.
    found = masses(["PE"], SPHERE, ELLIPSOID)
    assert found.value[0] == pytest.approx(61.52, abs=.01)
    assert found.total == pytest.approx((found.value[0], found.low[0], found.high[0]))
    assert found.low[0] == pytest.approx(volumes(SPHERE).low[0] * .89e-3)
    assert found.high[0] == pytest.approx(65.45 * .98, abs=.01)
    assert found.left_out == 0


def test_particles_without_size_or_density_are_left_out():
    three = Sizes(*(np.repeat(column, 3) for column in SPHERE))
    three.area[1] = three.feret_min[1] = np.nan
    found = masses(["PP", "PP", UNNAMED], three)
    np.testing.assert_array_equal(np.isnan(found.value), [False, True, True])
    assert found.left_out == 2 and found.total[0] == found.value[0] > 0
    # Length and width are enough: the area is that of the ellipse.
    three.feret_min[1] = three.feret_max[1]
    for how in (FLAT, ELLIPSOID):
        both = masses(["PP", "PP", UNNAMED], three, how)
        np.testing.assert_allclose(both.value[1], both.value[0], rtol=.01)
        assert np.isfinite(both.total).all()
    nothing = masses([], Sizes.unknown(0))
    assert nothing.total == (0, 0, 0) and nothing.left_out == 0 and nothing.value.shape == (0,)


def test_masses_add_up():
    two = Sizes(*(np.concatenate(pair) for pair in zip(SPHERE, CYLINDER, strict=True)))
    found = masses(["PE", "PET"], two)
    assert found.total == pytest.approx(tuple(a.sum() for a in found[:3]))
    assert found.value[1] == pytest.approx(np.pi / 4 * 10 ** 2 * 200 * 1.37e-3)


# ----------------------------------------------------------------------------------- density

@pytest.mark.parametrize("code", NAMES)
def test_the_density_of_every_material_with_bands_is_known(code):
    density = density_of(code)
    assert density.low <= density.typical <= density.high
    assert density.low > .8 and density.high < 2.4


@pytest.mark.parametrize("code, ends", KNOWN.items())
def test_densities_are_those_of_handbooks(code, ends):
    low, high = ends
    assert low <= DENSITIES[code].typical <= high
    assert DENSITIES[code].low <= low < high <= DENSITIES[code].high


def test_a_mixture_is_as_dense_as_its_components():
    pe, pp = DENSITIES["PE"], DENSITIES["PP"]
    found = density_of("PE + PP")
    assert found.typical == pytest.approx((pe.typical + pp.typical) / 2)
    assert (found.low, found.high) == (pp.low, pe.high)
    assert density_of("PE + nobody's") is None and density_of("") is None
