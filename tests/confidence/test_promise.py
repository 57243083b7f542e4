"""Thresholds that keep a promise."""
import importlib.util

import numpy as np
import pytest
from scipy import stats

from orangecontrib.microplastics.confidence.promise import (
    FEWEST,
    KeptAside,
    refusing_at_most,
    unlike,
    wrong_at_most,
)
from orangecontrib.microplastics.dcnet.answer import Answer


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


@pytest.mark.skipif(not importlib.util.find_spec("crepes"), reason="it comes with the test extra")
@pytest.mark.parametrize("refused_anyway", [0, 3])
def test_refuses_what_crepes_would_leave_out(refused_anyway):
    """The same spectra as its conformal classifier, whose prediction set is then empty."""
    from crepes import ConformalClassifier
    rng = np.random.default_rng(2)
    for n in (20, 37, 100):
        known = np.round(rng.beta(5, 1, n), 2)  # some scores are equal
        known[:refused_anyway] = -np.inf
        new = np.round(rng.beta(3, 1, 500), 2)
        p = ConformalClassifier().fit(-known).predict_p(-new[:, None], smoothing=False)[:, 0]
        for share in (.0499, .1, .2, 1 / 3):
            threshold = refusing_at_most(known, share)
            if threshold is None:
                assert share * (n + 1) < max(1, refused_anyway + 1)
            else:
                np.testing.assert_array_equal(new < threshold, p <= share)


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


@pytest.mark.parametrize("wrong", [.04, .1])
def test_wrong_at_most_where_scores_say_nothing(wrong):
    """With as many wrong names at each score, and more or hardly fewer than allowed, a threshold
    that breaks the promise is found in 5 of 100 draws at most, though hundreds are tried."""
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(400):
        scores = rng.random(400)
        scores[:50] = -np.inf  # refused for another reason
        found += wrong_at_most(scores, rng.random(400) > wrong, wrong * .99) is not None
    assert found <= .05 * 400 + 3 * np.sqrt(.05 * .95 * 400)


def test_wrong_at_most_is_the_lowest_threshold_proven():
    """Against a direct search with the exact binomial test."""
    rng = np.random.default_rng(4)
    several = set()
    for _ in range(30):
        scores = np.round(rng.random(150), 2)
        right = rng.random(150) < .75 + .25 * scores
        expected = None
        for threshold in np.unique(scores)[::-1]:
            accepted = scores >= threshold
            n, k = accepted.sum(), (accepted & ~right).sum()
            if n < np.log(.05) / np.log(1 - .1):
                continue  # not even without a mistake
            if stats.binomtest(int(k), int(n), .1, alternative="less").pvalue > .05:
                break
            expected = threshold
        assert wrong_at_most(scores, right, .1) == expected
        several.add(expected)
    assert len(several) > 10 and None in several


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


def test_kept_aside_of_an_answer():
    """Rows without a prediction take no part."""
    answer = Answer.nothing(4, 2, 2)
    answer.values[1:] = 0
    answer.confidence[:] = np.arange(4) / 10
    answer.agrees[3] = False
    kept = KeptAside.of(answer, np.array([True, True, False, True]))
    np.testing.assert_array_equal(kept.confidence, [.1, .2, .3])
    np.testing.assert_array_equal(kept.agrees, [True, True, False])
    np.testing.assert_array_equal(kept.right, [True, False, True])


def test_nothing():
    none = KeptAside.nothing()
    assert len(none.right) == 0 and none.right.dtype == bool
