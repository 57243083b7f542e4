"""
Spectra of the particles on a simulated filter: each particle is a specimen of its own.
"""
from __future__ import annotations

import numpy as np
from Orange.data import DiscreteVariable

from orangecontrib.microplastics.materials.names import material_code
from orangecontrib.microplastics.simulation.polymers import polymer_codes, simulate
from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix

__all__ = ["Measured", "specimens", "scattering_slopes"]

#: Absorbance of the strongest band of a particle, where it is thickest.
_HEIGHT = (.3, .8)
#: Share of the signal of a particle with biofilm that is of the biofilm.
_BIOFILM = (.1, .5)
#: Scattering at an edge, at 4000 cm-1, relative to the particle's strongest band.
_SCATTERING = (.2, .5)


class Measured:
    """Measured spectra of pure materials, by the code of their material.

    Parameters
    ----------
    data : Table
        In absorbance, with a discrete class. A value that is a name of a material counts as its
        code ("polyethylene" as "PE"); others are codes themselves.
    wavenumbers : ndarray, shape (p,)
        Of the map; spectra are interpolated.

    Raises
    ------
    ValueError
        If there is no such class, or the spectra do not reach the wavenumbers of the map.
    """

    def __init__(self, data, wavenumbers):
        if not isinstance(data.domain.class_var, DiscreteVariable):
            raise ValueError("Measured spectra need one categorical class, their material.")
        self._columns, self._axis = spectral_columns(data.domain)
        try:
            self._matrix = resampling_matrix(self._axis, wavenumbers)
        except ValueError as error:
            raise ValueError(f"{error} Choose `wavenumbers` within the range of the measured "
                             "spectra.") from error
        self._data = data
        codes = np.array([code_of(value) for value in data.domain.class_var.values], object)
        known = np.flatnonzero(np.isfinite(data.Y))
        of_row = np.full(len(data), "", object)
        of_row[known] = codes[data.Y[known].astype(int)]
        self._rows = {code: rows for code in dict.fromkeys(codes)
                      if len(rows := self._usable(np.flatnonzero(of_row == code)))}

    def _usable(self, rows):
        """Those rows in which at least half of the points were measured, and that are not flat."""
        X = self._data.X[rows][:, self._columns]
        there = np.isfinite(X)
        high, low = np.where(there, X, -np.inf), np.where(there, X, np.inf)
        return rows[(there.mean(axis=1) >= .5) & (high.max(axis=1) > low.min(axis=1))]

    def __contains__(self, code):
        return code in self._rows

    def __call__(self, codes, rng):
        """A random spectrum for each code, from 0 to 1 on the wavenumbers of the map."""
        rows = [rng.choice(self._rows[code]) for code in codes]
        X = np.asarray(self._data.X[rows][:, self._columns], float)
        X = fill_missing(X, self._axis) @ self._matrix
        X -= X.min(axis=1, keepdims=True)
        return X / np.maximum(X.max(axis=1, keepdims=True), 1e-12)

    def check(self, codes):
        """Raise ValueError if a material has no spectra."""
        missing = [code for code in codes if code not in self]
        if missing:
            raise ValueError(
                f"There are no measured spectra of {', '.join(missing)}; the table has "
                f"{', '.join(self._rows) or 'none'}. Name other polymers, or add their spectra.")


def code_of(name):
    """Code of a material; the name itself if it is not known."""
    return material_code(name) or str(name)


def codes_of(polymers, measured):
    """Codes of the polymers of a map, each once; ValueError if one has no spectra."""
    if measured is None:
        return polymer_codes(polymers)
    names = [polymers] if isinstance(polymers, str) else polymers
    codes = list(dict.fromkeys(code_of(name) for name in names))
    if not codes:
        raise ValueError("Choose at least one polymer of the measured spectra.")
    measured.check(codes)
    return codes


def specimens(codes, wavenumbers, measured, covered, rng):
    """
    Spectra of particles where they are thickest.

    Parameters
    ----------
    codes : list of str, length n
        Material of each particle.
    wavenumbers : ndarray, shape (p,)
    measured : Measured or None
        Materials that are not in it are simulated.
    covered : ndarray of bool, shape (n,)
        Which particles are covered by biofilm.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n, p)
        Absorbance; the strongest band of 600 to 4000 cm-1 (of the map, if measured) has .3 to .8.
    heights : ndarray, shape (n,)
        That of the strongest band.
    """
    seed = int(rng.integers(2 ** 32))
    heights = rng.uniform(*_HEIGHT, len(codes))
    # Drawn for all, so that the other particles do not depend on which are covered.
    film = np.where(covered, rng.uniform(*_BIOFILM, len(codes)), 0)[:, None]
    X = np.empty((len(codes), len(wavenumbers)))
    for code in dict.fromkeys(codes):
        rows = [i for i, other in enumerate(codes) if other == code]
        if measured is not None and code in measured:
            X[rows] = measured([code] * len(rows), rng)
        else:
            X[rows] = _simulated(code, len(rows), wavenumbers, seed)
    if film.any():
        X = (1 - film) * X + film * _simulated("Biofilm", len(codes), wavenumbers, seed)
    return heights[:, None] * X, heights


def _simulated(code, n, wavenumbers, seed):
    """Different specimens of one material, strongest band of 600 to 4000 cm-1 at 1; (n, p)."""
    settings = {"mode": "transmission", "scattering": 0., "baseline": 0., "atmosphere": 0.,
                "noise": 0., "seed": seed}
    # The same seed gives the same specimens on another axis.
    strongest = simulate(code, n, **settings).X.max(axis=1, keepdims=True)
    return simulate(code, n, wavenumbers=wavenumbers, **settings).X / strongest


def scattering_slopes(heights, wavenumbers, rng):
    """
    Extinction by scattering at the edges of particles, shape (n, p).

    It rises with a power of 1 to 3 of the wavenumber; see :func:`.lineshapes.scattering`.

    Parameters
    ----------
    heights : ndarray, shape (n,)
        Strongest band of each particle.
    """
    n = len(heights)
    power = rng.uniform(1, 3, (n, 1))
    size = rng.uniform(*_SCATTERING, (n, 1))
    return heights[:, None] * size * (wavenumbers / 4000.) ** power
