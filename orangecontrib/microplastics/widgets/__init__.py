"""Widgets of the category "Microplastics" in Orange's toolbox."""
from pathlib import Path as _Path

import orangecontrib.microplastics.spectra.envi  # noqa: F401  (registers a reader for File)

NAME = "Microplastics"

DESCRIPTION = "Recognise microplastics from infrared spectra, and see which bands decided."

ICON = "icons/category.svg"

# Sea green: differs from orange-spectroscopy's cyan-blue, and black text on it is readable.
BACKGROUND = "#9fd8c3"

PRIORITY = 1500

# Orange formats each path with the distribution's folders, so braces in this path are escaped.
_HELP = str(_Path(__file__).resolve().parents[1] / "help" / "index.html")
_HELP = _HELP.replace("{", "{{").replace("}", "}}")

# Orange uses the first that exists: the help of a checkout (python doc/htmlhelp.py), or the
# installed help.
WIDGET_HELP_PATH = (
    ("{DEVELOP_ROOT}/doc/_build/html/index.html", None),
    (_HELP, None),
)
