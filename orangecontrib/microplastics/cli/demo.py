"""The command "demo": compare DCNet-CBAM and other classifiers on the same mixtures."""
from __future__ import annotations

import csv
import pickle
import platform
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.cli.desktop import what_windows_need
from orangecontrib.microplastics.cli.explain import describe
from orangecontrib.microplastics.cli.folder import make_folder
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.modelfile import SUFFIX
from orangecontrib.microplastics.evaluation.amounts import measure_amounts
from orangecontrib.microplastics.evaluation.figures import confusion_picture, training_picture
from orangecontrib.microplastics.evaluation.peers import PEERS
from orangecontrib.microplastics.evaluation.protocols import (
    P1_MEANS,
    P2_MEANS,
    PLAIN,
    F,
    J,
    K,
    Split,
    V,
    measure,
    p1,
    p2,
)
from orangecontrib.microplastics.explanation.amounts import amount_views, amounts_figure
from orangecontrib.microplastics.explanation.csv_files import write_predictions
from orangecontrib.microplastics.explanation.figures import gradcam_figure, spectra_figure
from orangecontrib.microplastics.explanation.single import choose_mixtures, spectrum_views
from orangecontrib.microplastics.explanation.table import explain_table
from orangecontrib.microplastics.mixing.mixer import mix, split_sources

__all__ = ["run", "next_steps", "OURS", "COLUMNS"]

OURS = "DCNet-CBAM"

#: The same network, trained on mixtures that it draws itself from the same pure spectra.
DRAWN = f"{OURS}, Learn mixtures"

#: Number of mixtures drawn as the sum of their components.
_DRAWN = 4

#: Columns of the table: title, key of the result, format.
COLUMNS = (("accuracy", "accuracy", "{:.3f}"), ("balanced", "balanced accuracy", "{:.3f}"),
           ("minor recall", "minor-component recall", "{:.3f}"),
           ("fit [s]", "seconds to fit", "{:.1f}"), ("spectra/s", "spectra/s", "{:,.0f}"))

#: Explanations of the terms in the report.
EXPLAINED = (
    "accuracy: share of test mixtures of which exactly the right polymers are named.",
    "balanced: mean over all combinations of the share that is recognised.",
    "minor recall: share of components of less than 20 % that are named.",
    "How much: share in the signal, in brackets an interval that should hold it nine times of ten.",
    "The pictures give shares of bands (derivative); the mixtures are made by absorbance.",
    "Bands: stretch of the axis, share of the importance, and where in it the spectra absorb, with",
    "the vibration known there. (PET?): not of the material itself, but PET has two bands there.",
    "[air possible]: water vapour or CO2 absorb there as well.",
)

Say = Callable[[str], None]


def run(output: Path, *, quick: bool = False, seed: int = 0, fetch: bool = True,
        say: Say = print, status: Say = lambda text: None) -> list[dict]:
    """Compare classifiers, print a table and write a folder of results.

    Parameters
    ----------
    output : Path
        Folder to write into; created if it does not exist.
    quick : bool
        Use about a third of the mixtures: for a first look, not a measurement.
    seed : int
        Of the splits, the mixtures and all classifiers.
    fetch : bool
        Download the published spectra if they are missing.
    say : function of str
        Called with each line of the report.
    status : function of str
        Called with a short description of the current step.

    Returns
    -------
    list of dict
        One row for each protocol and learner, with the results of :func:`.protocols.measure`.

    Raises
    ------
    ValueError
        If the folder cannot be created.
    OSError
        If it cannot be written.
    """
    # Before the work, so that a folder that cannot be created is reported at once.
    make_folder(output)
    lines = []

    def note(text=""):
        lines.append(text)
        say(text)

    note(f"Orange3-Microplastics {version('Orange3-Microplastics')}, torch {version('torch')}, "
         f"Python {platform.python_version()}, {platform.machine()}; seed {seed}")
    protocols = _protocols(fetch, note, status)
    if len(protocols) > 1:
        note("Two comparisons, each about a minute on two cores with nothing else to do:")
        note(f"    P1: {P1_MEANS}")
        note(f"    P2: {P2_MEANS}")
    note("The first line of each comparison is the network's, about 20 s; then its pictures are in")
    note(f"{output}.")
    rows, histories, tested, views, mixtures, amounts = [], {}, {}, {}, {}, {}
    titles = {}
    for make in protocols:
        status("mixing")
        split = make(seed, quick)
        note()
        titles[split.name] = split.title
        note(split.title)
        note(f"    {split.description}")
        note(f"    {len(split.train)} training and {len(split.test)} test mixtures, "
             f"{len(split.test.domain.class_var.values)} classes, seed {seed}")
        note(_header())
        for name, learner in _learners(seed, split.pure is not None).items():
            status(f"{split.name}: training {name}")
            kept = {}
            row = {"protocol": split.name, "meaning": split.meaning, "learner": name,
                   **measure(learner, replace(split, train=split.pure) if name == DRAWN
                             else split, repeats=2, keep=kept)}
            rows.append(row)
            note(_line(row))
            if name == OURS:
                histories[f"{OURS}, {split.title}"] = kept["model"].history
                tested[f"{OURS}, {split.title}"] = row["accuracy"]
                _write_ours(output, split, kept)
                views[split.name] = gradcam_figure(
                    kept["model"], split.test, output / f"grad-cam {split.name}.png",
                    title=f"{OURS}, {split.title}\nWhat decided, in test spectra")
                mixtures[split.name] = _explain_mixtures(output, split, kept["model"], seed)
            elif name == DRAWN:
                amounts[split.name] = _write_amounts(output, split, kept["model"], seed)
    status("")
    for name, drawn in views.items():
        note()
        note(titles[name])
        note(f"Most important bands for {OURS} (Grad-CAM, mean over test spectra)")
        for line in describe(drawn):
            note(f"    {line}")
    for name, drawn in mixtures.items():
        note()
        note(titles[name])
        note("Which components are in these mixtures, and why? Three that are recognised and one")
        note(f"that is not, chosen by chance (mixtures {name}.png; all: predictions {name}.csv)")
        for view in drawn:
            for line in view.lines():
                note(f"    {line}")
    for name, (measured, drawn) in amounts.items():
        note()
        note(titles[name])
        note(f"How much of each ({DRAWN}; how much {name}.png)")
        note(f"    Fractions of absorbance differ by {100 * measured['error where present']:.1f} "
             f"points in the mean, and intervals hold {100 * measured['coverage']:.0f} % of them.")
        for view in drawn:
            note(f"    {view.title}")
    note()
    for line in EXPLAINED:
        note(line)
    if "P2" in views:
        note("Spectra, to be cited where they are used:")
        for reference in dict.fromkeys(datasets.SETS[name].reference for name in (V, K, J, F)):
            note(f"    {reference}")
    training_picture(output / "training curve.png", histories, tested)
    _write_table(output, rows, lines)
    return rows


def next_steps(output: Path, rows: list[dict]) -> list[str]:
    """Lines that say what to open first of the results, and how to go on in Orange."""
    name = rows[-1]["protocol"]
    files = ((f"mixtures {name}.png", "what is in a mixture, and which bands said so"),
             (f"how much {name}.png", "how much of each"),
             (f"grad-cam {name}.png", "which bands decided, polymer by polymer"),
             (f"predictions {name}.csv", "the answer for every mixture"))
    there = [(file, what) for file, what in files if (output / file).exists()]
    return ["Open first:",
            *(f"    {file}: {what}" for file, what in there[:3]),
            "Then, for your own spectra, start Orange and open an example workflow:",
            "    orange-canvas",
            "    Help > Example Workflows > Microplastics: Identify my spectra",
            *what_windows_need()]


def _protocols(fetch, note, status):
    """Comparisons to run: on published spectra, or on collagen if these are not available."""
    if not all(datasets.is_available(name) for name in datasets.SETS):
        try:
            if not fetch:
                raise datasets.FetchError("they are not on this computer")
            note(f"Fetching published spectra ({datasets.DOWNLOAD_SIZE / 1e6:.0f} MB, once), kept "
                 f"in {datasets.data_dir()}")
            datasets.fetch(lambda fraction, text: status(f"{fraction:.0%} {text}"))
            status("")
        except datasets.FetchError as ex:
            status("")
            note(f"The published spectra cannot be had: {ex}")
            note("Instead of microplastics, the tissue spectra that come with orange-spectroscopy "
                 "are used (collagen.csv: collagen, DNA, glycogen, lipids).")
            return [_collagen]
    sizes = {True: {"train": 2000, "test": 1000}, False: {}}
    return [lambda seed, quick: p1(seed, **sizes[quick]),
            lambda seed, quick: p2(seed, **sizes[quick])]


def _collagen(seed, quick):
    import orangecontrib.spectroscopy  # noqa: F401  (knows where collagen.csv is)
    pure = Table("collagen")
    # Mixing requires one class per row and absorbance on one grid, as in these data.
    learn, held = split_sources(pure, 0.3, seed)
    train, test = (1500, 1000) if quick else (4000, 2000)
    return Split("collagen", "4 tissue components and their 6 pairs (not microplastics), "
                 "sources split 70/30 before mixing",
                 mix(learn, train, seed=2 * seed, **PLAIN),
                 mix(held, test, seed=2 * seed + 1, **PLAIN))


def _learners(seed, pure=False):
    learners = {OURS: DCNetLearner(seed=seed)}
    if pure:
        learners[DRAWN] = DCNetLearner(seed=seed, mixtures=2)
    learners.update((name, make(seed=seed)) for name, make in PEERS.items())
    return learners


def _header():
    return f"    {'':27}" + "".join(f"{title:>14}" for title, _, _ in COLUMNS)


def _line(row):
    return f"    {row['learner']:27}" + "".join(
        f"{'-' if np.isnan(row[key]) else text.format(row[key]):>14}" for _, key, text in COLUMNS)


def _write_ours(output, split, kept):
    model = kept["model"]
    model.name = f"{OURS} {split.name}"
    with open(output / f"model {split.name}.pkcls", "wb") as file:
        pickle.dump(model, file)
    model.save(output / f"model {split.name}{SUFFIX}")
    split.test.save(str(output / f"test mixtures {split.name}.pkl"))
    confusion_picture(output / f"confusion matrix {split.name}.png", split.test.Y,
                      kept["values"], split.test.domain.class_var.values,
                      f"{OURS}, {split.title}: {np.mean(kept['values'] == split.test.Y):.1%} right")


def _explain_mixtures(output, split, model, seed):
    explained = explain_table(model, split.test)
    write_predictions(explained, output / f"predictions {split.name}.csv")
    views = spectrum_views(model, split.test, choose_mixtures(explained, seed=seed))
    spectra_figure(views, output / f"mixtures {split.name}.png",
                   title=f"{OURS}, {split.title}\n"
                         "Which components are in these mixtures, and why?")
    return views


def _write_amounts(output, split, model, seed):
    """Measure fractions, and draw those of some mixtures."""
    measured = measure_amounts(model, split.test)
    rng = np.random.default_rng(seed)
    some = split.test[np.sort(rng.choice(len(split.test), 200, replace=False))]
    answer = model.answer(some)
    views = amount_views(model, some, answer,
                         np.flatnonzero(answer.named.sum(axis=1) > 1)[:_DRAWN])
    if views:
        amounts_figure(views, output / f"how much {split.name}.png",
                       f"{DRAWN}, {split.title}\nHow much of each")
    return measured, views


def _write_table(output, rows, lines):
    (output / "results.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with open(output / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["protocol", "meaning", "learner",
                                       *(key for _, key, _ in COLUMNS)])
        writer.writeheader()
        writer.writerows(rows)
