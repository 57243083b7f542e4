"""Write the example workflows, orangecontrib/microplastics/tutorials/*.ows.

    python doc/make_workflows.py [110-first-look ...]
"""
from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

from orangecanvas.registry import WidgetRegistry
from orangewidget.workflow.discovery import WidgetDiscovery

sys.path.insert(0, str(Path(__file__).resolve().parent))
from examples import WORKFLOWS  # noqa: E402
from examples.workflowfile import to_xml  # noqa: E402

TARGET = Path(__file__).resolve().parents[1] / "orangecontrib" / "microplastics" / "tutorials"


def main(names):
    registry = WidgetRegistry()
    WidgetDiscovery(registry).run(entry_points(group="orange.widgets"))
    for workflow in WORKFLOWS:
        if names and not any(workflow.file.startswith(name) for name in names):
            continue
        tree = ElementTree.ElementTree(to_xml(workflow, registry))
        ElementTree.indent(tree, "\t")
        path = TARGET / f"{workflow.file}.ows"
        path.write_bytes(ElementTree.tostring(tree.getroot(), "utf-8", xml_declaration=True))
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1:])
