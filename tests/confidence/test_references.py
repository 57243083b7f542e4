"""References of a model, and library search in them."""
import numpy as np

from orangecontrib.microplastics.confidence.references import (
    HITS,
    References,
    choose,
    search,
)
from orangecontrib.microplastics.spectra.preprocess import shapes

PART = np.ones(200, bool)


def random_spectra(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.standard_normal((n, 200)), axis=1)


def test_each_study_gets_its_places():
    X = random_spectra(300)
    studies = np.array(["large"] * 290 + ["small"] * 10)
    rows = choose(X, np.zeros(300, int), PART, studies, most=20)
    assert len(rows) <= 20 and (studies[rows] == "small").sum() >= 3
    np.testing.assert_array_equal(rows, choose(X, np.zeros(300, int), PART, studies, most=20))
    few = choose(X[:7], np.array([0] * 4 + [1] * 3), PART)
    np.testing.assert_array_equal(few, np.arange(7))


def test_clusters_are_represented():
    """Of repeats of three spectra, each is chosen."""
    X = np.repeat(random_spectra(3), 50, axis=0)
    X += .01 * random_spectra(150, 1)
    rows = choose(X, np.zeros(150, int), PART, most=6)
    assert set(rows // 50) == {0, 1, 2}


def test_search_is_correlation():
    S, R = shapes(random_spectra(9), PART), shapes(random_spectra(30, 1), PART)
    which = np.arange(30) % 4
    found = search(S, R, which, 5)
    r = np.array([[np.corrcoef(s, t)[0, 1] for t in R] for s in S])
    np.testing.assert_array_equal(found.rows, np.argsort(-r, axis=1)[:, :HITS])
    np.testing.assert_allclose(found.quality, -np.sort(-r, axis=1)[:, :HITS], atol=1e-5)
    for material in range(4):
        own = np.flatnonzero(which == material)
        np.testing.assert_array_equal(found.nearest[:, material], own[r[:, own].argmax(axis=1)])
    assert (found.nearest[:, 4] == -1).all() and np.isneginf(found.similarity[:, 4]).all()


def test_only_what_was_measured_is_compared():
    X, R = random_spectra(2), random_spectra(8, 1)
    inside = np.ones((2, 200), bool)
    inside[1, :80] = False
    S, T = shapes(X, PART), shapes(R, PART)
    found = search(S, T, np.zeros(8, int), 1, inside)
    r = np.array([np.corrcoef(S[1, 80:], t[80:])[0, 1] for t in T])
    np.testing.assert_array_equal(found.rows[1], np.argsort(-r)[:HITS])
    np.testing.assert_array_equal(found.rows[0], search(S[:1], T, np.zeros(8, int), 1).rows[0])


def test_few_references_and_none():
    S = shapes(random_spectra(3), PART)
    found = search(S, S[:2], np.zeros(2, int), 1)
    assert (found.rows[:, 2:] == -1).all() and np.isnan(found.quality[:, 2:]).all()
    assert (found.rows[:, :2] >= 0).all()
    none = search(S, S[:0], np.zeros(0, int), 0)
    assert (none.rows == -1).all() and none.nearest.shape == (3, 0)


def test_joined():
    first = References(np.zeros((1, 200), np.float32), ("PE",), np.array([0]), ("a",), ("A",))
    both = first.joined(random_spectra(2), ["Wax", "PE"], ["b", "c"], ["", "B"])
    assert both.materials == ("PE", "Wax")
    np.testing.assert_array_equal(both.which, [0, 1, 0])
    np.testing.assert_allclose(both.X[1:].max(axis=1), 1)
    assert [both.title(i) for i in range(3)] == ["PE, a (A)", "Wax, b", "PE, c (B)"]
