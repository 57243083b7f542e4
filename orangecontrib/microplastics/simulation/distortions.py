"""Random differences between spectra of one polymer (numpy and scipy only).

Three kinds, all vectorised over rows in float32, all drawn from the
``numpy.random.Generator`` that is passed in:

- variation of a component before mixing (:class:`Variation`): contact and thickness,
  penetration depth, the instrument's response;
- bands of contaminants on real samples (:data:`.contaminants.CONTAMINANTS`,
  :func:`contamination`), and of a polymer's additives (:data:`.contaminants.ADDITIVES`,
  :func:`additives`);
- disturbances after mixing (:func:`baseline`, :func:`noise`, ...).

Amplitudes are for spectra scaled to a root mean square (rms) of 1. Kinds and sizes are
those that made networks, random forests and support vector machines transfer from some
instruments to another in this project's experiments; Gaussian shapes and the positions of
the water lines are documented with each function.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from orangecontrib.microplastics.materials.atmosphere import CARBON_DIOXIDE_STRETCH, water_lines
from orangecontrib.microplastics.materials.contaminants import Additive, gaussians

__all__ = ["Variation", "position", "contamination", "additives", "baseline", "broad_hump",
           "carbon_dioxide", "water_vapour", "adsorbed_water", "noise", "cut_stretches"]

def position(axis: np.ndarray) -> np.ndarray:
    """Position of each wavenumber between the ends of the axis, -1 to 1, float32."""
    axis = np.asarray(axis, float)
    span = np.ptp(axis)
    if not span > 0:
        raise ValueError("Spectra need at least two different wavenumbers.")
    return ((axis - axis.min()) / span * 2 - 1).astype(np.float32)


def _normal(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)


def _uniform(rng, low, high, *shape):
    return low + (high - low) * rng.random(shape, dtype=np.float32)


class Variation:
    """Random variation of single components, before they are mixed.

    With g from -1 to 1 along the axis, N standard normal and U uniform, a spectrum x
    (not negative) becomes x^p exp(s + b): the power p ~ U(0.75, 1.25), for saturation
    and contact; the slope s = 0.3 N g + 0.25 N (g^2 - 1/3) + 0.15 N sin(pi g), for
    penetration depth and scattering; band gains b = 0.35 times a smooth random curve
    through 14 knots, for orientation, crystallinity and the instrument.

    Parameters
    ----------
    axis : ndarray, shape (wavenumbers,)
        In cm-1.
    strength : float
        Factor on p - 1, s and b; 1 gives the sizes above.
    """

    KNOTS = 14

    def __init__(self, axis: np.ndarray, strength: float = 1.):
        self.strength = np.float32(strength)
        g = position(axis).astype(float)
        knots = np.linspace(-1, 1, self.KNOTS)
        self.basis = np.vstack([
            .3 * g, .25 * (g ** 2 - 1 / 3), .15 * np.sin(np.pi * g),
            .35 * CubicSpline(knots, np.eye(self.KNOTS))(g).T]).astype(np.float32)

    def __call__(self, logarithms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return varied spectra, given the natural logarithms of spectra, (rows, wavenumbers).

        It takes logarithms so that they are computed once for all mixtures.
        """
        rows = len(logarithms)
        power = 1 + self.strength * _uniform(rng, -.25, .25, rows, 1)
        out = (self.strength * _normal(rng, rows, len(self.basis))) @ self.basis
        out += power * logarithms
        return np.exp(out, out=out)


def contamination(rows: int, kinds: int, rng: np.random.Generator,
                  share: float = .35, height: float = .25) -> np.ndarray:
    """Amount of each contaminant in each row: one contaminant with probability `share`, else none.

    Returns
    -------
    ndarray of float32, shape (rows, kinds)
        Zero except for the contaminant drawn, whose amount is U(0, `height`).
    """
    out = np.zeros((rows, kinds), np.float32)
    which = rng.integers(kinds, size=rows)
    amount = _uniform(rng, 0, height, rows)
    amount[rng.random(rows) >= share] = 0
    out[np.arange(rows), which] = amount
    return out


def additives(rows: int, kinds: Sequence[Additive], rng: np.random.Generator) -> np.ndarray:
    """Amount of each additive in each row: one, drawn with the additives' shares, or none.

    Parameters
    ----------
    kinds : sequence of Additive
        Additives of one polymer; see :func:`.contaminants.additives_of`.

    Returns
    -------
    ndarray of float32, shape (rows, kinds)
        Zero except for the additive drawn, whose amount is U(0, its height).
    """
    out = np.zeros((rows, len(kinds)), np.float32)
    amount = _uniform(rng, 0, 1, rows)
    # The interval of [0, 1) in which a random number falls: one of each share, and the rest.
    which = np.searchsorted(np.cumsum([kind.share for kind in kinds]), rng.random(rows), "right")
    some = np.flatnonzero(which < len(kinds))
    heights = np.array([kind.height for kind in kinds], np.float32)
    out[some, which[some]] = amount[some] * heights[which[some]]
    return out


def baseline(rows: int, g: np.ndarray, rng: np.random.Generator,
             amplitudes: Sequence[float] = (.3, .2)) -> np.ndarray:
    """Random baselines: linear, quadratic, cubic ..., each amplitude x N x g^power.

    Parameters
    ----------
    g : ndarray, shape (wavenumbers,)
        See :func:`position`.
    amplitudes : sequence of float
        Of the linear term, the quadratic, and so on.

    Returns
    -------
    ndarray of float32, shape (rows, wavenumbers)
    """
    powers = np.arange(1, len(amplitudes) + 1)
    basis = np.asarray(amplitudes, np.float32)[:, None] * g[None] ** powers[:, None]
    return _normal(rng, rows, len(amplitudes)) @ basis.astype(np.float32)


def broad_hump(rows: int, g: np.ndarray, rng: np.random.Generator,
               amplitude: float = .3) -> np.ndarray:
    """Random baselines: one broad Gaussian of height amplitude x N, anywhere on the axis."""
    centre = _uniform(rng, -1, 1, rows, 1)
    width = _uniform(rng, .15, .6, rows, 1)
    hump = np.exp(-.5 * ((g - centre) / width) ** 2)
    hump *= amplitude * _normal(rng, rows, 1)
    return hump


def _sometimes(rows, rng, probability):
    return (rng.random(rows) < probability).astype(np.float32)[:, None]


def carbon_dioxide(rows: int, axis: np.ndarray, rng: np.random.Generator,
                   amplitude: float = .6) -> np.ndarray:
    """CO2 at 2340 and 2362 cm-1: amplitude x N, with probability 0.5 per row.

    Of either sign, since there may have been more CO2 in the background than in the sample
    measurement.
    """
    shape = gaussians(axis, CARBON_DIOXIDE_STRETCH).astype(np.float32)
    return amplitude * _normal(rng, rows, 1) * _sometimes(rows, rng, .5) * shape


def water_vapour(rows: int, axis: np.ndarray, rng: np.random.Generator,
                 amplitude: float = .1) -> np.ndarray:
    """Lines of water vapour (:func:`.atmosphere.water_lines`): amplitude x N, with probability
    0.5 per row.
    """
    shape = gaussians(axis, water_lines(float(np.median(np.abs(np.diff(axis))))))
    return amplitude * _normal(rng, rows, 1) * _sometimes(rows, rng, .5) \
        * shape.astype(np.float32)


def adsorbed_water(rows: int, axis: np.ndarray, rng: np.random.Generator,
                   amplitude: float = .4) -> np.ndarray:
    """Broad O-H band of damp samples near 3350 cm-1: amplitude x U, probability 0.3 per row."""
    centre = _uniform(rng, 3250, 3450, rows, 1)
    width = _uniform(rng, 100, 200, rows, 1)
    hump = np.exp(-.5 * ((np.asarray(axis, np.float32) - centre) / width) ** 2)
    hump *= amplitude * _uniform(rng, 0, 1, rows, 1) * _sometimes(rows, rng, .3)
    return hump


def noise(rows: int, wavenumbers: int, rng: np.random.Generator, level: float = .03) -> np.ndarray:
    """White noise; each row has its own standard deviation, level x U(0.2, 2)."""
    out = _normal(rng, rows, wavenumbers)
    out *= level * _uniform(rng, .2, 2, rows, 1)
    return out


def cut_stretches(spectra: np.ndarray, rng: np.random.Generator,
                  shortest: int = 10, longest: int = 60) -> np.ndarray:
    """Set one stretch of `shortest` to `longest` points in each row to the row's mean.

    A learner trained on such spectra relies on more than one band. Works in place.
    """
    rows, wavenumbers = spectra.shape
    longest = min(longest, wavenumbers - 1)
    length = rng.integers(min(shortest, longest), longest + 1, size=(rows, 1))
    start = rng.integers(0, wavenumbers - length + 1)
    place = np.arange(wavenumbers)[None]
    mask = (place >= start) & (place < start + length)
    np.copyto(spectra, spectra.mean(axis=1, keepdims=True), where=mask)
    return spectra
