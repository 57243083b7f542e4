"""Grad-CAM: arithmetic compared with captum, and meaning with planted bands."""
import copy
import importlib.util
import unittest
from functools import cache

import numpy as np
import planted
import torch
from tapped import Tapped
from torch import nn

from orangecontrib.microplastics.config import TrainingConfig
from orangecontrib.microplastics.explanation.important_bands import (
    important_bands,
    mean_map,
    normalised,
    smooth,
)
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.nn.attribution.cbam_maps import attention
from orangecontrib.microplastics.nn.attribution.gradcam import (
    DEFAULT_METHOD,
    METHODS,
    explain,
    explain_batches,
    resolution,
)
from orangecontrib.microplastics.nn.attribution.projection import Projection
from orangecontrib.microplastics.nn.attribution.targets import (
    Target,
    component_contrast,
    component_targets,
)
from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.nn.network import DCNet, DCNetConfig
from orangecontrib.microplastics.nn.prediction import predict
from orangecontrib.microplastics.nn.training import fit
from orangecontrib.microplastics.simulation.polymers import simulate

GRID = np.arange(700, 3900, 4.0)


def network(seed=0, **config):
    """Random weights, also of batch norms, so that no mistake is hidden by a 1 or 0."""
    config = {"n_wavenumbers": len(GRID), "n_classes": 5} | config
    generator = torch.Generator().manual_seed(seed)
    net = DCNet(DCNetConfig(**config), generator)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            with torch.no_grad():
                module.weight.uniform_(0.5, 2, generator=generator)
                module.bias.normal_(0, 0.3, generator=generator)
    return net.eval()


def spectra(n=20, seed=0):
    return np.random.default_rng(seed).normal(size=(n, len(GRID))).cumsum(axis=1).astype(np.float32)


@unittest.skipUnless(importlib.util.find_spec("captum"), "captum comes with the test extra")
class TestAgainstCaptum(unittest.TestCase):
    def captum(self, net, X, target, branch, relu):
        from captum.attr import LayerGradCam
        tapped = Tapped(net).eval()
        return LayerGradCam(tapped, tapped.taps[branch]).attribute(
            torch.from_numpy(X), torch.from_numpy(target), relu_attributions=relu)

    def test_each_branch_agrees(self):
        for config in ({}, {"stride": 1, "pools": (2, 2, 1)}, {"attention": "none"},
                       {"keep": ((0, 300), (500, 600))}, {"kernels": (5,)}):
            net, X = network(**config), spectra()
            target = np.arange(20) % 5
            for branch in range(len(net.branches)):
                for relu in (False, True):
                    with self.subTest(config=config, branch=branch, relu=relu):
                        coarse = self.captum(net, X, target, branch, relu)[:, 0, 0].detach()
                        expected = np.array([
                            np.interp(np.arange(len(GRID)), net.positions()[branch], row)
                            for row in coarse.numpy()])
                        ours = explain([net], X, GRID, target=target, branch=branch,
                                       method="gradcam", signed=not relu).importance
                        seen = net.seen()
                        np.testing.assert_allclose(ours[:, seen], expected[:, seen],
                                                   atol=1e-5 * np.abs(expected).max())

    def test_agrees_with_captums_interpolation(self):
        # Captum's interpolation uses only lengths: it has the same centres with pooling only.
        from captum.attr import LayerAttribution
        net, X = network(stride=1, pooling=True), spectra()
        target = np.zeros(20, int)
        coarse = self.captum(net, X, target, 1, True)[:, :, 0]
        expected = LayerAttribution.interpolate(coarse, (len(GRID),), "linear")[:, 0]
        ours = explain([net], X, GRID, target=target, branch=1,
                       method="gradcam").importance
        np.testing.assert_allclose(ours, expected.detach(), atol=1e-5)

#: Methods that are linear in the network's last maps.
ON_MAPS = ("gradcam", "gradcam++", "hirescam")


class TestArithmetic(unittest.TestCase):
    def setUp(self):
        self.net, self.X = network(), spectra()

    def test_hirescam_accounts_for_the_whole_score(self):
        # On the map's own columns, g * A adds up to the score less the offset.
        net = self.net
        with torch.no_grad():
            scores = net(torch.from_numpy(self.X)).numpy()
            offset = net.classifier.bias.numpy()
        columns = Projection([net], GRID).centres
        for branch_sum in (None, (0, 1)):
            maps = [explain([net], self.X, GRID, columns, target=2, method="hirescam",
                            signed=True, branch=b).importance
                    for b in (branch_sum or (None,))]
            np.testing.assert_allclose(sum(maps).sum(axis=1), scores[:, 2] - offset[2],
                                       rtol=1e-3, atol=1e-4)

    def test_the_default_is_fine(self):
        self.assertEqual((DEFAULT_METHOD, METHODS[:2]), ("fine", ("fine", "gradcam")))
        np.testing.assert_array_equal(
            explain([self.net], self.X, GRID).importance,
            explain([self.net], self.X, GRID, method="fine").importance)

    def test_any_number_of_threads(self):
        one, two = (self._in_threads(n) for n in (1, 2))
        np.testing.assert_allclose(one, two, atol=1e-4 * np.abs(one).max())

    def _in_threads(self, n):
        with threads(n):
            return explain([self.net], self.X, GRID, batch_size=3, signed=True).importance

    def test_signed_branches_add_up(self):
        for method in ON_MAPS:
            whole, *parts = (explain([self.net], self.X, GRID, method=method, branch=b,
                                     signed=True).importance for b in (None, 0, 1))
            np.testing.assert_allclose(sum(parts), whole, rtol=1e-5, atol=1e-5)

    def test_without_sign_is_the_positive_part_on_the_columns(self):
        columns = Projection([self.net], GRID).centres
        signed, plain = (explain([self.net], self.X, GRID, columns, signed=s,
                                 method="hirescam").importance
                         for s in (True, False))
        np.testing.assert_allclose(plain, signed.clip(0), atol=1e-6)
        self.assertLess(signed.min(), -1e-4)

    def test_networks_are_averaged(self):
        nets = [network(seed) for seed in (1, 2, 3)]
        for method in ON_MAPS:
            single = [explain([net], self.X, GRID, target=1, method=method, signed=True)
                      for net in nets]
            together = explain(nets, self.X, GRID, target=1, method=method, signed=True)
            np.testing.assert_allclose(together.importance,
                                       np.mean([s.importance for s in single], axis=0),
                                       rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(together.scores,
                                       np.mean([s.scores for s in single], axis=0), atol=1e-5)

    def test_networks_agree_on_the_predicted_class(self):
        nets = [network(seed) for seed in (1, 2, 3)]
        predicted = predict(nets, self.X).argmax(axis=1)
        np.testing.assert_array_equal(
            explain(nets, self.X, GRID).importance,
            explain(nets, self.X, GRID, target=predicted).importance)
        alone = np.array([predict([net], self.X).argmax(axis=1) for net in nets])
        self.assertTrue((alone != predicted).any())

    def test_size_of_the_batches_is_of_no_consequence(self):
        large = explain([self.net], self.X, GRID)
        for one, other in zip(explain([self.net], self.X, GRID, batch_size=3), large, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
        rows = [part.rows for part in
                explain_batches([self.net], self.X, GRID, batch_size=8)]
        self.assertEqual([(r.start, r.stop) for r in rows], [(0, 8), (8, 16), (16, 20)])

    def test_leaves_nothing_behind(self):
        before = copy.deepcopy(self.net.state_dict())
        for method in METHODS:
            explain([self.net], self.X[:2], GRID, method=method)
        for name, value in self.net.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)
        for parameter in self.net.parameters():
            self.assertIsNone(parameter.grad)
        for module in self.net.modules():
            self.assertFalse(module._forward_hooks or module._backward_hooks)

    def test_spectra_with_missing_values_have_no_importance(self):
        X = self.X.copy()
        X[4, 100] = np.nan
        for method in METHODS:
            result = explain([self.net], X[:6], GRID, method=method)
            for values in result:
                self.assertTrue(np.isnan(values[4]).all())
                self.assertTrue(np.isfinite(np.delete(values, 4, axis=0)).all())

    def test_callback_stops(self):
        def stop(fraction):
            seen.append(fraction)
            if fraction > 0.5:
                raise InterruptedError
        seen = []
        with self.assertRaises(InterruptedError):
            explain([self.net], self.X, GRID, batch_size=5, callback=stop)
        np.testing.assert_allclose(seen, [0.25, 0.5, 0.75])

    def test_no_spectra(self):
        self.assertEqual(explain([self.net], self.X[:0], GRID).importance.shape, (0, len(GRID)))

    def test_bad_input_is_explained(self):
        for settings, text in (({"method": "lime"}, "choose one of"), ({"branch": 2}, "no branch"),
                               ({"target": 7}, "from 0 to 4"), ({"target": "PE"}, "not known"),
                               ({"target": Target(())}, "at least one"),
                               ({"target": np.zeros(3, int)}, "as many targets")):
            with self.subTest(settings), self.assertRaisesRegex(ValueError, text):
                explain([self.net], self.X, GRID, **settings)
        with self.assertRaisesRegex(ValueError, "takes 800"):
            explain([self.net], self.X[:, 1:], GRID)
        with self.assertRaisesRegex(ValueError, "same strides"):
            explain([self.net, network(stride=1)], self.X, GRID)


class TestTargets(unittest.TestCase):
    CLASSES = ("PE", "PP", "PE + PP", "PS", "PE + PS")

    def test_components(self):
        targets = component_targets(self.CLASSES)
        self.assertEqual(targets, {"PE": Target((0, 2, 4), (1, 3)),
                                   "PP": Target((1, 2), (0, 3, 4)),
                                   "PS": Target((3, 4), (0, 1, 2))})
        self.assertEqual(component_targets(("PE", "PP")), {})

    def test_score_is_the_log_odds_of_presence(self):
        scores = torch.randn(9, 5, generator=torch.Generator().manual_seed(0))
        present = scores.softmax(dim=1)[:, [0, 2, 4]].sum(dim=1)
        torch.testing.assert_close(component_targets(self.CLASSES)["PE"].score(scores),
                                   present.logit())

    def test_a_class_alone_is_its_own_score(self):
        net, X = network(), spectra(5)
        np.testing.assert_allclose(explain([net], X, GRID, target=Target((3,))).importance,
                                   explain([net], X, GRID, target=3).importance, atol=1e-7)

    def test_contrast_is_with_and_without_the_component(self):
        def named(k, side):
            return {self.CLASSES[i] for i in np.flatnonzero(side[k])}
        of = self.CLASSES.index
        contrast = component_contrast(self.CLASSES, "PS")
        for predicted, plus, minus in (
                ("PE + PS", {"PE + PS"}, {"PE"}),  # found
                ("PE", {"PE + PS"}, {"PE"}),  # missed
                ("PP", {"PS", "PE + PS"}, {"PE", "PP", "PE + PP"}),  # PP + PS is not known
                ("PS", {"PS", "PE + PS"}, {"PE", "PP", "PE + PP"})):  # alone
            with self.subTest(predicted):
                self.assertEqual(named(of(predicted), contrast.plus), plus)
                self.assertEqual(named(of(predicted), contrast.minus), minus)
        with self.assertRaisesRegex(ValueError, "No combination contains 'PVC'"):
            component_contrast(self.CLASSES, "PVC")

    def test_contrast_explains_each_spectrum_by_its_prediction(self):
        net, X = network(), spectra(12)
        predicted = predict([net], X).argmax(axis=1)
        contrast = component_contrast(self.CLASSES, "PE")
        for method in ("hirescam", "occlusion"):
            own = explain([net], X, GRID, target=contrast, method=method, signed=True).importance
            for k in np.unique(predicted):
                target = Target(tuple(np.flatnonzero(contrast.plus[k])),
                                tuple(np.flatnonzero(contrast.minus[k])))
                rows = predicted == k
                np.testing.assert_allclose(
                    own[rows], explain([net], X[rows], GRID, target=target, method=method,
                                       signed=True).importance, rtol=1e-4, atol=1e-5)

    def test_component_of_every_class(self):
        net, X = network(n_classes=2), spectra(3)
        contrast = component_contrast(("PE + PP", "PE + PS"), "PE")
        self.assertTrue(np.isfinite(explain([net], X, GRID, target=contrast).importance).all())

    def test_contrast_is_the_gradient_of_the_log_odds(self):
        # HiResCAM is gradient times map: check by a finite difference along the map.
        net, X = network(), spectra(6)
        target = component_targets(self.CLASSES)["PE"]
        columns = Projection([net], GRID).centres
        total = explain([net], X, GRID, columns, target=target, method="hirescam",
                        signed=True).importance.sum(axis=1)
        with torch.no_grad():
            maps = [f.map.double() for f in net.features(torch.from_numpy(X))]
            double = copy.deepcopy(net).double()
            up, down = (target.score(double.head([m * (1 + h) for m in maps]))
                        for h in (1e-5, -1e-5))
        np.testing.assert_allclose(total, (up - down) / 2e-5, rtol=1e-3, atol=1e-4)


class TestAxis(unittest.TestCase):
    KEEP = ((0, 288), (500, 601))  # 700-1848 and 2700-3100 cm-1

    def setUp(self):
        self.net = network(keep=self.KEEP)
        self.X = spectra(4)
        self.on_grid = explain([self.net], self.X, GRID).importance

    def test_what_is_left_out_is_not_seen(self):
        seen = np.isfinite(self.on_grid)
        np.testing.assert_array_equal(seen, np.tile(self.net.seen(), (4, 1)))
        axis = np.array([600., 697, 699, 1848, 1849.9, 1852, 2500, 2699, 3100, 3200, 3898, 5000])
        importance = explain([self.net], self.X, GRID, axis).importance
        np.testing.assert_array_equal(
            np.isfinite(importance[0]),
            [False, False, True, True, True, False, False, True, True, False, False, False])

    def test_lines_up_on_any_axis(self):
        rng = np.random.default_rng(0)
        axes = {"descending": GRID[::-1], "unsorted": rng.permutation(GRID),
                "uneven": np.sort(rng.uniform(700, 3896, 700)), "finer": np.arange(700, 3896, 0.5)}
        seen = self.net.seen()
        for name, axis in axes.items():
            with self.subTest(name):
                result = explain([self.net], self.X, GRID, axis).importance
                self.assertEqual(result.shape, (4, len(axis)))
                here = np.isfinite(result[0])
                for ours, reference in zip(result, self.on_grid, strict=True):
                    expected = np.interp(axis, GRID[seen], reference[seen])
                    # The reference ends within the first step at a region's border.
                    inner = here & (np.abs(axis - 2698) > 2.1) & (np.abs(axis - 1850) > 2.1)
                    np.testing.assert_allclose(ours[inner], expected[inner], atol=1e-5)

    def test_nothing_seen_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "700-3100 cm-1; the spectra cover 2000-2500"):
            explain([self.net], self.X, GRID, np.arange(2000, 2501, 4.0))

    def test_attention(self):
        branches = attention(self.net, self.X, GRID, batch_size=3)
        self.assertEqual(len(branches), 2)
        with torch.no_grad():
            features = self.net.features(torch.from_numpy(self.X))
        columns = Projection([self.net], GRID).centres
        on_columns = attention(self.net, self.X, GRID, columns)
        for ours, coarse, feature in zip(branches, on_columns, features, strict=True):
            np.testing.assert_array_equal(np.isfinite(ours.spatial[0]), self.net.seen())
            known = np.isfinite(coarse.spatial[0])
            np.testing.assert_allclose(coarse.spatial[:, known], feature.spatial[:, known],
                                       atol=1e-6)
            np.testing.assert_allclose(ours.channel, feature.channel, atol=1e-6)
        none = attention(network(attention="none"), self.X, GRID)
        self.assertTrue(all(a.spatial is None and a.channel is None for a in none))


@cache
def planted_network(seed=0):
    return planted.network(seed)


class TestPlantedBand(unittest.TestCase):
    def test_the_band_that_decides_has_the_maximum(self):
        X, y = planted.spectra(90, 99)
        for seed in (0, 1):
            net = planted_network(seed)
            self.assertGreater((predict([net], X).argmax(axis=1) == y).mean(), 0.95)
            column = np.diff(Projection([net], planted.GRID).centres)[0]
            # Not Grad-CAM itself: averaged over positions, the gradient of the head's maximum
            # loses the place (gradcam.py tells why it is not the default).
            for method, reach in (("fine", 40), ("gradcam++", column), ("hirescam", column),
                                  ("occlusion", 44)):
                maps = explain([net], X, planted.GRID, target=y, method=method).importance
                for k, wavenumber in enumerate(planted.BANDS):
                    with self.subTest(seed=seed, method=method, band=wavenumber):
                        at = planted.GRID[mean_map(maps, y == k).argmax()]
                        # A broad band may be recognised by its flanks: a hit is within two widths.
                        width = planted.SHAPES[k][1] if method in ("fine", "occlusion") else 0
                        self.assertLessEqual(abs(at - wavenumber), max(reach, 2 * width))

    def test_another_class_is_found_nowhere(self):
        # Occlusion is in units of the score: a band that a class lacks cannot be removed.
        net = planted_network(0)
        X, y = planted.spectra(30, 99)
        own, other = (explain([net], X, planted.GRID, target=t, method="occlusion").importance
                      for t in (y, (y + 1) % 3))
        self.assertGreater(own.max(axis=1).mean(), 3 * other.max(axis=1).mean())


class TestComponents(unittest.TestCase):
    def test_maps_of_components_peak_at_their_own_bands(self):
        grid, names = np.arange(660, 1852, 4.0), ("PS", "PET", "PVC")
        train = mix(simulate(names, 40, wavenumbers=grid), 1500, seed=1)
        test = mix(simulate(names, 20, wavenumbers=grid, seed=5), 120, seed=2)
        classes = train.domain.class_var.values
        net = fit(train.X, train.Y.astype(int), grid, DCNetConfig(len(grid), len(classes)),
                  TrainingConfig(epochs=6, augmentation=None, threads=1)).network
        strong = {"PS": (697, 754, 1493, 1450), "PET": (1246, 1716, 725, 1099),
                  "PVC": (1254, 966, 1427, 690)}
        mixtures = np.array([" + " in classes[int(y)] for y in test.Y])
        for component, target, method in (
                (*item, method) for item in component_targets(classes).items()
                for method in ("fine", "hirescam")):
            rows = mixtures & np.isin(test.Y, target.plus)
            importance = explain([net], test.X[rows], grid, target=target,
                                 method=method).importance
            pure = test.X[classes.index(component) == test.Y].mean(axis=0)
            bands = important_bands(
                mean_map(importance), grid, spectrum=pure, materials=[component], n=2,
                resolution=resolution([net], grid, method))
            with self.subTest(component, method=method):
                # A missing band has no name.
                for found in (band for band in bands if band.absorptions):
                    self.assertEqual(found.assignments[0].material, component)
                self.assertLessEqual(
                    min(abs(bands[0].absorptions[0] - s) for s in strong[component]), 10)


class TestImportantBands(unittest.TestCase):
    AXIS = np.arange(600, 3102, 2.0)

    def curve(self, *bands):
        return sum(h * np.exp(-0.5 * ((self.AXIS - c) / w) ** 2) for c, w, h in bands)

    def test_centre_limits_share(self):
        importance = self.curve((1000, 10, 1), (1600, 20, 0.4), (2000, 10, 0.1))
        first, second = important_bands(importance, self.AXIS, threshold=0.2)
        self.assertEqual((first.centre, second.centre), (1000, 1600))
        # Full width at half maximum of a Gaussian is 2.355 widths.
        self.assertAlmostEqual(first.high - first.low, 23.55, delta=4)
        self.assertAlmostEqual(second.high - second.low, 47.1, delta=4)
        self.assertAlmostEqual(second.height, 0.4, places=3)
        # 76 % of a Gaussian lies within, and the areas are as 10 : 8 : 1.
        self.assertAlmostEqual(first.share, 0.761 * 10 / 19, delta=0.03)
        self.assertEqual(len(important_bands(importance, self.AXIS, threshold=0.05)), 3)
        self.assertEqual(len(important_bands(importance, self.AXIS, threshold=0.05, n=1)), 1)

    def test_order_of_the_axis_does_not_matter(self):
        importance = self.curve((1000, 10, 1), (1600, 20, 0.5))
        order = np.random.default_rng(0).permutation(len(self.AXIS))
        self.assertEqual(important_bands(importance, self.AXIS),
                         important_bands(importance[order], self.AXIS[order]))

    def test_neighbours_are_parted_in_the_valley(self):
        left, right = sorted(important_bands(self.curve((1000, 12, 1), (1035, 12, 0.9)),
                                             self.AXIS))
        self.assertLess(left.high, right.low + 3)
        self.assertAlmostEqual(left.high, 1017, delta=4)

    def test_named_by_what_the_spectrum_absorbs(self):
        importance = self.curve((1700, 30, 1))
        spectrum = self.curve((1716, 8, 1), (1300, 8, 3))
        band, = important_bands(importance, self.AXIS, spectrum=spectrum, materials=["PET"])
        self.assertEqual(band.absorptions, (1716.0,))
        self.assertEqual((band.assignments[0].material, band.assignments[0].wavenumber),
                         ("PET", 1716))
        self.assertIn("C=O", band.describe())

    def test_the_number_in_front_is_where_the_spectrum_absorbs(self):
        # The map is highest at 1700, the table has 1716, the spectrum absorbs at 1712.
        band, = important_bands(self.curve((1700, 30, 1)), self.AXIS, materials=["PET"],
                                spectrum=self.curve((1712, 8, 1)))
        self.assertEqual((band.centre, band.position), (1700, 1712))
        self.assertEqual(band.label(), "1712 C=O stretch (PET)")
        self.assertTrue(band.describe().startswith("1712 C=O stretch (ester) (PET)"))

    def test_an_absorption_is_named_by_its_own_band(self):
        # The stronger band has no assignment, and must not get that of its neighbour.
        importance = self.curve((1740, 40, 1))
        spectrum = self.curve((1764, 5, 1), (1716, 5, .5))
        band, = important_bands(importance, self.AXIS, spectrum=spectrum, materials=["PET"],
                                others=["PE"], tolerance=5)
        self.assertEqual(band.absorptions, (1764, 1716))
        self.assertEqual(band.label(), "1764 not known")
        self.assertEqual(band.describe(), "1764 not known; 1716 C=O stretch (ester) (PET)")

    def test_bands_of_other_materials_have_a_question_mark(self):
        importance = self.curve((1716, 10, 1))
        # A second band that the material does not have.
        spectrum = importance + self.curve((1246, 10, 1))
        for own, text in (("PET", "(PET)"), ("CE", "(PET?)")):
            band, = important_bands(importance, self.AXIS, spectrum=spectrum, materials=[own],
                                    others=["PET"])
            self.assertIn(text, band.label())

    def test_absorptions_lie_within_and_belong_to_one_band_only(self):
        importance = self.curve((1000, 20, 1), (1120, 20, .9))
        spectrum = self.curve((970, 4, 1), (1050, 4, 1), (1068, 4, 1), (1200, 4, 1))
        left, right = sorted(important_bands(importance, self.AXIS, spectrum=spectrum,
                                             resolution=80))
        self.assertEqual(set(left.absorptions), {970, 1050})
        self.assertEqual(right.absorptions, (1068,), "1200 is too far away")
        for band in (left, right):
            for at in band.absorptions:
                self.assertTrue(band.low <= at <= band.high)
        self.assertLess(left.high, right.low)
        self.assertLessEqual(left.share + right.share, 1)

    def test_flanks_belong_to_their_band(self):
        # As networks see bands that use derivatives: both flanks, and nothing at the top.
        spectrum = self.curve((1100, 20, 1), (1720, 12, .6))
        importance = self.curve((1076, 6, 1), (1124, 6, .7), (1704, 5, .5), (1500, 8, .4))
        found = important_bands(importance, self.AXIS, spectrum=spectrum, resolution=16)
        self.assertEqual([round(band.position) for band in found], [1100, 1500, 1720])
        ester, alone, carbonyl = found
        self.assertTrue(ester.low < 1076 and ester.high > 1124)
        self.assertEqual(ester.centre, 1076)
        # Limits are where importance is half as high.
        self.assertAlmostEqual(ester.share, .76 * 10.2 / (10.2 + 2.5 + 3.2), delta=.1)
        self.assertEqual(carbonyl.absorptions, (1720,))
        self.assertEqual(alone.absorptions, ())

    def test_noise_is_no_absorption(self):
        importance = self.curve((1000, 60, 1), (1700, 60, 1))
        noise = np.random.default_rng(0).normal(0, .02, len(self.AXIS))
        spectrum = self.curve((1712, 8, 1)) + noise
        found = important_bands(importance, self.AXIS, spectrum=spectrum, resolution=64)
        nothing, band = sorted(found, key=lambda b: b.centre)
        self.assertEqual(nothing.absorptions, ())
        self.assertEqual(len(band.absorptions), 1)
        self.assertAlmostEqual(band.position, 1712, delta=6)

    def test_nothing_absorbs(self):
        band, = important_bands(self.curve((2000, 20, 1)), self.AXIS, materials=["PE"],
                                spectrum=self.curve((1000, 9, 1)))
        self.assertEqual((band.position, band.absorptions, band.names), (2000, (), ()))
        self.assertIn("no absorption", band.label())
        self.assertIn("a missing band can be important", band.describe())

    def test_atmosphere(self):
        for centre, material, expected in ((2340, "PE", "likely"), (1716, "PET", "possible"),
                                           (1850, "PET", "likely"), (1018, "PET", "")):
            importance = self.curve((centre, 8, 1))
            band, = important_bands(importance, self.AXIS, spectrum=importance,
                                    materials=[material])
            self.assertEqual(band.atmosphere, expected, centre)

    def test_not_seen_and_negative_are_no_importance(self):
        importance = self.curve((1000, 10, 1), (1600, 10, -3))
        importance[self.AXIS > 2000] = np.nan
        band, = important_bands(importance, self.AXIS)
        self.assertEqual(band.centre, 1000)
        self.assertEqual(important_bands(-np.abs(importance), self.AXIS), [])
        self.assertEqual(important_bands(importance * np.nan, self.AXIS), [])

    def test_maximum_at_the_end_of_what_is_seen(self):
        importance = self.curve((1000, 30, 1))
        importance[self.AXIS < 1000] = np.nan
        band, = important_bands(importance, self.AXIS)
        self.assertEqual((band.centre, band.low), (1000, 1000))

    def test_normalised_and_smooth(self):
        maps = np.array([[1, 2, np.nan, 4], [0, -8, np.nan, 2], [0, 0, np.nan, 0]], float)
        np.testing.assert_allclose(normalised(maps)[:, 1], [0.5, -1, 0])
        np.testing.assert_allclose(normalised(maps, "set")[:, 1], [0.25, -1, 0])
        one = self.curve((1000, 10, 1))[None]
        one[:, self.AXIS > 3000] = np.nan
        wide = smooth(one, self.AXIS, 10)
        self.assertAlmostEqual(np.nanmax(wide), 1 / np.sqrt(2), places=3)
        np.testing.assert_array_equal(np.isnan(wide), np.isnan(one))
        order = np.random.default_rng(0).permutation(len(self.AXIS))
        np.testing.assert_allclose(smooth(one[:, order], self.AXIS[order], 10), wide[:, order])
        self.assertIs(smooth(one, self.AXIS, 0), one)


if __name__ == "__main__":
    unittest.main()
