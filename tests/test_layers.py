"""Rules of the architecture: layers of imports, torch only in `nn`, and fast loading."""
import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "orangecontrib.microplastics"
ROOT = Path(find_spec(PACKAGE).submodule_search_locations[0])

#: Layers of sub-packages from the lowest up; those of one layer do not import each other.
FLOORS = (
    ("utils",),
    ("materials", "spectra"),
    ("config",),
    ("simulation",),
    ("confidence", "mixing"),
    ("labels", "nn"),
    ("datasets", "dcnet"),
    ("identification",),
    ("explanation", "evaluation"),
    ("cli",),
    ("widgets", "__main__"),
)
#: Modules kept for names pickled by release 0.1, and data.
ELSEWHERE = ("axis", "model", "tutorials", "__init__")

LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(ROOT.rglob("*.py"))


def room_of(module):
    return module.removeprefix(f"{PACKAGE}.").split(".")[0]


def imported(path):
    """Modules that a file imports, at any place, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute here"
            if node.module == PACKAGE:
                yield from ((f"{PACKAGE}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


@pytest.fixture(scope="module")
def imports():
    return {path.relative_to(ROOT): list(imported(path)) for path in FILES}


def test_every_file_has_a_room():
    rooms = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES}
    assert rooms == set(LEVEL) | set(ELSEWHERE)


def test_imports_point_down(imports):
    upward = []
    for path, modules in imports.items():
        own = path.parts[0].removesuffix(".py")
        if own in ELSEWHERE:
            continue
        for module, line in modules:
            if module.startswith(f"{PACKAGE}."):
                other = room_of(module)
                if other != own and LEVEL.get(other, len(FLOORS)) >= LEVEL[own]:
                    upward.append(f"{path}:{line} imports {module}")
    assert upward == []


def test_parts_of_widgets_do_not_know_the_widgets(imports):
    wrong = [f"{path}:{line} imports {module}" for path, modules in imports.items()
             for module, line in modules
             if len(path.parts) > 2 and path.parts[0] == "widgets"
             and module.startswith(f"{PACKAGE}.widgets.ow")]
    assert wrong == []


def test_a_widgets_parts_are_its_own(imports):
    """Code shared by two widgets is in widgets/common."""
    wrong = []
    for path, modules in imports.items():
        if path.parts[0] == "widgets" and len(path.parts) > 2:
            for module, line in modules:
                if module.startswith(f"{PACKAGE}.widgets."):
                    other = module.removeprefix(f"{PACKAGE}.widgets.").split(".")[0]
                    if other not in ("common", path.parts[1]):
                        wrong.append(f"{path}:{line} imports {module}")
    assert wrong == []


def test_only_the_networks_know_torch(imports):
    wrong = [f"{path}:{line}" for path, modules in imports.items() for module, line in modules
             if module.split(".")[0] == "torch" and path.parts[0] != "nn"]
    assert wrong == []


def test_no_attribution_in_widgets_and_no_widget_in_attribution(imports):
    wrong = [f"{path}:{line} imports {module}" for path, modules in imports.items()
             for module, line in modules if path.parts[0] != "widgets"
             and (module.startswith(("AnyQt", "Orange.widgets", "orangewidget", "pyqtgraph")))]
    assert wrong == []


@pytest.mark.parametrize("what", ["widgets", "everything but torch's room"])
def test_loading_needs_no_torch(what):
    """Orange imports all widgets when it starts; torch would add a second or more."""
    modules = [".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts))
               for path in FILES if path.name != "__init__.py" and path.name != "__main__.py"
               and path.relative_to(ROOT).parts[0] != "nn"
               and (what != "widgets" or path.relative_to(ROOT).parts[0] == "widgets")]
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
