"""Plots and texts of the widget Grad-CAM: names, labels, missing inputs, keyboard."""
import time
import unittest
from functools import cache

import numpy as np
from AnyQt.QtCore import QPointF, Qt
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QComboBox, QSpinBox
from gradcamcase import GradCAMCase
from Orange.classification import MajorityLearner

from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.widgets.owgradcam import OWGradCAM

POLYMERS = ("PE", "PP", "PS", "PET", "PVC")
AXIS = np.arange(600, 3200, 4.)


@cache
def model():
    """Of 15 classes: five polymers and their pairs."""
    return DCNetLearner(epochs=2, device="cpu")(
        mix(simulate(POLYMERS, 20, wavenumbers=AXIS, seed=0), 900, seed=1))


@cache
def mixtures():
    """Some classes have many spectra, some few."""
    data = mix(simulate(POLYMERS, 8, wavenumbers=AXIS, seed=2), 300, seed=3)
    rows = np.concatenate([np.flatnonzero(np.equal(data.Y, k))[:1 + k] for k in range(15)])
    data = data[rows]
    data.name = "Test mixtures"
    return data


class GradCAMTest(GradCAMCase):
    def explain(self):
        self.send_signal(self.widget.Inputs.model, model())
        self.send_signal(self.widget.Inputs.data, mixtures())
        self.wait_until_finished(timeout=20_000)

    def assert_aligned(self):
        """Wavenumbers of map and spectra are aligned to 1.5 pixels."""
        page = self.widget.page
        for wavenumber in (700, 1500, 2900):
            at = []
            for box in (page.curveplot.plot.vb, page.heatmap.getViewBox()):
                view = box.getViewWidget()
                place = view.mapFromScene(box.mapViewToScene(QPointF(wavenumber, 0)))
                at.append(view.viewport().mapToGlobal(place).x())
            self.assertLess(abs(at[0] - at[1]), 1.6, f"{wavenumber} cm-1")

    def show(self, width=1120, height=640):
        self.widget.resize(width, height)
        self.widget.show()
        QApplication.setActiveWindow(self.widget)
        self.process_events()

    def until(self, ready):
        end = time.time() + 10
        while time.time() < end and not ready():
            self.process_events()
            time.sleep(.02)
        self.assertTrue(ready())


class TestNames(GradCAMTest):
    def names(self):
        heatmap = self.widget.heatmap
        (ticks,) = heatmap.getAxis("left")._tickLevels
        return ticks

    def test_each_class_is_named_and_no_name_stands_on_another(self):
        self.show()
        self.explain()
        self.process_events()
        heatmap = self.widget.heatmap
        ticks = self.names()
        self.assertEqual([name for _, name in ticks], [v.name for v in self.widget.views])
        self.assertGreater(len(ticks), 10)
        pixels = np.diff([at for at, _ in ticks]) * heatmap.getViewBox().height()
        self.assertGreaterEqual(pixels.min(), heatmap.line() - 1.5)
        # The map scrolls if there is not enough room.
        self.widget.page.splitter.setSizes([1000, 90])
        self.process_events()
        self.assertGreater(heatmap.height(), self.widget.page.scrolled.viewport().height())
        self.assert_aligned()
        pixels = np.diff([at for at, _ in self.names()]) * heatmap.getViewBox().height()
        self.assertGreaterEqual(pixels.min(), heatmap.line() - 1.5)

    def test_rows_and_places_belong_to_each_other(self):
        self.show()
        self.explain()
        heatmap = self.widget.heatmap
        for position in range(len(heatmap.order)):
            self.assertEqual(heatmap.position(heatmap.place(position)), position)
        self.assertIsNone(heatmap.position(-.01))
        self.assertIsNone(heatmap.position(1.01))
        # The image of each class is at the height of its rows.
        for k, image in enumerate(heatmap._images):
            rect = image.mapRectToParent(image.boundingRect())
            low, high = rect.top(), rect.bottom()
            self.assertTrue(low < heatmap.place(heatmap.starts[k]) < high)
            self.assertTrue(low < heatmap.place(heatmap.starts[k + 1] - 1) < high)

    def test_long_names_are_cut_and_have_room(self):
        heatmap = self.widget.heatmap
        heatmap.set_maps(np.zeros((3, 5)), np.arange(5.) + 600, False, [
            ("a very long name of a class that nobody could draw here", np.arange(3))])
        self.assertIn("\u2026", self.names()[0][1])
        self.assertLessEqual(heatmap.axis_width(), 170)

    def test_labels_of_bands_do_not_overlap_nor_leave_the_picture(self):
        self.show()
        self.explain()
        plot = self.widget.curveplot
        self.until(lambda: plot.labels)
        self.widget.shown_name = max(self.widget.views, key=lambda view: len(view.bands)).name
        self.widget.most_labels = 20
        self.widget.show_another()
        self.until(lambda: len(plot.labels) > 3)
        shown = [entry for entry in plot.labels if entry.label.isVisible()]
        self.assertGreater(len(shown), 3)
        pixel = plot.plot.vb.viewPixelSize()[0]
        at = np.sort([entry.label.pos().x() for entry in shown])
        height = shown[0].label.boundingRect().height()
        self.assertGreaterEqual(np.diff(at).min() / pixel, height - 1)
        low, high = plot.plot.vb.viewRange()[0]
        self.assertGreaterEqual(at[0] - height * pixel / 2, low - pixel)
        self.assertLessEqual(at[-1] + height * pixel / 2, high + pixel)
        # Each line starts at the position of its band.
        for entry in shown:
            self.assertEqual(entry.line.getData()[0][0], entry.at)
        # After zooming in, only the labels of visible bands are shown.
        first = shown[0].at
        plot.plot.vb.setXRange(first - 20, first + 20, padding=0)
        self.process_events()
        for entry in plot.labels:
            self.assertEqual(entry.label.isVisible(), abs(entry.at - first) <= 20)

    def test_picture_and_list_tell_the_same_wavenumbers(self):
        self.explain()
        plot = self.widget.curveplot
        self.until(lambda: plot.labels)
        view = self.widget._view()
        listed = [row for row in self.widget.band_list.rows() if row[0].startswith(view.name)]
        table = self.get_output(self.widget.Outputs.bands)
        for entry, row, band in zip(plot.labels, listed, table, strict=False):
            number = entry.label.toPlainText().split()[0]
            self.assertEqual(number, f"{float(band['wavenumber']):.0f}")
            if "no absorption" not in entry.label.toPlainText():
                self.assertTrue(row[-1].startswith(number), row)

    def test_words_that_need_explaining_are_explained(self):
        self.explain()
        key = self.widget.page.key
        bands = [band for view in self.widget.views for band in view.bands]
        none = [band for band in bands if not band.absorptions]
        key.set_bands(none)
        self.assertEqual("no absorption" in key.note, bool(none))
        other = [b for b in bands if b.names and b.names[0]
                 and b.names[0].material not in b.materials]
        key.set_bands(other[:1])
        self.assertEqual("?)" in key.note, bool(other))


class TestState(GradCAMTest):
    def notice(self):
        stack = self.widget.stack
        return stack.notice.text() if stack.currentWidget() is stack.notice else None

    def test_says_what_is_missing(self):
        self.assertIn("No model yet", self.notice())
        self.assertIn("No spectra yet", self.notice())
        self.send_signal(self.widget.Inputs.model, model())
        self.assertNotIn("No model yet", self.notice())
        self.assertIn("No spectra yet", self.notice())
        self.explain()
        self.assertIsNone(self.notice())

    def test_nothing_stale_is_left(self):
        for name in ("model", "data"):
            self.explain()
            self.until(lambda: self.widget.curveplot.labels)
            self.send_signal(getattr(self.widget.Inputs, name), None)
            with self.subTest(name):
                self.assertIn("yet. Connect", self.notice())
                self.assertEqual(self.widget.curveplot.labels, [])
                self.assertEqual(self.widget.band_list.topLevelItemCount(), 0)
                self.assertEqual(len(self.widget.heatmap.order), 0)
                self.assertFalse(self.widget.controls.shown_name.isEnabled())
                for output in ("importance", "bands", "selected"):
                    self.assertIsNone(self.get_output(getattr(self.widget.Outputs, output)))

    def test_cancelled_leaves_nothing_of_other_settings(self):
        self.explain()
        self.widget.method = "occlusion"
        self.widget.restart()
        self.widget.cancel_button.click()
        self.assertIn("Cancelled", self.notice())
        self.assertIsNone(self.get_output(self.widget.Outputs.importance))

    def test_other_model_is_told(self):
        self.explain()
        self.send_signal(self.widget.Inputs.model, MajorityLearner()(mixtures()))
        self.assertIn("Dual-Branch CNN", self.notice())

    def test_which_data(self):
        self.explain()
        text = self.widget.data_label.text()
        self.assertIn("Test mixtures: 120 spectra", text)
        right = np.nanmean(self.widget.explained.right)
        self.assertIn(
            f"{right:.1%} correctly predicted (no test if the model learned from them)", text)
        self.send_signal(self.widget.Inputs.data, None)
        self.assertEqual(self.widget.data_label.text(), "No spectra.")

    def test_attention_of_a_spectrum_that_was_not_kept(self):
        self.explain()
        kept = self.widget.attention
        self.widget.attention = kept._replace(
            rows=kept.rows[::2],
            branches=[b._replace(spatial=b.spatial[::2], channel=b.channel[::2])
                      for b in kept.branches])
        self.widget._row_clicked(2, False)
        self.assertIn("selected spectrum", self.widget.attention_view.spatial.titleLabel.text
                      if hasattr(self.widget.attention_view.spatial, "titleLabel")
                      else self.widget.attention_view.spatial.getPlotItem().titleLabel.text)
        self.widget._row_clicked(1, False)
        self.assertEqual(len(self.widget.attention_view.spatial.listDataItems()), 2)
        self.assertIn("not for the selected one",
                      self.widget.attention_view.spatial.getPlotItem().titleLabel.text)


class TestKeyboard(GradCAMTest):
    def test_every_control_is_reached_by_tab(self):
        self.show()
        self.explain()
        self.process_events()
        reached = []
        self.widget.cancel_button.setFocus()
        for _ in range(60):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key_Tab)
            focus = QApplication.focusWidget()
            reached.append(focus)
        wanted = [self.widget.heatmap, self.widget.tabs.tabBar(), self.widget.cancel_button,
                  self.widget.controls.signed,
                  *self.widget.controlArea.findChildren(QComboBox),
                  *self.widget.controlArea.findChildren(QSpinBox)]
        for control in wanted:
            if control.isEnabled():
                self.assertTrue(any(w is control or control.isAncestorOf(w) for w in reached),
                                f"{control.objectName() or control}")

    def test_arrows_go_from_spectrum_to_spectrum(self):
        self.show()
        self.explain()
        heatmap = self.widget.heatmap
        heatmap.setFocus()

        def press(key):
            QTest.keyClick(heatmap, key)
            self.process_events()
            selected = self.get_output(self.widget.Outputs.selected)
            return None if selected is None else list(selected.ids)

        ids = mixtures().ids[heatmap.order]
        self.assertEqual(press(Qt.Key_Down), [ids[0]])
        self.assertEqual(press(Qt.Key_Down), [ids[1]])
        self.assertIn("Spectrum ", self.widget.page.shown_label.text())
        self.assertEqual(press(Qt.Key_Up), [ids[0]])
        self.assertEqual(press(Qt.Key_Up), [ids[0]])
        self.assertEqual(press(Qt.Key_PageDown), [ids[heatmap.starts[1]]])
        self.assertEqual(self.widget.shown_name, heatmap.names[1])
        self.assertEqual(press(Qt.Key_End), [ids[-1]])
        self.assertEqual(press(Qt.Key_Home), [ids[0]])
        self.assertIsNone(press(Qt.Key_Escape))
        self.assertTrue(self.widget.isVisible(), "Escape closed the window")
        self.assertIn("mean of", self.widget.page.shown_label.text())

    def test_tabs_by_arrows(self):
        self.show()
        self.explain()
        self.widget.tabs.tabBar().setFocus()
        QTest.keyClick(self.widget.tabs.tabBar(), Qt.Key_Right)
        self.assertIs(self.widget.tabs.currentWidget(), self.widget.band_list)


class TestDark(GradCAMTest):
    def test_curves_have_the_colour_of_text(self):
        before = QApplication.palette()
        dark = QPalette(before)
        for role, colour in ((QPalette.Base, "#232629"), (QPalette.Text, "#eff0f1"),
                             (QPalette.Window, "#31363b"), (QPalette.WindowText, "#eff0f1")):
            dark.setColor(role, QColor(colour))
        QApplication.setPalette(dark)
        try:
            self.widget = self.create_widget(OWGradCAM)
            self.explain()
            plot = self.widget.curveplot
            self.until(lambda: plot.labels)
            self.assertGreater(plot.pen_normal[None].color().lightness(), 200)
            self.assertGreater(plot.labels[0].label.color.lightness(), 200)
        finally:
            QApplication.setPalette(before)


if __name__ == "__main__":
    unittest.main()
