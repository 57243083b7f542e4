"""Parts of a batch: the same network on one thread and on two, and gradients of the whole."""
import dataclasses
import threading

import numpy as np
import pytest
import torch

from orangecontrib.microplastics.config import Augmentation, DCNetConfig, TrainingConfig
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.shards import Shards
from orangecontrib.microplastics.nn.training import fit

AXIS = np.arange(1000, 1800, 4.)
NETWORK = DCNetConfig(len(AXIS), 3, kernels=(3, 9), widths=(8, 8, 16))
TRAINING = TrainingConfig(epochs=2, batch_size=256)


def data(n):
    """Spectra and classes at random."""
    rng = np.random.default_rng(0)
    return rng.random((n, len(AXIS)), dtype=np.float32), np.arange(n) % 3


def same(a, b):
    return all(np.array_equal(value, b.network.weights()[name])
               for name, value in a.network.weights().items())


def shards(batch_size=128, augmentation=None, **changes):
    net = DCNet(dataclasses.replace(NETWORK, **changes), torch.Generator().manual_seed(0)).train()
    return net, Shards(net, augmentation, AXIS, 1, batch_size)


@pytest.mark.parametrize("batch_size, parts", [(16, 1), (127, 1), (128, 2), (256, 2)])
def test_small_batches_are_not_divided(batch_size, parts):
    assert len(shards(batch_size)[1]) == parts


def test_the_same_network_on_one_thread_and_on_two():
    X, y = data(400)
    found = [fit(X, y, AXIS, NETWORK,
                 dataclasses.replace(TRAINING, threads=n, augmentation=augmentation))
             for augmentation in (None, Augmentation()) for n in (1, 2)]
    assert same(found[0], found[1]) and same(found[2], found[3])
    assert not same(found[0], found[2])


def test_gradients_of_the_parts_add_up():
    # Without dropout, and with fixed statistics of batch norm, the parts are independent.
    net, parts = shards(dropout=0.)
    X, y = data(200)
    x, y = torch.from_numpy(X), torch.from_numpy(y)

    def loss(own, part):
        own.eval()
        scores = own.classify(own.front(x[part]))
        return torch.nn.functional.cross_entropy(scores, y[part], reduction="sum"), len(part)

    rows = torch.arange(200)
    with parts:
        found = parts.gradients(loss, rows.tensor_split(2))
    whole = torch.autograd.grad(loss(net, rows)[0], list(net.parameters()))
    assert [n for _, n in found] == [100, 100]
    for a, b, expected in zip(*(own for own, _ in found), whole, strict=True):
        torch.testing.assert_close(a + b, expected, atol=1e-4, rtol=1e-4)


def test_replicas_share_weights_and_join_statistics():
    net, parts = shards()
    x = torch.from_numpy(data(200)[0])
    with parts:
        parts.gradients(lambda own, part: (own.classify(own.front(part)).sum(), 0),
                        (x[:100], 5 * x[100:].square()))
        replica = parts._nets[1]
        assert all(p is q for p, q in zip(net.parameters(), replica.parameters(), strict=True))
        buffers = [[b.clone() for b in one.buffers() if b.is_floating_point()]
                   for one in (net, replica)]
        assert any(not torch.equal(a, b) for a, b in zip(*buffers, strict=True))
        parts.join()
    for one in (net, replica):
        now = [b for b in one.buffers() if b.is_floating_point()]
        for a, b, mean in zip(*buffers, now, strict=True):
            torch.testing.assert_close(mean, (a + b) / 2)


def test_an_error_in_a_part_ends_training():
    _, parts = shards()

    def fails(net, part):
        if part == 0:
            raise ValueError("no")
        return sum(p.sum() for p in net.parameters()), part

    with pytest.raises(ValueError, match="no"), parts:
        parts.gradients(fails, (0, 1))


def test_cancelling_leaves_no_threads():
    X, y = data(400)
    before = threading.active_count()

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(X, y, AXIS, NETWORK, dataclasses.replace(TRAINING, threads=2), callback=stop)
    assert threading.active_count() <= before
