"""The help that Orange opens on F1: the pages of this folder as plain HTML.

Orange looks for help in an HTML index: it takes the links in the list items below the element
with id "widgets" and finds a widget's page by the link's text (orangecanvas/help/provider.py).
This module makes that index and the pages from the Markdown files in this folder. `setup.py`
calls it when a wheel is built, so that each installation includes the help and needs no network
to show it. Sphinx makes the documentation's site from the same Markdown files (conf.py); this
module needs only markdown-it-py, a much smaller build requirement than Sphinx.

    python doc/htmlhelp.py [FOLDER]        (default: doc/_build/html)
"""
from __future__ import annotations

import html
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

SOURCE = Path(__file__).resolve().parent
IMAGES = (".png", ".svg")

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>{title}</title>
<link rel="stylesheet" href="{root}help.css" />
</head>
<body>
{top}{body}</body>
</html>
"""


def pages(source: Path = SOURCE) -> list[Path]:
    """The Markdown files that make up the help, as paths below `source`."""
    found = (path.relative_to(source) for path in source.rglob("*.md"))
    return sorted(path for path in found if not path.parts[0].startswith("_"))


def slug(text: str) -> str:
    """Id of a heading: lower case, with dashes instead of all but letters, digits and "_"."""
    return re.sub(r"[^\w]+", "-", text.lower()).strip("-")


class _Page:
    """One page, converted from Markdown to HTML."""

    def __init__(self, path: Path, source: Path):
        self.path, self.source = path, source
        self.links: list[str] = []
        self.ids: list[str] = []
        self.title = path.stem
        # XHTML, since Orange's reader requires every element to be closed.
        parser = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True}).enable("table")
        # Without comments, which mark claims: Qt's browser swallows the spaces around them.
        text = re.sub("<!--.*?-->", "", (source / path).read_text(encoding="utf-8"),
                      flags=re.DOTALL)
        tokens = parser.parse(text)
        self._number_headings(tokens)
        for token in tokens:
            for child in token.children or ():
                self._follow(child)
        self.body = _sections(parser, tokens)

    def _number_headings(self, tokens):
        for opening, inline in zip(tokens, tokens[1:], strict=False):
            if opening.type == "heading_open":
                text = "".join(c.content for c in inline.children if c.type != "html_inline")
                opening.attrs["id"] = slug(text)
                self.ids.append(slug(text))
                if opening.tag == "h1":
                    self.title = text

    def _follow(self, token):
        """Record the target of a link or image; links to .md pages become links to .html."""
        name = {"link_open": "href", "image": "src"}.get(token.type)
        if name is None:
            return
        where = str(token.attrs[name])
        parts = urlsplit(where)
        if parts.scheme or parts.netloc:
            return
        self.links.append(where)
        if parts.path.endswith(".md"):
            token.attrs[name] = parts._replace(path=parts.path[:-3] + ".html").geturl()

    def render(self) -> str:
        root = "../" * (len(self.path.parts) - 1)
        top = "" if self.path == Path("index.md") else \
            f'<p class="top"><a href="{root}index.html">Microplastics</a></p>\n'
        return _PAGE.format(title=html.escape(self.title), root=root, top=top, body=self.body)


def _sections(parser, tokens) -> str:
    """HTML in which each second-level heading starts a section with the heading's id."""
    starts = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.tag == "h2"]
    parts = [parser.renderer.render(tokens[:starts[0] if starts else None], parser.options, {})]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        name = tokens[start].attrs.pop("id")
        inner = parser.renderer.render(tokens[start:end], parser.options, {})
        parts.append(f'<section id="{name}">\n{inner}</section>\n')
    return "".join(parts)


def build(target: Path, source: Path = SOURCE) -> list[str]:
    """Write the help into the folder `target`, which is emptied first.

    Returns
    -------
    list of str
        Broken links and images, each with its page; empty if there are none.
    """
    shutil.rmtree(target, ignore_errors=True)
    made = {path: _Page(path, source) for path in pages(source)}
    problems, images = [], set()
    for path, page in made.items():
        for link in page.links:
            parts = urlsplit(link)
            there = (source / path).parent / parts.path if parts.path else source / path
            try:
                there = there.resolve().relative_to(source)
            except ValueError:
                problems.append(f"{path}: {link} is outside the documentation")
                continue
            if there.suffix in IMAGES and (source / there).is_file():
                images.add(there)
            elif there not in made:
                problems.append(f"{path}: {link} does not exist")
            elif parts.fragment and parts.fragment not in made[there].ids:
                problems.append(f"{path}: {link}, no such heading")
        out = (target / path).with_suffix(".html")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page.render(), encoding="utf-8")
    for image in images:
        (target / image).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / image, target / image)
    shutil.copyfile(source / "help.css", target / "help.css")
    return problems


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE / "_build" / "html"
    for problem in build(folder):
        print(problem)
    print(folder / "index.html")
