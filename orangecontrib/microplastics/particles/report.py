"""The report of a sample: one HTML file without anything outside it, made to be printed."""
from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from orangecontrib.microplastics.particles.items import SOURCE
from orangecontrib.microplastics.particles.report_style import style
from orangecontrib.microplastics.utils.atomic import write_atomically

__all__ = ["Figure", "Grid", "Legend", "Page", "Content", "html", "write"]

#: What stands where an item is not known.
NOT_STATED = "not stated"

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
#: Numbers, also with a sign, an interval or a share: columns of these are aligned to the right.
_NUMBER = re.compile(r"(?=.*\d)[-+<>≤≥±−–—~≈.,\d\s%()\[\]/e×]+")
_NOTHING = ("", "-", "–", "—")


class Figure(NamedTuple):
    """An image with its caption.

    Attributes
    ----------
    png : bytes
    caption : str
    alt : str
        What is seen, for who cannot see it; the caption if empty.
    """
    png: bytes
    caption: str
    alt: str = ""


class Grid(NamedTuple):
    """A table.

    Attributes
    ----------
    header : list of str
    rows : list of list of str
        The first cell of a row is its heading.
    caption : str
    notes : list of str
        Below the table.
    total : bool
        Whether the last row is the sum of the others.
    """
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    notes: Sequence[str] = ()
    total: bool = False


class Legend(NamedTuple):
    """A colour of the map.

    Attributes
    ----------
    name : str
    color : str
        "#rrggbb".
    count : int
    hatched : bool
        As unknown particles are.
    """
    name: str
    color: str
    count: int
    hatched: bool = False


class Page(NamedTuple):
    """One particle.

    Attributes
    ----------
    title : str
    facts : list of (str, str)
        What is known of it: name and value.
    spectrum_png : bytes or None
    note : str
    """
    title: str
    facts: Sequence[tuple[str, str]] = ()
    spectrum_png: bytes | None = None
    note: str = ""


class Content(NamedTuple):
    """All that a report says, as plain text and images. What is empty is left out.

    Attributes
    ----------
    title, date : str
    subtitle : str
        E.g. the laboratory.
    sample : list of (str, str)
        Name and value, at the head.
    summary : list of str
        The result in sentences.
    warnings : list of str
        What the reader must know before using the result.
    counts : Grid or None
    histogram : Figure or None
    estimates : Grid or None
    map : Figure or None
    legend : list of Legend
    items : list of (group, list of (title, text or None))
        From :func:`.items.filled`; None is shown as "not stated".
    edits : list of str
        Corrections by hand; None if there could be none.
    particles : Grid or None
        All particles.
    pages : list of Page
        Of single particles, e.g. the largest.
    pages_title : str
    versions : list of (str, str)
        Software and version.
    """
    title: str
    date: str
    subtitle: str = ""
    sample: Sequence[tuple[str, str]] = ()
    summary: Sequence[str] = ()
    warnings: Sequence[str] = ()
    counts: Grid | None = None
    histogram: Figure | None = None
    estimates: Grid | None = None
    map: Figure | None = None
    legend: Sequence[Legend] = ()
    items: Sequence[tuple[str, Sequence[tuple[str, str | None]]]] = ()
    edits: Sequence[str] | None = None
    particles: Grid | None = None
    pages: Sequence[Page] = ()
    pages_title: str = "Largest particles"
    versions: Sequence[tuple[str, str]] = ()


def html(content: Content) -> str:
    """The report as one HTML document: no scripts, and nothing is loaded from elsewhere.

    Parameters
    ----------
    content : Content

    Raises
    ------
    ValueError
        If there is no title, an image is no PNG, a colour is not "#rrggbb", or a row of a table
        does not fit its header.
    """
    if not content.title.strip():
        raise ValueError("A report needs a title.")
    parts = [_head(content), _result(content),
             _section("Numbers of particles", _grid(content.counts)
                      + _figure(content.histogram, "histogram")),
             _section("Estimates", _grid(content.estimates), "together"), _map(content),
             _items(content.items), _edits(content.edits),
             _section("Particles", _grid(content.particles, "particles"), "new-page"),
             _pages(content), _versions(content.versions), _SIGNATURE]
    body = "\n".join(part for part in parts if part)
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_text(content.title)}</title>\n"
            f"<style>\n{style(f'{content.title}, {content.date}')}</style>\n</head>\n"
            f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n")


def write(path: Path | str, content: Content):
    """Write the report to a file.

    Raises
    ------
    ValueError
        See :func:`html`; no file is written then.
    OSError
        If the file cannot be written; an older one is then unchanged.
    """
    path, text = Path(path), html(content)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}.")
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))


_SIGNATURE = """<section class="signature">
<h2>Signature</h2>
<div class="lines"><p>Name</p><p>Date</p><p>Signature</p></div>
</section>"""


def _text(value):
    return escape(str(value), quote=True)


def _section(title, inside, kind=""):
    if not inside:
        return ""
    opening = f'<section class="{kind}">' if kind else "<section>"
    return f"{opening}\n<h2>{_text(title)}</h2>\n{inside}\n</section>"


def _head(content):
    subtitle = f'<p class="subtitle">{_text(content.subtitle)}</p>\n' if content.subtitle else ""
    return (f"<header>\n<h1>{_text(content.title)}</h1>\n{subtitle}"
            f'<p class="date">{_text(content.date)}</p>\n</header>'
            + (f"\n{_facts(content.sample, 'sample')}" if content.sample else ""))


def _result(content):
    inside = "\n".join(f"<p>{_text(sentence)}</p>" for sentence in content.summary)
    if content.warnings:
        inside += ('\n<div class="warnings">\n<h3>To be considered</h3>\n'
                   f"{_list(content.warnings)}\n</div>")
    return _section("Result", inside, "result")


def _map(content):
    if content.map is None:
        return ""
    return _section("Map", _figure(content.map, "map") + _legend(content.legend),
                    "together")


def _legend(legend):
    if not legend:
        return ""
    entries = "".join(
        f'<li><span class="swatch{" hatched" if entry.hatched else ""}" '
        f'style="background-color: {_color(entry.color)}"></span>{_text(entry.name)} '
        f'<span class="count">{_text(entry.count)}</span></li>' for entry in legend)
    return f'\n<ul class="legend">{entries}</ul>'


def _color(color):
    if not _COLOR.fullmatch(color):
        raise ValueError(f"{color!r} is no colour like #0072b2.")
    return color


def _image(png, alt):
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("An image of the report is no PNG.")
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{_text(alt)}">'


def _figure(figure, kind):
    if figure is None:
        return ""
    caption = f"<figcaption>{_text(figure.caption)}</figcaption>" if figure.caption else ""
    return (f'\n<figure class="{kind}">\n{_image(figure.png, figure.alt or figure.caption)}\n'
            f"{caption}\n</figure>")


def _grid(grid, kind=""):
    if grid is None:
        return ""
    for number, row in enumerate(grid.rows, 1):
        if len(row) != len(grid.header):
            raise ValueError(f"Row {number} of the table has {len(row)} cells for "
                             f"{len(grid.header)} columns.")
    columns = [[str(row[i]).strip() for row in grid.rows] for i in range(len(grid.header))]
    styles = [' class="number"' if any(map(_NUMBER.fullmatch, cells)) and all(
        cell in _NOTHING or _NUMBER.fullmatch(cell) for cell in cells) else ""
        for cells in columns]
    head = "".join(f'<th scope="col"{style}>{_text(name)}</th>'
                   for name, style in zip(grid.header, styles, strict=True))
    rows = []
    for number, row in enumerate(grid.rows, 1):
        cells = [f"<td{style}>{_text(cell)}</td>" for cell, style in zip(row, styles, strict=True)]
        cells[0] = f'<th scope="row"{styles[0]}>{_text(row[0])}</th>'
        total = ' class="total"' if grid.total and number == len(grid.rows) else ""
        rows.append(f"<tr{total}>{''.join(cells)}</tr>")
    caption = f"<caption>{_text(grid.caption)}</caption>\n" if grid.caption else ""
    opening = f'<table class="grid {kind}">' if kind else '<table class="grid">'
    table = (f"{opening}\n{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n"
             + "\n".join(rows) + "\n</tbody>\n</table>")
    notes = "".join(f"<p>{_text(note)}</p>" for note in grid.notes)
    return table + (f'\n<div class="notes">{notes}</div>' if notes else "")


def _items(items):
    groups = [f'<section class="item-group">\n<h3>{_text(group)}</h3>\n{_facts(rows, "items")}\n'
              "</section>" for group, rows in items]
    if not groups:
        return ""
    open_items = sum(text is None for _, rows in items for _, text in rows)
    count = sum(len(rows) for _, rows in items)
    stated = f"{count - open_items} of {count} items are stated." if open_items else \
        "All items are stated."
    return _section("How it was done", f'<p class="notes">Items after {_text(SOURCE)}. {stated}'
                    "</p>\n" + "\n".join(groups))


def _facts(facts, kind):
    """A list of names and values; None is shown as not stated."""
    def value(text):
        return f'<span class="open">{NOT_STATED}</span>' if text is None else _text(text)

    rows = "\n".join(f'<tr><th scope="row">{_text(name)}</th><td>{value(text)}</td></tr>'
                     for name, text in facts)
    return f'<table class="facts {kind}">\n<tbody>\n{rows}\n</tbody>\n</table>'


def _edits(edits):
    if edits is None:
        return ""
    return _section("Corrections by hand",
                    _list(edits) if edits else "<p>Nothing was corrected by hand.</p>")


def _list(texts):
    return "<ul>" + "".join(f"<li>{_text(text)}</li>" for text in texts) + "</ul>"


def _pages(content):
    pages = []
    for page in content.pages:
        inside = f"<h3>{_text(page.title)}</h3>"
        if page.facts:
            inside += '\n<dl class="page-facts">' + "".join(
                f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>"
                for name, value in page.facts) + "</dl>"
        if page.spectrum_png is not None:
            inside += (f'\n<figure class="spectrum">'
                       f'{_image(page.spectrum_png, f"Spectrum of {page.title}")}</figure>')
        if page.note:
            inside += f'\n<p class="notes">{_text(page.note)}</p>'
        pages.append(f'<article class="page">\n{inside}\n</article>')
    return _section(content.pages_title, "\n".join(pages), "new-page")


def _versions(versions):
    if not versions:
        return ""
    return _section("Software", f"<p>{_text(', '.join(f'{n} {v}' for n, v in versions))}</p>")
