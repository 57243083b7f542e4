"""The folder that a command writes into."""
from __future__ import annotations

from pathlib import Path

__all__ = ["make_folder"]


def make_folder(path: Path):
    """Create a folder, and those above it, unless it exists.

    Raises
    ------
    ValueError
        If there is a file of that name, or the folder cannot be created; the message says so.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        file = next((p for p in (path, *path.parents) if p.is_file()), path)
        raise ValueError(f"{file} is a file, not a folder; choose a folder for the results with "
                         "--output.") from None
    except OSError as ex:
        raise ValueError(f"The folder {path} cannot be created: {ex.strerror}.") from ex
