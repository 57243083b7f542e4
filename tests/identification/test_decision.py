"""Decisions, their reasons and the words for them."""
import copy

import numpy as np
import pytest
from Orange.data import Table

from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.compatibility import ScaleError
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
    identify,
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
    answer = Answer.nothing(n, len(model.domain.class_var.values), len(model.components))
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


@pytest.mark.parametrize("order, words", [
    (("PE", "CE"), "30 % of the signal like CE"), (("CE", "PE"), "more of the signal like CE"),
    (("CE", "PP"), "more of the signal like CE")])
def test_a_mixture_is_said_to_hold_another_material(model, order, words):
    """The share is that of the second material of the fit, which may be the class itself."""
    answer = answered(model, share=.3)
    answer.materials[-1] = [model.references.materials.index(name) for name in order]
    assert remarks(model, answer, Rule(), [5]) == [f"may be a mixture: {words}"]


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


def random_answer(model, rng, n=400):
    """Scores on both sides of every limit, some rows without a prediction."""
    answer = answered(model, n)
    for name in SCORES:
        getattr(answer, name)[:] = rng.choice((.5, .65, .75, .99), n, p=(.05, .1, .15, .7))
    answer.presence[:] = rng.choice((.3, .9), n, p=(.1, .9))
    answer.agrees[:] = rng.random(n) > .1
    answer.share[:] = rng.choice((np.nan, 0, .3), n, p=(.1, .8, .1))
    materials = model.references.materials
    answer.materials[:] = materials.index("PE"), materials.index("CE")
    for field in answer[:-1]:
        if field.dtype == float:
            field[:3] = np.nan
    return answer


@pytest.mark.parametrize("rule", [Rule(by, accept, .6, checks) for by in range(5)
                                  for accept in (.7, .9) for checks in (True, False)])
def test_reasons_are_given_where_they_are_due(model, rule):
    """A reason if and only if a spectrum is not accepted, and then words for it, too."""
    answer = random_answer(model, np.random.default_rng(0))
    accepted = decide(answer, rule) == ACCEPTED
    assert 0 < accepted.sum() < len(accepted)
    np.testing.assert_array_equal(np.isnan(reasons(answer, rule)), accepted)
    texts = remarks(model, answer, rule, range(len(accepted)))
    assert all(text for text, fine in zip(texts, accepted, strict=True) if not fine)


def test_every_reason_can_be_the_main_one(model):
    found = reasons(random_answer(model, np.random.default_rng(1)), Rule())
    assert {REASONS[int(code)] for code in found[np.isfinite(found)]} == set(REASONS)


@pytest.mark.parametrize("change, reason, words", [
    ({"correlation": .65}, "low correlation", "correlation 0.65"),
    ({"confidence": .4}, "low confidence", "confidence 0.40"),
    ({"complete": .65}, "lacks bands", "complete 0.65"),
    ({"explained": .5, "band": 1234.}, "unexplained band", "band at 1234 higher than usual")])
def test_low_scores_in_words(model, change, reason, words):
    answer = answered(model, **change)
    assert REASONS[int(reasons(answer, Rule())[-1])] == reason
    assert remarks(model, answer, Rule(), [5, 0]) == [words, ""]
    # A score that does not decide is no reason.
    other = Rule(CONFIDENCE if reason == "low correlation" else CORRELATION)
    assert np.isnan(reasons(answer, other)[-1])
    assert remarks(model, answer, other, [5]) == [""]


def test_reasons_in_order(model):
    """The first of several is the main one."""
    answer = answered(model, complete=.5, explained=.5, share=.5, agrees=False, presence=.1,
                      correlation=.5, confidence=.5)
    for name, value in (("complete", 1), ("explained", 1), ("share", 0), ("agrees", True),
                        ("presence", 1), ("correlation", 1), ("confidence", 1)):
        before = reasons(answer, Rule())[-1]
        getattr(answer, name)[-1] = value
        assert not reasons(answer, Rule())[-1] <= before, name
    assert decide(answer, Rule())[-1] == ACCEPTED


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


def test_columns_of_spectra_without_prediction(model):
    data = simulate(["PE", "PP"], 3, seed=3)
    with data.unlocked(data.X):
        data.X[1] = .2
    table = annotate(data, model, model.answer(data), Rule())
    added = table.domain.metas[len(data.domain.metas):]
    told = {meta.name: table.get_column(meta)[1] for meta in added}
    assert DECISIONS[int(told.pop("decision"))] == "Unknown"
    assert REASONS[int(told.pop("reason"))] == "no prediction"
    assert np.isnan(list(told.values())).all(), told
    assert np.isfinite(np.delete(table.get_column("material"), 1)).all()


def test_possible_origins_in_columns(model):
    data = simulate(["PE"], 4, seed=3)
    answer = answered(model, 4, explained=.5)
    answer.maxima[-1, :2], answer.multiples[-1, :2] = (2237, 966), (4, 4)
    table = annotate(data, model, answer, Rule())
    np.testing.assert_array_equal(table.get_column("unexplained band"), [np.nan] * 3 + [2237])
    values = table.domain["possible origin"].values
    assert len(values) == 1 and "acrylonitrile" in values[0]
    np.testing.assert_array_equal(table.get_column("possible origin"), [np.nan] * 3 + [0])


def test_without_references(model):
    """As models of release 0.1."""
    bare = copy.copy(model)
    bare.references = References.nothing(len(model.wavenumbers))
    data = simulate(["PE", "PP"], 3, seed=3)
    answer = bare.answer(data)
    assert answer.agrees.all()
    table = annotate(data, bare, answer, Rule())
    assert table.domain["library"].values == ()
    assert np.isnan(table.get_column("library")).all()
    assert len(remarks(bare, answer, Rule(), range(6))) == 6


def test_transmittance_is_converted_on_request(model):
    data = simulate(["PE", "PP"], 3, seed=3)
    percent = data.copy()
    with percent.unlocked(percent.X):
        percent.X = 100 * 10 ** -data.X
    expected, converted = identify(model, data), identify(model, percent, convert=True)
    np.testing.assert_array_equal(converted.values, expected.values)
    np.testing.assert_allclose(converted.correlation, expected.correlation, atol=1e-3)
    with pytest.raises(ScaleError):
        identify(model, percent)


def test_what_looks_like_a_reference_of_its_material_is_not_unknown(model):
    def last(**changes):
        return decide(answered(model, complete=.2, **changes), Rule())[-1]
    assert last() == UNKNOWN
    assert last(quality=.97) == TO_INSPECT
    assert last(quality=.97, agrees=False) == UNKNOWN
    assert last(quality=.97, presence=.3) == UNKNOWN
    assert last(quality=.97, hits=-1) == UNKNOWN
    assert decide(answered(model, complete=.2, quality=.97), Rule(by=COMPLETE))[-1] == UNKNOWN


def test_what_looks_like_a_material_that_the_network_cannot_name_is_unknown(model):
    def last(rule=None, **changes):
        return decide(answered(model, agrees=False, foreign=True, **changes), rule or Rule())[-1]
    assert last() == TO_INSPECT, "the library disagrees"
    assert last(quality=.99) == UNKNOWN
    assert last(Rule(checks=False), quality=.99) == ACCEPTED
    assert decide(answered(model, agrees=False, quality=.99), Rule())[-1] == TO_INSPECT


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
