"""Play the lessons on Orange's canvas, on a virtual screen, with pictures for their pages.

    python doc/play_lessons.py [LESSON ...] [--pictures]

Does what doc/lesson.md and doc/lesson-real-spectra.md tell the class to do, prints how long each
step took until all widgets were idle, and ends with 1 if any step failed or a widget complained.
With --pictures, doc/images/lesson-*.png are made anew. Needs Xvfb; the second lesson needs the
ready-made model and the published spectra.
"""
from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "doc"), str(ROOT / "tests" / "canvas")]
import canvas  # noqa: E402
from make_screenshots import IMAGES, WORKFLOWS, save  # noqa: E402

_ALL_BUT_PE_PP = ("PS", "PET", "PVC", "PA", "PMMA")
_BOTTLES = "Grad-CAM, bottles"
#: By lesson: number of the workflow, and the steps (see tests/canvas/drive.py).
LESSONS = {
    "lesson": (
        ("110", (
            *(("press", "Simulated Polymers", code) for code in _ALL_BUT_PE_PP),
            ("set", "Simulated Polymers", "weathering", 100),
            ("picture", "Spectra@820x440", "weathered"),
            ("set", "Simulated Polymers", "weathering", 0),
            *(("press", "Simulated Polymers", code) for code in _ALL_BUT_PE_PP),
            ("picture", "Test and Score", "clean"),
            ("set", "Simulated Polymers", "biofilm", 100),
            ("press", "Confusion Matrix", "Select Misclassified"),
            ("picture", "Confusion Matrix@820x400", "overgrown"),
            ("picture", "Mistaken Spectra", "mistaken"),
            ("set", "Simulated Polymers", "noise", .03),
            ("set", "Simulated Polymers", "noise", .01),
            ("set", "Simulated Polymers", "biofilm", 0))),
        ("120", (
            ("press", "Mix Spectra", "Another One"),
            ("picture", "Mix Spectra@1000x600", "mixture"),
            ("picture", "Fair Test", "fair"),
            ("picture", "Leaky Test", "leaky"),
            ("press", "Confusion Matrix", "Select Misclassified"),
            ("picture", "Confusion Matrix", "too-many"),
            ("picture", "Mistaken Mixtures", "small-parts"))),
        ("130", (
            ("picture", "Grad-CAM@1240x640", "grad-cam"),
            ("set", "Grad-CAM", "method", "Grad-CAM"),
            ("picture", "Grad-CAM@1240x640", "classic"),
            ("set", "Grad-CAM", "method", "Fine (with gradients)"),
            ("tab", _BOTTLES, "Bands"),
            ("picture", f"{_BOTTLES}@1100x520", "air"))),
        ("140", (("picture", "Test and Score", "preprocessing"),)),
        ("150", (("picture", "Test and Score", "attention"),)),
    ),
    "lesson-real-spectra": (
        ("105", (
            ("select", "Identify Spectra", 0),
            ("picture", "Identify Spectra@1240x640", "own"))),
        ("160", (
            ("picture", "Check Labels@1180x590", "labels"),
            ("picture", "Identify Spectra@1240x640", "unknown"))),
        ("125", (
            ("select", "Identify Spectra", 0),
            ("picture", "Identify Spectra@1240x640", "parts"),
            ("picture", "Found and True", "found-and-true"))),
        ("170", (("picture", "Particles@1290x640", "particles"),)),
    ),
}
#: Pictures that the pages show; the others are only looked at.
SHOWN = {"weathered", "overgrown", "mixture", "air", "grad-cam", "own", "parts", "particles"}


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", default=list(LESSONS))
    parser.add_argument("--pictures", action="store_true", help="for the pages, too")
    parser.add_argument("--folder", type=Path, help="keep all pictures there")
    options = parser.parse_args(argv)
    folder = options.folder or Path(tempfile.mkdtemp())
    wrong = 0
    with canvas.screen("1366x768") as display:
        for lesson in options.lessons:
            for number, steps in LESSONS[lesson]:
                path, = WORKFLOWS.glob(f"{number}-*.ows")
                seen = canvas.run(display, path, folder / number, steps=steps)
                wrong += len(seen["errors"]) + len(seen["messages"]) + (not seen["finished"])
                waits = [step[-1] for step in seen["steps"] if step[0] != "picture"]
                print(f"{lesson:22}{path.stem:32}opens in {seen['seconds']:5.1f} s, steps of "
                      f"{' '.join(map(str, waits))} s", flush=True)
                for text in (*seen["errors"], *map(str, seen["messages"].items())):
                    print("   ", text)
                for step in seen["steps"]:
                    if options.pictures and step[0] == "picture" and step[2] in SHOWN:
                        save(folder / number / f"{step[2]}.png", IMAGES / f"lesson-{step[2]}.png")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
