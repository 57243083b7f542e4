"""Widgets of the category "Microplastics" in Orange's toolbox."""
from pathlib import Path as _Path

NAME = "Microplastics"

DESCRIPTION = "Recognise microplastics from infrared spectra, and see which bands decided."

ICON = "icons/category.svg"

# A sea green that stands apart from orange-spectroscopy's cyan-blue and keeps black text readable.
BACKGROUND = "#9fd8c3"

PRIORITY = 1500

# Each is formatted with the distribution's folders; braces in a path stand for themselves.
_HELP = str(_Path(__file__).resolve().parents[1] / "help" / "index.html")
_HELP = _HELP.replace("{", "{{").replace("}", "}}")

# The first that exists: the help of a checkout (python doc/htmlhelp.py), else the installed one.
WIDGET_HELP_PATH = (
    ("{DEVELOP_ROOT}/doc/_build/html/index.html", None),
    (_HELP, None),
)
