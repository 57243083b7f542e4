"""A spectrum drawn as the sum of its components; how well fractions are measured."""
import numpy as np
import pytest

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.amounts import measure_amounts, truth_of
from orangecontrib.microplastics.explanation.amounts import amount_views, amounts_figure
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.simulation import simulate

MATERIALS = ["PE", "PET", "PS"]


@pytest.fixture(scope="module")
def model():
    return DCNetLearner(mixtures=2, epochs=3, step=8)(simulate(MATERIALS, 30))


@pytest.fixture(scope="module")
def pure():
    return simulate(MATERIALS, 12, seed=5)


def test_views_add_up(model, pure, tmp_path):
    mixtures = mix(pure, 40, components=2, pure=False, ratio="derivative", smallest=.3)
    answer = model.answer(mixtures)
    views = amount_views(model, mixtures, answer, range(8))
    assert len(views) == 8
    for i, view in enumerate(views):
        np.testing.assert_allclose(view.curves.sum(axis=0) + view.residual, view.spectrum,
                                   atol=1e-6)
        assert set(view.names) == {name for name, there in zip(
            model.components, answer.named[i], strict=True) if there}
        # Where the fit looks, little is left.
        assert np.abs(view.residual[model.seen]).mean() < .15 * np.ptp(view.spectrum)
        assert f"{view.names[0]} " in view.title
    amounts_figure(views[:2], tmp_path / "a.png", "Two")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="no spectrum"):
        amounts_figure([], tmp_path / "b.png")


def test_nothing_to_show(model, pure):
    empty = pure[:2].copy()
    with empty.unlocked(empty.X):
        empty.X[:] = np.nan
    assert amount_views(model, empty, model.answer(empty), range(2)) == []
    single = DCNetLearner(mixtures=1, epochs=1, step=8)(pure)
    assert amount_views(single, pure, single.answer(pure), range(2)) == []
    assert all(np.isnan(value) for value in measure_amounts(single, mix(pure, 10)).values())


def test_measured_on_its_own_scale(model, pure):
    mixtures = mix(pure, 120, ratio="derivative", smallest=.2)
    own, other = (measure_amounts(model, mixtures, ratio) for ratio in ("derivative", "absorbance"))
    assert own["error"] < .05 < other["error"] + .05
    assert own["error"] < other["error"]
    assert own["error where present"] >= own["error"]
    assert .7 < own["coverage"] <= 1
    truth = truth_of(mixtures, ("PS", "PVC", "PE"))
    np.testing.assert_array_equal(truth[:, 1], 0)
    np.testing.assert_allclose(truth[:, 0], mixtures.get_column("fraction PS"))
