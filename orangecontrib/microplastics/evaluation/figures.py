"""Figures for reports: confusion matrix and training curve, as PNG without a screen."""
from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from orangecontrib.microplastics.config import Epoch

__all__ = ["confusion_picture", "training_picture"]

#: Blue and orange of Okabe and Ito's palette, safe for colour-blind readers.
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"


def confusion_picture(path: Path, actual: np.ndarray, predicted: np.ndarray,
                      names: Sequence[str], title: str) -> None:
    """Draw the confusion matrix, coloured by share of the actual class.

    Parameters
    ----------
    path : Path
        PNG to write.
    actual, predicted : ndarray of int, shape (n,)
        Indices into `names`.
    names : sequence of str
        Names of the classes.
    title : str
    """
    counts = confusion_matrix(actual.astype(int), predicted.astype(int),
                              labels=np.arange(len(names)))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 2.5 + .42 * len(names)
    figure = Figure(figsize=(size + .6, size), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row, col in zip(*np.nonzero(counts), strict=True):
        axes.text(col, row, counts[row, col], ha="center", va="center", fontsize=7,
                  color="white" if share[row, col] > .6 else "black")
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("Predicted")
    axes.set_ylabel("Actual")
    axes.set_title(textwrap.fill(title, 60), fontsize=10)
    figure.colorbar(image, ax=axes, shrink=.7, label="share of the actual class")
    figure.savefig(path, dpi=130)


def training_picture(path: Path, histories: dict[str, list[list[Epoch]]],
                     tested: Mapping[str, float] | None = None) -> None:
    """Draw loss and accuracy over the epochs, with one column per title.

    Accuracy while training is that on spectra that the network learns from. The accuracy on test
    spectra, which counts, is a line across.

    Parameters
    ----------
    path : Path
        PNG to write.
    histories : dict
        Title -> history of each network of a model.
    tested : mapping of str to float, optional
        Title -> accuracy on test spectra, 0 to 1.
    """
    figure = Figure(figsize=(4.2 * len(histories), 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(histories), squeeze=False, sharex="col", sharey="row")
    for column, (title, networks) in enumerate(histories.items()):
        axes[0, column].set_title(textwrap.fill(title, 42), fontsize=10)
        axes[1, column].set_xlabel("Epoch")
        for row, (name, label) in enumerate((("loss", "Loss"), ("accuracy", "Accuracy"))):
            axes[row, 0].set_ylabel(label)
            axes[row, column].grid(alpha=.3)
            for i, epochs in enumerate(networks):
                x = [e.epoch for e in epochs]
                axes[row, column].plot(x, [getattr(e, name) for e in epochs], "o-", ms=3,
                                       color=BLUE, label=None if i else "Training")
                held = [getattr(e, f"validation_{name}") for e in epochs]
                if math.isfinite(held[0]):
                    axes[row, column].plot(x, held, "o--", ms=3, color=ORANGE,
                                           label=None if i else "Validation")
        axes[0, column].legend(frameon=False)
        accuracy = (tested or {}).get(title)
        if accuracy is not None:
            line = axes[1, column].axhline(accuracy, color=GREEN, ls="-.",
                                           label=f"Test: {accuracy:.1%}")
            axes[1, column].legend(handles=[line], frameon=False, loc="lower right")
    figure.savefig(path, dpi=130)
