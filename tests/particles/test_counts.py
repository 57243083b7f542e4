"""Every particle is counted once, under its polymer."""
import numpy as np
import pytest

from orangecontrib.microplastics.materials.colors import color_of
from orangecontrib.microplastics.particles.classes import load, typed
from orangecontrib.microplastics.particles.counts import count, counts_table
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.particles.natural import plastic_of
from orangecontrib.microplastics.particles.sizes import Sizes


def sizes(feret_max, aspect=1.):
    made = Sizes.unknown(len(feret_max))
    made.feret_max[:], made.aspect[:] = feret_max, aspect
    return made


@pytest.mark.parametrize("name, polymer", [
    ("PE", "PE"), ("PE + Protein", "PE"), ("CE + PET", "PET"), ("CE + PE + Protein", "PE"),
    ("PE + PP", "PE + PP"), ("PE + PP + Protein", "PE + PP + Protein"), ("CE", "CE"),
    ("CE + Protein", "CE + Protein"), (UNNAMED, UNNAMED)])
def test_a_plastic_under_a_biofilm_is_counted_as_the_plastic(name, polymer):
    assert plastic_of(name) == polymer


def test_particles_are_counted_by_polymer_shape_and_class():
    classes = typed("20, 50, 100", polymers=("PE", "PP"))
    counts = count(["PE", "PE + Protein", "PE", "PS", "PE + PP"],
                   sizes([20, 50, 60, 30, 99], [1, 1, 9, 1, 1]), classes, ["PE", "PS"])
    assert counts.polymers == ("PE", "PP", "PE + PP", "PS")
    # Nothing is outside, so that these have no columns.
    assert counts.labels == ("20\u201350\u00a0µm", "50\u2013100\u00a0µm")
    np.testing.assert_array_equal(counts.numbers[0], [[1, 1], [0, 1]])
    np.testing.assert_array_equal(counts.of("PE"), [1, 2])
    np.testing.assert_array_equal(counts.of("PP"), [0, 0])
    np.testing.assert_array_equal(counts.of("PS"), [1, 0])
    assert counts.total == 5
    assert counts.covered == {"PE + Protein": 1}
    assert counts.not_looked_for == ("PP",)


def test_what_is_not_known_about_a_model_is_not_claimed():
    assert count(["PE"], sizes([30]), typed("20 50", polymers=("PP",))).not_looked_for == ()


def test_particles_outside_and_without_size_have_columns_when_there_are_any():
    classes = typed("20, 50")
    counts = count(["PE", UNNAMED, "PA", "PE"], sizes([10, np.nan, 50, 20]), classes)
    assert counts.labels == (*classes.labels(), "no size")
    assert counts.polymers == ("PA", "PE", UNNAMED), "what has no name is last"
    np.testing.assert_array_equal(counts.numbers.sum(axis=1),
                                  [[0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]])


def test_no_particles():
    counts = count([], Sizes.unknown(0), typed("20, 50", polymers=("PE",)), ["PE"])
    assert counts.total == 0 and counts.polymers == ("PE",) and len(counts.labels) == 1
    assert len(counts_table(counts)) == 2
    nothing = count([], Sizes.unknown(0), typed("20, 50"))
    assert nothing.total == 0 and nothing.polymers == () and len(counts_table(nothing)) == 0


@pytest.mark.parametrize("seed", range(40))
def test_sums_are_the_number_of_particles_whatever_the_limits(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 80))
    limits, fibres = (tuple(np.unique(rng.integers(1, 60, rng.integers(2, 9)) * 5.).tolist())
                      for _ in range(2))
    limits, fibres = (one if len(one) > 1 else (5., 10.) for one in (limits, fibres))
    classes = typed("1, 2", measure=str(rng.choice(["feret_max", "diameter", "feret_min"])),
                    polymers=("PE", "PTFE"))._replace(limits=limits, fibre_limits=fibres)
    # Multiples of 5: many lie on a limit.
    made = Sizes.unknown(n)
    for column in (made.feret_max, made.feret_min, made.diameter):
        column[:] = rng.integers(0, 64, n) * 5.
        column[rng.random(n) < .1] = np.nan
    made.aspect[:] = np.where(rng.random(n) < .1, np.nan, rng.uniform(1, 6, n))
    names = list(rng.choice(["PE", "PP", "PE + Protein", "PE + PP", "CE", UNNAMED], n))
    counts = count(names, made, classes, ["PE"])
    assert counts.total == n == sum(counts.of(polymer).sum() for polymer in counts.polymers)
    assert len(counts.labels) == counts.numbers.shape[2] == len(set(counts.labels))
    for polymer in counts.polymers:
        assert counts.of(polymer).sum() == sum(plastic_of(name) == polymer for name in names)
    assert counts.numbers[:, 1].sum() == made.fibre.sum()
    # One by one, without the program's way of finding them.
    for i, k in enumerate(classes.which(made)):
        size = made.feret_max[i] if made.fibre[i] else getattr(made, classes.measure)[i]
        own = fibres if made.fibre[i] else limits
        low, high = (-np.inf, *classes.all_limits), (*classes.all_limits, np.inf)
        if np.isnan(size):
            assert k == -1
        elif size < own[0]:
            assert k == 0
        elif size >= own[-1]:
            assert k == len(classes.all_limits)
        else:
            assert low[k] <= size < high[k]


def test_the_table_of_counts():
    counts = count(["PE", "PE", "PP"], sizes([30, 60, 30], [1, 5, 1]), typed("20, 50, 100"))
    table = counts_table(counts)
    polymer = table.domain["polymer"]
    assert polymer.attributes["colors"] == color_of(polymer.values)
    assert [v.name for v in table.domain.attributes] == ["20\u201350 µm", "50\u2013100 µm", "all"]
    assert [(str(row["polymer"]), str(row["shape"]), *map(int, row.x)) for row in table] == [
        ("PE", "fragment", 1, 0, 1), ("PE", "fibre", 0, 1, 1), ("PP", "fragment", 1, 0, 1),
        ("PP", "fibre", 0, 0, 0)]


def test_what_was_not_looked_for_has_no_number():
    """A zero would say that there are none; what was named by hand counts."""
    classes = typed("20, 50")._replace(polymers=("PE", "PS", "PU"))
    counts = count(["PE", "PU"], sizes([30, 30], [1, 1]), classes, known=["PE"])
    assert counts.not_looked_for == ("PS", "PU") and counts.unsought == ("PS",)
    table = counts_table(counts)
    numbers = {(str(row["polymer"]), str(row["shape"])): row["all"].value for row in table}
    assert numbers["PE", "fragment"] == 1 and numbers["PU", "fragment"] == 1
    assert numbers["PE", "fibre"] == 0
    assert np.isnan(numbers["PS", "fragment"]) and np.isnan(numbers["PS", "fibre"])


def test_sub_classes_count_as_their_polymer():
    assert plastic_of("HDPE") == "PE" and plastic_of("LDPE + Protein") == "PE"
    assert plastic_of("HDPE + PP") == "HDPE + PP"
    counts = count(["HDPE", "LDPE", "PE"], Sizes.unknown(3), load()["ISO 16094-2:2025"],
                   {"HDPE", "PP"})
    assert counts.of("PE").sum() == 3 and "PE" not in counts.not_looked_for
