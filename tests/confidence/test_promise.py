"""Thresholds that keep a promise."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.promise import (
    FEWEST,
    KeptAside,
    refusing_at_most,
    unlike,
    wrong_at_most,
)


@pytest.mark.parametrize("n, share", [(40, .05), (99, .05), (200, .1), (25, .2)])
def test_refused_at_most(n, share):
    """Over many draws the mean share of further spectra that are refused keeps the promise, and
    is not far below it (1 / (n + 1) at most)."""
    rng = np.random.default_rng(0)
    refused = []
    for _ in range(4000):
        scores = rng.beta(5, 1, n + 1)
        refused.append(scores[-1] < refusing_at_most(scores[:-1], share))
    error = 3 * np.sqrt(share * (1 - share) / 4000)
    assert share - 1 / (n + 1) - error < np.mean(refused) < share + error


def test_when_it_cannot_be_kept():
    scores = np.linspace(0, 1, 100)
    assert refusing_at_most(scores[:FEWEST - 1], .5) is None, "too few"
    assert refusing_at_most(scores[:30], .01) is None, "only by refusing none"
    scores[:10] = -np.inf
    assert refusing_at_most(scores, .05) is None, "more are refused anyway"
    assert refusing_at_most(scores, .2) == pytest.approx(np.sort(scores)[19])


def test_wrong_at_most():
    """In 95 of 100 draws at most the promised share of accepted spectra is wrong."""
    rng = np.random.default_rng(1)

    def draw(n):
        right = rng.random(n) < .9
        return np.where(right, rng.beta(6, 1.5, n), rng.beta(2, 2, n)), right

    truth = draw(200_000)
    broken, found = 0, 0
    for _ in range(300):
        threshold = wrong_at_most(*draw(600), .05)
        if threshold is None:
            continue
        found += 1
        accepted = truth[0] >= threshold
        broken += (~truth[1][accepted]).mean() > .05
    assert found > 200
    assert broken <= .05 * 300 + 3 * np.sqrt(.05 * .95 * 300)


def test_wrong_at_most_needs_enough_spectra():
    right = np.ones(400, bool)
    scores = np.linspace(0, 1, 400)
    assert wrong_at_most(scores[:298], right[:298], .01) is None
    assert wrong_at_most(scores[:299], right[:299], .01) == 0
    assert wrong_at_most(scores, ~right, .05) is None
    assert wrong_at_most(np.full(400, -np.inf), right, .05) is None


def test_equal_scores_are_accepted_together():
    scores = np.repeat([.9, .5], 100)
    right = np.ones(200, bool)
    right[120:] = False
    assert wrong_at_most(scores, right, .05) == .9


def test_unlike():
    rng = np.random.default_rng(0)
    assert not unlike(rng.beta(8, 2, 300), rng.beta(8, 2, 200))
    assert unlike(rng.beta(8, 2, 300), rng.beta(3, 2, 200))
    assert not unlike(rng.beta(8, 2, 300), rng.beta(3, 2, FEWEST - 1)), "too few to say"


def test_nothing():
    none = KeptAside.nothing()
    assert len(none.right) == 0 and none.right.dtype == bool
