"""The command line: ``orange-microplastics``, or ``python -m orangecontrib.microplastics``."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0, 1 after an error message, 130 if interrupted."""
    args = _parser().parse_args(argv)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except MemoryError:
        return _failed("There is not enough memory; give it fewer spectra at a time.")
    except (ValueError, OSError) as ex:
        return _failed(ex)
    # Orange's exception for data that do not fit a model is not a ValueError. It is imported here,
    # where the commands have already loaded Orange, so that --help stays fast.
    except Exception as ex:
        from Orange.data.table import DomainTransformationError
        if isinstance(ex, DomainTransformationError):
            return _failed(ex)
        raise


def _failed(why):
    """Print an error in one line, even if its message has line breaks; return exit status 1."""
    _status("")
    print(f"orange-microplastics: {' '.join(str(why).split())}", file=sys.stderr)
    return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="orange-microplastics",
        description="Microplastics from infrared spectra: DCNet-CBAM beside other classifiers, "
                    "and Grad-CAM to see which bands decided.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo", help="train on published spectra, compare with other classifiers, write a folder",
        description="Fetches published spectra (once), mixes them, trains DCNet-CBAM, random "
                    "forest, SVM, logistic regression and kNN on the same mixtures, and writes "
                    "a table, pictures, the test mixtures (for Orange's File widget) and the "
                    "trained models (for Load Model).")
    demo.add_argument("--output", type=Path, default=Path("microplastics-demo"), metavar="DIR",
                      help="folder for the results (default: %(default)s)")
    demo.add_argument("--quick", action="store_true",
                      help="fewer mixtures: a look at it, not a measurement")
    demo.add_argument("--seed", type=_seed, default=0,
                      help="of splits, mixtures and classifiers (default: %(default)s)")
    demo.add_argument("--no-fetch", action="store_true",
                      help="download nothing; without spectra at hand, use orange-spectroscopy's")
    demo.set_defaults(run=_demo)

    explain = commands.add_parser(
        "explain", help="draw which bands a saved model looks at",
        description="What a saved model says of the spectra of a file, and why (Grad-CAM): "
                    "predictions and named bands as tables, pictures by class and of single "
                    "spectra with a strip for each component, the importance of each "
                    "wavenumber as a file for Orange. Reads any file that Orange reads.")
    explain.add_argument("model", type=Path, metavar="MODEL",
                         help="file of Dual-Branch CNN (.dcnet), or of Save Model (.pkcls); open "
                              "a .pkcls only where you trust who made it")
    explain.add_argument("data", type=Path, metavar="DATA", help="spectra")
    explain.add_argument("--output", type=Path, default=Path("microplastics-explained"),
                         metavar="DIR", help="folder for the results (default: %(default)s)")
    explain.add_argument("--component", metavar="NAME",
                         help="explain the presence of this component of mixtures, instead of "
                              "the predicted class")
    explain.set_defaults(run=_explain)

    fetch = commands.add_parser(
        "fetch", help="fetch the published spectra",
        description="Downloads the published spectra with pip (54 MB), checks them and keeps "
                    "them in Orange's data folder.")
    fetch.add_argument("--wheel", type=Path, metavar="FILE",
                       help="a wheel that was downloaded before; then nothing is downloaded")
    fetch.set_defaults(run=_fetch)
    return parser


def _seed(text):
    seed = int(text)
    if seed < 0:
        raise argparse.ArgumentTypeError("a seed is not below 0")
    return seed


def _demo(args):
    # Imported only when needed, so that --help answers at once.
    from orangecontrib.microplastics.cli import demo
    demo.run(args.output, quick=args.quick, seed=args.seed, fetch=not args.no_fetch,
             say=lambda text: print(text, flush=True), status=_status)
    print(f"\nTable, pictures, mixtures and models are in {args.output.resolve()}")
    return 0


def _explain(args):
    from orangecontrib.microplastics.cli import explain
    for line in explain.run(args.model, args.data, args.output, component=args.component):
        print(line)
    print(f"\nPictures, predictions, bands and importance are in {args.output.resolve()}")
    return 0


def _fetch(args):
    from orangecontrib.microplastics import datasets
    datasets.fetch(lambda fraction, text: _status(f"{fraction:4.0%} {text}"), wheel=args.wheel)
    _status("")
    print(f"The published spectra are in {datasets.data_dir()}")
    return 0


def _status(text):
    """Print a line that the next one overwrites; nothing if stderr is not a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:78]}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
