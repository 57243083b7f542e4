"""Identify Files: the widget."""
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QT_VERSION, QMimeData, QPointF, Qt, QUrl
from AnyQt.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QFileDialog
from batchcase import AXIS, quick_map, quick_model, spectra, write_csv, write_envi
from Orange.classification import MajorityLearner
from Orange.data import ContinuousVariable, DiscreteVariable, StringVariable, Table
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics import datasets, ready
from orangecontrib.microplastics.batch import run as batch_run
from orangecontrib.microplastics.batch.manifest import DONE, NAME
from orangecontrib.microplastics.batch.run import Run
from orangecontrib.microplastics.batch.settings import Settings
from orangecontrib.microplastics.identification import DECISIONS
from orangecontrib.microplastics.particles.coverage import NarrowRange
from orangecontrib.microplastics.utils.errors import TorchUnavailable
from orangecontrib.microplastics.widgets.identifyfiles import tables, task
from orangecontrib.microplastics.widgets.identifyfiles.settingsbox import TYPED
from orangecontrib.microplastics.widgets.identifyfiles.texts import interval
from orangecontrib.microplastics.widgets.owidentifyfiles import OWIdentifyFiles

WAIT = 60_000


class TestIdentifyFiles(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = quick_model()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.output = self.folder / "results"
        # The ready-made model is neither loaded nor made.
        for where, name, value in ((ready, "load", lambda *args: None),
                                   (datasets, "is_available", lambda name: False)):
            patcher = patch.object(where, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)

    def files(self, *numbers):
        return [write_csv(self.folder / "in" / f"s{n}.csv", spectra(n, seed=n),
                          [f"{n}-{i}" for i in range(n)]) for n in numbers]

    def bad(self):
        path = self.folder / "in" / "bad.csv"
        path.write_text("no spectra\n1, 2\n")
        return path

    def map(self, name="filter", size=32, **options):
        return write_envi(self.folder / "in" / f"{name}.hdr", quick_map(size, **options))

    def create(self, paths=(), output="results", model="model", **settings):
        self.widget = widget = self.create_widget(
            OWIdentifyFiles, stored_settings={"ready_made": "", **settings})
        self.process_events(lambda: widget._recalled)
        if model is not None:
            self.send_signal(widget.Inputs.model, self.model if model == "model" else model)
        if output:
            self.choose(self.folder / output)
        if paths:
            widget._add(list(map(str, paths)))
        self.settle()
        return widget

    def choose(self, path, press=None):
        with patch.object(QFileDialog, "getExistingDirectory", return_value=str(path)):
            (press or self.widget.choose_button).click()
        self.settle()

    def settle(self):
        self.process_events(lambda: self.widget.looker.task is None
                            and not self.widget.models.working, timeout=WAIT)

    def finish(self):
        self.wait_until_finished(self.widget, timeout=WAIT)
        self.process_events()
        self.settle()

    def start(self):
        self.assertTrue(self.widget.start_button.isEnabled(), self.widget._missing())
        self.widget.start_button.click()

    def identify(self, *args, **kwargs):
        widget = self.create(*args, **kwargs)
        self.start()
        self.finish()
        return widget

    def states(self):
        return {Path(key).name: self.widget.list.state(key) for key in self.widget.found.keys}

    def messages(self):
        return [str(m) for group in self.widget.message_groups for m in group.active]

    def finished(self):
        """When each file was done."""
        files = json.loads((self.output / NAME).read_text(encoding="utf-8"))["files"]
        return {entry["path"]: entry["finished"] for entry in files if "finished" in entry}

    def sent(self, name):
        return self.get_output(getattr(self.widget.Outputs, name), self.widget)

    # ------------------------------------------------------------------- what comes out

    def test_files_are_identified_into_a_folder(self):
        paths = [*self.files(3, 5, 4), self.bad()]
        widget = self.identify(paths)
        self.assertEqual(self.states(), {
            "s3.csv": "done: 3 spectra", "s5.csv": "done: 5 spectra", "s4.csv": "done: 4 spectra",
            "bad.csv": "refused"})
        self.assertEqual(len(self.messages()), 1)
        self.assertIn("1 file could not be used", self.messages()[0])
        self.assertIn("bad.csv", widget.details_label.text())
        self.assertIn("list of peaks", widget.details_label.text())
        self.assertTrue((self.output / "spectra.csv").is_file())
        self.assertIn("3 of 4", widget.result_label.text())

        table = self.sent("spectra")
        self.assertEqual(len(table), 12)
        kinds = {"probability": ContinuousVariable, "confidence": ContinuousVariable,
                 "hit quality": ContinuousVariable, "decision": DiscreteVariable,
                 "material": DiscreteVariable, "library material": DiscreteVariable,
                 "file": StringVariable, "spectrum": StringVariable, "remark": StringVariable}
        for name, kind in kinds.items():
            self.assertIs(type(table.domain[name]), kind, name)
        self.assertEqual(table.domain["decision"].values, DECISIONS)
        self.assertEqual(table.domain["material"].values, self.model.domain.class_var.values)
        self.assertEqual(list(table.get_column("spectrum")),
                         [f"{n}-{i}" for n in (3, 5, 4) for i in range(n)])
        self.assertEqual(set(table.get_column("file")), set(map(str, paths[:3])))
        counts = np.sum([entry["counts"] for entry in widget.entries.values()
                         if "counts" in entry], axis=0)
        np.testing.assert_array_equal(
            np.bincount(table.get_column("decision").astype(int), minlength=3), counts)
        shares = [v.name for v in table.domain.attributes if v.name.startswith("share ")]
        self.assertTrue(shares)
        self.assertIsNone(self.sent("particles"))

    def test_without_parquet_the_table_is_read_from_csv(self):
        with patch.object(tables, "can_parquet", lambda: False):
            self.identify(self.files(3, 5))
        table = self.sent("spectra")
        self.assertEqual(len(table), 8)
        self.assertIs(type(table.domain["probability"]), ContinuousVariable)
        self.assertIs(type(table.domain["decision"]), DiscreteVariable)
        self.assertIs(type(table.domain["fractions"]), StringVariable)

    def test_only_so_many_rows_are_sent(self):
        with patch.object(tables.spectra_table, "__defaults__", (6,)), \
                patch("orangecontrib.microplastics.widgets.owidentifyfiles.MOST", 6):
            self.identify(self.files(3, 5))
        self.assertEqual(len(self.sent("spectra")), 6)
        self.assertIn("first 6 of 8", self.messages()[0])

    def test_a_map_gives_particles_and_a_report(self):
        path = self.map()
        widget = self.identify([path, *self.files(3)])
        particles = self.sent("particles")
        n = len(particles)
        self.assertGreater(n, 1)
        self.assertEqual(self.states()["filter.hdr"], f"done: {n} particles")
        self.assertIs(type(particles.domain["Polymer"]), DiscreteVariable)
        self.assertIs(type(particles.domain["Feret max (µm)"]), ContinuousVariable)
        self.assertTrue((particles.get_column("Feret max (µm)") > 5).all())
        self.assertEqual(len(self.sent("spectra")), 3)

        self.assertFalse(widget.report_button.isVisibleTo(widget))
        widget.list.setCurrentItem(widget.list.topLevelItem(0))
        self.assertTrue(widget.report_button.isVisibleTo(widget))
        self.assertIn("1,024 pixels", widget.details_label.text())
        with patch.object(QDesktopServices, "openUrl") as opened:
            widget.report_button.click()
            self.assertTrue(Path(opened.call_args[0][0].toLocalFile()).is_file())
            widget.open_button.click()
            self.assertEqual(Path(opened.call_args[0][0].toLocalFile()), self.output)

    def test_every_pixel(self):
        widget = self.create([self.map(size=16, particles=2)])
        widget.box.group.button(1).click()
        self.assertFalse(widget.box.smallest.isEnabled())
        self.start()
        self.finish()
        self.assertEqual(self.states(), {"filter.hdr": "done: 256 pixels"})
        self.assertIsNone(self.sent("particles"))
        self.assertIsNone(self.sent("spectra"))

    # ------------------------------------------------------------------- what is missing

    def test_it_fits_a_small_screen(self):
        widget = self.create()
        self.check_minimum_size(widget)
        self.assertLessEqual(widget.sizeHint().height(), 700)
        self.assertLessEqual(widget.sizeHint().width(), 1340)

    def test_it_says_what_to_do_first(self):
        widget = self.create(model=None, output="")
        self.assertFalse(widget.start_button.isEnabled())
        self.assertIn("Add files", widget.missing_label.text())
        widget._add(list(map(str, self.files(3))))
        self.settle()
        self.assertIn("Choose a model", widget.missing_label.text())
        self.send_signal(widget.Inputs.model, MajorityLearner()(Table("iris")))
        self.assertTrue(widget.Error.not_ours.is_shown())
        self.assertFalse(widget.start_button.isEnabled())
        self.send_signal(widget.Inputs.model, self.model)
        self.assertFalse(widget.Error.not_ours.is_shown())
        self.assertTrue(widget.start_button.isEnabled())
        self.assertIsNone(widget.task, "it starts by itself")

    def test_start_asks_for_a_folder(self):
        widget = self.create(self.files(3), output="")
        self.choose("", widget.start_button)
        self.assertIsNone(widget.task)
        self.choose(self.output, widget.start_button)
        self.process_events(lambda: widget.task is not None or bool(widget.entries))
        self.finish()
        self.assertEqual(self.states(), {"s3.csv": "done: 3 spectra"})

    def test_start_does_not_go_on_before_that_was_said(self):
        paths = self.files(3, 4)
        self.identify(paths[:1])
        widget = self.create(paths, output="")
        self.choose(self.output, widget.start_button)
        self.process_events()
        self.assertIsNone(widget.task)
        self.assertIn("1 of 2 files is done", widget.folder_label.text())
        self.start()
        self.finish()
        self.assertEqual(len(self.sent("spectra")), 7)

    def test_results_among_the_spectra_are_refused(self):
        self.files(3)
        widget = self.create([self.folder / "in"], output="in")
        self.assertFalse(widget.start_button.isEnabled())
        self.assertIn("Choose another folder", widget.folder_label.text())

    def test_a_model_from_a_file(self):
        self.model.save(self.folder / "quick.dcnet")
        widget = self.create(self.files(3), model=None)
        with patch.object(QFileDialog, "getOpenFileName",
                          return_value=(str(self.folder / "quick.dcnet"), "")):
            widget.models.open_button.click()
        self.process_events(lambda: widget.model is not None, timeout=WAIT)
        self.settle()
        self.start()
        self.finish()
        self.assertEqual(len(self.sent("spectra")), 3)

    # ------------------------------------------------------------------- the list

    def test_folders_and_files_are_listed_and_removed(self):
        self.files(3, 4)
        other = write_csv(self.folder / "other.csv", spectra(2))
        widget = self.create([self.folder / "in", other, other])
        self.assertEqual(self.states(), dict.fromkeys(("s3.csv", "s4.csv", "other.csv"), "waiting"))
        self.assertEqual(widget.list.topLevelItemCount(), 2)
        self.assertEqual(widget.list.topLevelItem(0).text(1), "0 of 2 done")
        widget.list.topLevelItem(1).setSelected(True)
        self.assertTrue(widget.edit_buttons[2].isEnabled())
        QTest.keyClick(widget.list, Qt.Key_Delete)
        self.settle()
        self.assertEqual(set(self.states()), {"s3.csv", "s4.csv"})
        widget.edit_buttons[3].click()
        self.settle()
        self.assertEqual(self.states(), {})
        self.assertFalse(widget.start_button.isEnabled())

    def test_buttons_add_files_and_folders(self):
        paths = self.files(3, 4)
        widget = self.create()
        with patch.object(QFileDialog, "getOpenFileNames",
                          return_value=([str(paths[0])], "")) as asked:
            widget.edit_buttons[0].click()
            for suffix in ("*.csv", "*.hdr", "*.h5"):
                self.assertIn(suffix, asked.call_args[0][3])
        self.settle()
        self.assertEqual(set(self.states()), {"s3.csv"})
        self.choose(self.folder / "in", widget.edit_buttons[1])
        # Listed as a file, too, and identified once.
        self.assertEqual(set(self.states()), {"s3.csv", "s4.csv"})

    def test_files_are_dropped(self):
        paths = self.files(3, 4)
        widget = self.create()
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        where = widget.list.viewport().rect().center()
        for kind in (QDragEnterEvent, QDropEvent):
            event = kind(QPointF(where) if QT_VERSION >= 0x60000 and kind is QDropEvent else where,
                         Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier)
            QApplication.sendEvent(widget.list.viewport(), event)
            self.assertTrue(event.isAccepted())
        self.settle()
        self.assertEqual(set(self.states()), {"s3.csv", "s4.csv"})

    def test_missing_files_are_marked_and_the_others_identified(self):
        widget = self.create([self.folder / "gone.csv", *self.files(3)])
        self.assertEqual(widget.list.topLevelItem(0).text(1), "missing")
        self.assertIn("gone.csv", widget.list.topLevelItem(0).toolTip(0))
        self.start()
        self.finish()
        self.assertEqual(widget.list.topLevelItem(0).text(1), "missing")
        self.assertEqual(self.states(), {"s3.csv": "done: 3 spectra"})

    # ------------------------------------------------------------------- stop, go on

    def test_stopped_it_goes_on(self):
        paths = self.files(3, 4, 5, 6)
        widget = self.create(paths)
        reached, leave = threading.Event(), threading.Event()
        add = task._Watch.add

        def slow(watch, n):
            reached.set()
            leave.wait(30)
            add(watch, n)

        with patch.object(task._Watch, "add", slow):
            self.start()
            self.process_events(reached.is_set, timeout=WAIT)
            self.assertEqual(widget.start_button.text(), "Stop")
            self.assertFalse(widget.edit_buttons[0].isEnabled())
            self.assertFalse(widget.choose_button.isEnabled())
            widget.send_report()
            widget.start_button.click()
            self.assertFalse(widget.start_button.isEnabled())
            time.sleep(1.1)  # times are told by seconds
            leave.set()
            self.finish()
        self.assertTrue(widget.Information.stopped.is_shown())
        done = [state for state in self.states().values() if state.startswith("done")]
        self.assertEqual(len(done), 1)
        self.assertEqual(done, [f"done: {len(self.sent('spectra'))} spectra"])
        self.assertIn("1 of 4 files is done", widget.folder_label.text())
        before = self.finished()

        self.start()
        self.finish()
        self.assertFalse(widget.Information.stopped.is_shown())
        self.assertEqual(len(self.sent("spectra")), 18)
        self.assertIn("4 of 4 files are done.", widget.folder_label.text())
        self.assertEqual(len(self.finished()), 4)
        self.assertLessEqual(before.items(), self.finished().items(), "it was done again")
        self.assertIsNotNone(json.loads((self.output / NAME).read_text())["finished"])

    def test_closed_it_stops_and_leaves_a_folder_to_go_on_with(self):
        widget = self.create([self.map(), *self.files(3)])
        reached = threading.Event()
        add = task._Watch.add

        def noted(watch, n):
            reached.set()
            time.sleep(.05)
            add(watch, n)

        with patch.object(task._Watch, "add", noted):
            self.start()
            self.process_events(reached.is_set, timeout=WAIT)
            widget.onDeleteWidget()
        self.assertIsNone(json.loads((self.output / NAME).read_text())["finished"])
        self.identify([self.map(), *self.files(3)])
        self.assertTrue(all(state.startswith("done") for state in self.states().values()))

    def test_a_run_of_the_command_line_is_gone_on_with(self):
        paths = self.files(3, 4)
        Run(self.output, Settings(), lambda low: self.model, lambda context: task.Threads(context),
            say=str, fail=str).run(paths[:1])
        widget = self.create(paths)
        self.assertEqual(self.states(), {"s3.csv": "done: 3 spectra", "s4.csv": "waiting"})
        self.start()
        self.finish()
        self.assertEqual(self.messages(), [])
        self.assertEqual(widget.found.count(DONE), 2)

    def test_progress_is_told(self):
        widget = self.create([*self.files(3, 4), self.map()])
        steps, on_partial_result = [], widget.on_partial_result
        with patch.object(task, "_PAUSE", 0), \
                patch.object(widget, "on_partial_result",
                             lambda step: (steps.append(step), on_partial_result(step))):
            self.start()
            self.assertTrue(widget.progress_label.isVisibleTo(widget))
            self.finish()
        texts = [step.text for step in steps]
        self.assertTrue(any("of 2 files" in text and "spectra per second" in text
                            for text in texts), texts)
        self.assertTrue(any("filter.hdr" in text and "pixels per second" in text
                            for text in texts), texts)
        fractions = [step.fraction for step in steps]
        self.assertEqual(fractions, sorted(fractions))
        self.assertIn("identifying", [e["state"] for step in steps for e in step.entries.values()])
        self.assertFalse(widget.progress_label.isVisibleTo(widget))

    # ------------------------------------------------------------------- what goes wrong

    def test_a_folder_of_another_model(self):
        paths = self.files(3)
        self.identify(paths)
        widget = self.identify(paths, model=quick_model(seed=2))
        self.assertIn("another model", str(widget.Error.failed))
        self.assertIsNone(self.sent("spectra"))
        self.assertTrue(widget.start_button.isEnabled())

    def test_a_folder_with_other_settings(self):
        paths = self.files(3)
        self.identify(paths)
        widget = self.create(paths)
        widget.controls.amounts.click()
        self.start()
        self.finish()
        self.assertIn("other settings (amounts)", str(widget.Error.failed))

    def test_a_folder_that_holds_other_results(self):
        self.output.mkdir()
        (self.output / "spectra.csv").write_text("x")
        widget = self.identify(self.files(3))
        self.assertIn("other results", str(widget.Error.failed))

    def test_a_folder_that_cannot_be_written(self):
        (self.folder / "file").write_text("x")
        widget = self.create(self.files(3), output="file/results")
        self.start()
        self.finish()
        self.assertIn("cannot be written", str(widget.Error.not_written))
        self.assertNotIn("press Start", str(widget.Error.not_written))

    def test_a_full_disk(self):
        widget = self.create(self.files(3))
        with patch.object(batch_run.State, "save", side_effect=OSError(28, "No space left")):
            self.start()
            self.finish()
        self.assertIn("No space left", str(widget.Error.not_written))
        self.assertIn("press Start to go on", str(widget.Error.not_written))
        self.start()
        self.finish()
        self.assertEqual(self.messages(), [])
        self.assertEqual(len(self.sent("spectra")), 3)

    def test_without_torch_the_message_says_what_to_do(self):
        widget = self.create(self.files(3))
        with patch.object(type(self.model), "prepare",
                          side_effect=TorchUnavailable("torch cannot be loaded: reinstall it.")):
            self.start()
            self.finish()
        self.assertEqual(str(widget.Error.failed), "torch cannot be loaded: reinstall it.")

    def test_a_damaged_manifest(self):
        self.output.mkdir()
        (self.output / NAME).write_text("{")
        widget = self.create(self.files(3))
        self.assertIn("cannot be read", widget.folder_label.text())
        self.assertFalse(widget.start_button.isEnabled())

    def test_limits_that_are_no_numbers_are_said_before_the_start(self):
        widget = self.create(self.files(3))
        widget.box.classes.setCurrentText(TYPED)
        widget.box.classes.activated.emit(widget.box.classes.currentIndex())
        self.assertTrue(widget.start_button.isEnabled())
        widget.box.limits.setText("20, many")
        widget.box.limits.editingFinished.emit()
        self.assertFalse(widget.start_button.isEnabled())
        self.assertIn("many", widget.missing_label.text())

    # ------------------------------------------------------------------- narrower range

    def refuse_range(self):
        """Maps are refused by the usual model: the filter lets no light through below 1250."""
        def check(model, *_):
            if model is self.model:
                raise NarrowRange("The filter lets no light through below 1250 cm-1.", 1250)

        return patch("orangecontrib.microplastics.batch.maps.check_range", check)

    def test_the_users_own_model_is_not_replaced(self):
        with self.refuse_range():
            widget = self.identify([self.map()])
        self.assertEqual(self.states(), {"filter.hdr": "refused"})
        self.assertIn("Quick looks at wavenumbers that the map lacks; train one that begins at "
                      "1250 cm-1.", widget.details_label.text())

    def test_the_ready_made_model_of_the_range_is_made(self):
        narrow = quick_model(AXIS[22:])  # from 1252 on

        def get(progress, *, simulated, low):
            self.assertEqual((simulated, low), (False, 1250))
            progress(.5, "Learning")
            return narrow

        with patch.object(ready, "load", lambda *args: self.model), self.refuse_range(), \
                patch.object(ready, "get", get), patch.object(task, "_PAUSE", -1):
            widget = self.create([self.map()], model=None, ready_made="published")
            self.process_events(lambda: widget.model is not None, timeout=WAIT)
            steps, on_partial_result = [], widget.on_partial_result
            with patch.object(widget, "on_partial_result",
                              lambda step: (steps.append(step.text), on_partial_result(step))):
                self.start()
                self.finish()
        self.assertTrue(any("from 1250 cm-1 on is needed; 50%" in text for text in steps), steps)
        self.assertIn("done", self.states()["filter.hdr"])
        widget.list.setCurrentItem(widget.list.topLevelItem(0))
        self.assertIn("a model for the wavenumbers", widget.details_label.text())

    # ------------------------------------------------------------------- workflows, report

    def test_a_workflow_keeps_settings_and_finds_files_that_moved_with_it(self):
        self.files(3, 4)
        outside = tempfile.TemporaryDirectory()
        self.addCleanup(outside.cleanup)
        other = write_csv(Path(outside.name) / "other.csv", spectra(2))
        widget = self.create()
        with patch.object(OWIdentifyFiles, "workflowEnv", lambda _: {"basedir": str(self.folder)}):
            widget._add([str(self.folder / "in"), str(other)])
            self.settle()
            widget.box.smallest.setValue(9)
            widget.controls.convert.click()
            settings = widget.settingsHandler.pack_data(widget)
        moved = self.folder / "moved"
        moved.mkdir()
        shutil.move(self.folder / "in", moved / "in")
        with patch.object(OWIdentifyFiles, "workflowEnv", lambda _: {"basedir": str(moved)}):
            again = self.widget = self.create_widget(OWIdentifyFiles, stored_settings=settings)
            self.process_events(lambda: again._recalled)
            self.settle()
        self.assertEqual(set(map(os.path.realpath, again.found.keys)), {
            os.path.realpath(path) for path in (
                moved / "in" / "s3.csv", moved / "in" / "s4.csv", other)})
        self.assertEqual(again.output_folder(), str(moved / "results"))
        self.assertEqual((again.box.smallest.value(), again.box.settings.smallest), (9, 9))
        self.assertTrue(again.box.settings.transmittance)
        self.assertIsNone(self.sent("spectra"), "nothing starts by itself")

    def test_settings_are_those_of_the_command_line(self):
        widget = self.create()
        self.assertEqual(widget.box.settings, Settings())
        widget.box.pixel.setValue(5.5)
        widget.box.classes.setCurrentIndex(1)
        widget.box.classes.activated.emit(1)
        self.assertEqual(widget.box.settings, Settings(
            pixel_size=5.5, classes=widget.box.classes.itemText(1)))

    def test_report(self):
        widget = self.create(model=None, output="")
        widget.send_report()
        widget = self.identify([*self.files(3), self.map(), self.bad()])
        with patch.object(widget, "report_items") as items:
            widget.send_report()
        text = str(items.call_args_list)
        for part in ("Quick", "3 files", str(self.output), "done: 3 spectra", "particles",
                     "refused: ", "2 of 3"):
            self.assertIn(part, text)
        widget.send_report()

    def test_removed_model_and_new_folder_leave_nothing_outdated(self):
        widget = self.identify(self.files(3))
        self.assertIsNotNone(self.sent("spectra"))
        self.choose(self.folder / "another")
        self.assertIsNone(self.sent("spectra"))
        self.assertEqual(self.states(), {"s3.csv": "waiting"})
        self.send_signal(widget.Inputs.model, None)
        self.assertFalse(widget.start_button.isEnabled())


def test_times():
    assert [interval(s) for s in (0, 15, 75, 3600, 7505)] == [
        "0:00", "0:15", "1:15", "1:00:00", "2:05:05"]
