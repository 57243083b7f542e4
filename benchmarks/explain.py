"""Grad-CAM of 5,000 spectra: spectra per second beside captum's LayerGradCam.

Both make the same: the maps of both branches for the predicted class (or one class given
beforehand), added and interpolated to the spectra's wavenumbers. Captum, the
usual way to Grad-CAM in torch, is called as its documentation shows, once for each branch,
and predicts first where the predicted class is asked for. Ours makes it all from
one pass. They are timed in turns, so that the machine's moods hit both alike; the best run
of each counts. With one thread, the processor's time is counted: other programs do not
disturb it.
"""
from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch

from orangecontrib.microplastics.config import PREDICTED, STEP
from orangecontrib.microplastics.materials.bands import HIGH, LOW
from orangecontrib.microplastics.nn.attribution.gradcam import explain
from orangecontrib.microplastics.nn.network import DCNet, DCNetConfig

# Captum gets the network in the same form as in the tests that compare its maps with ours.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from tapped import Tapped  # noqa: E402

GRID = np.arange(LOW, HIGH, STEP)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="benchmarks explain", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spectra", type=int, default=5000)
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256],
                        help="batch sizes tried for each; the better one counts")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    rows = run(options.spectra, options.batch, options.repeats)
    print(f"Grad-CAM of {options.spectra} spectra of {len(GRID)} points, two branches, "
          f"{options.threads} threads; {platform.machine()}, torch {torch.__version__}\n")
    print(f"{'axis seen':<22}{'target':<14}{'captum':>12}{'ours':>12}{'ratio':>8}"
          f"{'largest difference':>20}")
    for row in rows:
        print(f"{row['axis']:<22}{row['target']:<14}{row['captum']:>10,.0f}/s"
              f"{row['ours']:>10,.0f}/s{row['ratio']:>8.2f}{row['difference']:>20.1e}")
    if options.json:
        Path(options.json).write_text(json.dumps(
            {"spectra": options.spectra, "threads": options.threads,
             "torch": torch.__version__, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    return 0


def run(n, batches, repeats):
    """Measure each kind of network and target; returns a list of dicts, rates in spectra/s."""
    X = np.random.default_rng(0).normal(size=(n, len(GRID))).cumsum(axis=1).astype(np.float32)
    rows = []
    for axis, keep in (("fingerprint and C-H", ((0, 288), (500, 601))), ("whole", ())):
        net = DCNet(DCNetConfig(len(GRID), 15, keep=keep), torch.Generator().manual_seed(0)).eval()
        for target in (PREDICTED, 3):
            clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
            best = {"captum": np.inf, "ours": np.inf}
            maps = {}
            for _ in range(repeats):
                for batch in batches:
                    for name, method in (("captum", _captum), ("ours", _ours)):
                        start = clock()
                        maps[name] = method(net, X, target, batch)
                        best[name] = min(best[name], clock() - start)
            compared = np.ix_(_decided(net, X), net.seen())
            rows.append({
                "axis": axis,
                "target": target if target == PREDICTED else "one class",
                "captum": n / best["captum"], "ours": n / best["ours"],
                "ratio": best["captum"] / best["ours"],
                "difference": float(np.abs(maps["captum"] - maps["ours"])[compared].max()
                                    / np.nanmax(maps["ours"]))})
    return rows


def _decided(net, X):
    """Spectra with one best class: of two that are equal to rounding, either may be explained."""
    with torch.no_grad():
        best = net(torch.from_numpy(X)).topk(2, dim=1).values
    return np.flatnonzero((best[:, 0] - best[:, 1]).numpy() > 1e-5)


def _ours(net, X, target, batch):
    return explain([net], X, GRID, target=target, method="gradcam",
                   batch_size=batch).importance


def _captum(net, X, target, batch):
    from captum.attr import LayerGradCam
    tapped = Tapped(net).eval()
    methods = [LayerGradCam(tapped, tap) for tap in tapped.taps]
    positions = net.positions()[0]
    # Our linear interpolation as a matrix; captum's own does not use the centres of columns.
    index = np.arange(len(GRID))
    matrix = torch.from_numpy(np.array(
        [np.interp(index, positions, unit) for unit in np.eye(len(positions))], np.float32))
    result = np.empty(X.shape, np.float32)
    for start in range(0, len(X), batch):
        x = torch.from_numpy(X[start:start + batch])
        if target == PREDICTED:
            with torch.no_grad():
                wanted = tapped(x).argmax(dim=1)
        else:
            wanted = target
        signed = sum(method.attribute(x, wanted) for method in methods)[:, 0, 0].detach()
        result[start:start + batch] = (signed.relu() @ matrix).numpy()
    return result


if __name__ == "__main__":
    raise SystemExit(main())
