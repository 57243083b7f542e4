"""Texts for percentages that are not rounded to 0 or 100 %, and for spectra in a report."""
from __future__ import annotations

import numpy as np
from Orange.data import Domain, Table
from Orange.widgets.report.report import describe_data, describe_domain

from orangecontrib.microplastics.spectra.axis import spectral_columns


def describe_spectra(data: Table) -> dict:
    """
    Description of spectra for a report; Orange's own description for data without wavenumbers.

    Parameters
    ----------
    data : Table

    Returns
    -------
    dict of str to (str, int or False)
        For `report_items`, which leaves out items with the value False.
    """
    try:
        columns, wavenumbers = spectral_columns(data.domain)
    except ValueError:
        return describe_data(data)
    # The wavenumbers are summarised as an axis; everything else is described as by Orange, whose
    # words depend on its language.
    others = [v for i, v in enumerate(data.domain.attributes) if i not in set(columns)]
    rest = describe_domain(Domain(others, data.domain.class_vars, data.domain.metas))
    if not others:
        rest.pop(next(iter(rest)))
    return {"Data instances": len(data), "Wavenumbers": describe_axis(wavenumbers), **rest}


def describe_axis(wavenumbers: np.ndarray) -> str:
    """Number, range and step of wavenumbers (ascending, cm-1), such as "849 from 600 ..."."""
    low, high = (f"{round(float(w), 1):g}" for w in (wavenumbers[0], wavenumbers[-1]))
    text = f"{len(wavenumbers):,} from {low} to {high} 1/cm"
    if len(wavenumbers) > 1:
        steps = np.diff(wavenumbers)
        step = np.median(steps)
        # Wavenumbers in files are rounded: steps that differ by up to 5 % count as even.
        even = np.ptp(steps) <= .05 * step
        text += f", in steps of {step:.3g}" if even else f", in uneven steps of about {step:.3g}"
    return text


def percent(share: float, digits: int = 0) -> str:
    """Format a share in percent; 100 % is shown only for exactly 1, and 0 % only for exactly 0.

    Parameters
    ----------
    share : float
        0 to 1; NaN gives "-".
    digits : int
        Decimal places; more, up to 3, if rounding would give 0 or 100 %.
    """
    if share != share:
        return "-"
    for places in range(digits, 4):
        text = f"{share:.{places}%}"
        if share in (0, 1) or 0 < float(text[:-1]) < 100:
            return text
    return ">99.9%" if share > .5 else "<0.1%"
