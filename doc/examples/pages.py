"""Words of claims in pages of the documentation, and keys to the lessons."""
from __future__ import annotations

import json
import re
from pathlib import Path

from . import CLAIMS, WORKFLOWS, figures

ROOT = Path(__file__).resolve().parents[2]
MEASURED = Path(__file__).with_name("measured.json")
#: `<!--110 overgrown-->four of five<!--/-->`
_MARK = re.compile(r"<!--(\d{3}) ([^>]+?)-->(.*?)<!--/-->", re.DOTALL)
#: `<!--key 110 120-->` ... `<!--/-->`: a table of all claims of these workflows.
_KEY = re.compile(r"<!--key ([\d ]+)-->\n(.*?)<!--/-->", re.DOTALL)


def pages():
    """Files whose text may have marks."""
    return [ROOT / "README.md", *sorted(ROOT.glob("doc/*.md")),
            *sorted(ROOT.glob("doc/widgets/*.md"))]


def measured():
    """{number of the workflow: {name of the claim: what the last run gave}}"""
    return json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}


def marks(text):
    """(number, name, words) of each claim in a page."""
    return _MARK.findall(text)


def filled(text):
    """The text with the words of claims, keys and figures; KeyError for one that is unknown."""
    found = measured()
    text = _MARK.sub(lambda m: f"<!--{m[1]} {m[2]}-->{CLAIMS[m[1]][m[2]]}<!--/-->", text)
    text = _KEY.sub(lambda m: f"<!--key {m[1]}-->\n{key(m[1].split(), found)}<!--/-->", text)
    return figures.filled(text)


def key(numbers, found):
    """Table in Markdown: what each claim of the workflows was in the last run."""
    titles = {w.file[:3]: w.title.removeprefix("Microplastics: ") for w in WORKFLOWS}
    rows = ["| Workflow | Widget | Question | Our run | As the texts say |",
            "|---|---|---|---|---|"]
    for number in numbers:
        for claim in CLAIMS[number].values():
            value = _short(found.get(number, {}).get(claim.name), claim)
            rows.append(f"| {titles[number]} | {claim.widget} | {claim.question} | "
                        f"{value} | {claim.words} |")
    return "\n".join(rows) + "\n"


def _short(value, claim):
    """A figure as text: a share with two decimals; a number, whose range has whole ends, without.
    """
    if value is None:
        return "not run"
    counted = isinstance(claim.low, int) and isinstance(claim.high, int)
    return f"{value:.0f}" if counted else f"{value:.2f}"
