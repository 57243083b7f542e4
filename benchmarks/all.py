"""All benchmarks, one after another: tables, JSON and RESULTS.md."""
import contextlib
import importlib
import io

from benchmarks._report import NAMES, options, write

#: Benchmarks that print tables of their own.
_PRINTED = {"unknowns": "P5, materials never learned", "explain": "Grad-CAM beside captum"}


def main(argv):
    chosen = options("all", __doc__, argv)
    for name in NAMES:
        print(f"\n== {name}", flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        if name in _PRINTED:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                module.main(["--seeds", str(chosen.seeds)] if name == "unknowns" else [])
            write(name, {_PRINTED[name]: {"text": module.__doc__.strip(),
                                          "table": f"```\n{said.getvalue().strip()}\n```"}})
        else:
            module.main(argv)
    return 0
