"""Whether there is memory enough, asked before the work starts."""
from __future__ import annotations

import os

__all__ = ["NotEnoughMemory", "available", "require"]


class NotEnoughMemory(ValueError):
    """Work that would not fit; the text says how much it needs.

    A ValueError, since that is what Orange's widgets show as a message.
    """


def available() -> float:
    """Bytes of memory that are free for use; infinite where the system does not tell."""
    try:
        import psutil
        return float(psutil.virtual_memory().available)
    except (ImportError, OSError):
        pass
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def require(n_bytes: float, what: str, remedy: str):
    """See to it that so much memory is free.

    Raises
    ------
    NotEnoughMemory
        With `what` and `remedy` in its text: "What needs about ... GB; remedy".
    """
    free = available()
    if n_bytes > free:
        raise NotEnoughMemory(f"{what} needs about {n_bytes / 1e9:.1f} GB of memory, of which "
                              f"{free / 1e9:.1f} GB are free; {remedy}.")
