"""Simulated maps of filters: what is true of the particles agrees with the image."""
import tracemalloc

import numpy as np
import pytest
from scipy import ndimage

from orangecontrib.microplastics.simulation import simulate
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.filter_matrices import MATRICES

#: Few wavenumbers, where only shapes are tested.
FEW = (1000., 2000., 3000.)


def axis_of(made):
    return np.array([float(a.name) for a in made.table.domain.attributes])


def images(made):
    """Spectra of the map, (rows, columns, wavenumbers)."""
    return made.table.X.reshape(*made.numbers.shape, -1)


def at(made, wavenumber):
    return images(made)[..., np.abs(axis_of(made) - wavenumber).argmin()]


def middle(made, particle):
    """Row and column of the pixel that is farthest from the particle's edge."""
    depth = ndimage.distance_transform_edt(made.numbers == particle.number)
    return np.unravel_index(depth.argmax(), depth.shape)


def near(made, number, pixels):
    """Pixels at most that far from those of a particle, along rows and columns."""
    return ndimage.maximum_filter(made.numbers == number, 2 * pixels + 1)


def whole(made):
    return [p for p in made.particles if not p.border]


@pytest.fixture(scope="module")
def crowded():
    """Of everything, and of much that is hard."""
    return simulate_map(96, particles=20, fibres=.25, touching=.4, small=.2, sand=2, seed=2,
                        wavenumbers=FEW)


@pytest.fixture(scope="module")
def plain():
    """Fragments on nothing, without noise."""
    return simulate_map(96, particles=12, fibres=0, touching=0, small=0, sand=0, biofilm=0,
                        matrix="none", noise=0, seed=5)


# The table

def test_pixels_are_in_rows_with_places_in_micrometres():
    made = simulate_map((32, 48), particles=2, touching=0, sand=0, pixel_size=10.)
    assert made.numbers.shape == made.covered.shape == (32, 48)
    assert made.table.X.shape == (32 * 48, 400) and not made.table.domain.class_vars
    x, y = (made.table.get_column(name).astype(float) for name in ("map_x", "map_y"))
    np.testing.assert_array_equal(x.reshape(32, 48)[5], 10. * np.arange(48))
    np.testing.assert_array_equal(y.reshape(32, 48)[:, 7], 10. * np.arange(32))
    assert np.isfinite(made.table.X).all()


def test_the_same_seed_gives_the_same_map(crowded):
    settings = {"particles": 4, "touching": .5, "sand": 1, "wavenumbers": FEW}
    made, same, other = (simulate_map(64, seed=seed, **settings) for seed in (3, 3, 4))
    np.testing.assert_array_equal(made.table.X, same.table.X)
    assert made.particles == same.particles != other.particles


def test_shapes_depend_on_nothing_else():
    settings = {"particles": 4, "sand": 1, "wavenumbers": FEW}
    made = simulate_map(64, **settings)
    for change in ({"noise": 0.}, {"matrix": "alumina"}, {"biofilm": 1.}, {"thin_edges": False}):
        changed = simulate_map(64, **settings, **change).particles
        assert [p._replace(biofilm=False) for p in changed] == \
            [p._replace(biofilm=False) for p in made.particles]


def test_memory_is_hardly_more_than_that_of_the_table():
    tracemalloc.start()
    try:
        made = simulate_map(128, particles=10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made.table.X.nbytes == 128 * 128 * 400 * 8
    assert peak < 1.3 * made.table.X.nbytes


# Truth and image

def test_numbers_of_particles(crowded):
    assert len(crowded.particles) == 22
    assert [p.number for p in crowded.particles] == list(range(1, 23))
    assert sum(p.fibre for p in crowded.particles) == 5
    assert sum(p.touches for p in crowded.particles) == 8
    assert sum(p.feret_max < 4 * 6.25 for p in crowded.particles) == 4
    assert sum(p.polymer == "Quartz" for p in crowded.particles) == 2


def test_areas_add_up_to_what_is_covered(plain):
    other = simulate_map(96, particles=20, touching=.3, sand=2, seed=2, wavenumbers=FEW)
    for made in (other, plain):
        # Of particles at the border, an unknown part lies on the map.
        inner, outer = (sum(p.area for p in made.particles if p.border == border)
                        for border in (False, True))
        covered = made.covered.sum() * made.pixel_size ** 2
        assert .98 * inner <= covered <= 1.02 * (inner + outer)
    assert made.covered.min() == 0 and made.covered.max() == 1


@pytest.mark.parametrize("pixel_size", [6.25, 1.])
def test_each_particle_is_where_its_truth_says(pixel_size):
    made = simulate_map(96, particles=20, fibres=.2, touching=.3, small=0, seed=2,
                        pixel_size=pixel_size, wavenumbers=FEW)
    checked = whole(made)
    assert len(checked) > 10
    for p in checked:
        rows, columns = np.nonzero(made.numbers == p.number)
        assert p.pixels == len(rows)
        area = p.pixels * pixel_size ** 2
        assert area == pytest.approx(p.area, rel=.35 if p.fibre else .12)
        assert columns.mean() * pixel_size == pytest.approx(p.x, abs=1.2 * pixel_size)
        assert rows.mean() * pixel_size == pytest.approx(p.y, abs=1.2 * pixel_size)
        extent = np.hypot(np.ptp(rows), np.ptp(columns)) * pixel_size
        assert p.feret_min <= p.feret_max <= extent + 3 * pixel_size


def test_a_particle_is_numbered_where_it_covers_half_of_the_pixel(crowded):
    assert (crowded.covered[crowded.numbers > 0] >= .5).all()
    # Elsewhere half may be covered by two together.
    alone = crowded.numbers == 0
    for p in crowded.particles:
        if p.touches:
            alone &= ~near(crowded, p.number, 1)
    assert (crowded.covered[alone] < .5).all()


def test_particles_at_the_border(crowded):
    assert any(p.border for p in crowded.particles)
    for p in crowded.particles:
        rows, columns = np.nonzero(crowded.numbers == p.number)
        if p.pixels:
            inner = min(rows.min(), columns.min(), 95 - rows.max(), 95 - columns.max()) > 0
            assert not (p.border and inner)


def test_small_particles_are_smaller_than_two_pixels_and_often_without_a_pixel():
    made = simulate_map(96, particles=40, fibres=0, touching=0, small=1., sand=0, wavenumbers=FEW)
    diameters = np.sqrt(4 / np.pi * np.array([p.area for p in made.particles])) / 6.25
    assert .39 < diameters.min() < .8 and 1.5 < diameters.max() < 2.01
    assert 0 in [p.pixels for p in made.particles]
    # None of them is lost.
    assert ndimage.label(made.covered > 0, np.ones((3, 3)))[1] == 40


# Contact

@pytest.mark.parametrize("seed", range(4))
def test_touching_pairs_do_touch_and_differ(seed):
    made = simulate_map(96, particles=12, fibres=.3, touching=.5, small=0, sand=0, seed=seed,
                        wavenumbers=FEW)
    touching = [p for p in made.particles if p.touches]
    assert len(touching) == 6
    for p in touching:
        beside = set(made.numbers[near(made, p.number, 1)]) - {0, p.number}
        assert len(beside) == 1
        other = made.particles[beside.pop() - 1]
        assert other.touches and other.polymer != p.polymer


@pytest.mark.parametrize("seed", range(4))
def test_others_are_apart(seed):
    made = simulate_map(96, particles=16, touching=.4, sand=4, seed=seed, wavenumbers=FEW)
    for p in made.particles:
        if not p.touches:
            assert set(made.numbers[near(made, p.number, 3)]) <= {0, p.number}


def test_no_bare_filter_between_particles_in_contact(crowded):
    for p in crowded.particles:
        if p.touches:
            other = crowded.numbers * (crowded.numbers != p.number) > 0
            border = near(crowded, p.number, 1) & ndimage.maximum_filter(other, 3)
            assert crowded.covered[border].max() > .95


# Shapes

def test_fibres_are_long_and_thin():
    made = simulate_map(96, particles=14, fibres=1., touching=0, small=0, sand=0, wavenumbers=FEW)
    for p in made.particles:
        assert p.fibre and p.feret_max / p.feret_min >= 3
        length = p.feret_max / 6.25
        assert 13 < length < 31
        assert 1.4 < p.area / 6.25 / p.feret_max < 4.5


def test_fragments_have_various_sizes_and_are_no_fibres():
    made = simulate_map(256, particles=80, fibres=0, touching=0, small=0, sand=0, wavenumbers=FEW)
    diameters = np.sqrt(4 / np.pi * np.array([p.area for p in made.particles])) / 6.25
    assert np.mean((diameters > 5) & (diameters < 20)) > .8
    assert diameters.max() > 3 * diameters.min()
    assert not any(p.fibre for p in made.particles)
    assert np.mean([p.feret_max / p.feret_min < 3 for p in made.particles]) == 1
    # Irregular: much smaller than the rectangle of their Feret diameters, unlike a disc (.79).
    fills = [p.area / p.feret_max / p.feret_min for p in made.particles]
    assert np.std(fills) > .02


def test_longest_fibres_of_a_large_map():
    made = simulate_map(256, particles=20, fibres=1., touching=0, small=0, sand=0, wavenumbers=FEW)
    lengths = [p.feret_max / 6.25 for p in made.particles]
    assert max(lengths) > 60 and max(lengths) < 85


# Spectra

def test_edges_are_weak_and_slope(plain):
    checked = 0
    for p in whole(plain):
        if min(p.feret_min / 6.25, p.pixels) < 8:
            continue
        checked += 1
        own = plain.numbers == p.number
        edge = own & (ndimage.distance_transform_edt(own) < 1.5)
        middle_ = images(plain)[middle(plain, p)]
        edges = images(plain)[edge].mean(axis=0)
        axis = axis_of(plain)
        # Offsets vary slowly and do not count.
        bands = (axis > 1100) & (axis < 1800)
        assert np.ptp(edges[bands]) < .7 * np.ptp(middle_[bands])
        high, low = axis > 3550, (axis > 1950) & (axis < 2050)
        slopes = [spectrum[high].mean() - spectrum[low].mean() for spectrum in (edges, middle_)]
        assert slopes[0] > slopes[1] + .02
    assert checked >= 3


def test_flat_particles_are_even_inside():
    settings = {"particles": 4, "fibres": 0, "touching": 0, "small": 0, "sand": 0, "biofilm": 0,
                "matrix": "none", "noise": 0., "seed": 5, "polymers": ["PMMA"]}
    made = simulate_map(80, thin_edges=False, **settings)
    thin = simulate_map(80, **settings)
    deepest = []
    for p in whole(made):
        inner = ndimage.distance_transform_edt(made.numbers == p.number)
        values, thinner = (at(m, 1730) - at(m, 2000) for m in (made, thin))
        deep = values[inner > 3.]
        deepest += [len(deep)]
        np.testing.assert_allclose(deep, deep[:1].repeat(len(deep)), rtol=.05)
        assert values[inner == 1].mean() > thinner[inner == 1].mean()
    assert max(deepest) > 10


def test_beam_reaches_beyond_the_edge(plain):
    """Pixels next to a particle show it, although they are not of it."""
    outside = (plain.covered == 0) & ndimage.binary_dilation(plain.covered > .9)
    signal = np.ptp(images(plain), axis=-1)
    assert signal[outside].max() > 5 * np.median(signal[plain.covered == 0])


def test_sand_is_quartz():
    made = simulate_map(64, particles=0, sand=4, matrix="none", noise=0.)
    assert [p.polymer for p in made.particles] == ["Quartz"] * 4
    axis = axis_of(made)
    for p in made.particles:
        spectrum = images(made)[middle(made, p)]
        strongest = axis[spectrum.argmax()]
        assert 1040 < strongest < 1110


def test_spectra_are_those_of_the_polymer():
    made = simulate_map(80, particles=7, fibres=0, touching=0, small=0, sand=0, biofilm=0,
                        matrix="none", noise=0., thin_edges=False)
    axis = axis_of(made)
    pure = simulate([p.polymer for p in made.particles], 1, mode="transmission", variation=0,
                    noise=0, baseline=0, scattering=0, atmosphere=0, wavenumbers=axis)
    classes = pure.domain.class_var.values
    assert len(classes) == 7
    for p in made.particles:
        found = np.corrcoef(images(made)[middle(made, p)], pure.X)[0, 1:]
        assert classes[found.argmax()] == p.polymer and found.max() > .9


def test_specimens_differ():
    made = simulate_map(80, polymers=["PET"], particles=2, fibres=0, touching=0, small=0, sand=0,
                        biofilm=0, matrix="none", noise=0., thin_edges=False)
    first, second = (images(made)[middle(made, p)] for p in made.particles)
    assert .9 < np.corrcoef(first, second)[0, 1] < .99999


def test_biofilm_adds_amide_bands():
    settings = {"polymers": ["PP"], "particles": 5, "fibres": 0, "touching": 0, "small": 0,
                "sand": 0, "matrix": "none", "noise": 0., "thin_edges": False}
    clean, half, film = (simulate_map(80, biofilm=share, **settings) for share in (0, .4, 1))
    amide = {made: [at(m, 1645)[middle(m, p)] - at(m, 1800)[middle(m, p)] for p in m.particles]
             for made, m in (("clean", clean), ("half", half), ("film", film))}
    assert max(amide["clean"]) < .02 < min(amide["film"])
    assert sum(value > .02 for value in amide["half"]) == 2


# Filters

def bare(made):
    """Spectra of places without a particle."""
    return images(made)[ndimage.maximum_filter(made.covered, 9) == 0]


@pytest.mark.parametrize(("matrix", "positions"), [
    ("cellulose nitrate", (1650, 1280, 840, 1070)), ("silicon", (1107, 738, 610)),
    ("cellulose", (3338, 1057))])
def test_filters_have_their_bands(matrix, positions):
    axis = np.arange(560., 3700., 4)
    made = simulate_map(48, particles=1, matrix=matrix, noise=0., wavenumbers=axis)
    spectrum = bare(made).mean(axis=0)
    tops = axis[1:-1][(spectrum[1:-1] > spectrum[:-2]) & (spectrum[1:-1] > spectrum[2:])]
    for position in positions:
        assert np.abs(tops - position).min() < 16


def test_alumina_is_opaque_below_1250():
    made = simulate_map(64, particles=4, touching=0, matrix="alumina", seed=1)
    axis, spectra = axis_of(made), bare(made)
    dark, clear = axis < 1200, (axis > 1280) & (axis < 2800)
    assert 2.5 < spectra[:, dark].mean() < 3
    assert spectra[:, clear].mean() < .15
    assert spectra[:, dark].std(axis=0).min() > 10 * spectra[:, clear].std(axis=0).max() / 2
    # Particles do not shine through either.
    largest = max(made.particles, key=lambda p: p.pixels)
    own = images(made)[made.numbers == largest.number][:, dark].mean()
    assert own == pytest.approx(spectra[:, dark].mean(), abs=.1)


def test_filter_varies_smoothly():
    made = simulate_map(96, particles=1, noise=0., sand=0)
    band = at(made, 1650) - at(made, 2000)
    clear = ndimage.maximum_filter(made.covered, 9) == 0
    assert .01 < band[clear].std() / band[clear].mean() < .06
    offset = at(made, 2000)
    assert .005 < offset[clear].std() < .05
    both = clear[:, 1:] & clear[:, :-1]
    assert np.abs(np.diff(offset, axis=1))[both].max() < .1 * np.ptp(offset[clear])


def test_noise_has_the_size_given():
    made = simulate_map(48, particles=0, sand=0, matrix="none", noise=.01)
    still = simulate_map(48, particles=0, sand=0, matrix="none", noise=0.)
    assert (made.table.X - still.table.X).std() == pytest.approx(.01, rel=.02)
    assert made.particles == [] and not made.numbers.any()


# Measured spectra

def measured(codes=("PE", "PS"), **settings):
    table = simulate(codes, 3, seed=9, noise=0., baseline=0., scattering=0., **settings)
    with table.unlocked():
        table.X = 5 * table.X + 1
    return table


def test_measured_spectra_are_used():
    table = measured(wavenumbers=np.arange(600., 4001, 8))
    made = simulate_map(80, polymers=["PE", "PS"], particles=6, fibres=0, touching=0, small=0,
                        sand=1, biofilm=0, matrix="none", noise=0., thin_edges=False,
                        spectra=table)
    axis = axis_of(made)
    source = np.array([float(a.name) for a in table.domain.attributes])
    rows = np.array([np.interp(axis, source, row) for row in table.X])
    for p in made.particles:
        spectrum = images(made)[middle(made, p)]
        if p.polymer == "Quartz":
            continue
        found = np.corrcoef(spectrum, rows)[0, 1:]
        assert found.max() > .9999
        assert table.domain.class_var.values[int(table.Y[found.argmax()])] == p.polymer
        assert .25 < np.ptp(spectrum) < .85
    assert {p.polymer for p in made.particles} == {"PE", "PS", "Quartz"}


def test_measured_spectra_may_have_gaps_and_rows_without_values():
    table = measured()
    with table.unlocked():
        table.X[:, 100:110] = np.nan
        table.X[0] = np.nan
    made = simulate_map(48, polymers=["PE", "PS"], particles=3, touching=0, spectra=table)
    assert np.isfinite(made.table.X).all()


def test_what_measured_spectra_lack_is_named():
    with pytest.raises(ValueError, match="no measured spectra of PET, PVC; the table has PE, PS"):
        simulate_map(48, polymers=["PE", "PET", "PVC"], spectra=measured())
    with pytest.raises(ValueError, match="Choose `wavenumbers` within"):
        simulate_map(48, polymers=["PE", "PS"],
                     spectra=measured(wavenumbers=np.arange(1000., 3000., 4)))
    table = measured()
    with pytest.raises(ValueError, match="categorical class"):
        simulate_map(48, spectra=table[:, table.domain.attributes])


# Errors

@pytest.mark.parametrize(("settings", "message"), [
    ({"size": 8}, "16 or more"), ({"size": (32, 32, 3)}, "rows, columns"),
    ({"particles": -1}, "number of particles"), ({"particles": 2.5}, "number of particles"),
    ({"sand": -1}, "grains of sand"), ({"seed": -1}, "seed"),
    ({"fibres": 1.1}, "`fibres`"), ({"touching": -.1}, "`touching`"), ({"small": 2}, "`small`"),
    ({"biofilm": -1}, "`biofilm`"), ({"noise": -1}, "noise"), ({"noise": np.nan}, "noise"),
    ({"pixel_size": 0}, "pixel size"), ({"fibres": .6, "small": .6}, "add up to 1"),
    ({"touching": .8, "small": .6, "fibres": 0}, "`touching`"),
    ({"matrix": "paper"}, f"one of {', '.join(MATRICES)}"), ({"polymers": []}, "at least one"),
    ({"polymers": ["nonsense"]}, "Cannot simulate"), ({"polymers": ["PE"]}, "touching=0"),
    ({"matrix": "cellulose", "polymers": ["PE", "cotton"]}, "cannot be seen"),
    ({"wavenumbers": [3000., 1000.]}, "ascending"), ({"wavenumbers": [[1., 2.]]}, "ascending"),
    ({"particles": 200}, "Choose fewer particles"),
    ({"particles": 200, "touching": 1., "small": 0}, "two particles in contact"),
])
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        simulate_map(**{"size": 64, "particles": 20, "wavenumbers": FEW, **settings})


def test_names_mean_what_they_mean_in_simulate():
    made = simulate_map(48, polymers=["polyethylene", "nylon"], particles=4, touching=0, sand=0,
                        wavenumbers=FEW)
    assert {p.polymer for p in made.particles} == {"PE", "PA"}
