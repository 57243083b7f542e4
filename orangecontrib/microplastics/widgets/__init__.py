"""Widgets of the category "Microplastics" in Orange's toolbox."""

NAME = "Microplastics"

DESCRIPTION = "Recognise microplastics from infrared spectra, and see which bands decided."

ICON = "icons/category.svg"

# A sea green that stands apart from orange-spectroscopy's cyan-blue and keeps black text readable.
BACKGROUND = "#9fd8c3"

PRIORITY = 1500

WIDGET_HELP_PATH = (
    ("{DEVELOP_ROOT}/doc/_build/html/index.html", None),
)
