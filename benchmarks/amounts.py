"""How much of each: fractions, intervals, components and real blends, ours beside peers.

"F", "V": FLOPP, FTIR-Plastics held out, trained on the three other studies; 1,500 pairs and
singles (and 1,000 mixtures of three) of the study held out. Errors are mean absolute ones in points
(per cent), over all five classes and over those present; fractions of absorbance (the scale of P2)
and of the derivative (the scale of our answers). Ours: the network names, the fit with real
references says how much. "blends": cotton and polyester by weight, and Jung's mixtures. "promise":
at most 10 % of the parts of 10 % and more overlooked, calibrated on sources kept aside.
"""
from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from benchmarks._amounts import REGRESSIONS, Fit, regressed, whole
from benchmarks._report import options, write
from benchmarks.instruments import held_v
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.parts import parts_of
from orangecontrib.microplastics.evaluation.amounts import truth_of, with_ratio
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
from orangecontrib.microplastics.fractions.mass import absorptivities_of, by_mass
from orangecontrib.microplastics.fractions.risk import false_parts, missing_at_most, overlooked
from orangecontrib.microplastics.mixing.mixer import mix, split_sources
from orangecontrib.microplastics.mixing.recipe import ANY_INSTRUMENT
from orangecontrib.microplastics.ready import model as ready_model
from orangecontrib.microplastics.ready import spectra as ready_spectra
from orangecontrib.microplastics.spectra.files import read_spectra
from orangecontrib.microplastics.spectra.preprocess import shapes

#: Folder of real blends, which are not part of this project; searched for beside it if not set.
BLENDS = "MICROPLASTICS_BLENDS"

ERRORS = ("absorbance: all", "absorbance: present", "derivative: all", "derivative: present")
OURS = "DCNet-CBAM and fit with references"
COMPONENTS = ("exact", "10-20 % found", "false per spectrum", "three: all named", "three: exact")


def main(argv):
    chosen = options("amounts", __doc__, argv)
    held = {"F": ("FLOPP", lambda seed: (pure((V, K, J), FIVE), pure((F,), FIVE, doubtful="keep"))),
            "V": ("FTIR-Plastics", lambda seed: (held_v(seed).pure, pure((V,), FIVE)))}
    for part, (title, sources) in held.items():
        if chosen.parts and part not in chosen.parts:
            continue
        errors, intervals, components = {}, {}, {}
        for seed in range(chosen.seeds):
            held_out(seed, *sources(seed), errors, intervals, components)
        write("amounts", {
            f"Fractions, {title} held out": {
                "text": "Mean absolute error in points, 1,500 pairs and singles on each scale.",
                "rows": errors, "columns": ERRORS},
            f"Intervals, {title} held out": {
                "text": "90 % intervals: share that holds the true fraction, of components of "
                        "mixtures that are named and there; of all that are there in mixtures "
                        "(what is not named is not held); mean width.",
                "rows": intervals, "columns": ("named", "present", "width", "spectra/s")},
            f"Components, {title} held out": {
                "text": "By the class, by presence besides the class, and only if both network and "
                        "fit see it; peers with a threshold chosen on training mixtures.",
                "rows": components, "columns": COMPONENTS}})
    if not chosen.parts or "promise" in chosen.parts:
        write("amounts", {"At most 10 % of the parts overlooked": {
            "text": "Trained on two thirds of the sources of three studies; threshold from a sixth "
                    "of them; overlooked and false parts on the other sixth, and on FLOPP.",
            "rows": promise(chosen.seeds),
            "columns": ("threshold", "overlooked", "false", "FLOPP: overlooked",
                        "FLOPP: false")}})
    if not chosen.parts or "blends" in chosen.parts:
        blends()
    return 0


def held_out(seed, learn, new, errors, intervals, components):
    """Measure one seed; figures are appended to the three dictionaries of rows."""
    model = DCNetLearner(mixtures=2, seed=seed)(learn)
    part, materials = model.seen, model.components
    for ratio in ("absorbance", "derivative"):
        test = mix(new, 1500, seed=2 * seed + 1, ratio=ratio, **PLAIN)
        truth, train = truth_of(test, materials), mix(learn, 6000, seed=2 * seed, ratio=ratio,
                                                      **VARIED)
        X, composer = np.asarray(test.X, float), with_ratio(model, ratio)
        start = time.perf_counter()
        answer = model.answer(test)
        rate = len(test) / (time.perf_counter() - start)
        found = composer(np.asarray(model.grid_spectra(test), float), answer.named)
        plain, cleaned = Fit(learn, part, ratio), Fit(learn, part, ratio, contaminants=True)
        said = {OURS: np.nan_to_num(found.fractions),
                "... class means instead of references": cleaned(X, answer.named),
                "NNLS on class means": plain(X), "NNLS, with contaminants": cleaned(X)}
        said["... equal shares of what the network names"] = whole(answer.named.astype(float))
        for name, make in REGRESSIONS.items():
            said[name] = regressed(make(seed), train, test, part, materials)
        for name, fractions in said.items():
            wrong, row = 100 * np.abs(fractions - truth), errors.setdefault(name, {})
            row.setdefault(f"{ratio}: all", []).append(float(wrong.mean()))
            row.setdefault(f"{ratio}: present", []).append(float(wrong[truth > 0].mean()))
            print(f"  seed {seed}  {ratio:10}  {name:40}{wrong.mean():6.2f}"
                  f"{wrong[truth > 0].mean():6.2f}", flush=True)
        _append(intervals, f"fractions of {ratio}", _intervals(found, answer, truth, rate))
    _components(seed, model, learn, new, components)


def _append(rows, name, figures):
    for key, value in figures.items():
        rows.setdefault(name, {}).setdefault(key, []).append(float(value))
    print(f"  {name}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()), flush=True)


def _intervals(found, answer, truth, rate):
    there = (truth > 0) & (truth < 1)
    held = (found.low <= truth) & (truth <= found.high)
    asked = there & answer.named & (answer.named.sum(axis=1) > 1)[:, None]
    return {"named": held[asked].mean(), "present": (held & answer.named)[there].mean(),
            "width": (found.high - found.low)[asked].mean(), "spectra/s": rate}


def _components(seed, model, learn, new, rows):
    pairs = mix(new, 1500, seed=2 * seed + 1, **PLAIN)
    threes = mix(new, 1000, seed=2 * seed + 3, **{**PLAIN, "components": 3, "pure": False})
    recipe = {**VARIED, "components": (2, 3)}
    train = mix(learn, 6000, seed=2 * seed, **recipe)
    materials, part = model.components, model.seen
    named = {name: [] for name in ("class", "presence", "both witnesses")}
    for test in (pairs, threes):
        answer, of_class = (a := model.answer(test)), model.of_class(a)
        both = of_class | (answer.named & (np.nan_to_num(answer.evidence) >= 1))
        for name, there in zip(named, (of_class, answer.named, both), strict=True):
            named[name].append(there)
    # Peers' thresholds come from sources that they have not learnt, then they learn all.
    some, aside = split_sources(learn, .3, seed)
    few, other = (mix(t, 3000, seed=2 * seed + i, **recipe) for i, t in enumerate((some, aside)))
    for name, make in (("NNLS, with contaminants", _fitted),
                       ("Random forest, regression", _forest)):
        limit = _limit(make(some, few, part, materials, seed)(other),
                       truth_of(other, materials) > 0)
        say = make(learn, train, part, materials, seed)
        named[name] = [say(test) >= limit for test in (pairs, threes)]
    truth, three = truth_of(pairs, materials), truth_of(threes, materials) > 0
    small = (truth > 0) & (truth < .2)
    for name, (two, more) in named.items():
        _append(rows, name, {
            "exact": (two == (truth > 0)).all(axis=1).mean(), "10-20 % found": two[small].mean(),
            "false per spectrum": (two & (truth == 0)).sum(axis=1).mean(),
            "three: all named": (more >= three).all(axis=1).mean(),
            "three: exact": (more == three).all(axis=1).mean()})


def _fitted(pure_spectra, mixtures, part, materials, seed):
    """A function of mixtures: their fractions by least squares on class means."""
    fit = Fit(pure_spectra, part, "absorbance", contaminants=True)
    return lambda table: fit(np.asarray(table.X, float))


def _forest(pure_spectra, mixtures, part, materials, seed):
    """The same by a regression that has learnt mixtures of two and three."""
    forest = REGRESSIONS["Random forest, regression"](seed).fit(
        shapes(mixtures.X, part), truth_of(mixtures, materials))
    return lambda table: forest.predict(shapes(table.X, part))


def _limit(fractions, there):
    """The fraction from which a component counts, at which most mixtures are exact."""
    limits = np.linspace(.01, .2, 20)
    return limits[np.argmax([((fractions >= limit) == there).all(axis=1).mean()
                             for limit in limits])]


def promise(seeds):
    """Threshold for "at most 10 % overlooked", and what it does to other mixtures."""
    rows = {}
    for seed in range(seeds):
        learn, rest = split_sources(pure((V, K, J), FIVE), 1 / 3, seed)
        ours, other = split_sources(rest, .5, seed)
        model = DCNetLearner(mixtures=2, seed=seed)(learn)
        threshold = missing_at_most(parts_of(model, ours, recipe=ANY_INSTRUMENT, seed=seed), .1)
        if threshold is None:
            continue
        new = parts_of(model, other, recipe=ANY_INSTRUMENT, seed=seed + 100)
        flopp = parts_of(model, pure((F,), FIVE, doubtful="keep"), seed=seed)
        _append(rows, "DCNet-CBAM, Learn mixtures", {
            "threshold": threshold, "overlooked": overlooked(new, threshold),
            "false": false_parts(new, threshold), "FLOPP: overlooked": overlooked(flopp, threshold),
            "FLOPP: false": false_parts(flopp, threshold)})
    return rows


# ------------------------------------------------------------------------ real blends

def blends():
    """Cotton and polyester by weight, and Jung's mixtures, with the recipe of the ready-made
    model."""
    folder = os.environ.get(BLENDS)
    files = [Path(folder)] if folder else [parent / "shared" / "blends"
                                           for parent in (Path.cwd(), *Path(__file__).parents)]
    file = next((f for f in (p / "cotton_polyester_weight_percent.csv" for p in files)
                 if f.is_file()), None)
    model = ready_model.learner()(ready_spectra.table())
    if file is None:
        print(f"The real blends are left out: set {BLENDS} to their folder.", flush=True)
    else:
        write("amounts", {"Cotton and polyester": _cotton(model, file)})
    write("amounts", {"Jung's mixtures": _jung(model)})


def _cotton(model, file):
    table = read_spectra(file)
    weight = np.genfromtxt(file, delimiter=",", skip_header=1, usecols=(0,)) / 100
    specimen = np.genfromtxt(file, delimiter=",", skip_header=1, usecols=(1,), dtype=str)
    materials = list(model.components)
    cotton, polyester = materials.index("CE"), materials.index("PET")
    answer, of_class = (a := model.answer(table)), model.of_class(a)
    both = np.zeros(answer.named.shape, bool)
    both[:, [cotton, polyester]] = True
    found = model.composer()(np.asarray(model.grid_spectra(table), float), both)
    learn = ready_spectra.table()
    plain = Fit(learn, model.seen, "derivative")(np.asarray(model.grid_spectra(table), float), both)
    lines = ["| | |", "|---|---|"]
    seen = np.nan_to_num(found.evidence[:, cotton]) >= 1
    for title, share in (
            ("both named by the class", of_class[:, [cotton, polyester]].all(axis=1).mean()),
            ("both named by presence", answer.named[:, [cotton, polyester]].all(axis=1).mean()),
            ("cotton seen by the fit", seen.mean())):
        lines.append(f"| {title} | {share:.2f} |")
    for title, share in (("fit with references", found.fractions[:, cotton]),
                         ("NNLS on class means", plain[:, cotton])):
        lines.append(f"| cotton by {title}: mean; error against weight, points | "
                     f"{100 * share.mean():.0f} % of {100 * weight.mean():.0f} %; "
                     f"{100 * np.abs(share - weight).mean():.1f} |")
    rng, errors, held, guesses = np.random.default_rng(0), [], [], []
    masses = np.zeros(found.fractions.shape)
    masses[:, cotton], masses[:, polyester] = weight, 1 - weight
    for _ in range(50):
        # Spots of one specimen are alike: its others do not test a calibration with one of them.
        own = rng.choice(np.unique(specimen), 3, replace=False)
        few = np.array([rng.choice(np.flatnonzero(specimen == one)) for one in own])
        others = np.flatnonzero(~np.isin(specimen, own))
        a = absorptivities_of(found.fractions[few], masses[few], materials)
        mass, low, high = by_mass(found.fractions, found.low, found.high, materials, a)
        errors.append(np.abs(mass - masses)[others, cotton].mean())
        guesses.append(np.abs(weight[few].mean() - weight[others]).mean())
        held.append(((low <= masses) & (masses <= high))[others, cotton].mean())
    lines.append("| ... calibrated with a spot of three specimens, tested on the other eight (50 "
                 f"draws): error of mass, points | {100 * np.mean(errors):.1f} |")
    lines.append("| the mean weight of these three as a guess for all | "
                 f"{100 * np.mean(guesses):.1f} |")
    lines.append(f"| ... share of intervals that hold the weight | {np.mean(held):.2f} |")
    return {"text": f"{len(table)} real spectra of fabrics with 43, 47 and 50 % cotton, not part "
                    "of this project; nothing was chosen on them. Fractions as if both were named.",
            "table": "\n".join(lines)}


def _jung(model):
    data = ready_spectra.table(["jung_2018"], None, keep_doubtful=["jung_2018"], fewest=1)
    names = np.array(data.domain.class_var.values, object)[data.Y.astype(int)]
    table = data[names == "Mixture"]
    answer, materials = model.answer(table), np.array(model.components, object)
    said = [" + ".join(materials[row]) for row in answer.named]
    kinds, counts = np.unique(np.array(said, str), return_counts=True)
    lines = ["| named | spectra | fractions (mean) | mean width |", "|---|---|---|---|"]
    for kind, count in sorted(zip(kinds, counts, strict=True), key=lambda pair: -pair[1]):
        rows = np.array(said, object) == kind
        there = answer.named[rows][0]
        mean = answer.fractions[rows][:, there].mean(axis=0)
        wide = (answer.high - answer.low)[rows][:, there].mean() if there.sum() > 1 else 0
        lines.append(f"| {kind} | {count} | {', '.join(f'{100 * f:.0f} %' for f in mean)} | "
                     f"{100 * wide:.0f} |")
    return {"text": f"{len(table)} spectra that Jung et al. call \"Mixture\"; what they hold is "
                    "not known, and Jung's other spectra were learnt from.",
            "table": "\n".join(lines)}
