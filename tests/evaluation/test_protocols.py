"""Comparisons: figures match their names, and peers get the same input as the network."""
import numpy as np
import pytest
import torch
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from sklearn.tree import DecisionTreeClassifier

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.config import DCNetConfig
from orangecontrib.microplastics.dcnet.learner import REGIONS
from orangecontrib.microplastics.evaluation import protocols
from orangecontrib.microplastics.evaluation.peers import PEERS, PeerLearner, derivative_features
from orangecontrib.microplastics.evaluation.protocols import (
    PLAIN,
    Split,
    fractions,
    measure,
    minor_recall,
    score,
)
from orangecontrib.microplastics.labels.check import REGIONS as LABEL_REGIONS
from orangecontrib.microplastics.mixing.mixer import mix, split_sources
from orangecontrib.microplastics.nn.network import Front
from orangecontrib.microplastics.spectra.axis import wavenumbers

AXIS = np.arange(700, 3901, 8.)
PLACES = {"A": 1000, "B": 1400, "C": 2900}


def pure(each=12):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), each)
    centre = np.array(list(PLACES.values()))[y] + rng.normal(0, 6, len(y))
    X = np.exp(-((AXIS - centre[:, None]) / 40) ** 2) + .02 * rng.random((len(y), len(AXIS)))
    metas = np.array([[f"s{i // 2}"] for i in range(len(y))], object)
    return Table.from_numpy(
        Domain([ContinuousVariable(f"{w:g}") for w in AXIS],
               DiscreteVariable("polymer", tuple(PLACES)), [StringVariable("source")]),
        X, y.astype(float), metas)


@pytest.fixture(scope="module")
def split():
    learn, held = split_sources(pure(), .3, 0)
    return Split("toy", "", mix(learn, 300, seed=0, **PLAIN), mix(held, 120, seed=1, **PLAIN))


class TestInput:
    def test_peers_get_what_the_network_sees(self):
        X = np.random.default_rng(1).random((5, 801)).cumsum(axis=1)
        grid = np.arange(700, 3901, 4.)
        keep = ((0, 288), (500, 601))
        for compression in (0., 1.):
            front = Front(DCNetConfig(801, 2, keep=keep, second_derivative=True,
                                      compression=compression))
            expected = front(torch.from_numpy(X.astype(np.float32))).flatten(1).numpy()
            np.testing.assert_allclose(
                derivative_features(X, grid, compression=compression), expected, atol=5e-3)
        assert REGIONS == LABEL_REGIONS

    def test_derivative_is_savitzky_golay(self):
        from scipy.signal import savgol_filter
        X = np.random.default_rng(2).random((3, 801))
        found = derivative_features(X, np.arange(700, 3901, 4.), None)
        for order in (1, 2):
            expected = savgol_filter(X, 9, 2, deriv=order, axis=1)[:, 4:-4]
            for a, b in zip(found[:, 801 * (order - 1):][:, 4:797], expected, strict=True):
                assert np.corrcoef(a, b)[0, 1] > .9999


class TestMeasures:
    def test_minor_recall_by_hand(self, split):
        test = split.test
        perfect = test.Y.astype(int)
        assert minor_recall(test, perfect) == 1
        values = list(test.domain.class_var.values)
        always_a = np.full(len(test), values.index("A"))
        f = fractions(test)
        assert set(f) == set(PLACES)
        minor = {name: int(((v > 0) & (v < .2)).sum()) for name, v in f.items()}
        assert sum(minor.values()) >= 5
        assert minor_recall(test, always_a) == pytest.approx(
            minor["A"] / sum(minor.values()))

    def test_minor_recall_without_minor_components(self, split):
        data = split.test[[max(v) == 1 for v in zip(*fractions(split.test).values(),
                                                    strict=True)]]
        assert np.isnan(minor_recall(data, data.Y.astype(int)))

    def test_score_by_hand(self, split):
        y = split.test.Y.astype(int)
        wrong = y.copy()
        wrong[y == 0] = 1
        found = score(split.test, wrong)
        assert found["accuracy"] == pytest.approx((y != 0).mean())
        assert found["balanced accuracy"] == pytest.approx(5 / 6)

    def test_measure(self, split):
        kept = {}
        found = measure(PEERS["Random forest"](seed=0), split, repeats=2, keep=kept)
        assert found["accuracy"] == np.mean(kept["values"] == split.test.Y)
        assert found["accuracy"] > .8
        assert found["seconds to fit"] > 0 and found["spectra/s"] > 0
        assert kept["probabilities"].shape == (120, 6)


class TestPeers:
    @pytest.mark.parametrize("name", PEERS)
    def test_learns(self, split, name):
        model = PEERS[name](seed=0)(split.train)
        values, probabilities = model(split.test, model.ValueProbs)
        assert np.mean(values == split.test.Y) > .75
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        np.testing.assert_array_equal(probabilities.argmax(axis=1), values)

    def test_class_without_examples(self, split):
        train = split.train[split.train.Y != 2]
        for name in ("SVM", "Random forest"):
            model = PEERS[name](seed=0)(train)
            values, probabilities = model(split.test, model.ValueProbs)
            assert probabilities.shape[1] == 6
            assert (probabilities[:, 2] == 0).all() and not (values == 2).any()

    def test_two_classes(self, split):
        train = split.train[split.train.Y < 2]
        model = PEERS["SVM"](seed=0)(train)
        assert set(model(train)) == {0, 1}

    def test_seed_reaches_the_classifier(self, split):
        seeds = []
        PeerLearner(lambda s: seeds.append(s) or DecisionTreeClassifier(), "tree", 7)(split.train)
        assert seeds == [7]


@pytest.mark.skipif(not all(map(datasets.is_available, (protocols.V, protocols.F, protocols.K,
                                                        protocols.J))),
                    reason="the published spectra are not on this computer")
class TestPublished:
    def test_sources_are_not_shared(self):
        for make in (protocols.p1, protocols.p2):
            split = make(0, train=300, test=150)
            sources = [{s for text in part.get_column("sources") for s in text.split(" + ")}
                       for part in (split.train, split.test)]
            assert sources[0] and not sources[0] & sources[1]
            assert len(split.train) == 300 and len(split.test) == 150
            assert split.train.domain.class_var == split.test.domain.class_var
            assert len(split.train.domain.class_var.values) == 15

    def test_grid(self):
        data = protocols.pure((protocols.F,), protocols.FIVE)
        np.testing.assert_allclose(wavenumbers(data.domain), np.arange(700, 3901, 4))
        assert data.domain.class_var.values == protocols.FIVE

    def test_seeds(self):
        a, b, c = (protocols.p1(s, train=60, test=60).train.X for s in (0, 0, 1))
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)

    def test_doubtful_by_set(self):
        F, K = protocols.F, protocols.K
        kept = protocols.pure((F, K), protocols.FIVE, doubtful={F: "keep"})
        dropped = protocols.pure((F, K), protocols.FIVE)
        assert len(kept) > len(dropped)
