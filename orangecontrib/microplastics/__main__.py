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
                    "with --output a CSV file, or a folder: for many files, and for maps larger "
                    "than memory, which are read in blocks; it can be interrupted, and goes on "
                    "with --resume. Uses the ready-made model; the first time it is made, which "
                    "takes about two minutes and downloads published spectra (54 MB). Reads any "
                    "file of spectra that Orange reads, and arrays in HDF5 and Zarr.")
    identify.add_argument("files", nargs="+", metavar="FILES",
                          help="files of spectra, folders of them, or patterns such as *.csv; "
                               "the first may be a model (.dcnet)")
    _add_models(identify)
    identify.add_argument("--output", type=Path, metavar="FILE.csv|DIR",
                          help="file for the answers, with all scores; or a folder for the "
                               "answers to many files and maps")
    identify.add_argument("--pictures", type=Path, metavar="DIR",
                          help="folder for pictures of the mixtures: how much of each material")
    identify.add_argument("--accept", type=_score, metavar="X",
                          help="minimum score of accepted spectra, 0 to 1 (default: 0.7)")
    identify.add_argument("--transmittance", action="store_true",
                          help="the spectra are transmittance: convert them to absorbance first")
    identify.add_argument("--no-fetch", action="store_true", help="download nothing")
    many = identify.add_argument_group("into a folder")
    many.add_argument("--resume", action="store_true",
                      help="go on with an earlier run in this folder: what is done is left alone, "
                           "also if files were added")
    many.add_argument("--no-amounts", action="store_true",
                      help="do not determine how much of each, which takes half of the time")
    many.add_argument("--every-pixel", action="store_true",
                      help="identify all pixels of maps, instead of looking for particles")
    many.add_argument("--memory", type=_positive, default=600, metavar="MB",
                      help="that may be used besides program and model (default: %(default)s)")
    engine = many.add_mutually_exclusive_group()
    engine.add_argument("--threads", type=_count, metavar="N",
                        help="that compute on this computer (default: its cores)")
    engine.add_argument("--workers", type=_count, metavar="N",
                        help="processes of a Dask cluster on this computer")
    engine.add_argument("--scheduler", metavar="ADDRESS",
                        help="of a Dask cluster, such as tcp://10.0.0.1:8786")
    many.add_argument("--device", choices=("cpu", "auto", "cuda", "mps"), default="cpu",
                      help="where networks compute; on a GPU scores differ in the last digits, so "
                           "that the default is the processor")
    _add_particle_options(identify.add_argument_group("particles of maps, into a folder"))
    identify.set_defaults(run=_identify)

    particles = commands.add_parser(
        "particles", help="find, name, measure and count the particles on a map of a filter",
        description="From the infrared map of a filter (or spectra of single particles) to "
                    "particles: what each is, how large, how many of each size; with --output a "
                    "report to print, tables (CSV) and outlines (GeoJSON).")
    particles.add_argument("file", type=Path, metavar="MAP",
                           help="a map that Orange reads: Agilent, OPUS, ENVI, OMNIC ...")
    _add_models(particles)
    particles.add_argument("--output", type=Path, metavar="FILE.html",
                           help="the report; tables and outlines are written beside it")
    particles.add_argument("--title", default="", help="of the report")
    _add_particle_options(particles)
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


def _add_models(parser):
    """Options that choose the model, of which one may be given."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", type=Path, metavar="FILE",
                       help="a model of Dual-Branch CNN (.dcnet) instead of the ready-made one")
    which.add_argument("--simulated", action="store_true",
                       help="a model learnt from simulated spectra, which needs no network: to "
                            "try things out")


def _add_particle_options(parser):
    """Options of how particles are found and counted."""
    parser.add_argument("--pixel-size", type=_positive, metavar="UM",
                        help="micrometres, if the file does not tell it")
    parser.add_argument("--threshold", type=_positive, metavar="X",
                        help="smallest signal of matter, in multiples of the filter's scatter "
                             "(default: automatic)")
    parser.add_argument("--smallest", type=_count, default=4, metavar="N",
                        help="pixels of the smallest particle (default: %(default)s)")
    parser.add_argument("--classes", metavar="NAME", default="",
                        help="size classes: ISO, EU, or limits such as 20,50,100,500 (um)")
    parser.add_argument("--mass", action="store_true", help="estimate masses")
    parser.add_argument("--litres", type=_positive, default=0., metavar="L",
                        help="volume of the sample: numbers per volume, too")
    parser.add_argument("--share", type=_percent, default=100., metavar="PERCENT",
                        help="share of the filter that was measured (default: 100)")


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


def _count(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("it is 1 or more")
    return value


def _percent(text):
    value = float(text)
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError("it is a number above 0, and at most 100")
    return value


def _score(text):
    score = float(text)
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError("a score is between 0 and 1")
    return score


def _model_of(args):
    """A function of the wavenumber where the model's range should begin; 0 for the usual one."""
    from orangecontrib.microplastics.cli.explain import load_model
    from orangecontrib.microplastics.cli.identify import ready_model

    def model(low=0):
        if args.model is not None:
            if low:
                raise ValueError(f"{args.model} looks at wavenumbers that the map lacks; train "
                                 f"one that begins at {low} cm-1.")
            return load_model(args.model)
        return ready_model(simulated=args.simulated, fetch=not args.no_fetch, low=low, say=_say,
                           status=_status)

    return model


def _particles(args):
    # Imported only when needed, so that --help answers at once.
    from orangecontrib.microplastics.cli import particles
    from orangecontrib.microplastics.particles.classes import size_classes
    from orangecontrib.microplastics.particles.find import Choices

    asked = particles.Asked(
        args.output, Choices(args.threshold, args.smallest, pixel_size=args.pixel_size),
        size_classes(args.classes), args.transmittance, args.mass, args.litres,
        args.share / 100, args.title)
    particles.run(args.file, _model_of(args), asked, say=_say, status=_status)
    return 0


#: Options of identify that need no folder.
_WITHOUT_FOLDER = ("files", "model", "simulated", "output", "pictures", "accept", "transmittance",
                   "no_fetch", "run")


def _identify(args):
    # Imported only when needed, so that --help answers at once.
    from orangecontrib.microplastics.cli import identify
    from orangecontrib.microplastics.identification import Rule

    first = args.files[0]
    if args.model is None and not args.simulated and (
            first == "ready-made" or first.lower().endswith((".dcnet", ".pkcls"))):
        args.model = None if first == "ready-made" else Path(first)
        args.files = args.files[1:]
    rule = Rule()
    if args.accept is not None:
        rule = rule._replace(accept=args.accept, inspect=min(rule.inspect, args.accept))
    if args.output is not None and args.output.suffix.lower() != ".csv":
        return _identify_into(args, rule)
    given = vars(args)
    for name, usual in vars(_parser().parse_args(["identify", "x"])).items():
        if name not in _WITHOUT_FOLDER and given[name] != usual:
            raise ValueError(f"--{name.replace('_', '-')} is for results in a folder: give one "
                             "with --output.")
    done = identify.run(args.files, _model_of(args), args.output, pictures=args.pictures,
                        rule=rule, transmittance=args.transmittance, say=_say, fail=_failed,
                        status=_status)
    return 0 if done else 1


def _identify_into(args, rule):
    from orangecontrib.microplastics.batch.settings import Settings
    from orangecontrib.microplastics.cli import batch

    if args.pictures is not None:
        raise ValueError("Pictures of mixtures are drawn without a folder for the results: leave "
                         "out --pictures, or name a .csv file with --output.")
    settings = Settings(
        rule, args.transmittance, not args.no_amounts, args.every_pixel, args.threshold,
        args.smallest, args.pixel_size, args.classes, args.mass, args.litres, args.share / 100,
        args.device)
    done = batch.run(
        args.files, _model_of(args), args.output, settings,
        batch.engine_of(threads=args.threads, workers=args.workers, scheduler=args.scheduler),
        resume=args.resume, memory=args.memory * 1e6, say=_say, fail=_failed)
    return 0 if done else 1


def _demo(args):
    from orangecontrib.microplastics.cli import demo
    rows = demo.run(args.output, quick=args.quick, seed=args.seed, fetch=not args.no_fetch,
                    say=lambda text: print(text, flush=True), status=_status)
    print(f"\nTable, pictures, mixtures and models are in {args.output.resolve()}")
    print("\n".join(demo.next_steps(args.output, rows)))
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
