"""Numbers that notes, lessons and pages give are those of a run."""
import logging
import re
import sys
from importlib.metadata import metadata
from importlib.resources import files
from pathlib import Path

import pytest
from orangewidget.tests.base import GuiTest
from running import Running, measured, registry

from orangecontrib.microplastics import datasets, ready

sys.path.append(str(Path(__file__).resolve().parents[1] / "doc"))
from examples import CLAIMS, EXAMPLES, pages  # noqa: E402

FOLDER = Path(str(files("orangecontrib.microplastics.tutorials")))
#: Workflows of which something is measured.
NUMBERS = [number for number, of_workflow in CLAIMS.items() if of_workflow]
PUBLISHED = ("jung_2018", "kedzierski_2019", "frond_2021", "villegas_camacho_2024_c8")


@pytest.fixture(scope="module")
def widgets():
    GuiTest.setUpClass()
    logging.disable(logging.INFO)
    yield registry()
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("number", NUMBERS)
def test_claims_hold(number, widgets):
    if number == "160" and not all(map(datasets.is_available, PUBLISHED)):
        pytest.skip("the published spectra are not on this computer")
    if number == "105" and ready.state() != ready.CURRENT:
        pytest.skip("the ready-made model is not on this computer")
    path, = FOLDER.glob(f"{number}-*.ows")
    with Running(path, widgets, limit=300) as flow:
        found = measured(flow, CLAIMS[number].values())
    wrong = {claim.name: (found[claim.name], claim.low, claim.high)
             for claim in CLAIMS[number].values()
             if not claim.low <= found[claim.name] <= claim.high}
    assert not wrong, "measured, low, high"


def test_last_run_is_that_of_these_claims():
    """The keys of the lessons show a run of all claims, in which each holds."""
    found = pages.measured()
    assert {number: sorted(values) for number, values in found.items()} == {
        number: sorted(CLAIMS[number]) for number in NUMBERS}, "python doc/make_claims.py --run"
    for number in NUMBERS:
        for claim in CLAIMS[number].values():
            assert claim.low <= found[number][claim.name] <= claim.high, (number, claim.name)


@pytest.mark.parametrize("page", pages.pages(), ids=lambda path: path.name)
def test_pages_say_what_the_claims_say(page):
    text = page.read_text(encoding="utf-8")
    assert pages.filled(text) == text, "python doc/make_claims.py"


@pytest.mark.parametrize("page", pages.pages(), ids=lambda path: path.name)
def test_no_line_begins_with_a_mark(page):
    """It would end the paragraph: Markdown takes it for a block of HTML."""
    assert not re.findall(r"^\s*<!--(?:\d{3} |of ).*", page.read_text(encoding="utf-8"),
                          flags=re.MULTILINE)


def test_marks_are_filled():
    text = "It is <!--110 clean-->three<!--/-->, <!--110 overgrown--><!--/-->."
    assert pages.filled(text) == ("It is <!--110 clean-->all<!--/-->, "
                                  "<!--110 overgrown-->four of five<!--/-->.")
    with pytest.raises(KeyError, match="nowhere"):
        pages.filled("<!--110 nowhere-->three<!--/-->")


def test_claims_are_in_the_files_that_orange_opens():
    """Notes have the words of today's claims: the workflows were written after them."""
    for example in EXAMPLES:
        written = (FOLDER / f"{example.WORKFLOW.file}.ows").read_text(encoding="utf-8")
        for note in example.WORKFLOW.notes:
            first = note.text.split("\n")[0].split("&")[0].split('"')[0].split("<")[0]
            assert first in written, f"python doc/make_workflows.py {example.WORKFLOW.file}"


def test_every_claim_is_said_somewhere():
    """In a note of its workflow or in a page; otherwise nobody needs it."""
    in_pages = {(number, name) for page in pages.pages()
                for number, name, _ in pages.marks(page.read_text(encoding="utf-8"))}
    for example in EXAMPLES:
        number = example.WORKFLOW.file[:3]
        notes = " ".join(note.text for note in example.WORKFLOW.notes)
        for claim in example.SAYS.values():
            assert claim.words in notes or (number, claim.name) in in_pages, (number, claim.name)


def test_constants_that_texts_repeat():
    """The size of the download, the number of materials, the versions of Python."""
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages.pages()}
    megabytes = f"{round(datasets.DOWNLOAD_SIZE / 1e6)} MB"
    told = {found for text in texts.values() for found in re.findall(r"\b5\d MB", text)}
    assert told == {megabytes}
    materials = {found for text in texts.values()
                 for found in re.findall(r"model (?:of|knows) (\d+) materials", text)}
    assert materials == {str(len(ready.MATERIALS))}
    first, last = re.search(r"Python (3\.\d+) to (3\.\d+)", texts["README.md"]).groups()
    minor = int(last.split(".")[1])
    needed = metadata("Orange3-Microplastics")["Requires-Python"]
    assert set(needed.split(",")) == {f">={first}", f"<3.{minor + 1}"}
