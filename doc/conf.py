"""Sphinx configuration of the documentation's site; its pages are also the help in Orange."""
project = "Orange3-Microplastics"
author = "The developers of Orange3-Microplastics"
extensions = ["myst_parser"]
html_theme = "alabaster"  # comes with Sphinx and loads nothing from elsewhere
html_theme_options = {"page_width": "60em", "font_family": "sans-serif"}
exclude_patterns = ["_build", "_description.md"]
myst_heading_anchors = 3

_TREE = """
```{toctree}
:hidden:
:glob:

widgets/*
workflows
lesson
method
evaluation
scripting
developers
```
"""


def setup(app):
    """Add Sphinx's toctree to the index, which contains only plain links to be readable as
    Markdown."""
    def add_tree(_, name, source):
        if name == "index":
            source[0] += _TREE

    app.connect("source-read", add_tree)
