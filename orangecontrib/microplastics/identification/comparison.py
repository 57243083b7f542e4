"""A spectrum and the reference spectra to draw it over (arrays only, no Qt)."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Table
from scipy.optimize import nnls

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import EXPLAINED, Rule, origins
from orangecontrib.microplastics.identification.decision import ALL
from orangecontrib.microplastics.materials.names import PLUS, components_of
from orangecontrib.microplastics.spectra.preprocess import has_bands, shapes
from orangecontrib.microplastics.spectra.units import in_absorbance

__all__ = ["Curve", "Mark", "Comparison", "compare", "only"]


class Curve(NamedTuple):
    """A reference spectrum, (wavenumbers,) from 0 to 1, its material and further description, and
    its correlation with the spectrum."""
    y: np.ndarray
    material: str
    title: str
    quality: float


class Mark(NamedTuple):
    """A wavenumber (cm-1) to mark, and a text; whether a band lacks there, or is too much."""
    wavenumber: float
    text: str
    lacks: bool


class Comparison(NamedTuple):
    """
    Attributes
    ----------
    wavenumbers : ndarray, shape (m,)
        The model's grid, cm-1, ascending.
    spectrum : ndarray, shape (m,)
        From 0 to 1 in the compared part; NaN where nothing was measured.
    part : ndarray of bool, shape (m,)
        Wavenumbers that are compared.
    own : Curve or None
        The most similar reference of the spectrum's class.
    hits : list of Curve
        Result of the library search, the best first.
    marks : list of Mark
    """
    wavenumbers: np.ndarray
    spectrum: np.ndarray
    part: np.ndarray
    own: Curve | None
    hits: list[Curve]
    marks: list[Mark]


def only(answer: Answer, row: int) -> Answer:
    """The answer for one spectrum: what is said of it need not be computed for all."""
    return Answer(*(column[row:row + 1] if isinstance(column, np.ndarray) else column
                    for column in answer))


def compare(model: DCNetModel, data: Table, answer: Answer, rule: Rule,
            convert: bool = False) -> Comparison | None:
    """Compare a spectrum with its class and with the library.

    Parameters
    ----------
    model : DCNetModel
    data : Table
        One spectrum.
    answer : Answer
        For this spectrum, from :func:`only`.
    rule : Rule
    convert : bool
        Whether the data are transmittance.

    Returns
    -------
    Comparison or None
        None if the spectrum has no bands to draw.
    """
    table = in_absorbance(data) if convert else data
    drawn = np.asarray(model.data_to_model_domain(table).X, float)[0]
    filled = np.asarray(model.grid_spectra(table), float)
    part = model.seen
    if not has_bands(filled[:, part])[0]:
        return None
    # Spectra outside the range of single precision are scaled on their way to the grid.
    y = np.where(np.isfinite(drawn), filled[0], np.nan)
    known = model.references
    hits = [Curve(_scaled(known.X[hit], part), known.materials[known.which[hit]],
                  known.title(hit), float(quality))
            for hit, quality in zip(answer.hits[0], answer.quality[0], strict=True) if hit >= 0]
    return Comparison(model.wavenumbers, _scaled(y, part), part, _own(model, filled, answer, part),
                      hits, _marks(model, answer, rule))


def _scaled(y, part):
    low, high = np.nanmin(y[part]), np.nanmax(y[part])
    return (y - low) / ((high - low) or 1)


def _own(model, filled, answer, part):
    """The most similar reference of the class; of a combination, the sum of those of its parts."""
    if np.isnan(answer.values[0]):
        return None
    name = model.domain.class_var.values[int(answer.values[0])]
    known, parts = model.references, components_of(name)
    if not set(parts) <= set(known.materials):
        return None
    shape = shapes(filled, part)[0]
    best = [_nearest(known, material, shape, part) for material in parts]
    if len(best) == 1:
        (row, quality), = best
        return Curve(_scaled(known.X[row], part), name, known.title(row), quality)
    rows = [row for row, _ in best]
    weights = _weights(known.X[rows], filled[0], part)
    y = weights @ known.X[rows]
    if not has_bands(y[None, part])[0]:
        return None
    quality = float(shapes(y[None], part)[0] @ shape)
    return Curve(_scaled(y, part), name, PLUS.join(map(known.title, rows)), quality)


def _nearest(known: References, material, shape, part):
    own = np.flatnonzero(known.which == known.materials.index(material))
    r = shapes(known.X[own], part) @ shape
    return int(own[r.argmax()]), float(r.max())


def _weights(references, y, part):
    """Amounts of the references in a spectrum, on a straight baseline that may fall or rise."""
    along = np.linspace(0, 1, int(part.sum()))
    base = np.vstack([np.ones_like(along), -np.ones_like(along), along, -along])
    columns = np.vstack([references[:, part], np.ptp(references[:, part]) * base])
    return nnls(columns.T.astype(float), _scaled(y, part)[part])[0][:len(references)]


def _marks(model, answer, rule):
    """Bands that lack or are too much, as far as the remarks mention them."""
    if np.isnan(answer.values[0]):
        return []
    marks = []
    if answer.complete[0] < rule.accept:
        marks = [Mark(float(w), f"lacks {w:.0f}", True) for w in answer.lacking[0]
                 if np.isfinite(w)]
    band = float(origins(model, answer)[0][0])
    if np.isfinite(band):
        marks.append(Mark(band, f"has {band:.0f}", False))
    elif answer.explained[0] < rule.accept and rule.by in (ALL, EXPLAINED):
        band = float(answer.band[0])
        marks.append(Mark(band, f"{band:.0f} is high", False))
    return marks
