"""Sphinx: the documentation's site, from the same pages as the help inside Orange."""
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
    """The index lists its pages as plain links, for readers of the Markdown; Sphinx's own
    list is added on the way."""
    def add_tree(_, name, source):
        if name == "index":
            source[0] += _TREE

    app.connect("source-read", add_tree)
