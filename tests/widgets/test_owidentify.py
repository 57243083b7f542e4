"""Identify Spectra through its signals, on real spectra."""
import os
import tempfile
import time
import unittest
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QCoreApplication, Qt
from AnyQt.QtWidgets import QFileDialog
from Orange.classification import MajorityLearner
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.widgets.tests.base import WidgetTest
from orangecanvas.scheme.events import LinkEvent

from orangecontrib.microplastics.confidence.acceptance import ACCEPT, INSPECT
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    CORRELATION,
    DECISIONS,
    EXPLAINED,
    TO_INSPECT,
    remarks,
    threshold_for_refused,
)
from orangecontrib.microplastics.spectra.names import spectrum_names
from orangecontrib.microplastics.widgets.common.answertexts import chance
from orangecontrib.microplastics.widgets.common.modelfiles import found, remembered
from orangecontrib.microplastics.widgets.identify import outputs
from orangecontrib.microplastics.widgets.identify.answerlist import COLUMNS, HOW_MUCH, REMARKS
from orangecontrib.microplastics.widgets.owidentify import OWIdentify


class TestOWIdentify(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        collagen = Table("collagen")
        cls.data = collagen[2::5]
        cls.model = DCNetLearner(epochs=16, widths=(8, 16, 16))(collagen[::5])

    def setUp(self):
        self.widget = self.create_widget(OWIdentify)

    def identify(self, data="data", model="model"):
        self.send_signals([(self.widget.Inputs.data, self.data if data == "data" else data),
                           (self.widget.Inputs.model, self.model if model == "model" else model)])
        self.wait_until_finished()

    def output(self, name):
        return self.get_output(getattr(self.widget.Outputs, name))

    def test_parts_make_up_the_whole(self):
        self.identify()
        parts = [self.output(n) for n in ("accepted", "inspect", "unknown")]
        ids = np.concatenate([p.ids for p in parts if p is not None])
        np.testing.assert_array_equal(np.sort(ids), np.sort(self.data.ids))
        annotated = self.output("annotated")
        decision = annotated.get_column("decision")
        self.assertEqual((decision == ACCEPTED).sum(), len(parts[0]))
        right = (annotated.get_column("material") == annotated.Y)[decision == ACCEPTED]
        self.assertGreater(right.mean(), .85)
        self.assertIn(f"Accepted: {len(parts[0])}", self.widget.result_label.text())
        rows = self.widget.view.materials.rows
        self.assertEqual(sum(row[4] for row in rows), len(self.data))

    def test_spectra_in_columns_are_turned(self):
        """As Orange's File reads a text file of two columns."""
        at = np.array([float(a.name) for a in self.data.domain.attributes])
        domain = Domain([ContinuousVariable("cm-1"), ContinuousVariable("my bag")])
        self.identify(Table.from_numpy(domain, np.column_stack([at, self.data.X[0]])))
        self.assertTrue(self.widget.Information.turned.is_shown())
        answers = self.output("annotated")
        self.assertEqual(len(answers), 1)
        self.identify(self.data[:1])
        self.assertFalse(self.widget.Information.turned.is_shown())
        np.testing.assert_array_equal(answers.get_column("material"),
                                      self.output("annotated").get_column("material"))

    def test_data_without_spectra_are_told_before_there_is_a_model(self):
        self.send_signal(self.widget.Inputs.data, Table("iris"))
        self.assertIn("no wavenumbers", str(self.widget.Warning.unsuitable))
        self.send_signal(self.widget.Inputs.model, self.model)
        self.wait_until_finished()
        self.assertFalse(self.widget.Warning.unsuitable.is_shown())
        self.assertTrue(any("no wavenumbers" in str(m) for m in self.widget.Error.active))

    def test_nothing_but_zeros_is_told(self):
        zeros = self.data[:3].copy()
        with zeros.unlocked(zeros.X):
            zeros.X[:] = 0
        self.identify(zeros)
        self.assertTrue(self.widget.Warning.zeros.is_shown())
        self.identify()
        self.assertFalse(self.widget.Warning.zeros.is_shown())

    def opened(self, widget, path):
        with patch.object(QFileDialog, "getOpenFileName", return_value=(str(path), "")):
            widget.models.open_button.click()
        self.assertIn("Opening", widget.models.label.text())  # in the background
        self.process_events(lambda: "Opening" not in widget.models.label.text())
        self.wait_until_finished(widget=widget)

    def test_a_model_can_be_opened_from_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tissue.dcnet")
            self.model.save(path)
            self.identify(model=None)
            self.assertIsNone(self.output("annotated"))
            self.opened(self.widget, path)
            from_file = self.output("annotated")
            self.assertIn("tissue.dcnet", self.widget.models.label.text())
            self.assertIsInstance(self.output("model"), DCNetModel)
            self.widget.send_report()

            self.send_signal(self.widget.Inputs.model, self.model)
            self.wait_until_finished()
            self.assertIs(self.output("model"), self.model)
            np.testing.assert_array_equal(self.output("annotated").metas, from_file.metas)
            self.send_signal(self.widget.Inputs.model, None)
            self.wait_until_finished()
            self.assertIsNotNone(self.output("annotated"))

            # A workflow that is opened later takes the same file, also where it was moved.
            settings = self.widget.settingsHandler.pack_data(self.widget)
            again = self.create_widget(OWIdentify, stored_settings=settings)
            self.send_signal(again.Inputs.data, self.data, widget=again)
            self.process_events(lambda: again.model is not None)
            self.wait_until_finished(widget=again)
            self.assertIsNotNone(self.get_output(again.Outputs.annotated, widget=again))
            again.models.close_button.click()
            self.assertIsNone(self.get_output(again.Outputs.annotated, widget=again))
            self.assertIsNone(again.model_file)

    def test_a_model_beside_the_workflow_moves_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            before, after = os.path.join(folder, "before"), os.path.join(folder, "after")
            os.mkdir(before)
            self.model.save(os.path.join(before, "tissue.dcnet"))
            with patch.object(self.widget, "workflowEnv", lambda: {"basedir": before}):
                kept = remembered(self.widget, os.path.join(before, "tissue.dcnet"))
            os.rename(before, after)
            with patch.object(self.widget, "workflowEnv", lambda: {"basedir": after}):
                self.assertEqual(os.path.realpath(found(self.widget, kept)),
                                 os.path.realpath(os.path.join(after, "tissue.dcnet")))

    def test_a_file_that_is_no_model(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "no.dcnet")
            with open(path, "w", encoding="utf-8") as file:
                file.write("nothing")
            self.identify(model=None)
            self.opened(self.widget, path)
            self.assertTrue(self.widget.Error.no_model.is_shown())
            # New data do not close the model.
            self.send_signal(self.widget.Inputs.data, self.data[:3])
            self.assertTrue(self.widget.Error.no_model.is_shown())
            self.identify()
            self.assertFalse(self.widget.Error.no_model.is_shown())
            self.opened(self.widget, path)
            self.assertIs(self.widget.model, self.model)  # a failure loses nothing
            self.assertIsNotNone(self.output("annotated"))

    def test_thresholds(self):
        self.identify()
        widget = self.widget
        score = widget.thresholds.rule.limited(widget.result.answer)
        limit = round(float(np.median(score)), 2)
        widget.view.threshold_moved.emit(0, limit)
        self.assertEqual((widget.accept, widget.inspect), (limit, min(INSPECT, limit)))
        self.assertEqual(len(self.output("accepted")), (score >= limit).sum())
        widget.view.threshold_moved.emit(1, 1.)
        self.assertEqual((widget.accept, widget.inspect), (1, 1))
        self.assertIsNone(self.output("accepted"))
        self.assertEqual(len(self.output("unknown")), len(self.data))
        self.assertTrue(widget.Warning.many.is_shown())
        widget.thresholds.set_defaults()
        self.assertEqual((widget.accept, widget.inspect), (ACCEPT, INSPECT))
        self.assertEqual([line.value() for line in widget.view.plot.lines], [ACCEPT, INSPECT])

    def test_line_is_dragged(self):
        self.identify()
        line = self.widget.view.plot.lines[0]
        line.setValue(.9)
        line.sigDragged.emit(line)
        self.assertEqual(self.widget.accept, .9)

    def test_decide_by(self):
        self.identify()
        self.widget.controls.checks.click()
        self.decide_by(CORRELATION)
        expected = self.widget.result.answer.correlation >= ACCEPT
        np.testing.assert_array_equal(
            self.output("annotated").get_column("decision") == ACCEPTED, expected)

    def test_other_model(self):
        self.identify(model=MajorityLearner()(self.data))
        self.assertIn("Majority", str(self.widget.Error.not_ours))
        self.assertIsNone(self.output("annotated"))
        self.identify()
        self.assertFalse(self.widget.Error.active)
        self.assertIsNotNone(self.output("annotated"))

    def test_no_wavenumbers_and_short_range(self):
        self.identify(data=Table("iris"))
        self.assertIn("no wavenumbers", str(self.widget.Error.failed))
        low = [a for a in self.data.domain.attributes if float(a.name) > 1300]
        self.identify(data=self.data.transform(Domain(low, self.data.domain.class_vars)))
        self.assertIn("missing: 904-1", str(self.widget.Error.failed))
        middle = [a for a in self.data.domain.attributes if float(a.name) > 1000]
        self.identify(data=self.data.transform(Domain(middle, self.data.domain.class_vars)))
        self.assertFalse(self.widget.Error.active)
        self.assertIn("missing: 904-1000", str(self.widget.Warning.notes))

    def test_transmittance_is_converted_at_a_click(self):
        self.identify()
        expected = self.output("annotated").get_column("material")
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:] = 100 * 10 ** -data.X
        self.identify(data=data)
        self.assertIn("Press Convert to Absorbance", str(self.widget.Error.scale))
        self.assertIsNone(self.output("annotated"))
        self.assertFalse(self.widget.convert_button.isHidden())
        self.widget.convert_button.click()
        self.wait_until_finished()
        self.assertTrue(self.widget.Information.converted.is_shown())
        annotated = self.output("annotated")
        np.testing.assert_array_equal(annotated.get_column("material"), expected)
        # It stays on for the next file, which may be absorbance.
        self.identify()
        self.assertIn("Press Do Not Convert", str(self.widget.Error.scale))
        self.assertFalse(self.widget.convert_button.isHidden())
        self.widget.convert_button.click()
        self.wait_until_finished()
        self.assertFalse(self.widget.Error.active)
        self.identify(data=data)
        self.widget.convert_button.click()
        self.wait_until_finished()
        np.testing.assert_array_equal(annotated.X, data.X, "what came in goes out")

    def test_rows_without_answer(self):
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:3] = np.nan
        self.identify(data=data)
        self.assertIn(f"3 of {len(data)}", str(self.widget.Warning.notes))
        self.assertIn(["no prediction", 0, 0, 3, 3], list(self.widget.view.materials.rows))

    def test_removing_inputs_clears_outputs(self):
        self.identify()
        self.send_signal(self.widget.Inputs.model, None)
        for name in ("annotated", "accepted", "inspect", "unknown"):
            self.assertIsNone(self.output(name))
        self.assertEqual(self.widget.result_label.text(), "Choose a model.")
        self.send_signal(self.widget.Inputs.data, self.data[:0])
        self.assertEqual(self.widget.result_label.text(),
                         "Connect spectra.<br>Choose a model.")

    def test_cancel(self):
        def slow(model, data, callback, **_):
            while True:
                callback(.5)
                time.sleep(.01)

        with patch.object(DCNetModel, "answer", slow):
            self.send_signals([(self.widget.Inputs.data, self.data),
                               (self.widget.Inputs.model, self.model)])
            self.assertEqual(self.widget.cancel_button.text(), "Cancel")
            self.widget.cancel_button.click()
            self.assertTrue(self.widget.Information.cancelled.is_shown())
            self.assertEqual(self.widget.cancel_button.text(), "Identify")
        self.widget.cancel_button.click()
        self.wait_until_finished()
        self.assertFalse(self.widget.Information.cancelled.is_shown())
        self.assertIsNotNone(self.output("annotated"))

    def test_data_without_class_and_with_other_columns(self):
        data = self.data.transform(Domain(
            (*self.data.domain.attributes, ContinuousVariable("area"))))
        self.identify(data=data)
        self.assertEqual(len(self.output("annotated")), len(data))

    def decide_by(self, score):
        combo = self.widget.controls.by
        combo.setCurrentIndex(score)
        combo.activated.emit(score)

    def test_list(self):
        self.identify()
        widget, annotated = self.widget, self.output("annotated")
        model, view = widget.view.list, widget.view.list_view
        self.assertEqual(model.rowCount(), len(self.data))
        # Unknown, then to inspect, then accepted, each by increasing score; every row agrees with
        # the output for that spectrum.
        order = [annotated[int(model.mapToSourceRows(i))] for i in range(model.rowCount())]
        keys = [(-DECISIONS.index(str(row["decision"])), min(
            float(row[name]) for name in ("confidence", "correlation", "explained", "complete")))
            for row in order]
        self.assertEqual(keys, sorted(keys))
        self.assertGreater(len(set(keys)), len(keys) // 2)
        view.sortByColumn(0, Qt.DescendingOrder)
        self.assertEqual(model.data(model.index(0, 0)), f"Row {len(self.data)}")
        library = self.model.references.materials
        for i in (0, 7, len(self.data) - 1):
            row = annotated[int(model.mapToSourceRows(i))]
            self.assertEqual(
                [model.data(model.index(i, c)) for c in (1, *range(5, 10))],
                [str(row["decision"]), f"{row['library']} {float(row['hit quality']):.2f}",
                 *(f"{float(row[name]):.2f}" for name in (
                     "confidence", "correlation", "explained", "complete"))])
            self.assertIn(str(row["library"]), library)
            self.assertIn(str(row["material"]), model.data(model.index(i, 2)))
            self.assertEqual(model.data(model.index(i, 4)), chance(float(row["probability"])))
        for column in range(model.columnCount()):
            view.sortByColumn(column, Qt.AscendingOrder)
            rows = model.mapToSourceRows(np.arange(len(self.data)))
            self.assertEqual(sorted(rows), list(range(len(self.data))))

    def test_the_class_of_an_unknown_spectrum_is_no_answer(self):
        self.identify()
        self.widget.view.threshold_moved.emit(1, 1.)
        model = self.widget.view.list
        name = self.model.domain.class_var.values[int(self.widget.result.answer.values[0])]
        at = model.index(int(model.mapFromSourceRows(0)), 2)
        self.assertEqual(model.data(at), f"({name}?)")
        self.assertIsNone(model.data(at, Qt.FontRole))
        self.assertIsNotNone(model.data(at, Qt.ForegroundRole))
        self.assertIn("Unknown", model.data(at, Qt.ToolTipRole))
        self.widget.view.threshold_moved.emit(0, 0.)
        at = model.index(int(model.mapFromSourceRows(0)), 2)
        self.assertEqual(model.data(at), name)
        self.assertTrue(model.data(at, Qt.FontRole).bold())

    def test_heads_and_decisions_are_not_cut(self):
        self.identify()
        self.widget.show()
        view = self.widget.view.list_view
        header = view.horizontalHeader()
        for column, title in enumerate(COLUMNS):
            if column == HOW_MUCH:
                self.assertTrue(view.isColumnHidden(column), "it knows single materials only")
                continue
            self.assertGreater(header.sectionSize(column),
                               header.fontMetrics().horizontalAdvance(title))
        self.assertGreaterEqual(header.sectionSize(1), view.sizeHintForColumn(1))
        self.assertLess(self.widget.width(), 1366)
        self.assertLess(self.widget.height(), 768 - 60)
        self.assertLess(self.widget.minimumSizeHint().width(), 1100)
        self.widget.hide()

    def test_remarks_name_unexplained_bands(self):
        """A band that no class has is found and named, and the spectrum is not accepted."""
        data = self.data.copy()
        axis = np.array([float(a.name) for a in data.domain.attributes])
        with data.unlocked(data.X):
            data.X[::2] += .6 * np.ptp(data.X[::2], axis=1)[:, None] \
                * np.exp(-.5 * ((axis - 1728) / 8) ** 2)
        self.identify(data=data)
        self.decide_by(EXPLAINED)
        decisions = self.output("annotated").get_column("decision")
        self.assertLess((decisions[::2] == ACCEPTED).mean(), .2)
        self.assertGreater((decisions[1::2] == ACCEPTED).mean(), .7)
        model = self.widget.view.list
        texts = [model.text(row, REMARKS) for row in range(len(data))]
        self.assertEqual(texts, remarks(self.model, self.widget.result.answer,
                                        self.widget.thresholds.rule, range(len(data))))
        # In the others, the model takes it for a band of the class that is higher than usual.
        named = [("1724" in t or "1728" in t) and "C=O" in t for t in texts]
        self.assertGreater(np.mean(named[::2]), .4)
        self.assertFalse(any(named[1::2]))
        self.assertTrue(all(texts[::2]))
        # Those with remarks that matter come first.
        self.widget.view.list_view.sortByColumn(REMARKS, Qt.AscendingOrder)
        self.assertTrue(model.data(model.index(0, REMARKS)))

    def test_selection_is_sent_marked_drawn_and_remembered(self):
        self.identify()
        widget = self.widget
        view = widget.view
        self.assertIsNone(self.output("selected"))
        view.list_view.selectRow(0)
        least = int(view.list.mapToSourceRows(0))
        score = widget.thresholds.rule.score(widget.result.answer)
        self.assertEqual(score[least], score.min())
        self.assertEqual(list(self.output("selected").ids), [self.data.ids[least]])
        self.assertIn("decision", self.output("selected").domain)
        marked = view.plot._marks.getData()[0]
        self.assertAlmostEqual(marked[0], score[least], 2)
        self.assertIn(view.list.text(least, 0), view.drawing.title.text())
        # Sorting and thresholds change the order of rows, but not the selected spectra.
        view.list_view.sortByColumn(4, Qt.DescendingOrder)
        view.threshold_moved.emit(0, .95)
        self.assertEqual(list(self.output("selected").ids), [self.data.ids[least]])
        settings = widget.settingsHandler.pack_data(widget)
        self.widget = self.create_widget(OWIdentify, stored_settings=settings)
        self.identify()
        self.assertEqual(list(self.output("selected").ids), [self.data.ids[least]])
        self.identify(data=self.data[:20])
        self.assertIsNone(self.output("selected"))

    def test_without_a_selection_the_least_certain_one_to_inspect_is_drawn(self):
        self.identify()
        view = self.widget.view
        self.widget.view.threshold_moved.emit(0, 1.)
        score = self.widget.thresholds.rule.score(self.widget.result.answer)
        doubtful = np.flatnonzero(self.widget.decisions == TO_INSPECT)
        self.assertIn(f"<b>Row {1 + doubtful[score[doubtful].argmin()]}</b>",
                      view.drawing.title.text())
        # If none is to be inspected, the least certain of all.
        self.widget.view.threshold_moved.emit(1, 1.)
        self.assertFalse((self.widget.decisions == TO_INSPECT).any())
        self.assertIn(f"<b>Row {1 + np.nanargmin(score)}</b>", view.drawing.title.text())
        self.identify(data=self.data[:1])
        self.assertIn("<b>Row 1</b>", view.drawing.title.text())
        self.identify()
        view.select([3, 4, 5])
        self.assertIn("Row 4", view.drawing.title.text())
        self.assertIn("one of 3", view.drawing.title.text())
        view.tabs.setCurrentIndex(1)
        view.select([7])
        view.tabs.setCurrentIndex(0)
        self.assertIn("Row 8", view.drawing.title.text())

    def test_a_selection_leaves_the_other_outputs_alone(self):
        self.identify()
        before = self.output("annotated")
        self.widget.view.list_view.selectRow(2)
        self.assertIs(self.output("annotated"), before)
        self.assertEqual(len(self.output("selected")), 1)

    def test_many_spectra_are_sent_from_the_background(self):
        with patch.object(outputs, "_MANY", 10):
            self.identify()
            self.process_events(lambda: self.output("annotated") is not None)
            self.widget.view.threshold_moved.emit(0, .99)
            # Each is asked for while the one before is being made.
            self.widget._send_changed()
            self.widget.view.threshold_moved.emit(0, .98)
            self.process_events(lambda: not self.widget.isInvalidated(), timeout=10_000)
        expected = (self.widget.thresholds.rule.limited(self.widget.result.answer) >= .98).sum()
        accepted = self.output("accepted")
        self.assertEqual(0 if accepted is None else len(accepted), expected)

    def test_too_little_memory_for_the_outputs(self):
        self.identify()
        with patch.object(outputs, "_MANY", 10), \
                patch.object(outputs, "annotate", side_effect=MemoryError):
            self.widget.view.threshold_moved.emit(0, .9)
            self.process_events(self.widget.Error.out_of_memory.is_shown)
        self.assertFalse(self.widget.isInvalidated())
        self.widget.view.threshold_moved.emit(0, .8)
        self.assertIsNotNone(self.output("annotated"))

    def test_a_count_selects_its_spectra(self):
        self.identify()
        table = self.widget.view.materials
        material = self.widget.model.domain.class_var.values[1]
        row, = (i for i in range(table.rows.rowCount())
                if table.rows.data(table.rows.index(i, 0)) == material)
        table.clicked.emit(table.rows.index(row, 1))
        selected = self.output("selected")
        self.assertEqual(str(len(selected)), table.rows.data(table.rows.index(row, 1)))
        self.assertEqual({str(r["material"]) for r in selected}, {material})
        self.assertEqual({str(r["decision"]) for r in selected}, {"Accepted"})

    def test_checks(self):
        self.identify()
        answer = self.widget.result.answer
        self.widget.result = self.widget.result._replace(
            answer=answer._replace(agrees=np.zeros(len(self.data), bool)))
        self.widget._rule_changed()
        self.assertEqual((self.widget.decisions == ACCEPTED).sum(), 0)
        self.assertIn("library:", self.widget.view.list.text(0, REMARKS))
        self.widget.controls.checks.click()
        self.assertGreater((self.widget.decisions == ACCEPTED).sum(), 0)

    # --- thresholds by a promise

    def test_promise_with_labelled_spectra(self):
        widget = self.widget
        widget.controls.checks.click()
        widget.thresholds.promises.buttons["refused"].click()
        self.assertIn("as soon as", widget.thresholds.promises.label.text())
        self.identify()
        self.assertIn("kept no labelled spectra", widget.thresholds.promises.label.text())
        self.assertEqual(widget.accept, ACCEPT)
        self.send_signal(widget.Inputs.labelled, self.data)
        self.wait_until_finished()
        known = widget.result.labelled.known
        accept = threshold_for_refused(known, widget.thresholds.rule, .05)
        self.assertLessEqual(widget.accept, accept)
        self.assertGreater(widget.accept, accept - .01)
        self.assertIn(f"{widget.accept:.2f}", widget.thresholds.promises.label.text())
        self.assertIn(f"{known.right.sum()} labelled spectra of yours",
                      widget.thresholds.promises.label.text())
        self.assertLessEqual(widget.inspect, widget.accept)
        self.assertFalse(widget.Warning.unlike.is_shown())  # they are the same spectra
        widget.thresholds.promises.spins["refused"].setValue(30)
        self.assertGreater(widget.accept, accept)
        self.assertEqual(widget.view.plot.lines[0].value(), widget.accept)
        widget.send_report()
        self.assertIn("refuse at most 30 %", widget.report_html)

        # A threshold that is set by hand is no promise.
        widget.view.threshold_moved.emit(0, .5)
        self.assertEqual(widget.promise, "")
        self.assertFalse(widget.thresholds.promises.label.isVisibleTo(widget))
        self.decide_by(CORRELATION)
        self.assertEqual(widget.accept, .5)

    def test_promise_is_kept_when_the_rule_or_the_labelled_spectra_change(self):
        widget = self.widget
        widget.controls.checks.click()
        self.send_signal(widget.Inputs.labelled, self.data)
        self.identify()
        widget.thresholds.promises.buttons["refused"].click()
        first = widget.accept
        self.decide_by(CORRELATION)
        self.assertNotEqual(widget.accept, first)
        second = widget.accept
        self.send_signal(widget.Inputs.labelled, self.data[::2])
        self.wait_until_finished()
        self.assertNotEqual(widget.accept, second)
        settings = widget.settingsHandler.pack_data(widget)
        again = self.create_widget(OWIdentify, stored_settings=settings)
        self.send_signals([(again.Inputs.data, self.data), (again.Inputs.model, self.model),
                           (again.Inputs.labelled, self.data)], widget=again)
        self.wait_until_finished(widget=again)
        self.assertEqual(again.accept, second)

    def test_labelled_spectra_that_cannot_be_used(self):
        self.identify()
        iris = Table("iris")
        others = self.data.transform(Domain(
            self.data.domain.attributes, DiscreteVariable("polymer", ("PE", "PP"))))
        with others.unlocked(others.Y):
            others.Y[:] = 0
        for labelled, text in (
                (iris, "wavenumbers"),
                (self.data.transform(Domain(self.data.domain.attributes)), "no class"),
                (others, "none has the name")):
            self.send_signal(self.widget.Inputs.labelled, labelled)
            self.wait_until_finished()
            self.assertIn(text, str(self.widget.Warning.labelled))
            self.assertIsNotNone(self.output("annotated"))
        self.send_signal(self.widget.Inputs.labelled, None)
        self.wait_until_finished()
        self.assertFalse(self.widget.Warning.labelled.is_shown())

    def test_new_spectra_that_do_not_look_like_the_labelled_ones(self):
        noisy = self.data.copy()
        rng = np.random.default_rng(0)
        with noisy.unlocked(noisy.X):
            noisy.X += .03 * np.ptp(noisy.X, axis=1)[:, None] * rng.normal(size=noisy.X.shape)
        self.widget.controls.checks.click()
        self.send_signal(self.widget.Inputs.labelled, self.data)
        self.decide_by(CORRELATION)
        self.identify(data=noisy)
        self.assertFalse(self.widget.Warning.unlike.is_shown())
        self.widget.thresholds.promises.spins["refused"].setValue(1)
        self.widget.thresholds.promises.buttons["refused"].click()
        self.assertTrue(self.widget.Warning.unlike.is_shown())
        self.widget.thresholds.set_defaults()
        self.assertFalse(self.widget.Warning.unlike.is_shown())

    def test_settings_of_release_0_1(self):
        widget = self.create_widget(OWIdentify, stored_settings={
            "__version__": 1, "auto_commit": True, "by": 3, "accept": .8, "inspect": .5,
            "convert": False, "selection": [2], "model_file": None, "folder": "",
            "controlAreaVisible": True})
        self.assertEqual(widget.thresholds.rule, (EXPLAINED, .8, .5, True))
        self.send_signals([(widget.Inputs.data, self.data), (widget.Inputs.model, self.model)],
                          widget=widget)
        self.wait_until_finished(widget=widget)
        self.assertEqual(list(self.get_output(widget.Outputs.selected, widget=widget).ids),
                         [self.data.ids[2]])

    # --- waiting

    def test_an_input_that_waits_is_not_called_missing(self):
        """Orange delivers nothing while the network is being trained."""
        source = SimpleNamespace(title="Dual-Branch CNN")
        links = [SimpleNamespace(source_node=source, sink_channel=SimpleNamespace(name=name),
                                 is_enabled=lambda: True) for name in ("Model", "Data")]
        for link in links:
            QCoreApplication.sendEvent(
                self.widget, LinkEvent(LinkEvent.InputLinkAdded, link, 0))
        self.process_events()
        self.assertIn("Waiting for the model of <b>Dual-Branch CNN",
                      self.widget.models.label.text())
        self.assertFalse(self.widget.models.ready_button.isVisibleTo(self.widget))
        self.assertNotIn("Connect", self.widget.result_label.text())
        self.identify(model=None)
        self.assertFalse(self.widget.Information.no_model.is_shown())
        self.identify()
        self.assertIn("connected", self.widget.models.label.text())
        QCoreApplication.sendEvent(
            self.widget, LinkEvent(LinkEvent.InputLinkRemoved, links[0], 0))
        self.identify(model=None)
        self.assertTrue(self.widget.Information.no_model.is_shown())
        self.assertTrue(self.widget.models.ready_button.isVisibleTo(self.widget))

    def test_names_of_files(self):
        for given, shown in (
                (["/home/me/a.spc", "/home/me/b.spc"], ["a.spc", "b.spc"]),
                (["C:\\me\\a.spc", "C:\\me\\b.spc"], ["a.spc", "b.spc"]),
                (["/day 1/a.spc", "/day 2/a.spc"], ["day 1/a.spc", "day 2/a.spc"]),
                (["/me/a.csv", "/me/a.csv"], ["a.csv, 1", "a.csv, 2"]),
                (["PE/PP 1", "PE/PP 2"], ["PE/PP 1", "PE/PP 2"]),
                (["x", "x"], ["Row 1", "Row 2"])):
            data = Table.from_numpy(
                Domain(self.data.domain.attributes, None, [StringVariable("Filename")]),
                self.data.X[:2], None, np.array(given, object)[:, None])
            self.assertEqual(spectrum_names(data), shown)
        # File makes categories of a few names.
        named = Domain([DiscreteVariable("name", ("particle", "standard")),
                        *self.data.domain.attributes])
        data = Table.from_numpy(named, np.column_stack([[1, 0], self.data.X[:2]]))
        self.assertEqual(spectrum_names(data), ["standard", "particle"])

    def test_report(self):
        self.widget.send_report()
        self.identify()
        self.widget.report_html = ""
        self.widget.send_report()
        self.widget.view.list_view.selectRow(0)
        self.widget.report_html = ""
        self.widget.send_report()
        for text in ("Accepted from", f"{ACCEPT:.2f}", "Materials", "Accepted:",
                     "234 from 902.6 to 1801.3 1/cm, in steps of 3.86", "Selected spectra", "Row "):
            self.assertIn(text, self.widget.report_html)


if __name__ == "__main__":
    unittest.main()
