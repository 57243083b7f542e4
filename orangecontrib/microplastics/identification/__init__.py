"""Identification: whether to accept what a model says of spectra, and why not."""
from orangecontrib.microplastics.identification.components import (
    NAMED,
    ONE_WITNESS,
    Component,
    amounts,
    components,
    text,
)
from orangecontrib.microplastics.identification.decision import (
    ACCEPTED,
    ALL,
    COMPLETE,
    CONFIDENCE,
    CORRELATION,
    DECISIONS,
    EXPLAINED,
    PROBABILITY,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    decide,
    threshold_for_refused,
    threshold_for_wrong,
)
from orangecontrib.microplastics.identification.remarks import REASONS, origins, reasons, remarks
from orangecontrib.microplastics.identification.table import annotate, identify

__all__ = ["ACCEPTED", "TO_INSPECT", "UNKNOWN", "DECISIONS", "ALL", "CONFIDENCE", "CORRELATION",
           "EXPLAINED", "COMPLETE", "PROBABILITY", "Rule", "decide", "threshold_for_refused",
           "threshold_for_wrong", "NAMED", "ONE_WITNESS", "Component", "amounts",
           "components", "text", "REASONS", "origins", "reasons", "remarks", "annotate",
           "identify"]
