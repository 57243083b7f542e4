"""Choose the spectra that are kept aside while a network trains."""
from __future__ import annotations

import numpy as np

__all__ = ["validation_split"]


def validation_split(y: np.ndarray, share: float, groups: np.ndarray | None,
                     seed: int) -> np.ndarray:
    """Choose what is kept aside: whole groups, about `share` of each class.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
    share : float
    groups : ndarray, shape (n,), or None
        Spectra of one group (near-duplicates, one source) stay together; None
        takes each spectrum alone.
    seed : int

    Returns
    -------
    ndarray of bool, shape (n,)
        True for validation. Every class keeps at least one group for training.
    """
    rng = np.random.default_rng(seed)
    groups = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    # A group counts for the class that most of its spectra have.
    counts = np.zeros((groups.max(initial=-1) + 1, y.max(initial=-1) + 1), int)
    np.add.at(counts, (groups, y), 1)
    home = counts.argmax(axis=1)
    chosen = np.zeros(len(counts), bool)
    for cls in np.unique(y):
        own = rng.permutation(np.flatnonzero(home == cls))
        want = share * counts[own].sum()
        taken = np.cumsum(counts[own].sum(axis=1))
        n = min(int(np.searchsorted(taken, want)) + 1, len(own) - 1) if len(own) > 1 else 0
        chosen[own[:n]] = True
    return chosen[groups]
