"""Particles: the widget."""
import csv
import os
import tempfile
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QPointF, Qt
from Orange.classification import MajorityLearner
from Orange.data import ContinuousVariable, Domain, StringVariable, Table
from Orange.widgets.tests.base import WidgetTest
from orangecontrib.spectroscopy.io.util import ConstantBytesVisibleImage
from PIL import Image

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.particles.find import UNNAMED
from orangecontrib.microplastics.simulation.filter_map import simulate_map
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.widgets.owparticles import OWParticles
from orangecontrib.microplastics.widgets.particles.countsbox import TYPED
from orangecontrib.microplastics.widgets.particles.reportdialog import ReportDialog

POLYMERS = ("PE", "PP", "PS", "PET")
AXIS = np.arange(900, 3600, 6.75)


class TestParticles(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = DCNetLearner(epochs=8, widths=(12, 12, 12), mixtures=2, seed=1)(
            simulate([*POLYMERS, "CE"], 60, wavenumbers=AXIS))
        cls.model.name = "small"
        cls.map = simulate_map(80, polymers=POLYMERS, particles=9, touching=0., small=0., sand=1,
                               biofilm=0, matrix="silicon", seed=4).table
        cls.single = simulate(POLYMERS, 2, wavenumbers=AXIS, seed=9)

    def setUp(self):
        # The ready-made model is neither loaded nor made.
        for where, name, value in ((ready, "load", lambda *args: None),
                                   (datasets, "is_available", lambda name: False)):
            patcher = patch.object(where, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)

    def create(self, data=None, model=None, **settings):
        self.widget = widget = self.create_widget(OWParticles, stored_settings=settings)
        self.process_events()
        self.send_signal(widget.Inputs.model, self.model if model is None else model)
        self.send_signal(widget.Inputs.data, self.map if data is None else data)
        self.settle()
        return widget

    def settle(self):
        self.process_events(lambda: not self.widget._again.isActive())
        self.wait_until_finished(self.widget, timeout=30_000)
        self.process_events()

    def names(self):
        table = self.get_output(self.widget.Outputs.particles)
        values = table.domain["polymer"].values
        return [values[int(v)] for v in table.get_column("polymer")]

    # ------------------------------------------------------------------- what comes out

    def test_outputs_belong_to_each_other(self):
        widget = self.create()
        particles = self.get_output(widget.Outputs.particles)
        found = widget.result.found
        self.assertEqual(self.names(), found.names)
        self.assertGreaterEqual(len(particles), 8)
        pixels = self.get_output(widget.Outputs.map)
        self.assertEqual(len(pixels), 6400)
        numbers = pixels.get_column("particle")
        self.assertEqual(set(numbers[np.isfinite(numbers)]), set(range(1, len(particles) + 1)))
        counts = self.get_output(widget.Outputs.counts)
        self.assertEqual(np.nansum(counts.get_column("all")), len(particles))
        self.assertIsNone(self.get_output(widget.Outputs.selected))
        self.assertIn(f"{len(particles)} particles", widget.result_label.text())

    def test_without_data_or_model_it_says_what_is_missing(self):
        widget = self.widget = self.create_widget(OWParticles)
        self.process_events()
        self.assertIn("Connect a map", widget.view.map.legend.text())
        self.assertFalse(widget.counting.report.isEnabled())
        self.send_signal(widget.Inputs.data, self.map)
        self.process_events()
        self.assertTrue(widget.Warning.ready_made.is_shown())
        self.assertTrue(widget.models.ready_button.isVisibleTo(widget))
        self.send_signal(widget.Inputs.model, self.model)
        self.settle()
        self.assertFalse(widget.Warning.ready_made.is_shown())
        self.assertIsNotNone(self.get_output(widget.Outputs.particles))
        self.send_signal(widget.Inputs.data, None)
        self.assertIsNone(self.get_output(widget.Outputs.particles))
        self.assertIsNone(self.get_output(widget.Outputs.map))
        self.assertEqual(widget.view.list.rowCount(), 0)

    def test_other_models_are_refused(self):
        widget = self.create(model=MajorityLearner()(Table("iris")))
        self.assertTrue(widget.Error.not_ours.is_shown())
        self.assertIsNone(self.get_output(widget.Outputs.particles))

    def test_tables_that_are_no_map_are_refused_with_a_message(self):
        twice = Table.concatenate([self.map[:200], self.map[:10]])
        widget = self.create(twice)
        self.assertIn("same place", str(widget.Error.failed))
        self.create(Table("iris"))
        self.assertTrue(self.widget.Error.failed.is_shown())

    def test_a_map_that_lacks_what_the_model_needs_offers_another_model(self):
        wide = DCNetLearner(epochs=1, widths=(8, 8, 8))(simulate(POLYMERS, 12))
        dark = simulate_map(48, polymers=POLYMERS, particles=3, touching=0, sand=0, small=0,
                            matrix="alumina", seed=1).table
        widget = self.create(dark, wide)
        for text in (str(widget.Error.failed), widget.result_label.text(),
                     widget.view.map.legend.text()):
            self.assertIn("lets no light through", text)
        # The connected model is the user's own.
        self.assertFalse(widget.models.range_button.isVisibleTo(widget))
        self.send_signal(widget.Inputs.model, None)
        widget.models.offer_range(1250)
        self.assertTrue(widget.models.range_button.isVisibleTo(widget))
        self.assertIn("1250", widget.models.range_button.text())

    # ------------------------------------------------------------------- choices

    def test_moving_the_threshold_keeps_the_window_and_finds_again(self):
        widget = self.create()
        before = widget.result.found
        widget.view.matter.moved.emit(before.threshold * 3)
        self.assertIs(widget.result.found, before)
        self.assertTrue(widget.isInvalidated())
        self.settle()
        self.assertLess((widget.result.found.labels > 0).sum(), (before.labels > 0).sum())
        self.assertFalse(widget.automatic)
        self.assertFalse(widget.box.automatic.isChecked())
        self.assertFalse(widget.isInvalidated())
        widget.box.automatic.setChecked(True)
        self.settle()
        self.assertEqual(widget.result.found.threshold, before.threshold)

    def test_controls_change_what_is_found(self):
        widget = self.create()
        n = len(self.names())
        widget.box.smallest.setValue(60)
        self.settle()
        self.assertLess(len(self.names()), n)
        widget.box.accept.setValue(1.)
        widget.box.inspect.setValue(1.)
        self.settle()
        self.assertEqual(set(self.names()), {UNNAMED})
        self.assertTrue(widget.Warning.many.is_shown())
        with patch.object(widget.box, "changed", widget.box.changed):
            widget.box._defaults()
        self.settle()
        self.assertEqual(len(self.names()), n)
        self.assertFalse(widget.Warning.many.is_shown())

    def test_a_threshold_that_takes_the_filter_for_matter_is_warned_of(self):
        widget = self.create(automatic=False, threshold=.5)
        self.assertTrue(widget.Warning.crowded.is_shown())

    def test_the_size_of_a_pixel_may_be_typed(self):
        data = self.map.copy()
        with data.unlocked():
            data.metas[:] = np.rint(data.metas.astype(float) / 6.25)
        data.attributes = {}
        widget = self.create(data)
        self.assertTrue(widget.Warning.no_size.is_shown())
        self.assertIn("px", widget.view.list.text(0, 4))
        self.assertTrue(np.isnan(self.get_output(widget.Outputs.particles)
                                 .get_column("area (µm²)")).all())
        widget.box.pixel.setValue(6.25)
        self.settle()
        self.assertFalse(widget.Warning.no_size.is_shown())
        self.assertIn("µm", widget.view.list.text(0, 4))

    def test_settings_are_remembered(self):
        widget = self.create()
        widget.box.smallest.setValue(9)
        widget.box.subtract.setChecked(False)
        self.settle()
        packed = widget.settingsHandler.pack_data(widget)
        again = self.create_widget(OWParticles, stored_settings=packed)
        self.assertEqual((again.smallest, again.subtract, again.ready_made),
                         (9, False, "published"))
        self.assertEqual(again.box.smallest.value(), 9)

    # ------------------------------------------------------------------- selection

    def test_a_click_on_the_map_selects_draws_and_sends(self):
        widget = self.create()
        found = widget.result.found
        row, column = found.place(2)
        point = QPointF(found.map.x[column], found.map.y[row])
        self.assertEqual(widget.view.map.number_at(point), 2)
        widget.view.map.picked.emit(2, False)
        self.assertEqual(widget.view.selection, [1])
        self.assertEqual(len(self.get_output(widget.Outputs.selected)), 1)
        self.assertIn("Particle 2", widget.view.drawing.title.text())
        self.assertIn("strip", widget.view.drawing.legend.text())
        widget.view.map.picked.emit(3, True)
        self.assertEqual(widget.view.selection, [1, 2])
        widget.view.map.picked.emit(0, False)
        self.assertIsNone(self.get_output(widget.Outputs.selected))

    def test_a_new_selection_does_not_send_the_rest_anew(self):
        widget = self.create()
        table = self.get_output(widget.Outputs.particles)
        widget.view.select([0])
        self.assertIs(self.get_output(widget.Outputs.particles), table)

    def test_the_visible_image_of_the_file_lies_behind(self):
        picture = BytesIO()
        # Rows of pictures go down: the first is the top of the map.
        pixels = np.zeros((4, 8, 3), np.uint8)
        pixels[0] = 255, 0, 0
        Image.fromarray(pixels).save(picture, "PNG")
        data = self.map.copy()
        data.attributes["visible_images"] = [ConstantBytesVisibleImage(
            "photo", -3., -3., 500., 500., picture)]
        widget = self.create(data)
        shown = widget.view.map
        image, rect = shown.picture.visible
        self.assertEqual(tuple(image[-1, 0]), (255, 0, 0))
        self.assertEqual((rect.left(), rect.width()), (-3, 500))
        self.assertTrue(shown.behind.model().item(1).isEnabled())
        shown.behind.setCurrentIndex(1)
        self.assertEqual(shown.back.image.shape, (4, 8, 3))
        self.assertEqual(widget.behind, 1)
        # A map without one, or with one that cannot be read, is drawn over its signal.
        for images in ([], [ConstantBytesVisibleImage("no", 0, 0, 1, 1, BytesIO(b"nothing"))]):
            data = self.map.copy()
            data.attributes["visible_images"] = images
            self.send_signal(widget.Inputs.data, data)
            self.settle()
            self.assertIsNone(shown.picture.visible)
            self.assertFalse(shown.behind.model().item(1).isEnabled())

    def test_the_legend_selects_a_polymer(self):
        widget = self.create()
        name = widget.result.found.names[0]
        widget.view.map.legend_picked.emit(name)
        self.assertEqual({widget.result.found.names[row] for row in widget.view.selection}, {name})
        self.assertEqual(len(widget.view.selection), widget.result.found.names.count(name))

    def test_all_tabs_draw(self):
        widget = self.create()
        widget.view.select([0])
        for tab in range(widget.view.tabs.count()):
            widget.view.tabs.setCurrentIndex(tab)
            self.process_events()
        self.assertIsNotNone(widget.view.fit.shown)
        self.assertGreater(widget.view.counts.table.rowCount(), 10)
        self.assertEqual(widget.tab, widget.view.tabs.count() - 1)

    def test_the_list_sorts_by_each_column(self):
        widget = self.create()
        n = widget.view.list.rowCount()
        for column in range(widget.view.list.columnCount()):
            for order in (Qt.AscendingOrder, Qt.DescendingOrder):
                widget.view.list_view.sortByColumn(column, order)
                shown = [widget.view.list.data(widget.view.list.index(row, 0)) for row in range(n)]
                self.assertEqual(sorted(map(int, shown)), list(range(1, n + 1)))
        widget.view.list_view.sortByColumn(4, Qt.DescendingOrder)
        lengths = widget.result.found.sizes.feret_max
        order = [int(widget.view.list.mapToSourceRows(row)) for row in range(n)]
        self.assertTrue((np.diff(lengths[order]) <= 0).all())

    def test_models_of_single_materials_explain_too(self):
        single = DCNetLearner(epochs=2, widths=(8, 8, 8), seed=1)(
            simulate(POLYMERS, 20, wavenumbers=AXIS))
        widget = self.create(model=single, selection=[0])
        self.assertIn("Particle 1", widget.view.drawing.title.text())
        if np.isfinite(widget.result.found.answer.values[0]):
            self.assertIn("strip", widget.view.drawing.legend.text())

    # ------------------------------------------------------------------- by hand

    def test_corrections_by_hand_and_undo(self):
        widget = self.create()
        n, before = len(self.names()), self.names()
        widget.view.select([1])
        menu = widget._menu(2)
        said = {action.text(): action for action in menu.actions()}
        self.assertIn("Not a Particle", said)
        self.assertFalse(said["Join to One Particle"].isEnabled())
        self.assertFalse(said["Undo Last Correction"].isEnabled())
        names = {action.text().partition(":")[0]: action
                 for action in menu.actions()[0].menu().actions()}
        self.assertEqual(set(names), {*POLYMERS, "CE", UNNAMED})
        names["CE"].trigger()
        self.settle()
        self.assertEqual(self.names()[1], "CE")
        self.assertIn("1 correction by hand", widget.box.edits_label.text())
        self.assertIn("by hand", widget.view.list.text(1, 2))
        widget.view.select([0])
        said = {action.text(): action for action in widget._menu(1).actions()}
        said["Not a Particle"].trigger()
        self.settle()
        self.assertEqual(len(self.names()), n - 1)
        widget.box.undo.click()
        self.settle()
        self.assertEqual(len(self.names()), n)
        widget.box.forget.click()
        self.settle()
        self.assertEqual(self.names(), before)
        self.assertEqual(widget.edits, [])

    def test_corrections_are_kept_in_the_workflow(self):
        widget = self.create()
        widget.view.select([0])
        widget._correct("is", [0], "CE")
        self.settle()
        self.assertEqual(self.names()[0], "CE")
        again = self.create(**widget.settingsHandler.pack_data(widget))
        self.assertEqual(self.names()[0], "CE")
        # A link that is interrupted takes nothing away.
        self.send_signal(again.Inputs.data, None)
        self.send_signal(again.Inputs.data, self.map)
        self.settle()
        self.assertEqual(self.names()[0], "CE")
        # Those of one map are not made on another, which is said.
        self.send_signal(again.Inputs.data, self.map[:3200])
        self.settle()
        self.assertEqual(again.edits, [])
        self.assertIn("1 corrections by hand were forgotten", str(again.Information.forgotten))

    def test_particles_are_joined(self):
        widget = self.create()
        n = len(self.names())
        widget.view.select([0, 1])
        said = {action.text(): action for action in widget._menu(1).actions()}
        said["Join to One Particle"].trigger()
        self.settle()
        self.assertEqual(len(self.names()), n - 1)
        # The joined one is selected, whatever its number is now.
        self.assertEqual(widget.view.selection, [0])

    def test_lost_corrections_are_told(self):
        widget = self.create()
        widget._correct("is", [len(self.names()) - 1], "CE")
        self.settle()
        widget.box.smallest.setValue(5000)
        self.settle()
        self.assertTrue(widget.Warning.lost.is_shown())
        self.assertEqual(self.names(), [])

    # ------------------------------------------------------------------- counts

    def test_size_classes(self):
        widget = self.create()
        first = [v.name for v in self.get_output(widget.Outputs.counts).domain.attributes]
        widget.counting.combo.setCurrentText(TYPED)
        widget.counting._chosen()
        self.assertTrue(widget.counting.limits.isVisibleTo(widget))
        widget.counting.limits.setText("50, 100, 1000")
        widget.counting._typed()
        counts = self.get_output(widget.Outputs.counts)
        self.assertNotEqual([v.name for v in counts.domain.attributes], first)
        self.assertIn("50–100 µm", [v.name for v in counts.domain.attributes])
        self.assertEqual(np.nansum(counts.get_column("all")), len(self.names()))
        widget.counting.limits.setText("100, fifty")
        widget.counting._typed()
        self.assertIn("is no number", str(widget.Warning.counts))
        self.assertEqual(np.nansum(self.get_output(widget.Outputs.counts).get_column("all")),
                         len(self.names()))

    def test_what_was_not_looked_for_has_no_number(self):
        table = self.create().view.counts.table
        rows = {table.item(i, 0).text(): {table.item(i, j).text()
                                          for j in range(1, table.columnCount())}
                for i in range(table.rowCount())}
        self.assertEqual(rows["PTFE*"], {"–"})

    def test_blanks_of_all_kinds(self):
        widget = self.create()
        blank = simulate_map(48, polymers=POLYMERS, particles=2, touching=0., small=0., sand=0,
                             biofilm=0, matrix="silicon", seed=8).table
        self.send_signal(widget.Inputs.blank, blank)
        self.settle()
        self.assertIsNotNone(widget.summary.estimates)
        self.assertIn("in 1 blank", widget.counting.dialog.told.text())
        # The output of another Particles widget.
        other = self.get_output(widget.Outputs.particles)
        self.send_signal(widget.Inputs.blank, other)
        self.settle()
        header, rows = widget.summary.estimates
        value = header.index("on the filter")
        self.assertEqual(rows[-1][value], "0")
        # A table of counts.
        domain = Domain([ContinuousVariable("count")], None, [StringVariable("polymer")])
        self.send_signal(widget.Inputs.blank, Table.from_numpy(
            domain, np.array([[3.], [1.]]), metas=np.array([["PE"], ["PP"]], object)))
        self.settle()
        self.assertIn("4 particles", widget.counting.dialog.told.text())
        widget.counting.dialog.n_blanks.setValue(4)
        self.assertIn("in 4 blanks", widget.counting.dialog.told.text())
        self.send_signal(widget.Inputs.blank, Table("iris"))
        self.settle()
        self.assertIn("no column \"polymer\"", str(widget.Warning.blank))
        self.assertIsNotNone(self.get_output(widget.Outputs.particles))
        self.send_signal(widget.Inputs.blank, None)
        self.settle()
        self.assertFalse(widget.Warning.blank.is_shown())
        self.assertIsNone(widget.summary.estimates)

    def test_a_blank_that_cannot_be_analysed_does_not_stop_the_sample(self):
        widget = self.create()
        self.send_signal(widget.Inputs.blank, Table.concatenate([self.map[:200], self.map[:9]]))
        self.settle()
        self.assertIn("same place", str(widget.Warning.blank))
        self.assertIsNotNone(self.get_output(widget.Outputs.particles))

    def test_damaged_size_classes_are_told_and_typed_ones_work(self):
        with patch("orangecontrib.microplastics.widgets.particles.countsbox.load",
                   side_effect=ValueError("size_classes.json, EU: limits ascend.")):
            widget = self.create()
        self.assertIn("limits ascend", str(widget.Warning.counts))
        self.assertEqual(widget.size_classes, TYPED)
        self.assertEqual(np.nansum(self.get_output(widget.Outputs.counts).get_column("all")),
                         len(self.names()))

    def test_recovery_share_and_volume(self):
        widget = self.create()
        dialog = widget.counting.dialog
        dialog.spiked.setValue(100)
        self.assertIn("nothing can be estimated", dialog.problem.text())
        dialog.recovered.setValue(200)
        self.assertIn("More were found", dialog.problem.text())
        self.assertTrue(widget.Warning.counts.is_shown())
        # What is not corrected for does not stand in the report as if it were.
        self.assertIsNone(widget.sample().corrections.recovery)
        dialog.recovered.setValue(50)
        self.assertEqual(widget.sample().corrections.recovery, (50, 100))
        self.assertFalse(widget.Warning.counts.is_shown())
        dialog.share.setValue(50)
        header, rows = widget.summary.estimates
        self.assertEqual(rows[-1][header.index("on the filter")], f"{4 * len(self.names())}")
        dialog.litres.setValue(2)
        header, rows = widget.summary.estimates
        self.assertIn("per L", header)

    def test_mass_is_estimated_where_it_is_asked_for(self):
        widget = self.create()
        self.assertNotIn("mass (ng)", self.get_output(widget.Outputs.particles).domain)
        widget.counting.mass.setCurrentIndex(1)
        widget.counting._mass_chosen(1)
        table = self.get_output(widget.Outputs.particles)
        named = np.array(self.names()) != UNNAMED
        mass, low, high = (table.get_column(f"mass (ng){end}")[named]
                           for end in ("", ", low", ", high"))
        self.assertTrue((low < mass).all() and (mass < high).all())
        self.assertIn("Estimated mass", widget.view.counts.notes.text())

    # ------------------------------------------------------------------- report

    def test_the_report_is_saved_with_its_tables(self):
        widget = self.create()
        widget._correct("is", [0], "CE")
        self.settle()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sample 7.html")

            def fill(dialog):
                dialog.title.setText("Lake 7")
                dialog.fields["sample"].setText("7")
                dialog.fields["instrument"].setText("Agilent <620>")
                dialog.pages.setValue(2)
                return ReportDialog.Accepted

            with patch.object(ReportDialog, "exec", fill), \
                    patch("orangecontrib.microplastics.widgets.owparticles.QFileDialog"
                          ".getSaveFileName", return_value=(path, "")):
                widget.counting.report.click()
            self.assertTrue(widget.Information.saved.is_shown())
            text = Path(path).read_text(encoding="utf-8")
            for part in ("Lake 7", "Agilent &lt;620&gt;", "not stated", "CE, by hand"):
                self.assertIn(part, text)
            with open(os.path.join(folder, "sample 7 particles.csv"), encoding="utf-8") as file:
                rows = list(csv.reader(file))
            self.assertEqual([row[1] for row in rows[1:]], self.names())
            self.assertTrue(os.path.exists(os.path.join(folder, "sample 7 outlines.geojson")))
            # The instrument is that of the laboratory, the number that of the sample.
            self.assertEqual(widget.laboratory, {"instrument": "Agilent <620>"})
            self.assertEqual(widget.items, {"sample": "7"})
            widget._write(os.path.join(folder, "no", "such", "folder.html"))
            self.assertTrue(widget.Error.not_saved.is_shown())

    def test_oranges_report(self):
        widget = self.create()
        widget.view.select([0])
        widget.create_report_html()
        for part in ("Signal of matter", "Counts", "Particle 1"):
            self.assertIn(part, widget.report_html)

    # ------------------------------------------------------------------- single particles

    def test_spectra_without_coordinates_are_single_particles(self):
        widget = self.create(self.single)
        self.assertTrue(widget.Information.single.is_shown())
        self.assertEqual(len(self.names()), 8)
        self.assertIsNone(self.get_output(widget.Outputs.map))
        self.assertFalse(widget.view.map.isVisibleTo(widget.view))
        self.assertFalse(widget.box.by_pixels.isEnabled())
        widget.view.select([3])
        widget._correct("not a particle", [3])
        self.settle()
        self.assertEqual(len(self.names()), 7)
        # A map shows all again.
        self.send_signal(widget.Inputs.data, self.map)
        self.settle()
        self.assertTrue(widget.view.map.isVisibleTo(widget.view))
        self.assertTrue(widget.box.by_pixels.isEnabled())

    def test_transmittance_can_be_converted(self):
        data = self.map.copy()
        with data.unlocked():
            data.X = 10 ** -data.X
        widget = self.create(data, convert=True)
        self.assertTrue(widget.Information.converted.is_shown())
        self.assertGreaterEqual(len(self.names()), 8)

    def test_cancel_and_again(self):
        widget = self.create()
        widget._start()
        widget.cancel_button.click()
        self.assertIsNone(widget.result)
        self.assertTrue(widget.Information.cancelled.is_shown())
        self.assertIsNone(self.get_output(widget.Outputs.particles))
        widget.cancel_button.click()
        self.settle()
        self.assertIsNotNone(widget.result)
