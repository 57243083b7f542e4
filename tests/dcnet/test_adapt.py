"""A trained model adapts to own spectra."""
import copy

import numpy as np
import pytest
from Orange.data import DiscreteVariable, Domain, Table
from orangecontrib.spectroscopy.preprocess import Normalize

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.dcnet import adapt
from orangecontrib.microplastics.dcnet.compatibility import ScaleError
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
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
    with pytest.raises(ValueError, match="4 of 4 spectra can be used.*5 or more.*PE, PMMA, PS"):
        adapt.own_spectra(model, simulate(["PE", "PS"], 2))
    bare = copy.copy(model)  # as of release 0.1
    bare.references = References.nothing(len(model.wavenumbers))
    with pytest.raises(ValueError, match="keeps no spectra"):
        adapt.own_spectra(bare, simulate(NAMES, 3))
    transmittance = simulate(NAMES, 3)
    with transmittance.unlocked(transmittance.X):
        transmittance.X[:] = 100 * 10 ** -transmittance.X
    with pytest.raises(ScaleError):
        adapt.own_spectra(model, transmittance)
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


@pytest.mark.parametrize("settings", [{}, {"mixtures": 1}, {"networks": 2}])
def test_models_of_single_materials(settings, tmp_path):
    """All kinds of models adapt, are saved and adapt again."""
    names = ["PE", "PS"]
    first = DCNetLearner(epochs=1, widths=(8, 8, 8), **settings)(simulate(names, 8))
    own = simulate(names, 5, seed=1)
    found = adapt.adapt(first, adapt.own_spectra(first, own).measured)
    assert len(found.model.networks) == len(first.networks)
    assert found.model.domain.class_var.values == first.domain.class_var.values
    assert found.model.training["own spectra"] == 10 and "own spectra" not in first.training
    found.model.save(tmp_path / "model.dcnet")
    again = DCNetModel.load(tmp_path / "model.dcnet")
    one, other = found.model.answer(own), again.answer(own)
    for name in one._fields[:-1]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    more = adapt.adapt(again, adapt.own_spectra(again, own).measured)
    assert list(more.model.references.studies).count(adapt.OWN) == 20


def test_a_name_that_holds_a_plus():
    """"PE + wax" is one material of the data, "(PE + wax)" the class of a model of mixtures."""
    def renamed(data):
        values = ("PE + wax", "PS")
        out = data.transform(Domain(data.domain.attributes, DiscreteVariable("kind", values)))
        with out.unlocked(out.Y):
            out.Y[:] = data.Y
        return out

    first = DCNetLearner(epochs=1, widths=(8, 8, 8), mixtures=2)(
        renamed(simulate(["PE", "PS"], 8)))
    assert "(PE + wax)" in first.domain.class_var.values
    own = adapt.own_spectra(first, renamed(simulate(["PE", "PS"], 5, seed=1)))
    assert not own.unknown and len(own.measured.X) == 10
    found = adapt.adapt(first, own.measured)
    assert found.kept_aside == 2 and found.old_after > .4
    assert set(found.model.references.materials) == set(first.references.materials)


def test_usual_bands_are_lowered_to_what_own_spectra_have(model):
    """A band that the instrument does not show is no longer asked for, in this material only."""
    data = simulate(["PMMA"], 8, seed=3)
    axis = np.array([float(a.name) for a in data.domain.attributes])
    without = (axis > 1690) & (axis < 1790)
    with data.unlocked(data.X):
        ends = data.X[:, without][:, [0, -1]]
        data.X[:, without] = np.linspace(ends[:, 0], ends[:, 1], without.sum(), axis=1)
    adapted = adapt.adapt(model, adapt.own_spectra(model, data).measured).model
    at = (model.wavenumbers > 1710) & (model.wavenumbers < 1770)
    pmma = model.domain.class_var.values.index("PMMA")
    assert model.acceptance.usual[pmma][at].any()
    assert not adapted.acceptance.usual[pmma][at].any()
    others = np.arange(len(model.used)) != pmma
    np.testing.assert_array_equal(adapted.acceptance.usual[others], model.acceptance.usual[others])
    assert adapted.answer(data).complete.mean() > model.answer(data).complete.mean()


def test_cancelled(model):
    def stop(fraction):
        assert 0 <= fraction <= 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt.adapt(model, adapt.own_spectra(model, elsewhere(2, 1)).measured, callback=stop)
