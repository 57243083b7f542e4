"""Components one by one: learnt in larger mixtures, found in the answer, kept in files."""
import numpy as np
import pytest
from Orange.base import Model
from Orange.data import Domain

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.parts import parts_of
from orangecontrib.microplastics.fractions.risk import missing_at_most, overlooked
from orangecontrib.microplastics.identification import (
    NAMED,
    ONE_WITNESS,
    Rule,
    amounts,
    annotate,
    components,
    remarks,
    text,
)
from orangecontrib.microplastics.mixing.mixer import mix, split_sources
from orangecontrib.microplastics.mixing.stream import BEYOND, MixtureSource
from orangecontrib.microplastics.simulation import simulate

MATERIALS = ("PE", "PET", "PMMA", "PS")


@pytest.fixture(scope="module")
def sources():
    return split_sources(simulate(MATERIALS, 40), .3, seed=0)


@pytest.fixture(scope="module")
def model(sources):
    return DCNetLearner(mixtures=2, epochs=4, step=8, validation=.2)(sources[0])


@pytest.fixture(scope="module")
def threes(sources):
    return mix(sources[1], 300, components=3, pure=False, smallest=.15, ratio="derivative", seed=1)


@pytest.fixture(scope="module")
def bare(threes):
    """The spectra alone, as a user has them."""
    return threes.transform(Domain(threes.domain.attributes))


def truth_of(mixtures):
    return np.column_stack([mixtures.get_column(f"fraction {m}") for m in MATERIALS])


def test_the_source_draws_larger_mixtures(sources):
    source = MixtureSource(sources[0], 2, .1, 0)
    X, kinds = source.draw(0, 1000)
    sizes = source.holds[kinds].sum(axis=1)
    assert len(X) == 1000 and (sizes == 3).sum() == int(BEYOND * 1000)
    # What is of a class comes first, named in the order of the values.
    for value, holds in zip(source.values, source.holds, strict=False):
        assert value == " + ".join(np.array(MATERIALS)[holds])
    assert (source.holds[len(source.values):].sum(axis=1) == 3).all()


def test_only_mixtures_that_can_occur_are_larger(sources):
    pairs = [("PE", "PET"), ("PE", "PS"), ("PET", "PS"), ("PE", "PMMA")]
    source = MixtureSource(sources[0], 2, .1, 0, blends=pairs)
    np.testing.assert_array_equal(source.holds[len(source.values):], [[1, 1, 0, 1]])
    # With single materials only, and where no three occur together, there are none.
    assert (MixtureSource(sources[0], 1, .1, 0).holds.sum(axis=1) == 1).all()
    assert len(MixtureSource(sources[0], 2, .1, 0, blends=pairs[:2]).holds) == 6
    # Fractions of three of at least 40 % do not exist; the smallest is then lower.
    assert len(MixtureSource(sources[0], 2, .4, 0).draw(1, 200)[0]) == 200


def test_three_that_no_class_has(model, threes, sources):
    """Named one by one, though the class is a pair."""
    answer, there = model.answer(threes), truth_of(threes) > 0
    assert (model.of_class(answer).sum(axis=1) <= 2).all()
    assert (answer.named >= there).all(axis=1).mean() > .8
    # Without the networks' own reading, the classes alone find few of them.
    blind = model.with_networks(model.networks)
    for net in (blind.networks, blind.folded_networks):
        assert all(one.detector is not None for one in net)
    held = np.stack([model.answer(threes, acceptance=False).probabilities[
        :, [name in value.split(" + ") for value in model.domain.class_var.values]].sum(axis=1)
        for name in MATERIALS], axis=1)
    assert (held >= .5).sum(axis=1).mean() < answer.named.sum(axis=1).mean() - .5
    pure = model.answer(sources[1])
    assert (pure.named.sum(axis=1) == 1).mean() > .9


def test_how_much(model, threes):
    answer, truth = model.answer(threes), truth_of(threes)
    error = np.abs(np.nan_to_num(answer.fractions) - truth)
    assert error.mean() < .05
    np.testing.assert_allclose(np.nansum(answer.fractions, axis=1), 1, atol=1e-5)
    right = (answer.named == (truth > 0)).all(axis=1)
    inside = (answer.low <= truth) & (truth <= answer.high)
    assert inside[right][truth[right] > 0].mean() > .8


def test_a_threshold_of_ones_own(model, threes):
    few, many = model.answer(threes, detect=2.), model.answer(threes, detect=.05)
    np.testing.assert_array_equal(few.named, model.of_class(few))
    assert (many.named >= few.named).all() and many.named.sum() > few.named.sum()


def test_saved_models_answer_alike(model, threes, tmp_path):
    model.save(tmp_path / "m.dcnet")
    one, other = model.answer(threes), DCNetModel.load(tmp_path / "m.dcnet").answer(threes)
    for name in ("detected", "named", "fractions", "low", "high", "evidence"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert np.isfinite(one.low).any()
    np.testing.assert_array_equal(model.parts_aside.detected,
                                  DCNetModel.load(tmp_path / "m.dcnet").parts_aside.detected)


def test_the_class_is_as_before_for_orange(model, bare):
    values, probabilities = model(bare, Model.ValueProbs)
    assert probabilities.shape[1] == len(model.domain.class_var.values) == 10
    np.testing.assert_array_equal(values, model.answer(bare).values)


def test_single_materials_have_no_fractions(sources, bare):
    single = DCNetLearner(mixtures=1, epochs=1, step=8)(sources[0])
    answer = single.answer(bare[:5])
    assert np.isnan(answer.fractions).all() and single.composer() is None
    assert (answer.named.sum(axis=1) == 1).all()
    assert len(parts_of(single, sources[1]).fractions) == 0
    table = annotate(bare[:5], single, answer, Rule())
    assert not any("share" in meta.name for meta in table.domain.metas)


def test_parts_aside(model, sources):
    """Mixtures of the spectra kept aside, and of one's own."""
    assert len(model.parts_aside.fractions) >= 500
    np.testing.assert_allclose(model.parts_aside.fractions.sum(axis=1), 1, atol=1e-5)
    own = parts_of(model, sources[1], seed=3)
    assert overlooked(own, 2.) >= overlooked(own, .5) >= overlooked(own, 0) == 0
    threshold = missing_at_most(own, .1)
    assert overlooked(parts_of(model, sources[1], seed=4), threshold) < .13
    # Spectra of materials that the model does not know, or of one alone, cannot be mixed.
    one = sources[1][sources[1].Y == 0]
    assert len(parts_of(model, one).fractions) == 0


def test_in_words_and_columns(model, threes, bare):
    answer, materials = model.answer(threes), model.components
    found = amounts(answer, materials)
    row = int(np.argmax((answer.named == (truth_of(threes) > 0)).all(axis=1)
                        & (np.nan_to_num(answer.evidence, nan=2) >= 1).all(axis=1)))
    parts = components(answer, row, materials, found)
    assert {part.name for part in parts if part.status == NAMED} \
        == {m for m, f in zip(MATERIALS, truth_of(threes)[row], strict=True) if f}
    assert parts[0].fraction == max(part.fraction for part in parts)
    said = text(parts)
    assert said.startswith(f"{parts[0].name} {100 * parts[0].fraction:.0f} % (")
    assert "?" not in said
    table = annotate(bare, model, answer, Rule())
    for i, name in enumerate(materials):
        column = table.get_column(f"share {name}")
        np.testing.assert_allclose(column, np.nan_to_num(answer.fractions[:, i]), atol=1e-6)
    assert set(parts_text(table, row).split(" + ")) == {part.name for part in parts}
    by_mass = annotate(bare, model, answer, Rule(), {"PE": 3.})
    light, heavy = (np.nansum(t.get_column(name)) for t, name in (
        (table, "share PE"), (by_mass, "mass share PE")))
    assert heavy < light


def parts_text(table, row):
    variable = table.domain["components"]
    return variable.values[int(table.get_column(variable)[row])]


def test_one_witness_is_told(model, threes):
    answer = model.answer(threes)
    row = 0
    first, second = np.flatnonzero(answer.named[row])[:2]
    answer.evidence[row] = np.nan
    answer.evidence[row, first], answer.evidence[row, second] = 3., .2
    parts = {part.name: part for part in components(
        answer, row, model.components, amounts(answer, model.components))}
    assert parts[MATERIALS[first]].status == NAMED
    assert parts[MATERIALS[second]].status == ONE_WITNESS
    assert text([parts[MATERIALS[first]], parts[MATERIALS[second]]]).count("?") == 1
    # Seen by the fit alone: without a fraction, and in the remarks.
    answer.named[row, second] = False
    answer.fractions[row, second] = np.nan
    answer.evidence[row, second] = 2.
    part = components(answer, row, model.components, amounts(answer, model.components))[-1]
    assert part.name == MATERIALS[second] and part.status == ONE_WITNESS
    assert np.isnan(part.fraction)
    assert f"perhaps also {MATERIALS[second]} (network" in remarks(model, answer, Rule(), [row])[0]


def test_answers_without_amounts(model, bare):
    """Everything else is the same."""
    whole, short = model.answer(bare), model.answer(bare, amounts=False)
    for name in ("values", "probabilities", "explained", "detected", "named", "hits"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(short, name), name)
    assert np.isfinite(whole.fractions).any() and np.isnan(short.fractions).all()
