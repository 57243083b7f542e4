"""From maps, and tables of single particles, to particles."""
import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import ACCEPTED, UNKNOWN, Rule
from orangecontrib.microplastics.particles import find
from orangecontrib.microplastics.particles.coverage import NarrowRange
from orangecontrib.microplastics.particles.edits import (
    IS,
    JOIN,
    NOT,
    Edit,
    described,
    restored,
    stored,
)
from orangecontrib.microplastics.particles.find import UNNAMED, Choices, Finder
from orangecontrib.microplastics.particles.tables import map_table, particle_table
from orangecontrib.microplastics.particles.typed_sizes import typed_sizes
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PP", "PS", "PET")


@pytest.fixture(scope="module")
def model():
    return DCNetLearner(epochs=8, widths=(12, 12, 12), mixtures=2, seed=1)(
        simulate([*POLYMERS, "CE"], 60, wavenumbers=np.arange(900, 3600, 6.75)))


@pytest.fixture(scope="module")
def sample():
    return simulate_map(96, polymers=POLYMERS, particles=12, fibres=.2, touching=.4, small=0.,
                        sand=0, biofilm=0, matrix="silicon", seed=3)


@pytest.fixture(scope="module")
def finder(sample, model):
    return Finder(sample.table, model)


@pytest.fixture(scope="module")
def found(finder):
    return finder.find()


def number_at(found, particle):
    """Number of the particle found at the centre of a true one (or 0)."""
    row = int(np.abs(found.map.y - particle.y).argmin())
    column = int(np.abs(found.map.x - particle.x).argmin())
    return int(found.labels[row, column])


def test_particles_are_found_named_and_measured(sample, found):
    whole = [p for p in sample.particles if p.pixels >= 25]
    numbers = [number_at(found, p) for p in whole]
    seen = [(p, n) for p, n in zip(whole, numbers, strict=True) if n]
    # The centre of a curved fibre may lie beside it.
    assert len(seen) >= len(whole) - 1
    assert len({n for _, n in seen}) == len(seen), "touching particles are parted"
    right = [found.names[n - 1] == p.polymer for p, n in seen]
    assert np.mean(right) > .8
    errors = [found.sizes.feret_max[n - 1] - p.feret_max for p, n in seen
              if not p.border and not p.touches]
    assert np.median(np.abs(errors)) < sample.pixel_size
    assert len(found.names) <= len(sample.particles) + 1


def test_arrays_belong_to_each_other(found):
    n = len(found.names)
    assert found.labels.max() == n == len(found.spectra) == len(found.answer.values)
    np.testing.assert_array_equal(np.bincount(found.labels.ravel())[1:], found.sizes.pixels)
    assert (np.diff(found.sizes.pixels) <= 0).all(), "the largest first"
    assert found.unit == "µm" and found.pixel == pytest.approx((6.25, 6.25))
    for number in (1, n):
        assert found.labels[found.place(number)] == number


def test_the_same_choices_give_the_same_particles(finder, found):
    finder.find(Choices(threshold=2 * found.threshold))
    again = finder.find()
    np.testing.assert_array_equal(again.labels, found.labels)
    assert again.names == found.names
    np.testing.assert_array_equal(again.answer.probabilities, found.answer.probabilities)


def test_answers_that_are_no_longer_kept_are_asked_for_again(sample, model, found, monkeypatch):
    monkeypatch.setattr(find, "_MOST_ANSWERS", 0)
    again = Finder(sample.table, model)
    again.find()
    again.find(Choices(threshold=2 * found.threshold))
    twice = again.find()
    assert twice.names == found.names
    np.testing.assert_array_equal(twice.answer.values, found.answer.values)


def test_a_higher_threshold_leaves_less_matter(finder, found):
    less = finder.find(Choices(threshold=4 * found.threshold))
    assert 0 < (less.labels > 0).sum() < (found.labels > 0).sum()
    none = finder.find(Choices(threshold=1e6))
    assert none.names == [] and none.labels.max() == 0 and none.spectra.shape[0] == 0


def test_areas_that_are_too_small_are_counted(finder, found):
    large = finder.find(Choices(smallest=int(found.sizes.pixels[2])))
    assert len(large.names) == 3
    assert large.too_small == len(found.names) - 3 + found.too_small


def test_without_names_of_pixels_connected_matter_is_one_particle(sample, finder, found):
    coarse = finder.find(Choices(by_pixels=False))
    assert len(coarse.names) < len(found.names)
    assert np.isnan(coarse.agreement).all() and np.nanmin(found.agreement) >= 0


def test_a_stricter_rule_leaves_more_unknown(finder, found):
    strict = finder.find(Choices(rule=Rule(accept=1., inspect=1.)))
    assert set(strict.names) == {UNNAMED} and (strict.decisions == UNKNOWN).all()


def test_the_size_of_a_pixel_can_be_typed_and_may_be_unknown(sample, model, found):
    data = sample.table.copy()
    with data.unlocked():
        data.metas[:] = np.rint(data.metas.astype(float) / 6.25)
    data.attributes = {}
    pixels = Finder(data, model)
    plain = pixels.find()
    assert plain.pixel is None and plain.unit == "px"
    assert np.isnan(plain.sizes.feret_max).all() and np.isnan(plain.sizes.area).all()
    np.testing.assert_allclose(plain.shown.feret_max * 6.25, found.sizes.feret_max)
    typed = pixels.find(Choices(pixel_size=6.25))
    np.testing.assert_allclose(typed.sizes.area, found.sizes.area)
    np.testing.assert_allclose(typed.sizes.feret_min, found.sizes.feret_min)


def test_holes_in_a_map_mark_particles_beside_them(sample, model, found):
    number = next(n for n in range(1, len(found.names) + 1) if not found.sizes.border[n - 1])
    row, column = found.place(number)
    # Everything left of the particle's middle is not measured.
    keep = np.ones((96, 96), bool)
    keep[row, :column] = False
    part = Finder(sample.table[keep.ravel()], model).find()
    assert part.measured == keep.sum()
    inside = part.labels[row, column]
    assert inside and part.sizes.border[inside - 1]


# ---------------------------------------------------------------------------------- by hand

def test_edits_name_drop_and_join(finder, found):
    first, second, third = (found.place(n) for n in (1, 2, 3))
    edited = finder.find(edits=[Edit(IS, (first,), "PVC"), Edit(NOT, (second,))])
    assert len(edited.names) == len(found.names) - 1
    number = edited.labels[first]
    assert edited.names[number - 1] == "PVC" and edited.by_hand[number - 1]
    assert edited.decisions[number - 1] == ACCEPTED and edited.by_hand.sum() == 1
    assert edited.labels[second] == 0
    together = finder.find(edits=[Edit(JOIN, (first, third))])
    assert len(together.names) == len(found.names) - 1
    assert together.labels[first] == together.labels[third] == 1
    # Its edge is at a share of the signal of both.
    both = found.sizes.pixels[[0, 2]].sum()
    assert together.sizes.pixels[0] == pytest.approx(both, rel=.1) and len(together.names) == \
        len(found.names) - 1
    unknown = finder.find(edits=[Edit(IS, (first,), UNNAMED)])
    assert unknown.names[0] == UNNAMED and unknown.decisions[0] == UNKNOWN


def test_edits_find_their_particles_again(finder, found):
    place = found.place(1)
    moved = finder.find(Choices(threshold=1.5 * found.threshold), [Edit(IS, (place,), "PVC")])
    assert "PVC" in moved.names and not moved.lost
    gone = finder.find(Choices(threshold=1e6), [Edit(IS, (place,), "PVC"), Edit(NOT, (place,))])
    assert len(gone.lost) == 2


def test_edits_are_stored_as_plain_values_and_told():
    edits = [Edit(IS, ((3, 4),), "PE"), Edit(JOIN, ((1, 2), (5, 6)))]
    assert restored(stored(edits)) == edits
    assert restored([("is", [(3, 4)], "PE"), ("odd", [], ""), None, ("is", "x", 3)]) == edits[:1]
    x, y = np.arange(8) * 2., np.arange(8) * 3.
    labels = np.zeros((8, 8), int)
    assert described(edits, labels, x, y) == ["At (8, 9): PE, by hand",
                                              "At (4, 3), (12, 15): joined to one particle"]
    assert described([Edit(NOT, ((3, 0),))], labels) == ["At row 4: not a particle"]


def test_edits_are_told_by_the_numbers_that_particles_have_now():
    labels = np.zeros((8, 8), int)
    labels[3, 4], labels[1, 2], labels[5, 6] = 8, 2, 2
    x, y = np.arange(8) * 76.5625, np.arange(8) * .51
    assert described([Edit(IS, ((3, 4),), "PE"), Edit(IS, ((3, 4), (1, 2)), "PP"),
                      Edit(JOIN, ((5, 6), (1, 2))), Edit(NOT, ((0, 0),))], labels, x, y) == [
        "Particle 8, at (306, 1.53): PE, by hand",
        "Particles 2, 8, at (153, 0.51), (306, 1.53): PP, by hand",
        "Particle 2, at (459, 2.55), (153, 0.51): joined to one particle",
        "At (0, 0): not a particle"]
    assert described([Edit(IS, ((1, 0),), "PE")], np.array([[0], [1]])) == [
        "Particle 1, at row 2: PE, by hand"]


# ------------------------------------------------------------------------------------ ranges

def test_a_model_that_looks_where_the_filter_is_dark_says_so(model):
    wide = DCNetLearner(epochs=1, widths=(8, 8, 8))(simulate(POLYMERS, 12))
    sample = simulate_map(48, polymers=POLYMERS, particles=3, touching=0, sand=0, small=0,
                          matrix="alumina", seed=1)
    with pytest.raises(NarrowRange, match="lets no light through from 900") as caught:
        Finder(sample.table, wide).find()
    assert caught.value.low == 1250
    low = DCNetLearner(epochs=1, widths=(8, 8, 8))(
        simulate(POLYMERS, 12, wavenumbers=np.arange(1250, 3600, 6.75)))
    assert Finder(sample.table, low).find().better_low == 0


# --------------------------------------------------------------------------- single particles

@pytest.fixture(scope="module")
def single():
    spectra = simulate(POLYMERS, 3, wavenumbers=np.arange(900, 3600, 6.75), seed=9)
    domain = Domain(spectra.domain.attributes, None, [
        StringVariable("name"), ContinuousVariable("Length (mm)"), ContinuousVariable("width"),
        ContinuousVariable("Area [µm²]")])
    metas = np.array([[f"p{i}", .05 + .01 * i, 20., 700.] for i in range(12)], object)
    return Table.from_numpy(domain, spectra.X, metas=metas)


def test_each_spectrum_without_coordinates_is_a_particle(single, model):
    found = Finder(single, model).find()
    assert len(found.names) == 12 and found.map is None and found.signal is None
    np.testing.assert_allclose(found.sizes.feret_max[:2], [50, 60])
    np.testing.assert_allclose(found.sizes.diameter, np.sqrt(4 * 700 / np.pi))
    assert found.sizes.fibre[-1] and not found.sizes.fibre[0]
    edited = Finder(single, model).find(edits=[Edit(NOT, ((2, 0),)), Edit(IS, ((5, 0),), "PA")])
    assert list(edited.rows) == [0, 1, *range(3, 12)] and edited.names[4] == "PA"


def test_sizes_are_found_by_the_names_of_columns(single):
    sizes = typed_sizes(single)
    np.testing.assert_allclose(sizes.feret_min, 20)
    np.testing.assert_allclose(sizes.area, 700)
    nothing = typed_sizes(simulate("PE", 2))
    assert np.isnan(nothing.feret_max).all() and np.isnan(nothing.area).all()


# ------------------------------------------------------------------------------------ tables

def test_the_table_of_particles(sample, finder, found, model):
    table = particle_table(found, model, sample.table, Rule(), finder.spectra.attributes)
    assert len(table) == len(found.names)
    assert [v.name for v in table.domain.attributes] == \
        [v.name for v in sample.table.domain.attributes]
    np.testing.assert_array_equal(table.get_column("particle"), 1 + np.arange(len(table)))
    polymer = table.domain["polymer"]
    assert [polymer.values[int(v)] for v in table.get_column("polymer")] == found.names
    np.testing.assert_allclose(table.get_column("Feret maximum (µm)"), found.sizes.feret_max)
    assert {"decision", "probability", "fibre"} & {v.name for v in table.domain.metas} \
        >= {"decision", "probability"}
    # Its spectra are understood by the model, and its sizes by this program.
    again = model.answer(table)
    np.testing.assert_array_equal(again.values, found.answer.values)
    np.testing.assert_allclose(typed_sizes(table).feret_max, found.sizes.feret_max)
    np.testing.assert_allclose(typed_sizes(table).area, found.sizes.area)


def test_hand_given_names_decide_in_the_table(sample, finder, found, model):
    edited = finder.find(edits=[Edit(IS, (found.place(1),), "PVC")])
    table = particle_table(edited, model, sample.table, Rule(), finder.spectra.attributes)
    row = edited.names.index("PVC")
    assert str(table[row]["by hand"]) == "yes" and str(table[row]["decision"]) == "Accepted"


def test_the_map_has_the_particle_of_each_pixel_and_shares_the_spectra(sample, found):
    table = map_table(found, sample.table)
    assert np.shares_memory(table.X, sample.table.X)
    number = np.nan_to_num(table.get_column("particle")).astype(int).reshape(96, 96)
    np.testing.assert_array_equal(number, found.labels)
    values = table.domain["particle polymer"].values
    inside = number > 0
    names = np.array(values, object)[table.get_column("particle polymer").reshape(96, 96)[inside]
                                     .astype(int)]
    np.testing.assert_array_equal(names, np.array(found.names, object)[number[inside] - 1])


def test_tables_without_particles(sample, finder, model):
    none = finder.find(Choices(threshold=1e6))
    assert len(particle_table(none, model, sample.table, Rule(), finder.spectra.attributes)) == 0
    assert np.isnan(map_table(none, sample.table).get_column("particle")).all()


def test_models_from_files_find_the_same(tmp_path, sample, found, model):
    model.save(tmp_path / "m.dcnet")
    again = Finder(sample.table, DCNetModel.load(tmp_path / "m.dcnet")).find()
    assert again.names == found.names


def test_progress_reaches_the_end_and_cancels(sample, model):
    told = []
    Finder(sample.table, model).find(progress_callback=told.append)
    assert told[-1] == 1 and all(0 <= t <= 1 for t in told)

    class Stop(Exception):
        pass

    def stop(done):
        if done > .2:
            raise Stop
    with pytest.raises(Stop):
        Finder(sample.table, model).find(progress_callback=stop)
