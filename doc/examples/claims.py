"""Claims: what texts say about a run of an example, and the run that must bear them out.

A claim's words stand in the notes of its workflow, and between marks in the pages of the
documentation, `<!--110 overgrown-->four of five<!--/-->`, where ``python doc/make_claims.py`` puts
them. tests/test_claims.py runs each workflow and measures.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Claim(NamedTuple):
    name: str
    words: str  # as texts say it
    widget: str  # title of the widget where a reader sees it
    measure: Callable  # of a running workflow (tests/running.py), gives a number
    low: float  # the words hold if the number lies from low to high
    high: float
    question: str = ""  # what the number is, for the answer key
    after: tuple[tuple[str, str, object], ...] = ()  # what is set first: widget, control, value


class Claims(dict):
    """{name: claim}; as text in a note, `{SAYS["overgrown"]}`, a claim is its words."""

    def __getitem__(self, name):
        return super().__getitem__(name).words


def claims(*all_claims: Claim) -> Claims:
    """Claims by name; ValueError if two have the same name, or an empty range."""
    by_name = Claims((claim.name, claim) for claim in all_claims)
    if len(by_name) < len(all_claims):
        raise ValueError("two claims have the same name")
    for claim in all_claims:
        if claim.low > claim.high:
            raise ValueError(f"{claim.name}: {claim.low} > {claim.high}")
    return by_name
