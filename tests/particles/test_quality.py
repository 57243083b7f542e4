"""Intervals, limits of detection, and estimates that hold what they promise."""
import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.particles import quality
from orangecontrib.microplastics.particles.classes import typed
from orangecontrib.microplastics.particles.counts import count
from orangecontrib.microplastics.particles.quality import (
    Blanks,
    blanks_from_table,
    blanks_of,
    estimate,
    limits_of,
    poisson_interval,
    share_interval,
)
from orangecontrib.microplastics.particles.sizes import Sizes

CLASSES = typed("20, 50, 100")
LOW, HIGH = "20\u201350\u00a0µm", "50\u2013100\u00a0µm"


# --------------------------------------------------------------------------------- intervals

@pytest.mark.parametrize("k, low, high", [(0, 0, 3.689), (1, .0253, 5.572), (5, 1.623, 11.668),
                                          (100, 81.36, 121.63)])
def test_garwoods_intervals(k, low, high):
    assert poisson_interval(k) == pytest.approx((low, high), abs=6e-3 if k > 9 else 6e-4)


def test_intervals_of_many_counts_at_once():
    low, high = poisson_interval([0, 5])
    np.testing.assert_allclose(low, [0, 1.623], atol=1e-3)
    np.testing.assert_allclose(high, [3.689, 11.668], atol=1e-3)


def test_clopper_and_pearsons_interval():
    assert share_interval(87, 100) == pytest.approx((.87, .788, .929), abs=6e-4)
    assert share_interval(100, 100) == pytest.approx((1, .9638, 1), abs=1e-4)
    assert share_interval(0, 10) == pytest.approx((0, 0, .3085), abs=1e-4)


@pytest.mark.parametrize("found, added", [(3, 2), (-1, 5), (0, 0)])
def test_more_cannot_be_found_than_was_added(found, added):
    with pytest.raises(ValueError, match=f"Of {added} added particles, {found} cannot"):
        share_interval(found, added)


# ------------------------------------------------------------------------ limits of detection

def test_curries_limits():
    # Mean 10, variance of the difference 10 (1 + 1/3).
    limits = limits_of(30, 3)
    spread = 10 + 10 / 3
    assert limits.critical == pytest.approx(1.645 * spread ** .5)
    assert limits == pytest.approx((6.007, 14.72, 111.91), abs=.01)
    # At the limit of quantification, the standard deviation is a tenth.
    assert np.sqrt(limits.loq + spread) == pytest.approx(limits.loq / 10)


def test_a_well_known_blank():
    # Currie's table: critical 1.64 sqrt(B), LOD 2.71 + 3.29 sqrt(B), LOQ 50 (1 + sqrt(1 + B/25)).
    assert limits_of(25e6, 10 ** 6) == pytest.approx(
        (1.645 * 5, 2.71 + 3.29 * 5, 50 * (1 + 2 ** .5)), rel=1e-3)


def test_blanks_without_particles_are_no_proof_of_none():
    assert limits_of(0, 3) == limits_of(3, 3)
    assert limits_of(0, 30).critical < limits_of(0, 3).critical
    with pytest.raises(ValueError, match="a blank at least"):
        limits_of(0, 0)


@pytest.mark.parametrize("share", [1, .25])
@pytest.mark.parametrize("mean", [3, 10, 40])
def test_a_filter_without_particles_of_its_own_is_rarely_called_detected(mean, share):
    rng = np.random.default_rng(3)
    seen = rng.poisson(mean * share, 4000) / share
    totals = rng.poisson(3 * mean, 4000)
    wrong = np.mean([k - total / 3 > limits_of(total, 3, share).critical
                     for k, total in zip(seen, totals, strict=True)])
    # Of small numbers, the chance goes in steps.
    assert wrong < (.1 if mean < 10 else .085)


@pytest.mark.parametrize("share", [1, .25])
def test_what_is_at_the_limit_of_detection_is_detected(share):
    limits = limits_of(30, 3, share)
    rng = np.random.default_rng(4)
    net = rng.poisson((10 + limits.lod) * share, 4000) / share - rng.poisson(30, 4000) / 3
    assert np.mean(net > limits.critical) > .92
    net = rng.poisson((10 + limits.loq) * share, 4000) / share - rng.poisson(30, 4000) / 3
    assert np.std(net) / limits.loq == pytest.approx(.1, abs=.01)


# --------------------------------------------------------------------------------- estimates

@pytest.mark.parametrize("share", [.25, 1.])
@pytest.mark.parametrize("recovered", [False, True])
@pytest.mark.parametrize("blank", [None, 0., 3.])
@pytest.mark.parametrize("mean", [2, 10, 50])
def test_intervals_hold_the_true_number_in_95_of_100_cases(monkeypatch, mean, blank, recovered,
                                                           share):
    monkeypatch.setattr(quality, "_DRAWS", 1500)
    rng = np.random.default_rng([int(mean), int(blank or 0), recovered, int(100 * share)])
    runs, hits = 3000, 0
    # `mean` is what is in the sample; .8 of it is found again.
    again = .8 if recovered else 1.
    found_again = np.clip(rng.binomial(100, .8, runs), 1, 100) if recovered else np.zeros(runs)
    k = rng.poisson((mean * again + (blank or 0)) * share, runs)
    total = rng.poisson(3 * (blank or 0), runs)
    for value in np.unique(found_again):
        here = found_again == value
        cases, times = np.unique([k[here], total[here]], axis=1, return_counts=True)
        out = estimate(*cases, 0 if blank is None else 3,
                       (int(value), 100) if recovered else None, share)
        hits += times[(out.low <= mean) & (mean <= out.high)].sum()
        assert (out.low <= out.value).all() and (out.value <= out.high).all()
    assert hits / runs >= .92


def test_the_value_is_what_one_would_reckon():
    out = estimate([12, 1], [6, 30], 3, (80, 100), .5)
    np.testing.assert_allclose(out.value, [(12 / .5 - 2) / .8, 0])
    assert float(estimate(7).value) == 7


def test_nothing_seen_may_be_nothing():
    out = estimate(0, share=.25)
    # Garwood's end, of a quarter.
    assert out.value == out.low == 0 and out.high == pytest.approx(4 * 3.689, rel=.03)


def test_the_same_counts_give_the_same_interval():
    assert estimate(5, 3, 3) == estimate(5, 3, 3)


def test_a_smaller_share_a_worse_recovery_and_blanks_widen_the_interval():
    def width(*args, **kwargs):
        out = estimate(20, *args, **kwargs)
        return float((out.high - out.low) / out.value)
    assert width() < width(9, 3) and width() < width(recovery=(8, 10))
    assert width(recovery=(80, 100)) < width(recovery=(8, 10))


@pytest.mark.parametrize("kwargs, message", [
    ({"share": 0}, "above 0 and at most 1"), ({"share": 1.2}, "above 0 and at most 1"),
    ({"share": np.nan}, "above 0"), ({"recovery": (0, 10)}, "nothing can be estimated"),
    ({"recovery": (11, 10)}, "cannot have been found")])
def test_estimates_that_cannot_be_made(kwargs, message):
    with pytest.raises(ValueError, match=message):
        estimate(5, **kwargs)


# ------------------------------------------------------------------------------------ blanks

def sizes(*feret_max):
    made = Sizes.unknown(len(feret_max))
    made.feret_max[:] = feret_max
    return made


def test_blanks_of_counts():
    first = count(["PE", "PE + Protein", "PP"], sizes(30, 60, 30), CLASSES)
    second = count(["PE"], sizes(np.nan), CLASSES)
    blanks = blanks_of([first, second])
    assert blanks == Blanks(2, {("PE", LOW): 1, ("PE", HIGH): 1, ("PP", LOW): 1,
                                ("PE", "no size"): 1})
    assert blanks.of("PE") == 3 and blanks.of("PE", HIGH) == 1 and blanks.of("PS") == 0
    assert blanks.total == 4


def particles(names, lengths):
    domain = Domain([], None, [DiscreteVariable("polymer", sorted(set(names))),
                               ContinuousVariable("Feret maximum (µm)")])
    codes = [sorted(set(names)).index(name) for name in names]
    return Table.from_numpy(domain, np.empty((len(names), 0)),
                            metas=np.column_stack([codes, lengths]).astype(float))


def test_blanks_from_particles():
    data = particles(["PE", "PE + Protein", "PP", "PP"], [30, 60, 20, np.nan])
    with data.unlocked():
        data.metas[2, 0] = np.nan
    assert blanks_from_table(data, CLASSES, 3) == Blanks(3, {
        ("PE", LOW): 1, ("PE", HIGH): 1, ("PP", "no size"): 1})


def written(tmp_path, text):
    path = tmp_path / "blanks.csv"
    path.write_text(text, encoding="utf-8")
    return Table.from_file(str(path))


@pytest.mark.parametrize("counts", [(4, 5, 0), (1, 2, 1), (0, 1, 1), (7, 7, 7)])
def test_blanks_from_a_file_of_counts(tmp_path, counts):
    """Orange reads a column of 1 and 2 as categories."""
    a, b, c = counts
    data = written(tmp_path, f"Polymer,Count,size\nPE,{a},30\nPP,{b},60\nPE,{c},\n")
    blanks = blanks_from_table(data, CLASSES)
    assert blanks.n == 1 and blanks.total == sum(counts)
    assert blanks.of("PE", LOW) == a and blanks.of("PP", HIGH) == b
    assert blanks.of("PE", "no size") == c


def test_names_that_are_missing_are_no_polymer():
    domain = Domain([ContinuousVariable("count")], None, [StringVariable("polymer")])
    data = Table.from_numpy(domain, np.array([[1.], [2], [3], [4]]),
                            metas=np.array([["PE "], [None], [np.nan], [""]], object))
    assert blanks_from_table(data, CLASSES).numbers == {("PE", "no size"): 1}


@pytest.mark.parametrize("text, message", [
    ("material,count\nPE,3\nPP,4\n", 'no column "polymer"'),
    ("polymer,count\nPE,-3\nPP,4\n", "whole numbers of 0 or more"),
    ("polymer,count\nPE,1.5\nPP,4\n", "whole numbers of 0 or more"),
    ("polymer,count\nPE,\nPP,4\nPE,3\n", "whole numbers of 0 or more"),
    ("polymer,count\nPE,few\nPP,many\n", "whole numbers of 0 or more"),
    ("polymer,count\n1.25,3\n2.5,4\n3.75,5\n", "names, not numbers")])
def test_tables_that_are_no_blanks(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        blanks_from_table(written(tmp_path, text), CLASSES)


def test_there_is_one_blank_at_least():
    with pytest.raises(ValueError, match="one blank at least, not 0"):
        blanks_from_table(particles(["PE"], [30]), CLASSES, 0)
    assert blanks_from_table(particles(["PE"], [30])[:0], CLASSES, 2) == Blanks(2, {})
