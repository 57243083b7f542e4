"""Which pixels belong together."""
import numpy as np
import pytest

from orangecontrib.microplastics.particles.segments import (
    Named,
    absorbed,
    connected,
    join_equal,
    joined,
    numbered,
    segments,
    trimmed,
)

CLASSES, COMPONENTS = ("PE", "PP"), ("PE", "PP")


def image(*rows):
    """Letters to numbers: "." is 0, "a" 1, "b" 2 ..."""
    return np.array([[0 if c == "." else ord(c) - ord("a") + 1 for c in row] for row in rows])


def named(kinds, sure=None):
    """Names of pixels: 1 for PE, 2 for PP, 3 for unknown."""
    presence = np.stack([kinds == 1, kinds == 2], axis=-1).reshape(-1, 2).astype(np.float32)
    values = np.where(kinds == 0, -1, np.minimum(kinds - 1, 1))
    return Named(values, (kinds > 0) & (kinds < 3) if sure is None else sure, presence,
                 np.arange(kinds.size).reshape(kinds.shape))


@pytest.mark.parametrize("gap, n", [(1, 1), (2, 2), (3, 2)])
def test_a_gap_of_one_pixel_is_bridged(gap, n):
    row = np.zeros((5, 12), bool)
    row[2, 1:4] = row[2, 4 + gap:8 + gap] = True
    assert connected(row).max() == n
    assert connected(row.T).max() == n
    assert connected(row, gap=False).max() == 2


def test_corners_and_diagonal_gaps():
    corners = np.eye(4, dtype=bool)
    assert connected(corners, gap=False).max() == 1
    apart = np.zeros((6, 6), bool)
    apart[1, 1] = apart[3, 3] = True
    assert connected(apart).max() == 1
    apart[3, 3], apart[4, 4] = False, True
    assert connected(apart).max() == 2


def test_only_one_kind_is_joined_across_a_gap():
    labels = image("aaa.bbb.ccc")
    assert joined(labels, np.array([0, 0, 0, 1])).max() == 2
    assert joined(labels, np.array([0, 0, 1, 0])).max() == 3
    assert joined(labels, np.array([0, -1, -1, -1])).max() == 3


def test_names_join_what_touches_and_nothing_else():
    labels = image("aabb.cc", "aabb.cc")
    np.testing.assert_array_equal(join_equal(labels, ["PE", "PE", "PP"]),
                                  image("aaaa.bb", "aaaa.bb"))
    np.testing.assert_array_equal(join_equal(labels, ["", "", "PP"]), labels)


def test_touching_particles_of_two_polymers_are_parted():
    kinds = np.zeros((12, 24), int)
    kinds[2:10, 2:12], kinds[2:10, 12:22] = 1, 2
    found = segments(kinds > 0, named(kinds), CLASSES, COMPONENTS)
    assert found.max() == 2
    assert (found[2:10, 2:12] == found[5, 5]).all() and (found[2:10, 12:22] == found[5, 15]).all()
    # Without names of pixels they are one.
    assert segments(kinds > 0, None, CLASSES, COMPONENTS).max() == 1


def test_a_wrong_pixel_within_a_particle_does_not_part_it():
    kinds = np.zeros((12, 12), int)
    kinds[2:10, 2:10] = 1
    kinds[5, 5] = kinds[8, 3] = 2
    assert segments(kinds > 0, named(kinds), CLASSES, COMPONENTS).max() == 1


def test_edges_without_a_name_belong_to_the_particle():
    kinds = np.zeros((14, 14), int)
    kinds[2:12, 2:12] = 3
    kinds[3:11, 3:11] = 1
    found = segments(kinds > 0, named(kinds), CLASSES, COMPONENTS)
    assert found.max() == 1 and (found > 0).sum() == 100


def test_large_unknown_matter_beside_a_particle_is_its_own():
    kinds = np.zeros((14, 26), int)
    kinds[2:12, 2:12], kinds[2:12, 12:24] = 1, 3
    found = segments(kinds > 0, named(kinds), CLASSES, COMPONENTS)
    assert found.max() == 2 and found[5, 5] != found[5, 18]


def test_matter_of_unknown_pixels_alone_is_one_particle():
    kinds = np.zeros((9, 9), int)
    kinds[4, 2:6] = 3
    assert segments(kinds > 0, named(kinds), CLASSES, COMPONENTS).max() == 1


def test_every_pixel_of_matter_has_a_number_and_no_other():
    rng = np.random.default_rng(0)
    from scipy.ndimage import gaussian_filter
    matter = gaussian_filter(rng.standard_normal((60, 60)), 2) > .05
    kinds = np.where(matter, rng.integers(1, 4, matter.shape), 0)
    found = segments(matter, named(kinds), CLASSES, COMPONENTS)
    np.testing.assert_array_equal(found > 0, matter)
    assert set(np.unique(found)) == set(range(found.max() + 1))


def test_scraps_go_to_the_particle_and_unknown_neighbours_are_one():
    labels = image("aaaab", "aaaab", "aaaac", ".....", "ddee.")
    found = absorbed(labels, np.array([False, True, True, True, True]))
    np.testing.assert_array_equal(found, image("aaaaa", "aaaaa", "aaaaa", ".....", "bbbb."))


def test_large_unknown_neighbours_are_not_absorbed():
    labels = image("aabbbb", "aabbbb")
    np.testing.assert_array_equal(absorbed(labels, np.array([False, True])), labels)


def test_weak_pixels_around_a_strong_particle_are_trimmed():
    labels = image("aaaa", "aaaa", ".bb.")
    signal = np.array([[2, 41, 41, 2], [2, 41, 41, 12], [1, 3, 3, 1.]])
    np.testing.assert_array_equal(trimmed(labels, signal, .25), image(".aa.", ".aaa", ".bb."))


def test_numbers_have_no_gaps():
    np.testing.assert_array_equal(numbered(image("..d", "b.d")), image("..a", "b.a"))
    assert numbered(np.zeros((2, 2), int)).max() == 0
