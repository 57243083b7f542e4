"""Sizes of shapes of known size."""
import numpy as np
import pytest
from scipy import ndimage
from skimage.draw import disk, ellipse
from skimage.measure import label, regionprops

from orangecontrib.microplastics.particles.geometry import feret, sizes_of


def sizes(image, spacing=(1., 1.), origin=(0., 0.), measured=None):
    return sizes_of(image.astype(int), spacing, origin, measured)


def test_a_rectangle_has_its_sides():
    image = np.zeros((40, 40), bool)
    image[10:15, 5:25] = True
    found = sizes(image, (2., 3.), (100., 1000.))
    assert found.pixels[0] == 100 and found.area[0] == 600
    # Height 5 pixels of 2, length 20 pixels of 3.
    assert found.feret_min[0] == pytest.approx(10)
    assert found.feret_max[0] == pytest.approx(60, rel=.03)
    assert found.x[0] == pytest.approx(1000 + 3 * 14.5) and found.y[0] == 100 + 2 * 12
    assert found.fibre[0] and not found.border[0]


@pytest.mark.parametrize("radius", [3, 5, 10, 20.5])
def test_a_disc_has_its_diameter_in_all_directions(radius):
    image = np.zeros((60, 60), bool)
    image[disk((30, 30), radius)] = True
    found = sizes(image)
    for length in (found.feret_max, found.feret_min, found.diameter):
        assert length[0] == pytest.approx(2 * radius, abs=1)
    assert found.aspect[0] < 1.4 and not found.fibre[0]


@pytest.mark.parametrize("angle", [0, .3, .7, 1.2])
def test_an_ellipse_has_its_axes_whatever_its_direction(angle):
    image = np.zeros((100, 100), bool)
    image[ellipse(50, 50, 30, 12, rotation=angle)] = True
    largest, smallest = feret(image)
    assert largest == pytest.approx(60, abs=1.2) and smallest == pytest.approx(24, abs=1.2)


def test_the_largest_feret_diameter_is_that_of_scikit_image():
    rng = np.random.default_rng(3)
    from scipy.ndimage import gaussian_filter
    labels = label(gaussian_filter(rng.standard_normal((150, 150)), 3) > .12)
    found = sizes_of(labels, (1.5, 2.), (0., 0.))
    theirs = [r.feret_diameter_max for r in regionprops(labels, spacing=(1.5, 2.))]
    assert labels.max() > 20
    # Theirs also has the corners that the contour of a hull of pixels cuts.
    np.testing.assert_allclose(found.feret_max, theirs, atol=1)
    assert np.median(np.abs(found.feret_max - theirs)) < 1e-9


def test_the_smallest_feret_diameter_is_the_smallest_width_of_all_directions():
    rng = np.random.default_rng(4)
    image = np.zeros((50, 50), bool)
    image[rng.integers(10, 40, 12), rng.integers(5, 45, 12)] = True
    rows, columns = np.nonzero(image)
    middles = np.concatenate([np.stack([rows + a, columns + b], 1) for a, b in
                              ((.5, 0), (-.5, 0), (0, .5), (0, -.5))])
    angles = np.linspace(0, np.pi, 20_001)
    widths = np.ptp(middles @ np.stack([np.sin(angles), np.cos(angles)]), axis=0)
    largest, smallest = feret(image)
    assert smallest == pytest.approx(widths.min(), abs=1e-3)
    assert largest == pytest.approx(widths.max(), abs=1e-3)


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_a_curled_thread_is_a_fibre(width):
    image = np.zeros((120, 120), bool)
    for radius in np.arange(30, 30 + width, .3):
        t = np.linspace(0, 1.6 * np.pi, 2000)
        image[(60 + radius * np.sin(t)).round().astype(int),
              (60 + radius * np.cos(t)).round().astype(int)] = True
    found = sizes(image)
    # Its Feret diameters alone are those of a disc.
    assert found.feret_max[0] / found.feret_min[0] < 1.6
    assert found.fibre[0]


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (2, 3), (3, 2), (3, 4), (4, 4), (2, 4)])
def test_specks_are_as_long_as_they_are(shape):
    """Of even width, too: two by three pixels are no fibre."""
    found = sizes(np.pad(np.ones(shape, bool), 3))
    assert found.aspect[0] <= max(shape) / min(shape) + .42
    assert not found.fibre[0]


def test_rings_and_ragged_blobs_are_no_fibres():
    ring = np.zeros((40, 40), bool)
    ring[disk((20, 20), 9)] = True
    ring[disk((20, 20), 6)] = False
    assert not sizes(ring).fibre[0]
    rng = np.random.default_rng(2)
    for _ in range(20):
        blob = np.zeros((40, 40), bool)
        blob[disk((20, 20), 10)] = True
        # Every third pixel of the rim is missing.
        rim = blob & ~ndimage.binary_erosion(blob, iterations=2)
        blob[rim & (rng.random(blob.shape) < .35)] = False
        found = sizes(blob)
        assert not found.fibre[0] and found.aspect[0] < 2


def test_single_pixels_and_lines_have_sizes():
    labels = np.zeros((9, 9), int)
    labels[1, 1], labels[4, 1:8] = 1, 2
    found = sizes_of(labels, (1., 1.), (0., 0.))
    np.testing.assert_allclose(found.feret_max, [1, 7.])
    np.testing.assert_allclose(found.feret_min, [np.sqrt(.5), 1])
    assert list(found.fibre) == [False, True]


def test_particles_at_the_border_or_beside_a_hole_are_marked():
    labels = np.zeros((10, 10), int)
    labels[0, 3], labels[5, 5], labels[7, 2] = 1, 2, 3
    measured = np.ones((10, 10), bool)
    measured[8, 2] = False
    assert list(sizes_of(labels, (1., 1.), (0., 0.), measured).border) == [True, False, True]
    assert list(sizes_of(labels, (1., 1.), (0., 0.)).border) == [True, False, False]


def test_no_particles_have_no_sizes():
    assert len(sizes_of(np.zeros((4, 4), int), (1., 1.), (0., 0.)).area) == 0
