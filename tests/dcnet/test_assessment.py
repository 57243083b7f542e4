"""Scores of an answer, from class scores and probabilities that are given here."""
import numpy as np
import pytest

from orangecontrib.microplastics.confidence.acceptance import calibrate, class_shapes
from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.confidence.residual_bands import expected
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.assessment import Assessment
from orangecontrib.microplastics.fractions.calibration import Quality
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.simulation import simulate

GRID = np.arange(700, 3901, 4.)
SEEN = (GRID <= 1850) | ((GRID >= 2700) & (GRID <= 3100))
MATERIALS = ("PE", "PMMA", "PS", "PVC")


@pytest.fixture(scope="module")
def spectra():
    """Ten of each material, in order."""
    return simulate(MATERIALS, 10, wavenumbers=GRID).X


def references(spectra, materials=MATERIALS):
    """Three of each."""
    rows = np.concatenate([np.arange(3) + 10 * MATERIALS.index(m) for m in materials])
    n = len(rows)
    return References(spectra[rows].astype(np.float32), tuple(materials),
                      np.repeat(np.arange(len(materials)), 3), ("",) * n, ("",) * n)


def assessed(spectra, classes, kept, X, chances, measured=None, at=None):
    """Answer for spectra X; the classes' means and bands are those of PE, PMMA, PS in turn."""
    y = np.arange(len(classes)) % 3
    train = np.concatenate([spectra[10 * c:10 * c + 10] for c in y])
    own = np.repeat(np.arange(len(classes)), 10)
    acceptance = calibrate(class_shapes(train, own, SEEN), np.linspace(0, 1, len(own)), own,
                           expected(train, own, GRID, SEEN), np.zeros((len(classes), len(GRID))))
    at = np.arange(len(X)) if at is None else at
    materials = {part for name in classes for part in components_of(name)}
    answer = Answer.nothing(at.max() + 1, len(classes), len(materials))
    chances = np.asarray(chances, float)
    Assessment(classes, acceptance, kept, Quality.unknown(len(materials)), GRID, SEEN)(
        answer, at, X, measured, np.log(chances + 1e-9)[None], chances,
        np.zeros((1, len(X), 0)), DETECT)
    return answer


PAIRS = ["PE", "PMMA", "PS", "PE + PMMA", "PE + PS"]


def test_presence_sums_over_classes_that_hold_the_material(spectra):
    chances = [[.5, 0, .05, .4, .05],     # PE: with all that hold it
               [.2, .1, 0, .6, .1],       # PE + PMMA: PMMA is the less probable
               [0, .6, .3, .05, .05],
               [0, 0, .1, .4, .5]]        # PE + PS: PE is sure, PS is not
    found = assessed(spectra, PAIRS, references(spectra), spectra[:4], chances)
    np.testing.assert_allclose(found.presence, [.95, .7, .65, .6])


def test_presence_of_single_materials_is_the_probability(spectra):
    """Also if the name of one holds a plus sign; brackets make it one material."""
    chances = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    for classes in (["PE", "PMMA", "PS"], ["(PE + PMMA)", "PE", "(PE + PS)"]):
        found = assessed(spectra, classes, references(spectra), spectra[:20], chances)
        np.testing.assert_allclose(found.presence, chances.max(axis=1))


def test_agrees(spectra):
    """The best hit is the material, or one of a combination."""
    X = spectra[[4, 14, 24, 34]]  # PE, PMMA, PS, PVC: none of them a reference itself
    for c, right in ((0, [1, 0, 0, 0]), (1, [0, 1, 0, 0]), (2, [0, 0, 1, 0]),
                     (3, [1, 1, 0, 0]), (4, [1, 0, 1, 0])):
        found = assessed(spectra, PAIRS, references(spectra), X, np.eye(5)[[c] * 4])
        np.testing.assert_array_equal(found.agrees, np.array(right, bool), PAIRS[c])
        np.testing.assert_array_equal(found.hits[:, 0] // 3, range(4))
    # A class without references is not doubted, nor is any without references at all.
    for kept in (references(spectra, ("PE", "PVC")), References.nothing(len(GRID))):
        found = assessed(spectra, PAIRS, kept, X, np.eye(5)[[2] * 4])
        assert found.agrees.all()


def test_correlation_is_that_of_the_nearest_reference_if_it_is_higher(spectra):
    X, chances = spectra[[1, 5, 15]], np.eye(5)[[0, 0, 1]]
    without = assessed(spectra, PAIRS, References.nothing(len(GRID)), X, chances)
    found = assessed(spectra, PAIRS, references(spectra), X, chances)
    assert (found.correlation >= without.correlation).all()
    np.testing.assert_allclose(found.correlation[0], 1, atol=1e-5)
    assert without.correlation[0] < .9999
    # A reference of another material does not count.
    wrong = assessed(spectra, PAIRS, references(spectra), X, np.eye(5)[[1, 1, 2]])
    assert wrong.correlation.max() < .9 and not wrong.agrees.any()
    assert (without.hits == -1).all() and np.isnan(without.quality).all()


def test_a_second_material(spectra):
    single = ["PE", "PMMA", "PS"]
    X = np.vstack((spectra[5] / np.ptp(spectra[5]) + .7 * spectra[25] / np.ptp(spectra[25]),
                   spectra[6]))
    found = assessed(spectra, single, references(spectra), X, np.eye(3)[[0, 0]])
    materials = np.array(MATERIALS)[found.materials[0]]
    assert set(materials) == {"PE", "PS"} and found.share[0] > .2 and found.share[1] < .1
    # PVC is among the references, but not among the classes: it takes its part of the signal, and
    # is not counted as a material.
    X = X[:1] - .7 * spectra[25] / np.ptp(spectra[25]) + .7 * spectra[35] / np.ptp(spectra[35])
    found = assessed(spectra, single, references(spectra), X, np.eye(3)[[0]])
    assert "PVC" not in np.array(MATERIALS)[found.materials[0]] and found.share[0] < .1
    # A model of mixtures names them itself, one without references cannot know.
    for classes, kept in ((PAIRS, references(spectra)), (single, References.nothing(len(GRID)))):
        found = assessed(spectra, classes, kept, X, np.eye(len(classes))[[0]])
        assert np.isnan(found.share).all() and (found.materials == -1).all()


def test_only_the_given_rows_are_written(spectra):
    at = np.array([5, 1])
    found = assessed(spectra, PAIRS, references(spectra), spectra[[4, 14]], np.eye(5)[[0, 1]],
                     at=at)
    alone = assessed(spectra, PAIRS, references(spectra), spectra[[4, 14]], np.eye(5)[[0, 1]])
    rest = np.setdiff1d(np.arange(6), at)
    for name, value in found._asdict().items():
        if name in ("values", "probabilities", "notes"):
            continue  # the model writes these
        np.testing.assert_array_equal(value[at], getattr(alone, name), name)
        nothing = Answer.nothing(6, 5, 3)
        np.testing.assert_array_equal(value[rest], getattr(nothing, name)[rest], name)
    assert np.isfinite(found.presence[at]).all()


def test_only_what_was_measured_is_compared(spectra):
    """A filled gap lowers neither the hit quality nor the correlation."""
    X = spectra[[1]].copy()
    gap = (GRID > 1200) & (GRID < 1500)
    X[:, gap] = np.linspace(X[0, gap][0], X[0, gap][-1], gap.sum())
    kept, chances = references(spectra), np.eye(5)[[0]]
    found = assessed(spectra, PAIRS, kept, X, chances, ~gap[None])
    filled = assessed(spectra, PAIRS, kept, X, chances)
    assert found.hits[0, 0] == 1 and found.quality[0, 0] > .99 > filled.quality[0, 0]
    assert found.correlation[0] > filled.correlation[0]


def test_nothing():
    answer = Answer.nothing(3, 2, 2)
    assert np.isnan(answer.probability).all() and answer.agrees.all()
    answer.values[1], answer.probabilities[1] = 0, (.8, .2)
    np.testing.assert_array_equal(answer.probability, [np.nan, .8, np.nan])
