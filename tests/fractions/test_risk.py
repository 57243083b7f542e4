"""The promise about parts that are overlooked."""
import numpy as np
import pytest

from orangecontrib.microplastics.fractions.risk import (
    FEWEST,
    PartsAside,
    false_parts,
    missing_at_most,
    overlooked,
)


def drawn(n, rng, materials=4):
    """Mixtures of two, whose parts are the harder to see the smaller they are."""
    fractions = np.zeros((n, materials), np.float32)
    for row in fractions:
        i, j = rng.choice(materials, 2, replace=False)
        row[i] = rng.uniform(.1, .9)
        row[j] = 1 - row[i]
    strength = rng.normal(size=fractions.shape) + np.where(fractions > 0, 1 + 4 * fractions, -1.5)
    detected = 1 / (1 + np.exp(-strength))
    of_class = detected >= .9
    return PartsAside(fractions, detected.astype(np.float32), of_class)


@pytest.mark.parametrize("share", [.05, .1, .3])
def test_the_promise_is_kept(share):
    """On average over draws, and it is not kept by naming everything."""
    rng = np.random.default_rng(3)
    missed, named = [], []
    for _ in range(200):
        threshold = missing_at_most(drawn(60, rng), share)
        new = drawn(60, rng)
        missed.append(overlooked(new, threshold))
        named.append(false_parts(new, threshold))
    error = np.std(missed) / np.sqrt(len(missed))
    assert np.mean(missed) <= share + 2 * error
    assert np.mean(missed) > .5 * share
    assert np.mean(named) < 1.5


def test_it_is_the_highest_threshold_that_keeps_it():
    parts = drawn(100, np.random.default_rng(0))
    n, share = 100, .1
    found = missing_at_most(parts, share)
    assert (n * overlooked(parts, found) + 1) / (n + 1) <= share
    higher = np.unique(parts.detected[parts.fractions >= .1])
    higher = higher[higher > found]
    assert all((n * overlooked(parts, h) + 1) / (n + 1) > share for h in higher)


def test_what_counts():
    parts = PartsAside(np.array([[.95, .05, 0], [.5, .5, 0]], np.float32),
                       np.array([[.9, .1, .4], [.2, .6, 0]], np.float32),
                       np.array([[True, False, False], [False, False, False]]))
    # Less than 10 % does not count; parts of the class are named whatever their presence.
    assert overlooked(parts, .95) == .5
    assert overlooked(parts, .5) == .25
    assert overlooked(parts, .1) == 0
    assert false_parts(parts, .95) == 0 and false_parts(parts, .4) == .5


def test_too_few():
    rng = np.random.default_rng(0)
    assert missing_at_most(PartsAside.nothing(3), .5) is None
    assert missing_at_most(drawn(FEWEST - 1, rng), .5) is None
    # 1 % takes 99 mixtures even if nothing is overlooked.
    assert missing_at_most(drawn(98, rng), .01) is None
    parts = drawn(99, rng)
    assert overlooked(parts, missing_at_most(parts, .01)) == 0
