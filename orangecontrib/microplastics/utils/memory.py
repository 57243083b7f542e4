"""Check that enough memory is free before work starts."""
from __future__ import annotations

import os

__all__ = ["NotEnoughMemory", "available", "require"]


class NotEnoughMemory(ValueError):
    """Raised for work that would not fit into memory; the message says how much it needs.

    A ValueError, since Orange's widgets show these as messages.
    """


def available() -> float:
    """Bytes of free memory; infinite if the system does not report it."""
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
    """Raise if less than `n_bytes` of memory is free.

    Raises
    ------
    NotEnoughMemory
        With the message "`what` needs about ... GB of memory, of which ... GB are free; `remedy`."
    """
    free = available()
    if n_bytes > free:
        raise NotEnoughMemory(f"{what} needs about {n_bytes / 1e9:.1f} GB of memory, of which "
                              f"{free / 1e9:.1f} GB are free; {remedy}.")
