"""Check Labels: find spectra whose label is contradicted by other spectra."""
from __future__ import annotations

from collections import Counter
from html import escape

import numpy as np
from AnyQt.QtCore import QItemSelectionModel, QSize, Qt
from AnyQt.QtWidgets import QSplitter
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output

from orangecontrib.microplastics import labels
from orangecontrib.microplastics.spectra import axis
from orangecontrib.microplastics.spectra.names import spectrum_names
from orangecontrib.microplastics.spectra.preprocess import derivatives, snv
from orangecontrib.microplastics.spectra.resample import fill_missing, resampling_matrix
from orangecontrib.microplastics.spectra.units import looks_like_transmittance, some_rows
from orangecontrib.microplastics.widgets.checklabels.plot import LabelPlot
from orangecontrib.microplastics.widgets.checklabels.task import (
    KEEP,
    DoubtfulModel,
    KeepView,
    fingerprint,
    run,
)
from orangecontrib.microplastics.widgets.common.resultwidget import ResultWidget
from orangecontrib.microplastics.widgets.common.texts import describe_spectra

COMPARED = (("Fingerprint and C-H", labels.REGIONS), ("All wavenumbers", ((0., np.inf),)))

#: Share of doubtful spectra above which unsuitable data are more likely than wrong labels.
_MANY = 1 / 3

#: Shown for spectra that match no other class.
NOTHING = "no known class"

#: Pairs of label and suspected class listed in the summary.
_KINDS = 7


class OWCheckLabels(ResultWidget):
    name = "Check Labels"
    description = "Find spectra whose label is contradicted by other spectra, before a model " \
                  "learns wrong labels."
    icon = "icons/CheckLabels.svg"
    priority = 25
    keywords = "check labels, wrong label, mislabelled, doubtful, clean, quality, curation, " \
               "correlation, library search, reference, microplastics"

    ACTION = "Check"

    class Inputs:
        data = Input("Data", Table, default=True)
        references = Input("Reference Data", Table)

    class Outputs:
        doubtful = Output("Doubtful", Table)
        agreed = Output("Agreed", Table, default=True)
        annotated = Output("Data", Table)

    class Warning(ResultWidget.Warning):
        transmittance = Msg("{} look like transmittance: convert them to absorbance first "
                            "(Interferogram to Spectrum or Preprocess Spectra); otherwise "
                            "every label appears doubtful.")
        many = Msg("{:.0%} of the labels are doubtful. Check that both inputs are absorbance and "
                   "that the references suit these samples.")

    class Information(ResultWidget.Information):
        unchecked = Msg("No reference for {}: these spectra are not checked and go to Agreed.")
        inside = Msg("Compared within one set. Frequent mistakes of the same kind confirm each "
                     "other and are not detected; Reference Data of other origin detect them.")

    settings_version = 1

    margin = Setting(labels.Rule().margin)
    floor = Setting(labels.Rule().floor)
    own = Setting(labels.Rule().own)
    enough = Setting(labels.Rule().enough)
    compared = Setting(0)
    merge = Setting(True)
    derivative = Setting(False)
    #: Fingerprints of the doubtful spectra whose label the user keeps.
    kept = Setting([], schema_only=True)

    def __init__(self):
        super().__init__()
        self.references: Table | None = None
        self.rows = np.empty(0, int)
        self._add_controls()
        self._add_main_area()
        # Qt would limit the window to two thirds of the screen, which is narrow for the plot.
        self.resize(self.sizeHint())
        self._show_result()

    # ---------------------------------------------------------------- layout

    def _add_controls(self):
        box = gui.widgetBox(self.controlArea, "Doubtful if (correlations)")
        self._add_threshold(
            box, "margin", "Other class better by:",
            "How much better the best match in another class must be than the best in the "
            "spectrum's own. Smaller: more labels are doubtful.")
        self._add_threshold(box, "floor", "   and above:",
                            "Matches in other classes below this are considered chance.", -1.)
        self._add_threshold(
            box, "own", "Or own class below:",
            "A spectrum that matches no spectrum of its own class is doubtful too; 0.7 is a "
            "common limit in library search.", -1.)
        spin = gui.spin(box, self, "enough", 1, 1000, label="   if references, at least:",
                        controlWidth=70, alignment=Qt.AlignRight, callback=self._rule_changed)
        spin.setToolTip("Few references do not represent a class; with fewer than this, only a "
                        "better match in another class makes a label doubtful.")
        self._add_defaults(box, "Reset to 0.05, 0.6, 0.7 and 3, which were determined on published "
                                "sets.")

        box = gui.widgetBox(self.controlArea, "Comparison")
        gui.comboBox(box, self, "compared", label="Compare:", orientation=Qt.Horizontal,
                     items=[text for text, _ in COMPARED], callback=self._start,
                     tooltip="Fingerprint and C-H: below 1850 and 2700 to 3100 cm-1. What lies "
                             "between is mostly carbon dioxide and moisture.")
        gui.checkBox(box, self, "merge", "HDPE and LDPE count as PE", callback=self._start,
                     tooltip="They are hard to distinguish by infrared spectra. Also: PEF counts "
                             "as PE and PPL as PP (Kedzierski's classes).")

        self._add_result_box()
        self._add_buttons()

    def _add_main_area(self):
        splitter = QSplitter(Qt.Horizontal)
        self.model = DoubtfulModel(self)
        self.model.keep_changed.connect(self._on_keep)
        self.view = KeepView(self.model)
        # The best matches with another class come first.
        self.view.sortByColumn(4, Qt.DescendingOrder)
        self.view.setMinimumWidth(180)
        self.view.selectionModel().currentRowChanged.connect(self._draw)
        splitter.addWidget(self.view)
        right = gui.vBox(None)
        self.plot = LabelPlot()
        right.layout().addWidget(self.plot)
        gui.checkBox(right, self, "derivative", "Draw first derivatives",
                     callback=self._draw,
                     tooltip="The rule compares the first derivative of each spectrum, which "
                             "removes the baseline.")
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([440, 540])
        self.mainArea.layout().addWidget(splitter)

    def sizeHint(self):
        return QSize(1180, 590)

    # ---------------------------------------------------------------- inputs

    @Inputs.data
    def set_data(self, data):
        self.data = data or None

    @Inputs.references
    def set_references(self, references):
        self.references = references or None

    # ------------------------------------------------------------ comparison

    def _rule(self):
        return labels.Rule(self.margin, self.floor, self.own, self.enough)

    def _begin(self):
        if self.data is None:
            return
        units = [name for name, table in (("Data", self.data), ("Reference Data", self.references))
                 if table is not None and self._transmittance(table)]
        if units:
            self.Warning.transmittance(" and ".join(units))
        self.start(run, self.data, self.references, self._rule(), COMPARED[self.compared][1],
                   None if self.merge else {})

    @staticmethod
    def _transmittance(table):
        try:
            columns, _ = axis.spectral_columns(table.domain)
        except ValueError:
            return False
        return looks_like_transmittance(table.X[some_rows(len(table))][:, columns])

    def on_done(self, result):
        if result.check.unchecked:
            self.Information.unchecked(", ".join(result.check.unchecked))
        if result.check.mode == "neighbours":
            self.Information.inside()
        super().on_done(result)

    # ---------------------------------------------------------------- result

    def _rule_changed(self):
        if self.result is not None:
            self.result = self.result._replace(check=self.result.check.with_rule(self._rule()))
            self._show_result()
            self.commit.deferred()

    def _set_defaults(self):
        self.margin, self.floor, self.own, self.enough = labels.Rule()
        self._rule_changed()

    def _kinds(self):
        """Count pairs of label and suspected class among doubtful spectra, most frequent first."""
        check = self.result.check
        mine = [check.classes[c] for c in check.labels[self.rows]]
        return Counter(zip(mine, self._alike()[self.rows], strict=True)).most_common()

    def _alike(self):
        """Best other class of each spectrum; NOTHING if its correlation is not above the floor."""
        check = self.result.check
        with np.errstate(invalid="ignore"):
            return np.where(check.verdict.other > self.floor, check.suspected_names(), NOTHING)

    def _show_result(self):
        self.Warning.many.clear()
        self.plot.clear("Connect spectra with a class." if self.data is None else
                        "Nothing to show.")
        if self.result is None:
            self.rows = np.empty(0, int)
            self.model.clear()
            self.result_label.clear()
            return
        check = self.result.check
        verdict = check.verdict
        self.rows = np.flatnonzero(verdict.doubtful)
        if len(self.rows) > _MANY * max(1, verdict.checked.sum()):
            self.Warning.many(len(self.rows) / verdict.checked.sum())
        names, called = spectrum_names(self.data), self._called()
        alike, kept = self._alike(), set(self.kept)
        self._prints = [fingerprint(self.data, i) for i in self.rows]
        self.model.wrap([[names[i], called[i], alike[i], float(verdict.own[i]),
                          float(verdict.other[i]), mark in kept]
                         for i, mark in zip(self.rows, self._prints, strict=True)])
        header = self.view.horizontalHeader()
        self.view.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())
        self.view.resizeColumnsToContents()
        # Limit the width of long names, so that the numbers remain visible.
        for column, widest in enumerate(
                ("Spectrum0", "Label0", NOTHING, "r own", "r other0")):
            width = self.view.fontMetrics().horizontalAdvance(widest) + 12
            self.view.setColumnWidth(column, min(self.view.columnWidth(column), width))
        self.view.setColumnWidth(KEEP, 48)  # minimum; the last column is stretched
        self.result_label.setText(self._summary())
        if len(self.rows):
            self.plot.clear()
            self.view.selectionModel().setCurrentIndex(
                self.model.index(0, 0),
                QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)
        else:
            self.plot.clear("No label is doubtful.")

    def _against(self):
        return {"reference": f"{0 if self.references is None else len(self.references):,} "
                             "reference spectra",
                "studies": "the other studies in the data",
                "neighbours": "the other spectra of the data, near-duplicates left out",
                }[self.result.check.mode]

    def _summary(self):
        n, checked = len(self.rows), int(self.result.check.verdict.checked.sum())
        lines = [f"<b>{n:,} of {checked:,} labels are doubtful</b>, compared with "
                 f"{escape(self._against())}."]
        kinds = self._kinds()
        lines += [f"{count:,} {escape(own)} look like {escape(other)}"
                  for (own, other), count in kinds[:_KINDS]]
        kept = len(self._doubtful()[1])
        if kept:
            lines.insert(1, f"{kept:,} of them kept by you.")
        rest = sum(count for _, count in kinds[_KINDS:])
        if rest:
            lines.append(f"{rest:,} others")
        return "<br>".join(lines)

    def _on_keep(self):
        """Store which labels are kept; marks of spectra that are not listed now stay unchanged."""
        listed = dict(zip(self._prints, (row[KEEP] for row in self.model), strict=True))
        self.kept = sorted({mark for mark in self.kept if mark not in listed}
                           | {mark for mark, keep in listed.items() if keep})
        self.result_label.setText(self._summary())
        self.commit.deferred()

    def _doubtful(self):
        """Rows of the data with doubtful labels: those not kept by the user, and those kept."""
        keep = np.array([row[KEEP] for row in self.model], bool)
        return self.rows[~keep], self.rows[keep]

    def _called(self):
        values = self.data.domain.class_var.values
        return ["?" if np.isnan(v) else values[int(v)] for v in self.data.Y]

    def _draw(self, *_):
        chosen = self.view.selectionModel().currentIndex()
        if self.result is None or not chosen.isValid() or not len(self.rows):
            return
        row = self.rows[self.model.mapToSourceRows(chosen.row())]
        check, grid, part, medians = self.result
        verdict = check.verdict
        columns, wavenumbers = axis.spectral_columns(self.data.domain)
        spectrum = fill_missing(np.asarray(self.data.X[[row]][:, columns], float),
                                     wavenumbers) @ resampling_matrix(wavenumbers, grid)
        spectrum = snv(spectrum, part)[0]
        own = medians[check.labels[row]]
        other = medians[verdict.suspected[row]] if verdict.suspected[row] >= 0 \
            else np.full(len(grid), np.nan)
        quantity = "Absorbance, scaled"
        if self.derivative:
            spectrum, own, other = (self._derived(c, part) for c in (spectrum, own, other))
            quantity = "First derivative, scaled"
        called, suspected = self._called()[row], check.suspected_names()[row]
        self.plot.show_spectrum(
            spectrum_names(self.data)[row], grid, spectrum, (called, verdict.own[row], own),
            (suspected, verdict.other[row], other), part, quantity)

    @staticmethod
    def _derived(curve, part):
        if not np.isfinite(curve).all():
            return curve
        derived = derivatives(curve[None])[0]
        return derived / (derived[part].std() or 1)

    # --------------------------------------------------------------- outputs

    @gui.deferred
    def commit(self):
        doubtful = agreed = annotated = None
        if self.result is not None:
            check = self.result.check
            rows, kept = self._doubtful()
            annotated = check.annotate(self.data, kept)
            if len(rows):
                doubtful = annotated[rows]
                doubtful.name = f"{self.data.name}: doubtful labels"
            if len(rows) < len(self.data):
                # Unchanged, without additional metas, since models are trained on it.
                agreed = self.data[np.setdiff1d(np.arange(len(self.data)), rows)]
                agreed.name = self.data.name
        self.Outputs.doubtful.send(doubtful)
        self.Outputs.agreed.send(agreed)
        self.Outputs.annotated.send(annotated)

    # ---------------------------------------------------------------- report

    def send_report(self):
        if self.data is None:
            return
        self.report_items("Data", describe_spectra(self.data))
        if self.references is not None:
            self.report_items("Reference data", describe_spectra(self.references))
        self.report_items("A label is doubtful if", (
            ("another class matches better by", f"{self.margin:.2f}"),
            ("with a correlation above", f"{self.floor:.2f}"),
            ("or its own class matches below", f"{self.own:.2f}"),
            ("if it has references, at least", self.enough),
            ("Compared", f"first derivatives (Savitzky-Golay 9, 2); {COMPARED[self.compared][0]}"),
            ("HDPE and LDPE count as PE", "yes" if self.merge else "no")))
        if self.result is None:
            return
        self.report_paragraph("Result", self.result_label.text())
        if len(self.rows):
            self.report_table("Doubtful labels", self.view)
            self.report_caption("r: best correlation of first derivatives in the class.")
            if self.view.selectionModel().hasSelection():
                self.report_name(self.plot.title.text())
                self.report_plot(self.plot.own)
                self.report_plot(self.plot.other)


if __name__ == "__main__":
    from orangecontrib.microplastics import datasets
    WidgetPreview(OWCheckLabels).run(
        set_data=datasets.load("villegas_camacho_2024_c8"),
        set_references=datasets.join([datasets.load("kedzierski_2019"),
                                      datasets.load("jung_2018")]))
