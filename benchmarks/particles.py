"""Particles on simulated filters with measured spectra that the model has not learnt.

The model is made as the ready-made one, for the range of the map (from 900 cm-1 on, from 1250 on
alumina), and either without a third of the specimens of each study, which are the particles, or
without FLOPP, whose specimens are the particles. Filter, biofilm on a fifth of the particles, sand,
scattering edges and noise are simulated. Maps have fibres, touching particles, and ones smaller
than a pixel. Found: of the plastic particles of 25 pixels or more, those of which a particle found
holds half of the pixels (sand, which shows nothing above 1250 cm-1, is not required).
Named: of those found, its plastic and no other (protein or cellulose may be named besides). Wrong:
another plastic, or none; the others are unknown. False: particles found where there is none. Sizes:
of those that touch neither the border nor another. Error of counts: by polymer and size class, sum
over all classes.

Peers get the same matter, the same subtraction of the filter, the same edges and the same geometry.
Correlation search: the model's own references, first derivative, accepted from 0.7.
"""
from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time

import numpy as np
from Orange.data import Domain

from benchmarks._particles import by_search, by_vote, figures, ours
from benchmarks._report import options, write
from orangecontrib.microplastics import ready
from orangecontrib.microplastics.particles.find import Choices, Finder
from orangecontrib.microplastics.ready.model import learner, with_natural_references
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.splits import split_sources

COLUMNS = ("found", "named", "named, no biofilm", "wrong", "to inspect", "sand named",
           "length within 1 pixel", "width within 1 pixel", "false per 100", "error of counts",
           "seconds")

#: Where the spectra of the particles come from.
SPECIMENS, STUDY = "other specimens", "FLOPP held out"

#: Materials of the particles: those with six specimens or more in FLOPP.
POLYMERS = ("PE", "PP", "PS", "PET", "PA", "PVC")

#: Filters, and where the model's range begins.
FILTERS = {"cellulose nitrate": 900, "alumina": 1250, "silicon": 900}

#: Seeds of the maps: those below 1000 served to choose the algorithm.
FIRST_SEED = 1000

WAYS = {
    "Particles (pixels and means)": ours,
    "... means of connected matter only": lambda finder: ours(finder, by_pixels=False),
    "... without subtracting the filter": lambda finder: ours(finder, subtract=False),
    "Pixels vote, connected matter": by_vote,
    "Correlation search, each pixel": by_search,
    "Correlation search, means of connected matter":
        lambda finder: by_search(finder, of_particles=True),
}


def main(argv):
    chosen = options("particles", __doc__, argv)
    results = {}
    wanted = chosen.parts or [*FILTERS, "large", "memory"]
    for seed in range(chosen.seeds):
        for origin in (SPECIMENS, STUDY):
            models = {}
            for matrix, low in FILTERS.items():
                large = "large" in wanted and matrix == "cellulose nitrate"
                if matrix not in wanted and not large:
                    continue
                learnt, unseen = divided(origin, seed)
                if low not in models:
                    models[low] = trained(learnt, seed, low)
                if matrix in wanted:
                    fm = made(256, 60, 5, matrix, unseen, seed)
                    measure(results, f"256 x 256, {matrix}, {origin}", models[low], fm, WAYS)
                if large:
                    fm = made(1024, 700, 60, matrix, unseen, seed)
                    measure(results, f"1024 x 1024, {matrix}, {origin}", models[low], fm, WAYS)
                    del fm
    for i, (title, rows) in enumerate(results.items()):
        write("particles", {title: {"text": "As above." if i else __doc__.strip(), "rows": rows,
                                    "columns": COLUMNS}})
    if "memory" in wanted:
        write("particles", {"Time and memory, 400 points": {
            "text": "From the table to the list, in a process of its own, with the ready-made "
                    "model. Memory above that of the table. Again: with another threshold.",
            "table": costs()}})
    return 0


def divided(origin, seed):
    """Spectra to learn, and spectra of the particles."""
    if origin == STUDY:
        return (ready.table([name for name in ready.SETS_USED if name != "frond_2021"]),
                ready.table(["frond_2021"], POLYMERS, keep_doubtful=("frond_2021",)))
    learnt, unseen = split_sources(ready.table(), 1 / 3, seed)
    names = np.array(unseen.domain.class_var.values, object)[unseen.Y.astype(int)]
    return learnt, unseen[np.isin(names, POLYMERS)]


def trained(data, seed, low):
    columns, axis = spectral_columns(data.domain)
    data = data.transform(Domain([data.domain.attributes[c] for c in columns[axis >= low]],
                                 data.domain.class_vars, data.domain.metas))
    return with_natural_references(learner(seed)(data))


def made(size, particles, sand, matrix, spectra, seed):
    return simulate_map(size, polymers=POLYMERS, particles=particles, sand=sand, matrix=matrix,
                        spectra=spectra, seed=FIRST_SEED + seed)


def measure(results, title, model, fm, ways):
    rows = results.setdefault(title, {})
    for name, way in ways.items():
        finder = Finder(fm.table, model)
        start = time.perf_counter()
        answered = way(finder)
        found = {**figures(fm, answered), "seconds": time.perf_counter() - start}
        for key, value in found.items():
            rows.setdefault(name, {}).setdefault(key, []).append(float(value))
        print(f"  {title:50}{name:46}" + "".join(f"{found[c]:>9.3f}" for c in COLUMNS),
              flush=True)


def costs():
    out = subprocess.run([sys.executable, "-m", "benchmarks.particles", "costs"],
                         capture_output=True, text=True, check=True).stdout
    return out[out.index("|"):].strip()


class _Memory(threading.Thread):
    """Largest memory of this process above that at the beginning, bytes (Linux)."""

    def __init__(self):
        super().__init__(daemon=True)
        self._end, self._before, self._most = threading.Event(), self._now(), 0
        self.start()

    @staticmethod
    def _now():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def run(self):
        while not self._end.wait(.02):
            self._most = max(self._most, self._now() - self._before)

    def stop(self):
        self._end.set()
        self.join()
        return self._most


def _costs():
    lines = ["| pixels | particles | matter | seconds | again | memory |",
             "|---|---|---|---|---|---|"]
    model = ready.get()
    for size, n in ((256, 60), (1024, 700)):
        table = simulate_map(size, particles=n, sand=n // 12, seed=FIRST_SEED).table
        memory = _Memory()
        finder = Finder(table, model)
        start = time.perf_counter()
        found = finder.find()
        first = time.perf_counter() - start
        again = []
        for k in range(3):
            start = time.perf_counter()
            finder.find(Choices(threshold=found.threshold * (1.1 + .1 * k)))
            again.append(time.perf_counter() - start)
        peak = memory.stop()
        lines.append(f"| {size} x {size} | {len(found.names)} | {(found.labels > 0).mean():.3f} | "
                     f"{first:.1f} | {np.median(again):.2f} | {peak / 1e9:.2f} GB |")
    print("\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:] == ["costs"]:
        _costs()
    else:
        raise SystemExit(main(None))
