"""Texts about files of a run, and about the run."""
from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.batch.manifest import DONE, REFUSED, WAITING
from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.widgets.common.answertexts import things

__all__ = ["IDENTIFYING", "MISSING", "EMPTY", "state_text", "details", "counts_text", "summary",
           "goes_on", "interval", "rich"]

#: States of a file besides those of a manifest.
IDENTIFYING, MISSING = "identifying", "missing"

#: What an empty list says.
EMPTY = "Add the files of your spectra or maps, or folders of them:\n" \
        "press Add Files... or Add Folder..., or drop them here."


def state_text(entry: dict) -> str:
    """State of a file as a word or two, with the number of its spectra, pixels or particles.

    Parameters
    ----------
    entry : dict
        Of a manifest, or with the state only.
    """
    state = entry.get("state", WAITING)
    return f"done: {_what(entry)}" if state == DONE else state


def _what(entry):
    if "particles" in entry:
        return things(entry["particles"], "particle")
    if entry.get("kind") == "map":
        return things(entry["spectra"], "pixel")
    return things(entry["spectra"], "spectrum", "spectra")


def details(path: str, entry: dict) -> str:
    """All that is to be said of a file: why it was refused, its counts, notes."""
    name, state = Path(path).name, entry.get("state", WAITING)
    if state in (REFUSED, MISSING):
        why = entry.get("why", "")
        return why if name in why else f"{name}: {why}"
    if state != DONE:
        return f"{path}: {state}"
    text = f"{name}: {things(entry['spectra'], *_unit(entry))}"
    if "particles" in entry:
        text += f", {things(entry['particles'], 'particle')}"
    if any(entry["counts"]):
        of = " (of the pixels of matter)" if "particles" in entry else ""
        text += f"; {counts_text(entry['counts'])}{of}"
    lines = [text, *entry.get("notes", ())]
    if "model" in entry:
        lines.append(f"Identified with {entry['model']['name']}, a model for the wavenumbers that "
                     "the filter and the detector let through.")
    return "\n".join(lines)


def _unit(entry):
    return ("pixel",) if entry.get("kind") == "map" else ("spectrum", "spectra")


def counts_text(counts: Iterable[int]) -> str:
    """"80 accepted, 30 to inspect, 10 unknown"."""
    return ", ".join(f"{n:,} {name.lower()}" for n, name in zip(counts, DECISIONS, strict=True))


def summary(entries: Iterable[dict]) -> list[tuple[str, str]]:
    """What came of all files, as pairs of name and text."""
    entries = list(entries)
    done = [entry for entry in entries if entry["state"] == DONE]
    refused = sum(entry["state"] == REFUSED for entry in entries)
    lines = [("Files done", f"{len(done):,} of {len(entries):,}")]
    if refused:
        lines.append(("Refused", f"{refused:,}"))
    for kind, title in (("spectra", "Spectra"), ("map", "Pixels of maps")):
        own = [entry for entry in done if entry["kind"] == kind]
        if own:
            n = sum(entry["spectra"] for entry in own)
            counts = np.sum([entry["counts"] for entry in own], axis=0)
            of = "of matter: " if kind == "map" and any("particles" in e for e in own) else ""
            lines.append((title, f"{n:,}; {of}{counts_text(map(int, counts))}"))
    particles = [entry["particles"] for entry in done if "particles" in entry]
    if particles:
        lines.append(("Particles", f"{sum(particles):,}"))
    return lines


def goes_on(done: int, refused: int, total: int, others: int) -> str:
    """What an earlier run in the folder has done, and that it is gone on with, as rich text.

    Parameters
    ----------
    done, refused, total : int
        Numbers of listed files.
    others : int
        Number of files of the earlier run that are not listed.
    """
    text = f"{done:,} of {things(total, 'file')} {'is' if done == 1 else 'are'} done"
    if done + refused < total:
        text = f"<b>Start goes on with the run in it:</b> {text}"
    text += f", {refused:,} refused." if refused else "."
    if others:
        text += f" Results of {things(others, 'other file')} stay in its tables."
    return text


def interval(seconds: float) -> str:
    """"0:15", "2:05:00"."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def rich(lines: Iterable[tuple[str, str]]) -> str:
    """Pairs as rich text."""
    return " \u00b7 ".join(f"{escape(name)}: <b>{escape(text)}</b>" for name, text in lines)
