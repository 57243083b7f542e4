"""Explanations as CSV files, which any spreadsheet program opens."""
from __future__ import annotations

import csv
from pathlib import Path

from orangecontrib.microplastics.explanation.single import actual_classes
from orangecontrib.microplastics.explanation.table import ClassView, Explained

__all__ = ["write_predictions", "write_bands"]


def write_predictions(explained: Explained, path: Path):
    """Write the prediction for each spectrum.

    Columns: number of the spectrum, name of its sample (if the data have one), its class (if
    known), the prediction, its probability, the decision, and whether the prediction is right.
    Prediction and probability are empty for spectra that the model cannot predict.
    """
    sample = next((v for v in explained.data.domain.metas
                   if v.is_string and v.name.lower() in ("sample", "samples", "name")), None)
    rows = []
    for i, actual in enumerate(actual_classes(explained)):
        predicted = explained.predicted[i]
        known = predicted >= 0
        rows.append([
            i + 1, *([str(explained.data[i][sample])] if sample else []), actual,
            explained.classes[predicted] if known else "",
            f"{explained.probabilities[i, predicted]:.3f}" if known else "",
            explained.decided(i),
            {1.: "yes", 0.: "no"}.get(explained.right[i], "")])
    _write(path, ["spectrum", *([sample.name] if sample else []), "class", "prediction",
                  "probability", "decision", "right"], rows)


def write_bands(views: list[ClassView], path: Path):
    """Write the important bands of each class, in whole cm-1 as in figures and lists.

    The last column is in how many networks' own maps a band is, "2 of 3"; empty if they were not
    compared.
    """
    _write(path, ["class", "wavenumber", "from", "to", "share", "what absorbs there",
                  "atmosphere", "networks"],
           [[view.name, f"{band.position:.0f}", f"{band.low:.0f}", f"{band.high:.0f}",
             f"{band.share:.3f}", band.describe(3), band.atmosphere or "no",
             f"{band.networks} of {band.of_networks}" if band.of_networks else ""]
            for view in views for band in view.bands])


def _write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
