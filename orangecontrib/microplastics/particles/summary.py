"""Counts with what is done to them - blanks, recovery, the measured share - as tables of texts."""
from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.particles.classes import PER, Classes
from orangecontrib.microplastics.particles.counts import SHAPES, Counts, count
from orangecontrib.microplastics.particles.find import UNNAMED, Found
from orangecontrib.microplastics.particles.natural import is_plastic
from orangecontrib.microplastics.particles.quality import Blanks, Estimate, estimate, limits_of

__all__ = ["PLASTICS", "NO_NUMBER", "UNKNOWN_SIGN", "Corrections", "Summary", "summarize",
           "smallest_size", "number"]


#: Row of all particles that are named as a plastic, also those to be inspected.
PLASTICS = "All plastics"

#: In a cell where a zero would say that there are none, though none could be found.
NO_NUMBER = "–"

#: Behind polymers that the model does not know.
UNKNOWN_SIGN = "*"


class Corrections(NamedTuple):
    """What is known about a sample besides its particles.

    Attributes
    ----------
    blanks : Blanks or None
    recovery : (int, int) or None
        Particles found, and added.
    share : float
        Of the filter that was measured.
    volume : float
        Litres of the sample; 0 if it is not known.
    """
    blanks: Blanks | None = None
    recovery: tuple[int, int] | None = None
    share: float = 1.
    volume: float = 0.

    @property
    def any(self) -> bool:
        """Whether numbers are other than those counted."""
        return self.blanks is not None or self.recovery is not None or self.share < 1 \
            or self.volume > 0


class Summary(NamedTuple):
    """Tables for the screen and the report.

    Attributes
    ----------
    counts : Counts
    header : list of str
    rows : list of list of str
        Polymers down, size classes across; the last row is the sum. NO_NUMBER where nothing could
        be found.
    estimates : (list of str, list of list of str) or None
        Header and rows of corrected numbers by polymer; None if nothing was corrected.
    notes : list of str
        What was done, and why there are no numbers.
    """
    counts: Counts
    header: list[str]
    rows: list[list[str]]
    estimates: tuple[list[str], list[list[str]]] | None
    notes: list[str]


def number(value: float) -> str:
    """A number with two to three significant digits: "0", "3.2", "45", "1,230"."""
    if not np.isfinite(value):
        return "?"
    if value == 0:
        return "0"
    if abs(value) < 1e-4:
        return f"{value:.1e}"
    return f"{value:,.{max(0, 1 - int(np.floor(np.log10(abs(value)))))}f}"


def summarize(found: Found, classes: Classes, known: Collection[str],
              corrections: Corrections = Corrections(),  # noqa: B008 (a tuple)
              smallest: int = 1) -> Summary:
    """Count, and correct.

    Parameters
    ----------
    found : Found
    classes : Classes
    known : collection of str
        Single materials that the model knows.
    corrections : Corrections
    smallest : int
        Pixels of the smallest particle.

    Raises
    ------
    ValueError
        See :func:`.quality.estimate`.
    """
    counts = count(found.names, found.sizes, classes, known)
    seen = _seen(counts, smallest_size(found, smallest))
    fibres = counts.numbers[:, SHAPES.index("fibre")].sum(axis=1)
    rows = []
    for i, polymer in enumerate(counts.polymers):
        own = counts.numbers[i].sum(axis=0)
        cells = [*_cells(own, seen), _whole(own.sum()), _whole(fibres[i])]
        if polymer in counts.unsought:
            cells = [NO_NUMBER] * len(cells)
        sign = UNKNOWN_SIGN if polymer in counts.not_looked_for else ""
        rows.append([polymer + sign, *cells])
    all_of = counts.numbers.sum(axis=(0, 1))
    rows.append(["All", *_cells(all_of, seen), _whole(all_of.sum()), _whole(fibres.sum())])
    estimates = _estimates(counts, corrections) if corrections.any else None
    return Summary(counts, ["Polymer", *counts.labels, "All", "of these fibres"], rows, estimates,
                   _notes(counts, corrections, seen, smallest_size(found, smallest)))


def smallest_size(found: Found, smallest: int) -> float:
    """Diameter of the smallest particle that could be found, micrometres; 0 if not known."""
    if found.pixel is None:
        return 0.
    return float(np.sqrt(4 / np.pi * smallest * found.pixel[0] * found.pixel[1]))


def _seen(counts, least):
    """Whether particles of each class could be found."""
    highs = (*counts.classes.all_limits, np.inf)
    ends = dict(zip(counts.classes.labels(), highs, strict=True))
    return [ends.get(label, np.inf) > least for label in counts.labels]


def _cells(numbers, seen):
    return [_whole(n) if n or there else NO_NUMBER for n, there in zip(numbers, seen, strict=True)]


def _estimates(counts, corrections):
    blanks, per = corrections.blanks, PER[counts.classes.per]
    litres = corrections.volume
    scale = per / litres if litres and per else 1. / litres if litres else 1.
    unit = f"per {counts.classes.per}" if litres and per else "per L" if litres else "on the filter"
    header = ["Polymer", "counted", *(["in blanks (mean)"] if blanks else []), unit,
              "95 % interval", *(["LOD (filter)", "LOQ (filter)", ""] if blanks else [])]
    rows = []
    plastics = [name for name in counts.polymers if name != UNNAMED and is_plastic(name)]
    sums = {PLASTICS: plastics, "All": counts.polymers}
    for polymer in (*counts.polymers, *sums):
        k = sum(int(counts.of(name).sum()) for name in sums.get(polymer, [polymer]))
        in_blanks = 0 if blanks is None else blanks.total if polymer == "All" else \
            sum(blanks.of(name) for name in sums.get(polymer, [polymer]))
        # What was not looked for is not "not detected", whatever is in the blanks.
        if polymer in counts.unsought or not k and not in_blanks:
            continue
        found: Estimate = estimate(k, in_blanks, blanks.n if blanks else 0, corrections.recovery,
                                   corrections.share)
        row = [polymer, _whole(k)]
        if blanks:
            row.append(number(in_blanks / blanks.n))
        row += [number(float(found.value) * scale),
                f"{number(float(found.low) * scale)}\u2013{number(float(found.high) * scale)}"]
        if blanks:
            limits = limits_of(in_blanks, blanks.n, corrections.share)
            # Blanks are counted on whole filters.
            seen = k / corrections.share
            row += [number(limits.lod), number(limits.loq),
                    "not detected" if seen - in_blanks / blanks.n <= limits.critical else
                    "below LOQ" if seen - in_blanks / blanks.n < limits.loq else "quantified"]
        rows.append(row)
    return header, rows


def _notes(counts, corrections, seen, least):
    notes = []
    if not all(seen):
        notes.append(f"{NO_NUMBER}: cannot be seen; the smallest particle has {least:.3g} µm, by "
                     "the size and the smallest number of pixels.")
    classes = counts.classes
    if not classes.certain:
        notes.append(f"Classes as entered, after {classes.name}. {classes.note}")
    if counts.not_looked_for:
        why = "it, so that it was" if len(counts.not_looked_for) == 1 else "them, so that they were"
        notes.append(f"{UNKNOWN_SIGN} {', '.join(counts.not_looked_for)}: the model does not know "
                     f"{why} not looked for.")
    if counts.covered:
        notes.append("Counted as their plastic: "
                     + ", ".join(f"{k:,} {name}" for name, k in counts.covered.items()) + ".")
    if UNNAMED in counts.polymers:
        notes.append("unknown: matter that is none of the model's materials, or not surely.")
    if corrections.blanks is not None:
        n = corrections.blanks.n
        notes.append(f"Less the mean of {n} {'blank' if n == 1 else 'blanks'} "
                     f"({corrections.blanks.total:,} particles in all). LOD and LOQ, in particles "
                     "on a filter, after Currie 1968.")
    if corrections.recovery is not None:
        k, added = corrections.recovery
        notes.append(f"Divided by the recovery: {k:,} of {added:,} added particles were found.")
    if corrections.share < 1:
        notes.append(f"Scaled from the {100 * corrections.share:.3g} % of the filter that was "
                     "measured.")
    if corrections.volume:
        notes.append(f"Of {corrections.volume:g} L.")
    return notes


def _whole(value):
    return f"{int(value):,}"
