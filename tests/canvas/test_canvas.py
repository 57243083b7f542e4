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

sys.path.insert(0, str(Path(__file__).parent))
import canvas  # noqa: E402

from orangecontrib.microplastics import datasets  # noqa: E402

WORKFLOWS = sorted(Path(str(files("orangecontrib.microplastics.tutorials"))).glob("*.ows"))
PUBLISHED = "160-"
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
    seen = canvas.run(display, path, tmp_path)
    assert seen["finished"], seen
    assert seen["errors"] == []
    assert seen["dialogs"] == []
    assert seen["messages"] == {}
    assert seen["nodes"] > 4
    assert "Traceback" not in seen["stderr"], seen["stderr"]
    assert (tmp_path / "canvas.png").stat().st_size > 5000
    Path(PICTURES).mkdir(parents=True, exist_ok=True)
    shutil.copy(tmp_path / "canvas.png", Path(PICTURES) / f"{path.stem}.png")
