"""Help where Orange finds no browser: our pages in a window of Qt's text browser."""
import importlib.util
import subprocess
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from AnyQt.QtCore import QCoreApplication, QSettings, QUrl
from AnyQt.QtGui import QImage, QTextDocument, QWhatsThisClickedEvent
from AnyQt.QtWidgets import QMainWindow, QWidget
from Orange.widgets.tests.base import WidgetTest
from orangecanvas.help import HelpManager

from orangecontrib.microplastics.widgets.common import helpwindow
from orangecontrib.microplastics.widgets.common.helpwindow import HelpWindow, browser_opens
from orangecontrib.microplastics.widgets.owchecklabels import OWCheckLabels
from orangecontrib.microplastics.widgets.owdcnet import OWDCNet
from orangecontrib.microplastics.widgets.owgradcam import OWGradCAM
from orangecontrib.microplastics.widgets.owidentify import OWIdentify
from orangecontrib.microplastics.widgets.owidentifyfiles import OWIdentifyFiles
from orangecontrib.microplastics.widgets.owmicroplasticsmodel import OWMicroplasticsModel
from orangecontrib.microplastics.widgets.owmicroplasticspectra import OWMicroplasticSpectra
from orangecontrib.microplastics.widgets.owmixspectra import OWMixSpectra
from orangecontrib.microplastics.widgets.owparticles import OWParticles

DOC = Path(__file__).resolve().parents[3] / "doc"
WIDGETS = (OWCheckLabels, OWDCNet, OWGradCAM, OWIdentify, OWIdentifyFiles, OWMicroplasticsModel,
           OWMicroplasticSpectra, OWMixSpectra, OWParticles)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    if not DOC.is_dir():
        pytest.skip("the checkout's doc folder is not here")
    spec = importlib.util.spec_from_file_location("htmlhelp", DOC / "htmlhelp.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # A folder whose name must be quoted in addresses.
    folder = tmp_path_factory.mktemp("help") / "with space"
    module.build(folder)
    return folder


class Canvas(QMainWindow):
    """What the canvas window has of help: a manager, and answers to requests."""

    def __init__(self, page):
        super().__init__()
        self.help, self.help_view, self.opened = HelpManager(self), None, []
        self.setCentralWidget(QWidget())
        registry = [SimpleNamespace(qualified_name=f"{name}.OWGradCAM", project_name=name)
                    for name in ("orangecontrib.microplastics.widgets.owgradcam", "Orange.other")]
        self.help.set_registry(SimpleNamespace(widgets=lambda: registry))
        self.help.get_provider = lambda _: SimpleNamespace(
            search=lambda _: QUrl.fromLocalFile(str(page)))

    def event(self, event):
        if event.type() == event.WhatsThisClicked:
            self.opened.append(event.href())
            return True
        return super().event(event)

    def ask(self, widget):
        url = "help://search?" + urlencode({"id": f"{widget}.OWGradCAM"})
        QCoreApplication.sendEvent(self.centralWidget(), QWhatsThisClickedEvent(url))


@pytest.mark.usefixtures("_pages")
class TestHelp(WidgetTest):
    @pytest.fixture
    def _pages(self, pages):
        self.folder = pages

    def setUp(self):
        self.canvas = Canvas(self.folder / "widgets" / "grad-cam.html")

    def tearDown(self):
        self.canvas.deleteLater()
        self.canvas.help = None

    def test_shown_only_for_our_widgets_and_only_without_a_browser(self):
        own = "orangecontrib.microplastics.widgets.owgradcam"
        self.create_widget(OWMixSpectra)
        self.create_widget(OWMixSpectra)
        for there in (True, False):
            with patch.object(helpwindow, "browser_opens", lambda there=there: there):
                self.canvas.ask("Orange.other")
                self.assertEqual(len(self.canvas.opened), 1)
                self.canvas.ask(own)
                self.canvas.ask(own)
            self.assertEqual(len(self.canvas.opened), 3 if there else 1)
            windows = self.canvas.findChildren(HelpWindow)
            self.assertEqual(len(windows), 0 if there else 1)
            self.canvas.opened.clear()
        self.assertEqual(windows[0].windowTitle(), "Grad-CAM - Help")
        self.assertTrue(windows[0].isVisible())
        self.assertFalse(windows[0].isModal())

    def test_orange_may_show_it_in_its_own_view(self):
        self.create_widget(OWMixSpectra)
        self.canvas.help_view = object()
        with patch.object(helpwindow, "browser_opens", lambda: False), \
                patch.object(QSettings, "value", lambda *_, **__: False):
            self.canvas.ask("orangecontrib.microplastics.widgets.owgradcam")
        self.assertEqual(len(self.canvas.opened), 1)

    def test_every_widget_offers_it(self):
        for widget in WIDGETS:
            with self.subTest(widget.__name__):
                canvas = Canvas(self.folder / "index.html")
                self.create_widget(widget)
                with patch.object(helpwindow, "browser_opens", lambda: False):
                    canvas.ask("orangecontrib.microplastics.widgets.owgradcam")
                self.assertEqual(canvas.opened, [])
                canvas.deleteLater()

    def test_links_pictures_and_back(self):
        window = HelpWindow(self.canvas)
        page = QUrl.fromLocalFile(str(self.folder / "widgets" / "identify-spectra.html"))
        window.open(page)
        self.process_events()
        self.assertFalse(window.back_button.isEnabled())
        image = window.browser.loadResource(QTextDocument.ImageResource,
                                            QUrl("images/identify-spectra.png"))
        self.assertIsInstance(image, QImage)
        self.assertTrue(0 < image.width() <= window.browser.viewport().width())
        # A heading on the same page, another page, and back.
        section = QUrl(page)
        section.setFragment("further-parts")
        window.browser.anchorClicked.emit(section)
        self.process_events()
        self.assertGreater(window.browser.verticalScrollBar().value(), 500)
        window.contents_button.click()
        self.assertEqual(window.windowTitle(), "Orange3-Microplastics - Help")
        window.back_button.click()
        self.assertEqual(window.windowTitle(), "Identify Spectra - Help")

    def test_link_to_the_web_is_written_out(self):
        window = HelpWindow(self.canvas)
        window.open(QUrl.fromLocalFile(str(self.folder / "index.html")))
        with patch.object(helpwindow, "browser_opens", lambda: False):
            window.browser.anchorClicked.emit(QUrl("https://example.org/paper"))
        self.assertIn("https://example.org/paper", window.note.text())
        self.assertTrue(window.note.isVisible())
        self.assertEqual(window.windowTitle(), "Orange3-Microplastics - Help")


@pytest.mark.parametrize("platform, variable, commands, answer, opens", [
    ("win32", "", (), b"", True),
    ("linux", "", (), b"", False),
    ("linux", "lynx", (), b"", True),
    ("linux", "", ("firefox",), b"", True),
    ("linux", "", ("xdg-open", "xdg-mime"), b"", False),
    ("linux", "", ("xdg-open", "xdg-mime"), b"org.mozilla.firefox.desktop\n", True)])
def test_browser_is_looked_for(monkeypatch, platform, variable, commands, answer, opens):
    monkeypatch.setattr(helpwindow.sys, "platform", platform)
    monkeypatch.setenv("BROWSER", variable)
    monkeypatch.setattr(helpwindow.shutil, "which", lambda name: name if name in commands else None)
    monkeypatch.setattr(helpwindow.subprocess, "run",
                        lambda *_, **__: subprocess.CompletedProcess([], 0, answer))
    assert browser_opens() is opens
