"""Check the installed package from outside the checkout: files, entry points, imports."""
import importlib
import pkgutil
from importlib.metadata import distribution, entry_points
from importlib.resources import files
from pathlib import Path

from orangecanvas.help.manager import HelpManager
from orangecanvas.registry import WidgetRegistry
from orangewidget.workflow.discovery import WidgetDiscovery

NAME = "Orange3-Microplastics"
PACKAGE = "orangecontrib.microplastics"

package = importlib.import_module(PACKAGE)
where = str(files(PACKAGE))
assert "site-packages" in where, f"imported from {where}, not from the installed wheel"

groups = {"orange3.addon", "orange.widgets", "orange.canvas.help", "orange.widgets.tutorials"}
found = {ep.group for ep in distribution(NAME).entry_points}
assert groups <= found, f"entry points missing: {groups - found}"
for ep in distribution(NAME).entry_points:
    ep.load()

modules = [m.name for m in pkgutil.walk_packages(package.__path__, PACKAGE + ".")]
for module in modules:
    importlib.import_module(module)

widgets = files(PACKAGE + ".widgets")
classes = 0
for module in modules:
    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, type) and value.__module__ == module \
                and getattr(value, "icon", None) and getattr(value, "name", None):
            classes += 1
            assert (widgets / value.icon).is_file(), f"{value.__name__} lacks {value.icon}"
assert classes, "no widget found"
assert (widgets / importlib.import_module(PACKAGE + ".widgets").ICON).is_file()

workflows = [f for f in files(PACKAGE + ".tutorials").iterdir() if f.name.endswith(".ows")]
assert workflows, "no example workflow in the wheel"

# Help, as Orange finds it on F1.
registry = WidgetRegistry()
WidgetDiscovery(registry).run(entry_points(group="orange.widgets"))
manager = HelpManager()
manager.set_registry(registry)
ours = registry.widgets("Microplastics")
assert len(ours) == classes, [w.name for w in ours]
for widget in ours:
    page = manager.search({"id": widget.qualified_name}).toLocalFile()
    assert page.startswith(where) and Path(page).is_file(), f"no help for {widget.name}"

scripts = {ep.name for ep in entry_points(group="console_scripts")}
assert "orange-microplastics" in scripts
print(f"wheel: {len(modules)} modules, {classes} widgets, {len(workflows)} workflows, "
      f"{len(ours)} help pages")
