"""Make the screenshots of the documentation, by running Orange on a virtual screen.

    python doc/make_screenshots.py [110 ...]

Writes doc/images/<file name>.png for each example workflow, and for some of them screenshots of
widgets for the help pages. Needs Xvfb; the workflow with published spectra needs those spectra,
and "Identify my spectra" the ready-made model.
"""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "canvas"))
import canvas  # noqa: E402

WORKFLOWS = ROOT / "orangecontrib" / "microplastics" / "tutorials"
IMAGES, WIDGETS = ROOT / "doc" / "images", ROOT / "doc" / "widgets" / "images"
#: Windows by workflow: title of the node, file name, size, and positions of the numbers that the
#: help page refers to.
WINDOWS = {
    "105": (("Microplastics Model", "microplastics-model", "820x620",
             ((62, 16), (84, 130), (520, 17), (522, 495), (430, 518), (26, 604))),),
    "110": (("Dual-Branch CNN", "dual-branch-cnn", "1000x660",
             ((85, 78), (85, 292), (132, 512), (660, 60), (880, 614), (176, 620))),
            ("Simulated Polymers", "microplastic-spectra", "1120x690",
             ((60, 16), (140, 325), (148, 417), (880, 17), (1140, 292), (480, 655)))),
    "120": (("Mix Spectra", "mix-spectra", "1000x640",
             ((122, 16), (84, 96), (152, 96), (258, 96), (540, 130), (540, 400), (930, 22),
              (110, 604))),),
    "125": (("Identify Spectra", "identify-spectra", "1280x680",
             ((62, 16), (66, 116), (82, 215), (108, 309), (590, 21), (1036, 17), (412, 399),
              (108, 665))),),
    "130": (("Grad-CAM", "grad-cam", "1240x680",
             ((72, 18), (60, 172), (66, 331), (74, 461), (710, 23), (500, 195), (500, 538))),),
    "160": (("Check Labels", "check-labels", "1180x590",
             ((240, 16), (104, 204), (70, 296), (520, 60), (710, 39), (950, 70), (955, 574),
              (100, 552))),),
    "170": (("Particles", "particles", "1290x650",
             ((62, 16), (62, 130), (78, 243), (78, 388), (66, 478), (560, 40), (1180, 21),
              (1270, 356))),),
}
#: The window whose screenshot is in the README: workflow, title, size, file name.
README = ("105", "Identify Spectra", "1240x680", "answer")


def save(source, target):
    """Save an image with 96 colours, which is enough for windows and a quarter of the size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(source).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    image.save(target, optimize=True)
    print(f"{target.relative_to(ROOT)}: {image.width} x {image.height}, "
          f"{target.stat().st_size / 1000:.0f} kB")


def number(path, places):
    """Draw numbers on a screenshot: white on dark discs, as in the help pages."""
    image = Image.open(path).convert("RGB")
    draw = ImageDraw.Draw(image)
    for i, (x, y) in enumerate(places, start=1):
        draw.ellipse((x - 10, y - 10, x + 10, y + 10), fill="#a5182a")
        draw.text((x, y), str(i), fill="white", anchor="mm", font_size=14)
    image.save(path)


def _shot(title):
    return title.lower().replace(" ", "-")


def main(numbers):
    with canvas.screen("1366x768") as display:
        for path in sorted(WORKFLOWS.glob("*.ows")):
            which = path.name[:3]
            if numbers and which not in numbers:
                continue
            windows = WINDOWS.get(which, ())
            clean = [README[1:]] if which == README[0] else []
            with tempfile.TemporaryDirectory() as folder:
                seen = canvas.run(display, path, folder,
                                  show=[f"{title}@{size}" for title, _, size, _ in windows]
                                  + [f"{title}@{size}" for title, size, _ in clean])
                if not seen["finished"] or seen["messages"]:
                    print(path.name, seen)
                save(Path(folder) / "workflow.png", IMAGES / f"{path.stem}.png")
                for title, _, name in clean:
                    save(Path(folder) / f"{_shot(title)}.png", IMAGES / f"{name}.png")
                for title, name, _, places in windows:
                    number(Path(folder) / f"{_shot(title)}.png", places)
                    save(Path(folder) / f"{_shot(title)}.png", WIDGETS / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
