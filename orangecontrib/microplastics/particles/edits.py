"""Corrections by hand: what a particle is, what is none, what belongs together."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orangecontrib.microplastics.spectra.axis import rounded

__all__ = ["IS", "NOT", "JOIN", "Edit", "stored", "restored", "described"]

#: Kinds of edits.
IS, NOT, JOIN = "is", "not a particle", "join"


class Edit(NamedTuple):
    """One correction.

    Particles are told by a pixel in them, so that an edit finds its particle again after a
    threshold was moved: (row, column) of a map; (row, 0) of a table of single particles.

    Attributes
    ----------
    kind : str
        IS, NOT or JOIN.
    places : tuple of (int, int)
        A pixel in each of the particles.
    name : str
        For IS: the material.
    """
    kind: str
    places: tuple[tuple[int, int], ...]
    name: str = ""

    def particles(self, labels: np.ndarray) -> list[int]:
        """Numbers of the particles at these places; without those where there is none now."""
        rows, columns = labels.shape
        found = [int(labels[row, column]) for row, column in self.places
                 if 0 <= row < rows and 0 <= column < columns]
        return sorted({number for number in found if number})


def stored(edits: Sequence[Edit]) -> list[tuple]:
    """As plain values, for a workflow's settings."""
    return [(edit.kind, tuple(map(tuple, edit.places)), edit.name) for edit in edits]


def restored(values: Sequence[tuple]) -> list[Edit]:
    """Edits from :func:`stored` values; what is none is left out."""
    out = []
    for value in values:
        try:
            kind, places, name = value
            places = tuple((int(row), int(column)) for row, column in places)
        except (TypeError, ValueError):
            continue
        if kind in (IS, NOT, JOIN) and places:
            out.append(Edit(kind, places, str(name)))
    return out


def described(edits: Sequence[Edit], labels: np.ndarray, x: np.ndarray | None = None,
              y: np.ndarray | None = None) -> list[str]:
    """Edits in words: "Particle 8, at (125, 300): PE, by hand".

    `labels` has the numbers of particles after all edits; what is none any more has no number.
    """
    def place(at):
        if x is None or not (at[0] < len(y) and at[1] < len(x)):
            return f"row {at[0] + 1}"
        return f"({rounded(x[at[1]])}, {rounded(y[at[0]])})"

    def where(edit):
        numbers = edit.particles(labels)
        # In the order of the numbers.
        places = sorted(edit.places, key=lambda at: edit._replace(places=(at,)).particles(labels))
        text = ", ".join(map(place, places))
        if not numbers:
            return f"At {text}"
        particles = "Particle" if len(numbers) == 1 else "Particles"
        return f"{particles} {', '.join(map(str, numbers))}, at {text}"

    words = {IS: "{}, by hand", NOT: "not a particle", JOIN: "joined to one particle"}
    return [f"{where(edit)}: {words[edit.kind].format(edit.name)}" for edit in edits]
