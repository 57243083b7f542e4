"""Materials that a model was never trained on: how well each score tells them (protocol P5).

Trained on pure spectra of three studies (PE, PET, PP, PS, PVC, PA), "Classes, varied" as other
instruments may have them; tested on the fourth,
whose other materials are the unknowns. AUROC is the chance that a spectrum of a known
material scores higher than one of an unknown. The last columns are the shares of known and
unknown spectra that Identify Spectra accepts at 0.7. At the end, what is accepted of each known
material. The fourth study keeps its labels and takes no part in the choice of a setting, but for
the plasticiser in PVC.
"""
from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from orangecontrib.microplastics import datasets, protocols
from orangecontrib.microplastics.dcnet import DCNetLearner
from orangecontrib.microplastics.identification import (
    ALL,
    CONFIDENCE,
    CORRELATION,
    EXPLAINED,
    Rule,
)

KNOWN = (*protocols.FIVE, "PA")
FIBRES = ("CE", "CO", "R")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="benchmarks unknowns", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--networks", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    train = protocols.pure((protocols.V, protocols.K, protocols.J), KNOWN)
    rows, materials = run(train, options.seeds, options.networks)
    results = {"seeds": options.seeds, "networks": options.networks, "rows": rows,
               "materials": materials}
    print(f"Trained on {len(train)} spectra")
    print(f"{'score':<16}{'unknowns':<18}{'n':>5}{'AUROC':>8}{'+-':>7}"
          f"{'known':>9}{'unknown accepted':>18}")
    for row in rows:
        print(f"{row['score']:<16}{row['unknowns']:<18}{row['n']:>5}{row['AUROC']:>8.3f}"
              f"{row['deviation']:>7.3f}{row['known accepted']:>9.1%}"
              f"{row['unknown accepted']:>18.1%}")
    print(f"\n{'score':<16}{'known material':<18}{'n':>5}{'accepted':>10}")
    for row in materials:
        print(f"{row['score']:<16}{row['material']:<18}{row['n']:>5}{row['accepted']:>10.1%}")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def run(train, seeds, networks):
    """A dict for each score and kind of unknowns, and one for each score and known material;
    averaged over `seeds` trainings."""
    test = datasets.join([datasets.load(protocols.F, merge_pe=True)])
    names = np.array(test.domain.class_var.values)[test.Y.astype(int)]
    known = np.isin(names, KNOWN)
    # ABS is two thirds polystyrene by its bands; it stands apart, that it be seen.
    kinds = {"natural fibres": np.isin(names, FIBRES),
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
                          ("explained", EXPLAINED), ("all", ALL)):
            rule = Rule(by)
            score = np.nan_to_num(rule.score(answer), nan=-1)
            accepted = score >= rule.accept
            for name in KNOWN:
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
