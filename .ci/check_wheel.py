"""The installed package, seen from outside the checkout: files, entry points, imports."""
import importlib
import pkgutil
from importlib.metadata import distribution, entry_points
from importlib.resources import files

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

scripts = {ep.name for ep in entry_points(group="console_scripts")}
assert "orange-microplastics" in scripts
print(f"wheel: {len(modules)} modules, {classes} widgets, {len(workflows)} workflows")
