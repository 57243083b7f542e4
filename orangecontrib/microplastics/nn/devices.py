"""Where torch computes, and on how many threads."""
from __future__ import annotations

import contextlib
import threading

import torch

__all__ = ["choose_device", "threads", "all_threads_but_one"]


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


class _Threads(threading.local):
    """Threads that the enclosing :func:`threads` of this thread asked for; None outside."""
    asked: int | None = None


_here = _Threads()
_lock = threading.Lock()
_usual, _inside = 0, 0


@contextlib.contextmanager
def threads(n: int | None = None):
    """Run torch on `n` threads here; None for as many as torch takes by itself.

    torch keeps one number for each thread, and one more that threads take over which use torch
    for the first time; setting the one sets the other. So the usual number is noted when the
    first block is entered, before anything was set, and each thread that leaves its outermost
    block sets that again. To put back what a thread found would not do: in a thread that began
    while another was predicting, that is the other's 1.

    All of the package's work with torch goes on within such a block.
    """
    global _usual, _inside
    with _lock:
        if not _inside:
            _usual = torch.get_num_threads()
        _inside += 1
        usual = _usual
    outer, asked = _here.asked, n or _here.asked or usual
    _here.asked = asked
    torch.set_num_threads(asked)
    try:
        yield
    finally:
        _here.asked = outer
        with _lock:
            # Under the lock: the last to leave sets what threads to come take over.
            _inside -= 1
            torch.set_num_threads(outer or usual)


def all_threads_but_one():
    """As :func:`threads`, with one fewer than torch takes by itself: for work beside a window.

    torch's threads wait for each other after each layer; where the window or another program
    holds up one of them, all stand still, and a picture takes seconds instead of tenths.
    """
    with _lock:
        usual = _usual if _inside else torch.get_num_threads()
    return threads(max(1, usual - 1))
