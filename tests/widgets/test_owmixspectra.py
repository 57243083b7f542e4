"""Mix Spectra through its signals and controls, as a student uses it."""
import unittest
from time import sleep
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QPushButton
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.widgets.tests.base import WidgetTest
from Orange.widgets.tests.utils import simulate

from orangecontrib.microplastics.mixing.mixer import Mixer, Mixing
from orangecontrib.microplastics.mixing.recipe import ANY_INSTRUMENT, NOTHING, ONE_INSTRUMENT
from orangecontrib.microplastics.widgets.common.background import Cancelled
from orangecontrib.microplastics.widgets.mixspectra import task as mixingtask
from orangecontrib.microplastics.widgets.mixspectra.controls import OF_EACH
from orangecontrib.microplastics.widgets.mixspectra.plot import percents
from orangecontrib.microplastics.widgets.owmixspectra import OWMixSpectra

AXIS = np.arange(700, 1901, 10.)


def pure(classes=("PE", "PP", "PS"), sources=4, with_source=True):
    """Absorbance with different bands for each class, and two spectra per source."""
    rng = np.random.default_rng(1)
    X, y, source = [], [], []
    for label, name in enumerate(classes):
        centres = np.random.default_rng(label).uniform(750, 1850, (5, 1))
        for number in range(sources):
            heights = rng.uniform(.3, 1, (5, 1))
            shape = (heights * np.exp(-.5 * ((AXIS - centres) / 20) ** 2)).sum(axis=0)
            for gain in (1, 1.5):
                X.append(.05 + gain * shape)
                y.append(label)
                source.append(f"{name}-{number}")
    metas = [StringVariable("source")] if with_source else []
    domain = Domain([ContinuousVariable(f"{w:g}") for w in AXIS],
                    DiscreteVariable("polymer", classes), metas)
    table = Table.from_numpy(domain, np.array(X), np.array(y, float),
                             np.array([source], object).T if with_source else None)
    table.name = "pure"
    return table


def used(table):
    return {s for text in table.get_column("sources") for s in text.split(" + ")}


class TestOWMixSpectra(WidgetTest):
    def test_a_contaminant_that_is_a_material_is_not_added_and_that_is_said(self):
        self.send(pure())
        self.widget._tick_contaminants(True)
        self.wait_until_finished()
        self.assertFalse(self.widget.Information.not_added.is_shown())
        self.send(pure(("PE", "PP", "Cellulose")))
        self.assertIn(": cellulose.", str(self.widget.Information.not_added))
        added = self.get_output(self.widget.Outputs.train).get_column("contaminants")
        self.assertNotIn("cellulose", " ".join(added))
        self.assertIn("silicate", " ".join(added))

    def setUp(self):
        self.widget = self.create_widget(OWMixSpectra, stored_settings={
            "number_kind": OF_EACH, "train_each": 20, "test_each": 10})

    def tearDown(self):
        self.widget.onDeleteWidget()

    def send(self, data):
        self.send_signal(self.widget.Inputs.data, data)
        self.wait_until_finished()

    def change(self, **settings):
        for name, value in settings.items():
            getattr(self.widget.controls, name)
            setattr(self.widget, name, value)
        self.widget._changed()
        self.wait_until_finished()

    def outputs(self):
        out = self.widget.Outputs
        return [self.get_output(o) for o in (out.train, out.test, out.components)]

    def assert_nothing(self, message):
        self.assertEqual(self.outputs(), [None] * 3)
        self.assertTrue(self.widget.Error.cannot_mix.is_shown())
        self.assertRegex(str(self.widget.Error.cannot_mix), message)
        self.assertIsNone(self.widget.plot.drawn)

    def untick(self, *names):
        table = self.widget.material_table
        for name in names:
            table.item(table.materials().index(name), 0).setCheckState(Qt.Unchecked)
        self.wait_until_finished()

    # Numbers of mixtures

    def test_a_new_widget_makes_no_more_of_many_materials(self):
        """Mixtures are made automatically: their number must not grow with that of materials."""
        widget = self.create_widget(OWMixSpectra)
        names = [f"M{i}" for i in range(14)]
        for classes in (names[:2], names):
            self.send_signal(widget.Inputs.data, pure(classes), widget=widget)
            self.wait_until_finished(widget=widget)
            self.assertEqual(len(self.get_output(widget.Outputs.train, widget=widget)), 6000)
            self.assertEqual(len(self.get_output(widget.Outputs.test, widget=widget)), 3000)

    def test_outputs_from_disjoint_sources(self):
        data = pure()
        self.send(data)
        train, test, components = self.outputs()
        self.assertEqual((len(train), len(test), len(components)), (120, 60, 3))
        self.assertEqual(train.domain.class_var.values,
                         ("PE", "PP", "PS", "PE + PP", "PE + PS", "PP + PS"))
        self.assertEqual(train.domain, test.domain)
        self.assertEqual(train.domain.attributes, data.domain.attributes)
        self.assertFalse(used(train) & used(test))
        self.assertLessEqual(used(train) | used(test), set(data.get_column("source")))
        self.assertEqual(components.domain.class_var, data.domain.class_var)

    def test_summary_tells_what_comes(self):
        self.send(pure())
        text = self.widget.summary.text()
        for part in ("6 combinations of 3 materials", "120 training", "60 test"):
            self.assertIn(part, text)
        self.change(use_triples=True, use_pure=False)
        self.assertIn("4 combinations", self.widget.summary.text())
        self.assertEqual(len(self.outputs()[0]), 80)

    def test_number_in_all(self):
        self.send(pure())
        self.widget.number_buttons.button(0).click()
        self.change(train_all=100, test_all=31)
        train, test, _ = self.outputs()
        self.assertEqual((len(train), len(test)), (100, 31))
        self.change(train_all=3)
        self.assert_nothing("3 training spectra are too few for 6 combinations: ask for at least 6")

    def test_same_seed_same_mixtures(self):
        self.send(pure())
        first = self.outputs()[0].X
        self.change(seed=5)
        self.assertTrue(np.not_equal(self.outputs()[0].X, first).any())
        self.change(seed=0)
        np.testing.assert_array_equal(self.outputs()[0].X, first)

    def test_materials_are_chosen(self):
        self.send(pure())
        self.untick("PP")
        self.assertEqual(self.outputs()[0].domain.class_var.values, ("PE", "PS", "PE + PS"))
        # Remembered with the workflow, and found again in other data.
        again = self.create_widget(
            OWMixSpectra, stored_settings=self.widget.settingsHandler.pack_data(self.widget))
        self.send_signal(again.Inputs.data, pure(("PA", "PE", "PP")), widget=again)
        self.wait_until_finished(widget=again)
        train = self.get_output(again.Outputs.train, widget=again)
        self.assertEqual(train.domain.class_var.values, ("PA", "PE", "PA + PE"))
        again.onDeleteWidget()

    def test_ratios(self):
        self.send(pure(("PE", "PP")))

        def seen():
            train = self.outputs()[0]
            return sorted(set(np.round(train.get_column("fraction PE").astype(float), 4)))
        self.change(use_pure=False, smallest=40)
        values = seen()
        self.assertGreaterEqual(values[0], .4)
        self.assertLessEqual(values[-1], .6)
        self.assertGreater(len(values), 10)
        simulate.combobox_activate_index(self.widget.controls.ratio_kind, 1)
        self.wait_until_finished()
        np.testing.assert_allclose(seen(), np.arange(1, 10) / 10)
        simulate.combobox_activate_index(self.widget.controls.ratio_kind, 2)
        self.change(fixed="1:3")
        self.assertEqual(seen(), [.25])
        self.change(fixed="1 to 3")
        self.assert_nothing('"1 to 3" is no ratio')

    def test_class_of_the_result(self):
        data = pure()
        self.send(data)
        simulate.combobox_activate_index(self.widget.controls.target_kind, 1)
        self.wait_until_finished()
        self.assertEqual(self.outputs()[0].domain.class_var, data.domain.class_var)
        simulate.combobox_activate_index(self.widget.controls.target_kind, 2)
        simulate.combobox_activate_item(self.widget.controls.target_name, "PS")
        self.wait_until_finished()
        train = self.outputs()[0]
        self.assertEqual(train.domain.class_var.name, "PS present")
        np.testing.assert_array_equal(train.Y, train.get_column("fraction PS") > 0)

    def test_contaminants(self):
        self.send(pure())
        self.assertNotIn("contaminants", self.outputs()[0].domain)
        for name in ("carbonate", "amide"):
            self.widget.contaminant_boxes[name].click()
        self.wait_until_finished()
        kinds = {k for t in self.outputs()[0].get_column("contaminants") for k in t.split(" + ")}
        self.assertEqual(kinds, {"", "carbonate", "amide"})
        self.assertEqual(set(self.widget.contaminants), {"carbonate", "amide"})

    def test_presets(self):
        self.send(pure())
        buttons = {b.text(): b for b in self.widget.findChildren(QPushButton)}
        buttons["Any Instrument"].click()
        self.wait_until_finished()
        self.assertTrue(all(b.isChecked() for b in self.widget.contaminant_boxes.values()))
        self.assertEqual((self.widget.variation, self.widget.atmosphere), (1, 1))
        self.assertTrue(self.widget.controls.additives.isChecked())
        self.assertIn("contaminants", self.outputs()[0].domain)
        buttons["Nothing"].click()
        self.wait_until_finished()
        self.assertFalse(any(b.isChecked() for b in self.widget.contaminant_boxes.values()))
        drawn = self.widget.plot.drawn
        np.testing.assert_array_equal(drawn.spectrum, drawn.total)
        self.assertIn("unchanged", self.widget.plot.lower_legend.text().replace("&nbsp;", " "))

    def test_presets_are_the_recipes(self):
        self.send(pure())
        buttons = {b.text(): b for b in self.widget.findChildren(QPushButton)}
        # Whatever was set before.
        self.widget.cut, self.widget.contaminated, self.widget.curved = True, 80, True
        for name, recipe in (("Nothing", NOTHING), ("Any Instrument", ANY_INSTRUMENT),
                             ("One Instrument", ONE_INSTRUMENT), ("Nothing", NOTHING)):
            with self.subTest(name):
                buttons[name].click()
                made, wanted = self.widget.mixing(), Mixing(**recipe)
                for field in ("variation", "contaminant_names", "contaminated", "additives",
                              "baseline", "noise", "atmosphere", "cut", "contaminant_height"):
                    self.assertEqual(getattr(made, field), getattr(wanted, field), field)
        self.wait_until_finished()

    def test_plasticiser(self):
        self.send(pure(("PE", "PVC")))
        self.assertNotIn("contaminants", self.outputs()[0].domain)
        self.widget.controls.additives.click()
        self.wait_until_finished()
        named = set(self.outputs()[0].get_column("contaminants"))
        self.assertLessEqual({"", "plasticiser (phthalate)"}, named)
        self.assertTrue(all(name.startswith("plasticiser (") for name in named - {""}))

    def test_all_or_no_contaminants(self):
        buttons = {b.text(): b for b in self.widget.findChildren(QPushButton)}
        buttons["All"].click()
        self.assertEqual(self.widget.contaminants, list(self.widget.contaminant_boxes))
        self.assertTrue(self.widget.contaminated_spin.isEnabled())
        buttons["None"].click()
        self.assertEqual(self.widget.contaminants, [])

    # Sources

    def test_class_with_one_source_is_named(self):
        data = pure()
        keep = ~np.isin(data.get_column("source"), ["PS-1", "PS-2", "PS-3"])
        self.send(data[keep])
        self.assert_nothing('"PS" has one source only')
        self.assertIn("PS", self.widget.summary.text())
        self.assertFalse(self.widget.leave_button.isHidden())
        self.widget.leave_button.click()
        self.wait_until_finished()
        self.assertEqual(self.outputs()[0].domain.class_var.values, ("PE", "PP", "PE + PP"))
        self.assertTrue(self.widget.leave_button.isHidden())
        self.widget.excluded = []
        self.send(data[keep])
        self.assert_nothing('"PS" has one source only')
        # Either way out works: leaving the class out, or doing without a test.
        self.change(use_test=False)
        train, test, _ = self.outputs()
        self.assertIsNone(test)
        self.assertIn("PS", train.domain.class_var.values)
        self.assertIn("no test", self.widget.summary.text())
        self.untick("PS")
        self.change(use_test=True)
        self.assertEqual(len(self.outputs()[1]), 30)

    def test_near_duplicates_are_sources_where_data_name_none(self):
        data = pure(with_source=False)
        self.send(data)
        self.assertEqual(self.widget.source_combo.currentText(), "near-duplicates")
        train, test, _ = self.outputs()
        self.assertFalse(used(train) & used(test))
        # Two spectra that differ only by a factor are one source: 12, not 24.
        self.assertEqual(len(used(train) | used(test)), 12)

    def test_near_duplicates_can_overrule_the_meta(self):
        data = pure().copy()
        with data.unlocked(data.metas):
            data.metas[:, 0] = [str(i) for i in range(len(data))]
        self.send(data)
        self.assertEqual(self.widget.source_combo.currentText(), "source")
        self.assertGreater(len(used(self.outputs()[0])), 12)
        simulate.combobox_activate_item(self.widget.source_combo, "near-duplicates")
        self.wait_until_finished()
        train, test, _ = self.outputs()
        self.assertEqual(len(used(train) | used(test)), 12)

    # Data that cannot be mixed

    def test_no_data(self):
        self.send(pure())
        self.send(None)
        self.assertEqual(self.outputs(), [None] * 3)
        self.assertFalse(self.widget.Error.active)
        self.assertFalse(self.widget.plot.another.isEnabled())

    def test_wrong_data(self):
        data = pure()
        self.send(data.transform(Domain(data.domain.attributes)))
        self.assert_nothing("categorical class")
        self.send(Table("housing")[:20])
        self.assert_nothing("categorical class")
        self.send(Table("iris"))
        self.assert_nothing("wavenumbers")
        self.send(pure(("PE",)))
        self.assert_nothing("2 components need as many classes; data have 1: PE")
        self.send(data)
        self.assertIsNotNone(self.outputs()[0])

    def test_settings_that_contradict(self):
        self.send(pure())
        self.change(use_triples=True, smallest=40)
        self.assert_nothing("cannot sum to 1")
        self.change(use_pure=False, use_pairs=False, use_triples=False)
        self.assert_nothing("how many components")
        self.change(use_pure=True)
        self.assertEqual(len(self.outputs()[0]), 60)
        self.untick("PE", "PP", "PS")
        self.assert_nothing("no spectrum")

    def test_rows_that_cannot_be_used_are_named(self):
        data = pure().copy()
        with data.unlocked():
            data.Y[:3] = np.nan
            data.X[7] = np.nan
        self.send(data)
        self.assert_nothing("empty .*row 8")
        self.assertTrue(self.widget.Warning.no_class.is_shown())
        self.assertIn("3 spectra", str(self.widget.Warning.no_class))

    def test_transmittance_is_converted_only_when_told(self):
        absorbance = pure()
        data = absorbance.copy()
        with data.unlocked(data.X):
            data.X[:] = 100 * 10 ** -data.X
        self.send(absorbance)
        expected = self.outputs()[0]
        self.assertTrue(self.widget.convert_button.isHidden())
        self.send(data)
        self.assertEqual(self.outputs(), [None] * 3)
        self.assertTrue(self.widget.Error.transmittance.is_shown())
        self.assertFalse(self.widget.convert_button.isHidden())
        self.widget.convert_button.click()
        self.wait_until_finished()
        self.assertFalse(self.widget.Error.transmittance.is_shown())
        self.assertTrue(self.widget.Information.converted.is_shown())
        np.testing.assert_allclose(self.outputs()[0].X, expected.X, atol=1e-5)
        np.testing.assert_allclose(data.X, 100 * 10 ** -absorbance.X)  # input untouched
        self.widget.convert_button.click()
        self.wait_until_finished()
        self.assertTrue(self.widget.Error.transmittance.is_shown())
        # Absorbance is never converted, whatever was chosen before.
        self.widget.convert_button.click()
        self.wait_until_finished()
        self.send(absorbance)
        self.assertFalse(self.widget.Information.converted.is_shown())
        np.testing.assert_array_equal(self.outputs()[0].X, expected.X)

    # The picture

    def test_picture_is_a_mixture_by_the_recipe(self):
        self.send(pure())
        plot = self.widget.plot
        drawn = plot.drawn
        self.assertEqual(len(drawn.names), 2)
        self.assertAlmostEqual(drawn.fractions.sum(), 1, places=5)
        # Two components and the sum; the sum and what is sent.
        curves = plot.upper.getPlotItem().listDataItems()
        self.assertEqual(len(curves), 3)
        np.testing.assert_allclose(sum(c.yData for c in curves[:2]), curves[2].yData, atol=1e-5)
        self.assertEqual(len(plot.lower.getPlotItem().listDataItems()), 2)
        self.assertTrue(plot.upper.getPlotItem().getViewBox().xInverted())
        for name, percent in zip(drawn.names, percents(drawn.fractions), strict=True):
            self.assertIn(name, plot.title.text())
            self.assertIn(f"{percent}", plot.title.text())
        for source in drawn.sources:
            self.assertIn(source, plot.footnote.text())

    def test_another_one(self):
        self.send(pure())
        before = self.widget.plot.drawn
        self.widget.plot.another.click()
        after = self.widget.plot.drawn
        self.assertTrue(before.names != after.names
                        or not np.allclose(before.spectrum, after.spectrum))

    def test_more_noise_shows_on_the_same_mixture(self):
        self.send(pure())
        before = self.widget.plot.drawn
        self.change(noise=.2)
        after = self.widget.plot.drawn
        self.assertEqual(before.sources, after.sources)
        np.testing.assert_array_equal(before.total, after.total)
        self.assertGreater(np.abs(after.spectrum - after.total).max(),
                           np.abs(before.spectrum - before.total).max())
        self.assertIn("noise", self.widget.plot.lower_legend.text())

    def test_picture_follows_settings_where_mixing_waits(self):
        self.send(pure())
        before, mixtures = self.widget.plot.drawn, self.outputs()[0]
        self.widget.auto_apply = False
        self.change(use_triples=True)
        self.assertEqual(len(self.widget.plot.drawn.names), 3)
        self.assertIsNot(self.widget.plot.drawn, before)
        self.assertIs(self.outputs()[0], mixtures)
        self.widget.commit.now()
        self.wait_until_finished()
        self.assertEqual(len(self.outputs()[0]), 140)

    def test_percents_sum_to_100(self):
        self.assertEqual(percents([1 / 3, 1 / 3, 1 / 3]), [34, 33, 33])
        self.assertEqual(percents([.374, .311, .315]), [37, 31, 32])
        self.assertEqual(percents([1.]), [100])
        self.assertEqual(percents(np.array([.9, .1], np.float32)), [90, 10])

    # Work

    def test_cancel(self):
        started = []
        table = Mixer.table

        # A slow mixer that checks for cancellation as often as the real one.
        def slow(mixer, n, seed, callback):
            started.append(n)
            for _ in range(1000):
                callback(.1)
                sleep(.005)
            return table(mixer, n, seed, callback)
        with patch.object(mixingtask.Mixer, "table", slow):
            self.send_signal(self.widget.Inputs.data, pure())
            self.process_events(lambda: bool(started))
            self.assertTrue(self.widget.cancel_button.isEnabled())
            future = self.widget.task.future
            self.widget.cancel_button.click()
            self.process_events(future.done)
        self.assertIsNone(self.widget.task)
        self.assertIsInstance(future.exception(), Cancelled)
        self.assertEqual(self.outputs(), [None] * 3)
        self.assertTrue(self.widget.Information.cancelled.is_shown())
        self.assertFalse(self.widget.cancel_button.isEnabled())
        self.widget.commit.now()
        self.wait_until_finished()
        self.assertFalse(self.widget.Information.cancelled.is_shown())
        self.assertEqual(len(self.outputs()[0]), 120)

    def test_settings_are_remembered(self):
        self.send(pure())
        self.widget.contaminant_boxes["silicate"].click()
        self.widget.number_buttons.button(0).click()
        self.change(noise=.07, use_triples=True, train_all=70)
        stored = self.widget.settingsHandler.pack_data(self.widget)
        again = self.create_widget(OWMixSpectra, stored_settings=stored)
        self.assertEqual((again.noise, again.use_triples, again.train_all), (.07, True, 70))
        self.assertTrue(again.contaminant_boxes["silicate"].isChecked())
        self.assertTrue(again.number_buttons.button(0).isChecked())
        again.onDeleteWidget()

    def test_report(self):
        self.widget.send_report()
        self.send(pure())
        self.widget.report_html = ""
        self.widget.send_report()
        for part in ("PE, PP, PS", "120 training", "30 % of sources (source)", "Noise"):
            self.assertIn(part, self.widget.report_html)
        # The report contains images of both panels.
        self.assertEqual(self.widget.report_html.count("<img") +
                         self.widget.report_html.count("<svg"), 2)

    def test_fits_a_small_screen(self):
        self.send(pure())
        hint = self.widget.minimumSizeHint()
        self.assertLess(hint.width(), 1366)
        self.assertLess(hint.height(), 700)


if __name__ == "__main__":
    unittest.main()
