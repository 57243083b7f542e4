"""Run a workflow with Orange's registry, scheme and widgets, but without a canvas window."""
from __future__ import annotations

import time
from importlib.metadata import entry_points
from unittest.mock import patch

from AnyQt.QtCore import QEvent
from AnyQt.QtWidgets import QAbstractButton, QApplication, QComboBox
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from orangecanvas.registry import WidgetRegistry
from orangewidget.settings import SettingsHandler
from orangewidget.workflow.discovery import WidgetDiscovery
from orangewidget.workflow.widgetsscheme import WidgetsScheme

#: A workflow has finished if it has been idle for this number of seconds.
QUIET = .4


def registry() -> WidgetRegistry:
    """All installed widgets, discovered by entry points as in Orange."""
    found = WidgetRegistry()
    WidgetDiscovery(found).run(entry_points(group="orange.widgets"))
    return found


class Running:
    """Context manager that loads a workflow and waits until it has finished.

    Parameters
    ----------
    path : Path
        The .ows file.
    registry : WidgetRegistry
    limit : float
        Seconds after which AssertionError is raised.
    """

    def __init__(self, path, registry, limit=120.):
        self.path, self.limit, self.seconds = path, limit, 0.
        self.sent = {}
        # Settings of an example must not become defaults of the user's widgets.
        self._kept_out = patch.object(SettingsHandler, "write_defaults")
        self._kept_out.start()
        self.scheme = WidgetsScheme()
        errors = []
        with open(path, "rb") as stream:
            self.scheme.load_from(stream, registry=registry, error_handler=errors.append)
        assert not errors, f"{path.name}: {errors}"
        self._watch_outputs()

    def _watch_outputs(self):
        manager, send = self.scheme.signal_manager, self.scheme.signal_manager.send

        def watched(widget, channel, value, *args, **kwargs):
            node = self.scheme.node_for_widget(widget)
            self.sent[node.title, channel] = value
            return send(widget, channel, value, *args, **kwargs)

        manager.send = watched

    def __enter__(self):
        self.scheme.signal_manager.start()
        # As on the canvas, all widgets are created before the first signal.
        for node in self.scheme.nodes:
            assert self.scheme.widget_for_node(node) is not None, node.title
        self.finish()
        return self

    def finish(self):
        """Wait until all widgets have done their work, at first and after a change."""
        started, quiet = time.perf_counter(), 0.
        while quiet < QUIET:
            QApplication.processEvents()
            elapsed = time.perf_counter() - started
            assert elapsed < self.limit, \
                f"{self.path.name}: still at work after {self.limit} s: {self.busy()}"
            # Checks are counted instead of measuring time, since time passes without any check
            # while another thread holds the interpreter.
            quiet = 0. if self.busy() else quiet + .01
            time.sleep(.01)
        self.seconds = time.perf_counter() - started - QUIET

    def __exit__(self, *exc):
        self.scheme.signal_manager.stop()
        self.scheme.clear()
        QApplication.sendPostedEvents(None, QEvent.DeferredDelete)
        QApplication.processEvents()
        self._kept_out.stop()

    def busy(self) -> list[str]:
        """Titles of the nodes that are running or have pending signals."""
        return busy(self.scheme)

    def widget(self, title):
        """The widget of the node with this title."""
        node, = (node for node in self.scheme.nodes if node.title == title)
        return self.scheme.widget_for_node(node)

    def set(self, title, control, value):
        """Set a control of a widget as a user does; returns what it was before."""
        found = control_of(self.widget(title), control)
        before = state_of(found)
        change(found, value)
        return before

    def output(self, title, channel):
        """Last value that the node sent on the channel of this name."""
        return self.sent[title, channel]

    def messages(self):
        """{title: texts of the errors and warnings that its widget shows}."""
        return messages(self.scheme)


def control_of(widget, name):
    """The control of a setting, or the visible button or tick box with this text."""
    if hasattr(widget.controls, name):
        return getattr(widget.controls, name)
    button, = (b for b in widget.findChildren(QAbstractButton)
               if b.text().replace("&", "") == name and not b.isHidden())
    return button


def state_of(control):
    """What :func:`change` sets."""
    if isinstance(control, QComboBox):
        return control.currentIndex()
    if isinstance(control, QAbstractButton):
        return control.isChecked()
    if hasattr(control, "buttons"):
        return next(i for i, button in enumerate(control.buttons) if button.isChecked())
    return control.value()


def change(control, value):
    """Choose a value in a control of Orange's gui module, as a user does."""
    if isinstance(control, QComboBox):
        at = value if isinstance(value, int) else control.findText(value)
        assert 0 <= at < control.count(), f"{value} is not in the list"
        control.setCurrentIndex(at)
        control.activated.emit(at)
    elif isinstance(control, QAbstractButton):
        if control.isChecked() != bool(value):
            control.click()
    elif hasattr(control, "buttons"):
        control.buttons[value].click()
    else:
        control.setValue(value)


def measured(running, claims) -> dict[str, float]:
    """{name: what was measured} of the claims of a workflow; settings are as before at the end."""
    found = {}
    for steps in dict.fromkeys(claim.after for claim in claims):
        before = [(title, control, running.set(title, control, value))
                  for title, control, value in steps]
        if steps:
            running.finish()
        found.update((claim.name, float(claim.measure(running)))
                     for claim in claims if claim.after == steps)
        for title, control, value in reversed(before):
            running.set(title, control, value)
        if steps:
            running.finish()
    return found


def busy(scheme) -> list[str]:
    """Titles of the nodes of a scheme that are running or have pending signals."""
    manager = scheme.signal_manager
    pending = set(manager.pending_nodes())
    return [node.title for node in scheme.nodes
            if node in pending or manager.is_active(node) or manager.is_blocking(node)
            or manager.has_invalidated_outputs(node) or _at_work(scheme.widget_for_node(node))]


def messages(scheme) -> dict[str, list[str]]:
    """{title: texts of the errors and warnings that the node's widget shows}."""
    shown = {}
    for node in scheme.nodes:
        widget = scheme.widget_for_node(node)
        texts = [str(m) for group in (widget.Error, widget.Warning) for m in group.active]
        if texts:
            shown[node.title] = texts
    return shown


def _at_work(widget) -> bool:
    if isinstance(widget, ConcurrentWidgetMixin) and widget.task is not None:
        return True
    # Test and Score keeps its task under a private name.
    return getattr(widget, "_OWTestAndScore__task", None) is not None

