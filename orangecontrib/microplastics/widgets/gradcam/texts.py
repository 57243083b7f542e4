"""Texts of the widget Grad-CAM: which spectra are explained and drawn, and what is missing."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orangecontrib.microplastics.explanation.stability import agreement_text
from orangecontrib.microplastics.widgets.common.texts import percent


def spectra(n: int) -> str:
    """"1 spectrum", "3,000 spectra"."""
    return f"{n:,} {'spectrum' if n == 1 else 'spectra'}"


def data_text(data, explained) -> str:
    """Name and number of the explained spectra, share of correct predictions if it is known, and
    decisions."""
    if data is None:
        return "No spectra."
    text = f"{data.name}: {spectra(len(data if explained is None else explained.data))}"
    if explained is not None:
        right = explained.right[np.isfinite(explained.right)]
        if len(right):
            text += f", {percent(right.mean(), 1)} correctly predicted"
            text += " (no test if the model learned from them)"
        if len(explained.data):
            text += f"; {explained.decisions()}"
    return text + "."


def missing_text(model: bool, data: bool, messages: Sequence[str]) -> str:
    """Text that explains why there is nothing to show.

    Parameters
    ----------
    model, data : bool
        Whether a model (of any kind) and spectra are connected.
    messages : sequence of str
        Messages of the widget about what went wrong.
    """
    lines = ["<b>Nothing is explained.</b>"]
    if not model:
        lines.append("No model yet. Connect <i>Model</i> of Dual-Branch CNN, or Load Model with a "
                     "saved one. If it is connected, wait until training or another widget has "
                     "finished.")
    if not data:
        lines.append("No spectra yet. Connect <i>Data</i>. If they are connected, wait until "
                     "another widget has finished.")
    return "<br><br>".join([*lines, *messages])


def drawn_text(explained, used, view, selected) -> str:
    """Text about the drawn spectra: those of a class, or the selected ones.

    Parameters
    ----------
    explained : Explained
    used : ndarray of int
        Explained rows of the widget's data.
    view : ClassView
    selected : ndarray of int
        Selected rows of `explained`.
    """
    if not len(selected):
        mean = "mean of " if len(view.rows) > 1 else ""
        return f"{view.name}: {mean}{spectra(len(view.rows))}. Click a row below to see one."
    if len(selected) > 1:
        return f"Mean of {len(selected)} selected spectra."
    row = selected[0]
    variable = explained.data.domain.class_var
    parts = [f"Spectrum {used[row] + 1}"]
    if variable is not None and variable.is_discrete:
        value = explained.data.get_column(variable)[row]
        parts.append("class " + (variable.values[int(value)] if value == value else "unknown"))
    predicted = explained.predicted[row]
    if predicted >= 0:
        parts.append(f"predicted {explained.classes[predicted]} "
                     f"({explained.probabilities[row, predicted]:.0%}), {explained.decided(row)}")
    else:
        parts.append("no answer")
    return ", ".join(parts) + "."


#: What the agreement of the networks means.
AGREEMENT = (
    "The model is the mean of several networks, trained on the same spectra from other random "
    "beginnings. Each alone makes its own map; this is how alike these maps are (rank correlation: "
    "1 the same, about 0 nothing in common). Where the networks agree, importance is a property of "
    "the spectra; where they do not, it depends on chance. Bands that not all networks have are "
    "marked in the picture and in Bands.")
ONE_NETWORK = (
    "Another network, trained on the same spectra from another random beginning, may see other "
    "bands. Train three in Microplastics Model, or set Networks averaged of Dual-Branch CNN to "
    "3: then their maps are compared here.")


def networks_text(networks: int, value: float, busy: bool) -> str:
    """"3 networks agree: .93"; what to do if there is only one, or that it is not known yet."""
    if networks < 2:
        return "1 network: train three to see whether they agree"
    return agreement_text(networks, value) or ("comparing networks..." if busy else "")


def attention_of(attention, view, selected):
    """Choose the attention to draw: that of the selected spectra, or else of the class in view.

    Attention is stored for some of the spectra only; if none of the selected ones is among
    them, that of the class is drawn.

    Parameters
    ----------
    attention : :class:`.task.AttentionResult`
    view : ClassView
    selected : ndarray of int
        Selected rows of the explained spectra.

    Returns
    -------
    rows : ndarray of int
        Rows of the stored attention.
    of : str
        Description of these spectra.
    """
    rows = np.flatnonzero(np.isin(attention.rows, selected))
    if len(rows):
        return rows, "the selected spectrum" if len(rows) == 1 else f"mean of {spectra(len(rows))}"
    rows = np.flatnonzero(np.isin(attention.rows, view.rows))
    of = f"mean of {spectra(len(rows))} of {view.name}"
    if len(selected):
        of += (f" (attention is stored for {len(attention.rows):,} spectra, not for the selected "
               "one)")
    return rows, of
