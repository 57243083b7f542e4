"""Rows of products that do not depend on each other."""
import numpy as np
import pytest

from orangecontrib.microplastics.utils.rowwise import times


@pytest.mark.parametrize("n", [0, 1, 5, 64, 200])
def test_products(n):
    rng = np.random.default_rng(n)
    A, B = rng.normal(size=(n, 7)), rng.normal(size=(7, 4))
    found = times(A, B)
    assert found.shape == (n, 4)
    np.testing.assert_allclose(found, A @ B, atol=1e-6)


def test_as_exact_as_single_precision():
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(200, 801)).astype(np.float32), rng.normal(size=(801, 50))
    A[::2] *= 1e-12
    exact = A.astype(np.longdouble) @ B.astype(np.longdouble)
    lengths = np.linalg.norm(A.astype(float), axis=1)[:, None] * np.linalg.norm(B, axis=0)
    assert (np.abs(times(A, B) - exact) / lengths).max() < np.finfo(np.float32).eps
    assert times(A, B.astype(np.float32)).dtype == np.float32


def test_nothing_and_missing_values_stay_in_their_row():
    A = np.ones((3, 4))
    A[0], A[1, 2] = 0, np.nan
    found = times(A, np.ones((4, 2)))
    np.testing.assert_array_equal(found[0], 0)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[2], 4)


@pytest.mark.parametrize("dtype", [float, np.float32])
def test_rows_are_the_same_among_others(dtype):
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(500, 801)).astype(dtype), rng.normal(size=(801, 333)).astype(dtype)
    whole = times(A, B)
    for rows in (slice(0, 1), slice(3, 10), slice(77, 300), rng.permutation(500)[:130]):
        np.testing.assert_array_equal(times(A[rows], B), whole[rows])
    # Order in memory does not matter either.
    np.testing.assert_array_equal(times(np.asfortranarray(A), B), whole)
