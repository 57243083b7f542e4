"""Settings of a network and its training, and reports of training: plain values, no torch.

Separate from the modules that need torch, which takes a second to load, so that widgets
can use the settings before torch is loaded.

Their defaults are defined here: the learner's signature takes them from here, and the settings
of the widget Dual-Branch CNN take them from the learner. Choices that only the learner has
(strength of the distortions, validation share, number of networks, mixtures) have theirs in its
signature.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from orangecontrib.microplastics.materials.bands import REGIONS
from orangecontrib.microplastics.spectra.axis import STEP

__all__ = ["ATTENTIONS", "REGIONS", "STEP", "SMALLEST", "PREDICTED", "DEFAULT_METHOD",
           "DCNetConfig", "Augmentation", "TrainingConfig", "Epoch", "Progress",
           "automatic_epochs", "batch_count"]

#: Minimum number of batches per epoch, unless batches would be smaller than the second number.
_FEWEST_BATCHES, _SMALL_BATCH = 10, 16

#: Smallest fraction of a component in mixtures.
SMALLEST = 0.1

#: Target of an explanation: the class that is predicted for each spectrum.
PREDICTED = "predicted"

#: Method of attribution: the sharpest, and the most faithful, for this architecture, see
#: :mod:`.nn.attribution.gradcam`.
DEFAULT_METHOD = "fine"

#: Choices of attention and their labels: both parts of CBAM, one of them, or none. They are
#: explained in :mod:`.nn.cbam`.
ATTENTIONS = {"cbam": "CBAM (channel and spatial)", "channel": "Channel only",
              "spatial": "Spatial only", "none": "None"}


@dataclass(frozen=True)
class DCNetConfig:
    """Architecture of a :class:`.DCNet`; plain values only, so that it can be stored.

    Attributes
    ----------
    n_wavenumbers : int
        Length of the uniform grid of the spectra.
    n_classes : int
    keep : tuple of (int, int)
        Half-open ranges of grid indices that the network uses; empty for all.
    derivative : bool
        Use the first derivative (Savitzky-Golay, 9 points, order 2) instead of the spectrum.
    second_derivative : bool
        Use the second derivative as another input besides the first; only with `derivative`.
    compression : float
        Standardised inputs x become asinh(compression x), scaled to standard deviation 1 again;
        0 for none.
    clip : float
        Standardised values are limited to plus and minus this, before compression.
    kernels : tuple of int
        Odd kernel size of each branch's first block; one entry gives one branch, two
        give two.
    narrowing : bool
        Halve the kernel from block to block (it remains odd, and at least 3 unless it starts
        smaller). As each block halves the resolution, it covers a similar range of the axis with
        less arithmetic.
    widths : tuple of int
        Channels of each block of a branch.
    stride : int
        Stride of a branch's first convolution.
    pools : tuple of int
        Factor by which each block shortens the map further, 1 for none: by the stride of its
        convolution, or by maximum pooling.
    pooling : bool
        Shorten the map by maximum pooling, as release 0.1 did, instead of strides. On validation
        mixtures both are equally accurate, and strides need half of the arithmetic
        (``benchmarks/NOTES.md``).
    attention : str
        One of :data:`ATTENTIONS`.
    reduction : int
        The channel attention's hidden layer has channels / reduction units.
    spatial_kernel : int
        Kernel size of the spatial attention's convolution, 7 in Woo et al.
    segments : int
        The classifier gets the average and maximum of each channel in this many equal
        segments of the axis (fewer if the map is short), and thus the position of a feature;
        1 for the whole axis as one segment.
    dropout : float
        Share of channels of the feature maps dropped in training.
    n_components : int
        Number of materials whose presence is scored one by one, beside the classes; 0 for none.
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
    pooling: bool = False
    attention: str = "cbam"
    reduction: int = 8
    spatial_kernel: int = 7
    segments: int = 48
    dropout: float = 0.2
    n_components: int = 0

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
            raise ValueError("Compression must be 0 (none) or larger.")
        if self.segments < 1:
            raise ValueError("The classifier needs at least one segment of the axis.")
        if self.n_classes < 2:
            raise ValueError("A classifier needs at least two classes.")
        if self.n_seen < self.smallest_input:
            raise ValueError(
                f"{self.n_seen} wavenumbers are too few for this network; it needs at least "
                f"{self.smallest_input}. Use a finer grid, a wider range or fewer blocks.")

    @property
    def n_seen(self) -> int:
        """Number of wavenumbers of the grid that the network uses."""
        if not self.keep:
            return self.n_wavenumbers
        return sum(stop - start for start, stop in self.keep)

    @property
    def inputs(self) -> int:
        """Number of input curves per spectrum: derivatives, or the spectrum itself."""
        return 2 if self.derivative and self.second_derivative else 1

    def block_kernels(self, kernel: int) -> tuple[int, ...]:
        """Kernel size of each block of the branch whose first block has `kernel`."""
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
            length = length // pool if self.pooling else -(-length // pool)
        return length

    @property
    def smallest_input(self) -> int:
        """Minimum number of wavenumbers: it gives two positions for attention to weight."""
        return 2 * self.stride * math.prod(self.pools)


@dataclass(frozen=True)
class Augmentation:
    """Strength of each distortion, for spectra of minimum 0 and rms 1; 0 leaves it out.

    With g from -1 to 1 over the axis and each N standard normal, a spectrum x becomes
    x^p (p uniform in 1 -+ `power`), times exp(s + b) with the slope s = `slope` / 0.3
    (0.3 N g + 0.25 N (g^2 - 1/3) + 0.15 N sin 3g) and the band gains b = `gain` times a
    curve through N at 14 knots, plus `baseline` times (a random cubic and a broad band),
    CO2, water vapour, O-H, and noise; then one segment is replaced by the spectrum's mean.

    Attributes
    ----------
    power, slope, gain, baseline, co2, vapour, hydroxyl, noise : float
        Amplitudes as above.
    cut : int
        Maximum length, in points, of the segment that is replaced by the mean.
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
    thorough : bool
        Three times as many epochs as :func:`automatic_epochs` chooses.
    batch_size : int
        Maximum; see :func:`batch_count`.
    learning_rate : float
        Maximum of the one-cycle schedule, for a full batch; reduced in proportion for smaller
        batches.
    weight_decay : float
        Weight decay of AdamW.
    label_smoothing : float
        Share of each target spread evenly over all classes.
    augmentation : Augmentation or None
        Distortions drawn for each batch; None for none.
    balance : bool
        Give all classes the same total weight, whatever their numbers of spectra.
    patience : float
        Share of all epochs (at least 3 epochs) without improvement on validation spectra after
        which training stops early.
    seed : int
    device : str
        "auto", "cpu", "cuda" or "mps".
    threads : int or None
        Threads on the CPU; None for torch's own number.
    """
    epochs: int | None = None
    thorough: bool = False
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
    """One epoch of the history; validation figures are NaN without validation.

    Losses and accuracies are weighted means; `balance` gives each class the same weight.
    """
    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float


class Progress(NamedTuple):
    """Passed to the callback after each batch; `finished` is the last complete epoch, if any.

    `epochs` is the planned number of epochs; training may stop early.
    """
    fraction: float
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    finished: Epoch | None


def batch_count(n: int, batch_size: int) -> int:
    """Number of batches in an epoch of `n` spectra: n / batch_size, but more in small sets.

    Large batches are faster: with 6,000 spectra, batches of 256 and twice the learning rate give
    the same accuracy as 128, and training on two cores is 1.2 times as fast. A small set would
    have only one or two steps per epoch, and therefore has ten, or fewer batches of at least 16
    spectra. No batch has a single spectrum: batch norm needs two.
    """
    least = min(_FEWEST_BATCHES, n // _SMALL_BATCH)
    return max(1, min(max(math.ceil(n / batch_size), least), n // 2))


def automatic_epochs(n: int, thorough: bool = False) -> int:
    """Number of epochs for `n` training spectra: from 40 for few spectra down to 5 for many.

    For mixtures, 96,000 spectra in all epochs together are enough; small sets are not repeated
    more than 40 times. Three times as many if `thorough`.
    """
    return max(5, min(40, round(96_000 / max(n, 1)))) * (3 if thorough else 1)
