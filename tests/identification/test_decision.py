"""Decisions, their reasons and the words for them."""
import numpy as np
import pytest
from Orange.data import Table

from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    ALL,
    COMPLETE,
    CONFIDENCE,
    CORRELATION,
    DECISIONS,
    EXPLAINED,
    REASONS,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    annotate,
    decide,
    reasons,
    remarks,
    threshold_for_refused,
    threshold_for_wrong,
)
from orangecontrib.microplastics.simulation import simulate

SCORES = ("confidence", "correlation", "explained", "complete")


@pytest.fixture(scope="module")
def model():
    return DCNetLearner(epochs=3, widths=(8, 8, 8), validation=.2)(
        simulate(["PE", "PP", "PS", "CE", "Protein"], 30))


def answered(model, n=6, material="PE", **changes):
    """An answer in which nothing is doubtful, and these fields of the last row instead."""
    answer = Answer.nothing(n, len(model.domain.class_var.values))
    answer.values[:] = model.domain.class_var.values.index(material)
    answer.probabilities[:] = 0
    answer.probabilities[:, model.domain.class_var.values.index(material)] = 1
    for name in (*SCORES, "presence"):
        getattr(answer, name)[:] = .95
    answer.share[:] = 0
    answer.hits[:] = 0
    answer.quality[:] = .9
    for name, value in changes.items():
        getattr(answer, name)[-1] = value
    return answer


def test_a_row_without_doubts(model):
    answer = answered(model)
    assert (decide(answer, Rule()) == ACCEPTED).all()
    assert np.isnan(reasons(answer, Rule())).all()
    assert remarks(model, answer, Rule(), range(6)) == [""] * 6


@pytest.mark.parametrize("score", SCORES)
def test_the_lowest_score_decides(model, score):
    for value, expected in ((.7, ACCEPTED), (.69, TO_INSPECT), (.6, TO_INSPECT), (.59, UNKNOWN)):
        answer = answered(model, **{score: value})
        assert decide(answer, Rule())[-1] == expected
        assert (decide(answer, Rule())[:-1] == ACCEPTED).all()
    # By one score alone, the others do not count.
    for by, name in zip((CONFIDENCE, CORRELATION, EXPLAINED, COMPLETE), SCORES, strict=True):
        decided = decide(answered(model, **{score: .3}), Rule(by))[-1]
        assert decided == (UNKNOWN if name == score else ACCEPTED)


@pytest.mark.parametrize("change, reason, words", [
    ({"presence": .49}, "low probability", "probability 49 %"),
    ({"agrees": False}, "library disagrees", "library: CE (0.90)"),
    ({"share": .1}, "may be a mixture", "may be a mixture: 10 % of the signal like CE")])
def test_doubts_are_to_be_inspected(model, change, reason, words):
    answer = answered(model, **change)
    materials = model.references.materials
    answer.materials[:] = materials.index("PE"), materials.index("CE")
    answer.hits[:, 0] = np.flatnonzero(model.references.which == materials.index("CE"))[0]
    assert decide(answer, Rule())[-1] == TO_INSPECT
    assert REASONS[int(reasons(answer, Rule())[-1])] == reason
    assert words in remarks(model, answer, Rule(), [5])[0]
    assert remarks(model, answer, Rule(), [0, 1]) == ["", ""]
    unchecked = Rule(checks=False)
    assert decide(answer, unchecked)[-1] == ACCEPTED
    assert np.isnan(reasons(answer, unchecked)[-1])
    assert remarks(model, answer, unchecked, [5]) == [""]


def test_no_prediction(model):
    answer = answered(model)
    for field in answer[:-1]:
        if field.dtype == float:
            field[-1] = np.nan
    assert decide(answer, Rule(accept=0., inspect=0.))[-1] == UNKNOWN
    assert REASONS[int(reasons(answer, Rule())[-1])] == "no prediction"
    assert "no prediction" in remarks(model, answer, Rule(), [5])[0]


def test_what_a_spectrum_lacks_and_has(model):
    answer = answered(model, complete=.5, explained=.5, band=2237.)
    answer.lacking[-1, :2] = 1464, 720
    answer.maxima[-1, :2], answer.multiples[-1, :2] = (2237, 966), (4, 4)
    text, = remarks(model, answer, Rule(), [5])
    assert text.startswith("lacks 1464 (CH2 bend")
    assert "720 (CH2 rock)" in text and "has 2237 (C#N stretch (nitrile)" in text
    assert REASONS[int(reasons(answer, Rule())[-1])] == "lacks bands"
    low = answered(model, explained=.5, band=2916.)
    assert "band at 2916 higher than usual" in remarks(model, low, Rule(), [5])[0]


def test_a_biofilm_hides_what_is_beneath():
    mixing = DCNetLearner(epochs=1, widths=(8, 8, 8), mixtures=2)(
        simulate(["CE", "Protein", "PE"], 8))
    assert "biofilm" in remarks(mixing, answered(mixing, 2, "CE + Protein"), Rule(), [1])[0]
    assert "biofilm" not in remarks(mixing, answered(mixing, 2, "CE + PE"), Rule(), [1])[0]


def test_columns(model):
    data = simulate(["PE", "PP"], 5, seed=3)
    answer = model.answer(data)
    table = annotate(data, model, answer, Rule())
    decided = decide(answer, Rule())
    assert [DECISIONS[int(v)] for v in table.get_column("decision")] == [
        DECISIONS[d] for d in decided]
    assert table.domain["library"].values == model.references.materials
    np.testing.assert_allclose(table.get_column("hit quality"), answer.quality[:, 0])
    np.testing.assert_allclose(table.get_column("complete"), answer.complete)
    np.testing.assert_array_equal(table.get_column("reason"), reasons(answer, Rule()))
    again = annotate(table, model, answer, Rule(ALL, 1., .9))
    assert again.domain.metas[-1].name == "decision (1)"
    assert not (again.get_column("decision (1)") == ACCEPTED).any()
    np.testing.assert_array_equal(again.get_column("decision"), table.get_column("decision"))
    assert isinstance(again, Table) and len(again) == 10


def test_promises(model):
    """Of kept-aside spectra: those that fail a check are refused whatever the threshold."""
    n = 100
    scores = np.linspace(.5, .99, n)
    aside = KeptAside(*[scores] * 4, np.ones(n), np.zeros(n), np.ones(n, bool), np.ones(n, bool))
    threshold = threshold_for_refused(aside, Rule(), .05)
    assert threshold == pytest.approx(np.sort(scores)[4])
    assert (decide(aside, Rule(ALL, threshold, 0.)) != ACCEPTED).mean() <= .05
    assert threshold_for_wrong(aside, Rule(), .05) == pytest.approx(scores[0])
    doubtful = aside._replace(agrees=np.arange(n) % 10 > 0)
    assert threshold_for_refused(doubtful, Rule(), .05) is None
    assert threshold_for_refused(doubtful, Rule(checks=False), .05) == pytest.approx(threshold)
    wrong = aside._replace(right=np.arange(n) >= 20)
    assert threshold_for_refused(wrong, Rule(), .05) == pytest.approx(scores[20 + 3])
    assert threshold_for_wrong(wrong, Rule(), .05) == pytest.approx(scores[20])
    assert len(model.kept_aside.right) >= 20
