"""Find spectra whose label is contradicted by other spectra.

Labels of published sets are wrong more often than expected, and errors that agree with each
other cannot be detected within their set: that needs spectra from another source. The rule
compares the shape of bands, as first derivatives, with reference spectra: a spectrum is
doubtful if its best match in another class is better than that in its own by a margin, or if
no reference of its own class matches it.

A doubtful spectrum is a question to a person, not a verdict. Some doubtful spectra are
difficult but correctly labelled, so results on data cleaned this way are slightly too good.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.microplastics.labels.matching import (
    Rule,
    Verdict,
    class_matches,
    judge,
    shapes,
    shared_grid,
)
from orangecontrib.microplastics.materials.bands import REGIONS
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import SAME
from orangecontrib.microplastics.spectra import axis, duplicates
from orangecontrib.microplastics.spectra.preprocess import snv
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix

__all__ = ["Rule", "Verdict", "REGIONS", "check_labels", "LabelCheck", "class_medians"]

class LabelCheck(NamedTuple):
    """Result of :func:`check_labels`.

    Attributes
    ----------
    verdict : Verdict
        ``suspected`` holds indices into `classes`.
    classes : tuple of str
        Names of the classes that were compared, sub-classes merged.
    mode : str
        "reference", "studies" or "neighbours": see :func:`check_labels`.
    unchecked : tuple of str
        Classes of the data that have no reference.
    best, count : ndarrays, shape (n, n_classes)
        From :func:`class_matches`.
    labels : ndarray of int, shape (n,)
        Class of each spectrum by its label, an index into `classes`; -1 where unknown.
    """

    verdict: Verdict
    classes: tuple
    mode: str
    unchecked: tuple
    best: np.ndarray
    count: np.ndarray
    labels: np.ndarray

    def with_rule(self, rule: Rule) -> LabelCheck:
        """Apply other thresholds to the same comparison, without repeating it."""
        return self._replace(verdict=judge(self.best, self.count, self.labels, rule))

    def suspected_names(self):
        """Name of each spectrum's best other class, shape (n,); "" if there is none."""
        names = np.array([*self.classes, ""], dtype=object)
        return names[self.verdict.suspected]

    def annotate(self, data: Table, kept=()) -> Table:
        """Return the data with metas "suspected class", "r own class", "r other class", "doubtful".

        The suspected class is the best other class; it is given for each spectrum, so that a
        threshold can be set afterwards. "doubtful" is "kept" for rows in `kept`: a person
        checked the label and found it right.
        """
        verdict = self.verdict
        domain = data.domain
        taken = {v.name for v in domain.variables + domain.metas}
        suspected = painted(DiscreteVariable(_free("suspected class", taken),
                                              values=self.classes))
        own = ContinuousVariable(_free("r own class", taken), number_of_decimals=3)
        other = ContinuousVariable(_free("r other class", taken), number_of_decimals=3)
        doubtful = DiscreteVariable(_free("doubtful", taken), values=("no", "yes", "kept"))
        table = data.transform(Domain(domain.attributes, domain.class_vars,
                                      domain.metas + (suspected, own, other, doubtful)))
        answer = np.where(verdict.checked, verdict.doubtful.astype(float), np.nan)
        answer[np.asarray(kept, int)] = 2
        codes = np.where(verdict.suspected < 0, np.nan, verdict.suspected)
        with table.unlocked(table.metas):
            for variable, column in ((suspected, codes), (own, verdict.own),
                                     (other, verdict.other), (doubtful, answer)):
                table[:, variable] = column[:, None]
        table.name = data.name
        return table


def _free(name, taken):
    while name in taken:
        name += " (checked)"
    return name


def _labels(data, what):
    variable = data.domain.class_var
    if variable is None or not variable.is_discrete:
        raise ValueError(f"{what} need one class of names, such as the polymer (Select Columns).")
    values = data.get_column(variable)
    return np.where(np.isnan(values), -1, np.nan_to_num(values)).astype(int), variable.values


def _codes(data, name):
    """A meta (or other column) as integers, negative where missing; None if it does not exist."""
    if name not in data.domain or not (data.domain[name].is_discrete
                                       or data.domain[name].is_string):
        return None
    column = data.get_column(name)
    if data.domain[name].is_string:
        text = np.array([str(v) for v in column])
        codes = np.unique(text, return_inverse=True)[1]
        missing = np.isin(text, ("", "?", "nan", "None"))
    else:
        missing = np.isnan(column)
        codes = np.nan_to_num(column).astype(int)
    # Missing values get different codes, so that they do not match each other.
    return np.where(missing, -1 - np.arange(len(codes)), codes)


def check_labels(data: Table, references: Table | None = None, rule: Rule | None = None, *,
                 step: float = axis.STEP, regions=REGIONS, same: Mapping[str, str] | None = None,
                 callback: Callable[[float], None] | None = None) -> LabelCheck:
    """Compare the label of each spectrum with the labels of similar spectra.

    The references depend on the arguments:

    - "reference": the spectra of `references`;
    - "studies": without references, where `data` has a meta ``study`` of at least two studies
      that share a class: the spectra of the other studies;
    - "neighbours": otherwise, the other spectra of `data`, except near-duplicates, which share a
      meta ``source`` or, without one, correlate above 0.999. Many similar errors confirm each
      other and are not detected in this mode.

    Parameters
    ----------
    data : Table
        Spectra in absorbance, with a discrete class.
    references : Table, optional
        Spectra in absorbance whose labels are trusted. Classes are matched by name.
    rule : Rule, optional
        The thresholds.
    step : float
        Spectra are compared on a common grid of this step, cm-1.
    regions : sequence of (low, high)
        Regions to compare, cm-1.
    same : dict of str to str, optional
        Classes to merge into others; by default :data:`SAME`. Give {} for none.
    callback : function of the fraction done, optional
        An exception raised in it stops the work.

    Returns
    -------
    LabelCheck

    Raises
    ------
    ValueError
        If data or references have no wavenumbers, no class, or share no range; if there is
        only one class; if no class of the data has a reference.
    """
    rule = rule or Rule()
    same = SAME if same is None else same
    y, values = _labels(data, "Data")
    if len(data) == 0:
        raise ValueError("There are no spectra to check.")
    columns, wavenumbers = axis.spectral_columns(data.domain)
    mode = "reference"
    if references is None:
        mode = "studies" if _studies_help(data, y, values, same) else "neighbours"
        ref_y, ref_values = y, values
    else:
        ref_y, ref_values = _labels(references, "Reference data")
        ref_columns, ref_axis = axis.spectral_columns(references.domain)

    present = {same.get(values[c], values[c]) for c in np.unique(y[y >= 0])}
    ref_present = {same.get(ref_values[c], ref_values[c]) for c in np.unique(ref_y[ref_y >= 0])}
    if not present:
        raise ValueError("No spectrum of the data has a label.")
    if len(ref_present | present) < 2:
        raise ValueError(f"All spectra are {next(iter(present))}: with one class there is no "
                         "other that a spectrum could belong to.")
    classes = tuple(sorted(ref_present | present))
    number = {name: i for i, name in enumerate(classes)}

    def merged(codes, names):
        table = np.array([number.get(same.get(v, v), -1) for v in names] + [-1])
        return table[codes]

    labels = merged(y, values)
    if references is None:
        grid, part = shared_grid(wavenumbers, step=step, regions=regions)
        S = R = shapes(data.X[:, columns], wavenumbers, grid, part)
        ref_labels = labels
        keys = _codes(data, "study") if mode == "studies" else _sources(
            data, columns, wavenumbers, grid, _share(callback, 0, .4))
        ref_keys = keys
    else:
        grid, part = shared_grid(wavenumbers, ref_axis, step=step, regions=regions)
        S = shapes(data.X[:, columns], wavenumbers, grid, part)
        R = shapes(references.X[:, ref_columns], ref_axis, grid, part)
        ref_labels = merged(ref_y, ref_values)
        keys = ref_keys = None
    # Spectra without shape (empty or constant) are neither used as references nor checked.
    ref_labels = np.where(R.any(axis=1), ref_labels, -1)
    labels = np.where(S.any(axis=1), labels, -1)
    best, count = class_matches(S, R, ref_labels, len(classes), keys=keys,
                                reference_keys=ref_keys, callback=_share(callback, .4, 1))
    verdict = judge(best, count, labels, rule)
    if not verdict.checked.any():
        raise ValueError("No class of the data has a reference: the data hold "
                         f"{', '.join(sorted(present))}, the references "
                         f"{', '.join(sorted(ref_present))}." if references is not None else
                         "Each class stands alone, with nothing to compare its spectra with.")
    seen = np.unique(labels[verdict.checked])
    unchecked = tuple(c for c in classes if c in present and number[c] not in seen)
    return LabelCheck(verdict, classes, mode, unchecked, best, count, labels)


def class_medians(data: Table, classes, grid, part, *, same: Mapping[str, str] | None = None):
    """Median spectrum of each class, for plots.

    Parameters
    ----------
    data : Table
        Spectra with a class.
    classes : sequence of str
        As in :class:`LabelCheck`.
    grid, part : ndarrays, shape (m,)
        From :func:`shared_grid`, within the range of the data.
    same : dict of str to str, optional
        As in :func:`check_labels`.

    Returns
    -------
    ndarray, shape (len(classes), m)
        Of spectra standardized by
        :func:`~orangecontrib.microplastics.spectra.preprocess.snv`; NaN for absent classes.
    """
    same = SAME if same is None else same
    codes, values = _labels(data, "Data")
    columns, wavenumbers = axis.spectral_columns(data.domain)
    matrix = resampling_matrix(wavenumbers, grid)
    out = np.full((len(classes), len(grid)), np.nan)
    for i, name in enumerate(classes):
        mine = np.isin(codes, [c for c, v in enumerate(values) if same.get(v, v) == name])
        X = fill_missing(np.asarray(data.X[mine][:, columns], float), wavenumbers)
        X = X[np.isfinite(X).all(axis=1)]
        if len(X):
            out[i] = np.median(snv(X @ matrix, part), axis=0)
    return out


def _studies_help(data, y, values, same):
    """Whether at least one class occurs in more than one study."""
    study = _codes(data, "study")
    if study is None:
        return False
    studies = {}
    for c, s in set(zip(y.tolist(), study.tolist(), strict=True)):
        if c >= 0 and s >= 0:
            studies.setdefault(same.get(values[c], values[c]), set()).add(s)
    return any(len(s) > 1 for s in studies.values())


def _share(callback, first, last):
    """Return a callback that maps 0 to 1 to `first` to `last` of another callback."""
    return None if callback is None else lambda done: callback(first + (last - first) * done)


def _sources(data, columns, wavenumbers, grid, callback):
    """Keys shared by near-duplicates: the meta ``source``, otherwise by correlation."""
    source = _codes(data, "source")
    if source is not None:
        return source
    filled = fill_missing(np.asarray(data.X[:, columns], float), wavenumbers)
    X = np.nan_to_num(filled @ resampling_matrix(wavenumbers, grid))
    return duplicates.near_duplicate_groups(X, callback=callback)
