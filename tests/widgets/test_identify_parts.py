"""Parts of Identify Spectra: what is drawn, promises in words, and texts."""
import unittest

import numpy as np
from Orange.data import Table

from orangecontrib.microplastics.confidence.promise import KeptAside
from orangecontrib.microplastics.dcnet.learner import DCNetLearner
from orangecontrib.microplastics.identification import (
    ACCEPTED,
    CONFIDENCE,
    TO_INSPECT,
    UNKNOWN,
    Rule,
    identify,
)
from orangecontrib.microplastics.identification.comparison import compare, only
from orangecontrib.microplastics.simulation.polymers import simulate
from orangecontrib.microplastics.widgets.common.answertexts import (
    answer_text,
    chance,
    full_name,
    knows,
    waiting,
)
from orangecontrib.microplastics.widgets.identify.promises import REFUSED, WRONG, differs, keep
from orangecontrib.microplastics.widgets.identify.task import score_labelled
from orangecontrib.microplastics.widgets.identify.texts import summary

RULE = Rule(CONFIDENCE, checks=False)


def aside(scores, right=None):
    n = len(scores)
    return KeptAside(*np.tile(scores, (5, 1)), np.zeros(n), np.ones(n, bool),
                     np.ones(n, bool) if right is None else right)


class TestPromises(unittest.TestCase):
    def test_threshold_is_rounded_to_the_safe_side(self):
        scores = np.linspace(.5049, .9949, 99)
        kept = keep(REFUSED, .05, aside(scores), RULE, False)
        self.assertEqual(kept.accept, .52)  # the fifth lowest is .5249
        self.assertLessEqual((scores < kept.accept).mean(), .05)
        self.assertIn("Accepts from 0.52", kept.text)
        self.assertIn("99 labelled spectra that the model kept aside", kept.text)
        right = np.r_[np.zeros(1, bool), np.ones(998, bool)]
        scores = np.r_[.4242, np.linspace(.5042, .9942, 998)]
        kept = keep(WRONG, .003, aside(scores, right), RULE, True)
        self.assertEqual(kept.accept, .51)
        self.assertIn("of yours", kept.text)

    def test_why_a_promise_cannot_be_kept(self):
        def text(promise, share, known, own=False, rule=RULE):
            kept = keep(promise, share, known, rule, own)
            self.assertIsNone(kept.accept)
            return kept.text

        self.assertIn("kept no labelled spectra aside",
                      text(REFUSED, .05, KeptAside.nothing()))
        self.assertIn("at least 20 labelled spectra", text(REFUSED, .05, aside(np.ones(7)), True))
        self.assertIn("there are 7", text(REFUSED, .05, aside(np.ones(7)), True))
        self.assertIn("at least 99", text(REFUSED, .01, aside(np.ones(50))))
        self.assertIn("at least 299", text(WRONG, .01, aside(np.ones(298))))
        self.assertIsNotNone(keep(WRONG, .01, aside(np.ones(299)), RULE, False).accept)
        wrong = np.arange(400) > 3
        self.assertIn("4 of the 400", text(WRONG, .01, aside(np.ones(400), wrong)))
        improbable = aside(np.ones(100))._replace(presence=np.r_[np.zeros(8), np.ones(92)])
        self.assertIn("the checks alone refuse 8\u00a0%",
                      text(REFUSED, .05, improbable, rule=RULE._replace(checks=True)))

    def test_only_spectra_that_are_not_unknown_are_compared(self):
        rng = np.random.default_rng(0)
        known, rule = aside(rng.uniform(.5, 1, 500)), RULE._replace(inspect=.6)
        same, other = rng.uniform(.5, 1, 500), rng.uniform(.5, .75, 500)
        unknown = np.r_[same, rng.uniform(0, .5, 500)]
        for scores, expected in ((same, False), (other, True), (unknown, False)):
            decisions = np.where(scores >= .6, ACCEPTED, UNKNOWN)
            self.assertEqual(differs(known, scores, decisions, rule), expected)


class TestComparison(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = simulate(["PE", "PET", "PS"], 20, seed=1)
        cls.single = DCNetLearner(epochs=12, widths=(8, 16, 16))(cls.data)
        cls.mixed = DCNetLearner(epochs=8, widths=(8, 16, 16), mixtures=2)(cls.data)

    def compared(self, model, data, row=0, rule=RULE, convert=False):
        return compare(model, data[[row]], only(identify(model, data, convert), row), rule,
                       convert)

    def test_a_training_spectrum_lies_on_its_reference(self):
        shown = self.compared(self.single, self.data, 25)
        self.assertEqual(shown.own.material, "PET")
        self.assertGreater(shown.own.quality, .999)
        np.testing.assert_allclose(shown.own.y[shown.part], shown.spectrum[shown.part], atol=.02)
        self.assertEqual([hit.material for hit in shown.hits], ["PET"] * 5)
        self.assertEqual([hit.quality for hit in shown.hits],
                         sorted((hit.quality for hit in shown.hits), reverse=True))
        for curve in (shown.spectrum, shown.own.y, *(hit.y for hit in shown.hits)):
            self.assertAlmostEqual(np.nanmin(curve[shown.part]), 0, 5)
            self.assertAlmostEqual(np.nanmax(curve[shown.part]), 1, 5)

    def test_unit_and_gaps(self):
        data = self.data[[3]]
        with data.unlocked(data.X):
            data.X[:, :300] = np.nan
            data.X[:] = 100 * 10 ** -data.X
        shown = self.compared(self.single, data, convert=True)
        gaps = np.isnan(shown.spectrum)
        self.assertTrue(gaps.any())
        whole = self.compared(self.single, self.data, 3)
        np.testing.assert_allclose(shown.spectrum[~gaps] - shown.spectrum[~gaps].min(),
                                   whole.spectrum[~gaps] - whole.spectrum[~gaps].min(), atol=.05)

    def test_a_mixture_is_drawn_over_the_sum_of_its_materials(self):
        names = self.mixed.domain.class_var.values
        answer = identify(self.mixed, self.data[[0]])
        answer.values[:] = names.index("PE + PET")
        mixed = self.data[[0]]
        with mixed.unlocked(mixed.X):
            mixed.X[:] = .6 * self.data.X[0] + .4 * self.data.X[25] + .1
        shown = compare(self.mixed, mixed, answer, RULE)
        self.assertEqual(shown.own.material, "PE + PET")
        self.assertGreater(shown.own.quality, .97)
        self.assertIn(" + ", shown.own.title)

    def test_marks(self):
        answer = only(identify(self.single, self.data), 0)
        answer.lacking[:] = 2915, 1462, np.nan
        answer.complete[:], answer.explained[:], answer.band[:] = .5, .3, 1700
        answer.maxima[:], answer.multiples[:] = np.nan, np.nan

        def marks(rule):
            return [(mark.text, mark.lacks) for mark in
                    compare(self.single, self.data[[0]], answer, rule).marks]

        lacking = [("lacks 2915", True), ("lacks 1462", True)]
        self.assertEqual(marks(Rule()), [*lacking, ("1700 is high", False)])
        self.assertEqual(marks(RULE), lacking)
        self.assertEqual(marks(Rule(accept=.2)), [])

    def test_without_references(self):
        model = DCNetLearner(epochs=2, widths=(8, 8, 8))(self.data)
        model.references = model.references.nothing(len(model.wavenumbers))
        shown = self.compared(model, self.data)
        self.assertIsNone(shown.own)
        self.assertEqual(shown.hits, [])
        self.assertEqual(knows(model), "Knows 3 single materials only.")

    def test_a_spectrum_without_bands_is_not_drawn(self):
        data = self.data[[0]]
        with data.unlocked(data.X):
            data.X[:] = np.nan
        self.assertIsNone(self.compared(self.single, data))

    def test_what_a_model_knows(self):
        self.assertEqual(knows(self.single), "Knows 3 single materials only; spectra that look "
                                             "like mixtures are marked.")
        self.assertEqual(knows(self.mixed), "Knows 3 materials and 3 mixtures of them.")

    def test_labelled_spectra(self):
        known = score_labelled(self.single, self.data)
        self.assertEqual(len(known.right), len(self.data))
        self.assertGreater(known.right.mean(), .9)
        with self.assertRaisesRegex(ValueError, "none has the name"):
            score_labelled(self.single, simulate(["PP"], 3))
        with self.assertRaisesRegex(ValueError, "no class"):
            score_labelled(self.single, Table.from_numpy(None, self.data.X))


class TestTexts(unittest.TestCase):
    def test_chance(self):
        self.assertEqual([chance(p) for p in (.966, 1., .9999, .995, .994, .0001, 0., np.nan)],
                         ["97\u00a0%", "100\u00a0%", ">\u200999\u00a0%", ">\u200999\u00a0%",
                          "99\u00a0%", "<\u20091\u00a0%", "0\u00a0%", "?"])

    def test_answers(self):
        self.assertEqual(answer_text("PE", ACCEPTED, .97), "Accepted, <b>PE</b>, 97\u00a0%")
        unknown = answer_text("PE", UNKNOWN, .97)
        self.assertIn("(PE?)", unknown)
        self.assertNotIn("<b>", unknown)
        self.assertEqual(full_name("PA + PE"), "polyamide + polyethylene")

    def test_summary(self):
        self.assertEqual(summary(np.array([ACCEPTED] * 199 + [TO_INSPECT])),
                         "<b>200 spectra</b><br>Accepted: 199 (99.5\u00a0%)<br>"
                         "To inspect: 1 (0.5\u00a0%)<br>Unknown: 0 (0\u00a0%)")

    def test_waiting(self):
        self.assertEqual(waiting(False, None, False, False), "Connect spectra.<br>Choose a model.")
        self.assertEqual(waiting(False, "File <1>", True, False),
                         "Waiting for spectra from <b>File &lt;1&gt;</b> ...")
        self.assertEqual(waiting(True, None, False, True), "Waiting for the model ...")


if __name__ == "__main__":
    unittest.main()
