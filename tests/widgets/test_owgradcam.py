"""The widget Grad-CAM, through its signals and controls."""
import os
import pickle
import tempfile
import time
import unittest
from functools import cache
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QEvent, QPointF, Qt
from AnyQt.QtGui import QMouseEvent
from AnyQt.QtWidgets import QApplication
from gradcamcase import GradCAMCase
from Orange.base import Model
from Orange.classification import MajorityLearner
from Orange.data import ContinuousVariable, Domain, StringVariable, Table
from Orange.widgets.evaluate.owpredictions import OWPredictions
from Orange.widgets.tests.utils import simulate as gui_simulate
from orangecontrib.spectroscopy.widgets.owhyper import OWHyper
from orangecontrib.spectroscopy.widgets.owspectra import OWSpectra
from torchless import without_torch

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.explanation.table import explain_table
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.widgets import owgradcam
from orangecontrib.microplastics.widgets.gradcam.plot import as_levels, lookup_table, on_screen
from orangecontrib.microplastics.widgets.gradcam.task import reference_bands
from orangecontrib.microplastics.widgets.owgradcam import OWGradCAM

POLYMERS = ("PE", "PS", "PET")


@cache
def spectra(n=12):
    return simulate(POLYMERS, n, wavenumbers=np.arange(600, 3200, 4.0), seed=1)


@cache
def training():
    return simulate(POLYMERS, 50, wavenumbers=np.arange(600, 3200, 4.0), seed=0)


@cache
def model():
    return DCNetLearner(epochs=4, device="cpu")(training())


@cache
def model_of_three():
    return DCNetLearner(epochs=3, networks=3, device="cpu")(training())


@cache
def mixture_model():
    return DCNetLearner(epochs=2, device="cpu")(mix(training(), 600))


class TestOWGradCAM(GradCAMCase):
    def explain(self, data=None, with_model=None, widget=None):
        widget = widget or self.widget
        self.send_signal(widget.Inputs.model, with_model or model(), widget=widget)
        self.send_signal(widget.Inputs.data, spectra() if data is None else data, widget=widget)
        self.wait_until_finished(widget=widget, timeout=20_000)
        return self.output("importance", widget)

    def output(self, name, widget=None):
        widget = widget or self.widget
        return self.get_output(getattr(widget.Outputs, name), widget=widget)

    def choose(self, name, text):
        gui_simulate.combobox_activate_item(getattr(self.widget.controls, name), text)
        self.wait_until_finished(timeout=20_000)

    # --------------------------------------------------------------- outputs

    def test_importance_of_the_predicted_class(self):
        importance = self.explain()
        expected = explain_table(model(), spectra()).shown()
        np.testing.assert_allclose(importance.X, expected, atol=1e-6)
        np.testing.assert_allclose(np.nanmax(importance.X, axis=1), 1, rtol=1e-5)
        self.assertEqual([a.name for a in importance.domain.attributes],
                         [a.name for a in spectra().domain.attributes])
        self.assertFalse(self.widget.Error.active or self.widget.Warning.active)

    def test_bands_name_each_material(self):
        self.explain()
        bands = self.output("bands")
        for name in POLYMERS:
            own = bands[np.equal(bands.Y, bands.domain.class_var.to_val(name))]
            self.assertIn(f"({name})", " ".join(map(str, own.get_column("assignments"))))
        self.assertEqual(len(self.widget.band_list.rows()), len(bands))

    def test_saved_model(self):
        self.explain(with_model=pickle.loads(pickle.dumps(model())))
        self.assertIsNotNone(self.output("bands"))

    def test_model_that_predictions_uses(self):
        predictions = self.create_widget(OWPredictions)
        self.send_signal(predictions.Inputs.predictors, model(), 1, widget=predictions)
        self.send_signal(predictions.Inputs.data, spectra(), widget=predictions)
        self.wait_until_finished(widget=predictions)
        table = self.get_output(predictions.Outputs.annotated, widget=predictions)
        importance = self.explain(data=table)
        self.assertIsNotNone(importance)
        self.assertEqual(len(importance), len(spectra()))

    def test_image_goes_through_to_hyperspectra(self):
        image = spectra().transform(Domain(
            spectra().domain.attributes, spectra().domain.class_vars,
            [ContinuousVariable("map_x"), ContinuousVariable("map_y")])).copy()
        with image.unlocked(image.metas):
            image.metas[:, 0] = np.arange(36) % 6
            image.metas[:, 1] = np.arange(36) // 6
        importance = self.explain(data=image)
        hyper = self.create_widget(OWHyper)
        self.send_signal(hyper.Inputs.data, importance, widget=hyper)
        self.wait_until_finished(widget=hyper)
        hyper.imageplot.update_view()
        end = time.time() + 10
        while time.time() < end and hyper.imageplot.data_points is None:
            self.process_events()
            time.sleep(.02)
        self.assertEqual(len(hyper.imageplot.data_points), 36)
        self.assertFalse(hyper.Error.active)

    def test_goes_through_to_spectra(self):
        plot = self.create_widget(OWSpectra)
        self.send_signal(plot.Inputs.data, self.explain(), widget=plot)
        np.testing.assert_allclose(plot.curveplot.data_x, np.arange(600, 3200, 4.0))

    # --------------------------------------------------------------- controls

    def test_target(self):
        self.explain()
        predicted = self.output("importance")
        self.choose("target_text", "PS")
        importance = self.output("importance")
        self.assertEqual({importance.domain["target"].values[int(t)]
                          for t in importance.get_column("target")}, {"PS"})
        self.assertFalse(np.allclose(importance.X, predicted.X, equal_nan=True))

    def test_components(self):
        self.explain(with_model=mixture_model())
        texts = list(self.widget.target_model)
        self.assertEqual({t for t in texts if t.startswith("Component")},
                         {f"Component: {p}" for p in POLYMERS})
        self.choose("target_text", "Component: PS")
        expected = explain_table(mixture_model(), spectra(), target="PS", component=True)
        np.testing.assert_allclose(self.output("importance").X, expected.shown(), atol=1e-6)
        self.explain(with_model=model())
        self.assertEqual(self.widget.target_text, "Predicted class")

    def test_methods_and_branches(self):
        self.explain()
        before = self.output("importance").X
        for name, texts in (("method", list(owgradcam.METHODS.values())[1:]),
                            ("branch", ["Kernel size 3", "Kernel size 15"])):
            for text in texts:
                with self.subTest(text):
                    self.choose(name, text)
                    other = self.output("importance").X
                    self.assertFalse(np.allclose(other, before, equal_nan=True))
                    before = other

    def test_methods_of_older_workflows(self):
        for number, name in enumerate(("hirescam", "gradcam++", "gradcam", "occlusion", "fine")):
            widget = self.create_widget(OWGradCAM, stored_settings={
                "method": number, "__version__": 1})
            self.assertEqual(widget.method, name)
            self.assertEqual(widget.controls.method.currentText(), owgradcam.METHODS[name])
        self.assertEqual(self.widget.method, "fine")
        self.assertEqual(list(owgradcam.METHODS)[:2], ["fine", "gradcam"])
        self.assertEqual(self.create_widget(
            OWGradCAM, stored_settings={"__version__": 1}).method, "fine")
        for name in ("gradcam", "of the future"):
            widget = self.create_widget(OWGradCAM, stored_settings={
                "method": name, "__version__": 2})
            self.assertEqual(widget.method, name if name in owgradcam.METHODS else "fine")

    def test_networks_are_compared(self):
        self.explain()
        label = self.widget.page.agreement_label
        self.assertIn("1 network", label.text())
        self.assertTrue(self.widget.band_list.isColumnHidden(2))
        self.explain(with_model=model_of_three())
        self.assertRegex(label.text(), r"3 networks (agree|agree in part|disagree): -?\d?\.\d\d")
        self.assertIn("rank correlation", label.toolTip())
        bands = self.output("bands")
        self.assertTrue((bands.get_column("of networks") == 3).all())
        self.assertFalse(self.widget.band_list.isColumnHidden(2))
        of_class = label.text()
        self.widget._row_clicked(7, False)
        self.assertIn("3 networks", label.text())
        self.assertNotEqual(label.text(), of_class)

    def test_networks_of_a_spectrum_that_was_not_compared(self):
        with patch("orangecontrib.microplastics.explanation.stability.SAMPLE", 5):
            self.explain(with_model=model_of_three())
        row = int(np.setdiff1d(np.arange(36), self.widget.stability.rows)[0])
        self.widget._row_clicked(row, False)
        self.assertIn("3 networks", self.widget.page.agreement_label.text())
        self.assertIn(row, self.widget.stability.rows)

    def test_transmittance_is_converted(self):
        expected = self.explain()
        percent = spectra().copy()
        with percent.unlocked(percent.X):
            percent.X[:] = 100 * 10 ** -percent.X
        self.assertIsNone(self.explain(data=percent))
        self.assertTrue(self.widget.Error.scale.is_shown())
        self.assertFalse(self.widget.convert_button.isHidden())
        self.assertIn("Convert to Absorbance", self.widget.stack.notice.text())
        self.widget.convert_button.click()
        self.wait_until_finished(timeout=20_000)
        self.assertFalse(self.widget.Error.active)
        self.assertTrue(self.widget.Information.converted.is_shown())
        np.testing.assert_allclose(self.output("importance").X, expected.X, atol=.02)
        np.testing.assert_allclose(self.widget.explained.spectra, spectra().X, atol=1e-4)
        self.widget.faithfulness_view.button.click()
        self.wait_until_finished(timeout=30_000)
        self.assertIn("Better than chance", self.widget.faithfulness_view.text.text())
        self.assertEqual(self.widget.convert_button.text(), "Do Not Convert")
        self.widget.convert_button.click()
        self.wait_until_finished(timeout=20_000)
        self.assertTrue(self.widget.Error.scale.is_shown())

    def test_some_spectra_are_shown_at_once(self):
        many = Table.concatenate([spectra()] * 12, axis=0)
        shown = []
        self.explain()
        with patch.object(self.widget, "_draw_heat_map", lambda: shown.append((
                len(self.widget.explained.data), len(self.widget.used)))), \
                patch.object(self.widget.Outputs.importance, "send") as send:
            self.send_signal(self.widget.Inputs.data, many)
            self.wait_until_finished(timeout=20_000)
        self.assertEqual(shown[-2:], [(96, 96), (432, 432)])
        # Outputs hold all of them.
        sent = [call.args[0] for call in send.call_args_list if call.args[0] is not None]
        self.assertEqual([len(table) for table in sent], [432])

    def test_signed(self):
        self.explain()
        self.assertGreaterEqual(np.nanmin(self.output("importance").X), 0)
        self.widget.controls.signed.click()
        self.wait_until_finished(timeout=20_000)
        self.assertLess(np.nanmin(self.output("importance").X), 0)
        self.assertTrue(self.widget.page.key.signed)

    def test_scale_and_smoothing_need_no_new_explanation(self):
        self.explain()
        with patch.object(self.widget, "start") as start:
            self.choose("scale", "all spectra together")
            together = self.output("importance").X
            self.assertAlmostEqual(np.nanmax(together), 1, places=5)
            self.assertLess(np.nanmax(together, axis=1).min(), .99)
            self.widget.controls.smoothing.setValue(50)
            self.widget.controls.smoothing.editingFinished.emit()
            self.widget.refresh()
            np.testing.assert_allclose(self.output("importance").X,
                                       self.widget.explained.shown("set", 50), atol=1e-6)
            self.assertFalse(np.allclose(self.output("importance").X, together, equal_nan=True))
            start.assert_not_called()

    def test_only_wrong_ones(self):
        data = spectra().copy()
        with data.unlocked(data.Y):
            data.Y[:3] = 1  # these PE are called PS
        self.explain(data=data)
        self.choose("which", "Incorrectly predicted")
        self.assertEqual([(v.name, list(v.rows)) for v in self.widget.views],
                         [("PE", [0, 1, 2])])
        self.explain()
        self.assertTrue(self.widget.Information.nothing_shown.is_shown())
        self.choose("which", "All")
        self.assertFalse(self.widget.Information.nothing_shown.is_shown())

    def test_limit(self):
        self.widget.limit = 10
        importance = self.explain()
        self.assertEqual(len(importance), 10)
        self.assertTrue(self.widget.Information.sampled.is_shown())
        self.assertTrue(set(importance.ids) < set(spectra().ids))

    def test_settings_wait_for_their_model(self):
        self.explain(with_model=mixture_model())
        self.choose("target_text", "Component: PS")
        self.choose("branch", "Kernel size 15")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        widget = self.create_widget(OWGradCAM, stored_settings=settings)
        self.explain(with_model=mixture_model(), widget=widget)
        self.assertEqual((widget.target_text, widget.branch), ("Component: PS", 2))
        self.assertEqual(widget.target_combo.currentText(), "Component: PS")
        self.assertEqual(widget.branch_combo.currentText(), "Kernel size 15")

    # --------------------------------------------------------------- pictures

    def test_infrared_direction(self):
        self.explain()
        self.assertTrue(self.widget.curveplot.plot.vb.xInverted())
        self.assertTrue(self.widget.heatmap.getViewBox().xInverted())

    def test_strip_lies_under_its_wavenumbers(self):
        self.explain()
        view = self.widget.views[0]
        # Drawn after the average of the curves was calculated in its thread.
        end = time.time() + 10
        while time.time() < end and self.widget.curveplot.strip.image is None:
            self.process_events()
            time.sleep(.02)
        strip = self.widget.curveplot.strip
        levels = strip.image[:, 0]
        rect = strip.mapRectToParent(strip.boundingRect())
        self.assertAlmostEqual(rect.left(), 600)
        self.assertAlmostEqual(rect.right(), 3196)
        at = rect.left() + (levels.argmax() + .5) * rect.width() / len(levels)
        self.assertAlmostEqual(at, self.widget.explained.axis[np.nanargmax(view.importance)],
                               delta=4)
        # 2000 cm-1 is left out by default.
        self.assertEqual(levels[int((2000 - 600) / rect.width() * len(levels))], 0)

    def test_heat_map_is_sorted_by_class_then_probability(self):
        self.explain()
        order = self.widget.heatmap.order
        explained = self.widget.explained
        self.assertEqual(sorted(order), list(range(36)))
        self.assertTrue((np.diff(explained.target[order]) >= 0).all())
        for k in range(3):
            own = order[explained.target[order] == k]
            self.assertTrue((np.diff(explained.target_probability[own]) <= 0).all())

    def test_click_on_a_row(self):
        self.widget.resize(1000, 700)
        self.widget.show()
        self.explain()
        heatmap = self.widget.heatmap
        row = int(heatmap.order[5])
        self._click(heatmap, 5)
        selected = self.output("selected")
        np.testing.assert_array_equal(selected.ids, spectra().ids[[row]])
        self.assertEqual(len(self.widget.curveplot.data), 1)
        np.testing.assert_array_equal(self.widget.curveplot.data.X[0], spectra().X[row])
        data, explained = spectra(), self.widget.explained
        name = data.domain.class_var.values[int(data.Y[row])]
        told = self.widget.page.shown_label.text()
        self.assertIn(f"Spectrum {row + 1}, class {name}", told)
        self.assertIn(f"predicted {explained.classes[explained.predicted[row]]}", told)
        self._click(heatmap, 20, Qt.ControlModifier)
        self.assertEqual(len(self.output("selected")), 2)
        other = self.widget.explained.targets[
            self.widget.explained.target[int(heatmap.order[20])]]
        self.assertEqual(self.widget.shown_name, other)
        self._click(heatmap, 20)
        self._click(heatmap, 20)
        self.assertIsNone(self.output("selected"))
        self.widget.hide()

    def _click(self, heatmap, row, modifiers=Qt.NoModifier):
        QApplication.processEvents()
        scene = heatmap.getViewBox().mapViewToScene(QPointF(1500, heatmap.place(row)))
        position = QPointF(heatmap.mapFromScene(scene))
        for kind, buttons in ((QEvent.MouseButtonPress, Qt.LeftButton),
                              (QEvent.MouseButtonRelease, Qt.NoButton)):
            QApplication.sendEvent(heatmap.viewport(), QMouseEvent(
                kind, position, position, Qt.LeftButton, buttons, modifiers))
        QApplication.processEvents()
        # Wait, so that the next click is not a double click.
        heatmap.scene().clickEvents = []

    def test_attention(self):
        self.explain()
        items = self.widget.attention_view.spatial.listDataItems()
        self.assertEqual(len(items), 2)
        x, y = items[0].getData()
        np.testing.assert_allclose(x, self.widget.explained.axis)
        self.assertTrue(0 < np.nanmax(y) < 1)
        plain = DCNetLearner(epochs=1, attention="none", device="cpu")(training())
        self.explain(with_model=plain)
        self.assertEqual(self.widget.attention_view.spatial.listDataItems(), [])

    def test_attention_of_spectra_with_an_answer_only(self):
        data = spectra().copy()
        with data.unlocked(data.X):
            data.X[::2] = np.nan
        self.explain(data=data)
        rows = self.widget.attention.rows
        self.assertTrue(len(rows))
        self.assertTrue(self.widget.explained.answered[rows].all())

    def test_faithfulness(self):
        self.assertFalse(self.widget.faithfulness_view.button.isEnabled())
        self.explain()
        self.widget.faithfulness_view.button.click()
        self.wait_until_finished(timeout=30_000)
        text = self.widget.faithfulness_view.text.text()
        self.assertIn("Better than chance", text)
        self.assertIn("36 spectra", text)
        self.assertEqual(len(self.widget.faithfulness_view.plots["deletion"].listDataItems()), 2)
        self.choose("target_text", "PS")
        self.assertIn("Not measured", self.widget.faithfulness_view.text.text())

    def test_colours(self):
        self.assertEqual(list(as_levels(np.array([0, 1, np.nan, .5]), False)), [1, 256, 0, 128])
        self.assertEqual(list(as_levels(np.array([-1, 1, np.nan]), True)), [1, 256, 0])
        table = lookup_table(True)
        self.assertGreater(table[1, 2], table[1, 0], "against is blue")
        self.assertGreater(table[256, 0], table[256, 2], "for is orange")
        self.assertLess(table[128, 3], 10, "neither is hardly seen")
        axis = np.array([1000., 900, 950, 800, 850])
        columns, extent = on_screen(axis)
        self.assertEqual((extent.left(), extent.right()), (800, 1000))
        pixels = 800 + (np.arange(len(columns)) + .5) * 200 / len(columns)
        self.assertTrue((np.abs(axis[columns] - pixels) <= 25).all())

    # --------------------------------------------------------------- messages

    def test_another_model(self):
        self.explain()
        self.send_signal(self.widget.Inputs.model, MajorityLearner()(spectra()))
        self.assertTrue(self.widget.Error.other_model.is_shown())
        self.assertIn("Dual-Branch CNN", str(self.widget.Error.other_model))
        self.assertIsNone(self.output("importance"))
        self.send_signal(self.widget.Inputs.model, model())
        self.wait_until_finished(timeout=20_000)
        self.assertFalse(self.widget.Error.active)
        self.assertIsNotNone(self.output("importance"))

    def test_any_model_may_be_connected(self):
        self.assertIs(OWGradCAM.Inputs.model.type, Model)

    def test_no_wavenumbers_and_no_overlap(self):
        self.explain(data=Table("iris"))
        self.assertIn("wavenumbers", str(self.widget.Error.failed))
        far = Table.from_numpy(Domain([ContinuousVariable(f"{w}") for w in range(4000, 5000, 4)]),
                               np.random.default_rng(0).normal(size=(3, 250)))
        self.explain(data=far)
        self.assertIn("cover", str(self.widget.Error.failed))
        self.assertIsNone(self.output("importance"))
        self.explain()
        self.assertFalse(self.widget.Error.active)

    def test_short_range_warns(self):
        attributes = [a for a in spectra().domain.attributes if float(a.name) > 720]
        self.explain(data=spectra().transform(Domain(attributes)))
        self.assertTrue(self.widget.Warning.answer.is_shown())
        self.assertIsNotNone(self.output("importance"))

    def test_no_data(self):
        self.explain(data=spectra()[:0])
        self.assertIn("no spectra", str(self.widget.Error.failed))
        self.explain()
        for name in ("data", "model"):
            self.send_signal(getattr(self.widget.Inputs, name), None)
            for output in ("importance", "bands", "selected"):
                self.assertIsNone(self.output(output))
            self.assertFalse(self.widget.Error.active)

    def test_spectra_without_values(self):
        data = spectra().copy()
        with data.unlocked(data.X):
            data.X[:] = np.nan
        self.explain(data=data)
        self.assertTrue(self.widget.Information.nothing_shown.is_shown())
        self.assertFalse(self.widget.faithfulness_view.button.isEnabled())
        self.assertTrue(np.isnan(self.output("importance").X).all())

    def test_original_gradcam_that_finds_nothing_says_so(self):
        self.explain()
        self.choose("method", "Grad-CAM")
        empty = np.nan_to_num(self.widget.explained.importance).max(axis=1) <= 0
        self.assertEqual(self.widget.Warning.no_importance.is_shown(), bool(empty.any()))

    def test_torch_missing(self):
        trained = model()
        with without_torch():
            self.widget.model = trained
            self.widget.data = spectra()
            self.widget.restart()
            self.wait_until_finished(timeout=20_000)
        self.assertIn("install", str(self.widget.Error.failed))

    # ------------------------------------------------------------- background

    def test_cancel(self):
        self.send_signal(self.widget.Inputs.model, model())
        self.widget.method = "occlusion"
        many = Table.concatenate([spectra()] * 20, axis=0)
        self.send_signal(self.widget.Inputs.data, many)
        self.assertEqual(self.widget.cancel_button.text(), "Cancel")
        self.widget.cancel_button.click()
        self.assertTrue(self.widget.Information.cancelled.is_shown())
        self.assertIsNone(self.output("importance"))
        self.assertEqual(self.widget.cancel_button.text(), "Explain")
        self.widget.method = "fine"
        self.widget.cancel_button.click()
        self.wait_until_finished(timeout=20_000)
        self.assertFalse(self.widget.Information.cancelled.is_shown())
        self.assertEqual(len(self.output("importance")), len(many))

    def test_delete_while_explaining(self):
        widget = self.create_widget(OWGradCAM, stored_settings={"method": "occlusion"})
        self.send_signal(widget.Inputs.model, model(), widget=widget)
        self.send_signal(widget.Inputs.data, Table.concatenate([spectra()] * 20, axis=0),
                         widget=widget)
        task = widget.task
        widget.onDeleteWidget()
        self.assertTrue(task.future.done() or task.future.cancelled())

    def test_importance_is_there_before_attention(self):
        """The plot does not wait for the content of another tab."""
        order = []
        with patch.object(self.widget, "_draw_heat_map", lambda: order.append("map")), \
                patch.object(self.widget.attention_view, "set_attention",
                             lambda branches, *_: order.append("attention") if branches else None):
            self.explain()
        self.assertEqual(order[-2:], ["map", "attention"])

    # -------------------------------------------------------- reference bands

    def test_reference_bands(self):
        table = Table.from_numpy(
            Domain([ContinuousVariable("height"), ContinuousVariable("wavenumber")],
                   metas=[StringVariable("name")]),
            np.array([[1, 1716.], [2, 698], [3, np.nan]]),
            metas=np.array([["ester"], ["ring"], ["nothing"]], object))
        self.assertEqual(reference_bands(table), [(698, "ring"), (1716, "ester")])
        self.send_signal(self.widget.Inputs.reference, table)
        self.explain()
        end = time.time() + 10
        while time.time() < end and not self.widget.curveplot.labels:
            self.process_events()
            time.sleep(.02)
        texts = [entry.label.toPlainText() for entry in self.widget.curveplot.labels]
        self.assertIn("1716 ester", texts)
        bands = self.output("bands")
        self.assertEqual({w for w, _ in reference_bands(bands)},
                         set(bands.get_column("wavenumber")))
        self.send_signal(self.widget.Inputs.reference, Table.from_numpy(
            Domain([], metas=[StringVariable("name")]), np.zeros((1, 0)),
            metas=np.array([["a"]], object)))
        self.assertIn("numeric", str(self.widget.Warning.reference))

    # ------------------------------------------------------------------ other

    def test_report(self):
        self.widget.send_report()
        self.explain()
        self.widget.send_report()
        html = self.widget.report_html
        for text in ("out-of-plane bend (PS)", "Fine (with gradients)"):
            self.assertTrue(text in html, text)
        self.assertEqual(html.count("<img") + html.count("<svg"), 2)

    def test_save_image(self):
        self.explain()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "importance.png")
            writer = next(w for w in self.widget.graph_writers if ".png" in w.EXTENSIONS)
            writer.write(path, self.widget.curveplot.plotview)
            self.assertGreater(os.path.getsize(path), 2000)

    def test_fits_a_small_screen(self):
        self.explain()
        hint = self.widget.minimumSizeHint()
        self.assertLessEqual(hint.width(), 1300)
        self.assertLessEqual(hint.height(), 700)


if __name__ == "__main__":
    unittest.main()
