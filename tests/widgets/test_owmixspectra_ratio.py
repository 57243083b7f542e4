"""Mix Spectra: fractions of mass, the scale of sources, and one to four components."""
import unittest

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QDoubleSpinBox
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.widgets.tests.base import WidgetTest
from Orange.widgets.tests.utils import simulate

from orangecontrib.microplastics.mixing.mixer import Mixer, Mixing
from orangecontrib.microplastics.mixing.recipe import NOTHING
from orangecontrib.microplastics.widgets.common.materialcolors import material_colors
from orangecontrib.microplastics.widgets.mixspectra.controls import IN_ALL, OF_EACH
from orangecontrib.microplastics.widgets.mixspectra.plot import ON_DARK, ON_LIGHT
from orangecontrib.microplastics.widgets.mixspectra.ratio import FIXED, OF_MASS
from orangecontrib.microplastics.widgets.owmixspectra import OWMixSpectra

AXIS = np.arange(700, 1901, 10.)
CLEAN = {"baseline": 0., "noise": 0.}


def pure(classes=("PE", "PP", "PS", "PVC"), sources=2):
    """Absorbance with three bands per class; each source has them at other heights."""
    X, y, names = [], [], []
    for label, name in enumerate(classes):
        centres = np.random.default_rng(label).uniform(750, 1850, (3, 1))
        for number in range(sources):
            heights = np.random.default_rng([label, number]).uniform(.3, 1, (3, 1))
            X.append((heights * np.exp(-.5 * ((AXIS - centres) / 20) ** 2)).sum(axis=0))
            y.append(label)
            names.append(f"{name}-{number}")
    domain = Domain([ContinuousVariable(f"{w:g}") for w in AXIS],
                    DiscreteVariable("polymer", classes), [StringVariable("source")])
    table = Table.from_numpy(domain, np.array(X), np.array(y, float),
                             np.array([names], object).T)
    table.name = "pure"
    return table


class TestRatio(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWMixSpectra, stored_settings={
            "number_kind": OF_EACH, "train_each": 5, "test_each": 2, "use_test": False, **CLEAN})
        self.table = self.widget.material_table

    def tearDown(self):
        self.widget.onDeleteWidget()

    def send(self, data, widget=None):
        widget = widget or self.widget
        self.send_signal(widget.Inputs.data, data, widget=widget)
        self.wait_until_finished(widget=widget)

    def change(self, **settings):
        for name, value in settings.items():
            getattr(self.widget.controls, name)
            setattr(self.widget, name, value)
        self.widget._changed()
        self.wait_until_finished()

    def train(self):
        return self.get_output(self.widget.Outputs.train)

    def choose_mass(self):
        simulate.combobox_activate_item(self.widget.controls.fraction_of, "mass")
        self.wait_until_finished()

    def enter(self, material, value):
        """Click on the material's absorptivity, type and press Enter."""
        self.widget.show()
        item = self.table.item(self.table.materials().index(material), 1)
        self.table.scrollToItem(item)
        QTest.mouseClick(self.table.viewport(), Qt.LeftButton,
                         pos=self.table.visualItemRect(item).center())
        editor, = (e for e in self.table.findChildren(QDoubleSpinBox) if e.isVisible())
        editor.selectAll()
        QTest.keyClicks(editor, value)
        QTest.keyClick(editor, Qt.Key_Enter)
        QApplication.processEvents()
        self.wait_until_finished()
        self.widget.hide()

    # Mass

    def test_mass_fractions(self):
        data = pure(("PE", "PP"), sources=1)
        self.send(data)
        self.assertTrue(self.table.isColumnHidden(1))
        of_signal = self.train()
        self.assertEqual(of_signal.attributes["fractions of"], "absorbance")
        self.choose_mass()
        self.assertFalse(self.table.isColumnHidden(1))
        self.enter("PE", "4")
        of_mass = self.train()
        self.assertEqual(of_mass.attributes["fractions of"], "mass")
        np.testing.assert_array_equal(of_mass.get_column("fraction PE"),
                                      of_signal.get_column("fraction PE"))
        # Of the same masses, four times as much PE is seen.
        scaled = Mixer(data, Mixing(**NOTHING)).spectra.astype(float)
        signal = np.linalg.lstsq(scaled.T, of_mass.X.T, rcond=None)[0].T
        mass = of_mass.get_column("fraction PE").astype(float)
        np.testing.assert_allclose(signal[:, 0], 4 * mass / (4 * mass + 1 - mass), atol=1e-4)
        self.assertIn("fractions of mass", self.widget.summary.text())
        simulate.combobox_activate_item(self.widget.controls.fraction_of, "signal")
        self.wait_until_finished()
        np.testing.assert_array_equal(self.train().X, of_signal.X)
        self.assertNotIn("mass", self.widget.summary.text())

    def test_what_is_entered_stays_within_limits(self):
        self.send(pure())
        self.choose_mass()
        for text in ("2.5", "0", "-3", "99999", "1e9", "x"):
            self.enter("PP", text)
            entered = self.table.item(1, 1).data(Qt.EditRole)
            self.assertTrue(.001 <= entered <= 1000, (text, entered))
            self.assertEqual(self.widget.absorptivities.get("PP", 1), entered)
            self.assertEqual(dict(self.widget.mixing().absorptivities),
                             {"PE": 1, "PP": entered, "PS": 1, "PVC": 1})
            self.assertFalse(self.widget.Error.active)
            self.assertIsNotNone(self.train())
        self.enter("PP", "2.5")
        self.assertEqual(self.widget.absorptivities, {"PP": 2.5})
        self.enter("PP", "1")
        self.assertEqual(self.widget.absorptivities, {})

    def test_values_are_kept_by_name_when_data_change(self):
        self.send(pure())
        self.choose_mass()
        self.enter("PS", "3")
        self.send(pure(("PA", "PE", "PP")))
        self.assertEqual(dict(self.widget.mixing().absorptivities), {"PA": 1, "PE": 1, "PP": 1})
        self.enter("PA", "2")
        self.send(None)
        self.send(pure(("PS", "PA", "PET")))
        self.assertEqual(dict(self.widget.mixing().absorptivities), {"PA": 2, "PET": 1, "PS": 3})
        self.assertEqual([self.table.item(row, 1).data(Qt.EditRole) for row in range(3)],
                         [2, 1, 3])
        self.assertIsNotNone(self.train())

    def test_values_are_kept_with_the_workflow(self):
        self.send(pure())
        self.choose_mass()
        self.enter("PS", "3")
        stored = self.widget.settingsHandler.pack_data(self.widget)
        again = self.create_widget(OWMixSpectra, stored_settings=stored)
        self.send(pure(), again)
        self.assertEqual(again.fraction_of, OF_MASS)
        self.assertEqual(again.mixing(), self.widget.mixing())
        np.testing.assert_array_equal(
            self.get_output(again.Outputs.train, widget=again).X, self.train().X)
        again.onDeleteWidget()
        # A new widget knows nothing of this workflow's materials.
        new = self.create_widget(OWMixSpectra)
        self.assertEqual((new.fraction_of, new.absorptivities), (0, {}))
        new.onDeleteWidget()

    def test_workflow_saved_before_mass_fractions(self):
        old = {"__version__": 1, "ratio_kind": 2, "fixed": "1:4", "by_derivative": 1,
               "excluded": ["PS"], "use_pairs": True, "use_pure": False, "use_triples": False,
               "number_kind": OF_EACH, "train_each": 3, "use_test": False}
        widget = self.create_widget(OWMixSpectra, stored_settings=old)
        self.send(pure(), widget)
        mixing = widget.mixing()
        self.assertEqual((mixing.sizes, mixing.ratio, mixing.absorptivities, mixing.classes),
                         ((2,), "derivative", None, ["PE", "PP", "PVC"]))
        self.assertEqual(mixing.fractions, ((.2, .8),))
        train = self.get_output(widget.Outputs.train, widget=widget)
        self.assertEqual(train.attributes["fractions of"], "derivative")
        self.assertEqual(len(train), 9)
        widget.onDeleteWidget()

    def test_note_says_what_to_enter(self):
        self.send(pure())
        note = self.widget.absorptivity_note
        self.assertTrue(note.isHidden())
        self.choose_mass()
        self.assertFalse(note.isHidden())
        self.assertIn("absorb equally", note.text())
        self.enter("PE", "2")
        self.assertIn("only their ratios matter", note.text())
        # PE alone differed.
        self.table.item(0, 0).setCheckState(Qt.Unchecked)
        self.wait_until_finished()
        self.assertIn("absorb equally", note.text())

    def test_picture_shows_mass_and_signal(self):
        self.send(pure(("PE", "PP"), sources=1))
        self.change(ratio_kind=FIXED, fixed="1:1", fraction_of=OF_MASS, use_pure=False)
        self.enter("PE", "3")
        drawn, plot = self.widget.plot.drawn, self.widget.plot
        np.testing.assert_allclose(drawn.fractions, [.5, .5])
        np.testing.assert_allclose(drawn.signal, [.75, .25])
        self.assertIn("PE 50", plot.title.text())
        self.assertIn("by mass", plot.title.text())
        legend = plot.upper_legend.text().replace("&nbsp;", " ")
        for part in ("of signal", "75\u2009% PE", "25\u2009% PP"):
            self.assertIn(part, legend)
        self.change(fraction_of=0)
        self.assertNotIn("mass", plot.title.text())
        self.assertIn("50\u2009% PE", plot.upper_legend.text().replace("&nbsp;", " "))

    def test_report(self):
        self.send(pure(("PE", "PP")))
        self.choose_mass()
        self.enter("PP", "2.5")
        self.change(by_derivative=1)
        self.widget.send_report()
        for part in ("Fractions of", "mass", "PE 1, PP 2.5", "Sources scaled by",
                     "derivative signal", "by mass"):
            self.assertIn(part, self.widget.report_html)
        self.change(fraction_of=0)
        self.widget.report_html = ""
        self.widget.send_report()
        self.assertNotIn("Absorptivities", self.widget.report_html)

    # Scale

    def test_scale_of_sources(self):
        self.send(pure())
        before = self.train()
        self.assertEqual(self.widget.mixing().ratio, "absorbance")
        simulate.combobox_activate_item(self.widget.controls.by_derivative, "derivative signal")
        self.wait_until_finished()
        self.assertEqual(self.widget.mixing().ratio, "derivative")
        self.assertEqual(self.train().attributes["fractions of"], "derivative")
        self.assertGreater(np.abs(self.train().X - before.X).max(), .01)
        tip = self.widget.controls.by_derivative.toolTip()
        self.assertIn("root mean square", tip)

    # Numbers of components

    def test_one_to_four_components(self):
        self.send(pure())
        for sizes, kinds in (((1, 2), 10), ((3,), 4), ((4,), 1), ((1, 2, 3, 4), 15),
                             ((2, 4), 7)):
            self.change(use_pure=1 in sizes, use_pairs=2 in sizes, use_triples=3 in sizes,
                        use_quadruples=4 in sizes)
            there = sum(self.train().get_column(f"fraction {name}").astype(float) > 0
                        for name in ("PE", "PP", "PS", "PVC"))
            self.assertEqual(tuple(np.unique(there)), sizes)
            self.assertEqual(len(self.train()), 5 * kinds)
            self.assertIn(f"{kinds} combination", self.widget.summary.text())
            self.assertEqual(len(self.widget.plot.drawn.names), max(sizes))

    def test_four_need_four_materials_and_room(self):
        self.send(pure(("PE", "PP", "PS")))
        self.change(use_quadruples=True)
        self.assertIn("4 components need as many classes; data have 3",
                      str(self.widget.Error.cannot_mix))
        self.send(pure())
        self.assertFalse(self.widget.Error.cannot_mix.is_shown())
        self.change(smallest=30)
        self.assertIn("4 fractions of at least 0.3 cannot sum to 1",
                      str(self.widget.Error.cannot_mix))
        self.change(ratio_kind=FIXED, fixed="1:1, 1:1:1")
        self.assertIn("No ratio of 4 parts", str(self.widget.Error.cannot_mix))
        self.change(use_pairs=False, use_pure=False, fixed="1:2:3:4")
        np.testing.assert_allclose(
            [self.train()[0][f"fraction {name}"] for name in ("PE", "PP", "PS", "PVC")],
            [.1, .2, .3, .4])

    def test_too_few_spectra_for_all_combinations(self):
        self.send(pure())
        self.widget.number_buttons.button(IN_ALL).click()
        self.change(train_all=14, test_all=15, use_test=True, use_triples=True,
                    use_quadruples=True)
        self.assertIn("14 training spectra are too few for 15 combinations: ask for at least 15",
                      str(self.widget.Error.cannot_mix))
        self.assertIn("14 training spectra", self.widget.summary.text())
        self.assertIsNone(self.train())
        self.change(train_all=15, test_all=14)
        self.assertIn("14 test spectra are too few", str(self.widget.Error.cannot_mix))
        self.change(use_test=False)
        self.assertFalse(self.widget.Error.cannot_mix.is_shown())
        self.assertEqual(len(self.train()), 15)

    def test_each_of_four_has_a_colour_of_its_own(self):
        names = ("PE", "PP", "PS", "PET")
        for dark, sent in ((False, ON_LIGHT), (True, ON_DARK)):
            colors = {color.name() for color in material_colors(names, dark)} | {sent.lower()}
            self.assertEqual(len(colors), 5)

    # Room and keys

    def test_a_box_is_ticked_with_the_space_key(self):
        self.send(pure())
        self.widget.show()
        self.table.setFocus()
        self.table.setCurrentCell(1, 0)
        QTest.keyClick(self.table, Qt.Key_Space)
        self.wait_until_finished()
        self.assertEqual(self.widget.excluded, ["PP"])
        self.assertNotIn("fraction PP", self.train().domain)

    def test_mixtures_page_needs_no_scrolling(self):
        self.send(pure())
        self.choose_mass()
        self.change(use_quadruples=True)
        # Of a window 640 high, summary, tabs and buttons leave 455.
        page = self.table.parent().parent()
        self.assertLess(page.minimumSizeHint().height(), 455)


if __name__ == "__main__":
    unittest.main()
