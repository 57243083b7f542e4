"""Rules of the architecture: floors of imports, torch only in `nn`, and fast loading."""
import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "orangecontrib.microplastics"
ROOT = Path(find_spec(PACKAGE).submodule_search_locations[0])

#: Rooms from the lowest floor up; those on one floor do not import each other. doc/developers.md
#: has the same table.
FLOORS = (
    ("utils",),
    ("materials", "spectra"),
    ("config", "simulation"),
    ("confidence", "mixing"),
    ("fractions", "labels", "nn"),
    ("datasets", "dcnet"),
    ("evaluation", "identification", "ready"),
    ("explanation",),
    ("particles",),
    ("batch",),
    ("cli", "widgets"),
)

#: Import paths of release 0.1, and the room that each of them leads to.
FACES = {"axis": "spectra", "model": "dcnet", "figures": "explanation", "reasons": "explanation"}

#: Without any code.
EMPTY = ("tutorials", "__init__")

LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

TORCH = ("torch", "safetensors.torch", "captum")
BINDINGS = ("PyQt5", "PyQt6", "PySide2", "PySide6", "sip", "qtpy")
INTERFACE = ("AnyQt", "Orange.widgets", "orangewidget", "orangecanvas", "pyqtgraph",
             "orangecontrib.spectroscopy.widgets")


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((PACKAGE, *parts)).removesuffix(".__init__")


FILES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def within(module, names):
    return any(module == name or module.startswith(f"{name}.") for name in names)


def room_of(module):
    """Room of one of our modules; empty for the package itself."""
    room = module.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]
    return "cli" if room == "__main__" else room


def imported(path):
    """What a file imports, at any place: names of modules (or of what is in others' modules)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute here"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                inside = within(node.module, [PACKAGE]) and full not in FILES
                yield node.module if inside else full, node.lineno


@pytest.fixture(scope="module")
def imports():
    """All imports: own module, imported module, and where."""
    return [(own, module, f"{path.relative_to(ROOT)}:{line} imports {module}")
            for own, path in FILES.items() for module, line in imported(path)]


@pytest.fixture(scope="module")
def own_imports(imports):
    return [found for found in imports if within(found[1], [PACKAGE])]


def test_every_file_has_a_room():
    rooms = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES.values()}
    assert rooms - {"__main__"} == {*LEVEL, *FACES, *EMPTY}


def test_developers_read_the_same_floors():
    text = (Path(__file__).parents[1] / "doc" / "developers.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]*) \|", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(FLOORS) + 1))
    assert [set(re.findall(r"`(\w+)`", rooms)) for _, rooms in rows] == list(map(set, FLOORS))
    for face in FACES:
        assert f"`{face}.py`" in text


def test_imports_point_down(own_imports):
    """Faces and the package itself have no floor: nothing here imports them."""
    assert [where for own, module, where in own_imports
            if (room := room_of(own)) in LEVEL and room_of(module) != room
            and LEVEL.get(room_of(module), len(FLOORS)) >= LEVEL[room]] == []


def test_faces_lead_to_one_room(own_imports):
    assert [where for own, module, where in own_imports
            if room_of(own) not in LEVEL and room_of(module) != FACES.get(room_of(own))] == []


def test_no_imports_in_a_circle(own_imports):
    graph = {own: set() for own in FILES}
    for own, module, _ in own_imports:
        graph[own].add(module)
    # Raises CycleError, which names the modules.
    TopologicalSorter(graph).prepare()


def test_a_widgets_parts_are_its_own(own_imports):
    """Code shared by two widgets is in widgets/common; parts do not know the widget."""
    wrong = []
    for own, module, where in own_imports:
        if within(own, [f"{PACKAGE}.widgets"]) and within(module, [f"{PACKAGE}.widgets"]):
            own, other = ((*name.split("."), "")[3] for name in (own, module))
            if other not in ("common", own.removeprefix("ow")):
                wrong.append(where)
    assert wrong == []


def test_only_the_networks_know_torch(imports):
    assert [where for own, module, where in imports
            if within(module, TORCH) and room_of(own) != "nn"] == []


def test_only_widgets_know_the_interface(imports):
    assert [where for own, module, where in imports
            if within(module, INTERFACE) and room_of(own) != "widgets"] == []


def test_qt_comes_through_anyqt(imports):
    assert [where for _, module, where in imports if within(module, BINDINGS)] == []


def test_imports_are_statements(imports):
    """The other tests do not see modules imported by a function."""
    wrong = [where for _, module, where in imports
             if module in ("importlib", "orangecontrib")
             or within(module, ["importlib.import_module", "importlib.util", "runpy"])]
    wrong += [own for own, path in FILES.items()
              if re.search(r"__import__|\bimport_module\b", path.read_text(encoding="utf-8"))]
    assert wrong == []


def test_loading_needs_no_torch():
    """Orange imports all widgets when it starts; torch would add a second or more."""
    modules = [module for module in FILES if room_of(module) != "nn"]
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
