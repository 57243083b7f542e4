"""Parts of each batch, each computed by a thread of its own while a network trains.

The parts do not depend on the number of threads, so that the same seed gives the same network on
one and on two. Each part has its own batch norm, as on several GPUs: its statistics are those of
its spectra, and the mean of all parts is used in prediction. Gradients are added.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from orangecontrib.microplastics.config import Augmentation
from orangecontrib.microplastics.nn.augmentation import Augmenter
from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.nn.network import DCNet, Front

__all__ = ["Shards"]

#: Parts of a batch on a CPU, of at least so many spectra; fewer would give batch norm too few.
_PARTS, _LEAST = 2, 64

#: Spectra of validation that are computed at a time.
_AT_ONCE = 512


class Shards:
    """Replicas of a network with the same weights, and their threads; a context manager.

    Parameters
    ----------
    net : DCNet
        On its device; it is the first of the replicas.
    augmentation : Augmentation or None
    wavenumbers : ndarray
        cm-1, ascending.
    seed : int
        Of dropout and distortions.
    batch_size : int
    """

    def __init__(self, net: DCNet, augmentation: Augmentation | None, wavenumbers: np.ndarray,
                 seed: int, batch_size: int):
        device = next(net.parameters()).device
        n = _PARTS if device.type == "cpu" and batch_size >= _PARTS * _LEAST else 1
        self._nets = [net, *(_replica(net) for _ in range(n - 1))]
        generators = [torch.Generator(device).manual_seed(int(own)) for own in
                      np.random.SeedSequence(seed).generate_state(n, dtype=np.uint32)]
        for own, generator in zip(self._nets, generators, strict=True):
            own.dropout.generator = generator
        self._front, self._columns, self._augment = net.front, None, None
        if augmentation:
            # Only what the network sees is distorted.
            columns, config = Front.reached(net.config)
            self._columns = torch.from_numpy(columns).to(device)
            self._front = Front(config).to(device)
            self._augment = [Augmenter(augmentation, wavenumbers, generator, device, columns)
                             for generator in generators]
        self._open, self._pool = ExitStack(), None

    def __enter__(self):
        with threads():
            workers = min(len(self), torch.get_num_threads()) - 1
        # Torch's own threads would wait for those of the other parts.
        self._open.enter_context(threads(1))
        if workers:
            self._pool = self._open.enter_context(
                ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)))
        return self

    def __exit__(self, *_):
        self._open.close()
        for net in self._nets:
            net.dropout.generator = None

    def __len__(self):
        return len(self._nets)

    def _each(self, work, *arguments):
        """Results of a function for each part; the last one by this thread."""
        calls = list(zip(*arguments, strict=True))
        if self._pool is None:
            return [work(*call) for call in calls]
        waiting = [self._pool.submit(work, *call) for call in calls[:-1]]
        last = work(*calls[-1])
        return [*(future.result() for future in waiting), last]

    def prepared(self, x: Tensor) -> Tensor:
        """Spectra (n, wavenumbers) as they are kept: what is distorted of them, (n, columns); or,
        without distortions, the output of the front, which is then computed only once."""
        if self._augment is not None:
            return x[:, self._columns]
        with torch.no_grad():
            return self._front(x)

    def distorted(self, x: Tensor, rows: Sequence[Sequence[Tensor]]) -> list[list[Tensor]]:
        """What each part sees of its rows of each batch: for each part a list by batch."""
        if self._augment is None:
            return [[x[some] for some in own] for own in rows]

        def work(augment, own):
            with torch.no_grad():
                return self._front(augment(x[torch.cat(own)])).split([len(r) for r in own])
        return self._each(work, self._augment, [list(own) for own in rows])

    def gradients(self, loss: Callable, parts: Sequence) -> list[tuple]:
        """Gradients of the loss of each part, and its numbers.

        Parameters
        ----------
        loss : function
            From a network and a part to its loss, and anything else.
        parts : sequence
        """
        def work(net, part):
            with torch.enable_grad():
                value, numbers = loss(net, part)
                return torch.autograd.grad(value, list(net.parameters())), numbers
        return self._each(work, self._nets, parts)

    def join(self):
        """Give all replicas the mean statistics of batch norm."""
        for values in zip(*(net.buffers() for net in self._nets), strict=True):
            if values[0].is_floating_point():
                mean = torch.stack(values).mean(dim=0)
                for value in values:
                    value.copy_(mean)

    @torch.inference_mode()
    def scores(self, x: Tensor) -> Tensor:
        """Class scores of validation spectra (n, wavenumbers)."""
        self._nets[0].eval()
        return torch.cat([self._nets[0](part) for part in x.split(_AT_ONCE)])


def _replica(net):
    """A copy with the same parameters, but its own statistics of batch norm."""
    copied = copy.deepcopy(net)
    modules: list[tuple[nn.Module, nn.Module]] = list(
        zip(net.modules(), copied.modules(), strict=True))
    for module, own in modules:
        for name, value in module.named_parameters(recurse=False):
            setattr(own, name, value)
    return copied.train()
