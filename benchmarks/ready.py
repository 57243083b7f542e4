"""The ready-made model on a study that it has not seen.

Trained as the ready-made model, without one study. (The recipe was chosen on FTIR-Plastics and
Kedzierski left out in turn; what FLOPP had a say in is in NOTES.md.) Its spectra are the test:
those of materials that the others have (at least three spectra), as published in FLOPP and
without the doubtful ones elsewhere; all others are unknown materials. A spectrum is *right* if it
is accepted under its own name, a *pair* if it is accepted as a mixture that holds it, *wrong* if
it is accepted as anything else. Labels that name no material (M1, R Kedzierski, Mixture ...) count
nowhere. Mixtures: pairs of the study's own spectra that the model knows, 2,000 of them.
"""
from __future__ import annotations

import numpy as np

from benchmarks._decisions import averaged, counted, decisions, labels_of, summary
from benchmarks._report import options, write
from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.evaluation.protocols import PLAIN, F, fractions
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.ready.model import learner, with_natural_references

COLUMNS = ("known", "right", "pair", "wrong", "unknown", "unknown accepted", "PVC accepted",
           "mixtures right", "mixtures as pure", "seconds to fit")


def main(argv):
    chosen = options("ready", __doc__, argv)
    rows, materials = {}, {}
    for name in ready.SETS_USED:
        if chosen.parts and not any(name.startswith(part) for part in chosen.parts):
            continue
        title = datasets.SETS[name].title
        found, counts = zip(*(run(name, seed) for seed in range(chosen.seeds)), strict=True)
        rows[title] = {key: [one[key] for one in found] for key in found[0]}
        materials[title] = {label: averaged([one[label] for one in counts])
                            for label in counts[0]}
        show(title, averaged(found), materials[title])
    write("ready", {
        "Ready-made model, one study left out": {
            "text": __doc__.strip(), "rows": rows, "columns": COLUMNS},
        "Ready-made model, by material": {
            "text": "Shares of the spectra of each label, mean over seeds.",
            "table": by_material(materials)}})
    return 0


def by_material(materials):
    lines = ["| left out | label | learnt | spectra | right | pair | wrong |",
             "|---|---|---|---|---|---|---|"]
    for title, rows in materials.items():
        for label, row in rows.items():
            shares = " | ".join(f"{row[k] / row['all']:.3f}" for k in ("right", "pair", "wrong"))
            lines.append(f"| {title} | {label} | {'yes' if row['known'] else 'no'} | "
                         f"{row['all']:.0f} | {shares} |")
    return "\n".join(lines)


def run(name, seed):
    """Leave out a study; returns figures, and counts by material."""
    import time
    data = ready.table([other for other in ready.SETS_USED if other != name])
    start = time.perf_counter()
    model = with_natural_references(learner(seed)(data))
    seconds = time.perf_counter() - start
    test = ready.table([name], None, keep_doubtful=(F,), fewest=1)
    labels, known = labels_of(test), set(data.domain.class_var.values)
    counts = counted(decisions(model, test), labels, known)
    figures = summary(counts)
    pvc = counts.get("PVC", {"right": 0, "pair": 0, "all": 0})
    figures["PVC accepted"] = (pvc["right"] + pvc["pair"]) / max(pvc["all"], 1)
    figures.update(mixtures(model, test, known, seed))
    return {**figures, "seconds to fit": seconds}, counts


def mixtures(model, test, known, seed):
    """Shares of mixtures of 20 % and more that are accepted as what they are, or as pure."""
    labels = labels_of(test)
    enough = {label for label in known if (labels == label).sum() >= 6}
    blends = [blend for blend in ready.BLENDS if set(blend) <= enough]
    if not blends:
        return {"mixtures right": np.nan, "mixtures as pure": np.nan}
    mixed = mix(test, 2000, seed=2 * seed + 1, classes=sorted(enough), pure=False, blends=blends,
                **{**PLAIN, "smallest": .2})
    accepted, true = decisions(model, mixed), labels_of(mixed)
    assert set(fractions(mixed)) == enough
    return {"mixtures right": float((accepted == true).mean()),
            "mixtures as pure": float(np.mean([name != "" and len(components_of(name)) == 1
                                               for name in accepted]))}


def show(title, figures, materials):
    print(f"{title} left out")
    print("  " + ", ".join(f"{key} {figures[key]:.3f}" if key not in (
        "known", "unknown", "seconds to fit") else f"{key} {figures[key]:.0f}"
        for key in COLUMNS))
    for label, row in materials.items():
        print(f"  {label:<14}{'' if row['known'] else 'not learnt':<12}{row['all']:>6.0f}"
              f"{row['right'] / row['all']:>8.3f}{row['pair'] / row['all']:>8.3f}"
              f"{row['wrong'] / row['all']:>8.3f}")


if __name__ == "__main__":
    raise SystemExit(main(None))
