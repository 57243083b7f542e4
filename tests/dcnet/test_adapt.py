"""A trained model adapts to own spectra."""
import numpy as np
import pytest
from Orange.data import DiscreteVariable, Domain, Table
from orangecontrib.spectroscopy.preprocess import Normalize

from orangecontrib.microplastics.dcnet import adapt
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.simulation import simulate

NAMES = ["PE", "PMMA", "PS"]


def elsewhere(n, seed):
    """Spectra of an instrument whose axis is wrong by 40 cm-1, with more noise."""
    data = simulate(NAMES, n, noise=.01, seed=seed)
    with data.unlocked(data.X):
        data.X[:] = np.roll(data.X, 10, axis=1)
    return data


@pytest.fixture(scope="module")
def model():
    return DCNetLearner(epochs=4, widths=(8, 16, 16), mixtures=2)(simulate(NAMES, 20))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(adapt, "_EPOCHS", 3)
    monkeypatch.setattr(adapt, "_PER_EPOCH", 600)


def right(model, data):
    values = np.array(model.domain.class_var.values)[model(data).astype(int)]
    return (values == np.array(data.domain.class_var.values)[data.Y.astype(int)]).mean()


def test_it_learns_the_instrument_and_forgets_nothing(model):
    before = [w.copy() for w in model.network.weights().values()]
    own, test = elsewhere(6, 1), elsewhere(30, 2)
    found = adapt.adapt(model, adapt.own_spectra(model, own).measured)
    assert right(found.model, test) > right(model, test) + .05
    assert found.n == 18 and found.kept_aside == 6
    assert found.after >= found.before and 0 <= found.before <= 1
    assert found.old_after > .9 and right(found.model, simulate(NAMES, 20, seed=9)) > .9
    # The given model stays as it is.
    for one, other in zip(before, model.network.weights().values(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert adapt.OWN not in model.references.studies
    assert list(found.model.references.studies).count(adapt.OWN) == 18
    assert len(found.model.kept_aside.right) == 0
    answer = found.model.answer(own)
    np.testing.assert_allclose(answer.quality[:, 0], 1, atol=1e-4)


def test_the_same_for_a_seed(model):
    own = adapt.own_spectra(model, elsewhere(2, 1)).measured
    one, again, other = (adapt.adapt(model, own, seed).model.network.weights()
                         for seed in (0, 0, 1))
    for name, value in one.items():
        np.testing.assert_array_equal(value, again[name])
    assert any((one[name] != other[name]).any() for name in one)


def test_progress_rises_to_the_end(model):
    told = []
    adapt.adapt(model, adapt.own_spectra(model, elsewhere(4, 1)).measured, callback=told.append)
    assert told == sorted(told) and told[-1] == 1 and len(told) > 10


def test_few_spectra_are_not_kept_aside(model):
    found = adapt.adapt(model, adapt.own_spectra(model, elsewhere(2, 1)).measured)
    assert found.kept_aside == 0 and np.isnan(found.before) and np.isnan(found.after)


def test_spectra_that_are_left_out(model):
    data = simulate([*NAMES, "PVC"], 5)
    with data.unlocked(data.X):
        data.X[0] = np.nan
    own = adapt.own_spectra(model, data)
    assert own.unknown == {"PVC": 5} and own.unusable == 1 and len(own.measured.X) == 14


def test_what_cannot_adapt(model):
    with pytest.raises(ValueError, match="categorical target"):
        adapt.own_spectra(model, Table.from_table(
            Domain(simulate(NAMES, 2).domain.attributes), simulate(NAMES, 2)))
    with pytest.raises(ValueError, match="0 of 5 spectra can be used"):
        adapt.own_spectra(model, simulate(["PVC"], 5))
    preprocessing = DCNetLearner(epochs=1, widths=(8, 8, 8), preprocessors=[Normalize()])
    with pytest.raises(ValueError, match="cannot adapt"):
        adapt.own_spectra(preprocessing(simulate(NAMES, 6)), simulate(NAMES, 3))


def test_a_model_of_mixtures_alone_would_forget(model):
    """Without pure spectra of a material nothing can be mixed of it."""
    data = simulate(NAMES, 8)
    values = ("PE", "PMMA", "PE + PS")
    mixed = data.transform(Domain(data.domain.attributes, DiscreteVariable("kind", values)))
    with mixed.unlocked(mixed.Y):
        mixed.Y[:] = data.Y
    trained = DCNetLearner(epochs=1, widths=(8, 8, 8))(mixed)
    own = adapt.own_spectra(trained, simulate(["PE", "PMMA"], 4))
    with pytest.raises(ValueError, match="no pure spectra of PS"):
        adapt.adapt(trained, own.measured)


def test_cancelled(model):
    def stop(fraction):
        assert 0 <= fraction <= 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt.adapt(model, adapt.own_spectra(model, elsewhere(2, 1)).measured, callback=stop)
