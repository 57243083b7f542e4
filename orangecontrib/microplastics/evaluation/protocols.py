"""Training and test data of the project's comparisons, and the figures measured on them.

Every learner gets the same mixtures. Training and test mixtures share no source: on one
instrument (:func:`p1`) sources are split before mixing; between instruments (:func:`p2`)
the test set comes from a study that was not used in training, cleaning or choosing
settings, with one exception: plasticiser in PVC (``benchmarks/NOTES.md``).
"""
from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from Orange.data import DiscreteVariable, Domain, Table
from sklearn.metrics import accuracy_score, recall_score

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.config import SMALLEST
from orangecontrib.microplastics.materials.bands import HIGH, LOW
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.mixing.mixer import mix, split_sources
from orangecontrib.microplastics.mixing.recipe import ANY_INSTRUMENT, ONE_INSTRUMENT
from orangecontrib.microplastics.spectra.axis import wavenumbers

__all__ = ["Split", "FIVE", "SEVEN", "MINOR", "PLAIN", "VARIED", "V", "F", "K", "J", "p1", "p2",
           "pure", "fractions", "parts_named", "minor_recall", "score", "measure"]

#: Short names of the sets in the comparisons.
V, F, K, J = ("villegas_camacho_2024_c8", "frond_2021", "kedzierski_2019", "jung_2018")

FIVE = ("PE", "PET", "PP", "PS", "PVC")
SEVEN = (*FIVE, "PA", "PU")

#: Components with a smaller fraction than this are minor components.
MINOR = 0.2

#: Recipe of test mixtures, and of training mixtures on one instrument: baseline and noise, as in
#: the measurement of a known mixture.
PLAIN = {"smallest": SMALLEST, **ONE_INSTRUMENT}

#: What the comparisons test, for readers to whom "P1" and "P2" say nothing.
P1_MEANS = "mixtures on one instrument"
P2_MEANS = "mixtures on another instrument, whose spectra the model has not seen"

#: Recipe of training mixtures for another instrument: components vary and carry contaminants,
#: half of the PVC is plasticised, and the room's air is added.
VARIED = {"smallest": SMALLEST, **ANY_INSTRUMENT}


@dataclass(frozen=True)
class Split:
    """Data of one comparison.

    Attributes
    ----------
    name, description : str
    meaning : str
        What is compared, in a few words; empty if the name says it.
    train, test : Table
        Mixtures of :func:`.mixer.mix`, with each component's fraction and source in the
        metas, or pure spectra.
    pure : Table, optional
        The pure spectra that `train` was mixed from, for learners that mix spectra themselves.
    """
    name: str
    description: str
    train: Table
    test: Table
    pure: Table | None = None
    meaning: str = ""

    @property
    def title(self) -> str:
        """The name with its meaning, for headings."""
        return f"{self.name}: {self.meaning}" if self.meaning else self.name


def pure(sets: Iterable[str], classes: Iterable[str], *,
         doubtful: str | Mapping[str, str] = "drop") -> Table:
    """Published spectra of some polymers on one grid, 700 to 3900 cm-1 in steps of 4.

    Parameters
    ----------
    sets : iterable of str
        Names in :data:`.catalogue.SETS`.
    classes : iterable of str
        Polymers to keep; HDPE and LDPE count as PE. A set may lack some of them.
    doubtful : {"drop", "keep"} or mapping of set to one of these
        Whether to drop spectra whose label other studies contradict; they are dropped from
        sets that a mapping does not name.

    Returns
    -------
    Table
        Class ``polymer`` with the sorted `classes` as values, metas as in :func:`.tables.load`.

    Raises
    ------
    MissingData
        If a set has not been fetched.
    """
    if isinstance(doubtful, str):
        doubtful = dict.fromkeys(datasets.SETS, doubtful)
    data = datasets.join([datasets.load(name, merge_pe=True, doubtful=doubtful.get(name, "drop"))
                          for name in sets])
    axis = wavenumbers(data.domain)
    inside = (axis >= LOW - 1e-6) & (axis <= HIGH + 1e-6)
    old, classes = data.domain.class_var, tuple(sorted(classes))
    where = np.array([classes.index(v) if v in classes else -1 for v in old.values])
    y = where[data.Y.astype(int)]
    rows = np.flatnonzero(y >= 0)
    domain = Domain([a for a, keep in zip(data.domain.attributes, inside, strict=True) if keep],
                    DiscreteVariable(old.name, classes), data.domain.metas)
    table = Table.from_numpy(domain, data.X[np.ix_(rows, inside)], y[rows].astype(float),
                             data.metas[rows])
    table.name = data.name
    return table


def p1(seed: int = 0, *, train: int = 6000, test: int = 3000, classes=FIVE,
       sets=(V,)) -> Split:
    """Mixtures on one instrument: sources split 70/30 before mixing.

    Parameters
    ----------
    seed : int
        Determines the split and the mixtures.
    train, test : int
        Numbers of mixtures.
    classes, sets : sequence of str
        Polymers, and the sets whose spectra are pooled.
    """
    learn, held = split_sources(pure(sets, classes), 0.3, seed)
    n = len(classes)
    return Split(
        "P1", f"{n} polymers and their {n * (n - 1) // 2} pairs on one instrument, "
        "sources split 70/30 before mixing",
        mix(learn, train, seed=2 * seed, **PLAIN), mix(held, test, seed=2 * seed + 1, **PLAIN),
        learn, P1_MEANS)


def p2(seed: int = 0, *, train: int = 6000, test: int = 3000) -> Split:
    """Mixtures on another instrument: trained on three studies, tested on a fourth.

    The fourth (FLOPP and FLOPP-e) keeps all of its published labels, except those of five
    files whose names contradict them.
    """
    learn = pure((V, K, J), FIVE)
    return Split(
        "P2", "5 polymers and their 10 pairs; trained on three studies, tested on a fourth",
        mix(learn, train, seed=2 * seed, **VARIED),
        mix(pure((F,), FIVE, doubtful="keep"), test, seed=2 * seed + 1, **PLAIN),
        learn, P2_MEANS)


def fractions(data: Table) -> dict[str, np.ndarray]:
    """Fractions of each component, by name, from the metas written by mixing."""
    return {m.name.removeprefix("fraction "): np.asarray(data.get_column(m), float)
            for m in data.domain.metas if m.name.startswith("fraction ")}


def parts_named(values: Iterable[str]) -> list[frozenset[str]]:
    """Set of components of each combination, from its name."""
    return [frozenset(components_of(value)) for value in values]


def minor_recall(data: Table, predicted: np.ndarray, below: float = MINOR) -> float:
    """Share of components with a fraction below `below` that the prediction contains.

    Parameters
    ----------
    data : Table
        Mixtures.
    predicted : ndarray of int, shape (mixtures,)
        Indices into the values of the data's class, which are combinations.

    Returns
    -------
    float
        NaN if there is no such component.
    """
    values = parts_named(data.domain.class_var.values)
    found = there = 0
    for name, fraction in fractions(data).items():
        rows = (fraction > 0) & (fraction < below)
        named = np.array([name in parts for parts in values])
        found += named[predicted[rows]].sum()
        there += rows.sum()
    return found / there if there else np.nan


def score(data: Table, predicted: np.ndarray) -> dict[str, float]:
    """Accuracy, balanced accuracy and minor-component recall of predictions, 0 to 1.

    Balanced accuracy is the mean recall of the classes that occur in the data.
    """
    actual, predicted = data.Y.astype(int), np.asarray(predicted).astype(int)
    return {"accuracy": float(accuracy_score(actual, predicted)),
            "balanced accuracy": float(recall_score(
                actual, predicted, labels=np.unique(actual), average="macro")),
            "minor-component recall": float(minor_recall(data, predicted))}


def measure(learner: Callable, split: Split, *, repeats: int = 1,
            keep: dict | None = None) -> Mapping[str, float]:
    """Train on the training data of a split, predict its test data, and time both.

    Parameters
    ----------
    learner : callable
        An Orange learner, or one like it: ``learner(table)`` returns a model, and
        ``model(table, model.ValueProbs)`` values and probabilities.
    split : Split
    repeats : int
        Number of predictions; the fastest counts.
    keep : dict, optional
        Receives "model", "values" and "probabilities".

    Returns
    -------
    dict
        The results of :func:`score`, "seconds to fit", and "spectra/s" of prediction.
    """
    start = time.perf_counter()
    model = learner(split.train)
    fitted = time.perf_counter() - start
    fastest = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        values, probabilities = model(split.test, model.ValueProbs)
        fastest = min(fastest, time.perf_counter() - start)
    if keep is not None:
        keep.update(model=model, values=values, probabilities=probabilities)
    return {**score(split.test, values), "seconds to fit": fitted,
            "spectra/s": len(split.test) / fastest}
