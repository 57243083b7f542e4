"""Scores of spectra as a trained model might meet them: known materials, measured elsewhere."""
from __future__ import annotations

import numpy as np
import torch

from orangecontrib.microplastics.augmentation import Augmenter, standardised
from orangecontrib.microplastics.configuration import Augmentation
from orangecontrib.microplastics.network import DCNet
from orangecontrib.microplastics.prediction import class_scores

__all__ = ["typical_scores"]


def typical_scores(networks: list[DCNet], X: np.ndarray, wavenumbers: np.ndarray,
                   seed: int, n: int = 1000) -> np.ndarray:
    """Class scores of training spectra under the distortions of training.

    As they are, the network has learnt them by heart, and its energies are higher than
    those of any spectrum to come.

    Parameters
    ----------
    networks : list of DCNet
    X : ndarray, shape (spectra, wavenumbers)
        Absorbance.
    wavenumbers : ndarray, shape (wavenumbers,)
        cm-1, ascending.
    seed : int
    n : int
        At most so many spectra are used, drawn at random.

    Returns
    -------
    ndarray of float32, shape (networks, at most n, classes)
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(X), min(n, len(X)), replace=False))
    generator = torch.Generator().manual_seed(int(rng.integers(2 ** 31)))
    augment = Augmenter(Augmentation(), wavenumbers, generator)
    with torch.inference_mode():
        x = standardised(torch.from_numpy(np.ascontiguousarray(X[rows], np.float32)))
        return class_scores(networks, augment(x).numpy())
