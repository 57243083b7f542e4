"""Counts as tables of texts, and what is said of them."""
from types import SimpleNamespace

import numpy as np
import pytest

from orangecontrib.microplastics.particles.classes import load, typed
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.particles.quality import Blanks, estimate, limits_of
from orangecontrib.microplastics.particles.sizes import Sizes
from orangecontrib.microplastics.particles.summary import (
    Corrections,
    number,
    smallest_size,
    summarize,
)

LOW = "20\u201350\u00a0µm"


def found(names, feret_max, aspect=1., pixel=(6.25, 6.25)):
    """What a summary needs of particles that were found."""
    sizes = Sizes.unknown(len(names))
    sizes.feret_max[:], sizes.aspect[:] = feret_max, aspect
    return SimpleNamespace(names=list(names), sizes=sizes, pixel=pixel)


FIVE = found(["PE", "PE", "PE + Protein", "PP", UNNAMED], [30, 60, 200, 30, 60], [1, 1, 9, 1, 1])


@pytest.mark.parametrize("value, text", [
    (0, "0"), (3.21, "3.2"), (45.4, "45"), (1230.2, "1,230"), (.5, "0.50"), (.0123, "0.012"),
    (np.nan, "?"), (np.inf, "?"), (1e6, "1,000,000"), (.0004, "0.00040"), (.00002, "2.0e-05"),
    (99.7, "100"), (-2.5, "-2.5")])
def test_numbers_are_short_and_what_is_not_zero_is_not_shown_as_zero(value, text):
    assert number(value) == text


# ------------------------------------------------------------------------------------ counts

def test_polymers_down_and_classes_across():
    summary = summarize(FIVE, typed("20, 50, 100, 500", polymers=("PE", "PA")), ["PE", "PP"],
                        smallest=3)
    assert summary.header == ["Polymer", LOW, "50\u2013100\u00a0µm", "100\u2013500\u00a0µm",
                              "All", "of these fibres"]
    assert summary.rows == [
        ["PE", "1", "1", "1", "3", "1"], ["PA*", "–", "–", "–", "–", "–"],
        ["PP", "1", "0", "0", "1", "0"], [UNNAMED, "0", "1", "0", "1", "0"],
        ["All", "2", "2", "1", "5", "1"]]
    assert summary.estimates is None
    assert summary.notes == [
        "* PA: the model does not know it, so that it was not looked for.",
        "Counted as their plastic: 1 PE + Protein.",
        "unknown: matter that is none of the model's materials, or not surely."]


def test_what_the_model_does_not_know_has_numbers_only_if_named_by_hand():
    summary = summarize(found(["PA"], 30), typed("20, 50", polymers=("PA", "PS")), ["PE"])
    assert summary.rows == [["PA*", "1", "1", "0"], ["PS*", "–", "–", "–"], ["All", "1", "1", "0"]]
    assert summary.notes == ["* PA, PS: the model does not know them, so that they were not "
                             "looked for."]


def test_large_counts_are_readable():
    many = found(["PE"] * 1234, 30)
    assert summarize(many, typed("20, 50"), ["PE"]).rows == [["PE", "1,234", "1,234", "0"],
                                                            ["All", "1,234", "1,234", "0"]]


def test_classes_as_entered_are_said_to_be_so():
    summary = summarize(FIVE, load()["EU 2024/1441"], ["PE", "PP", "PET"])
    assert any(note.startswith("Classes as entered, after EU 2024/1441.")
               for note in summary.notes)
    assert any("PS, PVC, PA, PU, PMMA, PTFE, PC: the model does not know them" in note
               for note in summary.notes)


# -------------------------------------------------------------------------- what can be seen

def test_the_smallest_size_is_the_diameter_of_the_smallest_area():
    assert smallest_size(found([], [], pixel=(5., 10.)), 4) == pytest.approx(
        np.sqrt(4 * 4 * 50 / np.pi))
    assert smallest_size(found([], [], pixel=None), 4) == 0


def test_classes_that_cannot_be_seen_have_no_zeros():
    # Four pixels of 25 um are as large as a circle of 56 um.
    coarse = found(["PE", "PP"], [60, 200], pixel=(25., 25.))
    summary = summarize(coarse, typed("10, 20, 50, 100, 500"), ["PE"], smallest=4)
    assert summary.rows[0] == ["PE", "–", "–", "1", "0", "1", "0"]
    assert summary.rows[-1] == ["All", "–", "–", "1", "1", "2", "0"]
    assert summary.notes[0].startswith("–: cannot be seen; the smallest particle has 56.4 µm")
    # What was found nevertheless, e.g. by a narrow shape, is counted.
    narrow = found(["PE", "PE"], [40, 60], pixel=(25., 25.))
    assert summarize(narrow, typed("10, 20, 50, 100"), ["PE"], smallest=4).rows[0][1:3] == \
        ["–", "1"]


def test_without_the_size_of_a_pixel_nothing_is_hidden():
    summary = summarize(found(["PE"], [np.nan], pixel=None), typed("10, 20"), ["PE"])
    assert summary.header[1:-2] == ["10\u201320\u00a0µm", "no size"]
    assert summary.rows[0] == ["PE", "0", "1", "1", "0"] and summary.notes == []


# ------------------------------------------------------------------------------- corrections

def row_of(summary, polymer):
    header, rows = summary.estimates
    return dict(zip(header, next(row for row in rows if row[0] == polymer), strict=True))


@pytest.mark.parametrize("corrections, any_of", [
    (Corrections(), False), (Corrections(volume=1), True), (Corrections(share=.5), True),
    (Corrections(recovery=(1, 2)), True), (Corrections(Blanks(1, {})), True)])
def test_whether_anything_is_corrected(corrections, any_of):
    assert corrections.any is any_of
    assert (summarize(FIVE, typed("20, 500"), ["PE"], corrections).estimates is not None) == any_of


def test_without_a_volume_numbers_are_on_the_filter():
    summary = summarize(FIVE, typed("20, 500", polymers=("PE", "PA"), per="m3"), ["PE"],
                        Corrections(share=.25, recovery=(87, 100)))
    row = row_of(summary, "PE")
    assert row["counted"] == "3" and row["on the filter"] == number(12 / .87) == "14"
    out = estimate(3, recovery=(87, 100), share=.25)
    assert row["95 % interval"] == f"{number(out.low)}\u2013{number(out.high)}"
    assert [line[0] for line in summary.estimates[1]] == [
        "PE", "PP", UNNAMED, "All plastics", "All"], \
        "what was neither counted nor in blanks has no row"
    assert "LOD (filter)" not in summary.estimates[0]
    assert summary.notes[-2:] == [
        "Divided by the recovery: 87 of 100 added particles were found.",
        "Scaled from the 25 % of the filter that was measured."]


@pytest.mark.parametrize("per, unit, factor", [
    ("m3", "per m3", 1000 / 250), ("L", "per L", 1 / 250), ("sample", "per L", 1 / 250)])
def test_with_a_volume_numbers_are_per_volume(per, unit, factor):
    many = found(["PE"] * 500, 30)
    summary = summarize(many, typed("20, 500", per=per), ["PE"], Corrections(volume=250.))
    row, out = row_of(summary, "All"), estimate(500)
    assert row[unit] == number(500 * factor)
    assert row["95 % interval"] == f"{number(out.low * factor)}\u2013{number(out.high * factor)}"
    assert summary.notes[-1] == "Of 250 L."


def test_few_particles_in_much_water_are_not_none():
    summary = summarize(found(["PE"], 30), typed("20, 50", per="L"), ["PE"],
                        Corrections(volume=5000.))
    assert row_of(summary, "PE")["per L"] == "0.00020"


def test_blanks_are_subtracted_by_polymer_and_tell_what_is_detected():
    many = found(["PE"] * 200 + ["PP"] * 12 + ["PA"] * 3, 30)
    blanks = Blanks(3, {("PE", LOW): 6, ("PP", LOW): 3, ("PA", LOW): 9, ("PS", LOW): 3})
    classes = typed("20, 50", polymers=("PS", "PC"))
    summary = summarize(many, classes, ["PE", "PS", "PC"], Corrections(blanks))
    header, rows = summary.estimates
    assert header == ["Polymer", "counted", "in blanks (mean)", "on the filter", "95 % interval",
                      "LOD (filter)", "LOQ (filter)", ""]
    assert [row[0] for row in rows] == ["PS", "PA", "PE", "PP", "All plastics", "All"]
    assert {row[0]: row[-1] for row in rows if row[0] != "All plastics"} == {
        "PS": "not detected", "PA": "not detected", "PE": "quantified", "PP": "below LOQ",
        "All": "quantified"}
    pe = row_of(summary, "PE")
    assert (pe["in blanks (mean)"], pe["on the filter"]) == ("2.0", "198")
    limits = limits_of(6, 3)
    assert (pe["LOD (filter)"], pe["LOQ (filter)"]) == (number(limits.lod), number(limits.loq))
    assert row_of(summary, "All")["in blanks (mean)"] == "7.0"
    assert row_of(summary, "PS")["on the filter"] == "0"
    assert "Less the mean of 3 blanks (21 particles in all)." in summary.notes[-1]
    # PS is in the blanks, but nobody looked for it in the sample.
    rows = summarize(many, classes, ["PE"], Corrections(blanks)).estimates[1]
    assert [row[0] for row in rows] == ["PA", "PE", "PP", "All plastics", "All"]


def test_limits_are_those_of_the_part_of_the_filter_that_was_measured():
    # 2 on a quarter are 8 on the filter, 5 more than in a blank: enough only of a whole filter.
    two, eight = found(["PE"] * 2, 30), found(["PE"] * 8, 30)
    blanks = Blanks(3, {("PE", LOW): 9})
    part = row_of(summarize(two, typed("20, 50"), ["PE"], Corrections(blanks, share=.25)), "PE")
    whole = row_of(summarize(eight, typed("20, 50"), ["PE"], Corrections(blanks)), "PE")
    assert part["on the filter"] == whole["on the filter"] == "5.0"
    assert (part[""], whole[""]) == ("not detected", "below LOQ")
    assert part["LOD (filter)"] == number(1.645 ** 2 * 4 + 2 * 1.645 * (3 * (4 + 1 / 3)) ** .5)


def test_impossible_corrections_are_refused():
    with pytest.raises(ValueError, match="cannot have been found"):
        summarize(FIVE, typed("20, 50"), ["PE"], Corrections(recovery=(11, 10)))
