"""The report is one file that needs nothing else, escapes all that it is given, and prints well."""
import re
from html.parser import HTMLParser

import pytest

from orangecontrib.microplastics.particles.items import ITEMS, filled
from orangecontrib.microplastics.particles.report import (
    Content,
    Figure,
    Grid,
    Legend,
    Page,
    html,
    write,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
EVIL = '<script>alert("1")</script> & \'x\''
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Reader(HTMLParser):
    """Tags, attributes and text of a document whose tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def content(text="River 3", **changed):
    grid = Grid([text, "n", "share"], [[text, "12", "40 %"], [text, "< 3", "—"]], text, [text],
                total=True)
    return Content(
        title=text, date=text, subtitle=text, sample=[(text, text)], summary=[text],
        warnings=[text], map=Figure(PNG, text), legend=[Legend(text, "#0072B2", 12),
                                                        Legend("unknown", "#9e9e9e", 1, True)],
        counts=grid, estimates=grid, histogram=Figure(PNG, text, text),
        items=filled({"sample": text}), edits=[text], particles=grid,
        pages=[Page(text, [(text, text)], PNG, text), Page(text)], pages_title=text,
        versions=[(text, text)])._replace(**changed)


def test_tags_are_balanced_and_the_frame_is_there():
    text = html(content())
    reader = Reader(text)
    assert text.startswith("<!DOCTYPE html>")
    assert reader.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in reader.all("meta")
    assert len(reader.all("title")) == len(reader.all("h1")) == 1


def test_everything_is_escaped():
    text = html(content(EVIL))
    assert Reader(text).all("script") == [] and "<script" not in text
    assert len(Reader(text).tags) == len(Reader(html(content())).tags)
    # Neither does a title end the style sheet or its string.
    sheet = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    assert sheet.count("{") == sheet.count("}") and "alert" in sheet and "<" not in sheet


def test_nothing_is_loaded():
    text = html(content())
    reader = Reader(text)
    assert "http" not in text and "url(" not in text and "@import" not in text
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in reader.tags}
    images = reader.all("img")
    assert len(images) == 3
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"]
               for image in images)


def test_open_items_are_marked():
    text = html(content())
    assert text.count('<span class="open">not stated</span>') == len(ITEMS) - 1
    assert f"1 of {len(ITEMS)} items are stated" in text
    assert ".open { border: .75pt dashed" in text
    whole = html(content(items=[("Instrument", [("Mode", "ATR")])]))
    assert "not stated" not in whole and "All items are stated" in whole


def test_it_prints_well():
    text = html(content())
    for rule in ("size: A4", "@media print", "display: table-header-group", "break-before: page",
                 "break-inside: avoid"):
        assert rule in text
    assert [text.count(f"<p>{name}</p>") for name in ("Name", "Date", "Signature")] == [1, 1, 1]


def test_numbers_are_aligned():
    grid = Grid(["polymer", "n", "share", "size", "remark", "none"],
                [["PE", "1 200", "40 % (30–50)", "12.5", "3 seen", ""],
                 ["PP", "< 3", "—", "−1.0e-3", "", "—"]])
    text = html(content(counts=grid, estimates=None, particles=None))
    assert re.findall(r'<th scope="col" class="number">(\w+)</th>', text) == ["n", "share", "size"]


def test_parts_that_are_not_there():
    text = html(Content("Filter 1", "2025-01-01"))
    assert Reader(text).all("img") == [] and text.count("<h2>") == 1
    assert "Nothing was corrected by hand" in html(Content("a", "b", edits=[]))
    assert Reader(html(content(particles=Grid(["a"], []))))


@pytest.mark.parametrize("changed, message", [
    ({"title": " "}, "needs a title"),
    ({"map": Figure(b"GIF89a", "")}, "no PNG"),
    ({"legend": [Legend("PE", "red; x: y", 1)]}, "no colour"),
    ({"counts": Grid(["a", "b"], [["1"]])}, "Row 1 of the table has 1 cells for 2 columns"),
])
def test_what_is_wrong_is_said(changed, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write(tmp_path / "report.html", content(**changed))
    assert not list(tmp_path.iterdir())


def test_write(tmp_path):
    path = tmp_path / "Bericht ü.html"
    write(path, content("Löß"))
    assert path.read_text(encoding="utf-8") == html(content("Löß"))
    with pytest.raises(OSError, match="There is no folder"):
        write(tmp_path / "none" / "a.html", content())
