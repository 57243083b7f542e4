"""Any sequence of user actions leaves no traceback, no outdated model and no running thread.

Hypothesis draws sequences of actions, and reports the shortest that fails.
"""
import sys
import threading
import time
import traceback
import unittest

import numpy as np
from AnyQt.QtCore import QEventLoop, QTimer
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from Orange.data import Table
from Orange.widgets.tests.base import WidgetTest
from orangecontrib.spectroscopy.preprocess import Cut, Normalize

from orangecontrib.microplastics.widgets.owdcnet import OWDCNet
from orangecontrib.microplastics.widgets.owidentify import OWIdentify

collagen = Table("collagen")
DATA = {"some": collagen[::24], "others": collagen[1::30], "one class": collagen[collagen.Y == 0],
        "iris": Table("iris"), "empty": collagen[:0], "none": None}
PREPROCESSORS = {"none": None, "normalize": Normalize(), "cut": Cut(lowlim=1000, highlim=1700),
                 "too much cut": Cut(lowlim=1000, highlim=1030)}
SLOW = 400


def training_threads():
    return [t for t in threading.enumerate() if "ThreadPoolExecutor" in t.name and t.is_alive()]


class Signals(WidgetTest):
    """Orange's test harness for signals, usable outside of a test case."""

    def runTest(self):
        pass


class Canvas(RuleBasedStateMachine):
    """Dual-Branch CNN linked to Identify Spectra, as on the canvas."""

    @initialize()
    def start(self):
        self.signals = Signals()
        self.signals.setUp()
        # Earlier tests in this process, also of Orange's widgets, may have left running threads.
        self.others = set(training_threads())
        self.traces = []
        self.hook, sys.excepthook = sys.excepthook, lambda *ex: self.traces.append(ex)
        self.sent = {"data": None, "preprocessor": None}
        self.given = None
        self.identify = self.signals.create_widget(OWIdentify)
        self.create()
        self.good_data("some")
        self.finish()
        self.identify_model()

    def create(self):
        self.widget = self.signals.create_widget(OWDCNet, stored_settings={
            "fixed_epochs": True, "epochs": 1, "width": 0})

    def send(self, widget, name, value):
        self.signals.send_signal(getattr(widget.Inputs, name), value, widget=widget)

    def model(self):
        return self.output(self.widget, "Model")

    @staticmethod
    def output(widget, name):
        """Last value sent so far; the harness' method would wait until the task is done."""
        return widget.signalManager.outputs.get((widget, name))

    @rule(name=st.sampled_from(["some", "others"]))
    def good_data(self, name):
        self.data(name)

    @rule(name=st.sampled_from(sorted(set(DATA) - {"some", "others"})))
    def odd_data(self, name):
        self.data(name)

    def data(self, name):
        self.sent["data"] = DATA[name]
        self.send(self.widget, "data", DATA[name])

    @rule(name=st.sampled_from(sorted(PREPROCESSORS)))
    def preprocessor(self, name):
        self.sent["preprocessor"] = PREPROCESSORS[name]
        self.send(self.widget, "preprocessor", PREPROCESSORS[name])

    @rule(epochs=st.sampled_from([1, 2, SLOW]))
    def epochs(self, epochs):
        self.widget.controls.epochs.setValue(epochs)

    @rule(branches=st.integers(0, 1))
    def branches(self, branches):
        self.widget.controls.branches.setCurrentIndex(branches)
        self.widget.controls.branches.activated.emit(branches)

    @precondition(lambda self: self.widget.cancel_button.isEnabled())
    @rule()
    def cancel_or_train(self):
        self.widget.cancel_button.click()

    @rule(seconds=st.sampled_from([0., .02, .2]))
    def wait(self, seconds):
        end = time.perf_counter() + seconds
        while True:
            self.signals.process_events()
            if time.perf_counter() >= end:
                break

    @rule()
    def finish(self):
        if self.widget.epochs == SLOW:
            self.epochs(1)
        self.signals.wait_until_finished(self.widget, timeout=20_000)

    @rule()
    def close_and_reopen(self):
        self.widget.onDeleteWidget()
        self.create()
        for name, value in self.sent.items():
            if value is not None:
                self.send(self.widget, name, value)

    @rule()
    def report(self):
        self.widget.send_report()
        self.identify.send_report()

    @rule(name=st.sampled_from(["some", "iris", "none"]))
    def identify_data(self, name):
        self.send(self.identify, "data", DATA[name])

    @rule()
    def identify_model(self):
        self.given = self.model()
        self.send(self.identify, "model", self.given)

    @precondition(lambda self: self.identify.cancel_button.isEnabled())
    @rule()
    def identify_cancel(self):
        self.identify.cancel_button.click()

    @rule()
    def identify_finish(self):
        self.signals.wait_until_finished(self.identify, timeout=20_000)

    @invariant()
    def no_trace(self):
        if getattr(self, "traces", None):
            raise AssertionError("".join(traceback.format_exception(*self.traces[0])))

    @invariant()
    def nothing_stale(self):
        if not hasattr(self, "widget"):
            return
        model, widget = self.model(), self.widget
        if model is None:
            return
        assert widget.task is None, "a model was sent while another is being trained"
        assert widget.data is self.sent["data"]
        assert len(model.history[0]) == widget.epochs
        assert len(model.network.branches) == 2 - widget.branches
        assert model.training["spectra"] == len(widget.data)
        assert (self.sent["preprocessor"] is None) == model._resamples_only

    @invariant()
    def identified_what_is_there(self):
        if not hasattr(self, "identify"):
            return
        out = self.output(self.identify, "Data")
        if out is not None:
            assert self.identify.model is self.given is not None
            np.testing.assert_array_equal(out.ids, self.identify.data.ids)

    def teardown(self):
        if not hasattr(self, "widget"):
            return
        sys.excepthook = self.hook
        before = threading.active_count()
        for widget in (self.widget, self.identify):
            widget.onDeleteWidget()
        end = time.perf_counter() + 5
        while set(training_threads()) - self.others and time.perf_counter() < end:
            time.sleep(.01)
        assert not set(training_threads()) - self.others, f"threads left of {before}"
        self.signals.tearDown()


Canvas.TestCase.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck))


class TestActions(Canvas.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Signals.setUpClass()

    @classmethod
    def tearDownClass(cls):
        Signals.tearDownClass()
        super().tearDownClass()


class TestLatency(WidgetTest):
    def test_window_stays_responsive(self):
        """The 99th percentile of the delay of events is below 0.1 s while a network trains."""
        widget = self.create_widget(OWDCNet, stored_settings={
            "fixed_epochs": True, "epochs": 1000})
        widget.show()
        self.send_signal(widget.Inputs.data, collagen, widget=widget)
        self.process_events(lambda: "loss" in widget.progress_label.text(), timeout=30_000)
        ticks = []
        timer, loop = QTimer(), QEventLoop()
        timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
        timer.start(5)
        QTimer.singleShot(3000, loop.quit)
        loop.exec()
        timer.stop()
        self.assertIsNotNone(widget.task, "it was training all the time")
        widget.onDeleteWidget()
        waits = np.diff(ticks) - .005
        self.latency = np.quantile(waits, .99)
        print(f"event loop latency, 99th percentile: {1e3 * self.latency:.1f} ms, "
              f"largest {1e3 * waits.max():.1f} ms")
        self.assertGreater(len(ticks), 30)
        self.assertLess(self.latency, .1)


if __name__ == "__main__":
    unittest.main()
