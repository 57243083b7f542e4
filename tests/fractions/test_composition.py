"""Components: what is named, two witnesses, fractions."""
import numpy as np
import pytest

from orangecontrib.microplastics.fractions.calibration import Quality, quality_of
from orangecontrib.microplastics.fractions.composition import DETECT, Composer, named
from orangecontrib.microplastics.fractions.fit import MOST
from tests.fractions.conftest import GRID, MATERIALS, PART, mixtures_of


@pytest.fixture(scope="module")
def composer(known):
    return Composer(MATERIALS, known, GRID, PART, quality_of(known, GRID, PART))


def test_named():
    of_class = np.array([[True, False, False], [True, True, False], [False, False, False]])
    presence = np.array([[.9, DETECT, DETECT - .01], [.1, .1, .1], [.2, .9, .3]])
    np.testing.assert_array_equal(named(of_class, presence), [
        [True, True, False], [True, True, False], [False, True, False]])
    np.testing.assert_array_equal(named(of_class, presence, .05), np.ones((3, 3), bool))
    assert (named(of_class, presence, 2) == of_class).all()


def test_not_more_than_can_be_fitted():
    presence = np.linspace(.5, .9, 6)[None]
    of_class = np.array([[True] + [False] * 5])
    there = named(of_class, presence)
    # The class first, then the most probable.
    np.testing.assert_array_equal(there, [[True, False, False, True, True, True]])
    assert there.sum() == MOST
    # A class of more stays as it is.
    assert named(np.ones((1, 6), bool), presence).all()


def test_composition(composer, others):
    mixed, truth = mixtures_of(others, 120, components=(1, 2, 3), smallest=.15)
    there = truth > 0
    found = composer(mixed.X, there)
    assert (np.isfinite(found.fractions) == there).all()
    np.testing.assert_allclose(np.nansum(found.fractions, axis=1), 1, atol=1e-6)
    assert np.nanmean(np.abs(found.fractions - truth)) < .05
    mixtures = there.sum(axis=1) > 1
    # Each component of a mixture is tested; of single materials, at most one that is not named.
    assert np.isfinite(found.evidence[mixtures][there[mixtures]]).all()
    assert (np.isfinite(found.evidence[~mixtures]).sum(axis=1) <= 1).all()
    assert np.isnan(found.evidence[~mixtures][there[~mixtures]]).all()
    assert (found.evidence[mixtures][there[mixtures]] > 1).mean() > .8


def test_the_second_witness(composer, others):
    """A material that is named but absent; one that is there but not named."""
    mixed, truth = mixtures_of(others, 60, components=1)
    pure = truth.argmax(axis=1)
    wrong = truth > 0
    wrong[np.arange(60), (pure + 1) % 4] = True
    found = composer(mixed.X, wrong)
    assert (found.evidence[np.arange(60), (pure + 1) % 4] > 1).mean() < .15
    assert np.median(found.fractions[np.arange(60), (pure + 1) % 4]) < .15
    mixed, truth = mixtures_of(others, 60, components=2, pure=False, smallest=.3)
    alone = truth == truth.max(axis=1, keepdims=True)
    found = composer(mixed.X, alone)
    other = np.where(alone, 0, truth).argmax(axis=1)
    assert (np.nan_to_num(found.evidence[np.arange(60), other]) > 1).mean() > .8
    # It is not named, so the named material has all.
    assert (found.fractions[alone] == 1).all()


def test_nothing_to_fit(known, composer, others):
    found = composer(others.X[:2], np.zeros((2, 4), bool))
    assert all(np.isnan(values).all() for values in found)
    with pytest.raises(ValueError, match="PVC"):
        Composer((*MATERIALS, "PVC"), known, GRID, PART, Quality.unknown(5))


def test_without_measured_quality(known, others):
    """Fractions, but neither intervals nor a test."""
    plain = Composer(MATERIALS, known, GRID, PART, Quality.unknown(4))
    mixed, truth = mixtures_of(others, 10, components=2, pure=False)
    found = plain(mixed.X, truth > 0)
    assert np.isfinite(found.fractions[truth > 0]).all()
    assert np.isnan(found.low).all() and np.isnan(found.evidence).all()


def test_some_materials_in_another_order(known, others):
    some = Composer(("PS", "PE"), known, GRID, PART, Quality.unknown(2))
    mixed, truth = mixtures_of(others, 60, components=2, pure=False)
    rows = (truth[:, [0, 3]] > 0).all(axis=1)
    found = some(mixed.X[rows], np.ones((rows.sum(), 2), bool))
    assert rows.sum() > 5
    assert np.abs(found.fractions - truth[rows][:, [3, 0]]).mean() < .06
