"""The grid of a map."""
import numpy as np
import pytest
from Orange.data import ContinuousVariable, Domain, Table

from orangecontrib.microplastics.particles.pixels import has_map, pixel_map


def table(x, y, names=("map_x", "map_y")):
    domain = Domain([ContinuousVariable(str(w)) for w in (1000, 1010)], None,
                    [ContinuousVariable(name) for name in names])
    return Table.from_numpy(domain, np.zeros((len(x), 2)), metas=np.stack([x, y], 1).astype(float))


def grid(columns=4, rows=3, dx=2.5, dy=5., x0=10., y0=-7.):
    y, x = np.mgrid[:rows, :columns]
    return x0 + dx * x.ravel(), y0 + dy * y.ravel()


def test_rows_lie_where_their_coordinates_say():
    x, y = grid()
    order = np.random.default_rng(0).permutation(len(x))
    found = pixel_map(table(x[order], y[order]))
    assert found.index.shape == (3, 4) and found.measured.all()
    assert found.pitch == pytest.approx((2.5, 5.)) and found.unit_known
    np.testing.assert_allclose(found.x, [10, 12.5, 15, 17.5])
    np.testing.assert_allclose(found.y, [-7, -2, 3])
    # The row of the table in each pixel has the pixel's coordinates.
    np.testing.assert_allclose(x[order][found.index], np.tile(found.x, (3, 1)))
    np.testing.assert_allclose(y[order][found.index], np.tile(found.y[:, None], 4))


def test_holes_and_rows_without_coordinates_are_not_measured():
    x, y = grid()
    x[5] = np.nan
    keep = np.arange(len(x)) != 7
    found = pixel_map(table(x[keep], y[keep]))
    assert (~found.measured).sum() == 2
    image = found.image(np.arange(11.))
    assert np.isnan(image).sum() == 2 and image[0, 0] == 0


def test_inexact_stages_are_on_the_grid():
    x, y = grid(60, 40, 6.25, 6.25)
    rng = np.random.default_rng(1)
    found = pixel_map(table(x + rng.normal(0, .1, len(x)), y + rng.normal(0, .1, len(y))))
    assert found.index.shape == (40, 60) and found.measured.all()
    assert found.pitch == pytest.approx((6.25, 6.25), rel=.002)


def test_numbers_of_pixels_are_no_micrometres():
    x, y = grid(dx=1., dy=1., x0=0., y0=0.)
    data = table(x, y)
    assert not pixel_map(data).unit_known
    data.attributes["map unit"] = "um"
    assert pixel_map(data).unit_known
    assert pixel_map(table(*grid(dx=1., dy=1., x0=312., y0=40.))).unit_known


def test_a_single_row_has_square_pixels():
    found = pixel_map(table(np.arange(5) * 3., np.full(5, 2.)))
    assert found.index.shape == (1, 5) and found.pitch == pytest.approx((3, 3))


@pytest.mark.parametrize("x, y, said", [
    ([0, 1, 1, 2], [0, 0, 0, 0], "same place"),
    (np.cos(.5) * grid(20, 20)[0] - np.sin(.5) * grid(20, 20)[1],
     np.sin(.5) * grid(20, 20)[0] + np.cos(.5) * grid(20, 20)[1], "regular grid"),
    (np.arange(40) * 7., np.arange(40) ** 2 % 37 * 7., "scattered|grid"),
    ([np.nan, np.nan], [1, 2], "empty")])
def test_what_is_no_map_is_refused_with_advice(x, y, said):
    with pytest.raises(ValueError, match=said):
        pixel_map(table(np.asarray(x, float), np.asarray(y, float)))


def test_without_coordinates_there_is_no_map():
    data = table(*grid(), names=("x", "y"))
    assert not has_map(data)
    with pytest.raises(ValueError, match="map_x and map_y"):
        pixel_map(data)


def test_coordinates_in_other_units_are_no_micrometres():
    assert not pixel_map(table(*grid(dx=2.5e-5, dy=2.5e-5, x0=.1, y0=.1))).unit_known
    assert not pixel_map(table(*grid(dx=25e3, dy=25e3))).unit_known


def test_a_few_scattered_points_are_no_map():
    with pytest.raises(ValueError, match="scattered"):
        pixel_map(table([0., 1, 7], [0., 5, 2]))
