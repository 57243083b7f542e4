"""Fractions of mass."""
import numpy as np
import pytest

from orangecontrib.microplastics.fractions.mass import absorptivities_of, by_mass

MATERIALS = ("CE", "PA", "PET")
A = {"CE": .5, "PA": 1., "PET": 2.}


def signal(masses):
    weights = masses * [A[name] for name in MATERIALS]
    return weights / weights.sum(axis=1, keepdims=True)


def test_mass_of_signal():
    masses = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    f = signal(masses)
    found, low, high = by_mass(f, f - .01, f + .01, MATERIALS, A)
    np.testing.assert_allclose(found, masses)
    assert (low < found).all() and (found < high).all()
    # Without absorptivities, and with equal ones, mass is signal.
    for equal in ({}, dict.fromkeys(MATERIALS, 3.)):
        for one, other in zip(by_mass(f, f, f, MATERIALS, equal), (f, f, f), strict=True):
            np.testing.assert_allclose(one, other)


def test_ends_are_those_of_the_other_component():
    f = np.array([[.3, np.nan, .7], [1, np.nan, np.nan]])
    low, high = np.array([[.2, np.nan, .6], [1, np.nan, np.nan]]), np.array(
        [[.4, np.nan, .8], [1, np.nan, np.nan]])
    found, lower, upper = by_mass(f, low, high, MATERIALS, A)
    np.testing.assert_allclose(lower[0, 0] + upper[0, 2], 1)
    np.testing.assert_allclose(upper[0, 0] + lower[0, 2], 1)
    np.testing.assert_allclose(found[0, [0, 2]], [.6 / .95, .35 / .95])
    np.testing.assert_array_equal(found[1], [1, np.nan, np.nan])
    np.testing.assert_array_equal(lower[1], [1, np.nan, np.nan])


def test_calibrated_with_blends():
    rng = np.random.default_rng(1)
    masses = np.zeros((40, 3))
    for row in masses:
        i, j = rng.choice(3, 2, replace=False)
        row[i] = rng.uniform(.1, .9)
        row[j] = 1 - row[i]
    found = absorptivities_of(signal(masses), masses, MATERIALS)
    for name, value in found.items():
        assert value == pytest.approx(A[name])  # their geometric mean is 1
    # Errors of single blends do not count for much.
    noisy = signal(masses)
    noisy[0] = noisy[0][::-1]
    for name, value in absorptivities_of(noisy, masses, MATERIALS).items():
        assert value == pytest.approx(A[name], rel=.1)


def test_only_blends_tell():
    pure = np.eye(3)
    assert absorptivities_of(pure, pure, MATERIALS) == {}
    # A material that was not found tells nothing about it.
    f = np.array([[.5, np.nan, .5]])
    assert set(absorptivities_of(f, np.array([[.3, .3, .4]]), MATERIALS)) == {"CE", "PET"}
