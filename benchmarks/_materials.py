"""``benchmarks unknowns --leave-material-out``: each material of four studies as the unknown."""
from __future__ import annotations

import warnings

import numpy as np

from benchmarks._decisions import decisions
from benchmarks._report import write
from orangecontrib.microplastics import ready
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.ready.model import learner, with_natural_references

#: Learners by name: functions of seed and training data that return a model.
LEARNERS = {
    "varied": lambda seed, data: DCNetLearner(seed=seed, mixtures=1)(data),
    "ready": lambda seed, data: with_natural_references(learner(seed, networks=1)(data))}

TITLES = {"varied": "Classes, varied", "ready": "as the ready-made model, one network"}


def main(seeds, names):
    parts = {}
    for name in names:
        found = {}
        for material in ready.table().domain.class_var.values:
            found[material] = [run(name, material, seed) for seed in range(seeds)]
            print(f"{name:<8}{material:<10}{found[material][0][1]:>6}"
                  f"{np.mean([share for share, _, _ in found[material]]):>8.3f} accepted, most as "
                  f"{found[material][0][2] or '-'}", flush=True)
        mean = np.mean([[share for share, _, _ in several] for several in found.values()], axis=0)
        print(f"{name:<8}mean {mean.mean():.3f}", flush=True)
        parts[f"Leave a material out, {TITLES[name]}"] = {
            "text": "Share of the spectra of a material that are accepted as another by a model "
                    "of four studies that has not learnt it, ± the standard deviation over seeds.",
            "table": table(found, mean)}
    write("materials", parts)
    return 0


def run(name, material, seed):
    """Share accepted, number of spectra, and the class that most are accepted as."""
    others = [m for m in ready.MATERIALS if m != material]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LEARNERS[name](seed, ready.table(materials=others))
        accepted = decisions(model, ready.table(materials=[material]))
    values, counts = np.unique(accepted[accepted != ""].astype(str), return_counts=True)
    return (float((accepted != "").mean()), len(accepted),
            str(values[counts.argmax()]) if len(values) else "")


def table(found, mean):
    lines = ["| material | spectra | accepted | most as |", "|---|---|---|---|"]
    for material, several in found.items():
        shares = [share for share, _, _ in several]
        lines.append(f"| {material} | {several[0][1]} | {np.mean(shares):.3f} ± "
                     f"{np.std(shares):.3f} | {several[0][2]} |")
    lines.append(f"| **mean** | | **{mean.mean():.3f}** ± {mean.std():.3f} | |")
    return "\n".join(lines)
