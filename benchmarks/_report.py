"""Results of the benchmarks: measured, printed, and written to JSON files and RESULTS.md."""
from __future__ import annotations

import argparse
import json
import platform
import subprocess
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks._learners import FROM_PURE, learners
from orangecontrib.microplastics.evaluation.protocols import measure
from orangecontrib.microplastics.materials.names import PLUS, components_of

HERE = Path(__file__).parent
RESULTS = HERE / "results"
LOOKS = RESULTS / "looks.json"

#: Order of the sections of RESULTS.md.
NAMES = ("mixtures", "instruments", "amounts", "particles", "own", "sets", "ready", "unknowns",
         "materials", "calibration", "ablation", "speed", "scale", "maps", "explain")

COLUMNS = ("accuracy", "balanced accuracy", "minor-component recall", "seconds to fit",
           "spectra/s")


def options(name, doc, argv, seeds=3):
    """Parse the arguments that all benchmarks have in common."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--learners", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--parts", nargs="+", metavar="PART", help="only these parts")
    return parser.parse_args(argv)


def sources_of(data):
    """For each mixture, a tuple of (polymer, source) of its components."""
    texts = data.get_column("sources")
    names = np.array(data.domain.class_var.values)[data.Y.astype(int)]
    return [tuple(zip(components_of(name), str(text).split(PLUS), strict=True))
            for name, text in zip(names, texts, strict=True)]


def bootstrap(sources, right, draws=1000, seed=0):
    """95 % interval of the accuracy, by bootstrap over *sources* within each polymer.

    The weight of a mixture is the product of the multiplicities of its sources. The interval
    therefore describes the choice of specimens, not the choice of mixtures made from them.
    """
    right = np.asarray(right, float)
    every = sorted({s for mixture in sources for s in mixture})
    where = {s: i for i, s in enumerate(every)}
    first = np.array([where[m[0]] for m in sources])
    second = np.array([where[m[-1]] if len(m) > 1 else -1 for m in sources])
    polymer = np.array([s[0] for s in every])
    rng = np.random.default_rng(seed)
    found = np.empty(draws)
    for d in range(draws):
        count = np.ones(len(every) + 1)
        for p in np.unique(polymer):
            own = np.flatnonzero(polymer == p)
            count[own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)))
        weight = count[first] * count[second]
        found[d] = (weight * right).sum() / weight.sum()
    return [float(v) for v in np.quantile(found, (.025, .975))]


def compare(make_split, seeds, names, *, by_source=False):
    """Measure each learner on the split of each seed.

    Returns
    -------
    dict
        Learner -> dict of figure to list with one value per seed, and of "interval" to
        :func:`bootstrap` if `by_source`.
    """
    rows, marks = {}, {}
    for seed in range(seeds):
        split = make_split(seed)
        for name, learner in learners(seed, names).items():
            kept = {}
            given = replace(split, train=split.pure) if name in FROM_PURE else split
            found = measure(learner, given, repeats=2, keep=kept)
            for key, value in found.items():
                rows.setdefault(name, {}).setdefault(key, []).append(float(value))
            if by_source:
                sources, right = marks.setdefault(name, ([], []))
                sources += sources_of(split.test)
                right += list(kept["values"] == split.test.Y)
            print(f"  seed {seed}  {name:26}" + "".join(
                f"{found[c]:>12.4g}" for c in COLUMNS), flush=True)
    for name, (sources, right) in marks.items():
        rows[name]["interval"] = bootstrap(sources, right)
    return rows


def table(rows, columns=COLUMNS):
    """Markdown table with mean and standard deviation over seeds."""
    interval = any("interval" in row for row in rows.values())
    head = ["", *columns, *(["95 % over sources"] if interval else []), "seeds"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in rows.items():
        cells = [_cell(row[c], c) if c in row else "" for c in columns]
        if interval:
            low, high = row["interval"]
            cells.append(f"{low:.3f} - {high:.3f}")
        lines.append("| " + " | ".join([name, *cells, str(len(row[columns[0]]))]) + " |")
    return "\n".join(lines)


def _cell(values, column):
    values = np.asarray(values, float)
    if np.isnan(values).all():
        return "-"
    if column == "spectra/s":
        return f"{values.max():,.0f}"
    if column == "half within":
        return f"{values.mean():.0f} cm-1"
    if column.startswith("seconds to"):
        return f"{np.median(values):.1f}"
    spread = f" ± {values.std(ddof=1):.4f}" if len(values) > 1 else ""
    return f"{values.mean():.4f}{spread}"


def write(name, parts):
    """Add parts of a benchmark to its JSON file, and write RESULTS.md.

    Parameters
    ----------
    parts : dict
        Title -> {"text": description, "rows": figures, "columns": names} or {"text":
        description, "table": Markdown}. Rows are added to those of an existing part with the
        same title and text, and replace rows of the same name.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    known = json.loads(path.read_text(encoding="utf-8")).get("parts", {}) \
        if path.exists() else {}
    for title, part in parts.items():
        old = known.get(title, {})
        part["commit"] = commit()
        if "rows" in part and "columns" in part and old.get("text") == part["text"]:
            for row in part["rows"].values():
                row["commit"] = part["commit"]
            part["rows"] = {**old.get("rows", {}), **part["rows"]}
        if "columns" in part:
            part["table"] = table(part["rows"], part["columns"])
        known[title] = part
        count_look(name, title, part)
        print(f"\n{title}\n{part['text']}\n\n{part['table']}\n", flush=True)
    path.write_text(json.dumps({"date": str(date.today()), "machine": machine(),
                                "parts": known}, indent=1) + "\n", encoding="utf-8")
    results_page()


def commit():
    """Short hash of the code that runs, with "+" if files differ from it; empty outside git."""
    def git(*words):
        return subprocess.run(["git", "-C", str(HERE), *words], capture_output=True, text=True,
                              check=True).stdout.strip()
    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "..", ":!results",
                      ":!RESULTS.md")
        return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def made_by(part):
    """Of which code a part is, as text; rows that were made earlier apart."""
    last = part.get("commit")
    rows = part.get("rows", {}).items() if last else ()
    earlier = [name for name, row in rows if row.get("commit", last) != last
               or "commit" not in row and any("commit" in r for _, r in rows)]
    return "" if not last else f" (Code of {last}" + (
        f", but of earlier code: {', '.join(earlier)}" if earlier else "") + ".)"


def count_look(name, title, part):
    """Note that FLOPP, on which nothing may be chosen, was looked at: each time counts."""
    if not any(word in title + part["text"] for word in ("FLOPP", "frond")):
        return
    looks = json.loads(LOOKS.read_text(encoding="utf-8"))
    looks.append({"date": str(date.today()), "commit": part["commit"],
                  "what": f"{name}: {title}", "chosen": "", "times": 1})
    LOOKS.write_text(json.dumps(looks, indent=1) + "\n", encoding="utf-8")


def looks_table():
    """All looks at FLOPP as Markdown: those before they were counted, from NOTES.md, first."""
    looks = json.loads(LOOKS.read_text(encoding="utf-8"))
    total = sum(look["times"] for look in looks)
    rows = [f"| {look['date']} | {look['commit']} | {look['times']} | {look['what']} | "
            f"{look['chosen'] or 'nothing'} |" for look in looks]
    return [f"## FLOPP was looked at {total} times", "",
            "It is the study that mixtures are tested on, so nothing should be chosen by it. Each "
            "table above counts when it is made; what was before is counted from the notes.", "",
            "| date | commit | times | what | what was chosen by it |", "|---|---|---|---|---|",
            *rows, ""]


def machine():
    """Processor and versions, in one line."""
    import os

    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            processor = next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        pass
    return (f"{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, torch "
            f"{version('torch')}, scikit-learn {version('scikit-learn')}, Orange "
            f"{version('orange3')}")


def results_page():
    """Write RESULTS.md from all JSON files and NOTES.md."""
    lines = ["# Results", "",
             "Made by `python -m benchmarks NAME`; do not edit. Accuracies from 0 to 1, ± the "
             "standard deviation over seeds (each seed has its own split, mixtures and initial "
             "weights); seconds are the median over seeds, spectra/s the best.", ""]
    for name in NAMES:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        if "parts" not in found:
            # Written by a benchmark with --json, not by :func:`write`.
            continue
        lines += [f"## {name}", "", f"{found['date']}; {found['machine']}.", ""]
        for title, part in found["parts"].items():
            made = made_by(part)
            lines += [f"### {title}", "", part["text"] + made, "", part["table"], ""]
    lines += looks_table()
    notes = HERE / "NOTES.md"
    if notes.exists():
        lines.append(notes.read_text(encoding="utf-8").rstrip() + "\n")
    (HERE / "RESULTS.md").write_text("\n".join(lines), encoding="utf-8")
