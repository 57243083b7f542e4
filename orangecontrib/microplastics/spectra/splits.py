"""Sources of spectra, and splits of data that keep each source in one part.

Spectra of one specimen, or copies of one spectrum, resemble each other more than they
resemble new specimens. If a model is trained on some of them and tested on others, the
test proves nothing; so a source is never divided.
"""
from __future__ import annotations

import numpy as np
from Orange.data import Domain, StringVariable, Table

from orangecontrib.microplastics.spectra.axis import spectral_columns
from orangecontrib.microplastics.spectra.duplicates import near_duplicate_groups
from orangecontrib.microplastics.spectra.resample import fill_missing

__all__ = ["split_sources", "texts_of", "find_sources", "SingleSourceError", "NEAR_DUPLICATES",
           "validation_split"]

#: Name of the option to use groups of near-duplicate spectra as sources, and of their meta.
NEAR_DUPLICATES = "near-duplicates"


class SingleSourceError(ValueError):
    """Raised if classes have only one source; `classes` holds their names."""

    def __init__(self, message, classes):
        super().__init__(message)
        self.classes = list(classes)


def texts_of(data, name, required=False):
    """Return a meta as text for each row; where it is missing, the instance id as "#123".

    Subsets of a table keep its instance ids. Raises ValueError if the meta is `required` and
    the data lack it.
    """
    ids = [f"#{i}" for i in data.ids]
    if name not in data.domain or data.domain[name] not in data.domain.metas:
        if required:
            raise ValueError(f'Data have no meta attribute "{name}".')
        return ids
    variable = data.domain[name]
    texts = [variable.str_val(value) for value in data.get_column(variable)]
    return [i if text in ("?", "") else text for i, text in zip(ids, texts, strict=True)]


def find_sources(data: Table, by: str | None = None) -> tuple[Table, str]:
    """Return the data with a meta that names sources, and that meta's name.

    Parameters
    ----------
    data : Table
    by : str, optional
        Name of a meta, or :data:`NEAR_DUPLICATES`: then a meta of that name is added, with
        one group for all spectra linked by a chain of correlations above 0.999. By
        default the meta `source`; if there is none, it is added with such groups.

    Raises
    ------
    ValueError
        If there is no meta named `by`.
    """
    name = by or "source"
    metas = {meta.name for meta in data.domain.metas}
    if name in metas:
        return data, name
    if by not in (None, NEAR_DUPLICATES):
        raise ValueError(f'Data have no meta attribute "{by}".')
    columns, axis = spectral_columns(data.domain)
    X = data.X.toarray() if hasattr(data.X, "toarray") else np.asarray(data.X, float)
    X = np.nan_to_num(fill_missing(X[:, columns], axis))
    groups = np.asarray(near_duplicate_groups(X))
    domain = data.domain
    out = data.transform(Domain(domain.attributes, domain.class_vars,
                                (*domain.metas, StringVariable(name))))
    with out.unlocked(out.metas):
        out.metas[:, -1] = [f"group {group + 1}" for group in groups]
    return out, name


def split_sources(data: Table, fraction: float = 0.3, seed: int = 0,
                  by: str | None = None) -> tuple[Table, Table]:
    """Divide spectra into training and test data that share no source.

    Parameters
    ----------
    data : Table
        With a discrete class; rows without a class go to neither part.
    fraction : float
        Share of each class's sources that goes to the test data; each part gets at least
        one.
    seed : int
        Equal seeds give equal splits; no global random state is used.
    by : str, optional
        Meta that names the source, or :data:`NEAR_DUPLICATES`; see :func:`find_sources`.

    Returns
    -------
    train, test : Table

    Raises
    ------
    ValueError
        If `fraction` is not between 0 and 1, there is no meta named `by` or no class, or a
        class cannot be in both parts because its sources also hold other classes.
    SingleSourceError
        If a class has only one source; the message names these classes.
    """
    if not 0 < fraction < 1:
        raise ValueError("The share of sources for testing must lie between 0 and 1.")
    variable = data.domain.class_var
    if variable is None or not variable.is_discrete:
        raise ValueError("Data need a categorical class that names each spectrum's material "
                         "(Select Columns sets one).")
    data, name = find_sources(data[np.isfinite(np.asarray(data.Y, float))], by)
    codes = data.Y.astype(int)
    _, group = np.unique(np.array(texts_of(data, name), str), return_inverse=True)
    held = np.zeros((group.max(initial=-1) + 1, len(variable.values)), bool)
    held[group, codes] = True
    present = np.unique(codes)
    single = [variable.values[code] for code in present if held[:, code].sum() < 2]
    if single:
        names = ", ".join(f'"{value}"' for value in single)
        raise SingleSourceError(
            f"{names} {'has' if len(single) == 1 else 'have'} one source only ({name}), which "
            "cannot be in both training and test data: add spectra from other sources, leave "
            f"{'the class' if len(single) == 1 else 'these classes'} out, or choose another "
            "meta for the source.", single)
    rng = np.random.default_rng(seed)
    # If a source holds several classes (a study), one random order may fail and another work.
    for _ in range(50):
        test = _choose(held, fraction, rng)
        lacking = [code for code in present if not held[test, code].any()]
        if not lacking:
            break
    else:
        raise ValueError(
            f'"{variable.values[lacking[0]]}" cannot be in both training and test data: its '
            f"sources ({name}) hold other classes too. Choose another meta for the source.")
    in_test = test[group]
    train, rest = data[~in_test], data[in_test]
    train.name, rest.name = f"{data.name} (training)", f"{data.name} (test)"
    return train, rest


def _choose(held, fraction, rng):
    """Choose sources for the test data: bool (sources,); `held` is bool (sources, classes).

    In random order, a source is taken if one of its classes needs more test sources and
    none of its classes would lose its last source for training.
    """
    total = held.sum(axis=0)
    wanted = np.clip(np.round(fraction * total), 1, total - 1)
    taken = np.zeros(len(total), int)
    test = np.zeros(len(held), bool)
    for source in rng.permutation(len(held)):
        mine = held[source]
        if (taken < wanted)[mine].any() and (taken + 1 < total)[mine].all():
            test[source] = True
            taken += mine
    return test


def validation_split(y: np.ndarray, share: float, groups: np.ndarray | None,
                     seed: int) -> np.ndarray:
    """Choose validation spectra: whole groups, about `share` of each class.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
    share : float
    groups : ndarray, shape (n,), or None
        Spectra of one group (near-duplicates, one source) stay together; if None,
        each spectrum is a group of its own.
    seed : int

    Returns
    -------
    ndarray of bool, shape (n,)
        True for validation. Every class keeps at least one group for training.
    """
    rng = np.random.default_rng(seed)
    groups = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    # A group is assigned to the most frequent class of its spectra.
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
