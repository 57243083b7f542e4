import numpy as np
import pytest

from orangecontrib.microplastics.spectra.units import (
    looks_like_transmittance,
    to_absorbance,
    transmittance_rows,
)


@pytest.fixture
def absorbance():
    rng = np.random.default_rng(0)
    axis = np.linspace(600, 4000, 500)
    bands = rng.uniform(650, 3950, (20, 8, 1))
    heights = rng.uniform(.1, 1, (20, 8, 1))
    spectra = (heights * np.exp(-.5 * ((axis - bands) / 20) ** 2)).sum(axis=1)
    return spectra + .02 + rng.normal(0, .002, spectra.shape)


def test_absorbance_is_not_taken_for_transmittance(absorbance):
    for scale in (.01, 1, 100):
        assert not transmittance_rows(absorbance * scale).any()
    # Standardised and min-max scaled spectra are not transmittance either.
    centred = absorbance - absorbance.mean(axis=1, keepdims=True)
    assert not looks_like_transmittance(centred)
    assert not looks_like_transmittance(centred / centred.std(axis=1, keepdims=True))


def test_transmittance_is_noticed_in_either_unit(absorbance):
    assert transmittance_rows(10 ** -absorbance).all()
    assert transmittance_rows(100 * 10 ** -absorbance).all()


def test_missing_values_do_not_hide_it(absorbance):
    transmittance = 10 ** -absorbance
    transmittance[:, :100] = np.nan
    transmittance[3] = np.nan
    assert looks_like_transmittance(transmittance)
    assert not transmittance_rows(transmittance)[3]
    assert not looks_like_transmittance(np.full((3, 50), np.nan))
    assert not looks_like_transmittance(np.empty((0, 50)))


def test_majority_decides(absorbance):
    mixed = np.vstack([absorbance, 10 ** -absorbance[:5]])
    assert not looks_like_transmittance(mixed)
    assert transmittance_rows(mixed)[-5:].all()


def test_conversion_returns_the_absorbance(absorbance):
    np.testing.assert_allclose(to_absorbance(10 ** -absorbance), absorbance, atol=1e-12)
    np.testing.assert_allclose(to_absorbance(100 * 10 ** -absorbance), absorbance, atol=1e-12)
    # Whether 2 means 2 % or a transmittance of 2 depends on the arguments.
    assert to_absorbance([[2.]], percent=True)[0, 0] == pytest.approx(1.69897)
    assert to_absorbance([[2.]], percent=False)[0, 0] == pytest.approx(-.30103)


def test_no_light_is_a_finite_absorbance():
    out = to_absorbance([[0., -.01, .5, np.nan, 1.]], percent=False)
    np.testing.assert_allclose(out, [[3, 3, .30103, np.nan, 0]], atol=1e-5)
    with pytest.raises(ValueError, match="above zero"):
        to_absorbance([[1.]], floor=0)
