"""The simulated image of a filter."""
import numpy as np
import pytest

from orangecontrib.microplastics.simulation.filter_image import FILTER, simulate_filter


def names_of(image):
    return np.array(image.domain.class_var.values)[image.Y.astype(int)]


def test_pixels_are_a_full_image_and_reproducible():
    image = simulate_filter(size=48, particles=1, seed=3)
    x, y = (image.get_column(name).astype(float) for name in ("map_x", "map_y"))
    assert len(set(zip(x, y, strict=True))) == 48 ** 2 and x.max() == y.max() == 47 * 6.25
    np.testing.assert_array_equal(image.X, simulate_filter(size=48, particles=1, seed=3).X)
    assert not np.array_equal(image.X, simulate_filter(size=48, particles=1, seed=4).X)


def test_particles_of_each_polymer_and_sand_lie_on_a_filter():
    image = simulate_filter(["PE", "PS"], size=64, particles=2)
    names = names_of(image)
    assert set(names) <= {"PE", "PS", "Quartz", FILTER} and {"PE", "PS"} <= set(names)
    assert (names == FILTER).mean() > .5


def test_particles_show_their_bands_over_the_filter():
    image = simulate_filter(["PS"], size=48, particles=3, noise=0.)
    names = names_of(image)
    at = np.argmin(abs(np.array([float(a.name) for a in image.domain.attributes]) - 700))
    band = image.X[:, at]
    assert np.median(band[names == "PS"]) > np.quantile(band[names == FILTER], .95)


def test_settings_of_the_polymers_apply():
    fresh = simulate_filter("PE", size=48, particles=2, seed=1)
    aged = simulate_filter("PE", size=48, particles=2, seed=1, weathering=1.)
    at = np.argmin(abs(np.array([float(a.name) for a in fresh.domain.attributes]) - 1713))
    np.testing.assert_array_equal(names_of(fresh), names_of(aged))
    inside = names_of(fresh) == "PE"
    assert (aged.X - fresh.X)[inside, at].mean() > .01


@pytest.mark.parametrize("settings", [{"size": 16}, {"particles": 0}, {"polymers": ["nonsense"]},
                                      {"size": 32, "particles": 200}])
def test_what_cannot_be_is_refused(settings):
    with pytest.raises(ValueError):
        simulate_filter(**settings)


def test_names_mean_what_they_mean_in_simulate():
    table = simulate_filter(["cellulose", "PE", "polyethylene"], size=48, particles=1)
    assert table.domain.class_var.values[:2] == ("CE", "PE")
