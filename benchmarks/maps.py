"""Maps of importance: how true and how sharp, method by method.

Networks are trained on mixtures of three studies (P2; or of two, if another of them is held out
with ``--parts``), and explain pure spectra of the study held out, each for the class that it is
rightly given, and mixtures of two, for each of their components. Deletion and insertion (areas;
the lower and the higher, the better; stretches of 32 cm-1) and "better than chance" ask the
network whether it needs what the map shows. "On bands" is the share of importance within 25 cm-1
of a strong band (height .3 and more in our tables), of the same material, or of a component's own
alone and of the other's alone. "Half within" is the median length of axis that holds half of the
importance.
"""
from __future__ import annotations

import numpy as np

from benchmarks._report import options, write
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation.protocols import (
    FIVE,
    PLAIN,
    VARIED,
    F,
    J,
    K,
    V,
    pure,
)
from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.nn.attribution import gradcam, targets
from orangecontrib.microplastics.nn.attribution.faithfulness import faithfulness

METHODS = ("fine", "hirescam", "gradcam++", "gradcam")
SINGLE = ("deletion", "insertion", "on bands", "half within", "better than chance")
PAIRS = ("on own bands", "on the other's")

#: Height of a strong band, and how far from it importance may lie (cm-1).
_STRONG, _NEAR = .3, 25.

#: Spectra explained, and mixtures of which two are rightly named.
_SPECTRA, _MIXTURES = 150, 300


def near_bands(material, grid):
    """Which wavenumbers of the grid are near a strong band of a material."""
    at = np.array([b.wavenumber for b in BANDS[material] if (b.height or 0) >= _STRONG])
    return (np.abs(grid[:, None] - at) <= _NEAR).any(axis=1)


def half_within(maps, step):
    """Shortest length of axis, cm-1, that holds half of the importance; (n, m) -> (n,)."""
    total = np.sort(maps, axis=1)[:, ::-1].cumsum(axis=1)
    return ((total < total[:, -1:] / 2).sum(axis=1) + 1) * step


def share(maps, where):
    """Share of the importance where the mask (m,) or masks (n, m) are True."""
    return np.where(where, maps, 0).sum(axis=1) / np.maximum(maps.sum(axis=1), 1e-12)


def named(model, data):
    """Names of the classes, and those that the model gives."""
    values = np.array([*data.domain.class_var.values, ""])
    found = model.answer(data, acceptance=False).values
    ours = np.array([*model.domain.class_var.values, ""])
    return values[data.Y.astype(int)], ours[np.where(np.isnan(found), -1, found).astype(int)]


def of_spectra(model, data, rows):
    """Add a value for each figure of SINGLE to the rows."""
    actual, found = named(model, data)
    right = np.flatnonzero(actual == found)
    classes = [model.domain.class_var.values[c] for c in model.used]
    predicted = np.array([classes.index(name) for name in found[right]])
    X, grid, networks = model.grid_spectra(data[right]), model.wavenumbers, model.folded_networks
    bands = np.stack([near_bands(name, grid) for name in actual[right]])
    for method in METHODS:
        maps = gradcam.explain(networks, X, grid, predicted=predicted, method=method).importance
        known = faithfulness(networks, X, maps, predicted, temperature=model.temperature)
        areas, maps = known.areas(), np.nan_to_num(maps)
        values = (areas["deletion"], areas["insertion"], share(maps, bands).mean(),
                  np.median(half_within(maps, grid[1] - grid[0])),
                  (known.gains() > 0).all(axis=1).mean())
        for figure, value in zip(SINGLE, values, strict=True):
            rows.setdefault(method, {}).setdefault(figure, []).append(float(value))
    chance = rows.setdefault("by chance", {})
    values = (areas["random_deletion"], areas["random_insertion"],
              bands[:, networks[0].seen()].mean())
    for figure, value in zip(SINGLE, values, strict=False):
        chance.setdefault(figure, []).append(float(value))
    return len(right)


def of_components(model, data, rows):
    """Add a value for each figure of PAIRS to the rows."""
    actual, found = named(model, data)
    right = np.array([i for i, (a, b) in enumerate(zip(actual, found, strict=True))
                      if a == b and len(components_of(a)) == 2][:_MIXTURES])
    classes = [model.domain.class_var.values[c] for c in model.used]
    X, grid, networks = model.grid_spectra(data[right]), model.wavenumbers, model.folded_networks
    names = [components_of(name) for name in actual[right]]
    shares = {method: [] for method in METHODS}
    for one in dict.fromkeys(name for pair in names for name in pair):
        of = [i for i, pair in enumerate(names) if one in pair]
        own = near_bands(one, grid)
        others = np.stack([near_bands(*(p for p in names[i] if p != one), grid) for i in of])
        for method in METHODS:
            maps = np.nan_to_num(gradcam.explain(
                networks, X[of], grid, target=targets.component_contrast(classes, one),
                method=method).importance)
            there = maps.sum(axis=1) > 0
            shares[method].append(np.column_stack(
                (share(maps, own & ~others), share(maps, others & ~own)))[there])
    for method, parts in shares.items():
        for figure, value in zip(PAIRS, np.concatenate(parts).mean(axis=0), strict=True):
            rows.setdefault(method, {}).setdefault(figure, []).append(float(value))
    return len(right)


def main(argv):
    chosen = options("maps", __doc__, argv)
    for held in chosen.parts or (F,):
        rows, spectra, mixtures = {}, 0, 0
        for seed in range(chosen.seeds):
            model = DCNetLearner(seed=seed)(mix(
                pure(tuple(s for s in (V, K, J) if s != held), FIVE), 6000, seed=2 * seed,
                **VARIED))
            test = pure((held,), FIVE, doubtful="keep")
            order = np.random.default_rng(seed).permutation(len(test))[:_SPECTRA]
            spectra += of_spectra(model, test[order], rows)
            mixtures += of_components(
                model, mix(test, 1500, seed=2 * seed + 1, **PLAIN), rows)
            print(f"  seed {seed}", flush=True)
        write("maps", {f"Maps, {held} held out": {
            "text": f"{spectra} spectra and {mixtures} mixtures, {chosen.seeds} models. "
                    + __doc__.split("\n\n")[1].replace("\n", " "),
            "rows": rows, "columns": (*SINGLE, *PAIRS)}})
    return 0
