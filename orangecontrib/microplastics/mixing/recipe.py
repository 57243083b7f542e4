"""Settings of mixtures: components, ratios, distortions and names, independent of data."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from numbers import Real

import numpy as np

from orangecontrib.microplastics.config import SMALLEST
from orangecontrib.microplastics.materials.contaminants import CONTAMINANTS

__all__ = ["Mixing", "NOTHING", "ONE_INSTRUMENT", "ANY_INSTRUMENT", "baseline_terms",
           "parse_ratios", "COMBINATION", "MAIN"]

COMBINATION, MAIN = "combination", "main"


def baseline_terms(height: float, curved: bool) -> tuple[float, ...]:
    """Amplitudes of random baselines for :class:`Mixing`: linear and quadratic, and if `curved`
    also cubic and a broad hump, in the proportions of the project's experiments."""
    shares = (1, 2 / 3, 1 / 2, 1) if curved else (1, 2 / 3)
    return tuple(round(height * share, 6) for share in shares)


#: Settings of :class:`Mixing` without any distortion.
NOTHING = {"variation": 0.0, "contaminants": False, "additives": False, "baseline": (0.0, 0.0),
           "noise": 0.0, "atmosphere": 0.0, "cut": False}

#: Settings for new spectra from the same instrument and study: baselines and noise.
ONE_INSTRUMENT = {**NOTHING, "baseline": baseline_terms(0.3, False), "noise": 0.03}

#: Settings of :class:`Mixing` for generalisation to instruments not in the training data:
#: components vary and carry contaminants, half of the PVC is plasticised, atmospheric absorption
#: and broad baselines are added. In tests between studies they outperform plain mixtures by 5
#: points and more, for the network and for a random forest alike.
ANY_INSTRUMENT = {"variation": 1.0, "contaminants": True, "additives": True,
                  "baseline": baseline_terms(0.3, True), "noise": 0.06, "atmosphere": 1.0,
                  "cut": True}


@dataclass(frozen=True)
class Mixing:
    """Settings for making mixtures.

    The defaults are simple: single materials and pairs, any ratio from 1:9 to
    9:1, linear and quadratic baselines and noise.

    Attributes
    ----------
    components : int or sequence of int
        Number of components of a mixture; several numbers give mixtures of each size.
    smallest : float
        The smallest fraction of a component, of mass if `absorptivities` are given.
    fractions : None, float or sequence of sequences of float
        None: any fractions, uniform over all that respect `smallest`. A number: a grid
        with this step (0.1: 1:9, 2:8 ... 9:1). Otherwise the fractions to use in turn, such
        as ((0.3, 0.7), (0.5, 0.5)), one number per component, in the order of the
        combination's name; each length must be a number of components.
    classes : sequence of str, optional
        Materials to mix; all by default.
    pure : bool
        Whether to include single materials, distorted like the mixtures.
    blends : sequence of sequence of str, optional
        The mixtures to make, as names of their components; by default every combination of the
        classes.
    pure_share : float, optional
        Share of single materials among all spectra, 0 to 1; by default each counts as one of the
        combinations. The more of them, the less often a network takes a single material for a
        mixture, and the more often a mixture for a single material.
    per_combination : int, optional
        Spectra for each combination; by default the number requested from
        :func:`.mixer.mix` is divided evenly.
    ratio : "absorbance" or "derivative"
        The signal that sources are scaled by, and that the fractions refer to. Spectra,
        minus their minimum, are scaled before mixing to equal root mean square of the
        absorbance or of its first derivative. With the derivative, a source's broad
        baseline does not count: the fairer definition, and an easier task. Neither is a
        mass fraction, which needs `absorptivities`.
    absorptivities : mapping of str to float, optional
        Relative absorptivity of materials: their signal (see `ratio`) per mass, on any
        common scale; 1 for those not named. If given, fractions are those of mass: by the
        Beer-Lambert law, of mass fractions m_i the share in the signal is
        a_i m_i / sum_j a_j m_j. Kept as a sorted tuple of pairs, so that settings can be
        compared and hashed.
    variation : float
        Strength of the components' variation
        (:class:`~orangecontrib.microplastics.simulation.distortions.Variation`), 0 to 2.
    contaminants : sequence of str, or bool
        Keys of :data:`~orangecontrib.microplastics.materials.contaminants.CONTAMINANTS`, True
        for all of them. One that is among the classes is never added
        (:func:`~orangecontrib.microplastics.materials.contaminants.contaminants_beside`).
    contaminated : float
        Share of the components that carry one contaminant.
    contaminant_height : float
        Largest amount of a contaminant, as its rms relative to the component's.
    additives : bool
        Whether components contain the usual additive of their polymer
        (:data:`~orangecontrib.microplastics.materials.contaminants.ADDITIVES`): half of the
        PVC is plasticised.
    baseline : sequence of float
        Amplitudes of random linear, quadratic, cubic terms and a broad hump, at most 4.
    noise : float
        Standard deviation of the noise, varied by U(0.2, 2) from mixture to mixture.
    atmosphere : float
        Strength of CO2, water vapour and adsorbed water; 1 is that of the experiments.
    cut : bool
        Whether a random stretch of each spectrum is set to the spectrum's mean.
    target : "combination", "main" or the name of a class
        The class of the result: the materials in the mixture ("PE + PP"), the material
        with the largest fraction, or whether the named class is present (no, yes).
    balance : bool
        If there is a meta `study`: draw sources with weight 1/sqrt(size of the study
        within the class), so that one large study does not dominate its class.
    by : str, optional
        Meta that names the source of a spectrum; by default `source` if it exists,
        otherwise every spectrum is a source of its own.
    """

    components: int | Sequence[int] = 2
    smallest: float = SMALLEST
    fractions: None | float | Sequence[Sequence[float]] = None
    classes: Sequence[str] | None = None
    pure: bool = True
    blends: Sequence[Sequence[str]] | None = None
    pure_share: float | None = None
    per_combination: int | None = None
    ratio: str = "absorbance"
    absorptivities: Mapping[str, float] | Sequence[tuple[str, float]] | None = None
    variation: float = 0.
    contaminants: Sequence[str] | bool = ()
    contaminated: float = 0.35
    contaminant_height: float = 0.25
    additives: bool = False
    baseline: Sequence[float] = ONE_INSTRUMENT["baseline"]
    noise: float = ONE_INSTRUMENT["noise"]
    atmosphere: float = 0.
    cut: bool = False
    target: str = COMBINATION
    balance: bool = True
    by: str | None = None

    def __post_init__(self):
        if not self.sizes or min(self.sizes) < 1:
            raise ValueError("A mixture needs at least one component.")
        if self.ratio not in ("absorbance", "derivative"):
            raise ValueError('Ratio is by "absorbance" or by "derivative", '
                             f"not by {self.ratio!r}.")
        if not 0 < self.smallest < 1:
            raise ValueError("The smallest fraction must lie between 0 and 1.")
        for name in ("noise", "atmosphere", "contaminant_height"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name.replace('_', ' ').capitalize()} "
                                 "must not be below zero.")
        if not 0 <= self.variation <= 2:
            raise ValueError("Variation must lie between 0 and 2.")
        if not 0 <= self.contaminated <= 1:
            raise ValueError("The share of contaminated components must lie between 0 and 1.")
        if self.pure_share is not None and not 0 < self.pure_share < 1:
            raise ValueError("The share of single materials must lie between 0 and 1.")
        if len(self.baseline) > 4:
            raise ValueError("A baseline has at most four terms: linear, quadratic, cubic "
                             "and a broad hump.")
        if self.per_combination is not None and self.per_combination < 1:
            raise ValueError("At least one spectrum of each combination must be asked for.")
        if self.per_combination is not None and self.pure_share is not None:
            raise ValueError("Ask for a share of single materials, or for a number of spectra of "
                             "each combination, not for both.")
        self.contaminant_names  # noqa: B018 - raises for an unknown one
        # The dataclass is frozen: the mapping is replaced by something hashable here only.
        object.__setattr__(self, "absorptivities", _pairs(self.absorptivities))
        for size in self.sizes:
            self.grid(size)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of components of the mixtures, ascending."""
        sizes = [self.components] if np.isscalar(self.components) else list(self.components)
        return tuple(sorted({int(s) for s in sizes} | ({1} if self.pure else set())))

    @property
    def fraction_of(self) -> str:
        """What the fractions are of: "mass", "absorbance" or "derivative"."""
        return "mass" if self.absorptivities else self.ratio

    @property
    def contaminant_names(self) -> tuple[str, ...]:
        if isinstance(self.contaminants, (bool, np.bool_)):
            return tuple(CONTAMINANTS) if self.contaminants else ()
        unknown = [name for name in self.contaminants if name not in CONTAMINANTS]
        if unknown:
            raise ValueError(f"There is no contaminant named {unknown[0]!r}; "
                             f"known are {', '.join(CONTAMINANTS)}.")
        return tuple(self.contaminants)

    def grid(self, size: int) -> np.ndarray | None:
        """Fractions (n, `size`) for mixtures of `size` components; None for any fractions.

        Raises
        ------
        ValueError
            If no fractions of that many components sum to 1.
        """
        if size == 1:
            return np.ones((1, 1))
        if self.fractions is None:
            if size * self.smallest > 1 + 1e-9:
                raise ValueError(
                    f"{size} fractions of at least {self.smallest:g} cannot sum to 1: "
                    f"choose a smallest fraction up to {np.floor(1000 / size) / 1000:g}.")
            return None
        if np.isscalar(self.fractions):
            return _even_grid(float(self.fractions), size, self.smallest)
        lists = [tuple(f) for f in self.fractions if len(f) == size]
        if not lists:
            raise ValueError(f"No ratio of {size} parts is given for mixtures of "
                             f"{size} components.")
        grid = np.array(lists, float)
        if (grid <= 0).any() or (np.abs(grid.sum(axis=1) - 1) > 1e-6).any():
            wrong = grid[np.argmax((grid <= 0).any(axis=1) | (np.abs(grid.sum(axis=1) - 1) > 1e-6))]
            raise ValueError(f"Fractions {', '.join(f'{x:g}' for x in wrong)} cannot be used: "
                             "they must be positive and sum to 1.")
        return grid


def _pairs(absorptivities):
    """Names and absorptivities, sorted and checked; None if there are none."""
    pairs = tuple(sorted(dict(absorptivities or {}).items()))
    for name, value in pairs:
        if not (isinstance(value, Real) and 0 < value < np.inf):
            raise ValueError(f'The absorptivity of "{name}" must be a positive number, '
                             f"not {value!r}.")
    return tuple((name, float(value)) for name, value in pairs) or None


def _even_grid(step, size, smallest):
    """All fractions in multiples of `step` that are at least `smallest` and sum to 1."""
    parts = round(1 / step) if step > 0 else 0
    if parts < 1 or abs(parts * step - 1) > 1e-6:
        raise ValueError(f"Fractions in steps of {step:g} cannot sum to 1: "
                         "take a step such as 0.1, 0.2 or 0.25.")
    least = max(1, int(np.ceil(smallest * parts - 1e-9)))
    if least * size > parts:
        raise ValueError(f"{size} fractions of at least {least / parts:g}, in steps of "
                         f"{step:g}, cannot sum to 1.")
    # Choosing the places to divide a row of units enumerates all ways of distributing them.
    free = parts - size * (least - 1)
    cuts = np.array(list(combinations(range(1, free), size - 1)), int).reshape(-1, size - 1)
    edges = np.hstack([np.zeros((len(cuts), 1), int), cuts, np.full((len(cuts), 1), free)])
    return (np.diff(edges, axis=1) + least - 1) / parts


def parse_ratios(text: str) -> tuple[tuple[float, ...], ...]:
    """Parse ratios such as "1:9, 1:1, 1:2:1" into fractions.

    Raises
    ------
    ValueError
        If a part is not a positive number, or there is no ratio.
    """
    ratios = []
    for ratio in text.replace(";", ",").split(","):
        if not ratio.strip():
            continue
        try:
            parts = np.array([float(part) for part in ratio.split(":")])
        except ValueError:
            parts = np.array([])
        if len(parts) < 2 or not (parts > 0).all() or not np.isfinite(parts).all():
            raise ValueError(f'"{ratio.strip()}" is no ratio: write 1:9, or several, '
                             "as in 1:9, 1:1.")
        ratios.append(tuple(float(part) for part in parts / parts.sum()))
    if not ratios:
        raise ValueError("Write at least one ratio, such as 1:9.")
    return tuple(ratios)
