"""The optimiser: the same steps as torch's classes, without their imports."""
import subprocess
import sys

import pytest
import torch

from orangecontrib.microplastics.nn.optimizer import OneCycle


def parameters():
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=draw).requires_grad_() for shape in ((7, 3), (5,), ())]


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 97])
def test_steps_are_those_of_torch(steps):
    ours, theirs = parameters(), parameters()
    mine = OneCycle(ours, .02, steps, .1)
    optimizer = torch.optim.AdamW(theirs, lr=.02, weight_decay=.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, .02, total_steps=steps + 1)
    for _ in range(steps):
        group = optimizer.param_groups[0]
        assert mine.rate == pytest.approx(group["lr"], rel=1e-6)
        assert mine.momentum == pytest.approx(group["betas"][0], rel=1e-6)
        for some in (ours, theirs):
            sum((p.sin() * (i + 1)).sum() for i, p in enumerate(some)).backward()
        mine.step()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad is None
        torch.testing.assert_close(a, b)


def test_training_does_not_import_torch_s_compiler():
    code = ("import sys, numpy as np; from orangecontrib.microplastics.nn.training import fit; "
            "from orangecontrib.microplastics.config import DCNetConfig, TrainingConfig; "
            "X = np.random.default_rng(0).random((20, 100), dtype=np.float32); "
            "fit(X, np.arange(20) % 2, np.arange(1000., 1400, 4), DCNetConfig(100, 2), "
            "TrainingConfig(epochs=1)); sys.exit('torch._dynamo' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], timeout=300).returncode == 0
