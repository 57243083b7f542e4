"""Identify Spectra through its signals, on real spectra."""
import os
import tempfile
import time
import unittest
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QFileDialog
from Orange.classification import MajorityLearner
from Orange.data import ContinuousVariable, Domain, Table
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics.confidence.acceptance import ACCEPT, INSPECT
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.dcnet.model import DCNetModel
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    CORRELATION,
    DECISIONS,
    EXPLAINED,
)
from orangecontrib.microplastics.widgets.common.modelfiles import found, remembered
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
        self.assertEqual(sum(row[4] for row in self.widget._counts()), len(self.data))

    def opened(self, widget, path):
        with patch.object(QFileDialog, "getOpenFileName", return_value=(str(path), "")):
            widget.open_button.click()
        self.assertIn("Opening", widget.model_label.text())  # in the background
        self.process_events(lambda: "Opening" not in widget.model_label.text())
        self.wait_until_finished(widget=widget)

    def test_a_model_can_be_opened_from_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tissue.dcnet")
            self.model.save(path)
            self.identify(model=None)
            self.assertIsNone(self.output("annotated"))
            self.opened(self.widget, path)
            from_file = self.output("annotated")
            self.assertIn("tissue.dcnet", self.widget.model_label.text())
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
            again.close_button.click()
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
            self.assertTrue(self.widget.Error.not_opened.is_shown())
            # New data do not close the model.
            self.send_signal(self.widget.Inputs.data, self.data[:3])
            self.assertTrue(self.widget.Error.not_opened.is_shown())
            self.identify()
            self.assertFalse(self.widget.Error.not_opened.is_shown())
            self.opened(self.widget, path)
            self.assertIs(self.widget.model, self.model)  # a failure loses nothing
            self.assertIsNotNone(self.output("annotated"))

    def test_thresholds(self):
        self.identify()
        widget = self.widget
        score = widget._rule().score(widget.result)
        limit = round(float(np.median(score)), 2)
        widget.plot.threshold_moved.emit(0, limit)
        self.assertEqual((widget.accept, widget.inspect), (limit, min(INSPECT, limit)))
        self.assertEqual(len(self.output("accepted")), (score >= limit).sum())
        widget.plot.threshold_moved.emit(1, 1.)
        self.assertEqual((widget.accept, widget.inspect), (1, 1))
        self.assertIsNone(self.output("accepted"))
        self.assertEqual(len(self.output("unknown")), len(self.data))
        self.assertTrue(widget.Warning.many.is_shown())
        widget._set_defaults()
        self.assertEqual((widget.accept, widget.inspect), (ACCEPT, INSPECT))
        self.assertEqual([line.value() for line in widget.plot.lines], [ACCEPT, INSPECT])

    def test_line_is_dragged(self):
        self.identify()
        line = self.widget.plot.lines[0]
        line.setValue(.9)
        line.sigDragged.emit(line)
        self.assertEqual(self.widget.accept, .9)

    def test_decide_by(self):
        self.identify()
        self.widget.controls.by.buttons[CORRELATION].click()
        expected = self.widget.result.correlation >= ACCEPT
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
        self.assertIn("transmittance", str(self.widget.Error.scale))
        self.assertIsNone(self.output("annotated"))
        self.assertFalse(self.widget.convert_button.isHidden())
        self.widget.convert_button.click()
        self.wait_until_finished()
        self.assertTrue(self.widget.Information.converted.is_shown())
        annotated = self.output("annotated")
        np.testing.assert_array_equal(annotated.get_column("material"), expected)
        np.testing.assert_array_equal(annotated.X, data.X, "what came in goes out")

    def test_rows_without_answer(self):
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[:3] = np.nan
        self.identify(data=data)
        self.assertIn(f"3 of {len(data)}", str(self.widget.Warning.notes))
        self.assertIn(["no prediction", 0, 0, 3, 3], self.widget._counts())

    def test_removing_inputs_clears_outputs(self):
        self.identify()
        self.send_signal(self.widget.Inputs.model, None)
        for name in ("annotated", "accepted", "inspect", "unknown"):
            self.assertIsNone(self.output(name))
        self.assertEqual(self.widget.result_label.text(), "Connect or open a model.")
        self.send_signal(self.widget.Inputs.data, self.data[:0])
        self.assertEqual(self.widget.result_label.text(),
                         "Connect spectra and connect or open a model.")

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

    def test_list(self):
        self.identify()
        widget, annotated = self.widget, self.output("annotated")
        model = widget.list
        self.assertEqual(model.rowCount(), len(self.data))
        # Unknown, then to inspect, then accepted, each by increasing score; every row agrees with
        # the output for that spectrum.
        order = [annotated[int(model.mapToSourceRows(i))] for i in range(model.rowCount())]
        keys = [(-DECISIONS.index(str(row["decision"])), min(
            float(row[name]) for name in ("confidence", "correlation", "explained")))
            for row in order]
        self.assertEqual(keys, sorted(keys))
        self.assertGreater(len(set(keys)), len(keys) // 2)
        widget.list_view.sortByColumn(0, Qt.DescendingOrder)
        self.assertEqual(model.data(model.index(0, 0)), f"Row {len(self.data)}")
        for i in (0, 7, len(self.data) - 1):
            row = annotated[int(model.mapToSourceRows(i))]
            self.assertEqual(
                [model.data(model.index(i, c)) for c in range(1, 7)],
                [str(row["material"]), *(f"{float(row[name]):.2f}" for name in (
                    "probability", "confidence", "correlation", "explained")),
                 str(row["decision"])])

    def test_unexplained_bands_are_named(self):
        """A band that no class has is found and named, and the spectrum is not accepted."""
        data = self.data.copy()
        axis = np.array([float(a.name) for a in data.domain.attributes])
        with data.unlocked(data.X):
            data.X[::2] += .6 * np.ptp(data.X[::2], axis=1)[:, None] \
                * np.exp(-.5 * ((axis - 1728) / 8) ** 2)
        self.identify(data=data)
        self.widget.controls.by.buttons[EXPLAINED].click()
        decisions = self.output("annotated").get_column("decision")
        self.assertLess((decisions[::2] == ACCEPTED).mean(), .2)
        self.assertGreater((decisions[1::2] == ACCEPTED).mean(), .8)
        model = self.widget.list
        texts = [model.text(row, 7) for row in range(len(data))]
        self.assertGreater(np.mean([t.startswith(("1724", "1728", "1732")) and "C=O" in t
                                    for t in texts[::2]]), .8)
        self.assertGreater(np.mean([t == "" for t in texts[1::2]]), .5)
        self.widget.list_view.sortByColumn(7, Qt.AscendingOrder)
        self.assertTrue(model.data(model.index(0, 7)))
        self.assertFalse(model.data(model.index(len(data) - 1, 7)))

    def test_selection_is_sent_marked_and_remembered(self):
        self.identify()
        widget = self.widget
        self.assertIsNone(self.output("selected"))
        widget.list_view.selectRow(0)
        least = int(widget.list.mapToSourceRows(0))
        self.assertEqual(
            widget._rule().score(widget.result)[least], widget._rule().score(widget.result).min())
        self.assertEqual(list(self.output("selected").ids), [self.data.ids[least]])
        self.assertIn("decision", self.output("selected").domain)
        marked = widget.plot._marks.getData()[0]
        self.assertAlmostEqual(marked[0], widget._rule().score(widget.result)[least])
        # Sorting and thresholds change the order of rows, but not the selected spectra.
        widget.list_view.sortByColumn(4, Qt.DescendingOrder)
        widget.plot.threshold_moved.emit(0, .95)
        self.assertEqual(list(self.output("selected").ids), [self.data.ids[least]])
        settings = widget.settingsHandler.pack_data(widget)
        self.widget = self.create_widget(OWIdentify, stored_settings=settings)
        self.identify()
        self.assertEqual(list(self.output("selected").ids), [self.data.ids[least]])
        self.identify(data=self.data[:20])
        self.assertIsNone(self.output("selected"))

    def test_a_count_selects_its_spectra(self):
        self.identify()
        widget = self.widget
        material = widget.model.domain.class_var.values[1]
        row, = (i for i in range(widget.table.rowCount())
                if widget.table.data(widget.table.index(i, 0)) == material)
        widget.view.clicked.emit(widget.table.index(row, 1))
        selected = self.output("selected")
        self.assertEqual(str(len(selected)), widget.table.data(widget.table.index(row, 1)))
        self.assertEqual({str(r["material"]) for r in selected}, {material})
        self.assertEqual({str(r["decision"]) for r in selected}, {"Accepted"})

    def test_report(self):
        self.widget.send_report()
        self.identify()
        self.widget.report_html = ""
        self.widget.send_report()
        self.widget.list_view.selectRow(0)
        self.widget.report_html = ""
        self.widget.send_report()
        for text in ("Accepted from", f"{ACCEPT:.2f}", "Materials", "Accepted:",
                     "234 from 902.6 to 1801.3 1/cm, in steps of 3.86", "Selected spectra", "Row "):
            self.assertIn(text, self.widget.report_html)


if __name__ == "__main__":
    unittest.main()
