"""Groups of equal rows."""
import numpy as np
import pytest

from orangecontrib.microplastics.utils.patterns import groups


@pytest.mark.parametrize("n, m, kinds", [(0, 5, 1), (1, 5, 1), (7, 3, 1), (200, 13, 5), (64, 1, 2)])
def test_groups(n, m, kinds):
    rng = np.random.default_rng(n)
    patterns = rng.random((kinds, m)) < .5
    mask = patterns[rng.integers(0, kinds, n)]
    found = groups(mask)
    assert sorted(np.concatenate([rows for _, rows in found]) if found else []) == list(range(n))
    for pattern, rows in found:
        assert (mask[rows] == pattern).all() and (np.diff(rows) > 0).all()
    assert len(found) == len(np.unique(mask, axis=0))
