"""Put the words of claims into the pages, and with --run, first run the workflows and measure.

    python doc/make_claims.py [--run [110 ...]]

Writes doc/examples/measured.json, from which the keys of the lessons are made. A claim outside
its range is printed, and ends with 1: then the words or the workflow have to change.
"""
from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "doc"), str(ROOT / "tests")]
from examples import CLAIMS, pages  # noqa: E402

TUTORIALS = ROOT / "orangecontrib" / "microplastics" / "tutorials"


def measure(numbers):
    """Run the workflows; returns the number of claims that do not hold."""
    from orangewidget.tests.base import GuiTest
    from running import Running, measured, registry
    logging.disable(logging.INFO)
    GuiTest.setUpClass()
    known, wrong, found = registry(), 0, pages.measured()
    for number in numbers or [n for n in CLAIMS if CLAIMS[n]]:
        path, = TUTORIALS.glob(f"{number}-*.ows")
        with Running(path, known, limit=600) as flow:
            values = measured(flow, CLAIMS[number].values())
        found[number] = values
        for claim in CLAIMS[number].values():
            holds = claim.low <= values[claim.name] <= claim.high
            wrong += not holds
            print(f"{number} {claim.name:28}{values[claim.name]:9.3f}  {claim.low:g} to "
                  f"{claim.high:g}{'' if holds else '   DOES NOT HOLD'}", flush=True)
    pages.MEASURED.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return wrong


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", nargs="*", metavar="NUMBER")
    options = parser.parse_args(argv)
    wrong = 0 if options.run is None else measure(options.run)
    for page in pages.pages():
        text = page.read_text(encoding="utf-8")
        filled = pages.filled(text)
        if filled != text:
            page.write_text(filled, encoding="utf-8")
            print("changed", page.relative_to(ROOT))
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
