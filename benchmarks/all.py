"""All benchmarks, one after another: tables, JSON and RESULTS.md."""
import importlib

from benchmarks._report import NAMES, options


def main(argv):
    options("all", __doc__, argv)
    for name in NAMES:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main(argv if name != "explain" else [])
    return 0
