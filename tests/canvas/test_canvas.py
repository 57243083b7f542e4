"""Orange as a user starts it, with each example workflow; slow, on a virtual screen.

    CANVAS_PICTURES=FOLDER python -m pytest tests/canvas

Skipped by `python -m pytest`: takes minutes and needs Xvfb. FOLDER gets a picture of each.
"""
import os
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from AnyQt.QtGui import QImage

sys.path.insert(0, str(Path(__file__).parent))
import canvas  # noqa: E402

from orangecontrib.microplastics import datasets, ready  # noqa: E402

WORKFLOWS = sorted(Path(str(files("orangecontrib.microplastics.tutorials"))).glob("*.ows"))
PUBLISHED = "160-"
READY_MADE = "105-"
PICTURES = os.environ.get("CANVAS_PICTURES")


@pytest.fixture(scope="module")
def display():
    if not PICTURES:
        pytest.skip("the real canvas is tried where CANVAS_PICTURES names a folder")
    if canvas.XVFB is None:
        pytest.skip("Xvfb is not installed")
    with canvas.screen() as name:
        yield name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_on_the_canvas(path, display, tmp_path):
    if path.name.startswith(PUBLISHED) and not datasets.is_available("frond_2021"):
        pytest.skip("the published spectra are not on this computer")
    if path.name.startswith(READY_MADE) and ready.state() != ready.CURRENT:
        pytest.skip("the ready-made model is not on this computer")
    check(canvas.run(display, path, tmp_path), tmp_path)
    keep(tmp_path / "canvas.png", path.stem)


def check(seen, folder):
    """The workflow finished without an error, a message or a dialog."""
    assert seen["finished"], seen
    assert seen["errors"] == []
    assert seen["dialogs"] == []
    assert seen["messages"] == {}
    assert seen["nodes"] > 4
    assert "Traceback" not in seen["stderr"], seen["stderr"]
    assert (folder / "canvas.png").stat().st_size > 5000


def keep(picture, name):
    """Copy a screenshot to the folder CANVAS_PICTURES, if it is set."""
    Path(PICTURES).mkdir(parents=True, exist_ok=True)
    shutil.copy(picture, Path(PICTURES) / f"{name}.png")


def test_example_from_the_dialog(display, tmp_path):
    """Help > Example Workflows lists our workflows, and opens the chosen one."""
    path, = (p for p in WORKFLOWS if p.name.startswith("110-"))
    seen = canvas.run(display, path, tmp_path, through_dialog=True)
    check(seen, tmp_path)
    listed = {Path(file).name: (name, text) for name, text, file in seen["examples"]
              if "microplastics" in Path(file).parts}
    assert sorted(listed) == [p.name for p in WORKFLOWS]
    assert all(name and len(text) > 40 for name, text in listed.values())
    assert seen["title"] == listed[path.name][0]
    keep(tmp_path / "examples.png", "examples")


@pytest.mark.parametrize("number, titles", [
    ("110", ["Simulated Polymers", "Dual-Branch CNN"]), ("120", ["Mix Spectra"])])
def test_dark_windows(display, tmp_path, number, titles):
    """In a dark theme, plots are dark too: no window has a white background left."""
    path, = (p for p in WORKFLOWS if p.name.startswith(number))
    check(canvas.run(display, path, tmp_path, show=titles,
                     arguments=("--style", "fusion:breeze-dark")), tmp_path)
    for title in titles:
        name = title.lower().replace(" ", "-")
        image = QImage(str(tmp_path / f"{name}.png")).convertToFormat(QImage.Format_Grayscale8)
        light = [image.pixelColor(x, y).lightness() for x in range(0, image.width(), 7)
                 for y in range(0, image.height(), 7)]
        assert sum(value > 200 for value in light) < .05 * len(light), title
        keep(tmp_path / f"{name}.png", f"dark-{name}")
