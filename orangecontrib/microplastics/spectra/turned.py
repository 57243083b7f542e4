"""Spectra that stand in columns beside their wavenumbers, as instruments export one spectrum.

Orange's File reads such a text file as a table of two columns, and thousands of rows; with decimal
commas, as two columns of text. All else expects a spectrum in a row.
"""
from __future__ import annotations

import numpy as np
from Orange.data import ContinuousVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.spectra.axis import (
    FEWEST_WAVENUMBERS,
    name_of,
    number_in,
    spectral_columns,
)

__all__ = ["turned"]


def turned(data: Table) -> Table | None:
    """
    Spectra in rows, if they stand in columns beside one with their wavenumbers.

    Parameters
    ----------
    data : Table

    Returns
    -------
    Table or None
        A row for each column of numbers, named as the column in the meta attribute "name"; None
        if the data have columns that are wavenumbers, or no column of them. Columns of samples
        that are numbered are no wavenumbers: they are too few.
    """
    try:
        if len(spectral_columns(data.domain)[0]) >= FEWEST_WAVENUMBERS:
            return None
    except ValueError:
        pass
    found = _axis(data)
    if found is None:
        return None
    name, axis = found
    spectra = {variable.name: values for variable in (*data.domain.variables, *data.domain.metas)
               if variable.name != name and (values := _numbers(data, variable)) is not None}
    if not spectra:
        return None
    order = np.argsort(axis, kind="stable")
    domain = Domain([ContinuousVariable(name_of(at)) for at in axis[order]],
                    metas=[StringVariable("name")])
    table = Table.from_numpy(domain, np.stack(list(spectra.values()))[:, order],
                             metas=np.array(list(spectra), object)[:, None])
    table.name = data.name
    return table


def _axis(data):
    """Name and values of the column of wavenumbers; None if there is none.

    It is the first of the features, of the metas or of the classes, strictly monotonic, and has
    the range of an infrared spectrum.
    """
    if len(data) < FEWEST_WAVENUMBERS:
        return None
    domain = data.domain
    for variable in (*domain.attributes[:1], *domain.metas[:1], *domain.class_vars[:1]):
        column = _numbers(data, variable)
        if column is None or not np.isfinite(column).all():
            continue
        steps = np.diff(column)
        if ((steps > 0).all() or (steps < 0).all()) and column.min() >= 100 \
                and 500 <= np.ptp(column) <= 20_000 and np.isnan(number_in(variable.name)):
            return variable.name, column
    return None


def _numbers(data, variable):
    """Values of a column as numbers, also if they are text with decimal commas; None if not."""
    column = data.get_column(variable)
    if variable.is_continuous:
        return np.asarray(column, float)
    texts = [variable.str_val(value).strip() for value in column]
    try:
        return np.array([np.nan if text in ("", "?") else float(text.replace(",", "."))
                         for text in texts])
    except ValueError:
        return None
