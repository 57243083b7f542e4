"""Identify Spectra: how much of each material, through the widget's signals and controls."""
import copy
import time
import unittest
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QRect, Qt
from AnyQt.QtGui import QColor, QImage, QPainter
from AnyQt.QtWidgets import QStyleOptionViewItem
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics.dcnet.answer import Answer
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.fractions.composition import DETECT
from orangecontrib.microplastics.fractions.risk import (
    PartsAside,
    false_parts,
    missing_at_most,
    overlooked,
)
from orangecontrib.microplastics.identification import (
    NAMED,
    ONE_WITNESS,
    UNKNOWN,
    Component,
    amounts,
    components,
    identify,
    text,
)
from orangecontrib.microplastics.mixing.mixer import mix
from orangecontrib.microplastics.mixing.recipe import ONE_INSTRUMENT
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.widgets.common.amountbar import BarDelegate, Bars, pieces
from orangecontrib.microplastics.widgets.common.answertexts import amount, witnesses
from orangecontrib.microplastics.widgets.common.materialcolors import material_colors
from orangecontrib.microplastics.widgets.identify import fitoutput
from orangecontrib.microplastics.widgets.identify.answerlist import HOW_MUCH, AnswerModel
from orangecontrib.microplastics.widgets.identify.blends import calibrate, known_masses
from orangecontrib.microplastics.widgets.identify.promises import LOWEST, PARTS, keep_parts
from orangecontrib.microplastics.widgets.owidentify import OWIdentify

MATERIALS = ("PE", "PET", "PS")
SPECTRUM_TAB, FIT_TAB = 0, 1


def answer_of(fractions, named=None, evidence=None):
    """An answer with these fractions only."""
    fractions = np.asarray(fractions, np.float32)
    n, m = fractions.shape
    answer = Answer.nothing(n, 2, m)
    answer.values[:] = 0
    answer.fractions[:] = fractions
    answer.named[:] = fractions > 0 if named is None else named
    answer.evidence[:] = np.nan if evidence is None else evidence
    answer.detected[:] = .9
    return answer


class TestAmounts(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pure = simulate(MATERIALS, 15, seed=1)
        cls.model = DCNetLearner(epochs=10, widths=(8, 16, 16), mixtures=2)(cls.pure)
        cls.single = DCNetLearner(epochs=2, widths=(8, 8, 8))(cls.pure)
        cls.data = mix(simulate(MATERIALS, 6, seed=2), 60, components=(1, 2), smallest=.2,
                       **{**ONE_INSTRUMENT, "ratio": "derivative"})

    def setUp(self):
        self.widget = self.create_widget(OWIdentify)

    def identify(self, data=None, model=None, labelled=None):
        inputs = self.widget.Inputs
        self.send_signals([(inputs.data, self.data if data is None else data),
                           (inputs.model, self.model if model is None else model),
                           (inputs.labelled, labelled)])
        self.wait()

    def wait(self):
        self.process_events(lambda: not self.widget._again.isActive(), timeout=10_000)
        self.wait_until_finished(timeout=30_000)

    def output(self, name):
        return self.get_output(getattr(self.widget.Outputs, name))

    def with_components(self, n, but=()):
        """A row with so many components."""
        counts = self.widget.result.answer.named.sum(axis=1)
        return next(int(row) for row in np.flatnonzero(counts == n) if row not in but)

    # ---------------------------------------------------------------- list

    def test_the_list_shows_what_the_answer_says(self):
        self.identify()
        rows, answer = self.widget.view.list, self.widget.result.answer
        found = amounts(answer, self.model.components)
        self.assertFalse(self.widget.view.list_view.isColumnHidden(HOW_MUCH))
        for row in range(len(self.data)):
            said = text(components(answer, row, self.model.components, found))
            at = rows.index(int(rows.mapFromSourceRows(row)), HOW_MUCH)
            self.assertEqual(rows.data(at), said)
            self.assertIn(said, rows.data(at, Qt.ToolTipRole))
            shown = rows.data(at, Qt.UserRole)
            self.assertAlmostEqual(sum(piece.fraction for piece in shown), 1, 5)
            self.assertEqual([piece.fraction for piece in shown],
                             sorted((piece.fraction for piece in shown), reverse=True))
        self.assertIn("%", rows.text(self.with_components(2), HOW_MUCH))

    def test_the_list_is_sorted_by_the_largest_fraction(self):
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X[5] = np.nan
        self.identify(data)
        view = self.widget.view
        view.list_view.sortByColumn(HOW_MUCH, Qt.AscendingOrder)
        order = view.list.mapToSourceRows(np.arange(len(data)))
        largest = np.nanmax(self.widget.result.answer.fractions[order[:-1]], axis=1)
        self.assertEqual(order[-1], 5)  # without a prediction
        self.assertTrue((np.diff(largest) >= 0).all())
        self.assertLess(largest[0], .8)
        self.assertEqual(view.list.text(5, HOW_MUCH), "")
        view.select([5])
        view.tabs.setCurrentIndex(FIT_TAB)
        self.assertIn("no prediction", view.fit.title.text())

    def test_bars(self):
        colors = material_colors(MATERIALS)
        answer = answer_of([[.2, .8, np.nan], [np.nan, 1, np.nan], [.6, .4, np.nan]],
                           evidence=[[.5, 3, .2], [np.nan, np.nan, .2], [np.nan] * 3])
        bars = Bars(MATERIALS, amounts(answer, MATERIALS), colors)
        shown = pieces(bars, answer, 0, False)
        self.assertEqual([(piece.color, piece.hatched) for piece in shown],
                         [(colors[1], False), (colors[0], True)])
        parts = components(answer, 0, MATERIALS, bars.found)
        self.assertEqual([part.status == ONE_WITNESS for part in parts], [False, True])
        (single,) = pieces(bars, answer, 1, False)
        self.assertEqual(single, (1, colors[1], False))
        for piece in pieces(bars, answer, 2, True):
            self.assertEqual(piece.color.saturation(), 0)
        # What is drawn: the larger part at the left, in its colour.
        rows = AnswerModel()
        rows.show_answer(["a", "b", "c"], ["x", "y"], answer, self.model.references,
                         np.zeros(3, int), np.full(3, np.nan), lambda row: "", bars)
        image = QImage(220, 22, QImage.Format_RGB32)
        image.fill(Qt.white)
        option, painter = QStyleOptionViewItem(), QPainter(image)
        option.rect = QRect(0, 0, 220, 22)
        BarDelegate().paint(painter, option, rows.index(2, HOW_MUCH))
        painter.end()
        self.assertEqual(QColor(image.pixel(60, 11)), colors[0])
        self.assertEqual(QColor(image.pixel(180, 11)), colors[1])

    def test_unknown_spectra_are_grey_and_no_answer(self):
        self.identify()
        self.widget.view.threshold_moved.emit(1, 1.)
        rows = self.widget.view.list
        self.assertTrue((self.widget.decisions == UNKNOWN).all())
        at = rows.index(0, HOW_MUCH)
        self.assertTrue(all(piece.color.saturation() == 0 for piece in rows.data(at, Qt.UserRole)))
        self.assertIn("Unknown", rows.data(at, Qt.ToolTipRole))

    def test_a_hundred_thousand_rows_are_fast(self):
        rng = np.random.default_rng(0)
        n, materials = 100_000, tuple(f"M{i}" for i in range(17))
        fractions = np.full((n, 17), np.nan, np.float32)
        fractions[:, :2] = rng.dirichlet((1, 1), n)
        answer = answer_of(fractions)
        bars = Bars(materials, amounts(answer, materials), material_colors(materials))
        rows, names = AnswerModel(), [""] * n
        began = time.perf_counter()
        rows.show_answer(names, ["x", "y"], answer, self.model.references, np.zeros(n, int),
                         np.full(n, np.nan), lambda row: "", bars)
        rows.sort(HOW_MUCH, Qt.DescendingOrder)
        for i in range(40):
            rows.data(rows.index(i, HOW_MUCH), Qt.UserRole)
        self.assertLess(time.perf_counter() - began, 1)

    def test_a_model_of_single_materials_has_no_such_column(self):
        self.identify(model=self.single)
        view = self.widget.view
        self.assertTrue(view.list_view.isColumnHidden(HOW_MUCH))
        self.assertEqual(view.list.text(0, HOW_MUCH), "")
        view.tabs.setCurrentIndex(FIT_TAB)
        view.select([0])
        self.assertIn("single materials only", view.fit.title.text())
        self.assertIsNone(self.output("fit"))
        self.widget.thresholds.promises.buttons[PARTS].click()
        self.assertIn("single materials only", self.widget.thresholds.promises.parts_label.text())
        self.assertFalse(self.widget.amounts.button.isEnabled())
        self.identify()
        self.assertFalse(view.list_view.isColumnHidden(HOW_MUCH))

    # ------------------------------------------------------------- drawing

    def test_the_drawing_adds_up(self):
        self.identify()
        view = self.widget.view
        view.tabs.setCurrentIndex(FIT_TAB)
        row = self.with_components(2)
        view.select([row])
        shown = view.fit.shown
        self.assertEqual(len(shown.curves), 2)
        np.testing.assert_allclose(shown.curves.sum(axis=0) + shown.residual, shown.measured,
                                   atol=1e-6)
        part = shown.part
        self.assertLess(np.abs(shown.residual[part]).mean(),
                        .1 * np.ptp(shown.measured[part]))
        found = components(self.widget.result.answer, row, self.model.components,
                           amounts(self.widget.result.answer, self.model.components))
        for part in found:
            self.assertIn(f"<b>{part.name}</b></span>: network", view.fit.witnesses.text())
        self.assertIn(f"{100 * found[0].fraction:.0f}\u2009%", view.fit.legend.text())
        self.assertIn("of signal", view.fit.title.text())
        colors = dict(zip(self.model.components, material_colors(self.model.components),
                          strict=True))
        for part in shown.drawn:
            self.assertIn(colors[part.name].name(), view.fit.legend.text())

    def test_two_witnesses_in_words(self):
        part = Component("PP", NAMED, .62, 1.5, .4, .3, .5)
        self.assertEqual(witnesses(part, .6, True),
                         "network 62\u00a0%, fit sees it (90\u00a0>\u00a060\u00a0%)")
        self.assertIn("fit does not see it (30\u00a0<\u00a060\u00a0%): to inspect",
                      witnesses(part._replace(evidence=.5), .6, True))
        self.assertTrue(witnesses(part, .6, False).endswith("not named"))
        alone = part._replace(evidence=np.nan)
        self.assertEqual(witnesses(alone, .6, True, True), "network 62\u00a0%")
        self.assertIn("not tested", witnesses(alone, .6, True))
        self.assertEqual(amount(part), "40\u2009% PP (30\u201150)")
        self.assertEqual(amount(part, alone=True), "PP")

    def test_each_component_has_a_map_of_its_own(self):
        self.identify()
        view = self.widget.view
        view.tabs.setCurrentIndex(FIT_TAB)
        view.select([self.with_components(2)])
        combo, maps = view.fit.explain, []
        self.assertGreaterEqual(combo.count(), 2)
        for i in range(2):
            combo.setCurrentIndex(i)
            combo.activated.emit(i)
            image, = (item for item in view.fit.strip.getPlotItem().items
                      if type(item).__name__ == "ImageItem")
            color = material_colors([combo.currentText()])[0]
            seen = view.fit.shown.part
            self.assertEqual(image.image.shape, (len(seen), 1, 4))
            strongest = image.image[seen, 0][image.image[seen, 0, 3].argmax()]
            self.assertEqual(list(strongest), [color.red(), color.green(), color.blue(), 255])
            maps.append(image.image[seen, 0, 3].astype(float))
        self.assertLess(np.corrcoef(maps)[0, 1], .95)
        # The choice stays with the next spectrum that has this component.
        chosen = combo.currentText()
        of = self.model.components.index(chosen)
        other = next(int(row) for row in np.flatnonzero(self.widget.result.answer.named[:, of])
                     if row != view.selection[0])
        view.select([other])
        self.assertEqual(combo.currentText(), chosen)

    def test_nothing_is_computed_for_a_hidden_tab(self):
        self.identify()
        with patch("orangecontrib.microplastics.widgets.identify.resultview.importance") as asked:
            self.widget.view.select([0])
            asked.assert_not_called()

    def test_a_single_material_is_drawn_too(self):
        self.identify()
        view = self.widget.view
        view.tabs.setCurrentIndex(FIT_TAB)
        view.select([self.with_components(1)])
        self.assertEqual(len(view.fit.shown.curves), 1)
        self.assertNotIn("%\u2009", view.fit.legend.text())

    def test_transmittance(self):
        data = self.data.copy()
        with data.unlocked(data.X):
            data.X /= data.X.max()
        self.identify(data.copy())
        row = self.with_components(2)
        expected = self.widget.view.list.text(row, HOW_MUCH)
        with data.unlocked(data.X):
            data.X[:] = 100 * 10 ** -data.X
        self.identify(data)
        self.widget.convert_button.click()
        self.wait()
        self.assertEqual(self.widget.view.list.text(row, HOW_MUCH), expected)
        self.widget.view.tabs.setCurrentIndex(FIT_TAB)
        self.widget.view.select([row])
        shown = self.widget.view.fit.shown
        self.assertLess(np.abs(shown.residual[shown.part]).mean(),
                        .1 * np.ptp(shown.measured[shown.part]))

    # -------------------------------------------------------------- output

    def test_fit_of_selected_spectra(self):
        self.identify()
        rows = sorted([self.with_components(2), self.with_components(1)])
        self.widget.view.select(rows)
        fit = self.output("fit")
        self.assertEqual([float(a.name) for a in fit.domain.attributes],
                         list(self.model.wavenumbers))
        what = np.array([str(row["what"]) for row in fit])
        names = np.array([str(row["spectrum"]) for row in fit])
        self.assertEqual(len(fit), 2 * 3 + 3)
        for row in rows:
            own = names == self.widget.view.list.text(row, 0)
            (total,), (measured,), (rest,) = (
                fit.X[own & (what == kind)] for kind in ("sum", "spectrum minus baseline",
                                                         "residual"))
            parts = own & np.isin(what, MATERIALS)
            np.testing.assert_allclose(fit.X[parts].sum(axis=0), total, atol=1e-9)
            np.testing.assert_allclose(measured - total, rest, atol=1e-6)
            answer = self.widget.result.answer
            np.testing.assert_allclose(
                sorted(fit.get_column("share")[parts].astype(float)),
                sorted(answer.fractions[row][answer.named[row]]), atol=1e-6)

    def test_fit_of_the_drawn_spectrum_and_of_many(self):
        self.identify()
        self.widget.view.threshold_moved.emit(0, 1.)  # some are to be inspected
        self.widget._send_changed()
        drawn, _ = self.widget.view.drawn_row()
        self.assertEqual({str(row["spectrum"]) for row in self.output("fit")},
                         {self.widget.view.list.text(drawn, 0)})
        with patch.object(fitoutput, "_MANY", 2), \
                patch("orangecontrib.microplastics.widgets.owidentify.MOST_FITS", 3):
            self.widget.view.select(range(5))
            self.assertTrue(self.widget.isInvalidated())
            self.process_events(lambda: not self.widget.isInvalidated(), timeout=10_000)
        self.assertEqual(len({str(row["spectrum"]) for row in self.output("fit")}), 3)
        self.assertIn("first 3 of 5", str(self.widget.Information.few_fits))
        # A table that is made for an earlier selection is not sent.
        with patch.object(fitoutput, "_MANY", 2):
            self.widget.view.select(range(5))
            self.process_events(lambda: self.widget._fits.task is None, timeout=10_000)
            self.widget.view.select([2])
        self.process_events(lambda: not self.widget.isInvalidated(), timeout=10_000)
        self.assertEqual({str(row["spectrum"]) for row in self.output("fit")},
                         {self.widget.view.list.text(2, 0)})
        self.assertFalse(self.widget.Information.few_fits.is_shown())
        self.send_signal(self.widget.Inputs.data, None)
        self.assertIsNone(self.output("fit"))

    # ---------------------------------------------------------- thresholds

    def test_threshold_of_further_parts(self):
        self.identify()
        widget, spin = self.widget, self.widget.controls.detect
        self.assertEqual(widget.detect, DETECT)
        before = widget.result
        with patch.object(OWIdentify, "_identify_again", autospec=True,
                          side_effect=OWIdentify._identify_again) as again:
            spin.setValue(.3)
            spin.setValue(LOWEST)
            self.assertIs(widget.result, before)  # the result stays until there is another
            self.wait()
            self.assertLessEqual(again.call_count, 1)
        expected = identify(self.model, self.data, detect=LOWEST)
        np.testing.assert_array_equal(widget.result.answer.named, expected.named)
        self.assertGreater(expected.named.sum(), before.answer.named.sum())
        self.assertIs(widget.result.composer, before.composer)  # it is not made again
        widget.thresholds.set_defaults()
        self.wait()
        np.testing.assert_array_equal(widget.result.answer.named, before.answer.named)

    def test_a_cancelled_threshold_leaves_no_old_result(self):
        self.identify()
        self.widget.controls.detect.setValue(.2)
        self.widget._again.stop()
        self.widget._identify_again()
        self.widget.cancel_button.click()
        self.assertIsNone(self.widget.result)
        self.assertIsNone(self.output("annotated"))
        self.widget.cancel_button.click()
        self.wait()
        self.assertEqual(self.widget.result.detect, .2)

    def test_promise_about_parts(self):
        widget, label = self.widget, self.widget.thresholds.promises.parts_label
        widget.thresholds.promises.buttons[PARTS].click()
        self.assertIn("as soon as", label.text())
        self.identify()
        self.assertIn("kept no mixtures aside", label.text())
        self.assertEqual(widget.detect, DETECT)
        self.identify(labelled=simulate(MATERIALS, 8, seed=3))
        parts = widget.result.labelled.parts
        found = missing_at_most(parts, .1)
        self.assertIsNotNone(found)
        if found >= LOWEST:
            self.assertLessEqual(widget.detect, found)
            self.assertGreater(widget.detect, min(found, .96) - .011)
            self.assertLessEqual(overlooked(parts, widget.detect), .1)
            self.assertIn(f"{false_parts(parts, widget.detect):.2f} false parts", label.text())
            self.assertIn(f"{len(parts.fractions)} mixtures mixed from your", label.text())
        self.assertEqual(widget.result.detect, widget.detect)
        widget.thresholds.promises.spins[PARTS].setValue(40)
        self.wait()
        self.assertEqual(widget.result.detect, widget.detect)
        self.assertLessEqual(overlooked(parts, widget.detect), .4)
        self.assertIs(widget.result.labelled.parts, parts)  # not mixed again
        widget.send_report()
        self.assertIn("miss at most 40 %", widget.report_html)
        # A threshold that is set by hand is no promise.
        widget.controls.detect.setValue(.5)
        self.assertFalse(widget.parts_promised)
        self.assertFalse(label.isVisibleTo(widget))
        self.wait()
        self.assertEqual(widget.result.detect, .5)

    def test_the_promise_is_independent_of_that_about_decisions(self):
        self.identify(labelled=simulate(MATERIALS, 12, seed=3))
        self.widget.thresholds.promises.buttons["refused"].click()
        self.widget.thresholds.promises.buttons[PARTS].click()
        self.assertEqual((self.widget.promise, self.widget.parts_promised), ("refused", True))
        self.widget.controls.detect.setValue(.5)
        self.assertEqual((self.widget.promise, self.widget.parts_promised), ("refused", False))

    def test_promises_in_words(self):
        rng = np.random.default_rng(0)
        n = 200
        fractions = np.zeros((n, 3), np.float32)
        fractions[:, 0] = 1
        fractions[:100, :2] = .5
        detected = rng.uniform(0, .02, (n, 3)).astype(np.float32)
        detected[:100, 1] = rng.uniform(.3, 1, 100)
        of_class = np.zeros((n, 3), bool)
        of_class[:, 0] = True
        kept = keep_parts(.05, PartsAside(fractions, detected, of_class), False)
        self.assertGreater(kept.accept, .3)
        self.assertIn(f"From {kept.accept:.2f}: 0.00 false parts per spectrum, in 200 mixtures "
                      "that the model kept aside", kept.text)
        detected[:100, 1] = .01
        kept = keep_parts(.05, PartsAside(fractions, detected, of_class), False)
        self.assertIsNone(kept.accept)
        self.assertIn("it takes a threshold of 0.0", kept.text)
        few = PartsAside(fractions[:30], detected[:30], of_class[:30])
        self.assertIn("at least 99 mixtures", keep_parts(.01, few, False).text)
        self.assertIn("there are 30", keep_parts(.01, few, False).text)

    def test_labelled_spectra_of_other_materials(self):
        self.identify(labelled=simulate(["PE"], 8, seed=3))
        self.widget.thresholds.promises.buttons[PARTS].click()
        self.assertIn("kept no mixtures aside", self.widget.thresholds.promises.parts_label.text())
        self.assertFalse(self.widget.Warning.labelled.is_shown())

    # ---------------------------------------------------------------- mass

    def by_mass(self):
        combo = self.widget.amounts.combo
        combo.setCurrentIndex(1)
        combo.activated.emit(1)

    def test_fractions_of_mass(self):
        self.identify()
        widget = self.widget
        row = self.with_components(2)
        widget.view.select([row])
        before = widget.result
        self.assertFalse(widget.amounts.button.isVisibleTo(widget))
        self.by_mass()
        self.assertTrue(widget.amounts.button.isVisibleTo(widget))
        self.assertIn("if all absorb alike", widget.amounts.text())
        widget.amounts.open_dialog()
        table = widget.amounts.dialog.table
        self.assertEqual([table.item(i, 0).text() for i in range(table.rowCount())],
                         list(self.model.components))
        absorptivities = {"PE": 4., "PET": .25, "PS": 1.}
        for i, name in enumerate(self.model.components):
            table.item(i, 1).setData(Qt.EditRole, absorptivities[name])
        widget.amounts.dialog.close()
        self.assertEqual(widget.amounts.absorptivities, absorptivities)
        self.assertIs(widget.result, before)  # nothing is identified anew
        found = amounts(before.answer, self.model.components, absorptivities)
        self.assertEqual(widget.view.list.text(row, HOW_MUCH),
                         text(components(before.answer, row, self.model.components, found)))
        widget._send_changed()
        annotated = self.output("annotated")
        for name in MATERIALS:
            i = self.model.components.index(name)
            if not before.answer.named[:, i].any():
                continue
            column = annotated.get_column(f"mass share {name}")
            np.testing.assert_allclose(column[row], np.nan_to_num(found.fractions[row, i]),
                                       atol=1e-6)
        self.assertIn("mass share", self.output("fit").domain)
        widget.send_report()
        self.assertIn("PE 4, PET 0.25", widget.report_html)
        self.assertIn("absorptivities entered", widget.report_html)
        settings = widget.settingsHandler.pack_data(widget)
        again = self.create_widget(OWIdentify, stored_settings=settings)
        self.assertEqual(again.absorptivities, {"PE": 4., "PET": .25})
        self.assertTrue(again.amounts.by_mass)
        widget.amounts.dialog.ones.click()
        self.assertEqual(widget.absorptivities, {})

    def blends(self, absorptivities, columns="mass fraction "):
        """Blends in which signal and mass differ by known absorptivities."""
        mixed = mix(simulate(MATERIALS, 6, seed=4), 60, components=2, smallest=.3,
                    **{**ONE_INSTRUMENT, "ratio": "derivative"})
        signal = np.column_stack([mixed.get_column(f"fraction {name}") for name in MATERIALS])
        masses = signal / np.array([absorptivities[name] for name in MATERIALS])
        masses /= masses.sum(axis=1, keepdims=True)
        domain = Domain(mixed.domain.attributes, None,
                        [ContinuousVariable(columns + name) for name in MATERIALS])
        return Table.from_numpy(domain, mixed.X, metas=masses)

    def test_calibration_with_blends(self):
        truth = {"PE": 2., "PET": .5, "PS": 1.}
        self.identify(labelled=self.blends(truth))
        widget = self.widget
        self.assertFalse(widget.Warning.labelled.is_shown())  # blends need no class
        self.by_mass()
        widget.amounts.dialog.calibrate.click()
        found = {name: widget.absorptivities.get(name, 1.) for name in MATERIALS}
        for name, value in truth.items():
            self.assertLess(abs(np.log(found[name] / value)), .4, (name, found))
        self.assertGreater(widget.calibrated, 10)
        self.assertIn(f"of mass, calibrated with {widget.calibrated} blends",
                      widget.amounts.text())
        self.assertIn(f"{widget.calibrated} blends of PE, PET, PS",
                      widget.amounts.dialog.told.text())
        # With another threshold the blends are looked at again, too.
        before = widget.result.labelled.blends.signal
        widget.controls.detect.setValue(LOWEST)
        self.wait()
        self.assertGreaterEqual(np.isfinite(widget.result.labelled.blends.signal).sum(),
                                np.isfinite(before).sum())
        self.assertIsNot(widget.result.labelled.blends.signal, before)
        # A value that is entered is not calibrated.
        widget.amounts.dialog.edited.emit("PE", 3.)
        self.assertEqual(widget.calibrated, 0)
        self.assertIn("entered", widget.amounts.text())

    def test_calibration_that_is_not_possible(self):
        self.identify()
        self.by_mass()
        dialog = self.widget.amounts.dialog
        dialog.calibrate.click()
        self.assertIn("Connect Labelled Spectra of blends", dialog.told.text())
        self.identify(labelled=self.pure)  # no fractions
        dialog.calibrate.click()
        self.assertIn("Connect Labelled Spectra of blends", dialog.told.text())
        self.assertEqual(self.widget.absorptivities, {})
        nothing = calibrate(self.widget.result.labelled.blends, self.model.components)
        self.assertEqual(nothing.absorptivities, {})

    def test_known_fractions_of_a_table(self):
        data = self.pure[:2]
        metas = [ContinuousVariable(name) for name in
                 ("fraction PE", "mass fraction PE", "fraction PS", "fraction Unobtainium")]
        metas.append(DiscreteVariable("fraction PET", ("0.5",)))
        table = Table.from_numpy(Domain(data.domain.attributes, None, metas), data.X, metas=[
            [.1, 30, .4, 1, 0], [.1, np.nan, 70, 1, 0]])
        np.testing.assert_allclose(known_masses(table, MATERIALS), [[30, 0, .4], [0, 0, 70]])

    def test_settings_are_remembered(self):
        self.widget.controls.detect.setValue(.25)
        self.widget.thresholds.promises.spins[PARTS].setValue(7)
        again = self.create_widget(
            OWIdentify, stored_settings=self.widget.settingsHandler.pack_data(self.widget))
        self.assertEqual((again.detect, again.missed), (.25, 7))
        self.assertEqual(OWIdentify.settings_version, 1)

    def test_a_model_without_references(self):
        model = copy.deepcopy(self.model)
        model.references = model.references.nothing(len(model.wavenumbers))
        self.identify(model=model)
        view = self.widget.view
        self.assertTrue(view.list_view.isColumnHidden(HOW_MUCH))
        view.tabs.setCurrentIndex(FIT_TAB)
        view.select([0])
        self.assertIn("lacks spectra", view.fit.title.text())
        self.assertIsNone(self.output("fit"))
        self.widget.send_report()

    def test_colours(self):
        for dark in (False, True):
            names = ["PE", "PP", "PET", "PS", "one", "two"]
            colors = [color.name() for color in material_colors(names, dark)]
            self.assertEqual(len(set(colors)), len(names))
            # Others do not change the colour of a common material.
            self.assertEqual(material_colors(["zzz", "PP"], dark)[1].name(), colors[1])
        many = material_colors([f"M{i}" for i in range(40)])
        self.assertEqual(len(many), 40)
        for light, dark in zip(material_colors(MATERIALS), material_colors(MATERIALS, True),
                               strict=True):
            self.assertGreaterEqual(dark.lightness(), light.lightness())


if __name__ == "__main__":
    unittest.main()
