import threading
import time
from unittest.mock import Mock, patch

import numpy as np
import pytest
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QFileDialog
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.datasets.collection import SIMULATED, class_counts
from orangecontrib.microplastics.simulation.polymers import SEVEN, simulate
from orangecontrib.microplastics.widgets.owmicroplasticspectra import OWMicroplasticSpectra

#: A small simulation for fast tests.
QUICK = {"n_spectra": 3}
STUDIES = {"frond_2021": "Frond 2021", "jung_2018": "Jung 2018"}


class Published:
    """Mock of the folder of downloaded sets; after a download, two sets of six spectra."""

    def __init__(self, test, fetched=False):
        self.fetched = fetched
        for name, function in (("is_available", self.is_available), ("load", self.load),
                               ("count", self.count), ("fetch", self.fetch)):
            patcher = patch.object(datasets, name, function)
            patcher.start()
            test.addCleanup(patcher.stop)
        self.fetch_error = None
        self.hold = None  # an Event that a download waits for
        self.n_fetches, self.wheel = 0, None

    def is_available(self, name):
        return self.fetched

    def fetch(self, progress=None, *, wheel=None):
        self.n_fetches += 1
        self.wheel = wheel
        progress(.1, "Downloading 5 of 54 MB")
        while self.hold is not None and not self.hold.wait(.01):
            progress(.2, "Downloading 10 of 54 MB")
        if self.fetch_error is not None:
            raise self.fetch_error
        self.fetched = True
        progress(1., "Done")

    def load(self, name, *, merge_pe=False, environmental=None, doubtful="keep", classes=None):
        if not self.fetched or name not in STUDIES:
            raise datasets.MissingData("not fetched")
        data = simulate(["PE", "PP"], 3, wavenumbers=np.arange(700., 3001., 4.),
                        seed=len(name))
        data.name = datasets.SETS[name].title
        rows = np.ones(len(data), bool)
        if environmental:
            rows[:] = False
        if doubtful == "drop":
            rows[5] = False
        if not rows.any():
            raise ValueError("No spectrum is left")
        return data[rows]

    def count(self, name, *, environmental=None):
        if not self.fetched or name not in STUDIES:
            raise datasets.MissingData("not fetched")
        return datasets.Counts(0, 0) if environmental else datasets.Counts(6, 1)


class TestOWMicroplasticSpectra(WidgetTest):
    def make(self, **settings):
        return self.create_widget(OWMicroplasticSpectra,
                                  stored_settings={**QUICK, **settings})

    def output(self, widget):
        self.settle(widget)
        return self.get_output(widget.Outputs.data, widget=widget)

    def settle(self, widget):
        """Wait until no task is running or about to start."""
        end = time.time() + 10
        while time.time() < end:
            self.process_events()
            if widget.task is None and not widget._later.isActive():
                return
        raise TimeoutError

    def tick(self, widget, name, wanted=True):
        widget.set_list.items[name].setCheckState(0, Qt.Checked if wanted else Qt.Unchecked)

    def row(self, widget, name):
        return [widget.set_list.items[name].text(column) for column in range(5)]

    # --- simulated

    def test_a_fresh_widget_gives_spectra_at_once(self):
        Published(self)
        widget = self.create_widget(OWMicroplasticSpectra)
        data = self.output(widget)
        self.assertEqual(len(data), 700)
        self.assertEqual(data.domain.class_var.values, SEVEN)
        self.assertEqual([m.name for m in data.domain.metas],
                         ["sample", "study", "environmental", "source"])
        self.assertFalse(widget.Warning.active)
        self.assertFalse(widget.Information.active)

    def test_simulator_controls_reach_the_spectra(self):
        Published(self)
        widget = self.make(polymers=["PE", "PMMA"], seed=3, weathering=60, biofilm=10, noise=.002,
                           baseline=.02, atmosphere=0., thickness=2., resolution=4, mode=1)
        expected = simulate(["PE", "PMMA"], 3, seed=3, weathering=.6, biofilm=.1, noise=.002,
                            baseline=.02, scattering=.02, atmosphere=0, thickness=2.,
                            resolution=4, mode="transmission")
        np.testing.assert_array_equal(self.output(widget).X, expected.X)

    def test_a_change_is_sent(self):
        Published(self)
        widget = self.make()
        first = self.output(widget)
        widget.controls.seed.setValue(7)
        second = self.output(widget)
        self.assertFalse(np.allclose(first.X, second.X))
        widget.polymer_boxes["PC"].click()
        self.assertIn("PC", self.output(widget).domain.class_var.values)
        for box in widget.polymer_boxes.values():
            box.setChecked(False)
        self.assertIsNone(self.output(widget))
        self.assertTrue(widget.Information.choose_polymers.is_shown())
        widget.polymer_boxes["PS"].click()
        self.assertEqual(class_counts(self.output(widget)), {"PS": 3})
        self.assertFalse(widget.Information.choose_polymers.is_shown())

    def test_auto_send_off(self):
        Published(self)
        widget = self.make(auto_send=False)
        # The spectra of a saved workflow are sent nevertheless.
        first = self.output(widget)
        self.assertEqual(len(first), 21)
        widget.controls.seed.setValue(7)
        self.assertIs(self.output(widget), first)
        widget.commit.now()
        self.assertFalse(np.allclose(self.output(widget).X, first.X))

    def test_nothing_ticked(self):
        Published(self)
        widget = self.make()
        self.settle(widget)
        self.tick(widget, SIMULATED, False)
        self.assertIsNone(self.output(widget))
        self.assertTrue(widget.Information.choose.is_shown())
        self.assertFalse(widget.simulated_box.isEnabled())
        self.tick(widget, SIMULATED)
        self.assertEqual(len(self.output(widget)), 21)
        self.assertFalse(widget.Information.choose.is_shown())

    # --- classes

    def test_classes_to_keep(self):
        Published(self)
        widget = self.make()
        self.settle(widget)
        self.assertEqual(widget.class_view.codes(), list(SEVEN))
        widget.class_view.topLevelItem(1).setCheckState(0, Qt.Unchecked)
        data = self.output(widget)
        self.assertNotIn("PP", data.domain.class_var.values)
        self.assertEqual(len(data), 18)
        # The class stays in the list, and stays unticked after a change of settings.
        widget.controls.seed.setValue(1)
        self.assertEqual(len(self.output(widget)), 18)
        self.assertEqual(widget.class_view.unticked(), ["PP"])
        widget.class_view.tick(False)
        self.assertIsNone(self.output(widget))
        self.assertTrue(widget.Warning.no_classes.is_shown())
        widget.class_view.tick(True)
        self.assertEqual(len(self.output(widget)), 21)
        self.assertFalse(widget.Warning.no_classes.is_shown())

    def test_classes_of_other_sets_stay_unticked(self):
        Published(self, fetched=True)
        widget = self.make(left_out=["PU", "PS"])
        self.assertEqual(len(self.output(widget)), 18)
        widget.class_view.topLevelItem(0).setCheckState(0, Qt.Unchecked)
        self.settle(widget)
        self.assertEqual(widget.left_out, ["PE", "PS", "PU"])

    def test_unticking_a_class_does_not_load_again(self):
        Published(self)
        widget = self.make()
        self.settle(widget)
        gathered = widget.result.gathered
        widget.class_view.topLevelItem(0).setCheckState(0, Qt.Unchecked)
        self.assertEqual(len(self.output(widget)), 18)
        self.assertIs(widget.result.gathered, gathered)

    def test_the_picture_has_a_curve_for_each_class(self):
        Published(self)
        widget = self.make()
        self.settle(widget)
        self.assertEqual(list(widget.plot._curves), list(SEVEN))
        self.assertTrue(widget.plot.getViewBox().xInverted())
        item = widget.class_view.topLevelItem(2)
        item.setSelected(True)
        widths = {name: curve.opts["pen"].widthF()
                  for name, curve in widget.plot._curves.items()}
        self.assertEqual(max(widths, key=widths.get), "PS")
        self.assertIn("21 spectra, 851 points", widget.summary.text())

    # --- published

    def test_sets_are_listed_with_what_there_is_to_know(self):
        published = Published(self)
        widget = self.make()
        self.settle(widget)
        self.assertEqual(widget.set_list.view.topLevelItemCount(), 1 + len(datasets.SETS))
        self.assertEqual(widget.set_list.view.topLevelItem(0).data(0, Qt.UserRole), SIMULATED)
        title, n, classes, where, status = self.row(widget, "frond_2021")
        self.assertEqual((n, classes, where, status), ("380", "19", "675\u20134000", "download"))
        self.tick(widget, "frond_2021")
        self.assertIn(f'href="{datasets.SETS["frond_2021"].url}"', widget.set_list.details.text())
        self.assertIn("54\u00a0MB", widget.fetch_button.text())
        published.fetched = True
        self.settle(widget)
        widget._show_sets()
        self.assertEqual(self.row(widget, "frond_2021")[4], "ready")
        self.assertTrue(widget.fetch_button.isHidden())

    def test_nothing_is_fetched_without_a_click(self):
        published = Published(self)
        widget = self.make()
        self.tick(widget, "frond_2021")
        self.assertEqual(len(self.output(widget)), 21)  # the simulated ones are there
        self.assertTrue(widget.Warning.missing.is_shown())
        self.assertIn("FLOPP", str(widget.Warning.missing))
        self.assertEqual(published.n_fetches, 0)
        self.assertFalse(widget.fetch_button.isHidden())

    def test_a_click_fetches(self):
        published = Published(self)
        widget = self.make(sets=["frond_2021"])
        self.assertIsNone(self.output(widget))
        widget.fetch_button.click()
        data = self.output(widget)
        self.assertEqual(published.n_fetches, 1)
        self.assertEqual(len(data), 5)
        self.assertFalse(widget.Warning.missing.is_shown())
        self.assertTrue(widget.fetch_button.isHidden())
        self.assertEqual(widget.fetch_label.text(), "")

    def test_progress_is_shown_and_cancel_cancels(self):
        published = Published(self)
        published.hold = threading.Event()
        self.addCleanup(published.hold.set)
        widget = self.make(sets=[SIMULATED, "frond_2021"])
        self.settle(widget)
        widget.fetch_button.click()
        self.process_events(lambda: "10 of 54 MB" in widget.fetch_label.text())
        self.assertEqual(widget.fetch_button.text(), "Cancel")
        widget.fetch_button.click()
        self.assertTrue(widget.Information.cancelled.is_shown())
        self.assertEqual(len(self.output(widget)), 21)
        self.assertFalse(published.fetched)
        self.assertIn("Download", widget.fetch_button.text())
        self.assertEqual(widget.fetch_label.text(), "")
        published.hold.set()
        widget.fetch_button.click()
        self.assertFalse(widget.Information.cancelled.is_shown())
        self.assertEqual(len(self.output(widget)), 21 + 5)

    def test_choices_made_while_downloading_count_after_it(self):
        published = Published(self)
        published.hold = threading.Event()
        self.addCleanup(published.hold.set)
        widget = self.make(sets=["frond_2021"])
        self.settle(widget)
        widget.fetch_button.click()
        self.tick(widget, SIMULATED)
        widget.controls.n_spectra.setValue(2)
        self.assertTrue(widget._fetching)
        published.hold.set()
        self.assertEqual(len(self.output(widget)), 14 + 5)

    def test_offline(self):
        published = Published(self)
        published.fetch_error = datasets.FetchError("The package index cannot be reached.")
        widget = self.make(sets=[SIMULATED, "frond_2021"])
        self.settle(widget)
        widget.fetch_button.click()
        self.assertEqual(len(self.output(widget)), 21)
        self.assertEqual(str(widget.Error.fetch_failed), "The package index cannot be reached.")
        self.assertIn("Download", widget.fetch_button.text())
        published.fetch_error = None
        widget.fetch_button.click()
        self.assertEqual(len(self.output(widget)), 26)
        self.assertFalse(widget.Error.fetch_failed.is_shown())

    def test_a_file_downloaded_elsewhere(self):
        published = Published(self)
        widget = self.make(sets=["frond_2021"])
        self.settle(widget)
        with patch.object(QFileDialog, "getOpenFileName", Mock(return_value=("", ""))):
            widget.file_button.click()
        self.assertEqual(published.n_fetches, 0)
        with patch.object(QFileDialog, "getOpenFileName", Mock(return_value=("a.whl", ""))):
            widget.file_button.click()
        self.assertEqual(len(self.output(widget)), 5)
        self.assertEqual(published.wheel, "a.whl")

    def test_several_sets_are_joined(self):
        Published(self, fetched=True)
        widget = self.make(sets=[SIMULATED, "frond_2021", "jung_2018"])
        data = self.output(widget)
        self.assertEqual(len(data), 21 + 5 + 5)
        self.assertEqual(np.unique(np.diff([float(a.name) for a in data.domain.attributes])), 4)
        self.assertIn("study", data.domain)

    def test_doubtful_labels_are_never_left_out_silently(self):
        Published(self, fetched=True)
        widget = self.make(sets=["frond_2021"])
        self.assertEqual(len(self.output(widget)), 5)
        self.assertIn("1 of 6 in FLOPP", str(widget.Information.left_out))
        widget.controls.drop_doubtful.click()
        self.assertEqual(len(self.output(widget)), 6)
        self.assertFalse(widget.Information.left_out.is_shown())
        self.assertIn("1 of 6 in FLOPP", str(widget.Information.doubtful))
        self.tick(widget, "frond_2021", False)
        self.tick(widget, SIMULATED)
        self.assertEqual(len(self.output(widget)), 21)
        self.assertFalse(widget.Information.doubtful.is_shown())

    def test_choices_that_leave_nothing(self):
        Published(self, fetched=True)
        widget = self.make(sets=["frond_2021"], particles=2)
        self.assertIsNone(self.output(widget))
        self.assertIn("FLOPP", str(widget.Warning.nothing_left))

    def test_options_are_passed_on(self):
        Published(self, fetched=True)
        load = Mock(side_effect=lambda name, **options: simulate(["PE"], 2))
        with patch.object(datasets, "load", load):
            widget = self.make(sets=["jung_2018"], merge_pe=False)
            self.settle(widget)
            self.assertFalse(any(c.kwargs["merge_pe"] for c in load.call_args_list))
            load.reset_mock()
            widget.controls.merge_pe.click()
            self.settle(widget)
            self.assertTrue(all(c.kwargs["merge_pe"] for c in load.call_args_list))
            self.assertTrue(load.called)

    def test_errors_are_sentences(self):
        Published(self, fetched=True)
        widget = self.make(sets=[SIMULATED])
        self.settle(widget)
        with patch("orangecontrib.microplastics.datasets.collection.simulate",
                   Mock(side_effect=ValueError("They share no range."))):
            widget.controls.seed.setValue(5)
            self.assertIsNone(self.output(widget))
        self.assertEqual(str(widget.Error.failed), "They share no range.")
        widget.controls.seed.setValue(6)
        self.assertEqual(len(self.output(widget)), 21)
        self.assertFalse(widget.Error.failed.is_shown())
        with patch("orangecontrib.microplastics.datasets.collection.simulate",
                   Mock(side_effect=MemoryError)):
            widget.controls.seed.setValue(7)
            self.assertIsNone(self.output(widget))
        self.assertTrue(widget.Error.no_memory.is_shown())

    # --- workflows

    def test_a_workflow_opened_on_another_computer(self):
        Published(self, fetched=True)
        widget = self.make(sets=["frond_2021", SIMULATED], left_out=["PET"])
        self.settle(widget)
        saved = widget.settingsHandler.pack_data(widget)
        published = Published(self, fetched=False)
        other = self.create_widget(OWMicroplasticSpectra, stored_settings=saved)
        self.assertEqual(len(self.output(other)), 18)
        self.assertIn("FLOPP", str(other.Warning.missing))
        self.assertEqual(published.n_fetches, 0)
        self.assertEqual(other.sets, ["frond_2021", SIMULATED])

    def test_settings_of_another_version(self):
        Published(self)
        widget = self.make(sets=[SIMULATED, "a_set_of_the_future"], polymers=["PE", "Neutronium"])
        self.assertEqual(class_counts(self.output(widget)), {"PE": 3})

    def test_report(self):
        Published(self, fetched=True)
        widget = self.make(sets=[SIMULATED, "frond_2021"])
        self.settle(widget)
        widget.send_report()
        self.assertIn(datasets.SETS["frond_2021"].reference, widget.report_html)
        self.assertIn("1 left out", widget.report_html)
        self.assertIn("Weathering", widget.report_html)
        self.tick(widget, SIMULATED, False)
        self.tick(widget, "frond_2021", False)
        self.settle(widget)
        widget.report_html = ""
        widget.send_report()
        self.assertIn("No spectra", widget.report_html)

    def test_fits_a_small_screen(self):
        Published(self)
        widget = self.make()
        self.settle(widget)
        hint = widget.sizeHint()
        self.assertLessEqual(hint.width(), 1366)
        self.assertLessEqual(hint.height(), 720)
        self.assertLessEqual(widget.minimumSizeHint().height(), 720)

    @pytest.mark.skipif(not datasets.is_available("frond_2021"),
                        reason="FLOPP has not been fetched: choose it in Microplastic Spectra")
    def test_a_real_set(self):
        widget = self.make(sets=["frond_2021"], drop_doubtful=False)
        data = self.output(widget)
        self.assertEqual(len(data), 380)
        self.assertEqual(class_counts(data)["PE"], 67)
        widget.controls.particles.setCurrentIndex(1)
        widget.controls.particles.activated.emit(1)
        pristine = self.output(widget)
        self.assertLess(len(pristine), 380)
        self.assertEqual(set(pristine.get_column("environmental")), {0})
