"""Random distortions: effect of each, and reproducibility."""
import dataclasses

import numpy as np
import pytest
import torch

from orangecontrib.microplastics.config import Augmentation
from orangecontrib.microplastics.nn.augmentation import Augmenter, standardised

AXIS = np.arange(700, 3901, 4.)
NOTHING = Augmentation.scaled(0)


def augmenter(seed=0, axis=AXIS, **strengths):
    return Augmenter(dataclasses.replace(NOTHING, **strengths), axis,
                     torch.Generator().manual_seed(seed))


def spectra(n=64, axis=AXIS):
    """Two bands over a weak slope, minimum 0 and rms 1."""
    bands = np.exp(-((axis - 1700) / 20) ** 2) + .5 * np.exp(-((axis - 2900) / 40) ** 2)
    x = torch.tensor(bands + 1e-4 * (axis - 700), dtype=torch.float32)
    return standardised(x.repeat(n, 1))


def at(wavenumber):
    return int(np.argmin(np.abs(AXIS - wavenumber)))


def test_standardised():
    x = torch.rand(5, 100, generator=torch.Generator().manual_seed(0)) * 7 - 30
    out = standardised(x)
    torch.testing.assert_close(out.amin(1), torch.zeros(5))
    torch.testing.assert_close(out.square().mean(1), torch.ones(5))
    assert torch.isfinite(standardised(torch.full((2, 100), 3.))).all()


def test_strength_zero_changes_nothing():
    x = spectra()
    torch.testing.assert_close(augmenter()(x), x)


def test_input_is_left_alone():
    x = spectra()
    before = x.clone()
    Augmenter(Augmentation(), AXIS, torch.Generator().manual_seed(0))(x)
    assert torch.equal(x, before)


def test_repeatable_and_from_its_generator_alone():
    state = torch.get_rng_state()
    full = dataclasses.asdict(Augmentation())
    a, b, c = (augmenter(seed, **full)(spectra()) for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Augmentation)])
def test_each_changes_something_and_rows_differ(name):
    strength = getattr(Augmentation(), name)
    x = spectra(200)
    out = augmenter(**{name: strength})(x)
    assert out.shape == x.shape and torch.isfinite(out).all()
    changed = (out - x).abs().amax(1) > 1e-4
    assert changed.any()
    assert len(torch.unique(out[changed], dim=0)) > 1


def test_co2_stays_at_its_place():
    moved = (augmenter(co2=1)(spectra(200)) - spectra(200)).abs().amax(0).numpy()
    assert moved[at(2350)] > .1
    assert moved[:at(2250)].max() < 1e-3 and moved[at(2450):].max() < 1e-3


def test_vapour_comes_at_its_lines():
    moved = (augmenter(vapour=1)(spectra(200)) - spectra(200)).abs().mean(0).numpy()
    assert moved[at(1653)] > 5 * moved[at(1597)]
    assert moved[at(2000):at(3500)].max() < 1e-3


def test_hydroxyl_only_adds():
    difference = (augmenter(hydroxyl=1)(spectra(300)) - spectra(300)).numpy()
    assert difference.min() > -1e-5
    touched = difference.max(axis=1) > 1e-4
    assert .2 < touched.mean() < .4
    assert abs(AXIS[difference[touched].mean(axis=0).argmax()] - 3350) < 100


def test_gain_keeps_what_is_zero():
    x = spectra()
    zero = x[0] == 0
    out = augmenter(gain=.5, slope=.3, power=.25)(x)
    assert (out[:, zero] == 0).all()
    assert (out >= 0).all()


def test_noise_has_the_size_asked_for():
    difference = augmenter(noise=.5)(spectra(500)) - spectra(500)
    deviation = difference.std(1)
    # .5 x U(0, 1) each.
    assert abs(deviation.mean() - .25) < .02
    assert deviation.max() < .55 and deviation.min() < .05


def test_cut_sets_one_stretch_to_the_mean():
    x = spectra(200)
    out = augmenter(cut=60)(x)
    cut = (out != x)
    edges = (cut[:, 1:] != cut[:, :-1]).sum(1)
    assert (edges <= 2).all()
    assert 9 <= int(cut.sum(1).float().median()) <= 60 and cut.sum(1).max() <= 61
    torch.testing.assert_close(out[cut], x.mean(1, keepdim=True).expand_as(x)[cut])


@pytest.mark.parametrize("axis", [np.arange(1000, 1800, 4.), np.arange(500, 540, 2.),
                                  np.linspace(2000, 2100, 12)])
def test_other_axes(axis):
    """Axes that exclude CO2 or water lines, or are too short for a cut, work as well."""
    out = augmenter(axis=axis, **dataclasses.asdict(Augmentation()))(spectra(20, axis))
    assert out.shape == (20, len(axis)) and torch.isfinite(out).all()


def test_scaled():
    half = Augmentation.scaled(.5)
    assert half.baseline == Augmentation().baseline / 2
    assert half.cut == 15 and isinstance(half.cut, int)
    assert Augmentation.scaled(1) == Augmentation()
