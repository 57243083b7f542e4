"""Help: pages that Orange's provider finds on F1, as they are in a wheel."""
import importlib.util
import re
from importlib.metadata import distribution
from pathlib import Path
from xml.etree import ElementTree

import pytest
from AnyQt.QtCore import QUrl
from orangecanvas.help.provider import HtmlIndexProvider
from orangecanvas.registry import WidgetRegistry
from orangewidget.workflow.discovery import WidgetDiscovery

from orangecontrib.microplastics import tutorials, widgets

ROOT = Path(__file__).resolve().parents[1]
DOC = ROOT / "doc"
pytestmark = pytest.mark.skipif(not DOC.is_dir(), reason="the checkout's doc folder is not here")

#: Maximum bytes of help in a wheel, pages and images.
LARGEST = 3_000_000


def _module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def descriptions():
    """The category's widgets as Orange discovers them from the entry point."""
    registry = WidgetRegistry()
    WidgetDiscovery(registry).run(
        e for e in distribution("Orange3-Microplastics").entry_points
        if e.group == "orange.widgets")
    found = registry.widgets("Microplastics")
    assert found
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    target = tmp_path_factory.mktemp("help")
    problems = _module(DOC / "htmlhelp.py", "htmlhelp").build(target)
    return target, problems


def test_every_link_and_picture_is_there(built):
    assert built[1] == []


def test_orange_finds_the_page_of_each_widget(built, descriptions):
    provider = HtmlIndexProvider(QUrl.fromLocalFile(str(built[0] / "index.html")))
    for description in descriptions:
        page = Path(provider.search(description).toLocalFile())
        assert page.is_file(), description.name
        text = page.read_text(encoding="utf-8")
        assert f">{description.name}</h1>" in text
        assert "<img" in text, f"{page.name} shows no picture of the widget"
        for part in ("Outputs", "Example"):
            assert part in text, f"{page.name} says nothing under {part}"


def test_index_lists_no_widget_that_is_not_there(built, descriptions):
    provider = HtmlIndexProvider(QUrl.fromLocalFile(str(built[0] / "index.html")))
    assert set(provider.items) == {d.name.lower() for d in descriptions}


def test_each_input_and_output_is_explained(built, descriptions):
    for description in descriptions:
        page = (DOC / "widgets" / f"{description.name.lower().replace(' ', '-')}.md").read_text(
            encoding="utf-8")
        head = page.split("![")[0]
        for channel in (*description.inputs, *description.outputs):
            assert channel.name in head, f"{description.name}: {channel.name}"


def test_each_example_workflow_is_listed():
    text = (DOC / "workflows.md").read_text(encoding="utf-8")
    folder = Path(tutorials.__file__).parent
    for file in sorted(folder.glob("*.ows")):
        title = ElementTree.parse(file).getroot().get("title")
        title = title.removeprefix("Microplastics: ")
        assert f"\n## {title}\n" in text, file.name
        assert f"(images/{file.stem}.png)" in text, file.name


def test_nothing_is_loaded_from_the_network(built):
    for page in built[0].rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(src|<link[^>]*href)="(https?:)?//', text), page.name
    assert "@import" not in (built[0] / "help.css").read_text()


def test_size_is_watched(built):
    sizes = {p: p.stat().st_size for p in built[0].rglob("*") if p.is_file()}
    assert sum(sizes.values()) < LARGEST
    assert max(sizes.values()) < 300_000, max(sizes, key=sizes.get)


def test_setup_puts_the_help_where_the_widgets_name_it(tmp_path):
    """The build step of the wheel, without the packaging."""
    pytest.importorskip("setuptools")
    from setuptools import Distribution
    command = _module_of_setup().BuildWithHelp(Distribution({"packages": []}))
    command.ensure_finalized()
    command.build_lib = str(tmp_path)
    command.run()
    index = tmp_path / "orangecontrib" / "microplastics" / "help" / "index.html"
    assert index.is_file()
    package = Path(widgets.__file__).resolve().parents[1]
    named = [Path(path) for path, _ in widgets.WIDGET_HELP_PATH]
    assert package / "help" / "index.html" in named
    assert not re.search(r"\.md[\"#]", index.read_text(encoding="utf-8"))


def _module_of_setup():
    import setuptools
    original, setuptools.setup = setuptools.setup, lambda **_: None
    try:
        return _module(ROOT / "setup.py", "setup_of_microplastics")
    finally:
        setuptools.setup = original


def test_pages_are_found_from_a_folder_with_braces_in_its_name():
    for path, _ in widgets.WIDGET_HELP_PATH[1:]:
        assert path.format() == path.replace("{{", "{").replace("}}", "}")
