"""What a network and its training are told, and what they tell: plain values, no torch.

Kept apart from the files that need torch, so that widgets can speak of a network
before torch, which takes a second to load, is there.

The home of all defaults: the learner's signature takes them from here, and Dual-Branch CNN's
settings take them from the learner.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from orangecontrib.microplastics.materials.bands import REGIONS

__all__ = ["ATTENTIONS", "REGIONS", "STEP", "SMALLEST", "DCNetConfig", "Augmentation",
           "TrainingConfig", "Epoch", "Progress", "automatic_epochs", "batch_count"]

#: A set is learnt in so many batches an epoch at least, unless they would be smaller than this.
_FEWEST_BATCHES, _SMALL_BATCH = 10, 16

#: Distance in cm-1 of the uniform grid that spectra are put on.
STEP = 4.0

#: Smallest fraction of a component in mixtures that the learner draws.
SMALLEST = 0.1

#: Choices of attention and what they are called: both parts of CBAM, one of them, or none.
#: What they do stands in :mod:`.cbam`.
ATTENTIONS = {"cbam": "CBAM (channel and spatial)", "channel": "Channel only",
              "spatial": "Spatial only", "none": "None"}


@dataclass(frozen=True)
class DCNetConfig:
    """Architecture of a :class:`DCNet`; plain values only, so that it can be stored.

    Attributes
    ----------
    n_wavenumbers : int
        Length of the uniform grid that spectra come on.
    n_classes : int
    keep : tuple of (int, int)
        Half-open ranges of the grid's indices that the network sees; empty for all.
    derivative : bool
        Take the first derivative (Savitzky-Golay, 9 points, order 2) first.
    second_derivative : bool
        Take the second derivative, too, as another input beside the first.
    compression : float
        Standardised inputs x become asinh(compression x), standardised again; 0 leaves them.
    clip : float
        Standardised values are limited to plus and minus this.
    kernels : tuple of int
        Odd kernel size of each branch's first block; one entry makes one branch, two
        make two.
    narrowing : bool
        Halve the kernel (and keep it odd and 3 at least, if it was) from block to block.
        As pooling halves the resolution, it covers a like stretch of the axis with less
        arithmetic.
    widths : tuple of int
        Channels of each block of a branch.
    stride : int
        Stride of a branch's first convolution.
    pools : tuple of int
        Size of the maximum pooling that ends each block, 1 for none.
    attention : str
        One of :data:`ATTENTIONS`.
    reduction : int
        The channel attention's hidden layer has channels / reduction units.
    spatial_kernel : int
        Kernel size of the spatial attention's convolution, 7 in Woo et al.
    segments : int
        The classifier sees the average and maximum of each channel in so many equal
        stretches of the axis (fewer where the map is short), and so where a feature is;
        1 for the whole axis at once.
    dropout : float
        Share of pooled features dropped before the classifier.
    """
    n_wavenumbers: int
    n_classes: int
    keep: tuple[tuple[int, int], ...] = ()
    derivative: bool = True
    second_derivative: bool = True
    compression: float = 1.0
    clip: float = 8.0
    kernels: tuple[int, ...] = (3, 15)
    narrowing: bool = True
    widths: tuple[int, ...] = (16, 32, 64)
    stride: int = 4
    pools: tuple[int, ...] = (1, 2, 2)
    attention: str = "cbam"
    reduction: int = 8
    spatial_kernel: int = 7
    segments: int = 48
    dropout: float = 0.2

    def __post_init__(self):
        if self.attention not in ATTENTIONS:
            raise ValueError(f"Attention '{self.attention}' is not known; "
                             f"choose one of {', '.join(ATTENTIONS)}.")
        if not 1 <= len(self.kernels) <= 2:
            raise ValueError("The network has one branch or two: give one or two kernel sizes.")
        if any(k < 1 or k % 2 == 0 for k in (*self.kernels, self.spatial_kernel)):
            raise ValueError("Kernel sizes must be odd, so that features stay centred on "
                             "their wavenumbers.")
        if len(self.widths) != len(self.pools):
            raise ValueError("Give a width and a pooling size for each block.")
        if self.compression < 0:
            raise ValueError("Compression cannot be less than 0, which is none.")
        if self.segments < 1:
            raise ValueError("The classifier looks at one stretch of the axis at least.")
        if self.n_classes < 2:
            raise ValueError("A classifier needs at least two classes.")
        if self.n_seen < self.smallest_input:
            raise ValueError(
                f"{self.n_seen} wavenumbers are too few for this network; it needs at least "
                f"{self.smallest_input}. Use a finer grid, a wider range or fewer blocks.")

    @property
    def n_seen(self) -> int:
        """Number of the grid's wavenumbers that the network sees."""
        if not self.keep:
            return self.n_wavenumbers
        return sum(stop - start for start, stop in self.keep)

    @property
    def inputs(self) -> int:
        """Curves that the network gets of a spectrum: derivatives, or the spectrum itself."""
        return 2 if self.derivative and self.second_derivative else 1

    def block_kernels(self, kernel: int) -> tuple[int, ...]:
        """Kernel size of each block of the branch whose first has `kernel`."""
        sizes = [kernel]
        while len(sizes) < len(self.widths):
            kernel = max(min(kernel, 3), kernel // 2 | 1) if self.narrowing else kernel
            sizes.append(kernel)
        return tuple(sizes)

    @property
    def map_length(self) -> int:
        """Number of positions of a branch's feature map."""
        length = -(-self.n_seen // self.stride)
        for pool in self.pools:
            length //= pool
        return length

    @property
    def smallest_input(self) -> int:
        """Fewest wavenumbers that leave two positions, so that attention can choose one."""
        return 2 * self.stride * math.prod(self.pools)


@dataclass(frozen=True)
class Augmentation:
    """Strength of each distortion, for spectra of minimum 0 and rms 1; 0 leaves it out.

    With g from -1 to 1 over the axis and N standard normal, a spectrum x becomes
    x^p (p uniform in 1 -+ `power`), times exp of a random smooth curve (`slope`,
    `gain`), plus `baseline` x (a random cubic and a broad band), CO2, water
    vapour, O-H, and noise; then stretches are cut to its mean.

    Attributes
    ----------
    power, slope, gain, baseline, co2, vapour, hydroxyl, noise : float
        Amplitudes as above.
    cut : int
        Longest stretch, in points, that is replaced by the mean.
    """
    power: float = 0.125
    slope: float = 0.15
    gain: float = 0.175
    baseline: float = 0.15
    co2: float = 0.3
    vapour: float = 0.05
    hydroxyl: float = 0.2
    noise: float = 0.03
    cut: int = 30

    @classmethod
    def scaled(cls, strength: float) -> Augmentation:
        """The default distortions, all `strength` times as strong."""
        return cls(**{f.name: type(f.default)(strength * f.default) for f in fields(cls)})


@dataclass(frozen=True)
class TrainingConfig:
    """How to train.

    Attributes
    ----------
    epochs : int or None
        Passes over the data; None chooses by :func:`automatic_epochs`.
    batch_size : int
        At most; see :func:`batch_count`.
    learning_rate : float
        The one-cycle schedule's maximum, for a full batch; in proportion less where batches
        are smaller.
    weight_decay : float
        AdamW's.
    label_smoothing : float
        Share of each target spread evenly over all classes.
    augmentation : Augmentation or None
        Distortions drawn for each batch.
    balance : bool
        Weigh classes so that each counts alike, however many spectra it has.
    patience : float
        Share of all epochs without improvement on validation spectra after which
        training stops early.
    seed : int
    device : str
        "auto", "cpu", "cuda" or "mps".
    threads : int or None
        Threads on the CPU; None for as many as torch would take.
    """
    epochs: int | None = None
    batch_size: int = 256
    learning_rate: float = 1.6e-2
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    balance: bool = False
    patience: float = 0.4
    seed: int = 0
    device: str = "auto"
    threads: int | None = None

    def __post_init__(self):
        if self.epochs is not None and self.epochs < 1:
            raise ValueError("Training takes at least one epoch.")
        if self.batch_size < 2:
            raise ValueError("A batch holds at least two spectra.")
        if not self.learning_rate > 0:
            raise ValueError("The learning rate must be above 0.")


class Epoch(NamedTuple):
    """A line of the history; validation figures are NaN without validation.

    Losses and accuracies are means by weight, with `balance` each class alike.
    """
    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float


class Progress(NamedTuple):
    """Handed to the callback after each batch; `finished` is the last whole epoch, if any.

    `epochs` is how many there will be, unless training stops early.
    """
    fraction: float
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    finished: Epoch | None


def batch_count(n: int, batch_size: int) -> int:
    """Batches in an epoch of `n` spectra: as many as it takes, and ten of small sets.

    Large batches are for speed: at 6,000 spectra, 256 with twice the learning rate learn as
    well as 128 and two cores train 1.2 times as fast. A small set would be left with one or
    two steps an epoch. None is of one spectrum alone: batch norm needs two.
    """
    least = min(_FEWEST_BATCHES, n // _SMALL_BATCH)
    return max(1, min(max(math.ceil(n / batch_size), least), n // 2))


def automatic_epochs(n: int) -> int:
    """Epochs for `n` training spectra: 40 of a few, down to 5 of many.

    A budget of 96,000 spectra seen does for mixtures; small sets are spared
    from being seen more than 40 times.
    """
    return max(5, min(40, round(96_000 / max(n, 1))))
