"""What pyproject.toml cannot say: a wheel carries the help pages, made from doc/*.md."""
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DOC = Path(__file__).resolve().parent / "doc"


class BuildWithHelp(build_py):
    """Modules as always, then the help: beside them, or in doc/_build for an editable install."""

    def run(self):
        super().run()
        sys.path.insert(0, str(DOC))
        from htmlhelp import build
        if self.editable_mode:
            build(DOC / "_build" / "html")
        else:
            build(Path(self.build_lib) / "orangecontrib" / "microplastics" / "help")


setup(cmdclass={"build_py": BuildWithHelp})
