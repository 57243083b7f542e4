"""Texts of Particles."""
from __future__ import annotations

from html import escape

import numpy as np

from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.particles.find import UNNAMED, Found
from orangecontrib.microplastics.widgets.common.answertexts import share_text, things

__all__ = ["title_of", "tooltip", "result_text", "size_text"]


def size_text(found: Found, row: int) -> str:
    """"120 x 45 µm"."""
    length, width, unit = found.shown.feret_max[row], found.shown.feret_min[row], found.unit
    if np.isfinite(length):
        return f"{length:.3g}\u2009×\u2009{width:.3g}\u00a0{unit}" if np.isfinite(width) \
            else f"{length:.3g}\u00a0{unit}"
    return ""


def title_of(found: Found, row: int) -> str:
    """"Particle 12"."""
    return f"Particle {row + 1}"


def tooltip(found: Found, row: int) -> str:
    """Number, polymer, decision and size, as rich text."""
    said = "by hand" if found.by_hand[row] else DECISIONS[int(found.decisions[row])].lower()
    size = size_text(found, row)
    return f"<b>{row + 1}: {escape(found.names[row])}</b>, {said}" + (f"<br>{size}" if size else "")


def result_text(found: Found) -> str:
    """How many particles, of which decision; how much of the map is matter."""
    n = len(found.names)
    lines = [f"<b>{things(n, 'particle')}</b>"]
    if n:
        named = sum(name != UNNAMED for name in found.names)
        counts = np.bincount(found.decisions, minlength=len(DECISIONS))
        lines.append(f"named: {named:,} ({counts[1]:,} to inspect), unknown: {n - named:,}")
        fibres = int(found.sizes.fibre.sum())
        lines.append(f"{things(fibres, 'fibre')}, {int(found.sizes.border.sum()):,} at the border")
    if found.map is not None:
        share = (found.labels > 0).sum() / max(found.measured, 1)
        lines.append(f"on {share_text(share)} of {found.measured:,} pixels")
        if found.too_small:
            lines.append(f"{things(found.too_small, 'area')} below the smallest size left out")
    return "<br>".join(lines)
