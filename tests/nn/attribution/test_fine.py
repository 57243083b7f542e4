"""Fine maps: sharper than the network's last map, and at the bands that decide."""
import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from planted import BANDS, GRID, network, spectra

from orangecontrib.microplastics.nn.attribution.faithfulness import faithfulness, randomisation
from orangecontrib.microplastics.nn.attribution.fine import RESOLUTION, integrated_gradients
from orangecontrib.microplastics.nn.attribution.gradcam import explain, resolution
from orangecontrib.microplastics.nn.prediction import predict


@pytest.fixture(scope="module")
def net():
    return network(0)


@pytest.fixture(scope="module")
def known(net):
    """Rightly predicted spectra, and their classes."""
    X, y = spectra(150, 7)
    right = predict([net], X).argmax(axis=1) == y
    assert right.mean() > .8
    return X[right], y[right]


def maps_of(nets, X, method="fine", **settings):
    return explain(nets, X, GRID, method=method, **settings).importance


def half_of_it(maps):
    """Width in which half of the importance lies, cm-1."""
    ordered = -np.sort(-np.nan_to_num(maps), axis=1)
    total = ordered.cumsum(axis=1)
    return ((total < total[:, -1:] / 2).sum(axis=1) + 1) * (GRID[1] - GRID[0])


def test_the_planted_bands_are_found(net, known):
    X, y = known
    fine, coarse = maps_of([net], X), maps_of([net], X, "hirescam")
    # Narrow bands, of which one has parts 28 cm-1 from its centre; the evidence of the third, which
    # is 40 cm-1 wide, is spread over its flanks.
    off = np.abs(GRID[fine.argmax(axis=1)] - np.array(BANDS)[y])
    assert (off <= 40)[y < 2].mean() > .85
    assert (off <= 80)[y == 2].mean() > .5
    near = np.abs(GRID - np.array(BANDS)[y][:, None]) <= 60
    share = [np.where(near, maps, 0).sum(axis=1) / maps.sum(axis=1) for maps in (fine, coarse)]
    assert share[0].mean() > share[1].mean() + .1
    assert np.median(half_of_it(fine)) < .6 * np.median(half_of_it(coarse))


def test_more_faithful_than_chance_and_than_the_last_map(net, known):
    X, y = known
    areas = {method: faithfulness([net], X, maps_of([net], X, method), y).areas()
             for method in ("fine", "hirescam")}
    assert areas["fine"]["deletion"] < min(areas["fine"]["random_deletion"],
                                           areas["hirescam"]["deletion"] + .01)
    assert areas["fine"]["insertion"] > max(areas["fine"]["random_insertion"],
                                            areas["hirescam"]["insertion"] - .01)


def test_gradients_are_those_of_captum(net, known):
    X, y = known
    net = net.eval()
    x, classes = torch.from_numpy(X[:20]), torch.from_numpy(y[:20])
    ours = integrated_gradients([net], x, lambda s: s.gather(1, classes[:, None])[:, 0])
    theirs = IntegratedGradients(net.classify).attribute(
        net.front(x), target=classes, n_steps=3, method="riemann_middle").sum(dim=1)
    np.testing.assert_allclose(ours, theirs.detach(), atol=1e-5 * float(theirs.abs().max()))


def test_gradients_add_up_to_the_score(net, known):
    X, y = known
    x, classes = torch.from_numpy(X), torch.from_numpy(y)

    def of_class(scores):
        return scores.gather(1, classes[:, None])[:, 0]

    with torch.no_grad():
        front = net.front(x)
        rise = of_class(net.classify(front)) - of_class(net.classify(torch.zeros_like(front)))
    total = integrated_gradients([net], x, of_class).sum(dim=1)
    # Four steps are no integral.
    assert float((total - rise).abs().median()) < .1 * float(rise.abs().median())


def test_branches_share_the_gradients(net, known):
    X, y = known
    x, classes = torch.from_numpy(X[:10]), torch.from_numpy(y[:10])

    def of_class(scores):
        return scores.gather(1, classes[:, None])[:, 0]

    # So do the maps, about: their square roots, and what the signs leave out, do not add up.
    maps, *of_branches = (maps_of([net], X, signed=True, branch=b) for b in (None, 0, 1))
    seen = net.seen()
    likeness = np.corrcoef(sum(of_branches)[:, seen].ravel(), maps[:, seen].ravel())[0, 1]
    assert likeness > .8
    assert all(np.corrcoef(part[:, seen].ravel(), maps[:, seen].ravel())[0, 1] < likeness
               for part in of_branches)
    whole = integrated_gradients([net], x, of_class)
    parts = [integrated_gradients([net], x, of_class, branch) for branch in (0, 1)]
    np.testing.assert_allclose(sum(parts), whole, atol=1e-4 * float(whole.abs().max()))
    assert not np.allclose(parts[0], parts[1])


def test_signs_gaps_and_axes(net, known):
    X, _ = known
    signed = maps_of([net], X, signed=True)
    assert (signed < 0).any()
    assert (maps_of([net], X) >= 0).all()
    seen = net.seen()
    assert np.isfinite(signed[:, seen]).all() and np.isnan(signed[:, ~seen]).all()
    gaps = X[:5].copy()
    gaps[2, 30] = np.nan
    found = maps_of([net], gaps)
    assert np.isnan(found[2]).all() and np.isfinite(found[[0, 1, 3, 4]][:, seen]).all()
    # Another axis, in another order: the same map, interpolated.
    axis = np.linspace(2200, 750, 999)
    other = maps_of([net], X, axis=axis)
    np.testing.assert_allclose(other[0], np.interp(axis, GRID, maps_of([net], X)[0]),
                               atol=1e-4 * other[0].max())


def test_maps_depend_on_the_weights(net, known):
    X, y = known
    fine, coarse = (randomisation([net], X[:60], GRID, y[:60], method=method)
                    for method in ("fine", "hirescam"))
    assert abs(fine["all"]) < .15
    for what, likeness in fine.items():
        assert abs(likeness) < .4 and likeness < coarse[what] + .05


def test_several_networks_are_one(net, known):
    X, y = known
    one, twice = maps_of([net], X[:20]), maps_of([net, net], X[:20])
    np.testing.assert_allclose(one, twice, rtol=1e-3, atol=1e-5 * one.max())


def test_resolution(net):
    assert resolution([net], GRID, "fine") == RESOLUTION < resolution([net], GRID, "hirescam")
