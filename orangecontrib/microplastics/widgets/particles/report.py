"""Orange's report of Particles: a summary; the report to sign is saved as files."""
from __future__ import annotations

from html import escape

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.particles.edits import described
from orangecontrib.microplastics.particles.facts import facts
from orangecontrib.microplastics.particles.items import item
from orangecontrib.microplastics.widgets.common.texts import describe_spectra

__all__ = ["write_report"]

#: Items that are told, by key.
_TOLD = ("pixel", "input", "filter_spectrum", "signal", "separation", "smallest", "model",
         "training", "criteria", "library", "size", "size_classes", "blank_correction", "recovery",
         "share_measured", "mass")


def write_report(widget):
    """Write what was used and found: data, model, way, counts, edits, map, drawn particle."""
    if widget.data is not None:
        widget.report_items("Data", describe_spectra(widget.data))
    if widget.result is None or not isinstance(widget.model, DCNetModel):
        return
    sample = widget.sample()
    told = facts(sample)
    widget.report_items("Particles", [(item(key).title, escape(told[key])) for key in _TOLD
                                      if key in told])
    widget.report_paragraph("Result", widget.result_label.text())
    for text in map(str, sample.found.notes):
        widget.report_paragraph(escape(text))
    header, rows = sample.summary.header, sample.summary.rows
    widget.report_paragraph("Counts", _table(header, rows))
    if sample.summary.estimates is not None:
        widget.report_paragraph("Estimates", _table(*sample.summary.estimates))
    for note in sample.summary.notes:
        widget.report_paragraph(escape(note))
    if sample.edits:
        found = sample.found
        places = (found.map.x, found.map.y) if found.map is not None else ()
        told = described(sample.edits, found.labels, *places)
        widget.report_paragraph("Corrections by hand", "<br>".join(map(escape, told)))
    view = widget.view
    if sample.found.map is not None:
        widget.report_plot("Map", view.map.plot)
        widget.report_caption(view.map.legend.text())
    row = view.drawn_row()
    if row is not None:
        view.draw_spectrum()
        widget.report_paragraph("Particle", view.drawing.title.text())
        widget.report_plot(view.drawing.plot)


def _table(header, rows):
    cells = "".join(f"<th>{escape(text)}</th>" for text in header)
    lines = "".join("<tr>" + "".join(
        f"<td{'' if i == 0 else ' style=text-align:right'}>{escape(text)}</td>"
        for i, text in enumerate(row)) + "</tr>" for row in rows)
    return f"<table cellpadding=3><tr>{cells}</tr>{lines}</table>"
