"""References as they may look in a sample: varied, dirty, with additives."""
from __future__ import annotations

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.confidence.references import References
from orangecontrib.microplastics.mixing.mixer import Mixer
from orangecontrib.microplastics.mixing.recipe import ANY_INSTRUMENT, NOTHING, Mixing
from orangecontrib.microplastics.spectra.axis import name_of

__all__ = ["table_of", "with_varied"]

#: Varied spectra of each material. Fractions of FLOPP, whose samples are dirty and weathered, are
#: better by a tenth than with the measured references alone, those of clean studies the same.
_EACH = 40

#: What varies in a single material: not what happens to the sum, such as baselines.
_VARIATION = {**NOTHING, **{name: ANY_INSTRUMENT[name]
                            for name in ("variation", "contaminants", "additives")}}


def table_of(known: References, wavenumbers: np.ndarray) -> Table:
    """References as a Table with the class "material" and the meta "study"."""
    studies = tuple(sorted(set(known.studies)))
    domain = Domain([ContinuousVariable(name_of(w)) for w in wavenumbers],
                    DiscreteVariable("material", known.materials),
                    [DiscreteVariable("study", studies)])
    codes = [[float(studies.index(study))] for study in known.studies]
    return Table.from_numpy(domain, known.X.astype(float), known.which.astype(float),
                            np.array(codes, float).reshape(len(known.X), 1))


def with_varied(known: References, wavenumbers: np.ndarray, seed: int = 0) -> References:
    """Add varied spectra of each material to its references.

    Parameters
    ----------
    known : References
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1.
    seed : int

    Raises
    ------
    TransmittanceError
        (a ValueError) If the references look like transmittance, which does not add up.
    """
    mixer = Mixer(table_of(known, wavenumbers), Mixing(components=1, **_VARIATION))
    X, which = mixer.arrays(_EACH * len(mixer.names), seed)
    n = len(X)
    return known.joined(X, [mixer.names[i] for i in which], [""] * n, [""] * n)
