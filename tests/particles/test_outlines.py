"""Outlines follow the edges of pixels exactly, and are polygons that GIS programs accept."""
import json

import numpy as np
import pytest

from orangecontrib.microplastics.particles.outlines import geojson, outlines, write_geojson


def area(ring):
    x, y = np.asarray(ring).T
    return (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2


def image(*rows):
    return np.array([[int(c) for c in row] for row in rows])


def axes(labels, dx=1., dy=1.):
    return dx * np.arange(labels.shape[1]), dy * np.arange(labels.shape[0])


def assert_valid(polygons):
    for outer, *holes in polygons:
        assert area(outer) > 0
        assert all(area(hole) < 0 for hole in holes)
        for ring in (outer, *holes):
            np.testing.assert_array_equal(ring[0], ring[-1])
            # No ring meets itself.
            assert len(np.unique(ring[:-1], axis=0)) == len(ring) - 1


def test_a_square():
    (outer,), = outlines(image("00", "01"), np.array([10., 20.]), np.array([5., 10.]))[1]
    assert sorted(map(tuple, outer[:-1])) == [(15, 7.5), (15, 12.5), (25, 7.5), (25, 12.5)]
    assert area(outer) == 50


def test_points_on_straight_sides_are_left_out():
    (outer,), = outlines(image("111", "100"), *axes(np.zeros((2, 3))))[1]
    assert len(outer) == 7


def test_holes():
    labels = image("1111", "1021", "1111")
    found = outlines(labels, *axes(labels))
    (outer, *holes), = found[1]
    assert area(outer) == 12 and [area(hole) for hole in holes] == [-2]
    assert len(found[2]) == 1


@pytest.mark.parametrize("rows, polygons, holes", [
    (("10", "01"), 2, 0),  # touch at a corner
    (("1111", "1011", "1101", "1111"), 1, 2),  # holes that touch at a corner
    (("111", "100", "101", "011"), 2, 0),
    (("1111", "1001", "1010", "1100"), 2, 0),
    (("1110", "1010", "1101", "1111"), 1, 2),  # a hole that touches the outside at a corner
])
def test_corners_that_touch(rows, polygons, holes):
    labels = image(*rows)
    for dx, dy in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        found = outlines(labels, *axes(labels, dx, dy))[1]
        assert_valid(found)
        assert len(found) == polygons
        assert sum(len(polygon) - 1 for polygon in found) == holes
        assert sum(area(ring) for polygon in found for ring in polygon) == labels.sum()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dx, dy", [(25., 25.), (6.25, -5.5), (-1., 2.)])
def test_areas_agree_with_pixels(seed, dx, dy):
    labels = np.random.default_rng(seed).integers(0, 4, (20, 30))
    found = outlines(labels, *axes(labels, dx, dy))
    assert sorted(found) == [1, 2, 3]
    for number, polygons in found.items():
        assert_valid(polygons)
        total = sum(area(ring) for polygon in polygons for ring in polygon)
        assert total == pytest.approx((labels == number).sum() * abs(dx * dy))


def test_a_single_row_has_square_pixels():
    (outer,), = outlines(image("011"), np.array([0., 10., 20.]), np.array([3.]))[1]
    assert area(outer) == pytest.approx(200)


def test_no_particles():
    assert outlines(np.zeros((3, 4), int), np.arange(4), np.arange(3)) == {}
    assert geojson(np.zeros((3, 4), int), np.arange(4), np.arange(3), [])["features"] == []


def test_what_does_not_fit():
    labels = image("01", "11")
    with pytest.raises(ValueError, match="does not fit"):
        outlines(labels, np.arange(3), np.arange(2))
    with pytest.raises(ValueError, match="not uniform"):
        outlines(image("0110"), np.array([0, 1, 2, 4]), np.arange(1))
    with pytest.raises(ValueError, match="not uniform"):
        outlines(labels, np.zeros(2), np.arange(2))
    with pytest.raises(ValueError, match="particle 1"):
        geojson(labels, np.arange(2), np.arange(2), [])


def test_geojson(tmp_path):
    labels = image("1100", "1022", "0100")
    properties = [{"particle": np.int64(1), "polymer": "PE", "area": np.float32(4.5),
                   "mass": np.nan, "fibre": np.bool_(True), "note": None},
                  {"particle": 2, "polymer": "Ü <&>"}, {"particle": 3}]
    path = tmp_path / "particles.geojson"
    write_geojson(path, labels, *axes(labels, 10, -10), properties)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection" and content["coordinates unit"] == "um"
    first, second, third = content["features"]
    assert first["type"] == "Feature" and first["id"] == 1
    assert first["geometry"]["type"] == "MultiPolygon"
    assert first["properties"] == {"particle": 1, "polymer": "PE", "area": 4.5, "mass": None,
                                   "fibre": True, "note": None}
    assert second["geometry"]["type"] == "Polygon" and second["properties"]["polymer"] == "Ü <&>"
    assert area(second["geometry"]["coordinates"][0]) == 200
    assert third["geometry"] is None
