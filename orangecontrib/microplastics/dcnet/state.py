"""A model as plain values, for pickles: its classes can move without breaking them."""
from __future__ import annotations

from dataclasses import asdict

import numpy as np

from orangecontrib.microplastics.confidence.acceptance import Acceptance
from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.confidence.residual_bands import Expected
from orangecontrib.microplastics.config import DCNetConfig, Epoch
from orangecontrib.microplastics.fractions.calibration import Quality
from orangecontrib.microplastics.fractions.risk import PartsAside

__all__ = ["FORMAT", "plain", "restored"]

FORMAT = 5

#: Format of release 0.1, which can still be read.
_FIRST = 3


def plain(state: dict) -> dict:
    """Attributes of a model with NumPy arrays, numbers, text and containers of them in place of
    networks and named tuples."""
    acceptance = state["acceptance"]
    return {**state,
            "networks": [(asdict(net.config), net.weights()) for net in state["networks"]],
            "history": [[tuple(epoch) for epoch in epochs] for epochs in state["history"]],
            "acceptance": {**acceptance._asdict(), "expected": acceptance.expected._asdict()},
            "references": state["references"]._asdict(),
            "kept_aside": state["kept_aside"]._asdict(),
            "quality": state["quality"]._asdict(),
            "parts_aside": state["parts_aside"]._asdict(),
            "format": FORMAT}


def restored(state: dict) -> dict:
    """The inverse of :func:`plain`.

    Raises
    ------
    ValueError
        If the state was saved in another format.
    """
    state = dict(state)
    version = state.pop("format", None)
    if version == _FIRST:
        state = _of_first(state)
    elif version != FORMAT:
        newer = isinstance(version, int) and version > FORMAT
        raise ValueError(
            f"This model was saved in format {version}, this version of Orange3-Microplastics "
            f"reads formats {_FIRST} and {FORMAT}: "
            f"{'update the add-on' if newer else 'train it anew'}.")
    acceptance = state["acceptance"]
    return {**state,
            "networks": [_network(*saved) for saved in state["networks"]],
            "history": [[Epoch(*epoch) for epoch in epochs] for epochs in state["history"]],
            "acceptance": Acceptance(**{**acceptance,
                                        "expected": Expected(**acceptance["expected"])}),
            "references": References(**state["references"]),
            "kept_aside": KeptAside(**state["kept_aside"]),
            "quality": Quality(**state["quality"]),
            "parts_aside": PartsAside(**state["parts_aside"])}


def _of_first(state):
    """State of release 0.1, without references and usual bands, in today's form."""
    *levels, expected = state["acceptance"]
    expected = dict(zip(Expected._fields, expected, strict=True))
    values = dict(zip(Acceptance._fields, (*levels, expected, np.zeros_like(expected["spread"])),
                      strict=True))
    return {**state, "acceptance": values,
            "references": References.nothing(len(state["wavenumbers"]))._asdict(),
            "kept_aside": KeptAside.nothing()._asdict(),
            "quality": Quality.unknown(0)._asdict(),
            "parts_aside": PartsAside.nothing(0)._asdict()}


def _network(config, weights):
    from orangecontrib.microplastics.nn import network
    # Release 0.1 knew pooling only.
    config = {"pooling": True, **config}
    return network.DCNet.from_weights(
        DCNetConfig(**{name: _tuples(value) for name, value in config.items()}), weights)


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
