"""Accuracy of the ready-made model on a study that was left out of training.

Means over three seeds of ``python -m benchmarks ready``; a test compares them with its results.
"""
from __future__ import annotations

__all__ = ["MEASURED"]

#: Title of the study ("study"), number of its spectra ("n"), shares of the spectra of known
#: materials that are accepted under the right name ("right"), as a mixture that holds it ("pair")
#: and under a wrong name ("wrong"), and share of those of unknown materials that are accepted
#: ("unknown accepted").
MEASURED = {"study": "FLOPP and FLOPP-e", "n": 380, "right": .826, "pair": .067, "wrong": 0.,
            "unknown accepted": .017}
