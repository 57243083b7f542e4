"""Run Orange's canvas on a virtual screen, and take screenshots."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

DRIVE = Path(__file__).with_name("drive.py")
XVFB = shutil.which("Xvfb")


@contextlib.contextmanager
def screen(size="1366x768"):
    """Start a virtual X display of the size of small laptops; yields its name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [XVFB, "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    manager = None
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        display = f":{number}"
        if shutil.which("openbox"):
            manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": display},
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield display
    finally:
        for process in (manager, server):
            if process is not None:
                process.terminate()
                process.wait(10)


def run(display, workflow, folder, *, show=(), steps=(), limit=150., arguments=(),
        through_dialog=False) -> dict:
    """Open a workflow in Orange, wait until it has finished, take screenshots; returns a report.

    `show` names widgets whose windows are also captured: "Title" or "Title@1000x600"; `steps` are
    what a reader does then (see drive.py); `arguments`
    are Orange's own, such as ("--style", "fusion:breeze-dark"). With `through_dialog`, it is
    opened by Help > Example Workflows instead of the command line.
    Settings are those of a new user, in `folder`; published spectra that are on this computer
    remain available.
    """
    from orangecontrib.microplastics.datasets import data_dir
    folder = Path(folder)
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    environment = {
        **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(home),
        "ORANGE_MICROPLASTICS_DATA": str(data_dir()),
        "QTWEBENGINE_DISABLE_SANDBOX": "1", "OMP_WAIT_POLICY": "passive"}
    home.chmod(0o700)
    command = [sys.executable, str(DRIVE), str(report), str(folder), "--limit", str(limit)]
    if through_dialog:
        command += ["--example", Path(workflow).name]
    command += ["--steps", json.dumps(steps), "--show", *show]
    command += ["--", "--no-splash", "--no-welcome", *arguments]
    command += [] if through_dialog else [str(workflow)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True,
                          timeout=limit * (1 + len(steps)) + 90, check=False)
    if not report.exists():
        raise RuntimeError(f"Orange ended with {done.returncode}:\n{done.stderr[-3000:]}")
    seen = json.loads(report.read_text())
    seen["returncode"], seen["stderr"] = done.returncode, done.stderr
    return seen
