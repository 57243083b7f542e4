"""The device on which torch computes, and the number of its threads."""
from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import torch

__all__ = ["choose_device", "threads", "side_by_side"]


def choose_device(name: str = "auto") -> torch.device:
    """Return the torch device for a name.

    Parameters
    ----------
    name : str
        "cpu", "cuda" or "mps"; "auto" takes the first available of cuda, mps and cpu.

    Raises
    ------
    ValueError
        If the name is unknown or the device is not available.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(),
             "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(d for d in ("cuda", "mps", "cpu") if there[d])
    if name not in there:
        raise ValueError(f"Device '{name}' is not known; choose auto, cpu, cuda or mps.")
    if not there[name]:
        raise ValueError(f"Device '{name}' is not available here; choose auto or cpu.")
    return torch.device(name)


class _Threads(threading.local):
    """Number requested by this thread's innermost :func:`threads` block; None outside."""
    asked: int | None = None


_requested = _Threads()
_lock = threading.Lock()
_default_threads, _open_blocks = 0, 0


@contextlib.contextmanager
def threads(n: int | None = None):
    """Run torch on `n` threads within this block.

    Without `n`, a nested block keeps the number of the enclosing one, and an outermost block
    uses torch's own number.

    torch keeps one number per thread, and a global one that a thread takes over when it first
    uses torch; setting the former also sets the latter. The usual number is therefore stored when
    the first block is entered, before any was set, and each thread that leaves its outermost
    block restores it. Restoring the number that a thread found on entry would be wrong: for a
    thread that started while another was predicting, it is the other's 1.

    All of the package's work with torch runs within such a block.
    """
    global _default_threads, _open_blocks
    with _lock:
        if not _open_blocks:
            _default_threads = torch.get_num_threads()
        _open_blocks += 1
        usual = _default_threads
    outer, asked = _requested.asked, n or _requested.asked or usual
    _requested.asked = asked
    torch.set_num_threads(asked)
    try:
        yield
    finally:
        _requested.asked = outer
        with _lock:
            # Under the lock, since the last thread to leave sets the number for future threads.
            _open_blocks -= 1
            torch.set_num_threads(outer or usual)


def side_by_side(work: Callable, items: Iterable) -> Iterator:
    """Yield ``work(item)`` for each item, in their order, several at a time.

    As many as torch may have threads here, each on one of them. Torch's own threads wait for each
    other after each operation: of many small ones little is gained, and if a window or another
    program delays one thread, all stand still. A few results wait for a slow caller.
    """
    def alone(item):
        with threads(1):
            return work(item)

    items = list(items)
    with threads():
        workers = min(torch.get_num_threads(), len(items))
    if workers < 2:
        # The block ends before the caller may pause the generator.
        yield from map(alone, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque()
        try:
            for item in items:
                waiting.append(pool.submit(alone, item))
                # One more than are computed: a slow caller does not fill the memory.
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
