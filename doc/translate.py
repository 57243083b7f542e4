"""Texts of the widgets in other languages, by trubar; see "Translations" in developers.md.

python doc/translate.py collect        message files in step with the sources
python doc/translate.py coverage       how many texts are translated
python doc/translate.py build TARGET   copy of the package that speaks Orange's language
"""
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "orangecontrib" / "microplastics"
I18N = ROOT / "i18n"
#: Texts are translated in files below the package whose path contains this.
PATTERN = "widgets/"


def message_files() -> list[Path]:
    return sorted(I18N.glob("*/msgs.jaml"))


def collect() -> None:
    """Add new texts as `null`; translations of texts that are gone are kept in a file beside."""
    from trubar import actions
    from trubar.messages import dump, load
    from trubar.utils import dump_removed
    for path in message_files():
        messages, removed = actions.collect(str(PACKAGE), load(str(path)), PATTERN, quiet=True)
        dump(messages, str(path))
        dump_removed(removed, None, str(path))
        if removed:
            print(f"{path.parent.name}: texts with a translation have changed, see removed-from-*")


def coverage() -> None:
    from trubar import actions
    from trubar.messages import load
    for path in message_files():
        print(path.parent.name)
        actions.stat(load(str(path)), "")


def translate(package: Path) -> None:
    """Make a copy of the package look its texts up in `i18n/LANGUAGE.json`, which is put there."""
    import trubar
    from trubar.config import config
    config.__init__()  # each call of trubar would add to the settings of the one before
    trubar.translate("msgs.jaml", source_dir=str(package),
                     config_file=str(I18N / "trubar-config.yaml"))


def build(target: Path) -> Path:
    """Copy the package into a folder and translate it there; returns the package's folder."""
    package = target / "orangecontrib" / "microplastics"
    shutil.rmtree(package, ignore_errors=True)  # what is translated must not be translated again
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    translate(package)
    return package


if __name__ == "__main__":
    if sys.argv[1:] == ["collect"]:
        collect()
    elif sys.argv[1:] == ["coverage"]:
        coverage()
    elif sys.argv[1:2] == ["build"] and len(sys.argv) == 3:
        print(build(Path(sys.argv[2]).resolve()))
    else:
        sys.exit(__doc__)
