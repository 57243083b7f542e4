"""All benchmarks: tables, JSON and RESULTS.md.

Accuracy first, as many benchmarks at a time as there are processors, with one thread each:
that wastes no processor on waiting, and figures of accuracy do not depend on it. Then
what is timed, alone and with all threads.
"""
from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks._report import options, results_page, write

#: Benchmarks of accuracy, the longest first; each writes its own file of results.
_ACCURACY = ("instruments", "mixtures", "amounts", "ready", "ablation", "own", "sets", "maps",
             "unknowns", "calibration")
_TIMED = ("speed", "particles", "scale", "explain")

#: Benchmarks that only print their tables, with the title for RESULTS.md.
_PRINTED = {"unknowns": "P5, materials never learned",
            "calibration": "Expected calibration error",
            "explain": "Grad-CAM beside captum"}


def main(argv):
    chosen = options("all", __doc__, argv)
    start = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        said = dict(zip(_ACCURACY, pool.map(
            lambda name: _run(name, chosen.seeds, threads=1), _ACCURACY), strict=True))
    for name in _TIMED:
        said[name] = _run(name, chosen.seeds)
    for name, title in _PRINTED.items():
        if said[name] is not None:
            text = importlib.import_module(f"benchmarks.{name}").__doc__.strip()
            write(name, {title: {"text": text, "table": f"```\n{said[name].strip()}\n```"}})
    results_page()
    failed = [name for name, text in said.items() if text is None]
    print(f"{(time.perf_counter() - start) / 60:.0f} minutes"
          + (f"; failed: {', '.join(failed)}" if failed else ""), flush=True)
    return len(failed)


def _run(name, seeds, threads=None):
    """Run a benchmark; return its output, or None if it failed (the end of stderr is printed)."""
    own = name != "explain"
    command = [sys.executable, "-m", "benchmarks", name,
               *(["--seeds", str(seeds)] if own else [])]
    environment = dict(os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {}))
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(f"{name}: {'FAILED' if done.returncode else 'done'}, "
          f"{(time.perf_counter() - start) / 60:.0f} minutes", flush=True)
    if done.returncode:
        print(done.stderr[-2000:], flush=True)
        return None
    return done.stdout
