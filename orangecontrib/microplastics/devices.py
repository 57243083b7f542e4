"""Where torch computes, and on how many threads."""
from __future__ import annotations

import contextlib

import torch

__all__ = ["choose_device", "threads"]


def choose_device(name: str = "auto") -> torch.device:
    """The torch device for a name.

    Raises
    ------
    ValueError
        If the device asked for is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(),
             "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(d for d in ("cuda", "mps", "cpu") if there[d])
    if name not in there:
        raise ValueError(f"Device '{name}' is not known; choose auto, cpu, cuda or mps.")
    if not there[name]:
        raise ValueError(f"This computer offers torch no device '{name}'; choose auto or cpu.")
    return torch.device(name)


@contextlib.contextmanager
def threads(n: int | None):
    """Run torch on `n` threads here; the setting belongs to the calling thread."""
    before = torch.get_num_threads()
    if n is not None:
        torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
