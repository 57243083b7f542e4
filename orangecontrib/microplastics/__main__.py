"""The command line: ``orange-microplastics``, or ``python -m orangecontrib.microplastics``."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0, 1 after an error message, 130 if interrupted."""
    args = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal has no letters for must not stop the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
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
        description="Microplastics from infrared spectra: what your spectra are, DCNet-CBAM beside "
                    "other classifiers, and Grad-CAM to see which bands decided.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    identify = commands.add_parser(
        "identify", help="name the materials of your spectra",
        description="What the spectra of files are, how sure that is, and why not: a table, and "
                    "with --output a CSV file. Uses the ready-made model; the first time it is "
                    "made, which takes about two minutes and downloads published spectra (54 MB). "
                    "Reads any file of spectra that Orange reads.")
    identify.add_argument("files", nargs="+", metavar="FILES",
                          help="files of spectra, folders of them, or patterns such as *.csv")
    which = identify.add_mutually_exclusive_group()
    which.add_argument("--model", type=Path, metavar="FILE",
                       help="a model of Dual-Branch CNN (.dcnet) instead of the ready-made one")
    which.add_argument("--simulated", action="store_true",
                       help="a model learnt from simulated spectra, which needs no network: to "
                            "try things out")
    identify.add_argument("--output", type=Path, metavar="FILE.csv",
                          help="file for the answers, with all scores")
    identify.add_argument("--pictures", type=Path, metavar="DIR",
                          help="folder for pictures of the mixtures: how much of each material")
    identify.add_argument("--accept", type=_score, metavar="X",
                          help="minimum score of accepted spectra, 0 to 1 (default: 0.7)")
    identify.add_argument("--transmittance", action="store_true",
                          help="the spectra are transmittance: convert them to absorbance first")
    identify.add_argument("--no-fetch", action="store_true", help="download nothing")
    identify.set_defaults(run=_identify)

    particles = commands.add_parser(
        "particles", help="find, name, measure and count the particles on a map of a filter",
        description="From the infrared map of a filter (or spectra of single particles) to "
                    "particles: what each is, how large, how many of each size; with --output a "
                    "report to print, tables (CSV) and outlines (GeoJSON).")
    particles.add_argument("file", type=Path, metavar="MAP",
                           help="a map that Orange reads: Agilent, OPUS, ENVI, OMNIC ...")
    which = particles.add_mutually_exclusive_group()
    which.add_argument("--model", type=Path, metavar="FILE",
                       help="a model of Dual-Branch CNN (.dcnet) instead of the ready-made one")
    which.add_argument("--simulated", action="store_true",
                       help="a model learnt from simulated spectra: to try things out")
    particles.add_argument("--output", type=Path, metavar="FILE.html",
                           help="the report; tables and outlines are written beside it")
    particles.add_argument("--title", default="", help="of the report")
    particles.add_argument("--pixel-size", type=_positive, metavar="UM",
                           help="micrometres, if the file does not tell it")
    particles.add_argument("--threshold", type=_positive, metavar="X",
                           help="smallest signal of matter, in multiples of the filter's scatter "
                                "(default: automatic)")
    particles.add_argument("--smallest", type=int, default=4, metavar="N",
                           help="pixels of the smallest particle (default: %(default)s)")
    particles.add_argument("--classes", metavar="NAME",
                           help="size classes: ISO, EU, or limits such as 20,50,100,500 (um)")
    particles.add_argument("--mass", action="store_true", help="estimate masses")
    particles.add_argument("--litres", type=_positive, default=0., metavar="L",
                           help="volume of the sample: numbers per volume, too")
    particles.add_argument("--share", type=_positive, default=100., metavar="PERCENT",
                           help="share of the filter that was measured (default: 100)")
    particles.add_argument("--transmittance", action="store_true",
                           help="the spectra are transmittance: convert them to absorbance first")
    particles.add_argument("--no-fetch", action="store_true", help="download nothing")
    particles.set_defaults(run=_particles)

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


def _positive(text):
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("it is a number above 0")
    return value


def _score(text):
    score = float(text)
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError("a score is between 0 and 1")
    return score


def _particles(args):
    # Imported only when needed, so that --help answers at once.
    from orangecontrib.microplastics.cli import particles
    from orangecontrib.microplastics.cli.explain import load_model
    from orangecontrib.microplastics.cli.identify import ready_model
    from orangecontrib.microplastics.particles.find import Choices

    if args.smallest < 1:
        raise ValueError("The smallest particle has one pixel or more.")
    if args.share > 100:
        raise ValueError("At most 100 % of the filter can have been measured.")

    def model(low):
        if args.model is not None:
            if low:
                raise ValueError(f"{args.model} looks at wavenumbers that the map lacks; train "
                                 f"one that begins at {low} cm-1.")
            return load_model(args.model)
        return ready_model(simulated=args.simulated, fetch=not args.no_fetch, low=low, say=_say,
                           status=_status)

    asked = particles.Asked(
        args.output, Choices(args.threshold, args.smallest, pixel_size=args.pixel_size),
        particles.classes_of(args.classes), args.transmittance, args.mass, args.litres,
        args.share / 100, args.title)
    particles.run(args.file, model, asked, say=_say, status=_status)
    return 0


def _identify(args):
    # Imported only when needed, so that --help answers at once.
    from orangecontrib.microplastics.cli import identify
    from orangecontrib.microplastics.cli.explain import load_model
    from orangecontrib.microplastics.identification import Rule

    def model():
        if args.model is not None:
            return load_model(args.model)
        return identify.ready_model(simulated=args.simulated, fetch=not args.no_fetch,
                                    say=_say, status=_status)

    rule = Rule()
    if args.accept is not None:
        rule = rule._replace(accept=args.accept, inspect=min(rule.inspect, args.accept))
    done = identify.run(args.files, model, args.output, pictures=args.pictures, rule=rule,
                        transmittance=args.transmittance, say=_say, fail=_failed, status=_status)
    return 0 if done else 1


def _demo(args):
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


def _say(text):
    _status("")
    print(text, flush=True)


def _status(text):
    """Print a line that the next one overwrites; nothing if stderr is not a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:78]}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
