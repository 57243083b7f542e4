"""What is asked of all files of a run."""
from __future__ import annotations

from typing import NamedTuple

from orangecontrib.microplastics.identification import Rule
from orangecontrib.microplastics.particles.find import SMALLEST, Choices

__all__ = ["Settings"]


class Settings(NamedTuple):
    """Choices for a run; plain values, since they stand in its manifest.

    Attributes
    ----------
    rule : Rule
    transmittance : bool
        Convert all spectra from transmittance to absorbance first.
    amounts : bool
        Whether to determine fractions, which takes half of the time.
    every_pixel : bool
        Identify all pixels of maps, instead of looking for particles.
    threshold, smallest, pixel_size
        Of particles (:class:`.particles.find.Choices`).
    classes : str
        Size classes (:func:`.particles.classes.size_classes`).
    mass : bool
        Whether to estimate masses of particles.
    litres, share : float
        Volume of each sample, 0 if not known; part of each filter that was measured.
    device : str
        Where networks compute (:meth:`.DCNetModel.prepare`). On a GPU scores differ in the last
        digits.
    """
    rule: Rule = Rule()  # noqa: B008 (a tuple)
    transmittance: bool = False
    amounts: bool = True
    every_pixel: bool = False
    threshold: float | None = None
    smallest: int = SMALLEST
    pixel_size: float | None = None
    classes: str = ""
    mass: bool = False
    litres: float = 0.
    share: float = 1.
    device: str = "cpu"

    @property
    def choices(self) -> Choices:
        """How particles are found."""
        return Choices(self.threshold, self.smallest, pixel_size=self.pixel_size, rule=self.rule)

    def plain(self) -> dict:
        """For a JSON file."""
        return {**self._asdict(), "rule": self.rule._asdict()}
