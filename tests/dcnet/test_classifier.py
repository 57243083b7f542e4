"""DCNetClassifier as scripts use it: scikit-learn's own checks, pipelines, searches, tables."""
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from orangecontrib.microplastics.dcnet import DCNetClassifier, DCNetLearner
from orangecontrib.microplastics.dcnet.compatibility import ScaleWarning
from orangecontrib.microplastics.explanation import explain_table
from orangecontrib.microplastics.identification import Rule, decide
from orangecontrib.microplastics.simulation import simulate
from orangecontrib.microplastics.spectra.preprocess import snv

QUICK = {"epochs": 20, "widths": (8, 16), "step": 8.}


# --------------------------------------------------------------- scikit-learn's own checks

class AmountsAsSpectra(DCNetClassifier):
    """scikit-learn's checks give 1 to 20 columns of numbers of any size, which are no spectrum: it
    has at least 16 wavenumbers, and only its shape counts. Here each column is the amount of a
    substance with one band, beside a band that all spectra have."""

    AXIS = np.arange(400., 1200., 8.)

    def _axis(self, named):
        return self.AXIS

    def _table(self, X, *rest):
        centres = np.linspace(480, 1120, X.shape[1] + 1)
        distance = (self.AXIS - centres[:, None]) / (250 / (X.shape[1] + 1))
        common, *bands = np.exp(-distance ** 2 / 2)
        spectra = common + np.arcsinh(np.nan_to_num(X)) @ np.array(bands)
        # An amount that is missing: one point of its band was not measured.
        rows, columns = np.nonzero(np.isnan(X))
        spectra[rows, np.abs(distance[1:]).argmin(axis=1)[columns]] = np.nan
        return super()._table(spectra, *rest)


#: Checks that do not suit, and why.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data":
        "A weight multiplies a spectrum's part of the loss; a repeated spectrum is also in more "
        "of the random batches, so that training takes another course.",
}


def test_as_scikit_learn_expects():
    """Check by check: all pass but those named above, which still fail."""
    pytest.importorskip("sklearn", minversion="1.6")
    small = AmountsAsSpectra(epochs=8, widths=(8, 16), step=8., regions=None, augmentation=0,
                             derivative=False)
    results = check_estimator(small, expected_failed_checks=EXPECTED, on_fail=None, on_skip=None)
    assert [r for r in results if r["status"] == "failed"] == []
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(EXPECTED)
    assert sum(r["status"] == "passed" for r in results) > 40


# --------------------------------------------------------------------------------- spectra

@pytest.fixture(scope="module")
def data():
    return simulate(["PE", "PET", "PS"], 16, seed=1)


@pytest.fixture(scope="module")
def axis(data):
    return np.array([float(a.name) for a in data.domain.attributes])


@pytest.fixture(scope="module")
def X(data):
    return data.X.copy()


@pytest.fixture(scope="module")
def y(data):
    return np.array(data.domain.class_var.values)[data.Y.astype(int)]


@pytest.fixture(scope="module")
def fitted(X, y, axis):
    return DCNetClassifier(axis, **QUICK).fit(X, y)


def test_it_is_the_learner(fitted, data, X, y):
    """Bit by bit, with the learner's defaults for all that is not given."""
    model = DCNetLearner(**QUICK)(data)
    np.testing.assert_array_equal(fitted.predict_proba(X), model(data, model.Probs))
    assert fitted.classes_.tolist() == ["PE", "PET", "PS"]
    assert fitted.score(X, y) > .9
    np.testing.assert_array_equal(fitted.predict(X) == y, model(data) == data.Y)


def test_every_setting_reaches_the_learner(X, y, axis):
    settings = {**QUICK, "kernels": (7,), "attention": "channel", "regions": None,
                "networks": 2, "balance": True, "validation": .25, "derivative": False,
                "dropout": 0., "augmentation": 0, "learning_rate": 1e-3, "batch_size": 8}
    ours = DCNetClassifier(axis, random_state=5, **settings)
    learner = ours._learner()
    assert {name: learner.params[name] for name in settings} == settings
    assert learner.params["seed"] == 5
    own = set(ours.get_params()) - {"wavenumbers", "random_state"}
    defaults = DCNetClassifier().get_params()
    assert {name: defaults[name] for name in own} == \
        {name: DCNetLearner().params[name] for name in own}
    model = ours.fit(X, y).model_
    assert len(model.networks) == 2 and len(model.network.branches) == 1
    assert model.training["kept aside"] == 12


def test_random_state(X, y, axis):
    def weights(state):
        model = DCNetClassifier(axis, **{**QUICK, "epochs": 1}, random_state=state).fit(X, y)
        return model.model_.network.classifier.weight.detach().numpy()

    np.testing.assert_array_equal(weights(np.random.RandomState(1)),
                                  weights(np.random.RandomState(1)))
    state = np.random.RandomState(1)
    assert not np.array_equal(weights(state), weights(state))
    assert not np.array_equal(weights(None), weights(None))


def test_descending_wavenumbers(fitted, X, y, axis):
    turned = DCNetClassifier(axis[::-1].tolist(), **QUICK).fit(X[:, ::-1], y)
    np.testing.assert_array_equal(turned.wavenumbers_, axis[::-1])
    np.testing.assert_array_equal(turned.predict_proba(X[:, ::-1]), fitted.predict_proba(X))


@pytest.mark.parametrize("kind", [str, float])
def test_data_frames_know_their_wavenumbers(fitted, X, y, axis, kind):
    frame = pd.DataFrame(X, columns=[kind(w) for w in axis])
    own = DCNetClassifier(**QUICK).fit(frame, pd.Series(y))
    np.testing.assert_array_equal(own.wavenumbers_, axis)
    np.testing.assert_array_equal(own.predict_proba(frame), fitted.predict_proba(X))
    assert [float(name) for name in own.feature_names_in_] == axis.tolist()
    with pytest.raises(ValueError, match="feature names"):
        own.predict(frame.iloc[:, ::-1])


def test_answers_do_not_depend_on_other_spectra(fitted, X):
    whole = fitted.predict_proba(X)
    for row in (0, 20, 47):
        np.testing.assert_array_equal(fitted.predict_proba(X[[row]])[0], whole[row])
    # Nor are they refused because others are upside down: that is a warning.
    odd = X.copy()
    odd[5:] = 1 - odd[5:]
    with pytest.warns(ScaleWarning, match="upside down"):
        np.testing.assert_array_equal(fitted.predict_proba(odd)[:5], whole[:5])


def test_arrays_stay_as_they_were(X, y, axis):
    own, labels, weights = X.copy(), y.copy(), np.arange(1., 49.)
    DCNetClassifier(axis, **{**QUICK, "epochs": 1}).fit(own, labels, weights).predict(own)
    for after, before in ((own, X), (labels, y), (weights, np.arange(1., 49.))):
        np.testing.assert_array_equal(after, before)
        assert after.flags.writeable


def test_many_spectra(fitted, X, monkeypatch):
    whole = fitted.predict_proba(X)
    monkeypatch.setattr("orangecontrib.microplastics.dcnet.classifier._ROWS", 7)
    np.testing.assert_array_equal(fitted.predict_proba(X), whole)


@pytest.mark.parametrize("labels", [
    np.array([7, 3, 12]), np.array([7., 3., 12.]), np.array([True, False, True]),
    np.array(["b", "a", "c"], object)], ids=lambda labels: labels.dtype.name)
def test_labels_of_any_kind(X, y, axis, fitted, labels):
    y = labels[np.unique(y, return_inverse=True)[1]]
    own = DCNetClassifier(axis, **QUICK).fit(X, y)
    np.testing.assert_array_equal(own.classes_, np.unique(labels))
    assert own.classes_.dtype == labels.dtype == own.predict(X).dtype
    assert own.score(X, y) > .9


def test_mixtures(X, y, axis):
    own = DCNetClassifier(axis, **{**QUICK, "epochs": 1}, mixtures=2).fit(X, y)
    assert own.classes_.tolist() == ["PE", "PE + PET", "PE + PS", "PET", "PET + PS", "PS"]
    assert own.model_.knows_mixtures
    # Columns are in the order of the classes, not of the model.
    values = own.model_.domain.class_var.values
    np.testing.assert_array_equal(
        own.predict_proba(X)[:, 1],
        own.model_.predict(own.model_.grid_spectra(own._table(X)))[1][
            :, values.index("PE + PET")])
    with pytest.raises(ValueError, match="Weights cannot be used"):
        own.fit(X, y, sample_weight=np.arange(1, len(y) + 1))
    # Equal weights are none.
    assert own.fit(X, y, sample_weight=np.full(len(y), 2.)).classes_.size == 6


def test_combinations_as_labels(X, y, axis):
    own = DCNetClassifier(axis, **QUICK).fit(X, np.where(y == "PS", "PE + PET", y))
    assert own.model_.knows_mixtures and own.model_.components == ("PE", "PET")


def test_weights(X, y, axis, fitted):
    """Weight 0 leaves out, weight 1 changes nothing, other weights do."""
    def fit(**given):
        return DCNetClassifier(axis, **QUICK).fit(X, y, **given).predict_proba(X)

    some = np.arange(len(y)) % 3 > 0
    np.testing.assert_array_equal(
        fit(sample_weight=some),
        DCNetClassifier(axis, **QUICK).fit(X[some], y[some]).predict_proba(X))
    np.testing.assert_array_equal(fit(sample_weight=np.ones(len(y))), fitted.predict_proba(X))
    heavy = fit(sample_weight=np.where(y == "PS", 30, 1))
    assert heavy[:, 2].mean() > fitted.predict_proba(X)[:, 2].mean()
    for weights, text in ((np.zeros(len(y)), "zero"), (-np.ones(len(y)), "negative")):
        with pytest.raises(ValueError, match=text):
            fit(sample_weight=weights)


def test_missing_values(fitted, X):
    gaps = X.copy()
    gaps[:, 100:104] = np.nan
    found = fitted.predict_proba(gaps)
    assert np.isfinite(found).all()
    assert np.abs(found - fitted.predict_proba(X)).max() < .2
    gaps[3] = np.nan
    gaps[7] = 1
    with pytest.raises(ValueError, match=r"2 of 48 spectra cannot be predicted \(rows 3, 7, "):
        fitted.predict(gaps)
    gaps[9, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        fitted.predict(gaps)


def test_what_it_cannot_learn_from(X, y, axis):
    def refused(text, X=X, y=y, **settings):
        with pytest.raises(ValueError, match=text):
            DCNetClassifier(**{"wavenumbers": axis, **QUICK, **settings}).fit(X, y)

    refused("wavenumbers=", wavenumbers=None)
    refused("wavenumbers=", X=pd.DataFrame(X, columns=[f"x{i}" for i in range(len(axis))]),
            wavenumbers=None)
    refused("numbered 0, 1, 2", X=pd.DataFrame(X), wavenumbers=None)
    refused("finite wavenumbers are needed", wavenumbers=axis[1:])
    refused("finite wavenumbers are needed", wavenumbers=[np.nan, *axis[1:]])
    refused("more than one column", wavenumbers=[axis[1], *axis[1:]])
    refused("micrometres", wavenumbers=np.linspace(2.5, 25, len(axis)))
    refused("too few", X=X[:, :5], wavenumbers=axis[:5])
    refused("1 class", y=np.full(len(y), "PE"))
    refused("Unknown label type", y=np.linspace(0, 1, len(y)))
    refused("Kernel sizes must be odd", kernels=(4,))
    refused("Attention 'much'", attention="much")


def test_before_it_is_trained(X, axis):
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(DCNetClassifier(axis), method)(X)


def test_other_number_of_columns(fitted, X):
    with pytest.raises(ValueError, match="features"):
        fitted.predict(X[:, 1:])


def test_pickles(fitted, X):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.model_.network.config == fitted.model_.network.config


def test_clones(axis):
    own = DCNetClassifier(axis, epochs=7, widths=(4, 8), random_state=3)
    again = clone(own)
    params, others = own.get_params(), again.get_params()
    np.testing.assert_array_equal(params.pop("wavenumbers"), others.pop("wavenumbers"))
    assert params == others and not hasattr(clone(own), "model_")


@pytest.mark.parametrize("step", [
    FunctionTransformer(snv, validate=True, feature_names_out="one-to-one"), StandardScaler()],
    ids=["snv", "StandardScaler"])
def test_in_a_pipeline(X, y, axis, step):
    pipeline = make_pipeline(step, DCNetClassifier(axis, **QUICK))
    assert cross_val_score(pipeline, X, y, cv=2).min() > .8
    frame = pd.DataFrame(X, columns=axis.astype(str))
    named = make_pipeline(clone(step), DCNetClassifier(**QUICK)).set_output(transform="pandas")
    np.testing.assert_array_equal(named.fit(frame, y).predict_proba(frame),
                                  pipeline.fit(X, y).predict_proba(X))


def test_cross_validated_probabilities(X, y, axis):
    found = cross_val_predict(DCNetClassifier(axis, **QUICK), X, y, cv=2, method="predict_proba")
    assert found.shape == (48, 3) and np.unique(y)[found.argmax(axis=1)].tolist() == y.tolist()


def test_grid_search(X, y, axis):
    search = GridSearchCV(DCNetClassifier(axis, **QUICK), {"attention": ["cbam", "none"],
                                                           "networks": [2]}, cv=2)
    search.fit(X, y)
    assert set(search.cv_results_["param_attention"]) == {"cbam", "none"}
    best = search.best_estimator_
    assert len(best.model_.networks) == 2
    assert best.model_.network.config.attention == search.best_params_["attention"]
    assert search.best_score_ > .9


def test_its_model_explains_and_identifies(fitted, data):
    explained = explain_table(fitted.model_, data[::8])
    assert explained.importance.shape[0] == 6
    assert len(decide(fitted.model_.answer(data), Rule())) == len(data)
