"""Spectra per second and memory, from 100,000 to 10,000,000 spectra: in blocks and as a Table.

A map of a simulated filter is written block by block (ENVI, 400 points, float32), repeated with
other baselines, and identified with the ready-made model in a process of its own: by the command
``identify --output DIR``, and for comparison as a Table, as far as that fits into memory. Memory is
the most that the process held (maximum resident set), less that of a map of 48 x 48 pixels; time,
too, is above that of this map. "Of the network's rate": what the networks alone would do of the
spectra that were named, in the same number of threads, measured in the same run.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._report import options, write
from orangecontrib.microplastics import ready
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.spectra.axis import spectral_columns

#: Rows and columns of the maps: 100,000 to 10,000,000 pixels.
SIZES = {"100,000": (313, 320), "1,000,000": (3125, 320), "10,000,000": (31250, 320)}

#: What is done with each map: options of the command.
WORK = {"particles": (), "every pixel": ("--every-pixel", "--no-amounts")}

#: Largest map as a Table, pixels; largest of which every pixel is identified.
_TABLE, _EVERY = 1_100_000, 1_100_000

_HEAD = "| spectra | seconds | spectra/s | named | named per s | of the network's rate | MB |\n" \
        "|---|---|---|---|---|---|---|\n"

POLYMERS = ("PE", "PP", "PS", "PET", "PA", "PVC")


def write_map(path, rows, columns, seed=0):
    """An ENVI map made of one simulated filter, again and again with another baseline."""
    tile = simulate_map(columns, polymers=POLYMERS, particles=columns * columns // 900,
                        matrix="silicon", seed=seed)
    where, axis = spectral_columns(tile.table.domain)
    X = tile.table.X[:, where].astype(np.float32).reshape(columns, columns, -1)
    rng = np.random.default_rng(seed)
    along = np.linspace(-1, 1, len(axis), dtype=np.float32)
    with open(path.with_suffix(".img"), "wb") as file:
        for start in range(0, rows, columns):
            slope = np.float32(rng.normal(0, 1e-3)) * along
            file.write((X[:min(columns, rows - start)] + slope).tobytes())
    path.write_text(
        f"ENVI\nsamples = {columns}\nlines = {rows}\nbands = {len(axis)}\nheader offset = 0\n"
        "file type = ENVI Standard\ndata type = 4\ninterleave = bip\nbyte order = 0\n"
        f"wavelength = {{{', '.join(f'{w:.4f}' for w in axis)}}}\n"
        "pixel size = {6.25, 6.25, units=um}\n", encoding="ascii")


def measured(*command, threads=None):
    """Seconds and largest memory (bytes) of a process, and what it printed."""
    environment = dict(os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {}))
    code = "import resource, subprocess, sys; " \
           "done = subprocess.run(sys.argv[1:], capture_output=True, text=True); " \
           "print(done.stdout); print(done.stderr, file=sys.stderr); " \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); " \
           "sys.exit(done.returncode)"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *map(str, command)], capture_output=True,
                          text=True, env=environment, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(done.stderr)
    *said, memory = done.stdout.strip().splitlines()
    return seconds, 1024 * int(memory), "\n".join(said)


def by_command(path, folder, *more):
    """The command into a folder; seconds, memory, spectra that were named."""
    out = folder / "results"
    shutil.rmtree(out, ignore_errors=True)
    seconds, memory, _ = measured(sys.executable, "-m", "orangecontrib.microplastics", "identify",
                                  path, "--output", out, *more)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return seconds, memory, sum(manifest["files"][0]["counts"])


def by_table(path, what):
    """The same through a Table."""
    seconds, memory, said = measured(sys.executable, "-m", "benchmarks.scale", "table", path, what)
    return seconds, memory, int(said.split()[-1])


def table(path, what):
    """In a process of its own: a map as a Table, as the widgets have it."""
    from orangecontrib.microplastics.identification import Rule, annotate, identify
    from orangecontrib.microplastics.particles.find import Finder
    from orangecontrib.microplastics.particles.tables import map_table
    from orangecontrib.microplastics.spectra.files import read_spectra
    model, data = ready.get(), read_spectra(path)
    if what == "particles":
        finder = Finder(data, model)
        found = finder.find()
        map_table(found, data)
        print(int((found.signal.values >= found.threshold).sum()))
    else:
        annotate(data, model, identify(model, data), Rule())
        print(len(data))


def network_rate(n=20_000):
    """Spectra per second of the networks alone, in as many threads as there are cores."""
    model = ready.get()
    X = np.random.default_rng(0).normal(size=(n, len(model.wavenumbers))).astype(np.float32)
    model.scores(X[:1000])
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        model.scores(X)
        best = min(best, time.perf_counter() - start)
    return n / best


def routes(path, folder, what, n):
    """Ways to do the work on a map of n pixels: names and functions."""
    yield "blocks", lambda: by_command(path, folder, *WORK[what])
    if n <= _TABLE:
        yield "Table", lambda: by_table(path, what)
    if n < 200_000:
        for workers in (1, 2):
            yield f"blocks, Dask, workers: {workers}", lambda workers=workers: by_command(
                path, folder, *WORK[what], "--workers", workers)


def main(argv):
    chosen = options("scale", __doc__, argv, seeds=1)
    sizes = {name: size for name, size in SIZES.items()
             if not chosen.parts or name in chosen.parts}
    ready.get()
    rate = network_rate()
    rows = {what: [] for what in WORK}
    with tempfile.TemporaryDirectory(dir=os.environ.get("SCALE_FOLDER")) as temporary:
        folder = Path(temporary)
        tiny = folder / "tiny.hdr"
        write_map(tiny, 48, 48)
        begin = {}
        for what, more in WORK.items():
            runs = [by_command(tiny, folder, *more) for _ in range(2)]
            begin[what] = min(s for s, *_ in runs), min(m for _, m, _ in runs)
            runs = [by_table(tiny, what) for _ in range(2)]
            begin[what, "table"] = min(s for s, *_ in runs), min(m for _, m, _ in runs)
        for name, (high, wide) in sizes.items():
            path, n = folder / "map.hdr", high * wide
            write_map(path, high, wide)
            for what in WORK:
                if what == "every pixel" and n > _EVERY:
                    continue
                for how, run in routes(path, folder, what, n):
                    before = begin[what, "table"] if how == "Table" else begin[what]
                    seconds, memory, named = run()
                    seconds = max(seconds - before[0], 1e-3)
                    # Of Dask's workers the memory is not measured.
                    above = "" if "Dask" in how else f"{max(0, memory - before[1]) / 1e6:,.0f}"
                    rows[what].append(
                        f"| {name}, {how} | {seconds:,.1f} | {n / seconds:,.0f} | {named:,} | "
                        f"{named / seconds:,.0f} | {named / seconds / rate:.0%} | {above} |")
                    print(rows[what][-1], flush=True)
            path.with_suffix(".img").unlink()
    start = {what: f"{begin[what][0]:.1f} s, {begin[what][1] / 1e6:.0f} MB" for what in WORK}
    write("scale", {f"Scale: {what}": {
        "text": f"The networks alone name {rate:,.0f} spectra/s here. Program, model and a map of "
                f"48 x 48 pixels: {start[what]}. Named are "
                + ("all pixels, without fractions." if what == "every pixel" else
                   "pixels of matter, with fractions; the signal is that of all pixels."),
        "table": _HEAD + "\n".join(found)}
        for what, found in rows.items() if found})


if __name__ == "__main__" and sys.argv[1:2] == ["table"]:
    table(sys.argv[2], sys.argv[3])
