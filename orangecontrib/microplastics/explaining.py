"""The command "explain": Grad-CAM of a saved model for a file of spectra."""
from __future__ import annotations

import pickle
from pathlib import Path

import orangecontrib.spectroscopy  # noqa: F401  (its readers of spectra register themselves)
from Orange.data import Table

from orangecontrib.microplastics.explanation import (
    PREDICTED,
    bands_table,
    explain_table,
    importance_table,
)
from orangecontrib.microplastics.figures import gradcam_figure
from orangecontrib.microplastics.model import DCNetModel

__all__ = ["run", "load_model", "load_data"]


def run(model: Path, data: Path, output: Path, *, component: str | None = None) -> list[str]:
    """Explain the spectra of a file; write a picture, the bands and the importance.

    Parameters
    ----------
    model : Path
        A model as Save Model writes it, or as :meth:`.DCNetModel.save` does.
    data : Path
        A file that Orange or orange-spectroscopy reads.
    output : Path
        Folder to write into; made if it is not there.
    component : str, optional
        Explain the presence of this component; by default the predicted classes.

    Returns
    -------
    list of str
        The strongest bands of each class, a line each.

    Raises
    ------
    ValueError
        If a file cannot be read, or the model does not suit the spectra.
    OSError
        If the folder cannot be written.
    """
    model, data = load_model(model), load_data(data)
    output.mkdir(parents=True, exist_ok=True)
    target = {"target": component or PREDICTED, "component": component is not None}
    views = gradcam_figure(model, data, output / "grad-cam.png", title=data.name, **target)
    bands_table(views).save(str(output / "bands.csv"))
    importance_table(explain_table(model, data, **target)).save(str(output / "importance.pkl"))
    return describe(views)


def describe(views, n: int = 3) -> list[str]:
    """The `n` strongest bands of each class as text."""
    lines = []
    for view in views:
        lines.append(f"{view.name} ({len(view.rows)} spectra)")
        lines.extend(f"    {band.low:4.0f}-{band.high:<4.0f} cm-1  {band.share:4.0%}  "
                     + band.describe(2)
                     + (f"  [{band.atmosphere} atmosphere]" if band.atmosphere else "")
                     for band in view.bands[:n])
    return lines


def load_model(path: Path) -> DCNetModel:
    """A saved model, pickled or in our own format.

    Raises
    ------
    ValueError
        If the file holds none of ours.
    """
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    if path.suffix == ".safetensors":
        return DCNetModel.load(path)
    try:
        with open(path, "rb") as file:
            model = pickle.load(file)
    except ValueError:
        raise
    # Whatever a broken pickle raises (and that is any exception), it is no model.
    except Exception as ex:
        raise ValueError(f"{path} is no saved model ({ex}).") from ex
    if not isinstance(model, DCNetModel):
        raise ValueError(f"{path} holds {type(model).__name__}, not a model of Dual-Branch CNN.")
    return model


def load_data(path: Path) -> Table:
    """Spectra from a file.

    Raises
    ------
    ValueError
        If the file cannot be read as spectra.
    """
    try:
        return Table.from_file(str(path))
    # Readers of some twenty formats raise what they please.
    except Exception as ex:
        raise ValueError(f"{path} cannot be read: {ex}") from ex
