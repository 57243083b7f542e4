"""The report of Identify Spectra."""
from __future__ import annotations

from html import escape

from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.widgets.common.answertexts import known_names
from orangecontrib.microplastics.widgets.common.texts import describe_spectra
from orangecontrib.microplastics.widgets.identify.answerlist import COLUMNS
from orangecontrib.microplastics.widgets.identify.decisionbox import SCORES
from orangecontrib.microplastics.widgets.identify.promises import REFUSED, WRONG

__all__ = ["write_report"]

#: Maximum number of selected spectra that are listed.
_REPORTED = 30


def write_report(widget):
    """Write what the widget used and found: data, model, rule, materials, selected spectra."""
    if widget.data is not None:
        widget.report_items("Data", describe_spectra(widget.data))
    if isinstance(widget.model, DCNetModel):
        widget.report_items("Model", _model(widget))
    promises = widget.thresholds.promises
    widget.report_items("Decision", (
        ("By", SCORES[widget.by]),
        ("Also doubted", "improbable ones, those that the library contradicts, and those that "
                         "look like mixtures" if widget.checks else "none"),
        ("Accepted from", f"{widget.accept:.2f}"),
        ("To inspect from", f"{widget.inspect:.2f}"),
        ("Promise", {REFUSED: f"refuse at most {widget.refused} % of known spectra",
                     WRONG: f"at most {widget.wrong} % of the accepted are wrong"}.get(
                         widget.promise, False)),
        ("Labelled spectra", promises.label.text() if widget.promise else False),
        ("Further parts named from", f"{widget.detect:.2f}"),
        ("Promise about parts", widget.parts_promised and
         f"miss at most {widget.missed} % of the parts of 10 % and more"),
        ("Mixtures", widget.parts_promised and promises.parts_label.text()),
        ("Fractions", widget.amounts.text()),
        ("Absorptivities", widget.amounts.by_mass and escape(", ".join(
            f"{name} {value:g}" for name, value in widget.absorptivities.items()))),
        ("Converted from transmittance", "yes" if widget.convert else "no")))
    if widget.result is None:
        return
    widget.report_paragraph("Result", widget.result_label.text())
    for text in (*map(str, widget.result.answer.notes),
                 str(widget.Warning.unlike) if widget.Warning.unlike.is_shown() else ""):
        if text:
            widget.report_paragraph(escape(text))
    widget.report_table("By most probable material", widget.view.materials)
    if widget.selection:
        rows = widget.view.list
        widget.report_items("Selected spectra", [
            (escape(rows.text(row, 0)), escape(", ".join(_cells(rows, row))))
            for row in widget.selection[:_REPORTED]])
        if len(widget.selection) > _REPORTED:
            widget.report_paragraph(f"{len(widget.selection) - _REPORTED:,} more are selected.")
        view = widget.view
        view.draw(view.drawing)  # also if its tab is hidden
        widget.report_name(view.drawing.title.text())
        widget.report_plot(view.drawing.plot)
        view.draw(view.fit)
        if view.fit.shown is not None:
            widget.report_paragraph(view.fit.witnesses.text())
            widget.report_paragraph(view.fit.legend.text())
            widget.report_plot(view.fit.upper)
    widget.report_plot(widget.view.plot)


def _model(widget):
    model = widget.model
    low, high = model.wavenumbers[[0, -1]]
    single, mixtures = known_names(model)
    opened = widget.model_file[0] if widget.model_file and not widget.models.connected else False
    n = model.training.get("spectra")
    return (("Name", escape(str(getattr(model, "name", "")))),
            ("Opened from", opened and escape(opened)),
            ("Range", f"{low:g} to {high:g} 1/cm"),
            ("Trained on", "?" if n is None else f"{n:,} spectra"),
            ("Materials", escape(", ".join(single)) or False),
            ("Mixtures", escape(", ".join(mixtures)) or "none"),
            ("Reference spectra", len(model.references.which) or "none"))


def _cells(model, row):
    """Texts of the columns after the name, without empty ones."""
    for column, title in enumerate(COLUMNS[1:], start=1):
        text = model.text(row, column)
        if text:
            yield f"{title.lower()} {text}"
