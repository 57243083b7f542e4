"""What pyproject.toml cannot say: a wheel carries the help pages, made from doc/*.md.

With MICROPLASTICS_TRANSLATED=1 in the environment, its widgets speak the languages of i18n, too.
"""
import os
import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DOC = Path(__file__).resolve().parent / "doc"


class BuildWithHelp(build_py):
    """Modules as always, then the help: beside them, or in doc/_build for an editable install."""

    def run(self):
        package = Path(self.build_lib) / "orangecontrib" / "microplastics"
        # What an earlier build translated must not stay.
        self.force = True
        shutil.rmtree(package / "i18n", ignore_errors=True)
        super().run()
        sys.path.insert(0, str(DOC))
        from htmlhelp import build
        if self.editable_mode:
            build(DOC / "_build" / "html")
        else:
            build(package / "help")
            if os.environ.get("MICROPLASTICS_TRANSLATED"):
                from translate import translate
                translate(package)


setup(cmdclass={"build_py": BuildWithHelp})
