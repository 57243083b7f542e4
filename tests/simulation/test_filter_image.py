"""The simulated image of a filter."""
import numpy as np
import pytest

from orangecontrib.microplastics.simulation.filter_image import simulate_filter


def test_pixels_are_a_full_image_and_reproducible():
    image = simulate_filter(size=12, particles=1, seed=3)
    x, y = (image.get_column(name).astype(float) for name in ("map_x", "map_y"))
    assert len(set(zip(x, y, strict=True))) == 144 and x.max() == y.max() == 11
    np.testing.assert_array_equal(image.X, simulate_filter(size=12, particles=1, seed=3).X)
    assert not np.array_equal(image.X, simulate_filter(size=12, particles=1, seed=4).X)


def test_particles_lie_on_a_filter():
    image = simulate_filter(["PE", "PS"], size=24, particles=2, noise=0.)
    names = np.array(image.domain.class_var.values)[image.Y.astype(int)]
    assert set(names) == {"PE", "PS", "CE"}
    assert (names == "CE").mean() > .5
    # A particle is one connected stretch in each row it crosses, and of one source.
    sources = image.get_column("source")
    assert len(set(sources[names == "PE"])) <= 2


def test_edges_are_mixtures():
    image = simulate_filter(["PS"], size=24, particles=1, noise=0.)
    ring = image.X[:, np.argmin(abs(np.array(
        [float(a.name) for a in image.domain.attributes]) - 697))]
    bare, full = ring.min(), ring.max()
    between = (ring > bare + .2 * (full - bare)) & (ring < bare + .8 * (full - bare))
    assert between.any()


@pytest.mark.parametrize("settings", [{"size": 4}, {"particles": 0}, {"polymers": ["nonsense"]}])
def test_what_cannot_be_is_refused(settings):
    with pytest.raises(ValueError):
        simulate_filter(**settings)


def test_names_mean_what_they_mean_in_simulate():
    table = simulate_filter(["cellulose", "PE", "polyethylene"], size=16, particles=1)
    assert table.domain.class_var.values == ("PE", "CE")
    same = simulate_filter("PE", size=16, particles=1)
    np.testing.assert_array_equal(table.X, same.X)
    with pytest.raises(ValueError, match="filter's own material"):
        simulate_filter(["CE"], filter_of="cellulose")
