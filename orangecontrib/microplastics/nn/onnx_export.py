"""Networks as an ONNX file, which predicts without torch and without this package."""
from __future__ import annotations

import copy
import inspect
import io
import warnings

import torch
import torch.nn.functional as F
import torch.onnx
from torch import Tensor, nn

from orangecontrib.microplastics.nn.devices import threads
from orangecontrib.microplastics.nn.network import DCNet
from orangecontrib.microplastics.nn.prediction import folded

__all__ = ["INPUT", "PROBABILITIES", "PRESENCE", "exported"]

#: Names of the graph's input and outputs.
INPUT, PROBABILITIES, PRESENCE = "absorbance", "probabilities", "presence"

#: Version of the operators: that of ONNX 1.12, which every runtime since 2022 reads.
_OPSET = 17

#: torch's older exporter, the only one of torch 2.4. The newer one takes twenty times as long,
#: needs onnxscript, writes weights into a second file, and runs the network on symbolic tensors,
#: which :func:`.cbam._weight_index` would keep for later predictions.
_TRACED = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}


class _Average(nn.Module):
    """Average of segments of which the last may be shorter, as nn.AvgPool2d with ceil_mode.

    Runtimes disagree about that mode: onnxruntime 1.18 divides the sum of the last segment by the
    length of the others.
    """

    def __init__(self, size, length):
        super().__init__()
        self.size, self.lacking = size, -length % size
        scale = torch.ones(-(-length // size))
        scale[-1] = size / (size - self.lacking)
        self.register_buffer("scale", scale)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 1, L) -> (B, C, 1, segments)."""
        return F.avg_pool2d(F.pad(x, (0, self.lacking)), (1, self.size)) * self.scale


class _Mean(nn.Module):
    """Probabilities, and presence of materials, averaged over networks."""

    def __init__(self, networks, temperature):
        super().__init__()
        self.networks = nn.ModuleList(map(copy.deepcopy, networks))
        self.temperature = temperature
        for net in self.networks:
            net.average = _Average(net.stretch, net.config.map_length)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, wavenumbers) -> (B, classes) and, if the networks have them, (B, components)."""
        chances, present = [], []
        for net in self.networks:
            classes, components = net.scores(net.front(x))
            chances.append(torch.softmax(classes / self.temperature, dim=1))
            if components is not None:
                present.append(torch.sigmoid(components))
        return tuple(torch.stack(each).mean(dim=0) for each in (chances, present) if each)


def exported(networks: list[DCNet], temperature: float, facts: dict[str, str]) -> bytes:
    """Networks with their preprocessing as the contents of one ONNX file.

    Input of the graph is :data:`INPUT`, float32, (n, wavenumbers) on the networks' grid; outputs
    are :data:`PROBABILITIES`, float32, (n, classes), and, if the networks score materials one by
    one, :data:`PRESENCE`, float32, (n, components). n is free.

    Parameters
    ----------
    networks : list of DCNet
    temperature : float
        Class scores are divided by it before softmax.
    facts : dict of str
        Metadata of the file, by name.

    Raises
    ------
    ValueError
        If onnx is not installed.
    """
    try:
        import onnx
    except ImportError as ex:
        raise ValueError(
            f"A model is exported to ONNX by the package onnx, which cannot be loaded ({ex}). "
            'Install it: pip install "Orange3-Microplastics[onnx]"') from ex
    graph, buffer = _Mean(folded(networks), float(temperature)).eval(), io.BytesIO()
    # Two rows, so that nothing takes the number of spectra for a constant 1.
    example = torch.linspace(0, 1, networks[0].config.n_wavenumbers).sin().repeat(2, 1)
    with threads(1), torch.no_grad(), warnings.catch_warnings():
        # It says that sizes become constants: they are constants, but for the number of spectra.
        warnings.simplefilter("ignore")
        outputs = [PROBABILITIES, PRESENCE][:len(graph(example))]
        torch.onnx.export(
            graph, (example,), buffer, input_names=[INPUT], output_names=outputs,
            dynamic_axes={name: {0: "n"} for name in (INPUT, *outputs)}, opset_version=_OPSET,
            **_TRACED)
    model = onnx.load_model_from_string(buffer.getvalue())
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model)
    return model.SerializeToString()
