"""Download a file: a package's wheel from the package index, or a file from an address.

pip downloads wheels, in a separate process, since it knows the user's proxy, certificates and
index. Nothing is installed.
"""
from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import urlopen

__all__ = ["FetchError", "download", "download_wheel", "download_file", "check_sum", "disk_full"]


class FetchError(ValueError):
    """Raised if spectra could not be fetched; the message says why and what to do."""


def pip_command(requirement: str, folder: Path) -> list[str]:
    """Return the command that downloads a requirement's wheel into a folder."""
    return [sys.executable, "-m", "pip", "download", requirement,
            "--no-deps", "--only-binary", ":all:", "--ignore-requires-python",
            # The add-on stores the spectra itself; pip's cache would store them again.
            "--no-cache-dir", "--disable-pip-version-check", "--no-input",
            "--progress-bar", "off", "--retries", "2", "--timeout", "30",
            "--dest", str(folder)]


def disk_full(error: OSError, folder) -> FetchError | None:
    """Return the error for a full disk if `error` means that, else None."""
    import errno
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return FetchError(f"The disk that holds {folder} is full: make room and try again.")
    return None


def check_sum(path: Path, expected: str) -> None:
    """Compare a file's SHA-256 with the expected one (hexadecimal).

    Raises
    ------
    FetchError
        If they differ, or the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror or error}.") from error
    if digest.hexdigest() != expected:
        raise FetchError(
            f"{Path(path).name} is not the file that was expected (its checksum differs): it is "
            "damaged or incomplete, or another version. Nothing was changed; try again.")


def download_wheel(requirement: str, folder: Path, size: int,
                   progress: Callable[[float, str], None] = lambda fraction, text: None) -> Path:
    """Download one wheel.

    Parameters
    ----------
    requirement : str
        Name and version, such as "name==1.0".
    folder : Path
        An existing empty folder; the caller removes it.
    size : int
        Expected bytes, for the progress.
    progress : function of (fraction, text)
        Called about ten times a second. An exception raised in it stops the download at once.

    Returns
    -------
    Path
        The wheel, in `folder`.

    Raises
    ------
    FetchError
        If there is no pip, no network, no such package or no space.
    """
    scratch = folder / "pip"
    scratch.mkdir()
    # pip's temporary files go into `folder`, where they are removed with it and their size can be
    # measured for the progress.
    environment = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch),
                   "TMP": str(scratch), "PYTHONIOENCODING": "utf-8"}
    # On Windows, do not open a console window.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    text = f"Downloading {size / 1e6:.0f} MB"
    with tempfile.TemporaryFile(dir=folder) as output:
        try:
            process = subprocess.Popen(
                pip_command(requirement, folder), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env=environment, creationflags=flags)
        except OSError as error:
            raise FetchError("Python's installer pip cannot be started: "
                             f"{error.strerror or error}.") from error
        try:
            while process.poll() is None:
                progress(min(_largest(folder) / size, 0.99), text)
                time.sleep(0.1)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        said = output.read().decode("utf-8", errors="replace")
    if process.returncode:
        raise FetchError(_reason(said, requirement))
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        raise FetchError(f"pip brought no file for {requirement}.")
    return wheels[0]


def download(where: str, folder: Path, size: int,
             progress: Callable[[float, str], None] = lambda fraction, text: None) -> Path:
    """Download from an address, or the wheel of a requirement; see the functions for each."""
    return (download_file if "://" in where else download_wheel)(where, folder, size, progress)


def download_file(address: str, folder: Path, size: int,
                  progress: Callable[[float, str], None] = lambda fraction, text: None) -> Path:
    """Download a file from an address; arguments, result and errors as :func:`download_wheel`."""
    path = folder / (PurePosixPath(urlsplit(address).path).name or "download")
    text = f"Downloading {size / 1e6:.0f} MB"
    try:
        with urlopen(address, timeout=30) as response, open(path, "wb") as file:
            done = 0
            while chunk := response.read(1 << 18):
                file.write(chunk)
                done += len(chunk)
                progress(min(done / size, 0.99), text)
    # URLError is an OSError; a connection closed too early raises HTTPException.
    except (OSError, HTTPException) as error:
        raise (disk_full(error, folder) if isinstance(error, OSError) else None) or FetchError(
            f"{address} cannot be reached ({getattr(error, 'reason', error)}): is there a network? "
            "Nothing was changed; try again later.") from error
    return path


def _largest(folder):
    sizes = [0]
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append(os.path.getsize(os.path.join(root, name)))
            except OSError:  # removed meanwhile
                continue
    return max(sizes)


#: Texts in pip's output, and the message for them; the first match is used.
_REASONS = (
    (("No module named pip",),
     "This Python has no pip, which does the download. Install pip, or save the file of {} "
     "from the package index on another computer and choose it here."),
    (("No space left", "not enough space", "Errno 28"),
     "The disk is full: make room and try again."),
    (("CERTIFICATE_VERIFY_FAILED", "SSLError"),
     "The package index could not be trusted (its certificate was refused): a proxy may stand "
     "between. Ask who runs your network."),
    (("ProxyError",), "The proxy refused the connection; check pip's proxy settings."),
    (("ConnectionError", "NewConnectionError", "name resolution", "getaddrinfo",
      "timed out", "Connection refused", "Connection broken", "unreachable", "Retrying",
      "ConnectTimeout", "RemoteDisconnected", "IncompleteRead"),
     "The package index cannot be reached: is there a network? Nothing was changed; try again "
     "later, or choose a file of {} that was downloaded before."),
    (("No matching distribution", "Could not find a version"),
     "The package index that pip uses does not have {}."),
)


def _reason(said, requirement):
    for signs, meaning in _REASONS:
        if any(sign in said for sign in signs):
            return meaning.format(requirement)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return f"pip could not download {requirement}: {(errors or ['it gave no reason'])[-1]}"
