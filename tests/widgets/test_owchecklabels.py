"""Check Labels through its signals, on spectra with planted mistakes and on published ones."""
import time
import unittest
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QPushButton
from Orange.data import (
    ContinuousVariable,
    DiscreteVariable,
    Domain,
    StringVariable,
    Table,
)
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics import datasets
from orangecontrib.microplastics.labels import check
from orangecontrib.microplastics.widgets.checklabels.task import KEEP
from orangecontrib.microplastics.widgets.owchecklabels import NOTHING, OWCheckLabels

W = np.arange(600., 3801, 6)
BANDS = {"PE": (720, 1468, 2848, 2916), "PP": (841, 1167, 1375, 1454, 2951),
         "PS": (754, 1028, 1493, 1601, 3026), "PA": (1537, 1635, 2931), "odd": (950, 1777)}
#: Rows with wrong labels.
WRONG = {0: "PP", 7: "PE", 14: "PP", 30: "PS"}


def spectra(true, called, seed=0, wavenumbers=W, values=None, study=None):
    rng = np.random.default_rng(seed)
    X = np.array([rng.uniform(.5, 2) * (.2 + rng.normal(0, .2) * (wavenumbers - 2000) / 2000 + sum(
        rng.uniform(.7, 1.3) * np.exp(-.5 * ((wavenumbers - b) / 14) ** 2) for b in BANDS[t]))
        for t in true]) + rng.normal(0, .002, (len(true), len(wavenumbers)))
    values = values or sorted(set(called))
    metas = [StringVariable("sample")]
    M = [[f"s{i}" for i in range(len(true))]]
    if study is not None:
        metas.append(DiscreteVariable("study", values=tuple(sorted(set(study)))))
        M.append([metas[1].values.index(s) for s in study])
    domain = Domain([ContinuousVariable(f"{w:g}") for w in wavenumbers],
                    DiscreteVariable("polymer", values=values), metas)
    data = Table.from_numpy(domain, X, np.array([values.index(c) for c in called], float),
                            np.array(M, dtype=object).T)
    data.name = "planted"
    return data


def planted():
    true = ["PE", "PP", "PS"] * 20
    called = list(true)
    for row, name in WRONG.items():
        called[row] = name
    return spectra(true, called)


def references(names=("PE", "PP", "PS"), seed=1):
    names = list(names) * 6
    return spectra(names, names, seed, np.arange(500., 4001, 3))


class TestOWCheckLabels(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = planted()
        cls.references = references()

    def setUp(self):
        self.widget = self.create_widget(OWCheckLabels)

    def check(self, data, reference=None):
        self.send_signals([(self.widget.Inputs.data, data),
                           (self.widget.Inputs.references, reference)])
        self.wait_until_finished(timeout=60_000)
        self.process_events()
        out = self.widget.Outputs
        return tuple(self.get_output(o) for o in (out.doubtful, out.agreed, out.annotated))

    def test_planted_mistakes_with_references(self):
        doubtful, agreed, annotated = self.check(self.data, self.references)
        self.assertEqual(doubtful.get_column("sample").tolist(), [f"s{i}" for i in WRONG])
        self.assertEqual([str(r["suspected class"]) for r in doubtful], ["PE", "PP", "PS", "PE"])
        self.assertEqual(len(agreed), 56)
        self.assertEqual(agreed.domain, self.data.domain)
        self.assertFalse(set(agreed.ids) & set(doubtful.ids))
        self.assertEqual(len(annotated), 60)
        self.assertEqual([m.name for m in annotated.domain.metas[1:]],
                         ["suspected class", "r own class", "r other class", "doubtful"])
        np.testing.assert_array_equal(
            np.flatnonzero(annotated.get_column("doubtful")), list(WRONG))
        self.assertGreater(doubtful.get_column("r other class").min(), .9)
        self.assertLess(doubtful.get_column("r own class").max(), .6)
        self.assertFalse(self.widget.Information.inside.is_shown())
        self.assertIn("4 of 60 labels", self.widget.result_label.text())
        self.assertIn("18 reference spectra", self.widget.result_label.text())

    def test_without_references_neighbours_tell(self):
        doubtful, *_ = self.check(self.data)
        self.assertEqual(doubtful.get_column("sample").tolist(), [f"s{i}" for i in WRONG])
        self.assertTrue(self.widget.Information.inside.is_shown())
        # References that arrive later are used instead.
        self.check(self.data, self.references)
        self.assertFalse(self.widget.Information.inside.is_shown())

    def test_other_studies_tell(self):
        true = ["PE", "PP"] * 20
        called = true[:20] + ["PP" if i % 2 == 0 and i < 8 else t
                              for i, t in enumerate(true[20:])]
        doubtful, *_ = self.check(spectra(true, called, study=["a"] * 20 + ["b"] * 20))
        self.assertLessEqual({"s20", "s22", "s24", "s26"}, set(doubtful.get_column("sample")))
        self.assertIn("other studies", self.widget.result_label.text())

    def test_thresholds_act_without_a_new_comparison(self):
        self.check(self.data, self.references)
        with patch.object(check, "class_matches") as matches:
            self.widget.floor = 1.
            self.widget.own = -1.
            self.widget._rule_changed()
            self.process_events()
            self.assertIsNone(self.get_output(self.widget.Outputs.doubtful))
            self.assertEqual(len(self.get_output(self.widget.Outputs.agreed)), 60)
            self.assertEqual(self.widget.model.rowCount(), 0)
            self.widget.own = 1.
            self.widget._rule_changed()
            self.process_events()
            self.assertIsNone(self.get_output(self.widget.Outputs.agreed))
            self.assertTrue(self.widget.Warning.many.is_shown())
            button = next(b for b in self.widget.controlArea.findChildren(
                QPushButton) if b.text() == "Defaults")
            button.click()
            self.process_events()
            self.assertEqual(len(self.get_output(self.widget.Outputs.doubtful)), 4)
            self.assertFalse(self.widget.Warning.many.is_shown())
            matches.assert_not_called()

    def test_list_and_picture(self):
        self.check(self.data, self.references)
        model, view = self.widget.model, self.widget.view

        def texts(column):
            return [model.data(model.index(i, column)) for i in range(model.rowCount())]

        self.assertEqual(sorted(texts(0)), sorted(f"s{i}" for i in WRONG))
        # Best other match first.
        self.assertEqual(texts(4), sorted(texts(4), reverse=True))
        view.sortByColumn(0, Qt.AscendingOrder)
        self.assertEqual(texts(0), ["s0", "s14", "s30", "s7"])
        view.selectRow(2)
        self.assertIn("s30", self.widget.plot.title.text())
        self.assertIn("<b", self.widget.plot.own_legend.text())
        self.assertIn("PS", self.widget.plot.own_legend.text())
        self.assertIn("PE", self.widget.plot.other_legend.text())
        # The plot agrees with its legend: the spectrum is close to the suspected median.
        distances = []
        for plot in (self.widget.plot.own, self.widget.plot.other):
            median, spectrum = (curve.getData()[1] for curve in plot.listDataItems())
            distances.append(np.abs(median - spectrum).mean())
        self.assertLess(2 * distances[1], distances[0])
        wavenumbers = self.widget.plot.own.listDataItems()[0].getData()[0]
        self.assertEqual((wavenumbers[0], wavenumbers[-1]), (600, 3796))
        self.assertTrue(self.widget.plot.own.getPlotItem().getViewBox().xInverted())
        self.widget.controls.derivative.click()
        self.assertLess(abs(self.widget.plot.own.listDataItems()[1].getData()[1].mean()), .1)

    def test_a_match_below_the_floor_is_called_nothing(self):
        true = ["PE", "PP", "PS"] * 5 + ["odd"]
        data = spectra(true, true[:-1] + ["PS"])
        doubtful, *_ = self.check(data, self.references)
        self.assertEqual(doubtful.get_column("sample").tolist(), ["s15"])
        self.assertEqual(self.widget.model.data(self.widget.model.index(0, 2)), NOTHING)

    def test_classes_without_references_are_named_and_left(self):
        names = ["PE", "PP", "PA"] * 5
        doubtful, agreed, annotated = self.check(spectra(names, names), self.references)
        self.assertIsNone(doubtful)
        self.assertEqual(len(agreed), 15)
        self.assertIn("PA", str(self.widget.Information.unchecked))
        self.assertTrue(self.widget.Information.unchecked.is_shown())
        self.assertEqual(np.isnan(annotated.get_column("doubtful")).sum(), 5)
        self.assertIn("No label", self.widget.plot.title.text())

    def test_sub_classes(self):
        data = spectra(["PE", "PE", "PP"] * 5, ["HDPE", "LDPE", "PP"] * 5)
        self.check(data, self.references)
        self.assertFalse(self.widget.Information.unchecked.is_shown())
        self.widget.controls.merge.click()
        self.wait_until_finished()
        self.assertIn("HDPE, LDPE", str(self.widget.Information.unchecked))

    def test_errors_say_what_is_wrong(self):
        data, few = self.data, references(("PA",))
        unlabelled = data.transform(Domain(data.domain.attributes))
        far = spectra(["PE", "PP"] * 3, ["PE", "PP"] * 3, wavenumbers=np.arange(3780., 4400, 2))
        one = data[[2, 5, 8]]
        for bad, reference, text in (
                (unlabelled, None, "need one class"),
                (data, unlabelled, "Reference data need one class"),
                (one, None, "with one class there is no other"),
                (Table("iris"), None, "no wavenumbers"),
                (data, far, "share too little of the axis"),
                (data, few, "No class of the data has a reference")):
            with self.subTest(text):
                outputs = self.check(bad, reference)
                self.assertTrue(self.widget.Error.failed.is_shown())
                self.assertIn(text, str(self.widget.Error.failed))
                self.assertEqual(outputs, (None, None, None))
                self.assertEqual(self.widget.model.rowCount(), 0)
        self.check(data, self.references)
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_transmittance_is_noticed(self):
        percent = self.references.copy()
        with percent.unlocked():
            percent.X = 100 * 10 ** -(.3 * (percent.X - percent.X.min()))
        self.check(self.data, percent)
        self.assertTrue(self.widget.Warning.transmittance.is_shown())
        self.assertIn("Reference Data look like", str(self.widget.Warning.transmittance))
        self.check(self.data, self.references)
        self.assertFalse(self.widget.Warning.transmittance.is_shown())

    def test_removing_data_empties_everything(self):
        self.check(self.data, self.references)
        self.assertEqual(self.check(None, self.references), (None, None, None))
        self.assertEqual(self.widget.model.rowCount(), 0)
        self.assertEqual(self.check(self.data[:0]), (None, None, None))
        self.assertFalse(self.widget.cancel_button.isEnabled())

    def test_cancel_and_start_again(self):
        def slow(*args, callback, **kwargs):
            while True:
                time.sleep(.01)
                callback(.5)

        with patch.object(check, "check_labels", slow):
            self.send_signal(self.widget.Inputs.data, self.data, wait=-1)
            self.assertEqual(self.widget.cancel_button.text(), "Cancel")
            self.process_events(lambda: self.widget.task is not None)
            started = time.time()
            self.widget.cancel_button.click()
            self.wait_until_finished(timeout=3000)
            self.assertLess(time.time() - started, 3)
        self.assertTrue(self.widget.Information.cancelled.is_shown())
        self.assertIsNone(self.get_output(self.widget.Outputs.annotated))
        self.assertEqual(self.widget.cancel_button.text(), "Check")
        self.widget.cancel_button.click()
        self.wait_until_finished()
        self.assertIsNotNone(self.get_output(self.widget.Outputs.annotated))
        self.assertFalse(self.widget.Information.cancelled.is_shown())

    def test_settings_are_remembered(self):
        self.widget.margin, self.widget.enough, self.widget.merge = .2, 9, False
        settings = self.widget.settingsHandler.pack_data(self.widget)
        other = self.create_widget(OWCheckLabels, stored_settings=settings)
        self.assertEqual((other.margin, other.enough, other.merge), (.2, 9, False))
        self.assertEqual(other._rule(), check.Rule(.2, .6, .7, 9))

    def tick(self, name):
        """Press the space bar on a spectrum of the list."""
        model, view = self.widget.model, self.widget.view
        row, = (i for i in range(model.rowCount()) if model.data(model.index(i, 0)) == name)
        view.setCurrentIndex(model.index(row, 0))
        QTest.keyClick(view, Qt.Key_Space)
        self.process_events()

    def test_a_label_kept_by_hand(self):
        self.check(self.data, self.references)
        self.tick("s14")
        out = self.widget.Outputs
        doubtful, agreed, annotated = (
            self.get_output(o) for o in (out.doubtful, out.agreed, out.annotated))
        self.assertEqual(doubtful.get_column("sample").tolist(), ["s0", "s7", "s30"])
        self.assertIn("s14", agreed.get_column("sample"))
        self.assertEqual(len(agreed), 57)
        self.assertEqual([str(annotated[i]["doubtful"]) for i in (0, 14, 1)],
                         ["yes", "kept", "no"])
        self.assertIn("1 of them kept by you", self.widget.result_label.text())
        # It stays kept after changed thresholds and a new comparison; a workflow stores it.
        self.widget._rule_changed()
        self.check(self.data)
        self.assertIn("s14", self.get_output(out.agreed).get_column("sample"))
        settings = self.widget.settingsHandler.pack_data(self.widget)
        other = self.create_widget(OWCheckLabels, stored_settings=settings)
        # With another order and other names, the spectrum is recognised by its values.
        shuffled = self.data[::-1].copy()
        self.send_signals([(other.Inputs.data, shuffled),
                           (other.Inputs.references, self.references)], widget=other)
        self.wait_until_finished(widget=other)
        self.assertIn("s14", self.get_output(other.Outputs.agreed, other).get_column("sample"))
        self.assertEqual(len(self.get_output(other.Outputs.doubtful, other)), 3)
        # The same spectrum with another label is not kept.
        relabelled = self.data.copy()
        with relabelled.unlocked(relabelled.Y):
            relabelled.Y[14] = relabelled.domain.class_var.to_val("PE")
        doubtful, *_ = self.check(relabelled, self.references)
        self.assertIn("s14", doubtful.get_column("sample"))
        doubtful, *_ = self.check(self.data, self.references)
        self.assertNotIn("s14", doubtful.get_column("sample"))
        self.tick("s14")
        self.assertEqual(self.widget.kept, [])
        self.assertEqual(len(self.get_output(out.doubtful)), 4)

    def test_all_selected_are_kept_at_once(self):
        self.check(self.data, self.references)
        self.widget.view.selectAll()
        QTest.keyClick(self.widget.view, Qt.Key_Space)
        self.process_events()
        self.assertIsNone(self.get_output(self.widget.Outputs.doubtful))
        self.assertEqual(len(self.get_output(self.widget.Outputs.agreed)), 60)
        self.widget.send_report()
        self.assertIn("4 of them kept by you", self.widget.report_html)

    def test_a_click_ticks(self):
        self.check(self.data, self.references)
        model = self.widget.model
        index = model.index(0, KEEP)
        self.assertTrue(model.flags(index) & Qt.ItemIsUserCheckable)
        self.assertFalse(model.flags(model.index(0, 0)) & Qt.ItemIsUserCheckable)
        self.assertTrue(model.setData(index, Qt.Checked, Qt.CheckStateRole))
        self.process_events()
        self.assertEqual(len(self.get_output(self.widget.Outputs.doubtful)), 3)

    def test_report(self):
        self.widget.send_report()
        self.check(self.data, self.references)
        self.widget.send_report()
        html = self.widget.report_html
        for text in ("0.05", "4 of 60 labels", "s14", "Fingerprint",
                     "534 from 600 to 3798 1/cm, in steps of 6"):
            self.assertIn(text, html)
        self.assertNotIn("1200", html, "wavenumbers are not listed one by one")

    @unittest.skipUnless(all(map(datasets.is_available, (
        "villegas_camacho_2024_c8", "kedzierski_2019", "jung_2018"))),
        "the published spectra have not been fetched")
    def test_published_mistakes(self):
        data = datasets.load("villegas_camacho_2024_c8")
        doubtful, agreed, _ = self.check(data, datasets.join(
            [datasets.load("kedzierski_2019"), datasets.load("jung_2018")]))
        pairs = [(str(r["polymer"]), str(r["suspected class"])) for r in doubtful]
        self.assertAlmostEqual(pairs.count(("PS", "PP")), 100, delta=5)
        self.assertAlmostEqual(pairs.count(("PVC", "PS")), 100, delta=5)
        self.assertAlmostEqual(len(doubtful), 291, delta=10)
        self.assertEqual(len(agreed), len(data) - len(doubtful))
        self.assertIn("100 PS look like PP", self.widget.result_label.text())


if __name__ == "__main__":
    unittest.main()
