"""Single spectra: their predictions, and the evidence for each component."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.config import DEFAULT_METHOD
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.explanation.important_bands import (
    POSSIBLY_AIR,
    ImportantBand,
    important_bands,
)
from orangecontrib.microplastics.explanation.stability import (
    agreement,
    agreement_text,
    band_text,
    count_networks,
)
from orangecontrib.microplastics.explanation.table import Explained, components, explain_table
from orangecontrib.microplastics.materials.names import (
    PLUS,
    components_of,
    materials_of,
    names_in,
)

__all__ = ["Reason", "SpectrumView", "spectrum_views", "choose_mixtures", "spread_rows",
           "actual_classes"]


class Reason(NamedTuple):
    """Evidence for one component, or for one class if the model knows no mixtures.

    Attributes
    ----------
    name : str
    probability : float
        Probability that it is present.
    verdict : str
        "overlooked" if it is present but not predicted, "not present" if it is predicted but not
        present, "" if the model is right about it or the class is unknown.
    importance : ndarray, shape (m,)
        NaN where not seen.
    bands : list of ImportantBand
        The strongest first.
    agreement : float
        Of the networks (:func:`.stability.agreement`); NaN for a model of one network.
    networks : int
        Number of networks of the model.
    """
    name: str
    probability: float
    verdict: str
    importance: np.ndarray
    bands: list[ImportantBand]
    agreement: float = np.nan
    networks: int = 1


class SpectrumView(NamedTuple):
    """One spectrum, its prediction and the evidence for it.

    Attributes
    ----------
    number : int
        Its row in the data, counted from 1.
    holds : str
        Its class, with fractions if the data have them; empty if unknown.
    predicted : str
    probability : float
    decision : str
        "accepted", "to inspect" or "unknown".
    right : float
        1 or 0; NaN if unknown.
    axis, spectrum : ndarray, shape (m,)
    reasons : list of Reason
    """
    number: int
    holds: str
    predicted: str
    probability: float
    decision: str
    right: float
    axis: np.ndarray
    spectrum: np.ndarray
    reasons: list[Reason]

    def title(self) -> str:
        """The prediction in one sentence."""
        holds = f"contains {self.holds}; " if self.holds else ""
        verdict = {1.: ": right", 0.: ": WRONG"}.get(self.right, "")
        return (f"Spectrum {self.number}: {holds}predicted as {self.predicted} "
                f"({self.probability:.0%}), {self.decision}{verdict}")

    def lines(self, n: int = 2) -> list[str]:
        """The title, and the `n` strongest bands of each reason."""
        result = [self.title()]
        for reason in self.reasons:
            verdict = f", {reason.verdict}" if reason.verdict else ""
            bands = "; ".join(_described(band) for band in reason.bands[:n]) or "nothing"
            agreed = agreement_text(reason.networks, reason.agreement)
            result.append(f"    {reason.name} ({reason.probability:.0%}{verdict}): {bands}"
                          + (f" [{agreed}]" if agreed else ""))
        return result


def _described(band):
    doubt = band_text(band)
    return band.describe(1) + (f" ({doubt})" if doubt else "")


def spectrum_views(model: DCNetModel, data: Table, rows, *, threshold: float = .1,
                   method: str = DEFAULT_METHOD) -> list[SpectrumView]:
    """Explain single spectra; spectra that the model cannot predict are left out.

    Parameters
    ----------
    model : DCNetModel
        If it knows combinations such as "PE + PP", each component that is predicted or present
        has its own map, see :func:`.targets.component_contrast`; else the predicted class and,
        if different, the true class.
    data : Table
    rows : sequence of int
        Rows of the data.
    threshold : float
        As in :func:`.important_bands.important_bands`.
    method : str
        As in :func:`.explain_table`.

    Raises
    ------
    ValueError, DomainTransformationError
        As in :func:`.explain_table`.
    """
    rows = np.asarray(rows, int)
    picked = data[rows]
    own = explain_table(model, picked, method=method)
    mixtures = bool(components(model))
    known = components(model) if mixtures else list(own.classes)
    actual = actual_classes(own)
    predicted_parts = [_parts(own.classes[p], mixtures) if p >= 0 else [] for p in own.predicted]
    true = [_parts(name, mixtures) for name in actual]
    wanted = [[name for name in known if name in (*s, *t)] if s else []
              for s, t in zip(predicted_parts, true, strict=True)]
    maps = _maps(model, picked, own, known, wanted, mixtures, method)
    spectra, views = own.spectra, []
    for i, names in enumerate(wanted):
        if not names:
            continue
        reasons = []
        for name in names:
            verdict = "" if not true[i] else "overlooked" if name not in predicted_parts[i] else \
                "" if name in true[i] else "not present"
            others = [m for other in known if other != name for m in materials_of(other)]
            present = [k for k, c in enumerate(own.classes) if name in _parts(c, mixtures)]
            together, alone = maps[i, name]
            bands = important_bands(
                together, own.axis, spectrum=spectra[i], others=others,
                materials=materials_of(name), threshold=threshold, resolution=own.resolution)
            there = {m for other in names if other != name for m in materials_of(other)}
            bands = count_networks(bands, alone, own.axis)
            reasons.append(Reason(
                name, float(own.probabilities[i, present].sum()), verdict, together,
                [_weaken_atmosphere(band, there) for band in bands], agreement(alone),
                len(model.networks)))
        views.append(SpectrumView(
            int(rows[i]) + 1, _composition(picked, i, actual[i]), own.classes[own.predicted[i]],
            float(own.probabilities[i, own.predicted[i]]), own.decided(i), float(own.right[i]),
            own.axis, spectra[i], reasons))
    return views


def _maps(model, data, own, known, wanted, mixtures, method):
    """Importance (m,) and that by each network alone (networks, m), by (row, name).

    With one pass through the networks for each name, and another if there are several.
    """
    from orangecontrib.microplastics.nn.attribution import gradcam, targets
    grid = model.grid_spectra(data)
    maps = {}
    for name in known:
        rows = np.array([i for i, names in enumerate(wanted) if name in names], int)
        if not len(rows):
            continue
        target = targets.component_contrast(own.classes, name) if mixtures else \
            gradcam.Target((own.classes.index(name),))
        networks = model.folded_networks
        together, *alone = (
            gradcam.explain(of, grid[rows], model.wavenumbers, own.axis, target=target,
                            predicted=own.predicted[rows], method=method).importance
            for of in (networks, *([net] for net in networks if len(networks) > 1)))
        maps.update({(row, name): (one, np.array([each[j] for each in alone]))
                     for j, (row, one) in enumerate(zip(rows, together, strict=True))})
    return maps


def _weaken_atmosphere(band, there):
    """Call the air only possible if another component of the mixture has the band."""
    if band.atmosphere and any(name and name.material in there for name in band.names[:1]):
        return band._replace(atmosphere=POSSIBLY_AIR)
    return band


def _parts(name, mixtures):
    if not name:
        return []
    return components_of(name) if mixtures else [name]


def actual_classes(explained: Explained) -> list[str]:
    """Name of each spectrum's class, as the model names it (:func:`.names.names_in`).

    Empty if the class is missing, or the model and the data have no class in common.
    """
    variable = explained.data.domain.class_var
    if variable is None or not variable.is_discrete:
        return [""] * len(explained.data)
    ours = dict(zip(names_in(variable.values, explained.classes), explained.classes, strict=True))
    if not ours.keys() & set(variable.values):
        return [""] * len(explained.data)
    names = [ours.get(name, name) for name in variable.values]
    return ["" if np.isnan(y) else names[int(y)] for y in explained.data.Y]


def _composition(data, row, actual):
    """Return "54% PET + 46% PP" if the data have fractions of Mix Spectra, else the class."""
    shares = []
    for part in _parts(actual, True):
        if f"fraction {part}" not in data.domain:
            return actual
        shares.append((float(data[row][f"fraction {part}"]), part))
    if len(shares) < 2:
        return actual
    return PLUS.join(f"{share:.0%} {part}" for share, part in sorted(shares, reverse=True))


def choose_mixtures(explained: Explained, right: int = 3, wrong: int = 1,
                    seed: int = 0) -> np.ndarray:
    """Choose rows of binary mixtures: `right` correctly predicted ones, then `wrong` others.

    At random, but from pairs that together show as many components as possible.
    """
    actual = actual_classes(explained)
    rng = np.random.default_rng(seed)
    order = [i for i in rng.permutation(len(actual)) if len(components_of(actual[i])) == 2]
    chosen, shown = [], set()
    for outcome, n in ((1, right), (0, wrong)):
        left = [i for i in order if explained.right[i] == outcome]
        for _ in range(min(n, len(left))):
            best = max(left, key=lambda i: len(set(_parts(actual[i], True)) - shown))
            shown |= set(_parts(actual[best], True))
            chosen.append(best)
            left = [i for i in left if actual[i] != actual[best]] or [
                i for i in left if i != best]
            if not left:
                break
    return np.array(chosen, int)


def spread_rows(explained: Explained, n: int) -> np.ndarray:
    """Choose at most `n` rows, from each predicted class in turn; in the order of the data."""
    order = np.flatnonzero(explained.predicted >= 0)
    turn = np.zeros(len(order), int)
    for name in np.unique(explained.predicted[order]):
        own = explained.predicted[order] == name
        turn[own] = np.arange(own.sum())
    return np.sort(order[np.argsort(turn, kind="stable")[:n]])
