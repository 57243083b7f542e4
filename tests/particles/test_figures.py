"""Figures of the report: what is drawn, as images that are the same each time."""
import io

import numpy as np
import pytest
from PIL import Image

from orangecontrib.microplastics.particles.figures import (
    histogram_figure,
    map_figure,
    spectrum_figure,
)

COLORS = {"PE": "#0072B2", "PP": "#D55E00", "unknown": "#9E9E9E"}
X, Y = np.arange(30) * 10., np.arange(20) * 10.


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def where(png, color):
    """Rows and columns of pixels of a colour."""
    wanted = [int(color[i:i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero((np.abs(pixels(png) - wanted) < 3).all(axis=-1))


@pytest.fixture
def labels():
    out = np.zeros((20, 30), int)
    out[2:6, 3:9], out[12:17, 20:26], out[14:16, 3:7] = 1, 2, 3
    return out


def test_map_in_the_colours_of_polymers(labels):
    png = map_figure(labels, ["PE", "PP", "unknown"], COLORS, X, Y, legend=False)
    # y points up, so that particle 1 of the first rows is at the bottom left.
    (low, left), (high, right) = where(png, "#0072B2"), where(png, "#D55E00")
    assert low.min() > high.max() and left.max() < right.min()
    assert len(where(png, "#9E9E9E")[0]) < .1 * len(low)  # hatched
    # As large as their pixels: 24 and 30.
    assert len(low) / len(high) == pytest.approx(24 / 30, rel=.05)


def test_descending_coordinates_turn_the_map(labels):
    names = ["PE", "PP", "unknown"]
    background = np.random.default_rng(0).random(labels.shape)
    turned = map_figure(labels[::-1, ::-1], names, COLORS, X[::-1], Y[::-1],
                        background[::-1, ::-1])
    assert np.abs(pixels(turned) - pixels(map_figure(labels, names, COLORS, X, Y, background))
                  ).mean() < 1


def test_marks_and_backgrounds_change_the_map(labels):
    names = ["PE", "PP", "unknown"]
    background = np.full(labels.shape, np.nan)
    background[:10] = np.arange(30)
    images = {map_figure(labels, names, COLORS, X, Y, *more)
              for more in ((), (background,), (None, {1}), (None, {1, 2, 99}))}
    assert len(images) == 4
    assert map_figure(labels, names, COLORS, X, Y) in images  # the same each time


def test_maps_without_particles_or_of_one_pixel():
    for shape in ((5, 4), (1, 1), (1, 6)):
        png = map_figure(np.zeros(shape, int), [], {}, np.arange(shape[1]), np.arange(shape[0]),
                         np.full(shape, np.nan))
        assert pixels(png).shape[1] == 1400
    with pytest.raises(ValueError, match="particle 1"):
        map_figure(np.ones((2, 2), int), [], {}, np.arange(2), np.arange(2))


def test_histogram():
    sizes = np.array([15, 20, 60, 60, 70, 5, 5000, np.nan])
    names = ["PE"] * 4 + ["PP", "PE", "unknown", "PE"]
    png = histogram_figure(sizes, names, COLORS, [10, 20, 50, 100, 1000])
    legend = int(.8 * pixels(png).shape[1])
    of_pe, of_pp = ((columns < legend).sum() for _, columns in (where(png, "#0072B2"),
                                                                where(png, "#D55E00")))
    # One PE from 10 to 20, one from 20 to 50, two from 50 to 100; one PP from 50 to 100.
    assert of_pe / of_pp == pytest.approx(1 + np.log(2.5) / np.log(2) + 2, rel=.05)
    assert histogram_figure([], [], COLORS, [10, 100])
    for limits in ([10], [0, 10], [20, 10]):
        with pytest.raises(ValueError, match="Limits"):
            histogram_figure(sizes, names, COLORS, limits)
    with pytest.raises(ValueError, match="1 sizes and 2 names"):
        histogram_figure([1.], ["PE", "PP"], COLORS, [10, 100])


def test_limits_belong_to_the_class_above():
    one = histogram_figure([20.], ["PE"], COLORS, [10, 20, 50])
    assert one == histogram_figure([49.], ["PE"], COLORS, [10, 20, 50])
    assert one != histogram_figure([19.], ["PE"], COLORS, [10, 20, 50])


def test_spectrum():
    axis = np.arange(700, 3100, 4.)
    spectrum = np.exp(-((axis - 2900) / 20) ** 2)
    spectrum[100:120] = np.nan
    importance = np.where(np.isnan(spectrum), np.nan, spectrum)
    marks = [(2900, "CH2 stretch"), (100, "outside"), *((1000. + 5 * i, "word " * 9)
                                                        for i in range(30))]
    png = spectrum_figure(axis, spectrum, spectrum, "PE", importance, marks, "Particle 1")
    assert pixels(png).shape == (520, 1400, 3)
    # Important at 2900, which is to the left: wavenumbers descend.
    assert where(png, "#d55e00")[1].max() < 500
    assert png == spectrum_figure(axis[::-1], spectrum[::-1], spectrum[::-1], "PE",
                                  importance[::-1], marks, "Particle 1")


def test_spectrum_of_nothing():
    axis = np.arange(700, 3100, 4.)
    assert pixels(spectrum_figure(axis, np.full(len(axis), np.nan), marks=[(1000, "a")])).size
