"""Whether Orange's windows can open on this computer, and what to install if they cannot."""
from __future__ import annotations

import ctypes
import sys
from importlib.machinery import PathFinder

__all__ = ["APT", "what_windows_need"]

#: Each library that Qt 5 loads for a window on Linux and that a system without a desktop may
#: lack, with its package in Debian and Ubuntu (those it depends on come with it).
LIBRARIES = {
    "libGL.so.1": "libgl1", "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1", "libdbus-1.so.3": "libdbus-1-3",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2", "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0", "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0", "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0", "libxkbcommon-x11.so.0": "libxkbcommon-x11-0"}

#: The command that installs them, also in README.md.
APT = "sudo apt install " + " ".join(LIBRARIES.values())


def what_windows_need() -> list[str]:
    """Lines that say what to install before `orange-canvas` starts; empty if nothing is needed."""
    if not any(map(PathFinder.find_spec, ("PyQt5", "PyQt6"))):
        return ["Orange's windows need Qt:", "    python -m pip install PyQt5 PyQtWebEngine"]
    if sys.platform.startswith("linux") and not all(map(_loads, LIBRARIES)):
        return ["Orange's windows need libraries that this computer lacks (Debian, Ubuntu):",
                f"    {APT}"]
    return []


def _loads(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
