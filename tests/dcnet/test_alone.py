"""A spectrum gets the same answer, to the last bit, whatever else is in the table."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.simulation import simulate

MATERIALS = ("PE", "PET", "PMMA", "PS")


@pytest.fixture(scope="module")
def mixtures():
    """With gaps, in some spectra, that the model fills."""
    data = mix(simulate(MATERIALS, 20, seed=1), 330, components=(1, 2, 3), smallest=.15,
               ratio="derivative", seed=2).copy()
    rng = np.random.default_rng(3)
    with data.unlocked(data.X):
        for row in rng.choice(len(data), 40, replace=False):
            start = rng.integers(0, data.X.shape[1] - 30)
            data.X[row, start:start + rng.integers(3, 30)] = np.nan
    return data


@pytest.fixture(scope="module", params=["mixtures", "single materials"])
def model(request):
    return DCNetLearner(mixtures=2 if request.param == "mixtures" else 0, epochs=3, step=8,
                        networks=2)(simulate(MATERIALS, 40))


@pytest.fixture(scope="module")
def whole(model, mixtures):
    return model.answer(mixtures)


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_answers_do_not_depend_on_other_spectra(model, mixtures, whole, data):
    n = data.draw(st.sampled_from([1, 1, 2, 7, 63, 64, 65, 200]))
    rows = np.array(data.draw(st.permutations(range(len(mixtures)))))[:n]
    answer = model.answer(mixtures[rows])
    for name, alone, among in zip(answer._fields, answer, whole, strict=True):
        if name != "notes":
            np.testing.assert_array_equal(alone, among[rows], name)


def test_the_answer_is_one(model, whole):
    """Otherwise the test above would compare nothing."""
    assert np.isfinite(whole.values).mean() > .9
    assert np.isfinite(whole.correlation).any() and np.isfinite(whole.explained).any()
    some = whole.fractions if model.knows_mixtures else whole.share
    assert np.isfinite(some).any()
