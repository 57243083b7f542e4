"""The network: arithmetic, shapes and positions of features."""
import dataclasses

import numpy as np
import pytest
import torch
from scipy.signal import savgol_filter

from orangecontrib.microplastics.config import ATTENTIONS, DCNetConfig
from orangecontrib.microplastics.nn.cbam import CBAM, ChannelAttention, SpatialAttention
from orangecontrib.microplastics.nn.network import DCNet, Front

# Without compression the front is linear, and its output can be predicted.
CONFIG = DCNetConfig(200, 4, kernels=(3, 9), widths=(8, 8, 16), second_derivative=False,
                     compression=0.)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def network(seed=0, **changes):
    return DCNet(dataclasses.replace(CONFIG, **changes), generator(seed)).eval()


def spectra(n=6, length=200, seed=0):
    return torch.rand(n, length, generator=generator(seed))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


class TestAttention:
    """Woo et al. 2018, by hand on a map of two channels and three positions."""

    MAP = torch.tensor([[[[1., 2., 6.]], [[0., -1., -2.]]]])

    def test_channel(self):
        attention = ChannelAttention(2, reduction=2, generator=generator())
        with torch.no_grad():
            attention.squeeze.weight[:] = torch.tensor([[1., 2.]])
            attention.squeeze.bias[:] = 0.5
            attention.excite.weight[:] = torch.tensor([[1.], [-1.]])
            attention.excite.bias[:] = torch.tensor([0., 0.25])
        # Averages (3, -1): hidden 3 - 2 + .5 = 1.5; maxima (6, 0): hidden 6.5.
        # Channel 0: 1.5 + 6.5; channel 1: (-1.5 + .25) + (-6.5 + .25).
        np.testing.assert_allclose(
            attention(self.MAP).detach().numpy(), sigmoid([[8., -7.5]]), rtol=1e-5)

    def test_hidden_layer_is_rectified(self):
        attention = ChannelAttention(2, reduction=2, generator=generator())
        with torch.no_grad():
            attention.squeeze.weight[:] = torch.tensor([[-1., 0.]])
            attention.squeeze.bias[:] = 0.
            attention.excite.bias[:] = torch.tensor([1., -1.])
        np.testing.assert_allclose(
            attention(self.MAP).detach().numpy(), sigmoid([[2., -2.]]), rtol=1e-5)

    def test_spatial(self):
        attention = SpatialAttention(3, generator())
        with torch.no_grad():
            # Average channel: (left, centre, right) = (0, 1, 0); maximum: (0, 0, 1).
            attention.conv.weight[:] = torch.tensor([[[[0., 1., 0.]], [[0., 0., 1.]]]])
            attention.conv.bias[:] = -1.
        # Averages (.5, .5, 2), maxima (1, 2, 6) with zero beyond the end.
        np.testing.assert_allclose(
            attention(self.MAP).detach().numpy()[:, 0, 0],
            sigmoid([[.5 + 2 - 1, .5 + 6 - 1, 2 + 0 - 1]]), rtol=1e-5)

    def test_channel_goes_before_spatial(self):
        cbam = CBAM(2, "cbam", 2, 3, generator(3))
        with torch.no_grad():
            out, channel, spatial = cbam(self.MAP)
            weighted = self.MAP * channel[:, :, None, None]
            torch.testing.assert_close(spatial, cbam.spatial(weighted))
            torch.testing.assert_close(out, weighted * spatial)

    @pytest.mark.parametrize("length", [5, 24, 200])
    def test_spatial_is_a_convolution(self, length):
        """As one matrix product, and by torch's convolution for longer maps."""
        attention = SpatialAttention(7, generator(1))
        x = torch.randn(3, 4, 1, length, generator=generator(2))
        with torch.no_grad():
            attention.conv.bias[:] = .3
            pooled = torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), dim=1)
            torch.testing.assert_close(attention(x), torch.sigmoid(attention.conv(pooled)))

    @pytest.mark.parametrize("zeros", [False, True])
    def test_at_once_is_one_after_the_other(self, zeros):
        """With gradients both parts are one function; values and gradients equal those of torch."""
        x = torch.randn(4, 8, 1, 11, generator=generator(4), dtype=torch.float64)
        x = x.to(memory_format=torch.channels_last)
        if zeros:
            # After a rectifier many values are zero, so that several values share the maximum.
            x = x.clamp_min(.8) - .8
            x[0] = 0.
        upper = torch.randn(4, 8, 1, 11, generator=generator(5), dtype=torch.float64)
        found = []
        for one_function in (True, False):
            cbam = CBAM(8, "cbam", 4, 7, generator(6)).double()
            given = x.clone().requires_grad_()
            if one_function:
                out, channel, spatial = cbam(given)
            else:
                channel = cbam.channel(given)
                out = given * channel[:, :, None, None]
                spatial = cbam.spatial(out)
                out = out * spatial
            out.backward(upper)
            found.append((out, channel, spatial, given.grad, *(p.grad for p in cbam.parameters())))
        # In an explanation, weights have no gradients.
        frozen = CBAM(8, "cbam", 4, 7, generator(6)).double().requires_grad_(False)
        given = x.clone().requires_grad_()
        frozen(given)[0].backward(upper)
        torch.testing.assert_close(given.grad, found[0][3])
        assert found[0][0].is_contiguous(memory_format=torch.channels_last)
        for at_once, apart in zip(*found, strict=True):
            torch.testing.assert_close(at_once, apart)

    @pytest.mark.parametrize("attention", ATTENTIONS)
    def test_variants(self, attention):
        features = network(attention=attention).features(spectra())
        for f in features:
            assert (f.channel is not None) == (attention in ("cbam", "channel"))
            assert (f.spatial is not None) == (attention in ("cbam", "spatial"))
            for weights, shape in ((f.channel, (6, 16)), (f.spatial, (6, f.map.shape[2]))):
                if weights is not None:
                    assert weights.shape == shape
                    assert ((weights > 0) & (weights < 1)).all()

    def test_none_passes_the_map_on(self):
        x = torch.randn(2, 8, 1, 5, generator=generator())
        out, channel, spatial = CBAM(8, "none", 4, 7, generator())(x)
        assert out is x and channel is None and spatial is None


class TestFront:
    def test_slope_and_offset_vanish(self):
        front = Front(CONFIG)
        x = spectra(3)
        ramp = torch.linspace(0, 5, 200)
        # A slope adds a constant to the derivative, but for the four points at either end.
        inner = slice(10, 190)
        a, b = front(x)[:, 0, inner], front(x + 100 + ramp)[:, 0, inner]
        a, b = (v - v.mean(1, keepdim=True) for v in (a, b))
        a, b = (v / v.std(1, keepdim=True) for v in (a, b))
        torch.testing.assert_close(a, b, atol=2e-3, rtol=0)

    def test_size_does_not_matter(self):
        front = Front(CONFIG)
        x = spectra(3)
        torch.testing.assert_close(front(x), front(1000 * x), atol=1e-4, rtol=1e-4)

    def test_rows_are_standardised(self):
        for compression in (0., 2.):
            out = Front(dataclasses.replace(CONFIG, clip=1e9, second_derivative=True,
                                            compression=compression))(spectra(5))
            assert out.shape == (5, 2, 200)
            torch.testing.assert_close(out.std(2), torch.ones(5, 2), atol=1e-4, rtol=0)
            if not compression:
                torch.testing.assert_close(out.mean(2), torch.zeros(5, 2), atol=1e-5, rtol=0)

    def test_derivative_of_a_parabola(self):
        # Order 2 fits a parabola exactly: its derivative is a straight line.
        x = torch.arange(200.)[None] ** 2 / 200
        out = Front(dataclasses.replace(CONFIG, clip=1e9))(x)[0, 0, 4:-4].double()
        second = out.diff().diff()
        assert out.diff().min() > 0
        assert second.abs().max() < 1e-3 * out.diff().mean()

    @pytest.mark.parametrize("order", [1, 2])
    def test_derivatives_are_savitzky_golay(self, order):
        x = spectra(3)
        front = Front(dataclasses.replace(CONFIG, clip=1e9, second_derivative=True))
        expected = savgol_filter(x.numpy().astype(float), 9, 2, deriv=order, mode="nearest")
        expected -= expected.mean(axis=1, keepdims=True)
        expected /= expected.std(axis=1, keepdims=True, ddof=1)
        np.testing.assert_allclose(front(x)[:, order - 1].numpy(), expected, atol=1e-4)

    def test_compression_lets_weak_bands_count(self):
        axis = np.arange(200)
        strong, weak = (np.exp(-.5 * ((axis - centre) / 5) ** 2) for centre in (60, 140))
        x = torch.from_numpy((strong + .1 * weak).astype(np.float32))[None]
        share = []
        for compression in (0., 1., 3.):
            out = Front(dataclasses.replace(CONFIG, compression=compression))(x)[0, 0].abs()
            share.append(float(out[120:160].max() / out.max()))
        assert share[0] == pytest.approx(.1, abs=.02)
        assert share[0] < share[1] < share[2]

    def test_constant_spectrum_stays_finite(self):
        assert torch.isfinite(Front(CONFIG)(torch.ones(2, 200))).all()
        assert torch.isfinite(network()(torch.zeros(2, 200))).all()

    def test_left_out_regions_have_no_influence(self):
        net = network(keep=((0, 60), (100, 180)))
        x = spectra(3)
        # The derivative at a kept point's border reaches four points beyond it.
        changed = x.clone()
        changed[:, 66:94] += 50
        changed[:, 186:] -= 50
        torch.testing.assert_close(net(x), net(changed), atol=2e-3, rtol=1e-3)
        assert net.seen().sum() == 140
        assert net.seen()[59] and not net.seen()[60] and net.seen()[100]


class TestShapes:
    @pytest.mark.parametrize("kernels", [(3,), (5, 25)])
    @pytest.mark.parametrize("length", [200, 203, 389])
    def test_scores_features_and_head_agree(self, kernels, length):
        net = network(kernels=kernels, n_wavenumbers=length)
        x = spectra(5, length)
        with torch.no_grad():
            scores = net(x)
            features = net.features(x)
        assert scores.shape == (5, 4)
        assert len(features) == len(kernels)
        torch.testing.assert_close(net.head([f.map for f in features]), scores)
        for f, positions in zip(features, net.positions(), strict=True):
            assert f.map.shape == (5, 16, len(positions))

    def test_prediction_does_not_depend_on_the_batch(self):
        net = network()
        x = spectra(7)
        with torch.no_grad():
            torch.testing.assert_close(net(x)[:2], net(x[:2]))

    @pytest.mark.parametrize("changes", [
        {}, {"attention": "none"}, {"kernels": (15,)}, {"stride": 4, "pools": (1, 2, 2)},
        {"second_derivative": True, "compression": 1.},
        {"segments": 4}, {"segments": 99}, {"narrowing": False}, {"keep": ((0, 90), (100, 190))}])
    @pytest.mark.parametrize("pooling", [True, False])
    @pytest.mark.parametrize("rising", [True, False])
    def test_folded_network_says_the_same(self, changes, rising, pooling):
        net = network(pooling=pooling, **changes)
        with torch.no_grad():
            for module in net.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    for value in (module.running_mean, module.weight, module.bias):
                        value.copy_(torch.randn(value.shape, generator=generator(5)))
                    if rising:
                        module.weight.abs_()
                    module.running_var.copy_(torch.rand(
                        module.running_var.shape, generator=generator(6)) + .5)
            expected = net(spectra())
            before = net.weights()
            folded = net.folded()
            torch.testing.assert_close(folded(spectra()), expected, atol=1e-4, rtol=1e-4)
        # After max pooling, batch norm with a negative slope cannot be merged into the convolution.
        left = any(isinstance(m, torch.nn.BatchNorm2d) for m in folded.modules())
        assert left == (pooling and not rising)
        for name, value in net.weights().items():
            np.testing.assert_array_equal(value, before[name])

    def test_narrowing_halves_kernels(self):
        assert CONFIG.block_kernels(25) == (25, 13, 7)
        assert CONFIG.block_kernels(3) == (3, 3, 3)
        assert CONFIG.block_kernels(1) == (1, 1, 1)
        assert dataclasses.replace(CONFIG, narrowing=False).block_kernels(9) == (9, 9, 9)
        assert all(k % 2 for kernel in range(1, 40, 2) for k in CONFIG.block_kernels(kernel))


class TestRefusals:
    def test_smallest_input_is_named_and_works(self):
        with pytest.raises(ValueError, match=r"at least (\d+)") as info:
            dataclasses.replace(CONFIG, n_wavenumbers=20)
        smallest = int(info.match(r"at least (\d+)") and
                       str(info.value).split("at least ")[1].split(".")[0])
        config = dataclasses.replace(CONFIG, n_wavenumbers=smallest)
        out = DCNet(config, generator()).eval()(spectra(2, smallest))
        assert torch.isfinite(out).all()
        with pytest.raises(ValueError):
            dataclasses.replace(CONFIG, n_wavenumbers=smallest - 1)

    def test_regions_count(self):
        with pytest.raises(ValueError, match="10 wavenumbers are too few"):
            dataclasses.replace(CONFIG, keep=((5, 15),))

    @pytest.mark.parametrize("changes, text", [
        ({"attention": "self"}, "not known"), ({"kernels": (4, 15)}, "odd"),
        ({"kernels": (3, 5, 7)}, "one branch or two"), ({"spatial_kernel": 6}, "odd"),
        ({"widths": (8, 8)}, "each block"), ({"n_classes": 1}, "two classes")])
    def test_bad_settings(self, changes, text):
        with pytest.raises(ValueError, match=text):
            dataclasses.replace(CONFIG, **changes)


class TestPositions:
    @pytest.mark.parametrize("pooling", [True, False])
    @pytest.mark.parametrize("stride, pools", [(1, (1, 1, 1)), (2, (2, 2, 2)), (4, (1, 2, 2))])
    def test_a_peak_lights_up_its_position(self, stride, pools, pooling):
        """A map of random features reacts where positions() says the peak is."""
        n = 400
        net = DCNet(DCNetConfig(n, 2, kernels=(3, 3), widths=(4, 4, 4), stride=stride, pools=pools,
                                pooling=pooling, derivative=False, attention="none"),
                    generator(1)).eval()
        flat = torch.zeros(1, n)
        flat[0, ::2] = .01
        for place in (57, 200, 341):
            x = flat.clone()
            x[0, place - 1:place + 2] = torch.tensor([.5, 1., .5])
            with torch.no_grad():
                # The same scaling for both, or standardisation would change every position.
                maps = [b(net._image(v[:, None]))[0][0, :, 0]
                        for v in (flat, x) for b in net.branches]
            for i, positions in enumerate(net.positions()):
                moved = (maps[2 + i] - maps[i]).abs().sum(0).numpy()
                centre = (moved * positions).sum() / moved.sum()
                assert abs(centre - place) <= 2 * stride * np.prod(pools)

    @pytest.mark.parametrize("length", [57, 63, 64, 65, 389])
    @pytest.mark.parametrize("pooling", [True, False])
    def test_a_position_for_each_column(self, length, pooling):
        net = network(n_wavenumbers=length, stride=4, pools=(1, 2, 2), pooling=pooling)
        with torch.no_grad():
            maps = net.features(spectra(2, length))
        assert net.config.map_length == len(net.positions()[0]) == maps[0].map.shape[2]

    def test_left_out_regions_are_jumped_over(self):
        net = network(keep=((20, 60), (120, 200)))
        for positions in net.positions():
            assert (np.diff(positions) > 0).all()
            assert positions[0] >= 20 and positions[-1] < 200

    def test_by_hand(self):
        settings = {"n_wavenumbers": 64, "stride": 2, "pools": (2, 2, 1)}
        # Inputs 0, 2, 4, 6 ...; pairs 1, 5, 9 ...; pairs of these 3, 11, 19 ...
        np.testing.assert_allclose(network(pooling=True, **settings).positions()[0],
                                   np.arange(3, 64, 8))
        # Every second of them, twice.
        np.testing.assert_allclose(network(**settings).positions()[0], np.arange(0, 64, 8))


class TestWeights:
    def test_round_trip(self):
        net = network(seed=3)
        again = DCNet.from_weights(net.config, net.weights())
        with torch.no_grad():
            assert torch.equal(net(spectra()), again(spectra()))
        assert not again.training

    def test_weights_are_copies(self):
        net = network()
        before = net(spectra()).detach()
        for value in net.weights().values():
            value[...] = 0
        assert torch.equal(net(spectra()), before)

    def test_drawn_from_the_generator_alone(self):
        state = torch.get_rng_state()
        numpy_state = np.random.get_state()[1].copy()
        a, b, c = network(1), network(1), network(2)
        assert torch.equal(torch.get_rng_state(), state)
        np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
        for name, value in a.weights().items():
            np.testing.assert_array_equal(value, b.weights()[name])
        assert any((value != c.weights()[name]).any() for name, value in a.weights().items())

    def test_dropout_draws_from_its_generator(self):
        net = network().train()
        state = torch.get_rng_state()
        out = []
        for _ in range(2):
            net.dropout.generator = generator(7)
            out.append(net.dropout(torch.ones(50, 40, 1, 3)))
        assert torch.equal(*out)
        assert torch.equal(torch.get_rng_state(), state)
        assert abs(float((out[0] == 0).float().mean()) - CONFIG.dropout) < .05
        assert abs(float(out[0].mean()) - 1) < .1
