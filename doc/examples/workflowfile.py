"""Write workflows in Orange's format from a description of their widgets, links and notes.

Settings that a description does not name have the widgets' defaults.
"""
from __future__ import annotations

import base64
import pickle
import pprint
import struct
from ast import literal_eval
from dataclasses import dataclass, field
from importlib import import_module
from math import hypot
from xml.etree import ElementTree

from Orange.widgets.settings import Context, ContextSetting, DomainContextHandler
from Orange.widgets.utils.filedialogs import RecentPath
from orangecanvas.registry import WidgetRegistry

#: Path of orange-spectroscopy's collagen spectra, relative to the folder of Orange's data sets.
COLLAGEN = RecentPath("", "sample-datasets",
                      "../../orangecontrib/spectroscopy/datasets/collagen.csv")
RED = "#C1272D"
_OF_THE_WINDOW = ("savedWidgetGeometry", "controlAreaVisible", "recent_paths", "recent_urls")
NOTE_WIDTH = 210
#: Positions of windows on a screen of 1366 x 768: x, y, width, height.
WINDOWS = {
    "Microplastic Spectra": (30, 40, 1120, 640), "Mix Spectra": (60, 50, 1000, 640),
    "Dual-Branch CNN": (120, 50, 1000, 620), "Grad-CAM": (160, 50, 1100, 640),
    "Check Labels": (60, 50, 1180, 590), "Identify Spectra": (140, 50, 1120, 640),
    "Test and Score": (240, 90, 940, 480), "Confusion Matrix": (380, 110, 940, 480),
    "Spectra": (480, 90, 820, 560), "HyperSpectra": (340, 50, 940, 640),
    "Data Table": (420, 100, 880, 540), "Preprocess Spectra": (100, 50, 1080, 640),
    "Predictions": (300, 90, 940, 540), "Particles": (10, 30, 1290, 650),
}
#: Settings other than the widgets' defaults. The colours of materials are labels to Orange's table,
#: and would fill its header.
SETTINGS = {"Data Table": {"show_attribute_labels": False}}
#: The name of the group of windows.
GROUP = "Main windows"


@dataclass
class Node:
    widget: str  # its name in Orange's toolbox
    x: int
    y: int
    settings: dict = field(default_factory=dict)
    window: tuple[int, int, int, int] | None = None  # x, y, width, height; default: WINDOWS


@dataclass
class Note:
    text: str
    x: int
    y: int
    width: int = NOTE_WIDTH
    to: tuple[int, int] | None = None  # head of its arrow
    start: tuple[int, int] | None = None  # tail of its arrow; default: beside the text
    height: int | None = None


@dataclass
class Workflow:
    file: str
    title: str
    description: str
    nodes: dict[str, Node]
    links: list[tuple[str, str, str, str]]  # from, output, to, input
    notes: list[Note]
    windows: tuple[str, ...] = ()  # nodes whose windows View > Window Groups opens


def coloured_by(variable="polymer", view=1, domain=None):
    """Settings of Spectra: curves in the colour of a categorical variable, wavenumbers downwards.

    Spectra restores the colour if the data have a meta of this name; if the variable is a class,
    it restores the colour only if all columns of the data are those of `domain`. `view` is 1
    for averages, 0 for individual spectra.
    """
    attributes = metas = {}
    if domain is not None:
        attributes, metas = DomainContextHandler().encode_domain(domain)
    # Orange encodes a variable as its name and 100 + its type (1: categorical).
    context = Context(values={"curveplot": {"feature_color": (variable, 101)}, "__version__": 6},
                      attributes=attributes, metas=metas, time=0)
    return {"curveplot": {"viewtype": view, "invertX": True}, "context_settings": [context]}


def roles(**of):
    """Settings of Select Columns: roles of the given variables; others keep theirs."""
    hints = {(name, 1): role for name, role in of.items()}
    context = Context(values={"domain_role_hints": (hints, -2), "__version__": 1},
                      attributes={}, metas={}, time=0)
    return {"context_settings": [context]}


def height_of(note: Note) -> int:
    """Height that a note's text needs in a 14 px font."""
    if note.height:
        return note.height
    lines = sum(1 + int(len(line) * 7.1 // (note.width - 10)) for line in note.text.split("\n"))
    return 20 * lines + 14


def to_xml(workflow: Workflow, registry: WidgetRegistry) -> ElementTree.Element:
    """The workflow as XML in Orange's format."""
    widgets = {w.name: w for w in registry.widgets()}
    ids = {title: str(i) for i, title in enumerate(workflow.nodes)}
    scheme = ElementTree.Element("scheme", version="2.0", title=workflow.title,
                                 description=workflow.description)
    parts = {name: ElementTree.SubElement(scheme, name) for name in (
        "nodes", "links", "annotations", "thumbnail", "node_properties", "session_state")}
    groups = ElementTree.SubElement(parts["session_state"], "window_groups")
    if workflow.windows:
        group = ElementTree.SubElement(groups, "group", name=GROUP, default="false")
        for title in workflow.windows:
            state = ElementTree.SubElement(group, "window_state", node_id=ids[title])
            state.text = base64.encodebytes(_with_controls(
                geometry(place_of(workflow.nodes[title])))).decode("ascii")
    for title, node in workflow.nodes.items():
        found = widgets[node.widget]
        ElementTree.SubElement(
            parts["nodes"], "node", id=ids[title], name=found.name,
            qualified_name=found.qualified_name, project_name=_project(found),
            version=found.version or "", title=title, position=f"({node.x}.0, {node.y}.0)")
        properties = ElementTree.SubElement(parts["node_properties"], "properties",
                                            node_id=ids[title])
        settings = {**_defaults(found), **SETTINGS.get(node.widget, {}), **node.settings}
        if place_of(node) is not None:
            settings["savedWidgetGeometry"] = geometry(place_of(node))
        properties.text, form = _written(settings)
        properties.set("format", form)
    for i, (source, output, sink, input_) in enumerate(workflow.links):
        out, = (o for o in widgets[workflow.nodes[source].widget].outputs if o.name == output)
        in_, = (i for i in widgets[workflow.nodes[sink].widget].inputs if i.name == input_)
        link = ElementTree.SubElement(
            parts["links"], "link", id=str(i), source_node_id=ids[source],
            sink_node_id=ids[sink], source_channel=output, sink_channel=input_, enabled="true")
        for end, channel in (("source", out), ("sink", in_)):
            if channel.id:
                link.set(f"{end}_channel_id", channel.id)
    for i, note in enumerate(workflow.notes):
        _annotate(parts["annotations"], i, note)
    return scheme


def place_of(node: Node) -> tuple[int, int, int, int] | None:
    """Position (x, y, width, height) at which the window of a node opens, or None."""
    return node.window or WINDOWS.get(node.widget)


def geometry(place: tuple[int, int, int, int]) -> bytes:
    """Position of a window in the format of QWidget.saveGeometry 3.0, with a title bar of 24 px."""
    x, y, width, height = place
    inner = (x, y, x + width - 1, y + height - 1)
    outer = (x, y - 24, *inner[2:])
    return struct.pack(">IHH4i4iiBBi4i", 0x1D9D0CB, 3, 0, *outer, *inner, 0, 0, 0, 1366, *inner)


def _with_controls(saved: bytes) -> bytes:
    """Format of OWWidget.saveGeometryAndLayoutState; the control area is shown."""
    return struct.pack(">IHI", 1, 0b11, len(saved)) + saved


def _defaults(description) -> dict:
    """All default settings of a widget; settings left out would have the user's last values."""
    module, name = description.qualified_name.rsplit(".", 1)
    widget = getattr(import_module(module), name)
    chosen = {"__version__": widget.settings_version}
    for name, setting in widget.settingsHandler.provider.settings.items():
        if isinstance(setting, ContextSetting) or name in _OF_THE_WINDOW:
            continue
        try:
            if literal_eval(repr(setting.default)) == setting.default:
                chosen[name] = setting.default
        except (ValueError, SyntaxError):
            pass
    return chosen


def _project(widget) -> str:
    """Distribution that contains the widget."""
    return widget.project_name or "Orange-Spectroscopy"


def _annotate(parent, i, note):
    height = height_of(note)
    text = ElementTree.SubElement(
        parent, "text", id=str(2 * i), type="text/plain",
        rect=f"({note.x}.0, {note.y}.0, {note.width}.0, {height}.0)")
    text.set("font-family", "Helvetica")
    text.set("font-size", "14")
    text.text = note.text
    if note.to is None:
        return
    if note.start is not None:
        x, y = note.start
    else:  # from the nearest side
        x, y = note.to
        left, right, top, bottom = note.x, note.x + note.width, note.y, note.y + height
        if top <= y <= bottom:
            x, y = (left - 4 if x < left else right + 4), y
        else:
            x, y = min(max(x, left + 20), right - 20), (top - 4 if y < top else bottom + 2)
    if hypot(x - note.to[0], y - note.to[1]) < 23:
        raise ValueError(f"no room for an arrow's head and tail: {note.text}")
    ElementTree.SubElement(parent, "arrow", id=str(2 * i + 1), start=f"({x}.0, {y}.0)",
                           end=f"({note.to[0]}.0, {note.to[1]}.0)", fill=RED)


def _written(settings):
    """Settings as a literal, or pickled if they have no literal, as in Orange."""
    try:
        text = pprint.pformat(settings, width=10**6, sort_dicts=True)
        if settings == literal_eval(text):
            return text, "literal"
    except (ValueError, SyntaxError):
        pass
    return base64.encodebytes(pickle.dumps(settings, protocol=4)).decode("ascii"), "pickle"
