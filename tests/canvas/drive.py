"""Run Orange's canvas and report what it shows; started by canvas.py on a virtual screen.

    python drive.py REPORT.json FOLDER [--show TITLE[@WIDTHxHEIGHT] ...] [--example FILE]
                    [--steps JSON] -- ORANGE'S ARGUMENTS

Starts Orange as `orange-canvas` does, waits until the workflow has finished, takes screenshots of
the window (FOLDER/canvas.png) and of the named widgets, records dialogs and messages, and quits.
With --example, the workflow is opened with Help > Example Workflows, where its file is chosen.
--steps is a list of what a reader does then, each a list: ["set", TITLE, CONTROL, VALUE],
["press", TITLE, TEXT OF A BUTTON], ["tab", TITLE, TEXT OF A TAB], ["select", TITLE, ROW],
["picture", TITLE[@WIDTHxHEIGHT], NAME]. The report gets the seconds until all was idle after each.
"""
from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

from AnyQt.QtCore import QRectF, QSettings, Qt, QTimer
from AnyQt.QtGui import QImage, QPainter
from AnyQt.QtWidgets import (
    QApplication,
    QDialog,
    QTableView,
    QTabWidget,
    QTreeView,
)
from Orange.canvas.__main__ import OMain
from orangecanvas.application.canvasmain import CanvasMainWindow
from orangecanvas.preview.previewdialog import PreviewDialog

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running import busy, change, control_of, messages  # noqa: E402

#: Milliseconds between checks; number of successive checks without work after which it is finished.
PACE, LOOKS = 100, 15


def _press(widget, text):
    control_of(widget, text).click()


def _tab(widget, text):
    tabs, at = next((t, i) for t in widget.findChildren(QTabWidget) for i in range(t.count())
                    if t.tabText(i) == text)
    tabs.setCurrentIndex(at)


def _select(widget, row):
    """Click on a row of the list or table that the widget shows, the largest one."""
    views = [v for v in widget.findChildren(QTableView) + widget.findChildren(QTreeView)
             if v.model() is not None and v.model().rowCount() > row and not v.isHidden()]
    view = max(views, key=lambda v: v.width() * v.height())
    view.setCurrentIndex(view.model().index(row, 0))


_STEPS = {"set": lambda widget, name, value: change(control_of(widget, name), value),
          "press": _press, "tab": _tab, "select": _select}


class Driven(OMain):
    """Orange, checked at regular intervals."""

    def __init__(self, options):
        super().__init__()
        self.seen = options
        self.report = {"finished": False, "errors": [], "dialogs": [], "messages": {}}
        self.started = time.perf_counter()
        self.quiet = 0

    def setup_sys_redirections(self):
        """Record exceptions, for which Orange would open a report dialog."""
        super().setup_sys_redirections()
        def note(*exc):
            self.report["errors"].append("".join(traceback.format_exception(*exc)))
            traceback.print_exception(*exc, file=sys.__stderr__)

        sys.excepthook = note

    def setup_application(self):
        for question in ("startup/check-updates", "notifications/check-notifications"):
            QSettings().setValue(question, False)  # no network access
        super().setup_application()

    def create_main_window(self):
        window = super().create_main_window()
        self.timer = QTimer(window, interval=PACE)
        self.timer.timeout.connect(self._look)
        self.timer.start()
        if self.seen.example:
            QTimer.singleShot(500, window.examples_action.trigger)
        return window

    def _choose(self, dialog):
        """Choose the example in Orange's own dialog, once it has read all of them."""
        model = dialog.model()
        items = [model.item(i) for i in range(model.rowCount())]
        at = [i for i, item in enumerate(items) if Path(item.path()).name == self.seen.example]
        beside = [item for item in items if Path(item.path()).parent
                  == Path(items[at[0]].path()).parent] if at else []
        if not beside or any(item.name() == "Untitled" for item in beside):
            return  # the dialog is still reading the examples
        self.report["examples"] = [[item.name(), item.description(), item.path()]
                                   for item in items]
        dialog.setCurrentIndex(at[0])
        self._picture(dialog, "examples")
        dialog.accept()

    def _look(self):
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, PreviewDialog) and "examples" not in self.report:
            self._choose(dialog)
        windows = [w for w in QApplication.topLevelWidgets()
                   if isinstance(w, CanvasMainWindow) and w.isVisible()]
        if time.perf_counter() - self.started > self.seen.limit:
            self._finish(windows[-1] if windows else None, "still at work")
            return
        schemes = [(w, w.current_document().scheme()) for w in windows]
        schemes = [(w, s) for w, s in schemes if s is not None and s.nodes]
        if not schemes:
            return
        window, scheme = schemes[-1]
        self.quiet = 0 if busy(scheme) else self.quiet + 1
        if self.quiet >= LOOKS:
            self.timer.stop()
            self._finish(window, None)

    def _finish(self, window, problem):
        self.timer.stop()
        self.report["seconds"] = round(time.perf_counter() - self.started, 1)
        self.report["dialogs"] = [
            f"{type(w).__name__}: {w.windowTitle()}" for w in QApplication.topLevelWidgets()
            if isinstance(w, QDialog) and w.isVisible() and w.isModal()]
        if window is not None:
            scheme = window.current_document().scheme()
            self.report["title"], self.report["nodes"] = scheme.title, len(scheme.nodes)
            self.report["messages"] = messages(scheme)
            window.resize(1340, 720)
            self._picture(window, "canvas")
            self._whole_workflow(window.current_document().scene())
            for title in self.seen.show:
                self._show(scheme, title)
            self.report["steps"] = [[*step, self._do(scheme, step)] for step in self.seen.steps]
            self.report["messages"] = messages(scheme)
        if problem:
            self.report["errors"].append(problem)
        else:
            self.report["finished"] = True
        Path(self.seen.report).write_text(json.dumps(self.report, indent=1))
        if window is not None:
            # As Quit does, without the question whether to save.
            window.setWindowModified(False)
            scheme.sync_node_properties()
            window.current_document().setModified(False)
            window.close()
        QApplication.exit(0)

    def _do(self, scheme, step):
        """Do a step; returns the seconds until all was idle, or a text if it cannot be done."""
        what, title, *rest = step
        if what == "picture":
            self._show(scheme, title, rest[0])
            return 0.
        widget = next((scheme.widget_for_node(n) for n in scheme.nodes if n.title == title), None)
        start, quiet = time.perf_counter(), 0
        try:
            _STEPS[what](widget, *rest)
        except Exception:  # recorded, so that the report names the step
            self.report["errors"].append(f"{step}: {traceback.format_exc()}")
            return None
        while quiet < LOOKS and time.perf_counter() - start < self.seen.limit:
            self._wait(PACE / 1000)
            quiet = 0 if busy(scheme) else quiet + 1
        return round(time.perf_counter() - start - LOOKS * PACE / 1000, 1)

    def _show(self, scheme, title, name=None):
        title, _, size = title.partition("@")
        node = next((n for n in scheme.nodes if n.title == title), None)
        if node is None:
            self.report["errors"].append(f"no widget is called {title}")
            return
        widget = scheme.widget_for_node(node)
        widget.show()
        if size:
            widget.resize(*map(int, size.split("x")))
        self._wait(1.5)
        self._picture(widget, name or title.lower().replace(" ", "-").replace(",", "")
                      .replace("'", ""))
        widget.hide()

    def _picture(self, window, name):
        window.raise_()
        self._wait(1.)
        window.grab().save(str(Path(self.seen.folder) / f"{name}.png"))

    def _whole_workflow(self, scene):
        """Write workflow.png: the whole canvas without the window, whatever its size."""
        scene.clearSelection()
        rect = scene.itemsBoundingRect().adjusted(-12, -12, 12, 12)
        image = QImage(rect.size().toSize(), QImage.Format_RGB32)
        image.fill(Qt.white)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.Antialiasing)
        scene.render(painter, QRectF(image.rect()), rect)
        painter.end()
        image.save(str(Path(self.seen.folder) / "workflow.png"))

    @staticmethod
    def _wait(seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(.01)


def main(argv):
    at = argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("report")
    parser.add_argument("folder")
    parser.add_argument("--show", nargs="*", default=[])
    parser.add_argument("--example", default="")
    parser.add_argument("--steps", type=json.loads, default=[])
    parser.add_argument("--limit", type=float, default=150.)
    driven = Driven(parser.parse_args(argv[1:at]))
    driven.run(["orange-canvas", *argv[at + 1:]])


if __name__ == "__main__":
    main(sys.argv)
