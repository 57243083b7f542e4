"""Whether probabilities mean what they say: expected calibration error on P1 and P2.

The same learner without a validation share, and with one that sets the temperature. The
temperature is fitted on spectra of the training's own instruments: on P1 it is as it should
be, on P2 (another instrument) it can only be a guess.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from orangecontrib.microplastics.confidence.calibration import calibration_error
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.evaluation import protocols


def main(argv=None):
    parser = argparse.ArgumentParser(prog="benchmarks calibration", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=int, default=6000, help="training mixtures")
    parser.add_argument("--test", type=int, default=3000, help="test mixtures")
    parser.add_argument("--share", type=float, default=.15, help="kept aside for validation")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    rows = []
    print(f"{'protocol':<10}{'validation':<14}{'temperature':>12}{'accuracy':>10}"
          f"{'certainty':>11}{'ECE':>8}{'+-':>7}")
    for make in (protocols.p1, protocols.p2):
        each = [list(run(make(seed, train=options.train, test=options.test), seed, options.share))
                for seed in range(options.seeds)]
        for found in zip(*each, strict=True):
            row = {**found[0], **{name: float(np.mean([f[name] for f in found])) for name in (
                "temperature", "accuracy", "certainty", "ECE")},
                "deviation": float(np.std([f["ECE"] for f in found], ddof=min(1, len(found) - 1)))}
            rows.append(row)
            print(f"{row['protocol']:<10}{row['validation']:<14}{row['temperature']:>12.2f}"
                  f"{row['accuracy']:>10.3f}{row['certainty']:>11.3f}{row['ECE']:>8.3f}"
                  f"{row['deviation']:>7.3f}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(vars(options) | {"rows": rows}, indent=1) + "\n",
                                      encoding="utf-8")
    return 0


def run(split, seed, share):
    """Yield figures without validation, and with it at temperature 1 and the fitted one."""
    plain = DCNetLearner(seed=seed)(split.train)
    held = DCNetLearner(seed=seed, validation=share)(split.train)
    fitted = held.temperature
    for model, title, temperature in ((plain, "none", 1.), (held, "not used", 1.),
                                      (held, "temperature", fitted)):
        model.temperature = temperature
        p = model(split.test, model.Probs)
        y = split.test.Y.astype(int)
        yield {"protocol": split.name, "validation": title, "temperature": temperature,
               "accuracy": float(np.mean(p.argmax(axis=1) == y)),
               "certainty": float(p.max(axis=1).mean()), "ECE": calibration_error(p, y)}


if __name__ == "__main__":
    raise SystemExit(main())
