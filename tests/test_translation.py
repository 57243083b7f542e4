"""Message files of trubar fit the sources, and a translated copy speaks each of their languages."""
import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "i18n").is_dir():
    pytest.skip("the checkout's i18n folder is not here", allow_module_level=True)
pytest.importorskip("trubar")

from trubar import actions  # noqa: E402
from trubar.messages import load  # noqa: E402


def _module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


translate = _module(ROOT / "doc" / "translate.py")
FILES = translate.message_files()


def _texts(messages):
    """Pairs of a text and its translation."""
    for text, node in messages.items():
        if isinstance(node.value, dict):
            yield from _texts(node.value)
        elif isinstance(node.value, str):
            yield text, node.value


def _inserted(text):
    """What a text inserts: its `{}`, or names of an f-string, and their formats.

    Words within an f-string are translated, too: `{'spectrum' if n == 1 else 'spectra'}`, in
    Slovenian `{plsi(n, 'spekter|spektra|spektri|spektrov')}`; a number may be needed more than
    once for that.
    """
    try:
        parts = ast.walk(ast.parse(f'f"""{text}"""', mode="eval"))
    except SyntaxError:
        return sorted(re.findall(r"{.*?}", text))
    names, formats = set(), []
    for part in parts:
        if isinstance(part, ast.Name) and part.id not in ("plsi", "plsi_sz"):
            names.add(part.id)
        elif isinstance(part, ast.Attribute) and part.attr not in ("lower", "capitalize"):
            names.add(part.attr)
        elif isinstance(part, ast.FormattedValue) and part.format_spec:
            formats.append(ast.unparse(part.format_spec))
    return sorted(names) + sorted(formats)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_each_translated_text_is_in_the_sources(path):
    collected, gone = actions.collect(
        str(translate.PACKAGE), load(str(path)), translate.PATTERN, quiet=True)
    assert not gone, "texts have changed: python doc/translate.py collect"
    assert list(_texts(collected["widgets/owidentify.py"].value))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_translations_insert_the_same(path):
    pairs = [pair for node in load(str(path)).values() for pair in _texts(node.value)]
    assert len(pairs) > 500
    assert [pair for pair in pairs if _inserted(pair[0]) != _inserted(pair[1])] == []


def test_other_insertions_are_noticed():
    assert _inserted("{n:,} {'spectrum' if n == 1 else 'spectra'}") \
        == _inserted("{n:,} {'Spektrum' if n == 1 else 'Spektren'}") \
        == _inserted("{n:,} {plsi(n, 'spekter|spektra|spektri|spektrov')}")
    assert _inserted("{n:,} spectra") != _inserted("{m:,} Spektren")
    assert _inserted("{n:,} spectra") != _inserted("{n} Spektren")
    assert _inserted("{} of {}") != _inserted("{} von")


SCRIPT = """
import sys
from AnyQt.QtCore import QSettings
QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, sys.argv[1])
settings = QSettings(QSettings.IniFormat, QSettings.UserScope, "biolab.si", "Orange")
settings.setValue("application/language", sys.argv[2])
settings.sync()
from orangecontrib.microplastics.widgets.common import answertexts, texts
from orangecontrib.microplastics.widgets.identify.texts import of_what
from orangecontrib.microplastics.widgets.owidentify import OWIdentify
print(OWIdentify.ACTION)                                            # a text
print(texts.describe_axis([600., 602., 604.]))                      # an f-string
print(answertexts.waiting(False, "<Datei>", True, False))           # inserts what is local
print(of_what(True, {}, 2))                                         # singular, dual, plural
print(OWIdentify.__module__, sys.modules[OWIdentify.__module__].__file__)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return translate.build(tmp_path_factory.mktemp("translated"))


def _speak(package, language, folder):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), language], cwd=folder, text=True,
        encoding="utf-8", capture_output=True, check=False, env={
            **os.environ, "PYTHONPATH": str(package.parents[1]), "PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr
    *said, where = done.stdout.splitlines()
    assert str(package) in where, "the original was imported"
    return said


def test_the_translated_package_compiles(package):
    for path in package.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


ENGLISH = ["Identify", "3 from 600 to 604 1/cm, in steps of 2",
           "Waiting for spectra from <b>&lt;Datei&gt;</b> ...", "of mass, calibrated with 2 blends"]
#: By the folder of the message file: what Orange's settings call the language, and texts in it.
SPOKEN = {
    "de": ("German", [
        "Identifizieren", "3 von 600 bis 604 1/cm, in Schritten von 2",
        "Wartet auf Spektren von <b>&lt;Datei&gt;</b> ...",
        "an der Masse, kalibriert mit 2 Mischungen"]),
    "si": ("Slovenščina", [
        "Prepoznaj", "3 od 600 do 604 1/cm, v korakih po 2",
        "Čaka na spektre iz <b>&lt;Datei&gt;</b> ...",
        "mase, kalibrirano z 2 mešanicama"])}


def test_each_language_is_heard():
    assert sorted(SPOKEN) == [path.parent.name for path in FILES]


@pytest.mark.parametrize("language, expected", [
    *SPOKEN.values(), ("English", ENGLISH),
    ("Klingon", ENGLISH)])  # a language that the add-on has not
def test_it_speaks_the_language_of_orange(package, tmp_path, language, expected):
    assert _speak(package, language, tmp_path) == expected
