"""Shares as percents that never claim more than is true."""
from __future__ import annotations

__all__ = ["percent"]


def percent(share: float, digits: int = 0) -> str:
    """A share in percent: "100%" only for all, "0%" only for none.

    Parameters
    ----------
    share : float
        0 to 1; "-" stands for NaN.
    digits : int
        Decimal places; more are shown where rounding would make all or none of it.
    """
    if share != share:
        return "-"
    for places in range(digits, 4):
        text = f"{share:.{places}%}"
        if share in (0, 1) or 0 < float(text[:-1]) < 100:
            return text
    return ">99.9%" if share > .5 else "<0.1%"
