"""Do the networks of a model agree about what is important?"""
import csv
from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.csv_files import write_bands
from orangecontrib.microplastics.explanation.important_bands import important_bands
from orangecontrib.microplastics.explanation.single import spectrum_views
from orangecontrib.microplastics.explanation.stability import (
    SAMPLE,
    Stability,
    agreement,
    agreement_text,
    band_text,
    compare_networks,
    count_networks,
)
from orangecontrib.microplastics.explanation.table import bands_table, class_views, explain_table
from orangecontrib.microplastics.nn.attribution.faithfulness import randomised
from orangecontrib.microplastics.nn.attribution.gradcam import explain
from orangecontrib.microplastics.simulation.polymers import simulate

POLYMERS = ("PE", "PS", "PET")
GRID = np.arange(600, 3200, 4.)
AXIS = np.arange(600, 2000, 2.)


@cache
def spectra(n=12, seed=1):
    return simulate(POLYMERS, n, wavenumbers=GRID, seed=seed)


@cache
def model(networks=3):
    return DCNetLearner(epochs=6, networks=networks, device="cpu")(spectra(50, 0))


@cache
def by_chance():
    """The same model, but two of its networks have learnt nothing."""
    from copy import copy
    other = copy(model())
    first, *rest = model().networks
    other.networks = [first, *(randomised(net, "all", i) for i, net in enumerate(rest))]
    return other


def curve(*bands):
    return sum(h * np.exp(-.5 * ((AXIS - c) / w) ** 2) for c, w, h in bands)


def test_maps_are_those_of_each_network_alone():
    explained = explain_table(model(), spectra())
    found = compare_networks(model(), explained)
    np.testing.assert_array_equal(found.rows, np.arange(len(spectra())))
    grid = model().grid_spectra(spectra())
    for ours, net in zip(found.maps, model().networks, strict=True):
        # Of the class that the model predicts, whatever this network alone does.
        theirs = explain([net], grid, model().wavenumbers, explained.axis,
                         target=explained.predicted).importance
        np.testing.assert_allclose(ours, theirs, atol=1e-3 * np.nanmax(theirs))


@pytest.mark.parametrize("settings", [{"target": "PS"}, {"method": "hirescam", "signed": True},
                                      {"branch": 1, "method": "gradcam"}])
def test_maps_are_made_as_those_of_the_model(settings):
    explained = explain_table(model(), spectra(), **settings)
    found = compare_networks(model(), explained, np.array([3, 20]))
    assert found.maps.shape == (3, 2, len(explained.axis))
    if settings.get("method"):
        # These are linear in the networks; fine maps are not.
        both = np.full_like(explained.importance[[3, 20]], 0)
        both += found.maps.mean(axis=0)
        if settings.get("signed"):
            np.testing.assert_allclose(both, explained.importance[[3, 20]], rtol=1e-3, atol=1e-4)


def test_trained_networks_agree_and_others_do_not():
    alike, other = (np.mean([view.agreement for view in class_views(
        explained, stability=compare_networks(of, explained))])
        for of in (model(), by_chance())
        for explained in [explain_table(of, spectra())])
    assert alike > .4
    assert other < alike - .2


def test_bands_that_networks_have_by_chance_are_marked():
    share = []
    for of in (model(), by_chance()):
        explained = explain_table(of, spectra())
        bands = [band for view in class_views(
            explained, stability=compare_networks(of, explained)) for band in view.bands]
        assert all(band.of_networks == 3 and 0 <= band.networks <= 3 for band in bands)
        share.append(sum(band.share * (band.networks == 3) for band in bands)
                     / sum(band.share for band in bands))
    assert share[0] > share[1] + .2, share


def test_one_network_and_no_answer():
    single = model(1)
    explained = explain_table(single, spectra())
    assert compare_networks(single, explained) is None
    bands = bands_table(class_views(explained))
    assert np.isnan(bands.get_column("networks")).all()
    view, = spectrum_views(single, spectra(), [0])
    assert np.isnan(view.reasons[0].agreement)
    empty = spectra().copy()
    with empty.unlocked(empty.X):
        empty.X[:] = np.nan
    assert compare_networks(model(), explain_table(model(), empty)) is None


def test_at_most_some_spectra_of_each_class():
    many = spectra(130)
    explained = explain_table(model(), many, method="hirescam")
    rows = compare_networks(model(), explained).rows
    assert len(rows) == len(set(rows)) == SAMPLE
    assert np.bincount(explained.target[rows]).min() >= SAMPLE // 4
    # From all parts of the table.
    assert np.diff(rows).max() < 20


def test_agreement_is_spearmans():
    maps = np.random.default_rng(0).random((3, 50))
    maps[1] += maps[0]
    expected = np.mean([spearmanr(maps[i], maps[j])[0] for i, j in ((0, 1), (0, 2), (1, 2))])
    assert agreement(maps) == pytest.approx(expected)
    gaps = np.insert(maps, 7, np.nan, axis=1)
    assert agreement(gaps) == pytest.approx(expected)
    assert np.isnan(agreement(maps[:1])) and np.isnan(agreement(np.full((2, 4), np.nan)))
    assert agreement(np.zeros((2, 9))) == 0


def test_in_how_many_networks():
    alone = np.array([curve((1000, 10, 1), (1600, 10, .5)), curve((1000, 10, .8), (1600, 10, 1)),
                      curve((1000, 10, 1))])
    bands = important_bands(alone.mean(axis=0), AXIS)
    for order in (np.arange(len(AXIS)), np.arange(len(AXIS))[::-1]):
        first, second = sorted(count_networks(bands, alone[:, order], AXIS[order]))
        assert (first.networks, first.of_networks) == (3, 3)
        assert (second.networks, second.of_networks) == (2, 3)
        assert band_text(first) == "" and band_text(second) == "in 2 of 3 networks"
    # Not compared.
    assert count_networks(bands, alone[:1], AXIS) == bands
    assert count_networks(bands, alone * np.nan, AXIS) == bands
    assert band_text(bands[0]) == ""


def test_words():
    assert agreement_text(3, .934) == "3 networks agree: .93"
    assert agreement_text(2, .5) == "2 networks agree in part: .50"
    assert agreement_text(5, -.05) == "5 networks disagree: -.05"
    assert agreement_text(3, 1) == "3 networks agree: 1.00"
    assert agreement_text(1, np.nan) == ""


def test_more_spectra_can_be_added():
    first = Stability(np.array([1, 5]), np.arange(12.).reshape(2, 2, 3))
    both = first.joined(Stability(np.array([3]), np.full((2, 1, 3), 9.)))
    assert list(both.rows) == [1, 3, 5]
    np.testing.assert_array_equal(both.maps[:, 1], np.full((2, 3), 9))
    np.testing.assert_array_equal(both.maps[:, [0, 2]], first.maps)
    assert np.isnan(first.mean_maps(np.array([2]), np.arange(3.))).all()


def test_tables_and_single_spectra(tmp_path):
    explained = explain_table(model(), spectra())
    views = class_views(explained, stability=compare_networks(model(), explained))
    table = bands_table(views)
    assert (table.get_column("of networks") == 3).all()
    assert list(table.get_column("networks")) == [b.networks for v in views for b in v.bands]
    write_bands(views, tmp_path / "bands.csv")
    with open(tmp_path / "bands.csv", encoding="utf-8") as file:
        assert [row["networks"] for row in csv.DictReader(file)] == [
            f"{b.networks} of 3" for v in views for b in v.bands]
    view, = spectrum_views(model(), spectra(), [4])
    own = compare_networks(model(), explained, np.array([4]))
    assert view.reasons[0].agreement == pytest.approx(agreement(own.maps[:, 0]), abs=.02)
    assert "3 networks" in view.lines()[1]
