"""Materials that a model was never trained on: how well each score tells them (protocol P5).

Trained on pure spectra of three studies, "Classes, varied" as other instruments may have them;
tested on the fourth, whose other materials are the unknowns. Two studies are the fourth in turn:

- FLOPP, trained on PE, PET, PP, PS and PVC. Nylon, which the others lack, is an unknown, and so
  are the protein spectra (wool, fur, skin) of Kedzierski and Jung, which no model saw.
- Kedzierski, trained on the five and nylon, which FLOPP has: does it take protein for nylon?
  FLOPP is trained on there. What names no material (M1, R ...) or looks like a known one (PEF like
  PE, PPL like PP) is left out of the test.

AUROC is the chance that a spectrum of a known material scores higher than one of an unknown. The
last columns are the shares of known and unknown spectra that Identify Spectra accepts at 0.7. At
the end, what is accepted of each known material. FLOPP keeps its labels and takes no part in the
choice of a setting, but for the plasticiser in PVC and the names of protein and "R Kedzierski".

Natural materials besides: tissue (orange-spectroscopy's collagen.csv, which is real and always
there) and the model of FLOPP's turn, its spectra cut to the tissue's range; and simulated fats,
soaps, minerals, chitin and humic matter.

With --leave-material-out, instead: all four studies are learnt, without one material, whose
spectra are then identified; each material in turn, by "Classes, varied" and by the recipe of the
ready-made model (one network). Every rule of acceptance was chosen on this, and on V, K and J
left out in turn.
"""
from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from orangecontrib.spectroscopy.preprocess import Cut
from sklearn.metrics import roc_auc_score

from benchmarks import _materials
from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation import protocols
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    ALL,
    COMPLETE,
    CONFIDENCE,
    CORRELATION,
    EXPLAINED,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    decide,
)
from orangecontrib.microplastics.simulation import NATURAL, simulate

#: For each study left out: studies and materials for training, and classes that are not tested.
STUDIES = {protocols.F: ((protocols.V, protocols.K, protocols.J), protocols.FIVE, ()),
           protocols.K: ((protocols.V, protocols.F, protocols.J), (*protocols.FIVE, "PA"),
                         ("AFL", "M1", "M2", "PEF", "PEL", "PPL", "R Kedzierski", "U2"))}
#: Classes that are counted together as natural materials.
FIBRES = ("CE", "CO", "Protein")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="benchmarks unknowns", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--networks", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--leave-material-out", action="store_true",
                        help="instead: leave out one material of all studies at a time")
    parser.add_argument("--learners", nargs="+", choices=tuple(_materials.LEARNERS),
                        default=tuple(_materials.LEARNERS), help="for --leave-material-out")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    if options.leave_material_out:
        return _materials.main(options.seeds, options.learners)
    results = {"seeds": options.seeds, "networks": options.networks}
    for study in STUDIES:
        rows, materials = run(study, options.seeds, options.networks)
        results[study] = {"rows": rows, "materials": materials}
        show(study, rows, materials)
    results["natural"] = natural(options.seeds, options.networks)
    for row in results["natural"]:
        print(f"{row['unknowns']:<42}{row['n']:>5}{row['accepted']:>10.1%} accepted"
              f"{row['inspect']:>10.1%} to inspect")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def show(study, rows, materials):
    print(f"{datasets.SETS[study].title}, left out of training on "
          f"{', '.join(STUDIES[study][1])}")
    print(f"{'score':<16}{'unknowns':<18}{'n':>5}{'AUROC':>8}{'+-':>7}"
          f"{'known':>9}{'unknown accepted':>18}")
    for row in rows:
        print(f"{row['score']:<16}{row['unknowns']:<18}{row['n']:>5}{row['AUROC']:>8.3f}"
              f"{row['deviation']:>7.3f}{row['known accepted']:>9.1%}"
              f"{row['unknown accepted']:>18.1%}")
    print(f"\n{'score':<16}{'known material':<18}{'n':>5}{'accepted':>10}")
    for row in materials:
        print(f"{row['score']:<16}{row['material']:<18}{row['n']:>5}{row['accepted']:>10.1%}")
    print()


def natural(seeds, networks):
    """Shares of natural spectra that are accepted, and to inspect; a list of dicts."""
    import orangecontrib.spectroscopy  # noqa: F401  (knows where collagen.csv is)
    learnt, materials, _ = STUDIES[protocols.F]
    train, tissue = protocols.pure(learnt, materials), Table("collagen")
    minerals = [name for name in NATURAL if name != "Biofilm"]
    tests = {"tissue, model cut to its range": (Cut(lowlim=975, highlim=1800)(train), tissue),
             "tissue, model of 700 to 3900 cm-1": (train, tissue),
             **{f"simulated {name}": (train, simulate([name], 60, seed=1)) for name in minerals}}
    found = {}
    for seed in range(seeds):
        models = {}
        for title, (data, test) in tests.items():
            if id(data) not in models:
                models[id(data)] = DCNetLearner(seed=seed, networks=networks, mixtures=1)(data)
            try:
                decided = decide(models[id(data)].answer(test), Rule())
            except DomainTransformationError:
                decided = np.full(len(test), UNKNOWN)  # refused as a whole: too short
            found.setdefault((title, len(test)), []).append(
                ((decided == ACCEPTED).mean(), (decided == TO_INSPECT).mean()))
    return [{"unknowns": title, "n": n, "accepted": float(np.mean(f, axis=0)[0]),
             "inspect": float(np.mean(f, axis=0)[1])} for (title, n), f in found.items()]


def tested(study):
    """Spectra to test (study left out, and protein of K and J if that is F), and their classes."""
    tables = [datasets.load(study, merge_pe=True,
                            doubtful="keep" if study == protocols.F else "drop")]
    if study == protocols.F:
        tables += [datasets.load(name, classes=["Protein"], doubtful="drop")
                   for name in (protocols.K, protocols.J)]
    test = datasets.join(tables)
    names = np.array(test.domain.class_var.values)[test.Y.astype(int)]
    rows = ~np.isin(names, STUDIES[study][2])
    return test[rows], names[rows]


def run(study, seeds, networks):
    """Measure how well each score detects unknowns, averaged over `seeds` trainings.

    Returns two lists of dicts: one for each score and kind of unknowns, and one for each score
    and known material.
    """
    learnt, materials_known, _ = STUDIES[study]
    train = protocols.pure(learnt, materials_known)
    test, names = tested(study)
    known = np.isin(names, materials_known)
    # By its bands, ABS is two thirds polystyrene; results are therefore also given without it.
    kinds = {"natural": np.isin(names, FIBRES),
             "other polymers": ~known & ~np.isin(names, FIBRES)}
    kinds["without ABS"] = kinds["other polymers"] & (names != "ABS")
    kinds.update({name: names == name for name in sorted(set(names[~known]))
                  if (names == name).sum() >= 5})
    found, materials = {}, {}
    for seed in range(seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = DCNetLearner(seed=seed, networks=networks, mixtures=1)(train).answer(test)
        for title, by in (("energy", CONFIDENCE), ("correlation", CORRELATION),
                          ("explained", EXPLAINED), ("complete", COMPLETE), ("all", ALL),
                          ("all, and checks", None)):
            rule = Rule(by, checks=False) if by is not None else Rule()
            score = np.clip(np.nan_to_num(rule.limited(answer), nan=-1), -1, 1)
            accepted = score >= rule.accept
            for name in sorted(set(names[known])):
                own = names == name
                materials.setdefault((title, name, int(own.sum())), []).append(
                    accepted[own].mean())
            for kind, rows in kinds.items():
                both = known | rows
                found.setdefault((title, kind, int(rows.sum())), []).append(
                    (roc_auc_score(known[both], score[both]), accepted[known].mean(),
                     accepted[rows].mean()))
    return [{"score": title, "unknowns": kind, "n": n, "AUROC": float(np.mean(f, axis=0)[0]),
             "deviation": float(np.std(f, axis=0)[0]),
             "known accepted": float(np.mean(f, axis=0)[1]),
             "unknown accepted": float(np.mean(f, axis=0)[2])}
            for (title, kind, n), f in found.items()], \
        [{"score": title, "material": name, "n": n, "accepted": float(np.mean(f))}
         for (title, name, n), f in materials.items()]


if __name__ == "__main__":
    raise SystemExit(main())
