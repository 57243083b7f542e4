"""Figures of the benchmarks in pages: `<!--of FILE; PART; ROW; COLUMN-->.989<!--/-->`.

The mean over the seeds, with three decimals; a fifth word chooses otherwise: `%` percent, `0` to
`2` that many decimals, `k` thousands with a comma, `sd` with the standard deviation.
`<!--rows FILE; PART; COLUMN; ...-->` is a table of all rows, best first.
"""
from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
_FIGURE = re.compile(r"<!--of ([^>]+?)-->(.*?)<!--/-->", re.DOTALL)
_ROWS = re.compile(r"<!--rows ([^>]+?)-->\n(.*?)<!--/-->", re.DOTALL)
_TITLES = {"accuracy": "Accuracy", "minor-component recall": "Recall of the minor component"}


def filled(text):
    """The text with today's figures; KeyError for one that no benchmark has."""
    text = _FIGURE.sub(lambda m: f"<!--of {m[1]}-->{figure(*_words(m[1]))}<!--/-->", text)
    return _ROWS.sub(lambda m: f"<!--rows {m[1]}-->\n{rows(*_words(m[1]))}<!--/-->", text)


def figure(file, part, row, column, form="3"):
    """One figure as text."""
    return _text(_rows(file, part)[row][column], form)


def rows(file, part, *columns):
    """All methods of a part as a table in Markdown, in the order of the first column."""
    found = _rows(file, part)
    order = sorted(found, key=lambda name: -np.mean(found[name][columns[0]]))
    lines = ["| Method | " + " | ".join(_TITLES.get(c, c) for c in columns) + " |",
             "|" + "---|" * (1 + len(columns))]
    for name in order:
        texts = [_text(found[name][column], "sd" if column == columns[0] else "3")
                 for column in columns]
        lines.append(f"| {name.replace('Learn mixtures', '*Learn mixtures*')} | "
                     + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"


def _words(mark):
    return [word.strip() for word in mark.split(";")]


@cache
def _parts(file):
    return json.loads((RESULTS / f"{file}.json").read_text(encoding="utf-8"))["parts"]


def _rows(file, part):
    return _parts(file)[part]["rows"]


def _text(values, form):
    mean = float(np.mean(values))
    if form == "%":
        return f"{100 * mean:.0f} %"
    if form == "k":
        return f"{round(mean, -2):,.0f}"
    if form == "sd":
        return f"{_text(mean, '3')} ± {_text(np.std(values, ddof=min(1, len(values) - 1)), '3')}"
    decimals = f"{mean:.{int(form)}f}"
    return decimals.replace("0.", ".", 1) if decimals.startswith("0.") else decimals
