"""Files that appear, or replace an older file, only when they are complete."""
from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ["write_atomically"]


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Call `write` with a file beside `path`, then move that file to `path`.

    Readers find the old file or the new one, never a part. Processes and threads that write the
    same file at the same time do not disturb each other.

    Raises
    ------
    OSError
        If the file cannot be written; an older file is then unchanged.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with open(partial, "wb") as file:
            write(file)
        os.replace(partial, path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
