"""Make the ready-made model, keep it, and find out whether it is still valid.

It is not shipped: the licence of the published spectra does not allow it to be said with
certainty. It takes about two minutes to make, once. The file is kept in Orange's data folder and
made anew when the data or the code that makes it change.
"""
from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.data import Domain

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets.catalogue import RELABELLED, SETS, SOURCES
from orangecontrib.microplastics.datasets.curation import _RULES
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.modelfile import SUFFIX, ModelFileError
from orangecontrib.microplastics.ready import spectra
from orangecontrib.microplastics.spectra.axis import spectral_columns

__all__ = ["MISSING", "OUTDATED", "CURRENT", "SEED", "NETWORKS", "About", "path", "state", "about",
           "load", "make", "get", "learner", "with_natural_references"]

#: States of the file.
MISSING, OUTDATED, CURRENT = "missing", "outdated", "current"

#: Seed of training, number of networks that are averaged, share of single materials among the
#: spectra that are drawn, smallest fraction in a mixture, share of sources kept aside for
#: thresholds. Chosen on studies left out of training (``benchmarks/NOTES.md``).
SEED, NETWORKS, PURE_SHARE, SMALLEST, ASIDE = 0, 2, .7, .2, .1

#: Key of the facts about the ready-made model in `DCNetModel.training`.
_KEY = "ready-made"

#: Rooms, and files, whose code decides what the model learns.
_ROOMS = ("config.py", "spectra", "materials", "simulation", "mixing", "confidence", "fractions",
          "labels", "nn", "datasets", "dcnet", "ready/spectra.py", "ready/model.py")

Progress = Callable[[float, str], None]


class About(NamedTuple):
    """Facts about a ready-made model.

    Attributes
    ----------
    made : str
        Date, ISO.
    sets, references : tuple of str
        Titles of the published sets, and what to cite; empty for simulated spectra.
    materials : dict of str to int
        Number of spectra of each material.
    simulated : bool
    data, code : str
        Hashes of what it was made from.
    """
    made: str
    sets: tuple[str, ...]
    references: tuple[str, ...]
    materials: dict[str, int]
    simulated: bool
    data: str
    code: str


def path(simulated: bool = False, low: int = 0) -> Path:
    """File of the ready-made model, or of the one learnt from simulated spectra.

    With `low`, of the model for spectra that begin at this wavenumber (cm-1).
    """
    name = "ready-made, simulated" if simulated else "ready-made"
    if low:
        name += f", from {low}"
    return datasets.data_dir() / "models" / f"{name}{SUFFIX}"


def about(model: DCNetModel) -> About | None:
    """Facts about a model if it is a ready-made one; None for any other, and for one of a version
    that kept other facts."""
    facts = model.training.get(_KEY)
    if not isinstance(facts, dict) or set(facts) != set(About._fields):
        return None
    return About(**{**facts, "sets": tuple(facts["sets"]),
                    "references": tuple(facts["references"])})


def state(simulated: bool = False) -> str:
    """MISSING, OUTDATED (made by another version or from other data) or CURRENT."""
    if not path(simulated).is_file():
        return MISSING
    return CURRENT if load(simulated) is not None else OUTDATED


def load(simulated: bool = False, low: int = 0) -> DCNetModel | None:
    """Load the ready-made model; None if it is missing, damaged or outdated.

    Arguments as of :func:`path`.

    Raises
    ------
    TorchUnavailable
        (a ValueError) If torch cannot be loaded.
    """
    file = path(simulated, low)
    if not file.is_file():
        return None
    try:
        model = DCNetModel.load(file)
    except ModelFileError:
        return None
    facts = about(model)
    if facts is None or facts.code != _code_hash() or facts.data != _data_hash(simulated):
        return None
    return model


def get(progress: Progress = lambda fraction, text: None, *, fetch: bool = True,
        simulated: bool = False, low: int = 0) -> DCNetModel:
    """Load the ready-made model; fetch the published spectra and make it if necessary.

    Parameters
    ----------
    progress : function of (fraction done, text), optional
        An exception raised in it cancels; nothing is left behind.
    fetch : bool
        Whether to download the spectra if they are not on this computer.
    simulated : bool
        The model learnt from simulated spectra, which needs no network; says so in every answer.
    low : int
        Where the spectra to be identified begin, cm-1; 0 for all that the published ones have. A
        filter of alumina lets no light through below 1250, and many detectors see nothing below
        900; a model that looks there cannot answer.

    Raises
    ------
    FetchError
        If the spectra are needed and cannot be downloaded.
    MissingData
        If they are needed and `fetch` is False, or a stored set is damaged.
    TorchUnavailable, NotEnoughMemory
        (ValueErrors) If the model cannot be made or used.
    """
    model = load(simulated, low)
    if model is not None:
        progress(1., "Done")
        return model
    share = 0.
    if not simulated and fetch and not all(map(datasets.is_available, spectra.SETS_USED)):
        share = .3
        datasets.fetch(lambda done, text: progress(share * done, text))
    return make(lambda done, text: progress(share + (1 - share) * done, text),
                simulated=simulated, low=low)


def make(progress: Progress = lambda fraction, text: None, *,
         simulated: bool = False, low: int = 0) -> DCNetModel:
    """Train the ready-made model and write its file, replacing an older one.

    Arguments and errors as :func:`get`. If the file cannot be written, the model is returned all
    the same.
    """
    progress(0., "Reading spectra")
    data = spectra.simulated() if simulated else spectra.table()
    if low:
        columns, axis = spectral_columns(data.domain)
        data = data.transform(Domain([data.domain.attributes[c] for c in columns[axis >= low]],
                                     data.domain.class_vars, data.domain.metas))
    progress(.05, "Learning")
    learn = learner()
    learn.callback = lambda p: progress(.05 + .9 * p.fraction, _step(p))
    model = with_natural_references(learn(data))
    progress(.97, "Saving")
    model.name = "Microplastics, simulated" if simulated else "Microplastics"
    if low:
        model.name += f", from {low} cm-1"
    counts = np.bincount(data.Y.astype(int), minlength=len(data.domain.class_var.values))
    sets = () if simulated else [SETS[name] for name in spectra.SETS_USED]
    model.training["simulated"] = simulated
    model.training[_KEY] = About(
        made=datetime.date.today().isoformat(), sets=tuple(s.title for s in sets),
        references=tuple(dict.fromkeys(s.reference for s in sets)),
        materials=dict(zip(data.domain.class_var.values, map(int, counts), strict=True)),
        simulated=simulated, data=_data_hash(simulated), code=_code_hash())._asdict()
    file = path(simulated, low)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        model.save(file)
    except (OSError, ModelFileError) as ex:
        model.training["not kept"] = str(ex)
    progress(1., "Done")
    return model


def _step(progress):
    network = min(int(progress.fraction * NETWORKS) + 1, NETWORKS)
    return f"Learning, network {network} of {NETWORKS}, epoch {progress.epoch}"


def learner(seed: int = SEED, networks: int = NETWORKS) -> DCNetLearner:
    """Learner of the ready-made model."""
    return DCNetLearner(mixtures=2, smallest=SMALLEST, blends=spectra.BLENDS,
                        pure_share=PURE_SHARE, validation=ASIDE, networks=networks, seed=seed)


def with_natural_references(model: DCNetModel) -> DCNetModel:
    """Add simulated natural materials to a model's references (:func:`.spectra.natural`)."""
    others = spectra.natural()
    model.references = model.references.joined(
        model.grid_spectra(others), [str(row.get_class()) for row in others],
        [""] * len(others), ["Simulated"] * len(others))
    return model


def _data_hash(simulated):
    """The published files are checked when they are downloaded, so their pinned checksums stand
    for their contents."""
    if simulated:
        return "simulated"
    used = {SETS[name].source for name in spectra.SETS_USED}
    text = repr((sorted(SOURCES[name].sha256 for name in used), spectra.SETS_USED, _RULES,
                 RELABELLED))
    return hashlib.sha256(text.encode()).hexdigest()


def _code_hash():
    total = hashlib.sha256()
    root = Path(__file__).parents[1]
    for room in _ROOMS:
        files = sorted((root / room).rglob("*.py")) if (root / room).is_dir() else [root / room]
        for file in files:
            total.update(file.relative_to(root).as_posix().encode())
            total.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return total.hexdigest()
