"""Model files that hold only numbers and text, and cannot run code when they are loaded.

A pickle runs any code that its author put into it. Here weights are stored as safetensors,
and everything else as JSON in the file's header: axis, classes, the chain of resampling
steps, training summary, versions, and a hash of everything. A model that cannot be stored in
this way, such as one with another add-on's preprocessing, is refused; the message names it.
"""
from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain

from orangecontrib.microplastics.confidence.acceptance import Acceptance
from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.confidence.residual_bands import Expected
from orangecontrib.microplastics.config import DCNetConfig, Epoch
from orangecontrib.microplastics.fractions.calibration import Quality
from orangecontrib.microplastics.fractions.risk import PartsAside
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import components_of
from orangecontrib.microplastics.spectra.resample import _Resampled, _ResampledFeature
from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["FORMAT", "SUFFIX", "ModelFileError", "Contents", "write", "put",
           "require_resampling_only", "package_version", "read"]

FORMAT = 5
SUFFIX = ".dcnet"
_KEY = "orange3-microplastics"

#: Columns of the spectra kept aside that are yes or no.
_FLAGS = ("agrees", "right")

#: Columns of the quality of fractions, and what stands for an unknown one.
_QUALITY, _UNKNOWN = ("factor", "error", "by_chance"), -1.

#: Limits (bytes, wavenumbers) far above any real model: a larger file is refused, since it would
#: only exhaust time and memory.
_LARGEST_FILE, _LONGEST_AXIS = 2 ** 31, 1_000_000


class ModelFileError(ValueError):
    """Raised if a file cannot be written or read as a model; the message says why."""


class Contents(NamedTuple):
    """Everything that a model consists of; see :class:`.DCNetModel` for the meaning.

    `networks` are pairs of configuration and weights by name.
    """
    name: str
    networks: list[tuple[DCNetConfig, dict[str, np.ndarray]]]
    wavenumbers: np.ndarray
    used: np.ndarray
    needed: np.ndarray
    history: list[list[Epoch]]
    acceptance: Acceptance
    references: References
    kept_aside: KeptAside
    quality: Quality
    parts_aside: PartsAside
    temperature: float
    training: dict
    domain: Domain
    original_domain: Domain


# --------------------------------------------------------------------- writing

def write(path, contents: Contents):
    """Write a model file; it appears, or replaces an old one, only when it is complete.

    Raises
    ------
    ModelFileError
        If the model has preprocessing other than resampling from one axis, which the file
        cannot hold, or if the file cannot be written.
    """
    chain, tensors = _chain(contents.domain)
    tensors.update(wavenumbers=contents.wavenumbers, used=np.asarray(contents.used, np.int64),
                   needed=np.asarray(contents.needed, np.uint8), means=contents.acceptance.means,
                   bases=contents.acceptance.expected.bases,
                   spread=contents.acceptance.expected.spread, usual=contents.acceptance.usual,
                   references=contents.references.X,
                   which=np.asarray(contents.references.which, np.int64))
    tensors.update({f"aside {name}": np.asarray(value, np.uint8 if name in _FLAGS else float)
                    for name, value in contents.kept_aside._asdict().items()})
    # Numbers that could not be measured are left out of the file, which holds finite ones only.
    tensors.update({f"quality {name}": np.nan_to_num(value, nan=_UNKNOWN) for name, value
                    in contents.quality._asdict().items() if name in _QUALITY})
    tensors.update({f"parts {name}": np.asarray(value, np.uint8 if name == "of_class" else
                                                np.float32)
                    for name, value in contents.parts_aside._asdict().items()})
    for i, (_, weights) in enumerate(contents.networks):
        tensors.update({f"network {i} {name}": value for name, value in weights.items()})
    tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    variable = contents.domain.class_var
    text = json.dumps({
        "format": FORMAT, "version": package_version(), "name": contents.name or "Dual-Branch CNN",
        "class": {"name": variable.name, "values": list(variable.values)},
        "networks": [asdict(config) for config, _ in contents.networks],
        "chain": chain, "history": contents.history,
        "acceptance": [level.tolist() for level in contents.acceptance[1:4]],
        "references": {"materials": contents.references.materials,
                       "names": contents.references.names,
                       "studies": contents.references.studies},
        "quality": contents.quality.mixtures,
        "temperature": contents.temperature,
        "training": contents.training}, sort_keys=True, default=_builtin)
    try:
        _decode(json.loads(text), tensors)
    except ValueError as ex:
        # Better no file than one that cannot be opened.
        raise ModelFileError(f"This model cannot be stored in this kind of file: {ex}. Save it "
                             "with Save Model (as a pickle).") from ex
    from safetensors.numpy import save
    put(path, save(tensors, {_KEY: text, "sha256": _hash(text, tensors)}))


def put(path, data: bytes):
    """Write a file; it appears, or replaces an old one, only when it is complete.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    path = Path(path)
    try:
        write_atomically(path, lambda file: file.write(data))
    except OSError as ex:
        raise ModelFileError(f"{path} cannot be written: {ex.strerror or ex}.") from ex


def require_resampling_only(domain: Domain):
    """Require that a model's attributes are resampled from measured spectra and not preprocessed.

    Raises
    ------
    ModelFileError
        If they are; the message names the preprocessing.
    """
    _chain(domain)


def _builtin(value):
    """Python's number for one of NumPy's, as a seed may be."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _chain(domain):
    """Resampling steps that lead to the model's domain, the last first, and their axes."""
    chain, tensors = [], {}
    attributes = domain.attributes
    while True:
        level = {"names": [a.name for a in attributes]}
        chain.append(level)
        computed = [a.compute_value for a in attributes]
        if all(c is None for c in computed):
            return chain, tensors
        foreign = sorted({_name(c) for c in computed if not isinstance(c, _ResampledFeature)})
        if foreign:
            raise ModelFileError(
                f"The model preprocesses with {', '.join(foreign)}, which this kind of file "
                "cannot store. Save the model with Save Model (as a pickle), or train it without.")
        shared = [c.compute_shared for c in computed]
        if any(s is not shared[0] and s != shared[0] for s in shared):
            raise ModelFileError("The model's wavenumbers come from more than one axis, which "
                                 "this kind of file cannot store.")
        # JSON has no infinity.
        level["gap"] = shared[0].gap if math.isfinite(shared[0].gap) else None
        tensors[f"target {len(chain) - 1}"] = shared[0].target
        tensors[f"index {len(chain) - 1}"] = np.array([c.index for c in computed], np.int64)
        if shared[0].domain is None:
            return chain, tensors
        attributes = shared[0].domain.attributes


def _name(computed):
    if computed is None:
        return "columns without preprocessing among others"
    kind = type(computed)
    shared = getattr(computed, "compute_shared", None)
    kind = kind if shared is None or type(shared).__name__ == "function" else type(shared)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("orangecontrib.")


def package_version() -> str:
    """Version of this package, "unknown" if it is not installed."""
    try:
        return version("Orange3-Microplastics")
    except PackageNotFoundError:
        return "unknown"


def _hash(text, tensors):
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        value = tensors[name]
        total.update(f"{name} {value.dtype.str} {value.shape}".encode())
        total.update(value.tobytes())
    return total.hexdigest()


# --------------------------------------------------------------------- reading

def read(path) -> Contents:
    """Read a model file.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is not a model file, has another format, is damaged, or
        describes an invalid model.
    """
    # Imported here, since Orange imports all widgets at its start.
    from safetensors import SafetensorError, safe_open
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise ModelFileError(f"{path.name} is too large for a model.")
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except ModelFileError:
        raise
    except OSError as ex:
        raise ModelFileError(f"{path.name} cannot be read: {ex.strerror or ex}.") from None
    # For invalid headers the library raises Python's exceptions besides its own.
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, OverflowError,
            MemoryError):
        raise ModelFileError(f"{path.name} is not a model file, or is damaged.") from None
    if _KEY not in metadata:
        raise ModelFileError(f"{path.name} does not contain a model of Orange3-Microplastics.")
    try:
        about = json.loads(metadata[_KEY])
        if about["format"] != FORMAT:
            newer = isinstance(about["format"], int) and about["format"] > FORMAT
            raise ModelFileError(
                f"{path.name} was saved in format {about['format']} by version "
                f"{about.get('version')}, this version reads format {FORMAT}: "
                f"{'update the add-on' if newer else 'train the model anew'}.")
        if metadata.get("sha256") != _hash(metadata[_KEY], tensors):
            raise ModelFileError(f"{path.name} is damaged: its contents do not match its hash.")
        return _decode(about, tensors)
    except ModelFileError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
            RecursionError, ZeroDivisionError) as ex:
        raise ModelFileError(f"{path.name} is not a valid model file: {type(ex).__name__}, "
                             f"{str(ex)[:200]}.") from None


def _require(fact, what):
    if not fact:
        raise ValueError(what)


def _decode(about, tensors):
    wavenumbers = _floats(tensors["wavenumbers"], 1)
    n = len(wavenumbers)
    _require(1 < n <= _LONGEST_AXIS and (np.diff(wavenumbers) > 0).all(), "invalid wavenumbers")
    values = about["class"]["values"]
    _require(isinstance(values, list) and all(isinstance(v, str) for v in values)
             and len(set(values)) == len(values), "invalid class values")
    variable = painted(DiscreteVariable(_text(about["class"]["name"]), values))
    used = tensors["used"]
    _require(used.dtype.kind == "i" and used.ndim == 1 and len(used) >= 2
             and ((used >= 0) & (used < len(values))).all()
             and len(np.unique(used)) == len(used),
             "invalid classes in use")
    _require(about["networks"], "no network")
    components = len({part for c in used for part in components_of(values[c])})
    networks = []
    for i, plain in enumerate(about["networks"]):
        config = _config(plain, n, len(used))
        _require(config.n_components in (0, components), "invalid components")
        prefix = f"network {i} "
        weights = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        _require(all(np.isfinite(w).all() for w in weights.values()), "weights are not finite")
        # The configuration must not allocate more weights than the file holds.
        _require(_n_weights(config) <= sum(w.size for w in weights.values()),
                 "weights do not fit the configuration")
        networks.append((config, weights))
    seen = sum(b - a for a, b in networks[0][0].keep) or n
    means = _floats(tensors["means"], 2)
    _require(means.shape == (len(used), seen) and means.dtype == np.float32, "invalid class means")
    bases, spread = _floats(tensors["bases"], 3), _floats(tensors["spread"], 2)
    _require(bases.shape[0] == len(used) and bases.shape[1] and bases.shape[2] == n
             and spread.shape == (len(used), n) and (spread >= 0).all()
             and bases.dtype == spread.dtype == np.float32, "invalid expected bands")
    accept, inspect, middle = (np.array([_number(n) for n in level], float)
                               for level in about["acceptance"])
    _require(all(level.shape == used.shape for level in (accept, inspect, middle))
             and (inspect < accept).all() and (accept < middle).all(), "invalid acceptance")
    usual = _floats(tensors["usual"], 2)
    _require(usual.shape == spread.shape and usual.dtype == np.float32, "invalid usual bands")
    temperature = _number(about["temperature"])
    _require(temperature > 0, "invalid temperature")
    needed = tensors["needed"].astype(bool)
    _require(needed.shape == (n,) and needed.any(), "invalid needed wavenumbers")
    history = [[Epoch(int(e[0]), *map(float, e[1:])) for e in one] for one in about["history"]]
    _require(isinstance(about["training"], dict), "invalid training summary")
    attributes, first = _attributes(about["chain"], tensors)
    _require(len(attributes) == n and all(a.compute_value is not None for a in attributes),
             "invalid axis")
    # A preprocessor such as Cut leaves a part of the resampled wavenumbers.
    target = attributes[0].compute_value.compute_shared.target
    _require(np.array_equal(target[[a.compute_value.index for a in attributes]], wavenumbers),
             "invalid axis")
    return Contents(
        _text(about["name"]), networks, wavenumbers, used, needed, history,
        Acceptance(means, accept, inspect, middle, Expected(bases, spread), usual),
        _references(about["references"], tensors, n), _kept_aside(tensors),
        _quality(about["quality"], tensors, components), _parts_aside(tensors, components),
        temperature,
        about["training"], Domain(attributes, variable), Domain(first, variable))


def _references(about, tensors, n):
    X, which = _floats(tensors["references"], 2), tensors["which"]
    lists = [tuple(about[key]) for key in ("materials", "names", "studies")]
    _require(all(isinstance(text, str) for texts in lists for text in texts)
             and X.shape[1] == n and X.dtype == np.float32 and which.dtype.kind == "i"
             and which.shape == (len(X),) == (len(lists[1]),) == (len(lists[2]),)
             and ((which >= 0) & (which < len(lists[0]))).all(), "invalid references")
    return References(X, lists[0], which, *lists[1:])


def _kept_aside(tensors):
    values = {name: tensors[f"aside {name}"] for name in KeptAside._fields}
    shape = (len(values["right"]),)
    _require(all(v.shape == shape and v.dtype.kind == ("u" if name in _FLAGS else "f")
                 for name, v in values.items()), "invalid spectra kept aside")
    return KeptAside(**{name: v.astype(bool) if name in _FLAGS else v
                        for name, v in values.items()})


def _quality(mixtures, tensors, components):
    values = [_floats(tensors[f"quality {name}"], 1) for name in _QUALITY]
    _require(_whole(mixtures, 0, 10 ** 9) and all(len(v) == components for v in values),
             "invalid quality of fractions")
    return Quality(*(np.where(v == _UNKNOWN, np.nan, v) for v in values), mixtures)


def _parts_aside(tensors, components):
    fractions, detected = (_floats(tensors[f"parts {name}"], 2)
                           for name in ("fractions", "detected"))
    of_class = tensors["parts of_class"]
    _require(fractions.shape == detected.shape == of_class.shape
             and fractions.shape[1] == components and of_class.dtype.kind == "u",
             "invalid mixtures kept aside")
    return PartsAside(fractions, detected, of_class.astype(bool))


def _attributes(chain, tensors):
    """Rebuild the attributes of the model's domain and of its training data's domain."""
    _require(isinstance(chain, list) and 0 < len(chain) < 100, "invalid chain")
    attributes = first = None
    for i in reversed(range(len(chain))):
        names = chain[i]["names"]
        _require(names and all(isinstance(name, str) for name in names)
                 and len(set(names)) == len(names), "invalid wavenumbers")
        if f"target {i}" not in tensors:
            _require(attributes is None, "invalid chain")
            attributes = [ContinuousVariable(name) for name in names]
        else:
            target, index = _floats(tensors[f"target {i}"], 1), tensors[f"index {i}"]
            _require(index.shape == (len(names),) and index.dtype.kind == "i"
                     and ((index >= 0) & (index < len(target))).all()
                     and len(target) > 1 and (np.diff(target) > 0).all(), "invalid axis")
            gap = chain[i]["gap"]
            shared = _Resampled(target, Domain(attributes or []),
                                math.inf if gap is None else _number(gap))
            if attributes is None:
                shared.domain = None
            attributes = [ContinuousVariable(name, compute_value=_ResampledFeature(int(k), shared))
                          for name, k in zip(names, index, strict=True)]
        first = attributes if first is None or i == 1 else first
    return attributes, first


def _config(plain, n, n_classes):
    # Release 0.1 knew pooling only.
    plain = {"pooling": True, **plain}
    _require(set(plain) == {f.name for f in fields(DCNetConfig)}, "unknown or missing settings")
    plain = {k: _tuples(v) for k, v in plain.items()}
    kinds = {f.name: type(f.default) for f in fields(DCNetConfig)}
    for name in ("kernels", "widths", "pools"):
        _require(isinstance(plain[name], tuple) and len(plain[name]) < 100
                 and all(_whole(k, 1, 100_000) for k in plain[name]), f"invalid {name}")
    for name, value in plain.items():
        if kinds[name] is int:
            _require(_whole(value, 0 if name == "n_components" else 1, 100_000),
                     f"invalid {name}")
        elif kinds[name] is bool:
            _require(isinstance(value, bool), f"invalid {name}")
        elif kinds[name] is float:
            _number(value)
    _require(plain["n_wavenumbers"] == n and plain["n_classes"] == n_classes, "invalid sizes")
    ends = [0, *(edge for part in plain["keep"] for edge in part), n]
    _require(all(len(part) == 2 for part in plain["keep"])
             and all(_whole(e, 0, n) for e in ends) and ends == sorted(ends), "invalid regions")
    return DCNetConfig(**plain)


def _n_weights(config):
    """Minimum number of weights of convolutions and classifier (the first block has one input)."""
    total = 0
    for kernel in config.kernels:
        before = 1
        for width, size in zip(config.widths, config.block_kernels(kernel), strict=True):
            total += before * width * size
            before = width
    stretch = -(-config.map_length // config.segments)
    positions = -(-config.map_length // stretch)
    pooled = 1 if stretch == 1 else 2
    return total + pooled * positions * config.widths[-1] * len(config.kernels) \
        * (config.n_classes + config.n_components)


def _whole(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(value):
    _require(isinstance(value, int | float) and math.isfinite(value), "invalid number")
    return float(value)


def _text(value):
    _require(isinstance(value, str) and value, "invalid name")
    return value


def _floats(value, n_dimensions):
    _require(value.ndim == n_dimensions and value.dtype.kind == "f"
             and np.isfinite(value).all(), "invalid numbers")
    return value


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
