"""The command "explain": Grad-CAM of a saved model for a file of spectra."""
from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from orangecontrib.microplastics.cli.folder import make_folder
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.dcnet.modelfile import SUFFIX
from orangecontrib.microplastics.explanation.csv_files import write_bands, write_predictions
from orangecontrib.microplastics.explanation.figures import gradcam_figure, spectra_figure
from orangecontrib.microplastics.explanation.single import spectrum_views, spread_rows
from orangecontrib.microplastics.explanation.stability import agreement_text, band_text
from orangecontrib.microplastics.explanation.table import PREDICTED, explain_table, importance_table
from orangecontrib.microplastics.materials.names import is_combination
from orangecontrib.microplastics.spectra.files import read_spectra

__all__ = ["run", "describe", "load_model"]

#: Number of spectra that are drawn individually.
_SINGLE = 6


def run(model: Path, data: Path, output: Path, *, component: str | None = None) -> list[str]:
    """Explain the spectra of a file; write figures, tables and the importance.

    ``predictions.csv`` holds the prediction for each spectrum, ``grad-cam.png`` and ``bands.csv``
    the important bands of each class, ``spectra.png`` the evidence for each component in some
    single spectra, and ``importance.pkl`` the importance of each wavenumber of each spectrum,
    for Orange.

    Parameters
    ----------
    model : Path
        A model as Save Model writes it (.pkcls), or as Dual-Branch CNN does (.dcnet).
    data : Path
        A file that :func:`.files.read_spectra` reads.
    output : Path
        Folder to write into; created if it does not exist.
    component : str, optional
        Explain the presence of this component; by default the predicted classes.

    Returns
    -------
    list of str
        The report: counts, the strongest bands of each class, and predictions for single spectra.

    Raises
    ------
    ValueError
        If a file cannot be read, no spectrum in it can be predicted, the model does not know
        `component`, or the folder cannot be created.
    DomainTransformationError
        If the spectra do not fit the model: other wavenumbers, another unit.
    OSError
        If the folder cannot be written to.
    """
    model, data = load_model(model), read_spectra(data)
    target = {"target": component or PREDICTED, "component": component is not None}
    explained = explain_table(model, data, **target)
    if not explained.answered.any():
        raise ValueError(" ".join(map(str, explained.notes)))
    make_folder(output)
    views = gradcam_figure(model, data, output / "grad-cam.png", title=data.name, **target)
    write_bands(views, output / "bands.csv")
    importance_table(explained).save(str(output / "importance.pkl"))
    write_predictions(explained, output / "predictions.csv")
    single = spectrum_views(model, data, spread_rows(explained, _SINGLE))
    spectra_figure(single, output / "spectra.png", title=data.name)
    known = np.isfinite(explained.right)
    return [
        f"{data.name}: {_counts(explained)}"
        + (f"; {explained.right[known].mean():.1%} right" if known.any() else ""),
        *map(str, explained.notes), "",
        "Important bands, mean of each class"
        + (", correctly predicted spectra only" if (explained.right == 1).any() else "")
        + (" (single materials; mixtures one by one below)" if _without_mixtures(explained, views)
           else ""),
        *describe(views, networks=len(model.networks)), "", "Single spectra",
        *(line for v in single for line in v.lines())]


def _without_mixtures(explained, views):
    """Whether some predicted mixtures are not among the drawn classes."""
    drawn = {view.name for view in views} & set(explained.classes)
    predicted = {explained.classes[k] for k in explained.predicted if k >= 0}
    return bool(drawn) and any(is_combination(name) for name in predicted - drawn)


def _counts(explained):
    """"30 spectra: PE 12, PE + PP 17, no answer 1; accepted 25, to inspect 3, unknown 2"."""
    predicted = explained.predicted[explained.answered]
    counts = [*np.bincount(predicted, minlength=len(explained.classes)),
              len(explained.data) - len(predicted)]
    return f"{len(explained.data):,} spectra: " + ", ".join(
        f"{name} {n:,}" for name, n in zip((*explained.classes, "no answer"), counts, strict=True)
        if n) + f"; {explained.decisions()}"


def describe(views, n: int = 3, networks: int = 1) -> list[str]:
    """Lines of text with the `n` strongest bands of each class, by a model of some networks."""
    lines = []
    for view in views:
        agreed = agreement_text(networks, view.agreement)
        lines.append(f"{view.name} ({len(view.rows)} "
                     f"{'spectrum' if len(view.rows) == 1 else 'spectra'})"
                     + (f", {agreed}" if agreed else ""))
        lines.extend(f"    {band.low:4.0f}-{band.high:<4.0f} cm-1  {band.share:4.0%}  "
                     + band.describe(2)
                     + (f"  [air {band.atmosphere}]" if band.atmosphere else "")
                     + (f"  [{band_text(band)}]" if band_text(band) else "")
                     for band in view.bands[:n])
    return lines


def load_model(path: Path) -> DCNetModel:
    """Load a saved model: our own format (.dcnet), which cannot run code, or a pickle (.pkcls).

    Raises
    ------
    ValueError
        If there is no such file, it cannot be loaded, or it does not hold a DCNetModel.
    """
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    if path.suffix.lower() == SUFFIX:
        return DCNetModel.load(path)
    try:
        with open(path, "rb") as file:
            model = pickle.load(file)
    except ValueError:
        raise
    # A broken pickle can raise any exception.
    except Exception as ex:
        raise ValueError(
            f"{path} is not a saved model ({str(ex) or type(ex).__name__}). Save one with "
            f"Dual-Branch CNN ({SUFFIX}) or Save Model (.pkcls), or make one with "
            "'orange-microplastics demo'.") from ex
    if not isinstance(model, DCNetModel):
        raise ValueError(f"{path} holds {type(model).__name__}, not a model of Dual-Branch CNN.")
    return model
