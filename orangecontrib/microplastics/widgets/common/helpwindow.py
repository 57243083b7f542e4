"""Help in a window of its own, where Orange finds no browser to open it in.

Orange opens help with QDesktopServices, which on a Linux without a browser does nothing, in
silence. All requests for help (F1 on a widget or a node, "more..." in the tip) reach the canvas
window as a QWhatsThisClickedEvent. :func:`help_without_browser` has that window look at them
first.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from urllib.parse import parse_qs

from AnyQt.QtCore import QEvent, QObject, QSettings, Qt, QUrl
from AnyQt.QtGui import QDesktopServices, QImage, QTextDocument
from AnyQt.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)
from orangecanvas.help import HelpManager

__all__ = ["help_without_browser", "browser_opens", "HelpWindow"]

_OURS = "orangecontrib.microplastics."

#: Commands of browsers that Qt or xdg-open start.
_BROWSERS = ("x-www-browser", "firefox", "firefox-esr", "google-chrome", "google-chrome-stable",
             "chromium", "chromium-browser", "microsoft-edge", "brave-browser", "opera", "vivaldi",
             "epiphany", "falkon", "konqueror", "mozilla", "wslview")

#: Pixels around a page.
_MARGIN = 16


def help_without_browser():
    """Let the windows of Orange's canvas show our help themselves if no browser can.

    Each of our widgets calls it when it is created; outside the canvas it does nothing.
    """
    for window in QApplication.topLevelWidgets():
        if isinstance(getattr(window, "help", None), HelpManager) \
                and not window.findChildren(_Requests, options=Qt.FindDirectChildrenOnly):
            window.installEventFilter(_Requests(window))


def browser_opens() -> bool:
    """Whether the desktop has a browser to open a page in."""
    if not sys.platform.startswith("linux"):
        return True
    if os.environ.get("BROWSER") or any(map(shutil.which, _BROWSERS)):
        return True
    # xdg-open alone is no browser; it knows of one that is installed in another way (Flatpak).
    if not (shutil.which("xdg-open") and shutil.which("xdg-mime")):
        return False
    try:
        asked = subprocess.run(["xdg-mime", "query", "default", "text/html"], check=False,
                               capture_output=True, timeout=3)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(asked.stdout.strip())


class _Requests(QObject):
    """Filter of a canvas window's events: answers requests for the help of our widgets."""

    def eventFilter(self, window, event):
        if event.type() != QEvent.WhatsThisClicked:
            return False
        url = QUrl(event.href())
        asked = parse_qs(url.query()).get("id", [""])[0]
        if url.scheme() != "help" or not asked.startswith(_OURS):
            return False
        if _orange_shows_it(window) or browser_opens():
            return False
        try:
            page = window.help.search(url)
        except KeyError:
            return False
        if not page.isLocalFile():
            return False
        shown = window.findChild(HelpWindow) or HelpWindow(window)
        shown.open(page)
        return True


def _orange_shows_it(window):
    """Whether the preferences have Orange open help in its own web view, if it has one."""
    outside = QSettings().value("help/open-in-external-browser", defaultValue=True, type=bool)
    return not outside and getattr(window, "help_view", None) is not None


class HelpWindow(QWidget):
    """Pages of the help, with links between them."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, Qt.Window)
        self.browser = _Pages()
        self.browser.anchorClicked.connect(self._follow)
        self.browser.sourceChanged.connect(self._changed)
        self.back_button = QPushButton("Back", enabled=False, autoDefault=False)
        self.back_button.clicked.connect(self.browser.backward)
        self.browser.backwardAvailable.connect(self.back_button.setEnabled)
        self.contents_button = QPushButton("Contents", autoDefault=False)
        self.contents_button.clicked.connect(self._show_contents)
        self.note = QLabel(wordWrap=True, visible=False)
        self.note.setTextInteractionFlags(Qt.TextSelectableByMouse)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.contents_button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.addLayout(buttons)
        layout.addWidget(self.browser)
        layout.addWidget(self.note)
        self.resize(780, 640)

    def open(self, page: QUrl):
        """Show a page, a local file, and raise the window."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.browser.setSource(page)

    def _follow(self, url):
        if url.isLocalFile():
            self.browser.setSource(url)
        elif not (browser_opens() and QDesktopServices.openUrl(url)):
            self.note.setText(f"This link needs a browser: {url.toString()}")
            self.note.show()

    def _changed(self):
        self.note.hide()
        self.setWindowTitle(f"{self.browser.documentTitle()} - Help")

    def _show_contents(self):
        """The index: the page on which the help of every widget is listed."""
        url = QUrl("index.html")
        here = self.browser.source()
        for _ in range(3):
            if os.path.isfile(here.resolved(url).toLocalFile()):
                self.browser.setSource(here.resolved(url))
                return
            url = QUrl(f"../{url.toString()}")


class _Pages(QTextBrowser):
    """A text browser that fits pictures into its width."""

    def __init__(self):
        # Pages are black on white, as in a browser, in dark themes also.
        super().__init__(openLinks=False, styleSheet="background: white; color: #222;")
        self.document().setDocumentMargin(_MARGIN)
        # Otherwise pictures would be fitted to a width that the bar then takes a part of.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOn)

    def loadResource(self, kind, name):
        if kind == QTextDocument.ImageResource:
            image = QImage(self.source().resolved(name).toLocalFile())
            widest = self.viewport().width() - 2 * _MARGIN - 2
            if image.width() > widest > 0:
                image = image.scaledToWidth(widest, Qt.SmoothTransformation)
            return image
        return super().loadResource(kind, name)
