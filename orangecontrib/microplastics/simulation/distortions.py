"""What makes two spectra of one polymer differ, as random numbers (numpy only).

Three kinds, all vectorised over rows in float32, all drawn from the
``numpy.random.Generator`` that is passed in:

- variation of a component before mixing (:class:`Variation`): contact and thickness,
  penetration depth, the instrument's response;
- bands of what clings to real samples (:data:`CONTAMINANTS`, :func:`contamination`), and of
  what a polymer is compounded with (:data:`ADDITIVES`, :func:`additives`);
- disturbances after mixing (:func:`baseline`, :func:`noise`, ...).

Amplitudes are for spectra scaled to a root mean square (rms) of 1. Kinds and sizes are
those that carried networks, random forests and support vector machines from some
instruments to another in this project's experiments; Gaussian shapes and the places of
the water lines are given with each.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from orangecontrib.microplastics.materials.names import components_of

__all__ = ["CONTAMINANTS", "CONTAMINANT_MATERIALS", "Additive", "ADDITIVES", "WATER_VAPOUR",
           "CARBON_DIOXIDE", "Variation", "position", "contaminant_bands", "contamination",
           "contaminants_beside", "additive_of", "additives",
           "baseline", "broad_hump", "carbon_dioxide", "water_vapour", "adsorbed_water", "noise",
           "cut_stretches"]

#: What clings to real samples: name -> bands (centre in cm-1, width in cm-1, weight).
#: The width is the standard deviation of a Gaussian.
CONTAMINANTS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "carbonate": ((1420, 35, 1), (874, 6, .5), (712, 5, .1)),
    "silicate": ((1020, 35, 1), (800, 15, .4)),
    "phthalate": ((1726, 9, 1), (1273, 12, .8), (1122, 10, .5), (1072, 9, .5), (743, 5, .2)),
    "ester": ((1738, 10, 1), (1170, 18, .8)),
    "amide": ((1650, 22, 1), (1545, 22, .7), (3290, 60, .5)),
    "cellulose": ((1035, 35, 1), (1110, 20, .5), (1160, 12, .4), (3340, 120, .5)),
    "carbonyl": ((1715, 14, 1),),
    "carboxylate": ((1560, 14, 1), (1465, 8, .4), (2918, 12, .4), (2850, 10, .3)),
}

#: Which materials each contaminant is, as classes are named (small letters). Oxidised plastic
#: ("carbonyl") is no material of its own. Polyamide has amide bands as well, but is not what
#: "amide" stands for, which is protein: biofilm clings to samples that are to be told from nylon.
CONTAMINANT_MATERIALS: dict[str, tuple[str, ...]] = {
    "carbonate": ("carbonate", "calcium carbonate", "caco3", "calcite", "chalk", "limestone"),
    "silicate": ("silicate", "silica", "quartz", "sand", "clay", "kaolin", "glass", "talc"),
    "phthalate": ("phthalate", "plasticiser", "plasticizer", "dehp", "dop", "dinp"),
    "ester": ("ester", "fat", "fats", "wax", "oil", "triglyceride", "lipid", "lipids"),
    "amide": ("protein", "wool", "silk", "collagen", "keratin", "biofilm", "leather", "fur",
              "tissue", "chitin"),
    "cellulose": ("cellulose", "ce", "co", "cotton", "rayon", "viscose", "paper", "linen", "wood",
                  "lignocellulose", "plant", "modal", "lyocell"),
    "carbonyl": (),
    "carboxylate": ("carboxylate", "stearate", "calcium stearate", "zinc stearate", "soap"),
}


class Additive(NamedTuple):
    """What some of a polymer is compounded with.

    Attributes
    ----------
    name : str
    polymers : tuple of str
        Names of the polymer, in small letters.
    bands : tuple of (centre in cm-1, width in cm-1, weight)
    share : float
        Of the polymer's spectra, how many hold some.
    height : float
        The most of it, its rms relative to the polymer's.
    """
    name: str
    polymers: tuple[str, ...]
    bands: tuple[tuple[float, float, float], ...]
    share: float
    height: float


#: Soft polyvinyl chloride (film, cable, hose, flooring) holds some tens of per cent of a
#: plasticiser, mostly a phthalate, whose bands are then as high as the polymer's; rigid (pipe,
#: profile) has none. In the median of FLOPP's PVC the carbonyl band is half as high as CH-Cl
#: (band_tables.py). Share and height are our choice. Places are those of bis(2-ethylhexyl)
#: phthalate: C=O 1726, C-O 1273 and 1122, ring 1600, 1580, 1072, 1039 and 743, CH 2959, 2930,
#: 2872, 1463 and 1380; see also ``simulation.py``. A study of rigid pieces alone does not show a
#: learner that soft ones exist.
ADDITIVES = (
    Additive("plasticiser", ("pvc", "polyvinyl chloride", "poly(vinyl chloride)",
                             "polyvinylchloride"),
             ((1726, 9, 1), (1273, 12, .9), (1122, 10, .55), (1072, 9, .5), (1039, 8, .25),
              (743, 5, .35), (1463, 9, .35), (1380, 8, .2), (2959, 10, .6), (2930, 12, .55),
              (2872, 12, .4), (1600, 4, .1), (1580, 4, .12)), .5, 1.2),
)

#: Rotational branches of CO2's antisymmetric stretch: centre, width, weight.
CARBON_DIOXIDE = ((2340, 12, .8), (2362, 9, 1))

#: Lines of water vapour (cm-1, weight) as they stand in real spectra of plastics at 4 cm-1
#: resolution: peaks of the first principal component of the fine structure (spectrum less
#: its Savitzky-Golay smoothing) of villegas_camacho_2024_c4, 1300-2000 and 3500-3950 cm-1.
WATER_VAPOUR = (
    (1363, .2), (1386, .2), (1397, .2), (1418, .4), (1437, .2), (1459, .7), (1472, 1.), (1488, .5),
    (1507, .7), (1522, .3), (1541, .8), (1558, .8), (1576, .2), (1636, .4), (1653, .4), (1670, .3),
    (1684, .5), (1698, .5), (1717, .6), (1733, .4), (1749, .3), (1771, .3), (1793, .2), (1829, .2),
    (1845, .2), (1868, .3), (3567, .5), (3587, .3), (3619, .2), (3629, .6), (3649, .9), (3676, .6),
    (3689, .7), (3711, .6), (3734, .8), (3751, .5), (3769, .3), (3801, .3), (3820, .4), (3840, .6),
    (3853, 1.), (3871, .3), (3903, .5), (3918, .2), (3932, .2))

#: The axis (cm-1) over which a contaminant's bands have rms 1: the experiments' grid.
_REFERENCE_AXIS = np.arange(700, 3901, 4.)


def position(axis: np.ndarray) -> np.ndarray:
    """Place of each wavenumber between the ends of the axis, -1 to 1, float32."""
    axis = np.asarray(axis, float)
    span = np.ptp(axis)
    if not span > 0:
        raise ValueError("Spectra need at least two different wavenumbers.")
    return ((axis - axis.min()) / span * 2 - 1).astype(np.float32)


def _gaussians(axis, bands):
    axis = np.asarray(axis, float)
    return sum(weight * np.exp(-.5 * ((axis - centre) / width) ** 2)
               for centre, width, weight in bands)


def _normal(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)


def _uniform(rng, low, high, *shape):
    return low + (high - low) * rng.random(shape, dtype=np.float32)


class Variation:
    """Random variation of single components, before they are mixed.

    With g from -1 to 1 along the axis, N standard normal and U uniform, a spectrum x
    (not negative) becomes x^p exp(s + b): the power p ~ U(0.75, 1.25), for saturation
    and for contact; the slope s = 0.3 N g + 0.25 N (g^2 - 1/3) + 0.15 N sin(pi g), for
    penetration depth and scattering; band gains b = 0.35 times a smooth random curve
    through 14 knots, for orientation, crystallinity and the instrument.

    Parameters
    ----------
    axis : ndarray, shape (wavenumbers,)
        In cm-1.
    strength : float
        1 is as above; the distance of p from 1, s and b are proportional to it.
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
        """Varied spectra from the natural logarithms of spectra, (rows, wavenumbers).

        Logarithms, since they are the same for every mixture and so taken once.
        """
        rows = len(logarithms)
        power = 1 + self.strength * _uniform(rng, -.25, .25, rows, 1)
        out = (self.strength * _normal(rng, rows, len(self.basis))) @ self.basis
        out += power * logarithms
        return np.exp(out, out=out)


def contaminant_bands(axis: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Spectra of contaminants, of rms 1 over 700-3900 cm-1 wherever the axis ends.

    Returns
    -------
    ndarray of float32, shape (names, wavenumbers)

    Raises
    ------
    ValueError
        If a name is none of :data:`CONTAMINANTS`.
    """
    unknown = [name for name in names if name not in CONTAMINANTS]
    if unknown:
        raise ValueError(f"There is no contaminant named {unknown[0]!r}; "
                         f"known are {', '.join(CONTAMINANTS)}.")
    out = np.empty((len(names), len(axis)), np.float32)
    for row, name in zip(out, names, strict=True):
        row[:] = _of_unit_rms(axis, CONTAMINANTS[name])
    return out


def _of_unit_rms(axis, bands):
    rms = np.sqrt(np.mean(_gaussians(_REFERENCE_AXIS, bands) ** 2))
    return (_gaussians(axis, bands) / rms).astype(np.float32)


def contamination(rows: int, kinds: int, rng: np.random.Generator,
                  share: float = .35, height: float = .25) -> np.ndarray:
    """How much of each contaminant each row gets: with probability `share` one, else none.

    Returns
    -------
    ndarray of float32, shape (rows, kinds)
        Zero but for the one contaminant drawn, U(0, `height`) of it.
    """
    out = np.zeros((rows, kinds), np.float32)
    which = rng.integers(kinds, size=rows)
    amount = _uniform(rng, 0, height, rows)
    amount[rng.random(rows) >= share] = 0
    out[np.arange(rows), which] = amount
    return out


def contaminants_beside(names: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
    """Those of the contaminants that are not among the classes to be told apart.

    Cellulose that is added to PET under the name PET teaches to overlook cellulose in PET. Of 72
    real cotton and polyester blends a network named .65 so, and .71 without (issue 12).

    Parameters
    ----------
    names : sequence of str
        Of :data:`CONTAMINANTS`.
    classes : sequence of str
        Names of single materials or of combinations.
    """
    there = {part.strip().lower() for name in classes for part in components_of(name)}
    return tuple(name for name in names if not there.intersection(CONTAMINANT_MATERIALS[name]))


def additive_of(polymer: str) -> Additive | None:
    """What some of a polymer holds, by the polymer's name; None where nothing is known."""
    name = polymer.strip().lower()
    return next((a for a in ADDITIVES if name in a.polymers), None)


def additives(rows: int, axis: np.ndarray, additive: Additive,
              rng: np.random.Generator) -> np.ndarray:
    """Bands of an additive: U(0, height) of it in `share` of the rows, none in the others.

    Returns
    -------
    ndarray of float32, shape (rows, wavenumbers)
    """
    amount = _uniform(rng, 0, additive.height, rows, 1)
    amount[rng.random(rows) >= additive.share] = 0
    return amount * _of_unit_rms(axis, additive.bands)


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
    """Random baselines: one broad Gaussian, amplitude x N high, anywhere on the axis."""
    centre = _uniform(rng, -1, 1, rows, 1)
    width = _uniform(rng, .15, .6, rows, 1)
    hump = np.exp(-.5 * ((g - centre) / width) ** 2)
    hump *= amplitude * _normal(rng, rows, 1)
    return hump


def _sometimes(rows, rng, probability):
    return (rng.random(rows) < probability).astype(np.float32)[:, None]


def carbon_dioxide(rows: int, axis: np.ndarray, rng: np.random.Generator,
                   amplitude: float = .6) -> np.ndarray:
    """CO2 at 2340 and 2362 cm-1: amplitude x N, in every second row.

    Of either sign, since the reference may have held more of it than the sample's room.
    """
    shape = _gaussians(axis, CARBON_DIOXIDE).astype(np.float32)
    return amplitude * _normal(rng, rows, 1) * _sometimes(rows, rng, .5) * shape


def water_vapour(rows: int, axis: np.ndarray, rng: np.random.Generator,
                 amplitude: float = .1) -> np.ndarray:
    """Water vapour's lines (:data:`WATER_VAPOUR`): amplitude x N, in every second row.

    The lines are 3 cm-1 wide (standard deviation), or as wide as the axis can show.
    """
    width = max(3., .6 * float(np.median(np.abs(np.diff(axis)))))
    shape = _gaussians(axis, [(centre, width, weight) for centre, weight in WATER_VAPOUR])
    return amplitude * _normal(rng, rows, 1) * _sometimes(rows, rng, .5) \
        * shape.astype(np.float32)


def adsorbed_water(rows: int, axis: np.ndarray, rng: np.random.Generator,
                   amplitude: float = .4) -> np.ndarray:
    """The broad O-H hump of damp samples near 3350 cm-1: amplitude x U, in 30 % of rows."""
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
    """In each row one stretch of `shortest` to `longest` points set to the row's mean.

    A learner that has seen this leans on more than one band. Works in place.
    """
    rows, wavenumbers = spectra.shape
    longest = min(longest, wavenumbers - 1)
    length = rng.integers(min(shortest, longest), longest + 1, size=(rows, 1))
    start = rng.integers(0, wavenumbers - length + 1)
    place = np.arange(wavenumbers)[None]
    mask = (place >= start) & (place < start + length)
    np.copyto(spectra, spectra.mean(axis=1, keepdims=True), where=mask)
    return spectra
